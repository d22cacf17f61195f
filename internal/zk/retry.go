package zk

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"time"
)

// A RetryPolicy says how often something is tried and how long to wait in between. The
// n-th wait is Delay times Backoff to the power of n-1, at most MaxDelay, and shortened at
// random by up to the share Jitter.
//
// It holds for rounds of attempts to connect, where only the delays count ([Config]'s
// ConnectTimeout bounds them), and for operations whose connection was lost. A write is
// repeated only when it is known that it had no effect.
type RetryPolicy struct {
	// MaxTries is how often an operation is tried at most, the first time included.
	// Default 5; 1 repeats nothing.
	MaxTries int
	// Delay is the first wait. Default 100 ms.
	Delay time.Duration
	// Backoff multiplies each wait to give the next. Default 2.
	Backoff float64
	// MaxDelay bounds a wait. Default 2 s.
	MaxDelay time.Duration
	// Jitter is the share of a wait that is random, from 0 to 1. Default 0.5; negative for
	// none.
	Jitter float64
	// Expired repeats operations that failed because the session had expired, in the
	// session that follows. Without it [ErrSessionExpired] goes to the caller, who may
	// have lost ephemeral nodes and locks with it.
	Expired bool
}

func (p *RetryPolicy) complete() error {
	setDefault(&p.MaxTries, 5)
	setDefault(&p.Delay, 100*time.Millisecond)
	setDefault(&p.Backoff, 2)
	setDefault(&p.MaxDelay, 2*time.Second)
	setDefault(&p.Jitter, 0.5)
	if p.MaxTries < 1 || p.Delay < 0 || p.MaxDelay < 0 || p.Backoff < 1 || p.Jitter > 1 {
		return errors.New("retry policy: MaxTries and Backoff must be at least 1, the delays not negative, Jitter at most 1")
	}
	return nil
}

// delay returns the wait behind the n-th try, counted from 1.
func (p *RetryPolicy) delay(n int) time.Duration {
	d := float64(p.Delay) * math.Pow(p.Backoff, float64(n-1))
	d = min(d, float64(p.MaxDelay))
	if p.Jitter > 0 {
		d *= 1 - p.Jitter*rand.Float64()
	}
	return time.Duration(d)
}

// wait waits for d or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
