package zk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// ephemeral makes an ephemeral node, whose end shows that of the session.
func ephemeral(ctx context.Context, t *testing.T, c *zk.Client, path string) {
	t.Helper()
	if _, err := c.Create(ctx, path, nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
}

func wantThere(ctx context.Context, t *testing.T, c *zk.Client, path string, want bool) {
	t.Helper()
	if _, there, err := c.Exists(ctx, path); err != nil || there != want {
		t.Errorf("%s is there: %t, %v; want %t", path, there, err, want)
	}
}

// Restart ends one session, with all that was its own, and begins another.
func TestRestart(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	c := newClient(t, server.Addr())
	var seen recorder
	c.AddListener(seen.tell)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	ephemeral(ctx, t, c, base+"/mine")
	_, _, w, err := c.GetWatch(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	id, password := c.Session()
	if err := c.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	wantThere(ctx, t, direct, base+"/mine", false)
	if got := next(t, w); got != zk.ErrClosed.Error() {
		t.Errorf("the watch of the session before: %q", got)
	}
	until(t, "the states", seen.is(zk.StateConnected, zk.StateClosed, zk.StateConnected))
	if now, _ := c.Session(); now == id || now == 0 {
		t.Errorf("session %#x behind %#x", now, id)
	}
	ephemeral(ctx, t, c, base+"/mine")

	// The old session is of no use to anybody.
	old := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.SessionID, cfg.SessionPassword = id, password })
	if now, _ := old.Session(); now == id {
		t.Error("the session that was ended was resumed")
	}

	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(ctx, base); !errors.Is(err, zk.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if err := c.Restart(ctx); err != nil {
		t.Errorf("behind Close: %v", err)
	}
	if _, _, err := c.Get(ctx, base); err != nil {
		t.Errorf("behind Close and Restart: %v", err)
	}
}

// A client that could not be started can be, once there is a server.
func TestRestartAfterFailure(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	proxy.Refuse(true)
	c := newClient(t, proxy.Addr(), func(cfg *zk.Config) { cfg.ConnectTimeout = 200 * time.Millisecond })
	err := c.Start(ctx)
	if _, ok := errors.AsType[*zk.ConnectError](err); !ok {
		t.Fatalf("Start: %v", err)
	}
	err = c.Restart(ctx)
	if _, ok := errors.AsType[*zk.ConnectError](err); !ok {
		t.Errorf("Restart: %v", err)
	}
	proxy.Refuse(false)
	// On a busy machine one try may be too short.
	until(t, "a session", func() bool { return c.Restart(ctx) == nil })
	if _, _, err := c.Get(ctx, "/"); err != nil {
		t.Error(err)
	}
}

// A session that is begun after the one before has been ended does not ask for servers that have seen what that had.
func TestRestartAtYoungerServers(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr())
	for range 20 {
		folder(t, c)
	}
	younger := zktest.StartServer(t)
	if err := c.SetHosts(younger.Addr(), true); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, "/new", nil, zk.CreateOptions{}); err != nil {
		t.Error(err)
	}
}

// Restarts, starts and closes at the same time leave a client that works, or is closed.
func TestRestartAtOnce(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr())
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			var err error
			switch i % 3 {
			case 0:
				err = c.Restart(ctx)
			case 1:
				err = c.Start(ctx)
			case 2:
				_, _, err = c.Get(ctx, "/")
			}
			if err != nil && !errors.Is(err, zk.ErrClosed) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := c.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(ctx, "/"); err != nil {
		t.Error(err)
	}
}

// Other servers are taken at the next connection and not before, with the same session.
func TestSetHosts(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	one, two := zktest.StartProxy(t, server.Addr()), zktest.StartProxy(t, server.Addr())
	c := connect(t, one.Addr()+base)
	ephemeral(ctx, t, c, "/mine")
	for _, servers := range []string{two.Addr(), two.Addr() + base + "/other", two.Addr() + "/"} {
		if err := c.SetHosts(servers, true); err == nil || !strings.Contains(err.Error(), "chroot") {
			t.Errorf("%s: %v", servers, err)
		}
	}
	if err := c.SetHosts("a:b", true); err == nil {
		t.Error("nonsense was taken")
	}
	until(t, "the connection for the server's version", func() bool { return one.Connections() > 1 })
	before := one.Connections()
	if err := c.SetHosts(two.Addr()+base, true); err != nil {
		t.Fatal(err)
	}
	wantThere(ctx, t, c, "/mine", true)
	if one.Connections() != before || two.Connections() != 0 {
		t.Errorf("%d and %d connections before the cut", one.Connections(), two.Connections())
	}
	one.CutAll()
	wantThere(ctx, t, c, "/mine", true)
	if one.Connections() != before || two.Connections() != 1 {
		t.Errorf("%d and %d connections", one.Connections(), two.Connections())
	}
}

// An identity that is added holds at once, and on every later connection.
func TestAddAuth(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	hers := []zk.ACL{{Perms: zk.PermAll, Scheme: "digest", ID: zk.DigestID("alice", "secret")}}
	if _, err := c.Create(ctx, base+"/hers", []byte("x"), zk.CreateOptions{ACL: hers}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(ctx, base+"/hers"); !errors.Is(err, zk.ErrNoAuth) {
		t.Fatalf("as nobody: %v", err)
	}
	if err := c.AddAuth(ctx, zk.Credential{Secret: "hush"}); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("without a scheme: %v", err)
	}
	// A reply that is lost does no harm: the next connection presents it.
	cut := proxy.CutAfterRequest(zktest.Is(zktest.OpAuth))
	if err := c.AddAuth(ctx, zk.Credential{Scheme: "digest", Secret: "alice:secret"}); err != nil {
		t.Fatal(err)
	}
	happened(t, cut)
	for range 2 {
		if data, _, err := c.Get(ctx, base+"/hers"); err != nil || string(data) != "x" {
			t.Errorf("as alice: %q, %v", data, err)
		}
		proxy.CutAll()
	}
}

// A refused identity ends the client for good, whether or not the caller waits for the
// refusal; and it is forgotten, so that a Restart is not refused as well.
func TestAddAuthRefused(t *testing.T) {
	t.Parallel()
	bad := zk.Credential{Scheme: "no-such-scheme", Secret: "hush"}
	for _, waits := range []bool{true, false} {
		t.Run(fmt.Sprintf("waits=%t", waits), func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			proxy := zktest.StartProxy(t, server.Addr())
			sent := make(chan struct{}, 1)
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) {
				cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					nc, err := new(net.Dialer).DialContext(ctx, network, address)
					return &writing{nc, bad.Scheme, sent}, err
				}
			})
			var seen recorder
			c.AddListener(seen.tell)
			if waits {
				if err := c.AddAuth(ctx, bad); !errors.Is(err, zk.ErrAuthFailed) || strings.Contains(err.Error(), "hush") {
					t.Errorf("AddAuth: %v", err)
				}
			} else {
				short, cancel := context.WithCancel(ctx)
				proxy.Blackhole(true)
				result := make(chan error, 1)
				go func() { result <- c.AddAuth(short, bad) }()
				<-sent
				cancel()
				if err := <-result; !errors.Is(err, context.Canceled) {
					t.Errorf("AddAuth: %v", err)
				}
				proxy.Blackhole(false)
			}
			until(t, "the client's end", func() bool { return c.State() == zk.StateAuthFailed })
			for range 2 {
				if _, _, err := c.Get(ctx, "/"); !errors.Is(err, zk.ErrAuthFailed) {
					t.Errorf("Get: %v", err)
				}
			}
			until(t, "the state to be told", seen.is(zk.StateAuthFailed))
			_ = c.Close(ctx) // the server has ended the connection
			if n := proxy.Count(isAuth); n != 1 {
				t.Errorf("a refused credential was presented %d times", n)
			}
			if err := c.Restart(ctx); err != nil {
				t.Errorf("Restart: %v", err)
			}
		})
	}
}

// A session that is given is resumed, with what it owns. One that the servers do not know,
// or with a wrong password, is not, and nobody is told of the loss of what never was.
func TestGivenSession(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	first := connect(t, proxy.Addr())
	ephemeral(ctx, t, first, base+"/mine")
	id, password := first.Session()
	proxy.Refuse(true)
	proxy.CutAll() // its process dies
	wrong := slices.Clone(password)
	wrong[0]++
	var given *zk.Client
	for name, tc := range map[string]struct {
		id       int64
		password []byte
		resumed  bool
	}{
		"given":          {id, password, true},
		"wrong password": {id, wrong, false},
		"unknown":        {id + 1<<40, password, false},
	} {
		c := newClient(t, server.Addr(), func(cfg *zk.Config) { cfg.SessionID, cfg.SessionPassword = tc.id, tc.password })
		var seen recorder
		c.AddListener(seen.tell)
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if now, _ := c.Session(); (now == id) != tc.resumed || now == 0 {
			t.Errorf("%s: session %#x, given %#x", name, now, tc.id)
		}
		if _, err := c.Set(ctx, base, nil, zk.AnyVersion); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		until(t, "connected", seen.is(zk.StateConnected))
		wantThere(ctx, t, direct, base+"/mine", true)
		if tc.resumed {
			given = c
		}
	}
	// It is ended by whom it was given to. Servers close a session's connection for whoever
	// names the session, before they look at the password.
	if err := given.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	if err := given.Close(ctx); err != nil {
		t.Error(err)
	}
	wantThere(ctx, t, direct, base+"/mine", false)
	if _, err := zk.New(t.Context(), zk.Config{SessionID: 1, SessionPassword: []byte("short")}); err == nil {
		t.Error("a password of five bytes was taken")
	}
}

// asked keeps the addresses that a client dials, and refuses all but one.
type asked struct {
	mu   sync.Mutex
	good string
	all  []string
}

func (a *asked) dial(ctx context.Context, network, address string) (net.Conn, error) {
	a.mu.Lock()
	a.all = append(a.all, address)
	good := a.good
	a.mu.Unlock()
	if address != good {
		return nil, errors.New("refused")
	}
	return new(net.Dialer).DialContext(ctx, network, server.Addr())
}

// now has the client find a server at another address from now on, and returns the
// addresses that were dialled so far.
func (a *asked) now(good string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.all
	a.good, a.all = good, nil
	return all
}

const fourServers = "10.0.0.1:1,10.0.0.2:1,10.0.0.3:1,10.0.0.4:1"

// Servers that are to be tried in order are: but for the one that was lost, which is last.
func TestKeepHostOrder(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	hosts := strings.Split(fourServers, ",")
	a := &asked{good: hosts[1]}
	var mu sync.Mutex
	var conns []net.Conn
	c := connect(t, fourServers, func(cfg *zk.Config) {
		cfg.KeepHostOrder = true
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := a.dial(ctx, network, address)
			if err == nil {
				mu.Lock()
				conns = append(conns, nc)
				mu.Unlock()
			}
			return nc, err
		}
	})
	lose := func() {
		mu.Lock()
		defer mu.Unlock()
		_ = conns[len(conns)-1].Close()
	}
	if got := a.now(hosts[3]); !slices.Equal(got, hosts[:2]) {
		t.Errorf("at first: %v", got)
	}
	lose()
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	if got := a.now(hosts[3]); !slices.Equal(got, []string{hosts[0], hosts[2], hosts[3]}) {
		t.Errorf("behind the second: %v", got)
	}
	lose()
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	if got := a.now(""); !slices.Equal(got, hosts) {
		t.Errorf("behind the last: %v", got)
	}
}

// By default clients begin anywhere. That 60 of them miss one server of four is less likely
// than one in seven million.
func TestHostOrderIsRandom(t *testing.T) {
	t.Parallel()
	first := make(map[string]int)
	for range 60 {
		a := &asked{}
		c := newClient(t, fourServers, func(cfg *zk.Config) {
			cfg.Dial = a.dial
			cfg.ConnectRetry.MaxTries = 1
		})
		if err := c.Start(testContext(t)); err == nil {
			t.Fatal("connected")
		}
		all := a.now("")
		first[all[0]]++
		slices.Sort(all)
		if strings.Join(all, ",") != fourServers {
			t.Errorf("tried %v", all)
		}
	}
	if len(first) != 4 {
		t.Errorf("clients began with %v", first)
	}
}

// All addresses of a name are tried, those of today, and each that fails is named.
func TestAddressesOfName(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	a := &asked{good: "10.0.0.3:2181"}
	addresses := []string{"10.0.0.1", "2001:db8::2", "10.0.0.3"}
	c := newClient(t, "zk.example", func(cfg *zk.Config) {
		cfg.KeepHostOrder, cfg.Dial = true, a.dial
		cfg.ConnectRetry.MaxTries = 2
		cfg.Lookup = func(_ context.Context, host string) ([]string, error) {
			if host != "zk.example" {
				t.Errorf("looked up %s", host)
			}
			return slices.Clone(addresses), nil
		}
	})
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if got := a.now(""); strings.Join(got, " ") != "10.0.0.1:2181 [2001:db8::2]:2181 10.0.0.3:2181" {
		t.Errorf("tried %v", got)
	}
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	addresses = []string{"10.0.0.4", "2001:db8::2"}
	err := c.Restart(ctx)
	ce, ok := errors.AsType[*zk.ConnectError](err)
	if !ok || len(ce.Attempts) != 2 || ce.Attempts[0].Server != "zk.example:2181 (10.0.0.4:2181)" || ce.Attempts[1].Server != "zk.example:2181 ([2001:db8::2]:2181)" {
		t.Errorf("%v", err)
	}
	if got := a.now(""); len(got) != 4 {
		t.Errorf("two rounds tried %v", got)
	}
}

// A server is reached by IPv6.
func TestIPv6(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = nc.Close() }()
				to, err := new(net.Dialer).DialContext(ctx, "tcp", server.Addr())
				if err != nil {
					t.Error(err)
					return
				}
				all.Go(func() {
					_, _ = io.Copy(to, nc)
					_ = to.Close()
				})
				_, _ = io.Copy(nc, to)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	c := connect(t, l.Addr().String())
	base := folder(t, c)
	wantThere(ctx, t, c, base, true)
	info, err := c.ServerInfo(ctx)
	if err != nil || info.Address != l.Addr().String() {
		t.Errorf("%+v, %v", info, err)
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
}

// A reply that a member of an ensemble owed is found out about at another: the write has
// happened once.
func TestReplyLostInEnsemble(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ensemble := zktest.StartEnsemble(t, 3)
	direct := connect(t, ensemble.Addrs())
	for _, w := range writes {
		if w.name == "create_ttl" {
			continue // switched off in this ensemble, as by default
		}
		t.Run(w.name, func(t *testing.T) {
			needs(t, w.needs)
			base := prepare(ctx, t, direct)
			var servers []string
			var proxies []*zktest.Proxy
			for _, member := range ensemble.Servers() {
				proxy := zktest.StartProxy(t, member.Addr())
				proxies, servers = append(proxies, proxy), append(servers, proxy.Addr())
			}
			c := connect(t, strings.Join(servers, ","), alice, func(cfg *zk.Config) {
				cfg.KeepHostOrder = true
				cfg.SessionTimeout = 20 * time.Second
			})
			// What this session is to see has been done by another member.
			if err := c.Sync(ctx, "/"); err != nil {
				t.Fatal(err)
			}
			cut := proxies[0].CutAfterRequest(w.match)
			if err := w.do(ctx, t, c, base); err != nil {
				t.Error(err)
			}
			happened(t, cut)
			want, sent := 1, 0
			for _, p := range proxies {
				sent += p.Count(w.match)
			}
			if w.name == "multi_of_checks" {
				want = 2
			}
			if sent != want || proxies[1].Connections() == 0 {
				t.Errorf("the write was sent %d times; %d connections to the second member", sent, proxies[1].Connections())
			}
			if err := direct.Sync(ctx, "/"); err != nil {
				t.Fatal(err)
			}
			w.effect(ctx, t, direct, base)
		})
	}
}

// The server's version is asked for once for each connection: the next one may be to a
// server of another.
func TestVersionIsOfConnection(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	for i, want := range []int{2, 2, 4, 4} {
		if i == 2 {
			proxy.CutAll()
			if err := c.Sync(ctx, "/"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Create(ctx, fmt.Sprintf("%s/%d", base, i), nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		until(t, fmt.Sprintf("%d connections behind create %d", want, i), func() bool { return proxy.Connections() >= want })
		if n := proxy.Connections(); n != want {
			t.Errorf("%d connections behind create %d, want %d", n, i, want)
		}
	}
}

// A client does not go back in time: servers that have not seen what it has are none to it.
func TestServerBehind(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	ahead, behind := zktest.StartServer(t), zktest.StartServer(t)
	proxy := zktest.StartProxy(t, ahead.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.ConnectTimeout = 2 * time.Second })
	// The server behind has more than the other had at first, and less than what the client
	// has seen since.
	folder(t, connect(t, behind.Addr()))
	for range 20 {
		folder(t, c)
	}
	if err := c.SetHosts(behind.Addr(), true); err != nil {
		t.Fatal(err)
	}
	// With a session of its own, it is told of its expiry only by a server that takes it.
	proxy.CutAll()
	var ce *zk.ConnectError
	until(t, "a ConnectError", func() (ok bool) {
		_, _, err := c.Get(ctx, "/")
		if err == nil || errors.Is(err, zk.ErrSessionExpired) {
			t.Fatalf("the server behind was taken: %v", err)
		}
		ce, ok = errors.AsType[*zk.ConnectError](err)
		return ok
	})
	if !strings.Contains(ce.Error(), "be behind what this client has seen") {
		t.Error(ce)
	}
	if err := c.SetHosts(proxy.Addr(), true); err != nil {
		t.Fatal(err)
	}
	until(t, "the connection to be back", func() bool {
		_, _, err := c.Get(ctx, "/")
		return err == nil
	})
}

// meanwhile runs a function when a session stands and before it is used.
type meanwhile struct {
	once sync.Once
	run  func()
}

func (m *meanwhile) Warn(string, ...any) {}

func (m *meanwhile) Debug(msg string, _ ...any) {
	if msg == "session" {
		m.once.Do(m.run)
	}
}

// tracked returns what the server says of its sessions: "Session Sets", how many times
// there are at which some end, and how many sessions there are.
func tracked(ctx context.Context, t *testing.T, s *zktest.Server) string {
	t.Helper()
	dump, err := s.Command(ctx, "dump")
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(dump, "ephemeral nodes")
	return text
}

// A session that is opened while the client is being closed is ended too.
func TestCloseBesideHandshake(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	own := zktest.StartServer(t)
	m := new(meanwhile)
	c := newClient(t, own.Addr(), func(cfg *zk.Config) { cfg.Logger = m })
	closed := make(chan error, 1)
	m.run = func() {
		if s := tracked(ctx, t, own); !strings.Contains(s, "/(1)") {
			t.Errorf("the session is not there: %s", s)
		}
		go func() { closed <- c.Close(ctx) }()
		until(t, "the client to be closed", func() bool {
			// One that comes before Close waits for the connection, and so for this.
			short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
			defer cancel()
			_, _, err := c.Get(short, "/")
			return errors.Is(err, zk.ErrClosed)
		})
	}
	if err := c.Start(ctx); !errors.Is(err, zk.ErrClosed) {
		t.Errorf("Start: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	if s := tracked(ctx, t, own); !strings.Contains(s, "/(0)") {
		t.Errorf("the session lives on: %s", s)
	}
}

// Servers close the connection of whom they refuse and keep the session. No client leaves it
// to them: a run that is repeated with a wrong password would pile them up.
func TestRefusedSessionIsEnded(t *testing.T) {
	t.Parallel()
	unknown := zk.Credential{Scheme: "no-such-scheme", Secret: "hush"}
	own := zktest.StartServer(t, zktest.WithDigestLogin(t, map[string]string{"alice": "secret"}))
	gone := func(t *testing.T, err error) {
		t.Helper()
		if !errors.Is(err, zk.ErrAuthFailed) {
			t.Error(err)
		}
		if s := tracked(testContext(t), t, own); !strings.Contains(s, "/(0)") {
			t.Errorf("the session lives on: %s", s)
		}
	}
	for name, change := range map[string]func(*zk.Config){
		"configured": func(cfg *zk.Config) { cfg.Auth = []zk.Credential{unknown} },
		"SASL":       digestMD5("alice", "guess"),
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, own.Addr(), change)
			gone(t, c.Start(testContext(t)))
		})
	}
	t.Run("added", func(t *testing.T) {
		ctx := testContext(t)
		c := connect(t, own.Addr())
		err := c.AddAuth(ctx, unknown)
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		gone(t, err)
	})
}

// A refused identity is dropped, whoever presented it and whether anybody waits: the client
// can be restarted without it, and with all the others.
func TestRefusedIdentityIsDropped(t *testing.T) {
	t.Parallel()
	bad := zk.Credential{Scheme: "no-such-scheme", Secret: "hush"}
	for name, tc := range map[string]struct {
		auth []zk.Credential
		add  zk.Credential
	}{
		"added":      {nil, bad},
		"configured": {[]zk.Credential{bad}, zk.Credential{Scheme: "digest", Secret: "alice:secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			proxy := zktest.StartProxy(t, server.Addr())
			proxy.Refuse(true)
			c := newClient(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Auth = tc.auth })
			started := c.Async().Start(ctx)
			added := c.Async().AddAuth(ctx, tc.add)
			proxy.Refuse(false)
			if _, err := started.Wait(ctx); !errors.Is(err, zk.ErrAuthFailed) {
				t.Fatal(err)
			}
			if _, err := added.Wait(ctx); !errors.Is(err, zk.ErrAuthFailed) {
				t.Errorf("the one that was added: %v", err)
			}
			if err := c.Restart(ctx); err != nil {
				t.Fatal(err)
			}
			if name == "added" || release(t).Less(whoAmI.since) {
				return
			}
			if ids, err := c.WhoAmI(ctx); err != nil || !slices.Contains(ids, zk.Identity{Scheme: "digest", User: "alice"}) {
				t.Errorf("the good one is not presented: %v, %v", ids, err)
			}
		})
	}
}

// What was true of one session is not said of the next.
func TestCloseAfterRestartInVain(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.ConnectTimeout = 300 * time.Millisecond })
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	proxy.Refuse(true)
	err := c.Restart(ctx)
	if _, ok := errors.AsType[*zk.ConnectError](err); !ok {
		t.Errorf("Restart: %v", err)
	}
	if err := c.Close(ctx); err != nil {
		t.Errorf("there is no session: %v", err)
	}
}

// A client of one session ends with it.
func TestOneSession(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := newClient(t, proxy.Addr()+","+proxy.Addr(), func(cfg *zk.Config) {
		cfg.OneSession = true
		cfg.SessionTimeout = 2 * time.Second
		cfg.Dial = g.dial
	})
	var seen recorder
	c.AddListener(seen.tell)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	ephemeral(ctx, t, c, base+"/mine")
	reopen := g.close()
	defer reopen()
	proxy.CutAll()
	until(t, "the session to expire", func() bool {
		_, ok, err := direct.Exists(ctx, base+"/mine")
		return err == nil && !ok
	})
	queued := c.Async().Create(ctx, base+"/queued", nil, zk.CreateOptions{})
	reopen()
	if _, err := queued.Wait(ctx); !errors.Is(err, zk.ErrSessionExpired) {
		t.Errorf("what waited: %v", err)
	}
	until(t, "the end", seen.is(zk.StateConnected, zk.StateSuspended, zk.StateLost, zk.StateClosed))
	if _, err := c.Create(ctx, base+"/later", nil, zk.CreateOptions{}); !errors.Is(err, zk.ErrSessionExpired) {
		t.Errorf("what came later: %v", err)
	}
}

// A client that is closed for a reason gives it.
func TestCloseWithError(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	reason := errors.New("enough")
	if err := c.CloseWithError(ctx, reason); err != nil {
		t.Error(err)
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Get(ctx, "/"); !errors.Is(err, reason) {
		t.Error(err)
	}
}
