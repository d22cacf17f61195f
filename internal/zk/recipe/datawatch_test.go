package recipe_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
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
	py.Do(t, "client.create('%s', b'one', makepath=True)", path)
	if got := next(t); !got.Exists || string(got.Data) != "one" {
		t.Errorf("created: %+v", got)
	}
	// What happens while there is no connection, and what happens between sessions.
	reopen := v.gate.close()
	v.proxy.CutAll()
	next = later(ctx, w)
	py.Do(t, "client.set('%s', b'two')", path)
	reopen()
	if got := next(t); string(got.Data) != "two" || got.Stat.Version != 1 {
		t.Errorf("changed while away: %+v", got)
	}
	v.expire(t)
	py.Do(t, "client.set('%s', b'two')", path)
	if got := must(w.Next(ctx))(t); got.Stat.Version != 2 {
		t.Errorf("in the next session: %+v", got)
	}
	next = later(ctx, w)
	py.Do(t, "client.delete('%s')", path)
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
		py.Do(t, "client."+tc.do, path)
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
	py.Do(t, "client.create('%s/c')", path)
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

// On servers that are too old for watches that last, a change that is made while the connection is
// away is told all the same, whatever it is: each of them is the only one.
func TestWatchesOnOldServers(t *testing.T) {
	t.Parallel()
	for _, version := range oldVersions(t) {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			addr := zktest.StartServer(t, zktest.WithVersion(version)).Addr()
			ctx, direct := testContext(t), connect(t, addr)
			path := folder(t, direct) + "/node"
			v := newVictimOf(t, addr, atOnce)
			data, names, there := must(recipe.NewDataWatch(v.Client, path))(t), must(recipe.NewChildrenWatch(v.Client, path))(t), must(recipe.NewExistsWatch(v.Client, path))(t)
			defer data.Close()
			defer names.Close()
			defer there.Close()
			if c, err := data.Next(ctx); err != nil || c.Exists {
				t.Fatalf("at first: %+v, %v", c, err)
			}
			if n, err := names.Next(ctx); err != nil || n.Exists {
				t.Fatalf("at first: %+v, %v", n, err)
			}
			if c, err := there.Next(ctx); err != nil || c.Exists {
				t.Fatalf("at first: %+v, %v", c, err)
			}
			create := func(path string) error {
				_, err := direct.Create(ctx, path, []byte("made"), zk.CreateOptions{})
				return err
			}
			for _, tc := range []struct {
				name string
				do   func() error
				// What is told then; nil for nothing.
				data     *string
				children []string
			}{
				{"created", func() error { return create(path) }, new("made"), []string{}},
				{"changed", func() error { _, err := direct.Set(ctx, path, []byte("set"), zk.AnyVersion); return err }, new("set"), nil},
				{"a child comes", func() error { return create(path + "/a") }, nil, []string{"a"}},
				{"another instead", func() error { return errors.Join(direct.Delete(ctx, path+"/a", zk.AnyVersion), create(path+"/b")) }, nil, []string{"b"}},
				{"made again", func() error { return errors.Join(direct.DeleteTree(ctx, path, zk.AnyVersion), create(path)) }, new("made"), []string{}},
				{"deleted", func() error { return direct.Delete(ctx, path, zk.AnyVersion) }, new(""), []string{}},
			} {
				connections := v.proxy.Connections()
				reopen := v.gate.close()
				v.proxy.CutAll()
				until(t, "the loss of the connection", func() bool { return v.State() != zk.StateConnected })
				if err := tc.do(); err != nil {
					t.Fatalf("%s: %v", tc.name, err)
				}
				reopen()
				until(t, "another connection", func() bool { return v.proxy.Connections() > connections && v.State() == zk.StateConnected })
				if tc.data != nil {
					c, err := data.Next(ctx)
					if err != nil || string(c.Data) != *tc.data || c.Exists != (tc.name != "deleted") {
						t.Errorf("%s: data %q, %v", tc.name, c.Data, err)
					}
					if c, err = there.Next(ctx); err != nil || c.Exists != (tc.name != "deleted") {
						t.Errorf("%s: %+v, %v", tc.name, c, err)
					}
				}
				if tc.children != nil {
					n, err := names.Next(ctx)
					if err != nil || !slices.Equal(n.Children, tc.children) || n.Exists != (tc.name != "deleted") {
						t.Errorf("%s: children %q, %v", tc.name, n.Children, err)
					}
				}
			}
		})
	}
}
