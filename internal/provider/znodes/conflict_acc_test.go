package znodes_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// What somebody else changed, made or removed between the plan and the apply is named, all
// of it, and nothing is written.
func TestAccZnodes_changedBySomebodyElse(t *testing.T) {
	tree := acctest.NewTree(t)
	first := map[string]string{"changed": "1", "gone": "1", "again": "1", "removed": "1", "same": "1", "untouched": "1"}
	second := map[string]string{"changed": "2", "gone": "2", "again": "2", "same": "2", "untouched": "1", "made/by": "2"}
	const summary = "Znodes were changed by somebody else"
	named := func(rel, how string) string { return fmt.Sprintf("%q %s", tree.Path("/app/"+rel), how) }
	theirs := map[string]string{
		"": "", "/changed": "theirs", "/again": "", "/removed": "theirs", "/same": "1", "/untouched": "theirs too", "/made": "", "/made/by": "theirs",
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: tree.Config(znodes(first, "")), ConfigPlanChecks: planned(create)},
			{
				Config: tree.Config(znodes(second, "")),
				ConfigPlanChecks: planned(update, func() {
					tree.Write("/app/changed", "theirs")
					tree.Remove("/app/gone")
					tree.Remove("/app/again")
					tree.Put("/app/again", "")
					tree.Write("/app/removed", "theirs")
					tree.Write("/app/untouched", "theirs too") // none of this apply's business
					tree.Put("/app/made", "")
					tree.Put("/app/made/by", "theirs")
				}),
				ExpectError: acctest.Error(summary, `did not update the znodes below "`+tree.Path("/app")+`"`, "somebody else changed 4 nodes",
					named("again", "was deleted and created again"), named("changed", "was changed (by transaction"), "to version 1",
					named("gone", "was deleted"), named("removed", "was changed"), "Nothing was written. What they wrote stands", "Run plan again"),
			},
			{
				// The node that was made is told of once the others have been seen.
				PreConfig:        before(t, holds(tree, theirs)),
				Config:           tree.Config(znodes(second, "")),
				ConfigPlanChecks: planned(update),
				ExpectError:      acctest.Error("Znode already exists", `"`+tree.Path("/app/made/by")+`" exists`, "Nothing was written", "terraform import zookeeper_znodes.NAME "+tree.Path("/app")+"//made/by"),
			},
			{
				PreConfig: func() {
					before(t, holds(tree, theirs))()
					tree.Remove("/app/made")
				},
				Config:            tree.Config(znodes(second, "")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, second, nil),
				Check: holds(tree, map[string]string{
					"": "", "/changed": "2", "/gone": "2", "/again": "2", "/same": "2", "/untouched": "1", "/made": "", "/made/by": "2",
				}),
			},
			{
				Config:           tree.Config(""),
				ConfigPlanChecks: planned(destroy, func() { tree.Write("/app/same", "theirs") }),
				ExpectError:      acctest.Error(summary, `did not delete the znodes below "`+tree.Path("/app")+`"`, "somebody else changed 1 node", named("same", "was changed"), "Nothing was written"),
			},
			{
				// Terraform, unlike OpenTofu, needs to be told to look again before it plans a deletion.
				PreConfig:    before(t, tree.CheckData("/app/gone", "2")),
				RefreshState: true, ExpectNonEmptyPlan: true,
			},
			{
				// What is gone when it is to be destroyed is what was wanted.
				Config:           tree.Config(""),
				ConfigPlanChecks: planned(destroy, func() { tree.Remove("/app/same") }),
				Check:            tree.CheckGone("/app"),
			},
		},
	})
}

// Of many, the first ten are named and the others counted.
func TestAccZnodes_manyConflicts(t *testing.T) {
	tree := acctest.NewTree(t)
	data := make(map[string]string)
	for i := range 25 {
		data[fmt.Sprintf("n%02d", i)] = "ours"
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: tree.Config(znodes(data, "")),
		ConfigPlanChecks: planned(create, func() {
			tree.Put("/app", "")
			for key := range data {
				tree.Put("/app/"+key, "theirs")
			}
		}),
		ExpectError: acctest.Error("Znodes already exist", "25 nodes to be created exist already", `/app/n00" exists`, `/app/n09" exists and 15 more`, "Nothing was written"),
	}}})
}

// Two resources that claim the same node do not take turns in writing it: the second one is
// not created.
func TestAccZnodes_claimedTwice(t *testing.T) {
	tree := acctest.NewTree(t)
	one := znodes(map[string]string{"a": "one", "b": "one"}, "")
	two := func(key string) string {
		return fmt.Sprintf("resource \"zookeeper_znodes\" \"two\" {\n  base_path = \"${local.base}/app\"\n  data = { %q = \"two\" }\n}\n", key)
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: tree.Config(one), Check: tree.CheckData("/app/a", "one")},
			{Config: tree.Config(one + two("a")), ExpectError: acctest.Error("Znode already exists", `"`+tree.Path("/app/a")+`" exists`, "If another resource has the same nodes")},
			{
				// And no part of it.
				Config:      tree.Config(one + "resource \"zookeeper_znodes\" \"two\" {\n  base_path = \"${local.base}/app\"\n  data = { new = \"two\", b = \"two\" }\n}\n"),
				ExpectError: acctest.Error("Znode already exists", `"`+tree.Path("/app/b")+`" exists`),
			},
			{
				PreConfig:         before(t, holds(tree, map[string]string{"": "", "/a": "one", "/b": "one"})),
				Config:            tree.Config(one + two("c")),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, map[string]string{"a": "one", "b": "one"}, nil),
				Check:             holds(tree, map[string]string{"": "", "/a": "one", "/b": "one", "/c": "two"}),
			},
		},
	})
}

// Nor does a resource take a node over that another one has made in the same run.
func TestAccZnodes_claimedByZnode(t *testing.T) {
	tree := acctest.NewTree(t)
	znode := func(path string) string {
		return "resource \"zookeeper_znode\" \"two\" {\n  path = \"" + path + "\"\n  data = \"two\"\n  adopt_existing = true\n}\n"
	}
	data := map[string]string{"a/b": "one"}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{
				Config:      tree.Config(znodes(data, "") + znode("${zookeeper_znodes.test.base_path}/a/b")),
				ExpectError: acctest.Error("Znode already exists", `"`+tree.Path("/app/a/b")+`" is created by another resource in this same run`),
			},
			{
				// A node in between may have a resource of its own.
				PreConfig:         before(t, holds(tree, map[string]string{"": "", "/a": "", "/a/b": "one"})),
				Config:            tree.Config(znodes(data, "") + znode("${local.base}/app/a")),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, data, nil),
				Check:             holds(tree, map[string]string{"": "", "/a": "two", "/a/b": "one"}),
			},
		},
	})
}

// Nodes that others have below a node keep it from being deleted, and nodes in between stay
// for them.
func TestAccZnodes_notEmpty(t *testing.T) {
	tree := acctest.NewTree(t)
	data := map[string]string{"a": "A", "b/c": "C"}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: tree.Config(znodes(data, ""))},
			{
				PreConfig: func() {
					tree.Put("/app/a/theirs", "")
					_, err := tree.Client.Create(t.Context(), tree.Path("/app/a/ephemeral"), nil, zk.CreateOptions{Mode: zk.Ephemeral})
					if err != nil {
						t.Error(err)
					}
				},
				Config:           tree.Config(znodes(map[string]string{"b/c": "changed"}, "")),
				ConfigPlanChecks: planned(update),
				ExpectError:      acctest.Error("Znode is not empty", `did not update the znodes below "`+tree.Path("/app")+`"`, `"`+tree.Path("/app/a")+`" has 2 children`, "Nothing was written", "exclusive = true"),
			},
			{
				PreConfig:   before(t, tree.CheckData("/app/b/c", "C")),
				Config:      tree.Config(""),
				ExpectError: acctest.Error("Znode is not empty", `did not delete the znodes below "`+tree.Path("/app")+`"`, `"`+tree.Path("/app/a")+`" has 2 children`, "Nothing was written"),
			},
			{
				// With exclusive, all that is below base_path is the resource's.
				PreConfig:         before(t, tree.CheckData("/app/a", "A")),
				Config:            tree.Config(znodes(data, "exclusive = true")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, data, attrs{"exclusive": yes}),
				Check:             holds(tree, map[string]string{"": "", "/a": "A", "/b": "", "/b/c": "C"}),
			},
			{
				PreConfig: func() { tree.Put("/app/a/theirs", ""); tree.Put("/app/a/theirs/low", "") },
				Config:    tree.Config(""),
				Check:     tree.CheckGone("/app"),
			},
			{
				// What others have put into a node in between, or below it, keeps that one alone.
				Config: tree.Config(znodes(map[string]string{"used/x": "1", "written/x": "2", "free/x": "3", "stays": "4"}, "")),
			},
			{
				PreConfig:         func() { tree.Put("/app/used/theirs", ""); tree.Write("/app/written", "theirs") },
				Config:            tree.Config(znodes(map[string]string{"stays": "4"}, "")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"stays": "4"}, nil),
				Check:             holds(tree, map[string]string{"": "", "/used": "", "/used/theirs": "", "/written": "theirs", "/stays": "4"}),
			},
			{
				// Once it is free, it goes with the rest, and so does what is above it; what was written is
				// theirs.
				PreConfig: func() { tree.Remove("/app/used/theirs") },
				Config:    tree.Config(""),
				Check:     holds(tree, map[string]string{"": "", "/written": "theirs"}),
			},
			{PreConfig: func() { tree.Remove("/app") }, Config: tree.Config("")},
		},
	})
}

// Resources that share nodes in between and base_path leave nothing of them when
// they are destroyed together, in whatever order.
func TestAccZnodes_destroyedTogether(t *testing.T) {
	tree := acctest.NewTree(t)
	hcl := ""
	for i := range 4 {
		hcl += fmt.Sprintf("resource \"zookeeper_znodes\" \"r%[1]d\" {\n  base_path = \"${local.base}/app/low\"\n  data = { \"a/n%[1]d\" = \"\", \"b/n%[1]d\" = \"\" }\n}\n", i)
	}
	// Below a node of one of them, which waits for it.
	hcl += "resource \"zookeeper_znode\" \"leaf\" {\n  path = \"${zookeeper_znodes.r0.base_path}/a/n0/leaf\"\n}\n"
	acctest.Test(t, resource.TestCase{
		// What is above base_path stays.
		CheckDestroy: resource.ComposeTestCheckFunc(tree.CheckGone("/app/low"), tree.CheckData("/app", "")),
		Steps:        []resource.TestStep{{Config: tree.Config(hcl), Check: resource.ComposeTestCheckFunc(tree.CheckData("/app/low/b/n3", ""), tree.CheckData("/app/low/a/n0/leaf", ""))}},
	})
}
