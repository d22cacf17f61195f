package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// server is a standalone server that the tests share; each works below a path of its own.
var server *zktest.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	server, err = zktest.Start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	kazooPeer, curatorPeer = zktest.NewKazoo(server.Addr()), zktest.NewCurator(server.Addr())
	code := m.Run()
	if err := errors.Join(kazooPeer.Close(), curatorPeer.Close(), server.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// patience bounds what a test waits for; nothing is expected to take it.
const patience = 60 * time.Second

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// connect returns a started client of the servers, which is closed when the test ends. Its
// session lasts for longer than a test may take, unless that is changed.
func connect(t *testing.T, servers string, change ...func(*zk.Config)) *zk.Client {
	t.Helper()
	quick := zk.RetryPolicy{Delay: 10 * time.Millisecond}
	cfg := zk.Config{Servers: servers, Retry: quick, ConnectRetry: quick, SessionTimeout: patience}
	for _, f := range change {
		f(&cfg)
	}
	c, err := zk.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		_ = c.Close(ctx) // where the connection is gone there is nobody to end the session with
	})
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

// session sets a session's timeout.
func session(timeout time.Duration) func(*zk.Config) {
	return func(cfg *zk.Config) { cfg.SessionTimeout = timeout }
}

// folder makes a node for the test alone, and for this run of it, and returns its path.
func folder(t *testing.T, c *zk.Client) string {
	t.Helper()
	path := "/" + strings.NewReplacer("/", "-", " ", "_", "#", "-").Replace(t.Name()) + "-"
	made, err := c.Create(testContext(t), path, nil, zk.CreateOptions{Mode: zk.PersistentSequential})
	if err != nil {
		t.Fatal(err)
	}
	return made.Path
}

// until waits for a condition, which it looks at again and again.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for: %s", patience, what)
		}
	}
}

// children returns the names of a node's children; none when there is no node.
func children(t *testing.T, c *zk.Client, path string) []string {
	t.Helper()
	names, _, err := c.Children(testContext(t), path)
	if err != nil && !strings.Contains(err.Error(), zk.ErrNoNode.Error()) {
		t.Fatal(err)
	}
	return names
}

// untilChildren waits until a node has that many children.
func untilChildren(t *testing.T, c *zk.Client, path string, n int) {
	t.Helper()
	until(t, fmt.Sprintf("%d children of %s", n, path), func() bool { return len(children(t, c, path)) == n })
}

// must returns v, and ends the test with an error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// acquirer is a lock or a semaphore.
type acquirer interface {
	Acquire(ctx context.Context) (*recipe.Held, error)
	TryAcquire(ctx context.Context) (*recipe.Held, error)
}

// outcome is what an Acquire in the background came to.
type outcome struct {
	held *recipe.Held
	err  error
}

// acquire acquires in the background.
func acquire(ctx context.Context, a acquirer) <-chan outcome {
	out := make(chan outcome, 1)
	go func() {
		held, err := a.Acquire(ctx)
		out <- outcome{held, err}
	}()
	return out
}

// granted waits for what is acquired in the background.
func granted(t *testing.T, out <-chan outcome) *recipe.Held {
	t.Helper()
	o := <-out
	if o.err != nil {
		t.Fatal(o.err)
	}
	return o.held
}

func release(t *testing.T, held *recipe.Held) {
	t.Helper()
	if err := held.Release(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

// waits fails the test when the acquisition in the background has ended.
func waits(t *testing.T, out <-chan outcome) {
	t.Helper()
	select {
	case o := <-out:
		t.Fatalf("it does not wait: %+v", o)
	default:
	}
}

var (
	isChildren = zktest.Is(zktest.OpGetChildren, zktest.OpGetChildren2)
	isRequest  = func(op int32) bool { return op != zktest.OpPing } // all but pings
)

func happened(t *testing.T, cut <-chan struct{}) {
	t.Helper()
	select {
	case <-cut:
	default:
		t.Error("the connection was not cut: the test showed nothing")
	}
}

// gate is a dialer that can be closed, to hold a client back from its next connection.
type gate struct {
	mu   sync.Mutex
	open chan struct{}
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) close() (reopen func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = make(chan struct{})
	return sync.OnceFunc(func() { close(g.open) })
}

func (g *gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	select {
	case <-open:
		return new(net.Dialer).DialContext(ctx, network, address)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// victim is a client whose connection can be taken away.
type victim struct {
	*zk.Client
	addr  string // of the server
	proxy *zktest.Proxy
	gate  *gate
}

func newVictim(t *testing.T, change ...func(*zk.Config)) *victim {
	t.Helper()
	return newVictimOf(t, server.Addr(), change...)
}

// newVictimOf is newVictim for another server.
func newVictimOf(t *testing.T, addr string, change ...func(*zk.Config)) *victim {
	t.Helper()
	v := &victim{addr: addr, proxy: zktest.StartProxy(t, addr), gate: newGate()}
	v.Client = connect(t, v.proxy.Addr(), append(change, func(cfg *zk.Config) { cfg.Dial = v.gate.dial })...)
	return v
}

// expire ends the session on the server behind the client's back, and lets the client find
// out.
func (v *victim) expire(t *testing.T) {
	t.Helper()
	id, password := v.Session()
	reopen := v.gate.close()
	defer reopen()
	v.proxy.CutAll()
	thief := connect(t, v.addr, func(cfg *zk.Config) { cfg.SessionID, cfg.SessionPassword = id, password })
	if got, _ := thief.Session(); got != id {
		t.Fatalf("the session was not resumed")
	}
	if err := thief.Close(testContext(t)); err != nil {
		t.Fatal(err)
	}
}
