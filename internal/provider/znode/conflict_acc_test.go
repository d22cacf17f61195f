package znode_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// meanwhile expects an action, and does something between the plan and the apply.
func meanwhile(action plancheck.ResourceActionType, do func()) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction("zookeeper_znode.test", action),
		acctest.Meanwhile(do),
	}}
}

// holds is a step's PreConfig: it checks what an earlier step left on the server.
func holds(t *testing.T, check resource.TestCheckFunc) func() {
	t.Helper()
	return func() {
		if err := check(nil); err != nil {
			t.Error(err)
		}
	}
}

func TestAccZnode_changedBySomebodyElse(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(data, acl string) string {
		return tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "` + data + `"
  acl  = [{ scheme = "world", id = "anyone", permissions = "` + acl + `" }]
}`)
	}
	const summary, next = "Znode was changed by somebody else", "Run plan again"
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: config("one", "cdrwa"), ConfigPlanChecks: planned(create)},
			{
				Config:           config("two", "cdrwa"),
				ConfigPlanChecks: meanwhile(update, func() { tree.Write("/a", "theirs"); tree.Write("/a", "theirs again") }),
				ExpectError: acctest.Error(summary, `did not update the znode "`+tree.Path("/a")+`"`,
					"its data was planned against version 0 and is at version 2", "Nothing was written", next),
			},
			{
				// The state is what it was, and the next refresh sees their write.
				PreConfig:         holds(t, tree.CheckData("/a", "theirs again")),
				Config:            config("two", "cdrwa"),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "two", attrs{"stat": acctest.Stat(3, 0, 3, 0)}),
			},
			{
				Config:           config("two", "r"),
				ConfigPlanChecks: meanwhile(update, func() { tree.WriteACL("/a", acctest.Open(), userACL(zk.PermRead)) }),
				ExpectError:      acctest.Error(summary, "its ACL was planned against version 0 and is at version 1", "Nothing was written", next),
			},
			{
				PreConfig:        holds(t, tree.CheckACL("/a", acctest.Open(), userACL(zk.PermRead))),
				Config:           config("two", "cdrwa"),
				ConfigPlanChecks: planned(update),
			},
			{
				// Both parts are to change, and one of them is not as planned: neither is written.
				Config:           config("three", "cdrw"),
				ConfigPlanChecks: meanwhile(update, func() { tree.Write("/a", "theirs") }),
				ExpectError:      acctest.Error(summary, "its data was planned against version 3 and is at version 4", "Nothing was written", next),
			},
			{
				PreConfig:        holds(t, resource.ComposeTestCheckFunc(tree.CheckData("/a", "theirs"), tree.CheckACL("/a", acctest.Open()))),
				Config:           config("two", "cdrwa"),
				ConfigPlanChecks: planned(update),
			},
			{
				// Another node of the same path, whose versions start at 0 again.
				Config:           config("four", "cdrwa"),
				ConfigPlanChecks: meanwhile(update, func() { tree.Remove("/a"); tree.Put("/a", "another") }),
				ExpectError:      acctest.Error(summary, "it was deleted and created again", "Nothing was written", next),
			},
			{
				PreConfig:        holds(t, tree.CheckData("/a", "another")),
				Config:           config("four", "cdrwa"),
				ConfigPlanChecks: planned(update),
			},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: meanwhile(destroy, func() { tree.Write("/a", "theirs") }),
				ExpectError: acctest.Error(summary, `did not delete the znode "`+tree.Path("/a")+`"`,
					"its data was planned against version 1 and is at version 2", next),
			},
			{
				PreConfig:        holds(t, tree.CheckData("/a", "theirs")),
				Config:           tree.Config(``),
				ConfigPlanChecks: meanwhile(destroy, func() { tree.Remove("/a"); tree.Put("/a", "another") }),
				ExpectError:      acctest.Error(summary, "it was deleted and created again", next),
			},
			// Terraform, unlike OpenTofu, needs to be told to look again before it plans a deletion.
			{PreConfig: holds(t, tree.CheckData("/a", "another")), RefreshState: true, ExpectNonEmptyPlan: true},
			{Config: tree.Config(``), ConfigPlanChecks: planned(destroy)},
		},
	})
}

func TestAccZnode_deletedBySomebodyElse(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(data string) string {
		return tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "` + data + `"
}`)
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: config("one"), ConfigPlanChecks: planned(create)},
			{
				Config:           config("two"),
				ConfigPlanChecks: meanwhile(update, func() { tree.Remove("/a") }),
				ExpectError: acctest.Error("Znode was deleted by somebody else", `"`+tree.Path("/a")+`" existed when the plan was made, and does not any more`,
					"Run plan again: it will be created"),
			},
			{
				PreConfig:         holds(t, tree.CheckGone("/a")),
				Config:            config("two"),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "two", nil),
			},
			{
				// What was to be deleted is gone: that is what was wanted.
				Config:           tree.Config(``),
				ConfigPlanChecks: meanwhile(destroy, func() { tree.Remove("/a") }),
			},
		},
	})
}

// A node that was written over between our write and our look at it: the state holds what
// we wrote, and the next plan shows what they did.
func TestAccZnode_changedRightAfterwards(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(hook string) string {
		return tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "ours"
  ` + hook + `
}`)
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:             config(acctest.Afterwards(t, func() { tree.Write("/a", "theirs") })),
				ConfigPlanChecks:   planned(create),
				ConfigStateChecks:  state(tree, "/a", "ours", nil),
				Check:              tree.CheckData("/a", "theirs"),
				ExpectNonEmptyPlan: true,
			},
			{
				Config:            config(""),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "ours", attrs{"stat": acctest.Stat(2, 0, 4, 0)}),
			},
		},
	})
}
