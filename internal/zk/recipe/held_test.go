package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// lost waits until the holder is told, and checks what it is told.
func lost(t *testing.T, held *recipe.Held, of string, want ...error) {
	t.Helper()
	select {
	case <-held.Done():
	case <-testContext(t).Done():
		t.Fatal("the holder is not told")
	}
	if err := held.Err(); !isLoss(err, want) || !strings.Contains(err.Error(), of) {
		t.Errorf("the holder is told: %v, want %v", err, want)
	}
}

// isLoss reports whether err is a loss for one of the reasons.
func isLoss(err error, by []error) bool {
	return errors.Is(err, recipe.ErrLost) && slices.ContainsFunc(by, func(reason error) bool { return errors.Is(err, reason) })
}

// Whatever a lock is lost by, the holder is told, and so is whoever works under it.
func TestHolderIsTold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		lose func(ctx context.Context, t *testing.T, v *victim, direct *zk.Client, node string)
		want []error
	}{
		{"expired", func(_ context.Context, t *testing.T, v *victim, _ *zk.Client, _ string) { v.expire(t) }, []error{zk.ErrSessionExpired}},
		{"deleted", func(ctx context.Context, t *testing.T, _ *victim, direct *zk.Client, node string) {
			if err := direct.Delete(ctx, node, zk.AnyVersion); err != nil {
				t.Fatal(err)
			}
		}, []error{recipe.ErrDeleted}},
		{"deleted behind a change", func(ctx context.Context, t *testing.T, v *victim, direct *zk.Client, node string) {
			watched := v.proxy.Count(zktest.IsExists)
			if _, err := direct.Set(ctx, node, []byte("changed"), 0); err != nil {
				t.Fatal(err)
			}
			until(t, "it to watch again", func() bool { return v.proxy.Count(zktest.IsExists) > watched })
			if err := direct.Delete(ctx, node, 1); err != nil {
				t.Fatal(err)
			}
		}, []error{recipe.ErrDeleted}},
		{"deleted while the connection was lost", func(ctx context.Context, t *testing.T, v *victim, direct *zk.Client, node string) {
			reopen := v.gate.close()
			defer reopen()
			v.proxy.CutAll()
			if err := direct.Delete(ctx, node, zk.AnyVersion); err != nil {
				t.Fatal(err)
			}
		}, []error{recipe.ErrDeleted}},
		{"closed", func(ctx context.Context, t *testing.T, v *victim, _ *zk.Client, _ string) {
			if err := v.Close(ctx); err != nil {
				t.Fatal(err)
			}
		}, []error{zk.ErrClosed, recipe.ErrDeleted}}, // the server deletes the node before it answers
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/lock"
			v := newVictim(t)
			held := must(newLock(t, v.Client, path, "").Acquire(ctx))(t)
			work, cancel := held.Context(ctx)
			defer cancel()
			if err := errors.Join(held.Err(), work.Err()); err != nil {
				t.Fatalf("held: %v", err)
			}
			tc.lose(ctx, t, v, direct, held.Path())
			lost(t, held, path, tc.want...)
			<-work.Done()
			if cause := context.Cause(work); !isLoss(cause, tc.want) {
				t.Errorf("the cause is %v", cause)
			}
			if _, err := direct.Multi(ctx, held.Fence(), zk.CreateOp(path+"-written", nil, zk.CreateOptions{})); !errors.Is(err, zk.ErrNoNode) {
				t.Errorf("the fence: %v", err)
			}
			for range 2 {
				if err := held.Release(ctx); !isLoss(err, tc.want) {
					t.Errorf("released: %v", err)
				}
			}
			// It is there for others.
			release(t, must(newLock(t, direct, path, "").Acquire(ctx))(t))
		})
	}
}

// A holder that hears nothing for so long that the session may have expired does not count
// on it, and the lock stays lost though the session lives on.
func TestHolderIsSuspended(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	path := folder(t, direct) + "/lock"
	v := newVictim(t, session(3*time.Second))
	held := must(newLock(t, v.Client, path, "").Acquire(ctx))(t)
	reopen := v.gate.close()
	defer reopen()
	v.proxy.CutAll()
	lost(t, held, path, recipe.ErrSuspended)
	reopen()
	if err := v.Sync(ctx, path); err != nil && !errors.Is(err, zk.ErrSessionExpired) {
		t.Fatal(err)
	}
	if err := held.Err(); !errors.Is(err, recipe.ErrSuspended) {
		t.Errorf("with a connection: %v", err)
	}
	if err := held.Release(ctx); !errors.Is(err, recipe.ErrLost) {
		t.Errorf("released: %v", err)
	}
	if names := children(t, direct, path); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}

// A connection that comes back in time changes nothing.
func TestHolderSurvivesConnection(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	path := folder(t, direct) + "/lock"
	v := newVictim(t)
	held := must(newLock(t, v.Client, path, "").Acquire(ctx))(t)
	for range 5 {
		connections := v.proxy.Connections()
		v.proxy.CutAll()
		until(t, "another connection", func() bool { return v.proxy.Connections() > connections && v.State() == zk.StateConnected })
	}
	if _, err := v.Multi(ctx, held.Fence(), zk.CreateOp(path+"-written", nil, zk.CreateOptions{})); err != nil {
		t.Errorf("the fence: %v", err)
	}
	if err := held.Err(); err != nil {
		t.Errorf("lost: %v", err)
	}
	release(t, held)
}

// Err does not wait for word from the servers: what is done in another session is never
// taken for done under the lock.
func TestErrKnowsTheSession(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c)
	id, _ := c.Session()
	held := recipe.HeldUnwatched(c, path+"/ours", id)
	if err := held.Err(); err != nil {
		t.Errorf("in its own session: %v", err)
	}
	if err := held.Release(ctx); !isLoss(err, []error{recipe.ErrDeleted}) {
		t.Errorf("released: %v", err)
	}
	held = recipe.HeldUnwatched(c, path+"/earlier", id+1)
	if err := held.Err(); !isLoss(err, []error{zk.ErrSessionExpired}) {
		t.Errorf("in another session: %v", err)
	}
	lost(t, held, path, zk.ErrSessionExpired)
	if err := held.Release(ctx); !isLoss(err, []error{zk.ErrSessionExpired}) {
		t.Errorf("released: %v", err)
	}
}

// Releasing ends it at once, whatever became of the caller's context; again it does nothing.
func TestRelease(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/lock"
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for name, with := range map[string]context.Context{"alive": ctx, "ended": ended} {
		held := must(newLock(t, c, path, "").Acquire(ctx))(t)
		work, done := held.Context(ctx)
		for range 2 {
			if err := held.Release(with); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		<-held.Done()
		<-work.Done()
		if err := held.Err(); !errors.Is(err, recipe.ErrReleased) || errors.Is(err, recipe.ErrLost) || !errors.Is(context.Cause(work), recipe.ErrReleased) {
			t.Errorf("%s: %v, cause %v", name, err, context.Cause(work))
		}
		if names := children(t, c, path); len(names) != 0 {
			t.Errorf("%s: left %v", name, names)
		}
		done()
	}
}

// The reply of the release is lost, or the caller goes while it is under way, or there is no
// connection for it.
func TestReleaseLost(t *testing.T) {
	t.Parallel()
	t.Run("reply", func(t *testing.T) {
		t.Parallel()
		ctx, direct := testContext(t), connect(t, server.Addr())
		path := folder(t, direct) + "/lock"
		v := newVictim(t)
		held := must(newLock(t, v.Client, path, "").Acquire(ctx))(t)
		cut := v.proxy.CutAfterRequest(zktest.IsDelete)
		release(t, held)
		happened(t, cut)
		if names := children(t, direct, path); len(names) != 0 {
			t.Errorf("left: %v", names)
		}
	})
	t.Run("caller", func(t *testing.T) {
		t.Parallel()
		ctx, direct := testContext(t), connect(t, server.Addr())
		path := folder(t, direct) + "/lock"
		v := newVictim(t)
		held := must(newLock(t, v.Client, path, "").Acquire(ctx))(t)
		cut := v.proxy.CutBeforeRequest(zktest.IsDelete)
		reopen := v.gate.close()
		defer reopen()
		short, cancel := context.WithCancel(ctx)
		result := make(chan error, 1)
		go func() { result <- held.Release(short) }()
		<-cut
		cancel()
		reopen()
		if err := <-result; err != nil {
			t.Errorf("released: %v", err)
		}
		if names := children(t, direct, path); len(names) != 0 {
			t.Errorf("left: %v", names)
		}
	})
	t.Run("connection", func(t *testing.T) {
		t.Parallel()
		ctx, direct := testContext(t), connect(t, server.Addr())
		path := folder(t, direct) + "/lock"
		v := newVictim(t, func(cfg *zk.Config) { cfg.ConnectTimeout = 100 * time.Millisecond })
		held := must(newLock(t, v.Client, path, "").Acquire(ctx))(t)
		reopen := v.gate.close()
		defer reopen()
		v.proxy.CutAll()
		err := held.Release(ctx)
		if _, ok := errors.AsType[*zk.ConnectError](err); !ok || errors.Is(err, recipe.ErrLost) {
			t.Errorf("released without a connection: %v", err)
		}
		if err := held.Err(); !errors.Is(err, recipe.ErrReleased) {
			t.Errorf("it counts as held: %v", err)
		}
		reopen()
		until(t, "the connection", func() bool { return v.State() == zk.StateConnected })
		release(t, held)
		if names := children(t, direct, path); len(names) != 0 {
			t.Errorf("left: %v", names)
		}
	})
}

// The release itself finds that there was nothing left to be released.
func TestReleaseFindsLoss(t *testing.T) {
	t.Parallel()
	for _, expires := range []bool{false, true} {
		t.Run(fmt.Sprintf("expired=%t", expires), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/lock"
			v := newVictim(t)
			held := must(newLock(t, v.Client, path, "").Acquire(ctx))(t)
			id, password := v.Session()
			reopen := v.gate.close()
			defer reopen()
			v.proxy.CutAll()
			// A deletion that went out on the old connection would be taken for the one that was done.
			until(t, "the loss of the connection", func() bool { return v.State() != zk.StateConnected })
			want := recipe.ErrDeleted
			if expires {
				want = zk.ErrSessionExpired
				thief := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.SessionID, cfg.SessionPassword = id, password })
				if err := thief.Close(ctx); err != nil {
					t.Fatal(err)
				}
			} else if err := direct.Delete(ctx, held.Path(), zk.AnyVersion); err != nil {
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() { result <- held.Release(ctx) }()
			<-held.Done()
			reopen()
			if err := <-result; !isLoss(err, []error{want}) {
				t.Errorf("released: %v, want %v", err, want)
			}
			if err := held.Release(ctx); !isLoss(err, []error{want}) {
				t.Errorf("released again: %v", err)
			}
		})
	}
}
