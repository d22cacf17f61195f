package provider_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// What an error says is to be copied works as it is printed, however the path is written: the
// command in a shell, the block in a configuration.
func TestAccHints_pasted(t *testing.T) {
	tree := acctest.NewTree(t)
	const name = `a b ${x} %{y} "q" it's`
	tree.Put("/"+name, "theirs")
	config := tree.Config(`
resource "zookeeper_znode" "pasted" {
  path = "${local.base}/a b $${x} %%{y} \"q\" it's"
}
`)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config})
	run := cli.Run("apply", "-no-color", "-auto-approve")
	// The CLI draws a line in front of each of its own.
	text := strings.ReplaceAll(run.Output, "│ ", "")
	command := regexp.MustCompile(`(?m)^ {2}terraform (import zookeeper_znode\.)NAME (.*)$`).FindStringSubmatch(text)
	block := regexp.MustCompile(`(?s)\n {2}import \{.*?\n {2}\}\n`).FindString(text)
	if run.Code == 0 || command == nil || block == "" {
		t.Fatalf("exit code %d, command %q, block %q\n%s", run.Code, command, block, run.Output)
	}
	line := fmt.Sprintf("%s %spasted %s", os.Getenv("TF_ACC_TERRAFORM_PATH"), command[1], command[2])
	if run := cli.Shell(line); run.Code != 0 || !strings.Contains(run.Output, "Import successful") {
		t.Errorf("%s: exit code %d\n%s", line, run.Code, run.Output)
	}
	cli.MustRun("state", "rm", "zookeeper_znode.pasted")
	if !acctest.Has(t, acctest.Identity) { // the older CLIs have no import blocks
		return
	}
	cli.Write("import.tf", strings.ReplaceAll(block, "NAME", "pasted"))
	if run := cli.MustRun("plan", "-no-color"); !strings.Contains(run.Output, "1 to import, 0 to add") {
		t.Errorf("%s\n%s", block, run.Output)
	}
}

// A plan says once that everybody may change what it creates, however many resources there are.
func TestAccOpenNodes_once(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.ConfigAs(acctest.User, acctest.Password, `
resource "zookeeper_znode" "a" {
  count = 12
  path  = "${local.base}/a${count.index}"
}

resource "zookeeper_znodes" "b" {
  base_path = "${local.base}/b"
  data      = { x = "1", y = "2" }
}
`)})
	const summary = "Everybody may change what is created"
	if text := cli.MustRun("plan", "-no-color").Output; strings.Count(text, summary) != 1 || !strings.Contains(text, "default_acl") || strings.Contains(text, "more similar warnings") {
		t.Errorf("the plan:\n%s", text)
	}
}
