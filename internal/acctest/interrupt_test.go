package acctest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// managed returns the paths of the nodes that a state has, sorted.
func managed(t *testing.T, cli *acctest.CLI) []string {
	t.Helper()
	var state struct {
		Resources []struct {
			Instances []struct {
				Attributes struct{ Path string }
			}
		}
	}
	b, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if err == nil {
		err = json.Unmarshal(b, &state)
	}
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, r := range state.Resources {
		for _, i := range r.Instances {
			paths = append(paths, i.Attributes.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

// One Ctrl-C while twenty creations are on their way, and their answers come late: each node
// that was made is in the state, and the next apply makes the others and nothing twice.
func TestAccInterrupt_creations(t *testing.T) {
	const each = 10
	for _, tt := range []struct {
		name     string
		from     int  // the creation from which on the answers are held back
		parallel int  // how many are on their way at once
		cut      bool // the connection is lost as well
	}{
		{"none is answered, and some are not begun", 1, each, false},
		{"some are answered, and some are not begun", 8, each, false},
		{"all have been sent", 8, 2 * each, false},
		{"the last is lost", 2 * each, 2 * each, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
			cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(`
resource "zookeeper_znode" "named" {
  count = %[1]d
  path  = "/z${count.index}"
  data  = "same"
}

resource "zookeeper_sequential_znode" "numbered" {
  count       = %[1]d
  path_prefix = "/n-"
  data        = "same"
}
`, each)})
			log := filepath.Join(t.TempDir(), "log")
			env := func(addr string) []string {
				return []string{"ZOOKEEPER_SERVERS=" + addr + tree.Base, "ZOOKEEPER_SESSION_TIMEOUT=60", "TF_LOG_PROVIDER=WARN", "TF_LOG_PATH=" + log}
			}
			cli.Env = env(proxy.Addr())
			left := tt.from
			held, release := proxy.HoldReplies(func(op int32) bool {
				if zktest.IsCreate(op) {
					left--
				}
				return left == 0
			})
			defer release()
			run := cli.Start("apply", "-no-color", "-auto-approve", fmt.Sprintf("-parallelism=%d", tt.parallel))
			ended := make(chan error, 1)
			go func() { ended <- run.Wait() }()
			select {
			case <-held:
			case err := <-ended:
				t.Fatalf("it has ended: %v\n%s", err, run.Output)
			}
			if err := run.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
			waiting := func() bool {
				b, err := os.ReadFile(log)
				return err == nil && strings.Contains(string(b), "still waited for")
			}
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for !waiting() {
				select {
				case err := <-ended:
					t.Fatalf("it has not waited: %v\n%s", err, run.Output)
				case <-tick.C:
				}
			}
			if tt.cut {
				proxy.CutAll()
			}
			release()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}

			on := func() []string {
				names, _, err := tree.Client.Children(t.Context(), tree.Base)
				if err != nil {
					t.Fatal(err)
				}
				for i, name := range names {
					names[i] = "/" + name
				}
				return names
			}
			made, known := on(), managed(t, cli)
			if !slices.Equal(made, known) || len(made) < tt.from || strings.Contains(run.Output, "Outcome unknown") || strings.Contains(run.Output, "read back") {
				t.Fatalf("the server has %v, and the state %v\n%s", made, known, run.Output)
			}
			cli.Env = env(acctest.Server(t).Addr())
			next := cli.MustRun("apply", "-no-color", "-auto-approve")
			if want := fmt.Sprintf("%d added, 0 changed, 0 destroyed", 2*each-len(made)); !strings.Contains(next.Output, want) {
				t.Errorf("the next apply does not say %q:\n%s", want, next.Output)
			}
			all := on()
			if numbered := slices.DeleteFunc(slices.Clone(all), func(path string) bool { return !strings.HasPrefix(path, "/n-") }); len(all) != 2*each || len(numbered) != each || !slices.Equal(all, managed(t, cli)) {
				t.Errorf("the server has %v, and the state %v", all, managed(t, cli))
			}
			t.Logf("%d of %d were made by the interrupted run", len(made), 2*each)
		})
	}
}
