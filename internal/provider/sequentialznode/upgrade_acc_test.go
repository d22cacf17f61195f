package sequentialznode_test

import (
	"os"
	"path/filepath"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// The state of tfzk/zookeeper, taken over with "state replace-provider", plans empty, and
// is managed from then on.
func TestAccSequentialZnode_upgradeFromTFZK(t *testing.T) {
	tree := acctest.NewTree(t)
	for _, node := range []struct{ rel, data string }{
		{"/from_tfzk", ""}, {"/from_tfzk/job-0000000002", "first"}, {"/from_tfzk/jobs", ""}, {"/from_tfzk/jobs/0000000000", "second"},
	} {
		tree.Put(node.rel, node.data)
	}
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
	cli.MustRun("apply", "-no-color", "-auto-approve")
	for _, rel := range []string{"/from_tfzk/job-0000000002", "/from_tfzk/jobs/0000000000"} {
		if err := tree.CheckVersions(rel, 0, 0)(nil); err != nil {
			t.Error(err)
		}
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve", "-target=zookeeper_sequential_znode.numbered", "-target=zookeeper_sequential_znode.bare")
	if err := tree.CheckGone("/from_tfzk/job-0000000002", "/from_tfzk/jobs/0000000000")(nil); err != nil {
		t.Error(err)
	}
}
