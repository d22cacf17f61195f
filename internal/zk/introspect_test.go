package zk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestEphemerals(t *testing.T) {
	t.Parallel()
	needs(t, ephemeralsList)
	ctx, all := testContext(t), connect(t, server.Addr())
	base := folder(t, all)
	c := connect(t, server.Addr()+base)
	for _, path := range []string{"/a", "/ab", "/b"} {
		if _, err := c.Create(ctx, path, nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string][]string{"/": {"/a", "/ab", "/b"}, "/a": {"/a", "/ab"}, "/none": nil} {
		got, err := c.Ephemerals(ctx, prefix)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", prefix, got, err)
		}
	}
	if got, err := all.Ephemerals(ctx, "/"); err != nil || len(got) != 0 {
		t.Errorf("another session's: %v, %v", got, err)
	}
}

func TestCountDescendants(t *testing.T) {
	t.Parallel()
	needs(t, descendants)
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	if _, err := c.EnsurePath(ctx, base+"/a/b/c", nil); err != nil {
		t.Fatal(err)
	}
	if n, err := c.CountDescendants(ctx, base); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := c.CountDescendants(ctx, base+"/none"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("of nothing: %v", err)
	}
}

func TestWhoAmI(t *testing.T) {
	t.Parallel()
	needs(t, whoAmI)
	c := connect(t, server.Addr(), alice)
	ids, err := c.WhoAmI(testContext(t))
	if err != nil || !slices.Contains(ids, zk.Identity{Scheme: "digest", User: "alice"}) || !slices.Contains(ids, zk.Identity{Scheme: "ip", User: "127.0.0.1"}) {
		t.Errorf("%v, %v", ids, err)
	}
}

// A server is asked who the client is even where it does not tell its version.
func TestWhoAmI_versionNotTold(t *testing.T) {
	t.Parallel()
	needs(t, whoAmI)
	proxy := zktest.StartProxy(t, server.Addr())
	defer proxy.HoldWords()()
	c := connect(t, proxy.Addr(), alice, steady)
	proxy.CutBeforeRequest(zktest.Is(zktest.OpWhoAmI))
	ids, err := c.WhoAmI(testContext(t))
	if err != nil || !slices.Contains(ids, zk.Identity{Scheme: "digest", User: "alice"}) {
		t.Errorf("%v, %v", ids, err)
	}
	// That there is no connection has nothing to do with the version.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	proxy.Refuse(true)
	proxy.CutAll()
	until(t, "the loss of the connection", func() bool { return c.State() == zk.StateSuspended })
	if _, err := c.WhoAmI(ctx); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "ZooKeeper 3.7") {
		t.Error(err)
	}
}

// What the server grants is told, and before a server could, what was asked for.
func TestSessionTimeout(t *testing.T) {
	t.Parallel()
	own := zktest.StartServer(t, zktest.WithConfig("maxSessionTimeout", "3000"))
	c := newClient(t, own.Addr(), func(cfg *zk.Config) { cfg.SessionTimeout = time.Minute })
	if got := c.SessionTimeout(); got != time.Minute {
		t.Errorf("before the start: %v", got)
	}
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if got := c.SessionTimeout(); got != 3*time.Second {
		t.Errorf("granted: %v", got)
	}
}
