package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// bush makes nodes below a folder of the test's own, and returns that.
func bush(t *testing.T, c *zk.Client, rels ...string) (root string) {
	t.Helper()
	root = folder(t, c)
	for _, rel := range rels {
		if _, err := c.Create(testContext(t), root+rel, []byte("data"), zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// What is below a node goes, in as many transactions as it takes, and the node stays as it is.
func TestClear(t *testing.T) {
	t.Parallel()
	rels := []string{"/a", "/a/b", "/a/b/c", "/a/b/c/d", "/d", "/d/e", "/d/f", "/g"}
	for name, tt := range map[string]struct{ limit, least int }{"in one transaction": {0, 1}, "in many": {200, 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, c := testContext(t), connect(t, server.Addr(), func(cfg *zk.Config) { cfg.MaxBufferBytes = tt.limit })
			root := bush(t, connect(t, server.Addr()), rels...)
			before, _, err := c.Exists(ctx, root)
			if err != nil {
				t.Fatal(err)
			}
			var gone []string
			batches, last := 0, len(rels)
			err = c.Clear(ctx, root, func(paths []string, left int) {
				batches++
				if left != last-len(paths) {
					t.Errorf("%d of %d are gone, and %d are left", len(paths), last, left)
				}
				last = left
				for _, path := range paths {
					gone = append(gone, path[len(root):])
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(gone)
			if !slices.Equal(gone, rels) || last != 0 || batches < tt.least || tt.limit == 0 && batches > 1 {
				t.Errorf("%v are gone in %d transactions, %d left", gone, batches, last)
			}
			after, _, err := c.Exists(ctx, root)
			if err != nil || after.NumChildren != 0 || after.Czxid != before.Czxid || after.Version != before.Version {
				t.Errorf("%+v is %+v, %v", before, after, err)
			}
			if err := c.Clear(ctx, root, func([]string, int) { t.Error("something was deleted again") }); err != nil {
				t.Error(err)
			}
		})
	}
}

// A transaction has a thousand nodes at most.
func TestClear_batches(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	root := folder(t, c)
	writes := make([]zk.Write, 2500)
	for i := range writes {
		writes[i] = zk.Write{Kind: zk.WriteCreate, Path: fmt.Sprintf("%s/n%d", root, i)}
	}
	if _, err := c.Apply(ctx, zk.Batch{Writes: writes}); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	if err := c.Clear(ctx, root, func(paths []string, _ int) { sizes = append(sizes, len(paths)) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sizes, []int{1000, 1000, 500}) {
		t.Errorf("transactions of %v", sizes)
	}
}

// What others add between the look and the deletion goes too, and what they have deleted is no error.
func TestClear_changedMeanwhile(t *testing.T) {
	t.Parallel()
	ctx, other := testContext(t), connect(t, server.Addr())
	root := bush(t, other, "/a", "/a/b", "/c", "/c/d")
	proxy := zktest.StartProxy(t, server.Addr())
	first := true
	proxy.CutBeforeRequest(func(op int32) bool {
		if first && zktest.IsMulti(op) {
			first = false
			if _, err := other.Create(ctx, root+"/a/b/new", nil, zk.CreateOptions{}); err != nil {
				t.Error(err)
			}
			if err := other.Delete(ctx, root+"/c/d", 0); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	c := connect(t, proxy.Addr())
	if err := c.Clear(ctx, root, func([]string, int) {}); err != nil {
		t.Fatal(err)
	}
	if first {
		t.Error("nothing came between")
	}
	if left := holding(t, other, root); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// Who adds nodes without end is not raced for ever.
func TestClear_withoutEnd(t *testing.T) {
	t.Parallel()
	ctx, other := testContext(t), connect(t, server.Addr())
	root := bush(t, other, "/a", "/a/b")
	proxy := zktest.StartProxy(t, server.Addr())
	n := 0
	proxy.CutBeforeRequest(func(op int32) bool {
		if zktest.IsMulti(op) {
			n++
			if _, err := other.Create(ctx, fmt.Sprintf("%s/a/n%d", root, n), nil, zk.CreateOptions{}); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	err := connect(t, proxy.Addr()).Clear(ctx, root, func([]string, int) {})
	if partial, ok := errors.AsType[*zk.PartialError](err); !errors.Is(err, zk.ErrNotEmpty) || !ok || partial.Done == "" {
		t.Errorf("%v after %d transactions", err, n)
	}
}

// An error says how far it came, and what cannot be cleared is refused before anything is sent.
func TestClear_refused(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	nothing := func(paths []string, _ int) { t.Errorf("%q is gone", paths) }
	for path, want := range map[string]error{"/zookeeper": zk.ErrBadArguments, "/zookeeper/quota": zk.ErrBadArguments, "a": zk.ErrBadArguments, folder(t, c) + "/missing": zk.ErrNoNode} {
		if err := c.Clear(ctx, path, nothing); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	root := bush(t, c, "/closed", "/closed/a", "/open")
	if _, err := c.SetACL(ctx, root+"/closed", []zk.ACL{{Scheme: zk.SchemeWorld, ID: "anyone", Perms: zk.PermAll &^ zk.PermDelete}}, zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	err := c.Clear(ctx, root, nothing)
	if denied, ok := errors.AsType[*zk.MultiError](err); !errors.Is(err, zk.ErrNoAuth) || !ok || denied.Path != root+"/closed/a" {
		t.Errorf("denied: %v", err)
	}

	few := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.MaxBufferBytes = 200 })
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	many := bush(t, c, "/a", "/b", "/c", "/d", "/e")
	deleted := 0
	err = few.Clear(short, many, func(paths []string, _ int) {
		deleted += len(paths)
		cancel()
	})
	if partial, ok := errors.AsType[*zk.PartialError](err); !errors.Is(err, context.Canceled) || !ok || partial.Done != fmt.Sprintf("%d nodes below it have been deleted", deleted) {
		t.Errorf("canceled after %d: %v", deleted, err)
	}
	if left := holding(t, c, many); len(left) != 6-deleted {
		t.Errorf("%d are gone, and %v is left", deleted, left)
	}
}
