package sequentialznode_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

type tfState = terraform.State

// What a plan can know, it refuses, and names the attribute. Nothing is connected to:
// nothing listens on port 1.
func TestAccSequentialZnode_invalidConfiguration(t *testing.T) {
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"no prefix":         {``, []string{`"path_prefix" is required`}},
		"empty prefix":      {`path_prefix = ""`, []string{`path_prefix = ""`, "path is empty"}},
		"relative prefix":   {`path_prefix = "job-"`, []string{`path_prefix = "job-"`, `path "job-" is not absolute`, `or "/jobs/" for a name that is the bare number`}},
		"empty element":     {`path_prefix = "/jobs//"`, []string{`path_prefix = "/jobs//"`, `path "/jobs//" has an empty element`}},
		"relative element":  {`path_prefix = "/jobs/../job-"`, []string{`path "/jobs/../job-" has the element ".."`}},
		"character":         {`path_prefix = "/jobs/\u0007"`, []string{"U+0007 at byte 6"}},
		"ZooKeeper's own":   {`path_prefix = "/zookeeper/"`, []string{`path_prefix = "/zookeeper/"`, "belongs to ZooKeeper itself"}},
		"path":              {"path_prefix = \"/a\"\n  path = \"/a0000000001\"", []string{"path = ", "read-only"}},
		"stat":              {"path_prefix = \"/a\"\n  stat = {}", []string{"stat = ", "read-only"}},
		"unknown letter":    {"path_prefix = \"/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"rwx\" }]", []string{"acl = [", `have the unknown letter "x"`}},
		"no entries":        {"path_prefix = \"/a\"\n  acl = []", []string{"acl = []", "An ACL without entries lets nobody in"}},
		"invalid base64":    {"path_prefix = \"/a\"\n  data_base64 = \"????\"", []string{"data_base64 =", "no standard base64"}},
		"data twice":        {"path_prefix = \"/a\"\n  data = \"a\"\n  data_base64 = \"YQ==\"", []string{"Data is declared twice", "data_base64 = ", "data and data_base64 are both set"}},
		"data and a secret": {"path_prefix = \"/a\"\n  data = \"a\"\n  data_wo = \"b\"\n  data_wo_version = \"1\"", []string{"Data is declared twice", "data_wo = ", "data and data_wo are both set"}},
		"no version":        {"path_prefix = \"/a\"\n  data_wo = \"a\"", []string{"Missing data_wo_version", "Set data_wo_version as well"}},
		"empty version":     {"path_prefix = \"/a\"\n  data_wo = \"a\"\n  data_wo_version = \"\"", []string{"data_wo_version = ", "at least 1"}},
		"version alone":     {"path_prefix = \"/a\"\n  data_wo_version = \"1\"", []string{"Unexpected data_wo_version", "Set data_wo, or leave both out"}},
		"secret too large": {
			"path_prefix = \"/a\"\n  data_wo_version = \"1\"\n  data_wo = join(\"\", [for i in range(1024) : format(\"%01024d\", i)])",
			[]string{"data_wo = join", "servers accept 1048575 (max_buffer_bytes)"},
		},
		"create_parents": {"path_prefix = \"/a\"\n  create_parents = \"maybe\"", []string{"create_parents", "bool"}},
		"force_destroy":  {"path_prefix = \"/a\"\n  force_destroy = 7", []string{"force_destroy", "bool"}},
		"data too large": {
			"path_prefix = \"/a\"\n  data = join(\"\", [for i in range(1024) : format(\"%01024d\", i)])",
			[]string{"data = join", `The request for "/a" would take`, "servers accept 1048575 (max_buffer_bytes)"},
		},
		"base64 too large": {
			"path_prefix = \"/a\"\n  data_base64 = base64encode(join(\"\", [for i in range(1024) : format(\"%01024d\", i)]))",
			[]string{"data_base64 = ", "servers accept 1048575 (max_buffer_bytes)"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if name == "secret too large" { // the rest is found by validation, which every CLI asks for
				acctest.Needs(t, acctest.WriteOnly)
			}
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" { servers = \"127.0.0.1:1\" }\n\nresource \"zookeeper_sequential_znode\" \"test\" {\n  %s\n}", tt.hcl),
				ExpectError: acctest.Error(tt.want...),
				PlanOnly:    true,
			}}})
		})
	}
}

// A chroot may lead into what belongs to ZooKeeper itself.
func TestAccSequentialZnode_chrootOfZooKeeper(t *testing.T) {
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      "provider \"zookeeper\" { servers = \"127.0.0.1:1/zookeeper\" }\n\nresource \"zookeeper_sequential_znode\" \"test\" { path_prefix = \"/a-\" }",
		ExpectError: acctest.Error("path_prefix = ", `the chroot "/zookeeper"`, "belongs to ZooKeeper itself"),
		PlanOnly:    true,
	}}})
}

// What the resource could not read or write any more is told in the plan.
func TestAccSequentialZnode_lockedOut(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(test("/job-", `acl = [{ scheme = "world", id = "anyone", permissions = "cd" }]`))})
	run := cli.MustRun("plan", "-no-color")
	if want := acctest.Error("ACL locks the provider out", tree.Path("/job-"), "no longer read the node (r)", "change the ACL again (a)"); !want.MatchString(run.Output) {
		t.Error(run.Output)
	}
}

func TestAccSequentialZnode_importErrors(t *testing.T) {
	tree := acctest.NewTree(t)
	made, err := tree.Client.Create(t.Context(), tree.Path("/e-"), nil, zk.CreateOptions{Mode: zk.EphemeralSequential})
	if err != nil {
		t.Fatal(err)
	}
	step := func(id string, want ...string) resource.TestStep {
		return resource.TestStep{
			Config:      tree.Config(fmt.Sprintf("import {\n  to = zookeeper_sequential_znode.test\n  id = %q\n}\n\n%s", id, test("/job-", ""))),
			ExpectError: acctest.Error(want...),
		}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		step("job-0000000000", "Invalid import ID", `"job-0000000000" is not absolute`),
		step("/zookeeper/0000000000", "Invalid import ID", "belongs to ZooKeeper itself"),
		step("/jobs/job-7", "Invalid import ID", `"/jobs/job-7" does not end with the number of a sequential node, which has ten digits`),
		step("/jobs/job2147483648", "Invalid import ID", "is 2147483647 at most"),
		step(tree.Path("/job-0000000000"), "Cannot import non-existent remote object"),
		step(made.Path, "Znode is ephemeral", "belongs to the session of another client"),
	}})
}

// Somebody made the node that is next in the sequence, under its full name.
func TestAccSequentialZnode_numberTaken(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/job-0000000001", "theirs") // the parent counts it, so that 1 is next
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, "", "job-0000000001"),
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(test("/job-", "")),
				ConfigPlanChecks: planned(create),
				ExpectError:      acctest.Error("Next number is taken", `"`+tree.Path("/job-")+`"`, "Nothing was created", `any other child of "`+tree.Base+`"`, "path_prefix"),
			},
			{
				PreConfig:         func() { tree.Put("/other", ""); tree.Remove("/other") },
				Config:            tree.Config(test("/job-", "")),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/job-", "0000000002", "", nil),
				Check:             tree.CheckData("/job-0000000001", "theirs"),
			},
		},
	})
}

func TestAccSequentialZnode_parents(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, "/p/q"), // the parents stay
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(test("/p/q/job-", "create_parents = false")),
				ConfigPlanChecks: planned(create),
				ExpectError:      acctest.Error("Parent does not exist", tree.Path("/p/q/job-")+`" was not created, because its parent "`+tree.Path("/p/q")+`" does not exist`, "create_parents = true"),
			},
			{
				PreConfig:         holds(t, tree.CheckGone("/p")),
				Config:            tree.Config(test("/p/q/job-", "")),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/p/q/job-", "0000000000", "", nil),
			},
		},
	})
}

// What a failed creation made on its way is told.
func TestAccSequentialZnode_parentsOfAFailure(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(test("/p/q/job-", `acl = [{ scheme = "world", id = "anyone", permissions = "rd" }]`))})
	run := cli.Run("apply", "-no-color", "-auto-approve")
	want := acctest.Error("Permission denied", `create the sequential znode "`+tree.Path("/p/q/job-")+`"`, `CREATE (c) on "`+tree.Path("/p")+`"`)
	warning := acctest.Error("Parents were made", `made the missing parents "`+tree.Path("/p")+`".`, "They stay", "They have the node's ACL")
	if run.Code == 0 || !want.MatchString(run.Output) || !warning.MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	if err := tree.CheckGone("/p/q")(nil); err != nil {
		t.Error(err)
	}
}

func TestAccSequentialZnode_permissionDenied(t *testing.T) {
	tree := acctest.NewTree(t)
	all := zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	tree.PutGuarded("/closed", "", all, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
	config := test("/closed/job-", "")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, "/closed"),
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(config),
				ConfigPlanChecks: planned(create),
				ExpectError: acctest.Error("Permission denied", `create the sequential znode "`+tree.Path("/closed/job-")+`"`,
					`needs the permission CREATE (c) on "`+tree.Path("/closed")+`"`, "presents no identity"),
			},
			{Config: tree.ConfigAs(acctest.User, acctest.Password, config), ConfigPlanChecks: planned(create)},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy),
				ExpectError:      acctest.Error("Permission denied", `delete the znode "`+tree.Path("/closed/job-0000000000")+`"`, `DELETE (d) on "`+tree.Path("/closed")+`"`),
			},
			{Config: tree.ConfigAs(acctest.User, acctest.Password, ``), ConfigPlanChecks: planned(destroy)},
		},
	})
}

// A node whose ACL does not let its creator read it exists all the same, and the state
// must know of it, or the next apply would make a second one.
func TestAccSequentialZnode_unreadableAfterCreation(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(test("/job-", `acl = [{ scheme = "world", id = "anyone", permissions = "wd" }]`)),
				ConfigPlanChecks: planned(create),
				// The apply succeeds; the refresh that follows is what fails.
				ExpectError: acctest.Error("Error running post-apply refresh plan", "Permission denied", `read the znode "`+tree.Path("/job-0000000000")+`"`),
			},
			{
				PreConfig:        func() { tree.WriteACL("/job-0000000000", acctest.Open()) },
				Config:           tree.Config(test("/job-", `acl = [{ scheme = "world", id = "anyone", permissions = 31 }]`)),
				ConfigPlanChecks: planned(nothing),
				Check:            children(t, tree, "", "job-0000000000"),
			},
		},
	})
}

// The request for a creation has the prefix without a number, and the server goes by that.
func TestAccSequentialZnode_sizeLimit(t *testing.T) {
	tree := acctest.NewTree(t)
	fits := strings.Repeat("x", zk.DefaultMaxBufferBytes-zk.CreateSize(tree.Path("/job-"), nil, zk.CreateOptions{ACL: zk.OpenACL()}))
	config := func(data string) string { return tree.Config(test("/job-", `data = "`+data+`"`)) }
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{
				Config:      config(fits + "x"),
				ExpectError: acctest.Error("Data is too large", "would take 1048576 bytes, and the servers accept 1048575 (max_buffer_bytes)"),
			},
			{
				PreConfig:        holds(t, children(t, tree, "")),
				Config:           config(fits),
				ConfigPlanChecks: planned(create),
				Check:            tree.CheckData("/job-0000000000", fits),
			},
		},
	})
}
