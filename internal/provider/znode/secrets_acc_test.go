package znode_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// The secrets of a run, each of which must be on the server and nowhere else.
var secrets = acctest.Secrets{
	"data_wo":                      "correct-horse-battery-staple",
	"the ephemeral resource":       "tr0ub4dor-and-three-more",
	"what somebody wrote over one": "hunter2-hunter2-hunter2",
	"a data_wo that was refused":   "opensesame-opensesame",
}

// At the most talkative level of the log, and in each way that a node can change under a
// secret, the secrets are in none of the files that a run leaves, the plan among them, and
// in nothing that it prints.
func TestAccZnode_secretsAreNowhere(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	t.Parallel()
	tree := acctest.NewTree(t)
	tree.Put("/source", secrets["the ephemeral resource"])
	tree.PutGuarded("/closed", "", zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
	const config = `
variable "secret" {
  type      = string
  ephemeral = true
}

variable "number" {
  type    = string
  default = "1"
}

ephemeral "zookeeper_znode" "source" { path = "/source" }

resource "zookeeper_znode" "given" {
  path            = "/given"
  data_wo         = var.secret
  data_wo_version = var.number
}

resource "zookeeper_znode" "read" {
  path            = "/read"
  data_wo         = ephemeral.zookeeper_znode.source.data
  data_wo_version = var.number
}

resource "zookeeper_znode" "adopted" {
  path            = "/adopted"
  data_wo         = base64decode(ephemeral.zookeeper_znode.source.data_base64)
  data_wo_version = var.number
  adopt_existing  = true
}
`
	tree.Put("/adopted", secrets["what somebody wrote over one"])
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config})
	run := func(secret, version string, args ...string) *acctest.Run {
		cli.Env = []string{
			"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base, "ZOOKEEPER_MAX_BUFFER_BYTES=1000", "TF_LOG=TRACE", "TF_LOG_PATH=" + filepath.Join(cli.Dir, "log"),
			"TF_VAR_secret=" + secret, "TF_VAR_number=" + version,
		}
		r := cli.Run(append(args[:1:1], append([]string{"-no-color"}, args[1:]...)...)...)
		secrets.NotIn(t, "the output of "+strings.Join(args, " "), []byte(r.Output))
		return r
	}
	must := func(r *acctest.Run, want string) {
		t.Helper()
		if r.Code != 0 || !acctest.Error(want).MatchString(r.Output) {
			t.Errorf("exit code %d, want 0 and %q:\n%s", r.Code, want, r.Output)
		}
	}
	secret := secrets["data_wo"]
	files := []string{"log", "terraform.tfstate", "terraform.tfstate.backup", "plan/tfplan", "plan/tfstate", "plan2/tfplan", "plan3/tfplan"}

	must(run(secret, "1", "plan", "-out=plan"), "3 to add")
	planned := cli.MustRun("show", "-json", "plan").Output
	secrets.NotIn(t, "the plan as JSON", []byte(planned))
	if !strings.Contains(planned, `"data_wo_version":"1"`) {
		t.Errorf("the plan as JSON does not have the nodes: %s", planned)
	}
	must(run(secret, "1", "apply", "plan"), "3 added")
	for rel, want := range map[string]string{"/given": secret, "/read": secrets["the ephemeral resource"], "/adopted": secrets["the ephemeral resource"]} {
		if err := tree.HasData(rel, want); err != nil {
			t.Error(err)
		}
	}

	// Somebody else writes a secret of theirs.
	tree.Write("/given", secrets["what somebody wrote over one"])
	must(run(secret, "1", "plan", "-out=plan2"), "Write-only data has changed")
	must(run(secret, "1", "apply", "-refresh-only", "-auto-approve"), "Write-only data has changed")
	must(run(secret, "1", "apply", "-auto-approve"), "1 changed")

	// And while a plan waits; then a size and a place that are refused.
	must(run(secret, "2", "plan", "-out=plan3"), "3 to change")
	tree.Write("/given", secrets["what somebody wrote over one"])
	if r := run(secret, "2", "apply", "plan3"); r.Code == 0 || !acctest.Error("Znode was changed by somebody else").MatchString(r.Output) {
		t.Errorf("exit code %d\n%s", r.Code, r.Output)
	}
	refused := secrets["a data_wo that was refused"]
	if r := run(strings.Repeat(refused, 100), "3", "plan"); r.Code == 0 || !acctest.Error("Data is too large").MatchString(r.Output) {
		t.Errorf("exit code %d\n%s", r.Code, r.Output)
	}
	cli.Write("closed.tf", "resource \"zookeeper_znode\" \"closed\" {\n  path = \"/closed/a\"\n  data_wo = var.secret\n  data_wo_version = \"1\"\n}\n")
	if r := run(refused, "1", "apply", "-auto-approve"); r.Code == 0 || !acctest.Error("Permission denied", "/closed/a").MatchString(r.Output) {
		t.Errorf("exit code %d\n%s", r.Code, r.Output)
	}
	if err := os.Remove(filepath.Join(cli.Dir, "closed.tf")); err != nil {
		t.Error(err)
	}

	// No longer declared: not shown because of that.
	cli.Write("main.tf", `resource "zookeeper_znode" "given" { path = "/given" }`)
	must(run("", "", "apply", "-auto-approve"), "1 changed")
	must(run("", "", "apply", "-refresh-only", "-auto-approve"), "0 changed")

	secrets.NotInFiles(t, cli.Dir, files...)
	must(run("", "", "destroy", "-auto-approve"), "1 destroyed")
	secrets.NotInFiles(t, cli.Dir, files...)
}
