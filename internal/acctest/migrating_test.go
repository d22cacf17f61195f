package acctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// The state that tfzk/zookeeper 1.4 left, with the configuration that the migration guide
// makes of the old one, plans empty. An apply then touches no node, and all are managed.
func TestAccMigrating(t *testing.T) {
	tree := acctest.NewTree(t)
	alice := zk.ACL{Scheme: "digest", ID: zk.DigestID("alice", "secret"), Perms: zk.PermAll}
	there := []struct {
		rel, data string
		acl       []zk.ACL
	}{
		{"/from_tfzk", "", nil},
		{"/from_tfzk/text", "Grüße, 世界", nil},
		{"/from_tfzk/binary", "\x00\x01\x02\xfe\xff", nil},
		{"/from_tfzk/guarded", "only alice", []zk.ACL{alice, {Scheme: "world", ID: "anyone", Perms: zk.PermRead}}},
		{"/from_tfzk/job-0000000002", "first", nil},
		{"/from_tfzk/jobs", "", nil}, // tfzk makes parents on the way, and does not manage them
		{"/from_tfzk/jobs/0000000000", "second", nil},
	}
	for _, node := range there {
		tree.PutGuarded(node.rel, node.data, node.acl...)
	}
	before := make(map[string]zk.Stat)
	for _, node := range there {
		before[node.rel] = stat(t, tree, node.rel)
	}

	state, err := os.ReadFile(filepath.Join("testdata", "tfzk", "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(examples, "guides", "migrating-from-tfzk", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	servers := acctest.Server(t).Addr() + tree.Base
	hcl := placeholder.ReplaceAllLiteralString(string(config), `"`+servers+`"`)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": hcl, "terraform.tfstate": string(state)})
	cli.Env = []string{"TF_VAR_zookeeper_password=secret"}

	// OpenTofu made the state, in whose registry tfzk's provider was: another CLI needs that named.
	cli.MustRun("state", "replace-provider", "-auto-approve", "registry.opentofu.org/tfzk/zookeeper", "zkform/zookeeper")
	empty := func(after string) {
		t.Helper()
		if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
			t.Fatalf("after %s the plan is not empty: exit code %d\n%s", after, run.Code, run.Output)
		}
	}
	empty("the migration")
	cli.MustRun("apply", "-no-color", "-auto-approve")
	empty("an apply")
	for _, node := range there {
		if now := stat(t, tree, node.rel); now != before[node.rel] {
			t.Errorf("%s was touched: %+v, and was %+v", node.rel, now, before[node.rel])
		}
	}

	// What the guide says of force_destroy.
	cli.Write("main.tf", strings.Replace(hcl, "path = \"/from_tfzk\"\n", "path = \"/from_tfzk\"\n  force_destroy = true\n", 1))
	if run := cli.MustRun("apply", "-no-color", "-auto-approve"); !strings.Contains(run.Output, "0 added, 1 changed, 0 destroyed") {
		t.Errorf("adding force_destroy:\n%s", run.Output)
	}
	for _, node := range there {
		if now := stat(t, tree, node.rel); now != before[node.rel] {
			t.Errorf("force_destroy touched %s: %+v, and was %+v", node.rel, now, before[node.rel])
		}
	}
	if run := cli.MustRun("apply", "-no-color", "-auto-approve", "-replace=zookeeper_znode.text", "-replace=zookeeper_sequential_znode.bare"); !strings.Contains(run.Output, "2 added, 0 changed, 2 destroyed") {
		t.Errorf("replacing two nodes:\n%s", run.Output)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/from_tfzk")(nil); err != nil {
		t.Error(err)
	}
}

func stat(t *testing.T, tree *acctest.Tree, rel string) zk.Stat {
	t.Helper()
	_, stat, err := tree.Client.Get(t.Context(), tree.Path(rel))
	if err != nil {
		t.Fatal(err)
	}
	return stat
}
