package acctest_test

import (
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// What resources make in between, leave to others, declare as "" and empty later is one and the same: data of
// no bytes, which is not null. A node that has null is as declared where empty data is, and is left as it is.
func TestAccEmpty(t *testing.T) {
	tree := acctest.NewTree(t)
	if _, err := tree.Client.Create(t.Context(), tree.Path("/null"), nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config := func(data string) string {
		return tree.Config(`
resource "zookeeper_znode" "without" { path = "${local.base}/parent/without" }

resource "zookeeper_znode" "null" {
  path           = "${local.base}/null"
  data           = ""
  adopt_existing = true
}

resource "zookeeper_znode" "text" {
  path = "${local.base}/text"
  data = "` + data + `"
}

resource "zookeeper_znode" "bytes" {
  path        = "${local.base}/bytes"
  data_base64 = base64encode("` + data + `")
}

resource "zookeeper_znodes" "many" {
  base_path   = "${local.base}/many"
  data        = { "between/text" = "` + data + `" }
  data_base64 = { "bytes" = base64encode("` + data + `") }
}

resource "zookeeper_ensure_path" "path" { path = "${local.base}/ensured/path" }

resource "zookeeper_sequential_znode" "numbered" { path_prefix = "${local.base}/queue/n-" }
`)
	}
	empty := []string{
		"/parent", "/parent/without", "/text", "/bytes", "/many", "/many/between", "/many/between/text", "/many/bytes",
		"/ensured", "/ensured/path", "/queue", "/queue/n-0000000000",
	}
	check := func(after string) {
		t.Helper()
		for _, rel := range empty {
			if data, _, err := tree.Client.Get(t.Context(), tree.Path(rel)); err != nil || data == nil || len(data) > 0 {
				t.Errorf("after %s %s holds %q (null: %t), %v", after, rel, data, data == nil, err)
			}
		}
		if data, stat, err := tree.Client.Get(t.Context(), tree.Path("/null")); err != nil || data != nil || stat.Version != 0 {
			t.Errorf("after %s the node of null data holds %q (null: %t) at version %d, %v", after, data, data == nil, stat.Version, err)
		}
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("")})
	cli.Apply()
	check("a creation")
	cli.CheckPlansNothing("a creation")
	cli.Write("main.tf", config("some"))
	cli.Apply()
	cli.Write("main.tf", config(""))
	cli.Apply()
	check("emptying")
	cli.CheckPlansNothing("emptying")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}
