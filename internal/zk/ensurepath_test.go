package zk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestEnsurePath(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	made, err := c.EnsurePath(ctx, base+"/a/b", nil)
	if err != nil || !slices.Equal(made, []string{base + "/a", base + "/a/b"}) {
		t.Errorf("%v, %v", made, err)
	}
	if made, err := c.EnsurePath(ctx, base+"/a/b", nil); err != nil || made != nil {
		t.Errorf("again: %v, %v", made, err)
	}
	// An ancestor that may be added to and not be read is no obstacle.
	blind := []zk.ACL{{Perms: zk.PermCreate, Scheme: zk.SchemeWorld, ID: "anyone"}}
	if _, err := c.Create(ctx, base+"/blind", nil, zk.CreateOptions{ACL: blind}); err != nil {
		t.Fatal(err)
	}
	if made, err := c.EnsurePath(ctx, base+"/blind", nil); err != nil || made != nil {
		t.Errorf("an unreadable node: %v, %v", made, err)
	}
	if made, err := c.EnsurePath(ctx, base+"/blind/x/y", nil); err != nil || len(made) != 2 {
		t.Errorf("below it: %v, %v", made, err)
	}
	if _, err := c.EnsurePath(ctx, "relative", nil); err == nil {
		t.Error("a relative path")
	}
}

// The stats of the nodes that a path took are those that they were made with; on servers
// that do not answer with them, the transaction alone is known.
func TestMakePath(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"", "3.4.14"} {
		t.Run("release "+version, func(t *testing.T) {
			t.Parallel()
			addr := server.Addr()
			if version != "" {
				addr = zktest.StartServer(t, zktest.WithVersion(version)).Addr()
			}
			ctx, c := testContext(t), connect(t, addr)
			base := folder(t, c)
			made, _, err := c.MakePath(ctx, base+"/a/b", nil)
			if err != nil || len(made) != 2 {
				t.Fatalf("%+v, %v", made, err)
			}
			for i, path := range []string{base + "/a", base + "/a/b"} {
				stat, _, err := c.Exists(ctx, path)
				if err != nil || made[i].Path != path || made[i].HasStat != (version == "") || made[i].Stat.Czxid != stat.Czxid {
					t.Errorf("%+v, the server has %+v, %v", made[i], stat, err)
				}
			}
			if made[0].Stat.Czxid != made[1].Stat.Czxid {
				t.Error("it took more than one transaction")
			}
			if again, _, err := c.MakePath(ctx, base+"/a/b", nil); err != nil || again != nil {
				t.Errorf("again: %+v, %v", again, err)
			}
			if more, _, err := c.MakePath(ctx, base+"/a/b/c", nil); err != nil || len(more) != 1 || more[0].Path != base+"/a/b/c" {
				t.Errorf("more: %+v, %v", more, err)
			}
			// All of it is made, or nothing.
			sealed := []zk.ACL{{Perms: zk.PermAll &^ zk.PermCreate, Scheme: zk.SchemeWorld, ID: "anyone"}}
			part, _, err := c.MakePath(ctx, base+"/c/d", sealed)
			if !errors.Is(err, zk.ErrNoAuth) || part != nil {
				t.Errorf("a path that cannot be finished: %+v, %v", part, err)
			}
			if _, found, err := c.Exists(ctx, base+"/c"); err != nil || found {
				t.Errorf("its beginning is there: %t, %v", found, err)
			}
		})
	}
}

// Only the node that was meant is pruned, and only while there is nothing in it.
func TestPrune(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	made, _, err := c.MakePath(ctx, base+"/a/b", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := made[0], made[1]
	if err := c.Prune(ctx, a.Path, a.Stat.Czxid); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("with a child: %v", err)
	}
	if err := c.Prune(ctx, b.Path, b.Stat.Czxid+1); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("another node: %v", err)
	}
	if _, err := c.Set(ctx, b.Path, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Prune(ctx, b.Path, b.Stat.Czxid); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("with data: %v", err)
	}
	if _, err := c.Set(ctx, b.Path, nil, 1); err != nil {
		t.Fatal(err)
	}
	for _, node := range []zk.Created{b, a} {
		if err := c.Prune(ctx, node.Path, node.Stat.Czxid); err != nil {
			t.Errorf("%s: %v", node.Path, err)
		}
	}
	if err := c.Prune(ctx, a.Path, a.Stat.Czxid); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("what is gone: %v", err)
	}
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota", "relative"} {
		if err := c.Prune(ctx, path, 1); err == nil {
			t.Errorf("%s was pruned", path)
		}
	}
}

// What others make of a path while it is in doubt whether it was made.
var meanwhiles = map[string]struct {
	do   func(ctx context.Context, c *zk.Client, path string) error
	ours bool // it counts as made
}{
	"nothing": {func(context.Context, *zk.Client, string) error { return nil }, true},
	"written": {func(ctx context.Context, c *zk.Client, path string) error {
		_, err := c.Set(ctx, path, nil, 0)
		return err
	}, false},
	"gone": {func(ctx context.Context, c *zk.Client, path string) error {
		return c.DeleteTree(ctx, path, zk.AnyVersion)
	}, true},
}

// inDoubt makes a client whose first matching request loses its reply, and so does the look
// after it, before which something is done.
func inDoubt(t *testing.T, match func(op int32) bool, meanwhile func() error) *zk.Client {
	t.Helper()
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Retry.MaxTries = 1 })
	var seen atomic.Bool
	lost := proxy.CutAfterRequest(func(op int32) bool {
		if match(op) {
			seen.Store(true)
		}
		return seen.Load()
	})
	looked := proxy.CutBeforeRequest(func(op int32) bool {
		const sync = 9
		if !seen.Load() || op != sync {
			return false
		}
		if err := meanwhile(); err != nil {
			t.Error(err)
		}
		return true
	})
	t.Cleanup(func() {
		for _, fault := range []<-chan struct{}{lost, looked} {
			select {
			case <-fault:
			case <-time.After(time.Minute):
				t.Error("there was no doubt: the test showed nothing")
			}
		}
	})
	return c
}

// A parent whose reply was lost, and which could not be looked at right then, is asked for
// again. That it is there by then tells that it was made; unless somebody has written to it.
func TestEnsurePathOfANodeInDoubt(t *testing.T) {
	t.Parallel()
	for name, tc := range meanwhiles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := folder(t, direct)
			creates := 0
			// The first is refused because there is no parent; the second makes that.
			second := func(op int32) bool {
				if zktest.IsCreate(op) {
					creates++
				}
				return creates == 2
			}
			c := inDoubt(t, second, func() error { return tc.do(ctx, direct, base+"/a") })
			made, err := c.EnsurePath(ctx, base+"/a/b", nil)
			want := []string{base + "/a/b"}
			if tc.ours {
				want = []string{base + "/a", base + "/a/b"}
			}
			if err != nil || !slices.Equal(made, want) {
				t.Errorf("%v, %v; want %v", made, err, want)
			}
		})
	}
}

// The same of a path that is made in one transaction. Of two nodes in doubt, one that nobody
// has written to tells of both.
func TestMakePathInDoubt(t *testing.T) {
	t.Parallel()
	const multi = 14
	for name, tc := range meanwhiles {
		for _, rel := range []string{"/a", "/a/b"} {
			t.Run(name+" "+rel[1:], func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				base := folder(t, direct)
				c := inDoubt(t, func(op int32) bool { return op == multi }, func() error { return tc.do(ctx, direct, base+"/a") })
				made, doubt, err := c.MakePath(ctx, base+rel, nil)
				want := 0
				if tc.ours || rel == "/a/b" {
					want = strings.Count(rel, "/")
				}
				if err != nil || doubt != nil || len(made) != want {
					t.Fatalf("%+v, %v, %v; want %d nodes", made, doubt, err, want)
				}
				for _, node := range made {
					if stat, _, err := direct.Exists(ctx, node.Path); err != nil || stat.Czxid != node.Stat.Czxid {
						t.Errorf("%+v; it is %+v, %v", node, stat, err)
					}
				}
			})
		}
	}
	// A caller that goes does not learn what became of it, but of which nodes that is.
	t.Run("the caller goes", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(testContext(t))
		direct := connect(t, server.Addr())
		base := folder(t, direct)
		c := inDoubt(t, func(op int32) bool { return op == multi }, func() error { cancel(); return nil })
		made, doubt, err := c.MakePath(ctx, base+"/a/b", nil)
		if !errors.Is(err, zk.ErrOutcomeUnknown) || made != nil || !slices.Equal(doubt, []string{base + "/a", base + "/a/b"}) {
			t.Errorf("%+v, %v, %v", made, doubt, err)
		}
	})
}
