package zk_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// An ensemble loses its quorum and regains it. Who accepts to read only goes on reading, and
// is back in the session that he had as soon as there is a quorum.
func conformReadOnly(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if secure && !has(t, clientTLS) {
				lacksPart(t, clientTLS)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			opts := []zktest.Option{zktest.ReadOnlyMode()}
			address, change := (*zktest.Server).Addr, func(*zk.Config) {}
			if secure {
				ca := newAuthority(t)
				opts, address = append(opts, tlsOptions(t, ca, serverCert(time.Time{}))...), (*zktest.Server).SecureAddr
				key, cert := ca.sign(serverCert(time.Time{}))
				change = func(cfg *zk.Config) {
					cfg.TLS = &zk.TLS{CAPEM: certPEM(ca.cert), CertPEM: certPEM(cert), KeyPEM: keyPEM(t, key)}
				}
			}
			ensemble := zktest.StartEnsemble(t, 3, opts...)
			var addrs []string
			for _, s := range ensemble.Servers() {
				addrs = append(addrs, address(s))
			}
			servers := strings.Join(addrs, ",")
			testReadOnly(ctx, t, ensemble, servers, func(cfg *zk.Config) {
				change(cfg)
				cfg.ConnectTimeout = time.Minute
				cfg.SessionTimeout = 20 * time.Second
			})
		})
	}
}

func testReadOnly(ctx context.Context, t *testing.T, ensemble *zktest.Ensemble, servers string, change func(*zk.Config)) {
	t.Helper()
	readOnly := func(cfg *zk.Config) { cfg.ReadOnly = true }
	c := newClient(t, servers, change, readOnly)
	var seen recorder
	c.AddListener(seen.tell)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, "/mine", []byte("x"), zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	id, _ := c.Session()
	_, made, before, err := c.GetWatch(ctx, "/mine")
	if err != nil {
		t.Fatal(err)
	}

	// One of three is left. It serves what it has.
	for _, s := range ensemble.Servers()[1:] {
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the client to be read-only", func() bool { return c.State() == zk.StateConnectedReadOnly })
	data, stat, during, err := c.GetWatch(ctx, "/mine")
	if err != nil || string(data) != "x" || stat != made {
		t.Errorf("a read: %q, %+v, %v", data, stat, err)
	}
	if info, err := c.ServerInfo(ctx); err != nil || info.Mode != "read-only" {
		t.Errorf("the server says %+v, %v", info, err)
	}
	if _, err := c.Create(ctx, "/other", nil, zk.CreateOptions{}); !errors.Is(err, zk.ErrNotReadOnly) {
		t.Errorf("a create: %v", err)
	}
	if _, err := c.Multi(ctx, zk.SetOp("/mine", nil, 0)); !errors.Is(err, zk.ErrNotReadOnly) {
		t.Errorf("a transaction: %v", err)
	}
	if got, _ := c.Session(); got != 0 {
		t.Errorf("the session of a server without a quorum is told: %#x", got)
	}

	// Others come when there is no quorum: one reads, another does without.
	late := connect(t, servers, change, readOnly)
	if s := late.State(); s != zk.StateConnectedReadOnly {
		t.Errorf("a client that came later is %v", s)
	}
	if _, _, err := late.Get(ctx, "/mine"); err != nil {
		t.Errorf("it reads: %v", err)
	}
	leaving := newClient(t, servers, change, readOnly)
	if err := leaving.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := leaving.Close(ctx); err != nil {
		t.Errorf("closing a client without a session of the ensemble's: %v", err)
	}
	strict := newClient(t, servers, change, func(cfg *zk.Config) { cfg.ConnectTimeout = 2 * time.Second })
	err = strict.Start(ctx)
	if _, ok := errors.AsType[*zk.ConnectError](err); !ok {
		t.Errorf("a client that wants a quorum: %v", err)
	}

	for _, s := range ensemble.Servers()[1:] {
		if err := s.Restart(ctx); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "both to be connected", func() bool {
		return c.State() == zk.StateConnected && late.State() == zk.StateConnected
	})
	if got, _ := c.Session(); got != id {
		t.Errorf("session %#x, before %#x", got, id)
	}
	if s, err := c.Set(ctx, "/mine", []byte("y"), 0); err != nil || s.EphemeralOwner != id {
		t.Errorf("a set in the session of before: %+v, %v", s, err)
	}
	for name, w := range map[string]*zk.Watch{"of before": before, "left while reading only": during} {
		if e, err := w.Next(ctx); err != nil || e.Type != zk.EventDataChanged {
			t.Errorf("the watch %s: %v, %v", name, e, err)
		}
	}
	if _, err := late.Create(ctx, "/late", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Errorf("the other writes: %v", err)
	}
	// How often the connection is lost meanwhile is the servers' choice.
	until(t, "the listener to know", func() bool { return seen.last() == zk.StateConnected })
	if !seen.has(zk.StateConnectedReadOnly) || seen.has(zk.StateLost) {
		t.Errorf("states %v", seen.states)
	}
}

// A server without a quorum that stays one is left for a server that has one, without a
// moment in which the client has none, and with the watches.
func TestReadOnlyLooksForQuorum(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for other := connect(t, server.Addr()); ; {
		// What the server without a quorum does not have. Before 3.7 that one counts the
		// sessions that it opens as transactions, so it takes more than a few.
		folder(t, other)
		if _, stat, err := other.Children(ctx, "/"); err != nil || stat.Pzxid > 20 {
			break
		}
	}
	alone := zktest.StartServer(t, zktest.WithoutQuorum())
	proxy := zktest.StartProxy(t, server.Addr())
	proxy.Refuse(true)
	c := newClient(t, alone.Addr()+","+proxy.Addr()+",no-such-host.invalid", func(cfg *zk.Config) {
		cfg.ReadOnly = true
		cfg.ConnectTimeout = time.Minute
	})
	var seen recorder
	c.AddListener(seen.tell)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	_, _, w, err := c.ChildrenWatch(ctx, "/")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(ctx, "/"); !errors.Is(err, zk.ErrNotReadOnly) {
		t.Errorf("a sync: %v", err)
	}
	asked := proxy.Connections()
	until(t, "the other server to be asked again and again", func() bool { return proxy.Connections() > asked+1 })
	proxy.Refuse(false)
	until(t, "the switch", seen.is(zk.StateConnectedReadOnly, zk.StateConnected))
	if _, err := w.Next(ctx); err != nil {
		t.Errorf("the watch: %v", err)
	}
	folder(t, c)
}

// Since 3.7 a server without a quorum opens local sessions only; without them it answers
// with an error that is no connect reply.
func TestReadOnlyNeedsLocalSessions(t *testing.T) {
	t.Parallel()
	alone := zktest.StartServer(t, zktest.WithoutQuorum(), zktest.WithConfig("localSessionsEnabled", ""), zktest.WithConfig("localSessionsUpgradingEnabled", ""))
	c := newClient(t, alone.Addr(), func(cfg *zk.Config) {
		cfg.ReadOnly = true
		cfg.ConnectTimeout = 2 * time.Second
	})
	err := c.Start(testContext(t))
	if release(t).Less(zk.Version{Major: 3, Minor: 7}) {
		if err != nil {
			t.Error(err)
		}
	} else if !errors.Is(err, zk.ErrNotReadOnly) || !strings.Contains(err.Error(), "localSessionsEnabled=true") {
		t.Errorf("Start: %v", err)
	}
}

// quorum is two servers made of scripts: one without a quorum, and one that gains one.
type quorum struct {
	t      *testing.T
	gained atomic.Bool
	// resume answers the request to resume the session at the server with a quorum, whose
	// connection it is given.
	resume func(nc net.Conn)
	lose   chan struct{} // closed to end the read-only connection
}

const quorumSession = 0x1234

// connectReply is a server's answer to a connect request, timeout 0 for a session that it
// does not know.
func connectReply(timeout uint32, session uint64, readOnly byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, 0)
	b = binary.BigEndian.AppendUint32(b, timeout)
	b = binary.BigEndian.AppendUint64(b, session)
	b = binary.BigEndian.AppendUint32(b, 16)
	return append(append(b, make([]byte, 16)...), readOnly)
}

// answer answers the requests on a connection, and returns at its end.
func (q *quorum) answer(nc net.Conn) {
	for {
		request, err := zktest.ReadFrame(nc)
		if err != nil {
			return
		}
		reply := append([]byte{}, request[:4]...)
		reply = binary.BigEndian.AppendUint64(reply, 5)
		reply = append(reply, make([]byte, 4+68)...) // no error, and a stat
		if zktest.WriteFrame(nc, reply) != nil {
			return
		}
	}
}

// serve is a server that says of itself what the word isro asks for.
func (q *quorum) serve(nc net.Conn, isro string, connected func(request []byte)) {
	var head [4]byte
	if _, err := io.ReadFull(nc, head[:]); err != nil {
		return
	}
	if string(head[:]) == "isro" {
		_, _ = io.WriteString(nc, isro)
		return
	}
	request := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(nc, request); err == nil {
		connected(request)
	}
}

// start returns the addresses of both.
func (q *quorum) start() string {
	q.lose = make(chan struct{})
	without := zktest.StartPeer(q.t, func(nc net.Conn) {
		q.serve(nc, "ro", func(request []byte) {
			if request[len(request)-1] == 0 {
				return // it wants a quorum
			}
			_ = zktest.WriteFrame(nc, connectReply(10000, 0x99, 1))
			done := make(chan struct{})
			defer close(done)
			go func() {
				select {
				case <-q.lose:
					_ = nc.Close()
				case <-done:
				}
			}()
			q.answer(nc)
		})
	})
	with := zktest.StartPeer(q.t, func(nc net.Conn) {
		if !q.gained.Load() {
			return
		}
		q.serve(nc, "rw", func([]byte) { q.resume(nc) })
	})
	return without + "," + with
}

func (q *quorum) client() *zk.Client {
	return connect(q.t, q.start(), func(cfg *zk.Config) {
		cfg.ReadOnly = true
		cfg.SessionID, cfg.SessionPassword = quorumSession, make([]byte, 16)
	})
}

// A server that regains its quorum ends its read-only connections, often while the client
// resumes its session at another one: it must not end the session for that.
func TestReadOnlyLostOnTheWay(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{}, 1)
	q := &quorum{t: t}
	q.resume = func(nc net.Conn) {
		_ = zktest.WriteFrame(nc, connectReply(10000, quorumSession, 0))
		ping, err := zktest.ReadFrame(nc)
		if err != nil {
			return
		}
		close(q.lose)
		// Long enough for the client to notice, and to make its mistake.
		_ = nc.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		if request, err := zktest.ReadFrame(nc); err == nil && int32(binary.BigEndian.Uint32(request[4:])) == -11 {
			ended <- struct{}{}
			return
		}
		_ = nc.SetReadDeadline(time.Time{})
		_ = zktest.WriteFrame(nc, append(append([]byte{}, ping[:4]...), make([]byte, 12)...))
		q.answer(nc)
	}
	c := q.client()
	q.gained.Store(true)
	until(t, "the switch", func() bool { return c.State() == zk.StateConnected || len(ended) > 0 })
	if id, _ := c.Session(); id != quorumSession || len(ended) > 0 {
		t.Errorf("session %#x; the client ended it: %t", id, len(ended) > 0)
	}
}

// The session has expired, and the server that said so is gone before it opened another: the
// client still reads, and says so.
func TestReadOnlyExpired(t *testing.T) {
	t.Parallel()
	q := &quorum{t: t}
	q.resume = func(nc net.Conn) {
		q.gained.Store(false)
		_ = zktest.WriteFrame(nc, connectReply(0, 0, 0))
	}
	c := newClient(t, q.start(), func(cfg *zk.Config) {
		cfg.ReadOnly = true
		cfg.SessionID, cfg.SessionPassword = quorumSession, make([]byte, 16)
	})
	var seen recorder
	c.AddListener(seen.tell)
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	q.gained.Store(true)
	until(t, "read-only again", seen.is(zk.StateConnectedReadOnly, zk.StateLost, zk.StateConnectedReadOnly))
	if _, _, err := c.Exists(testContext(t), "/"); err != nil {
		t.Error(err)
	}
}

// A server with a quorum that refuses who is asking ends the client, and is not asked again.
func TestReadOnlyRefused(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	q := &quorum{t: t}
	q.resume = func(nc net.Conn) {
		asked.Add(1)
		_ = zktest.WriteFrame(nc, connectReply(10000, quorumSession, 0))
		ping, err := zktest.ReadFrame(nc)
		if err != nil {
			return
		}
		reply := binary.BigEndian.AppendUint64(append([]byte{}, ping[:4]...), 5)
		authFailed := int32(-115)
		_ = zktest.WriteFrame(nc, binary.BigEndian.AppendUint32(reply, uint32(authFailed)))
	}
	c := q.client()
	q.gained.Store(true)
	until(t, "the end", func() bool { return c.State() == zk.StateAuthFailed })
	_, _, err := c.Get(testContext(t), "/")
	_ = c.Close(testContext(t)) // all that it still does is done
	// Once more only to end the session, without the credential.
	if !errors.Is(err, zk.ErrAuthFailed) || asked.Load() != 2 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}
