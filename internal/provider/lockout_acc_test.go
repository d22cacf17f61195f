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
		"own parents":      `"zookeeper_znode" "test" { path = "${local.base}/missing/b"`,
		"numbered parents": `"zookeeper_sequential_znode" "test" { path_prefix = "${local.base}/missing/n-"`,
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

// Parents get the node's own ACL where they have none: what the node can do without, they need.
func TestAccLockout_parents(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/there", "")
	cli := acctest.NewCLI(t, nil)
	const acl = "  acl = [{ scheme = \"auth\", id = \"\", permissions = \"rwa\" }]\n"
	for hcl, lost := range map[string]bool{
		"\"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/missing/a\"\n" + acl:                           true,
		"\"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/there/a\"\n" + acl:                             false,
		"\"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/missing/a\"\n  create_parents = false\n" + acl: false,
		"\"zookeeper_sequential_znode\" \"test\" {\n  path_prefix = \"${local.base}/missing/\"\n" + acl:          true,
		"\"zookeeper_sequential_znode\" \"test\" {\n  path_prefix = \"${local.base}/there/\"\n" + acl:            false,
	} {
		cli.Write("main.tf", tree.ConfigAs(acctest.User, acctest.Password, "resource "+hcl+"}\n"))
		run := cli.MustRun("plan", "-no-color")
		if told := acctest.Error("Warning: ACL locks the provider out", tree.Path("/missing"), "create what is below it").MatchString(run.Output); told != lost {
			t.Errorf("want a warning %t:\n%s", lost, run.Output)
		}
	}
}

// A default ACL that has changed is that of the keys that come: the plan which makes them warns.
func TestAccLockout_laterKeys(t *testing.T) {
	tree := acctest.NewTree(t)
	hcl := func(data string) string {
		return "resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"${local.base}/a\"\n  data      = { " + data + " }\n}\n"
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.ConfigFor(asAlice, hcl(`"a" = "1"`))})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	const theirs = "\n  default_acl = [{ scheme = \"digest\", id = \"bob:4rsXV9JgUbFl9ZE40xENilxlRV8=\", permissions = \"cdrwa\" }]"
	for data, lost := range map[string]bool{`"a" = "2"`: false, `"a" = "1", "b" = "1"`: true} {
		cli.Write("main.tf", tree.ConfigFor(asAlice+theirs, hcl(data)))
		if run := cli.MustRun("plan", "-no-color"); strings.Contains(run.Output, "Warning: ACL locks the provider out") != lost {
			t.Errorf("%s: want a warning %t:\n%s", data, lost, run.Output)
		}
	}
}
