package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// wait is a call that waits for others.
type wait struct {
	name string
	// before has the call wait.
	before func(ctx context.Context, t *testing.T, direct *zk.Client, path string)
	// do waits, with what belongs to it.
	do func(ctx context.Context, t *testing.T, c *zk.Client, path string) error
	// waits reports whether it does.
	waits func(t *testing.T, v *victim, direct *zk.Client, path string) bool
	// serve brings what is waited for.
	serve func(ctx context.Context, direct *zk.Client, path string) error
	// left are the folders that stay.
	left []string
}

// lines reports whether there is somebody beside who holds.
func lines(folder string, n int) func(*testing.T, *victim, *zk.Client, string) bool {
	return func(t *testing.T, _ *victim, direct *zk.Client, path string) bool {
		t.Helper()
		return len(children(t, direct, path+folder)) >= n
	}
}

// watching reports whether the client has asked for a number of things to watch.
func watching(op func(int32) bool, n int) func(*testing.T, *victim, *zk.Client, string) bool {
	return func(_ *testing.T, v *victim, _ *zk.Client, _ string) bool { return v.proxy.Count(op) >= n }
}

// deleteOldest takes away the oldest of a node's children.
func deleteOldest(folder string) func(ctx context.Context, direct *zk.Client, path string) error {
	return func(ctx context.Context, direct *zk.Client, path string) error {
		names, _, err := direct.Children(ctx, path+folder)
		if err != nil {
			return err
		}
		oldest, first := int64(0), ""
		for _, name := range names {
			stat, ok, err := direct.Exists(ctx, path+folder+"/"+name)
			if err != nil {
				return err
			}
			if ok && (first == "" || stat.Czxid < oldest) {
				oldest, first = stat.Czxid, name
			}
		}
		return direct.Delete(ctx, path+folder+"/"+first, zk.AnyVersion)
	}
}

// releasing is a wait for what is held and released.
func releasing(get func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error)) func(context.Context, *testing.T, *zk.Client, string) error {
	return holding("", get).do
}

func waitings() []wait {
	type client = zk.Client
	lock := func(kind string, notation recipe.Notation) func(ctx context.Context, t *testing.T, c *client, path string) (*recipe.Held, error) {
		return func(ctx context.Context, t *testing.T, c *client, path string) (*recipe.Held, error) {
			t.Helper()
			return must(lockKinds[kind](c, path, recipe.LockOptions{Notation: notation}))(t).Acquire(ctx)
		}
	}
	semaphore := func(notation recipe.Notation) func(ctx context.Context, t *testing.T, c *client, path string) (*recipe.Held, error) {
		return func(ctx context.Context, t *testing.T, c *client, path string) (*recipe.Held, error) {
			t.Helper()
			return must(recipe.NewSemaphore(c, path+"/s", 1, recipe.SemaphoreOptions{Notation: notation}))(t).Acquire(ctx)
		}
	}
	held := func(get func(ctx context.Context, t *testing.T, c *client, path string) (*recipe.Held, error)) func(context.Context, *testing.T, *client, string) {
		return func(ctx context.Context, t *testing.T, c *client, path string) {
			t.Helper()
			must(get(ctx, t, c, path))(t) // it is taken away by serve, or with its session
		}
	}
	latch := func(ctx context.Context, t *testing.T, c *client, path string) (*recipe.Held, error) {
		t.Helper()
		return must(recipe.NewLeaderLatch(c, path, recipe.LockOptions{}))(t).Lead(ctx)
	}
	ensure := func(ctx context.Context, t *testing.T, c *client, path string) {
		t.Helper()
		if _, err := c.EnsurePath(ctx, path, nil); err != nil {
			t.Fatal(err)
		}
	}
	isExists, nobody := zktest.IsExists, func(context.Context, *testing.T, *client, string) {}
	create := func(at string) func(ctx context.Context, direct *client, path string) error {
		return func(ctx context.Context, direct *client, path string) error {
			_, err := direct.Create(ctx, path+at, nil, zk.CreateOptions{MakeParents: true})
			return err
		}
	}
	list := []wait{
		{"semaphore", held(semaphore(recipe.Kazoo)), releasing(semaphore(recipe.Kazoo)), lines("/s-__lock__", 1), deleteOldest("/s"), []string{"/s", "/s-__lock__"}},
		{"Curator's semaphore", held(semaphore(recipe.Curator)), releasing(semaphore(recipe.Curator)), lines("/s/locks", 1), deleteOldest("/s/leases"), []string{"/s", "/s/locks", "/s/leases"}},
		{"leader latch", held(latch), releasing(latch), lines("", 2), deleteOldest(""), nil},
		{"election", held(lock("Lock", recipe.Kazoo)), func(ctx context.Context, t *testing.T, c *client, path string) error {
			t.Helper()
			ran := 0
			err := must(recipe.NewElection(c, path, recipe.LockOptions{}))(t).Run(ctx, func(ctx context.Context) error {
				ran++
				return ctx.Err()
			})
			if err == nil && ran != 1 {
				err = fmt.Errorf("it ran %d times", ran)
			}
			return err
		}, lines("", 2), deleteOldest(""), nil},
		{"queue", nobody, func(ctx context.Context, t *testing.T, c *client, path string) error {
			t.Helper()
			item, err := newQueue(t, c, path+"/queue").Take(ctx)
			if err == nil && string(item) != "item" {
				err = fmt.Errorf("took %q", item)
			}
			return err
		}, watching(isChildren, 1), func(ctx context.Context, direct *client, path string) error {
			q, err := recipe.NewQueue(direct, path+"/queue", recipe.QueueOptions{})
			if err != nil {
				return err
			}
			return q.Put(ctx, []byte("item"), recipe.DefaultPriority)
		}, []string{"/queue"}},
		{"locking queue", nobody, func(ctx context.Context, t *testing.T, c *client, path string) error {
			t.Helper()
			item, err := newLockingQueue(t, c, path).Get(ctx)
			if err != nil {
				return err
			}
			if string(item.Data) != "item" {
				return fmt.Errorf("got %q", item.Data)
			}
			return item.Consume(ctx)
		}, watching(isChildren, 2), func(ctx context.Context, direct *client, path string) error {
			q, err := recipe.NewLockingQueue(direct, path, recipe.QueueOptions{})
			if err != nil {
				return err
			}
			return q.Put(ctx, []byte("item"), recipe.DefaultPriority)
		}, []string{"/entries", "/taken"}},
		{"barrier", func(ctx context.Context, t *testing.T, c *client, path string) {
			t.Helper()
			ensure(ctx, t, c, path+"/b")
		}, func(ctx context.Context, t *testing.T, c *client, path string) error {
			t.Helper()
			return must(recipe.NewBarrier(c, path+"/b", recipe.BarrierOptions{}))(t).Wait(ctx)
		}, watching(isExists, 1), func(ctx context.Context, direct *client, path string) error {
			return direct.Delete(ctx, path+"/b", zk.AnyVersion)
		}, nil},
		{"data watch", nobody, func(ctx context.Context, t *testing.T, c *client, path string) error {
			t.Helper()
			w := must(recipe.NewDataWatch(c, path+"/d"))(t)
			defer w.Close()
			for {
				if content, err := w.Next(ctx); err != nil || content.Exists {
					return err
				}
			}
		}, watching(isExists, 1), create("/d"), []string{"/d"}},
		{"children watch", nobody, func(ctx context.Context, t *testing.T, c *client, path string) error {
			t.Helper()
			w := must(recipe.NewChildrenWatch(c, path+"/d"))(t)
			defer w.Close()
			for {
				if names, err := w.Next(ctx); err != nil || slices.Equal(names.Children, []string{"child"}) {
					return err
				}
			}
		}, watching(isExists, 1), create("/d/child"), []string{"/d", "/d/child"}},
		{"double barrier", nobody, func(ctx context.Context, t *testing.T, c *client, path string) error {
			t.Helper()
			member, err := newDoubleBarrier(t, c, path, 2, recipe.BarrierOptions{}).Enter(ctx)
			if err != nil {
				return err
			}
			return member.Leave(ctx)
		}, lines("", 1), func(ctx context.Context, direct *client, path string) error {
			b, err := recipe.NewDoubleBarrier(direct, path, 2, recipe.BarrierOptions{})
			if err != nil {
				return err
			}
			member, err := b.Enter(ctx)
			if err != nil {
				return err
			}
			return member.Release(ctx) // it does not wait for the other
		}, nil},
		{"partitioner", func(ctx context.Context, t *testing.T, c *client, path string) {
			t.Helper()
			must(newLock(t, c, path+"/locks/x", "").Acquire(ctx))(t)
		}, func(ctx context.Context, t *testing.T, c *client, path string) error {
			t.Helper()
			s := must(recipe.NewSetPartitioner(c, path, []string{"x"}, recipe.PartitionerOptions{Identifier: "me", Settle: 20 * time.Millisecond}))(t)
			p, err := s.Acquire(ctx)
			for err == nil && len(p.Items) == 0 { // the session ended before the members were looked at
				<-p.Done()
				if err = p.Release(ctx); err == nil {
					p, err = s.Acquire(ctx)
				}
			}
			if err == nil {
				err = p.Release(ctx)
			}
			return errors.Join(err, s.Finish(ctx))
		}, lines("/locks/x", 2), deleteOldest("/locks/x"), []string{"/party", "/locks", "/locks/x"}},
	}
	for kind := range lockKinds {
		for _, notation := range []recipe.Notation{recipe.Kazoo, recipe.Curator} {
			first := kind
			if kind == "ReadLock" {
				first = "WriteLock"
			}
			list = append(list, wait{fmt.Sprint(notation, "'s ", kind), held(lock(first, notation)), releasing(lock(kind, notation)), lines("", 2), deleteOldest(""), nil})
		}
	}
	return list
}

// A client that has ended ends every wait, with the reason and without trying again and again: one
// of a single session that has expired, one that was closed, and one that was closed for a reason
// that looks like the loss of a place.
func TestWaitsEndWithTheClient(t *testing.T) {
	t.Parallel()
	lost := fmt.Errorf("%w: %w: %w", recipe.ErrLost, recipe.ErrDeleted, zk.ErrConnectionLoss)
	for name, tc := range map[string]struct {
		end  func(ctx context.Context, t *testing.T, v *victim)
		want []error
	}{
		"expired": {func(_ context.Context, t *testing.T, v *victim) { t.Helper(); v.expire(t) }, []error{zk.ErrSessionExpired}},
		"closed": {func(ctx context.Context, t *testing.T, v *victim) {
			t.Helper()
			if err := v.Close(ctx); err != nil {
				t.Log(err)
			}
		}, []error{zk.ErrClosed, recipe.ErrDeleted}},
		"closed for a reason": {func(ctx context.Context, t *testing.T, v *victim) {
			t.Helper()
			if err := v.CloseWithError(ctx, lost); err != nil {
				t.Log(err)
			}
		}, []error{lost, recipe.ErrDeleted}},
	} {
		for _, w := range waitings() {
			t.Run(w.name+", "+name, func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				path := folder(t, direct)
				v := newVictim(t, atOnce, func(cfg *zk.Config) { cfg.OneSession = true })
				w.before(ctx, t, direct, path)
				out := background(func() error { return w.do(ctx, t, v.Client, path) })
				until(t, "it to wait", func() bool { return w.waits(t, v, direct, path) })
				tc.end(ctx, t, v)
				if err := <-out; ctx.Err() != nil || !slices.ContainsFunc(tc.want, func(want error) bool { return errors.Is(err, want) }) {
					t.Errorf("answered: %v", err)
				}
			})
		}
	}
}
