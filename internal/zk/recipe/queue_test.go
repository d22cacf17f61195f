package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func newQueue(t *testing.T, c *zk.Client, path string) *recipe.Queue {
	t.Helper()
	return must(recipe.NewQueue(c, path, recipe.QueueOptions{}))(t)
}

func newLockingQueue(t *testing.T, c *zk.Client, path string) *recipe.LockingQueue {
	t.Helper()
	return must(recipe.NewLockingQueue(c, path, recipe.QueueOptions{}))(t)
}

// got takes the first item of a queue, which is there.
func got(t *testing.T, q *recipe.Queue, want string) {
	t.Helper()
	item, ok, err := q.Get(testContext(t))
	if err != nil || !ok || string(item) != want {
		t.Errorf("got %q, %t, %v, want %q", item, ok, err, want)
	}
}

func empty(t *testing.T, q *recipe.Queue) {
	t.Helper()
	if item, ok, err := q.Get(testContext(t)); err != nil || ok {
		t.Errorf("of an empty queue: %q, %v", item, err)
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	q := newQueue(t, c, base+"/deep/queue")
	empty(t, q)
	for i, priority := range []int{100, 999, 0, 100} {
		if err := q.Put(ctx, fmt.Appendf(nil, "%d of %d", i, priority), priority); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"entry-000-0000000002", "entry-100-0000000000", "entry-100-0000000003", "entry-999-0000000001"}
	if names := children(t, c, base+"/deep/queue"); !slices.Equal(names, want) {
		t.Errorf("entries %v", names)
	}
	if n, err := q.Len(ctx); err != nil || n != 4 {
		t.Errorf("%d items, %v", n, err)
	}
	for _, want := range []string{"2 of 0", "0 of 100", "3 of 100", "1 of 999"} {
		got(t, q, want)
	}
	empty(t, q)
	for _, priority := range []int{-1, 1000} {
		if err := q.Put(ctx, nil, priority); err == nil {
			t.Errorf("priority %d is taken", priority)
		}
	}
	if names := children(t, c, base+"/deep"); !slices.Equal(names, []string{"queue"}) {
		t.Errorf("left: %v", names)
	}
	if _, err := recipe.NewQueue(c, "/", recipe.QueueOptions{}); err == nil {
		t.Error("the root is taken for a queue")
	}
}

// Take waits, for the queue too.
func TestQueueTake(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/queue"
	q := newQueue(t, c, path)
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := q.Take(short); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	v := newVictim(t)
	items := make(chan string, 2)
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		for range 2 {
			item, err := newQueue(t, v.Client, path).Take(ctx)
			if err != nil {
				t.Error(err)
			}
			items <- string(item)
		}
	})
	until(t, "it to watch for the queue", func() bool { return v.proxy.Count(zktest.IsExists) == 1 })
	if err := q.Put(ctx, []byte("one"), recipe.DefaultPriority); err != nil {
		t.Fatal(err)
	}
	if item := <-items; item != "one" {
		t.Errorf("got %q", item)
	}
	v.expire(t)
	if err := q.Put(ctx, []byte("two"), recipe.DefaultPriority); err != nil {
		t.Fatal(err)
	}
	if item := <-items; item != "two" {
		t.Errorf("in the next session: got %q", item)
	}
}

func TestKazooQueue(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/queue"
	py := newPython(t)
	py.Do(t, "q = client.Queue('%s')", path)
	q := newQueue(t, c, path)
	if err := q.Put(ctx, []byte("öurs"), recipe.DefaultPriority); err != nil {
		t.Fatal(err)
	}
	py.Do(t, "q.put(b'theirs', priority=7)")
	evaluates(t, py, 2, "len(q)")
	got(t, q, "theirs")
	evaluates(t, py, "öurs", "q.get().decode()")
	py.Do(t, "q.put(b'theirs')")
	if err := q.Put(ctx, []byte("ours"), 7); err != nil {
		t.Fatal(err)
	}
	evaluates(t, py, "ours", "q.get()")
	got(t, q, "theirs")
	evaluates(t, py, nil, "q.get()")

	// Both put and get at once: each item once.
	const each = 30
	putting := py.Begin(t, "for i in range(%d): q.put(b't%%d' %% i)", each)
	for i := range each {
		if err := q.Put(ctx, fmt.Appendf(nil, "o%d", i), recipe.DefaultPriority); err != nil {
			t.Fatal(err)
		}
	}
	putting.Value(t)
	py.Do(t, `
def drain():
    items = []
    while True:
        item = q.get()
        if item is None:
            return items
        items.append(item.decode())
`)
	getting := py.Begin(t, "drain()")
	all := make(map[string]int)
	for range each {
		item, ok, err := q.Get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			all[string(item)]++
		}
	}
	theirs, _ := getting.Value(t).([]any)
	for _, item := range theirs {
		all[fmt.Sprint(item)]++
	}
	for item, n := range all {
		if n != 1 {
			t.Errorf("%s was got %d times", item, n)
		}
	}
	if len(all) != 2*each {
		t.Errorf("%d items were got, of %d", len(all), 2*each)
	}
}

func TestLockingQueue(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/queue"
	q := newLockingQueue(t, c, path)
	if _, err := q.TryGet(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("of no queue: %v", err)
	}
	if err := q.PutAll(ctx, [][]byte{[]byte("a"), []byte("b")}, recipe.DefaultPriority); err != nil {
		t.Fatal(err)
	}
	if err := q.PutAll(ctx, nil, recipe.DefaultPriority); err != nil {
		t.Error(err)
	}
	first := must(q.Get(ctx))(t)
	second := must(q.TryGet(ctx))(t)
	if string(first.Data) != "a" || string(second.Data) != "b" {
		t.Errorf("got %q and %q", first.Data, second.Data)
	}
	if _, err := q.TryGet(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("a third of two: %v", err)
	}
	// What is given back is got again, by one that waits.
	type waited struct {
		item *recipe.Item
		err  error
	}
	out := make(chan waited, 1)
	v := newVictim(t)
	go func() {
		item, err := newLockingQueue(t, v.Client, path).Get(ctx)
		out <- waited{item, err}
	}()
	until(t, "it to watch", func() bool { return v.proxy.Count(isChildren) == 2 })
	release(t, first.Held)
	again := <-out
	if again.err != nil || string(again.item.Data) != "a" {
		t.Fatalf("got %+v", again)
	}
	if err := again.item.Consume(ctx); err != nil {
		t.Error(err)
	}
	if err := second.Consume(ctx); err != nil {
		t.Error(err)
	}
	if err := second.Err(); !errors.Is(err, recipe.ErrReleased) {
		t.Errorf("consumed: %v", err)
	}
	if n, err := q.Len(ctx); err != nil || n != 0 {
		t.Errorf("%d items, %v", n, err)
	}
	if left := append(children(t, c, path+"/taken"), children(t, c, path+"/entries")...); len(left) != 0 {
		t.Errorf("left: %v", left)
	}

	// An item whose lock is lost is not consumed by its former holder.
	if err := q.Put(ctx, []byte("c"), recipe.DefaultPriority); err != nil {
		t.Fatal(err)
	}
	lostItem := must(newLockingQueue(t, v.Client, path).Get(ctx))(t)
	v.expire(t)
	other := must(q.Get(ctx))(t)
	<-lostItem.Done()
	if err := lostItem.Consume(ctx); !errors.Is(err, recipe.ErrLost) {
		t.Errorf("consumed what was lost: %v", err)
	}
	if err := other.Consume(ctx); err != nil || string(other.Data) != "c" {
		t.Errorf("%q: %v", other.Data, err)
	}
}

func TestKazooLockingQueue(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/queue"
	py := newPython(t)
	py.Do(t, "q = client.LockingQueue('%s')", path)
	q := newLockingQueue(t, c, path)
	py.Do(t, "q.put_all([b'a', b'b'])")
	if err := q.PutAll(ctx, [][]byte{[]byte("c"), []byte("d")}, 7); err != nil {
		t.Fatal(err)
	}
	evaluates(t, py, 4, "len(q)")
	want := []string{"entry-007-0000000002", "entry-007-0000000003", "entry-100-0000000000", "entry-100-0000000001"}
	if names := children(t, c, path+"/entries"); !slices.Equal(names, want) {
		t.Errorf("entries %v", names)
	}
	// What theirs has locked ours does not get, and the other way about.
	evaluates(t, py, "c", "q.get()")
	item := must(q.Get(ctx))(t)
	if string(item.Data) != "d" {
		t.Errorf("got %q", item.Data)
	}
	if data, stat, err := c.Get(ctx, item.Path()); err != nil || len(data) != 32 || stat.EphemeralOwner == 0 {
		t.Errorf("the lock holds %q, %v", data, err)
	}
	second := must(q.Get(ctx))(t)
	third := must(q.Get(ctx))(t)
	if _, err := q.TryGet(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("what theirs has locked: %v", err)
	}
	evaluates(t, py, true, "q.release()")
	back := must(q.Get(ctx))(t)
	if string(back.Data) != "c" {
		t.Errorf("given back was %q", back.Data)
	}
	waiting := py.Begin(t, "q.get()")
	release(t, second.Held)
	same(t, waiting.Value(t), "a")
	evaluates(t, py, true, "q.consume()")
	for _, item := range []*recipe.Item{item, third, back} {
		if err := item.Consume(ctx); err != nil {
			t.Error(err)
		}
	}
	evaluates(t, py, 0, "len(q)")
	if left := strings.Join(children(t, c, path+"/taken"), " "); left != "" {
		t.Errorf("left: %s", left)
	}
}

// The names of others' entries are shown as what others wrote.
func TestLockingQueueShowsNames(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	const backwards = "\u202e" // has a terminal write from right to left
	path := folder(t, c)
	if _, err := c.Create(ctx, path+"/entries/"+backwards+"forged", nil, zk.CreateOptions{MakeParents: true}); err != nil {
		t.Fatal(err)
	}
	item := must(newLockingQueue(t, c, path).Get(ctx))(t)
	if err := c.Delete(ctx, item.Path(), zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if err := item.Release(ctx); !errors.Is(err, recipe.ErrDeleted) || strings.Contains(err.Error(), backwards) {
		t.Errorf("released: %q", err)
	}
}
