package session_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, cfg zk.Config, unknown ...string) *session.Session {
	t.Helper()
	s, err := session.New(t.Context(), cfg, nil, unknown)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

// silentPeer accepts connections and never answers. It returns its address, and how many
// connections it has had.
func silentPeer(t *testing.T) (addr string, conns *atomic.Int32) {
	t.Helper()
	conns = new(atomic.Int32)
	return zktest.StartPeer(t, func(c net.Conn) {
		conns.Add(1)
		_, _ = c.Read(make([]byte, 1<<10))
		_, _ = c.Read(make([]byte, 1)) // until the client gives up
	}), conns
}

func TestClientFailsOnceForAll(t *testing.T) {
	t.Parallel()
	addr, conns := silentPeer(t)
	s := open(t, zk.Config{Servers: addr, ConnectTimeout: 300 * time.Millisecond})

	var wg sync.WaitGroup
	const callers = 50
	for range callers {
		wg.Go(func() {
			_, err := s.Client(t.Context())
			if _, ok := errors.AsType[*zk.ConnectError](err); !ok {
				t.Errorf("got %v, want a *zk.ConnectError", err)
			}
		})
	}
	wg.Wait()
	tried := conns.Load()

	if _, err := s.Client(t.Context()); err == nil {
		t.Error("no error from a session that could not connect")
	}
	if n := conns.Load(); n != tried || n >= callers {
		t.Errorf("%d connections for the %d callers that waited, %d with a later one; want a few, and none for that", tried, callers, n)
	}
}

func TestClientOutlivesTheFirstCaller(t *testing.T) {
	t.Parallel()
	addr, _ := silentPeer(t)
	s := open(t, zk.Config{Servers: addr, ConnectTimeout: time.Second})

	first, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Client(first); !errors.Is(err, context.Canceled) {
		t.Errorf("the first caller got %v, want its own context's error", err)
	}
	// The attempt that the first caller began goes on, and has its own outcome.
	_, err := s.Client(t.Context())
	if _, ok := errors.AsType[*zk.ConnectError](err); !ok {
		t.Errorf("the second caller got %v, want a *zk.ConnectError", err)
	}
}

func TestCloseEndsTheWaitForAConnection(t *testing.T) {
	t.Parallel()
	connected := make(chan struct{})
	addr := zktest.StartPeer(t, func(c net.Conn) {
		close(connected)
		_, _ = c.Read(make([]byte, 1<<10))
		_, _ = c.Read(make([]byte, 1))
	})
	s := open(t, zk.Config{Servers: addr, SessionTimeout: time.Hour, ConnectTimeout: time.Hour})
	failed := make(chan error, 1)
	go func() {
		_, err := s.Client(context.Background())
		failed <- err
	}()
	<-connected
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, zk.ErrClosed) {
		t.Errorf("got %v, want zk.ErrClosed", err)
	}
}

func TestInterruptEndsTheWaitForAConnection(t *testing.T) {
	t.Parallel()
	connected := make(chan struct{})
	addr := zktest.StartPeer(t, func(c net.Conn) {
		close(connected)
		_, _ = c.Read(make([]byte, 1<<10))
		_, _ = c.Read(make([]byte, 1))
	})
	var g session.Group
	s := open(t, zk.Config{Servers: addr, SessionTimeout: time.Hour, ConnectTimeout: time.Hour})
	g.Add(s)
	g.Add(open(t, zk.Config{}, "servers")) // never had a client
	failed := make(chan error, 1)
	go func() {
		_, err := s.Client(context.Background())
		failed <- err
	}()
	<-connected
	g.Interrupt(t.Context())
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := s.Client(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("a later caller got %v, want context.Canceled", err)
	}
}

func TestUnknownConfiguration(t *testing.T) {
	t.Parallel()
	s := open(t, zk.Config{Servers: "will not be looked at: ://"}, "servers", "password")
	_, err := s.Client(t.Context())
	if unknown, ok := errors.AsType[*session.UnknownError](err); !ok || !slices.Equal(unknown.Attributes, []string{"servers", "password"}) {
		t.Errorf("got %v, want an *UnknownError with both attributes", err)
	}
	if err := s.CheckCreate("/a", make([]byte, 1<<20), zk.CreateOptions{}); err != nil {
		t.Errorf("a limit that is not known refused: %v", err)
	}
}

func TestInvalidConfiguration(t *testing.T) {
	t.Parallel()
	if _, err := session.New(t.Context(), zk.Config{Servers: "host:port"}, nil, nil); err == nil {
		t.Error("no error")
	}
}

// What is compared with the limit is the request with the path that the servers see.
func TestSizesCountTheChroot(t *testing.T) {
	t.Parallel()
	const limit = 1000
	acl := zk.OpenACL()
	s := open(t, zk.Config{Servers: "127.0.0.1:1/app", MaxBufferBytes: limit})
	data := func(empty int) []byte { return make([]byte, limit-empty) }
	create := func(mode zk.Mode) zk.CreateOptions { return zk.CreateOptions{Mode: mode, ACL: acl} }
	name := func(empty int) []zk.ACL { return []zk.ACL{{ID: string(data(empty))}} }
	ttl, sequential := create(zk.PersistentTTL), create(zk.PersistentSequential)
	for what, check := range map[string]func(more int) error{
		"create": func(more int) error {
			return s.CheckCreate("/a", data(zk.CreateSize("/app/a", nil, create(zk.Persistent))-more), create(zk.Persistent))
		},
		"create with a TTL": func(more int) error {
			return s.CheckCreate("/a", data(zk.CreateSize("/app/a", nil, create(zk.Persistent))+8-more), ttl)
		},
		"create of a bare number": func(more int) error {
			return s.CheckCreate("/", data(zk.CreateSize("/app/", nil, sequential)-more), sequential)
		},
		"set":               func(more int) error { return s.CheckSet("/a", data(zk.SetSize("/app/a", nil)-more)) },
		"set of the chroot": func(more int) error { return s.CheckSet("/", data(zk.SetSize("/app", nil)-more)) },
		"setACL": func(more int) error {
			return s.CheckSetACL("/a", name(zk.SetACLSize("/app/a", []zk.ACL{{}})-more))
		},
	} {
		if err := check(0); err != nil {
			t.Errorf("%s that just fits: %v", what, err)
		}
		err := check(1)
		if tooLarge, ok := errors.AsType[*zk.TooLargeError](err); !ok || tooLarge.Size != limit+1 || tooLarge.Limit != limit {
			t.Errorf("%s of one byte more: %v", what, err)
		}
	}
}

func TestLockedOut(t *testing.T) {
	t.Parallel()
	ofBob := []zk.ACL{{Scheme: "digest", ID: zk.DigestID("bob", "builder"), Perms: zk.PermAll}}
	asBob := []zk.Credential{{Scheme: "digest", Secret: "bob:builder"}}
	if got := open(t, zk.Config{Servers: "127.0.0.1:1"}).LockedOut(t.Context(), ofBob, zk.PermRead); got != zk.PermRead {
		t.Errorf("nobody is locked out of %q, want %q", got, zk.PermRead)
	}
	if got := open(t, zk.Config{Servers: "127.0.0.1:1", Auth: asBob}).LockedOut(t.Context(), ofBob, zk.PermAll); got != 0 {
		t.Errorf("bob is locked out of %q", got)
	}
	if got := open(t, zk.Config{}, "username", "password").LockedOut(t.Context(), ofBob, zk.PermAll); got != 0 {
		t.Errorf("somebody who is not known yet is locked out of %q", got)
	}
}

// Two resources with the ACL of one node are found in whatever order they come, unless they want
// the same.
func TestClaimACL(t *testing.T) {
	t.Parallel()
	reads := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	bobs := []zk.ACL{{Scheme: "digest", ID: zk.DigestID("bob", "builder"), Perms: zk.PermAll}}
	auth := []zk.ACL{{Scheme: "auth", Perms: zk.PermAll}}
	one := func(path string, acl []zk.ACL) session.ACLClaim { return session.ACLClaim{Path: path, ACL: acl} }
	tree := func(path string, acl []zk.ACL, exclude ...string) session.ACLClaim {
		return session.ACLClaim{Path: path, Recursive: true, Exclude: exclude, ACL: acl}
	}
	for name, tt := range map[string]struct {
		a, b    session.ACLClaim
		chroot  string
		refused bool
	}{
		"two nodes":               {one("/a", reads), one("/b", bobs), "", false},
		"one node":                {one("/a", reads), one("/a", bobs), "", true},
		"one node, the same":      {one("/a", reads), one("/a", reads), "", false},
		"the same in other words": {one("/a", auth), tree("/", bobs), "", false},
		"a node in a tree":        {one("/a/b/c", reads), tree("/a", bobs), "", true},
		"a node that is left out": {one("/a/b/c", reads), tree("/a", bobs, "/a/b"), "", false},
		"another is left out":     {one("/a/b", reads), tree("/a", bobs, "/a/b/c"), "", true},
		"a tree in a tree":        {tree("/a/b", reads), tree("/a", bobs), "", true},
		"a tree that is left out": {tree("/a/b", reads), tree("/a", bobs, "/a/b"), "", false},
		"one tree":                {tree("/a", reads, "/a/b"), tree("/a", bobs), "", true},
		"beside a tree":           {tree("/ab", reads), tree("/a", bobs), "", false},
		"above a node":            {one("/a", reads), tree("/a/b", bobs), "", false},
		"the servers' own":        {one("/zookeeper/quota", reads), tree("/", bobs), "", false},
		"no longer theirs":        {one("/zookeeper/quota", reads), tree("/", bobs), "/app", true},
		"within the servers' own": {one("/zookeeper/quota", reads), tree("/zookeeper", bobs), "", true},
		"within theirs by chroot": {one("/quota", reads), tree("/", bobs), "/zookeeper", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, order := range [][2]session.ACLClaim{{tt.a, tt.b}, {tt.b, tt.a}} {
				s := open(t, zk.Config{Servers: "127.0.0.1:1" + tt.chroot, Auth: []zk.Credential{{Scheme: "digest", Secret: "bob:builder"}}})
				if first := s.ClaimACL(order[0]); first != nil {
					t.Fatal("the first is refused")
				}
				if other := s.ClaimACL(order[1]); (other != nil) != tt.refused || other != nil && other.Path != order[0].Path {
					t.Errorf("refused for %v", other)
				}
			}
		})
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	s := open(t, zk.Config{Servers: "127.0.0.1:1", Auth: []zk.Credential{
		{Scheme: "digest", Secret: "alice:a:b"},
		{Scheme: "custom", Secret: "token:secret"},
	}})
	if got, want := s.Presented(), []string{"digest (alice)", "custom"}; !slices.Equal(got, want) {
		t.Errorf("presented %q, want %q", got, want)
	}
	if got, want := s.Identities(), []attr.Identity{{Scheme: "digest", ID: zk.DigestID("alice", "a:b")}}; !slices.Equal(got, want) {
		t.Errorf("identities %v, want %v", got, want)
	}
}

func TestDefaultACL(t *testing.T) {
	t.Parallel()
	if got := open(t, zk.Config{Servers: "127.0.0.1:1"}).DefaultACL(); !slices.Equal(got, zk.OpenACL()) {
		t.Errorf("got %v, want the open one", got)
	}
	acl := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	if got := open(t, zk.Config{Servers: "127.0.0.1:1", DefaultACL: acl}).DefaultACL(); !slices.Equal(got, acl) {
		t.Errorf("got %v, want %v", got, acl)
	}
}

func TestFromProviderData(t *testing.T) {
	t.Parallel()
	if s, diags := session.FromProviderData(nil); s != nil || diags.HasError() {
		t.Errorf("before the provider is configured: %v, %v", s, diags)
	}
	want := open(t, zk.Config{Servers: "127.0.0.1:1"})
	if s, diags := session.FromProviderData(want); s != want || diags.HasError() {
		t.Errorf("got %v, %v", s, diags)
	}
	if _, diags := session.FromProviderData("what is this"); !diags.HasError() {
		t.Error("no error")
	}
}

func TestGroupClosesAll(t *testing.T) {
	t.Parallel()
	var g session.Group
	a, b := open(t, zk.Config{Servers: "127.0.0.1:1"}), open(t, zk.Config{Servers: "127.0.0.1:1"})
	g.Add(a)
	g.Add(b)
	g.Add(open(t, zk.Config{}, "servers")) // never had a client
	if err := g.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for _, s := range []*session.Session{a, b} {
		if _, err := s.Client(t.Context()); !errors.Is(err, zk.ErrClosed) {
			t.Errorf("got %v, want zk.ErrClosed", err)
		}
	}
}

// A transaction that just fits is applied although what is above it is missing, which makes it too
// large: that is made before it.
func TestApplyWithMissingParentsAtTheLimit(t *testing.T) {
	t.Parallel()
	ctx, server := t.Context(), zktest.StartServer(t)
	const limit = 1000
	s := open(t, zk.Config{Servers: server.Addr(), MaxBufferBytes: limit})
	batch := func(fill int) zk.Batch {
		return zk.Batch{Writes: []zk.Write{{Path: "/p/q/base/a", Data: make([]byte, fill)}, {Kind: zk.WriteEnsure, Path: "/p/q/base"}}}
	}
	fill := 0
	for s.CheckBatch(batch(fill+1)) == nil {
		fill++
	}
	results, err := s.Apply(ctx, "/p/q/base", batch(fill))
	if err != nil || len(results) != 2 || !results[0].Done || !results[1].Done {
		t.Fatalf("%+v, %v", results, err)
	}
	// They are this run's, and can be claimed.
	for _, path := range []string{"/p", "/p/q"} {
		if ours, _, err := s.Claim(ctx, path); err != nil || !ours {
			t.Errorf("%s is the run's: %t, %v", path, ours, err)
		}
	}
	_, err = s.Apply(ctx, "/other/q/base", zk.Batch{Writes: []zk.Write{{Path: "/other/q/base", Data: make([]byte, limit)}}})
	if _, ok := errors.AsType[*zk.TooLargeError](err); !ok {
		t.Errorf("what fits in no case: %v", err)
	}
}
