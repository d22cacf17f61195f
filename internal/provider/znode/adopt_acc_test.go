package znode_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The plan of an adoption names the node, and says what of it will change: neither its content
// nor the hashes in its ACL. It says nothing where there is no node, and goes on where the
// provider may not look.
func TestAccZnode_adoptionIsPlanned(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	const warning = "Existing znode will be taken over"
	alice := zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	for name, tt := range map[string]struct {
		attributes string
		want       []string
		lacks      string
	}{
		"data":        {`data = "our content"`, []string{"with 1 child.", "its data (13 bytes, version 0) will be replaced by the declared data (11 bytes)"}, "its ACL"},
		"same data":   {`data = "their content"`, []string{"nothing of it will change"}, "will be replaced"},
		"nothing":     {``, []string{"nothing of it will change"}, "will be replaced"},
		"a secret":    {"data_wo = \"our secret\"\n  data_wo_version = \"1\"", []string{"its data (13 bytes, version 0) will be replaced by the declared data (10 bytes)"}, "our secret"},
		"an ACL":      {`acl = [{ scheme = "world", id = "anyone", permissions = "cdrwa" }]`, []string{"its ACL, which is digest:alice:…:cdrwa,world:anyone:cdrwa, will be replaced by the declared one"}, "its data"},
		"both":        {"data = \"x\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }]", []string{"(1 byte), and its ACL"}, "nothing of it"},
		"unknown":     {`data = terraform_data.late.output`, []string{"its data (13 bytes) will be replaced where it differs from the declared data, which is known only during the apply"}, "version 0"},
		"other bytes": {`data_base64 = "//4="`, []string{"(13 bytes, version 0)", "(2 bytes)"}, "//4="},
	} {
		t.Run(name, func(t *testing.T) {
			rel := "/" + strings.ReplaceAll(name, " ", "-")
			tree.PutGuarded(rel, "their content", acctest.Open(), alice)
			tree.Put(rel+"/below", "")
			before := stat(t, tree, rel)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config("resource \"terraform_data\" \"late\" { input = \"late\" }\n\n" +
				"resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}" + rel + "\"\n  adopt_existing = true\n  on_destroy = \"keep\"\n  " + tt.attributes + "\n}\n")})
			out := cli.MustRun("plan", "-no-color").Output
			told, _, _ := strings.Cut(out[max(0, strings.Index(out, "Warning: "+warning)):], "───")
			for _, want := range append(tt.want, warning, `"`+tree.Path(rel)+`" exists`) {
				if !acctest.Error(want).MatchString(told) {
					t.Errorf("the plan lacks %q:\n%s", want, out)
				}
			}
			for _, lacks := range []string{tt.lacks, "their content", strings.TrimPrefix(acctest.UserID(), acctest.User+":")} {
				if acctest.Error(lacks).MatchString(told) {
					t.Errorf("the warning has %q:\n%s", lacks, told)
				}
			}
			if now := stat(t, tree, rel); now != before {
				t.Errorf("the plan has touched it: %+v, was %+v", now, before)
			}
			cli.Apply()
			cli.CheckPlansNothing("an apply")
			if now := stat(t, tree, rel); now.Czxid != before.Czxid || now.NumChildren != 1 {
				t.Errorf("it was not taken over: %+v, was %+v", now, before)
			}
			if out := cli.MustRun("plan", "-no-color").Output; strings.Contains(out, warning) {
				t.Errorf("it is taken over already:\n%s", out)
			}
		})
	}
}

func TestAccZnode_adoptionCannotBePlanned(t *testing.T) {
	tree := acctest.NewTree(t)
	alice := zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	adopts := "resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  data = \"ours\"\n  adopt_existing = true\n}"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(adopts)})
	if out := cli.MustRun("plan", "-no-color").Output; strings.Contains(out, "Existing znode") {
		t.Errorf("there is nothing to take over:\n%s", out)
	}

	tree.PutGuarded("/a", "theirs", alice)
	if out := cli.MustRun("plan", "-no-color").Output; !acctest.Error("Existing znode could not be looked at", tree.Path("/a"), "READ (r)").MatchString(out) {
		t.Errorf("no warning:\n%s", out)
	}
	if out := cli.FailApply(); !acctest.Error("Permission denied").MatchString(out) {
		t.Error(out)
	}

	tree.Remove("/a")
	if _, err := tree.Client.Create(t.Context(), tree.Path("/a"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	if run := cli.Run("plan", "-no-color"); run.Code == 0 || !acctest.Error("Znode is of another kind", "ephemeral").MatchString(run.Output) {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}

	// The servers are needed for the apply alone.
	cli.Write("main.tf", "provider \"zookeeper\" {\n  servers = \"127.0.0.1:1\"\n  connect_timeout = 1\n}\n\nlocals { base = \"/x\" }\n\n"+adopts)
	if out := cli.MustRun("plan", "-no-color").Output; !acctest.Error("Existing znode could not be looked at", "Cannot reach ZooKeeper").MatchString(out) {
		t.Errorf("no warning:\n%s", out)
	}
}

// Each way in which a resource outlives its predecessor that has the same node.
func TestAccZnode_adoptedFromPredecessor(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(name, data, more string) string {
		return tree.Config("resource \"zookeeper_znode\" \"" + name + "\" {\n  path = \"${local.base}/a\"\n  data = \"" + data + "\"\n  adopt_existing = true\n  " + more + "\n}\n")
	}
	const first = "lifecycle { create_before_destroy = true }"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("test", "one", first)})
	cli.Apply()
	tree.Put("/a/theirs", "x")
	made := stat(t, tree, "/a")
	check := func(after string, version int32, name, data string) {
		t.Helper()
		cli.CheckPlansNothing(after)
		now := stat(t, tree, "/a")
		if now.Czxid != made.Czxid || now.Version != version || now.NumChildren != 1 {
			t.Errorf("after %s it is %+v, and was made as %+v", after, now, made)
		}
		if err := tree.HasData("/a", data); err != nil {
			t.Error(err)
		}
		if all := cli.Values(); len(all) != 1 {
			t.Errorf("after %s the state has %v", after, all)
		}
		cli.CheckValues("zookeeper_znode."+name, map[string]any{"data": data})
	}

	cli.Apply("-replace=zookeeper_znode.test")
	check("-replace", 0, "test", "one")

	cli.MustRun("taint", "zookeeper_znode.test")
	cli.Write("main.tf", config("test", "two", first))
	cli.Apply()
	check("a taint, and other content", 1, "test", "two")

	cli.Write("main.tf", config("renamed", "three", first))
	if out := cli.Apply(); !acctest.Error("Resource looks renamed", "from = zookeeper_znode.OLD").MatchString(out) {
		t.Errorf("no warning:\n%s", out)
	}
	check("a rename", 2, "renamed", "three")

	cli.Write("main.tf", config("moved", "three", first)+"moved {\n  from = zookeeper_znode.renamed\n  to = zookeeper_znode.moved\n}\n")
	if out := cli.Apply(); strings.Contains(out, "Resource looks renamed") || !strings.Contains(out, "0 added, 0 changed, 0 destroyed") {
		t.Errorf("a move:\n%s", out)
	}
	check("a move", 2, "moved", "three")

	// What nobody has taken over is destroyed as ever.
	tree.Remove("/a/theirs")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/a")(nil); err != nil {
		t.Error(err)
	}
}

// The order of a rename is the CLI's. Where the new resource comes first for certain, it takes
// the node over if it may adopt it. Otherwise nothing is lost, and the error names the way out.
func TestAccZnode_renamedAndCreatedFirst(t *testing.T) {
	for name, adopts := range map[string]bool{"adopts": true, "does not adopt": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			// last depends on the resource, and goes before the old one: after its own replacement,
			// which comes after the new one.
			config := func(node, more string) string {
				if adopts {
					more += "\n  adopt_existing = true"
				}
				return tree.Config("resource \"zookeeper_znode\" \"" + node + "\" {\n  path = \"${local.base}/a\"\n  data = \"" + node + "\"\n  " + more + "\n}\n\n" +
					"resource \"terraform_data\" \"last\" {\n  input = zookeeper_znode." + node + ".path\n  triggers_replace = \"" + node + "\"\n  lifecycle { create_before_destroy = true }\n}\n")
			}
			cli := acctest.NewCLI(t, map[string]string{"main.tf": config("old", "")})
			cli.Apply()
			made := stat(t, tree, "/a")
			cli.Write("main.tf", config("new", ""))
			if adopts {
				cli.Apply()
			} else {
				if out := cli.FailApply(); !acctest.Error("Znode already exists", "moved {", "from = zookeeper_znode.OLD", "to = zookeeper_znode.NEW").MatchString(out) {
					t.Error(out)
				}
				if err := tree.HasData("/a", "old"); err != nil {
					t.Fatal(err)
				}
				cli.Write("moved.tf", "moved {\n  from = zookeeper_znode.old\n  to   = zookeeper_znode.new\n}\n")
				cli.Apply()
			}
			cli.CheckPlansNothing("the rename")
			if now := stat(t, tree, "/a"); now.Czxid != made.Czxid || now.Version != 1 {
				t.Errorf("it is %+v, and was made as %+v", now, made)
			}
			cli.CheckValues("zookeeper_znode.new", map[string]any{"data": "new"})
			if all := cli.Values(); len(all) != 2 {
				t.Errorf("the state has %v", all)
			}
		})
	}
}

// Where the old resource is destroyed first for certain, the new one creates the node.
func TestAccZnode_renamedAndDestroyedFirst(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(node string) string {
		return tree.Config("resource \"terraform_data\" \"first\" { triggers_replace = \"" + node + "\" }\n\nresource \"zookeeper_znode\" \"" + node + "\" {\n  path = \"${local.base}/a\"\n  data = \"" + node + "\"\n  depends_on = [terraform_data.first]\n}\n")
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: config("old"), ConfigPlanChecks: plannedFor("zookeeper_znode.old", create)},
			{Config: config("new"), ConfigPlanChecks: plannedFor("zookeeper_znode.new", create), Check: resource.ComposeTestCheckFunc(tree.CheckData("/a", "new"), tree.CheckVersions("/a", 1, 0))},
		},
	})
}

// A destruction that has begun is waited for: what the creation found may be gone by then. That
// the node exists, the server says before the deletion, and the creation hears it afterwards.
func TestAccZnode_renamedAndDestroyedMeanwhile(t *testing.T) {
	for name, more := range map[string]string{"adopts": "adopt_existing = true", "does not adopt": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			proxy := newProxy(t)
			config := func(node string) string {
				return through(proxy, tree, "resource \"zookeeper_znode\" \""+node+"\" {\n  path = \"${local.base}/a\"\n  data = \""+node+"\"\n  "+more+"\n}\n")
			}
			cli := acctest.NewCLI(t, map[string]string{"main.tf": config("old")})
			cli.Apply()
			cli.Write("main.tf", config("new"))
			before := len(proxy.Requests())
			held, release := proxy.HoldReplies(once(zktest.IsCreate))
			run := cli.Start("apply", "-no-color", "-auto-approve")
			<-held
			// The destruction is on its way, and its reply is held, too.
			awaitRequest(t, proxy, before, zktest.IsExists)
			release()
			if err := run.Wait(); err != nil || run.Code != 0 {
				t.Fatalf("exit code %d, %v:\n%s", run.Code, err, run.Output)
			}
			cli.CheckPlansNothing("the rename")
			if err := tree.HasData("/a", "new"); err != nil {
				t.Error(err)
			}
			if all := cli.Values(); len(all) != 1 {
				t.Errorf("the state has %v", all)
			}
		})
	}
}

// A secret is handed over without being known: the new resource writes its own.
func TestAccZnode_secretIsHandedOver(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	config := func(name, secret string) string {
		return tree.Config("resource \"zookeeper_znode\" \"" + name + "\" {\n  path = \"${local.base}/a\"\n  data_wo = \"" + secret + "\"\n  data_wo_version = \"1\"\n  adopt_existing = true\n}\n")
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("old", "sesame")})
	cli.Apply()
	cli.Write("main.tf", config("new", "simsim"))
	cli.Apply()
	cli.CheckPlansNothing("a rename")
	if err := tree.HasData("/a", "simsim"); err != nil {
		t.Error(err)
	}
	cli.CheckValues("zookeeper_znode.new", map[string]any{"data": nil, "data_base64": nil, "data_wo_version": "1"})
}
