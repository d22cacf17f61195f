package recipe_test

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// census knows who holds, and whether they may all at once.
type census struct {
	mu       sync.Mutex
	now      map[string]int
	most     map[string]int
	admitted func(now map[string]int) bool
}

func (c *census) enter(t *testing.T, kind string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[kind]++
	c.most[kind] = max(c.most[kind], c.now[kind])
	if !c.admitted(c.now) {
		t.Errorf("at once hold: %v", c.now)
	}
}

func (c *census) exit(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[kind]--
}

// Many contend, while their connections are cut before and after requests at random: never
// do more hold than may, everybody has every turn, and nothing is left in the end.
func TestExclusion(t *testing.T) {
	t.Parallel()
	type kind struct {
		name string
		make func(c *zk.Client, path string) (acquirer, error)
	}
	lock := func(f func(*zk.Client, string, recipe.LockOptions) (*recipe.Lock, error)) func(*zk.Client, string) (acquirer, error) {
		return func(c *zk.Client, path string) (acquirer, error) { return f(c, path, recipe.LockOptions{}) }
	}
	semaphore := func(c *zk.Client, path string) (acquirer, error) {
		return recipe.NewSemaphore(c, path, 3, recipe.SemaphoreOptions{})
	}
	for _, tc := range []struct {
		name     string
		kinds    []kind
		admitted func(map[string]int) bool
	}{
		{"lock", []kind{{"lock", lock(recipe.NewLock)}}, func(now map[string]int) bool { return now["lock"] <= 1 }},
		{"read and write lock", []kind{{"reader", lock(recipe.NewReadLock)}, {"reader", lock(recipe.NewReadLock)}, {"writer", lock(recipe.NewWriteLock)}}, func(now map[string]int) bool {
			return now["writer"] == 0 || now["writer"] == 1 && now["reader"] == 0
		}},
		{"semaphore", []kind{{"lease", semaphore}}, func(now map[string]int) bool { return now["lease"] <= 3 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := folder(t, direct)
			path := base + "/it"
			if _, err := direct.Create(ctx, base+"/fenced", []byte("0"), zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			c := &census{now: make(map[string]int), most: make(map[string]int), admitted: tc.admitted}
			const clients, each, rounds = 3, 3, 8
			var work sync.WaitGroup
			var mu sync.Mutex
			cuts := 0
			for i := range clients {
				proxy := zktest.StartProxy(t, server.Addr())
				client := connect(t, proxy.Addr(), atOnce, func(cfg *zk.Config) { cfg.Retry.MaxTries = -1 })
				for j := range each {
					seed := rand.Uint64()
					random := rand.New(rand.NewPCG(seed, 0))
					of := tc.kinds[(i*each+j)%len(tc.kinds)]
					a := must(of.make(client, path))(t)
					work.Go(func() {
						for range rounds {
							arm := proxy.CutAfterRequest
							if random.IntN(2) == 0 {
								arm = proxy.CutBeforeRequest
							}
							cut := arm([]func(int32) bool{zktest.IsCreate, zktest.IsDelete, zktest.IsExists, isChildren, zktest.IsMulti, isRequest}[random.IntN(6)])
							held, err := a.Acquire(ctx)
							if err != nil {
								t.Errorf("seed %d: %v", seed, err)
								return
							}
							c.enter(t, of.name)
							_, err = client.Multi(ctx, held.Fence(), zk.SetOp(base+"/fenced", []byte(strconv.FormatUint(random.Uint64(), 16)), zk.AnyVersion))
							// That somebody else with a lease has written in between keeps the outcome from
							// being told; that the lock was lost does not happen here.
							if err != nil && !errors.Is(err, zk.ErrOutcomeUnknown) {
								t.Errorf("seed %d: the fence: %v", seed, err)
							}
							if err := held.Err(); err != nil {
								t.Errorf("seed %d: %v", seed, err)
							}
							c.exit(of.name)
							if err := held.Release(ctx); err != nil {
								t.Errorf("seed %d: release: %v", seed, err)
							}
							select {
							case <-cut:
								mu.Lock()
								cuts++
								mu.Unlock()
							default:
							}
						}
					})
				}
			}
			work.Wait()
			if cuts == 0 {
				t.Error("no connection was cut: the test showed nothing")
			}
			if left := append(children(t, direct, path), children(t, direct, turns(path))...); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
			for _, of := range tc.kinds {
				if c.most[of.name] == 0 {
					t.Errorf("no %s held", of.name)
				}
			}
			t.Logf("%d cuts, at most held at once: %v", cuts, c.most)
		})
	}
}

// Readers share, writers exclude, and a reader does not pass a writer that came first.
func TestReadersAndWriters(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/lock"
	read := must(recipe.NewReadLock(c, path, recipe.LockOptions{Identifier: "reader"}))(t)
	write := must(recipe.NewWriteLock(c, path, recipe.LockOptions{Identifier: "writer"}))(t)
	first := must(read.Acquire(ctx))(t)
	second := must(read.TryAcquire(ctx))(t)
	if _, err := write.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("a writer among readers: %v", err)
	}
	writer := acquire(ctx, write)
	untilChildren(t, c, path, 3)
	if _, err := read.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("a reader behind a writer: %v", err)
	}
	third, fourth := acquire(ctx, read), acquire(ctx, read)
	untilChildren(t, c, path, 5)
	release(t, second)
	waits(t, writer)
	release(t, first)
	held := granted(t, writer)
	waits(t, third)
	waits(t, fourth)
	release(t, held)
	// Both at once.
	a, b := granted(t, third), granted(t, fourth)
	if err := errors.Join(a.Err(), b.Err()); err != nil {
		t.Error(err)
	}
	release(t, a)
	release(t, b)
}
