package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// step is one call of a recipe's, whose connection is to be cut.
type step struct {
	name string
	// before prepares the call with a client that nobody cuts.
	before func(ctx context.Context, t *testing.T, direct *zk.Client, path string)
	// meanwhile is what others do while it waits; nil for nothing. v is its client. The end of ctx is that of
	// the call.
	meanwhile func(ctx context.Context, t *testing.T, v *victim, direct *zk.Client, path string)
	// do makes it, once or with what belongs to it.
	do func(ctx context.Context, t *testing.T, c *zk.Client, path string) error
	// left is what exists afterwards, and how often.
	left func(ctx context.Context, t *testing.T, direct *zk.Client, path string)
}

// call makes it with a client, while others do what they do.
func (s *step) call(ctx context.Context, t *testing.T, v *victim, direct *zk.Client, path string) error {
	t.Helper()
	if s.meanwhile == nil {
		return s.do(ctx, t, v.Client, path)
	}
	during, end := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { s.meanwhile(during, t, v, direct, path) })
	err := s.do(ctx, t, v.Client, path)
	end()
	work.Wait()
	return err
}

// nothing is left of what goes with its holder, beside the folders.
func nothing(folders ...string) func(context.Context, *testing.T, *zk.Client, string) {
	return func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
		t.Helper()
		for _, f := range append(folders, "") {
			for _, name := range children(t, direct, path+f) {
				if !slices.Contains(folders, f+"/"+name) {
					t.Errorf("left: %s%s/%s", path, f, name)
				}
			}
		}
	}
}

// holding makes a step of what is held and released.
func holding(name string, get func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error), folders ...string) step {
	return step{name: name, do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
		held, err := get(ctx, t, c, path)
		if err != nil {
			return err
		}
		if err := held.Err(); err != nil {
			return err
		}
		return held.Release(ctx)
	}, left: nothing(folders...)}
}

// putItems puts items into a queue.
func putItems(of func(t *testing.T, c *zk.Client, path string) interface {
	Put(ctx context.Context, item []byte, priority int) error
},
) func(context.Context, *testing.T, *zk.Client, string) {
	return func(ctx context.Context, t *testing.T, direct *zk.Client, path string) {
		t.Helper()
		for _, item := range []string{"a", "a"} {
			if err := of(t, direct, path).Put(ctx, []byte(item), recipe.DefaultPriority); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func steps() []step {
	type putter = interface {
		Put(ctx context.Context, item []byte, priority int) error
	}
	queue := func(t *testing.T, c *zk.Client, path string) putter { return newQueue(t, c, path+"/queue") }
	locking := func(t *testing.T, c *zk.Client, path string) putter { return newLockingQueue(t, c, path) }
	list := []step{
		holding("semaphore", func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
			return newSemaphore(t, c, path+"/s", 1, "").Acquire(ctx)
		}, "/s", "/s-__lock__"),
		holding("Curator's semaphore", func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
			return must(recipe.NewSemaphore(c, path, 1, recipe.SemaphoreOptions{Notation: recipe.Curator}))(t).Acquire(ctx)
		}, "/locks", "/leases"),
		holding("leader latch", func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
			return must(recipe.NewLeaderLatch(c, path, recipe.LockOptions{}))(t).Lead(ctx)
		}),
		holding("party", func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
			return must(recipe.NewParty(c, path, recipe.PartyOptions{}))(t).Join(ctx)
		}),
		holding("shallow party", func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
			return must(recipe.NewShallowParty(c, path, recipe.PartyOptions{Identifier: "me"}))(t).Join(ctx)
		}),
		holding("group", func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
			return must(recipe.NewGroupMember(c, path, recipe.PartyOptions{Identifier: "me"}))(t).Join(ctx)
		}),
		{
			name: "counter",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				_, after, err := newCounter(t, c, path+"/n", recipe.CounterOptions{}).Add(ctx, 1)
				if err == nil && after != 1 {
					err = fmt.Errorf("the number is %d", after)
				}
				return err
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				holds(t, direct, path+"/n", "1")
				nothing("/n")(t.Context(), t, direct, path)
			},
		},
		{
			name: "set and compare",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				n := newCounter(t, c, path+"/n", recipe.CounterOptions{Form: recipe.Int32})
				if _, err := n.Set(ctx, 7); err != nil {
					return err
				}
				done, err := n.CompareAndSet(ctx, 7, 8)
				if err == nil && !done {
					err = errors.New("the number was another")
				}
				return err
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				holds(t, direct, path+"/n", "\x00\x00\x00\x08")
				nothing("/n")(t.Context(), t, direct, path)
			},
		},
		{
			name: "several leases",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				for _, me := range []string{"a", "b", "a"} {
					lease := must(recipe.NewMultiNonBlockingLease(c, 2, path, time.Hour, recipe.LeaseOptions{Identifier: me}))(t)
					if ok, err := lease.Obtain(ctx); err != nil || !ok {
						return fmt.Errorf("obtained: %t, %w", ok, err)
					}
				}
				return nil
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if a, b := children(t, direct, path+"/0"), children(t, direct, path+"/1"); len(a) != 1 || len(b) != 1 {
					t.Errorf("there are %v and %v", a, b)
				}
			},
		},
		{
			name: "put",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				return queue(t, c, path).Put(ctx, []byte("item"), recipe.DefaultPriority)
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if a, b := children(t, direct, path), children(t, direct, path+"/queue"); len(a) != 1 || len(b) != 1 {
					t.Errorf("there are %v and %v", a, b)
				}
			},
		},
		{
			name:   "get",
			before: putItems(queue),
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				item, ok, err := newQueue(t, c, path+"/queue").Get(ctx)
				if err == nil && (!ok || string(item) != "a") {
					err = fmt.Errorf("got %q", item)
				}
				return err
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if a, b := children(t, direct, path), children(t, direct, path+"/queue"); len(a) != 1 || len(b) != 1 {
					t.Errorf("there are %v and %v", a, b)
				}
			},
		},
		{
			name: "put all",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				return newLockingQueue(t, c, path).PutAll(ctx, [][]byte{[]byte("a"), []byte("a")}, recipe.DefaultPriority)
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if a, b := children(t, direct, path), children(t, direct, path+"/entries"); len(a) != 1 || len(b) != 2 {
					t.Errorf("there are %v and %v", a, b)
				}
			},
		},
		{
			name:   "consume",
			before: putItems(locking),
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				item, err := newLockingQueue(t, c, path).Get(ctx)
				if err != nil {
					return err
				}
				return item.Consume(ctx)
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if a, b := children(t, direct, path+"/taken"), children(t, direct, path+"/entries"); len(a) != 0 || len(b) != 1 {
					t.Errorf("there are %v and %v", a, b)
				}
			},
		},
		{
			name:   "give back",
			before: putItems(locking),
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				item, err := newLockingQueue(t, c, path).Get(ctx)
				if err != nil {
					return err
				}
				return item.Release(ctx)
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if a, b := children(t, direct, path+"/taken"), children(t, direct, path+"/entries"); len(a) != 0 || len(b) != 2 {
					t.Errorf("there are %v and %v", a, b)
				}
			},
		},
		{
			name: "barrier",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				b := must(recipe.NewBarrier(c, path+"/b", recipe.BarrierOptions{}))(t)
				if err := b.Create(ctx); err != nil {
					return err
				}
				was, err := b.Remove(ctx)
				if err == nil && !was {
					err = errors.New("it was not there")
				}
				return errors.Join(err, b.Wait(ctx))
			},
			left: nothing(),
		},
		{
			name: "double barrier",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				member, err := newDoubleBarrier(t, c, path, 1, recipe.BarrierOptions{}).Enter(ctx)
				if err != nil {
					return err
				}
				return member.Leave(ctx)
			},
			left: nothing(),
		},
		{
			name: "lease",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				lease := must(recipe.NewNonBlockingLease(c, path, time.Hour, recipe.LeaseOptions{Identifier: "me"}))(t)
				for range 2 {
					if ok, err := lease.Obtain(ctx); err != nil || !ok {
						return fmt.Errorf("obtained: %t, %w", ok, err)
					}
				}
				return nil
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if names := children(t, direct, path); !slices.Equal(names, []string{"lease_holder"}) {
					t.Errorf("there are %v", names)
				}
			},
		},
		{
			name: "partitioner",
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				s := must(recipe.NewSetPartitioner(c, path, []string{"x"}, recipe.PartitionerOptions{Identifier: "me", Settle: 20 * time.Millisecond}))(t)
				p, err := s.Acquire(ctx)
				if err != nil {
					return errors.Join(err, s.Finish(ctx))
				}
				return errors.Join(p.Release(ctx), s.Finish(ctx))
			},
			left: func(_ context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if left := append(children(t, direct, path+"/party"), children(t, direct, path+"/locks/x")...); len(left) != 0 {
					t.Errorf("left: %v", left)
				}
			},
		},
		{
			name: "services",
			before: func(ctx context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if _, err := direct.Create(ctx, path+"/web/1", []byte(`{"name":"web","id":"1"}`), zk.CreateOptions{MakeParents: true}); err != nil {
					t.Fatal(err)
				}
			},
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				services := must(recipe.NewServiceDiscovery(c, path))(t)
				names, err := services.Services(ctx)
				if err != nil {
					return err
				}
				all, err := services.Instances(ctx, "web")
				if err == nil && (!slices.Equal(names, []string{"web"}) || len(all) != 1 || all[0].ID != "1") {
					err = fmt.Errorf("read %v, %v", names, all)
				}
				return err
			},
			left: func(context.Context, *testing.T, *zk.Client, string) {},
		},
		{
			name: "watches and caches",
			before: func(ctx context.Context, t *testing.T, direct *zk.Client, path string) {
				t.Helper()
				if _, err := direct.Create(ctx, path+"/a/b", []byte("data"), zk.CreateOptions{MakeParents: true}); err != nil {
					t.Fatal(err)
				}
			},
			do: func(ctx context.Context, t *testing.T, c *zk.Client, path string) error {
				data, names, cache := must(recipe.NewDataWatch(c, path+"/a/b"))(t), must(recipe.NewChildrenWatch(c, path+"/a"))(t), must(recipe.NewTreeCache(c, path))(t)
				defer data.Close()
				defer names.Close()
				defer cache.Close()
				content, err := data.Next(ctx)
				list, err2 := names.Next(ctx)
				if err := errors.Join(err, err2, cache.Start(ctx)); err != nil {
					return err
				}
				if string(content.Data) != "data" || len(list.Children) != 1 || string(cache.Get(path+"/a/b").Data) != "data" {
					return fmt.Errorf("read %q, %v, %q", content.Data, list.Children, cache.Get(path+"/a/b").Data)
				}
				return nil
			},
			left: func(context.Context, *testing.T, *zk.Client, string) {},
		},
	}
	for _, w := range waitings() {
		list = append(list, step{name: "waiting, " + w.name, before: w.before, do: w.do, left: nothing(w.left...), meanwhile: func(ctx context.Context, t *testing.T, v *victim, direct *zk.Client, path string) {
			t.Helper()
			for !w.waits(t, v, direct, path) {
				select {
				case <-ctx.Done(): // it has ended without having waited
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
			if err := w.serve(ctx, direct, path); err != nil && ctx.Err() == nil {
				t.Errorf("serving who waits: %v", err)
			}
		}})
	}
	for kind, of := range lockKinds {
		for _, notation := range []recipe.Notation{recipe.Kazoo, recipe.Curator} {
			list = append(list, holding(fmt.Sprint(notation, "'s ", kind), func(ctx context.Context, t *testing.T, c *zk.Client, path string) (*recipe.Held, error) {
				return must(of(c, path, recipe.LockOptions{Notation: notation}))(t).Acquire(ctx)
			}))
		}
	}
	return list
}

// atOnce has a client reconnect without delay, however often it has to.
func atOnce(cfg *zk.Config) { cfg.ConnectRetry.MaxDelay = 10 * time.Millisecond }

// The connection is cut before and after each request of each call, one at a time: the call
// succeeds all the same, what it does is done once, and nothing else is left.
func TestEachRequestCut(t *testing.T) {
	t.Parallel()
	for _, s := range steps() {
		for when, answered := range map[string]bool{"before": false, "after": true} {
			t.Run(s.name+", "+when, func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				v := newVictim(t, atOnce)
				if _, err := v.ServerInfo(ctx); err != nil { // so that it knows the server's version
					t.Fatal(err)
				}
				base := folder(t, direct)
				for n := range 100 {
					path := fmt.Sprintf("%s/%d", base, n)
					if _, err := direct.Create(ctx, path, nil, zk.CreateOptions{}); err != nil {
						t.Fatal(err)
					}
					if s.before != nil {
						s.before(ctx, t, direct, path)
					}
					arm := v.proxy.CutBeforeRequest
					if answered {
						arm = v.proxy.CutAfterRequest
					}
					var seen atomic.Int32
					cut := arm(func(op int32) bool { return isRequest(op) && int(seen.Add(1)) == n+1 })
					if err := s.call(ctx, t, v, direct, path); err != nil {
						t.Fatalf("request %d: %v", n, err)
					}
					s.left(ctx, t, direct, path)
					select {
					case <-cut:
						continue
					default:
					}
					if n == 0 { // a wait that is served early takes one request
						t.Errorf("cut were %d requests", n)
					}
					t.Logf("%d requests", n)
					return
				}
				t.Error("it makes requests without end")
			})
		}
	}
}

// The context ends, or the client is closed, when each request of each call has just been
// executed: nothing is left that goes with its holder but where the error says so, and a call
// that fails has not been made but where the error says that this is not known.
func TestEachRequestAbandoned(t *testing.T) {
	t.Parallel()
	for _, s := range steps() {
		for _, closes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, closed=%t", s.name, closes), func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				base := folder(t, direct)
				for n := range 100 {
					v := newVictim(t)
					path := fmt.Sprintf("%s/%d", base, n)
					if _, err := direct.Create(ctx, path, nil, zk.CreateOptions{}); err != nil {
						t.Fatal(err)
					}
					if s.before != nil {
						s.before(ctx, t, direct, path)
					}
					var seen atomic.Int32
					held, letGo := v.proxy.HoldReplies(func(op int32) bool { return isRequest(op) && int(seen.Add(1)) == n+1 })
					short, cancel := context.WithCancel(ctx)
					out := background(func() error { return s.call(short, t, v, direct, path) })
					var err error
					done := false
					select {
					case <-held:
						if closes {
							closing := background(func() error { return v.Close(ctx) })
							letGo()
							if err := <-closing; err != nil {
								t.Log(err) // the session's end comes without an answer now and then
							}
						} else {
							cancel()
							letGo()
						}
						err = <-out
					case err = <-out:
						done = true
					}
					cancel()
					letGo()
					if done {
						if err != nil {
							t.Errorf("request %d: %v", n, err)
						}
						return
					}
					// What is closed takes all with it that goes with its session; what gives up takes it
					// away, or says that it may stay.
					if owned := others(t, direct, path); len(owned) != 0 && (closes || !strings.Contains(fmt.Sprint(err), "may stay")) {
						t.Errorf("request %d, %v: left are %v", n, err, owned)
					}
					// The servers' word that the session's nodes are gone may come before the client's own end.
					if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, zk.ErrClosed) && (!closes || !errors.Is(err, recipe.ErrDeleted)) {
						t.Errorf("request %d: %v", n, err)
					}
				}
				t.Error("it makes requests without end")
			})
		}
	}
}

// The session ends when each request of each call has just been executed, of a client that repeats
// in the next session what it can, and of one that does not: a call that succeeds all
// the same has been made once, and one that fails says why; nothing is left of the session before.
func TestEachRequestExpired(t *testing.T) {
	t.Parallel()
	for _, s := range steps() {
		for _, repeats := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, repeats=%t", s.name, repeats), func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				v := newVictim(t, atOnce, func(cfg *zk.Config) { cfg.Retry.Expired = repeats })
				base := folder(t, direct)
				for n := range 100 {
					path := fmt.Sprintf("%s/%d", base, n)
					if _, err := direct.Create(ctx, path, nil, zk.CreateOptions{}); err != nil {
						t.Fatal(err)
					}
					if s.before != nil {
						s.before(ctx, t, direct, path)
					}
					var seen atomic.Int32
					held, letGo := v.proxy.HoldReplies(func(op int32) bool { return isRequest(op) && int(seen.Add(1)) == n+1 })
					out := background(func() error { return s.call(ctx, t, v, direct, path) })
					var err error
					done := false
					select {
					case <-held:
						before, _ := v.Session()
						v.expire(t)
						letGo()
						err = <-out
						// What comes next is not to be disturbed by the end of this session.
						until(t, "the next session", func() bool {
							id, _ := v.Session()
							return id != 0 && id != before
						})
					case err = <-out:
						done = true
						letGo()
					}
					switch {
					case err == nil:
						s.left(ctx, t, direct, path)
					case done, !errors.Is(err, zk.ErrSessionExpired) && !errors.Is(err, recipe.ErrLost) && !errors.Is(err, recipe.ErrDeleted):
						t.Errorf("request %d: %v", n, err)
					default:
						if owned := others(t, direct, path); len(owned) != 0 {
							t.Errorf("request %d, %v: left are %v", n, err, owned)
						}
					}
					if done {
						return
					}
				}
				t.Error("it makes requests without end")
			})
		}
	}
}

// others returns the paths of the nodes below a path that go with another session than the client's, which
// may hold what is waited for.
func others(t *testing.T, c *zk.Client, path string) []string {
	t.Helper()
	id, _ := c.Session()
	return slices.DeleteFunc(ephemerals(t, c, path), func(path string) bool {
		stat, _, err := c.Exists(testContext(t), path)
		return err == nil && stat.EphemeralOwner == id
	})
}

// ephemerals returns the paths of the nodes below a path that go with a session.
func ephemerals(t *testing.T, c *zk.Client, path string) (owned []string) {
	t.Helper()
	err := c.WalkStats(testContext(t), path, -1, func(r zk.Reading) error {
		if r.Stat.EphemeralOwner != 0 {
			owned = append(owned, r.Path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return owned
}
