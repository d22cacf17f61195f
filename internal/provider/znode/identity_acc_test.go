package znode_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
)

func TestAccZnode_importByIdentity(t *testing.T) {
	acctest.Needs(t, acctest.Identity)
	tree := acctest.NewTree(t)
	tree.Put("/a", "x")
	config := func(identity string) string {
		return tree.Config(fmt.Sprintf(`import {
  to       = zookeeper_znode.test
  identity = { %s }
}

resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "x"
}`, identity))
	}
	refused := func(identity string, want ...string) resource.TestStep {
		return resource.TestStep{Config: config(identity), PlanOnly: true, ExpectError: acctest.Error(want...)}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			refused(`path = ""`, "Invalid import ID", "A znode is imported by its path", "path is empty"),
			refused(`path = "a"`, "Invalid import ID", `path "a" is not absolute`),
			refused(`path = "/a/"`, "Invalid import ID", `path "/a/" ends with /`),
			refused(`path = "/"`, "Invalid import ID", `root "/" always exists and cannot be managed as a resource`),
			refused(`path = "/zookeeper/quota"`, "Invalid import ID", `"/zookeeper/quota" belongs to ZooKeeper itself`),
			refused(`path = "${local.base}/none"`, "Cannot import non-existent remote object"),
			refused(`path = null`, "path"),
			refused(``, "path"),
			{
				Config:            config(`path = "${local.base}/a"`),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", "x", nil),
				Check:             tree.CheckVersions("/a", 0, 0),
			},
		},
	})
}

// Below a chroot, the path is the one inside it.
func TestAccZnode_identityInChroot(t *testing.T) {
	acctest.Needs(t, acctest.Identity)
	tree := acctest.NewTree(t)
	tree.Put("/a", "x")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf(`provider "zookeeper" { servers = %q }

import {
  to       = zookeeper_znode.test
  identity = { path = "/a" }
}

resource "zookeeper_znode" "test" {
  path = "/a"
  data = "x"
}`, acctest.Server(t).Addr()+tree.Base),
			ConfigPlanChecks:  planned(nothing),
			ConfigStateChecks: state(tree, "", "x", attrs{"path": text("/a")}),
		}},
	})
}

// The configuration that an import by identity generates is valid as it is.
func TestAccZnode_generatedConfig(t *testing.T) {
	acctest.Needs(t, acctest.Generation)
	tree := acctest.NewTree(t)
	tree.Put("/text", "Grüße")
	tree.Put("/binary", "\x00\xff")
	// Terraform 1.16.0 wants the provider named where configuration is to be generated, and
	// nowhere else.
	config := func(provider string) string {
		return tree.Config(fmt.Sprintf(`
import {
  to       = zookeeper_znode.text
  identity = { path = %q }
  %[3]s
}

import {
  to = zookeeper_znode.binary
  id = %[2]q
  %[3]s
}
`, tree.Path("/text"), tree.Path("/binary"), provider))
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("provider = zookeeper")})
	cli.MustRun("plan", "-no-color", "-generate-config-out=generated.tf")
	cli.Write("main.tf", config(""))
	run := cli.MustRun("apply", "-no-color", "-auto-approve")
	if !strings.Contains(run.Output, "2 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the apply:\n%s", run.Output)
	}
	for _, rel := range []string{"/text", "/binary"} {
		if err := tree.CheckVersions(rel, 0, 0)(nil); err != nil {
			t.Error(err)
		}
	}
}
