package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

func newPartitioner(t *testing.T, c *zk.Client, path, identifier string, items ...string) *recipe.SetPartitioner {
	t.Helper()
	return must(recipe.NewSetPartitioner(c, path, items, recipe.PartitionerOptions{Identifier: identifier, Settle: 100 * time.Millisecond}))(t)
}

// part acquires a part in the background.
func part(ctx context.Context, s *recipe.SetPartitioner) func(t *testing.T, want ...string) *recipe.Partition {
	var p *recipe.Partition
	out := background(func() (err error) {
		p, err = s.Acquire(ctx)
		return err
	})
	return func(t *testing.T, want ...string) *recipe.Partition {
		t.Helper()
		ended(t, out)
		if !slices.Equal(p.Items, want) {
			t.Errorf("the part is %q, want %q", p.Items, want)
		}
		return p
	}
}

func TestSetPartitioner(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/set"
	v := newVictim(t)
	a, b := newPartitioner(t, c, path, "a", "x", "y", "z"), newPartitioner(t, v.Client, path, "b", "z", "y", "x")
	first := part(ctx, a)(t, "x", "y", "z")
	second := part(ctx, b)
	<-first.Done()
	if err := first.Err(); !errors.Is(err, recipe.ErrRepartition) {
		t.Errorf("done for %v", err)
	}
	again := part(ctx, a)
	// What has not been released is not shared out.
	if err := first.Release(ctx); err != nil {
		t.Error(err)
	}
	mine := again(t, "x", "z")
	theirs := second(t, "y")
	locks := func() (all []string) {
		for _, item := range []string{"x", "y", "z"} {
			for range children(t, c, path+"/locks/"+item) {
				all = append(all, item)
			}
		}
		return all
	}
	if got := locks(); !slices.Equal(got, []string{"x", "y", "z"}) {
		t.Errorf("locked are %v", got)
	}
	// A lost session is told, of the part and to the others.
	v.expire(t)
	<-theirs.Done()
	if err := theirs.Err(); !errors.Is(err, recipe.ErrLost) {
		t.Errorf("done for %v", err)
	}
	<-mine.Done()
	if err := errors.Join(mine.Release(ctx), theirs.Release(ctx)); err != nil {
		t.Error(err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := b.Acquire(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("before it has settled: %v", err)
	}
	if err := errors.Join(a.Finish(ctx), b.Finish(ctx), b.Finish(ctx)); err != nil {
		t.Error(err)
	}
	if left := append(locks(), children(t, c, path+"/party")...); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestKazooSetPartitioner(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/set"
	py := newPython(t)
	ours := newPartitioner(t, c, path, "ours", "x", "y", "z")
	p := part(ctx, ours)(t, "x", "y", "z")
	py.Do(t, "s = client.SetPartitioner('%s', ('x', 'y', 'z'), identifier='theirs', time_boundary=0.1, max_reaction_time=0.1)", path)
	<-p.Done()
	if err := p.Release(ctx); err != nil {
		t.Error(err)
	}
	p = part(ctx, ours)(t, "x", "z")
	until(t, "theirs", func() bool {
		return fmt.Sprint(py.Do(t, "[s.acquired, list(s)]")) == "[true [y]]"
	})
	// Ours goes: theirs is told, and has all.
	if err := errors.Join(p.Release(ctx), ours.Finish(ctx)); err != nil {
		t.Error(err)
	}
	until(t, "theirs to be told", func() bool { return fmt.Sprint(py.Do(t, "s.release")) == "true" })
	py.Do(t, "s.release_set()")
	until(t, "theirs to have all", func() bool {
		return fmt.Sprint(py.Do(t, "[s.acquired, list(s)]")) == "[true [x y z]]"
	})
	py.Do(t, "s.finish()")
}
