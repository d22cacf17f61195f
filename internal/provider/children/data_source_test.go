package children_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

func TestAccChildren_basic(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/p", "parent")
	for _, name := range []string{"b", "ä", "a10", "a9", "B"} {
		tree.Put("/p/"+name, "")
	}
	tree.Put("/p/b/below", "")
	tree.Put("/empty", "")
	text := knownvalue.StringExact
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: tree.Config(`
data "zookeeper_children" "p"     { path = "${local.base}/p" }
data "zookeeper_children" "empty" { path = "${local.base}/empty" }
`),
			ConfigStateChecks: []statecheck.StateCheck{
				acctest.Attributes("data.zookeeper_children.p", map[string]knownvalue.Check{
					"path":     text(tree.Path("/p")),
					"children": knownvalue.ListExact([]knownvalue.Check{text("B"), text("a10"), text("a9"), text("b"), text("ä")}),
					"stat":     acctest.Stat(0, 0, 6, 5),
				}),
				acctest.Attributes("data.zookeeper_children.empty", map[string]knownvalue.Check{
					"path":     text(tree.Path("/empty")),
					"children": knownvalue.ListExact(nil),
					"stat":     acctest.Stat(0, 0, 0, 0),
				}),
			},
		}},
	})
}

// The CLIs bring all text to NFC: a name in another form is not mistaken for its twin.
func TestAccChildren_otherForm(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/p", "")
	const nfc, nfd = "caf\u00e9", "cafe\u0301"
	for _, name := range []string{"z", nfc, nfd, `"quoted"`, "\u2126" /* OHM SIGN */} {
		tree.Put("/p/"+name, "")
	}
	tree.Put("/p/"+nfd+"/below", "")
	text := knownvalue.StringExact
	config := tree.Config(`data "zookeeper_children" "test" { path = "${local.base}/p" }`)
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config,
		ConfigStateChecks: []statecheck.StateCheck{acctest.Attributes("data.zookeeper_children.test", map[string]knownvalue.Check{
			"path": text(tree.Path("/p")),
			"children": knownvalue.ListExact([]knownvalue.Check{
				text(`"\"quoted\""`), text(`"\xe2\x84\xa6"`), text(`"cafe\xcc\x81"`), text(nfc), text("z"),
			}),
			"stat": acctest.Stat(0, 0, 0, 5),
		})},
	}}})
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config})
	for _, args := range [][]string{{"plan", "-no-color"}, {"apply", "-no-color", "-auto-approve"}} {
		run := cli.MustRun(args...)
		if want := acctest.Error("Warning: Nodes that no configuration can name", `Below "`+tree.Path("/p")+`", 2 nodes have paths in another Unicode form than NFC:`,
			`"cafe\xcc\x81"`, `"\xe2\x84\xa6"`, "another node. The attribute children has them as they are written above, with the quotation marks."); !want.MatchString(run.Output) {
			t.Errorf("no match of %q in:\n%s", want, run.Output)
		}
	}
}

func TestAccChildren_errors(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/secret", "", zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      tree.Config(`data "zookeeper_children" "test" { path = "${local.base}/missing" }`),
			ExpectError: acctest.Error("Znode does not exist", `no node at "`+tree.Path("/missing")+`"`, "chroot"),
		},
		{
			Config:      tree.Config(`data "zookeeper_children" "test" { path = "${local.base}/secret" }`),
			ExpectError: acctest.Error("Permission denied", `list the children of the znode "`+tree.Path("/secret")+`"`, "READ (r)"),
		},
		{
			Config:      tree.Config(`data "zookeeper_children" "test" { path = "/a//b" }`),
			ExpectError: acctest.Error(`path = "/a//b"`, "empty element"),
		},
		{
			Config: `provider "zookeeper" {
  servers         = "127.0.0.1:1"
  connect_timeout = 0.5
}
data "zookeeper_children" "test" { path = "/" }`,
			ExpectError: acctest.Error("Cannot reach ZooKeeper", "127.0.0.1:1: connect: connection refused"),
		},
	}})
}
