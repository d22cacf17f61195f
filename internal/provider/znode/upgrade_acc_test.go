package znode_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// The state of tfzk/zookeeper, taken over with "state replace-provider", plans empty, and
// is managed from then on.
func TestAccZnode_upgradeFromTFZK(t *testing.T) {
	tree := acctest.NewTree(t)
	alice := zk.ACL{Scheme: "digest", ID: zk.DigestID("alice", "secret"), Perms: zk.PermAll}
	tree.Put("/from_tfzk", "")
	tree.Put("/from_tfzk/text", "Grüße, 世界")
	tree.Put("/from_tfzk/binary", "\x00\x01\x02\xfe\xff")
	tree.PutGuarded("/from_tfzk/guarded", "only alice", alice, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})

	files := make(map[string]string)
	for _, name := range []string{"main.tf", "terraform.tfstate"} {
		b, err := os.ReadFile(filepath.Join("testdata", "tfzk", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(b)
	}
	cli := acctest.NewCLI(t, files)
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base}

	cli.MustRun("state", "replace-provider", "-auto-approve", "registry.opentofu.org/tfzk/zookeeper", "zkform/zookeeper")
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Fatalf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
	if run := cli.MustRun("apply", "-no-color", "-auto-approve", "-replace=zookeeper_znode.text"); !strings.Contains(run.Output, "1 added, 0 changed, 1 destroyed") {
		t.Errorf("replacing one node:\n%s", run.Output)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/from_tfzk")(nil); err != nil {
		t.Error(err)
	}
}
