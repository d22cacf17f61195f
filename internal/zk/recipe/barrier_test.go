package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// background runs f, and returns what it will come to.
func background(f func() error) <-chan error {
	out := make(chan error, 1)
	go func() { out <- f() }()
	return out
}

// still fails the test when what runs in the background has ended.
func still(t *testing.T, out <-chan error) {
	t.Helper()
	select {
	case err := <-out:
		t.Fatalf("it does not wait: %v", err)
	default:
	}
}

// ended waits for what runs in the background.
func ended(t *testing.T, out <-chan error) {
	t.Helper()
	if err := <-out; err != nil {
		t.Fatal(err)
	}
}

func TestBarrier(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/barrier"
	b := must(recipe.NewBarrier(c, path, recipe.BarrierOptions{}))(t)
	if err := b.Wait(ctx); err != nil {
		t.Errorf("of no barrier: %v", err)
	}
	if was, err := b.Remove(ctx); was || err != nil {
		t.Errorf("of no barrier: %t, %v", was, err)
	}
	for range 2 {
		if err := b.Create(ctx); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, c, path, "")
	short, cancel := context.WithCancel(ctx)
	v := newVictim(t)
	theirs := must(recipe.NewBarrier(v.Client, path, recipe.BarrierOptions{}))(t)
	out := background(func() error { return theirs.Wait(short) })
	until(t, "it to wait", func() bool { return v.proxy.Count(zktest.IsExists) == 1 })
	cancel()
	if err := <-out; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	out = background(func() error { return theirs.Wait(ctx) })
	until(t, "it to wait again", func() bool { return v.proxy.Count(zktest.IsExists) == 2 })
	if err := v.Sync(ctx, path); err != nil { // the server has the watch by now
		t.Fatal(err)
	}
	// Neither other data nor another session opens it.
	if _, err := c.Set(ctx, path, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	until(t, "it to look", func() bool { return v.proxy.Count(zktest.IsExists) == 3 })
	v.expire(t)
	until(t, "it to look in the next session", func() bool { return v.proxy.Count(zktest.IsExists) >= 4 })
	still(t, out)
	if was, err := b.Remove(ctx); !was || err != nil {
		t.Errorf("removed: %t, %v", was, err)
	}
	ended(t, out)
}

func TestKazooBarrier(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/barrier"
	py := newPython(t)
	py.Do(t, "b = client.Barrier('%s')", path)
	ours := must(recipe.NewBarrier(c, path, recipe.BarrierOptions{}))(t)
	py.Do(t, "b.create()")
	v := newVictim(t)
	out := background(func() error {
		b, err := recipe.NewBarrier(v.Client, path, recipe.BarrierOptions{})
		return errors.Join(err, b.Wait(ctx))
	})
	until(t, "ours to wait", func() bool { return v.proxy.Count(zktest.IsExists) == 1 })
	still(t, out)
	evaluates(t, py, true, "b.remove()")
	ended(t, out)
	if err := ours.Create(ctx); err != nil {
		t.Fatal(err)
	}
	evaluates(t, py, false, "b.wait(0.05)")
	waiting := py.Begin(t, "b.wait()")
	if was, err := ours.Remove(ctx); !was || err != nil {
		t.Errorf("removed: %t, %v", was, err)
	}
	same(t, waiting.Value(t), true)
}

// enter comes to a double barrier in the background.
func enter(ctx context.Context, b *recipe.DoubleBarrier) (come <-chan error, member func() *recipe.Entered) {
	var e *recipe.Entered
	return background(func() (err error) {
		e, err = b.Enter(ctx)
		return err
	}), func() *recipe.Entered { return e }
}

func newDoubleBarrier(t *testing.T, c *zk.Client, path string, members int, o recipe.BarrierOptions) *recipe.DoubleBarrier {
	t.Helper()
	return must(recipe.NewDoubleBarrier(c, path, members, o))(t)
}

func TestDoubleBarrier(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/barrier"
	// One that gives up has not come.
	short, cancel := context.WithCancel(ctx)
	out, _ := enter(short, newDoubleBarrier(t, c, path, 2, recipe.BarrierOptions{}))
	untilChildren(t, c, path, 1)
	cancel()
	if err := <-out; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	untilChildren(t, c, path, 0)
	for round := range 2 {
		const members = 5
		b := newDoubleBarrier(t, c, path, members, recipe.BarrierOptions{Identifier: "me"})
		var come [members]<-chan error
		var entered [members]func() *recipe.Entered
		for i := range members {
			if i > 0 {
				still(t, come[i-1])
			}
			come[i], entered[i] = enter(ctx, b)
			if i < members-1 {
				untilChildren(t, c, path, i+1)
			}
		}
		for i := range members {
			ended(t, come[i])
		}
		holds(t, c, path+"/ready", "")
		holds(t, c, entered[0]().Path(), "me")
		var left [members]<-chan error
		for i := range members {
			if i > 0 {
				still(t, left[i-1])
			}
			left[i] = background(func() error { return entered[i]().Leave(ctx) })
		}
		for i := range members {
			ended(t, left[i])
		}
		if names := children(t, c, path); len(names) != 0 {
			t.Errorf("round %d has left %v", round, names)
		}
	}
}

// The last member says that all have come, and wants to leave, while another one has no
// connection: that one learns of it all the same.
func TestDoubleBarrierMissed(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/barrier"
	v := newVictim(t)
	come, member := enter(ctx, newDoubleBarrier(t, v.Client, path, 2, recipe.BarrierOptions{}))
	until(t, "it to wait", func() bool { return v.proxy.Count(isChildren) == 2 })
	reopen := v.gate.close()
	defer reopen()
	v.proxy.CutAll()
	until(t, "the loss to be noticed", func() bool { return v.State() == zk.StateSuspended })
	other := must(newDoubleBarrier(t, c, path, 2, recipe.BarrierOptions{}).Enter(ctx))(t)
	leaving := background(func() error { return other.Leave(ctx) })
	still(t, leaving)
	still(t, come)
	reopen()
	ended(t, come)
	ended(t, background(func() error { return member().Leave(ctx) }))
	ended(t, leaving)
	untilChildren(t, c, path, 0)
}

// Who comes when the others leave is not waited for.
func TestDoubleBarrierNextRound(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c)
	create := func(name string) {
		if _, err := c.Create(ctx, path+"/"+name, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	create("-the lowest")
	member := must(newDoubleBarrier(t, c, path, 2, recipe.BarrierOptions{}).Enter(ctx))(t)
	leaving := background(func() error { return member.Leave(ctx) })
	until(t, "it to go", func() bool { return len(children(t, c, path)) == 2 })
	create("next")
	still(t, leaving)
	if err := c.Delete(ctx, path+"/-the lowest", 0); err != nil {
		t.Fatal(err)
	}
	ended(t, leaving)
}

// A member that has gone, and waits for the others, goes on waiting in the next session when its own ends: whether
// it looks for the others just then, or watches one of them.
func TestDoubleBarrierLeavesInTheNextSession(t *testing.T) {
	t.Parallel()
	for _, looks := range []bool{true, false} {
		t.Run(fmt.Sprintf("looks=%t", looks), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			lowest := path + "/-the lowest"
			if _, err := direct.Create(ctx, lowest, nil, zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			// What has lost its connection is tried again at once, and not after the session's end.
			v := newVictim(t, atOnce, func(cfg *zk.Config) { cfg.Retry.Delay = time.Nanosecond })
			member := must(newDoubleBarrier(t, v.Client, path, 2, recipe.BarrierOptions{}).Enter(ctx))(t)
			watched := v.proxy.Count(zktest.IsExists)
			var seen atomic.Int32
			held, letGo := v.proxy.HoldReplies(func(op int32) bool { return isChildren(op) && seen.Add(1) == 2 })
			defer letGo()
			leaving := background(func() error { return member.Leave(ctx) })
			until(t, "it to watch the lowest", func() bool { return v.proxy.Count(zktest.IsExists) > watched })
			if looks {
				if err := v.Sync(ctx, path); err != nil { // the server has the watch by now
					t.Fatal(err)
				}
				if _, err := direct.Set(ctx, lowest, []byte("changed"), 0); err != nil {
					t.Fatal(err)
				}
				<-held
			}
			v.expire(t)
			letGo()
			until(t, "it to watch the lowest in the next session", func() bool {
				still(t, leaving)
				return v.proxy.Count(zktest.IsExists) > watched+1
			})
			if err := direct.Delete(ctx, lowest, zk.AnyVersion); err != nil {
				t.Fatal(err)
			}
			ended(t, leaving)
			untilChildren(t, direct, path, 0)
		})
	}
}

func TestKazooDoubleBarrier(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	py := newPython(t)
	for _, last := range []string{"ours", "theirs"} {
		path := base + "/" + last
		py.Do(t, "a, b = [client.DoubleBarrier('%s', 3, 'théirs') for i in range(2)]", path)
		ours := newDoubleBarrier(t, c, path, 3, recipe.BarrierOptions{Identifier: "ours"})
		first := py.Begin(t, "a.enter()")
		untilChildren(t, c, path, 1)
		var come <-chan error
		var member func() *recipe.Entered
		var second zktest.Answer
		if last == "ours" {
			second = py.Begin(t, "b.enter()")
			untilChildren(t, c, path, 2)
			first.Pending(t)
			come, member = enter(ctx, ours)
		} else {
			come, member = enter(ctx, ours)
			untilChildren(t, c, path, 2)
			still(t, come)
			second = py.Begin(t, "b.enter()")
		}
		ended(t, come)
		first.Value(t)
		second.Value(t)
		if last == "ours" {
			first = py.Begin(t, "a.leave()")
			first.Pending(t)
			second = py.Begin(t, "b.leave()")
			second.Pending(t)
			come = background(func() error { return member().Leave(ctx) })
		} else {
			come = background(func() error { return member().Leave(ctx) })
			first = py.Begin(t, "a.leave()")
			first.Pending(t)
			still(t, come)
			second = py.Begin(t, "b.leave()")
		}
		ended(t, come)
		first.Value(t)
		second.Value(t)
		untilChildren(t, c, path, 0)
	}
	// What is left by members that are no more holds up nobody, and lets nobody pass.
	path := base + "/left"
	if _, err := c.Create(ctx, path+"/ready", nil, zk.CreateOptions{MakeParents: true}); err != nil {
		t.Fatal(err)
	}
	come, member := enter(ctx, newDoubleBarrier(t, c, path, 2, recipe.BarrierOptions{}))
	until(t, "the first to come", func() bool {
		names := children(t, c, path)
		return len(names) == 1 && names[0] != "ready"
	})
	still(t, come)
	second := must(newDoubleBarrier(t, c, path, 2, recipe.BarrierOptions{}).Enter(ctx))(t)
	ended(t, come)
	leaving := background(func() error { return member().Leave(ctx) })
	if err := second.Leave(ctx); err != nil {
		t.Error(err)
	}
	ended(t, leaving)
	if _, err := recipe.NewDoubleBarrier(c, base, 0, recipe.BarrierOptions{}); err == nil {
		t.Error("a barrier of no members is taken")
	}
}

// What is lost with a session, a deleted node or a closed client is told.
func TestMembershipLost(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held{
		"party": func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
			return must(must(recipe.NewParty(c, path, recipe.PartyOptions{}))(t).Join(ctx))(t)
		},
		"shallow party": func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
			return must(must(recipe.NewShallowParty(c, path, recipe.PartyOptions{}))(t).Join(ctx))(t)
		},
		"group": func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
			return must(must(recipe.NewGroupMember(c, path, recipe.PartyOptions{Identifier: "me"}))(t).Join(ctx))(t)
		},
		"double barrier": func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
			return must(newDoubleBarrier(t, c, path, 1, recipe.BarrierOptions{}).Enter(ctx))(t).Held
		},
		"election": func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
			return must(must(recipe.NewElection(c, path, recipe.LockOptions{}))(t).Lead(ctx))(t)
		},
		"latch": func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
			return must(must(recipe.NewLeaderLatch(c, path, recipe.LockOptions{}))(t).Lead(ctx))(t)
		},
		"item": func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
			q := newLockingQueue(t, c, path)
			if err := q.Put(ctx, nil, 1); err != nil {
				t.Fatal(err)
			}
			return must(q.Get(ctx))(t).Held
		},
	}
	for _, notation := range []recipe.Notation{recipe.Kazoo, recipe.Curator} {
		for kind, of := range lockKinds {
			kinds[fmt.Sprint(notation, "'s ", kind)] = func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
				return must(must(of(c, path, recipe.LockOptions{Notation: notation}))(t).Acquire(ctx))(t)
			}
		}
		kinds[fmt.Sprint(notation, "'s semaphore")] = func(ctx context.Context, t *testing.T, c *zk.Client, path string) *recipe.Held {
			return must(must(recipe.NewSemaphore(c, path, 2, recipe.SemaphoreOptions{Notation: notation}))(t).Acquire(ctx))(t)
		}
	}
	for name, join := range kinds {
		for _, reason := range []error{zk.ErrSessionExpired, recipe.ErrDeleted, zk.ErrClosed} {
			t.Run(fmt.Sprintf("%s, %v", name, reason), func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				path := folder(t, direct) + "/it"
				v := newVictim(t)
				held := join(ctx, t, v.Client, path)
				if err := held.Err(); err != nil {
					t.Fatal(err)
				}
				switch {
				case errors.Is(reason, zk.ErrSessionExpired):
					v.expire(t)
				case errors.Is(reason, recipe.ErrDeleted):
					if err := direct.Delete(ctx, held.Path(), zk.AnyVersion); err != nil {
						t.Fatal(err)
					}
				default:
					if err := v.Close(ctx); err != nil {
						t.Fatal(err)
					}
				}
				<-held.Done()
				if err := held.Err(); !errors.Is(err, recipe.ErrLost) || !errors.Is(err, reason) && !errors.Is(err, recipe.ErrDeleted) {
					t.Errorf("told of: %v", err)
				}
				if err := held.Release(ctx); !errors.Is(err, recipe.ErrLost) {
					t.Errorf("released: %v", err)
				}
				if _, there, err := direct.Exists(ctx, held.Path()); there || err != nil {
					t.Errorf("left: %s, %v", held.Path(), err)
				}
			})
		}
	}
}

// A membership lasts as long as the session, however long there is no connection.
func TestMembershipSurvivesConnection(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	path := folder(t, direct) + "/party"
	v := newVictim(t)
	held := must(must(recipe.NewParty(v.Client, path, recipe.PartyOptions{}))(t).Join(ctx))(t)
	reopen := v.gate.close()
	defer reopen()
	v.proxy.CutAll()
	until(t, "the loss to be noticed", func() bool { return v.State() == zk.StateSuspended })
	if err := held.Err(); err != nil {
		t.Error(err)
	}
	reopen()
	release(t, held)
	untilChildren(t, direct, path, 0)
}
