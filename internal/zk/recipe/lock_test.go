package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func newLock(t *testing.T, c *zk.Client, path, identifier string) *recipe.Lock {
	t.Helper()
	return must(recipe.NewLock(c, path, recipe.LockOptions{Identifier: identifier}))(t)
}

// contenders returns the identifiers of those in line.
func contenders(t *testing.T, l *recipe.Lock) []string {
	t.Helper()
	return must(l.Contenders(testContext(t)))(t)
}

// Contenders are served in the order in which they came, each of the same Lock too.
func TestOrder(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/lock"
	if got := contenders(t, newLock(t, c, path, "")); len(got) != 0 {
		t.Errorf("of no lock: %q", got)
	}
	held := must(newLock(t, c, path, "holder").Acquire(ctx))(t)
	const waiting = 6
	want := []string{"holder"}
	var outs []<-chan outcome
	for i := range waiting {
		name := fmt.Sprintf("waiter %d", i)
		outs = append(outs, acquire(ctx, newLock(t, connect(t, server.Addr()), path, name)))
		untilChildren(t, c, path, i+2)
		want = append(want, name)
	}
	for i, out := range outs {
		if got := contenders(t, newLock(t, c, path, "")); !slices.Equal(got, want[i:]) {
			t.Errorf("in line are %q, want %q", got, want[i:])
		}
		waits(t, out)
		release(t, held)
		held = granted(t, out)
	}
	release(t, held)
	untilChildren(t, c, path, 0)
}

// One that is let go wakes the one after it and nobody else.
func TestNoHerd(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/lock"
	first := must(newLock(t, c, path, "").Acquire(ctx))(t)
	second := acquire(ctx, newLock(t, c, path, ""))
	untilChildren(t, c, path, 2)
	proxy := zktest.StartProxy(t, server.Addr())
	third := acquire(ctx, newLock(t, connect(t, proxy.Addr()), path, ""))
	untilChildren(t, c, path, 3)
	// Its own node, and the one ahead.
	until(t, "the third to watch", func() bool { return proxy.Count(zktest.IsExists) == 2 })
	asked := proxy.Count(isRequest)
	release(t, first)
	held := granted(t, second)
	if n := proxy.Count(isRequest); n != asked {
		t.Errorf("a contender that it does not concern made %d requests", n-asked)
	}
	release(t, held)
	release(t, granted(t, third))
}

// The end of the context ends the wait, and leaves no contender behind.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/lock"
	lock := newLock(t, c, path, "")
	held := must(lock.Acquire(ctx))(t)
	own := children(t, c, path)

	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := lock.Acquire(short); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), path) {
		t.Errorf("timeout: %v", err)
	}
	if got := children(t, c, path); !slices.Equal(got, own) {
		t.Errorf("timeout: %v are left", got)
	}

	short, cancel = context.WithCancel(ctx)
	out := acquire(short, lock)
	untilChildren(t, c, path, 2)
	cancel()
	if o := <-out; !errors.Is(o.err, context.Canceled) {
		t.Errorf("cancelled: %v", o.err)
	}
	if got := children(t, c, path); !slices.Equal(got, own) {
		t.Errorf("cancelled: %v are left", got)
	}

	if _, err := lock.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("tried: %v", err)
	}
	if _, err := lock.Acquire(short); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if got := children(t, c, path); !slices.Equal(got, own) {
		t.Errorf("tried: %v are left", got)
	}

	// One that gives up in the middle of the line does not let the one after it pass.
	short, cancel = context.WithCancel(ctx)
	defer cancel()
	middle := acquire(short, lock)
	untilChildren(t, c, path, 2)
	proxy := zktest.StartProxy(t, server.Addr())
	last := acquire(ctx, newLock(t, connect(t, proxy.Addr()), path, ""))
	until(t, "the last to watch", func() bool { return proxy.Count(zktest.IsExists) == 2 })
	cancel()
	<-middle
	until(t, "the last to watch another", func() bool { return proxy.Count(zktest.IsExists) == 3 })
	waits(t, last)
	release(t, held)
	release(t, granted(t, last))
}

// A create whose reply was lost, or that was lost itself, leaves one node.
func TestCreateLost(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{true, false} {
		t.Run(fmt.Sprintf("executed=%t", after), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			v := newVictim(t)
			arm := v.proxy.CutBeforeRequest
			if after {
				arm = v.proxy.CutAfterRequest
			}
			cut := arm(zktest.IsCreate)
			held := must(newLock(t, v.Client, path, "").Acquire(ctx))(t)
			happened(t, cut)
			if names := children(t, direct, path); len(names) != 1 || v.proxy.Count(zktest.IsCreate) != 1 {
				t.Errorf("children %v, of %d creates", names, v.proxy.Count(zktest.IsCreate))
			}
			release(t, held)
		})
	}
}

// A create of which the client says that its outcome is unknown is found by its name.
func TestCreateUnknown(t *testing.T) {
	t.Parallel()
	for _, taken := range []bool{false, true} {
		t.Run(fmt.Sprintf("taken=%t", taken), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			v := newVictim(t)
			// The first create is for the path alone, so that the version is known.
			if _, err := v.ServerInfo(ctx); err != nil {
				t.Fatal(err)
			}
			cut := v.proxy.CutAfterRequest(zktest.IsCreate)
			reopen := v.gate.close()
			defer reopen()
			out := acquire(ctx, newLock(t, v.Client, path, ""))
			<-cut
			names := children(t, direct, path)
			if len(names) != 1 {
				t.Fatalf("children %v", names)
			}
			var err error
			if taken {
				err = direct.Delete(ctx, path+"/"+names[0], 0)
			} else {
				// The client does not take a node that has been changed for its own.
				_, err = direct.Set(ctx, path+"/"+names[0], []byte("changed"), 0)
			}
			if err != nil {
				t.Fatal(err)
			}
			reopen()
			held := granted(t, out)
			got := children(t, direct, path)
			if len(got) != 1 || held.Path() != path+"/"+got[0] || (got[0] == names[0]) == taken {
				t.Errorf("children %v, behind %v; %s is held", got, names, held.Path())
			}
			release(t, held)
		})
	}
}

// The caller goes while the create is under way: nothing is left of it, or the caller is
// told that something may be.
func TestCreateAbandoned(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{true, false} {
		t.Run(fmt.Sprintf("connection=%t", back), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			v := newVictim(t)
			if _, err := v.ServerInfo(ctx); err != nil {
				t.Fatal(err)
			}
			cut := v.proxy.CutAfterRequest(zktest.IsCreate)
			reopen := v.gate.close()
			defer reopen()
			short, cancel := context.WithCancel(ctx)
			out := acquire(short, newLock(t, v.Client, path, ""))
			<-cut
			untilChildren(t, direct, path, 1)
			cancel()
			if back {
				reopen()
			}
			o := <-out
			if !errors.Is(o.err, context.Canceled) || strings.Contains(o.err.Error(), "may stay") == back {
				t.Errorf("answered: %v", o.err)
			}
			if names := children(t, direct, path); (len(names) == 0) != back {
				t.Errorf("left: %v", names)
			}
		})
	}
}

// A contender that gives up while there is no connection is taken away when it is back, and
// one that cannot be taken away is told of.
func TestGivingUpWithoutConnection(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{true, false} {
		t.Run(fmt.Sprintf("connection=%t", back), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/lock"
			held := must(newLock(t, direct, path, "").Acquire(ctx))(t)
			v := newVictim(t)
			short, cancel := context.WithCancel(ctx)
			out := acquire(short, newLock(t, v.Client, path, ""))
			untilChildren(t, direct, path, 2)
			reopen := v.gate.close()
			defer reopen()
			v.proxy.CutAll()
			until(t, "the loss to be noticed", func() bool { return v.State() == zk.StateSuspended })
			cancel()
			if back {
				reopen()
			}
			o := <-out
			if !errors.Is(o.err, context.Canceled) || strings.Contains(o.err.Error(), "may stay") == back {
				t.Errorf("answered: %v", o.err)
			}
			if names := children(t, direct, path); (len(names) == 1) != back {
				t.Errorf("left: %v", names)
			}
			release(t, held)
		})
	}
}

// While it waits, a contender keeps its place whatever becomes of the connection, even if no
// server can be reached for longer than the client's timeout.
func TestWaitingSurvivesConnection(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		name  string
		match func(int32) bool
	}{{"own node", zktest.IsExists}, {"list", isChildren}, {"none", nil}} {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/lock"
			held := must(newLock(t, direct, path, "").Acquire(ctx))(t)
			v := newVictim(t, func(cfg *zk.Config) { cfg.ConnectTimeout = 300 * time.Millisecond })
			var cut <-chan struct{}
			reopen := func() {}
			if at.match != nil {
				cut = v.proxy.CutBeforeRequest(func(op int32) bool {
					if !at.match(op) {
						return false
					}
					reopen = v.gate.close()
					return true
				})
			}
			out := acquire(ctx, newLock(t, v.Client, path, ""))
			untilChildren(t, direct, path, 2)
			if at.match != nil {
				<-cut
			} else {
				until(t, "it to watch", func() bool { return v.proxy.Count(zktest.IsExists) == 2 })
				reopen = v.gate.close()
				v.proxy.CutAll()
			}
			defer reopen()
			place := children(t, direct, path)
			until(t, "the servers to be given up", func() bool {
				_, _, err := v.Exists(ctx, path)
				_, ok := errors.AsType[*zk.ConnectError](err)
				return ok
			})
			waits(t, out)
			release(t, held)
			reopen()
			got := granted(t, out)
			if !slices.Contains(place, got.Path()[len(path)+1:]) {
				t.Errorf("%s is held, in line were %v", got.Path(), place)
			}
			release(t, got)
		})
	}
}

// While no server can be reached, the wait ends with the context and with the client.
func TestWaitingEndsWithoutConnection(t *testing.T) {
	t.Parallel()
	for _, closes := range []bool{false, true} {
		t.Run(fmt.Sprintf("closed=%t", closes), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/lock"
			held := must(newLock(t, direct, path, "").Acquire(ctx))(t)
			v := newVictim(t, func(cfg *zk.Config) { cfg.ConnectTimeout = 300 * time.Millisecond })
			cut := v.proxy.CutBeforeRequest(func(op int32) bool { return isChildren(op) && v.gate.close() != nil })
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			out := acquire(short, newLock(t, v.Client, path, ""))
			<-cut
			until(t, "the servers to be given up", func() bool {
				_, _, err := v.Exists(ctx, path)
				_, ok := errors.AsType[*zk.ConnectError](err)
				return ok
			})
			waits(t, out)
			want := context.Canceled
			if closes {
				want = zk.ErrClosed
				_ = v.Close(ctx) // it says that the session is left
			} else {
				cancel()
			}
			if o := <-out; !errors.Is(o.err, want) {
				t.Errorf("answered: %v", o.err)
			}
			release(t, held)
		})
	}
}

// The caller goes when the node has just been made: it is taken away.
func TestAbandonedOnceMade(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(*zk.Client, string) acquirer{
		"lock":      func(c *zk.Client, path string) acquirer { return newLock(t, c, path, "") },
		"semaphore": func(c *zk.Client, path string) acquirer { return newSemaphore(t, c, path, 1, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct) + "/it"
			if _, err := direct.EnsurePath(ctx, path, nil); err != nil {
				t.Fatal(err)
			}
			v := newVictim(t)
			reopen := func() {}
			made := name == "lock"
			cut := v.proxy.CutBeforeRequest(func(op int32) bool {
				made = made || zktest.IsMulti(op)
				if !made || !zktest.IsExists(op) {
					return false
				}
				reopen = v.gate.close()
				return true
			})
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			out := acquire(short, of(v.Client, path))
			<-cut
			if names := children(t, direct, path); len(names) != 1 {
				t.Errorf("%s: made are %v", name, names)
			}
			cancel()
			reopen()
			if o := <-out; !errors.Is(o.err, context.Canceled) || strings.Contains(o.err.Error(), "may stay") {
				t.Errorf("%s: %v", name, o.err)
			}
			if left := append(children(t, direct, path), children(t, direct, turns(path))...); len(left) != 0 {
				t.Errorf("%s: left %v", name, left)
			}
		})
	}
}

// losses are how a contender may lose its place: its node is gone, or another session's of the same name is there.
var losses = map[string]func(ctx context.Context, t *testing.T, v *victim, direct *zk.Client, place string){
	"deleted": func(ctx context.Context, t *testing.T, _ *victim, direct *zk.Client, place string) {
		if err := direct.Delete(ctx, place, zk.AnyVersion); err != nil {
			t.Fatal(err)
		}
	},
	"expired": func(_ context.Context, t *testing.T, v *victim, _ *zk.Client, _ string) { v.expire(t) },
	"replaced": func(ctx context.Context, t *testing.T, v *victim, direct *zk.Client, place string) {
		reopen := v.gate.close()
		defer reopen()
		v.proxy.CutAll()
		until(t, "the loss to be noticed", func() bool { return v.State() == zk.StateSuspended })
		if _, err := direct.Multi(ctx, zk.DeleteOp(place, zk.AnyVersion), zk.CreateOp(place, []byte("stranger"), zk.CreateOptions{Mode: zk.Ephemeral})); err != nil {
			t.Fatal(err)
		}
	},
}

// eachLock calls f for each kind of lock, with what makes one and what makes one that excludes it.
func eachLock(f func(name string, lock, other func(t *testing.T, c *zk.Client, path, identifier string) *recipe.Lock)) {
	for kind, of := range lockKinds {
		excluding := of
		if kind == "ReadLock" {
			excluding = lockKinds["WriteLock"]
		}
		for _, notation := range []recipe.Notation{recipe.Kazoo, recipe.Curator} {
			making := func(of func(*zk.Client, string, recipe.LockOptions) (*recipe.Lock, error)) func(*testing.T, *zk.Client, string, string) *recipe.Lock {
				return func(t *testing.T, c *zk.Client, path, identifier string) *recipe.Lock {
					t.Helper()
					return must(of(c, path, recipe.LockOptions{Identifier: identifier, Notation: notation}))(t)
				}
			}
			f(fmt.Sprint(notation, "'s ", kind), making(of), making(excluding))
		}
	}
}

// A contender that loses its place begins again, at the end.
func TestWaitingLosesPlace(t *testing.T) {
	t.Parallel()
	eachLock(func(kind string, lock, other func(*testing.T, *zk.Client, string, string) *recipe.Lock) {
		for how, lose := range losses {
			t.Run(kind+", "+how, func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				path := folder(t, direct) + "/lock"
				holder := other(t, direct, path, "holder")
				held := must(holder.Acquire(ctx))(t)
				v := newVictim(t)
				out := acquire(ctx, lock(t, v.Client, path, "victim"))
				untilChildren(t, direct, path, 2)
				places := children(t, direct, path)
				place := path + "/" + places[slices.IndexFunc(places, func(name string) bool { return path+"/"+name != held.Path() })]
				last := acquire(ctx, other(t, direct, path, "last"))
				untilChildren(t, direct, path, 3)
				lose(ctx, t, v, direct, place)
				want := []string{"holder", "last", "victim"}
				if how == "replaced" {
					want = slices.Insert(want, 1, "stranger")
				}
				until(t, "it to stand at the end", func() bool { return slices.Equal(contenders(t, holder), want) })
				if how == "replaced" {
					if err := direct.Delete(ctx, place, zk.AnyVersion); err != nil {
						t.Fatal(err)
					}
				}
				release(t, held)
				held = granted(t, last)
				waits(t, out)
				release(t, held)
				release(t, granted(t, out))
			})
		}
	})
}

// Somebody deletes the lock with all who stand in line: the holder is told, and who waited
// lines up again.
func TestLockDeleted(t *testing.T) {
	t.Parallel()
	eachLock(func(kind string, lock, other func(*testing.T, *zk.Client, string, string) *recipe.Lock) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			ctx, c := testContext(t), connect(t, server.Addr())
			path := folder(t, c) + "/lock"
			held := must(other(t, c, path, "").Acquire(ctx))(t)
			out := acquire(ctx, lock(t, c, path, ""))
			untilChildren(t, c, path, 2)
			if err := c.DeleteTree(ctx, path, zk.AnyVersion); err != nil {
				t.Fatal(err)
			}
			lost(t, held, path, recipe.ErrDeleted)
			release(t, granted(t, out))
		})
	})
}

// The wait ends with the client.
func TestClosedWhileWaiting(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	path := folder(t, direct) + "/lock"
	held := must(newLock(t, direct, path, "").Acquire(ctx))(t)
	c := connect(t, server.Addr())
	out := acquire(ctx, newLock(t, c, path, ""))
	untilChildren(t, direct, path, 2)
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if o := <-out; !errors.Is(o.err, zk.ErrClosed) || errors.Is(o.err, recipe.ErrLost) {
		t.Errorf("answered: %v", o.err)
	}
	release(t, held)
}

// What is a contender, and what comes before what, is told by the end of the name.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c)
	for _, name := range []string{
		"notes", "x__lock__", "x__lock__12", "x__lock__000000000a", "x__lock__00000000001", "x__locks__0000000000",
		"x__lock__9999999999", "x-lock-9999999999", "x__rlock__0000000000", "0000000000",
	} {
		if _, err := c.Create(ctx, path+"/"+name, []byte(name), zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	lock := newLock(t, c, path, "ours")
	release(t, must(lock.TryAcquire(ctx))(t))
	for _, ahead := range []string{"any-thing__lock__0000000001", "__lock__0000000000", "x__lock__-2147483648"} {
		if _, err := c.Create(ctx, path+"/"+ahead, []byte("theirs"), zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
			t.Fatal(err)
		}
		if _, err := lock.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
			t.Errorf("ahead is %s: %v", ahead, err)
		}
		if got := contenders(t, lock); !slices.Equal(got, []string{"theirs", "x__lock__9999999999"}) {
			t.Errorf("with %s in line are %q", ahead, got)
		}
		out := acquire(ctx, lock)
		until(t, "it to stand in line", func() bool { return slices.Contains(contenders(t, lock), "ours") })
		waits(t, out)
		if err := c.Delete(ctx, path+"/"+ahead, 0); err != nil {
			t.Fatal(err)
		}
		release(t, granted(t, out))
	}

	extra := must(recipe.NewLock(c, path, recipe.LockOptions{ExtraMarkers: []string{"-lock-"}}))(t)
	release(t, must(extra.TryAcquire(ctx))(t))
	if _, err := c.Create(ctx, path+"/_c_0-lock-0000000000", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := lock.TryAcquire(ctx); !errors.Is(err, recipe.ErrForeignContender) || !strings.Contains(err.Error(), path+"/_c_0-lock-0000000000") {
		t.Errorf("beside another library's: %v", err)
	}
	if _, err := extra.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("behind another library's: %v", err)
	}
}

// A lock works inside a chroot, and at its very root; its nodes have the ACL given.
func TestChrootAndACL(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	c := connect(t, server.Addr()+base)
	acl := []zk.ACL{{Perms: zk.PermAll &^ zk.PermAdmin, Scheme: zk.SchemeWorld, ID: "anyone"}}
	for _, path := range []string{"/", "/a/b"} {
		lock := must(recipe.NewLock(c, path, recipe.LockOptions{ACL: acl}))(t)
		held := must(lock.Acquire(ctx))(t)
		full := base + held.Path()
		if got, _, err := direct.ACL(ctx, full); err != nil || !slices.Equal(got, acl) {
			t.Errorf("%s: %v, %v", full, got, err)
		}
		if _, err := lock.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
			t.Errorf("%s: %v", path, err)
		}
		release(t, held)
	}
	for _, path := range []string{"/a", "/a/b"} {
		if got, _, err := direct.ACL(ctx, base+path); err != nil || !slices.Equal(got, acl) {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	hidden := must(recipe.NewLock(c, "/hidden", recipe.LockOptions{ACL: []zk.ACL{{Perms: zk.PermAll &^ zk.PermRead, Scheme: zk.SchemeWorld, ID: "anyone"}}}))(t)
	if _, err := hidden.Acquire(ctx); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("a lock that nobody may list: %v", err)
	}
	c = connect(t, server.Addr())
	release(t, must(must(recipe.NewLock(c, base+"/default", recipe.LockOptions{}))(t).Acquire(ctx))(t))
	if got, _, err := c.ACL(ctx, base+"/default"); err != nil || !slices.Equal(got, zk.OpenACL()) {
		t.Errorf("by default: %v, %v", got, err)
	}
}

func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	c := must(zk.New(t.Context(), zk.Config{}))(t)
	for name, err := range map[string]error{
		"path":       second(recipe.NewLock(c, "lock", recipe.LockOptions{})),
		"identifier": second(recipe.NewReadLock(c, "/lock", recipe.LockOptions{Identifier: "\xff"})),
		"marker":     second(recipe.NewWriteLock(c, "/lock", recipe.LockOptions{ExtraMarkers: []string{""}})),
		"slash":      second(recipe.NewLock(c, "/lock", recipe.LockOptions{ExtraMarkers: []string{"a/b"}})),
		"leases":     second(recipe.NewSemaphore(c, "/semaphore", 0, recipe.SemaphoreOptions{})),
		"root":       second(recipe.NewSemaphore(c, "/", 1, recipe.SemaphoreOptions{})),
		"text":       second(recipe.NewSemaphore(c, "/semaphore", 1, recipe.SemaphoreOptions{Identifier: "\xff"})),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// A client that was never started.
	if _, err := must(recipe.NewLock(c, "/lock", recipe.LockOptions{}))(t).Acquire(t.Context()); !errors.Is(err, zk.ErrClosed) {
		t.Errorf("not started: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
