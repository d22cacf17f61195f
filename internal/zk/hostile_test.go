package zk_test

import (
	"bytes"
	"context"
	"encoding/binary"
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
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// tap changes what a real server answers to requests of one kind, on the way to the client.
type tap struct {
	match func(op int32) bool

	mu    sync.Mutex
	edit  func(frame []byte) []byte // of the whole frame with its length; nil for none
	seen  []byte                    // the last reply that matched, as the server sent it
	dials int
}

// next has the next reply that matches, and no other, changed by edit; the connection ends
// after it.
func (tp *tap) next(edit func(frame []byte) []byte) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	tp.edit = edit
}

func (tp *tap) recorded() []byte {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return tp.seen
}

func (tp *tap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	tp.mu.Lock()
	tp.dials++
	tp.mu.Unlock()
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: nc, tap: tp, ours: make(map[int32]bool)}, nil
}

// tapped is one connection of a tap's. The client writes whole frames.
type tapped struct {
	net.Conn
	tap *tap

	mu     sync.Mutex
	opened bool           // the connect request is through
	ours   map[int32]bool // the xids of requests that match

	in, out bytes.Buffer // what came and is no whole frame yet; what the client is to read
	first   bool         // the connect reply is through
	end     bool
}

func (c *tapped) Write(b []byte) (int, error) {
	c.mu.Lock()
	for rest := b; len(rest) >= 12 && string(b) != "srvr"; {
		n := int(binary.BigEndian.Uint32(rest))
		if c.opened && c.tap.match(int32(binary.BigEndian.Uint32(rest[8:]))) {
			c.ours[int32(binary.BigEndian.Uint32(rest[4:]))] = true
		}
		c.opened = true
		rest = rest[min(4+n, len(rest)):]
	}
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *tapped) Read(b []byte) (int, error) {
	for c.out.Len() == 0 {
		if c.end {
			return 0, io.EOF
		}
		n, err := c.Conn.Read(b)
		if err != nil {
			return n, err
		}
		c.mu.Lock()
		opened := c.opened
		c.mu.Unlock()
		if !opened { // a four-letter word's answer
			return n, nil
		}
		c.in.Write(b[:n])
		c.frames()
	}
	return c.out.Read(b)
}

// frames passes on the frames that are whole.
func (c *tapped) frames() {
	for !c.end && c.in.Len() >= 4 {
		n := 4 + int(binary.BigEndian.Uint32(c.in.Bytes()))
		if c.in.Len() < n {
			return
		}
		frame := bytes.Clone(c.in.Next(n))
		if !c.first {
			c.first = true
			c.out.Write(frame)
			continue
		}
		c.mu.Lock()
		ours := c.ours[int32(binary.BigEndian.Uint32(frame[4:]))]
		c.mu.Unlock()
		if ours {
			c.tap.mu.Lock()
			c.tap.seen = bytes.Clone(frame)
			if c.tap.edit != nil {
				frame, c.tap.edit, c.end = c.tap.edit(frame), nil, true
			}
			c.tap.mu.Unlock()
		}
		c.out.Write(frame)
	}
}

// steady reconnects at once, always.
func steady(cfg *zk.Config) {
	cfg.ConnectRetry = zk.RetryPolicy{Delay: time.Millisecond, MaxDelay: time.Millisecond}
	cfg.Retry = zk.RetryPolicy{Delay: time.Millisecond}
}

// A real server's reply that ends at any byte is lost, whatever it is the reply to: a read
// is answered all the same, and a write has happened once.
func TestEveryByteOfReplies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		match func(int32) bool
		do    func(ctx context.Context, c *zk.Client, base string, try int) error
	}{
		{"get", zktest.Is(zktest.OpGetData), func(ctx context.Context, c *zk.Client, base string, _ int) error {
			data, _, err := c.Get(ctx, base+"/there")
			return want(err, string(data), "old")
		}},
		{"exists", zktest.Is(zktest.OpExists), func(ctx context.Context, c *zk.Client, base string, _ int) error {
			_, ok, err := c.Exists(ctx, base+"/there")
			return want(err, fmt.Sprint(ok), "true")
		}},
		{"exists_not", zktest.Is(zktest.OpExists), func(ctx context.Context, c *zk.Client, base string, _ int) error {
			_, ok, err := c.Exists(ctx, base+"/none")
			return want(err, fmt.Sprint(ok), "false")
		}},
		{"children", zktest.Is(zktest.OpGetChildren2), func(ctx context.Context, c *zk.Client, base string, _ int) error {
			names, _, err := c.Children(ctx, base)
			return want(err, fmt.Sprint(names), "[there]")
		}},
		{"acl", zktest.Is(zktest.OpGetACL), func(ctx context.Context, c *zk.Client, base string, _ int) error {
			acl, _, err := c.ACL(ctx, base)
			return want(err, fmt.Sprint(acl), "[world:anyone:cdrwa]")
		}},
		{"read_many", zktest.Is(zktest.OpMultiRead), func(ctx context.Context, c *zk.Client, base string, _ int) error {
			all, err := c.ReadMany(ctx, []string{base + "/there", base + "/none"}, true)
			if err != nil {
				return err
			}
			return want(nil, fmt.Sprint(string(all[0].Data), all[0].Err, errors.Is(all[1].Err, zk.ErrNoNode)), "old<nil> true")
		}},
		{"who_am_i", zktest.Is(zktest.OpWhoAmI), func(ctx context.Context, c *zk.Client, _ string, _ int) error {
			ids, err := c.WhoAmI(ctx)
			return want(err, fmt.Sprint(len(ids)), "1")
		}},
		{"ephemerals", zktest.Is(zktest.OpGetEphemerals), func(ctx context.Context, c *zk.Client, base string, _ int) error {
			paths, err := c.Ephemerals(ctx, base)
			return want(err, fmt.Sprint(paths), "[]")
		}},
		{"create", zktest.IsCreate, func(ctx context.Context, c *zk.Client, base string, try int) error {
			// With the version the reply is the one with a stat.
			if _, err := c.ServerInfo(ctx); err != nil {
				return err
			}
			path := fmt.Sprintf("%s/there/%d", base, try)
			made, err := c.Create(ctx, path, []byte("x"), zk.CreateOptions{})
			return want(err, fmt.Sprintf("%s %t", made.Path, made.HasStat), path+" true")
		}},
		{"set", zktest.IsSet, func(ctx context.Context, c *zk.Client, base string, try int) error {
			stat, err := c.Set(ctx, base, []byte("new"), int32(try))
			return want(err, fmt.Sprint(stat.Version), fmt.Sprint(try+1))
		}},
		{"multi", zktest.IsMulti, func(ctx context.Context, c *zk.Client, base string, try int) error {
			results, err := c.Multi(ctx, zk.SetOp(base, []byte("new"), int32(try)), zk.CheckOp(base+"/there", 0))
			if err != nil {
				return err
			}
			return want(nil, fmt.Sprint(results[0].Stat.Version), fmt.Sprint(try+1))
		}},
		{"failed_multi", zktest.IsMulti, func(ctx context.Context, c *zk.Client, base string, _ int) error {
			_, err := c.Multi(ctx, zk.SetOp(base, []byte("new"), 0), zk.CreateOp(base+"/there", nil, zk.CreateOptions{}))
			if me, ok := errors.AsType[*zk.MultiError](err); ok && me.Index == 1 && errors.Is(err, zk.ErrNodeExists) {
				return nil
			}
			return fmt.Errorf("answered %w", err)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			base := prepare(ctx, t, connect(t, server.Addr()))
			tp := &tap{match: tc.match}
			c := connect(t, server.Addr(), steady, func(cfg *zk.Config) { cfg.Dial = tp.dial })
			if err := tc.do(ctx, c, base, 0); err != nil {
				t.Fatal(err)
			}
			length := len(tp.recorded())
			if length < 20 {
				t.Fatalf("the reply is of %d bytes", length)
			}
			tp.mu.Lock()
			before := tp.dials
			tp.mu.Unlock()
			for n := range length {
				tp.next(func(frame []byte) []byte { return frame[:min(n, len(frame))] })
				if err := tc.do(ctx, c, base, n+1); err != nil {
					t.Errorf("%d of %d bytes: %v", n, length, err)
				}
			}
			if tp.dials-before < length {
				t.Errorf("%d connections for %d replies that were cut", tp.dials-before, length)
			}
		})
	}
}

// want is an error when there was one, or when the answer is another.
func want(err error, got, want string) error {
	if err == nil && got != want {
		err = fmt.Errorf("answered %s, want %s", got, want)
	}
	return err
}

// renamed puts a text instead of another one in a reply.
func renamed(from, to string) func(frame []byte) []byte {
	field := func(s string) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...) }
	return func(frame []byte) []byte {
		frame = bytes.Replace(frame, field(from), field(to), 1)
		binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
		return frame
	}
}

// A name that no node can have is refused, however it is asked for, and is asked for once: no path
// is made of it, and no retry waits for a better answer.
func TestNamesThatNoNodeHas(t *testing.T) {
	t.Parallel()
	for what, tc := range map[string]struct {
		match func(int32) bool
		do    func(ctx context.Context, c *zk.Client, base string) error
	}{
		"children": {zktest.Is(zktest.OpGetChildren2), func(ctx context.Context, c *zk.Client, base string) error {
			_, _, err := c.Children(ctx, base)
			return err
		}},
		"watch": {zktest.Is(zktest.OpGetChildren2), func(ctx context.Context, c *zk.Client, base string) error {
			_, _, _, err := c.ChildrenWatch(ctx, base)
			return err
		}},
		"read many": {zktest.Is(zktest.OpMultiRead), func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.ReadMany(ctx, []string{base}, true)
			return err
		}},
		"tree": {zktest.Is(zktest.OpGetChildren2, zktest.OpMultiRead), func(ctx context.Context, c *zk.Client, base string) error {
			return c.DeleteTree(ctx, base, zk.AnyVersion)
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			base := prepare(ctx, t, connect(t, server.Addr()))
			tp := &tap{match: tc.match}
			c := connect(t, server.Addr(), steady, func(cfg *zk.Config) { cfg.Dial = tp.dial })
			for _, name := range []string{"", ".", "..", "a/b", "/", "../zookeeper", "\x00", "a\nb", "\x1b[31m", "\u0085", "\ufffd", "\xff"} {
				tp.next(renamed("there", name))
				err := tc.do(ctx, c, base)
				if _, ok := errors.AsType[*zk.Error](err); !ok || !strings.Contains(err.Error(), "no node can have that name") || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
					t.Errorf("%q: %v", name, err)
				}
			}
			if what != "tree" {
				if err := tc.do(ctx, c, base); err != nil {
					t.Errorf("after that: %v", err)
				}
			}
			if _, there, err := connect(t, server.Addr()).Exists(ctx, base+"/there"); err != nil || !there {
				t.Errorf("there: %t, %v", there, err)
			}
		})
	}
}

// A create that is answered with another node than was asked for is not believed: the client looks
// what it has made.
func TestCreateAnsweredWithAnotherNode(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	base := prepare(ctx, t, connect(t, server.Addr()))
	tp := &tap{match: zktest.IsCreate}
	c := connect(t, server.Addr(), steady, func(cfg *zk.Config) { cfg.Dial = tp.dial })
	for i, another := range []string{"/zookeeper/config", base, base + "/made", base + "/made0/x", "..", ""} {
		path := fmt.Sprintf("%s/made%d", base, i)
		tp.next(renamed(path, another))
		if made, err := c.Create(ctx, path, []byte("x"), zk.CreateOptions{}); err != nil || made.Path != path {
			t.Errorf("answered with %q: made %q, %v", another, made.Path, err)
		}
	}
	counted := zk.CreateOptions{Mode: zk.PersistentSequential}
	first, err := c.Create(ctx, base+"/there/job-", []byte("x"), counted)
	if err != nil {
		t.Fatal(err)
	}
	for n, another := range []string{base + "/there/job-", base + "/there/other-0000000001", base + "/there/job-../x", first.Path + "0"} {
		next := fmt.Sprintf("%s/there/job-%010d", base, n+1)
		tp.next(renamed(next, another))
		if made, err := c.Create(ctx, base+"/there/job-", []byte("x"), counted); err != nil || made.Path != next {
			t.Errorf("answered with %q: made %q, %v", another, made.Path, err)
		}
	}
	tp.match = zktest.IsMulti
	path := base + "/there/many"
	tp.next(renamed(path, base+"/there/more"))
	if results, err := c.Multi(ctx, zk.CreateOp(path, nil, zk.CreateOptions{})); !errors.Is(err, zk.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "another node") {
		t.Errorf("a transaction: answered %+v, %v", results, err)
	}
}

// A bit that is wrong in the header or the frame's length of a real reply loses it, and the
// read is answered truly by another. (One that is wrong in the data nothing could tell.)
func TestEveryBitOfReplies(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	base := prepare(ctx, t, connect(t, server.Addr()))
	tp := &tap{match: zktest.Is(zktest.OpGetData)}
	c := connect(t, server.Addr(), steady, func(cfg *zk.Config) { cfg.Dial = tp.dial })
	const length, xid = 4, 4
	for bit := range 8 * (length + xid) {
		tp.next(func(frame []byte) []byte {
			frame[bit/8] ^= 1 << (bit % 8)
			return frame
		})
		data, _, err := c.Get(ctx, base+"/there")
		if _, large := errors.AsType[*zk.ReplyTooLargeError](err); large {
			continue // of which no other try could be better
		}
		if err != nil || string(data) != "old" {
			t.Errorf("bit %d of byte %d: %q, %v", bit%8, bit/8, data, err)
		}
	}
}

// A transaction's reply that does not fit what was asked is no answer.
func TestTransactionWithAnotherReply(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(frame []byte) []byte{
		// The kind of the first result is behind the length and the header.
		"another operation": func(frame []byte) []byte {
			frame[23] = byte(proto.OpDelete)
			return frame
		},
		"all rolled back": func([]byte) []byte {
			b := binary.BigEndian.AppendUint32(nil, 16+2*13+9)
			b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
			for range 2 {
				b = append(b, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0)
			}
			return append(b, 0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff)
		},
		"one result for two": func([]byte) []byte {
			b := binary.BigEndian.AppendUint32(nil, 16+9+9)
			b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, // the header
				0, 0, 0, byte(proto.OpCheck), 0, 0, 0, 0, 0)
			return append(b, 0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			base := prepare(ctx, t, connect(t, server.Addr()))
			tp := &tap{match: zktest.IsMulti}
			c := connect(t, server.Addr(), steady, func(cfg *zk.Config) { cfg.Dial = tp.dial })
			tp.next(edit)
			if results, err := c.Multi(ctx, zk.CheckOp(base, 0), zk.DeleteOp(base+"/there", 0)); !errors.Is(err, zk.ErrOutcomeUnknown) {
				t.Errorf("answered %+v, %v", results, err)
			}
		})
	}
}

// greeted does a server's part of a handshake, with the identities of no client, and
// returns false when the connection is no client's: a four-letter word is answered.
func greeted(nc net.Conn, timeoutMillis int32) bool {
	return greetedBy(nc, timeoutMillis, func() string { return "Zookeeper version: 3.9.4-x, built on y\nMode: standalone\n" })
}

// greetedBy is greeted by a server that answers "srvr" in its own way.
func greetedBy(nc net.Conn, timeoutMillis int32, srvr func() string) bool {
	var head [4]byte
	if _, err := io.ReadFull(nc, head[:]); err != nil {
		return false
	}
	if string(head[:]) == "srvr" {
		_, _ = io.WriteString(nc, srvr())
		return false
	}
	if _, err := io.CopyN(io.Discard, nc, int64(binary.BigEndian.Uint32(head[:]))); err != nil {
		return false
	}
	reply := binary.BigEndian.AppendUint32(make([]byte, 4), uint32(timeoutMillis))
	reply = binary.BigEndian.AppendUint64(reply, 0x7777)
	reply = binary.BigEndian.AppendUint32(reply, 16)
	reply = append(reply, make([]byte, 17)...)
	if err := zktest.WriteFrame(nc, reply); err != nil {
		return false
	}
	if _, err := zktest.ReadFrame(nc); err != nil {
		return false
	}
	return zktest.WriteFrame(nc, header(proto.XidPing, 1, proto.OK)) == nil
}

// header is a reply's.
func header(xid int32, zxid int64, code proto.ErrCode) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(xid))
	b = binary.BigEndian.AppendUint64(b, uint64(zxid))
	return binary.BigEndian.AppendUint32(b, uint32(code))
}

// misbehaviours are what peers do that have taken the session.
var misbehaviours = map[string]func(nc net.Conn){
	"closes at once":      func(net.Conn) {},
	"closes when asked":   func(nc net.Conn) { _, _ = zktest.ReadFrame(nc) },
	"answers nonsense":    func(nc net.Conn) { answer(nc, []byte("nonsense")) },
	"answers another":     func(nc net.Conn) { answer(nc, header(4711, 2, proto.OK)) },
	"answers too little":  func(nc net.Conn) { answer(nc, header(1, 2, proto.OK)) },
	"confirms nothing":    func(nc net.Conn) { answer(nc, header(proto.XidAuth, 2, proto.OK)) },
	"talks in between":    func(nc net.Conn) { _ = zktest.WriteFrame(nc, []byte{1}) },
	"says nothing at all": func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) },
}

func answer(nc net.Conn, frame []byte) {
	if _, err := zktest.ReadFrame(nc); err == nil {
		_ = zktest.WriteFrame(nc, frame)
	}
}

// A peer that takes the session and then misbehaves does not keep the client from a good
// server, which is the next to be tried.
func TestHostilePeerFirst(t *testing.T) {
	t.Parallel()
	for name, misbehave := range misbehaviours {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			peer := zktest.StartPeer(t, func(nc net.Conn) {
				if greeted(nc, 600) {
					misbehave(nc)
				}
			})
			c := connect(t, peer+","+server.Addr(), func(cfg *zk.Config) {
				cfg.KeepHostOrder = true
				// The server does not know the session of the peer.
				cfg.Retry.Expired = true
			})
			if children, _, err := c.Children(ctx, "/"); err != nil || !slices.Contains(children, "zookeeper") {
				t.Errorf("%v, %v", children, err)
			}
			if id, _ := c.Session(); id == 0x7777 {
				t.Error("the session is the peer's")
			}
		})
	}
}

// pace counts connections, and when they were made.
type pace struct {
	mu    sync.Mutex
	times []time.Time
}

func (p *pace) dial(ctx context.Context, network, address string) (net.Conn, error) {
	p.mu.Lock()
	p.times = append(p.times, time.Now())
	p.mu.Unlock()
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (p *pace) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.times)
}

// Where there are only peers that take the session and drop it, the client tries them no
// faster than the policy says.
func TestHostilePeerIsNotHurried(t *testing.T) {
	t.Parallel()
	for name, misbehave := range misbehaviours {
		if name == "says nothing at all" {
			continue // that takes its time by itself
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := zktest.StartPeer(t, func(nc net.Conn) {
				if greeted(nc, 9000) {
					misbehave(nc)
				}
			})
			var p pace
			policy := zk.RetryPolicy{Delay: 10 * time.Millisecond, Jitter: -1, MaxTries: -1}
			c := connect(t, peer, func(cfg *zk.Config) {
				cfg.Dial, cfg.ConnectRetry, cfg.Retry = p.dial, policy, policy
			})
			ctx, cancel := context.WithCancel(testContext(t))
			asked := make(chan error, 1)
			go func() {
				_, _, err := c.Get(ctx, "/")
				asked <- err
			}()
			const connections = 7
			until(t, "connections", func() bool { return p.count() >= connections })
			cancel()
			if err := <-asked; !errors.Is(err, context.Canceled) {
				t.Errorf("answered %v", err)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			// The second follows the first at once, as any lost connection is replaced.
			wait := policy.Delay
			for i := 2; i < connections; i++ {
				if got := p.times[i].Sub(p.times[i-1]); got < wait {
					t.Errorf("connection %d came %v after the one before, want %v", i, got, wait)
				}
				wait *= 2
			}
		})
	}
}

// The codes of a peer's handshake are no answers: what is not known is not "not there".
func TestHandshakeIsNoAnswer(t *testing.T) {
	t.Parallel()
	peer := zktest.StartPeer(t, func(nc net.Conn) {
		if _, err := zktest.ReadFrame(nc); err != nil {
			return
		}
		reply := append([]byte{0, 0, 0, 0, 0, 0, 0x23, 0x28, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 16}, make([]byte, 17)...)
		_ = zktest.WriteFrame(nc, reply)
		answer(nc, header(proto.XidPing, 1, proto.ErrNoNode))
	})
	c := newClient(t, peer, func(cfg *zk.Config) { cfg.ConnectTimeout = 100 * time.Millisecond })
	if err := c.Start(testContext(t)); err == nil || errors.Is(err, zk.ErrNoNode) {
		t.Errorf("Start: %v", err)
	}
	if _, there, err := c.Exists(testContext(t), "/"); err == nil {
		t.Errorf("exists: %t", there)
	}
}

// Events that are none of a node's are told to nobody, not to the watch of all nodes either.
func TestEventOfNoNode(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	event := func(kind int32, path string) []byte {
		b := binary.BigEndian.AppendUint32(header(proto.XidNotification, -1, proto.OK), uint32(kind))
		b = binary.BigEndian.AppendUint32(b, 3)
		return append(binary.BigEndian.AppendUint32(b, uint32(len(path))), path...)
	}
	peer := zktest.StartPeer(t, func(nc net.Conn) {
		if !greeted(nc, 60_000) {
			return
		}
		answer(nc, header(1, 2, proto.OK)) // the request for the watch
		for _, e := range [][]byte{event(-1, ""), event(-1, "/a"), event(7, "/b"), event(3, ""), event(3, "c"), event(3, "/a/../b"), event(3, "/a//b"), event(3, "/a\x1b"), event(3, "/d")} {
			if zktest.WriteFrame(nc, e) != nil {
				return
			}
		}
		_, _ = io.Copy(io.Discard, nc)
	})
	w, err := connect(t, peer).Watch(ctx, "/", true)
	if err != nil {
		t.Fatal(err)
	}
	if got := next(t, w); got != "data changed /d" {
		t.Errorf("%q", got)
	}
}

// A flood of events that nobody reads ends the watch, with a bounded number of them kept, and
// the server is told to stop.
func TestEventFlood(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	const events = 1<<16 + 1000
	removed := make(chan struct{})
	peer := zktest.StartPeer(t, func(nc net.Conn) {
		if !greeted(nc, 60_000) {
			return
		}
		answer(nc, header(1, 2, proto.OK)) // the request for the watch
		event := append(header(proto.XidNotification, -1, proto.OK), 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 2, '/', 'a')
		flood := binary.BigEndian.AppendUint32(nil, uint32(len(event)))
		flood = bytes.Repeat(append(flood, event...), events)
		if _, err := nc.Write(flood); err != nil {
			return
		}
		for {
			frame, err := zktest.ReadFrame(nc)
			if err != nil {
				return
			}
			if op := int32(binary.BigEndian.Uint32(frame[4:])); op == zktest.OpRemoveWatches {
				close(removed)
			}
			if zktest.WriteFrame(nc, header(int32(binary.BigEndian.Uint32(frame)), 2, proto.OK)) != nil {
				return
			}
		}
	})
	c := connect(t, peer)
	w, err := c.Watch(ctx, "/a", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; err == nil; n++ {
		_, err = w.Next(ctx)
	}
	if !errors.Is(err, zk.ErrWatchOverflow) || n != 1<<16+1 {
		t.Errorf("%d events, then %v", n-1, err)
	}
	select {
	case <-removed:
	case <-ctx.Done():
		t.Error("the server was not told to stop")
	}
}
