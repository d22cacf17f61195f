package znodeacl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// original is the ACL of the nodes before any resource has set it: not the default one.
var original = zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermDelete}

// A folder is a CLI's, with a tree of two nodes whose ACL is original.
type folder struct {
	*acctest.CLI

	t         *testing.T
	tree      *acctest.Tree
	recursive bool
}

func newFolder(t *testing.T, recursive bool) *folder {
	t.Helper()
	f := &folder{acctest.NewCLI(t, nil), t, acctest.NewTree(t), recursive}
	f.tree.PutGuarded("/a", "", original)
	f.tree.PutGuarded("/a/x", "", original)
	return f
}

// named is the resource in HCL, with further attributes.
func (f *folder) named(name, acl, more string) string {
	return fmt.Sprintf("resource \"zookeeper_znode_acl\" %q {\n  path = \"${local.base}/a\"\n  acl = %s\n  recursive = %t\n  %s\n}\n", name, acl, f.recursive, more)
}

// apply applies a configuration, and returns what the CLI said.
func (f *folder) apply(hcl string, args ...string) string {
	f.t.Helper()
	f.Write("main.tf", as(f.tree, hcl))
	return f.MustRun(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...).Output
}

// check checks the ACLs of the nodes, of the second as far as it is the resource's.
func (f *folder) check(check func(tree *acctest.Tree, rels ...string) resource.TestCheckFunc) {
	f.t.Helper()
	below := isOriginal
	if f.recursive {
		below = check
	}
	if err := all(check(f.tree, "/a"), below(f.tree, "/a/x"))(nil); err != nil {
		f.t.Error(err)
	}
}

func isOriginal(tree *acctest.Tree, rels ...string) resource.TestCheckFunc {
	var checks []resource.TestCheckFunc
	for _, rel := range rels {
		checks = append(checks, tree.CheckACL(rel, original))
	}
	return all(checks...)
}

// settled checks that the next plan is empty.
func (f *folder) settled() {
	f.t.Helper()
	if run := f.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		f.t.Errorf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
}

// restored checks that a destroy gives back what the nodes had before everything.
func (f *folder) restored() {
	f.t.Helper()
	f.quiet(f.MustRun("destroy", "-no-color", "-auto-approve").Output)
	f.check(isOriginal)
}

// says checks whether the CLI has said something.
func (f *folder) says(output string, want bool, texts ...string) {
	f.t.Helper()
	if acctest.Error(texts...).MatchString(output) != want {
		f.t.Errorf("%q was to be said: %t\n%s", texts, want, output)
	}
}

const (
	looksRenamed = "Warning: Resource looks renamed"
	isKept       = "Warning: ACL is kept for another resource"
	notRestored  = "Warning: ACL was not restored"
)

// quiet checks that the CLI has passed on no warning of the resource.
func (f *folder) quiet(output string) {
	f.t.Helper()
	for _, warning := range []string{looksRenamed, isKept, notRestored} {
		f.says(output, false, warning)
	}
}

// both runs a test for one node and for a tree.
func both(t *testing.T, name string, test func(t *testing.T, f *folder)) {
	t.Helper()
	each(t, name, []bool{false, true}, test)
}

func each(t *testing.T, name string, recursives []bool, test func(t *testing.T, f *folder)) {
	t.Helper()
	for _, recursive := range recursives {
		t.Run(strings.TrimPrefix(fmt.Sprintf("%s, recursive %t", name, recursive), ", "), func(t *testing.T) {
			t.Parallel()
			test(t, newFolder(t, recursive))
		})
	}
}

// An ACL is set again by a resource that replaces another, and what the nodes had before both is
// what a destroy restores. So after a taint.
func TestAccZnodeACL_replaced(t *testing.T) {
	for _, tainted := range []bool{false, true} {
		for _, onDestroy := range []string{"restore", "keep"} {
			both(t, fmt.Sprintf("tainted %t, %s", tainted, onDestroy), func(t *testing.T, f *folder) {
				t.Helper()
				config := f.named("test", guarded(), fmt.Sprintf("on_destroy = %q", onDestroy))
				f.apply(config)
				args := []string{"-replace=" + address}
				if tainted {
					f.MustRun("taint", address)
					args = nil
				}
				f.quiet(f.apply(config, args...))
				f.check(isGuarded)
				f.settled()
				f.quiet(f.apply(f.named("test", guarded(), "")))
				f.restored()
			})
		}
	}
}

// With create_before_destroy the ACL stays. The new resource cannot know what the nodes had, and
// the warning says what that is; what it advises helps.
func TestAccZnodeACL_createdBeforeDestroyed(t *testing.T) {
	for _, tainted := range []bool{false, true} {
		both(t, fmt.Sprintf("tainted %t", tainted), func(t *testing.T, f *folder) {
			t.Helper()
			config := f.named("test", guarded(), "lifecycle { create_before_destroy = true }")
			f.apply(config)
			replace := []string{"-replace=" + address}
			args := replace
			if tainted {
				f.MustRun("taint", address)
				args = nil
			}
			output := f.apply(config, args...)
			f.says(output, true, isKept, `"`+f.tree.Path("/a")+`" had world:anyone:crwa`, "setAcl in zkCli", "apply -replace")
			f.says(output, f.recursive, isKept, `"`+f.tree.Path("/a/x")+`" had world:anyone:crwa`)
			f.says(output, false, looksRenamed)
			f.says(output, false, notRestored)
			f.check(isGuarded)
			f.settled()

			f.tree.WriteACL("/a", original)
			f.tree.WriteACL("/a/x", original)
			f.quiet(f.apply(config, replace...))
			f.check(isGuarded)
			f.settled()
			f.restored()
		})
	}
}

// orders are the two orders in which a CLI may do a rename without `moved`: HCL with the resource
// old before the rename, and with new after it.
var orders = map[string]struct {
	config   func(f *folder, acl string) (before, after string)
	handedOn bool
}{
	// What both depend on is replaced between the two.
	"destroyed first": {func(f *folder, acl string) (before, after string) {
		config := func(n int, more string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"gate\" {\n  triggers_replace = %d\n}\n", n) +
				f.named("old", guarded(), fmt.Sprintf("count = %d\ndepends_on = [terraform_data.gate]", 1-n)) + more
		}
		return config(0, ""), config(1, f.named("new", acl, "depends_on = [terraform_data.gate]"))
	}, true},
	// What depends on the old one goes before it, and waits for the new one.
	"created first": {func(f *folder, acl string) (before, after string) {
		created := make(chan struct{})
		late := acctest.BeforeDestruction(f.t, func() {
			select {
			case <-created:
			case <-f.t.Context().Done():
			}
		})
		config := func(n int, more string) string {
			return f.named("old", guarded(), fmt.Sprintf("count = %d", n)) +
				fmt.Sprintf("resource \"terraform_data\" \"late\" {\n  count = %d\n  depends_on = [zookeeper_znode_acl.old]\n\n  %s\n}\n", n, late) + more
		}
		return config(1, ""), config(0, f.named("new", acl, acctest.Afterwards(f.t, func() { close(created) })))
	}, false},
}

// A resource that is renamed without `moved` keeps its ACL, or gets another one, and the plan
// tells of `moved`.
func TestAccZnodeACL_renamed(t *testing.T) {
	for name, order := range orders {
		for _, changed := range []bool{false, true} {
			both(t, fmt.Sprintf("%s, changed %t", name, changed), func(t *testing.T, f *folder) {
				t.Helper()
				acl, check := guarded(), isGuarded
				if changed {
					acl = hcl(user(zk.PermAll))
					check = func(tree *acctest.Tree, rels ...string) resource.TestCheckFunc {
						var checks []resource.TestCheckFunc
						for _, rel := range rels {
							checks = append(checks, tree.CheckACL(rel, user(zk.PermAll)))
						}
						return all(checks...)
					}
				}
				before, after := order.config(f, acl)
				f.apply(before)
				output := f.apply(after)
				f.says(output, true, looksRenamed, f.tree.Path("/a"), "moved {", "from = zookeeper_znode_acl.OLD", "to   = zookeeper_znode_acl.NEW")
				f.says(output, !order.handedOn, isKept, `"`+f.tree.Path("/a")+`" had world:anyone:crwa`)
				f.says(output, false, notRestored)
				f.check(check)
				f.settled()
				if order.handedOn {
					f.restored()
					return
				}
				f.MustRun("destroy", "-no-color", "-auto-approve")
				f.check(isGuarded) // as it found it
			})
		}
	}
}

// Another key of for_each is a rename too; with `moved` nothing happens to the nodes.
func TestAccZnodeACL_renamedKey(t *testing.T) {
	both(t, "", func(t *testing.T, f *folder) {
		t.Helper()
		config := func(key, more string) string {
			return f.named("test", guarded(), fmt.Sprintf("for_each = toset([%q])", key)) + more
		}
		f.apply(config("x", ""))
		f.says(f.apply(config("y", "")), true, looksRenamed)
		f.check(isGuarded)
		f.settled()
		f.quiet(f.apply(config("z", "moved {\n  from = zookeeper_znode_acl.test[\"y\"]\n  to = zookeeper_znode_acl.test[\"z\"]\n}\n")))
		f.check(isGuarded)
		f.settled()
	})
}

// A node that is replaced in the same apply is another one by then: it gets the ACL all the same.
func TestAccZnodeACL_nodeReplaced(t *testing.T) {
	t.Parallel()
	f := newFolder(t, false)
	config := func(mode, acl string) string {
		return fmt.Sprintf("resource \"zookeeper_znode\" \"n\" {\n  path = \"${local.base}/n\"\n  mode = %q\n}\n", mode) +
			fmt.Sprintf("resource \"zookeeper_znode_acl\" \"test\" {\n  path = zookeeper_znode.n.path\n  acl = %s\n}\n", acl)
	}
	f.apply(config("persistent", guarded()))
	f.apply(config("container", hcl(user(zk.PermAll))))
	if err := f.tree.CheckACL("/n", user(zk.PermAll))(nil); err != nil {
		t.Error(err)
	}
	f.settled()
	f.MustRun("destroy", "-no-color", "-auto-approve")
}

// A node that the same apply deletes was not deleted by somebody else.
func TestAccZnodeACL_nodeDeletedByThisApply(t *testing.T) {
	t.Parallel()
	f := newFolder(t, false)
	gate := func(n int) string {
		return fmt.Sprintf("resource \"terraform_data\" \"gate\" {\n  triggers_replace = %d\n}\n", n)
	}
	node := func(n int) string {
		return fmt.Sprintf("resource \"zookeeper_znode\" \"n\" {\n  count = %d\n  path = \"${local.base}/n\"\n  depends_on = [terraform_data.gate]\n}\n", n)
	}
	acl := func(acl string) string {
		return fmt.Sprintf("resource \"zookeeper_znode_acl\" \"test\" {\n  path = \"${local.base}/n\"\n  acl = %s\n  depends_on = [terraform_data.gate, zookeeper_znode.n]\n}\n", acl)
	}
	f.apply(gate(0) + node(1) + acl(guarded()))
	f.Write("main.tf", as(f.tree, gate(1)+node(0)+strings.Replace(acl(hcl(user(zk.PermAll))), ", zookeeper_znode.n", "", 1)))
	run := f.Run("apply", "-no-color", "-auto-approve")
	if run.Code == 0 {
		t.Error("it was applied")
	}
	f.says(run.Output, true, "Error: Znode was deleted by this apply", f.tree.Path("/n"), "remove this resource from the configuration too")
	f.says(run.Output, false, "somebody else")
	f.apply(gate(1))
	f.settled()
}

// What others change of an ACL that is ignored stays, and is not spread over the nodes below.
func TestAccZnodeACL_ignoreChanges(t *testing.T) {
	odd := zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll}
	for _, ignored := range []string{"all", "[acl]"} {
		both(t, ignored, func(t *testing.T, f *folder) {
			t.Helper()
			config := func(acl string) string {
				return f.named("test", acl, "lifecycle { ignore_changes = "+ignored+" }")
			}
			f.apply(config(guarded()))
			f.settled()
			f.says(f.apply(config(hcl(user(zk.PermAll)))), true, "No changes.")
			f.check(isGuarded)

			f.tree.WriteACL("/a", acctest.Open(), odd)
			f.says(f.apply(config(guarded())), true, "No changes.")
			if f.recursive {
				// What appears below gets what the others have.
				f.tree.PutGuarded("/a/y", "", original)
				f.apply(config(guarded()))
				if err := all(isGuarded(f.tree, "/a/x", "/a/y"), f.tree.CheckACL("/a", acctest.Open(), odd))(nil); err != nil {
					t.Error(err)
				}
				f.settled()
			}
			output := f.MustRun("destroy", "-no-color", "-auto-approve").Output
			f.says(output, true, notRestored, f.tree.Path("/a"), "What they set stands")
			if err := f.tree.CheckACL("/a", acctest.Open(), odd)(nil); err != nil {
				t.Error(err)
			}
			if err := isOriginal(f.tree, "/a/x")(nil); err != nil {
				t.Error(err)
			}
		})
	}
	both(t, "other attributes", func(t *testing.T, f *folder) {
		t.Helper()
		ignore := "lifecycle { ignore_changes = [path, recursive, on_destroy] }"
		f.apply(f.named("test", guarded(), ignore))
		other := strings.Replace(f.named("test", guarded(), "on_destroy = \"keep\"\n"+ignore), "/a\"", "/other\"", 1)
		other = strings.Replace(other, fmt.Sprintf("recursive = %t", f.recursive), fmt.Sprintf("recursive = %t", !f.recursive), 1)
		f.says(f.apply(other), true, "No changes.")
		f.restored()
	})
}

// What somebody else has set on the node itself, and the user then declares, is what the nodes
// below get as well.
func TestAccZnodeACL_declaresWhatOthersSet(t *testing.T) {
	t.Parallel()
	f := newFolder(t, true)
	f.apply(f.named("test", guarded(), ""))
	f.tree.WriteACL("/a", acctest.Open())
	f.apply(f.named("test", hcl(acctest.Open()), ""))
	f.check(isOpen)
	f.settled()
	f.restored()
}

// An ACL that nobody could write, as servers can hold, is no reason to refuse a plan that
// ignores it.
func TestAccZnodeACL_ignoresWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	f := newFolder(t, false)
	config := func(onDestroy string) string {
		return f.named("test", guarded(), fmt.Sprintf("on_destroy = %q\nlifecycle { ignore_changes = [acl] }", onDestroy))
	}
	f.apply(config("restore"))
	f.tree.WriteACL("/a", user(zk.PermRead), zk.ACL{Scheme: "digest", ID: "bob:not-a-digest", Perms: zk.PermAll})
	f.settled()
	f.apply(config("keep"))
	f.settled()
	f.MustRun("destroy", "-no-color", "-auto-approve")
}
