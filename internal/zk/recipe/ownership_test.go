package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// holdings are all that a node of this client's may stand for.
var holdings = map[string]func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error){
	"lock": func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
		t.Helper()
		return newLock(t, c, path, "").Acquire(ctx)
	},
	"semaphore": func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
		t.Helper()
		return newSemaphore(t, c, path+"/s", 1, "").Acquire(ctx)
	},
	"party": func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
		t.Helper()
		return must(recipe.NewParty(c, path, recipe.PartyOptions{}))(t).Join(ctx)
	},
	"group": func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
		t.Helper()
		return must(recipe.NewGroupMember(c, path, recipe.PartyOptions{Identifier: "me"}))(t).Join(ctx)
	},
	"double barrier": func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
		t.Helper()
		entered, err := newDoubleBarrier(t, c, path, 1, recipe.BarrierOptions{}).Enter(ctx)
		if err != nil {
			return nil, err
		}
		return entered.Held, nil
	},
	"item": func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
		t.Helper()
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
}

// What is lost because its watch has ended, and not because its node is gone, is taken away by the
// release all the same.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	why := errors.New("the server has no watches left")
	for name, get := range holdings {
		t.Run(name, func(t *testing.T) {
			path := folder(t, c)
			held := must(get(ctx, t, c, path))(t)
			recipe.EndWatch(held, why)
			lost(t, held, path, why)
			if _, err := c.Multi(ctx, held.Fence()); !errors.Is(err, zk.ErrNoNode) {
				t.Errorf("the fence of what is lost: %v", err)
			}
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

// A node that somebody deletes and makes again, while whoever holds it has no connection, is another: the holder
// is told, and its release leaves what it finds. That is so if the other one goes with the holder's own session.
func TestHeldReplaced(t *testing.T) {
	t.Parallel()
	for name, get := range holdings {
		for _, same := range []bool{false, true} {
			for _, releases := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, same session=%t, is being released=%t", name, same, releases), func(t *testing.T) {
					t.Parallel()
					ctx, direct := testContext(t), connect(t, server.Addr())
					path := folder(t, direct)
					v := newVictim(t, atOnce)
					held := must(get(ctx, t, v.Client, path))(t)
					id, password := v.Session()
					reopen := v.gate.close()
					defer reopen()
					v.proxy.CutAll()
					until(t, "the loss of the connection", func() bool { return v.State() != zk.StateConnected })
					stranger := direct
					if same {
						stranger = connect(t, v.addr, func(cfg *zk.Config) { cfg.SessionID, cfg.SessionPassword, cfg.OneSession = id, password, true })
					}
					if _, err := stranger.Multi(ctx, zk.DeleteOp(held.Path(), zk.AnyVersion), zk.CreateOp(held.Path(), nil, zk.CreateOptions{Mode: zk.Ephemeral})); err != nil {
						t.Fatal(err)
					}
					out := make(chan error, 1)
					if releases {
						go func() { out <- held.Release(ctx) }()
						<-held.Done() // the release is under way
						reopen()
					} else {
						reopen()
						lost(t, held, path, recipe.ErrDeleted)
						out <- held.Release(ctx)
					}
					if err := <-out; !isLoss(err, []error{recipe.ErrDeleted}) {
						t.Errorf("released: %v", err)
					}
					if _, there, err := direct.Exists(ctx, held.Path()); err != nil || !there {
						t.Errorf("the stranger's node is there: %t, %v", there, err)
					}
				})
			}
		}
	}
}

// A contender that gives up, and whose node somebody has deleted and made again, leaves what it finds.
func TestGivesUpReplaced(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(t *testing.T, c *zk.Client, path string) acquirer{
		"semaphore": func(t *testing.T, c *zk.Client, path string) acquirer {
			t.Helper()
			return newSemaphore(t, c, path+"/s", 1, "")
		},
	}
	eachLock(func(kind string, lock, _ func(*testing.T, *zk.Client, string, string) *recipe.Lock) {
		kinds[kind] = func(t *testing.T, c *zk.Client, path string) acquirer {
			t.Helper()
			return lock(t, c, path, "")
		}
	})
	for kind, of := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			line := path
			var held *recipe.Held
			switch {
			case kind == "semaphore":
				held, line = must(of(t, direct, path).Acquire(ctx))(t), turns(path+"/s")
			case strings.HasPrefix(kind, recipe.Curator.String()):
				held = must(must(recipe.NewWriteLock(direct, path, inCurator("")))(t).Acquire(ctx))(t)
				if strings.HasSuffix(kind, " Lock") {
					release(t, held)
					held = must(of(t, direct, path).Acquire(ctx))(t)
				}
			default:
				held = must(newLock(t, direct, path, "").Acquire(ctx))(t)
			}
			before := children(t, direct, line)
			v := newVictim(t, atOnce)
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			out := acquire(short, of(t, v.Client, path))
			untilChildren(t, direct, line, len(before)+1)
			place := slices.DeleteFunc(children(t, direct, line), func(name string) bool { return slices.Contains(before, name) })[0]
			reopen := v.gate.close()
			defer reopen()
			v.proxy.CutAll()
			until(t, "the loss of the connection", func() bool { return v.State() != zk.StateConnected })
			if _, err := direct.Multi(ctx, zk.DeleteOp(line+"/"+place, zk.AnyVersion), zk.CreateOp(line+"/"+place, nil, zk.CreateOptions{Mode: zk.Ephemeral})); err != nil {
				t.Fatal(err)
			}
			cancel()
			reopen()
			if o := <-out; !errors.Is(o.err, context.Canceled) || strings.Contains(o.err.Error(), "may stay") {
				t.Errorf("gave up: %v", o.err)
			}
			if names := children(t, direct, line); !slices.Contains(names, place) {
				t.Errorf("the stranger's node is gone: there are %v", names)
			}
			release(t, held)
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

// What says that all members of a double barrier have come is taken away with the round that it is of: not with one that
// was over before, while the reply to the process that ended it is on its way.
func TestDoubleBarrierLaterRound(t *testing.T) {
	t.Parallel()
	for name, enters := range map[string]bool{"leaves": false, "enters": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			ready := path + "/ready"
			create := func(name string) {
				t.Helper()
				if _, err := direct.Create(ctx, path+name, nil, zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			v := newVictim(t, atOnce)
			barrier := newDoubleBarrier(t, v.Client, path, 1, recipe.BarrierOptions{})
			var member *recipe.Entered
			if enters {
				create("/ready") // of a round whose last member has lost its session
			} else {
				member = must(barrier.Enter(ctx))(t)
			}
			reopen := v.gate.close()
			defer reopen()
			cut := v.proxy.CutAfterRequest(zktest.IsDelete)
			out := background(func() (err error) {
				if enters {
					member, err = barrier.Enter(ctx)
					return err
				}
				return member.Leave(ctx)
			})
			<-cut
			// The next round begins.
			create("/ready")
			create("/another")
			reopen()
			if err := <-out; err != nil {
				t.Fatal(err)
			}
			if _, there, err := direct.Exists(ctx, ready); err != nil || !there {
				t.Errorf("that all have come is said: %t, %v", there, err)
			}
			if enters {
				release(t, member.Held)
			}
			if left := ephemerals(t, direct, path); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// An item whose lock somebody has deleted, and another call of the same client's has taken, before the first call has
// looked at it, is not the first one's: both locks are of one session.
func TestItemRetaken(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	path := folder(t, direct)
	if err := newLockingQueue(t, direct, path).Put(ctx, []byte("item"), recipe.DefaultPriority); err != nil {
		t.Fatal(err)
	}
	if _, err := direct.EnsurePath(ctx, path+"/taken", nil); err != nil {
		t.Fatal(err)
	}
	v := newVictim(t, atOnce)
	id, password := v.Session()
	reopen := v.gate.close()
	defer reopen()
	cut := v.proxy.CutBeforeRequest(zktest.IsExists) // the lock is made, and not looked at
	out := background(func() error {
		_, err := newLockingQueue(t, v.Client, path).TryGet(ctx)
		return err
	})
	<-cut
	lock := path + "/taken/" + children(t, direct, path+"/taken")[0]
	other := connect(t, v.addr, func(cfg *zk.Config) { cfg.SessionID, cfg.SessionPassword, cfg.OneSession = id, password, true })
	if _, err := other.Multi(ctx, zk.DeleteOp(lock, zk.AnyVersion), zk.CreateOp(lock, nil, zk.CreateOptions{Mode: zk.Ephemeral})); err != nil {
		t.Fatal(err)
	}
	reopen()
	if err := <-out; !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("got: %v", err)
	}
	if left := ephemerals(t, direct, path); !slices.Equal(left, []string{lock}) {
		t.Errorf("there are %v, and should be %s", left, lock)
	}
}
