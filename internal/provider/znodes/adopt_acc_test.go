package znodes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const adopting = "adopt_existing = true"

// says checks that an output has the texts, in their order.
func says(t *testing.T, out string, texts ...string) {
	t.Helper()
	if !acctest.Error(texts...).MatchString(out) {
		t.Errorf("it does not say %q:\n%s", texts, out)
	}
}

// The plan names what will be taken over and what of it changes, never what it holds. The apply
// does so, in one transaction, and from then on the nodes are the resource's.
func TestAccZnodes_adopt(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	tree.Put("/app", "base")
	tree.Put("/app/same", "same")
	tree.Put("/app/other", "their-content")
	tree.PutGuarded("/app/s", "their-secret", zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermAdmin})
	tree.Put("/app/dir", "dir")
	tree.Put("/app/dir/x", "X")
	tree.Put("/app/others", "O")
	before, _, err := tree.Client.Exists(t.Context(), tree.Path("/app/same"))
	if err != nil {
		t.Fatal(err)
	}
	hcl := znodes(map[string]string{"same": "same", "other": "ours", "dir/x": "X2", "new": "N"}, adopting+"\n  data_wo = { s = \"sesame\" }\n  data_wo_version = \"1\"")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(hcl)})
	out := cli.MustRun("plan", "-no-color").Output
	says(t, out, "Existing znodes will be taken over", `below "`+tree.Path("/app")+`", 4 exist already`, "2 of them get other content, 1 a secret of data_wo, and 1 keep what they hold",
		`"`+tree.Path("/app/dir/x")+`": its content (1 byte, version 0) is replaced by 2 bytes`,
		`"`+tree.Path("/app/other")+`": its content (13 bytes, version 0) is replaced by 4 bytes`,
		`"`+tree.Path("/app/s")+`": its content is replaced by a secret`,
		`"`+tree.Path("/app/same")+`": its content stays`, "Destroying the resource deletes them", "Their ACLs stay as they are")
	for _, secret := range []string{"their-content", "their-secret", "sesame"} {
		if strings.Contains(out, secret) {
			t.Errorf("the plan shows %q:\n%s", secret, out)
		}
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	want := map[string]string{"": "base", "/same": "same", "/other": "ours", "/s": "sesame", "/dir": "dir", "/dir/x": "X2", "/new": "N", "/others": "O"}
	check := func() {
		t.Helper()
		if err := holds(tree, want)(nil); err != nil {
			t.Error(err)
		}
		if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 || strings.Contains(run.Output, "taken over") {
			t.Errorf("exit code %d\n%s", run.Code, run.Output)
		}
	}
	check()
	after, _, err := tree.Client.Exists(t.Context(), tree.Path("/app/same"))
	if err != nil || after != before {
		t.Errorf("what is the same was written: %+v and %+v, %v", before, after, err)
	}
	var zxids []int64
	for _, rel := range []string{"/app/other", "/app/s", "/app/dir/x", "/app/new"} {
		stat, _, err := tree.Client.Exists(t.Context(), tree.Path(rel))
		if err != nil {
			t.Fatal(err)
		}
		zxids = append(zxids, stat.Mzxid)
	}
	if fmt.Sprint(zxids) != fmt.Sprint([]int64{zxids[0], zxids[0], zxids[0], zxids[0]}) {
		t.Errorf("they were written by %d", zxids)
	}
	// A key that is new in an update is taken over too.
	cli.Write("main.tf", tree.Config(strings.Replace(hcl, `"new" = "N"`, "\"new\" = \"N\"\n    others = \"ours\"", 1)))
	says(t, cli.MustRun("plan", "-no-color").Output, "1 exists already", `"`+tree.Path("/app/others")+`": its content (1 byte, version 0) is replaced by 4 bytes`)
	cli.MustRun("apply", "-no-color", "-auto-approve")
	want["/others"] = "ours"
	check()
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := holds(tree, map[string]string{"": "base", "/dir": "dir"})(nil); err != nil {
		t.Error(err)
	}
}

// Without it, nothing is taken over, and the plan of a creation asks no server.
func TestAccZnodes_adoptNot(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	tree.Put("/app/a", "theirs")
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      tree.Config(znodes(map[string]string{"a": "ours", "b": "B"}, "")),
			ExpectError: acctest.Error("Znode already exists", `/app/a" exists`, "adopt_existing = true", "moved"),
		},
		{PreConfig: before(t, holds(tree, map[string]string{"": "", "/a": "theirs"})), Config: tree.Config("")},
	}})
}

// What changes between the plan and the apply is taken over as it is then. What comes in between
// the provider's own look and its transaction makes it look again.
func TestAccZnodes_adoptRaces(t *testing.T) {
	t.Run("after the plan", func(t *testing.T) {
		tree := acctest.NewTree(t)
		tree.Put("/app", "")
		tree.Put("/app/a", "theirs")
		acctest.Test(t, resource.TestCase{
			CheckDestroy: tree.CheckGone("/app/a", "/app/b"),
			Steps: []resource.TestStep{{
				Config: tree.Config(znodes(map[string]string{"a": "ours", "b": "B"}, adopting)),
				ConfigPlanChecks: planned(create, func() {
					tree.Write("/app/a", "later")
					tree.Put("/app/b", "B")
				}),
				ConfigStateChecks: state(tree, map[string]string{"a": "ours", "b": "B"}, attrs{"adopt_existing": yes}),
				Check:             resource.ComposeTestCheckFunc(holds(tree, map[string]string{"": "", "/a": "ours", "/b": "B"}), tree.CheckVersions("/app/a", 2, 0), tree.CheckVersions("/app/b", 0, 0)),
			}},
		})
	})
	t.Run("after the look", func(t *testing.T) {
		s := newScene(t, "")
		s.tree.Put("/app", "")
		s.tree.Put("/app/a", "theirs")
		first := atNth(1, zktest.IsMulti)
		s.proxy.CutBeforeRequest(func(op int32) bool {
			if first(op) {
				s.tree.Write("/app/a", "theirs again")
				s.tree.Put("/app/b", "theirs too")
			}
			return false
		})
		s.converges(znodes(map[string]string{"a": "ours", "b": "B"}, adopting), "1 added, 0 changed, 0 destroyed", map[string]string{"": "", "/a": "ours", "/b": "B"})
		s.destroys(map[string]string{"": ""})
	})
}

// An ephemeral node belongs to somebody else's session.
func TestAccZnodes_adoptEphemeral(t *testing.T) {
	tree := acctest.NewTree(t)
	ephemeral := func() {
		if _, err := tree.Client.Create(t.Context(), tree.Path("/app/e"), []byte("theirs"), zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
			t.Error(err)
		}
	}
	tree.Put("/app", "")
	config := tree.Config(znodes(map[string]string{"a": "A", "e": "ours"}, adopting))
	want := acctest.Error("Znode is ephemeral", `"`+tree.Path("/app/e")+`" belongs to the session of another client`, "cannot be taken over", "nothing was written")
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{PreConfig: ephemeral, Config: config, PlanOnly: true, ExpectError: want},
		{PreConfig: func() { tree.Remove("/app/e") }, Config: config, ConfigPlanChecks: planned(create, ephemeral), ExpectError: want},
		{PreConfig: before(t, holds(tree, map[string]string{"": "", "/e": "theirs"})), Config: tree.Config("")},
	}})
}

// Together with exclusive, what is declared is taken over, and what is not keeps the resource
// from being created: no plan has shown what becomes of it.
func TestAccZnodes_adoptExclusive(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "base")
	tree.Put("/app/a", "theirs")
	tree.Put("/app/x", "theirs")
	config := tree.Config(znodes(map[string]string{"a": "ours"}, adopting+"\n  exclusive = true"))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: holds(tree, map[string]string{"": "base"}),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: acctest.Error("Znodes already exist", `"`+tree.Path("/app/x")+`"`, "Nothing was written or removed")},
			{
				PreConfig: func() {
					before(t, holds(tree, map[string]string{"": "base", "/a": "theirs", "/x": "theirs"}))()
					tree.Remove("/app/x")
				},
				Config: config,
				Check:  holds(tree, map[string]string{"": "base", "/a": "ours"}),
			},
		},
	})
}

// A server that cannot be reached is no reason to refuse the plan.
func TestAccZnodes_adoptUnreachable(t *testing.T) {
	cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  connect_timeout = 1\n}\n\nresource \"zookeeper_znodes\" \"test\" {\n  base_path = \"/a\"\n  data = { k = \"\" }\n  adopt_existing = true\n}", nobodyThere)})
	says(t, cli.MustRun("plan", "-no-color").Output, "Existing znodes could not be looked at", `its nodes below "/a" that exist`, "Cannot reach ZooKeeper")
}

// Two resources that may both take a node over do not both do so.
func TestAccZnodes_adoptTwice(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	tree.Put("/app/a", "same")
	one := znodes(map[string]string{"a": "same", "b": "B"}, adopting)
	two := strings.NewReplacer(`"test"`, `"two"`, `"b"`, `"c"`).Replace(one)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(one + two)})
	run := cli.Run("apply", "-no-color", "-auto-approve")
	if run.Code == 0 {
		t.Fatalf("both have it:\n%s", run.Output)
	}
	says(t, run.Output, "Znode already exists", `"`+tree.Path("/app/a")+`"`, "One node takes one resource")
}

// What is kept on destroy stays, as a whole and as it is, and can be taken over again.
func TestAccZnodes_keep(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	hcl := all("A", "B", "sesame", "1")
	kept := strings.Replace(hcl, "base_path", "on_destroy = \"keep\"\n  base_path", 1)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(kept)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	tree.Put("/app/a/theirs", "below")
	tree.Write("/app/b", "theirs")
	want := allOf("A", "B", "sesame")
	want["/a/theirs"], want["/b"] = "below", "theirs"
	check := func() {
		t.Helper()
		if err := holds(tree, want)(nil); err != nil {
			t.Error(err)
		}
	}
	// A replacement, of a tainted resource too, takes over what its predecessor has kept.
	want["/b"] = "B"
	cli.MustRun("apply", "-no-color", "-auto-approve", "-replace="+address)
	check()
	cli.MustRun("taint", address)
	cli.MustRun("apply", "-no-color", "-auto-approve")
	check()
	cli.MustRun("plan", "-no-color", "-detailed-exitcode")
	// A key that is taken out is deleted all the same: that is no destruction.
	cli.Write("main.tf", tree.Config(strings.Replace(kept, `"deep/a" = "A"`, ``, 1)))
	cli.MustRun("apply", "-no-color", "-auto-approve")
	delete(want, "/deep/a")
	check()
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	check()
	// Whoever cannot be reached is no reason to keep it in the state.
	cli.Write("main.tf", tree.Config(strings.Replace(kept, "base_path", adopting+"\n  base_path", 1)))
	cli.MustRun("apply", "-no-color", "-auto-approve")
	want["/deep/a"] = "A"
	check()
	cli.Write("main.tf", tree.Config(strings.Replace(hcl, "base_path", adopting+"\n  base_path", 1)))
	cli.MustRun("apply", "-no-color", "-auto-approve")
	tree.Remove("/app/a/theirs")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	// base_path and what is in between were there when they were taken over.
	if err := holds(tree, map[string]string{"": "", "/deep": "", "/deep/er": ""})(nil); err != nil {
		t.Error(err)
	}
}
