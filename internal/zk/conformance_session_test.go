package zk_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// everyCall makes each call that takes a session, below base, and returns what it fails with.
func everyCall(ctx context.Context, c *zk.Client, base string) map[string]error {
	errs := make(map[string]error)
	_, errs["create"] = c.Create(ctx, base+"/new", nil, zk.CreateOptions{})
	_, errs["ensurePath"] = c.EnsurePath(ctx, base+"/new", nil)
	_, _, errs["exists"] = c.Exists(ctx, base)
	_, _, errs["get"] = c.Get(ctx, base)
	_, _, errs["children"] = c.Children(ctx, base)
	_, _, errs["ACL"] = c.ACL(ctx, base)
	_, errs["node"] = c.Node(ctx, base)
	_, errs["set"] = c.Set(ctx, base, nil, zk.AnyVersion)
	_, errs["setACL"] = c.SetACL(ctx, base, zk.OpenACL(), zk.AnyVersion)
	errs["update"] = c.Update(ctx, base, zk.Change{SetData: true})
	errs["delete"] = c.Delete(ctx, base, zk.AnyVersion)
	errs["deleteTree"] = c.DeleteTree(ctx, base, zk.AnyVersion)
	errs["sync"] = c.Sync(ctx, base)
	_, errs["multi"] = c.Multi(ctx, zk.SetOp(base, nil, zk.AnyVersion))
	_, errs["readMany"] = c.ReadMany(ctx, []string{base}, true)
	errs["walk"] = c.Walk(ctx, base, -1, func(zk.Reading) error { return nil })
	_, _, _, errs["getWatch"] = c.GetWatch(ctx, base)
	_, _, _, errs["existsWatch"] = c.ExistsWatch(ctx, base)
	_, _, _, errs["childrenWatch"] = c.ChildrenWatch(ctx, base)
	_, errs["watch"] = c.Watch(ctx, base, true)
	_, errs["ephemerals"] = c.Ephemerals(ctx, base)
	_, errs["countDescendants"] = c.CountDescendants(ctx, base)
	_, errs["whoAmI"] = c.WhoAmI(ctx)
	_, _, errs["reconfig"] = c.Reconfig(ctx, zk.Reconfig{Leaving: "100", FromConfig: zk.AnyConfig})
	_, _, errs["ensembleConfig"] = c.EnsembleConfig(ctx)
	_, errs["serverInfo"] = c.ServerInfo(ctx)
	_, errs["command"] = c.Command(ctx, "ruok")
	errs["addAuth"] = c.AddAuth(ctx, zk.Credential{Scheme: "digest", Secret: "alice:secret"})
	return errs
}

// everyCallFails checks that each call fails with the error.
func everyCallFails(t *testing.T, when string, c *zk.Client, want error) {
	t.Helper()
	for call, err := range everyCall(testContext(t), c, "/none") {
		if !errors.Is(err, want) {
			t.Errorf("%s, %s: %v", when, call, err)
		}
	}
}

// A client that has not been started, or has been closed, says so, whatever it is asked.
func conformClosed(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	noSession := func(when string, c *zk.Client) {
		t.Helper()
		if id, password := c.Session(); id != 0 || password != nil {
			t.Errorf("%s: the session %#x", when, id)
		}
	}
	c := newClient(t, server.Addr())
	everyCallFails(t, "before Start", c, zk.ErrClosed)
	noSession("before Start", c)
	for range 2 {
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if id, password := c.Session(); id == 0 || len(password) != 16 {
		t.Errorf("the session %#x with a password of %d bytes", id, len(password))
	}
	if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	everyCallFails(t, "after Close", c, zk.ErrClosed)
	noSession("after Close", c)
	if err := c.Start(ctx); !errors.Is(err, zk.ErrClosed) {
		t.Errorf("Start after Close: %v", err)
	}
	// The server has ended the session, and did not just lose the connection: it has nothing
	// left of it.
	if _, ok, err := direct.Exists(ctx, base+"/mine"); ok || err != nil {
		t.Errorf("the ephemeral node is there: %t, %v", ok, err)
	}
	if names, _, err := direct.Children(ctx, base); err != nil || len(names) != 0 {
		t.Errorf("a closed client made %v, %v", names, err)
	}
	// One that was never started has nothing to end.
	never := newClient(t, server.Addr())
	if err := never.Close(ctx); err != nil {
		t.Errorf("Close of a client that was not started: %v", err)
	}
	everyCallFails(t, "closed without a start", never, zk.ErrClosed)
}

// A restart ends the session, where there is one, and begins another: of a client that has not
// been started, of one that is connected, and of one that has been closed.
func conformRestart(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	c := newClient(t, server.Addr(), alice)
	var before int64
	for i, prepare := range []func() error{
		func() error { return nil }, // not yet started
		func() error { return nil }, // connected
		func() error { return c.Close(ctx) },
	} {
		if err := prepare(); err != nil {
			t.Fatal(err)
		}
		if err := c.Restart(ctx); err != nil {
			t.Fatalf("restart %d: %v", i, err)
		}
		if s := c.State(); s != zk.StateConnected {
			t.Errorf("restart %d: %v", i, s)
		}
		now, _ := c.Session()
		if now == 0 || now == before {
			t.Errorf("restart %d: session %#x behind %#x", i, now, before)
		}
		before = now
		// What was the earlier session's has gone with it, at once.
		if names, _, err := direct.Children(ctx, base); err != nil || len(names) != 0 {
			t.Errorf("restart %d: left %v, %v", i, names, err)
		}
		// The identities are presented again.
		mine, err := c.Create(ctx, base+"/mine-", nil, zk.CreateOptions{
			Mode: zk.EphemeralSequential, ACL: []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeAuth}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if stat, ok, err := c.Exists(ctx, mine.Path); !ok || stat.EphemeralOwner != now || err != nil {
			t.Errorf("restart %d: %+v, %v", i, stat, err)
		}
	}
}

// What is asked for while the connection is lost runs when it is back, in its order, and in
// no session but its own.
func conformSuspended(t *testing.T) {
	t.Parallel()
	t.Run("reconnect", func(t *testing.T) {
		t.Parallel()
		ctx, direct := testContext(t), connect(t, server.Addr())
		path := folder(t, direct)
		proxy := zktest.StartProxy(t, server.Addr())
		g := newGate()
		c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
		session, _ := c.Session()
		reopen := g.close()
		defer reopen()
		proxy.CutAll()
		until(t, "the loss to be noticed", func() bool { return c.State() == zk.StateSuspended })

		const requests = 10
		versions := make([]int32, requests)
		errs := make([]error, requests)
		var all sync.WaitGroup
		for i := range requests {
			all.Go(func() {
				var stat zk.Stat
				stat, errs[i] = c.Set(ctx, path, []byte(strconv.Itoa(i)), zk.AnyVersion)
				versions[i] = stat.Version
			})
			until(t, "the set to wait for a connection", func() bool { return zk.Waiting(c) == i+1 })
		}
		if stat, _, err := direct.Exists(ctx, path); err != nil || stat.Version != 0 {
			t.Errorf("version %d while the client is suspended, %v", stat.Version, err)
		}
		reopen()
		all.Wait()
		for i := range requests {
			if errs[i] != nil || versions[i] != int32(i)+1 {
				t.Errorf("set %d made version %d, %v", i, versions[i], errs[i])
			}
		}
		if data, _, err := direct.Get(ctx, path); err != nil || string(data) != strconv.Itoa(requests-1) {
			t.Errorf("the last is %q, %v", data, err)
		}
		if now, _ := c.Session(); now != session {
			t.Errorf("session %#x has become %#x", session, now)
		}
	})
	t.Run("expiry", conformExpiry)
}

// A connection that is dropped in the middle of a request fails it with ConnectionLoss, where
// the policy is to repeat nothing, and the client connects again by itself.
func conformDrop(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := prepare(ctx, t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	var seen recorder
	c := newClient(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Retry.MaxTries = 1 })
	c.AddListener(seen.tell)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	session, _ := c.Session()
	if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	want := []zk.State{zk.StateConnected}
	for _, tc := range []struct {
		name string
		cut  func() <-chan struct{}
		do   func() error
	}{
		{"before a read", func() <-chan struct{} { return proxy.CutBeforeRequest(zktest.Is(zktest.OpGetData)) }, func() error {
			_, _, err := c.Get(ctx, base)
			return err
		}},
		{"behind a read", func() <-chan struct{} { return proxy.CutAfterRequest(zktest.Is(zktest.OpGetData)) }, func() error {
			_, _, err := c.Get(ctx, base)
			return err
		}},
		{"before a write", func() <-chan struct{} { return proxy.CutBeforeRequest(zktest.IsSet) }, func() error {
			_, err := c.Set(ctx, base+"/there", []byte("new"), 0)
			return err
		}},
	} {
		cut := tc.cut()
		if err := tc.do(); !errors.Is(err, zk.ErrConnectionLoss) || errors.Is(err, zk.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", tc.name, err)
		}
		select {
		case <-cut: // the client may have noticed before
		case <-ctx.Done():
			t.Fatalf("%s: the connection was not cut", tc.name)
		}
		want = append(want, zk.StateSuspended, zk.StateConnected)
		until(t, "the client to be connected again", seen.is(want...))
		if data, _, err := c.Get(ctx, base+"/there"); err != nil || string(data) != "old" {
			t.Errorf("%s: afterwards %q, %v", tc.name, data, err)
		}
		if now, _ := c.Session(); now != session {
			t.Errorf("%s: session %#x has become %#x", tc.name, session, now)
		}
	}
	if stat, ok, err := direct.Exists(ctx, base+"/mine"); !ok || stat.EphemeralOwner != session || err != nil {
		t.Errorf("the ephemeral node is there: %t, %+v, %v", ok, stat, err)
	}
}

// A server that stops answering, or stops reading, is given up, with ConnectionLoss for what
// was asked of it; and all is well when it is back.
func conformTimeouts(t *testing.T) {
	t.Parallel()
	t.Run("read", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		own := zktest.StartServer(t)
		c := connect(t, own.Addr(), func(cfg *zk.Config) {
			cfg.Retry.MaxTries = 1
			cfg.SessionTimeout = 3 * time.Second
			cfg.ConnectTimeout = patience
		})
		if _, err := c.Create(ctx, "/there", nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := own.Pause(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Get(ctx, "/there"); !errors.Is(err, zk.ErrConnectionLoss) || !strings.Contains(err.Error(), "silent for 2s") {
			t.Errorf("while the server is paused: %v", err)
		}
		if err := own.Resume(); err != nil {
			t.Fatal(err)
		}
		// Paused for long enough, the server takes the session for expired.
		until(t, "the client to be served again", func() bool {
			_, _, err := c.Get(ctx, "/there")
			return err == nil
		})
		if _, err := c.Set(ctx, "/there", nil, 0); err != nil {
			t.Error(err)
		}
	})
	t.Run("write", func(t *testing.T) {
		t.Parallel()
		ctx, direct := testContext(t), connect(t, server.Addr())
		base := prepare(ctx, t, direct)
		deaf := new(deafRelay)
		c := connect(t, zktest.StartPeer(t, deaf.serve), func(cfg *zk.Config) {
			cfg.Retry.MaxTries = 1
			cfg.SessionTimeout = 6 * time.Second
			cfg.Dial = smallBuffers
		})
		session, _ := c.Session()
		deaf.on.Store(true)
		// A ping that was under way may still be read; the set is too large for the buffers.
		_, err := c.Set(ctx, base+"/there", make([]byte, 512<<10), 0)
		if !errors.Is(err, zk.ErrConnectionLoss) || !strings.Contains(err.Error(), "writing: ") {
			t.Errorf("while nobody reads: %v", err)
		}
		if data, _, err := c.Get(ctx, base+"/there"); err != nil || string(data) != "old" {
			t.Errorf("afterwards: %q, %v", data, err)
		}
		if now, _ := c.Session(); now != session {
			t.Errorf("session %#x has become %#x", session, now)
		}
	})
}

// smallBuffers dials with a send buffer that a large request does not fit into.
func smallBuffers(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if tcp, ok := nc.(*net.TCPConn); ok {
		err = errors.Join(err, tcp.SetWriteBuffer(4<<10))
	}
	return nc, err
}

// A deafRelay stands before a server. Once it is on, it reads nothing more of the connection
// that it has, and goes on talking: the client finds out by its own writes alone. The next
// connection it serves well.
type deafRelay struct{ on atomic.Bool }

func (d *deafRelay) serve(client net.Conn) {
	if tcp, ok := client.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4 << 10)
	}
	upstream, err := new(net.Dialer).DialContext(context.Background(), "tcp", server.Addr())
	if err != nil {
		return
	}
	var replies sync.WaitGroup
	defer replies.Wait()
	defer func() { _ = upstream.Close() }()
	replies.Go(func() {
		for {
			reply, err := zktest.ReadFrame(upstream)
			if err != nil || zktest.WriteFrame(client, reply) != nil {
				return
			}
		}
	})
	for {
		var length [4]byte
		if _, err := io.ReadFull(client, length[:]); err != nil {
			return
		}
		if d.on.CompareAndSwap(true, false) {
			break
		}
		request := io.MultiReader(bytes.NewReader(length[:]), io.LimitReader(client, int64(binary.BigEndian.Uint32(length[:]))))
		if _, err := io.Copy(upstream, request); err != nil {
			return
		}
	}
	// The reply to a ping, which may come without one.
	pong := slices.Concat(binary.BigEndian.AppendUint32(nil, 0xfffffffe), make([]byte, 12))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if zktest.WriteFrame(client, pong) != nil {
			return
		}
	}
}
