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
	const many = 8 // no more than the CLI runs at the same time, or creations wait for destructions that have no place
	labels := func(tree *acctest.Tree, name string) string {
		var config strings.Builder
		for i := range many {
			fmt.Fprintf(&config, "resource \"zookeeper_znode\" \"%s%d\" { path = \"${local.base}/n%d\" }\n", name, i, i)
		}
		return tree.Config(config.String())
	}
	keys := func(tree *acctest.Tree, name string) string {
		return tree.Config(fmt.Sprintf(`
locals { numbers = { for i in range(%d) : "%s${i}" => i } }
resource "zookeeper_znode" "all" {
  for_each = local.numbers
  path     = "${local.base}/n${each.value}"
}
`, many, name))
	}
	for name, config := range map[string]func(tree *acctest.Tree, name string) string{"labels": labels, "keys": keys} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": config(tree, "a")})
			cli.Apply()
			czxids := make([]int64, many)
			for i := range many {
				rel := fmt.Sprintf("/n%d", i)
				tree.Write(rel, "theirs")
				czxids[i] = stat(t, tree, rel).Czxid
			}
			cli.Write("main.tf", config(tree, "b"))
			handedOn, told := make(map[string]bool), 0
			for line := range strings.Lines(cli.MustRun("plan", "-json", "-out=plan").Output) {
				var message struct {
					Diagnostic struct{ Summary, Detail string }
				}
				if err := json.Unmarshal([]byte(line), &message); err != nil || message.Diagnostic.Summary != "Resource looks renamed" {
					continue
				}
				told++
				for i := range many {
					rel := fmt.Sprintf("/n%d", i)
					if strings.Contains(message.Diagnostic.Detail, fmt.Sprintf("the path %q", tree.Path(rel))) {
						handedOn[rel] = strings.Contains(message.Diagnostic.Detail, "the new resource takes over the node")
					}
				}
			}
			if told != many || len(handedOn) != many {
				t.Errorf("%d warnings of %d nodes", told, len(handedOn))
			}
			cli.MustRun("apply", "-no-color", "plan")
			for i := range many {
				rel := fmt.Sprintf("/n%d", i)
				if now := stat(t, tree, rel); handedOn[rel] && (now.Czxid != czxids[i] || int(now.DataLength) != len("theirs")) {
					t.Errorf("%s was to be taken over, and is %+v", rel, now)
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
