package znode_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// Nodes that do not refer to each other are created in any order, ten at a time. Whoever
// comes first makes the parents, and their own resources take them over: the tree is the
// same whatever the order was.
func TestAccZnode_orderDoesNotMatter(t *testing.T) {
	tree := acctest.NewTree(t)
	var hcl strings.Builder
	var checks []resource.TestCheckFunc
	var plans []plancheck.PlanCheck
	guarded := zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll}
	node := func(name, rel string, open bool) {
		// The leaves have an ACL of their own, which the parents that they make begin with.
		// The others take what is below with them: in which order the destroy comes to more
		// than ten of them is not ours to say.
		acl, want := "force_destroy = true", acctest.Open()
		if !open {
			acl, want = `acl = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]`, guarded
		}
		fmt.Fprintf(&hcl, "resource \"zookeeper_znode\" %q {\n  path = \"${local.base}%s\"\n  data = %q\n  %s\n}\n\n", name, rel, "data of "+name, acl)
		checks = append(checks, tree.CheckData(rel, "data of "+name), tree.CheckACL(rel, want))
		plans = append(plans, plancheck.ExpectResourceAction("zookeeper_znode."+name, create))
	}
	for i := range 6 {
		for j := range 3 {
			node(fmt.Sprintf("leaf_%d_%d", i, j), fmt.Sprintf("/top/mid%d/low/leaf%d", i, j), false)
		}
		node(fmt.Sprintf("low_%d", i), fmt.Sprintf("/top/mid%d/low", i), true)
		node(fmt.Sprintf("mid_%d", i), fmt.Sprintf("/top/mid%d", i), true)
	}
	node("top", "/top", true)

	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/top"),
		Steps: []resource.TestStep{{
			Config:           tree.Config(hcl.String()),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: plans},
			Check:            resource.ComposeTestCheckFunc(checks...),
		}},
	})
}

// A parent that is destroyed before its children waits for them, when they are few enough
// to be under way at the same time.
func TestAccZnode_destroyOrderOfAFew(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/top"),
		Steps: []resource.TestStep{{
			Config: tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/top" }
resource "zookeeper_znode" "mid"  { path = "${local.base}/top/mid" }
resource "zookeeper_znode" "leaf" {
  count = 5
  path  = "${local.base}/top/mid/leaf${count.index}"
}`),
			ConfigPlanChecks: planned(create),
			Check:            tree.CheckData("/top/mid/leaf4", ""),
		}},
	})
}

// A parent that declares nothing gets what its own creation would have given it, and not
// what the child that made it gave it.
func TestAccZnode_madeParentIsAdopted(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/p"),
		Steps: []resource.TestStep{{
			// The child comes first for certain.
			Config: tree.Config(`resource "zookeeper_znode" "child" {
  path = "${local.base}/p/child"
  acl  = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]
}

resource "zookeeper_znode" "test" {
  path          = "${local.base}/p"
  depends_on    = [zookeeper_znode.child]
  force_destroy = true
}`),
			ConfigPlanChecks:  planned(create),
			ConfigStateChecks: state(tree, "/p", "", attrs{"force_destroy": yes, "stat": acctest.Stat(0, 1, 0, 1)}),
			Check:             resource.ComposeTestCheckFunc(tree.CheckACL("/p", acctest.Open()), tree.CheckVersions("/p", 0, 1)),
		}},
	})
}

func TestAccZnode_madeParentOfAnotherKind(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: tree.Config(`resource "zookeeper_znode" "child" { path = "${local.base}/p/child" }

resource "zookeeper_znode" "test" {
  path       = "${local.base}/p"
  mode       = "container"
  depends_on = [zookeeper_znode.child]
}`),
			ConfigPlanChecks: planned(create),
			ExpectError:      acctest.Error("Znode is of another kind", tree.Path("/p")+`" exists as a persistent node, and is declared as a container one`),
		}},
	})
}

// Two resources of one path are one too many, even when neither of them made the node.
func TestAccZnode_claimedOnce(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/p/child"),
		Steps: []resource.TestStep{{
			Config: tree.Config(`resource "zookeeper_znode" "child" { path = "${local.base}/p/child" }

resource "zookeeper_znode" "first" {
  path          = "${local.base}/p"
  data          = "first"
  depends_on    = [zookeeper_znode.child]
  force_destroy = true
}

resource "zookeeper_znode" "second" {
  path       = "${local.base}/p"
  data       = "second"
  depends_on = [zookeeper_znode.first]
}`),
			ConfigPlanChecks: plannedFor("zookeeper_znode.second", create),
			// An import, as of what was there before, would be no way out.
			ExpectError: acctest.Error("Znode already exists", tree.Path("/p")+`" is created by another resource in this same run`, "Remove one of the two"),
		}, {
			PreConfig: func() {
				if err := tree.HasData("/p", "first"); err != nil {
					t.Error(err)
				}
			},
			Config:           tree.Config(``),
			ConfigPlanChecks: plannedFor("zookeeper_znode.first", destroy),
			Check:            tree.CheckGone("/p"),
		}},
	})
}

// Somebody writes to a parent between the moment in which this run made it and the one in
// which its resource takes it over: that is their change, and it stands. The state has the node, so
// that the next plan shows it, and the next apply goes on from there.
func TestAccZnode_madeParentWasChanged(t *testing.T) {
	guarded := zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll}
	for name, tt := range map[string]struct {
		theirs func(tree *acctest.Tree)
		told   string
		stands func(tree *acctest.Tree) resource.TestCheckFunc
	}{
		"data": {
			func(tree *acctest.Tree) { tree.Write("/p", "theirs") }, "its data was planned against version 0 and is at version 1",
			func(tree *acctest.Tree) resource.TestCheckFunc { return tree.CheckData("/p", "theirs") },
		},
		"ACL": {
			func(tree *acctest.Tree) { tree.WriteACL("/p", guarded) }, "its ACL was planned against version 0 and is at version 1",
			func(tree *acctest.Tree) resource.TestCheckFunc { return tree.CheckACL("/p", guarded) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			config := tree.Config(`resource "zookeeper_znode" "child" {
  path = "${local.base}/p/child"
  data = "x"

  ` + acctest.Afterwards(t, func() { tt.theirs(tree) }) + `
}

resource "zookeeper_znode" "test" {
  path       = "${local.base}/p"
  data       = "ours"
  acl        = [{ scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" }]
  depends_on = [zookeeper_znode.child]
}`)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": config})
			if out := cli.FailApply(); !acctest.Error("Znode was changed by somebody else", "did not take over the znode", tt.told).MatchString(out) {
				t.Error(out)
			}
			if err := tt.stands(tree)(nil); err != nil {
				t.Error(err)
			}
			cli.Apply()
			cli.CheckPlansNothing("the next apply")
			for _, err := range []error{tree.HasData("/p", "ours"), tree.HasData("/p/child", "x")} {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
}
