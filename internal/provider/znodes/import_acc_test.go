package znodes_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

func TestAccZnodes_import(t *testing.T) {
	tree := acctest.NewTree(t)
	data := map[string]string{"a": "A", "b/c": "C", "empty": "", "x": "X", "x/y": ""}
	const bin = `data_base64 = { "bin" = "AP8=" }`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: tree.Config(znodes(data, bin))},
			{
				ResourceName:                         address,
				ImportState:                          true,
				ImportStateId:                        tree.Path("/app"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "base_path",
			},
			{
				ResourceName:                         address,
				ImportState:                          true,
				ImportStateId:                        tree.Path("/app") + "//" + strings.Join([]string{"a", "b/c", "empty", "x", "x/y", "bin"}, "//"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "base_path",
			},
		},
	})
}

// An import plans empty, and from then on the nodes are the resource's.
func TestAccZnodes_importBlock(t *testing.T) {
	tree := acctest.NewTree(t)
	put := func() {
		for _, rel := range []string{"/app", "/app/a", "/app/b", "/app/b/c", "/app/b/d"} {
			tree.Put(rel, strings.TrimPrefix(rel, "/app/b/"))
		}
		tree.Write("/app", "of whoever made it")
		tree.Write("/app/b", "")
		_, err := tree.Client.Create(t.Context(), tree.Path("/app/session"), nil, zk.CreateOptions{Mode: zk.Ephemeral})
		if err != nil {
			t.Error(err)
		}
	}
	all := map[string]string{"a": "/app/a", "b/c": "c", "b/d": "d"}
	some := map[string]string{"b/c": "c"}
	importSome := fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, tree.Path("/app")+"//b/c")
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				PreConfig:         put,
				Config:            tree.Config(znodes(all, "") + tree.ImportBlock(address, "/app")),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, all, nil),
			},
			{
				// Nodes in between go with what they are for; the rest stays.
				Config: tree.Config(""),
				Check:  holds(tree, map[string]string{"": "of whoever made it", "/session": ""}),
			},
			{
				PreConfig:         func() { tree.Remove("/app"); put() },
				Config:            tree.Config(znodes(some, "") + importSome),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, some, nil),
			},
			{
				// What was not imported is none of the resource's, in between too.
				PreConfig: func() { tree.Remove("/app/b/d") },
				Config:    tree.Config(""),
				Check:     holds(tree, map[string]string{"": "of whoever made it", "/a": "/app/a", "/b": "", "/session": ""}),
			},
		},
	})
}

// Some nodes are imported by patterns, without what a running application has beside them.
func TestAccZnodes_importPatterns(t *testing.T) {
	tree := acctest.NewTree(t)
	grow := func(t *testing.T) {
		t.Helper()
		for _, rel := range []string{"", "/brokers", "/brokers/ids", "/brokers/topics", "/config", "/config/topics", "/config/changes", "/acl", "/acl/Topic", "/app?"} {
			tree.Put("/app"+rel, "")
		}
		for rel, data := range map[string]string{
			"/controller_epoch": "7", "/brokers/topics/t": `{"partitions":{}}`, "/config/topics/t": `{ "version" : 1 }`, "/config/changes/c1": "x", "/config/version": "3", "/acl/Topic/*": "star", "/acl/Topic/t": "T", "/app?/x&y%": "odd",
		} {
			tree.Put("/app"+rel, data)
		}
		for _, rel := range []string{"/brokers/ids/1", "/controller"} {
			if _, err := tree.Client.Create(t.Context(), tree.Path("/app"+rel), []byte("live"), zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
				t.Error(err)
			}
		}
		tree.PutGuarded("/app/closed", "", zk.ACL{Scheme: "ip", ID: "192.0.2.1", Perms: zk.PermAll})
	}
	const entry = `{"partitions":{}}`
	for name, tt := range map[string]struct {
		id   string
		want map[string]string
		says string
	}{
		"include and exclude": {"?include=config/**&exclude=config/changes/**", map[string]string{"config/topics/t": `{ "version" : 1 }`, "config/version": "3"}, ""},
		"several":             {"?include=brokers/**&include=acl/{Topic,Group}/\\*&exclude=brokers/ids/**", map[string]string{"brokers/topics/t": entry, "acl/Topic/*": "star"}, ""},
		"exclude alone":       {"?exclude={config,closed,acl,app\\?}/**", map[string]string{"controller_epoch": "7", "brokers/topics/t": entry, "brokers/ids": ""}, ""},
		"a level":             {"?include=config/*", map[string]string{"config/version": "3", "config/topics": "", "config/changes": ""}, ""},
		"codes":               {"?include=app\\?/x%26y%25", map[string]string{"app?/x&y%": "odd"}, ""},
		"excludes nothing":    {"?include=config/version&exclude=none", map[string]string{"config/version": "3"}, "Pattern excludes nothing"},
		"what cannot be read is not meant": {"?include=**&exclude=closed/**", map[string]string{
			"controller_epoch": "7", "brokers/topics/t": entry, "brokers/ids": "", "config/topics/t": `{ "version" : 1 }`, "config/changes/c1": "x", "config/version": "3", "acl/Topic/*": "star", "acl/Topic/t": "T", "app?/x&y%": "odd",
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			grow(t)
			defer tree.Remove("/app")
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(znodes(tt.want, "") + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, tree.Path("/app")+strings.ReplaceAll(tt.id, "\\\\", "\\")))})
			was, err := holding(tree, "/app")
			if err != nil {
				t.Fatal(err)
			}
			run := cli.MustRun("apply", "-no-color", "-auto-approve")
			says(t, run.Output, "1 imported, 0 added, 0 changed, 0 destroyed")
			if tt.says != "" {
				says(t, run.Output, tt.says)
			} else if strings.Contains(run.Output, "Pattern excludes") {
				t.Errorf("it says\n%s", run.Output)
			}
			cli.MustRun("plan", "-no-color", "-detailed-exitcode")
			// They are the resource's, and nothing else is. One with a child of others would not go.
			for _, rel := range slices.Sorted(maps.Keys(was)) {
				_, imported := tt.want[strings.TrimPrefix(rel, "/")]
				for key := range tt.want {
					if !imported && strings.HasPrefix(rel, "/"+key+"/") {
						tree.Remove("/app" + rel)
						delete(was, rel)
					}
				}
			}
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			for key := range tt.want {
				delete(was, "/"+key)
			}
			got, err := holding(tree, "/app")
			if err != nil {
				t.Fatal(err)
			}
			for rel, data := range was {
				_, there := got[rel]
				below := false // it was in between, and has nothing below it any more
				for key := range tt.want {
					below = below || strings.HasPrefix("/"+key, rel+"/")
				}
				if there && got[rel] != data || !there && (data != "" || !below) {
					t.Errorf("%s held %q, and now %q (there: %t)", rel, data, got[rel], there)
				}
				delete(got, rel)
			}
			if len(got) > 0 {
				t.Errorf("these should have gone: %q", got)
			}
		})
	}
}

// What must be read and cannot ends an import.
func TestAccZnodes_importUnreadable(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	tree.PutGuarded("/app/closed", "", zk.ACL{Scheme: "ip", ID: "192.0.2.1", Perms: zk.PermAll})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      tree.Config(znodes(nil, "") + tree.ImportBlock(address, "/app")),
		ExpectError: acctest.Error("Permission denied", `"`+tree.Path("/app/closed")+`"`),
	}}})
}

// An ephemeral node is no resource's.
func TestAccZnodes_importEphemeral(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	if _, err := tree.Client.Create(t.Context(), tree.Path("/app/e"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      tree.Config(znodes(nil, "") + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, tree.Path("/app//e"))),
		ExpectError: acctest.Error("Znode is ephemeral", `"`+tree.Path("/app/e")+`" belongs to the session of another client`),
	}}})
}

// The configuration that an import generates is valid as it is, and changes nothing, whatever
// the nodes hold.
func TestAccZnodes_generatedConfig(t *testing.T) {
	acctest.Needs(t, acctest.Generation)
	tree := acctest.NewTree(t)
	nodes := map[string]string{
		"": "", "/text": "Grüße", "/bin": "\x00\xff", "/empty": "", "/lines": "a\n  b\r\n\tc\\n \"q\" ", "/template": "${x} $${y} %{if z}", "/nfd": "cafe\u0301",
		"/described": "(1 byte, not UTF-8, in base64: /w==)", "/json": `{"b":1,"a":[1, 2 ,{}]}`, "/blanks": "{ \"b\" : 1.0,\n \"a\" : null }", "/array": "[ 1,  2 ]", "/null": "null", "/number": "1e400", "/twice": `{"a":1,"a":2}`,
		"/for": `{"for":"x"}`, "/deep": "", "/deep/down": "D", "/na me": "blank", "/ä\"ö": "odd", "/${x}": "template", "/0": "digit",
	}
	for _, rel := range slices.Sorted(maps.Keys(nodes)) {
		tree.Put("/app"+rel, nodes[rel])
	}
	tree.Put("/text", "")
	tree.Put("/text/b", "B")
	identity := ""
	if acctest.Has(t, acctest.Identity) {
		tree.Put("/identity", "")
		tree.Put("/identity/i", "I")
		identity = tree.Path("/identity")
	}
	was, err := holding(tree, "")
	if err != nil {
		t.Fatal(err)
	}
	// Terraform 1.16.0 wants the provider named where configuration is to be generated, and
	// nowhere else.
	config := func(provider string) string {
		var blocks strings.Builder
		for to, from := range map[string]string{"test": tree.Path("/app"), "text": tree.Path("/text"), "some": tree.Path("/app?include={json,blanks}")} {
			fmt.Fprintf(&blocks, "import {\n  to = zookeeper_znodes.%s\n  id = %q\n  %s\n}\n", to, from, provider)
		}
		if identity != "" {
			fmt.Fprintf(&blocks, "import {\n  to = zookeeper_znodes.identity\n  identity = { base_path = %q }\n  %s\n}\n", identity, provider)
		}
		return tree.Config(blocks.String())
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("provider = zookeeper")})
	cli.MustRun("plan", "-no-color", "-generate-config-out=generated.tf")
	cli.Write("main.tf", config(""))
	run := cli.MustRun("apply", "-no-color", "-auto-approve")
	says(t, run.Output, "imported, 0 added, 0 changed, 0 destroyed")
	cli.MustRun("plan", "-no-color", "-detailed-exitcode")
	if is, err := holding(tree, ""); err != nil || !maps.Equal(was, is) {
		t.Errorf("the tree was %q and is %q, %v", was, is, err)
	}
	for rel := range was {
		if err := tree.CheckVersions(rel, 0, 0)(nil); err != nil {
			t.Error(err)
		}
	}
}

func TestAccZnodes_importErrors(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	step := func(id string, want ...string) resource.TestStep {
		return resource.TestStep{
			Config:      tree.Config(fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, id) + znodes(nil, "")),
			ExpectError: acctest.Error(want...),
		}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		step("relative", "Invalid import ID", `"relative" is not absolute`),
		step("/a?include=b/", "Invalid import ID", `the pattern "b/" of include is wrong: it ends with a slash`),
		step("/a?exclude=[b", "Invalid import ID", `the pattern "[b" of exclude is wrong`),
		step("/a?include=b&b", "Invalid import ID", `"b" is neither`, "%26"),
		step("/a?include=%zz", "Invalid import ID", "%25 for a %"),
		step("/a//b?include=c", "Invalid import ID", "do not go together"),
		step(tree.Path("/app?include=none/**"), "Pattern matches nothing", `"none/**" of include`, "Nothing was imported"),
		step(tree.Path("/missing?include=**"), "Cannot import non-existent remote object"),
		step("/zookeeper", "Invalid import ID", "belongs to ZooKeeper itself"),
		step("//zookeeper/quota", "Invalid import ID", "belongs to ZooKeeper itself"),
		step(tree.Path("/missing"), "Cannot import non-existent remote object"),
		step(tree.Path("/app/"), "Invalid import ID", "ends with /"),
		step(tree.Path("/app//"), "Invalid import ID", "it is empty"),
		step(tree.Path("/app//a///b"), "Invalid import ID", `"/b" is no key: it starts with a slash`),
		step(tree.Path("/app//missing"), "Znode cannot be imported", `There is no node "`+tree.Path("/app/missing")+`"`),
		step(tree.Path("/missing//a"), "Cannot import non-existent remote object"),
	}})
}

// A node moves from a zookeeper_znode into a zookeeper_znodes, and is neither destroyed nor
// written on the way.
func TestAccZnodes_moveFromZnode(t *testing.T) {
	tree := acctest.NewTree(t)
	const alone = "resource \"zookeeper_znode\" \"alone\" {\n  path = \"${local.base}/app/settings\"\n  data = \"S\"\n}\n"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(alone + znodes(map[string]string{"a": "A"}, ""))})
	cli.MustRun("apply", "-no-color", "-auto-approve", "-parallelism=1")
	stat, _, err := tree.Client.Exists(t.Context(), tree.Path("/app/settings"))
	if err != nil {
		t.Fatal(err)
	}
	// Both leave the state, and the one comes back with the other's node.
	cli.MustRun("state", "rm", "zookeeper_znode.alone", address)
	cli.Write("main.tf", tree.Config(znodes(map[string]string{"a": "A", "settings": "S"}, "")))
	cli.MustRun("import", "-no-color", address, tree.Path("/app")+"//a//settings")
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Fatalf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
	after, _, err := tree.Client.Exists(t.Context(), tree.Path("/app/settings"))
	if err != nil || after != stat {
		t.Errorf("the node was %+v and is %+v, %v", stat, after, err)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := holds(tree, map[string]string{"": ""})((*terraform.State)(nil)); err != nil {
		t.Error(err)
	}
}

// A configuration that declares fewer nodes than were imported deletes the others: the plan says so, once, and what it
// advises leaves them as they are.
func TestAccZnodes_importOfMore(t *testing.T) {
	tree := acctest.NewTree(t)
	for _, rel := range []string{"/app", "/app/a", "/app/b", "/app/theirs", "/app/theirs/x"} {
		tree.Put(rel, "")
	}
	a := map[string]string{"a": ""}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(znodes(a, ""))})
	cli.MustRun("import", "-no-color", address, tree.Path("/app"))
	told := acctest.Error("Warning: Imported znodes will be deleted", tree.Path("/app/b"), tree.Path("/app/theirs/x"))
	if run := cli.MustRun("plan", "-no-color"); !told.MatchString(run.Output) {
		t.Error(run.Output)
	}
	for _, advised := range []string{"//a", "?exclude=theirs/**&exclude=b"} {
		cli.MustRun("state", "rm", address)
		cli.MustRun("import", "-no-color", address, tree.Path("/app")+advised)
		if run := cli.MustRun("plan", "-no-color"); strings.Contains(run.Output, "Imported znodes") || strings.Contains(run.Output, "theirs") {
			t.Errorf("after the import of %s:\n%s", advised, run.Output)
		}
	}
	// Once an apply has written to them, they are the resource's own.
	cli.MustRun("state", "rm", address)
	cli.MustRun("import", "-no-color", address, tree.Path("/app"))
	cli.Write("main.tf", tree.Config(znodes(map[string]string{"a": "1", "b": "", "theirs/x": ""}, "")))
	cli.MustRun("apply", "-no-color", "-auto-approve")
	cli.Write("main.tf", tree.Config(znodes(a, "")))
	if run := cli.MustRun("plan", "-no-color"); strings.Contains(run.Output, "Imported znodes") {
		t.Error(run.Output)
	}
}
