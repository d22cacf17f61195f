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
			// From here on the client counts anew.
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
