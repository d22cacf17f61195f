package provider_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

var (
	aliceOwns = owner("digest", acctest.UserID())
	bobOwns   = owner("digest", zk.DigestID("bob", "builder"))
	anyReads  = zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}
)

// The users that the tests present.
const (
	asAlice = `username = "` + acctest.User + `"
  password = "` + acctest.Password + `"`
	asBob = `username = "bob"
  password = "builder"`
	asBobAndAlice = asBob + `
  auth = [{ scheme = "digest", credential = "` + acctest.User + ":" + acctest.Password + `" }]`
)

// authACL is the ACL of those tests, as it is written.
const authACL = `acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]`

// asWritten checks that a state has it so.
func asWritten(address string) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New("acl"), knownvalue.SetExact([]knownvalue.Check{
		acctest.ACLEntry("auth", "", "cdrwa"), acctest.ACLEntry("world", "anyone", "r"),
	}))
}

// rotating are the resources with an ACL: each has authACL on the nodes.
var rotating = []struct {
	name, address, hcl string
	nodes              []string
}{
	{"znode", "zookeeper_znode.test", `
resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "x"
  ` + authACL + `
}
`, []string{"/a"}},
	{"sequential znode", "zookeeper_sequential_znode.test", `
resource "zookeeper_sequential_znode" "test" {
  path_prefix = "${local.base}/n-"
  ` + authACL + `
}
`, []string{"/n-0000000000"}},
	{"znode_acl", "zookeeper_znode_acl.test", `
resource "zookeeper_znode" "test" { path = "${local.base}/a" }

resource "zookeeper_znode_acl" "test" {
  path = zookeeper_znode.test.path
  ` + authACL + `
}
`, []string{"/a"}},
	{"znode_acl, recursive", "zookeeper_znode_acl.test", `
resource "zookeeper_znode" "test" { path = "${local.base}/a/b/c" }

resource "zookeeper_znode_acl" "test" {
  path      = "${local.base}/a"
  recursive = true
  ` + authACL + `
  depends_on = [zookeeper_znode.test]
}
`, []string{"/a", "/a/b", "/a/b/c"}},
	{"znodes", "zookeeper_znodes.test", `
resource "zookeeper_znodes" "test" {
  base_path = "${local.base}/a"
  data      = { "b/c" = "x", "d" = "y" }
  ` + authACL + `
}
`, []string{"/a", "/a/b", "/a/b/c", "/a/d"}},
	{"ensure_path", "zookeeper_ensure_path.test", `
resource "zookeeper_ensure_path" "test" {
  path = "${local.base}/a/b"
  ` + authACL + `
}
`, []string{"/a", "/a/b"}},
}

// rotated is a step in which the provider becomes another one: the plan writes the ACL, and the
// one after it is empty.
func rotated(tree *acctest.Tree, address, attributes, hcl string, action plancheck.ResourceActionType, nodes []string, acl ...zk.ACL) resource.TestStep {
	checks := make([]resource.TestCheckFunc, len(nodes))
	for i, rel := range nodes {
		checks[i] = hasACL(tree, rel, acl...)
	}
	return resource.TestStep{
		Config: tree.ConfigFor(attributes, hcl),
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)},
			PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		},
		ConfigStateChecks: []statecheck.StateCheck{asWritten(address)},
		Check:             resource.ComposeTestCheckFunc(checks...),
	}
}

// hasACL checks the ACL of a node, in whatever order the server has it.
func hasACL(tree *acctest.Tree, rel string, want ...zk.ACL) resource.TestCheckFunc {
	return func(*terraform.State) error {
		got, _, err := tree.Client.ACL(context.Background(), tree.Path(rel))
		if err != nil {
			return err
		}
		if g, w := sortedACL(got), sortedACL(want); !slices.Equal(g, w) {
			return fmt.Errorf("%s has the ACL %v, want %v", rel, g, w)
		}
		return nil
	}
}

func sortedACL(acl []zk.ACL) []zk.ACL {
	return slices.SortedFunc(slices.Values(acl), func(a, b zk.ACL) int { return strings.Compare(a.ID, b.ID) })
}

// "auth" in an ACL stands for whoever wrote it. When the provider presents others, the plan says
// so, and the apply writes it: nobody is left out, and nobody stays who is to go.
func TestAccRotation_user(t *testing.T) {
	for _, tt := range rotating {
		t.Run(tt.name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			const create, update = plancheck.ResourceActionCreate, plancheck.ResourceActionUpdate
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
				rotated(tree, tt.address, asAlice, tt.hcl, create, tt.nodes, aliceOwns, anyReads),
				rotated(tree, tt.address, asBobAndAlice, tt.hcl, update, tt.nodes, aliceOwns, bobOwns, anyReads),
				rotated(tree, tt.address, asBob, tt.hcl, update, tt.nodes, bobOwns, anyReads),
			}})
		})
	}
}

// Somebody who cannot even see whom the ACL lets in is told, and does not get in.
func TestAccRotation_withoutTheFormer(t *testing.T) {
	for _, tt := range rotating {
		t.Run(tt.name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			newPassword := strings.Replace(asAlice, acctest.Password, "another-4711", 1)
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
				rotated(tree, tt.address, asAlice, tt.hcl, plancheck.ResourceActionCreate, tt.nodes, aliceOwns, anyReads),
				{Config: tree.ConfigFor(newPassword, tt.hcl), ExpectError: acctest.Error("Permission denied", "ADMIN")},
				// The one who has written it finds all as it was.
				{
					Config:           tree.ConfigFor(asAlice, tt.hcl),
					ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
					Check:            hasACL(tree, tt.nodes[0], aliceOwns, anyReads),
				},
			}})
		})
	}
}

// A plan that does not look at the servers knows who wrote the ACL from the state.
func TestAccRotation_withoutRefresh(t *testing.T) {
	for _, tt := range rotating {
		t.Run(tt.name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.ConfigFor(asAlice, tt.hcl)})
			cli.MustRun("apply", "-no-color", "-auto-approve")
			if run := cli.Run("plan", "-no-color", "-refresh=false", "-detailed-exitcode"); run.Code != 0 {
				t.Errorf("exit code %d:\n%s", run.Code, run.Output)
			}
			cli.Write("main.tf", tree.ConfigFor(asBobAndAlice, tt.hcl))
			run := cli.Run("plan", "-no-color", "-refresh=false", "-detailed-exitcode")
			if run.Code != 2 || !acctest.Error("Warning: ACL is written again", "presents others now: digest (bob), digest (alice)").MatchString(run.Output) {
				t.Errorf("exit code %d:\n%s", run.Code, run.Output)
			}
			cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh=false")
			for _, rel := range tt.nodes {
				if err := hasACL(tree, rel, aliceOwns, bobOwns, anyReads)(nil); err != nil {
					t.Error(err)
				}
			}
			for _, refresh := range []string{"true", "false"} {
				if run := cli.Run("plan", "-no-color", "-refresh="+refresh, "-detailed-exitcode"); run.Code != 0 {
					t.Errorf("exit code %d:\n%s", run.Code, run.Output)
				}
			}
		})
	}
}

// With ignore_changes, who may do what stays as it is, whoever the provider is.
func TestAccRotation_ignored(t *testing.T) {
	for _, tt := range rotating {
		t.Run(tt.name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			ignoring := strings.Replace(tt.hcl, authACL, authACL+"\n  lifecycle { ignore_changes = [acl] }", 1)
			empty := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
			steps := []resource.TestStep{rotated(tree, tt.address, asAlice, tt.hcl, plancheck.ResourceActionCreate, tt.nodes, aliceOwns, anyReads)}
			for range 2 {
				steps = append(steps, resource.TestStep{Config: tree.ConfigFor(asBobAndAlice, ignoring), ConfigPlanChecks: empty})
			}
			for _, rel := range tt.nodes {
				steps[len(steps)-1].Check = hasACL(tree, rel, aliceOwns, anyReads)
			}
			steps = append(steps, rotated(tree, tt.address, asBobAndAlice, tt.hcl, plancheck.ResourceActionUpdate, tt.nodes, aliceOwns, bobOwns, anyReads))
			acctest.Test(t, resource.TestCase{Steps: steps})
		})
	}
}

// Who wrote the ACL goes with a resource that is moved, and an import knows what the servers show.
func TestAccRotation_movedAndImported(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.ConfigFor(asAlice, rotating[0].hcl)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	moved := strings.ReplaceAll(rotating[0].hcl, `"test"`, `"other"`) + "\nmoved {\n  from = zookeeper_znode.test\n  to   = zookeeper_znode.other\n}\n"
	cli.Write("main.tf", tree.ConfigFor(asBobAndAlice, moved))
	if run := cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh=false"); !strings.Contains(run.Output, "1 changed") {
		t.Error(run.Output)
	}
	if err := hasACL(tree, "/a", aliceOwns, bobOwns, anyReads)(nil); err != nil {
		t.Error(err)
	}
	cli.MustRun("state", "rm", "zookeeper_znode.other")
	cli.Write("main.tf", tree.ConfigFor(asBob, rotating[0].hcl))
	cli.MustRun("import", "-no-color", "zookeeper_znode.test", tree.Path("/a"))
	run := cli.Run("plan", "-no-color", "-detailed-exitcode")
	if run.Code != 2 || !strings.Contains(run.Output, acctest.UserID()) {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if err := hasACL(tree, "/a", bobOwns, anyReads)(nil); err != nil {
		t.Error(err)
	}
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
}

// Some nodes are of one author, some of another, and some are nobody's that the provider has ever
// been: each gets what it is to have.
func TestAccRotation_manyAuthors(t *testing.T) {
	const path, many = "zookeeper_ensure_path.test", "zookeeper_znodes.test"
	tree := acctest.NewTree(t)
	theirs := zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll}
	hcl := func(data string) string {
		return `
resource "zookeeper_znodes" "test" {
  base_path = "${local.base}/m"
  data      = { ` + data + ` }
  ` + authACL + `
}

resource "zookeeper_ensure_path" "test" {
  path = "${local.base}/p/q"
  ` + authACL + `
}
`
	}
	update := resource.ConfigPlanChecks{
		PreApply: []plancheck.PlanCheck{
			plancheck.ExpectResourceAction(path, plancheck.ResourceActionUpdate),
			plancheck.ExpectResourceAction(many, plancheck.ResourceActionUpdate),
		},
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: tree.ConfigFor(asAlice, hcl(`"a" = "1", "b" = "1"`))},
		{
			// Somebody has set the ACL of one of each himself, and that of another for the new user.
			PreConfig: func() {
				tree.WriteACL("/m/a", theirs)
				tree.WriteACL("/m/b", aliceOwns, bobOwns, anyReads)
				tree.WriteACL("/p/q", theirs)
			},
			Config:           tree.ConfigFor(asBobAndAlice, hcl(`"a" = "1", "b" = "1", "c" = "1"`)),
			ConfigPlanChecks: update,
			Check: resource.ComposeTestCheckFunc(
				hasACL(tree, "/m", aliceOwns, bobOwns, anyReads), hasACL(tree, "/m/a", theirs), hasACL(tree, "/m/b", aliceOwns, bobOwns, anyReads), hasACL(tree, "/m/c", aliceOwns, bobOwns, anyReads),
				hasACL(tree, "/p", aliceOwns, bobOwns, anyReads), hasACL(tree, "/p/q", theirs),
			),
		},
		{
			Config:           tree.ConfigFor(asBob, hcl(`"a" = "1", "b" = "2", "c" = "1"`)),
			ConfigPlanChecks: update,
			Check: resource.ComposeTestCheckFunc(
				hasACL(tree, "/m", bobOwns, anyReads), hasACL(tree, "/m/a", theirs), hasACL(tree, "/m/b", bobOwns, anyReads), hasACL(tree, "/m/c", bobOwns, anyReads),
				hasACL(tree, "/p", bobOwns, anyReads), hasACL(tree, "/p/q", theirs),
			),
		},
	}})
}
