package provider_test

import (
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// Each resource that writes an ACL warns in the plan where the provider can then neither read the
// node nor change the ACL again: also where it takes the servers to know who the provider is.
func TestAccLockout(t *testing.T) {
	resources := map[string]string{
		"znode":            `"zookeeper_znode" "test" { path = "${local.base}/a"`,
		"parents":          `"zookeeper_znode" "test" { path = "${local.base}/a/b"; acl = [{ scheme = "world", id = "anyone", permissions = 31 }]; parent_`,
		"sequential znode": `"zookeeper_sequential_znode" "test" { path_prefix = "${local.base}/n-"`,
		"znodes":           `"zookeeper_znodes" "test" { base_path = "${local.base}/a"; data = { "b" = "x" }`,
		"znode_acl":        `"zookeeper_znode_acl" "test" { path = local.base`,
		"tree":             `"zookeeper_znode_acl" "test" { path = local.base; recursive = true`,
		"ensure_path":      `"zookeeper_ensure_path" "test" { path = "${local.base}/a"`,
	}
	acls := map[string]struct {
		acl  string
		lost bool
	}{
		"here":             {`{ scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" }`, false},
		"elsewhere":        {`{ scheme = "ip", id = "10.0.0.0/8", permissions = "cdrwa" }`, true},
		"to read alone":    {`{ scheme = "world", id = "anyone", permissions = "cdrw" }`, true},
		"of somebody":      {`{ scheme = "digest", id = "bob:4rsXV9JgUbFl9ZE40xENilxlRV8=", permissions = "cdrwa" }`, true},
		"of a principal":   {`{ scheme = "sasl", id = "terraform@EXAMPLE.COM", permissions = "cdrwa" }`, true},
		"of a certificate": {`{ scheme = "x509", id = "CN=terraform", permissions = "cdrwa" }`, true},
		"one's own":        {`{ scheme = "auth", id = "", permissions = "cdrwa" }`, false},
	}
	for name, hcl := range resources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, nil)
			for of, tt := range acls {
				head := strings.NewReplacer(`"test" {`, "\"test\" {\n", ";", "\n").Replace(hcl)
				if !strings.HasSuffix(head, "parent_") {
					head += "\n"
				}
				cli.Write("main.tf", tree.ConfigAs(acctest.User, acctest.Password, "resource "+head+"acl = ["+tt.acl+"]\n}\n"))
				if run := cli.MustRun("plan", "-no-color"); strings.Contains(run.Output, "Warning: ACL locks the provider out") != (tt.lost && (of != "elsewhere" || acctest.Has(t, acctest.WhoAmI))) {
					t.Errorf("%s: want a warning %t:\n%s", of, tt.lost, run.Output)
				}
			}
		})
	}
}
