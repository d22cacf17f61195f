package znodes_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// With exclusive, what others put below base_path is drift: a plan shows it, and an apply
// removes it.
func TestAccZnodes_exclusive(t *testing.T) {
	tree := acctest.NewTree(t)
	data := map[string]string{"a": "A", "b/c": "C"}
	config := tree.Config(znodes(data, "exclusive = true"))
	clean := holds(tree, map[string]string{"": "", "/a": "A", "/b": "", "/b/c": "C"})
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create), ConfigStateChecks: state(tree, data, attrs{"exclusive": yes}), Check: clean},
			{
				PreConfig: func() {
					tree.Put("/app/x", "stranger")
					tree.Put("/app/x/low", "")
					tree.Put("/app/b/bin", "\xff")
					_, err := tree.Client.Create(t.Context(), tree.Path("/app/a/session"), nil, zk.CreateOptions{Mode: zk.Ephemeral})
					if err != nil {
						t.Error(err)
					}
				},
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update),
					differs("data", "x", "stranger", nil), differs("data", "x/low", "", nil), differs("data", "b/bin", "(1 byte, not UTF-8, in base64: /w==)", nil),
					differs("data", "a/session", "", nil), differs("data", "a", "A", "A"), differs("data", "b", nil, nil),
				}},
				ConfigStateChecks: state(tree, data, attrs{"exclusive": yes}),
				Check:             clean,
			},
			{
				// Somebody changes one of them, and another one comes, after the plan.
				PreConfig: func() { tree.Put("/app/x", "stranger"); tree.Put("/app/y", "") },
				Config:    config,
				ConfigPlanChecks: planned(update, func() {
					tree.Write("/app/x", "again")
					tree.Put("/app/y/low", "")
				}),
				ExpectError: acctest.Error("Znodes were changed by somebody else", `"`+tree.Path("/app/x")+`" was changed`, `"`+tree.Path("/app/y")+`" has 1 child`, "Nothing was written"),
			},
			{
				// What is declared from now on stays, with its own content or with theirs.
				PreConfig:         func() { tree.Remove("/app/y/low") },
				Config:            tree.Config(znodes(map[string]string{"a": "A", "x": "ours", "y": ""}, "exclusive = true")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"a": "A", "x": "ours", "y": ""}, attrs{"exclusive": yes}),
				Check:             resource.ComposeTestCheckFunc(holds(tree, map[string]string{"": "", "/a": "A", "/x": "ours", "/y": ""}), tree.CheckVersions("/app/x", 2, 0)),
			},
			{
				// A node in between of theirs goes with what it was for.
				PreConfig: func() { tree.Remove("/app/x"); tree.Put("/app/x", "their data") },
				Config:    tree.Config(znodes(map[string]string{"a": "A", "x/y": "1"}, "exclusive = true")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), differs("data", "x", "their data", nil),
				}},
				Check: holds(tree, map[string]string{"": "", "/a": "A", "/x": "", "/x/y": "1"}),
			},
			{
				Config: tree.Config(znodes(map[string]string{"a": "A"}, "exclusive = true")),
				Check:  holds(tree, map[string]string{"": "", "/a": "A"}),
			},
			{
				// From then on strangers stay, those that the last refresh has seen too.
				PreConfig: func() { tree.Put("/app/x", "stranger") },
				Config:    tree.Config(znodes(map[string]string{"a": "B"}, "")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update),
				}},
				ConfigStateChecks: state(tree, map[string]string{"a": "B"}, nil),
				Check:             holds(tree, map[string]string{"": "", "/a": "B", "/x": "stranger"}),
			},
			{
				// And when it is switched on again, a warning says what goes, and that goes alone.
				PreConfig: func() { tree.Put("/app/x/low", "") },
				Config:    tree.Config(znodes(map[string]string{"a": "B"}, "exclusive = true")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), acctest.Meanwhile(func() { tree.Put("/app/late", "") }),
				}},
				ConfigStateChecks:  state(tree, map[string]string{"a": "B"}, attrs{"exclusive": yes}),
				Check:              holds(tree, map[string]string{"": "", "/a": "B", "/late": ""}),
				ExpectNonEmptyPlan: true,
			},
			{
				Config: tree.Config(znodes(map[string]string{"a": "B"}, "exclusive = true")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), differs("data", "late", "", nil),
				}},
				Check: holds(tree, map[string]string{"": "", "/a": "B"}),
			},
		},
	})
}

// Switching exclusive on names what goes, before it does.
func TestAccZnodes_exclusiveWarning(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(znodes(map[string]string{"a": "A"}, ""))})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	tree.Put("/app/theirs", "")
	tree.Put("/app/a/theirs", "")
	cli.Write("main.tf", tree.Config(znodes(map[string]string{"a": "A"}, "exclusive = true")))
	out := cli.MustRun("plan", "-no-color").Output
	want := acctest.Error("Znodes of others will be removed", "below \""+tree.Path("/app")+"\" there are nodes that this resource does not declare", `"`+tree.Path("/app/a/theirs")+`" "`+tree.Path("/app/theirs")+`"`)
	if !want.MatchString(out) {
		t.Errorf("no warning:\n%s", out)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if err := holds(tree, map[string]string{"": "", "/a": "A"})(nil); err != nil {
		t.Error(err)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/app")(nil); err != nil {
		t.Error(err)
	}
}

// What ignore_changes keeps of others in the state stays theirs, until the user declares it.
func TestAccZnodes_exclusiveIgnoresOthers(t *testing.T) {
	tree := acctest.NewTree(t)
	ours := map[string]string{"a": "A"}
	theirs := map[string]string{"a": "A", "z": "theirs", "y/x": "X"}
	all := holds(tree, map[string]string{"": "", "/a": "A", "/z": "theirs", "/y": "", "/y/x": "X"})
	acctest.Test(t, resource.TestCase{
		CheckDestroy: resource.ComposeTestCheckFunc(tree.CheckGone("/app/a"), tree.CheckGone("/app/y/x"), tree.CheckData("/app/z", "theirs"), tree.CheckData("/app/y", "")),
		Steps: []resource.TestStep{
			{Config: tree.Config(znodes(ours, "exclusive = true"))},
			{
				PreConfig: func() { tree.Put("/app/z", "theirs"); tree.Put("/app/y", ""); tree.Put("/app/y/x", "X") },
				Config:    tree.Config(ignoring("[data]", ours, "exclusive = true")),
				Check:     all,
			},
			{
				Config:            tree.Config(ignoring("[data]", ours, "atomic = false")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"a": "A", "z": "theirs", "y": "", "y/x": "X"}, attrs{"atomic": no}),
				Check:             all,
			},
			{
				// Each that the user declares becomes the resource's.
				Config: tree.Config(znodes(map[string]string{"a": "A", "y/x": "X"}, "")),
				Check:  all,
			},
			{Config: tree.Config(ignoring("[data]", theirs, "")), Check: all},
		},
	})
}

// A new resource that is to have all below base_path does not begin by removing what no plan
// has shown.
func TestAccZnodes_exclusiveBaseIsOccupied(t *testing.T) {
	tree := acctest.NewTree(t)
	config := znodes(map[string]string{"a": "A"}, "exclusive = true")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app/a"),
		Steps: []resource.TestStep{
			{
				PreConfig:   func() { tree.Put("/app", "theirs"); tree.Put("/app/x", "") },
				Config:      tree.Config(config),
				ExpectError: acctest.Error("Znodes already exist", `all that is below "`+tree.Path("/app")+`" belongs to this resource`, `"`+tree.Path("/app/x")+`"`, "Nothing was written or removed", "terraform import zookeeper_znodes.NAME "+tree.Path("/app")),
			},
			{
				// As the message says. The plan shows what becomes of it.
				PreConfig: before(t, holds(tree, map[string]string{"": "theirs", "/x": ""})),
				Config:    tree.Config(config + tree.ImportBlock(address, "/app")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), differs("data", "x", "", nil), differs("data", "a", nil, "A"),
				}},
				ConfigStateChecks: state(tree, map[string]string{"a": "A"}, attrs{"exclusive": yes}),
				Check:             holds(tree, map[string]string{"": "theirs", "/a": "A"}),
			},
			{
				// base_path was there before, and stays, with what it holds.
				Config: tree.Config(""),
				Check:  holds(tree, map[string]string{"": "theirs"}),
			},
			{
				Config:            tree.Config(config),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, map[string]string{"a": "A"}, attrs{"exclusive": yes}),
			},
		},
	})
}
