package recipe_test

import (
	"context"
	"errors"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// repeating has a client repeat in the next session what the end of one has kept it from.
func repeating(cfg *zk.Config) { cfg.Retry.Expired = true }

// endSession ends a victim's session, while the victim has no connection and does not know.
func (v *victim) endSession(ctx context.Context, t *testing.T, id int64, password []byte) {
	t.Helper()
	thief := connect(t, v.addr, func(cfg *zk.Config) { cfg.SessionID, cfg.SessionPassword = id, password })
	if err := thief.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// The fence of an item is that of its present holder, and not of an earlier one: the lock has the
// same name.
func TestItemFence(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	path := folder(t, direct)
	fenced := func(item *recipe.Item, name string) error {
		_, err := direct.Multi(ctx, item.Fence(), zk.CreateOp(path+"/"+name, nil, zk.CreateOptions{}))
		return err
	}
	if err := newLockingQueue(t, direct, path+"/q").Put(ctx, []byte("item"), recipe.DefaultPriority); err != nil {
		t.Fatal(err)
	}
	first := connect(t, server.Addr())
	before := must(newLockingQueue(t, first, path+"/q").Get(ctx))(t)
	if err := fenced(before, "a"); err != nil {
		t.Errorf("while it is held: %v", err)
	}
	if err := first.Close(ctx); err != nil {
		t.Fatal(err)
	}
	second := connect(t, server.Addr())
	now := must(newLockingQueue(t, second, path+"/q").Get(ctx))(t)
	if err := fenced(before, "b"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("of who had it before: %v", err)
	}
	if err := fenced(now, "c"); err != nil {
		t.Errorf("of who has it: %v", err)
	}
	// Somebody deletes the lock, and another gets the item.
	if err := direct.Delete(ctx, now.Path(), zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	third := must(newLockingQueue(t, direct, path+"/q").Get(ctx))(t)
	lost(t, now.Held, path, recipe.ErrDeleted)
	until(t, "the fence to fall", func() bool { return errors.Is(fenced(now, "d"), zk.ErrNoNode) })
	for range 2 {
		if err := now.Release(ctx); !isLoss(err, []error{recipe.ErrDeleted}) {
			t.Errorf("released: %v", err)
		}
	}
	if err := third.Consume(ctx); err != nil {
		t.Error(err)
	}
	if left := ephemerals(t, direct, path); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// What is lost because its watch has ended, and not because its node is gone, is taken away by the
// release all the same.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	why := errors.New("the server has no watches left")
	for name, get := range map[string]func(path string) (*recipe.Held, error){
		"lock":      func(path string) (*recipe.Held, error) { return newLock(t, c, path, "").Acquire(ctx) },
		"semaphore": func(path string) (*recipe.Held, error) { return newSemaphore(t, c, path+"/s", 1, "").Acquire(ctx) },
		"party": func(path string) (*recipe.Held, error) {
			return must(recipe.NewParty(c, path, recipe.PartyOptions{}))(t).Join(ctx)
		},
		"double barrier": func(path string) (*recipe.Held, error) {
			entered, err := newDoubleBarrier(t, c, path, 1, recipe.BarrierOptions{}).Enter(ctx)
			if err != nil {
				return nil, err
			}
			return entered.Held, nil
		},
		"item": func(path string) (*recipe.Held, error) {
			q := newLockingQueue(t, c, path)
			if err := q.Put(ctx, nil, recipe.DefaultPriority); err != nil {
				return nil, err
			}
			item, err := q.Get(ctx)
			if err != nil {
				return nil, err
			}
			return item.Held, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := folder(t, c)
			held := must(get(path))(t)
			recipe.EndWatch(held, why)
			lost(t, held, path, why)
			for range 2 {
				if err := held.Release(ctx); !isLoss(err, []error{why}) {
					t.Errorf("released: %v", err)
				}
			}
			if left := ephemerals(t, c, path); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// A member's node that another session has made meanwhile is not taken for this one's: not by who
// joins, whose own is gone with its session, and not by who leaves.
func TestMemberOfAnotherSession(t *testing.T) {
	t.Parallel()
	group := func(t *testing.T, c *zk.Client, path string) *recipe.Party {
		t.Helper()
		return must(recipe.NewGroupMember(c, path, recipe.PartyOptions{Identifier: "me"}))(t)
	}
	for name, policy := range map[string]func(*zk.Config){
		"repeats":     repeating,
		"does not":    func(*zk.Config) {},
		"one session": func(cfg *zk.Config) { cfg.OneSession = true },
	} {
		t.Run("joins, "+name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			v := newVictim(t, atOnce, policy)
			id, password := v.Session()
			reopen := v.gate.close()
			defer reopen()
			cut := v.proxy.CutBeforeRequest(zktest.IsExists) // the node is made, and not looked at
			out := background(func() error {
				held, err := group(t, v.Client, path).Join(ctx)
				if err == nil {
					err = held.Release(ctx)
				}
				return err
			})
			<-cut
			v.endSession(ctx, t, id, password)
			theirs := must(group(t, direct, path).Join(ctx))(t)
			reopen()
			if err := <-out; !errors.Is(err, zk.ErrNodeExists) && !errors.Is(err, zk.ErrSessionExpired) {
				t.Errorf("joined: %v", err)
			}
			if err := direct.Sync(ctx, path); err != nil {
				t.Fatal(err)
			}
			release(t, theirs)
		})
		t.Run("leaves, "+name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			v := newVictim(t, atOnce, policy)
			held := must(group(t, v.Client, path).Join(ctx))(t)
			id, password := v.Session()
			reopen := v.gate.close()
			defer reopen()
			v.proxy.CutAll()
			until(t, "the loss of the connection", func() bool { return v.State() != zk.StateConnected })
			v.endSession(ctx, t, id, password)
			theirs := must(group(t, direct, path).Join(ctx))(t)
			out := background(func() error { return held.Release(ctx) })
			<-held.Done() // the deletion is under way
			reopen()
			if err := <-out; !isLoss(err, []error{zk.ErrSessionExpired, recipe.ErrDeleted}) {
				t.Errorf("left: %v", err)
			}
			release(t, theirs)
		})
	}
	t.Run("leaves, the reply is lost", func(t *testing.T) {
		t.Parallel()
		ctx, direct := testContext(t), connect(t, server.Addr())
		path := folder(t, direct)
		v := newVictim(t, atOnce)
		held := must(group(t, v.Client, path).Join(ctx))(t)
		reopen := v.gate.close()
		defer reopen()
		cut := v.proxy.CutAfterRequest(zktest.IsDelete)
		out := background(func() error { return held.Release(ctx) })
		<-cut
		theirs := must(group(t, direct, path).Join(ctx))(t)
		reopen()
		if err := <-out; err != nil {
			t.Errorf("left: %v", err)
		}
		release(t, theirs)
	})
}

// What others do with a barrier while the reply to what this client has done is on its way stays
// as they have left it.
func TestBarrierUnknown(t *testing.T) {
	t.Parallel()
	for name, opens := range map[string]bool{"create": false, "remove": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/b"
			v := newVictim(t, atOnce)
			ours, theirs := must(recipe.NewBarrier(v.Client, path, recipe.BarrierOptions{}))(t), must(recipe.NewBarrier(direct, path, recipe.BarrierOptions{}))(t)
			op := zktest.IsCreate
			if opens {
				op = zktest.IsDelete
				if err := theirs.Create(ctx); err != nil {
					t.Fatal(err)
				}
				if err := v.Sync(ctx, path); err != nil {
					t.Fatal(err)
				}
			}
			reopen := v.gate.close()
			defer reopen()
			cut := v.proxy.CutAfterRequest(op)
			out := background(func() error {
				if opens {
					_, err := ours.Remove(ctx)
					return err
				}
				return ours.Create(ctx)
			})
			<-cut
			if opens {
				if err := theirs.Create(ctx); err != nil {
					t.Fatal(err)
				}
			} else if was, err := theirs.Remove(ctx); err != nil || !was {
				t.Fatalf("removed: %t, %v", was, err)
			}
			reopen()
			if err := <-out; !errors.Is(err, zk.ErrOutcomeUnknown) {
				t.Errorf("answered: %v", err)
			}
			if _, there, err := direct.Exists(ctx, path); err != nil || there != opens {
				t.Errorf("closed: %t, %v", there, err)
			}
		})
	}
}
