package sequentialznode_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/provider/attr"
)

// Content stays in the attribute that the configuration uses, as of any node: what others write
// shows there, and what is ignored of it stops neither a later plan nor a destroy.
func TestAccSequentialZnode_contentOfOthers(t *testing.T) {
	const rel = "/job-0000000000"
	for ignore, ignored := range map[string]bool{"": false, "[data]": true, "[data_base64]": false, "[data, data_base64]": true, "all": true} {
		t.Run(ignore, func(t *testing.T) {
			tree := acctest.NewTree(t)
			lifecycle := ""
			if ignore != "" {
				lifecycle = "\nlifecycle { ignore_changes = " + ignore + " }"
			}
			config := tree.Config(test("/job-", `data = "1"`+lifecycle))
			steps := []resource.TestStep{{Config: config, ConfigPlanChecks: planned(create)}}
			writes := int64(0)
			for _, content := range []string{"plain", "\xff\xfe", "cafe\u0301", "(2 bytes, not UTF-8, in base64: //4=)"} {
				writes++
				action, holds := nothing, content
				if !ignored {
					action, holds = update, "1"
					writes++
				}
				steps = append(steps, resource.TestStep{
					PreConfig:        func() { tree.Write(rel, content) },
					Config:           config,
					ConfigPlanChecks: planned(action),
					ConfigStateChecks: state(tree, "/job-", "0000000000", "", attrs{
						"data": text(attr.TextValue([]byte(holds)).ValueString()), "stat": acctest.Stat(writes, 0, int64(len(holds)), 0),
					}),
					Check: tree.CheckData(rel, holds),
				})
			}
			acctest.Test(t, resource.TestCase{CheckDestroy: children(t, tree, ""), Steps: steps})
		})
	}
}

// Drift of a secret shows as its version, which ignore_changes can leave alone; with data_wo
// ignored nothing is written, whatever the version says.
func TestAccSequentialZnode_ignoredSecret(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	const rel = "/job-0000000000"
	config := func(tree *acctest.Tree, version, ignore string) string {
		return tree.Config(test("/job-", "data_wo = \"sesame\"\ndata_wo_version = \""+version+"\"\nlifecycle { ignore_changes = "+ignore+" }"))
	}
	for ignore, tt := range map[string]struct {
		drift, edit string // how the apply ends
		holds       string
	}{
		"[data_wo_version]":          {"0 changed", "0 changed", "theirs"},
		"[data_wo]":                  {"0 changed", "0 changed", "theirs"},
		"[data_wo, data_wo_version]": {"0 changed", "0 changed", "theirs"},
		"all":                        {"0 changed", "0 changed", "theirs"},
		"[acl]":                      {"1 changed", "1 changed", "sesame"},
	} {
		t.Run(ignore, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": config(tree, "1", ignore)})
			cli.Apply()
			tree.Write(rel, "theirs")
			if out := cli.Apply(); !strings.Contains(out, tt.drift) {
				t.Errorf("the apply after a drift, want %s:\n%s", tt.drift, out)
			}
			cli.CheckPlansNothing("a drift")
			cli.Write("main.tf", config(tree, "2", ignore))
			if out := cli.Apply(); !strings.Contains(out, tt.edit) {
				t.Errorf("the apply after an edit, want %s:\n%s", tt.edit, out)
			}
			cli.CheckPlansNothing("an edit")
			if err := tree.HasData(rel, tt.holds); err != nil {
				t.Error(err)
			}
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			if err := children(t, tree, "")(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// The same JSON value is no difference.
func TestAccSequentialZnode_compareJSON(t *testing.T) {
	tree := acctest.NewTree(t)
	const rel, theirs = "/job-0000000000", `{ "b": 2.0, "a": 1 }`
	config := tree.Config(test("/job-", "data = jsonencode({ a = 1, b = 2 })\ncompare = \"json\""))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create)},
			{
				PreConfig: func() { tree.Write(rel, theirs) }, Config: config, ConfigPlanChecks: planned(nothing),
				ConfigStateChecks: state(tree, "/job-", "0000000000", theirs, attrs{"compare": text("json"), "stat": acctest.Stat(1, 0, int64(len(theirs)), 0)}),
			},
			{
				PreConfig: func() { tree.Write(rel, "{}") }, Config: config, ConfigPlanChecks: planned(update),
				Check: tree.CheckData(rel, `{"a":1,"b":2}`),
			},
		},
	})
}

// A node that is to be kept stays, and a replacement makes another one.
func TestAccSequentialZnode_keep(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(more string) string { return tree.Config(test("/job-", "on_destroy = \"keep\"\n"+more)) }
	keeps := attrs{"on_destroy": text("keep")}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, "", "job-0000000000", "job-0000000001"),
		Steps: []resource.TestStep{
			{Config: config(""), ConfigPlanChecks: planned(create), ConfigStateChecks: state(tree, "/job-", "0000000000", "", keeps)},
			{
				PreConfig: func() { tree.Put("/job-0000000000/theirs", "x") }, Taint: []string{address},
				Config: config(""), ConfigPlanChecks: planned(replace), ConfigStateChecks: state(tree, "/job-", "0000000001", "", keeps),
			},
			{Config: tree.Config(``), ConfigPlanChecks: planned(destroy), Check: children(t, tree, "", "job-0000000000", "job-0000000001")},
		},
	})
}

// A node whose name has no number stays what it is: the error says how.
func TestAccSequentialZnode_moveOfAnother(t *testing.T) {
	acctest.Needs(t, acctest.MovedTypes)
	tree := acctest.NewTree(t)
	const znode = "resource \"zookeeper_znode\" \"a\" {\n  path = \"${local.base}/a\"\n  data = \"one\"\n}\n"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(znode)})
	cli.Apply()
	cli.Write("main.tf", tree.Config(test("/a", `data = "one"`)+"moved {\n  from = zookeeper_znode.a\n  to   = zookeeper_sequential_znode.test\n}\n"))
	if out := cli.FailApply(); !acctest.Error("Znode is not sequential", tree.Path("/a")+`" does not end with the number`, "remove the moved block, and declare it as it was").MatchString(out) {
		t.Error(out)
	}
	cli.Write("main.tf", tree.Config(znode))
	cli.CheckPlansNothing("the advice")
	if err := tree.CheckVersions("/a", 0, 0)(nil); err != nil {
		t.Error(err)
	}
}
