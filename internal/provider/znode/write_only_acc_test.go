package znode_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
)

// withSecret is a node with write-only data in HCL.
func withSecret(secret, version, more string) string {
	return fmt.Sprintf("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  data_wo = %q\n  data_wo_version = %q\n  %s\n}", secret, version, more)
}

// hidden is the state of a node whose data is not shown, of a secret of the length at the
// version, and written as often as told.
func hidden(tree *acctest.Tree, version knownvalue.Check, writes, aclWrites, length int64, except attrs) []statecheck.StateCheck {
	want := attrs{"data": null, "data_base64": null, "data_wo_version": version, "stat": acctest.Stat(writes, aclWrites, length, 0)}
	maps.Copy(want, except)
	return state(tree, "/a", "", want)
}

// plannedHidden expects the action, and that the plan knows nothing of the data.
func plannedHidden(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	checks := planned(action)
	for _, name := range []string{"data", "data_base64", "data_wo"} {
		checks.PreApply = append(checks.PreApply, plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New(name), null))
	}
	return checks
}

func TestAccZnode_writeOnly(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	const readable = `acl = [{ scheme = "world", id = "anyone", permissions = "cdra" }, { scheme = "ip", id = "127.0.0.1", permissions = 31 }]`
	entries := knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("world", "anyone", "cdra"), acctest.ACLEntry("ip", "127.0.0.1", "31")})
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:            tree.Config(withSecret("sesame", "1", "")),
				ConfigPlanChecks:  plannedHidden(create),
				ConfigStateChecks: hidden(tree, text("1"), 0, 0, 6, nil),
				Check:             tree.CheckData("/a", "sesame"),
			},
			{
				// An import knows nothing of secrets.
				ResourceName:                         "zookeeper_znode.test",
				ImportState:                          true,
				ImportStateId:                        tree.Path("/a"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "path",
				ImportStateVerifyIgnore:              []string{"data", "data_base64", "data_wo_version"},
			},
			{
				// The version decides: another secret of the same version is not seen.
				Config:            tree.Config(withSecret("unseen", "1", "")),
				ConfigPlanChecks:  plannedHidden(nothing),
				ConfigStateChecks: hidden(tree, text("1"), 0, 0, 6, nil),
				Check:             tree.CheckData("/a", "sesame"),
			},
			{
				Config:            tree.Config(withSecret("open sesame", "2026-11-22", "")),
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, text("2026-11-22"), 1, 0, 11, nil),
				Check:             tree.CheckData("/a", "open sesame"),
			},
			{
				// What somebody else wrote is seen, and written over.
				PreConfig:         func() { tree.Write("/a", "theirs") },
				Config:            tree.Config(withSecret("open sesame", "2026-11-22", "")),
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, text("2026-11-22"), 3, 0, 11, nil),
				Check:             tree.CheckData("/a", "open sesame"),
			},
			{
				PreConfig:         func() { tree.Remove("/a"); tree.Put("/a", "another") },
				Config:            tree.Config(withSecret("open sesame", "2026-11-22", "")),
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, text("2026-11-22"), 1, 0, 11, nil),
				Check:             tree.CheckData("/a", "open sesame"),
			},
			{
				// A change of the ACL does not write the secret again.
				Config:            tree.Config(withSecret("never written", "2026-11-22", readable)),
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, text("2026-11-22"), 1, 1, 11, attrs{"acl": entries}),
				Check:             tree.CheckData("/a", "open sesame"),
			},
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "for everybody"
}`),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "for everybody", attrs{"acl": entries, "stat": acctest.Stat(2, 1, 13, 0)}),
				Check:             tree.CheckData("/a", "for everybody"),
			},
			{
				Config:            tree.Config(withSecret("", "empty", "")),
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, text("empty"), 3, 1, 0, attrs{"acl": entries}),
				Check:             tree.CheckData("/a", ""),
			},
			{
				Config:            tree.Config(withSecret("sesame", "1", "")),
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, text("1"), 4, 1, 6, attrs{"acl": entries}),
				Check:             tree.CheckData("/a", "sesame"),
			},
			{
				// Another path is another node, and the secret goes there.
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path            = "${local.base}/b"
  data_wo         = "sesame"
  data_wo_version = "1"
}`),
				ConfigPlanChecks:  plannedHidden(replace),
				ConfigStateChecks: hidden(tree, text("1"), 0, 0, 6, attrs{"path": text(tree.Path("/b"))}),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/b", "sesame"), tree.CheckGone("/a")),
			},
		},
	})
}

// When data_wo leaves the configuration, the secret is still on the server. It does not
// come into the state because of that.
func TestAccZnode_writeOnlyNoLongerDeclared(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	bare := tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: tree.Config(withSecret("sesame", "1", "")), ConfigPlanChecks: plannedHidden(create)},
			{
				Config:            bare,
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, null, 0, 0, 6, nil),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/a", "sesame"), tree.CheckVersions("/a", 0, 0)),
			},
			{Config: bare, ConfigPlanChecks: plannedHidden(nothing), ConfigStateChecks: hidden(tree, null, 0, 0, 6, nil)},
			{
				// It is others' now, and what they write may be the next secret.
				PreConfig:         func() { tree.Write("/a", "sesame, too") },
				Config:            bare,
				ConfigPlanChecks:  plannedHidden(nothing),
				ConfigStateChecks: hidden(tree, null, 1, 0, 11, nil),
				Check:             tree.CheckData("/a", "sesame, too"),
			},
			{
				// They write while our own change of the ACL is under way.
				Config: tree.Config(withACL(`[{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]`)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plannedHidden(update).PreApply[0],
					acctest.Meanwhile(func() { tree.Write("/a", "sesame!") }),
				}},
				ConfigStateChecks: hidden(tree, null, 2, 1, 7, attrs{"acl": knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("ip", "127.0.0.1", "31")})}),
				Check:             tree.CheckData("/a", "sesame!"),
			},
			{
				// Another node is no secret of ours.
				Config:            tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/b" }`),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/b", "", nil),
				Check:             tree.CheckGone("/a"),
			},
		},
	})
}

func TestAccZnode_writeOnlyChangedBySomebodyElse(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				// Right after it was written: the next plan shows it.
				Config:             tree.Config(withSecret("sesame", "1", acctest.Afterwards(t, func() { tree.Write("/a", "theirs") }))),
				ConfigPlanChecks:   plannedHidden(create),
				ConfigStateChecks:  hidden(tree, text("1"), 0, 0, 6, nil),
				Check:              tree.CheckData("/a", "theirs"),
				ExpectNonEmptyPlan: true,
			},
			{
				Config:            tree.Config(withSecret("sesame", "1", "")),
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, text("1"), 2, 0, 6, nil),
				Check:             tree.CheckData("/a", "sesame"),
			},
			{
				Config:           tree.Config(withSecret("open sesame", "2", "")),
				ConfigPlanChecks: meanwhile(update, func() { tree.Write("/a", "theirs") }),
				ExpectError: acctest.Error("Znode was changed by somebody else", `did not update the znode "`+tree.Path("/a")+`"`,
					"its data was planned against version 2 and is at version 3", "Nothing was written"),
			},
			{
				PreConfig:         holds(t, tree.CheckData("/a", "theirs")),
				Config:            tree.Config(withSecret("open sesame", "2", "")),
				ConfigPlanChecks:  plannedHidden(update),
				ConfigStateChecks: hidden(tree, text("2"), 4, 0, 11, nil),
				Check:             tree.CheckData("/a", "open sesame"),
			},
		},
	})
}

// The way to a secret that is on the server already, without reading it into the state.
func TestAccZnode_writeOnlyAdopts(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	tree.Put("/a", "theirs")
	const adopt = "adopt_existing = true"
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(withSecret("sesame", "1", "")),
				ConfigPlanChecks: plannedHidden(create),
				ExpectError:      acctest.Error("Znode already exists", "adopt_existing = true"),
			},
			{
				PreConfig:         holds(t, tree.CheckData("/a", "theirs")),
				Config:            tree.Config(withSecret("sesame", "1", adopt)),
				ConfigPlanChecks:  plannedHidden(create),
				ConfigStateChecks: hidden(tree, text("1"), 1, 0, 6, attrs{"adopt_existing": yes}),
				Check:             tree.CheckData("/a", "sesame"),
			},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy),
				Check:            tree.CheckGone("/a"),
			},
			{
				// The same secret is not written again.
				PreConfig:         func() { tree.Put("/a", "sesame") },
				Config:            tree.Config(withSecret("sesame", "1", adopt)),
				ConfigPlanChecks:  plannedHidden(create),
				ConfigStateChecks: hidden(tree, text("1"), 0, 0, 6, attrs{"adopt_existing": yes}),
			},
		},
	})
}

// Secret and version may come late, as everything may.
func TestAccZnode_writeOnlyUnknown(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	config := func(input, hcl string) string {
		return tree.Config(fmt.Sprintf("resource \"terraform_data\" \"late\" { input = %s }\n\nresource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  %s\n}", input, hcl))
	}
	const both = "data_wo = terraform_data.late.output\n  data_wo_version = terraform_data.late.output"
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config: config(`"one"`, both),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", create),
					plancheck.ExpectUnknownValue("zookeeper_znode.test", tfjsonpath.New("data_wo_version")),
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data_base64"), null),
				}},
				ConfigStateChecks: hidden(tree, text("one"), 0, 0, 3, nil),
				Check:             tree.CheckData("/a", "one"),
			},
			{
				Config:            config(`"another"`, both),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: hidden(tree, text("another"), 1, 0, 7, nil),
				Check:             tree.CheckData("/a", "another"),
			},
			{
				// What only the apply can see to be wrong, the apply refuses.
				Config:           config(`"{}"`, "data = \"x\"\n  data_base64 = terraform_data.late.output"),
				ConfigPlanChecks: planned(update),
				ExpectError:      acctest.Error("Data is declared twice", "data and data_base64 are both set"),
			},
			{
				PreConfig:        holds(t, tree.CheckData("/a", "another")),
				Config:           config(`null`, "data_wo = \"x\"\n  data_wo_version = try(terraform_data.late.output.none, terraform_data.late.output)"),
				ConfigPlanChecks: planned(update),
				ExpectError:      acctest.Error("Missing data_wo_version", "data_wo is stored nowhere"),
			},
			{
				PreConfig:        holds(t, tree.CheckData("/a", "another")),
				Config:           config(`"another"`, both),
				ConfigPlanChecks: planned(update),
			},
		},
	})
}
