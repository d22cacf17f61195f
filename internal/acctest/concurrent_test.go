package acctest_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// rounds is how often each race is run.
const rounds = 3

// A rival is one of two runs at the same time, with a state of its own. What it writes is
// its name, and an ACL that nobody else gives.
type rival struct {
	*acctest.CLI

	name string
	acl  []zk.ACL
	tree *acctest.Tree
}

// rivals makes two of them, with the configuration that hcl gives to each.
func rivals(t *testing.T, tree *acctest.Tree, hcl func(name string) string) []*rival {
	t.Helper()
	var both []*rival
	for i, name := range []string{"one", "two"} {
		r := &rival{
			name: name,
			acl:  []zk.ACL{{Scheme: "ip", ID: fmt.Sprintf("10.0.0.%d", i+1), Perms: zk.PermRead}, acctest.Open()},
			tree: tree,
			CLI:  acctest.NewCLI(t, nil),
		}
		r.configure(hcl(name))
		both = append(both, r)
	}
	return both
}

// configure writes a configuration, in which local.name and local.acl are the rival's.
func (r *rival) configure(hcl string) {
	r.Write("main.tf", r.tree.Config(fmt.Sprintf(`locals {
  name = %q
  open = [{ scheme = "world", id = "anyone", permissions = "cdrwa" }]
  acl  = concat(local.open, [{ scheme = "ip", id = %q, permissions = "r" }])
}

`, r.name, r.acl[0].ID)+hcl))
}

// atOnce runs a command of each rival at the same time.
func atOnce(t *testing.T, both []*rival, args ...string) []*acctest.Run {
	t.Helper()
	var under []*acctest.Run
	for _, r := range both {
		under = append(under, r.Start(args...))
	}
	for i, run := range under {
		if err := run.Wait(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: exit code %d", both[i].name, run.Code)
	}
	return under
}

// owns tells which resources a rival's state has.
func (r *rival) owns() map[string]bool {
	owned := make(map[string]bool)
	for address := range strings.Lines(r.MustRun("state", "list").Output) {
		owned[strings.TrimSpace(address)] = true
	}
	return owned
}

// A meeting is where both rivals wait for each other.
type meeting struct {
	here atomic.Int32
	all  chan struct{}
}

func newMeeting() *meeting { return &meeting{all: make(chan struct{})} }

// beforeCreation is HCL for a resource that is there once both rivals have come to it: what
// depends on it is done by both at the same time.
func (m *meeting) beforeCreation(t *testing.T) string {
	t.Helper()
	return "resource \"terraform_data\" \"met\" {\n  " + m.provisioner(t) + "\n}\n"
}

// beforeDestruction is HCL for a resource that is gone once both have come to it: what it
// depends on is destroyed at the same time.
func (m *meeting) beforeDestruction(t *testing.T, of string) string {
	t.Helper()
	return fmt.Sprintf("resource \"terraform_data\" \"met\" {\n  depends_on = [%s]\n\n  %s\n}\n",
		of, strings.Replace(m.provisioner(t), "{", "{\n    when        = destroy", 1))
}

func (m *meeting) provisioner(t *testing.T) string {
	t.Helper()
	return acctest.Afterwards(t, func() {
		if m.here.Add(1) == 2 {
			close(m.all)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		select {
		case <-m.all:
		case <-ctx.Done():
			t.Error("the other run did not come")
		}
	})
}

// snapshot is all of a tree but its base, by path below that.
func snapshot(t *testing.T, tree *acctest.Tree) map[string]zk.Node {
	t.Helper()
	nodes := make(map[string]zk.Node)
	var walk func(path string)
	walk = func(path string) {
		children, _, err := tree.Client.Children(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range children {
			node, err := tree.Client.Node(t.Context(), path+"/"+name)
			if err != nil {
				t.Fatal(err)
			}
			nodes[strings.TrimPrefix(node.Path, tree.Base)] = node
			walk(node.Path)
		}
	}
	walk(tree.Base)
	return nodes
}

// writerOf returns the rival that has written a node: its data, which may be empty, and its
// ACL, both of them once.
func writerOf(t *testing.T, both []*rival, node zk.Node, empty bool) int {
	t.Helper()
	for i, r := range both {
		want := r.name
		if empty {
			want = ""
		}
		if string(node.Data) == want && slices.Equal(node.ACL, r.acl) && node.Stat.Version == 0 && node.Stat.Aversion == 0 {
			return i
		}
	}
	t.Errorf("%s is not as one of the two wrote it: %+v", node.Path, node)
	return 0
}

// Two runs at once make overlapping trees. Each node is as one of them made it, which has
// it in its state, and an error for the other; each parent is whole; and what does not
// collide is made by both.
func TestAccConcurrent_create(t *testing.T) {
	const shared, own, numbered = 12, 6, 4
	for round := range rounds {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			tree := acctest.NewTree(t)
			met := newMeeting()
			both := rivals(t, tree, func(string) string {
				return met.beforeCreation(t) + fmt.Sprintf(`
resource "zookeeper_znode" "shared" {
  count      = %d
  path       = "${local.base}/r/${count.index %% 3}/${count.index}"
  data       = local.name
  acl        = local.acl
  depends_on = [terraform_data.met]
}

resource "zookeeper_znode" "own" {
  count      = %d
  path       = "${local.base}/r/${count.index %% 3}/${local.name}/${count.index}"
  data       = local.name
  acl        = local.acl
  depends_on = [terraform_data.met]
}

resource "zookeeper_ensure_path" "both" {
  count      = 3
  path       = "${local.base}/r/${count.index}/e/f"
  acl        = local.acl
  depends_on = [terraform_data.met]
}

resource "zookeeper_sequential_znode" "numbered" {
  count       = %d
  path_prefix = "${local.base}/r/0/q/n-"
  data        = local.name
  acl         = local.acl
  depends_on  = [terraform_data.met]
}
`, shared, own, numbered)
			})
			done := atOnce(t, both, "apply", "-no-color", "-auto-approve")
			nodes := snapshot(t, tree)
			owned := []map[string]bool{both[0].owns(), both[1].owns()}

			lost := []int{0, 0}
			for i := range shared {
				rel := fmt.Sprintf("/r/%d/%d", i%3, i)
				winner := writerOf(t, both, nodes[rel], false)
				delete(nodes, rel)
				loser := 1 - winner
				lost[loser]++
				address := fmt.Sprintf("zookeeper_znode.shared[%d]", i)
				if !owned[winner][address] || owned[loser][address] {
					t.Errorf("%s is %s's, and in the states: %t, %t", address, both[winner].name, owned[0][address], owned[1][address])
				}
				if want := acctest.Error(`"` + tree.Path(rel) + `" exists on the server and was not created by this run`); !want.MatchString(done[loser].Output) {
					t.Errorf("%s was not told of %s:\n%s", both[loser].name, rel, done[loser].Output)
				}
			}
			for i, run := range done {
				if errors := strings.Count(run.Output, "Error: "); errors != lost[i] || (run.Code != 0) != (lost[i] > 0) {
					t.Errorf("%s lost %d nodes, and has %d errors and exit code %d:\n%s", both[i].name, lost[i], errors, run.Code, run.Output)
				}
			}
			t.Logf("one made %d of the nodes that both wanted, two %d", lost[1], lost[0])

			made := []int{0, 0}
			for rel, node := range nodes {
				if strings.HasPrefix(rel, "/r/0/q/n-") {
					made[writerOf(t, both, node, false)]++
					delete(nodes, rel)
				}
			}
			for i, r := range both {
				if made[i] != numbered {
					t.Errorf("%s made %d sequential nodes, want %d", r.name, made[i], numbered)
				}
				for n := range own {
					rel := fmt.Sprintf("/r/%d/%s/%d", n%3, r.name, n)
					if writerOf(t, both, nodes[rel], false) != i {
						t.Errorf("%s is not %s's: %+v", rel, r.name, nodes[rel])
					}
					delete(nodes, rel)
				}
			}
			parents := []string{"/r", "/r/0/q"}
			for i := range 3 {
				for _, below := range []string{"", "/one", "/two", "/e", "/e/f"} {
					parents = append(parents, fmt.Sprintf("/r/%d%s", i, below))
				}
			}
			for _, rel := range parents {
				writerOf(t, both, nodes[rel], true)
				delete(nodes, rel)
			}
			if len(nodes) > 0 {
				t.Errorf("nobody wanted %v", nodes)
			}

			// Each destroys what is its own, and what the other has stays until it does so too.
			for i, run := range atOnce(t, both, "destroy", "-no-color", "-auto-approve") {
				if run.Code != 0 {
					t.Errorf("%s could not destroy its own:\n%s", both[i].name, run.Output)
				}
			}
			for rel, node := range snapshot(t, tree) {
				if !slices.Contains(parents, rel) || len(node.Data) > 0 {
					t.Errorf("%s is left: %+v", rel, node)
				}
			}
		})
	}
}

// Two runs at once write to the same nodes, from plans that were made of the same versions.
// Each node ends as one of them wrote it, all of it and once, and the other is told.
func TestAccConcurrent_update(t *testing.T) {
	const count = 12
	for round := range rounds {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			tree := acctest.NewTree(t)
			// Of three nodes, one gets other data, one another ACL, and one both.
			config := func(data, acl, more string) string {
				return fmt.Sprintf(`
resource "zookeeper_znode" "n" {
  count          = %d
  path           = "${local.base}/r/${count.index}"
  data           = count.index %% 3 == 1 ? "start" : %s
  acl            = count.index %% 3 == 0 ? local.open : %s
  adopt_existing = true
  %s
}
`, count, data, acl, more)
			}
			both := rivals(t, tree, func(string) string { return config(`"start"`, "local.open", "") })
			met := newMeeting()
			for _, r := range both {
				r.MustRun("apply", "-no-color", "-auto-approve")
			}
			for _, r := range both {
				r.configure(met.beforeCreation(t) + config("local.name", "local.acl", "depends_on = [terraform_data.met]"))
				r.MustRun("plan", "-no-color", "-out=plan")
			}
			done := atOnce(t, both, "apply", "-no-color", "plan")
			nodes := snapshot(t, tree)

			lost := []int{0, 0}
			for i := range count {
				rel := fmt.Sprintf("/r/%d", i)
				node := nodes[rel]
				newData, newACL := i%3 != 1, i%3 != 0
				winner := slices.IndexFunc(both, func(r *rival) bool {
					return (!newData || string(node.Data) == r.name) && (!newACL || slices.Equal(node.ACL, r.acl))
				})
				if winner < 0 || !newData && string(node.Data) != "start" || !newACL && !slices.Equal(node.ACL, zk.OpenACL()) {
					t.Errorf("%s is not as one of the two wrote it: %+v", rel, node)
					continue
				}
				if (node.Stat.Version == 1) != newData || (node.Stat.Aversion == 1) != newACL || node.Stat.Version > 1 || node.Stat.Aversion > 1 {
					t.Errorf("%s was written more than once: version %d and aversion %d", rel, node.Stat.Version, node.Stat.Aversion)
				}
				loser := 1 - winner
				lost[loser]++
				if want := acctest.Error(`The provider did not update the znode "` + tree.Path(rel) + `": somebody else changed the node after the plan`); !want.MatchString(done[loser].Output) {
					t.Errorf("%s was not told of %s:\n%s", both[loser].name, rel, done[loser].Output)
				}
			}
			for i, run := range done {
				if errors := strings.Count(run.Output, "Error: "); errors != lost[i] || (run.Code != 0) != (lost[i] > 0) {
					t.Errorf("%s lost %d nodes, and has %d errors and exit code %d:\n%s", both[i].name, lost[i], errors, run.Code, run.Output)
				}
			}
			t.Logf("one wrote %d of the nodes, two %d", lost[1], lost[0])
			if len(nodes) != count+1 {
				t.Errorf("%d nodes, want %d and their parent", len(nodes), count)
			}
		})
	}
}

// Two runs at once give ACLs to trees that overlap. Each node ends with the ACL that one of
// them gave it; who comes second has seen what the first gave, or is told and goes no further.
func TestAccConcurrent_acls(t *testing.T) {
	const count = 60 // more than one batch of the client's
	for round := range rounds {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			tree := acctest.NewTree(t)
			for _, rel := range []string{"/r", "/r/both", "/r/one"} {
				tree.Put(rel, "")
			}
			for i := range count {
				tree.Put(fmt.Sprintf("/r/both/%d", i), "")
				tree.Put(fmt.Sprintf("/r/one/%d", i), "")
			}
			met := newMeeting()
			both := rivals(t, tree, func(name string) string {
				path := map[string]string{"one": "/r", "two": "/r/both"}[name]
				return met.beforeCreation(t) + fmt.Sprintf(`
resource "zookeeper_znode_acl" "tree" {
  path       = "${local.base}%s"
  acl        = local.acl
  recursive  = true
  depends_on = [terraform_data.met]
}
`, path)
			})
			done := atOnce(t, both, "apply", "-no-color", "-auto-approve")

			given := []int{0, 0}
			for rel, node := range snapshot(t, tree) {
				writer := slices.IndexFunc(both, func(r *rival) bool { return slices.Equal(node.ACL, r.acl) })
				shared, writes := strings.HasPrefix(rel, "/r/both"), int(node.Stat.Aversion)
				for i, run := range done {
					covers := shared || both[i].name == "one"
					switch {
					case !covers && (writer == i || writes > 1):
						t.Errorf("%s is none of %s's, and was written %d times, with %v at last", rel, both[i].name, writes, node.ACL)
					case covers && run.Code == 0 && writer != i && writes != 2:
						t.Errorf("%s is done, and its write to %s is lost: version %d, %v", both[i].name, rel, writes, node.ACL)
					}
				}
				switch {
				case writer >= 0 && writes <= 2:
					given[writer]++
				case writes > 0:
					t.Errorf("%s was written %d times, with %v at last", rel, writes, node.ACL)
				}
			}
			for i, run := range done {
				told := acctest.Error("somebody else changed the node").MatchString(run.Output)
				if errors := strings.Count(run.Output, "Error: "); (run.Code == 0) != (errors == 0) || errors > 1 || told != (errors == 1) {
					t.Errorf("%s has %d errors and exit code %d:\n%s", both[i].name, errors, run.Code, run.Output)
				}
			}
			t.Logf("one has given %d nodes their ACL, two %d", given[0], given[1])
		})
	}
}

// While one run deletes nodes, another makes something below them. Either the one is told
// that its node is not empty, or the other creates the parent again, whole and empty; and what
// it wanted is there.
func TestAccConcurrent_parents(t *testing.T) {
	const count = 40 // more than a run does at once, so that the two mix
	for round := range rounds {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			tree := acctest.NewTree(t)
			met := newMeeting()
			both := rivals(t, tree, func(name string) string {
				if name == "one" {
					return met.beforeDestruction(t, "zookeeper_znode.parent") + fmt.Sprintf(`
resource "zookeeper_znode" "parent" {
  count = %d
  path  = "${local.base}/${count.index}"
  data  = local.name
  acl   = local.acl
}
`, count)
				}
				return met.beforeCreation(t) + fmt.Sprintf(`
resource "zookeeper_znode" "child" {
  count      = %d
  path       = "${local.base}/${count.index}/child"
  data       = local.name
  acl        = local.acl
  depends_on = [terraform_data.met]
}
`, count)
			})
			deletes, makes := both[0], both[1]
			deletes.MustRun("apply", "-no-color", "-auto-approve")
			deletes.MustRun("plan", "-no-color", "-out=plan", "-destroy")
			makes.MustRun("plan", "-no-color", "-out=plan")
			done := atOnce(t, both, "apply", "-no-color", "plan")
			if done[1].Code != 0 {
				t.Errorf("the nodes below could not be made:\n%s", done[1].Output)
			}
			nodes, owned := snapshot(t, tree), deletes.owns()
			if len(nodes) != 2*count {
				t.Errorf("%d nodes, want %d with a child each: %v", len(nodes), count, nodes)
			}
			kept := 0
			for i := range count {
				rel := fmt.Sprintf("/%d", i)
				if writerOf(t, both, nodes[rel+"/child"], false) != 1 {
					t.Errorf("%s/child is not two's: %+v", rel, nodes[rel+"/child"])
				}
				parent, address := nodes[rel], fmt.Sprintf("zookeeper_znode.parent[%d]", i)
				if len(parent.Data) == 0 { // deleted, and created again as a missing parent
					if writerOf(t, both, parent, true) != 1 || owned[address] {
						t.Errorf("%s: %+v; in the state: %t", rel, parent, owned[address])
					}
					continue
				}
				kept++
				told := acctest.Error(`"` + tree.Path(rel) + `" was not deleted, because it has 1 child: "child".`)
				if writerOf(t, both, parent, false) != 0 || !owned[address] || !told.MatchString(done[0].Output) {
					t.Errorf("%s: %+v; in the state: %t\n%s", rel, parent, owned[address], done[0].Output)
				}
			}
			if errors := strings.Count(done[0].Output, "Error: "); errors != kept || (done[0].Code != 0) != (kept > 0) {
				t.Errorf("%d nodes were not deleted; %d errors and exit code %d:\n%s", kept, errors, done[0].Code, done[0].Output)
			}
			t.Logf("%d parents were kept, %d made anew", kept, count-kept)
		})
	}
}
