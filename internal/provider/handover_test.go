package provider_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A handing is a tree with a resource that an earlier run has made, and a run that replaces it by
// another one of the same path.
type handing struct {
	*acctest.Tree

	t     *testing.T
	proxy *zktest.Proxy
	// run is the provider of the run.
	run *driver
	old *instance
}

// handOver makes the resource in a run of its own, and configures the next one.
func handOver(t *testing.T, put func(tree *acctest.Tree), typ string, config attrs) *handing {
	t.Helper()
	t.Parallel()
	h := &handing{Tree: acctest.NewTree(t), t: t}
	put(h.Tree)
	h.proxy = zktest.StartProxy(t, acctest.Server(t).Addr())
	first := h.provider()
	h.old = first.create(typ, config)
	h.run = h.provider()
	h.run.refresh(h.old)
	return h
}

func (h *handing) provider() *driver { return h.patient(30) }

// patient is a provider that tries to connect for so many seconds, and whose session lives twice as long.
func (h *handing) patient(seconds int) *driver {
	h.t.Helper()
	d := newDriver(h.t)
	d.configure(attrs{"servers": h.proxy.Addr() + h.Base, "default_acl": acl(everybody), "username": acctest.User, "password": acctest.Password, "connect_timeout": seconds, "session_timeout": 2 * seconds})
	return d
}

// An order is one in which a CLI may create a resource and destroy the one before it. It returns
// the new one.
type order struct {
	name string
	do   func(h *handing, typ string, config attrs) *instance
	// knows says that the new one gets to know what the old one remembers.
	knows bool
}

var orders = []order{
	{"destroyed first", func(h *handing, typ string, config attrs) *instance {
		h.run.apply(h.run.plan(h.old, nil))
		return h.run.create(typ, config)
	}, true},
	// As after a rename: both run at the same time.
	{"destroyed while the other is created", func(h *handing, typ string, config attrs) *instance {
		destruction, i := h.run.plan(h.old, nil), h.run.none(typ)
		creation := h.run.plan(i, config)
		// The creation has claimed its nodes when it looks at them, or tries to create them.
		looked := make(chan struct{})
		seen := false
		h.proxy.CutBeforeRequest(func(op int32) bool {
			const exists, getACL, create, create2, getChildren2, multi, multiRead = 3, 6, 1, 15, 12, 14, 22
			ops := []int32{exists, getACL, create, create2}
			if typ == znodes {
				ops = append(ops, getChildren2, multi, multiRead)
			}
			if !seen && slices.Contains(ops, op) {
				seen = true
				close(looked)
			}
			return false
		})
		created := make(chan struct{})
		go func() {
			defer close(created)
			h.run.apply(creation)
		}()
		<-looked
		other := *h.run // what is told is kept for each
		other.told = nil
		other.apply(destruction)
		<-created
		h.run.told = append(h.run.told, other.told...)
		return i
	}, true},
	// As with create_before_destroy.
	{"created first", func(h *handing, typ string, config attrs) *instance {
		i := h.run.create(typ, config)
		h.run.apply(h.run.plan(h.old, nil))
		return i
	}, false},
}

// told returns what was told with the summary.
func (h *handing) told(summary string) (details string) {
	for _, d := range h.run.told {
		if d.Summary == summary {
			details += d.Detail + "\n"
		}
	}
	return details
}

// quiet checks that nothing else was told than what has one of the summaries.
func (h *handing) quiet(summaries ...string) {
	h.t.Helper()
	for _, d := range h.run.told {
		if !slices.Contains(summaries, d.Summary) {
			h.t.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
}

// list is an attribute that is a list of strings.
func (h *handing) list(i *instance, name string) []string {
	h.t.Helper()
	var all map[string]tftypes.Value
	if err := i.state.As(&all); err != nil {
		h.t.Fatal(err)
	}
	var values []tftypes.Value
	if err := all[name].As(&values); err != nil {
		h.t.Fatal(err)
	}
	texts := make([]string, len(values))
	for n, v := range values {
		if err := v.As(&texts[n]); err != nil {
			h.t.Fatal(err)
		}
	}
	return texts
}

// settled checks that a plan of a later run changes nothing.
func (h *handing) settled(i *instance, config attrs) {
	h.t.Helper()
	next := h.provider()
	next.refresh(i)
	c := next.plan(i, config)
	if !c.ok || !next.value(c.planned, next.schemas.ResourceSchemas[i.typ]).Equal(i.state) {
		h.t.Errorf("the next plan changes something: %+v", next.told)
	}
}

// stat is a node's, which must be there.
func (h *handing) stat(rel string) zk.Stat {
	h.t.Helper()
	stat, there, err := h.Client.Exists(h.t.Context(), h.Path(rel))
	if err != nil || !there {
		h.t.Fatalf("%s: there %t, %v", rel, there, err)
	}
	return stat
}

// gone checks that nodes are not there.
func (h *handing) gone(want bool, rels ...string) {
	h.t.Helper()
	for _, rel := range rels {
		if _, there, err := h.Client.Exists(h.t.Context(), h.Path(rel)); err != nil || there == want {
			h.t.Errorf("%s: there %t, %v", rel, there, err)
		}
	}
}

const (
	looksRenamed = "Resource looks renamed"
	pathKept     = "Path is kept for another resource"
	pathFound    = "Path was there already"
	pathNotEmpty = "Path is not empty"
	aclFound     = "ACL was there already"
	aclKept      = "ACL is kept for another resource"
)

// A path outlives its predecessor, and what that made goes with the successor, which knows of it
// unless the CLI has not given it a chance.
func TestAccHandover_ensurePath(t *testing.T) {
	for _, busy := range []bool{false, true} {
		for _, o := range orders {
			t.Run(fmt.Sprintf("%s, busy %t", o.name, busy), func(t *testing.T) {
				h := handOver(t, func(tree *acctest.Tree) { tree.Put("/theirs", "") }, ensurePath, attrs{"path": "/theirs/a/b"})
				if busy {
					h.Put("/theirs/a/b/c", "")
				}
				i := o.do(h, ensurePath, attrs{"path": "/theirs/a/b"})
				h.gone(false, "/theirs/a", "/theirs/a/b")
				want := []string{"/theirs/a", "/theirs/a/b"}
				if !o.knows {
					want = []string{}
				}
				if got := h.list(i, "created"); !slices.Equal(got, want) {
					t.Errorf("created is %v, want %v", got, want)
				}
				kept, notEmpty := h.told(pathKept), h.told(pathNotEmpty)
				if (kept != "") == o.knows || !o.knows && !strings.Contains(kept, `made "/theirs/a", "/theirs/a/b" and did not remove them`) {
					t.Errorf("it was told: %q", kept)
				}
				if (notEmpty != "") != (busy && o.name == "destroyed first") || notEmpty != "" && !strings.Contains(notEmpty, "that one takes it over") {
					t.Errorf("it was told: %q", notEmpty)
				}
				if got := h.told(looksRenamed); (got != "") != (o.name == "destroyed while the other is created") || strings.Count(got, "moved {") > 1 {
					t.Errorf("it was told: %q", got) // the others plan the one when the other is done
				}
				h.quiet(looksRenamed, pathKept, pathNotEmpty, pathFound)
				h.settled(i, attrs{"path": "/theirs/a/b"})

				if !o.knows && !busy {
					// What the warning advises.
					h.Remove("/theirs/a/b")
					h.Remove("/theirs/a")
					next := h.provider()
					next.refresh(i)
					i = next.create(ensurePath, attrs{"path": "/theirs/a/b"})
				}
				if busy {
					h.Remove("/theirs/a/b/c")
				}
				h.provider().destroy(i)
				h.gone(o.knows || !busy, "/theirs/a", "/theirs/a/b")
				h.gone(false, "/theirs")
			})
		}
	}
}

// The same for a path that the old resource was to keep.
func TestAccHandover_keptPath(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			h := handOver(t, func(*acctest.Tree) {}, ensurePath, attrs{"path": "/a/b", "on_destroy": "keep"})
			i := o.do(h, ensurePath, attrs{"path": "/a/b"})
			h.quiet(looksRenamed, pathFound)
			h.gone(false, "/a/b")
			h.provider().destroy(i)
			h.gone(o.knows, "/a/b", "/a")
		})
	}
}

// A node of a path that gets a resource of its own instead is that one's. What was made above it
// is nobody's, and told of.
func TestAccHandover_ensurePathToZnode(t *testing.T) {
	for _, adopt := range []bool{false, true} {
		for _, o := range orders {
			if !o.knows && !adopt {
				continue // the node is there, and that is an error
			}
			t.Run(fmt.Sprintf("%s, adopt %t", o.name, adopt), func(t *testing.T) {
				h := handOver(t, func(*acctest.Tree) {}, ensurePath, attrs{"path": "/a/b"})
				config := attrs{"path": "/a/b", "data": "of its own", "adopt_existing": adopt}
				i := o.do(h, znode, config)
				if err := h.HasData("/a/b", "of its own"); err != nil {
					t.Error(err)
				}
				left := h.told(pathNotEmpty)
				if (left == "") != (o.name == "destroyed first") || left != "" && !strings.Contains(left, `"/a" was not removed`) || strings.Contains(left, "/a/b") {
					t.Errorf("it was told: %q", left)
				}
				h.quiet(pathNotEmpty, "Existing znode will be taken over")
				h.settled(i, config)
				h.provider().destroy(i)
				h.gone(true, "/a/b")
			})
		}
	}
}

// The other way round: the path needs the node, and has it where it gets to know that it can.
func TestAccHandover_znodeToEnsurePath(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			h := handOver(t, func(tree *acctest.Tree) { tree.Put("/a", "theirs") }, znode, attrs{"path": "/a/b"})
			i := o.do(h, ensurePath, attrs{"path": "/a/b"})
			h.gone(false, "/a/b")
			want := []string{"/a/b"}
			if !o.knows {
				want = []string{}
			}
			if got := h.list(i, "created"); !slices.Equal(got, want) {
				t.Errorf("created is %v, want %v", got, want)
			}
			const kept = "Znode is kept for another resource"
			if got := h.told(kept); (got == "") != o.knows {
				t.Errorf("it was told: %q", got)
			}
			h.quiet(kept, pathFound)
			h.settled(i, attrs{"path": "/a/b"})
			h.provider().destroy(i)
			h.gone(o.knows, "/a/b")
			h.gone(false, "/a")
		})
	}
}

// user is the ACL that lets in the provider alone.
func user() []any { return acl([3]string{"digest", acctest.UserID(), "cdrwa"}) }

func userACL() zk.ACL { return zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll} }

// An ACL outlives its predecessor, and a destroy of the successor restores what the node had
// before both; where the CLI has not given it a chance to know, the warning says so, and what it
// advises helps.
func TestAccHandover_znodeACL(t *testing.T) {
	for _, recursive := range []bool{false, true} {
		for _, same := range []bool{true, false} {
			for _, o := range orders {
				t.Run(fmt.Sprintf("%s, recursive %t, same ACL %t", o.name, recursive, same), func(t *testing.T) {
					original := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermDelete}
					config := attrs{"path": "/a", "acl": user(), "recursive": recursive}
					h := handOver(t, func(tree *acctest.Tree) {
						tree.PutGuarded("/a", "", original)
						tree.PutGuarded("/a/x", "", original)
					}, znodeACL, config)
					now := []zk.ACL{userACL()}
					if !same {
						config = attrs{"path": "/a", "acl": acl([3]string{"digest", acctest.UserID(), "cdrwa"}, [3]string{"world", "anyone", "r"}), "recursive": recursive}
						now = append(now, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
					}
					has := func(want ...zk.ACL) {
						t.Helper()
						if err := h.CheckACL("/a", want...)(nil); err != nil {
							t.Error(err)
						}
						if !recursive {
							want = []zk.ACL{original}
						}
						if err := h.CheckACL("/a/x", want...)(nil); err != nil {
							t.Error(err)
						}
					}
					i := o.do(h, znodeACL, config)
					has(now...)
					kept := h.told(aclKept)
					if (kept != "") == o.knows || !o.knows && !strings.Contains(kept, `"/a" had world:anyone:crwa`) {
						t.Errorf("it was told: %q", kept)
					}
					if strings.Contains(kept, `"/a/x"`) != (recursive && !o.knows) {
						t.Errorf("it was told: %q", kept)
					}
					h.quiet(looksRenamed, aclKept, aclFound)
					h.settled(i, config)
					if !o.knows {
						// What the warning advises.
						h.WriteACL("/a", original)
						h.WriteACL("/a/x", original)
						next := h.provider()
						next.refresh(i)
						replaced := next.create(znodeACL, config)
						next.apply(next.plan(i, nil))
						if len(next.told) > 1 { // that it looks renamed
							t.Errorf("%+v", next.told)
						}
						i = replaced
						has(now...)
					}
					h.provider().destroy(i)
					has(original)
				})
			}
		}
	}
}

// A plan in which the creation came before the destruction hands the node on, with all that is in
// it: a resource that was renamed without a moved block.
func TestAccHandover_renamedZnode(t *testing.T) {
	const typ = "zookeeper_znode"
	config := attrs{"path": "/a"}
	plan := func(t *testing.T) (h *handing, creation, destruction *change) {
		h = handOver(t, func(*acctest.Tree) {}, typ, config)
		h.Write("/a", "theirs")
		h.run.refresh(h.old)
		creation = h.run.plan(h.run.none(typ), config)
		destruction = h.run.plan(h.old, nil)
		if got := h.told(looksRenamed); strings.Count(got, "the new resource takes over the node") != 1 {
			t.Errorf("the plan tells: %q", got)
		}
		h.run = h.provider() // an apply of a stored plan
		return h, creation, destruction
	}
	t.Run("destroyed first", func(t *testing.T) {
		h, creation, destruction := plan(t)
		h.Put("/a/child", "x")
		before := h.stat("/a")
		h.run.apply(destruction)
		h.run.apply(creation)
		h.quiet()
		if now := h.stat("/a"); now != before {
			t.Errorf("it was %+v, and is %+v", before, now)
		}
		h.settled(creation.of, config)
		h.Remove("/a/child")
		h.provider().destroy(creation.of)
		h.gone(true, "/a")
	})
	// The node is in the state of the one that could not be completed, and in no other.
	t.Run("destroyed first, and the creation fails", func(t *testing.T) {
		h, creation, destruction := plan(t)
		h.run = h.patient(2)
		h.run.apply(destruction)
		h.proxy.Refuse(true)
		const create2 = 15
		h.proxy.CutBeforeRequest(func(op int32) bool { return op == create2 })
		h.run.apply(creation)
		if creation.of.state.IsNull() {
			t.Error("no state has the node")
		}
	})
	// The destruction cannot hand the node to anybody, and leaves it to the old resource.
	t.Run("created first, and alone", func(t *testing.T) {
		h, creation, destruction := plan(t)
		h.run.apply(creation)
		if !creation.of.state.IsNull() || h.told("Znode already exists") == "" {
			t.Errorf("it was told: %+v", h.run.told)
		}
		h.run.apply(destruction)
		if destruction.of.state.IsNull() || !strings.Contains(h.told("Znode was not handed over"), "Run apply again") {
			t.Errorf("it was told: %+v", h.run.told)
		}
		h.quiet("Znode already exists", "Znode was not handed over")
		h.gone(false, "/a")
	})
	// A run that is interrupted before the creation leaves the node to the old resource.
	t.Run("destroyed first, and interrupted", func(t *testing.T) {
		h, _, destruction := plan(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		h.run.ctx = ctx
		h.run.apply(destruction)
		h.run.ctx = t.Context()
		if destruction.of.state.IsNull() || h.told("Interrupted") == "" {
			t.Errorf("it was told: %+v", h.run.told)
		}
		h.provider().destroy(destruction.of)
		h.gone(true, "/a")
	})
	// A node cannot become one of another kind, so it is not handed on to one.
	t.Run("of another kind", func(t *testing.T) {
		h := handOver(t, func(*acctest.Tree) {}, typ, config)
		creation := h.run.plan(h.run.none(typ), attrs{"path": "/a", "mode": "container"})
		destruction := h.run.plan(h.old, nil)
		if got := h.told(looksRenamed); !strings.Contains(got, "the node may be deleted and created again") {
			t.Errorf("the plan tells: %q", got)
		}
		h.run = h.provider()
		before := h.stat("/a")
		h.run.apply(destruction)
		h.run.apply(creation)
		h.quiet()
		if now := h.stat("/a"); now.Czxid == before.Czxid {
			t.Errorf("it is the same node: %+v", now)
		}
	})
}

// A run is stopped while the creation of a renamed zookeeper_ensure_path waits for the destruction of
// the old one: the creation has nothing then, so that the next run hands over what the old one made.
func TestHandoverInterrupted(t *testing.T) {
	config := attrs{"path": "/a/b/c"}
	h := handOver(t, func(*acctest.Tree) {}, ensurePath, config)
	creating := *h.run
	ctx, stop := context.WithCancel(h.run.ctx)
	defer stop()
	creating.ctx = ctx
	i := h.run.none(ensurePath)
	creation := creating.plan(i, config)
	looked := make(chan struct{})
	once := sync.OnceFunc(func() { close(looked) })
	h.proxy.CutBeforeRequest(func(int32) bool {
		once()
		return false
	})
	created := make(chan struct{})
	go func() {
		defer close(created)
		creating.apply(creation)
	}()
	<-looked
	h.run.refresh(h.old) // an answer comes after those that were asked for before
	stop()
	<-created
	if !i.state.IsNull() || !slices.ContainsFunc(creating.told, func(d *tfprotov6.Diagnostic) bool { return d.Summary == "Interrupted" }) {
		t.Errorf("the state has %v, and was told %v", i.state, creating.told)
	}
	h.run = h.provider()
	h.run.refresh(h.old)
	h.run.apply(h.run.plan(h.old, nil))
	i = h.run.create(ensurePath, config)
	h.quiet("Resource looks renamed")
	h.settled(i, config)
	h.provider().destroy(i)
	h.gone(true, "/a")
}
