package znodes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// nobodyThere is an address that nothing listens at.
const nobodyThere = "127.0.0.1:1"

// What a plan can know, it refuses, and names the attribute and the key. Nothing is
// connected to.
func TestAccZnodes_invalidConfiguration(t *testing.T) {
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"relative base":        {`base_path = "a"`, []string{`base_path = "a"`, `path "a" is not absolute`}},
		"ZooKeeper's own":      {`base_path = "/zookeeper/a"`, []string{`base_path = "/zookeeper/a"`, "belongs to ZooKeeper itself"}},
		"ZooKeeper's own key":  {"base_path = \"/\"\n  data = { \"zookeeper/a\" = \"\" }", []string{`base_path = "/"`, `"/zookeeper/a" belongs to ZooKeeper itself`}},
		"empty key":            {"base_path = \"/a\"\n  data = { \"\" = \"\" }", []string{`data = {`, `The key "" of data is no path of a node: it is empty`}},
		"absolute key":         {"base_path = \"/a\"\n  data = { \"/b\" = \"\" }", []string{`data = {`, `The key "/b" of data`, "it starts with a slash"}},
		"slash at the end":     {"base_path = \"/a\"\n  data_base64 = { \"b/\" = \"\" }", []string{`data_base64 = {`, `The key "b/" of data_base64`, "it ends with a slash"}},
		"empty element":        {"base_path = \"/a\"\n  data = { \"b//c\" = \"\" }", []string{`The key "b//c" of data`, "has an empty element"}},
		"dot":                  {"base_path = \"/a\"\n  data = { \"b/./c\" = \"\" }", []string{`The key "b/./c" of data`, `has the element "."`}},
		"dots":                 {"base_path = \"/a\"\n  data_wo = { \"..\" = \"\" }\n  data_wo_version = \"1\"", []string{`The key ".." of data_wo`, `has the element ".."`}},
		"character":            {"base_path = \"/a\"\n  data = { \"b\\u0001\" = \"\" }", []string{`of data is no path of a node`, "has the character U+0001"}},
		"in two maps":          {"base_path = \"/a\"\n  data = { b = \"1\" }\n  data_base64 = { b = \"MQ==\" }", []string{`data_base64 = {`, `"b" is a key of data and of data_base64`}},
		"in two others":        {"base_path = \"/a\"\n  data = { b = \"1\" }\n  data_wo = { b = \"1\" }\n  data_wo_version = \"1\"", []string{`"b" is a key of data and of data_wo`}},
		"null":                 {"base_path = \"/a\"\n  data = { b = null }", []string{`The value of "b" in data is null`}},
		"invalid base64":       {"base_path = \"/a\"\n  data_base64 = { b = \"????\" }", []string{`The value of "b" is no standard base64: it is wrong from character 1 of 4 on`}},
		"secret, no version":   {"base_path = \"/a\"\n  data_wo = { b = \"1\" }", []string{"Missing data_wo_version"}},
		"version, no secret":   {"base_path = \"/a\"\n  data_wo_version = \"1\"", []string{"Unexpected data_wo_version"}},
		"empty version":        {"base_path = \"/a\"\n  data_wo = { b = \"1\" }\n  data_wo_version = \"\"", []string{"data_wo_version", "string length must be at least 1"}},
		"no entries":           {"base_path = \"/a\"\n  acl = []", []string{"acl = []", "An ACL without entries lets nobody in"}},
		"unknown letter":       {"base_path = \"/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"rwx\" }]", []string{"acl = [", `Entry "world:anyone": permissions "rwx" have the unknown letter "x"`}},
		"no base":              {`data = { a = "" }`, []string{`"base_path" is required`}},
		"zxid is not settable": {"base_path = \"/a\"\n  zxid = 1", []string{"zxid"}},
		"many": {
			"base_path = \"/a\"\n  data = { for i in range(25) : format(\"k%d/\", i) => \"\" }",
			[]string{"More keys are wrong", "Of the keys that are wrong, 15 are not named here"},
		},
		"one too large": {
			"base_path = \"/a\"\n  atomic = false\n  data = { small = \"\", large = format(\"%0250d\", 0) }",
			[]string{"Data is too large", "data = {", `The request for "/a/large" would take`, "accept 300"},
		},
		"one too large, base64": {"base_path = \"/a\"\n  data_base64 = { large = base64encode(format(\"%0250d\", 0)) }", []string{"Data is too large", "data_base64 = {"}},
		"one too large, secret": {"base_path = \"/a\"\n  data_wo_version = \"1\"\n  data_wo = { large = format(\"%0250d\", 0) }", []string{"Data is too large", "data_wo = {"}},
		"too large together": {
			"base_path = \"/a\"\n  data = { for k in [\"a\", \"b\", \"c\", \"d\", \"e\"] : k => \"1\" }",
			// 17 bytes, 50 for /a, and 53 for each of the others.
			[]string{"Transaction is too large", `All changes below "/a" in one transaction would take 332 bytes`, "the servers accept 300 (max_buffer_bytes)", "32 too many. Nothing was sent", "atomic = false"},
		},
		"unknown, and wrong when known": {"base_path = \"/a\"\n  data = { b = terraform_data.late.output, \"c/\" = \"\" }", []string{`The key "c/" of data`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(tt.hcl, "data_wo = ") {
				acctest.Needs(t, acctest.WriteOnly)
			}
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  max_buffer_bytes = 300\n}\n\nresource \"terraform_data\" \"late\" { input = \"x\" }\n\nresource \"zookeeper_znodes\" \"test\" {\n  %s\n}", nobodyThere, tt.hcl),
				PlanOnly:    true,
				ExpectError: acctest.Error(tt.want...),
			}}})
		})
	}
}

// A path inside a chroot may lead to ZooKeeper's own nodes.
func TestAccZnodes_chrootOfZooKeeper(t *testing.T) {
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      fmt.Sprintf("provider \"zookeeper\" { servers = \"%s/zookeeper\" }\n\nresource \"zookeeper_znodes\" \"test\" { base_path = \"/quota\" }", nobodyThere),
		PlanOnly:    true,
		ExpectError: acctest.Error("base_path", `the chroot "/zookeeper"`, "belongs to ZooKeeper itself"),
	}}})
}

// An ACL that keeps the provider from its own nodes is warned of.
func TestAccZnodes_lockedOut(t *testing.T) {
	cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\nresource \"zookeeper_znodes\" \"test\" {\n  base_path = \"/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"r\" }]\n}", nobodyThere)})
	out := cli.MustRun("plan", "-no-color").Output
	if !acctest.Error("ACL locks the provider out", "acl", `With the ACL that "/a" is to get`, "write its data (w), nor create what is below it (c), nor delete what is below it (d)").MatchString(out) {
		t.Errorf("no warning:\n%s", out)
	}
}

// An ephemeral node can have none of the nodes below it, and is named.
func TestAccZnodes_belowEphemeral(t *testing.T) {
	tree := acctest.NewTree(t)
	if _, err := tree.Client.Create(t.Context(), tree.Path("/e"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	var steps []resource.TestStep
	for _, base := range []string{"/e", "/e/x", "/e/x/y"} {
		steps = append(steps, resource.TestStep{
			Config:      tree.Config(strings.Replace(znodes(map[string]string{"a": "A"}, ""), "/app", base, 1)),
			ExpectError: acctest.Error("Parent is ephemeral", `create the znodes below "`+tree.Path(base)+`", because "`+tree.Path("/e")+`" is an ephemeral node`),
		})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}
