package znode_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// contents are what others may write.
var contents = []string{
	"plain", "", "\xff\xfe", "cafe\u0301", "(2 bytes, not UTF-8, in base64: //4=)",
}

// shown is how data shows content.
func shown(content string) knownvalue.Check {
	return text(attr.TextValue([]byte(content)).ValueString())
}

// declared is a node in HCL with the attributes, and what its lifecycle ignores.
func declared(attributes, ignore string) string {
	lifecycle := ""
	if ignore != "" {
		lifecycle = "\n  lifecycle { ignore_changes = " + ignore + " }"
	}
	return fmt.Sprintf("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  %s%s\n}", attributes, lifecycle)
}

// Content stays in the attribute that the configuration uses, whatever others write. It shows
// there, and the apply puts ours back, unless it is ignored. What is ignored is not written
// when something else of the node is, and stops neither a later plan nor a destroy.
func TestAccZnode_contentOfOthers(t *testing.T) {
	for _, tt := range []struct {
		declared, ignore string
		ignored          bool
	}{
		{"data", "", false},
		{"data", "[data]", true},
		{"data", "[data_base64]", false},
		{"data", "[data, data_base64]", true},
		{"data", "all", true},
		{"data_base64", "", false},
		{"data_base64", "[data_base64]", true},
		{"data_base64", "[data]", false},
		{"data_base64", "all", true},
	} {
		t.Run(tt.declared+" "+tt.ignore, func(t *testing.T) {
			tree := acctest.NewTree(t)
			ours, show, twin := `data = "1"`, shown, "data_base64"
			if tt.declared == "data_base64" {
				ours, twin = `data_base64 = "MQ=="`, "data"
				show = func(content string) knownvalue.Check { return text(base64.StdEncoding.EncodeToString([]byte(content))) }
			}
			steps := []resource.TestStep{{
				Config:           tree.Config(declared(ours, tt.ignore)),
				ConfigPlanChecks: planned(create),
				Check:            tree.CheckData("/a", "1"),
			}}
			writes := int64(0)
			for _, content := range contents {
				writes++
				action, holds, has := nothing, content, show(content)
				if !tt.ignored {
					action, holds, has = update, "1", show("1")
					writes++
				}
				steps = append(steps, resource.TestStep{
					PreConfig:        func() { tree.Write("/a", content) },
					Config:           tree.Config(declared(ours, tt.ignore)),
					ConfigPlanChecks: planned(action),
					ConfigStateChecks: state(tree, "/a", "", attrs{
						tt.declared: has, twin: null, "stat": acctest.Stat(writes, 0, int64(len(holds)), 0),
					}),
					Check: tree.CheckData("/a", holds),
				})
				if tt.ignored && tt.ignore != "all" && writes == 3 { // what data cannot hold
					steps = append(steps, resource.TestStep{
						Config:           tree.Config(declared(ours+"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdrw\" }]", tt.ignore)),
						ConfigPlanChecks: planned(update),
						Check: resource.ComposeTestCheckFunc(tree.CheckData("/a", content), tree.CheckVersions("/a", 3, 1),
							tree.CheckACL("/a", zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermAdmin})),
					}, resource.TestStep{
						PreConfig:        func() { tree.WriteACL("/a", acctest.Open()) },
						Config:           tree.Config(declared(ours, tt.ignore)),
						ConfigPlanChecks: planned(nothing),
						Check:            tree.CheckData("/a", content),
					})
				}
			}
			if tt.ignored && tt.ignore != "all" {
				for i := 5; i < len(steps); i++ { // the ACL was written twice
					steps[i].ConfigStateChecks = nil
				}
			}
			acctest.Test(t, resource.TestCase{CheckDestroy: tree.CheckGone("/a"), Steps: steps})
		})
	}
}

// The plan shows what others wrote as a change of the attribute, in words where the attribute
// cannot hold it, so that nothing of it is lost on the way.
func TestAccZnode_contentIsShown(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(declared(`data = "1"`, ""))})
	cli.Apply()
	for content, want := range map[string]string{
		"\xff\xfe":                              `"(2 bytes, not UTF-8, in base64: //4=)" -> "1"`,
		"cafe\u0301":                            `"(6 bytes, text in another Unicode form than NFC, in base64: Y2FmZcyB)" -> "1"`,
		"(2 bytes, not UTF-8, in base64: //4=)": `text that reads like this one, in base64: `,
		"plain":                                 `"plain" -> "1"`,
	} {
		tree.Write("/a", content)
		run := cli.Run("plan", "-no-color", "-detailed-exitcode")
		if run.Code != 2 || !acctest.Error(want).MatchString(run.Output) || acctest.Error("+ data_base64").MatchString(run.Output) {
			t.Errorf("for %q the plan lacks %s: exit code %d\n%s", content, want, run.Code, run.Output)
		}
		if err := tree.HasData("/a", content); err != nil {
			t.Error(err)
		}
	}
	cli.Apply()
	if err := tree.HasData("/a", "1"); err != nil {
		t.Error(err)
	}
	cli.CheckPlansNothing("the apply")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// What a plan shows is not what users may write: the error says what to write instead, which
// is the same content.
func TestAccZnode_descriptionIsNoContent(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "\xff\xfe")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:      tree.Config(declared(`data = "(2 bytes, not UTF-8, in base64: //4=)"`, "")),
				ExpectError: acctest.Error("Invalid data", "Write data_base64 with the base64 at its end instead"),
			},
			{
				Config:            tree.Config(declared("data_base64 = \"//4=\"\n  adopt_existing = true", "")),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "", attrs{"data_base64": text("//4="), "adopt_existing": yes, "stat": acctest.Stat(0, 0, 2, 0)}),
				Check:             tree.CheckVersions("/a", 0, 0),
			},
		},
	})
}

// Where a configuration has in the other notation what a state has, the plan shows the move and
// the apply writes nothing; even though others wrote, and for what one of the two cannot hold.
func TestAccZnode_contentMoves(t *testing.T) {
	tree := acctest.NewTree(t)
	step := func(attributes string, action plancheck.ResourceActionType, data, b64 knownvalue.Check, writes, length int64) resource.TestStep {
		return resource.TestStep{
			Config:            tree.Config(declared(attributes, "")),
			ConfigPlanChecks:  planned(action),
			ConfigStateChecks: state(tree, "/a", "", attrs{"data": data, "data_base64": b64, "stat": acctest.Stat(writes, 0, length, 0)}),
		}
	}
	theirs := step(`data_base64 = "//4="`, update, null, text("//4="), 2, 2)
	theirs.PreConfig = func() { tree.Write("/a", "\xff\xfe") }
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			step(`data = "hi"`, create, text("hi"), null, 0, 2),
			step(`data_base64 = "aGk="`, update, null, text("aGk="), 0, 2),
			step(`data = "hi"`, update, text("hi"), null, 0, 2),
			// To nowhere: it is left to others then, and taken up again as it is.
			step(``, update, null, null, 0, 2),
			// Content that was not followed is written: what it is the state does not say.
			step(`data = "hi"`, update, text("hi"), null, 1, 2),
			theirs,
			step(`data = ""`, update, text(""), null, 3, 0),
			step(`data_base64 = ""`, update, null, text(""), 3, 0),
			step(``, update, null, null, 3, 0),
			// Of a node that is empty the stat says so.
			step(`data = ""`, update, text(""), null, 3, 0),
		},
	})
}

// Words of the user's own that exclude each other are refused, whatever is ignored.
func TestAccZnode_declaredTwiceIsRefused(t *testing.T) {
	tree := acctest.NewTree(t)
	const twice = "data = \"1\"\n  data_base64 = \"MQ==\""
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: tree.Config(declared(twice, "all")), ExpectError: acctest.Error("Data is declared twice")},
			{Config: tree.Config(declared(`data = "1"`, "all")), ConfigPlanChecks: planned(create)},
			{Config: tree.Config(declared(twice, "all")), ExpectError: acctest.Error("Data is declared twice")},
			{Config: tree.Config(declared(`data_base64 = "Mg=="`, "[data]")), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				// The one that the user wrote counts, beside the one that is kept.
				plancheck.ExpectResourceAction("zookeeper_znode.test", update),
				plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data"), text("1")),
				plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data_base64"), text("Mg==")),
			}}, Check: tree.CheckData("/a", "2")},
			{Config: tree.Config(declared(`data_base64 = "Mg=="`, "")), ConfigPlanChecks: planned(update), Check: tree.CheckVersions("/a", 1, 0)},
		},
	})
}
