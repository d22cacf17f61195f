package znode_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

func TestAccZnodeDataSource_basic(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/text", "Grüße", acctest.Open(), userACL(zk.PermRead))
	tree.Put("/text/child", "")
	tree.Put("/binary", "\x00\xff")
	if _, err := tree.Client.Create(t.Context(), tree.Path("/null"), nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	expect := func(name, rel string, allowMissing, data, b64, acl, stat knownvalue.Check, exists bool) statecheck.StateCheck {
		return acctest.Attributes("data.zookeeper_znode."+name, attrs{
			"path": text(tree.Path(rel)), "allow_missing": allowMissing, "exists": knownvalue.Bool(exists),
			"data": data, "data_base64": b64, "acl": acl, "stat": stat,
		})
	}
	open := acctest.ACL(acctest.Open())
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: tree.Config(`
data "zookeeper_znode" "text"   { path = "${local.base}/text" }
data "zookeeper_znode" "binary" { path = "${local.base}/binary" }
data "zookeeper_znode" "null"   { path = "${local.base}/null" }
data "zookeeper_znode" "there" {
  path          = "${local.base}/binary"
  allow_missing = true
}
data "zookeeper_znode" "missing" {
  path          = "${local.base}/missing"
  allow_missing = true
}
`),
			ConfigStateChecks: []statecheck.StateCheck{
				expect("text", "/text", null, text("Grüße"), text("R3LDvMOfZQ=="), acctest.ACL(acctest.Open(), userACL(zk.PermRead)), acctest.Stat(0, 0, 7, 1), true),
				expect("binary", "/binary", null, null, text("AP8="), open, acctest.Stat(0, 0, 2, 0), true),
				expect("null", "/null", null, text(""), text(""), open, acctest.Stat(0, 0, 0, 0), true),
				expect("there", "/binary", yes, null, text("AP8="), open, acctest.Stat(0, 0, 2, 0), true),
				expect("missing", "/missing", yes, null, null, null, null, false),
			},
		}},
	})
}

// The data source may read what no resource may manage.
func TestAccZnodeDataSource_root(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: tree.Config("data \"zookeeper_znode\" \"root\" { path = \"/\" }\n\ndata \"zookeeper_znode\" \"own\" { path = \"/zookeeper\" }\n\noutput \"both\" { value = [data.zookeeper_znode.root.exists, data.zookeeper_znode.own.exists] }"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownOutputValue("both", knownvalue.ListExact([]knownvalue.Check{yes, yes})),
			},
		}},
	})
}

func TestAccZnodeDataSource_errors(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/secret", "", userACL(zk.PermAll))
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      tree.Config(`data "zookeeper_znode" "test" { path = "${local.base}/missing" }`),
			ExpectError: acctest.Error("Znode does not exist", `no node at "`+tree.Path("/missing")+`"`, "allow_missing = true"),
		},
		{
			Config:      tree.Config(`data "zookeeper_znode" "test" { path = "${local.base}/secret" }`),
			ExpectError: acctest.Error("Permission denied", `needs the permission READ (r) on "`+tree.Path("/secret")+`"`, "presents no identity"),
		},
		{
			Config:      tree.Config(`data "zookeeper_znode" "test" { path = "missing" }`),
			ExpectError: acctest.Error(`path = "missing"`, "is not absolute"),
		},
		{
			Config: `provider "zookeeper" {
  servers         = "` + nobodyThere + `"
  connect_timeout = 0.5
}
data "zookeeper_znode" "test" { path = "/a" }`,
			ExpectError: acctest.Error("Cannot reach ZooKeeper", nobodyThere+": connect: connection refused"),
		},
	}})
}
