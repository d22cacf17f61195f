package provider_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

var (
	aliceOwns = owner("digest", acctest.UserID())
	bobOwns   = owner("digest", zk.DigestID("bob", "builder"))
	anyReads  = zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}

	anyCreates = zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead | zk.PermCreate}
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

// Nodes get back what they had when the ACL of a resource goes: what the former identity had there
// is the provider's, whoever it is by then, and what others had is theirs.
func TestAccRotation_restored(t *testing.T) {
	tree := acctest.NewTree(t)
	node := `
resource "zookeeper_znode" "test" { path = "${local.base}/a/b" }
`
	access := node + `
resource "zookeeper_znode_acl" "test" {
  path       = "${local.base}/a"
  recursive  = true
  ` + authACL + `
  depends_on = [zookeeper_znode.test]
}
`
	const defaultACL = `
  default_acl = [
    { scheme = "auth", id = "", permissions = "cdrwa" },
    { scheme = "world", id = "anyone", permissions = "cr" },
  ]`
	had := func(who zk.ACL) resource.TestCheckFunc {
		return resource.ComposeTestCheckFunc(hasACL(tree, "/a", who, anyCreates), hasACL(tree, "/a/b", who, anyCreates))
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: tree.ConfigFor(asAlice+defaultACL, node), Check: had(aliceOwns)},
		{Config: tree.ConfigFor(asBobAndAlice+defaultACL, access), Check: hasACL(tree, "/a/b", aliceOwns, bobOwns, anyReads)},
		{Config: tree.ConfigFor(asBob+defaultACL, access), Check: hasACL(tree, "/a/b", bobOwns, anyReads)},
		{Config: tree.ConfigFor(asBob+defaultACL, node), Check: had(bobOwns)},
	}})
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
		{
			// Another ACL at the same time: what the provider had given to them is not left to the former user.
			Config:           tree.ConfigFor(asBobAndAlice, strings.ReplaceAll(hcl(`"a" = "1", "b" = "2", "c" = "1"`), `"anyone", permissions = "r"`, `"anyone", permissions = "cr"`)),
			ConfigPlanChecks: update,
			Check: resource.ComposeTestCheckFunc(
				hasACL(tree, "/m", aliceOwns, bobOwns, anyCreates), hasACL(tree, "/m/a", theirs), hasACL(tree, "/m/c", aliceOwns, bobOwns, anyCreates),
				hasACL(tree, "/p", aliceOwns, bobOwns, anyCreates), hasACL(tree, "/p/q", theirs),
			),
		},
	}})
}

// Parents that were made for a node have "auth" from who made them, and get it again with the node: one
// that another resource has is no conflict.
func TestAccRotation_parents(t *testing.T) {
	tree := acctest.NewTree(t)
	hcl := `
resource "zookeeper_znode" "test" {
  path       = "${local.base}/p/q/a"
  acl        = [{ scheme = "world", id = "anyone", permissions = "cdrwa" }]
  parent_acl = [{ scheme = "auth", id = "", permissions = "cdrwa" }, { scheme = "world", id = "anyone", permissions = "r" }]
}

resource "zookeeper_sequential_znode" "test" {
  path_prefix = "${local.base}/s/t/n-"
  ` + authACL + `
}

resource "zookeeper_znode" "parent" {
  path = "${local.base}/s"
  ` + authACL + `
}
`
	made := []string{"/p", "/p/q", "/s", "/s/t", "/s/t/n-0000000000"}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.ConfigFor(asAlice, hcl)})
	cli.MustRun("apply", "-no-color", "-auto-approve", "-parallelism=1")
	check := func(acl ...zk.ACL) {
		t.Helper()
		for _, rel := range made {
			if err := hasACL(tree, rel, append(acl, anyReads)...)(nil); err != nil {
				t.Error(err)
			}
		}
		if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
			t.Errorf("exit code %d:\n%s", run.Code, run.Output)
		}
	}
	check(aliceOwns)
	cli.Write("main.tf", tree.ConfigFor(asBobAndAlice, hcl))
	run := cli.Run("plan", "-no-color", "-detailed-exitcode")
	if run.Code != 2 || !acctest.Error("parent_acl", acctest.UserID(), "3 to change").MatchString(run.Output) {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	check(aliceOwns, bobOwns)
	cli.Write("main.tf", tree.ConfigFor(asBob, hcl))
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode", "-refresh=false"); run.Code != 2 || strings.Count(run.Output, "ACL is written again") != 1 || !strings.Contains(run.Output, "3 to change") {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh=false")
	check(bobOwns)
}

// The steps of the guide to ACLs, for whatever proves who the provider is.
func TestAccRotation_guide(t *testing.T) {
	const all = "username = \"temp\"\n  password = \"orary\""
	temp := owner("digest", zk.DigestID("temp", "orary"))
	type step struct {
		attributes string
		owners     []zk.ACL
	}
	follow := func(t *testing.T, tree *acctest.Tree, servers string, steps []step) {
		t.Helper()
		var hcl strings.Builder
		var nodes []string
		for i, tt := range rotating {
			below := fmt.Sprintf("/%d", i)
			hcl.WriteString(strings.NewReplacer("${local.base}", "${local.base}"+below, `"test"`, fmt.Sprintf(`"r%d"`, i), ".test", fmt.Sprintf(".r%d", i)).Replace(tt.hcl))
			if strings.HasSuffix(tt.name, "znode") || tt.name == "znodes" {
				nodes = append(nodes, below) // the parent
			}
			for _, rel := range tt.nodes {
				nodes = append(nodes, below+rel)
			}
		}
		var out []resource.TestStep
		for i, s := range steps {
			checks := make([]resource.TestCheckFunc, len(nodes))
			for j, rel := range nodes {
				checks[j] = hasACL(tree, rel, append(slices.Clone(s.owners), anyReads)...)
			}
			next := resource.TestStep{
				Config:           config(tree, servers, s.attributes, hcl.String()),
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				Check:            resource.ComposeTestCheckFunc(checks...),
			}
			if i > 0 {
				for j, tt := range rotating {
					kind, _, _ := strings.Cut(tt.address, ".")
					next.ConfigPlanChecks.PreApply = append(next.ConfigPlanChecks.PreApply, plancheck.ExpectResourceAction(fmt.Sprintf("%s.r%d", kind, j), plancheck.ResourceActionUpdate))
				}
			}
			out = append(out, next)
		}
		acctest.Test(t, resource.TestCase{Steps: out})
	}
	t.Run("user", func(t *testing.T) {
		tree := acctest.NewTree(t)
		follow(t, tree, acctest.Server(t).Addr(), []step{
			{asAlice, []zk.ACL{aliceOwns}},
			{asBobAndAlice, []zk.ACL{aliceOwns, bobOwns}},
			{asBob, []zk.ACL{bobOwns}},
		})
	})
	t.Run("password", func(t *testing.T) {
		tree := acctest.NewTree(t)
		another := strings.Replace(asAlice, acctest.Password, "another-4711", 1)
		anotherOwns := owner("digest", zk.DigestID(acctest.User, "another-4711"))
		follow(t, tree, acctest.Server(t).Addr(), []step{
			{asAlice, []zk.ACL{aliceOwns}},
			{another + "\n  auth = [{ scheme = \"digest\", credential = \"" + acctest.User + ":" + acctest.Password + "\" }]", []zk.ACL{aliceOwns, anotherOwns}},
			{another, []zk.ACL{anotherOwns}},
		})
	})
	t.Run("certificate", func(t *testing.T) {
		p := newPKI(t)
		key, cert := p.authority.Sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "next"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		server := acctest.OwnServer(t, zktest.WithTLS(t, p.authority, zktest.ServerCertificate(time.Time{})))
		tree := acctest.NewTreeOn(t, server.Addr())
		with := func(cert, key string) string {
			return "tls = {\n  ca_pem = " + heredoc(p.ca) + "\n  cert_pem = " + heredoc(cert) + "\n  key_pem = " + heredoc(key) + "\n}\n"
		}
		former, next := with(p.cert, p.key), with(zktest.CertPEM(cert), zktest.KeyPEM(t, key))
		follow(t, tree, server.SecureAddr(), []step{
			{former, []zk.ACL{owner("x509", subject)}},
			{former + all, []zk.ACL{owner("x509", subject), temp}},
			{next + all, []zk.ACL{owner("x509", "CN=next"), temp}},
			{next, []zk.ACL{owner("x509", "CN=next")}},
		})
	})
	t.Run("SASL principal", func(t *testing.T) {
		server := acctest.OwnServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": secret, "bob": "hush"}))
		tree := acctest.NewTreeOn(t, server.Addr())
		with := func(user, password string) string {
			return fmt.Sprintf("sasl = {\n    mechanism = \"DIGEST-MD5\"\n    username = %q\n    password = %q\n  }\n  ", user, password)
		}
		follow(t, tree, server.Addr(), []step{
			{with("alice", secret), []zk.ACL{owner("sasl", "alice")}},
			{with("alice", secret) + all, []zk.ACL{owner("sasl", "alice"), temp}},
			{with("bob", "hush") + all, []zk.ACL{owner("sasl", "bob"), temp}},
			{with("bob", "hush"), []zk.ACL{owner("sasl", "bob")}},
		})
	})
}
