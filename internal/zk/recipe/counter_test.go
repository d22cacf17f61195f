package recipe_test

import (
	"fmt"
	"math"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

func newCounter(t *testing.T, c *zk.Client, path string, o recipe.CounterOptions) *recipe.Counter[int64] {
	t.Helper()
	return must(recipe.NewCounter(c, path, o))(t)
}

// holds compares a node's data.
func holds(t *testing.T, c *zk.Client, path, want string) {
	t.Helper()
	data, _, err := c.Get(testContext(t), path)
	if err != nil || string(data) != want {
		t.Errorf("%s holds %q, %v, want %q", path, data, err, want)
	}
}

func added(t *testing.T, c *recipe.Counter[int64], delta, before, after int64) {
	t.Helper()
	b, a, err := c.Add(testContext(t), delta)
	if err != nil || b != before || a != after {
		t.Errorf("adding %d: from %d to %d, %v; want from %d to %d", delta, b, a, err, before, after)
	}
}

func value[N int64 | float64](t *testing.T, c *recipe.Counter[N], want N) {
	t.Helper()
	if got, err := c.Value(testContext(t)); err != nil || got != want {
		t.Errorf("the value is %v, %v, want %v", got, err, want)
	}
}

func TestCounter(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for form, want := range map[recipe.Form][3]string{
		recipe.Text:  {"", "-1", "9"},
		recipe.Int32: {"\x00\x00\x00\x07", "\xff\xff\xff\xff", "\x00\x00\x00\x09"},
		recipe.Int64: {"\x00\x00\x00\x00\x00\x00\x00\x07", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x00\x00\x00\x00\x00\x00\x00\x09"},
	} {
		path := fmt.Sprintf("%s/deep/%d", base, form)
		n := newCounter(t, c, path, recipe.CounterOptions{Form: form, Default: 7})
		value(t, n, 7)
		if _, there, err := c.Exists(ctx, path); there || err != nil {
			t.Errorf("reading has made it: %v", err)
		}
		if ok, err := n.CompareAndSet(ctx, 8, 9); ok || err != nil {
			t.Errorf("set from another value: %v", err)
		}
		holds(t, c, path, want[0])
		added(t, n, -8, 7, -1)
		holds(t, c, path, want[1])
		if ok, err := n.CompareAndSet(ctx, -1, 9); !ok || err != nil {
			t.Errorf("not set: %v", err)
		}
		holds(t, c, path, want[2])
		if before, err := n.Set(ctx, math.MaxInt32); err != nil || before != 9 {
			t.Errorf("set from %d, %v", before, err)
		}
		_, _, err := n.Add(ctx, math.MaxInt64-5)
		if err == nil {
			t.Errorf("form %d takes a number that is too large", form)
		}
		value(t, n, math.MaxInt32)
		if names := children(t, c, path); len(names) != 0 {
			t.Errorf("left: %v", names)
		}
		if _, err := c.Set(ctx, path, []byte("no number"), zk.AnyVersion); err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.Add(ctx, 1); err == nil {
			t.Errorf("form %d reads what is no number", form)
		}
	}
	if _, err := recipe.NewCounter(c, base, recipe.CounterOptions{Form: recipe.Int32, Default: 1 << 40}); err == nil {
		t.Error("a default that does not fit is taken")
	}
}

// kazoo counts on where we have counted, and the other way about.
func TestKazooCounter(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	py := newPython(t)
	for name, kind := range map[string]struct {
		options string
		form    recipe.Form
	}{"text": {"", recipe.Text}, "bytes": {", support_curator=True", recipe.Int32}} {
		for _, first := range []string{"ours", "theirs"} {
			path := base + "/" + name + first
			ours := newCounter(t, c, path, recipe.CounterOptions{Form: kind.form})
			py.Do(t, "n = client.Counter('%s'%s)", path, kind.options)
			if first == "theirs" {
				evaluates(t, py, 0, "n.value")
				value(t, ours, 0)
				py.Do(t, "n += -2")
			} else {
				added(t, ours, -2, 0, -2)
			}
			added(t, ours, 5, -2, 3)
			py.Do(t, "n += 4")
			evaluates(t, py, []int{3, 7}, "[n.pre_value, n.post_value]")
			value(t, ours, 7)

			// Both at once: none is missing.
			const rounds = 25
			counting := py.Begin(t, "for i in range(%d): n += 1", rounds)
			for range rounds {
				if _, _, err := ours.Add(ctx, 1); err != nil {
					t.Fatal(err)
				}
			}
			counting.Value(t)
			value(t, ours, 7+2*rounds)
			evaluates(t, py, 7+2*rounds, "n.value")
		}
	}
}

func TestKazooFloatCounter(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/counter"
	py := newPython(t)
	ours := must(recipe.NewFloatCounter(c, path, 1, nil))(t)
	py.Do(t, "n = client.Counter('%s', default=1.0)", path)
	value(t, ours, 1)
	py.Do(t, "n += 0.75")
	value(t, ours, 1.75)
	for _, f := range []float64{0, -0.5, 3, 1e15, 1e16, 123456789012345680, 1e-4, 1.5e-5, -1e300, 0.1, math.Pi, math.Inf(1), math.Inf(-1), math.NaN()} {
		if _, err := ours.Set(ctx, f); err != nil {
			t.Fatal(err)
		}
		data, _, err := c.Get(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		evaluates(t, py, string(data), "repr(n.value)")
	}
}
