package recipe_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

var isSync = zktest.Is(zktest.OpSync)

// The caller goes while a contender is being made, by a client that waits on for what it has
// sent: the contender is taken away, whether the client waits for long enough or not.
func TestContenderMadeTooLate(t *testing.T) {
	t.Parallel()
	for name, grace := range map[string]time.Duration{"in time": patience, "too late": 20 * time.Millisecond} {
		for _, kind := range []string{"lock", "semaphore"} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				path := folder(t, direct) + "/it"
				for _, node := range []string{path, turns(path)} {
					if _, err := direct.Create(ctx, node, []byte("1"), zk.CreateOptions{}); err != nil {
						t.Fatal(err)
					}
				}
				proxy := zktest.StartProxy(t, server.Addr())
				c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Grace = grace })
				var contended acquirer = newLock(t, c, path, "")
				match := zktest.IsCreate
				if kind == "semaphore" {
					contended, match = newSemaphore(t, c, path, 1, ""), zktest.IsMulti
				}
				held, letGo := proxy.HoldReplies(match)
				defer letGo()
				short, cancel := context.WithCancel(ctx)
				defer cancel()
				out := acquire(short, contended)
				<-held
				waits(t, out)
				cancel()
				if grace != patience {
					until(t, "what was made to be looked for", func() bool { return proxy.Count(isSync)+proxy.Count(zktest.IsDelete) > 0 })
				}
				letGo()
				o := <-out
				if !errors.Is(o.err, context.Canceled) || strings.Contains(o.err.Error(), "may stay") {
					t.Errorf("answered: %v", o.err)
				}
				if left := append(children(t, direct, path), children(t, direct, turns(path))...); len(left) != 0 {
					t.Errorf("left %v", left)
				}
			})
		}
	}
}

// A release whose caller goes has its own time to find out whether the node is gone: no grace
// keeps it from trying again.
func TestReleaseNeedsNoGrace(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	path := folder(t, direct) + "/lock"
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Grace = time.Hour })
	lock := must(recipe.NewLock(c, path, recipe.LockOptions{}))(t)
	got := must(lock.Acquire(ctx))(t)
	held, letGo := proxy.HoldReplies(zktest.IsDelete)
	defer letGo()
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	released := make(chan error, 1)
	go func() { released <- got.Release(short) }()
	<-held
	cancel()
	until(t, "another try", func() bool { return proxy.Count(isSync) > 0 })
	letGo()
	if err := <-released; err != nil {
		t.Error(err)
	}
	if left := children(t, direct, path); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}
