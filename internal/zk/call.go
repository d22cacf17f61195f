package zk

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// submit hands a call to the current connection, or to the queue of those that wait for
// one. It does not wait for the reply.
func (c *Client) submit(ctx context.Context, call *conn.Call) {
	if l := c.current.Load(); l != nil && l.Submit(ctx, call) {
		return
	}
	c.mu.Lock()
	switch {
	case c.state == idle:
		c.mu.Unlock()
		call.Fail(ErrClosed)
		return
	case c.reason != nil: // ended, or unreachable for longer than the connect timeout
		reason := c.reason
		c.mu.Unlock()
		call.Fail(reason)
		return
	}
	if l := c.current.Load(); l != nil && l.Submit(ctx, call) {
		c.mu.Unlock()
		return
	}
	c.queue = append(c.queue, call)
	c.mu.Unlock()
}

// await waits for the end of a call or of ctx, and returns the call's error or ctx's. A
// call that still waits for a connection when ctx ends is withdrawn, and sent tells that
// it was not; any other goes on without its caller.
func (c *Client) await(ctx context.Context, call *conn.Call) (sent bool, err error) {
	select {
	case <-call.Done():
		return true, call.Err
	default:
	}
	select {
	case <-call.Done():
		return true, call.Err
	case <-ctx.Done():
		return !c.withdraw(call), context.Cause(ctx)
	}
}

// withdraw takes a call out of the queue of those that wait for a connection. It returns
// false when the call is not there.
func (c *Client) withdraw(call *conn.Call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.queue, call)
	if i < 0 {
		return false
	}
	c.queue = slices.Delete(c.queue, i, i+1)
	return true
}

// repeatable tells whether a request that failed with err may be tried again, provided
// that it had no effect. A server answers SessionMoved when the session has been resumed
// at another one, which this client did without noticing the end of the older connection.
func (c *Client) repeatable(err error) bool {
	return errors.Is(err, ErrConnectionLoss) || errors.Is(err, ErrSessionMoved) || errors.Is(err, ErrThrottledOp) ||
		errors.Is(err, ErrSessionExpired) && c.cfg.Retry.Expired
}

// again decides behind a try that failed with err: it returns nil after the wait that the
// policy asks for, or the error to give up with.
func (c *Client) again(ctx context.Context, r *retry, err error) error {
	if !c.repeatable(err) {
		return err
	}
	return r.again(ctx, err)
}

// reply is a pointer to a record R that decodes itself.
type reply[R any] interface {
	*R
	conn.Reply
}

// noBody is the reply of operations whose reply has no body, or none of interest.
type noBody struct{}

// Decode reads nothing.
func (*noBody) Decode(*jute.Reader) {}

// read makes a request that changes nothing, and repeats it when its reply was lost.
func read[R any, P reply[R]](ctx context.Context, c *Client, op proto.Op, path string, req conn.Request) (*R, error) {
	for r := c.cfg.Retry.begin(); ; {
		// A new record each time: that of a call whose caller has gone is still written to.
		out := new(R)
		call := conn.NewCall(op, req, P(out))
		c.submit(ctx, call)
		_, err := c.await(ctx, call)
		if err == nil {
			return out, nil
		}
		if err = c.again(ctx, &r, err); err != nil {
			return nil, &Error{Op: op.String(), Path: path, Err: err}
		}
	}
}

// verdict is what a look at the servers says of a write whose reply was lost.
type verdict int

const (
	unknown verdict = iota
	applied
	notApplied
)

// A resolver looks whether a write whose reply was lost took effect, and if it did fills
// in what the reply would have held. seen is the latest transaction that was known when
// the write was submitted.
type resolver[R any] func(ctx context.Context, seen int64, out *R) (verdict, error)

// write makes a request that changes something. When its reply was lost, resolve says
// whether it took effect; it is repeated only when it did not. The record is returned
// with an error of the server's too: a multi's says what failed.
func write[R any, P reply[R]](ctx context.Context, c *Client, op proto.Op, path string, req conn.Request, resolve resolver[R]) (*R, error) {
	fail := func(err error) error { return &Error{Op: op.String(), Path: path, Err: err} }
	for r := c.cfg.Retry.begin(); ; {
		out := new(R)
		call := conn.NewCall(op, req, P(out))
		c.submit(ctx, call)
		sent, err := c.await(ctx, call)
		switch {
		case err == nil:
			return out, nil
		case ctx.Err() != nil && err == context.Cause(ctx): //nolint:errorlint // whose end it was, not what it wraps
			if sent {
				err = outcomeUnknown(err)
			}
			return nil, fail(err)
		case unresolved(err):
			v, rerr := settle(ctx, c, call.Seen, out, resolve)
			if rerr != nil {
				return nil, fail(outcomeUnknown(rerr))
			}
			if v == applied {
				return out, nil
			}
			if v == unknown {
				return nil, fail(outcomeUnknown(err))
			}
		}
		if err = c.again(ctx, &r, err); err != nil {
			return out, fail(err)
		}
	}
}

// unresolved tells whether a write that failed with err may have taken effect.
func unresolved(err error) bool {
	if lost, ok := errors.AsType[*conn.LostError](err); ok {
		return lost.Sent
	}
	return errors.Is(err, ErrSessionMoved)
}

// settle makes sure that nothing of the lost connection is still on its way, and looks.
// To reach a server with the session again makes the servers refuse what the old
// connection still holds (a server closes the session's older connection; the leader
// answers SessionMoved to an older follower); the sync waits for what they had accepted.
func settle[R any](ctx context.Context, c *Client, seen int64, out *R, resolve resolver[R]) (verdict, error) {
	// Servers wait for all that was committed, whatever the path.
	if _, err := read[noBody](ctx, c, proto.OpSync, "/", &proto.SyncRequest{Path: "/"}); err != nil {
		return unknown, err
	}
	*out = *new(R)
	return resolve(ctx, seen, out)
}
