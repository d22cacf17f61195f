package zk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func identity(secret string) func(*zk.Config) {
	return func(cfg *zk.Config) { cfg.Auth = []zk.Credential{{Scheme: zk.SchemeDigest, Secret: secret}} }
}

// owned is the ACL that stands for whoever makes the node.
func owned() []zk.ACL { return []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeAuth}} }

// A node belongs to the identity that it was made with, wherever that comes from, and to no
// other user and no other password.
func conformIdentity(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr(), alice)
	base := folder(t, c)
	hers := []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeDigest, ID: zk.DigestID("alice", "secret")}}
	others := map[string]*zk.Client{
		"another user":     connect(t, server.Addr(), identity("bob:secret")),
		"a wrong password": connect(t, server.Addr(), identity("alice:guess")),
		"nobody":           connect(t, server.Addr()),
	}
	for name, acl := range map[string][]zk.ACL{"auth": owned(), "digest": hers} {
		path := base + "/" + name
		if _, err := c.Create(ctx, path, []byte("hers"), zk.CreateOptions{ACL: acl}); err != nil {
			t.Fatal(err)
		}
		if got, stat, err := c.ACL(ctx, path); err != nil || !slices.Equal(got, hers) || stat.Aversion != 0 {
			t.Errorf("%s: the ACL %v at %d, %v", name, got, stat.Aversion, err)
		}
		for who, other := range others {
			for call, err := range asStranger(ctx, other, path) {
				if !errors.Is(err, zk.ErrNoAuth) {
					t.Errorf("%s, %s of %s: %v", name, who, call, err)
				}
			}
		}
		// Another client of hers is as good.
		if data, stat, err := connect(t, server.Addr(), alice).Get(ctx, path); err != nil || string(data) != "hers" || stat.Version != 0 {
			t.Errorf("%s: %q at %d, %v", name, data, stat.Version, err)
		}
		// What she lets others do they can do, and nothing else.
		open := append(slices.Clone(hers), zk.ACL{Perms: zk.PermRead, Scheme: zk.SchemeWorld, ID: "anyone"})
		if _, err := c.SetACL(ctx, path, open, 0); err != nil {
			t.Fatal(err)
		}
		for who, other := range others {
			if data, _, err := other.Get(ctx, path); err != nil || string(data) != "hers" {
				t.Errorf("%s, %s with the permission to read: %q, %v", name, who, data, err)
			}
			if _, err := other.Set(ctx, path, nil, 0); !errors.Is(err, zk.ErrNoAuth) {
				t.Errorf("%s, %s without the permission to write: %v", name, who, err)
			}
		}
	}
}

// asStranger makes the calls that somebody without any permission on the node may not make.
func asStranger(ctx context.Context, c *zk.Client, path string) map[string]error {
	errs := make(map[string]error)
	_, _, errs["get"] = c.Get(ctx, path)
	_, _, errs["children"] = c.Children(ctx, path)
	_, errs["set"] = c.Set(ctx, path, nil, zk.AnyVersion)
	_, errs["setACL"] = c.SetACL(ctx, path, zk.OpenACL(), zk.AnyVersion)
	_, errs["create"] = c.Create(ctx, path+"/child", nil, zk.CreateOptions{})
	_, errs["multi"] = c.Multi(ctx, zk.SetOp(path, nil, zk.AnyVersion))
	return errs
}

// A scheme that the server does not know ends the client, at its start or when the credential
// is added, and is not tried again.
func conformAuthFailed(t *testing.T) {
	t.Parallel()
	unknown := zk.Credential{Scheme: "no-such-scheme", Secret: "hush"}
	failed := func(t *testing.T, what string, err error) {
		t.Helper()
		if !errors.Is(err, zk.ErrAuthFailed) || strings.Contains(err.Error(), unknown.Secret) {
			t.Errorf("%s: %v", what, err)
		}
	}
	t.Run("at construction", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := newClient(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Auth = []zk.Credential{unknown} })
		for range 2 {
			failed(t, "Start", c.Start(ctx))
			everyCallFails(t, "behind it", c, zk.ErrAuthFailed)
		}
		if s := c.State(); s != zk.StateAuthFailed {
			t.Error(s)
		}
		if n := proxy.Count(isAuth); n != 1 {
			t.Errorf("a refused credential was presented %d times", n)
		}
	})
	t.Run("added", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		failed(t, "AddAuth", c.AddAuth(ctx, unknown))
		for range 2 {
			everyCallFails(t, "behind it", c, zk.ErrAuthFailed)
			failed(t, "Start", c.Start(ctx))
		}
		until(t, "the state to say so", func() bool { return c.State() == zk.StateAuthFailed })
		if n := proxy.Count(isAuth); n != 1 {
			t.Errorf("a refused credential was presented %d times", n)
		}
		// The credential is dropped with the session: without it all is well.
		if err := c.Restart(ctx); err != nil {
			t.Fatal(err)
		}
		if err := c.Sync(ctx, "/"); err != nil {
			t.Error(err)
		}
	})
}

// A credential that was added to a client is presented on every connection from then on.
func conformAuthAfterCut(t *testing.T) {
	t.Parallel()
	ctx, nobody := testContext(t), connect(t, server.Addr())
	path := folder(t, nobody) + "/hers"
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	if _, err := c.Create(ctx, path, nil, zk.CreateOptions{ACL: owned()}); !errors.Is(err, zk.ErrInvalidACL) {
		t.Errorf("without an identity: %v", err)
	}
	if err := c.AddAuth(ctx, zk.Credential{Scheme: zk.SchemeDigest, Secret: "alice:secret"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, path, []byte("hers"), zk.CreateOptions{ACL: owned()}); err != nil {
		t.Fatal(err)
	}
	session, _ := c.Session()
	for i := range 3 {
		proxy.CutAll()
		// The read waits for the new connection, on which the identity has gone before it.
		if data, _, err := c.Get(ctx, path); err != nil || string(data) != "hers" {
			t.Fatalf("after cut %d: %q, %v", i, data, err)
		}
		if _, _, err := nobody.Get(ctx, path); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("nobody: %v", err)
		}
	}
	if now, _ := c.Session(); now != session {
		t.Errorf("session %#x has become %#x", session, now)
	}
	if n := proxy.Connections(); n < 4 {
		t.Errorf("%d connections: the test cut nothing", n)
	}
}

// An ACL that the server refuses, or that was meant for another state of the node, changes
// nothing.
func conformSetACL(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/node"
	if _, err := c.Create(ctx, path, nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// The version that counts is the ACL's, and not that of the data.
	for version := range int32(3) {
		if _, err := c.Set(ctx, path, nil, version); err != nil {
			t.Fatal(err)
		}
	}
	acl := []zk.ACL{
		{Perms: zk.PermAll, Scheme: zk.SchemeWorld, ID: "anyone"},
		{Perms: zk.PermRead, Scheme: zk.SchemeDigest, ID: zk.DigestID("bob", "secret")},
	}
	stat, err := c.SetACL(ctx, path, acl, 0)
	if err != nil || stat.Aversion != 1 || stat.Version != 3 {
		t.Fatalf("%+v, %v", stat, err)
	}
	for _, tc := range []struct {
		name    string
		path    string
		acl     []zk.ACL
		version int32
		want    error
	}{
		{"empty", path, []zk.ACL{}, 1, zk.ErrInvalidACL},
		{"none", path, nil, 1, zk.ErrInvalidACL},
		{"unknown scheme", path, []zk.ACL{{Perms: zk.PermAll, Scheme: "nobody", ID: "x"}}, 1, zk.ErrInvalidACL},
		{"auth without credentials", path, owned(), 1, zk.ErrInvalidACL},
		{"missing node", path + "/none", zk.OpenACL(), zk.AnyVersion, zk.ErrNoNode},
		{"stale version", path, zk.OpenACL(), 0, zk.ErrBadVersion},
		{"version of the data", path, zk.OpenACL(), 3, zk.ErrBadVersion},
	} {
		if stat, err := c.SetACL(ctx, tc.path, tc.acl, tc.version); !errors.Is(err, tc.want) || stat != (zk.Stat{}) {
			t.Errorf("%s: %+v, %v", tc.name, stat, err)
		}
		if got, stat, err := c.ACL(ctx, path); err != nil || !slices.Equal(got, acl) || stat.Aversion != 1 {
			t.Errorf("%s left %v at %d, %v", tc.name, got, stat.Aversion, err)
		}
	}
	if stat, err := c.SetACL(ctx, path, zk.OpenACL(), zk.AnyVersion); err != nil || stat.Aversion != 2 {
		t.Errorf("at any version: %d, %v", stat.Aversion, err)
	}
	if _, _, err := c.ACL(ctx, path+"/none"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("the ACL of nothing: %v", err)
	}
}
