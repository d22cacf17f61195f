package znodeacl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
)

// nobodyThere is an address that refuses connections: nothing listens on port 1.
const nobodyThere = "127.0.0.1:1"

// rewrite replaces the configuration of a working folder.
func rewrite(t *testing.T, cli *acctest.CLI, hcl string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(cli.Dir, "main.tf"), []byte(hcl), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What a plan can know, it refuses, and names the attribute. Nothing is connected to.
func TestAccZnodeACL_invalidConfiguration(t *testing.T) {
	const acl = "\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"r\" }]"
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"no path":            {acl, []string{`The argument "path" is required`}},
		"no ACL":             {`path = "/a"`, []string{`The argument "acl" is required`}},
		"relative path":      {`path = "a"` + acl, []string{`path = "a"`, `the path "a" is not absolute`}},
		"slash at the end":   {`path = "/a/"` + acl, []string{`path = "/a/"`, "ends with /"}},
		"no entries":         {"path = \"/a\"\n  acl = []", []string{"acl = []", "An ACL without entries lets nobody in"}},
		"unknown letter":     {"path = \"/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"rwx\" }]", []string{"acl = [", `unknown letter "x"`}},
		"mask out of range":  {"path = \"/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = 32 }]", []string{`"32" are no bit mask from 1 to 31`}},
		"clear password":     {"path = \"/a\"\n  acl = [{ scheme = \"digest\", id = \"bob:builder\", permissions = \"r\" }]", []string{`what follows "bob:" is no digest`}},
		"masked digest":      {"path = \"/a\"\n  acl = [{ scheme = \"digest\", id = \"bob:x\", permissions = \"r\" }]", []string{"write the digest itself"}},
		"unknown on_destroy": {"path = \"/a\"\n  on_destroy = \"revert\"" + acl, []string{`on_destroy = "revert"`, `"restore" "keep"`}},
		"no bool":            {"path = \"/a\"\n  recursive = \"deep\"" + acl, []string{`recursive = "deep"`, "a bool is required"}},
		"computed":           {"path = \"/a\"\n  differing = {}" + acl, []string{"Invalid Configuration for Read-Only Attribute", "differing = {}"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\nresource \"zookeeper_znode_acl\" \"test\" {\n  %s\n}", nobodyThere, tt.hcl),
				ExpectError: acctest.Error(tt.want...),
				PlanOnly:    true,
			}}})
		})
	}
}

// What is not known before the apply is checked in the apply, before anything is written.
func TestAccZnodeACL_invalidLate(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"path":        {on("/${terraform_data.late.output}/", guarded()), []string{"Invalid path of a znode", "ends with /"}},
		"permissions": {on("/a", `[{ scheme = "world", id = "anyone", permissions = terraform_data.late.output }]`), []string{"Invalid ACL entry", `unknown letter "q"`}},
		"on_destroy":  {on("/a", guarded(), "on_destroy = terraform_data.late.output"), []string{`"restore" "keep"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{
				CheckDestroy: tree.CheckVersions("/a", 0, 0),
				Steps: []resource.TestStep{{
					Config:      as(tree, "resource \"terraform_data\" \"late\" {\n  input = \"q\"\n}\n\n"+tt.hcl),
					ExpectError: acctest.Error(tt.want...),
				}},
			})
		})
	}
}

func TestAccZnodeACL_invalidImport(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	config := as(tree, on("/a", guarded()))
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create)},
			{ResourceName: address, ImportState: true, ImportStateId: "a", ExpectError: acctest.Error("Invalid import ID", `the path "a" is not absolute`)},
			{ResourceName: address, ImportState: true, ImportStateId: tree.Path("/none"), ExpectError: acctest.Error("Cannot import non-existent remote object")},
		},
	})
}

// The node is the one thing that must be there.
func TestAccZnodeACL_missingNode(t *testing.T) {
	tree := acctest.NewTree(t)
	step := func(more string) resource.TestStep {
		return resource.TestStep{
			Config: as(tree, on("/none", guarded(), more)), ConfigPlanChecks: planned(create),
			ExpectError: acctest.Error("Znode does not exist", `could not set the ACL of "`+tree.Path("/none")+`"`, "this resource makes none", "zookeeper_znode.NAME.path"),
		}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{step(""), step(recursive)}})
}

// The servers refuse what only they can judge; nothing is in the state then.
func TestAccZnodeACL_refused(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckVersions("/a", 0, 0),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(on("/a", `[{ scheme = "auth", id = "", permissions = 31 }]`)), ConfigPlanChecks: planned(create),
				ExpectError: acctest.Error("ZooKeeper refused the ACL", `presents: no identity`),
			},
			{
				Config: tree.Config(on("/a", `[{ scheme = "nonesuch", id = "a", permissions = 31 }]`)), ConfigPlanChecks: planned(create),
				ExpectError: acctest.Error("ZooKeeper refused the ACL", tree.Path("/a")),
			},
		},
	})
}

// A plan needs no server, and the error of an apply names each that was tried.
func TestAccZnodeACL_unreachable(t *testing.T) {
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:           fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  connect_timeout = 1\n}\n\nlocals { base = \"\" }\n\n%s", nobodyThere, on("/a", guarded())),
		ConfigPlanChecks: planned(create),
		ExpectError:      acctest.Error("Cannot reach ZooKeeper", nobodyThere),
	}}})
}
