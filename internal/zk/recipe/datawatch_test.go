package recipe_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// later calls Next in the background.
func later[T any](ctx context.Context, w interface {
	Next(ctx context.Context) (T, error)
},
) func(t *testing.T) T {
	var state T
	out := background(func() (err error) {
		state, err = w.Next(ctx)
		return err
	})
	return func(t *testing.T) T {
		t.Helper()
		ended(t, out)
		return state
	}
}

func TestDataWatch(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/node"
	py := newPython(t)
	v := newVictim(t)
	w := must(recipe.NewDataWatch(v.Client, path))(t)
	defer w.Close()
	if got := must(w.Next(ctx))(t); got.Exists {
		t.Errorf("of no node: %+v", got)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := w.Next(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a change: %v", err)
	}
	next := later(ctx, w)
	py.do(t, "client.create('%s', b'one', makepath=True)", path)
	if got := next(t); !got.Exists || string(got.Data) != "one" {
		t.Errorf("created: %+v", got)
	}
	// What happens while there is no connection, and what happens between sessions.
	reopen := v.gate.close()
	v.proxy.CutAll()
	next = later(ctx, w)
	py.do(t, "client.set('%s', b'two')", path)
	reopen()
	if got := next(t); string(got.Data) != "two" || got.Stat.Version != 1 {
		t.Errorf("changed while away: %+v", got)
	}
	v.expire(t)
	py.do(t, "client.set('%s', b'two')", path)
	if got := must(w.Next(ctx))(t); got.Stat.Version != 2 {
		t.Errorf("in the next session: %+v", got)
	}
	next = later(ctx, w)
	py.do(t, "client.delete('%s')", path)
	if got := next(t); got.Exists {
		t.Errorf("deleted: %+v", got)
	}
	out := background(func() error {
		_, err := w.Next(ctx)
		return err
	})
	w.Close()
	if err := <-out; !errors.Is(err, zk.ErrWatchEnded) {
		t.Errorf("closed: %v", err)
	}
	if _, err := w.Next(ctx); !errors.Is(err, zk.ErrWatchEnded) {
		t.Errorf("once closed: %v", err)
	}
}

func TestChildrenWatch(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/node"
	py := newPython(t)
	v := newVictim(t)
	w := must(recipe.NewChildrenWatch(v.Client, path))(t)
	defer w.Close()
	if got := must(w.Next(ctx))(t); got.Exists {
		t.Errorf("of no node: %+v", got)
	}
	for i, tc := range []struct {
		do   string
		want []string
	}{
		{"create('%s/b', makepath=True)", []string{"b"}},
		{"create('%s/a')", []string{"a", "b"}},
		{"delete('%s/b')", []string{"a"}},
	} {
		next := later(ctx, w)
		py.do(t, "client."+tc.do, path)
		got := next(t)
		for len(got.Children) < len(tc.want) { // the node comes before its child
			got = must(w.Next(ctx))(t)
		}
		if !slices.Equal(got.Children, tc.want) || !got.Exists {
			t.Errorf("%s: %+v", tc.do, got)
		}
		if i == 1 {
			v.expire(t)
		}
	}
	// Settled are those that do not change for a while.
	settled := must(w.Settle(ctx, 20*time.Millisecond))(t)
	if !slices.Equal(settled.Children, []string{"a"}) {
		t.Errorf("settled: %+v", settled)
	}
	next := later(ctx, w)
	py.do(t, "client.create('%s/c')", path)
	if got := next(t); !slices.Equal(got.Children, []string{"a", "c"}) {
		t.Errorf("later: %+v", got)
	}
	if err := v.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Next(ctx); !errors.Is(err, zk.ErrClosed) {
		t.Errorf("the client is closed: %v", err)
	}
}
