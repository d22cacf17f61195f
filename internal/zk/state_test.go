package zk_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// recorder keeps the states that a listener is told of.
type recorder struct {
	mu     sync.Mutex
	states []zk.State
}

func (r *recorder) tell(s zk.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.states = append(r.states, s)
}

func (r *recorder) is(want ...zk.State) func() bool {
	return func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return slices.Equal(r.states, want)
	}
}

func (r *recorder) has(want zk.State) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.states, want)
}

func (r *recorder) last() zk.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.states[len(r.states)-1]
}

// The states of a session from its start to its end: lost at first and after an expiry, and
// connected after each.
func conformListener(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	g := newGate()
	c := newClient(t, proxy.Addr(), func(cfg *zk.Config) {
		cfg.SessionTimeout = 2 * time.Second
		cfg.Dial = g.dial
	})
	var seen, removed recorder
	c.AddListener(seen.tell)
	c.AddListener(removed.tell)()
	// One that never returns keeps neither the client nor the others.
	stuck := make(chan struct{})
	c.AddListener(func(zk.State) { <-stuck })
	defer close(stuck)
	if s := c.State(); s != zk.StateLost {
		t.Errorf("at first: %v", s)
	}
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	want := []zk.State{zk.StateConnected}
	until(t, "connected", seen.is(want...))

	proxy.CutAll()
	want = append(want, zk.StateSuspended, zk.StateConnected)
	until(t, "reconnected", seen.is(want...))

	if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	reopen := g.close()
	proxy.CutAll()
	until(t, "the session to expire", func() bool {
		_, ok, err := direct.Exists(ctx, base+"/mine")
		return err == nil && !ok
	})
	reopen()
	want = append(want, zk.StateSuspended, zk.StateLost, zk.StateConnected)
	until(t, "a new session", seen.is(want...))

	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	want = append(want, zk.StateClosed)
	until(t, "closed", seen.is(want...))
	if err := c.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	until(t, "connected once more", seen.is(append(want, zk.StateConnected)...))
	if !removed.is()() {
		t.Error("a removed listener was told")
	}
}

func TestListenerOfRefusedCredential(t *testing.T) {
	t.Parallel()
	c := newClient(t, server.Addr(), func(cfg *zk.Config) {
		cfg.Auth = []zk.Credential{{Scheme: "no-such-scheme", Secret: "hush"}}
	})
	var seen recorder
	c.AddListener(seen.tell)
	if err := c.Start(testContext(t)); !errors.Is(err, zk.ErrAuthFailed) {
		t.Fatal(err)
	}
	until(t, "auth failed", seen.is(zk.StateAuthFailed))
	if s := c.State(); s != zk.StateAuthFailed {
		t.Error(s)
	}
}

// A listener may use the client.
func TestListenerCallsClient(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := newClient(t, server.Addr())
	result := make(chan error, 1)
	c.AddListener(func(s zk.State) {
		if s == zk.StateConnected {
			_, _, err := c.Get(context.WithoutCancel(ctx), "/")
			result <- err
		}
	})
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
}
