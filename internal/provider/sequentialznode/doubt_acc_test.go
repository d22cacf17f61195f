package sequentialznode_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// impatient is a configuration whose provider connects through the proxy, and gives up soon.
func impatient(proxy *zktest.Proxy, tree *acctest.Tree, hcl string) string {
	return fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  connect_timeout = 3\n  session_timeout = 4\n}\n\nlocals { base = %q }\n\n%s", proxy.Addr(), tree.Base, hcl)
}

// Somebody else makes the very same meanwhile: nothing is guessed, and nothing is repeated.
// The error names both nodes, and what to do; each of the two ways works.
func TestAccSequentialZnode_doubtAmongCandidates(t *testing.T) {
	for _, way := range []string{"apply again", "import"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
			cli := acctest.NewCLI(t, map[string]string{"main.tf": through(proxy, tree, test("/job-", `data = "x"`))})
			theirs, ours := tree.Path("/job-0000000000"), tree.Path("/job-0000000001")
			proxy.CutAfterRequest(func(op int32) bool {
				if zktest.IsCreate(op) {
					if _, err := tree.Client.Create(t.Context(), tree.Path("/job-"), []byte("x"), zk.CreateOptions{Mode: zk.PersistentSequential}); err != nil {
						t.Error(err)
					}
				}
				return zktest.IsCreate(op)
			})
			out := cli.FailApply()
			if !acctest.Error("Outcome unknown", `create the sequential znode "`+tree.Path("/job-")+`"`, "not repeated",
				`one of these nodes, or none: "`+theirs+`", "`+ours+`"`, "run apply again", "terraform state rm zookeeper_sequential_znode.NAME", "terraform import zookeeper_sequential_znode.NAME "+theirs).MatchString(out) {
				t.Fatal(out)
			}
			want := []string{"job-0000000000", "job-0000000001"}
			path := ours
			switch way {
			case "apply again":
				if out := cli.Apply(); !acctest.Error("Sequential znode may exist already", theirs, ours, "All of them stay", "1 added, 0 changed, 0 destroyed").MatchString(out) {
					t.Error(out)
				}
				want, path = append(want, "job-0000000002"), tree.Path("/job-0000000002")
			case "import":
				cli.MustRun("state", "rm", address)
				cli.MustRun("import", "-no-color", address, ours)
				if out := cli.Apply(); !strings.Contains(out, "0 added, 0 changed, 0 destroyed") {
					t.Error(out)
				}
			}
			cli.CheckPlansNothing(way)
			cli.CheckValues(address, map[string]any{"path": path, "data": "x"})
			if err := children(t, tree, "", want...)(nil); err != nil {
				t.Error(err)
			}
			if out := cli.MustRun("plan", "-no-color").Output; strings.Contains(out, "may exist already") {
				t.Errorf("it is told again:\n%s", out)
			}
		})
	}
}

// Where no server can be reached to look for it, the next apply names what the creation may
// have made: of the prefix, and of the resource's content, alone. It takes none of them, and
// makes another one.
func TestAccSequentialZnode_doubt(t *testing.T) {
	for name, tt := range map[string]struct {
		attributes, data string
		tookEffect       bool
		named            []string
		feature          *acctest.Feature
	}{
		"made":                 {`data = "x"`, "x", true, []string{"/job-0000000001"}, nil},
		"not made":             {`data = "x"`, "x", false, nil, nil},
		"secret":               {"data_wo = \"x\"\ndata_wo_version = \"1\"", "x", true, []string{"/job-0000000001", "/job-0000000002"}, &acctest.WriteOnly}, // of that length
		"made without content": {``, "", true, []string{"/job-0000000001"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.feature != nil {
				acctest.Needs(t, *tt.feature)
			}
			tree := acctest.NewTree(t)
			proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
			cli := acctest.NewCLI(t, map[string]string{"main.tf": impatient(proxy, tree, test("/job-", tt.attributes))})
			another := func(prefix, data string) {
				t.Helper()
				if _, err := tree.Client.Create(t.Context(), tree.Path(prefix), []byte(data), zk.CreateOptions{Mode: zk.PersistentSequential}); err != nil {
					t.Error(err)
				}
			}
			another("/job-", "x") // before, so that it is not taken for the resource's
			fault := proxy.CutAfterRequest
			if !tt.tookEffect {
				fault = proxy.CutBeforeRequest
			}
			fault(func(op int32) bool {
				if zktest.IsCreate(op) {
					proxy.Refuse(true)
				}
				return zktest.IsCreate(op)
			})
			if out := cli.FailApply(); !acctest.Error("Outcome unknown", "Run apply again: it names the nodes that this request may have made").MatchString(out) {
				t.Fatal(out)
			}
			proxy.Refuse(false)
			another("/job-", "y")  // of other content
			another("/task-", "x") // of another prefix
			before, _, err := tree.Client.Children(t.Context(), tree.Base)
			if err != nil {
				t.Fatal(err)
			}
			plan := cli.MustRun("plan", "-no-color").Output
			if told := strings.Contains(plan, "Sequential znode may exist already"); told != (len(tt.named) > 0) {
				t.Errorf("told: %t\n%s", told, plan)
			}
			for _, rel := range before {
				named, want := strings.Contains(plan, "  "+tree.Path("/"+rel)+"\n"), false
				for _, candidate := range tt.named {
					want = want || candidate == "/"+rel
				}
				if named != want {
					t.Errorf("%s is named: %t, want %t\n%s", rel, named, want, plan)
				}
			}
			cli.Apply()
			cli.CheckPlansNothing("the next apply")
			made, _ := cli.Values()[address]["path"].(string)
			after := append(slices.Clone(before), strings.TrimPrefix(made, tree.Base+"/"))
			slices.Sort(after)
			if err := children(t, tree, "", after...)(nil); err != nil {
				t.Error(err)
			}
			if err := tree.HasData(strings.TrimPrefix(made, tree.Base), tt.data); err != nil {
				t.Error(err)
			}
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			if err := children(t, tree, "", before...)(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// A destroy instead of the next apply removes nothing.
func TestAccSequentialZnode_doubtAndDestroy(t *testing.T) {
	t.Parallel()
	tree := acctest.NewTree(t)
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	cli := acctest.NewCLI(t, map[string]string{"main.tf": impatient(proxy, tree, test("/job-", `data = "x"`))})
	tree.Put("/job-", "theirs") // what a path without its number would be
	proxy.CutAfterRequest(func(op int32) bool {
		if zktest.IsCreate(op) {
			proxy.Refuse(true)
		}
		return zktest.IsCreate(op)
	})
	cli.FailApply()
	proxy.Refuse(false)
	if out := cli.MustRun("destroy", "-no-color", "-auto-approve", "-refresh=false").Output; !acctest.Error("Sequential znode may exist already", "/job-0000000001").MatchString(out) {
		t.Errorf("the node is not named:\n%s", out)
	}
	if err := children(t, tree, "", "job-", "job-0000000001")(nil); err != nil {
		t.Error(err)
	}
	if all := cli.Values(); len(all) != 0 {
		t.Errorf("the state has %v", all)
	}
}
