package conn

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

const (
	// readBuffer holds many replies of usual size, so that one read serves many calls.
	readBuffer = 64 << 10
	// backlog is how many bytes may wait for the writer before submitters wait too.
	backlog = 1 << 20
	// keep is the largest buffer that is kept for reuse: one large node must not hold its
	// memory for the life of the connection.
	keep = 1 << 20
)

// Options bound a connection.
type Options struct {
	// MaxRequest is the largest request frame that is sent, in bytes.
	MaxRequest int
	// MaxReply is the largest reply frame that is accepted, in bytes.
	MaxReply int
	// RequestTimeout is how long the oldest request may wait for its reply before the connection
	// ends; 0 for no limit. Where the server grants a session a longer timeout than this, the
	// connection is watched as if that were the session's.
	RequestTimeout time.Duration
	// Event runs on the read goroutine for each event of a watch; nil for nothing. It must
	// not wait for anything.
	Event func(proto.WatcherEvent)
	// Admit runs for each call when its turn to be sent has come, in the order of the
	// requests on the wire, and may still change its operation and its request; nil for
	// nothing. An error ends the call with it, and nothing is sent. It runs with the
	// connection locked: it must not use it, and not wait for anything.
	Admit func(*Call) error
	// Frame runs for each frame after the handshake, on its way to the server when it is
	// queued, and from it when it has come, before anybody knows what it says; nil for
	// nothing. It may run with the connection locked: it must not use it.
	Frame func(Frame)
}

// A Frame is what is told of one frame. What is in it is not.
type Frame struct {
	// Sent tells a request from a reply.
	Sent bool
	// Op is the operation that is asked for or answered; 0 for an event.
	Op proto.OpCode
	// Xid pairs a reply with its request.
	Xid int32
	// Bytes is the frame's size, without its length.
	Bytes int
	// Zxid and Err are those of a reply.
	Zxid int64
	Err  proto.ErrCode
}

// Conn is one connection, from a handshake that succeeded to the first error. It is safe
// for concurrent use.
type Conn struct {
	nc      net.Conn
	opts    Options
	raw     deadlineReader
	in      *bufio.Reader // of raw
	large   bytes.Buffer  // a frame that is larger than in
	record  jute.Reader   // of the frame that is being decoded
	reply   proto.ConnectReply
	asked   bool          // during the handshake: the answer to the connect request is still to come
	timeout time.Duration // of the session, as the server granted it, or RequestTimeout where that is less
	zxid    atomic.Int64  // the latest that a reply carried

	mu     sync.Mutex
	out    []byte // frames that the writer has not taken
	head   *Call  // the oldest call in flight
	tail   *Call
	auth   []*Call       // identities on their way, which servers answer out of turn
	seq    uint64        // counts the calls
	taken  uint64        // the last call that the writer took
	room   chan struct{} // closed when the writer takes out; nil when nobody waits
	closed bool          // no call is accepted any more
	err    error         // why

	wake chan struct{} // tells the writer that out is not empty
	stop chan struct{} // closed with closed
	done chan struct{} // closed when both loops and all calls have ended
}

func newConn(nc net.Conn, opts Options) *Conn {
	c := &Conn{
		nc:   nc,
		opts: opts,
		raw:  deadlineReader{nc: nc},
		wake: make(chan struct{}, 1),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	c.in = bufio.NewReaderSize(&c.raw, readBuffer)
	return c
}

// start begins the two loops, after the handshake.
func (c *Conn) start() {
	c.timeout = time.Duration(c.reply.TimeoutMillis) * time.Millisecond
	if c.opts.RequestTimeout > 0 {
		c.timeout = min(c.timeout, c.opts.RequestTimeout)
	}
	c.raw.timeout = c.readTimeout()
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.fail(c.writeLoop())
	}()
	go func() {
		c.fail(c.readLoop())
		<-written
		c.failCalls()
		close(c.done)
	}()
}

// Session returns the server's answer to the connect request.
func (c *Conn) Session() proto.ConnectReply { return c.reply }

// Zxid returns the latest transaction that the server told of.
func (c *Conn) Zxid() int64 { return c.zxid.Load() }

// Done returns a channel that is closed when the connection has ended and all of its
// calls with it.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the connection ended, nil while it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection at once, and the calls in flight with a *LostError. It does
// not end the session: submit a call of proto.OpCloseSession for that. It waits until
// all goroutines of the connection have ended.
func (c *Conn) Close() {
	c.fail(ErrClosedByUser)
	<-c.done
}

// Submit queues call after all others. It waits only while more than a megabyte is
// waiting to be written, and then no longer than ctx. It returns false when the
// connection is at its end, and the call is as it was; true when the call was taken or
// ended with an error that was found at once.
func (c *Conn) Submit(ctx context.Context, call *Call) bool {
	for {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return false
		}
		if len(c.out) < backlog {
			break
		}
		if c.room == nil {
			c.room = make(chan struct{})
		}
		room := c.room
		c.mu.Unlock()
		select {
		case <-room:
		case <-c.stop:
			return false
		case <-ctx.Done():
			call.Fail(ContextError(ctx))
			return true
		}
	}
	err := c.enqueue(call)
	c.mu.Unlock()
	c.enqueued(call, err)
	return true
}

// SubmitNow is Submit that never waits, however much there is to be written: for calls
// that have waited elsewhere.
func (c *Conn) SubmitNow(call *Call) bool {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	err := c.enqueue(call)
	c.mu.Unlock()
	c.enqueued(call, err)
	return true
}

// enqueued wakes the writer, or ends a call that could not be queued.
func (c *Conn) enqueued(call *Call, err error) {
	if err != nil {
		call.Fail(err)
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// ContextError returns why a context has ended: the context's own error, which callers
// look for, and its cause in words. The cause itself is not wrapped: it may be any error,
// a server's answer to somebody else among them.
func ContextError(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(err, context.DeadlineExceeded) && errors.Is(cause, context.DeadlineExceeded) || cause.Error() == err.Error() {
		return err
	}
	return fmt.Errorf("%w: %v", err, cause) //nolint:errorlint // see above
}

// enqueue appends the call's frame to out and the call to the queue in flight. c.mu is
// held, so that frames and queue have one order.
func (c *Conn) enqueue(call *Call) error {
	if call.Pinned != 0 && call.Pinned != c.reply.SessionID {
		if c.reply.ReadOnly {
			return proto.ErrNotReadOnly // that session waits elsewhere
		}
		return proto.ErrSessionExpired
	}
	if c.opts.Admit != nil {
		if err := c.opts.Admit(call); err != nil {
			return err
		}
	}
	at := len(c.out)
	seq := c.seq + 1
	c.out = jute.AppendInt(c.out, 0)
	number := call.Xid
	if number == anyXid {
		number = xid(seq)
	}
	c.out = header{Xid: number, Op: call.Op}.AppendTo(c.out)
	if call.Request != nil {
		c.out = call.Request.AppendTo(c.out)
	}
	size := len(c.out) - at - 4
	if size > c.opts.MaxRequest {
		c.out = c.out[:at]
		return &TooLargeError{Size: size, Limit: c.opts.MaxRequest}
	}
	binary.BigEndian.PutUint32(c.out[at:], uint32(size))
	if c.opts.Frame != nil {
		c.opts.Frame(Frame{Sent: true, Op: call.Op, Xid: number, Bytes: size})
	}

	if !c.reply.ReadOnly {
		call.Session = c.reply.SessionID
	}
	if call.Op == proto.OpAuth {
		c.auth = append(c.auth, call)
		return nil
	}
	c.seq = seq
	call.seq, call.Xid = seq, number
	call.Seen = c.zxid.Load()
	if c.tail == nil {
		c.head = call
	} else {
		c.tail.next = call
	}
	c.tail = call
	return nil
}

// xid numbers the seq'th call: from 1 to the largest int32 and around, because negative
// xids have meanings of their own.
func xid(seq uint64) int32 { return int32((seq-1)%math.MaxInt32) + 1 }

// readTimeout is how long the server may be silent, pingAfter how long this side.
func (c *Conn) readTimeout() time.Duration { return c.timeout * 2 / 3 }
func (c *Conn) pingAfter() time.Duration   { return c.timeout / 3 }

// looks is how often the requests in flight are looked at within RequestTimeout.
const looks = 4

// A watchdog tells when the oldest request in flight has not been answered for too long. It
// costs the requests nothing: it looks now and then whether the oldest is still the same.
type watchdog struct {
	seq  uint64 // of the oldest call in flight
	auth *Call  // the oldest identity on its way
	same int    // for how many looks
}

// barks looks, and reports whether the oldest has been the same for RequestTimeout.
func (w *watchdog) barks(c *Conn) bool {
	c.mu.Lock()
	var seq uint64
	if c.head != nil {
		seq = c.head.seq
	}
	var auth *Call
	if len(c.auth) > 0 {
		auth = c.auth[0]
	}
	c.mu.Unlock()
	answered := (seq == 0 || seq != w.seq) && (auth == nil || auth != w.auth)
	w.seq, w.auth = seq, auth
	if answered {
		w.same = 0
		return false
	}
	w.same++
	return w.same == looks
}

// writeLoop writes whatever is queued in one write, until the connection ends.
func (c *Conn) writeLoop() error {
	idle := time.NewTimer(c.pingAfter())
	defer idle.Stop()
	var look <-chan time.Time
	if c.opts.RequestTimeout > 0 {
		ticker := time.NewTicker(max(c.opts.RequestTimeout/looks, 1))
		defer ticker.Stop()
		look = ticker.C
	}
	var dog watchdog
	last := time.Now()
	var spare []byte
	for {
		ping := false
		select {
		case <-c.stop:
			return nil
		case <-c.wake:
		case <-look:
			if dog.barks(c) {
				return fmt.Errorf("the server has left a request without an answer for %v", c.opts.RequestTimeout)
			}
			continue
		case <-idle.C:
			// The timer is not reset at each write: it looks when it fires how long ago the
			// last one was.
			rest := c.pingAfter() - time.Since(last)
			ping = rest <= 0
			if ping {
				rest = c.pingAfter()
			}
			idle.Reset(rest)
		}
		// Whoever has been woken by the same replies goes first, so that one write takes what
		// all of them queue.
		runtime.Gosched()
		for {
			c.mu.Lock()
			if ping {
				at := len(c.out)
				c.out = appendFrame(c.out, header{Xid: proto.XidPing, Op: proto.OpPing})
				if c.opts.Frame != nil {
					c.opts.Frame(Frame{Sent: true, Op: proto.OpPing, Xid: proto.XidPing, Bytes: len(c.out) - at - 4})
				}
				ping = false
			}
			buf := c.out
			c.out = spare[:0]
			c.taken = c.seq
			if c.room != nil {
				close(c.room)
				c.room = nil
			}
			c.mu.Unlock()
			if len(buf) == 0 {
				spare = buf
				break
			}
			last = time.Now()
			if err := c.nc.SetWriteDeadline(last.Add(c.readTimeout())); err != nil {
				return err
			}
			if _, err := c.nc.Write(buf); err != nil {
				return fmt.Errorf("writing: %w", err)
			}
			spare = buf
			if cap(spare) > keep {
				spare = nil
			}
		}
	}
}

// readLoop gives each reply to the oldest call in flight, until the connection ends.
func (c *Conn) readLoop() error {
	for {
		frame, err := c.readFrame()
		if err != nil {
			large, ok := errors.AsType[*ReplyTooLargeError](err)
			switch {
			case ok:
				// Only the call that it answers is not worth repeating: the oldest, unless it
				// is an event, or the length is nonsense.
				if head, err := c.in.Peek(8); err == nil {
					if call := c.pop(int32(binary.BigEndian.Uint32(head[4:]))); call != nil {
						call.Fail(large)
					}
				}
			case isTimeout(err):
				return fmt.Errorf("the server has been silent for %v", c.readTimeout())
			case errors.Is(err, io.EOF):
				return errors.New("the server closed the connection")
			}
			return err
		}
		if err := c.dispatch(frame); err != nil {
			return err
		}
		if c.large.Cap() > keep {
			c.large = bytes.Buffer{}
		}
	}
}

func (c *Conn) dispatch(frame []byte) error {
	c.record = jute.NewReader(frame)
	r := &c.record
	var h proto.ReplyHeader
	h.Decode(r) // without a guard, which would cost memory for each reply: it is three numbers
	if r.Err() != nil {
		return &ProtocolError{"reply header: " + r.Err().Error()}
	}
	switch h.Xid {
	case proto.XidPing:
		c.received(proto.OpPing, h, frame)
		c.see(h.Zxid)
		return nil
	case proto.XidNotification:
		c.received(0, h, frame)
		var event proto.WatcherEvent
		if err := decode(r, &event); err != nil {
			return &ProtocolError{"event: " + err.Error()}
		}
		if c.opts.Event != nil {
			c.opts.Event(event)
		}
		return nil
	}

	var call *Call
	if h.Xid == proto.XidAuth {
		call = c.popAuth()
	} else {
		call = c.pop(h.Xid)
	}
	if call == nil {
		return &ProtocolError{fmt.Sprintf("a reply with xid %d, which is not that of the oldest request without a reply", h.Xid)}
	}
	c.received(call.Op, h, frame)
	c.see(h.Zxid)
	call.Header = h
	if h.Err != proto.OK {
		call.Err = h.Err
	}
	if call.Reply != nil && (h.Err == proto.OK || call.Op == proto.OpMulti && r.Remaining() > 0) {
		err := decode(r, call.Reply)
		if name, ok := errors.AsType[*proto.NameError](err); ok {
			// The answer is whole, and to ask again would get the same.
			err = &ProtocolError{fmt.Sprintf("reply to %v: %v", call.Op, name)}
			call.Fail(err)
			return err
		}
		if err != nil {
			// The request was executed, and what came of it cannot be read: to the caller
			// the same as a reply that was lost.
			err = &ProtocolError{fmt.Sprintf("reply to %v: %v", call.Op, err)}
			call.Fail(&LostError{Sent: true, Cause: err})
			return err
		}
	}
	call.end()
	return nil
}

// decode reads a record that a server has sent.
func decode(r *jute.Reader, record Reply) error {
	return guard.Decode(func() error {
		record.Decode(r)
		return r.Err()
	})
}

// received tells of a frame that has come.
func (c *Conn) received(op proto.OpCode, h proto.ReplyHeader, frame []byte) {
	if c.opts.Frame != nil {
		c.opts.Frame(Frame{Op: op, Xid: h.Xid, Bytes: len(frame), Zxid: h.Zxid, Err: h.Err})
	}
}

// anyXid is the xid of a call that has not been numbered yet. No call in flight has it.
const anyXid int32 = 0

// pop removes the oldest call in flight and returns it; nil, and nothing is removed, when
// there is none or when its xid is not want.
func (c *Conn) pop(want int32) *Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := c.head
	if call == nil || call.Xid != want {
		return nil
	}
	c.head = call.next
	if c.head == nil {
		c.tail = nil
	}
	call.next = nil
	return call
}

// popAuth removes the oldest call of an identity and returns it, nil when there is none.
func (c *Conn) popAuth() *Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.auth) == 0 {
		return nil
	}
	call := c.auth[0]
	c.auth = c.auth[1:]
	return call
}

// see keeps the latest zxid. Only the read loop, and the handshake before it, call it.
func (c *Conn) see(zxid int64) {
	if zxid > c.zxid.Load() {
		c.zxid.Store(zxid)
	}
}

// readFrame returns the next frame without its length. The bytes are valid until the
// next call.
func (c *Conn) readFrame() ([]byte, error) {
	head, err := c.in.Peek(4)
	if err != nil {
		if errors.Is(err, io.EOF) && len(head) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	n := int32(binary.BigEndian.Uint32(head))
	if n <= 0 {
		return nil, &ProtocolError{fmt.Sprintf("a frame of length %d", n)}
	}
	if int(n) > c.opts.MaxReply {
		return nil, &ReplyTooLargeError{Size: int(n), Limit: c.opts.MaxReply}
	}
	if _, err := c.in.Discard(4); err != nil {
		return nil, err
	}
	if int(n) <= readBuffer {
		frame, err := c.in.Peek(int(n))
		if err != nil {
			return nil, truncated(err)
		}
		// Discarding moves the position and leaves the bytes until the next read.
		_, err = c.in.Discard(int(n))
		return frame, err
	}
	// The buffer grows with what arrives, not with what the length promises.
	c.large.Reset()
	if _, err := io.CopyN(&c.large, c.in, int64(n)); err != nil {
		return nil, truncated(err)
	}
	return c.large.Bytes(), nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fail ends the connection; the first reason stays.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	c.err = err
	c.mu.Unlock()
	close(c.stop)
	_ = c.nc.Close()
}

// failCalls ends the calls in flight. Both loops have ended, so nothing else touches
// them.
func (c *Conn) failCalls() {
	c.mu.Lock()
	call := c.head
	c.head, c.tail = nil, nil
	auth := c.auth
	c.auth = nil
	taken, cause := c.taken, c.err
	c.mu.Unlock()
	for _, a := range auth {
		a.Fail(&LostError{Sent: true, Cause: cause})
	}
	for call != nil {
		next := call.next
		call.next = nil
		call.Fail(&LostError{Sent: call.seq <= taken, Cause: cause})
		call = next
	}
}

// deadlineReader allows each read of the connection the same time; with the timeout 0,
// as during the handshake, it leaves the deadline alone.
type deadlineReader struct {
	nc      net.Conn
	timeout time.Duration
}

func (d *deadlineReader) Read(p []byte) (int, error) {
	if d.timeout > 0 {
		if err := d.nc.SetReadDeadline(time.Now().Add(d.timeout)); err != nil {
			return 0, err
		}
	}
	return d.nc.Read(p)
}
