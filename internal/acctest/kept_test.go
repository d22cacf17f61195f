package acctest_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// holders are resources that have what is at /a.
var holders = map[string]struct {
	// settings are what a creation needs that finds the node there.
	hcl, settings string
	// id imports it.
	id string
}{
	"zookeeper_znode":       {hcl: "path = \"${local.base}/a\"\n  data = \"x\"", settings: "adopt_existing = true", id: "/a"},
	"zookeeper_znodes":      {hcl: "base_path = local.base\n  data = { a = \"x\" }", settings: "adopt_existing = true", id: "//a"},
	"zookeeper_ensure_path": {hcl: "path = \"${local.base}/a\"", id: "/a"},
	"zookeeper_znode_acl":   {hcl: "path = \"${local.base}/a\"\n  acl = [{ scheme = \"ip\", id = \"127.0.0.1\", permissions = \"cdrwa\" }]", id: "/a"},
}

// A destruction leaves what another resource of the configuration has had before the apply, and
// keeps: nothing is created or taken over then, from which the destruction could know of it.
func TestAccKept(t *testing.T) {
	acctest.Needs(t, acctest.Generation) // import blocks
	for typ, h := range holders {
		resource := func(name, more string) string {
			return fmt.Sprintf("resource %q %q {\n  %s\n  %s\n}\n", typ, name, h.hcl, more)
		}
		begin := func(t *testing.T) *acctest.Tree {
			tree := acctest.NewTree(t)
			if typ == "zookeeper_znode_acl" {
				tree.Put("/a", "x")
			}
			return tree
		}
		now := func(t *testing.T, tree *acctest.Tree) zk.Node {
			t.Helper()
			node, err := tree.Client.Node(t.Context(), tree.Path("/a"))
			if err != nil {
				t.Fatal(err)
			}
			return node
		}
		// stays checks that nothing has become of the node, and that nothing is left to do.
		stays := func(t *testing.T, cli *acctest.CLI, tree *acctest.Tree, before zk.Node, out, told string) {
			t.Helper()
			if after := now(t, tree); after.Stat != before.Stat || len(after.ACL) != 1 || after.ACL[0] != before.ACL[0] {
				t.Errorf("it was %+v, and is %+v\n%s", before, after, out)
			}
			if told != "" && !acctest.Error(told, tree.Path("/a")).MatchString(out) {
				t.Errorf("it is not told:\n%s", out)
			}
			cli.CheckPlansNothing("the destruction")
		}
		// A replacement with create_before_destroy that stops between its two halves, because of a
		// resource that depends on it, leaves the old one to the next apply.
		t.Run(typ+", replaced in two applies", func(t *testing.T) {
			t.Parallel()
			tree := begin(t)
			replaced := resource("test", h.settings+"\n  lifecycle { create_before_destroy = true }")
			// Of another type: where the second apply creates one of the same, the old object cannot be
			// told from that of a replacement in the same apply.
			kind, place := "zookeeper_znode", `path = "${local.base}/taken"`
			if typ == kind {
				kind, place = "zookeeper_znodes", "base_path = local.base\n  data = { taken = \"\" }"
			}
			dependent := fmt.Sprintf("resource %q \"dependent\" {\n  %s\n  depends_on = [%s.test]\n}\n", kind, place, typ)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(replaced)})
			cli.Apply()
			tree.Put("/taken", "")
			cli.Write("main.tf", tree.Config(replaced+dependent))
			if out := cli.FailApply("-replace=" + typ + ".test"); !strings.Contains(out, "Znode already exists") {
				t.Fatal(out)
			}
			before := now(t, tree)
			tree.Remove("/taken")
			stays(t, cli, tree, before, cli.Apply(), "Deposed object was left as it is")
		})
		t.Run(typ+", renamed and imported", func(t *testing.T) {
			t.Parallel()
			tree := begin(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(resource("old", ""))})
			cli.Apply()
			before := now(t, tree)
			cli.Write("main.tf", tree.Config(resource("new", "")+fmt.Sprintf("import {\n  to = %s.new\n  id = %q\n}\n", typ, tree.Base+h.id)))
			out := cli.Apply()
			stays(t, cli, tree, before, out, "Another resource keeps this")
			if typ == "zookeeper_znode_acl" && !acctest.Error("Warning: ACL is kept for another resource", "keeps them", tree.Path("/a")+`" had world:anyone:cdrwa`).MatchString(out) {
				t.Errorf("it is not told what the node had:\n%s", out)
			}
		})
		t.Run(typ+", of which two have the same", func(t *testing.T) {
			t.Parallel()
			tree := begin(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(resource("one", ""))})
			cli.Apply()
			before := now(t, tree)
			cli.Write("main.tf", tree.Config(resource("one", "")+resource("two", "")+fmt.Sprintf("import {\n  to = %s.two\n  id = %q\n}\n", typ, tree.Base+h.id)))
			cli.Apply()
			cli.Write("main.tf", tree.Config(resource("one", "")))
			told := "Another resource keeps this"
			if typ == "zookeeper_ensure_path" {
				told = "" // one that is imported has made nothing
			}
			stays(t, cli, tree, before, cli.Apply(), told)
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			if typ != "zookeeper_znode_acl" {
				if err := tree.CheckGone("/a")(nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A node that is deleted with all that is below it stays where a resource keeps a node there.
func TestAccKept_below(t *testing.T) {
	t.Parallel()
	tree := acctest.NewTree(t)
	parent := "resource \"zookeeper_znode\" \"parent\" {\n  path = \"${local.base}/p\"\n  force_destroy = true\n}\n"
	child := "resource \"zookeeper_znode\" \"child\" {\n  path = \"${local.base}/p/c\"\n  data = \"x\"\n}\n"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(parent)})
	cli.Apply()
	cli.Write("main.tf", tree.Config(parent+child))
	cli.Apply()
	cli.Write("main.tf", tree.Config(child))
	if out := cli.Apply(); !acctest.Error("Another resource keeps this", tree.Path("/p/c")).MatchString(out) {
		t.Errorf("it is not told:\n%s", out)
	}
	if err := tree.HasData("/p/c", "x"); err != nil {
		t.Error(err)
	}
	cli.CheckPlansNothing("the destruction")
}

// Where Terraform plans one thing at a time, a destruction may be planned before anybody tells that
// another resource keeps the node. The plan is refused then, and what its error advises works.
func TestAccKept_undone(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, acctest.Generation) // import blocks
	tree := acctest.NewTree(t)
	resource := func(name string) string {
		return fmt.Sprintf("resource \"zookeeper_znode\" %q {\n  path = \"${local.base}/a\"\n  data = \"x\"\n}\n", name)
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(resource("one"))})
	cli.Apply()
	// refused plans until a plan is refused, with two resources of one node in the state.
	refused := func() {
		t.Helper()
		cli.Write("main.tf", tree.Config(resource("one")+resource("two")+fmt.Sprintf("import {\n  to = zookeeper_znode.two\n  id = %q\n}\n", tree.Path("/a"))))
		cli.Apply()
		cli.Write("main.tf", tree.Config(resource("one")))
		const attempts = 50 // the CLI begins with either of the two
		for range attempts {
			switch run := cli.Run("plan", "-no-color", "-parallelism=1"); {
			case run.Code == 0:
			case acctest.Error("Plan undoes what this resource keeps", tree.Path("/a"), "Run plan again", "terraform state rm").MatchString(run.Output):
				return
			default:
				t.Fatalf("exit code %d\n%s", run.Code, run.Output)
			}
		}
		t.Fatal("no plan was refused: the test shows nothing")
	}
	stays := func(after string) {
		t.Helper()
		if err := tree.HasData("/a", "x"); err != nil {
			t.Errorf("after %s: %v", after, err)
		}
		cli.CheckPlansNothing(after)
	}

	refused()
	cli.Apply()
	stays("the next plan")

	refused()
	cli.MustRun("state", "rm", "zookeeper_znode.one", "zookeeper_znode.two")
	cli.MustRun("import", "-no-color", "zookeeper_znode.one", tree.Path("/a"))
	stays("an import")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/a")(nil); err != nil {
		t.Error(err)
	}
}
