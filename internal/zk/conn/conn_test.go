package conn

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

var options = Options{MaxRequest: 1 << 20, MaxReply: 1 << 20}

// raw is a record that is given as bytes.
type raw []byte

func (r raw) AppendTo(dst []byte) []byte { return append(dst, r...) }

func connectReply(timeoutMillis int32) []byte {
	b := jute.AppendInt(nil, 0)
	b = jute.AppendInt(b, timeoutMillis)
	b = jute.AppendLong(b, 77)
	b = jute.AppendBuffer(b, make([]byte, proto.PasswordSize))
	return appendFrame(nil, raw(jute.AppendBool(b, false)))
}

func replyFrame(xid int32, zxid int64, code proto.ErrCode, body []byte) []byte {
	b := jute.AppendInt(nil, xid)
	b = jute.AppendLong(b, zxid)
	return appendFrame(nil, raw(jute.AppendInt(b, int32(code))), raw(body))
}

// pong is the reply to the ping of the handshake.
func pong(zxid int64) []byte { return replyFrame(proto.XidPing, zxid, proto.OK, nil) }

// peer is the server's end of a connection in a test.
type peer struct {
	net.Conn
	t *testing.T
}

// next returns the next frame of the client.
func (p peer) next() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(p, head[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(p, frame)
	return frame, err
}

func (p peer) send(frames ...[]byte) { _, _ = p.Write(bytes.Join(frames, nil)) }

// greet does the server's part of a handshake.
func (p peer) greet(timeoutMillis int32) {
	if _, err := p.next(); err != nil {
		p.t.Error(err)
	}
	p.send(connectReply(timeoutMillis))
	if _, err := p.next(); err != nil {
		p.t.Error(err)
	}
	p.send(pong(100))
}

// dial returns both ends of a TCP connection, whose server's end runs the script.
func dial(t *testing.T, script func(p peer)) net.Conn {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		nc, err := l.Accept()
		_ = l.Close()
		if err != nil {
			return
		}
		defer func() { _ = nc.Close() }()
		_ = nc.SetDeadline(time.Now().Add(patience))
		script(peer{nc, t})
	})
	nc, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = nc.Close()
		wg.Wait()
	})
	return nc
}

func open(t *testing.T, script func(p peer)) *Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := Open(ctx, dial(t, script), Hello{}, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// drain reads what the client sends until it closes.
func drain(p peer) { _, _ = io.Copy(io.Discard, p) }

func await(t *testing.T, call *Call) {
	t.Helper()
	select {
	case <-call.Done():
	case <-time.After(patience):
		t.Fatal("a call that never ended")
	}
}

func get() (*Call, *proto.GetDataReply) {
	reply := new(proto.GetDataReply)
	return NewCall(proto.OpGetData, &proto.PathWatchRequest{Path: "/a"}, reply), reply
}

// data is the body of a reply to a get.
func data(b []byte) []byte { return append(jute.AppendBuffer(nil, b), make([]byte, 68)...) }

func TestRepliesInOrder(t *testing.T) {
	const calls = 100
	c := open(t, func(p peer) {
		p.greet(9000)
		for i := range calls {
			if _, err := p.next(); err != nil {
				t.Error(err)
				return
			}
			code := proto.OK
			if i == 7 {
				code = proto.ErrNoNode
			}
			p.send(replyFrame(int32(i)+1, int64(200+i), code, data([]byte{byte(i)})))
		}
		drain(p)
	})
	if got := c.Session(); got.SessionID != 77 || got.TimeoutMillis != 9000 {
		t.Errorf("session %+v", got)
	}
	if c.Zxid() != 100 {
		t.Errorf("zxid %d after the handshake", c.Zxid())
	}
	var pending []*Call
	var replies []*proto.GetDataReply
	for range calls {
		call, reply := get()
		if !c.Submit(t.Context(), call) {
			t.Fatal("not taken")
		}
		pending, replies = append(pending, call), append(replies, reply)
	}
	for i, call := range pending {
		await(t, call)
		if i == 7 {
			if !errors.Is(call.Err, proto.ErrNoNode) {
				t.Errorf("call 7: %v", call.Err)
			}
			continue
		}
		if call.Err != nil || !bytes.Equal(replies[i].Data, []byte{byte(i)}) || call.Header.Zxid != int64(200+i) {
			t.Errorf("call %d: %v, %v, %+v", i, call.Err, replies[i].Data, call.Header)
		}
	}
	if pending[0].Seen != 100 {
		t.Errorf("seen %d", pending[0].Seen)
	}
	if c.Zxid() != 200+calls-1 {
		t.Errorf("zxid %d", c.Zxid())
	}
}

// A call is sent in the session that it is pinned to, and in no other.
func TestPinned(t *testing.T) {
	c := open(t, func(p peer) {
		p.greet(9000)
		_, _ = p.next()
		p.send(replyFrame(1, 200, proto.OK, data(nil)))
		drain(p)
	})
	other, _ := get()
	other.Pinned = 78
	ours, _ := get()
	ours.Pinned = 77
	for _, call := range []*Call{other, ours} {
		if !c.SubmitNow(call) {
			t.Fatal("not taken")
		}
		await(t, call)
	}
	if !errors.Is(other.Err, proto.ErrSessionExpired) || other.Session != 0 {
		t.Errorf("another session's: %v, in session %d", other.Err, other.Session)
	}
	if ours.Err != nil || ours.Session != 77 {
		t.Errorf("%v, in session %d", ours.Err, ours.Session)
	}
}

// A handshake that is given up ends the session that it has opened, and one that fails
// leaves the session to be resumed.
func TestHandshakeGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	farewells := make(chan string, 1)
	nc := dial(t, func(p peer) {
		_, _ = p.next()
		p.send(connectReply(9000))
		_, _ = p.next()
		cancel()
		frame, err := p.next()
		r := jute.NewReader(frame)
		farewells <- fmt.Sprint(r.Int(), r.Int(), err)
	})
	_, session, err := Open(ctx, nc, Hello{}, options)
	if _, ok := errors.AsType[*NoAnswerError](err); !ok || session.SessionID != 0 {
		t.Errorf("%v, session %d", err, session.SessionID)
	}
	if got, want := <-farewells, fmt.Sprint(1, int32(proto.OpCloseSession), nil); got != want {
		t.Errorf("the server was told %s, want %s", got, want)
	}

	nc = dial(t, func(p peer) {
		_, _ = p.next()
		p.send(connectReply(9000))
		_, _ = p.next()
	})
	if _, session, err = Open(t.Context(), nc, Hello{}, options); !errors.Is(err, ErrHandshakeEnded) || session.SessionID != 77 {
		t.Errorf("%v, session %d", err, session.SessionID)
	}
}

func TestContextError(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	if err := ContextError(ctx); err != nil {
		t.Error(err)
	}
	cancel(proto.ErrNoNode)
	if err := ContextError(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, proto.ErrNoNode) || !strings.Contains(err.Error(), "node does not exist") {
		t.Error(err)
	}
}

// A large reply does not go through the buffer of the small ones.
func TestLargeReply(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), (options.MaxReply-200)/16)
	c := open(t, func(p peer) {
		p.greet(9000)
		for xid := range int32(3) {
			_, _ = p.next()
			p.send(replyFrame(xid+1, 200, proto.OK, data(large)))
		}
		drain(p)
	})
	for range 3 {
		call, reply := get()
		c.Submit(t.Context(), call)
		await(t, call)
		if call.Err != nil || !bytes.Equal(reply.Data, large) {
			t.Fatalf("%d bytes, %v", len(reply.Data), call.Err)
		}
	}
}

// A request that is too large leaves no trace in the stream.
// panics is a record whose decoder goes beyond what it was given.
type panics struct{}

func (panics) Decode(r *jute.Reader) { _ = make([]byte, r.Remaining())[1<<20] }

// A decoder that panics is a reply that cannot be read: the call and the connection end, and
// the process goes on.
func TestDecoderPanics(t *testing.T) {
	c := open(t, func(p peer) {
		p.greet(9000)
		_, _ = p.next()
		p.send(replyFrame(1, 2, proto.OK, data([]byte("x"))))
		drain(p)
	})
	call := NewCall(proto.OpGetData, &proto.PathWatchRequest{Path: "/a"}, panics{})
	if !c.Submit(t.Context(), call) {
		t.Fatal(c.Err())
	}
	await(t, call)
	if lost, ok := errors.AsType[*LostError](call.Err); !ok || !lost.Sent || !strings.Contains(call.Err.Error(), "malformed") {
		t.Errorf("error %v", call.Err)
	}
	<-c.Done()
}

func TestRequestTooLarge(t *testing.T) {
	c := open(t, func(p peer) {
		p.greet(9000)
		frame, _ := p.next()
		r := jute.NewReader(frame)
		if xid, op := r.Int(), r.Int(); xid != 1 || proto.OpCode(op) != proto.OpGetData {
			t.Errorf("the server got op %d with xid %d", op, xid)
		}
		p.send(replyFrame(1, 200, proto.OK, data(nil)))
		drain(p)
	})
	big := NewCall(proto.OpSetData, &proto.SetDataRequest{Path: "/a", Data: make([]byte, options.MaxRequest)}, nil)
	if !c.Submit(t.Context(), big) {
		t.Fatal("not taken")
	}
	await(t, big)
	if tooLarge, ok := errors.AsType[*TooLargeError](big.Err); !ok || tooLarge.Limit != options.MaxRequest || tooLarge.Size != options.MaxRequest+8+4+2+4+4 {
		t.Errorf("%v", big.Err)
	}
	small, _ := get()
	c.Submit(t.Context(), small)
	await(t, small)
	if small.Err != nil {
		t.Error(small.Err)
	}
}

// A call that is not admitted ends and is not sent; one that is may be changed first.
func TestAdmit(t *testing.T) {
	refused := errors.New("refused")
	opts := options
	opts.Admit = func(call *Call) error {
		if call.Op == proto.OpCreate2 {
			return refused
		}
		call.Request = &proto.PathWatchRequest{Path: "/b"}
		return nil
	}
	nc := dial(t, func(p peer) {
		p.greet(9000)
		frame, _ := p.next()
		r := jute.NewReader(frame)
		if xid, op, path := r.Int(), r.Int(), r.String(); xid != 1 || proto.OpCode(op) != proto.OpGetData || path != "/b" {
			t.Errorf("the server got op %d of %s with xid %d", op, path, xid)
		}
		p.send(replyFrame(1, 200, proto.OK, data(nil)))
		drain(p)
	})
	c, _, err := Open(t.Context(), nc, Hello{}, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	first := NewCall(proto.OpCreate2, &proto.CreateRequest{Path: "/a"}, nil)
	second, _ := get()
	for _, call := range []*Call{first, second} {
		if !c.SubmitNow(call) {
			t.Fatal("not taken")
		}
		await(t, call)
	}
	if !errors.Is(first.Err, refused) || first.Session != 0 || second.Err != nil {
		t.Errorf("%v in session %d, %v", first.Err, first.Session, second.Err)
	}
}

// A server that accepts and never reads: submitters wait only as long as their context,
// and memory stays bounded.
func TestBacklog(t *testing.T) {
	release := make(chan struct{})
	c := open(t, func(p peer) {
		p.greet(600_000)
		<-release
	})
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	payload := make([]byte, 512<<10)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			call := NewCall(proto.OpSetData, &proto.SetDataRequest{Path: "/a", Data: payload}, nil)
			if !c.Submit(ctx, call) {
				return
			}
			select {
			case <-call.Done():
				if !errors.Is(call.Err, context.Canceled) {
					t.Errorf("a call that was not taken: %v", call.Err)
				}
				return
			default:
			}
		}
	}()
	// The submitter comes to a halt when the socket's buffers and the backlog are full.
	for waiting := false; !waiting; {
		select {
		case <-ended:
			t.Fatal("the submitter ended")
		default:
		}
		c.mu.Lock()
		waiting = c.room != nil
		if len(c.out) > backlog+len(payload)+1024 {
			t.Errorf("%d bytes wait", len(c.out))
		}
		c.mu.Unlock()
	}
	cancel()
	<-ended
}

// A silent server is given up after two thirds of the session timeout.
func TestSilence(t *testing.T) {
	pings := make(chan int, 1)
	c := open(t, func(p peer) {
		p.greet(300)
		n := 0
		for {
			frame, err := p.next()
			if err != nil {
				break
			}
			if r := jute.NewReader(frame); r.Int() == proto.XidPing {
				n++
			}
		}
		pings <- n
	})
	call, _ := get()
	c.Submit(t.Context(), call)
	await(t, call)
	if lost, ok := errors.AsType[*LostError](call.Err); !ok || !lost.Sent || !strings.Contains(call.Err.Error(), "silent for 200ms") {
		t.Errorf("%v", call.Err)
	}
	if n := <-pings; n == 0 {
		t.Error("no ping was sent before the server was given up")
	}
}

func TestHandshake(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script func(p peer)
		want   string
		is     error
	}{
		{"expired", func(p peer) {
			_, _ = p.next()
			b := jute.AppendLong(jute.AppendInt(jute.AppendInt(nil, 0), 0), 0)
			p.send(appendFrame(nil, raw(jute.AppendBool(jute.AppendBuffer(b, make([]byte, 16)), false))))
		}, "session expired", proto.ErrSessionExpired},
		{"refused identity", func(p peer) {
			_, _ = p.next()
			p.send(connectReply(9000))
			_, _ = p.next()
			p.send(replyFrame(proto.XidAuth, 0, proto.ErrAuthFailed, nil))
		}, "authentication failed", proto.ErrAuthFailed},
		{"requires SASL", func(p peer) {
			_, _ = p.next()
			p.send(connectReply(9000))
			_, _ = p.next()
			p.send(replyFrame(proto.XidAuth, 0, proto.ErrSessionClosedRequireSASL, nil))
		}, "requires SASL", proto.ErrSessionClosedRequireSASL},
		{"closes after the connect reply", func(p peer) {
			_, _ = p.next()
			p.send(connectReply(9000))
			_, _ = p.next()
		}, "behind its answer to the connect request", ErrHandshakeEnded},
		{"closes instead of the connect reply", func(p peer) {
			_, _ = p.next()
		}, "without an answer", ErrNoAnswer},
		{"answers another request", func(p peer) {
			_, _ = p.next()
			p.send(connectReply(9000), replyFrame(5, 0, proto.OK, nil))
			drain(p)
		}, "xid 5 during the handshake", nil},
		{"short connect reply", func(p peer) {
			_, _ = p.next()
			p.send(appendFrame(nil, raw{0, 0, 0, 0, 0}))
			drain(p)
		}, "connect reply", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			hello := Hello{Auth: []proto.AuthRequest{{Scheme: "digest", Auth: []byte("alice:hush")}}}
			_, _, err := Open(t.Context(), dial(t, tc.script), hello, options)
			if err == nil || !strings.Contains(err.Error(), tc.want) || tc.is != nil && !errors.Is(err, tc.is) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// Identities go after the connect reply and before everything else.
func TestHandshakeOrder(t *testing.T) {
	order := make(chan string, 1)
	nc := dial(t, func(p peer) {
		var got []string
		_, _ = p.next()
		// Nothing may come before the reply: there is only silence to read.
		_ = p.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if b, err := p.next(); err == nil {
			got = append(got, fmt.Sprintf("early % x", b))
		}
		_ = p.SetReadDeadline(time.Now().Add(patience))
		p.send(connectReply(9000))
		for range 3 {
			frame, _ := p.next()
			r := jute.NewReader(frame)
			xid, op := r.Int(), r.Int()
			entry := fmt.Sprintf("%d/%d", xid, op)
			if op == int32(proto.OpAuth) {
				r.Int()
				entry += " " + r.String() + " " + string(r.Buffer())
			}
			got = append(got, entry)
			p.send(replyFrame(xid, 100, proto.OK, nil))
		}
		order <- strings.Join(got, ", ")
		drain(p)
	})
	hello := Hello{Auth: []proto.AuthRequest{{Scheme: "digest", Auth: []byte("a:1")}, {Scheme: "ip", Auth: nil}}}
	c, _, err := Open(t.Context(), nc, hello, options)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, want := <-order, "-4/100 digest a:1, -4/100 ip , -2/11"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestXid(t *testing.T) {
	for seq, want := range map[uint64]int32{1: 1, math.MaxInt32: math.MaxInt32, math.MaxInt32 + 1: 1, 2*math.MaxInt32 + 1: 1} {
		if got := xid(seq); got != want {
			t.Errorf("call %d has xid %d", seq, got)
		}
	}
}

// FuzzConn is a server that sends whatever the input holds: to the connect request, and
// to requests. Nothing may panic or hang, and every call must end.
func FuzzConn(f *testing.F) {
	f.Add(connectReply(9000), pong(1), replyFrame(1, 2, proto.OK, data([]byte("x"))))
	f.Add(connectReply(9000), pong(1), replyFrame(1, 2, proto.ErrNoNode, nil))
	f.Add(connectReply(9000), pong(1), jute.AppendInt(nil, math.MaxInt32))
	f.Add([]byte("HTTP/1.1 400"), []byte{}, []byte{})
	f.Add([]byte{0x15, 3, 3, 0, 2, 2, 0x46}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, connect, greeting, replies []byte) {
		client, server := net.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = io.Copy(io.Discard, server) })
		wg.Go(func() {
			_, _ = server.Write(bytes.Join([][]byte{connect, greeting, replies}, nil))
			_ = server.Close()
		})
		defer wg.Wait()
		defer func() { _ = server.Close() }()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		c, _, err := Open(ctx, client, Hello{}, options)
		if err != nil {
			return
		}
		defer c.Close()
		calls := []*Call{
			NewCall(proto.OpGetData, &proto.PathWatchRequest{Path: "/a"}, new(proto.GetDataReply)),
			NewCall(proto.OpMulti, &proto.MultiRequest{}, &proto.MultiReply{Asked: make([]proto.MultiOp, 8)}),
			NewCall(proto.OpGetChildren2, &proto.PathWatchRequest{Path: "/a"}, new(proto.GetChildrenReply)),
		}
		for _, call := range calls {
			if !c.Submit(ctx, call) {
				call.Fail(c.Err())
			}
		}
		for _, call := range calls {
			select {
			case <-call.Done():
			case <-ctx.Done():
				t.Fatal("a call that never ended")
			}
		}
	})
}
