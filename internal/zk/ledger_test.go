package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// workers is how many nodes are created at the same time, as a CLI does.
const workers = 10

// createMany creates so many nodes, and returns what came of each.
func createMany(ctx context.Context, many int, create func(ctx context.Context, i int) (zk.Created, error)) ([]zk.Created, []error) {
	made, errs := make([]zk.Created, many), make([]error, many)
	next := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range next {
				made[i], errs[i] = create(ctx, i)
			}
		})
	}
	for i := range many {
		next <- i
	}
	close(next)
	all.Wait()
	return made, errs
}

// What siblings of the same client do while replies are lost puts none of them in doubt.
func TestLostAmongSiblings(t *testing.T) {
	t.Parallel()
	const many, rounds = 60, 6
	for name, o := range map[string]zk.CreateOptions{
		"nodes":            {},
		"sequential nodes": {Mode: zk.PersistentSequential},
		"with parents":     {MakeParents: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for round := range rounds {
				ctx, direct := testContext(t), connect(t, server.Addr())
				base := folder(t, direct)
				proxy := zktest.StartProxy(t, server.Addr())
				c := connect(t, proxy.Addr(), steady)
				// At some of the requests, and at different ones each time.
				n := 0
				spread := func(op int32) bool {
					if !zktest.IsCreate(op) {
						return false
					}
					n++
					return n%7 == round
				}
				var cuts []<-chan struct{}
				for range 3 {
					cuts = append(cuts, proxy.CutAfterRequest(spread), proxy.CutBeforeRequest(spread))
				}
				made, errs := createMany(ctx, many, func(ctx context.Context, i int) (zk.Created, error) {
					path := fmt.Sprintf("%s/n-%d-", base, i)
					switch {
					case o.Mode == zk.PersistentSequential:
						path = base + "/n-"
					case o.MakeParents:
						path = fmt.Sprintf("%s/p%d/n-%d-", base, i%5, i)
					}
					return c.Create(ctx, path, []byte("alike"), o)
				})
				for _, cut := range cuts {
					happened(t, cut)
				}
				for i, err := range errs {
					if err != nil {
						t.Errorf("round %d: node %d: %v", round, i, err)
					}
				}
				var paths []string
				for _, m := range made {
					paths = append(paths, m.Path)
					if data, stat, err := direct.Get(ctx, m.Path); err != nil || string(data) != "alike" || stat.Version != 0 {
						t.Errorf("round %d: %s holds %q, version %d, %v", round, m.Path, data, stat.Version, err)
					}
				}
				slices.Sort(paths)
				if one := slices.Compact(paths); len(one) != many {
					t.Errorf("round %d: %d nodes for %d creates", round, len(one), many)
				}
				if o.Mode == zk.PersistentSequential {
					if names, _, err := direct.Children(ctx, base); err != nil || len(names) != many {
						t.Errorf("round %d: %d nodes are there, %v", round, len(names), err)
					}
				}
			}
		})
	}
}

// Nor does a server that is killed in the middle.
func TestLostWithServer(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	own := zktest.StartServer(t)
	c := connect(t, own.Addr(), func(cfg *zk.Config) { cfg.ConnectTimeout, cfg.SessionTimeout = patience, patience })
	base := folder(t, c)
	const many, at = 300, 120
	killed := make(chan error, 1)
	_, errs := createMany(ctx, many, func(ctx context.Context, i int) (zk.Created, error) {
		if i == at {
			go func() {
				err := own.Kill()
				if err == nil {
					err = own.Restart(context.WithoutCancel(ctx))
				}
				killed <- err
			}()
		}
		return c.Create(ctx, fmt.Sprintf("%s/%d", base, i), nil, zk.CreateOptions{})
	})
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	for i, err := range errs {
		if err != nil {
			t.Errorf("node %d: %v", i, err)
		}
	}
	if names, _, err := c.Children(ctx, base); err != nil || len(names) != many {
		t.Errorf("%d nodes, %v", len(names), err)
	}
}

// What others do to the children at that moment leaves it open what became of a write, whatever the
// client itself has done.
func TestLostAmongStrangers(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(ctx context.Context, other *zk.Client, node string) error{
		"the node is deleted": func(ctx context.Context, other *zk.Client, node string) error {
			return other.Delete(ctx, node, zk.AnyVersion)
		},
		"another one comes, and the node goes": func(ctx context.Context, other *zk.Client, node string) error {
			_, err := other.Create(ctx, node+"-other", nil, zk.CreateOptions{})
			return errors.Join(err, other.Delete(ctx, node, zk.AnyVersion))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, other := testContext(t), connect(t, server.Addr())
			base := folder(t, other)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), steady)
			for i := range 5 {
				if _, err := c.Create(ctx, fmt.Sprintf("%s/%d", base, i), nil, zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			cut := proxy.CutAfterRequest(func(op int32) bool {
				if zktest.IsCreate(op) {
					proxy.Refuse(true)
				}
				return zktest.IsCreate(op)
			})
			node := base + "/lost"
			result := make(chan error, 1)
			go func() {
				_, err := c.Create(ctx, node, nil, zk.CreateOptions{})
				result <- err
			}()
			<-cut
			if err := act(ctx, other, node); err != nil {
				t.Fatal(err)
			}
			proxy.Refuse(false)
			if err := <-result; !errors.Is(err, zk.ErrOutcomeUnknown) {
				t.Errorf("%v", err)
			}
			if _, there, err := other.Exists(ctx, node); there || err != nil {
				t.Errorf("it is there: %t, %v", there, err)
			}
			// From here on the client counts from 0.
			for range 2 {
				proxy.CutBeforeRequest(zktest.IsCreate)
			}
			_, errs := createMany(ctx, 20, func(ctx context.Context, i int) (zk.Created, error) {
				return c.Create(ctx, fmt.Sprintf("%s/again-%d", base, i), nil, zk.CreateOptions{})
			})
			if err := errors.Join(errs...); err != nil {
				t.Error(err)
			}
		})
	}
}

// lostMeanwhile makes a call of c, which goes through the proxy, and drops the reply to the first request of
// the call that matches. It has something done while c has no connection, and returns what came of the call.
func lostMeanwhile(t *testing.T, c *zk.Client, proxy *zktest.Proxy, match func(int32) bool, call, meanwhile func() error) error {
	t.Helper()
	cut := proxy.CutAfterRequest(func(op int32) bool {
		if match(op) {
			proxy.Refuse(true)
		}
		return match(op)
	})
	result := make(chan error, 1)
	go func() { result <- call() }()
	<-cut
	until(t, "the loss of the connection", func() bool { return c.State() == zk.StateSuspended })
	if err := meanwhile(); err != nil {
		t.Error(err)
	}
	proxy.Refuse(false)
	return <-result
}

// A deletion of somebody else's leaves a create in doubt, whatever of the client's own the servers have
// refused, and whatever they had done before the client began to count.
func TestLostBesideOwnDeletions(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string){
		"refused in a transaction": func(ctx context.Context, t *testing.T, c *zk.Client, _ *zktest.Proxy, base string) {
			t.Helper()
			if _, err := c.Create(ctx, base+"/first", nil, zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Multi(ctx, zk.DeleteOp(base+"/there", 0), zk.CheckOp(base, 1)); !errors.Is(err, zk.ErrBadVersion) {
				t.Fatal(err)
			}
		},
		"done before the first create": func(ctx context.Context, t *testing.T, c *zk.Client, proxy *zktest.Proxy, base string) {
			t.Helper()
			var first *zk.Pending[zk.Created]
			err := lostMeanwhile(t, c, proxy, zktest.IsDelete, func() error { return c.Delete(ctx, base+"/there", 0) }, func() error {
				first = c.Async().Create(ctx, base+"/first", nil, zk.CreateOptions{})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := first.Wait(ctx); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, other := testContext(t), connect(t, server.Addr())
			base := folder(t, other)
			if _, err := other.Create(ctx, base+"/there", nil, zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), steady)
			before(ctx, t, c, proxy, base)
			node := base + "/lost"
			err := lostMeanwhile(t, c, proxy, zktest.IsCreate, func() error {
				_, err := c.Create(ctx, node, nil, zk.CreateOptions{})
				return err
			}, func() error { return other.Delete(ctx, node, zk.AnyVersion) })
			if !errors.Is(err, zk.ErrOutcomeUnknown) {
				t.Errorf("%v", err)
			}
			if _, there, err := other.Exists(ctx, node); there || err != nil {
				t.Errorf("it is there: %t, %v", there, err)
			}
		})
	}
}

// What the client itself deletes while the reply to its write is lost is no sign that there was no write.
func TestLostAndDeletedByItself(t *testing.T) {
	t.Parallel()
	creates := func(name string, o zk.CreateOptions) func(context.Context, *zk.Client, string) error {
		return func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base+name, []byte("mine"), o)
			return err
		}
	}
	for _, tc := range []struct {
		name    string
		match   func(int32) bool
		do      func(ctx context.Context, c *zk.Client, base string) error
		deletes []string
	}{
		{"create", zktest.IsCreate, creates("/folder/node", zk.CreateOptions{}), []string{"/folder/node"}},
		{"create with its parent", zktest.IsCreate, creates("/folder/node", zk.CreateOptions{MakeParents: true}), []string{"/folder/there", "/folder/node", "/folder"}},
		{"sequential create", zktest.IsCreate, creates("/folder/n-", zk.CreateOptions{Mode: zk.PersistentSequential}), []string{"/folder/n-0000000002"}},
		{"set", zktest.IsSet, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Set(ctx, base+"/folder/there", []byte("mine"), 0)
			return err
		}, []string{"/folder/there"}},
		{"transaction", zktest.IsMulti, func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Multi(ctx, zk.CreateOp(base+"/folder/node", nil, zk.CreateOptions{}))
			return err
		}, []string{"/folder/node"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := folder(t, direct)
			for _, path := range []string{"/folder", "/folder/there"} {
				if _, err := direct.Create(ctx, base+path, nil, zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), steady)
			// It has begun to count.
			for _, path := range []string{"/other", "/folder/other"} {
				if _, err := c.Create(ctx, base+path, nil, zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
				if err := c.Delete(ctx, base+path, 0); err != nil {
					t.Fatal(err)
				}
			}
			var deleted []*zk.Pending[struct{}]
			err := lostMeanwhile(t, c, proxy, tc.match, func() error { return tc.do(ctx, c, base) }, func() error {
				for _, path := range tc.deletes {
					deleted = append(deleted, c.Async().Delete(ctx, base+path, zk.AnyVersion))
				}
				return nil
			})
			for i, p := range deleted {
				if _, err := p.Wait(ctx); err != nil {
					t.Fatalf("the deletion of %s: %v", tc.deletes[i], err)
				}
			}
			if !errors.Is(err, zk.ErrOutcomeUnknown) {
				t.Errorf("%v", err)
			}
			for _, path := range tc.deletes {
				if _, there, err := direct.Exists(ctx, base+path); there || err != nil {
					t.Errorf("%s is there: %t, %v", path, there, err)
				}
			}
			if names, _, err := direct.Children(ctx, base+"/folder"); err == nil && len(names) > 1 {
				t.Errorf("%v are there", names)
			}
		})
	}
}

// Of two sequential creates that are alike, each gets one of the two nodes, however often somebody has waited
// in vain for one of them.
func TestLostAmongItsLike(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), steady)
	if _, err := c.Create(ctx, base+"/other", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	_, release := proxy.HoldReplies(zktest.IsCreate)
	var alike []*zk.Pending[zk.Created]
	for range 2 {
		alike = append(alike, c.Async().Create(ctx, base+"/n-", nil, zk.CreateOptions{Mode: zk.PersistentSequential}))
	}
	until(t, "two nodes", func() bool {
		names, _, err := direct.Children(ctx, base)
		return err == nil && len(names) == 3
	})
	proxy.CutAll()
	release()
	for _, p := range alike {
		<-p.Done()
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	for range 2 {
		if _, err := alike[0].Wait(gone); !errors.Is(err, zk.ErrOutcomeUnknown) {
			t.Fatal(err)
		}
	}
	made := make(map[string]bool)
	for _, p := range alike {
		node, err := p.Wait(ctx)
		if err != nil {
			t.Error(err)
		}
		made[node.Path] = true
	}
	if len(made) != 2 {
		t.Errorf("%v", made)
	}
}
