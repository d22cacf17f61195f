package zk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
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
					if err := c.Sync(ctx, "/"); err != nil {
						t.Fatal(err)
					}
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
			var ve *zk.VersionError
			if !errors.As(err, &ve) || ve.Needed != several || ve.Found != release(t) {
				t.Errorf("%s: %v", name, err)
			}
			if got := proxy.Requests()[sent:]; len(got) != 0 && got[0].Opcode != 11 {
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
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
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
	if n := count(proxy, opcode(101, 105)); n < 3 {
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
		w, err := c.Watch(own, base, true)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if got := next(t, w); got != context.Canceled.Error() {
			t.Errorf("%q", got)
		}
		// The server has forgotten it as well.
		until(t, "the removal", func() bool { return count(proxy, opcode(18)) == 1 })
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

// What happened while there was no connection is told, even if the first one behind that
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
	cut := proxy.CutBeforeRequest(opcode(101))
	reopen()
	<-cut
	if got := next(t, w); got != "data changed "+base {
		t.Error(got)
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
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
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

// A watch that is asked for anew behind or beside the end of its predecessor stays: the
// server is not told to remove what the new one needs.
func TestWatchAnew(t *testing.T) {
	t.Parallel()
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
