package zk_test

import (
	"context"
	"errors"
	"strings"
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
	var ce *zk.ConnectError
	if err := strict.Start(ctx); !errors.As(err, &ce) {
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
