package acctest_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// The CLIs bring all text to NFC, so that a node with a name in another form cannot be named.
// Where its twin in NFC is looked for and is not there, or is imported, it is told that the node
// exists, and what it is called.
func TestAccForm_twins(t *testing.T) {
	const nfc, nfd = "caf\u00e9", "cafe\u0301"
	tree := acctest.NewTree(t)
	tree.Put("/"+nfd, "decomposed")
	tree.Put("/"+nfd+"/x", "below decomposed")
	tree.Put("/"+nfc, "composed")
	tree.Put("/other", "")
	path := func(rel string) string { return tree.Path("/" + nfc + rel) }
	twin := func(rel string) []string {
		return []string{
			"Warning: Another node looks the same", `a node whose path looks like "` + path(rel) + `" and is in another Unicode form than NFC:`,
			`"` + tree.Base + `/cafe\xcc\x81` + rel + `"`, "no configuration can name such a node",
		}
	}
	none := []string{"Error: Znode does not exist"}
	for name, tt := range map[string]struct {
		needs  *acctest.Feature
		config string
		fails  []string // none where the plan is to succeed
		twin   []string
	}{
		"znode":               {config: `data "zookeeper_znode" "test" { path = "${local.base}/caf\u00e9/x" }`, fails: none, twin: twin("/x")},
		"znode, written so":   {config: `data "zookeeper_znode" "test" { path = "${local.base}/cafe\u0301/x" }`, fails: none, twin: twin("/x")},
		"znode that may miss": {config: "data \"zookeeper_znode\" \"test\" {\n path = \"${local.base}/caf\\u00e9/x\"\n allow_missing = true\n}", twin: twin("/x")},
		"children":            {config: `data "zookeeper_children" "test" { path = "${local.base}/caf\u00e9/x" }`, fails: none, twin: twin("/x")},
		"tree":                {config: `data "zookeeper_tree" "test" { path = "${local.base}/caf\u00e9/x" }`, fails: none, twin: twin("/x")},
		"ephemeral":           {needs: &acctest.Ephemeral, config: `ephemeral "zookeeper_znode" "test" { path = "${local.base}/caf\u00e9/x" }`, fails: none, twin: twin("/x")},
		"none at all":         {config: `data "zookeeper_znode" "test" { path = "${local.base}/caf\u00e9/y" }`, fails: none},
		"another parent":      {config: `data "zookeeper_znode" "test" { path = "${local.base}/th\u00e9/x" }`, fails: none},
		"the node in NFC":     {config: `data "zookeeper_znode" "test" { path = "${local.base}/caf\u00e9" }`},
		"created":             {config: `resource "zookeeper_znode" "test" { path = "${local.base}/caf\u00e9/x" }`, twin: twin("/x")},
		"created path":        {config: `resource "zookeeper_ensure_path" "test" { path = "${local.base}/caf\u00e9/x" }`, twin: twin("/x")},
		"created with others": {
			config: "resource \"zookeeper_znodes\" \"test\" {\n  base_path = local.base\n  data = { \"caf\\u00e9/x\" = \"\", y = \"\" }\n}",
			twin:   []string{"Warning: Another node looks the same", "look like one of this resource", `"` + tree.Base + `/cafe\xcc\x81/x"`},
		},
		"created and none at all": {config: `resource "zookeeper_znode" "test" { path = "${local.base}/caf\u00e9/y" }`},
		"imported": {
			config: fmt.Sprintf("import {\n  to = zookeeper_znode.test\n  id = %[1]q\n}\nresource \"zookeeper_znode\" \"test\" { path = %[1]q }", path("")), twin: twin(""),
		},
		"imported ACL": {
			config: fmt.Sprintf("import {\n  to = zookeeper_znode_acl.test\n  id = %[1]q\n}\nresource \"zookeeper_znode_acl\" \"test\" {\n  path = %[1]q\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }]\n}", path("")), twin: twin(""),
		},
		"imported path": {
			config: fmt.Sprintf("import {\n  to = zookeeper_ensure_path.test\n  id = %[1]q\n}\nresource \"zookeeper_ensure_path\" \"test\" { path = %[1]q }", path("")), twin: twin(""),
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.needs != nil {
				acctest.Needs(t, *tt.needs)
			} else if strings.HasPrefix(name, "imported") {
				acctest.Needs(t, acctest.Generation) // import blocks
			}
			run := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(tt.config)}).Run("plan", "-no-color")
			if (run.Code != 0) != (tt.fails != nil) || tt.fails != nil && !acctest.Error(tt.fails...).MatchString(run.Output) {
				t.Errorf("exit code %d, want one of %q:\n%s", run.Code, tt.fails, run.Output)
			}
			if tt.twin != nil && !acctest.Error(tt.twin...).MatchString(run.Output) || tt.twin == nil && strings.Contains(run.Output, "looks the same") {
				t.Errorf("no match of %q in:\n%s", tt.twin, run.Output)
			}
		})
	}
	t.Run("set ACL", func(t *testing.T) {
		run := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(`resource "zookeeper_znode_acl" "test" {
  path = "${local.base}/caf\u00e9/x"
  acl  = [{ scheme = "world", id = "anyone", permissions = "cdrwa" }]
}`)}).Run("apply", "-no-color", "-auto-approve")
		if run.Code != 1 || !acctest.Error(none...).MatchString(run.Output) || !acctest.Error(twin("/x")...).MatchString(run.Output) {
			t.Errorf("exit code %d, no match of %q in:\n%s", run.Code, twin("/x"), run.Output)
		}
	})
}

// What a node is called on the command line is not changed by all CLIs. Either the import is
// refused, or the node in NFC is imported and a warning names the other one: never in silence.
func TestAccForm_importCommand(t *testing.T) {
	const nfc, nfd = "caf\u00e9", "cafe\u0301"
	tree := acctest.NewTree(t)
	tree.Put("/"+nfd, "decomposed")
	tree.Put("/"+nfc, "composed")
	for name, config := range map[string]string{
		"zookeeper_znode":     `path = "${local.base}/caf\u00e9"`,
		"zookeeper_znode_acl": "path = \"${local.base}/caf\\u00e9\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }]",
		"zookeeper_znodes":    "base_path = \"${local.base}/caf\\u00e9\"\n  data = {}",
	} {
		t.Run(name, func(t *testing.T) {
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(fmt.Sprintf("resource %q \"test\" {\n  %s\n}", name, config))})
			run := cli.Run("import", "-no-color", name+".test", tree.Path("/"+nfd))
			refused := acctest.Error("Error: Invalid import ID", `The path "`+tree.Base+`/cafe\xcc\x81" is in another Unicode form than NFC.`)
			warned := acctest.Error("Warning: Another node looks the same", `"`+tree.Base+`/cafe\xcc\x81"`)
			if run.Code != 0 && !refused.MatchString(run.Output) || run.Code == 0 && !warned.MatchString(run.Output) {
				t.Errorf("exit code %d:\n%s", run.Code, run.Output)
			}
		})
	}
}

// A recursive ACL reaches the nodes whose names the CLIs change, and tells them from their
// twins; when the resource is destroyed, each has the ACL again that it had.
func TestAccForm_recursiveACL(t *testing.T) {
	const nfc, nfd = "caf\u00e9", "cafe\u0301"
	tree := acctest.NewTree(t)
	was := func(ip string) []zk.ACL {
		return []zk.ACL{acctest.Open(), {Scheme: "ip", ID: ip, Perms: zk.PermRead}}
	}
	tree.Put("/top", "")
	tree.PutGuarded("/top/"+nfc, "", was("10.0.0.1")...)
	tree.PutGuarded("/top/"+nfd, "", was("10.0.0.2")...)
	config := tree.Config(`resource "zookeeper_znode_acl" "test" {
  path      = "${local.base}/top"
  recursive = true
  acl       = [{ scheme = "world", id = "anyone", permissions = "cdrwa" }]
}
output "differing" { value = jsonencode(zookeeper_znode_acl.test.differing) }
`)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("the next plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
	for _, name := range []string{nfc, nfd} {
		if err := tree.CheckACL("/top/"+name, acctest.Open())(nil); err != nil {
			t.Error(err)
		}
	}
	tree.WriteACL("/top/"+nfc, was("10.0.0.3")...)
	tree.WriteACL("/top/"+nfd, was("10.0.0.4")...)
	run := cli.MustRun("plan", "-no-color")
	if !strings.Contains(run.Output, `"\"`+tree.Path("/top")+`/cafe\\xcc\\x81\""`) || !strings.Contains(run.Output, `"`+tree.Path("/top/"+nfc)+`"`) {
		t.Errorf("the plan does not show both:\n%s", run.Output)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	for _, name := range []string{nfc, nfd} {
		if err := tree.CheckACL("/top/"+name, acctest.Open())(nil); err != nil {
			t.Error(err)
		}
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	for name, ip := range map[string]string{nfc: "10.0.0.1", nfd: "10.0.0.2"} {
		if err := tree.CheckACL("/top/"+name, was(ip)...)(nil); err != nil {
			t.Errorf("%+q: %v", name, err)
		}
	}
}
