package conn

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

// The bodies of replies, as servers encode them.

func joined(parts ...[]byte) []byte { return slices.Concat(parts...) }

func text(s string) []byte { return jute.AppendString(nil, s) }

func number(v int32) []byte { return jute.AppendInt(nil, v) }

func list(names ...string) []byte {
	b := number(int32(len(names)))
	for _, name := range names {
		b = jute.AppendString(b, name)
	}
	return b
}

// aStat is a stat of which every field is another.
var aStat = proto.Stat{
	Czxid: 0x1_0000_0001, Mzxid: 0x1_0000_0002, Ctime: 1_700_000_000_003, Mtime: 1_700_000_000_004, Version: 5,
	Cversion: 6, Aversion: 7, EphemeralOwner: 0x100_0000_0000_0008, DataLength: 9, NumChildren: 10, Pzxid: 0x1_0000_000b,
}

func statBody() []byte {
	b := jute.AppendLong(jute.AppendLong(nil, aStat.Czxid), aStat.Mzxid)
	b = jute.AppendLong(jute.AppendLong(b, aStat.Ctime), aStat.Mtime)
	b = jute.AppendInt(jute.AppendInt(jute.AppendInt(b, aStat.Version), aStat.Cversion), aStat.Aversion)
	b = jute.AppendLong(b, aStat.EphemeralOwner)
	return jute.AppendLong(jute.AppendInt(jute.AppendInt(b, aStat.DataLength), aStat.NumChildren), aStat.Pzxid)
}

// result is one result of a multi, after its header.
func result(op proto.OpCode, body ...[]byte) []byte {
	return joined(number(int32(op)), []byte{0}, number(0), joined(body...))
}

var lastResult = joined(number(-1), []byte{1}, number(-1))

// kinds are the kinds of replies that a connection gets after its handshake.
var kinds = []struct {
	name string
	op   proto.OpCode
	xid  int32 // 0 for an ordinary request's
	body []byte
	into func() Reply // nil for a reply without a body
	want Reply
}{
	{"get", proto.OpGetData, 0, joined(text("payload"), statBody()), func() Reply { return new(proto.GetDataReply) }, &proto.GetDataReply{Data: []byte("payload"), Stat: aStat}},
	{"get null", proto.OpGetData, 0, joined(number(-1), statBody()), func() Reply { return new(proto.GetDataReply) }, &proto.GetDataReply{Stat: aStat}},
	{"exists", proto.OpExists, 0, statBody(), func() Reply { return new(proto.Stat) }, &aStat},
	{"create", proto.OpCreate, 0, text("/new"), func() Reply { return new(proto.CreateReply) }, &proto.CreateReply{Path: "/new"}},
	{"create2", proto.OpCreate2, 0, joined(text("/new"), statBody()), func() Reply { return new(proto.CreateReply) }, &proto.CreateReply{Path: "/new", Stat: aStat, HasStat: true}},
	{"delete", proto.OpDelete, 0, nil, nil, nil},
	{"children", proto.OpGetChildren2, 0, joined(list("a", "bc"), statBody()), func() Reply { return new(proto.GetChildrenReply) }, &proto.GetChildrenReply{Children: []string{"a", "bc"}, Stat: aStat}},
	{"ACL", proto.OpGetACL, 0, joined(number(1), number(31), text("world"), text("anyone"), statBody()), func() Reply { return new(proto.GetACLReply) }, &proto.GetACLReply{ACL: []proto.ACL{{Perms: 31, Scheme: "world", ID: "anyone"}}, Stat: aStat}},
	{"multi", proto.OpMulti, 0, joined(result(proto.OpCreate, text("/a")), result(proto.OpCreate2, text("/b"), statBody()), result(proto.OpSetData, statBody()), result(proto.OpDelete), lastResult), func() Reply { return &proto.MultiReply{Asked: make([]proto.MultiOp, 4)} }, &proto.MultiReply{Asked: make([]proto.MultiOp, 4), Results: []proto.MultiResult{
		{Op: proto.OpCreate, Path: "/a"}, {Op: proto.OpCreate2, Path: "/b", Stat: aStat, HasStat: true}, {Op: proto.OpSetData, Stat: aStat, HasStat: true}, {Op: proto.OpDelete},
	}}},
	{"failed multi", proto.OpMulti, 0, joined(result(proto.OpError, number(0)), result(proto.OpError, number(-110)), result(proto.OpError, number(-2)), lastResult), func() Reply { return &proto.MultiReply{Asked: make([]proto.MultiOp, 3)} }, &proto.MultiReply{Asked: make([]proto.MultiOp, 3), Results: []proto.MultiResult{
		{Op: proto.OpError}, {Op: proto.OpError, Err: proto.ErrNodeExists}, {Op: proto.OpError, Err: proto.ErrRuntimeInconsistency},
	}}},
	{"multiRead", proto.OpMultiRead, 0, joined(result(proto.OpGetData, text("x"), statBody()), result(proto.OpGetChildren, list("a")), result(proto.OpError, number(-101)), lastResult), func() Reply { return &proto.MultiReadReply{Want: 3} }, &proto.MultiReadReply{Want: 3, Results: []proto.MultiReadResult{
		{Op: proto.OpGetData, Data: []byte("x"), Stat: aStat}, {Op: proto.OpGetChildren, Children: []string{"a"}}, {Op: proto.OpError, Err: proto.ErrNoNode},
	}}},
	{"ephemerals", proto.OpGetEphemerals, 0, list("/e", "/f"), func() Reply { return new(proto.GetEphemeralsReply) }, &proto.GetEphemeralsReply{Paths: []string{"/e", "/f"}}},
	{"descendants", proto.OpCountChildren, 0, number(3), func() Reply { return new(proto.CountDescendantsReply) }, &proto.CountDescendantsReply{Total: 3}},
	{"whoAmI", proto.OpWhoAmI, 0, joined(number(1), text("digest"), text("alice")), func() Reply { return new(proto.WhoAmIReply) }, &proto.WhoAmIReply{Identities: []proto.Identity{{Scheme: "digest", User: "alice"}}}},
	{"setWatches", proto.OpSetWatches, proto.XidSetWatches, nil, nil, nil},
	{"auth", proto.OpAuth, proto.XidAuth, nil, nil, nil},
	{"closeSession", proto.OpCloseSession, 0, nil, nil, nil},
}

// xidOf is the xid of the reply to a connection's first call.
func xidOf(special int32) int32 {
	if special != 0 {
		return special
	}
	return 1
}

// pipe opens a connection without a network, for tests that need thousands.
func pipe(t *testing.T, opts Options, script func(p peer)) *Conn {
	t.Helper()
	return pipeGranted(t, opts, 9000, script)
}

// pipeGranted is pipe with a session that the server grants so many milliseconds.
func pipeGranted(t *testing.T, opts Options, millis int32, script func(p peer)) *Conn {
	t.Helper()
	client, server := net.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() {
		defer func() { _ = server.Close() }()
		p := peer{server, t}
		p.greet(millis)
		script(p)
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := Open(ctx, client, Hello{}, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		wg.Wait()
	})
	return c
}

// What a server sends that it must not ends the connection, and the call that waits gets
// an error that says so: never a panic, a hang or a wrong answer.
func TestHostileReplies(t *testing.T) {
	ok := replyFrame(1, 200, proto.OK, data([]byte("x")))
	for _, tc := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"xid of no request", replyFrame(2, 200, proto.OK, nil), "xid 2"},
		{"xid before", replyFrame(math.MaxInt32, 200, proto.OK, nil), "xid 2147483647"},
		{"xid that nobody has", replyFrame(anyXid, 200, proto.OK, data(nil)), "xid 0"},
		{"watches that were not set", replyFrame(proto.XidSetWatches, 200, proto.OK, nil), "xid -8"},
		{"negative length", jute.AppendInt(nil, -5), "length -5"},
		{"no length", jute.AppendInt(nil, 0), "length 0"},
		{"huge length", jute.AppendInt(nil, math.MaxInt32), "2147483647 bytes, the limit is 1048576"},
		{"short event", replyFrame(proto.XidNotification, -1, proto.OK, []byte{1}), "event: "},
		{"event with a huge path", replyFrame(proto.XidNotification, -1, proto.OK, joined(number(1), number(3), number(math.MaxInt32))), "event: "},
		{"identity that was not presented", replyFrame(proto.XidAuth, 0, proto.OK, nil), "xid -4"},
		{"short header", appendFrame(nil, raw{0, 0, 0}), "reply header"},
		{"body of another type", replyFrame(1, 200, proto.OK, jute.AppendInt(nil, 5)), "reply to get"},
		{"no body", replyFrame(1, 200, proto.OK, nil), "reply to get"},
		{"negative length inside", replyFrame(1, 200, proto.OK, joined(number(-2), statBody())), "reply to get"},
		{"huge length inside", replyFrame(1, 200, proto.OK, jute.AppendInt(nil, math.MaxInt32)), "reply to get"},
		{"end inside the length", ok[:2], "unexpected EOF"},
		{"end inside the header", ok[:9], "unexpected EOF"},
		{"end inside the body", ok[:len(ok)-1], "unexpected EOF"},
		{"end", nil, "the server closed the connection"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := open(t, func(p peer) {
				p.greet(9000)
				_, _ = p.next()
				p.send(tc.bytes)
			})
			call, _ := get()
			c.Submit(t.Context(), call)
			await(t, call)
			if call.Err == nil || !strings.Contains(call.Err.Error(), tc.want) {
				t.Errorf("error %v, want %q", call.Err, tc.want)
			}
			if _, ok := errors.AsType[*ReplyTooLargeError](call.Err); !ok && !errors.Is(call.Err, proto.ErrConnectionLoss) {
				t.Errorf("error %v is neither a lost connection nor a reply too large", call.Err)
			}
			if lost, ok := errors.AsType[*LostError](call.Err); ok && !lost.Sent {
				t.Error("the request was sent")
			}
			<-c.Done()
			if c.Submit(t.Context(), call) {
				t.Error("a call was taken after the end")
			}
		})
	}
}

// A frame that is too large is the fault of the call whose reply it is. Where it is nobody's
// reply, the call in flight is lost, and worth repeating.
func TestTooLargeIsWhose(t *testing.T) {
	for name, tc := range map[string]struct {
		xid  int32
		ours bool
	}{
		"a reply":        {1, true},
		"an event":       {proto.XidNotification, false},
		"another reply":  {2, false},
		"nobody's reply": {anyXid, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := pipe(t, options, func(p peer) {
				_, _ = p.next()
				p.send(joined(number(int32(options.MaxReply)+1), number(tc.xid)))
				drain(p)
			})
			call, _ := get()
			c.Submit(t.Context(), call)
			await(t, call)
			if _, ok := errors.AsType[*ReplyTooLargeError](call.Err); !ok || errors.Is(call.Err, proto.ErrConnectionLoss) == tc.ours {
				t.Errorf("answered %v", call.Err)
			}
		})
	}
}

// A reply that comes twice, or before its request, ends the connection.
func TestReplyWithoutRequest(t *testing.T) {
	for name, script := range map[string]func(p peer){
		"twice": func(p peer) {
			_, _ = p.next()
			one := replyFrame(1, 200, proto.OK, data(nil))
			p.send(one, one)
			drain(p)
		},
		"before": func(p peer) {
			p.send(replyFrame(1, 200, proto.OK, data(nil)))
			drain(p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := pipe(t, options, script)
			if name == "twice" {
				call, _ := get()
				c.Submit(t.Context(), call)
				await(t, call)
				if call.Err != nil {
					t.Error(call.Err)
				}
			}
			<-c.Done()
			if wrong, ok := errors.AsType[*ProtocolError](c.Err()); !ok || !strings.Contains(wrong.Reason, "xid 1") {
				t.Errorf("ended with %v", c.Err())
			}
		})
	}
}

// A reply of any kind that ends at any byte is lost, and the whole of it is the answer.
func TestEveryByte(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			frame := replyFrame(xidOf(k.xid), 200, proto.OK, k.body)
			for n := range len(frame) + 1 {
				c := pipe(t, options, func(p peer) {
					_, _ = p.next()
					p.send(frame[:n])
				})
				call, reply := callOf(k.op, k.xid, k.into)
				c.Submit(t.Context(), call)
				await(t, call)
				if n == len(frame) {
					checkReply(t, call, reply, k.want)
					continue
				}
				if lost, ok := errors.AsType[*LostError](call.Err); !ok || !lost.Sent {
					t.Errorf("%d of %d bytes: %v", n, len(frame), call.Err)
				}
			}
		})
	}
}

func callOf(op proto.OpCode, xid int32, into func() Reply) (*Call, Reply) {
	var reply Reply
	if into != nil {
		reply = into()
	}
	call := NewCall(op, nil, reply)
	call.Xid = xid
	return call, reply
}

func checkReply(t *testing.T, call *Call, got, want Reply) {
	t.Helper()
	if call.Err != nil || !reflect.DeepEqual(got, want) || call.Header.Zxid != 200 {
		t.Errorf("%+v, %v, %+v, want %+v", got, call.Err, call.Header, want)
	}
}

// Replies of all kinds that come one byte at a time, with events and replies to pings in
// between, are what they are when they come at once.
func TestOneByteAtATime(t *testing.T) {
	var events []proto.WatcherEvent
	opts := options
	opts.Event = func(e proto.WatcherEvent) { events = append(events, e) } // on one goroutine, which has ended when it is looked at
	event := replyFrame(proto.XidNotification, -1, proto.OK, joined(number(3), number(3), text("/a")))
	c := pipe(t, opts, func(p peer) {
		xid := int32(0)
		for _, k := range kinds {
			_, _ = p.next()
			number := k.xid
			if k.op != proto.OpAuth {
				xid++ // a setWatches is counted and does not show it
			}
			if number == 0 {
				number = xid
			}
			for _, b := range joined(pong(7), event, replyFrame(number, 200, proto.OK, k.body)) {
				p.send([]byte{b})
			}
		}
	})
	for _, k := range kinds {
		call, reply := callOf(k.op, k.xid, k.into)
		c.Submit(t.Context(), call)
		await(t, call)
		checkReply(t, call, reply, k.want)
	}
	<-c.Done()
	if want := (proto.WatcherEvent{Type: proto.EventDataChanged, State: 3, Path: "/a"}); len(events) != len(kinds) || slices.ContainsFunc(events, func(e proto.WatcherEvent) bool { return e != want }) {
		t.Errorf("events %v", events)
	}
	if c.Zxid() != 200 {
		t.Errorf("zxid %d", c.Zxid())
	}
}

// An event, and the reply to a ping, count when they are whole and not before.
func TestEveryByteUnasked(t *testing.T) {
	for name, frame := range map[string][]byte{
		"event": replyFrame(proto.XidNotification, -1, proto.OK, joined(number(1), number(3), text("/a"))),
		"ping":  pong(333),
	} {
		t.Run(name, func(t *testing.T) {
			for n := range len(frame) + 1 {
				told := 0
				opts := options
				opts.Event = func(proto.WatcherEvent) { told++ }
				c := pipe(t, opts, func(p peer) { p.send(frame[:n]) })
				<-c.Done()
				if c.Zxid() == 333 {
					told++
				}
				if whole := n == len(frame); whole != (told == 1) {
					t.Errorf("%d of %d bytes: told %d times", n, len(frame), told)
				}
			}
		})
	}
}

// A bit that is wrong anywhere in a reply makes an error of it, or another value where the
// bit is one of a value: nothing in the protocol could tell. It never makes a panic or a
// hang, and in the frame's length, the xid and the error code it always shows.
func TestEveryBit(t *testing.T) {
	const length, header = 4, 4 + 16
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			frame := replyFrame(xidOf(k.xid), 200, proto.OK, k.body)
			for bit := range 8 * len(frame) {
				at := bit / 8
				wrong := bytes.Clone(frame)
				wrong[at] ^= 1 << (bit % 8)
				c := pipe(t, options, func(p peer) {
					_, _ = p.next()
					p.send(wrong)
				})
				call, _ := callOf(k.op, k.xid, k.into)
				c.Submit(t.Context(), call)
				await(t, call)
				value := at >= length+4 && at < header-4 || at >= header // the zxid, and the body
				if call.Err == nil && !value {
					t.Errorf("bit %d of byte %d: no error", bit%8, at)
				}
			}
		})
	}
}

// A count that promises more than there is gets no memory, whatever it is the count of;
// nor does a frame's length.
func TestHugeCount(t *testing.T) {
	const huge = math.MaxInt32
	opts := Options{MaxRequest: 1 << 20, MaxReply: huge}
	for _, tc := range []struct {
		name  string
		frame []byte
		into  Reply
	}{
		{"children", replyFrame(1, 200, proto.OK, number(huge)), new(proto.GetChildrenReply)},
		{"ACL", replyFrame(1, 200, proto.OK, number(huge)), new(proto.GetACLReply)},
		{"ephemerals", replyFrame(1, 200, proto.OK, number(huge)), new(proto.GetEphemeralsReply)},
		{"identities", replyFrame(1, 200, proto.OK, number(huge)), new(proto.WhoAmIReply)},
		{"data", replyFrame(1, 200, proto.OK, number(huge)), new(proto.GetDataReply)},
		{"path", replyFrame(1, 200, proto.OK, number(huge)), new(proto.CreateReply)},
		{"children in a multiRead", replyFrame(1, 200, proto.OK, result(proto.OpGetChildren, number(huge))), &proto.MultiReadReply{Want: 1}},
		{"results of a multi", replyFrame(1, 200, proto.OK, bytes.Repeat(result(proto.OpDelete), 5000)), &proto.MultiReply{Asked: make([]proto.MultiOp, 1)}},
		{"results of a multiRead", replyFrame(1, 200, proto.OK, bytes.Repeat(result(proto.OpError, number(-101)), 5000)), &proto.MultiReadReply{Want: 1}},
		{"frame", number(huge), new(proto.GetDataReply)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := pipe(t, opts, func(p peer) {
				_, _ = p.next()
				p.send(tc.frame)
			})
			call := NewCall(proto.OpGetData, nil, tc.into)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			c.Submit(t.Context(), call)
			await(t, call)
			<-c.Done()
			runtime.ReadMemStats(&after)
			if lost, ok := errors.AsType[*LostError](call.Err); !ok || !lost.Sent {
				t.Errorf("%v", call.Err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
				t.Errorf("%d bytes were allocated", took)
			}
		})
	}
}

// An error code that nobody knows is an error of the call, and the connection goes on.
func TestUnknownErrorCode(t *testing.T) {
	c := open(t, func(p peer) {
		p.greet(9000)
		_, _ = p.next()
		p.send(replyFrame(proto.XidNotification, -1, proto.OK, jute.AppendString(jute.AppendInt(jute.AppendInt(nil, 3), 3), "/a")), replyFrame(1, 200, -4711, nil))
		_, _ = p.next()
		p.send(replyFrame(2, 200, proto.OK, data(nil)))
		drain(p)
	})
	first, _ := get()
	c.Submit(t.Context(), first)
	await(t, first)
	if !errors.Is(first.Err, proto.ErrCode(-4711)) {
		t.Errorf("%v", first.Err)
	}
	second, _ := get()
	c.Submit(t.Context(), second)
	await(t, second)
	if second.Err != nil {
		t.Error(second.Err)
	}
}

// A server that reads nothing more, and goes on talking, is given up all the same, after
// two thirds of the session timeout.
func TestDeafServer(t *testing.T) {
	c := open(t, func(p peer) {
		p.greet(600)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := p.Write(pong(1)); err != nil {
				return
			}
		}
	})
	payload := make([]byte, 512<<10)
	for {
		call := NewCall(proto.OpSetData, &proto.SetDataRequest{Path: "/a", Data: payload}, nil)
		if !c.Submit(t.Context(), call) {
			break
		}
	}
	<-c.Done()
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "writing: ") || !isTimeout(err) {
		t.Errorf("ended with %v", err)
	}
}

// A granted timeout may be any number: none but one above 0 is a session's, and the
// largest does not overflow.
func TestGrantedTimeout(t *testing.T) {
	for _, millis := range []int32{0, -1, math.MinInt32} {
		nc := dial(t, func(p peer) {
			_, _ = p.next()
			p.send(connectReply(millis))
			drain(p)
		})
		c, session, err := Open(t.Context(), nc, Hello{}, options)
		if !errors.Is(err, proto.ErrSessionExpired) || session.SessionID != 0 || c != nil {
			t.Errorf("%d ms: %v, session %d", millis, err, session.SessionID)
		}
	}
	longest := open(t, func(p peer) {
		p.greet(math.MaxInt32)
		drain(p)
	})
	if longest.timeout != math.MaxInt32*time.Millisecond || longest.readTimeout() < longest.pingAfter() || longest.pingAfter() <= 0 {
		t.Errorf("timeout %v, read timeout %v, ping after %v", longest.timeout, longest.readTimeout(), longest.pingAfter())
	}
	// The shortest is too short to live with. It ends, and does not panic.
	shortest := open(t, func(p peer) {
		p.greet(1)
		drain(p)
	})
	<-shortest.Done()
	if err := shortest.Err(); err == nil || !strings.Contains(err.Error(), "silent") {
		t.Errorf("1 ms: %v", err)
	}
}

// A session's password has 16 bytes. With any other the session could be resumed nowhere.
func TestGrantedPassword(t *testing.T) {
	for _, password := range [][]byte{nil, {}, make([]byte, 15), make([]byte, 17), make([]byte, 200)} {
		nc := dial(t, func(p peer) {
			_, _ = p.next()
			b := jute.AppendLong(jute.AppendInt(jute.AppendInt(nil, 0), 9000), 77)
			p.send(appendFrame(nil, raw(jute.AppendBool(jute.AppendBuffer(b, password), false))))
			_, _ = p.next()
			p.send(pong(1))
			drain(p)
		})
		c, session, err := Open(t.Context(), nc, Hello{}, options)
		if _, ok := errors.AsType[*ProtocolError](err); !ok || session.SessionID != 0 {
			t.Errorf("%d bytes: %v, session %d", len(password), err, session.SessionID)
		}
		if c != nil {
			c.Close()
		}
	}
}

// handshakeReplies is all that a server sends in a handshake with one identity.
func handshakeReplies() [][]byte {
	return [][]byte{connectReply(9000), replyFrame(proto.XidAuth, 0, proto.OK, nil), pong(100)}
}

// A handshake that ends early, at any byte, is no handshake. Only a session that was granted as a whole is
// told of with the error, to be resumed.
func TestHandshakeEveryByte(t *testing.T) {
	hello := Hello{Auth: []proto.AuthRequest{{Scheme: "digest", Auth: []byte("a:b")}}}
	replies := handshakeReplies()
	all := bytes.Join(replies, nil)
	for n := range len(all) + 1 {
		client, server := net.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() {
			defer func() { _ = server.Close() }()
			p := peer{server, t}
			_, _ = p.next()
			p.send(all[:min(n, len(replies[0]))])
			if n <= len(replies[0]) {
				return
			}
			_, _ = p.next()
			_, _ = p.next()
			p.send(all[len(replies[0]):n])
			if n == len(all) {
				// A pipe whose other end is closed takes no deadline, which a handshake ends with.
				drain(p)
			}
		})
		c, session, err := Open(t.Context(), client, hello, options)
		if whole := n == len(all); whole != (err == nil) {
			t.Errorf("%d of %d bytes: %v", n, len(all), err)
		}
		if granted := n >= len(replies[0]); granted != (session.SessionID == 77) {
			t.Errorf("%d of %d bytes: session %d", n, len(all), session.SessionID)
		}
		if c != nil {
			c.Close()
		}
		wg.Wait()
	}
}

// A bit that is wrong anywhere in a handshake makes it fail, or is one of a value. With
// every bit of it the handshake ends.
func TestHandshakeEveryBit(t *testing.T) {
	hello := Hello{Auth: []proto.AuthRequest{{Scheme: "digest", Auth: []byte("a:b")}}}
	replies := handshakeReplies()
	all := bytes.Join(replies, nil)
	open := func(nc net.Conn) (*Conn, error) {
		// Where the length is too long both sides wait for the other, until this ends.
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		c, _, err := Open(ctx, nc, hello, options)
		return c, err
	}
	for bit := range 8 * len(all) {
		wrong := bytes.Clone(all)
		wrong[bit/8] ^= 1 << (bit % 8)
		client, server := net.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() {
			defer func() { _ = server.Close() }()
			p := peer{server, t}
			_, _ = p.next()
			p.send(wrong[:len(replies[0])])
			_, _ = p.next()
			_, _ = p.next()
			p.send(wrong[len(replies[0]):])
		})
		c, err := open(client)
		if c != nil {
			c.Close()
		}
		wg.Wait()
		switch at := bit/8 - len(replies[0]); {
		case at < 0 && bit/8 < 4, at >= 0 && at%20 < 8, at >= 0 && at%20 >= 16:
			// The length, the xid or the code.
			if err == nil {
				t.Errorf("bit %d of byte %d: no error", bit%8, bit/8)
			}
		}
	}
}

// What a server says in the handshake is no answer to any operation, whatever its code.
func TestHandshakeCodes(t *testing.T) {
	for _, code := range []proto.ErrCode{proto.ErrNoNode, proto.ErrNodeExists, proto.ErrConnectionLoss, proto.ErrBadVersion, -4711, 5} {
		for name, xid := range map[string]int32{"ping": proto.XidPing, "auth": proto.XidAuth} {
			nc := dial(t, func(p peer) {
				_, _ = p.next()
				p.send(connectReply(9000))
				_, _ = p.next()
				p.send(replyFrame(xid, 0, code, nil))
				drain(p)
			})
			_, _, err := Open(t.Context(), nc, Hello{}, options)
			if err == nil || errors.Is(err, code) || !strings.Contains(err.Error(), code.Error()) {
				t.Errorf("%s, %d: %v", name, code, err)
			}
		}
	}
}

// A server that says twice what it has to say once has not said the rest.
func TestHandshakeCountsAnswers(t *testing.T) {
	hello := Hello{Auth: []proto.AuthRequest{{Scheme: "digest", Auth: []byte("a:b")}}}
	for name, second := range map[string][]byte{
		"two pings":      joined(pong(1), pong(1)),
		"two identities": joined(replyFrame(proto.XidAuth, 0, proto.OK, nil), replyFrame(proto.XidAuth, 0, proto.OK, nil)),
	} {
		nc := dial(t, func(p peer) {
			_, _ = p.next()
			p.send(connectReply(9000))
			_, _ = p.next()
			p.send(second)
			drain(p)
		})
		c, _, err := Open(t.Context(), nc, hello, options)
		if _, ok := errors.AsType[*ProtocolError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
		if c != nil {
			c.Close()
		}
	}
}

// challenge is a server's of DIGEST-MD5.
const challenge = `realm="zk-sasl-md5",nonce="abcdefgh",charset=utf-8,algorithm=md5-sess`

func saslReply(xid int32, code proto.ErrCode, token []byte) []byte {
	return replyFrame(xid, 0, code, jute.AppendBuffer(nil, token))
}

// authenticating opens a connection with DIGEST-MD5 to a server whose part of the exchange
// is the script.
func authenticating(t *testing.T, exchange SASLExchange, script func(p peer)) error {
	t.Helper()
	nc := dial(t, func(p peer) {
		_, _ = p.next()
		p.send(connectReply(9000))
		script(p)
	})
	c, _, err := Open(t.Context(), nc, Hello{SASL: exchange}, options)
	if c != nil {
		c.Close()
	}
	return err
}

func digestMD5(t *testing.T) SASLExchange {
	t.Helper()
	m, err := sasl.New(sasl.Options{Mechanism: sasl.DigestMD5, Username: "alice", Password: sasl.NewSecret("hush")})
	if err != nil {
		t.Fatal(err)
	}
	exchange, err := m.Start(t.Context(), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	return exchange
}

func TestHostileSASL(t *testing.T) {
	// answer is a server that sends b where the answer to the first or second token belongs.
	answer := func(xid int32, b []byte) func(p peer) {
		return func(p peer) {
			_, _ = p.next()
			if xid == 2 {
				p.send(saslReply(1, proto.OK, []byte(challenge)))
				_, _ = p.next()
			}
			p.send(b)
		}
	}
	for _, tc := range []struct {
		name   string
		script func(p peer)
		want   string
		is     error // nil for a *ProtocolError
	}{
		{"challenges without end", func(p peer) {
			for xid := int32(1); ; xid++ {
				if _, err := p.next(); err != nil {
					return
				}
				p.send(saslReply(xid, proto.OK, []byte(challenge)))
			}
		}, "no rspauth", sasl.ErrFailed},
		{"wrong proof", answer(2, saslReply(2, proto.OK, []byte("rspauth=ea40f60335c427b5527b84dbabcdfffd"))), "", sasl.ErrFailed},
		{"no proof", answer(2, saslReply(2, proto.OK, nil)), "did not prove", sasl.ErrFailed},
		{"no challenge", answer(1, saslReply(1, proto.OK, []byte{})), "no challenge", sasl.ErrFailed},
		{"garbage", answer(1, saslReply(1, proto.OK, []byte{0, 0xff, '"', '='})), "malformed", sasl.ErrFailed},
		{"large token", answer(1, saslReply(1, proto.OK, bytes.Repeat([]byte("realm=x,"), 1<<16))), "", sasl.ErrFailed},
		{"refused", answer(1, saslReply(1, proto.ErrAuthFailed, nil)), "authentication failed", proto.ErrAuthFailed},
		{"refused behind the proof", answer(2, saslReply(2, proto.ErrAuthFailed, nil)), "authentication failed", proto.ErrAuthFailed},
		{"required", answer(2, saslReply(2, proto.ErrSessionClosedRequireSASL, nil)), "requires SASL", proto.ErrSessionClosedRequireSASL},
		{"another code", answer(1, saslReply(1, proto.ErrNoNode, nil)), "node does not exist", nil},
		{"xid of the next", answer(1, saslReply(2, proto.OK, []byte(challenge))), "xid 2", nil},
		{"xid of the last", answer(2, saslReply(1, proto.OK, []byte(challenge))), "xid 1", nil},
		{"event", answer(1, replyFrame(proto.XidNotification, -1, proto.OK, joined(number(1), number(3), text("/a")))), "xid -1", nil},
		{"ping", answer(1, pong(1)), "xid -2", nil},
		{"token of no type", answer(1, replyFrame(1, 0, proto.OK, nil)), "SASL token", nil},
		{"huge length inside", answer(1, replyFrame(1, 0, proto.OK, number(math.MaxInt32))), "SASL token", nil},
		{"negative length inside", answer(1, replyFrame(1, 0, proto.OK, number(-2))), "SASL token", nil},
		{"negative length", answer(1, number(-1)), "length -1", nil},
		{"short header", answer(1, appendFrame(nil, raw{0, 0, 0})), "reply header", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := authenticating(t, digestMD5(t), tc.script)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hush") {
				t.Fatalf("%v, want %q", err, tc.want)
			}
			if _, ok := errors.AsType[*ProtocolError](err); tc.is != nil && !errors.Is(err, tc.is) || tc.is == nil && (!ok || errors.Is(err, proto.ErrAuthFailed) || errors.Is(err, proto.ErrNoNode)) {
				t.Errorf("%v", err)
			}
		})
	}

	t.Run("too large", func(t *testing.T) {
		err := authenticating(t, digestMD5(t), answer(1, number(math.MaxInt32)))
		if _, ok := errors.AsType[*ReplyTooLargeError](err); !ok || errors.Is(err, proto.ErrAuthFailed) {
			t.Errorf("%v", err)
		}
	})
	t.Run("end at every byte", func(t *testing.T) {
		for xid, token := range map[int32]string{1: challenge, 2: "rspauth=x"} {
			frame := saslReply(xid, proto.OK, []byte(token))
			for n := range frame {
				// Servers close the connection instead of saying that they refuse.
				if err := authenticating(t, digestMD5(t), answer(xid, frame[:n])); !errors.Is(err, proto.ErrAuthFailed) {
					t.Errorf("%d of %d bytes: %v", n, len(frame), err)
				}
			}
		}
	})
}

// endless is an exchange that is never done.
type endless struct{}

func (endless) Next([]byte) ([]byte, bool, error) { return []byte("again"), false, nil }

func (endless) Refused(err error) error { return err }

// An exchange that neither side ends is ended by the handshake's context, as is one that
// the server leaves in the middle.
func TestSASLWithoutEnd(t *testing.T) {
	for name, script := range map[string]func(p peer){
		"answers": func(p peer) {
			for xid := int32(1); ; xid++ {
				if _, err := p.next(); err != nil {
					return
				}
				p.send(saslReply(xid, proto.OK, []byte("again")))
			}
		},
		"silence": drain,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		begun := make(chan struct{})
		nc := dial(t, func(p peer) {
			_, _ = p.next()
			p.send(connectReply(9000))
			close(begun)
			script(p)
		})
		go func() {
			<-begun
			cancel()
		}()
		_, _, err := Open(ctx, nc, Hello{SASL: endless{}}, options)
		if _, ok := errors.AsType[*NoAnswerError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
