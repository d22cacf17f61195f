package acctest_test

import (
	"os"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// An ending is how a command ends that would destroy a resource with `destroy = false`.
type ending struct {
	code int
	says string
	// gone says that the node is deleted; another one of its path may be there.
	gone bool
}

// What the guide to the life cycle says of `destroy = false`, which is the CLIs' own, and with
// which each of them does something else.
func TestAccProtection_destroyFalse(t *testing.T) {
	acctest.Needs(t, acctest.DestroyFalse)
	cli, err := acctest.AskVersion(os.Getenv("TF_ACC_TERRAFORM_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	onTerraform := strings.HasPrefix(cli, "Terraform ")
	const config = `resource "zookeeper_znode" "a" {
  for_each = toset(["a"])
  path     = "/${each.key}"
  lifecycle {
    destroy = false
  }
}
`
	const exists = "already exists"
	var (
		apply = []string{"apply"}
		other = strings.Replace(config, "${each.key}", "other", 1)
	)
	for name, tc := range map[string]struct {
		taint           bool
		config          string // for the command
		command         []string
		tofu, terraform ending
	}{
		"destroy":             {config: config, command: []string{"destroy"}, tofu: ending{code: 1, says: "left behind forgotten instances"}},
		"for_each shrinks":    {config: strings.Replace(config, `["a"]`, `[]`, 1), command: apply},
		"the block is gone":   {command: apply, terraform: ending{gone: true}},
		"another path":        {config: other, command: apply, terraform: ending{gone: true}},
		"another path, first": {config: strings.Replace(other, "destroy", "create_before_destroy = true\n    destroy", 1), command: apply, terraform: ending{code: 1, says: "After applying a Forget plan", gone: true}},
		"-replace":            {config: config, command: []string{"apply", `-replace=zookeeper_znode.a["a"]`}, tofu: ending{code: 1, says: exists}, terraform: ending{gone: true}},
		"taint":               {taint: true, config: config, command: apply, tofu: ending{code: 1, says: exists}, terraform: ending{code: 1, says: exists}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := tc.tofu
			if onTerraform {
				want = tc.terraform
			}
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": config})
			cli.Env = []string{"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base}
			cli.MustRun("apply", "-no-color", "-auto-approve")
			before := stat(t, tree, "/a")
			if tc.taint {
				cli.MustRun("taint", `zookeeper_znode.a["a"]`)
			}
			cli.Write("main.tf", tc.config)
			run := cli.Run(append(tc.command, "-no-color", "-auto-approve")...)
			if run.Code != want.code || !acctest.Error(want.says).MatchString(run.Output) {
				t.Errorf("exit code %d, want %d and %q\n%s", run.Code, want.code, want.says, run.Output)
			}
			now, there, err := tree.Client.Exists(t.Context(), tree.Path("/a"))
			if err != nil {
				t.Fatal(err)
			}
			if gone := !there || now.Czxid != before.Czxid; gone != want.gone {
				t.Errorf("the node is gone: %t, want %t\n%s", gone, want.gone, run.Output)
			}
		})
	}
}
