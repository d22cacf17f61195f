package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
)

// SessionGrace as [Config.Grace] is the session's timeout, as the servers have granted it: by
// then the connection has brought the reply, or been given up and replaced by another one.
const SessionGrace time.Duration = -1

// grace is how long the client outlives a caller.
func (e *Engine) grace() time.Duration {
	if e.cfg.Grace == SessionGrace {
		return e.SessionTimeout()
	}
	return e.cfg.Grace
}

// Outlive returns a context that ends [Config.Grace] after ctx has: for reading back what a
// write has made whose caller's context may end meanwhile. Nothing new is to be begun with it.
// It counts from the end of ctx, however often it is called meanwhile, when it is called before
// that. The function returned frees what the context takes.
func (e *Engine) Outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	grace := e.grace()
	if grace == 0 || ctx.Done() == nil || ctx.Value(graceKey{}) != nil {
		return ctx, func() {}
	}
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			end(fmt.Errorf("there was no answer within %v of that", grace))
		case <-life.Done():
		}
	})
	return &outliving{Context: life, caller: ctx, grace: grace}, func() {
		stop()
		end(nil)
	}
}

// WithoutGrace returns a context with which a write is not awaited after its end, whatever
// [Config.Grace] is: for whoever has his own way to find out what became of it.
func WithoutGrace(ctx context.Context) context.Context {
	return context.WithValue(ctx, graceKey{}, struct{}{})
}

// graceKey is what a context has a value of that nothing outlives.
type graceKey struct{}

// outliving is a context that ends some time after its caller's.
type outliving struct {
	context.Context //nolint:containedctx // It is a context.

	caller context.Context //nolint:containedctx // It tells why.
	grace  time.Duration
}

// Err returns the caller's error: what is done for a caller fails with that.
func (o *outliving) Err() error {
	if err := o.Context.Err(); err != nil {
		return cmp.Or(o.caller.Err(), err)
	}
	return nil
}

// Value returns the context itself for the key that it is found by.
func (o *outliving) Value(key any) any {
	if key == (graceKey{}) {
		return o
	}
	return o.Context.Value(key)
}

// A Waiter waits for the requests of one operation. Once its caller's context has ended
// nothing new is sent. But what has been sent, and changes something, is waited for on, and
// looked for where its reply was lost, for the client's grace. This is the one place where
// that is decided.
type Waiter struct {
	engine *Engine
	late   context.Context //nolint:containedctx // That for what has been sent; nil before it is needed.
	free   context.CancelFunc
}

// Waiter returns one for one operation. It is to be ended.
func (e *Engine) Waiter() Waiter { return Waiter{engine: e} }

// Sent returns the context for what concerns requests that have been sent for a caller.
func (w *Waiter) Sent(caller context.Context) context.Context {
	if w.late == nil {
		w.late, w.free = w.engine.Outlive(caller)
	}
	return w.late
}

// End frees what the waiter takes.
func (w *Waiter) End() {
	if w.free != nil {
		w.free()
	}
}

// Await is [Engine.Await] for a request that changes something: where it has been sent when
// the caller's context ends, it goes on for the client's grace.
func (w *Waiter) Await(caller context.Context, call *conn.Call) (ended bool, err error) {
	if ended, err = w.engine.Await(caller, call); ended {
		return true, err
	}
	late := w.Sent(caller)
	if o, ok := late.(*outliving); ok {
		path, _ := about(call.Request)
		w.engine.log.Warn("the caller has stopped waiting, and the answer to what was sent is still waited for", "op", call.Op.String(), "path", path, "at_most", o.grace)
	}
	select {
	case <-call.Done():
	case <-late.Done():
	}
	select {
	case <-call.Done(): // whatever else has happened at the same time
		return true, call.Err
	default:
		return false, conn.ContextError(late)
	}
}

// Waited returns how long what was sent has been waited for after the end of the caller's context, where
// that was as long as [Config.Grace] allows; otherwise 0.
func (w *Waiter) Waited() time.Duration {
	if late, ok := w.late.(*outliving); ok && late.Err() != nil {
		return late.grace
	}
	return 0
}

// checkGrace refuses a grace that makes no sense.
func checkGrace(grace time.Duration) error {
	if grace < 0 && grace != SessionGrace {
		return errors.New("the grace must not be negative")
	}
	return nil
}
