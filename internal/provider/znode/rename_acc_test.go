package znode_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// Where the CLI is not told that a resource got another name or key, the plan says for each node
// what becomes of it, and the apply does so. Mostly the new resource takes the node over, with
// what others have written to it.
func TestAccZnode_renamedWithoutMoved(t *testing.T) {
	labels := func(tree *acctest.Tree, name string, many int) string {
		var config strings.Builder
		for i := range many {
			fmt.Fprintf(&config, "resource \"zookeeper_znode\" \"%s%d\" { path = \"${local.base}/n%d\" }\n", name, i, i)
		}
		return tree.Config(config.String())
	}
	keys := func(tree *acctest.Tree, name string, many int) string {
		return tree.Config(fmt.Sprintf(`
locals { numbers = { for i in range(%d) : "%s${i}" => i } }
resource "zookeeper_znode" "all" {
  for_each = local.numbers
  path     = "${local.base}/n${each.value}"
}
`, many, name))
	}
	type configure func(tree *acctest.Tree, name string, many int) string
	for name, tt := range map[string]struct {
		config configure
		many   int
	}{
		"labels": {labels, 8}, "keys": {keys, 8},
		// More than the CLI runs at the same time: creations can have all places, and wait in vain
		// for destructions. Another apply goes on from there.
		"many labels": {labels, 30}, "many keys": {keys, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tt.config(tree, "a", tt.many)})
			cli.Apply()
			czxids := make(map[string]int64)
			for i := range tt.many {
				rel := fmt.Sprintf("/n%d", i)
				tree.Write(rel, "theirs")
				czxids[rel] = stat(t, tree, rel).Czxid
			}
			cli.Write("main.tf", tt.config(tree, "b", tt.many))
			for tries := 1; ; tries++ {
				told, handedOn := renames(cli.MustRun("plan", "-json", "-out=plan").Output, tree, czxids)
				if tries == 1 && (told != tt.many || tt.many == 8 && len(handedOn) == 0) {
					t.Errorf("%d warnings of %d renames, %d of them hand the node on", told, tt.many, len(handedOn))
				}
				run := cli.Run("apply", "-no-color", "plan")
				for rel := range handedOn {
					if now := stat(t, tree, rel); now.Czxid != czxids[rel] || int(now.DataLength) != len("theirs") {
						t.Errorf("%s was to be taken over, and is %+v", rel, now)
					}
				}
				if run.Code == 0 {
					break
				}
				if !strings.Contains(run.Output, "moved {") || tt.many == 8 || tries == 5 {
					t.Fatalf("try %d: exit code %d\n%s", tries, run.Code, run.Output)
				}
			}
			cli.CheckPlansNothing("a rename")
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			if err := tree.CheckGone("/n0", "/n7")(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// renames counts the warnings of renames that a plan gives, and returns the nodes of which it says
// that the new resource takes them over.
func renames(output string, tree *acctest.Tree, nodes map[string]int64) (told int, handedOn map[string]bool) {
	handedOn = make(map[string]bool)
	for line := range strings.Lines(output) {
		var message struct {
			Diagnostic struct{ Summary, Detail string }
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil || message.Diagnostic.Summary != "Resource looks renamed" {
			continue
		}
		told++
		for rel := range nodes {
			if strings.Contains(message.Diagnostic.Detail, fmt.Sprintf("the path %q", tree.Path(rel))) && strings.Contains(message.Diagnostic.Detail, "the new resource takes over the node") {
				handedOn[rel] = true
			}
		}
	}
	return told, handedOn
}
