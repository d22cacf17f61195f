package zk

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
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
