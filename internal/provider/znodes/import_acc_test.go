package znodes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

func TestAccZnodes_import(t *testing.T) {
	tree := acctest.NewTree(t)
	data := map[string]string{"a": "A", "b/c": "C", "empty": "", "x": "X", "x/y": ""}
	const bin = `data_base64 = { "bin" = "AP8=" }`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: tree.Config(znodes(data, bin))},
			{
				ResourceName:                         address,
				ImportState:                          true,
				ImportStateId:                        tree.Path("/app"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "base_path",
			},
			{
				ResourceName:                         address,
				ImportState:                          true,
				ImportStateId:                        tree.Path("/app") + "//" + strings.Join([]string{"a", "b/c", "empty", "x", "x/y", "bin"}, "//"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "base_path",
			},
		},
	})
}

// An import plans empty, and from then on the nodes are the resource's.
func TestAccZnodes_importBlock(t *testing.T) {
	tree := acctest.NewTree(t)
	put := func() {
		for _, rel := range []string{"/app", "/app/a", "/app/b", "/app/b/c", "/app/b/d"} {
			tree.Put(rel, strings.TrimPrefix(rel, "/app/b/"))
		}
		tree.Write("/app", "of whoever made it")
		tree.Write("/app/b", "")
		_, err := tree.Client.Create(t.Context(), tree.Path("/app/session"), nil, zk.CreateOptions{Mode: zk.Ephemeral})
		if err != nil {
			t.Error(err)
		}
	}
	all := map[string]string{"a": "/app/a", "b/c": "c", "b/d": "d"}
	some := map[string]string{"b/c": "c"}
	importSome := fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, tree.Path("/app")+"//b/c")
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				PreConfig:         put,
				Config:            tree.Config(znodes(all, "") + tree.ImportBlock(address, "/app")),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, all, nil),
			},
			{
				// Nodes in between go with what they are for; the rest stays.
				Config: tree.Config(""),
				Check:  holds(tree, map[string]string{"": "of whoever made it", "/session": ""}),
			},
			{
				PreConfig:         func() { tree.Remove("/app"); put() },
				Config:            tree.Config(znodes(some, "") + importSome),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, some, nil),
			},
			{
				// What was not imported is none of the resource's, in between too.
				PreConfig: func() { tree.Remove("/app/b/d") },
				Config:    tree.Config(""),
				Check:     holds(tree, map[string]string{"": "of whoever made it", "/a": "/app/a", "/b": "", "/session": ""}),
			},
		},
	})
}

// The configuration that an import generates is valid as it is, and changes nothing.
func TestAccZnodes_generatedConfig(t *testing.T) {
	acctest.Needs(t, acctest.Generation)
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	tree.Put("/app/a", "Grüße")
	tree.Put("/app/bin", "\x00\xff")
	tree.Put("/text", "")
	tree.Put("/text/b", "B")
	// Terraform 1.16.0 wants the provider named where configuration is to be generated, and
	// nowhere else.
	config := func(provider string) string {
		return tree.Config(fmt.Sprintf(`
import {
  to       = zookeeper_znodes.test
  identity = { base_path = %q }
  %[3]s
}

import {
  to = zookeeper_znodes.text
  id = %[2]q
  %[3]s
}
`, tree.Path("/app"), tree.Path("/text"), provider))
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("provider = zookeeper")})
	cli.MustRun("plan", "-no-color", "-generate-config-out=generated.tf")
	cli.Write("main.tf", config(""))
	run := cli.MustRun("apply", "-no-color", "-auto-approve")
	if !strings.Contains(run.Output, "2 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the apply:\n%s", run.Output)
	}
	for _, rel := range []string{"/app/a", "/app/bin", "/text/b"} {
		if err := tree.CheckVersions(rel, 0, 0)(nil); err != nil {
			t.Error(err)
		}
	}
}

func TestAccZnodes_importErrors(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	step := func(id string, want ...string) resource.TestStep {
		return resource.TestStep{
			Config:      tree.Config(fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, id) + znodes(nil, "")),
			ExpectError: acctest.Error(want...),
		}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		step("relative", "Invalid import ID", `"relative" is not absolute`),
		step("/zookeeper", "Invalid import ID", "belongs to ZooKeeper itself"),
		step("//zookeeper/quota", "Invalid import ID", "belongs to ZooKeeper itself"),
		step(tree.Path("/missing"), "Cannot import non-existent remote object"),
		step(tree.Path("/app/"), "Invalid import ID", "ends with /"),
		step(tree.Path("/app//"), "Invalid import ID", "it is empty"),
		step(tree.Path("/app//a///b"), "Invalid import ID", `"/b" is none: it starts with a slash`),
		step(tree.Path("/app//missing"), "Znode cannot be imported", `There is no node "`+tree.Path("/app/missing")+`"`),
		step(tree.Path("/missing//a"), "Cannot import non-existent remote object"),
	}})
}

// A node moves from a zookeeper_znode into a zookeeper_znodes, and is neither destroyed nor
// written on the way.
func TestAccZnodes_moveFromZnode(t *testing.T) {
	tree := acctest.NewTree(t)
	const alone = "resource \"zookeeper_znode\" \"alone\" {\n  path = \"${local.base}/app/settings\"\n  data = \"S\"\n}\n"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(alone + znodes(map[string]string{"a": "A"}, ""))})
	cli.MustRun("apply", "-no-color", "-auto-approve", "-parallelism=1")
	stat, _, err := tree.Client.Exists(t.Context(), tree.Path("/app/settings"))
	if err != nil {
		t.Fatal(err)
	}
	// Both leave the state, and the one comes back with the other's node.
	cli.MustRun("state", "rm", "zookeeper_znode.alone", address)
	cli.Write("main.tf", tree.Config(znodes(map[string]string{"a": "A", "settings": "S"}, "")))
	cli.MustRun("import", "-no-color", address, tree.Path("/app")+"//a//settings")
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Fatalf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
	after, _, err := tree.Client.Exists(t.Context(), tree.Path("/app/settings"))
	if err != nil || after != stat {
		t.Errorf("the node was %+v and is %+v, %v", stat, after, err)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := holds(tree, map[string]string{"": ""})((*terraform.State)(nil)); err != nil {
		t.Error(err)
	}
}
