package zk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// Closing twice at once ends the session once, and truly.
func TestCloseTwice(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	for range 10 {
		c := connect(t, server.Addr())
		if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 2)
		for range 2 {
			go func() { results <- c.Close(ctx) }()
		}
		if err := errors.Join(<-results, <-results); err != nil {
			t.Error(err)
		}
	}
}

// Where there is no connection, Close says that the session is left.
func TestCloseWithoutConnection(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	proxy.Refuse(true)
	proxy.CutAll()
	until(t, "the loss to be noticed", func() bool { return c.State() == zk.StateSuspended })
	if err := c.Close(ctx); !errors.Is(err, zk.ErrConnectionLoss) || !strings.Contains(err.Error(), "until it expires") {
		t.Errorf("Close: %v", err)
	}
}

// Close lets the requests before it finish.
func TestCloseFlushes(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	c := connect(t, server.Addr())
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := make(map[string]bool)
	for i := range 100 {
		wg.Go(func() {
			name := strconv.Itoa(i)
			if _, err := c.Create(ctx, base+"/"+name, nil, zk.CreateOptions{}); err == nil {
				mu.Lock()
				made[name] = true
				mu.Unlock()
			} else if !errors.Is(err, zk.ErrClosed) {
				t.Errorf("a request around Close: %v", err)
			}
		})
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	wg.Wait()
	names, _, err := direct.Children(ctx, base)
	if err != nil || len(names) != len(made) {
		t.Errorf("%d creates succeeded, %d nodes are there, %v", len(made), len(names), err)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), alice)
	if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	hers := []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeAuth}}
	if _, err := c.Create(ctx, base+"/hers", []byte("secret"), zk.CreateOptions{ACL: hers}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		proxy.CutAll()
		// The read waits for the new connection, on which the identity is known again.
		if data, _, err := c.Get(ctx, base+"/hers"); err != nil || string(data) != "secret" {
			t.Fatalf("after a cut: %q, %v", data, err)
		}
		if _, ok, err := direct.Exists(ctx, base+"/mine"); err != nil || !ok {
			t.Fatalf("the session was not resumed: its ephemeral is there: %t, %v", ok, err)
		}
	}
	if proxy.Connections() < 4 {
		t.Errorf("%d connections: the test cut nothing", proxy.Connections())
	}
}

// An idle session outlives its timeout: pings keep it.
func TestPing(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.SessionTimeout = 3 * time.Second })
	if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	// One for each third of the timeout, and the one of the handshake: more than one
	// timeout without a request.
	until(t, "pings", func() bool { return proxy.Count(zktest.Is(zktest.OpPing)) >= 6 })
	if _, ok, err := direct.Exists(ctx, base+"/mine"); err != nil || !ok {
		t.Errorf("the session is gone: its ephemeral is there: %t, %v", ok, err)
	}
}

// A server that stops answering is given up within the session timeout, and the session
// goes on at another.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	silent, other := zktest.StartProxy(t, server.Addr()), zktest.StartProxy(t, server.Addr())
	c := connect(t, silent.Addr()+","+other.Addr(), func(cfg *zk.Config) {
		cfg.KeepHostOrder = true
		cfg.SessionTimeout = 3 * time.Second
	})
	if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	silent.Blackhole(true)
	if names, _, err := c.Children(ctx, base); err != nil || len(names) != 1 {
		t.Errorf("children %v, %v", names, err)
	}
	if other.Connections() == 0 {
		t.Error("the other server was not asked")
	}
}

// After an expiry, what waited fails, and nothing of it runs in the session that follows,
// unless that was asked for.
func conformExpiry(t *testing.T) {
	t.Parallel()
	for _, repeat := range []bool{false, true} {
		t.Run("repeat="+strconv.FormatBool(repeat), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := prepare(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			g := newGate()
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) {
				cfg.SessionTimeout = 2 * time.Second
				cfg.Dial = g.dial
				cfg.Retry.Expired = repeat
			})
			if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
				t.Fatal(err)
			}
			reopen := g.close()
			defer reopen()
			cut := proxy.CutAfterRequest(zktest.IsSet)
			sent, queued := make(chan error, 1), make(chan error, 1)
			go func() {
				_, err := c.Set(ctx, base+"/there", []byte("new"), 0)
				sent <- err
			}()
			<-cut
			// The create is not to go out on the connection that has been lost.
			until(t, "the look at the set to wait for a connection", func() bool { return zk.Waiting(c) == 1 })
			go func() {
				_, err := c.Create(ctx, base+"/queued", nil, zk.CreateOptions{})
				queued <- err
			}()
			// It, and the sync that comes before a look at what became of the set.
			until(t, "both to wait for a connection", func() bool { return zk.Waiting(c) == 2 })
			until(t, "the session to expire", func() bool {
				_, ok, err := direct.Exists(ctx, base+"/mine")
				return err == nil && !ok
			})
			reopen()
			sentErr, queuedErr := <-sent, <-queued
			_, made, err := direct.Exists(ctx, base+"/queued")
			if err != nil {
				t.Fatal(err)
			}
			if repeat {
				if sentErr != nil || queuedErr != nil || !made {
					t.Errorf("set: %v; create: %v, made: %t", sentErr, queuedErr, made)
				}
			} else {
				if !errors.Is(sentErr, zk.ErrSessionExpired) || !errors.Is(sentErr, zk.ErrOutcomeUnknown) {
					t.Errorf("in flight: %v", sentErr)
				}
				// Nothing that was asked for in one session runs in the next.
				if !errors.Is(queuedErr, zk.ErrSessionExpired) || made {
					t.Errorf("queued: %v, made: %t", queuedErr, made)
				}
			}
			version("1")(ctx, t, direct, base)
			// The new session is a whole one.
			if _, err := c.Create(ctx, base+"/again", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
				t.Errorf("in the new session: %v", err)
			}
		})
	}
}

// Each kind of peer that is no serving ZooKeeper is named with its reason, and within the
// connect timeout.
func TestConnectError(t *testing.T) {
	t.Parallel()
	serve := func(t *testing.T, answer string) string {
		return zktest.StartPeer(t, func(nc net.Conn) {
			_, _ = io.WriteString(nc, answer)
			_, _ = io.Copy(io.Discard, nc)
		})
	}
	for _, tc := range []struct {
		name string
		addr func(t *testing.T) string
		want string
	}{
		{"nobody listens", func(t *testing.T) string {
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			return l.Addr().String()
		}, "connection refused"},
		{"never answers", func(t *testing.T) string { return serve(t, "") }, "no answer to the handshake within"},
		{"drips", func(t *testing.T) string {
			return zktest.StartPeer(t, func(nc net.Conn) {
				tick := time.NewTicker(20 * time.Millisecond)
				defer tick.Stop()
				for _, b := range []byte{0, 0, 0, 37, 0, 0, 0, 0} {
					<-tick.C
					if _, err := nc.Write([]byte{b}); err != nil {
						return
					}
				}
				_, _ = io.Copy(io.Discard, nc)
			})
		}, "no answer to the handshake within"},
		{"closes", func(t *testing.T) string {
			return zktest.StartPeer(t, func(nc net.Conn) { _, _ = io.ReadFull(nc, make([]byte, 49)) })
		}, "closed the connection without an answer"},
		{"HTTP", func(t *testing.T) string { return serve(t, "HTTP/1.1 400 Bad Request\r\n\r\n") }, "an HTTP response"},
		{"SSH", func(t *testing.T) string { return serve(t, "SSH-2.0-OpenSSH_9.2\r\n") }, "an SSH banner"},
		{"TLS", func(t *testing.T) string { return serve(t, "\x15\x03\x03\x00\x02\x02\x46") }, "a TLS alert; the port wants TLS"},
		{"text", func(t *testing.T) string { return serve(t, "-ERR unknown command\r\n") }, `the text "-ERR unknown command`},
		{"garbage", func(t *testing.T) string { return serve(t, "\x7f\xff\xff\xff garbage") }, "a connect reply of 2147483647 bytes"},
		{"no such name", func(*testing.T) string { return "no-such-host.invalid:2181" }, "lookup no-such-host.invalid"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			addr := tc.addr(t)
			const timeout = time.Second
			c := newClient(t, addr, func(cfg *zk.Config) { cfg.ConnectTimeout = timeout })
			start := time.Now()
			err := c.Start(testContext(t))
			if ce, ok := errors.AsType[*zk.ConnectError](err); !ok || len(ce.Attempts) != 1 || ce.Attempts[0].Server != addr || !strings.Contains(ce.Attempts[0].Err.Error(), tc.want) {
				t.Fatalf("Start: %v", err)
			}
			if took := time.Since(start); took > patience/2 {
				t.Errorf("took %v, with a connect timeout of %v", took, timeout)
			}
			if !strings.Contains(err.Error(), addr) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("text: %v", err)
			}
			// It is the end of the client: who comes later does not wait again.
			_, _, err = c.Get(testContext(t), "/")
			if _, ok := errors.AsType[*zk.ConnectError](err); !ok {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// One server that is wrong does not keep the client from the others.
func TestOneGoodServerIsEnough(t *testing.T) {
	t.Parallel()
	mute := zktest.StartPeer(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) })
	web := zktest.StartPeer(t, func(nc net.Conn) { _, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	servers := strings.Join([]string{"no-such-host.invalid", mute, web, server.Addr()}, ",")
	c := newClient(t, servers, func(cfg *zk.Config) {
		cfg.KeepHostOrder = true
		cfg.SessionTimeout = 2 * time.Second
	})
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

// All servers are named, each with its own reason.
func TestConnectErrorNamesAll(t *testing.T) {
	t.Parallel()
	mute := zktest.StartPeer(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) })
	web := zktest.StartPeer(t, func(nc net.Conn) { _, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	c := newClient(t, web+","+mute+",no-such-host.invalid", func(cfg *zk.Config) { cfg.ConnectTimeout = 500 * time.Millisecond })
	err := c.Start(testContext(t))
	ce, ok := errors.AsType[*zk.ConnectError](err)
	if !ok || len(ce.Attempts) != 3 {
		t.Fatal(err)
	}
	for i, want := range []string{web, mute, "no-such-host.invalid:2181"} {
		if ce.Attempts[i].Server != want {
			t.Errorf("attempt %d is of %s, want %s", i, ce.Attempts[i].Server, want)
		}
	}
}

func TestStartContext(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	mute := zktest.StartPeer(t, func(nc net.Conn) {
		asked <- struct{}{}
		_, _ = io.Copy(io.Discard, nc)
	})
	c := newClient(t, mute, func(cfg *zk.Config) { cfg.ConnectTimeout = time.Hour })
	ctx, cancel := context.WithCancel(testContext(t))
	result := make(chan error, 1)
	go func() { result <- c.Start(ctx) }()
	<-asked
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("Start: %v", err)
	}
	// Close does not wait for the handshake that is under way.
	if err := c.Close(testContext(t)); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// While no server is reachable operations fail within the connect timeout, later ones at
// once, and all is well when a server is back.
func TestUnreachableMeanwhile(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) {
		cfg.ConnectTimeout = 300 * time.Millisecond
		cfg.ConnectRetry.MaxDelay = 50 * time.Millisecond
	})
	proxy.Refuse(true)
	proxy.CutAll()
	var ce *zk.ConnectError
	until(t, "a ConnectError", func() (ok bool) {
		_, _, err := c.Get(ctx, "/")
		ce, ok = errors.AsType[*zk.ConnectError](err)
		return ok
	})
	if len(ce.Attempts) != 1 || ce.Attempts[0].Server != proxy.Addr() {
		t.Errorf("%v", ce)
	}
	proxy.Refuse(false)
	until(t, "the connection to be back", func() bool {
		_, _, err := c.Get(ctx, "/")
		return err == nil
	})
}

// A server that was restarted, with its data, takes the session again.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a JVM starts, and once more
	defer cancel()
	own := zktest.StartServer(t)
	c := connect(t, own.Addr(), func(cfg *zk.Config) {
		cfg.SessionTimeout = 20 * time.Second
		cfg.ConnectTimeout = time.Minute // a JVM starts meanwhile
	})
	if _, err := c.Create(ctx, "/mine", []byte("x"), zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	made, _, err := c.Exists(ctx, "/mine")
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Kill(); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		_, stat, err := c.Get(ctx, "/mine")
		if err == nil && stat.Czxid != made.Czxid {
			err = errors.New("another node")
		}
		result <- err
	}()
	if err := own.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
}

// The servers of an ensemble go one after the other; the session and what it wrote stay.
func TestEnsemble(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ensemble := zktest.StartEnsemble(t, 3)
	c := connect(t, ensemble.Addrs(), func(cfg *zk.Config) {
		cfg.SessionTimeout = 20 * time.Second
		cfg.ConnectTimeout = time.Minute
	})
	if _, err := c.Create(ctx, "/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	for i, s := range ensemble.Servers() {
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		stat, err := c.Set(ctx, "/mine", []byte(strconv.Itoa(i)), int32(i))
		if err != nil || stat.Version != int32(i)+1 {
			t.Fatalf("without server %d: version %d, %v", i, stat.Version, err)
		}
		if err := s.Restart(ctx); err != nil {
			t.Fatal(err)
		}
	}
	info, err := c.ServerInfo(ctx)
	if err != nil || info.Mode != "leader" && info.Mode != "follower" {
		t.Errorf("%+v, %v", info, err)
	}
}

// An answer that takes longer than a server's share of the first round is waited for in the next.
func TestConnect_slowNetwork(t *testing.T) {
	t.Parallel()
	for timeout, roundTrip := range map[time.Duration]time.Duration{
		2 * time.Second:  800 * time.Millisecond,
		4 * time.Second:  1600 * time.Millisecond,
		10 * time.Second: 3600 * time.Millisecond,
	} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			proxy := zktest.StartProxy(t, server.Addr())
			proxy.Delay(roundTrip)
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.SessionTimeout = timeout })
			if _, _, err := c.Get(testContext(t), "/"); err != nil {
				t.Error(err)
			}
			if n := proxy.Connections(); n < 2 {
				t.Errorf("%d connections: the first round was long enough, and the test shows nothing", n)
			}
		})
	}
}

// A wait that ends before the connect timeout tells all the same what came of each server.
func TestStart_shortContext(t *testing.T) {
	t.Parallel()
	proxy := zktest.StartProxy(t, server.Addr())
	proxy.Blackhole(true)
	gone := zktest.StartProxy(t, server.Addr())
	gone.Close()
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, gone.Addr()+","+proxy.Addr(), func(cfg *zk.Config) {
		cfg.KeepHostOrder = true
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == proxy.Addr() {
				cancel()
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	})
	err := c.Start(ctx)
	failed, ok := errors.AsType[*zk.ConnectError](err)
	if !errors.Is(err, context.Canceled) || !ok || len(failed.Attempts) != 2 {
		t.Fatalf("%v", err)
	}
	for i, want := range []struct{ server, why string }{{gone.Addr(), "connection refused"}, {proxy.Addr(), "no answer yet"}} {
		if a := failed.Attempts[i]; a.Server != want.server || !strings.Contains(a.Err.Error(), want.why) {
			t.Errorf("attempt %d: %s: %v", i, a.Server, a.Err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cfg  zk.Config
		want string
	}{
		"servers":         {zk.Config{Servers: "a:b"}, `"b" is no port`},
		"session timeout": {zk.Config{SessionTimeout: -1}, "session timeout"},
		"connect timeout": {zk.Config{ConnectTimeout: -1}, "connect timeout"},
		"buffer":          {zk.Config{MaxBufferBytes: -1}, "buffer limits"},
		"credential":      {zk.Config{Auth: []zk.Credential{{Secret: "hush"}}}, "no scheme"},
		"retry":           {zk.Config{Retry: zk.RetryPolicy{Backoff: 0.5}}, "Backoff"},
	} {
		if _, err := zk.New(t.Context(), tc.cfg); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Servers that have lost what the client has seen refuse it for ever. When its session cannot live any
// longer, that is told, and another one begins.
func TestServersLostTheirData(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	own := zktest.StartServer(t)
	states := make(chan zk.State, 100)
	c := newClient(t, own.Addr(), func(cfg *zk.Config) {
		cfg.SessionTimeout, cfg.ConnectTimeout = 2*time.Second, patience
		cfg.Retry.Expired = true
	})
	remove := c.AddListener(func(s zk.State) { states <- s })
	defer remove()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if _, err := c.Create(ctx, "/"+strconv.Itoa(i), nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	before, _ := c.Session()
	if err := own.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(own.TxnLogDir()); err != nil {
		t.Fatal(err)
	}
	if err := own.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, "/after", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if after, _ := c.Session(); after == before || after == 0 {
		t.Errorf("the session is %#x, and was %#x", after, before)
	}
	if names, _, err := c.Children(ctx, "/"); err != nil || !slices.Equal(names, []string{"after", "zookeeper"}) {
		t.Errorf("%v, %v", names, err)
	}
	var told []zk.State
	for len(told) == 0 || told[len(told)-1] != zk.StateConnected || !slices.Contains(told, zk.StateLost) {
		select {
		case s := <-states:
			told = append(told, s)
		case <-ctx.Done():
			t.Fatalf("told of %v", told)
		}
	}
}

// Other servers that are behind what the client has seen, and stay so, have no session of its: that is lost, and told,
// and another begins there, or the client ends.
func TestSetHostsToYoungerServers(t *testing.T) {
	t.Parallel()
	for _, one := range []bool{false, true} {
		t.Run(fmt.Sprintf("OneSession=%t", one), func(t *testing.T) {
			t.Parallel()
			ctx, younger := testContext(t), zktest.StartServer(t)
			proxy := zktest.StartProxy(t, server.Addr())
			c := newClient(t, proxy.Addr(), func(cfg *zk.Config) {
				cfg.SessionTimeout, cfg.ConnectTimeout, cfg.OneSession = 2*time.Second, patience, one
			})
			var seen recorder
			defer c.AddListener(seen.tell)()
			if err := c.Start(ctx); err != nil {
				t.Fatal(err)
			}
			for range 20 {
				folder(t, c)
			}
			before, _ := c.Session()
			if err := c.SetHosts(younger.Addr(), true); err != nil {
				t.Fatal(err)
			}
			proxy.CutAll()
			last := zk.StateConnected
			if one {
				last = zk.StateClosed
			}
			until(t, "the states", seen.is(zk.StateConnected, zk.StateSuspended, zk.StateLost, last))
			switch _, err := c.Create(ctx, "/new", nil, zk.CreateOptions{}); {
			case one && !errors.Is(err, zk.ErrSessionExpired):
				t.Errorf("%v", err)
			case !one && err != nil:
				t.Error(err)
			}
			if after, _ := c.Session(); after == before || one != (after == 0) {
				t.Errorf("the session is %#x, and was %#x", after, before)
			}
		})
	}
}
