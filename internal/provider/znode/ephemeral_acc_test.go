package znode_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/acctest"
)

// What the ephemeral resource reads can be looked at where ephemeral values may go: in the
// write-only data of another node.
func TestAccZnodeEphemeral_basic(t *testing.T) {
	acctest.Needs(t, acctest.Ephemeral)
	tree := acctest.NewTree(t)
	tree.Put("/text", "Grüße")
	tree.Put("/text/child", "")
	tree.Put("/binary", "\x00\xff")
	checkRead := func(rel, want string) resource.TestCheckFunc {
		return func(*terraform.State) error {
			stat, _, err := tree.Client.Exists(t.Context(), tree.Path(rel))
			if err != nil {
				return err
			}
			numbers, err := json.Marshal(map[string]int64{
				"czxid": stat.Czxid, "mzxid": stat.Mzxid, "pzxid": stat.Pzxid, "ctime": stat.Ctime, "mtime": stat.Mtime,
				"version": int64(stat.Version), "cversion": int64(stat.Cversion), "aversion": int64(stat.Aversion),
				"ephemeral_owner": stat.EphemeralOwner, "data_length": int64(stat.DataLength), "num_children": int64(stat.NumChildren),
			})
			if err != nil {
				return err
			}
			return tree.HasData("/copy"+rel, `{`+want+`,"path":"`+tree.Path(rel)+`","stat":`+string(numbers)+`}`)
		}
	}
	config := func(version string) string {
		var hcl strings.Builder
		for _, name := range []string{"text", "binary"} {
			fmt.Fprintf(&hcl, `
ephemeral "zookeeper_znode" %[1]q { path = "${local.base}/%[1]s" }

resource "zookeeper_znode" %[1]q {
  path            = "${local.base}/copy/%[1]s"
  data_wo         = jsonencode(ephemeral.zookeeper_znode.%[1]s)
  data_wo_version = %[2]q
}
`, name, version)
		}
		return tree.Config(hcl.String())
	}
	both := resource.ComposeTestCheckFunc(
		checkRead("/text", `"data":"Grüße","data_base64":"R3LDvMOfZQ=="`),
		checkRead("/binary", `"data":null,"data_base64":"AP8="`),
	)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/copy/text", "/copy/binary"),
		Steps: []resource.TestStep{
			{Config: config("1"), ConfigPlanChecks: plannedFor("zookeeper_znode.text", create), Check: both},
			{
				// It is read again each time.
				PreConfig:        func() { tree.Write("/text", "new") },
				Config:           config("2"),
				ConfigPlanChecks: plannedFor("zookeeper_znode.text", update),
				Check:            checkRead("/text", `"data":"new","data_base64":"bmV3"`),
			},
		},
	})
}

func TestAccZnodeEphemeral_errors(t *testing.T) {
	acctest.Needs(t, acctest.Ephemeral)
	tree := acctest.NewTree(t)
	tree.PutGuarded("/secret", "sesame", userACL(31))
	config := func(path string) string {
		return `ephemeral "zookeeper_znode" "test" { path = ` + path + ` }`
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      tree.Config(config(`"${local.base}/missing"`)),
			ExpectError: acctest.Error("Znode does not exist", `no node at "`+tree.Path("/missing")+`"`),
		},
		{
			Config:      tree.Config(config(`"${local.base}/secret"`)),
			ExpectError: acctest.Error("Permission denied", `needs the permission READ (r) on "`+tree.Path("/secret")+`"`, "presents no identity"),
		},
		{
			Config:      tree.Config(config(`"missing"`)),
			ExpectError: acctest.Error(`path = "missing"`, "is not absolute"),
		},
		{
			Config:      "provider \"zookeeper\" {\n  servers = \"" + nobodyThere + "\"\n  connect_timeout = 0.5\n}\n\n" + config(`"/a"`),
			ExpectError: acctest.Error("Cannot reach ZooKeeper", nobodyThere+": connect: connection refused"),
		},
		{
			Config:      "resource \"terraform_data\" \"late\" { input = \"" + nobodyThere + "\" }\n\nprovider \"zookeeper\" { servers = terraform_data.late.output }\n\n" + config(`"/a"`),
			ExpectError: acctest.Error("Provider is not configured yet", "known only after apply: servers"),
		},
	}})
}
