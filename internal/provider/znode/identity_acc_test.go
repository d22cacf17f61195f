package znode_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-zookeeper/internal/acctest"
)

func identity(tree *acctest.Tree, rel string) []statecheck.StateCheck {
	return []statecheck.StateCheck{statecheck.ExpectIdentity("zookeeper_znode.test", attrs{"path": text(tree.Path(rel))})}
}

// The identity is the path, from the creation of a node to its end.
func TestAccZnode_identity(t *testing.T) {
	acctest.Needs(t, acctest.IdentityShown)
	tree := acctest.NewTree(t)
	config := func(rel, arguments string) string {
		return tree.Config(fmt.Sprintf("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}%s\"\n  %s\n}", rel, arguments))
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a", "/b"),
		Steps: []resource.TestStep{
			{
				Config:            config("/a", `data = "one"`),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: identity(tree, "/a"),
			},
			{
				ResourceName:    "zookeeper_znode.test",
				ImportState:     true,
				ImportStateKind: resource.ImportBlockWithResourceIdentity,
			},
			{
				Config:            config("/a", `data = "two"`),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: identity(tree, "/a"),
			},
			{
				Config:            config("/a", "data = \"two\"\n  force_destroy = true"),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: identity(tree, "/a"),
			},
			{
				PreConfig:         func() { tree.Remove("/a") },
				Config:            config("/a", `data = "two"`),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: identity(tree, "/a"),
			},
			{
				Config:            config("/b", `data = "two"`),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: identity(tree, "/b"),
			},
		},
	})
}

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
			refused(`path = ""`, "Invalid import ID", "A znode is imported by its path", "the path is empty"),
			refused(`path = "a"`, "Invalid import ID", `the path "a" is not absolute`),
			refused(`path = "/a/"`, "Invalid import ID", `the path "/a/" ends with /`),
			refused(`path = "/"`, "Invalid import ID", `the root "/" always exists and cannot be managed as a resource`),
			refused(`path = "/zookeeper/quota"`, "Invalid import ID", `"/zookeeper/quota" belongs to ZooKeeper itself`),
			refused(`path = "${local.base}/none"`, "Cannot import non-existent remote object"),
			refused(`path = null`, "path"),
			refused(``, "path"),
			{
				Config: config(`path = "${local.base}/a"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", nothing),
				}},
				ConfigStateChecks: state(tree, "/a", "x", "eA==", nil),
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
			ConfigStateChecks: state(tree, "", "x", "eA==", attrs{"path": text("/a")}),
		}},
	})
}

// States of versions of the provider that knew of no identities get one, at a refresh and at
// an update without one, and the removal of a node from such a state is no error.
func TestAccZnode_identityOfOlderState(t *testing.T) {
	acctest.Needs(t, acctest.Identity)
	tree := acctest.NewTree(t)
	config := func(data string) string {
		return tree.Config(fmt.Sprintf("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  data = %q\n}", data))
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("one")})
	stored := func(after string) {
		t.Helper()
		if got, want := fmt.Sprint(identities(t, cli, false)), fmt.Sprintf("[map[path:%s]]", tree.Path("/a")); got != want {
			t.Errorf("after %s the state has the identity %s, want %s", after, got, want)
		}
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	stored("a creation")

	identities(t, cli, true)
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh-only")
	stored("a refresh")

	identities(t, cli, true)
	cli.Write("main.tf", config("two"))
	cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh=false")
	stored("an update")

	identities(t, cli, true)
	tree.Remove("/a")
	run := cli.MustRun("apply", "-no-color", "-auto-approve")
	if !strings.Contains(run.Output, "1 added, 0 changed, 0 destroyed") {
		t.Errorf("after a removal:\n%s", run.Output)
	}
	stored("a removal")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// The configuration that an import by identity generates is valid as it is.
func TestAccZnode_generatedConfig(t *testing.T) {
	acctest.Needs(t, acctest.Generation)
	tree := acctest.NewTree(t)
	tree.Put("/text", "Grüße")
	tree.Put("/binary", "\x00\xff")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(fmt.Sprintf(`
import {
  to       = zookeeper_znode.text
  identity = { path = %q }
}

import {
  to = zookeeper_znode.binary
  id = %q
}
`, tree.Path("/text"), tree.Path("/binary")))})
	cli.MustRun("plan", "-no-color", "-generate-config-out=generated.tf")
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

// identities returns the identities in the state of a folder, and takes them out of it when
// that is asked for.
func identities(t *testing.T, cli *acctest.CLI, forget bool) []any {
	t.Helper()
	name := filepath.Join(cli.Dir, "terraform.tfstate")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Version          int            `json:"version"`
		TerraformVersion string         `json:"terraform_version"`
		Serial           int            `json:"serial"`
		Lineage          string         `json:"lineage"`
		Outputs          map[string]any `json:"outputs"`
		Resources        []struct {
			Mode      string           `json:"mode"`
			Type      string           `json:"type"`
			Name      string           `json:"name"`
			Provider  string           `json:"provider"`
			Instances []map[string]any `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(b, &state); err != nil {
		t.Fatal(err)
	}
	var found []any
	for _, r := range state.Resources {
		for _, instance := range r.Instances {
			found = append(found, instance["identity"])
			delete(instance, "identity")
			delete(instance, "identity_schema_version")
		}
	}
	if forget {
		if b, err = json.Marshal(state); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return found
}
