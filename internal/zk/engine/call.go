package engine

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// Submit hands a call to the current connection, or to the queue of those that wait for
// one. It does not wait for the reply.
func (e *Engine) Submit(ctx context.Context, call *conn.Call) {
	if e.cfg.Tracer != nil {
		e.trace(call)
	}
	if err := conn.ContextError(ctx); err != nil {
		call.Fail(err)
		return
	}
	if l := e.current.Load(); l != nil && l.Submit(ctx, call) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch l := e.current.Load(); {
	case e.state == idle:
		call.Fail(ErrClosed)
	case e.reason != nil: // ended, or unreachable for longer than the connect timeout
		call.Fail(e.reason)
	case l != nil && l.SubmitNow(call): // a connection has come meanwhile
	default:
		e.queue = append(e.queue, call)
	}
}

// Await waits for the end of a call or of ctx. It returns true when the call has ended,
// with its error. Otherwise ctx ended first, and the call goes on without its caller;
// unless it still waited for a connection: then it is withdrawn, and has ended with ctx's
// error.
func (e *Engine) Await(ctx context.Context, call *conn.Call) (ended bool, err error) {
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
	if e.Withdraw(call) {
		return true, conn.ContextError(ctx)
	}
	select {
	case <-call.Done(): // both at the same time
		return true, call.Err
	default:
		return false, conn.ContextError(ctx)
	}
}

// Withdraw takes a call out of the queue of those that wait for a connection. It returns
// false when the call is not there: then it has ended, or been submitted to a connection, and
// its Seen and its Session may be read.
func (e *Engine) Withdraw(call *conn.Call) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.Index(e.queue, call)
	if i < 0 {
		return false
	}
	e.queue = slices.Delete(e.queue, i, i+1)
	call.Fail(ErrWithdrawn)
	return true
}

// Queued reports whether a call waits for a connection.
func (e *Engine) Queued(call *conn.Call) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.queue, call)
}

// ErrWithdrawn is the error of a call whose caller has gone, which nobody looks at.
var ErrWithdrawn = errors.New("the caller has gone")

// Repeatable reports whether a request that failed with err may be tried again, provided
// that it had no effect. A server answers SessionMoved when the session has been resumed
// at another one, which this client did without noticing the end of the older connection.
func (e *Engine) Repeatable(err error) bool {
	return errors.Is(err, proto.ErrConnectionLoss) || errors.Is(err, proto.ErrSessionMoved) || errors.Is(err, proto.ErrThrottledOp) || errors.Is(err, errUncovered) ||
		errors.Is(err, proto.ErrSessionExpired) && e.cfg.Retry.Expired
}
