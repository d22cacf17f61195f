package recipe_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// obtained asks for a lease.
func obtained(t *testing.T, l *recipe.NonBlockingLease, want bool) {
	t.Helper()
	if ok, err := l.Obtain(testContext(t)); err != nil || ok != want {
		t.Errorf("obtained: %t, %v, want %t", ok, err, want)
	}
}

func TestKazooLease(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/lease"
	py := newPython(t)
	now := time.Date(2026, 11, 30, 10, 34, 45, 999, time.UTC)
	clock := func() time.Time { return now }
	lease := func(identifier string) *recipe.NonBlockingLease {
		return must(recipe.NewNonBlockingLease(c, path, time.Hour, recipe.LeaseOptions{Identifier: identifier, Now: clock}))(t)
	}
	py.Do(t, "now = datetime.datetime(2026, 11, 30, 10, 34, 45, 1)")
	theirs := func(identifier string) string {
		return fmt.Sprintf("bool(client.NonBlockingLease('%s', datetime.timedelta(hours=1), '%s', utcnow=lambda: now))", path, identifier)
	}
	const odd = `me "\\ é 😀 <&>`
	obtained(t, lease("me \"\\ é 😀 <&>\x7f\t"), true)
	first, _, err := c.Get(ctx, path+"/lease_holder")
	if err != nil {
		t.Fatal(err)
	}
	evaluates(t, py, false, "%s", theirs("theirs"))
	// The same holder renews the same bytes.
	evaluates(t, py, true, "%s", theirs(odd+`\x7f\t`))
	holds(t, c, path+"/lease_holder", string(first))
	obtained(t, lease("other"), false)
	now = now.Add(time.Hour)
	obtained(t, lease("other"), true)
	holds(t, c, path+"/lease_holder", `{"version": 1, "holder": "other", "end": "2026-11-30T12:34:45"}`)
	evaluates(t, py, false, "%s", theirs("theirs"))
	py.Do(t, "now += datetime.timedelta(hours=3)")
	evaluates(t, py, true, "%s", theirs("theirs"))
	obtained(t, lease("other"), false)
	obtained(t, lease("theirs"), true)
	if names := children(t, c, path); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
	// What a newer kazoo has written is left alone, and what is no lease is an error.
	for _, text := range []string{`{"version": 2}`, `no`, `{"version": 1, "holder": "x", "end": "soon"}`} {
		if _, err := c.Set(ctx, path+"/lease_holder", []byte(text), zk.AnyVersion); err != nil {
			t.Fatal(err)
		}
		if ok, err := lease("theirs").Obtain(ctx); ok || (err == nil) != (text == `{"version": 2}`) {
			t.Errorf("%s: %t, %v", text, ok, err)
		}
	}
}

func TestKazooMultiLease(t *testing.T) {
	t.Parallel()
	c := connect(t, server.Addr())
	path := folder(t, c) + "/leases"
	py := newPython(t)
	lease := func(identifier string) *recipe.NonBlockingLease {
		return must(recipe.NewMultiNonBlockingLease(c, 2, path, time.Hour, recipe.LeaseOptions{Identifier: identifier}))(t)
	}
	theirs := func(identifier string) string {
		return fmt.Sprintf("bool(client.MultiNonBlockingLease(2, '%s', datetime.timedelta(hours=1), '%s'))", path, identifier)
	}
	obtained(t, lease("a"), true)
	evaluates(t, py, true, "%s", theirs("b"))
	obtained(t, lease("c"), false)
	evaluates(t, py, false, "%s", theirs("c"))
	obtained(t, lease("b"), true)
	evaluates(t, py, true, "%s", theirs("a"))
	if names := children(t, c, path); len(names) != 2 || names[0] != "0" || names[1] != "1" {
		t.Errorf("leases %v", names)
	}
}

// Whoever asks for a lease, and loses its place among those who ask, or its turn in the middle of it, asks again; the
// lease is taken once.
func TestLeaseLosesTurn(t *testing.T) {
	t.Parallel()
	for how, lose := range losses {
		for _, waiting := range []bool{true, false} {
			if how == "replaced" && !waiting {
				continue // a fence is of a name, whoever has it
			}
			t.Run(fmt.Sprintf("%s, waiting=%t", how, waiting), func(t *testing.T) {
				t.Parallel()
				ctx, direct := testContext(t), connect(t, server.Addr())
				path := folder(t, direct) + "/leases"
				first := path + "/0"
				v := newVictim(t)
				lease := must(recipe.NewMultiNonBlockingLease(v.Client, 2, path, time.Hour, recipe.LeaseOptions{Identifier: "victim"}))(t)
				var turn *recipe.Held // of somebody who asks as well
				asking := 1
				if waiting {
					turn = must(newLock(t, direct, first, "").Acquire(ctx))(t)
					asking = 2
				}
				held, letGo := v.proxy.HoldReplies(zktest.Is(zktest.OpGetData))
				defer letGo()
				out := background(func() error {
					ok, err := lease.Obtain(ctx)
					if err == nil && !ok {
						err = recipe.ErrLocked
					}
					return err
				})
				untilChildren(t, direct, first, asking)
				if !waiting {
					<-held // it has looked at who has the lease
				}
				names := slices.DeleteFunc(children(t, direct, first), func(name string) bool { return turn != nil && first+"/"+name == turn.Path() })
				lose(ctx, t, v, direct, first+"/"+names[0])
				letGo()
				if how == "replaced" {
					untilChildren(t, direct, first, asking+1)
					if err := direct.Delete(ctx, first+"/"+names[0], zk.AnyVersion); err != nil {
						t.Fatal(err)
					}
				}
				if waiting {
					until(t, "it to line up again", func() bool {
						now := children(t, direct, first)
						return len(now) == 2 && !slices.Contains(now, names[0])
					})
					still(t, out)
					release(t, turn)
				}
				ended(t, out)
				if got := children(t, direct, first); !slices.Equal(got, []string{"lease_holder"}) {
					t.Errorf("there are %v", got)
				}
			})
		}
	}
}
