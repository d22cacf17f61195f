package znodeacl_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
)

// nobodyThere is an address that refuses connections: nothing listens on port 1.
const nobodyThere = "127.0.0.1:1"

// What a plan can know, it refuses, and names the attribute. Nothing is connected to.
func TestAccZnodeACL_invalidConfiguration(t *testing.T) {
	const open = "\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"r\" }]"
	acl := func(entry string) string { return "path = \"/a\"\n  acl = [" + entry + "]" }
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"no path":          {open, []string{`The argument "path" is required`}},
		"path is null":     {"path = null" + open, []string{"path = null", "Must set a configuration value for the path attribute"}},
		"path is empty":    {`path = ""` + open, []string{`path = ""`, "path is empty"}},
		"relative path":    {`path = "a"` + open, []string{`path = "a"`, `path "a" is not absolute`}},
		"slash at the end": {`path = "/a/"` + open, []string{`path = "/a/"`, "ends with /"}},
		"nothing between":  {`path = "/a//b"` + open, []string{`path = "/a//b"`, "has an empty element (//)"}},
		"one's parent":     {`path = "/a/../b"` + open, []string{`path = "/a/../b"`, "relative paths are not allowed"}},

		"no ACL":              {`path = "/a"`, []string{`The argument "acl" is required`}},
		"ACL is null":         {"path = \"/a\"\n  acl = null", []string{"acl = null", "Must set a configuration value for the acl attribute"}},
		"no entries":          {acl(""), []string{"acl = []", "An ACL without entries lets nobody in"}},
		"entry is null":       {acl("null"), []string{"acl = [null]", "An entry is null"}},
		"zkCli's notation":    {acl(`"world:anyone:r"`), []string{`acl = ["world:anyone:r"]`, "object required"}},
		"scheme is missing":   {acl(`{ id = "anyone", permissions = "r" }`), []string{"acl = [", "scheme is missing"}},
		"scheme is empty":     {acl(`{ scheme = "", id = "anyone", permissions = "r" }`), []string{"acl = [", "the scheme is empty"}},
		"id is missing":       {acl(`{ scheme = "auth", permissions = "r" }`), []string{"acl = [", "id is missing"}},
		"id is somebody":      {acl(`{ scheme = "world", id = "bob", permissions = "r" }`), []string{"acl = [", `the only id of the scheme "world" is "anyone"`}},
		"id is no address":    {acl(`{ scheme = "ip", id = "localhost", permissions = "r" }`), []string{"acl = [", `the id of the scheme "ip" is an address`}},
		"id is no network":    {acl(`{ scheme = "ip", id = "10.0.0.0/33", permissions = "r" }`), []string{"acl = [", "a number of bits from 0 to 32"}},
		"id is a user alone":  {acl(`{ scheme = "digest", id = "bob", permissions = "r" }`), []string{"acl = [", "is user:hash, with one colon"}},
		"clear password":      {acl(`{ scheme = "digest", id = "bob:builder", permissions = "r" }`), []string{"acl = [", `what follows "bob:" is no digest`}},
		"masked digest":       {acl(`{ scheme = "digest", id = "bob:x", permissions = "r" }`), []string{"acl = [", "write the digest itself"}},
		"no principal":        {acl(`{ scheme = "sasl", id = "", permissions = "r" }`), []string{"acl = [", "the id is empty"}},
		"permissions missing": {acl(`{ scheme = "world", id = "anyone" }`), []string{"acl = [", "permissions is missing"}},
		"no permissions":      {acl(`{ scheme = "world", id = "anyone", permissions = "" }`), []string{"acl = [", "no permissions"}},
		"unknown letter":      {acl(`{ scheme = "world", id = "anyone", permissions = "rwx" }`), []string{"acl = [", `unknown letter "x"`}},
		"mask of nothing":     {acl(`{ scheme = "world", id = "anyone", permissions = 0 }`), []string{"acl = [", `permissions "0"`}},
		"mask out of range":   {acl(`{ scheme = "world", id = "anyone", permissions = 32 }`), []string{"acl = [", `"32" are no bit mask from 1 to 31`}},

		"recursive is no bool": {"path = \"/a\"\n  recursive = \"deep\"" + open, []string{`recursive = "deep"`, "a bool is required"}},
		"unknown on_destroy":   {"path = \"/a\"\n  on_destroy = \"prune\"" + open, []string{`on_destroy = "prune"`, `"restore" "keep"`}},
		"empty on_destroy":     {"path = \"/a\"\n  on_destroy = \"\"" + open, []string{`on_destroy = ""`, `"restore" "keep"`}},

		"differing is computed": {"path = \"/a\"\n  differing = {}" + open, []string{"Invalid Configuration for Read-Only Attribute", "differing = {}"}},
		"record is computed":    {"path = \"/a\"\n  record = \"\"" + open, []string{"Invalid Configuration for Read-Only Attribute", `record = ""`}},
		"stat is computed":      {"path = \"/a\"\n  stat = {}" + open, []string{"Invalid Configuration for Read-Only Attribute", "stat = {}"}},
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
		"path":          {on("/${terraform_data.late.output}/", guarded()), []string{"Invalid path of a znode", "path = ", "ends with /"}},
		"scheme and id": {on("/a", `[{ scheme = terraform_data.late.output == "q" ? "world" : "auth", id = terraform_data.late.output, permissions = 31 }]`), []string{"Invalid ACL entry", "acl = [", `the only id of the scheme "world" is "anyone"`}},
		"permissions":   {on("/a", `[{ scheme = "world", id = "anyone", permissions = terraform_data.late.output }]`), []string{"Invalid ACL entry", "acl = [", `unknown letter "q"`}},
		"entries":       {on("/a", `terraform_data.late.output == "q" ? [] : [{ scheme = "world", id = "anyone", permissions = "r" }]`), []string{"acl = ", "An ACL without entries lets nobody in"}},
		"on_destroy":    {on("/a", guarded(), "on_destroy = terraform_data.late.output"), []string{"on_destroy = ", `"restore" "keep"`, `got: "q"`}},
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
			{ResourceName: address, ImportState: true, ImportStateId: "a", ExpectError: acctest.Error("Invalid import ID", `path "a" is not absolute`)},
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
				Config: tree.Config(on("/a", `[{ scheme = "auth", id = "", permissions = 31 }]`)), PlanOnly: true,
				ExpectError: acctest.Error("Invalid ACL entry", "presents none"),
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
