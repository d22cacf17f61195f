package znode_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// An ACL that keeps the provider from its own node is warned of before it is written. The
// plan of a creation needs no server for that.
func TestAccZnode_lockedOut(t *testing.T) {
	bob := fmt.Sprintf("{ scheme = \"digest\", id = %q, permissions = \"cdrwa\" }", zk.DigestID("bob", "builder"))
	const (
		alice  = "username = \"alice\"\n  password = \"wonderland\"\n  "
		anyone = `{ scheme = "world", id = "anyone", permissions = "r" }`
		read   = "read the node (r), so that every later plan fails"
		write  = "write its data (w)"
		admin  = "change the ACL again (a)"
	)
	tests := map[string]struct {
		provider, hcl string
		want          []string // of the warning; none for no warning
	}{
		"somebody else's":        {alice, "acl = [" + bob + "]", []string{`acl  = [`, `With the ACL that "/p/a" is to get`, read + ", nor " + admin, "presents digest (alice)"}},
		"somebody else's data":   {alice, "data = \"x\"\n  acl = [" + bob + "]", []string{read + ", nor " + write + ", nor " + admin}},
		"somebody else's secret": {alice, "data_wo = \"x\"\n  data_wo_version = \"1\"\n  acl = [" + bob + "]", []string{write}},
		"anyone reads":           {"", "acl = [" + anyone + "]", []string{"can no longer " + admin, "presents no identity"}},
		"the default":            {"default_acl = [" + bob + "]", "", []string{`With the ACL that "/p/a" is to get`, read + ", nor " + admin + ". The provider"}},
		"the parents'":           {"", "parent_acl = [" + anyone + "]", []string{"parent_acl = [", `With the ACL that "/p" is to get`, "create what is below it (c), nor delete what is below it (d)"}},

		"no parents are made":   {"", "create_parents = false\n  parent_acl = [" + anyone + "]", nil},
		"open":                  {alice, "", nil},
		"one's own":             {alice, `acl = [{ scheme = "auth", id = "", permissions = "cdrwa" }, ` + bob + `]`, nil},
		"an address":            {"", `acl = [{ scheme = "ip", id = "10.0.0.0/8", permissions = "cdrwa" }]`, nil},
		"the default, not used": {"default_acl = [" + bob + "]", `acl = [{ scheme = "world", id = "anyone", permissions = "cdrwa" }]`, nil},
		"somebody not known yet": {
			"username = terraform_data.late.output\n  password = \"wonderland\"\n", "acl = [" + bob + "]", nil,
		},
		"an ACL not known yet": {alice, `acl = [{ scheme = "digest", id = terraform_data.late.output, permissions = "cdrwa" }]`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if name == "somebody else's secret" {
				acctest.Needs(t, acctest.WriteOnly)
			}
			t.Parallel()
			cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(`
resource "terraform_data" "late" { input = "x" }

provider "zookeeper" {
  servers = %q
  %s
}

resource "zookeeper_znode" "test" {
  path = "/p/a"
  %s
}`, nobodyThere, tt.provider, tt.hcl)})
			out := cli.MustRun("plan", "-no-color").Output
			const summary = "ACL locks the provider out"
			switch {
			case len(tt.want) == 0 && strings.Contains(out, summary):
				t.Errorf("a warning:\n%s", out)
			case len(tt.want) > 0 && !acctest.Error(append([]string{"Warning: " + summary}, tt.want...)...).MatchString(out):
				t.Errorf("want a warning with %q:\n%s", tt.want, out)
			}
		})
	}
}

// An ACL that is not written is not warned of again.
func TestAccZnode_lockedOutOnce(t *testing.T) {
	t.Parallel()
	tree := acctest.NewTree(t)
	const hcl = "resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  acl  = [{ scheme = \"world\", id = \"anyone\", permissions = \"rw\" }]\n"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(hcl + "}")})
	const warning = "ACL locks the provider out"
	if out := cli.MustRun("apply", "-no-color", "-auto-approve").Output; !strings.Contains(out, warning) {
		t.Errorf("no warning of the creation:\n%s", out)
	}
	cli.Write("main.tf", tree.Config(hcl+"  data = \"x\"\n}"))
	if out := cli.MustRun("apply", "-no-color", "-auto-approve").Output; strings.Contains(out, warning) {
		t.Errorf("a warning of a change of the data:\n%s", out)
	}
	if err := tree.HasData("/a", "x"); err != nil {
		t.Error(err)
	}
}
