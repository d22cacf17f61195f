package zk_test

import (
	"context"
	"errors"
	"slices"
	"testing"

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
// that do not answer with them too.
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
			made, err := c.MakePath(ctx, base+"/a/b", nil)
			if err != nil || len(made) != 2 {
				t.Fatalf("%+v, %v", made, err)
			}
			for i, path := range []string{base + "/a", base + "/a/b"} {
				stat, _, err := c.Exists(ctx, path)
				if err != nil || made[i].Path != path || !made[i].HasStat || made[i].Stat.Czxid != stat.Czxid {
					t.Errorf("%+v, the server has %+v, %v", made[i], stat, err)
				}
			}
			if again, err := c.MakePath(ctx, base+"/a/b", nil); err != nil || again != nil {
				t.Errorf("again: %+v, %v", again, err)
			}
			// What was made on the way to a failure is told.
			sealed := []zk.ACL{{Perms: zk.PermAll &^ zk.PermCreate, Scheme: zk.SchemeWorld, ID: "anyone"}}
			part, err := c.MakePath(ctx, base+"/c/d", sealed)
			if !errors.Is(err, zk.ErrNoAuth) || len(part) != 1 || part[0].Path != base+"/c" || part[0].Stat.Czxid == 0 {
				t.Errorf("a path that cannot be finished: %+v, %v", part, err)
			}
		})
	}
}

// Only the node that was meant is pruned, and only while there is nothing in it.
func TestPrune(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	made, err := c.MakePath(ctx, base+"/a/b", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := made[0], made[1]
	if err := c.Prune(ctx, a.Path, a.Stat.Czxid); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("with a child: %v", err)
	}
	if err := c.Prune(ctx, b.Path, a.Stat.Czxid); !errors.Is(err, zk.ErrNoNode) {
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

// A node whose reply was lost, and which could not be looked at right then, is asked for again.
// That it is there by then tells that it was made; unless somebody else has made it, or has
// written to it.
func TestMakePathOfANodeInDoubt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meanwhile func(ctx context.Context, c *zk.Client, path string) error
		want      int
	}{
		"made":    {func(context.Context, *zk.Client, string) error { return nil }, 2},
		"written": {func(ctx context.Context, c *zk.Client, path string) error { _, err := c.Set(ctx, path, nil, 0); return err }, 1},
		"gone":    {func(ctx context.Context, c *zk.Client, path string) error { return c.Delete(ctx, path, 0) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := folder(t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Retry.MaxTries = 1 })
			creates := 0
			lost := proxy.CutAfterRequest(func(op int32) bool {
				// The first is refused because there is no parent; the second makes that.
				if isCreate(op) {
					creates++
				}
				return creates == 2
			})
			var meanwhile error
			looked := proxy.CutBeforeRequest(func(op int32) bool {
				if creates < 2 || op != 9 { // sync
					return false
				}
				meanwhile = tc.meanwhile(ctx, direct, base+"/a")
				return true
			})
			made, err := c.MakePath(ctx, base+"/a/b", nil)
			if err != nil {
				t.Fatal(err)
			}
			<-lost
			<-looked
			if meanwhile != nil {
				t.Fatal(meanwhile)
			}
			if len(made) != tc.want || made[len(made)-1].Path != base+"/a/b" {
				t.Errorf("%+v, want %d nodes", made, tc.want)
			}
			for _, node := range made {
				if stat, _, err := direct.Exists(ctx, node.Path); err != nil || stat.Czxid != node.Stat.Czxid {
					t.Errorf("%+v; it is %+v, %v", node, stat, err)
				}
			}
		})
	}
}
