package ensurepath_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// A folder is a CLI's, with a tree.
type folder struct {
	*acctest.CLI

	t    *testing.T
	tree *acctest.Tree
}

func newFolder(t *testing.T) *folder {
	t.Helper()
	return &folder{acctest.NewCLI(t, nil), t, acctest.NewTree(t)}
}

// apply applies a configuration, and returns what the CLI said.
func (f *folder) apply(hcl string, args ...string) string {
	f.t.Helper()
	f.Write("main.tf", f.tree.Config(hcl))
	return f.MustRun(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...).Output
}

// created returns what the state says that a resource has made, below the base.
func (f *folder) created(address string) []string {
	f.t.Helper()
	var state struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Address string
					Values  struct {
						Created []string
						Czxids  map[string]int64
					}
				}
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal([]byte(f.MustRun("show", "-json").Output), &state); err != nil {
		f.t.Fatal(err)
	}
	for _, r := range state.Values.RootModule.Resources {
		if r.Address != address {
			continue
		}
		rels := make([]string, 0, len(r.Values.Created))
		for _, path := range r.Values.Created {
			rels = append(rels, strings.TrimPrefix(path, f.tree.Base))
			if r.Values.Czxids[path] != f.czxid(strings.TrimPrefix(path, f.tree.Base)) {
				f.t.Errorf("%s: the state has another node of this path: %v", path, r.Values.Czxids)
			}
		}
		return rels
	}
	f.t.Fatalf("%s is not in the state", address)
	return nil
}

// made checks that a resource has made the nodes, no more and no less.
func (f *folder) made(address string, want ...string) {
	f.t.Helper()
	if got := f.created(address); !slices.Equal(got, want) {
		f.t.Errorf("%s has created %v, want %v", address, got, want)
	}
}

func (f *folder) czxid(rel string) int64 {
	f.t.Helper()
	stat, _, err := f.tree.Client.Exists(f.t.Context(), f.tree.Path(rel))
	if err != nil {
		f.t.Fatal(err)
	}
	return stat.Czxid
}

// settled checks that the next plan is empty.
func (f *folder) settled() {
	f.t.Helper()
	if run := f.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		f.t.Errorf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
}

// gone checks that a destroy leaves nothing of the nodes.
func (f *folder) gone(rels ...string) {
	f.t.Helper()
	f.MustRun("destroy", "-no-color", "-auto-approve")
	if err := f.tree.CheckGone(rels...)(nil); err != nil {
		f.t.Error(err)
	}
}

// says checks whether the CLI has said something.
func (f *folder) says(output string, want bool, texts ...string) {
	f.t.Helper()
	if acctest.Error(texts...).MatchString(output) != want {
		f.t.Errorf("%q was to be said: %t\n%s", texts, want, output)
	}
}

// quiet checks that the CLI has passed on no warning of the resource.
func (f *folder) quiet(output string) {
	f.t.Helper()
	for _, warning := range []string{looksRenamed, isKept, notEmpty, wasThere, madeByOthers} {
		f.says(output, false, warning)
	}
}

const (
	looksRenamed = "Warning: Resource looks renamed"
	isKept       = "Warning: Path is kept for another resource"
	notEmpty     = "Warning: Path is not empty"
	wasThere     = "Warning: Path was there already"
	madeByOthers = "Warning: Path was made by somebody else"
)

func cbd(more string) string { return more + "\nlifecycle { create_before_destroy = true }" }

// A path that is replaced by one for the same path is removed and made again; what cannot be
// removed stays the resource's. So after a taint.
func TestAccEnsurePath_replaced(t *testing.T) {
	for _, tainted := range []bool{false, true} {
		t.Run(fmt.Sprintf("tainted %t", tainted), func(t *testing.T) {
			t.Parallel()
			f := newFolder(t)
			again := func() string {
				t.Helper()
				if tainted {
					f.MustRun("taint", address)
					return f.apply(test("/a/b", ""))
				}
				return f.apply(test("/a/b", ""), "-replace="+address)
			}
			f.apply(test("/a/b", ""))
			was := f.czxid("/a")
			output := again()
			f.quiet(output)
			if f.czxid("/a") == was {
				t.Error("the path was not made again")
			}
			f.made(address, "/a", "/a/b")
			f.settled()

			f.tree.Put("/a/b/theirs", "")
			was = f.czxid("/a")
			output = again()
			f.says(output, true, notEmpty, "that one takes it over")
			if f.czxid("/a") != was {
				t.Error("what is not empty was removed")
			}
			f.made(address, "/a", "/a/b")
			f.settled()
			f.tree.Remove("/a/b/theirs")
			f.gone("/a")
		})
	}
}

// With create_before_destroy the path stays. The new resource cannot know what the old one has
// made, and the warning says so; what it advises helps.
func TestAccEnsurePath_createdBeforeDestroyed(t *testing.T) {
	for _, tainted := range []bool{false, true} {
		t.Run(fmt.Sprintf("tainted %t", tainted), func(t *testing.T) {
			t.Parallel()
			f := newFolder(t)
			config := test("/a/b", cbd(""))
			f.apply(config)
			was := f.czxid("/a/b")
			args := []string{"-replace=" + address}
			if tainted {
				f.MustRun("taint", address)
				args = nil
			}
			output := f.apply(config, args...)
			f.says(output, true, isKept, f.tree.Path("/a")+`", "`+f.tree.Path("/a/b")+`"`, "delete in zkCli")
			f.says(output, false, looksRenamed)
			if f.czxid("/a/b") != was {
				t.Error("the path did not stay")
			}
			f.made(address)
			f.settled()

			f.tree.Remove("/a/b")
			f.tree.Remove("/a")
			f.quiet(f.apply(config))
			f.made(address, "/a", "/a/b")
			f.settled()
			f.gone("/a")
		})
	}
}

// With create_before_destroy and another path below the old one, what the two have in common
// stays too.
func TestAccEnsurePath_createdBeforeDestroyedBelow(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.apply(test("/a/b", cbd("")))
	output := f.apply(test("/a/b/c", cbd("")))
	f.says(output, true, isKept, f.tree.Path("/a/b"))
	f.made(address, "/a/b/c")
	f.settled()
	output = f.apply(test("/a", cbd("")))
	f.says(output, false, isKept) // it made /a/b/c alone
	if err := f.tree.CheckGone("/a/b/c")(nil); err != nil {
		t.Error(err)
	}
	f.settled()
}

// orders are the two orders in which a CLI may do a rename without `moved`: HCL with the resource
// old before the rename, and with new after it.
var orders = map[string]struct {
	config   func(t *testing.T, rel string) (before, after string)
	handedOn bool
}{
	// What both depend on is replaced between the two.
	"destroyed first": {func(t *testing.T, rel string) (before, after string) {
		t.Helper()
		config := func(n int, more string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"gate\" {\n  triggers_replace = %d\n}\n", n) +
				named("old", rel, fmt.Sprintf("count = %d\ndepends_on = [terraform_data.gate]", 1-n)) + more
		}
		return config(0, ""), config(1, named("new", rel, "depends_on = [terraform_data.gate]"))
	}, true},
	// What depends on the old one goes before it, and waits for the new one.
	"created first": {func(t *testing.T, rel string) (before, after string) {
		t.Helper()
		created := make(chan struct{})
		late := acctest.BeforeDestruction(t, func() {
			select {
			case <-created:
			case <-t.Context().Done():
			}
		})
		config := func(n int, more string) string {
			return named("old", rel, fmt.Sprintf("count = %d", n)) +
				fmt.Sprintf("resource \"terraform_data\" \"late\" {\n  count = %d\n  depends_on = [zookeeper_ensure_path.old]\n\n  %s\n}\n", n, late) + more
		}
		return config(1, ""), config(0, named("new", rel, acctest.Afterwards(t, func() { close(created) })))
	}, false},
}

// A resource that is renamed without `moved` keeps its path, and the plan tells of `moved`.
func TestAccEnsurePath_renamed(t *testing.T) {
	const old, renamed = "zookeeper_ensure_path.old[0]", "zookeeper_ensure_path.new"
	for name, order := range orders {
		for _, busy := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, busy %t", name, busy), func(t *testing.T) {
				t.Parallel()
				f := newFolder(t)
				before, after := order.config(t, "/a/b")
				f.apply(before)
				f.made(old, "/a", "/a/b")
				if busy {
					f.tree.Put("/a/b/theirs", "")
				}
				output := f.apply(after)
				f.says(output, true, looksRenamed, f.tree.Path("/a/b"), "moved {", "from = zookeeper_ensure_path.OLD", "to   = zookeeper_ensure_path.NEW")
				f.says(output, !order.handedOn, isKept)
				if order.handedOn {
					f.made(renamed, "/a", "/a/b")
				} else {
					f.made(renamed)
				}
				f.settled()
				if busy {
					f.tree.Remove("/a/b/theirs")
				}
				if order.handedOn {
					f.gone("/a")
				}
			})
		}
	}
}

// Another key of for_each is a rename too; with `moved` nothing happens to the nodes.
func TestAccEnsurePath_renamedKey(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	config := func(key, more string) string {
		return test("/a/b", fmt.Sprintf("for_each = toset([%q])", key)) + more
	}
	f.apply(config("x", ""))
	output := f.apply(config("y", ""))
	f.says(output, true, looksRenamed)
	if f.czxid("/a/b") == 0 {
		t.Error("the path is gone")
	}
	f.settled()
	was := f.czxid("/a/b")
	output = f.apply(config("z", "moved {\n  from = zookeeper_ensure_path.test[\"y\"]\n  to = zookeeper_ensure_path.test[\"z\"]\n}\n"))
	f.quiet(output)
	if f.czxid("/a/b") != was {
		t.Error("the path was made again")
	}
	f.settled()
}

// An entity that ignores changes goes on: nothing is refused, and nothing gets lost.
func TestAccEnsurePath_ignoreChanges(t *testing.T) {
	for _, ignored := range []string{"all", "[path]", "[acl]", "[on_destroy]"} {
		t.Run(ignored, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t)
			config := func(path, acl, onDestroy string) string {
				return test(path, acl+"\non_destroy = \""+onDestroy+"\"\nlifecycle { ignore_changes = "+ignored+" }")
			}
			f.apply(config("/a/b", aclOf(guarded), "prune"))
			f.settled()
			path, acl, onDestroy := "/a/b", aclOf(guarded), "prune"
			if ignored == "all" || ignored == "[path]" {
				path = "/z"
			}
			if ignored == "all" || ignored == "[acl]" {
				acl = aclOf(acctest.Open())
			}
			if ignored == "all" || ignored == "[on_destroy]" {
				onDestroy = "keep"
			}
			f.says(f.apply(config(path, acl, onDestroy)), true, "No changes.")
			// What somebody else deletes is made again, as it is in the state.
			f.tree.Remove("/a/b")
			f.apply(config(path, acl, onDestroy))
			f.made(address, "/a", "/a/b")
			if err := f.tree.CheckACL("/a/b", guarded)(nil); err != nil {
				t.Error(err)
			}
			f.settled()
			f.gone("/a", "/z")
		})
	}
}
