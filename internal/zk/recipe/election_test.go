package recipe_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"terraform-provider-zookeeper/internal/zk/recipe"
)

func TestElection(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/election"
	e := must(recipe.NewElection(c, path, recipe.LockOptions{Identifier: "a"}))(t)
	if id, ok, err := e.Leader(ctx); ok || err != nil {
		t.Errorf("without anybody %q leads, %v", id, err)
	}
	why := errors.New("why")
	err := e.Run(ctx, func(leading context.Context) error {
		if id, ok, err := e.Leader(leading); id != "a" || !ok || err != nil {
			t.Errorf("%q leads, %v", id, err)
		}
		if _, err := e.TryLead(leading); !errors.Is(err, recipe.ErrLocked) {
			t.Errorf("another one leads: %v", err)
		}
		return why
	})
	if !errors.Is(err, why) || len(children(t, c, path)) != 0 {
		t.Errorf("ran: %v", err)
	}
	// The loss of the leadership ends what the leader does.
	err = e.Run(ctx, func(leading context.Context) error {
		if err := c.DeleteTree(ctx, path, -1); err != nil {
			t.Error(err)
		}
		<-leading.Done()
		return context.Cause(leading)
	})
	if !errors.Is(err, recipe.ErrLost) || !errors.Is(err, recipe.ErrDeleted) {
		t.Errorf("lost: %v", err)
	}
}

func TestKazooElection(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/election"
	py := newPython(t)
	ours := must(recipe.NewElection(c, path, recipe.LockOptions{Identifier: "oürs"}))(t)
	py.Do(t, "e, end = client.Election('%s', 'théirs'), threading.Event()", path)
	theirs := py.Begin(t, "e.run(end.wait)")
	until(t, "theirs to lead", func() bool {
		id, ok, err := ours.Leader(ctx)
		return err == nil && ok && id == "théirs"
	})
	out := make(chan outcome, 1)
	go func() {
		held, err := ours.Lead(ctx)
		out <- outcome{held, err}
	}()
	untilChildren(t, c, path, 2)
	if got := must(ours.Contenders(ctx))(t); !slices.Equal(got, []string{"théirs", "oürs"}) {
		t.Errorf("in line are %q", got)
	}
	evaluates(t, py, []string{"théirs", "oürs"}, "e.contenders()")
	waits(t, out)
	py.Do(t, "end.set()")
	theirs.Value(t)
	held := granted(t, out)
	theirs = py.Begin(t, "e.run(lambda: None)")
	untilChildren(t, c, path, 2)
	theirs.Pending(t)
	release(t, held)
	theirs.Value(t)
	untilChildren(t, c, path, 0)
}
