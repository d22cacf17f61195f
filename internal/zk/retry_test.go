package zk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// An operation whose replies are lost each time is tried as often as the policy says, and
// the error tells how often, and why the last try failed.
func TestRetryTries(t *testing.T) {
	t.Parallel()
	for _, tries := range []int{1, 3} {
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr(), steady, func(cfg *zk.Config) { cfg.Retry.MaxTries = tries })
		for range tries + 1 {
			proxy.CutBeforeRequest(zktest.Is(zktest.OpGetData))
		}
		_, _, err := c.Get(ctx, "/")
		if !errors.Is(err, zk.ErrConnectionLoss) {
			t.Errorf("%d tries: %v", tries, err)
		}
		re, ok := errors.AsType[*zk.RetryError](err)
		if !ok || re.Tries != tries || strings.Contains(err.Error(), "tried 3 times: connection lost") != (tries == 3) {
			t.Errorf("%d tries: %v", tries, err)
		}
		// The cut that was one too many is still there.
		if _, _, err := c.Get(ctx, "/"); tries == 3 && err != nil {
			t.Errorf("behind it: %v", err)
		}
	}
}

// Unless a number of tries is set, an operation is tried until the connect timeout has passed since
// it failed first.
func TestRetryWaits(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	soon := func(cfg *zk.Config) { cfg.Retry.MaxDelay = time.Millisecond }
	c := connect(t, proxy.Addr(), steady, soon)
	const many = 50
	for range many {
		proxy.CutBeforeRequest(zktest.Is(zktest.OpGetData))
	}
	if _, _, err := c.Get(ctx, "/"); err != nil {
		t.Errorf("after %d lost connections: %v", many, err)
	}
	c = connect(t, proxy.Addr(), steady, soon, func(cfg *zk.Config) { cfg.ConnectTimeout = time.Second })
	const endless = 10_000
	for range endless {
		proxy.CutBeforeRequest(zktest.Is(zktest.OpGetData))
	}
	_, _, err := c.Get(ctx, "/")
	if re, ok := errors.AsType[*zk.RetryError](err); !ok || re.Tries < 2 || re.Tries > endless || !errors.Is(err, zk.ErrConnectionLoss) {
		t.Errorf("%v", err)
	}
}

// A wait that would end after the deadline is shortened: the last try is made when the time is up.
func TestRetryDeadline(t *testing.T) {
	t.Parallel()
	for _, lost := range []int{2, 3} {
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr(), steady, func(cfg *zk.Config) {
			// The third try would begin an hour after the second.
			cfg.Retry = zk.RetryPolicy{MaxTries: -1, Delay: time.Millisecond, Backoff: 3_600_000, MaxDelay: time.Hour, Jitter: -1, Deadline: 500 * time.Millisecond}
		})
		for range lost {
			proxy.CutBeforeRequest(zktest.Is(zktest.OpGetData))
		}
		_, _, err := c.Get(ctx, "/")
		re, ok := errors.AsType[*zk.RetryError](err)
		if lost == 2 && err != nil || lost == 3 && (!ok || re.Tries != 3 || !errors.Is(err, zk.ErrConnectionLoss)) {
			t.Errorf("%d lost: %v", lost, err)
		}
	}
}

// The end of the caller's context ends the wait between tries.
func TestRetryContext(t *testing.T) {
	t.Parallel()
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), steady, func(cfg *zk.Config) {
		cfg.Retry = zk.RetryPolicy{MaxTries: -1, Delay: time.Hour, MaxDelay: time.Hour}
	})
	ctx, cancel := context.WithCancel(testContext(t))
	cut := proxy.CutBeforeRequest(zktest.Is(zktest.OpGetData))
	result := make(chan error, 1)
	go func() {
		_, _, err := c.Get(ctx, "/")
		result <- err
	}()
	<-cut
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Rounds of attempts to connect end when the policy says so.
func TestConnectRetryTries(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]zk.RetryPolicy{
		"tries":    {MaxTries: 3, Delay: time.Millisecond},
		"deadline": {Delay: time.Millisecond, Backoff: 3_600_000, MaxDelay: time.Hour, Jitter: -1, Deadline: 30 * time.Minute},
	} {
		var p pace
		proxy := zktest.StartProxy(t, server.Addr())
		proxy.Refuse(true)
		c := newClient(t, proxy.Addr(), func(cfg *zk.Config) {
			cfg.Dial, cfg.ConnectRetry, cfg.ConnectTimeout = p.dial, policy, time.Hour
		})
		err := c.Start(testContext(t))
		if ce, ok := errors.AsType[*zk.ConnectError](err); !ok || len(ce.Attempts) != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if want := map[string]int{"tries": 3, "deadline": 2}[name]; p.count() != want {
			t.Errorf("%s: %d rounds", name, p.count())
		}
	}
}

// Retry repeats what another try may mend, and nothing else.
func TestRetry(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := newClient(t, server.Addr(), steady, func(cfg *zk.Config) { cfg.Retry.MaxTries = 4 })
	for _, tc := range []struct {
		name  string
		fails []error
		tries int
		want  error
	}{
		{"success", nil, 1, nil},
		{"lost once", []error{zk.ErrConnectionLoss}, 2, nil},
		{"throttled, moved", []error{zk.ErrThrottledOp, zk.ErrSessionMoved}, 3, nil},
		{"lost always", []error{zk.ErrConnectionLoss, zk.ErrConnectionLoss, zk.ErrConnectionLoss, zk.ErrSessionMoved, nil}, 4, zk.ErrSessionMoved},
		{"no node", []error{zk.ErrNoNode}, 1, zk.ErrNoNode},
		{"expired", []error{zk.ErrConnectionLoss, zk.ErrSessionExpired}, 2, zk.ErrSessionExpired},
		{"closed", []error{zk.ErrClosed}, 1, zk.ErrClosed},
	} {
		n := 0
		err := c.Retry(ctx, func(context.Context) error {
			n++
			if n <= len(tc.fails) {
				return tc.fails[n-1]
			}
			return nil
		})
		re, exhausted := errors.AsType[*zk.RetryError](err)
		if n != tc.tries || !errors.Is(err, tc.want) || exhausted != (tc.name == "lost always") || exhausted && re.Tries != tc.tries {
			t.Errorf("%s: %v behind %d tries", tc.name, err, n)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	n := 0
	if err := c.Retry(ended, func(context.Context) error {
		n++
		cancel()
		return zk.ErrConnectionLoss
	}); n != 1 || !errors.Is(err, zk.ErrConnectionLoss) {
		t.Errorf("with a context that has ended: %v behind %d tries", err, n)
	}
}

// A server that is busy, or that thinks that the session is elsewhere, for some seconds fails no operation by default.
func TestServerIsBusy(t *testing.T) {
	t.Parallel()
	for _, code := range []zk.ErrCode{zk.ErrThrottledOp, zk.ErrSessionMoved, zk.ErrConnectionLoss, zk.ErrSessionExpired} {
		for name, op := range map[string]struct {
			match func(op int32) bool
			do    func(ctx context.Context, c *zk.Client) error
		}{
			"get": {zktest.Is(zktest.OpGetData), func(ctx context.Context, c *zk.Client) error {
				_, _, err := c.Get(ctx, "/")
				return err
			}},
			"create": {zktest.IsCreate, func(ctx context.Context, c *zk.Client) error {
				_, err := c.Create(ctx, "/new", nil, zk.CreateOptions{})
				return err
			}},
		} {
			t.Run(fmt.Sprintf("%s %d", name, code), func(t *testing.T) {
				t.Parallel()
				m, addr := newMixed(t, "3.9.4", "", -1)
				var left atomic.Int32
				left.Store(6) // with the waits by default, that takes 2.5 s at least
				m.busy = func(got int32) proto.ErrCode {
					if op.match(got) && left.Add(-1) >= 0 {
						return code
					}
					return proto.OK
				}
				c := connect(t, addr, func(cfg *zk.Config) {
					cfg.Retry = zk.RetryPolicy{Expired: code == zk.ErrSessionExpired} // without it, that is the caller's to decide
				})
				if err := op.do(testContext(t), c); err != nil || left.Load() >= 0 {
					t.Errorf("%v, %d refusals are left", err, left.Load())
				}
			})
		}
	}
}
