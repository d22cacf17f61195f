package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// A RetryPolicy says how often something is tried and how long to wait in between. The
// n-th wait is Delay times Backoff to the power of n-1, at most MaxDelay, and shortened at
// random by up to the share Jitter.
//
// There is one for the rounds of attempts to connect, [Config.ConnectRetry], and one for
// operations whose connection was lost, [Config.Retry]. A write is repeated only when it
// is known that it had no effect.
type RetryPolicy struct {
	// MaxTries is how often something is tried at most, the first time included; negative
	// for no limit, where 1 repeats nothing. By default the time alone is a limit: an operation is
	// repeated until Deadline, which is then the connect timeout.
	MaxTries int
	// Delay is the first wait. Default 100 ms.
	Delay time.Duration
	// Backoff multiplies each wait to give the next. Default 2.
	Backoff float64
	// MaxDelay bounds a wait. Default 2 s, or Delay where that is longer.
	MaxDelay time.Duration
	// Jitter is the share of a wait that is random, from 0 to 1. Default 0.5; negative for
	// none.
	Jitter float64
	// Deadline bounds the time from the end of the first try to the beginning of the last; 0 for none,
	// but for operations without MaxTries. Where the next wait of an operation would end after it, the wait is shortened:
	// a last try is made when the time is up.
	Deadline time.Duration
	// Expired repeats operations that failed because the session had expired, in the
	// session that follows. Without it [proto.ErrSessionExpired] goes to the caller, who may
	// have lost ephemeral nodes and locks with it.
	Expired bool
}

func (p *RetryPolicy) complete() error {
	p.MaxTries = cmp.Or(p.MaxTries, -1)
	p.Delay = cmp.Or(p.Delay, 100*time.Millisecond)
	p.Backoff = cmp.Or(p.Backoff, 2)
	p.MaxDelay = cmp.Or(p.MaxDelay, max(2*time.Second, p.Delay))
	p.Jitter = cmp.Or(p.Jitter, 0.5)
	if p.Deadline < 0 || p.Delay < 0 || p.MaxDelay < 0 || p.Backoff < 1 || p.Jitter > 1 || math.IsNaN(p.Backoff) || math.IsNaN(p.Jitter) {
		return errors.New("retry policy: Backoff must be at least 1, the delays and the deadline not negative, Jitter at most 1")
	}
	return nil
}

// delay returns the wait after the n-th try, counted from 1.
func (p *RetryPolicy) delay(n int) time.Duration {
	d := float64(p.Delay) * math.Pow(p.Backoff, float64(n-1))
	d = min(d, float64(p.MaxDelay))
	if p.Jitter > 0 {
		d *= 1 - p.Jitter*rand.Float64()
	}
	return time.Duration(d)
}

// A RetryError tells that something was tried as often, or for as long, as the policy
// allows, and failed each time.
type RetryError struct {
	// Tries is how often it was tried.
	Tries int
	// Err is what the last try failed with.
	Err error
}

// Error tells the number of tries, where there was more than one, and the last failure.
func (e *RetryError) Error() string {
	if e.Tries == 1 {
		return e.Err.Error()
	}
	return fmt.Sprintf("tried %d times: %v", e.Tries, e.Err)
}

// Unwrap returns what the last try failed with.
func (e *RetryError) Unwrap() error { return e.Err }

// retry counts the tries of one operation.
type retry struct {
	policy *RetryPolicy
	tries  int
	failed time.Time // when the first try had failed, where the policy has a deadline
}

func (p *RetryPolicy) begin() retry { return retry{policy: p} }

// again is called after a try that failed with err, for a reason that another try may
// mend: it returns nil after the wait that the policy asks for, or a *[RetryError] to give up
// with.
func (r *retry) again(ctx context.Context, err error) error {
	r.tries++
	d := r.policy.delay(r.tries)
	spent := false
	if r.policy.Deadline > 0 {
		if r.failed.IsZero() {
			r.failed = time.Now()
		}
		rest := r.policy.Deadline - time.Since(r.failed)
		d, spent = min(d, rest), rest <= 0 // the last try begins when the time is up, and not before
	}
	if r.tries == r.policy.MaxTries || spent {
		return &RetryError{Tries: r.tries, Err: err}
	}
	return wait(ctx, d)
}

// Tries counts the tries of one operation.
type Tries struct {
	engine *Engine
	retry
}

// Tries begins to count those of an operation that may be repeated by [Config.Retry].
func (e *Engine) Tries() Tries { return Tries{e, e.cfg.Retry.begin()} }

// Again decides after a try that failed with err: it returns nil after the wait that the
// policy asks for, or the error to give up with.
func (t *Tries) Again(ctx context.Context, call *conn.Call, err error) error {
	e := t.engine
	if errors.Is(err, errUnasked) {
		// Nothing was sent: it does not count as a try. What may be asked of a server that does not tell its version
		// is decided when it is sent.
		_, err := e.serverVersion(ctx)
		if _, untold := errors.AsType[*VersionUnknownError](err); untold {
			return nil
		}
		return err
	}
	if !e.Repeatable(err) || call.Pinned != 0 && errors.Is(err, proto.ErrSessionExpired) {
		return err
	}
	if err := t.again(ctx, err); err != nil {
		return err
	}
	path, _ := about(call.Request)
	e.log.Debug("an operation is repeated", "op", call.Op.String(), "path", path, "tries", t.tries, "reason", err)
	return nil
}

// InSession returns a context with which a write is sent in that session alone, whatever
// [RetryPolicy.Expired] is: in another one it fails with [proto.ErrSessionExpired].
func InSession(ctx context.Context, id int64) context.Context {
	return context.WithValue(ctx, sessionKey{}, id)
}

// SessionOf is the one that [InSession] has given; 0 for any.
func SessionOf(ctx context.Context) int64 {
	id, _ := ctx.Value(sessionKey{}).(int64)
	return id
}

// sessionKey is what a context has the session's id for.
type sessionKey struct{}

// Retry calls f until it succeeds, fails for a reason that another try will not mend, or
// the client's policy says that it is enough, which is a *[RetryError]. What f does must be
// safe to do more than once. The operations of the client do as much for themselves.
func (e *Engine) Retry(ctx context.Context, f func(context.Context) error) error {
	for r := e.cfg.Retry.begin(); ; {
		err := f(ctx)
		if err == nil || !e.Repeatable(err) || ctx.Err() != nil {
			return err
		}
		if err := r.again(ctx, err); err != nil {
			return err
		}
	}
}

// wait waits for d or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return conn.ContextError(ctx)
	}
}
