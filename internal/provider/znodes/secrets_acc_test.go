package znodes_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
)

// withSecrets is a resource with data and secrets in HCL.
func withSecrets(data map[string]string, secrets, version string) string {
	return znodes(data, "data_wo = "+secrets+"\n  data_wo_version = \""+version+"\"")
}

func TestAccZnodes_secrets(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	data := map[string]string{"a": "A"}
	version := func(v string, of ...string) attrs {
		return attrs{"data_wo_version": text(v), "data_wo_keys": keys(of...)}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{
				Config:            tree.Config(withSecrets(data, `{ s = "sesame", "deep/t" = "trap" }`, "1")),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, data, version("1", "s", "deep/t")),
				Check:             holds(tree, map[string]string{"": "", "/a": "A", "/s": "sesame", "/deep": "", "/deep/t": "trap"}),
			},
			{
				// The version decides: other secrets of the same version are not seen.
				Config:            tree.Config(withSecrets(data, `{ s = "unseen", "deep/t" = "trap" }`, "1")),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, data, version("1", "s", "deep/t")),
				Check:             tree.CheckData("/app/s", "sesame"),
			},
			{
				// But other keys are: new ones are written, and old ones removed.
				Config: tree.Config(withSecrets(data, `{ s = "unseen", new = "N" }`, "1")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), plancheck.ExpectUnknownValue(address, tfjsonpath.New("zxid")),
				}},
				ConfigStateChecks: state(tree, data, version("1", "s", "new")),
				Check:             holds(tree, map[string]string{"": "", "/a": "A", "/s": "sesame", "/new": "N"}),
			},
			{
				Config:            tree.Config(withSecrets(data, `{ s = "second", new = "N" }`, "2")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, data, version("2", "s", "new")),
				Check:             resource.ComposeTestCheckFunc(holds(tree, map[string]string{"": "", "/a": "A", "/s": "second", "/new": "N"}), tree.CheckVersions("/app/new", 1, 0)),
			},
			{
				// What somebody else wrote is seen, and written over, and not shown.
				PreConfig: func() { tree.Write("/app/s", "theirs") },
				Config:    tree.Config(withSecrets(data, `{ s = "third", new = "N" }`, "2")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), differs("data", "s", nil, nil),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("data_wo_version"), text("2")),
				}},
				ConfigStateChecks: state(tree, data, version("2", "s", "new")),
				Check:             tree.CheckData("/app/s", "third"),
			},
			{
				PreConfig:         func() { tree.Remove("/app/s") },
				Config:            tree.Config(withSecrets(data, `{ s = "third", new = "N" }`, "2")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, data, version("2", "s", "new")),
				Check:             tree.CheckData("/app/s", "third"),
			},
			{
				Config:           tree.Config(withSecrets(data, `{ s = "fourth", new = "N" }`, "3")),
				ConfigPlanChecks: planned(update, func() { tree.Write("/app/s", "theirs") }),
				ExpectError:      acctest.Error("Znodes were changed by somebody else", `"`+tree.Path("/app/s")+`" was changed`, "Nothing was written"),
			},
			{
				// A change of others does not write the secrets again.
				PreConfig:         func() { before(t, tree.CheckData("/app/s", "theirs"))() },
				Config:            tree.Config(withSecrets(data, `{ s = "fourth", new = "N" }`, "3")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, data, version("3", "s", "new")),
				Check:             tree.CheckData("/app/s", "fourth"),
			},
			{
				Config:            tree.Config(withSecrets(map[string]string{"a": "B", "s/low": "below a secret"}, `{ s = "unseen", new = "N" }`, "3")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"a": "B", "s/low": "below a secret"}, version("3", "s", "new")),
				Check:             holds(tree, map[string]string{"": "", "/a": "B", "/s": "fourth", "/s/low": "below a secret", "/new": "N"}),
			},
			{
				// A secret that is one no longer, another that is one now, and one that is in between alone.
				Config:            tree.Config(withSecrets(map[string]string{"new": "public", "s/low": ""}, `{ a = "hidden" }`, "3")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"new": "public", "s/low": ""}, version("3", "a")),
				Check:             holds(tree, map[string]string{"": "", "/a": "hidden", "/s": "", "/s/low": "", "/new": "public"}),
			},
			{
				// Beside exclusive, they are no strangers.
				Config:            tree.Config(znodes(map[string]string{"new": "public"}, "exclusive = true\n  data_wo = { a = \"unseen\" }\n  data_wo_version = \"3\"")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"new": "public"}, attrs{"data_wo_version": text("3"), "data_wo_keys": keys("a"), "exclusive": yes}),
				Check:             holds(tree, map[string]string{"": "", "/a": "hidden", "/new": "public"}),
			},
			{
				Config:            tree.Config(znodes(map[string]string{"new": "public"}, "")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"new": "public"}, nil),
				Check:             holds(tree, map[string]string{"": "", "/new": "public"}),
			},
			{
				Config:            tree.Config(withSecrets(nil, `{ a = "again" }`, "1")),
				ConfigStateChecks: state(tree, nil, attrs{"data_wo_version": text("1"), "data_wo_keys": keys("a"), "data": knownvalue.MapSizeExact(0)}),
				Check:             func(s *terraform.State) error { return tree.CheckData("/app/a", "again")(s) },
			},
		},
	})
}

// A secret is in no state, no plan, no log and no message.
func TestAccZnodes_secretsAreNowhere(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	const secret, next = "sesame-2918", "sesame-4471"
	hcl := func(version string) string {
		return tree.Config("variable \"secret\" {\n  type = string\n  ephemeral = true\n}\n" + withSecrets(map[string]string{"a": "A"}, `{ s = var.secret }`, version))
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": hcl("1")})
	log := filepath.Join(cli.Dir, "log")
	cli.Env = []string{"TF_LOG=TRACE", "TF_LOG_PATH=" + log, "TF_VAR_secret=" + secret}
	outputs := cli.MustRun("apply", "-no-color", "-auto-approve").Output
	cli.Env[2] = "TF_VAR_secret=" + next
	cli.Write("main.tf", hcl("2"))
	outputs += cli.MustRun("plan", "-no-color", "-out=plan").Output
	outputs += cli.MustRun("show", "-json", "plan").Output
	// Somebody else writes, and the message tells nothing of it.
	tree.Write("/app/s", "theirs")
	outputs += cli.Run("apply", "-no-color", "plan").Output
	outputs += cli.MustRun("apply", "-no-color", "-auto-approve").Output
	if err := tree.CheckData("/app/s", next)(nil); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", "plan", "log"} {
		b, err := os.ReadFile(filepath.Join(cli.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		outputs += string(b)
	}
	for _, s := range []string{secret, next} {
		if i := strings.Index(outputs, s); i >= 0 {
			t.Errorf("a secret is told: %s", outputs[max(0, i-300):i+len(s)])
		}
	}
	if !strings.Contains(outputs, "Znodes were changed by somebody else") {
		t.Error("the conflict was not met")
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// A secret that is there already is not to be imported, which the message about it says.
func TestAccZnodes_secretExists(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	tree.Put("/app/s", "theirs")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(withSecrets(nil, `{ s = "sesame" }`, "1"))})
	run := cli.Run("apply", "-no-color", "-auto-approve")
	for _, want := range [][]string{
		{"Znode already exists", `"` + tree.Path("/app/s") + `" exists`},
		{"Import puts the data into the state", `below "` + tree.Path("/app") + `" are keys of data_wo`},
	} {
		if run.Code == 0 || !acctest.Error(want...).MatchString(run.Output) {
			t.Errorf("exit code %d, and not %q:\n%s", run.Code, want, run.Output)
		}
	}
	// There is nothing to be told of where it is another key.
	cli.Write("main.tf", tree.Config(withSecrets(map[string]string{"s": ""}, `{ t = "sesame" }`, "1")))
	if run := cli.Run("apply", "-no-color", "-auto-approve"); run.Code == 0 || strings.Contains(run.Output, "An import puts") {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
}
