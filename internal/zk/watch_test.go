package zk_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// next returns the next event of a watch as text, or why there is none.
func next(t *testing.T, w *zk.Watch) string {
	t.Helper()
	e, err := w.Next(testContext(t))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%v %s", e.Type, e.Path)
}

// restored waits until a watch that stays has been registered again after a reconnect: servers do not tell what
// came before.
func restored(t *testing.T, w *zk.Watch) {
	t.Helper()
	select {
	case <-w.Restored():
	case <-testContext(t).Done():
		t.Fatal("the watch was not registered again")
	}
}

// Each one-time watch tells of the first event that it is for, and of no other.
func conformWatches(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	path := base + "/node"
	_, there, created, err := c.ExistsWatch(ctx, path)
	if err != nil || there {
		t.Fatalf("exists: %t, %v", there, err)
	}
	_, _, child, err := c.ChildrenWatch(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := c.GetWatch(ctx, path); !errors.Is(err, zk.ErrNoNode) {
		t.Fatalf("get: %v", err)
	}
	if _, _, _, err := c.ChildrenWatch(ctx, path); !errors.Is(err, zk.ErrNoNode) {
		t.Fatalf("children: %v", err)
	}
	if _, err := c.Create(ctx, path, nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	_, _, changed, err := c.GetWatch(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	_, there, deleted, err := c.ExistsWatch(ctx, path)
	if err != nil || !there {
		t.Fatalf("exists: %t, %v", there, err)
	}
	if _, err := c.Set(ctx, path, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		w    *zk.Watch
		want string
	}{
		{created, "created " + path},
		{child, "children changed " + base},
		{changed, "data changed " + path},
		{deleted, "data changed " + path},
	} {
		if got := next(t, tc.w); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
		if got := next(t, tc.w); got != zk.ErrWatchEnded.Error() {
			t.Errorf("behind %q: %q", tc.want, got)
		}
	}
}

func TestPersistentWatches(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	node, err := c.Watch(ctx, base, false)
	if err != nil {
		t.Fatal(err)
	}
	// Of another client, because servers before 3.9 keep one kind for a client and a node.
	tree, err := connect(t, server.Addr()).Watch(ctx, base, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a", "/a/b"} {
		if _, err := c.Create(ctx, base+path, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Set(ctx, base, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteTree(ctx, base, 1); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"children changed ", "data changed ", "children changed ", "deleted "} {
		if got := next(t, node); got != want+base {
			t.Errorf("node: %q, want %q", got, want+base)
		}
	}
	for _, want := range []string{"created %s/a", "created %s/a/b", "data changed %s", "deleted %s/a/b", "deleted %s/a", "deleted %s"} {
		if got := next(t, tree); got != fmt.Sprintf(want, base) {
			t.Errorf("tree: %q, want %q", got, fmt.Sprintf(want, base))
		}
	}
	node.Close()
	if got := next(t, node); got != zk.ErrWatchEnded.Error() {
		t.Errorf("closed: %q", got)
	}
}

// Watches of several kinds of one node each tell what they are for, on servers too that keep
// one kind alone, through a cut, and when one of them is closed.
func TestWatchesOfOneNode(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	direct := connect(t, server.Addr())
	several := zk.Version{Major: 3, Minor: 9}
	for _, recursive := range []bool{false, true} {
		t.Run(fmt.Sprintf("recursive=%t", recursive), func(t *testing.T) {
			t.Parallel()
			ctx, base := testContext(t), folder(t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr())
			all, err := c.Watch(ctx, base, recursive)
			if err != nil {
				t.Fatal(err)
			}
			child := "children changed " + base
			if recursive {
				child = "created " + base + "/%d"
			}
			for i := range int32(3) {
				_, _, get, err := c.GetWatch(ctx, base)
				if err != nil {
					t.Fatal(err)
				}
				_, _, exists, err := c.ExistsWatch(ctx, base)
				if err != nil {
					t.Fatal(err)
				}
				if i == 1 {
					proxy.CutAll()
					restored(t, all)
				}
				if i == 2 {
					all.Close()
				}
				if _, err := direct.Set(ctx, base, nil, i); err != nil {
					t.Fatal(err)
				}
				if _, err := direct.Create(ctx, fmt.Sprintf("%s/%d", base, i), nil, zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
				for _, w := range []*zk.Watch{get, exists} {
					if got := next(t, w); got != "data changed "+base {
						t.Errorf("round %d, once: %q", i, got)
					}
				}
				wants := []string{"data changed " + base, strings.ReplaceAll(child, "%d", fmt.Sprint(i))}
				if i == 2 {
					wants = []string{zk.ErrWatchEnded.Error()}
				}
				for _, want := range wants {
					if got := next(t, all); got != want {
						t.Errorf("round %d: %q, want %q", i, got, want)
					}
				}
			}
		})
	}
	// What an older server would drop without a word is refused.
	t.Run("both", func(t *testing.T) {
		t.Parallel()
		ctx, base := testContext(t), folder(t, direct)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		watch := func(path string, recursive bool) func() error {
			return func() error {
				_, err := c.Watch(ctx, base+path, recursive)
				return err
			}
		}
		children := func(path string) func() error {
			return func() error {
				_, _, _, err := c.ChildrenWatch(ctx, path)
				return err
			}
		}
		if _, err := c.Create(ctx, base+"/e", nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct{ first, second func() error }{
			"recursive behind persistent": {watch("/a", false), watch("/a", true)},
			"persistent behind recursive": {watch("/b", true), watch("/b", false)},
			"recursive behind children":   {children(base), watch("", true)},
			"children behind recursive":   {watch("/e", true), children(base + "/e")},
		} {
			if err := tc.first(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			sent := len(proxy.Requests())
			err := tc.second()
			if !release(t).Less(several) {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if ve, ok := errors.AsType[*zk.VersionError](err); !ok || ve.Needed != several || ve.Found != release(t) {
				t.Errorf("%s: %v", name, err)
			}
			if got := proxy.Requests()[sent:]; len(got) != 0 && got[0].Opcode != zktest.OpPing {
				t.Errorf("%s: sent %v", name, got)
			}
		}
	})
}

// What happens while the connection is lost is told when it is back, for every kind of
// watch, and for more of them than fit into one request.
func TestWatchesSurviveReconnect(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
	if _, err := direct.Create(ctx, base+"/there", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	var watches []*zk.Watch
	var want []string
	add := func(w *zk.Watch, err error, event string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		watches, want = append(watches, w), append(want, event)
	}
	_, _, w, err := c.GetWatch(ctx, base+"/there")
	add(w, err, "data changed "+base+"/there")
	_, _, w, err = c.ChildrenWatch(ctx, base+"/there")
	add(w, err, "children changed "+base+"/there")
	w, err = c.Watch(ctx, base, true)
	add(w, err, "data changed "+base+"/there")
	w, err = c.Watch(ctx, base+"/there", false)
	add(w, err, "data changed "+base+"/there")
	long := strings.Repeat("x", 1000)
	for i := range 300 {
		_, _, w, err = c.ExistsWatch(ctx, fmt.Sprintf("%s/%s%d", base, long, i))
		add(w, err, "")
	}
	_, _, w, err = c.ExistsWatch(ctx, base+"/new")
	add(w, err, "created "+base+"/new")

	reopen := g.close()
	defer reopen()
	proxy.CutAll()
	if _, err := direct.Set(ctx, base+"/there", []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/new", "/there/child"} {
		if _, err := direct.Create(ctx, base+path, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	restored(t, watches[2])
	restored(t, watches[3])
	// Persistent watches are registered again, and what they missed is not told: they are
	// told of what comes from then on. So is said by the servers' own documentation.
	if _, err := direct.Set(ctx, base+"/there", []byte("y"), 1); err != nil {
		t.Fatal(err)
	}
	for i, w := range watches {
		if want[i] == "" {
			continue
		}
		got := next(t, w)
		for recursive := i == 2; recursive && got == "created "+base+"/new"; {
			// An event does not tell which watch it is for: that of the exists on the new
			// node is one for the tree as well.
			got = next(t, w)
		}
		if got != want[i] {
			t.Errorf("watch %d: %q, want %q", i, got, want[i])
		}
	}
	if n := proxy.Count(zktest.Is(zktest.OpSetWatches, zktest.OpSetWatches2)); n < 3 {
		t.Errorf("%d requests to set watches: they fitted into fewer than the test means to need", n)
	}
}

func TestWatchEnds(t *testing.T) {
	t.Parallel()
	direct := connect(t, server.Addr())
	base := folder(t, direct)
	t.Run("with its context", func(t *testing.T) {
		t.Parallel()
		needs(t, persistentWatch)
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		own, cancel := context.WithCancel(ctx)
		w, err := c.Watch(own, base+"/own", true)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if got := next(t, w); got != context.Canceled.Error() {
			t.Errorf("%q", got)
		}
		// The server has forgotten it as well.
		until(t, "the removal", func() bool { return proxy.Count(zktest.Is(zktest.OpRemoveWatches)) == 1 })
	})
	t.Run("with its session", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		g := newGate()
		c := connect(t, proxy.Addr(), func(cfg *zk.Config) {
			cfg.SessionTimeout = time.Second
			cfg.Dial = g.dial
		})
		if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
			t.Fatal(err)
		}
		_, _, w, err := c.GetWatch(ctx, base)
		if err != nil {
			t.Fatal(err)
		}
		reopen := g.close()
		proxy.CutAll()
		until(t, "the session to expire", func() bool {
			_, ok, err := direct.Exists(ctx, base+"/mine")
			return err == nil && !ok
		})
		reopen()
		if got := next(t, w); got != zk.ErrSessionExpired.Error() {
			t.Errorf("%q", got)
		}
	})
	t.Run("with its client", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		c := connect(t, server.Addr())
		_, _, w, err := c.GetWatch(ctx, base)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if got := next(t, w); got != zk.ErrClosed.Error() {
			t.Errorf("%q", got)
		}
	})
}

// What happened while there was no connection is told, even if the first one after that
// ends before the watches are registered over it.
func TestWatchesNotRegistered(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
	_, _, w, err := c.GetWatch(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	reopen := g.close()
	defer reopen()
	proxy.CutAll()
	if _, err := direct.Set(ctx, base, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	cut := proxy.CutBeforeRequest(zktest.Is(zktest.OpSetWatches))
	reopen()
	<-cut
	if got := next(t, w); got != "data changed "+base {
		t.Error(got)
	}
}

// The same where the connection ends while its server is asked for its version, before which
// nothing is registered: the handshake has named the latest transaction already.
func TestWatchesNotRegisteredYet(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	dials := make(chan struct{}, 2) // holds a token for each that is let through
	dials <- struct{}{}
	dials <- struct{}{}
	asked := make(chan struct{}, 1)
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) {
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			select {
			case <-dials:
				return new(net.Dialer).DialContext(ctx, network, address)
			default:
			}
			select {
			case asked <- struct{}{}:
			default:
			}
			select {
			case <-dials:
				return new(net.Dialer).DialContext(ctx, network, address)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	})
	if _, err := c.Watch(ctx, base+"/other", false); err != nil { // for which the version is asked
		t.Fatal(err)
	}
	_, _, w, err := c.GetWatch(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	proxy.CutAll()
	<-asked // that is the next connection, which waits
	if _, err := direct.Set(ctx, base, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	dials <- struct{}{}
	<-asked // and that is for the version
	proxy.CutAll()
	close(dials)
	if got := next(t, w); got != "data changed "+base {
		t.Error(got)
	}
}

// All watches are registered again where requests are bounded by less than they take together.
func TestWatchesInSmallRequests(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.MaxBufferBytes = 1000 })
	var watches []*zk.Watch
	add := func(length int) {
		t.Helper()
		path := fmt.Sprintf("%s/%d-", base, len(watches))
		_, _, w, err := c.ExistsWatch(ctx, path+strings.Repeat("x", length-len(path)))
		if err != nil {
			t.Fatal(err)
		}
		watches = append(watches, w)
	}
	for range 20 {
		add(200)
	}
	const header, exists, set = 8, 4 + 1, 8 + 3*4 + 4 // what requests take beside the path
	add(1000 - header - set)
	add(1000 - header - set + 1) // that cannot be registered again
	add(1000 - header - exists)
	proxy.CutAll()
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	for i, w := range watches[21:] {
		_, err := w.Next(ctx)
		if _, ok := errors.AsType[*zk.TooLargeError](err); !ok {
			t.Errorf("watch %d: %v", i, err)
		}
	}
	out, err := direct.Command(ctx, "wchp")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out, base+"/"); n != 21 {
		t.Errorf("the server has %d watches", n)
	}
}

// What the server does not register again tells so.
func TestWatchesRefusedAgain(t *testing.T) {
	t.Parallel()
	m, addr := newMixed(t, "3.8.6", "3.9.4", 9)
	m.mu.Lock()
	m.refuse = []int32{zktest.OpSetWatches, zktest.OpSetWatches2}
	m.mu.Unlock()
	ctx, c := testContext(t), connect(t, addr)
	lasting, err := c.Watch(ctx, "/", true)
	if err != nil {
		t.Fatal(err)
	}
	_, _, once, err := c.ExistsWatch(ctx, "/new")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*zk.Watch{lasting, once} {
		if _, err := w.Next(ctx); !errors.Is(err, zk.ErrThrottledOp) {
			t.Error(err)
		}
	}
	until(t, "the removal of what it may have registered all the same", func() bool { return zk.Watched(c) == 0 })
	if _, _, _, err := c.ExistsWatch(ctx, "/new"); err != nil {
		t.Error(err)
	}
}

// A watch that is asked for with a context that has ended is refused.
func TestWatchWithEndedContext(t *testing.T) {
	t.Parallel()
	c := connect(t, server.Addr())
	base := folder(t, c)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 1000 {
		if _, _, _, err := c.GetWatch(ended, base); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

// Events of a client with a chroot have paths inside it, and those of its parent's
// namesake are not for it.
func TestWatchesInChroot(t *testing.T) {
	t.Parallel()
	if release(t).Less(severalWatches.since) {
		lacks(t, severalWatches)
	}
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr()+base)
	root, err := c.Watch(ctx, "/", true)
	if err != nil {
		t.Fatal(err)
	}
	_, _, children, err := c.ChildrenWatch(ctx, "/")
	if err != nil {
		t.Fatal(err)
	}
	_, _, a, err := c.ExistsWatch(ctx, "/a")
	if err != nil {
		t.Fatal(err)
	}
	proxy.CutAll() // they are registered again by their paths on the server
	restored(t, root)
	for _, path := range []string{base + "b", base + "/a"} {
		if _, err := direct.Create(ctx, path, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		w    *zk.Watch
		want string
	}{{root, "created /a"}, {children, "children changed /"}, {a, "created /a"}} {
		if got := next(t, tc.w); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	if _, err := direct.Set(ctx, base, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if got := next(t, root); got != "data changed /" {
		t.Errorf("of the root: %q", got)
	}
}

// A watch that is asked for again after, or at the same time as, the end of its predecessor stays: the
// server is not told to remove what the new one needs.
func TestWatchAnew(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	c := connect(t, server.Addr())
	w, err := c.Watch(ctx, base, false)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		done := make(chan struct{})
		go func() {
			w.Close()
			close(done)
		}()
		if i%2 == 0 {
			<-done
		}
		w2, err := c.Watch(ctx, base, false)
		if err != nil {
			t.Fatal(err)
		}
		<-done
		if _, err := direct.Set(ctx, base, nil, int32(i)); err != nil {
			t.Fatal(err)
		}
		if got := next(t, w2); got != "data changed "+base {
			t.Fatalf("watch %d: %q", i, got)
		}
		w = w2
	}
}

// A one-time watch that waits for a connection does not rely on a persistent one that is
// closed before there is one.
func TestWatchBehindClosedOne(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
	w, err := c.Watch(ctx, base, false)
	if err != nil {
		t.Fatal(err)
	}
	reopen := g.close()
	defer reopen()
	proxy.CutAll()
	until(t, "the loss", func() bool { return c.State() == zk.StateSuspended })
	once := c.Async().GetWatch(ctx, base)
	w.Close()
	reopen()
	got, err := once.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := direct.Set(ctx, base, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if got := next(t, got.Watch); got != "data changed "+base {
		t.Errorf("%q", got)
	}
}

// Watches of one node that are asked for at the same time get on with each other as those do
// that are asked for one after the other.
func TestWatchesAtOnce(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	direct := connect(t, server.Addr())
	type leave func(ctx context.Context, c *zk.Client, path string) (*zk.Watch, error)
	persistent := func(ctx context.Context, c *zk.Client, path string) (*zk.Watch, error) {
		return c.Watch(ctx, path, false)
	}
	recursive := func(ctx context.Context, c *zk.Client, path string) (*zk.Watch, error) {
		return c.Watch(ctx, path, true)
	}
	get := func(ctx context.Context, c *zk.Client, path string) (*zk.Watch, error) {
		_, _, w, err := c.GetWatch(ctx, path)
		return w, err
	}
	exists := func(ctx context.Context, c *zk.Client, path string) (*zk.Watch, error) {
		_, _, w, err := c.ExistsWatch(ctx, path)
		return w, err
	}
	children := func(ctx context.Context, c *zk.Client, path string) (*zk.Watch, error) {
		_, _, w, err := c.ChildrenWatch(ctx, path)
		return w, err
	}
	const data, child, made = "data changed %s", "children changed %[1]s", "created %[1]s/%[2]d"
	for _, tc := range []struct {
		name string
		both [2]leave
		want [2][]string // of each round
		one  bool        // servers before 3.9 keep one of the two
	}{
		{"persistent, get", [2]leave{persistent, get}, [2][]string{{data, child}, {data}}, false},
		{"persistent, children", [2]leave{persistent, children}, [2][]string{{data, child}, {child}}, false},
		{"recursive, exists", [2]leave{recursive, exists}, [2][]string{{data, made}, {data}}, false},
		{"get, persistent", [2]leave{get, persistent}, [2][]string{{data}, {data, child}}, false},
		{"children, persistent", [2]leave{children, persistent}, [2][]string{{child}, {data, child}}, false},
		{"recursive, persistent", [2]leave{recursive, persistent}, [2][]string{{data, made}, {data, child}}, true},
		{"children, recursive", [2]leave{children, recursive}, [2][]string{{child}, {data, made}}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, base := testContext(t), folder(t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr())
			if _, err := c.ServerInfo(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Watch(ctx, base+"/other", false); err != nil { // the version is known
				t.Fatal(err)
			}
			type result struct {
				w   *zk.Watch
				err error
			}
			var results [2]chan result
			proxy.Blackhole(true)
			for i, leave := range tc.both {
				results[i] = make(chan result, 1)
				go func() {
					w, err := leave(ctx, c, base)
					results[i] <- result{w, err}
				}()
				until(t, "the request", func() bool { return zk.Asked(c, base) == i+1 || len(results[i]) == 1 })
			}
			proxy.Blackhole(false)
			first, second := <-results[0], <-results[1]
			if tc.one && !has(t, severalWatches) {
				if ve, ok := errors.AsType[*zk.VersionError](second.err); first.err != nil || !ok || ve.Needed != severalWatches.since {
					t.Errorf("%v, %v", first.err, second.err)
				}
				return
			}
			if first.err != nil || second.err != nil {
				t.Fatal(first.err, second.err)
			}
			for round := range int32(2) {
				if _, err := direct.Set(ctx, base, nil, round); err != nil {
					t.Fatal(err)
				}
				if _, err := direct.Create(ctx, fmt.Sprintf("%s/%d", base, round), nil, zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
				for i, w := range []*zk.Watch{first.w, second.w} {
					for _, want := range tc.want[i] {
						if round > 0 && len(tc.want[i]) == 1 {
							want = zk.ErrWatchEnded.Error()
						}
						want = strings.NewReplacer("%s", base, "%[1]s", base, "%[2]d", fmt.Sprint(round)).Replace(want)
						if got := next(t, w); got != want {
							t.Errorf("round %d, watch %d: %q, want %q", round, i, got, want)
						}
					}
				}
			}
		})
	}
}

// A watch that shares one that is closed meanwhile is left all the same, with another one on
// its way that shares none.
func TestWatchBesideClosedOne(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	direct := connect(t, server.Addr())
	for _, recursive := range []bool{false, true} {
		t.Run(fmt.Sprintf("recursive=%t", recursive), func(t *testing.T) {
			t.Parallel()
			ctx, base := testContext(t), folder(t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr())
			all, err := c.Watch(ctx, base, recursive)
			if err != nil {
				t.Fatal(err)
			}
			proxy.Blackhole(true)
			first := c.Async().GetWatch(ctx, base)
			all.Close()
			second := c.Async().ExistsWatch(ctx, base)
			proxy.Blackhole(false)
			get, err := first.Wait(ctx)
			if err != nil {
				t.Fatal(err)
			}
			exists, err := second.Wait(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := direct.Set(ctx, base, nil, 0); err != nil {
				t.Fatal(err)
			}
			for _, w := range []*zk.Watch{get.Watch, exists.Watch} {
				if got := next(t, w); got != "data changed "+base {
					t.Error(got)
				}
			}
		})
	}
}

// A watch that was to share one that the server refuses is left for itself.
func TestWatchBesideRefusedOne(t *testing.T) {
	t.Parallel()
	watches := make(chan bool, 2)
	peer := zktest.StartPeer(t, func(nc net.Conn) {
		if !greeted(nc, 10000) {
			return
		}
		var refuse []byte
		for {
			frame, err := zktest.ReadFrame(nc)
			if err != nil {
				return
			}
			xid, op := int32(binary.BigEndian.Uint32(frame)), int32(binary.BigEndian.Uint32(frame[4:]))
			switch op {
			case zktest.OpAddWatch:
				refuse = header(xid, 2, zk.ErrNoAuth)
				continue // it is answered when the next request has been sent too
			case zktest.OpGetData:
				watches <- frame[len(frame)-1] == 1
			}
			if refuse != nil {
				if zktest.WriteFrame(nc, refuse) != nil {
					return
				}
				refuse = nil
			}
			if zktest.WriteFrame(nc, append(header(xid, 2, proto.OK), make([]byte, 80)...)) != nil {
				return
			}
		}
	})
	ctx := testContext(t)
	c := connect(t, peer)
	refused := make(chan error, 1)
	go func() {
		_, err := c.Watch(ctx, "/a", false)
		refused <- err
	}()
	until(t, "the request", func() bool { return zk.Asked(c, "/a") == 1 })
	if _, _, _, err := c.GetWatch(ctx, "/a"); err != nil {
		t.Error(err)
	}
	if first, second := <-watches, <-watches; first || !second {
		t.Errorf("asked for a watch: %t, then %t", first, second)
	}
	if err := <-refused; !errors.Is(err, zk.ErrNoAuth) {
		t.Error(err)
	}
}

// Whatever way watches end, the server has none left in the end of those that nobody waits for,
// in neither of its tables; and keeps those of others.
func TestWatchesLeaveNothing(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	own := zktest.StartServer(t) // to count its watches, of which only some are shown
	direct := connect(t, own.Addr())
	left := func(t *testing.T, want int) {
		t.Helper()
		until(t, fmt.Sprintf("%d watches on the server", want), func() bool {
			out, err := direct.Command(testContext(t), "mntr")
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(out, fmt.Sprintf("zk_watch_count\t%d\n", want))
		})
	}
	for _, tc := range []struct {
		name string
		do   func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string)
	}{
		{"the last one told", func(ctx context.Context, t *testing.T, c *zk.Client, _ *zktest.Proxy, base string) {
			w, err := c.Watch(ctx, base, false)
			if err != nil {
				t.Fatal(err)
			}
			_, _, once, err := c.GetWatch(ctx, base)
			if err != nil {
				t.Fatal(err)
			}
			w.Close()
			if _, err := direct.Set(ctx, base, nil, 0); err != nil {
				t.Fatal(err)
			}
			next(t, once)
		}},
		{"closed while a read fails", func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string) {
			w, err := c.Watch(ctx, base+"/none", true)
			if err != nil {
				t.Fatal(err)
			}
			proxy.Blackhole(true)
			once := c.Async().GetWatch(ctx, base+"/none")
			until(t, "the request", func() bool { return zk.Asked(c, base+"/none") == 1 })
			w.Close()
			proxy.Blackhole(false)
			if _, err := once.Wait(ctx); !errors.Is(err, zk.ErrNoNode) {
				t.Error(err)
			}
		}},
		{"ended before the reply", func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string) {
			proxy.Blackhole(true)
			one, cancel := context.WithCancel(ctx)
			once := c.Async().ChildrenWatch(one, base)
			until(t, "the request", func() bool { return zk.Asked(c, base) == 1 })
			cancel()
			proxy.Blackhole(false)
			if _, err := once.Wait(ctx); err != nil {
				t.Error(err)
			}
		}},
		{"closed behind a reconnect", func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string) {
			w, err := c.Watch(ctx, base, false)
			if err != nil {
				t.Fatal(err)
			}
			proxy.CutAll()
			restored(t, w)
			left(t, 2) // one in each table
			w.Close()
		}},
		{"closed where nobody has asked for the version", func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string) {
			_, _, data, err := c.GetWatch(ctx, base)
			if err != nil {
				t.Fatal(err)
			}
			_, _, children, err := c.ChildrenWatch(ctx, base)
			if err != nil {
				t.Fatal(err)
			}
			proxy.CutAll()
			if err := c.Sync(ctx, "/"); err != nil {
				t.Fatal(err)
			}
			left(t, 2)
			data.Close()
			children.Close()
		}},
		{"closed without a connection", func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string) {
			w, err := c.Watch(ctx, base, false)
			if err != nil {
				t.Fatal(err)
			}
			proxy.Blackhole(true)
			proxy.CutAll()
			until(t, "the loss", func() bool { return c.State() == zk.StateSuspended })
			w.Close()
			proxy.Blackhole(false)
			if err := c.Sync(ctx, "/"); err != nil {
				t.Fatal(err)
			}
		}},
		{"closed while connections come and go", func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string) {
			for i := range 20 {
				var watches []*zk.Watch
				for n := range 4 {
					w, err := c.Watch(ctx, fmt.Sprintf("%s/%d", base, n), i%2 == 0)
					if err != nil {
						t.Fatal(err)
					}
					watches = append(watches, w)
				}
				before := proxy.Connections()
				proxy.CutAll()
				until(t, "the next connection", func() bool { return proxy.Connections() > before })
				for _, w := range watches {
					w.Close()
				}
				if err := c.Sync(ctx, "/"); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"several kinds", func(ctx context.Context, t *testing.T, c *zk.Client, _ *zktest.Proxy, base string) {
			_, _, children, err := c.ChildrenWatch(ctx, base)
			if err != nil {
				t.Fatal(err)
			}
			w, err := c.Watch(ctx, base, false)
			if err != nil {
				t.Fatal(err)
			}
			_, _, data, err := c.ExistsWatch(ctx, base)
			if err != nil {
				t.Fatal(err)
			}
			var trees []*zk.Watch
			for _, path := range []string{base, base + "/a"} {
				// Below a tree there may be another. Beside the node's own, only since 3.9.
				tree, err := c.Watch(ctx, path, true)
				_, ok := errors.AsType[*zk.VersionError](err)
				switch {
				case err == nil:
					trees = append(trees, tree)
				case path != base || has(t, severalWatches) || !ok:
					t.Fatal(err)
				}
			}
			// Another client's of the same node stays.
			other := connect(t, own.Addr())
			if _, _, _, err := other.GetWatch(ctx, base); err != nil {
				t.Fatal(err)
			}
			for _, w := range append(trees, w, children, data) {
				w.Close()
			}
			left(t, 1)
			if err := other.Close(ctx); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx := testContext(t)
			proxy := zktest.StartProxy(t, own.Addr())
			c := connect(t, proxy.Addr(), steady)
			tc.do(ctx, t, c, proxy, folder(t, direct))
			left(t, 0)
			if n := zk.Watched(c); n != 0 {
				t.Errorf("the client keeps %d paths", n)
			}
		})
	}
}
