package sequentialznode_test

import (
	"path/filepath"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// At the most talkative level of the log, the secrets are in none of the files that a run
// leaves, the plan among them, and in nothing that it prints: not when the node is made, not
// when one follows another, and not when somebody writes one of theirs.
func TestAccSequentialZnode_secretsAreNowhere(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	t.Parallel()
	secrets := acctest.Secrets{
		"data_wo":                   "correct-horse-battery-staple",
		"the data_wo that followed": "tr0ub4dor-and-three-more",
		"what somebody wrote":       "hunter2-hunter2-hunter2",
	}
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
variable "secret" {
  type      = string
  ephemeral = true
}

variable "number" { type = string }

resource "zookeeper_sequential_znode" "test" {
  path_prefix     = "/job-"
  data_wo         = var.secret
  data_wo_version = var.number
}
`})
	run := func(secret, version, want string, args ...string) {
		t.Helper()
		cli.Env = []string{
			"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base, "TF_LOG=TRACE", "TF_LOG_PATH=" + filepath.Join(cli.Dir, "log"),
			"TF_VAR_secret=" + secret, "TF_VAR_number=" + version,
		}
		r := cli.MustRun(append(args[:1:1], append([]string{"-no-color"}, args[1:]...)...)...)
		secrets.NotIn(t, "the output of "+args[0], []byte(r.Output))
		if !acctest.Error(want).MatchString(r.Output) {
			t.Errorf("%v does not say %q:\n%s", args, want, r.Output)
		}
	}
	holds := func(want string) {
		t.Helper()
		if err := tree.HasData("/job-0000000000", want); err != nil {
			t.Error(err)
		}
	}
	secret, second := secrets["data_wo"], secrets["the data_wo that followed"]

	run(secret, "1", "1 to add", "plan", "-out=plan")
	run(secret, "1", `"data_wo_version":"1"`, "show", "-json", "plan")
	run(secret, "1", "1 added", "apply", "plan")
	holds(secret)
	run(second, "2", "1 to change", "plan", "-out=plan2")
	run(second, "2", "1 changed", "apply", "plan2")
	holds(second)
	tree.Write("/job-0000000000", secrets["what somebody wrote"])
	run(second, "2", "1 to change", "plan", "-out=plan3")
	run(second, "2", "1 changed", "apply", "plan3")
	holds(second)

	secrets.NotInFiles(t, cli.Dir, "log", "terraform.tfstate", "terraform.tfstate.backup", "plan/tfplan", "plan2/tfplan", "plan2/tfstate", "plan3/tfplan")
	run(second, "2", "1 destroyed", "destroy", "-auto-approve")
	secrets.NotInFiles(t, cli.Dir, "log", "terraform.tfstate.backup")
}
