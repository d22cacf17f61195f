package acctest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// A znode whose name ends in a number becomes a sequential one by a `moved` block, and back:
// the plan shows the move and nothing else, and no node is touched.
func TestAccMoved_types(t *testing.T) {
	acctest.Needs(t, acctest.MovedTypes)
	tree := acctest.NewTree(t)
	const sequential = "resource \"zookeeper_sequential_znode\" \"b\" {\n  path_prefix = \"/job-\"\n  data        = \"one\"\n}\n"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": sequential})
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	before := stat(t, tree, "/job-0000000000")
	for _, step := range []struct{ config, from, to string }{
		{"resource \"zookeeper_znode\" \"a\" {\n  path = \"/job-0000000000\"\n  data = \"one\"\n}\n", "zookeeper_sequential_znode.b", "zookeeper_znode.a"},
		{sequential, "zookeeper_znode.a", "zookeeper_sequential_znode.b"},
	} {
		cli.Write("main.tf", step.config+"moved {\n  from = "+step.from+"\n  to = "+step.to+"\n}\n")
		if run := cli.MustRun("apply", "-no-color", "-auto-approve"); !strings.Contains(run.Output, "has moved to") || !strings.Contains(run.Output, "0 added, 0 changed, 0 destroyed") {
			t.Errorf("the move to %s:\n%s", step.to, run.Output)
		}
		applyNothing(t, cli)
		if now := stat(t, tree, "/job-0000000000"); now != before {
			t.Errorf("the move to %s touched the node: %+v, and was %+v", step.to, now, before)
		}
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/job-0000000000")(nil); err != nil {
		t.Error(err)
	}
}

// Each resource of a state of tfzk/zookeeper can be moved by itself, and no node is touched.
func TestAccMoved_fromTFZK(t *testing.T) {
	acctest.Needs(t, acctest.MovedProviders)
	cliVersion, err := acctest.AskVersion(os.Getenv("TF_ACC_TERRAFORM_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	registry := "registry.opentofu.org"
	if strings.HasPrefix(cliVersion, "Terraform ") {
		registry = "registry.terraform.io"
	}
	for name, tc := range map[string]struct{ typ, attrs, rel, data string }{
		"text":     {"zookeeper_znode", "path = \"/from_tfzk/text\"\n  data = \"Grüße, 世界\"", "/from_tfzk/text", "Grüße, 世界"},
		"binary":   {"zookeeper_znode", "path = \"/from_tfzk/binary\"\n  data_base64 = \"AAEC/v8=\"", "/from_tfzk/binary", "\x00\x01\x02\xfe\xff"},
		"numbered": {"zookeeper_sequential_znode", "path_prefix = \"/from_tfzk/job-\"\n  data = \"first\"", "/from_tfzk/job-0000000002", "first"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			tree.Put("/from_tfzk", "")
			tree.Put(tc.rel, tc.data)
			before := stat(t, tree, tc.rel)
			config := "resource \"" + tc.typ + "\" \"moved\" {\n  " + tc.attrs + "\n}\nmoved {\n  from = " + tc.typ + "." + name + "\n  to = " + tc.typ + ".moved\n}\n"
			cli := acctest.NewCLI(t, map[string]string{"main.tf": config, "terraform.tfstate": tfzkState(t, name, registry)})
			// The CLI wants the other provider for its schema alone; any will do.
			rc := read(t, filepath.Join(cli.Dir, "cli.tfrc"))
			for line := range strings.Lines(rc) {
				if strings.Contains(line, "zkform/zookeeper") {
					rc = strings.Replace(rc, line, line+strings.ReplaceAll(line, "zkform/", "tfzk/"), 1)
				}
			}
			cli.Write("cli.tfrc", rc)
			cli.Env = []string{"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base}
			if run := cli.MustRun("apply", "-no-color", "-auto-approve"); !strings.Contains(run.Output, "has moved to") || !strings.Contains(run.Output, "0 added, 0 changed, 0 destroyed") {
				t.Errorf("the move:\n%s", run.Output)
			}
			applyNothing(t, cli)
			if now := stat(t, tree, tc.rel); now != before {
				t.Errorf("the move touched the node: %+v, and was %+v", now, before)
			}
		})
	}
}

// tfzkState is a state that tfzk/zookeeper 1.4 left, with one of its resources alone.
func tfzkState(t *testing.T, name, registry string) string {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal([]byte(read(t, filepath.Join("testdata", "tfzk", "terraform.tfstate"))), &state); err != nil {
		t.Fatal(err)
	}
	var kept []any
	all, _ := state["resources"].([]any)
	for _, r := range all {
		res, _ := r.(map[string]any)
		if res["name"] != name {
			continue
		}
		res["provider"] = "provider[\"" + registry + "/tfzk/zookeeper\"]"
		instances, _ := res["instances"].([]any)
		for _, i := range instances {
			instance, _ := i.(map[string]any)
			delete(instance, "dependencies")
		}
		kept = append(kept, res)
	}
	state["resources"] = kept
	b, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
