package conn

import (
	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// Request is a record that appends itself to a frame.
type Request interface{ AppendTo(dst []byte) []byte }

// Reply is a record that fills itself from a reply's body. Decode runs on the
// connection's read goroutine and must keep none of the reader's bytes.
type Reply interface{ Decode(r *jute.Reader) }

// A Call is one request, from its submission to its reply. The fields in its first part
// are the submitter's to set, those in the second may be read when [Call.Done] is closed.
// A Call is used once.
type Call struct {
	// Op is the request's operation code.
	Op proto.OpCode
	// Request is the record behind the header; nil for an operation that has none.
	Request Request
	// Reply receives the body of a reply without error; nil for an operation that has
	// none. A multi's receives the body of a failed one as well, which tells what failed.
	Reply Reply

	// Xid is 0 for an ordinary request, which gets the next number, or the special one
	// that the protocol gives to its operation.
	Xid int32
	// Pinned is the only session that the request may be sent in; 0 for any. In another it
	// ends with proto.ErrSessionExpired, and on a read-only connection with
	// proto.ErrNotReadOnly.
	Pinned int64
	// Ended runs when the call has ended, one way or the other, and before [Call.Done] is
	// closed; nil for nothing. When a reply has come it runs on the read goroutine, before
	// anything that the server sent behind it is looked at. It must not wait for anything.
	Ended func(*Call)

	// Note is the caller's own: what it keeps of the call.
	Note any

	// Header is the reply's, zero when there was none.
	Header proto.ReplyHeader
	// Err is nil, the reply's [proto.ErrCode], or why there was no reply: a *LostError
	// where the connection ended.
	Err error
	// Seen is the latest transaction that was known when the request was submitted: what
	// has a later zxid happened afterwards.
	Seen int64
	// Session is the session that the request was submitted in; 0 when it never was, and
	// so was not sent, and on a read-only connection, whose session no other server knows.
	Session int64

	done chan struct{}
	next *Call  // in the queue of calls in flight
	seq  uint64 // counts the connection's calls
}

// NewCall returns a call of op.
func NewCall(op proto.OpCode, req Request, reply Reply) *Call {
	call := new(Call)
	call.Init(op, req, reply)
	return call
}

// Init is [NewCall] for a call that is part of something larger.
func (c *Call) Init(op proto.OpCode, req Request, reply Reply) {
	c.Op, c.Request, c.Reply = op, req, reply
	c.done = make(chan struct{})
}

// Done returns a channel that is closed when the call has ended, one way or the other.
func (c *Call) Done() <-chan struct{} { return c.done }

// Fail ends a call that was never submitted.
func (c *Call) Fail(err error) {
	c.Err = err
	c.end()
}

func (c *Call) end() {
	if c.Ended != nil {
		c.Ended(c)
	}
	close(c.done)
}
