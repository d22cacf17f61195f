package zk_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// mixed is a peer that stands for an ensemble whose servers are not of one version: the
// session goes from one to the next at a certain request, which has no effect.
type mixed struct {
	mu       sync.Mutex
	version  string                       // of the server that is connected, "" for one that does not tell
	next     string                       // that of the one after it
	leave    int32                        // the request that ends the first connection
	refuse   []int32                      // the requests that are throttled
	busy     func(op int32) proto.ErrCode // what a request is answered with instead, [proto.OK] for nothing; nil for none
	left     chan struct{}
	requests []int32 // what the next server was sent
	asked    int     // how often it was asked for its version
	conns    int
}

func newMixed(t *testing.T, version, next string, leave int32) (m *mixed, addr string) {
	t.Helper()
	m = &mixed{version: version, next: next, leave: leave, left: make(chan struct{})}
	return m, zktest.StartPeer(t, m.serve)
}

// pass goes on to the next server.
func (m *mixed) pass(op int32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.left:
		m.requests = append(m.requests, op)
		return false
	default:
	}
	if op != m.leave {
		return false
	}
	m.version = m.next
	close(m.left)
	return true
}

func (m *mixed) sent(op int32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(m.requests, op)
}

func (m *mixed) srvr() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.left:
		m.asked++
	default:
	}
	if m.version == "" {
		return "srvr is not executed because it is not in the whitelist.\n"
	}
	return "Zookeeper version: " + m.version + "-x, built on y\nMode: follower\n"
}

func (m *mixed) serve(nc net.Conn) {
	if !greetedBy(nc, 10000, m.srvr) {
		return
	}
	m.mu.Lock()
	m.conns++
	refuse := m.refuse
	m.mu.Unlock()
	for zxid := int64(2); ; zxid++ {
		frame, err := zktest.ReadFrame(nc)
		if err != nil {
			return
		}
		xid, op := int32(binary.BigEndian.Uint32(frame)), int32(binary.BigEndian.Uint32(frame[4:]))
		if m.pass(op) {
			return
		}
		code, body := proto.OK, make([]byte, 80)
		switch op {
		case zktest.OpCreate, zktest.OpCreate2, zktest.OpCreateContainer: // the path of the request, and with the second a stat
			path := frame[8 : 12+binary.BigEndian.Uint32(frame[8:])]
			body = slices.Concat(path, make([]byte, 68*(op/zktest.OpCreate2)))
		case zktest.OpExists, zktest.OpGetData, zktest.OpGetChildren2: // nothing is there but the root
			if binary.BigEndian.Uint32(frame[8:]) > 1 {
				code = zk.ErrNoNode
			}
		case zktest.OpMulti:
			m.pass(int32(binary.BigEndian.Uint32(frame[8:]))) // its first operation
			code, body = zk.ErrNoAuth, nil
		}
		if slices.Contains(refuse, op) {
			code, body = zk.ErrThrottledOp, nil
		}
		if m.busy != nil {
			if instead := m.busy(op); instead != proto.OK {
				code, body = instead, nil
			}
		}
		if zktest.WriteFrame(nc, append(header(xid, zxid, code), body...)) != nil {
			return
		}
	}
}

// What one server was asked for is not sent to the next one where that does not know it: it
// would close the connection each time.
func TestNextServerIsOlder(t *testing.T) {
	t.Parallel()
	old := zk.Version{Major: 3, Minor: 4, Patch: 14}
	tooOld := func(err error) error {
		if ve, ok := errors.AsType[*zk.VersionError](err); !ok || ve.Found != old {
			return fmt.Errorf("it failed with: %w", err)
		}
		return nil
	}
	for _, tc := range []struct {
		name  string
		leave int32
		do    func(ctx context.Context, c *zk.Client) error
		// tried are the operations that a server is asked for all the same which does not tell its version.
		tried []int32
	}{
		{"create", 15, func(ctx context.Context, c *zk.Client) error {
			made, err := c.Create(ctx, "/new", nil, zk.CreateOptions{})
			if made.HasStat {
				return fmt.Errorf("it has a stat: %+v", made)
			}
			return err
		}, nil},
		{"container", 19, func(ctx context.Context, c *zk.Client) error {
			_, err := c.Create(ctx, "/new", nil, zk.CreateOptions{Mode: zk.Container})
			return tooOld(err)
		}, []int32{19}},
		{"multi", 14, func(ctx context.Context, c *zk.Client) error {
			_, err := c.Multi(ctx, zk.CreateOp("/new", nil, zk.CreateOptions{}), zk.CreateOp("/other", nil, zk.CreateOptions{Mode: zk.Container}))
			return tooOld(err)
		}, []int32{19}},
		{"multi with a plain create", 14, func(ctx context.Context, c *zk.Client) error {
			// What becomes of it tells that it was sent.
			if _, err := c.Multi(ctx, zk.CreateOp("/new", nil, zk.CreateOptions{})); !errors.Is(err, zk.ErrNoAuth) {
				return fmt.Errorf("it failed with: %w", err)
			}
			return nil
		}, nil},
		{"ephemerals", 103, func(ctx context.Context, c *zk.Client) error {
			_, err := c.Ephemerals(ctx, "/")
			return tooOld(err)
		}, []int32{103}},
		{"watch", 106, func(ctx context.Context, c *zk.Client) error {
			_, err := c.Watch(ctx, "/new", true)
			return tooOld(err)
		}, nil},
		{"read many", 22, func(ctx context.Context, c *zk.Client) error {
			got, err := c.ReadMany(ctx, []string{"/a", "/b"}, true)
			if err != nil || len(got) != 2 || !errors.Is(got[0].Err, zk.ErrNoNode) || !errors.Is(got[1].Err, zk.ErrNoNode) {
				return fmt.Errorf("read %+v, %w", got, err)
			}
			return nil
		}, nil},
		{"watches that are left", 9, func(ctx context.Context, c *zk.Client) error {
			w, err := c.Watch(ctx, "/new", false)
			if err != nil {
				return err
			}
			_, _, once, err := c.ExistsWatch(ctx, "/new")
			if err != nil {
				return err
			}
			if err := c.Sync(ctx, "/"); err != nil {
				return err
			}
			_, err = w.Next(ctx)
			if err := tooOld(err); err != nil {
				return err
			}
			// One that every server knows goes on.
			ended, cancel := context.WithCancel(ctx)
			cancel()
			if _, err := once.Next(ended); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("the other watch: %w", err)
			}
			return nil
		}, nil},
	} {
		for _, next := range []string{"3.4.14", ""} {
			t.Run(fmt.Sprintf("%s to %q", tc.name, next), func(t *testing.T) {
				t.Parallel()
				m, addr := newMixed(t, "3.9.4", next, tc.leave)
				c := connect(t, addr)
				if _, err := c.ServerInfo(testContext(t)); err != nil {
					t.Fatal(err)
				}
				err := tc.do(testContext(t), c)
				tried := next == "" && tc.tried != nil
				if _, ok := errors.AsType[*zk.WhitelistError](err); tried && ok || err != nil && !tried && (next != "" || !ok) {
					t.Error(err)
				}
				if tried && !m.sent(tc.tried[0]) && !m.sent(zktest.OpMulti) {
					t.Error("it was not tried")
				}
				<-m.left
				m.mu.Lock()
				defer m.mu.Unlock()
				for _, op := range m.requests {
					if next == "" && slices.Contains(tc.tried, op) {
						continue
					}
					if op > 14 && op < 100 || op > 102 {
						t.Errorf("the next server was sent %v", proto.OpCode(op))
					}
				}
				if m.conns != 2 {
					t.Errorf("%d connections", m.conns)
				}
			})
		}
	}
}

// Where nothing depends on the version, the next server is not asked for it.
func TestNextServerIsNotAsked(t *testing.T) {
	t.Parallel()
	m, addr := newMixed(t, "3.9.4", "3.4.14", 9)
	ctx, c := testContext(t), connect(t, addr)
	if _, err := c.ServerInfo(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, "/new", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := c.ExistsWatch(ctx, "/new"); err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked != 0 || !slices.Contains(m.requests, 101) {
		t.Errorf("asked %d times, sent %v", m.asked, m.requests)
	}
}

// Kinds of watches that only later servers keep beside each other do not lose one of them
// without a word.
func TestNextServerKeepsOneKind(t *testing.T) {
	t.Parallel()
	m, addr := newMixed(t, "3.9.4", "3.8.6", 9)
	ctx, c := testContext(t), connect(t, addr)
	tree, err := c.Watch(ctx, "/new", true)
	if err != nil {
		t.Fatal(err)
	}
	node, err := c.Watch(ctx, "/new", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	_, err = tree.Next(ctx)
	if ve, ok := errors.AsType[*zk.VersionError](err); !ok || ve.Needed != (zk.Version{Major: 3, Minor: 9}) {
		t.Errorf("the recursive one: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := node.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the other one: %v", err)
	}
	until(t, "its registration", func() bool { return m.sent(105) })
}

// What depends on the version does not fail because the server is gone that was asked for it:
// the next one is asked.
func TestServerGoneWhileAsked(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	proxy := zktest.StartProxy(t, server.Addr())
	var dials atomic.Int32
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) {
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials.Add(1) == 2 {
				proxy.CutAll()
				return nil, syscall.ECONNREFUSED
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	})
	w, err := c.Watch(testContext(t), "/", true)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
}

// silent is a server that does not tell its version, and counts how often it is asked.
func silent(t *testing.T) (addr string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	return zktest.StartPeer(t, func(nc net.Conn) {
		ours := greetedBy(nc, 10000, func() string {
			asked.Add(1)
			return "no more than that"
		})
		for ours {
			frame, err := zktest.ReadFrame(nc)
			if err != nil || zktest.WriteFrame(nc, append(header(int32(binary.BigEndian.Uint32(frame)), 2, proto.OK), make([]byte, 80)...)) != nil {
				return
			}
		}
	}), asked
}

// One that is there, and does not tell its version, is not asked for ever.
func TestServerDoesNotTell(t *testing.T) {
	t.Parallel()
	peer, asked := silent(t)
	c := connect(t, peer)
	if _, err := c.Watch(testContext(t), "/", true); err == nil || !strings.Contains(err.Error(), "no more than that") {
		t.Error(err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// Neither is it for the sake of watches that nobody waits for.
func TestServerDoesNotTellForRemoval(t *testing.T) {
	t.Parallel()
	peer, asked := silent(t)
	ctx := testContext(t)
	c := connect(t, peer, steady)
	for i := range 2 {
		_, _, w, err := c.GetWatch(ctx, fmt.Sprintf("/%d", i))
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		until(t, "the question", func() bool { return asked.Load() > 0 })
		for range 500 {
			if err := c.Sync(ctx, "/"); err != nil {
				t.Fatal(err)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	}
}

// A server whose version nobody tells is asked for it once, however many nodes depend on it at once, and again after
// a reconnect. It is given what it may know.
func TestVersionIsNotTold(t *testing.T) {
	t.Parallel()
	needs(t, containerNode)
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	release := proxy.HoldWords()
	defer release()
	c := connect(t, proxy.Addr(), steady)
	base := folder(t, c)
	const many = 8
	container := func(ctx context.Context, i int) (zk.Created, error) {
		return c.Create(ctx, fmt.Sprintf("%s/%d", base, i), nil, zk.CreateOptions{Mode: zk.Container})
	}
	_, errs := createMany(ctx, many, container)
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if n := proxy.Words(); n != 1 {
		t.Errorf("%d questions", n)
	}
	for i, cut := range []func(func(int32) bool) <-chan struct{}{proxy.CutBeforeRequest, proxy.CutAfterRequest} {
		cut(zktest.IsCreate)
		if _, err := container(ctx, many+i); err != nil {
			t.Errorf("after a reconnect: %v", err)
		}
	}
	if n := proxy.Words(); n > 3 {
		t.Errorf("%d questions on three connections", n)
	}
	if names, _, err := c.Children(ctx, base); err != nil || len(names) != many+2 {
		t.Errorf("%v, %v", names, err)
	}
}

// The same where the server takes no second connection from the client.
func TestOneConnectionForEach(t *testing.T) {
	t.Parallel()
	needs(t, containerNode)
	ctx := testContext(t)
	own := zktest.StartServer(t, zktest.WithConfig("maxClientCnxns", "1"))
	proxy := zktest.StartProxy(t, own.Addr())
	c := connect(t, proxy.Addr(), steady)
	before := proxy.Connections()
	_, errs := createMany(ctx, 8, func(ctx context.Context, i int) (zk.Created, error) {
		return c.Create(ctx, fmt.Sprintf("/%d", i), nil, zk.CreateOptions{Mode: zk.Container})
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if n := proxy.Connections() - before; n != 1 {
		t.Errorf("%d questions", n)
	}
}

// A watch that stays is told that it is restored also where another one of the same kind comes first after a reconnect.
func TestWatchIsRestoredByAnother(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	ctx := testContext(t)
	base := folder(t, connect(t, server.Addr()))
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), steady)
	lasting, err := c.Watch(ctx, base, true)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		proxy.CutAll()
		for range 4 {
			if _, err := c.Watch(ctx, base, true); err != nil && !errors.Is(err, zk.ErrConnectionLoss) {
				t.Fatal(err)
			}
		}
		select {
		case <-lasting.Restored():
		case <-ctx.Done():
			t.Fatal("it was not told")
		}
	}
}

// A watch that stays does not hold up the connection where the server leaves the question for its version without an
// answer. It is restored as soon as that comes, and tells so.
func TestWatchIsRestoredLater(t *testing.T) {
	t.Parallel()
	needs(t, persistentWatch)
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), steady)
	lasting, err := c.Watch(ctx, base, true)
	if err != nil {
		t.Fatal(err)
	}
	asked := proxy.Words()
	release := proxy.HoldWords()
	defer release()
	proxy.CutAll()
	until(t, "the question", func() bool { return proxy.Words() > asked })
	if err := c.Sync(ctx, base); err != nil {
		t.Fatal(err)
	}
	if c.State() != zk.StateConnected {
		t.Errorf("%v", c.State())
	}
	// One for one event does not rely on the one that the server does not have yet.
	_, _, once, err := c.GetWatch(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := direct.Set(ctx, base, []byte("meanwhile"), zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if got := next(t, once); got != "data changed "+base {
		t.Errorf("the other watch: %s", got)
	}
	select {
	case <-lasting.Restored():
		t.Error("restored before the version was known: the test showed nothing")
	default:
	}
	release()
	select {
	case <-lasting.Restored():
	case <-ctx.Done():
		t.Fatal("not restored")
	}
	if _, err := direct.Create(ctx, base+"/after", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for {
		event, err := lasting.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if event == (zk.Event{Type: zk.EventCreated, Path: base + "/after"}) {
			break
		}
	}
}
