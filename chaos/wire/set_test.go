package wire_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/zktest"

	"terraform-provider-zookeeper/chaos/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// director decides once, at the first request of a kind, and counts those that come.
type director struct {
	at   wire.Kind
	what wire.Decision

	mu       sync.Mutex
	done     bool
	requests []wire.Request
}

func (d *director) decide(r wire.Request) wire.Decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = append(d.requests, r)
	if d.done || !d.at.Matches(r.Kind) {
		return wire.Decision{}
	}
	d.done = true
	return d.what
}

// of are the requests of a kind that came.
func (d *director) of(kind wire.Kind) (of []wire.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.requests {
		if r.Kind == kind {
			of = append(of, r)
		}
	}
	return of
}

func listen(t *testing.T, d *director, targets ...string) *wire.Set {
	t.Helper()
	set, err := wire.Listen(t.Context(), targets, d.decide)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	return set
}

func client(t *testing.T, servers string) *zk.Client {
	t.Helper()
	c, err := zk.New(t.Context(), zk.Config{Servers: servers, SessionTimeout: 4 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
	return c
}

// Each fate befalls a creation, which our client brings to a good end all the same: by asking
// again where the request has not come through, and by looking where it has.
func TestFates(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	for fate, tt := range map[wire.Fate]struct {
		least, most int  // how often the creation was asked for
		told        bool // whether the reply comes through: to the last of them
	}{
		wire.Pass:        {1, 1, true},
		wire.CutBefore:   {2, 2, true},
		wire.CutAfter:    {1, 2, false},
		wire.CutReply:    {1, 1, false},
		wire.CutMiddle:   {1, 1, false},
		wire.ResetBefore: {2, 2, true},
		wire.ResetAfter:  {1, 2, false},
		wire.HalfOpen:    {1, 1, false},
		wire.Drip:        {1, 1, true},
	} {
		// One after the other: what others create below the same parent makes an outcome unknown.
		t.Run(fmt.Sprint(fate), func(t *testing.T) {
			d := &director{at: wire.Create, what: wire.Decision{Fate: fate}}
			set := listen(t, d, server.Addr())
			c := client(t, set.Addrs())
			path := fmt.Sprintf("/fate-%d", fate)
			if _, err := c.Create(t.Context(), path, []byte("data"), zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			stat, _, err := c.Exists(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			requests := d.of(wire.Create)
			if n := len(requests); n < tt.least || n > tt.most || requests[0].Path != path {
				t.Errorf("it was asked for by %v, want from %d to %d requests", requests, tt.least, tt.most)
			}
			session, _ := c.Session()
			if requests[0].Session != session {
				t.Errorf("it was asked for in session %#x, and not %#x", requests[0].Session, session)
			}
			// A reply can be faster than the end of its connection.
			raced := fate == wire.CutAfter || fate == wire.ResetAfter
			if told := set.Delivered(stat.Czxid); !raced && told != (tt.told || len(requests) > 1) {
				t.Errorf("that a reply came through is %t", told)
			}
			if known, ok := set.Session(session); !ok || len(known.Password) == 0 || !known.Used || len(set.Sessions()) != 1 {
				t.Errorf("the sessions are %v, and the client's is %#x", set.Sessions(), session)
			}
			if n := len(d.of(wire.Connect)); (n > 1) != (fate != wire.Pass && fate != wire.Drip) {
				t.Errorf("there were %d connections", n)
			}
		})
	}
}

// What is to be done before a request goes on is done before it does.
func TestHold(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	direct := client(t, server.Addr())
	d := &director{at: wire.SetData, what: wire.Decision{Hold: func(ctx context.Context) {
		if _, err := direct.Set(ctx, "/a", []byte("first"), 0); err != nil {
			t.Error(err)
		}
	}}}
	c := client(t, listen(t, d, server.Addr()).Addrs())
	if _, err := c.Create(t.Context(), "/a", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if stat, err := c.Set(t.Context(), "/a", []byte("second"), zk.AnyVersion); err != nil || stat.Version != 2 {
		t.Errorf("the one who was held back has written version %d, %v", stat.Version, err)
	}
}

func TestFreezeAndRefuse(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	d := new(director)
	set := listen(t, d, server.Addr())
	c := client(t, set.Addrs())
	// Short beside the session's timeout: the connection outlives it.
	const pause = 200 * time.Millisecond
	began := time.Now()
	set.Freeze(pause)
	set.Freeze(pause / 2)
	if err := c.Sync(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < pause {
		t.Errorf("traffic flowed after %v", took)
	}
	set.Refuse(pause)
	set.CutAll()
	if err := c.Sync(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	if n := len(d.of(wire.Connect)); n != 2 {
		t.Errorf("%d connections asked for a session, want 2", n)
	}
}

// A session of a client that has never used it is told from others.
func TestSessionThatIsNotUsed(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	set := listen(t, new(director), server.Addr())
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", set.Addrs())
	if err != nil {
		t.Fatal(err)
	}
	hello := proto.ConnectRequest{TimeoutMillis: 4000, Password: make([]byte, 16)}
	if err := zktest.WriteFrame(conn, hello.AppendTo(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := zktest.ReadFrame(bufio.NewReader(conn)); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if sessions := set.Sessions(); len(sessions) != 1 || sessions[0].Used {
		t.Errorf("the sessions are %v", sessions)
	}
}

// Four-letter words pass.
func TestWord(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", listen(t, new(director), server.Addr()).Addrs())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("ruok")); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); string(answer) != "imok" {
		t.Errorf("ruok answered %q, %v", answer, err)
	}
	_ = conn.Close()
}
