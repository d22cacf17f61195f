package zk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// submit hands a call to the current connection, or to the queue of those that wait for
// one. It does not wait for the reply.
func (c *Client) submit(ctx context.Context, call *conn.Call) {
	if c.cfg.Tracer != nil {
		c.trace(call)
	}
	if err := conn.ContextError(ctx); err != nil {
		call.Fail(err)
		return
	}
	if l := c.current.Load(); l != nil && l.Submit(ctx, call) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch l := c.current.Load(); {
	case c.state == idle:
		call.Fail(ErrClosed)
	case c.reason != nil: // ended, or unreachable for longer than the connect timeout
		call.Fail(c.reason)
	case l != nil && l.SubmitNow(call): // a connection has come meanwhile
	default:
		c.queue = append(c.queue, call)
	}
}

// await waits for the end of a call or of ctx. It returns true when the call has ended,
// with its error. Otherwise ctx ended first, and the call goes on without its caller;
// unless it still waited for a connection: then it is withdrawn, and has ended with ctx's
// error.
func (c *Client) await(ctx context.Context, call *conn.Call) (ended bool, err error) {
	select {
	case <-call.Done():
		return true, call.Err
	default:
	}
	select {
	case <-call.Done():
		return true, call.Err
	case <-ctx.Done():
	}
	if c.withdraw(call) {
		return true, conn.ContextError(ctx)
	}
	select {
	case <-call.Done(): // both at the same time
		return true, call.Err
	default:
		return false, conn.ContextError(ctx)
	}
}

// withdraw takes a call out of the queue of those that wait for a connection. It returns
// false when the call is not there: then it has ended, or been submitted to a connection, and
// its Seen and its Session may be read.
func (c *Client) withdraw(call *conn.Call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.queue, call)
	if i < 0 {
		return false
	}
	c.queue = slices.Delete(c.queue, i, i+1)
	call.Fail(errWithdrawn)
	return true
}

// queued reports whether a call waits for a connection.
func (c *Client) queued(call *conn.Call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.queue, call)
}

// errWithdrawn is the error of a call whose caller has gone, which nobody looks at.
var errWithdrawn = errors.New("the caller has gone")

// repeatable tells whether a request that failed with err may be tried again, provided
// that it had no effect. A server answers SessionMoved when the session has been resumed
// at another one, which this client did without noticing the end of the older connection.
func (c *Client) repeatable(err error) bool {
	return errors.Is(err, ErrConnectionLoss) || errors.Is(err, ErrSessionMoved) || errors.Is(err, ErrThrottledOp) || errors.Is(err, errUncovered) ||
		errors.Is(err, ErrSessionExpired) && c.cfg.Retry.Expired
}

// again decides behind a try that failed with err: it returns nil after the wait that the
// policy asks for, or the error to give up with.
func (c *Client) again(ctx context.Context, r *retry, op proto.Op, path string, err error) error {
	if errors.Is(err, errUnasked) {
		_, err := c.serverVersion(ctx)
		return err // nothing was sent: it does not count as a try
	}
	if !c.repeatable(err) {
		return err
	}
	if err := r.again(ctx, err); err != nil {
		return err
	}
	c.log.Debug("an operation is repeated", "op", op.String(), "path", path, "tries", r.tries, "reason", err)
	return nil
}

// reply is a pointer to a record R that decodes itself.
type reply[R any] interface {
	*R
	conn.Reply
}

// request is a pointer to a record Q that appends itself.
type request[Q any] interface {
	*Q
	conn.Request
}

// noBody is the reply of operations whose reply has no body, or none of interest.
type noBody struct{}

// Decode reads nothing.
func (*noBody) Decode(*jute.Reader) {}

// attempt is one try of a request: its call and the record for its reply, in one piece of
// memory. Each try has its own, since that of a call whose caller has gone is still written
// to.
type attempt[R any] struct {
	call conn.Call
	out  R
}

// query is an attempt of a request that changes nothing, together with the request.
type query[Q, R any] struct {
	attempt[R]
	req Q
}

// try returns an attempt, whose record begins as blank is.
func try[R any, P reply[R]](op proto.Op, req conn.Request, blank R) *attempt[R] {
	a := &attempt[R]{out: blank}
	a.call.Init(op, req, P(&a.out))
	return a
}

// read makes a request that changes nothing, and repeats it when its reply was lost. The
// path is the one for the error; the request has its own, on the servers.
func read[R, Q any, P reply[R], W request[Q]](ctx context.Context, c *Client, op proto.Op, path string, req Q) (*R, error) {
	var blank R
	return readInto[R, Q, P, W](ctx, c, op, path, req, blank)
}

// readInto is read with the record as it is before a reply fills it in.
func readInto[R, Q any, P reply[R], W request[Q]](ctx context.Context, c *Client, op proto.Op, path string, req Q, blank R) (*R, error) {
	for r := c.cfg.Retry.begin(); ; {
		a := &query[Q, R]{attempt: attempt[R]{out: blank}, req: req}
		a.call.Init(op, W(&a.req), P(&a.out))
		c.submit(ctx, &a.call)
		_, err := c.await(ctx, &a.call)
		if err == nil {
			return &a.out, nil
		}
		if err = c.again(ctx, &r, op, path, err); err != nil {
			return nil, &Error{Op: op.String(), Path: path, Err: err}
		}
	}
}

// write makes a request that changes something. When its reply was lost, resolve says
// whether it took effect; it is repeated only when it did not. The record, which is blank
// before a reply fills it in, is returned with an error of the server's too: a multi's says
// what failed.
func write[Q conn.Request, R any, P reply[R]](ctx context.Context, c *Client, op proto.Op, path string, req Q, blank R, resolve resolver[Q, R]) (*R, error) {
	fail := func(err error) error { return &Error{Op: op.String(), Path: path, Err: suspicious(req, err)} }
	w := waiter{client: c}
	defer w.end()
	var session, seen int64 // those of the first try that was sent
	for r := c.cfg.Retry.begin(); ; {
		a := try[R, P](op, req, blank)
		call, out := &a.call, &a.out
		call.Ended = c.written
		var err error
		if call.Ticket, err = c.open(ctx, req, true); err != nil {
			if err = c.again(ctx, &r, op, path, err); err != nil {
				return out, fail(err)
			}
			continue
		}
		if !c.cfg.Retry.Expired {
			call.Pinned = session
		}
		c.submit(ctx, call)
		ended, err := w.await(ctx, call)
		if err == nil {
			return out, nil
		}
		seen = cmp.Or(seen, call.Seen)
		if !ended {
			return nil, fail(w.outcomeUnknown(seen, err))
		}
		if unresolved(err) {
			*out = blank
			took, rerr := judge(w.sent(ctx), c, call, req, out, resolve)
			switch {
			case rerr != nil:
				return nil, fail(w.outcomeUnknown(seen, rerr))
			case took:
				return out, nil
			}
		}
		session = cmp.Or(session, call.Session)
		if err = c.again(ctx, &r, op, path, err); err != nil {
			return out, fail(err)
		}
	}
}

// suspicious adds to the error of a request whose connection was lost that the request is
// larger than servers take unless they are told to: they close the connection without a word.
func suspicious(req conn.Request, err error) error {
	if !errors.Is(err, ErrConnectionLoss) {
		return err
	}
	if size := len(req.AppendTo(nil)); size > DefaultMaxBufferBytes {
		return fmt.Errorf("%w. The request takes %d bytes, and a server closes the connection when that is more than its jute.maxbuffer, %d by default", err, size, DefaultMaxBufferBytes)
	}
	return err
}

// judge finds out with a context for what has been sent whether a write took effect whose reply was lost, and if it did fills in
// out. The error is why that cannot be told.
func judge[Q, R any](ctx context.Context, c *Client, call *conn.Call, req Q, out *R, resolve resolver[Q, R]) (took bool, err error) {
	if create, ok := call.Request.(*proto.CreateRequest); ok && isSequential(create) {
		// One after the other: what one of them is found to have made is not counted by the next.
		select {
		case c.numbering <- struct{}{}:
			defer func() { <-c.numbering }()
		case <-ctx.Done():
			return false, lookFailed(call.Err, conn.ContextError(ctx))
		}
	}
	v, err := c.settle(ctx, func() (verdict, error) {
		return resolve(ctx, c, req, loss{seen: call.Seen, session: call.Session, ticket: call.Ticket}, out)
	})
	c.ledger.settle(call.Request, err == nil && v == applied)
	c.log.Debug("the reply to a write was lost, and the servers were asked what became of it", "op", call.Op.String(), "found", v.String())
	switch {
	case err != nil:
		return false, lookFailed(call.Err, err)
	case v == applied:
		return true, nil
	case v.notApplied():
		return false, nil
	}
	return false, call.Err
}

// unresolved tells whether a write that failed with err may have taken effect.
func unresolved(err error) bool {
	if lost, ok := errors.AsType[*conn.LostError](err); ok {
		return lost.Sent
	}
	_, large := errors.AsType[*conn.ReplyTooLargeError](err)
	return large || errors.Is(err, ErrSessionMoved)
}

// settle makes sure that nothing of the lost connection is still on its way, and looks.
// To reach a server with the session again makes the servers refuse what the old
// connection still holds (a server closes the session's older connection; the leader
// answers SessionMoved to an older follower); the sync waits for what they had accepted.
func (c *Client) settle(ctx context.Context, look func() (verdict, error)) (verdict, error) {
	// Servers wait for all that was committed, whatever the path.
	if _, err := read[noBody](ctx, c, proto.OpSync, "/", proto.SyncRequest{Path: "/"}); err != nil {
		return unknown, err
	}
	return look()
}

// lookFailed tells why the outcome of a write is not known: its reply was lost, as cause
// says, and it could not be looked at, as look says. What a server answered to the look is no
// answer to the write, and so is told in words alone.
func lookFailed(cause, look error) error {
	if candidates, ok := errors.AsType[*CandidatesError](look); ok {
		return fmt.Errorf("%w; %w", cause, candidates)
	}
	if code, ok := errors.AsType[ErrCode](look); ok && code != ErrSessionExpired {
		return fmt.Errorf("%w; looking for it failed: %v", cause, look) //nolint:errorlint // see above
	}
	return fmt.Errorf("%w; looking for it failed: %w", cause, look)
}
