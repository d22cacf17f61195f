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

func newSemaphore(t *testing.T, c *zk.Client, path string, leases int, identifier string) *recipe.Semaphore {
	t.Helper()
	return must(recipe.NewSemaphore(c, path, leases, recipe.SemaphoreOptions{Identifier: identifier}))(t)
}

// turns is where those line up who ask for a lease of the semaphore.
func turns(path string) string { return path + "-__lock__" }

func TestSemaphore(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/semaphore"
	if got := must(newSemaphore(t, c, path, 2, "").Holders(ctx))(t); len(got) != 0 {
		t.Errorf("of no semaphore: %q", got)
	}
	first := must(newSemaphore(t, c, path, 2, "z").Acquire(ctx))(t)
	second := must(newSemaphore(t, c, path, 2, "a").TryAcquire(ctx))(t)
	if got := must(newSemaphore(t, c, path, 2, "").Holders(ctx))(t); !slices.Equal(got, []string{"z", "a"}) {
		t.Errorf("holders %q", got)
	}
	third := newSemaphore(t, c, path, 2, "third")
	if _, err := third.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("a third of two: %v", err)
	}
	if names := children(t, c, turns(path)); len(names) != 0 {
		t.Errorf("left in line: %v", names)
	}
	short, cancel := context.WithCancel(ctx)
	out := acquire(short, third)
	untilChildren(t, c, turns(path), 1)
	if _, err := third.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("while somebody waits: %v", err)
	}
	cancel()
	if o := <-out; !errors.Is(o.err, context.Canceled) {
		t.Errorf("cancelled: %v", o.err)
	}
	if names := children(t, c, turns(path)); len(names) != 0 || len(children(t, c, path)) != 2 {
		t.Errorf("left in line: %v", names)
	}
	out = acquire(ctx, third)
	untilChildren(t, c, turns(path), 1)
	waits(t, out)
	release(t, first)
	held := granted(t, out)
	if err := c.Delete(ctx, second.Path(), 0); err != nil {
		t.Fatal(err)
	}
	lost(t, second, path, recipe.ErrDeleted)
	release(t, held)
	if names := children(t, c, path); len(names) != 0 || len(children(t, c, turns(path))) != 0 {
		t.Errorf("left: %v", names)
	}
}

func TestSemaphoreData(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/semaphore"
	held := must(newSemaphore(t, c, path, 12, "").Acquire(ctx))(t)
	if data, _, err := c.Get(ctx, path); err != nil || string(data) != "12" {
		t.Errorf("the data is %q, %v", data, err)
	}
	_, err := newSemaphore(t, c, path, 2, "").Acquire(ctx)
	if !errors.Is(err, recipe.ErrMaxLeases) || !strings.Contains(err.Error(), "12") {
		t.Errorf("another number: %v", err)
	}
	for _, text := range []string{"", "twelve", " 2\n"} {
		if _, err := c.Set(ctx, path, []byte(text), zk.AnyVersion); err != nil {
			t.Fatal(err)
		}
		release(t, must(newSemaphore(t, c, path, 2, "").Acquire(ctx))(t))
	}
	release(t, held)
}

// Where the reply of the transaction is lost that makes the lease, there is one lease, and
// nobody is left in line.
func TestSemaphoreReplyLost(t *testing.T) {
	t.Parallel()
	for name, match := range map[string]func(int32) bool{"create": zktest.IsCreate, "transaction": zktest.IsMulti} {
		for _, after := range []bool{true, false} {
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/semaphore"
			v := newVictim(t)
			arm := v.proxy.CutBeforeRequest
			if after {
				arm = v.proxy.CutAfterRequest
			}
			cut := arm(match)
			held := must(newSemaphore(t, v.Client, path, 2, "").Acquire(ctx))(t)
			happened(t, cut)
			if leases, waiting := children(t, direct, path), children(t, direct, turns(path)); len(leases) != 1 || len(waiting) != 0 {
				t.Errorf("%s, executed %t: leases %v, in line %v", name, after, leases, waiting)
			}
			release(t, held)
		}
	}
}

// The lease cannot be told for this client's own: it is given back, and another is taken.
func TestSemaphoreUnknown(t *testing.T) {
	t.Parallel()
	for _, abandoned := range []bool{false, true} {
		t.Run(fmt.Sprintf("abandoned=%t", abandoned), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/semaphore"
			v := newVictim(t)
			release(t, must(newSemaphore(t, v.Client, path, 1, "").Acquire(ctx))(t))
			cut := v.proxy.CutAfterRequest(zktest.IsMulti)
			reopen := v.gate.close()
			defer reopen()
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			out := acquire(short, newSemaphore(t, v.Client, path, 1, ""))
			<-cut
			leases := children(t, direct, path)
			if len(leases) != 1 {
				t.Fatalf("leases %v", leases)
			}
			if _, err := direct.Set(ctx, path+"/"+leases[0], []byte("changed"), 0); err != nil {
				t.Fatal(err)
			}
			if abandoned {
				cancel()
			}
			reopen()
			if abandoned {
				if o := <-out; !errors.Is(o.err, context.Canceled) || strings.Contains(o.err.Error(), "may stay") {
					t.Errorf("abandoned: %v", o.err)
				}
			} else {
				held := granted(t, out)
				if got := children(t, direct, path); len(got) != 1 || path+"/"+got[0] != held.Path() {
					t.Errorf("leases %v, %s is held", got, held.Path())
				}
				release(t, held)
			}
			if left := append(children(t, direct, path), children(t, direct, turns(path))...); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// Whoever has the turn, and loses it, lines up again; the lease goes to one who has it.
func TestSemaphoreLosesTurn(t *testing.T) {
	t.Parallel()
	for notation, line := range map[recipe.Notation]string{recipe.Kazoo: "-__lock__", recipe.Curator: "/locks"} {
		for how, lose := range losses {
			t.Run(fmt.Sprintf("%s's, %s", notation, how), func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				path := folder(t, direct) + "/semaphore"
				turns := path + line
				semaphore := func(c *zk.Client) *recipe.Semaphore {
					return must(recipe.NewSemaphore(c, path, 1, recipe.SemaphoreOptions{Notation: notation}))(t)
				}
				held := must(semaphore(direct).Acquire(ctx))(t)
				v := newVictim(t)
				out := acquire(ctx, semaphore(v.Client))
				lists := 2 // the line, and the leases
				if notation == recipe.Curator {
					lists++ // what there is of kazoo's
				}
				until(t, "it to have the turn and wait for a lease", func() bool { return v.proxy.Count(isChildren) == lists })
				place := children(t, direct, turns)
				next := acquire(ctx, semaphore(direct))
				untilChildren(t, direct, turns, 2)
				lose(ctx, t, v, direct, turns+"/"+place[0])
				if how == "replaced" {
					untilChildren(t, direct, turns, 3) // what the stranger has is not taken away
					if err := direct.Delete(ctx, turns+"/"+place[0], zk.AnyVersion); err != nil {
						t.Fatal(err)
					}
				}
				until(t, "it to line up again", func() bool {
					names := children(t, direct, turns)
					return len(names) == 2 && !slices.Contains(names, place[0])
				})
				release(t, held)
				held = granted(t, next)
				waits(t, out)
				release(t, held)
				release(t, granted(t, out))
			})
		}
	}
}

// Waiting for a lease survives whatever becomes of the connection.
func TestSemaphoreSurvivesConnection(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	path := folder(t, direct) + "/semaphore"
	held := must(newSemaphore(t, direct, path, 1, "").Acquire(ctx))(t)
	v := newVictim(t)
	out := acquire(ctx, newSemaphore(t, v.Client, path, 1, ""))
	until(t, "it to wait for a lease", func() bool { return v.proxy.Count(isChildren) == 2 })
	place := children(t, direct, turns(path))
	reopen := v.gate.close()
	defer reopen()
	v.proxy.CutAll()
	until(t, "the loss to be noticed", func() bool { return v.State() == zk.StateSuspended })
	release(t, held)
	if got := children(t, direct, turns(path)); !slices.Equal(got, place) {
		t.Errorf("in line are %v, were %v", got, place)
	}
	reopen()
	release(t, granted(t, out))
}
