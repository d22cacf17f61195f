package ensurepath_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// createdBy checks the attribute created of a resource.
func createdBy(tree *acctest.Tree, name, path string, acl, stat knownvalue.Check, created ...string) statecheck.StateCheck {
	return acctest.Attributes("zookeeper_ensure_path."+name, attrs{
		"path": knownvalue.StringExact(tree.Path(path)), "acl": acl, "on_destroy": knownvalue.StringExact("prune"),
		"created": paths(tree, created...), "czxids": knownvalue.MapSizeExact(len(created)), "stat": stat,
	})
}

// Paths with common parts are made at the same time; each node has one maker, and all are
// gone in the end, in whatever order they are destroyed.
func TestAccEnsurePath_commonAncestor(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(test("/a/b/c", "") + named("second", "/a/b/d", "depends_on = [zookeeper_ensure_path.test]") + named("same", "/a/b", "depends_on = [zookeeper_ensure_path.test]")),
				ConfigPlanChecks: planned(create),
				ConfigStateChecks: []statecheck.StateCheck{
					createdBy(tree, "test", "/a/b/c", knownvalue.Null(), acctest.Stat(0, 0, 0, 0), "/a", "/a/b", "/a/b/c"),
					createdBy(tree, "second", "/a/b/d", knownvalue.Null(), acctest.Stat(0, 0, 0, 0), "/a/b/d"),
				},
			},
			{
				// Nothing refers to anything any more: the order of the destruction is open.
				Config:           tree.Config(test("/a/b/c", "") + named("second", "/a/b/d", "") + named("same", "/a/b", "")),
				ConfigPlanChecks: planned(nothing),
			},
			{Config: tree.Config(``), ConfigPlanChecks: planned(destroy), Check: tree.CheckGone("/a")},
			{
				Config: tree.Config(fmt.Sprintf(`resource "zookeeper_ensure_path" "many" {
  count = 20
  path  = "${local.base}/a/${count.index %% 3}/${count.index}"
}`)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("zookeeper_ensure_path.many[19]", create)}},
				Check:            everyNodeOnce(tree, "/a", "/a/0", "/a/1", "/a/2", "/a/0/18", "/a/1/19", "/a/2/17"),
			},
		},
	})
}

// everyNodeOnce checks that each of the nodes is in the attribute created of one resource.
func everyNodeOnce(tree *acctest.Tree, rels ...string) resource.TestCheckFunc {
	return func(s *tfState) error {
		makers := make(map[string]int)
		for _, r := range s.RootModule().Resources {
			for key, value := range r.Primary.Attributes {
				if strings.HasPrefix(key, "created.") && key != "created.#" {
					makers[value]++
				}
			}
		}
		for path, n := range makers {
			if n != 1 {
				return fmt.Errorf("%s has %d makers", path, n)
			}
		}
		for _, rel := range rels {
			if makers[tree.Path(rel)] != 1 {
				return fmt.Errorf("%s has no maker: %v", tree.Path(rel), makers)
			}
		}
		return nil
	}
}

// A node that was made as part of a path is taken over by its own resource, when that comes
// later.
func TestAccEnsurePath_adoptedByItsOwnResource(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(more string) string {
		return tree.Config(test("/a/b/c", aclOf(guarded)) + `
resource "zookeeper_znode" "a" {
  path = "${local.base}/a"
  data = "of its own"
  ` + more + `
}

resource "zookeeper_znode" "c" {
  path = "${local.base}/a/b/c"
  data = "of its own"
  ` + more + `
}`)
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:            config("depends_on = [zookeeper_ensure_path.test]"),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: []statecheck.StateCheck{createdBy(tree, "test", "/a/b/c", acctest.ACL(guarded), acctest.Stat(0, 0, 0, 0), "/a", "/a/b", "/a/b/c")},
				Check: resource.ComposeTestCheckFunc(
					tree.CheckData("/a", "of its own"), tree.CheckACL("/a", acctest.Open()), tree.CheckACL("/a/b", guarded), tree.CheckData("/a/b/c", "of its own")),
			},
			// Each removes its own in whatever order, and waits for the others.
			{Config: config(""), ConfigPlanChecks: planned(nothing)},
		},
	})
}

// A parent that another resource made on its way counts as made here, and gets the ACL that
// it would have been made with: it does not matter which of the two came first. Its own
// resource may still take it over.
func TestAccEnsurePath_takesParentsOfThisRun(t *testing.T) {
	tree := acctest.NewTree(t)
	child := `
resource "zookeeper_znode" "child" {
  path = "${local.base}/a/b/child"
  ` + aclOf(zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermDelete}) + `
}
`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(child + test("/a/b", "depends_on = [zookeeper_znode.child]\n"+aclOf(guarded)) +
					named("second", "/a/b", "depends_on = [zookeeper_ensure_path.test]\n"+aclOf(acctest.Open())) + `
resource "zookeeper_znode" "b" {
  path          = "${local.base}/a/b"
  data          = "of its own"
  depends_on    = [zookeeper_ensure_path.second]
  force_destroy = true
}`),
				ConfigPlanChecks: planned(create),
				ConfigStateChecks: []statecheck.StateCheck{
					createdBy(tree, "test", "/a/b", acctest.ACL(guarded), acctest.Stat(0, 1, 0, 1), "/a", "/a/b"),
					createdBy(tree, "second", "/a/b", acctest.ACL(acctest.Open()), acctest.Stat(0, 1, 0, 1)),
				},
				Check: resource.ComposeTestCheckFunc(
					tree.CheckACL("/a", guarded), tree.CheckVersions("/a", 0, 1), tree.CheckACL("/a/b", acctest.Open()), tree.CheckVersions("/a/b", 1, 2)),
			},
		},
	})
}

// Somebody changes the ACL of such a parent before it is taken: that is their change, and
// it stands. What was taken before is in the state.
func TestAccEnsurePath_parentOfThisRunWasChanged(t *testing.T) {
	tree := acctest.NewTree(t)
	theirs := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermWrite}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckACL("/a/b", theirs),
		Steps: []resource.TestStep{{
			Config: tree.Config(`
resource "zookeeper_znode" "child" {
  path = "${local.base}/a/b/child"

  ` + acctest.Afterwards(t, func() { tree.WriteACL("/a/b", theirs) }) + `
}
` + test("/a/b", "depends_on = [zookeeper_znode.child]\n"+aclOf(guarded))),
			ConfigPlanChecks: planned(create),
			ExpectError:      acctest.Error("Znode was changed by somebody else", tree.Path("/a/b")+`"`, "its ACL was planned against version 0 and is at version 1"),
		}},
	})
}
