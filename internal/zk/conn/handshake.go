package conn

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// Hello is what a connection begins with.
type Hello struct {
	// Connect opens a session or resumes one.
	Connect proto.ConnectRequest
	// SASL is an exchange to go through before anything else; nil for none.
	SASL SASLExchange
	// Auth are the identities to present before any request.
	Auth []proto.AuthRequest
}

// SASLExchange is the client's side of one authentication by SASL. Next takes the server's
// token, nil at first, and returns the client's; or that there is none to send any more.
// Refused adds to a server's refusal what was presented to it, and wraps it.
type SASLExchange interface {
	Next(token []byte) (response []byte, done bool, err error)
	Refused(err error) error
}

// ErrNoAnswer tells that the server closed the connection instead of answering the
// connect request.
var ErrNoAnswer = errors.New("the server closed the connection without an answer: it may not be serving yet, be without a quorum, have too many connections from this address, be behind what this client has seen, or want TLS on this port")

// ErrHandshakeEnded tells that the server closed the connection after its answer to the
// connect request, and before the handshake was over.
var ErrHandshakeEnded = errors.New("the server closed the connection in the middle of the handshake, behind its answer to the connect request: it may be shutting down, or have lost its quorum")

// Open opens or resumes a session over nc and presents the identities. It owns nc: after
// an error nc is closed. ctx bounds the handshake and not the connection.
//
// The session is what the server granted, and may be there with an error, which came
// after it: resume it, or it lives on until it expires. Where ctx was cancelled the
// server is told that nobody will.
//
// The error is proto.ErrSessionExpired when the server does not know the session,
// proto.ErrAuthFailed when it refuses an identity, and a *NoAnswerError when ctx ended.
func Open(ctx context.Context, nc net.Conn, hello Hello, opts Options) (*Conn, proto.ConnectReply, error) {
	c := newConn(nc, opts)
	began := time.Now()
	// The end of ctx wakes a blocked read or write by a deadline that has passed.
	hooked := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(hooked)
		_ = nc.SetDeadline(time.Unix(1, 0))
	})
	err := c.handshake(hello)
	if !unhook() {
		<-hooked
		err = &NoAnswerError{Step: "the handshake", After: time.Since(began)}
		if errors.Is(ctx.Err(), context.Canceled) {
			c.leave()
		}
	}
	if err == nil {
		err = nc.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = nc.Close()
		return nil, c.reply, err
	}
	c.start()
	return c, c.reply, nil
}

// farewell bounds the time for ending a session that nobody will use, and for the answer to a
// connect request that may have begun one.
const farewell = time.Second

// leave ends the session of a handshake that was cancelled. The server may have begun one and
// not have said so yet: then its answer is awaited.
func (c *Conn) leave() {
	_ = c.nc.SetDeadline(time.Now().Add(farewell))
	if c.asked && c.reply.SessionID == 0 {
		_ = c.readConnectReply()
	}
	if c.reply.SessionID != 0 {
		_, _ = c.nc.Write(appendFrame(nil, header{Xid: 1, Op: proto.OpCloseSession}))
	}
	c.reply = proto.ConnectReply{}
}

// A NoAnswerError tells that a server did not answer in the time that it was given.
type NoAnswerError struct {
	// Step is what was waited for.
	Step string
	// After is how long.
	After time.Duration
}

// Error tells the step and the time.
func (e *NoAnswerError) Error() string {
	return fmt.Sprintf("no answer to %s within %v", e.Step, rough(e.After))
}

// rough rounds a time to what a reader wants to know of it, and never to nothing.
func rough(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// handshake does the connect exchange, then the identities and a ping in one write.
func (c *Conn) handshake(hello Hello) error {
	// Nothing may follow the connect request before its reply has come: a server that
	// refuses the session closes, and the reset for the bytes that it did not read can
	// make its refusal unreadable here.
	if _, err := c.nc.Write(appendFrame(nil, &hello.Connect)); err != nil {
		return err
	}
	c.asked = true
	err := c.readConnectReply()
	if _, late := errors.AsType[*NoAnswerError](err); !late && !isTimeout(err) {
		c.asked = false // there is an answer, or none will come
	}
	if err != nil {
		return err
	}
	if c.reply.TimeoutMillis <= 0 || c.reply.SessionID == 0 {
		c.reply = proto.ConnectReply{}
		return proto.ErrSessionExpired
	}
	if n := len(c.reply.Password); n != proto.PasswordSize {
		// It could not be resumed.
		c.reply = proto.ConnectReply{}
		return &ProtocolError{fmt.Sprintf("a session's password of %d bytes", n)}
	}

	if hello.SASL != nil {
		if err := c.authenticate(hello.SASL); err != nil {
			return err
		}
	}
	var out []byte
	for i := range hello.Auth {
		out = appendFrame(out, header{Xid: proto.XidAuth, Op: proto.OpAuth}, &hello.Auth[i])
	}
	// The reply to a ping carries the server's latest transaction. Without it a new
	// client could not tell a node that its first create made from one of yesterday.
	out = appendFrame(out, header{Xid: proto.XidPing, Op: proto.OpPing})
	if _, err := c.nc.Write(out); err != nil {
		return err
	}
	// They need not come in the order of the requests: a server answers identities at once.
	left := map[int32]int{proto.XidPing: 1, proto.XidAuth: len(hello.Auth)}
	for range 1 + len(hello.Auth) {
		if err := c.readGreeting(left); err != nil {
			if at := len(hello.Auth) - left[proto.XidAuth]; errors.Is(err, proto.ErrAuthFailed) && at < len(hello.Auth) {
				err = &RefusedError{Index: at, Err: err} // identities are answered in their order
			}
			return err
		}
	}
	return nil
}

func (c *Conn) readConnectReply() error {
	head, err := c.in.Peek(4)
	if err != nil {
		return noAnswer(err)
	}
	n := int32(binary.BigEndian.Uint32(head))
	if n <= 0 || n > proto.MaxConnectReplySize {
		more, _ := c.in.Peek(c.in.Buffered())
		if err := foreign(more); err != nil {
			return err
		}
		return &ProtocolError{fmt.Sprintf("a connect reply of %d bytes", n)}
	}
	frame, err := c.readFrame()
	if err != nil {
		return noAnswer(err)
	}
	if len(frame) == proto.ReplyHeaderSize {
		return refusedSession(frame)
	}
	r := jute.NewReader(frame)
	if err := decode(&r, &c.reply); err != nil {
		c.reply = proto.ConnectReply{}
		return &ProtocolError{"connect reply: " + err.Error()}
	}
	return nil
}

// refusedSession reads the header of a reply, and nothing after it, instead of a
// connect reply: what a server without a quorum sends when it may not open a session
// (ReadOnlyRequestProcessor, since 3.7).
func refusedSession(frame []byte) error {
	r := jute.NewReader(frame)
	var h proto.ReplyHeader
	if err := decode(&r, &h); err != nil {
		return &ProtocolError{"connect reply: " + err.Error()}
	}
	if h.Err == proto.ErrNotReadOnly {
		return fmt.Errorf("%w: the server has no quorum, and opens read-only sessions only with localSessionsEnabled=true", h.Err)
	}
	return &ProtocolError{fmt.Sprintf("a connect reply of %d bytes, which looks like the error %v", len(frame), h.Err)}
}

// authenticate goes through an exchange by SASL, in requests with ordinary xids. A server
// that refuses the client says so and closes the connection, or just closes it.
func (c *Conn) authenticate(exchange SASLExchange) error {
	token, done, err := exchange.Next(nil)
	for xid := int32(1); err == nil && !done; xid++ {
		if _, err := c.nc.Write(appendFrame(nil, header{Xid: xid, Op: proto.OpSASL}, &proto.SASLToken{Token: token})); err != nil {
			return err
		}
		frame, err := c.readFrame()
		if err != nil {
			if ended(err) {
				err = exchange.Refused(fmt.Errorf("%w during the SASL exchange: %w", proto.ErrAuthFailed, ErrHandshakeEnded))
			}
			return err
		}
		r := jute.NewReader(frame)
		var h proto.ReplyHeader
		var answer proto.SASLToken
		herr := decode(&r, &h)
		switch {
		case herr != nil:
			return &ProtocolError{"reply header: " + herr.Error()}
		case h.Err == proto.ErrAuthFailed || h.Err == proto.ErrSessionClosedRequireSASL:
			return exchange.Refused(refusal(h.Err))
		case h.Err != proto.OK:
			return refusal(h.Err)
		case h.Xid != xid:
			return &ProtocolError{fmt.Sprintf("xid %d during the SASL exchange", h.Xid)}
		}
		if err := decode(&r, &answer); err != nil {
			return &ProtocolError{"SASL token: " + err.Error()}
		}
		if token, done, err = exchange.Next(answer.Token); err != nil {
			return err
		}
	}
	return err
}

// refusal is the error of a handshake that the server answered with a code. One that no
// server answers there is told in words alone: callers of operations would take it for
// the result of theirs, for example that a node does not exist.
func refusal(code proto.ErrCode) error {
	switch code {
	case proto.ErrAuthFailed, proto.ErrSessionClosedRequireSASL, proto.ErrSessionExpired, proto.ErrSessionMoved, proto.ErrThrottledOp:
		return code
	default:
		return &ProtocolError{"the handshake was answered with the error: " + code.Error()}
	}
}

// readGreeting reads the reply to an identity or to the first ping, and counts it off
// those that are left.
func (c *Conn) readGreeting(left map[int32]int) error {
	frame, err := c.readFrame()
	if ended(err) {
		return ErrHandshakeEnded
	}
	if err != nil {
		return err
	}
	r := jute.NewReader(frame)
	var h proto.ReplyHeader
	err = decode(&r, &h)
	switch {
	case err != nil:
		return &ProtocolError{"reply header: " + err.Error()}
	case h.Err != proto.OK:
		return refusal(h.Err)
	case left[h.Xid] == 0:
		return &ProtocolError{fmt.Sprintf("xid %d during the handshake", h.Xid)}
	case h.Xid == proto.XidPing:
		c.see(h.Zxid)
	}
	left[h.Xid]--
	return nil
}

// noAnswer is the error of a read of the server's answer to the connect request.
func noAnswer(err error) error {
	if ended(err) {
		return ErrNoAnswer
	}
	return err
}

// ended tells a connection that the server ended from other errors. The reset is the end of
// one where the server had not read all.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// header adapts a request header to Request.
type header = proto.RequestHeader

// appendFrame appends one frame that holds the records.
func appendFrame(dst []byte, records ...Request) []byte {
	at := len(dst)
	dst = jute.AppendInt(dst, 0)
	for _, r := range records {
		dst = r.AppendTo(dst)
	}
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}
