package recipe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// randomFaults is how many faults the test of all recipes injects.
const randomFaults = 1000

// turmoil is a run of clients that use every recipe while their connections and sessions are
// taken away at random.
type turmoil struct {
	*testing.T
	base   string
	ctx    context.Context //nolint:containedctx // The run's own.
	on     context.Context //nolint:containedctx // It ends when there have been faults enough.
	faults atomic.Int64
	names  atomic.Int64
	clock  atomic.Int64 // of the leases, in seconds

	mu        sync.Mutex
	histories map[string]*history
	consumed  map[string]int
	put       map[string]bool // what was put into the locking queue; false where that is not known
	together  int             // how often somebody came to the barrier of two
}

func (r *turmoil) history(name string) *history {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.histories[name] == nil {
		r.histories[name] = new(history)
	}
	return r.histories[name]
}

func (r *turmoil) name(prefix string) string { return fmt.Sprintf("%s%d", prefix, r.names.Add(1)) }

// accept fails the test for an error that no fault explains, and reports whether there is one.
func (r *turmoil) accept(what string, err error) bool {
	explained := []error{zk.ErrSessionExpired, recipe.ErrLost, recipe.ErrDeleted, zk.ErrOutcomeUnknown}
	if err != nil && r.on.Err() == nil && !slices.ContainsFunc(explained, func(by error) bool { return errors.Is(err, by) }) {
		r.Errorf("%s: %v", what, err)
	}
	return err != nil
}

// held acquires, and gives back what it has got.
func (r *turmoil) held(name, who string, get func(ctx context.Context) (*recipe.Held, error)) {
	h, call := r.history(name), now()
	held, err := get(r.on)
	if r.accept(name, err) {
		return
	}
	who = r.name(who)
	h.note(hold{"acquires", who}, nil, call, now())
	giving := now()
	switch err := held.Release(r.ctx); {
	case err == nil:
		h.note(hold{"releases", who}, nil, giving, now())
	case errors.Is(err, recipe.ErrLost):
		h.note(hold{"loses", who}, nil, call, now())
	default:
		r.Errorf("%s: %v", name, err)
	}
}

// jobs are what a client does again and again, each by itself.
func (r *turmoil) jobs(c *zk.Client, seed, i uint64) []func() {
	forQueue, forLocking := rand.New(rand.NewPCG(seed, 200+i)), rand.New(rand.NewPCG(seed, 300+i))
	at := func(name string) string { return r.base + "/" + name }
	me := r.name("client")
	var jobs []func()
	contend := func(name, who string, acquire func(context.Context) (*recipe.Held, error)) {
		jobs = append(jobs, func() { r.held(name, who, acquire) })
	}
	for _, notation := range []recipe.Notation{recipe.Kazoo, recipe.Curator} {
		o := recipe.LockOptions{Identifier: me, Notation: notation}
		contend(fmt.Sprint("lock of ", notation), "w", must(recipe.NewLock(c, at(fmt.Sprint("lock", notation)), o))(r.T).Acquire)
		contend(fmt.Sprint("semaphore of ", notation), "w", must(recipe.NewSemaphore(c, at(fmt.Sprint("semaphore", notation)), 2, recipe.SemaphoreOptions{Identifier: me, Notation: notation}))(r.T).Acquire)
		rw := at(fmt.Sprint("rw", notation))
		contend(fmt.Sprint("read and write lock of ", notation), "r", must(recipe.NewReadLock(c, rw, o))(r.T).Acquire)
		contend(fmt.Sprint("read and write lock of ", notation), "w", must(recipe.NewWriteLock(c, rw, o))(r.T).Acquire)
		contend(fmt.Sprint("election of ", notation), "w", must(recipe.NewElection(c, at(fmt.Sprint("election", notation)), o))(r.T).Lead)
	}
	contend("latch", "w", must(recipe.NewLeaderLatch(c, at("latch"), recipe.LockOptions{Identifier: me}))(r.T).Lead)

	for _, form := range []recipe.Form{recipe.Text, recipe.Int32, recipe.Int64} {
		name := fmt.Sprint("counter", form)
		counter := must(recipe.NewCounter(c, at(name), recipe.CounterOptions{Form: form}))(r.T)
		jobs = append(jobs, func() { count(r, name, counter) })
	}
	float := must(recipe.NewFloatCounter(c, at("counterfloat"), 0, nil))(r.T)
	jobs = append(jobs, func() { count(r, "counterfloat", float) })

	queue := must(recipe.NewQueue(c, at("queue"), recipe.QueueOptions{}))(r.T)
	// There are fewer puts than gets: the order of puts in a long queue takes too long to be found out.
	jobs = append(jobs, func() { r.useQueue(queue, forQueue.IntN(3) == 0) }, func() {
		call := now()
		item, err := queue.Take(r.on)
		r.got(string(item), call, err)
	})
	locking := must(recipe.NewLockingQueue(c, at("locking"), recipe.QueueOptions{}))(r.T)
	jobs = append(jobs, func() {
		if what := forLocking.IntN(3); what == 0 {
			r.putItems(locking)
		} else {
			r.useItem(r.ctx, locking.TryGet, what == 1)
		}
	}, func() { r.useItem(r.on, locking.Get, true) })

	alone := must(recipe.NewDoubleBarrier(c, at(r.name("double")), 1, recipe.BarrierOptions{}))(r.T)
	renewed := must(recipe.NewNonBlockingLease(c, at("renewed"), time.Hour, recipe.LeaseOptions{Identifier: "everybody"}))(r.T)
	jobs = append(jobs, r.memberships(c, me, at), func() {
		r.enter(r.ctx, alone)
		if ok, err := renewed.Obtain(r.on); !r.accept("lease", err) && !ok {
			r.Error("a lease that is renewed was not obtained")
		}
	})
	two := must(recipe.NewDoubleBarrier(c, at("together"), 2, recipe.BarrierOptions{Identifier: me}))(r.T)
	jobs = append(jobs, func() {
		if r.enter(r.on, two) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.together++
		}
	})
	barrier := must(recipe.NewBarrier(c, at("barrier"), recipe.BarrierOptions{}))(r.T)
	jobs = append(jobs, func() { r.pass(barrier) })

	single := func(o recipe.LeaseOptions) (*recipe.NonBlockingLease, error) {
		return recipe.NewNonBlockingLease(c, at("lease"), termSeconds*time.Second, o)
	}
	several := func(o recipe.LeaseOptions) (*recipe.NonBlockingLease, error) {
		return recipe.NewMultiNonBlockingLease(c, 2, at("leases"), termSeconds*time.Second, o)
	}
	jobs = append(jobs, r.obtain("lease", me, single), r.obtain("two leases", me, several))

	partitioner := must(recipe.NewSetPartitioner(c, at("set"), []string{"x", "y", "z"}, recipe.PartitionerOptions{Identifier: me, Settle: 20 * time.Millisecond}))(r.T)
	return append(jobs, func() {
		r.share(c, partitioner)
		r.accept("partitioner", partitioner.Finish(r.ctx))
	})
}

// memberships returns what comes to a party after the other, and to a service, and goes again.
func (r *turmoil) memberships(c *zk.Client, me string, at func(string) string) func() {
	o := recipe.PartyOptions{Identifier: me}
	parties := []*recipe.Party{
		must(recipe.NewParty(c, at("party"), o))(r.T), must(recipe.NewShallowParty(c, at("shallow"), o))(r.T), must(recipe.NewGroupMember(c, at("group"), o))(r.T),
	}
	o.Data = fmt.Appendf(nil, `{"name":"web","id":%q,"address":"127.0.0.1","port":80}`, me)
	instance := must(recipe.NewGroupMember(c, at("services/web"), o))(r.T)
	services := must(recipe.NewServiceDiscovery(c, at("services")))(r.T)
	return func() {
		for _, party := range parties {
			r.join(party, func() (paths []string, err error) {
				all, err := party.Members(r.ctx)
				for _, m := range all {
					paths = append(paths, m.Path)
				}
				return paths, err
			})
		}
		r.join(instance, func() (paths []string, err error) {
			all, err := services.Instances(r.ctx, "web")
			for _, i := range all {
				paths = append(paths, i.Path)
			}
			return paths, err
		})
	}
}

// join comes to a party whose members it lists, and goes again.
func (r *turmoil) join(party *recipe.Party, list func() ([]string, error)) {
	held, err := party.Join(r.ctx)
	if r.accept("party", err) {
		return
	}
	all, err := list()
	if !r.accept("party", err) && held.Err() == nil && !slices.Contains(all, held.Path()) {
		// What was lost meanwhile is told with the next answer, at the latest.
		if _, err := list(); err == nil && held.Err() == nil {
			r.Errorf("%s is a member, and not among %v", held.Path(), all)
		}
	}
	r.accept("party", held.Release(r.ctx))
}

// count adds 1 to a counter.
func count[N int64 | float64](r *turmoil, name string, counter *recipe.Counter[N]) {
	h, call := r.history(name), now()
	before, after, err := counter.Add(r.ctx, 1)
	switch {
	case err == nil:
		h.note(int64(1), span{int64(before), int64(after)}, call, now())
	case errors.Is(err, zk.ErrOutcomeUnknown):
		h.note(int64(1), nil, call, never)
	default:
		r.accept(name, err)
	}
}

func (r *turmoil) useQueue(q *recipe.Queue, puts bool) {
	call := now()
	if !puts {
		item, _, err := q.Get(r.ctx)
		r.got(string(item), call, err)
		return
	}
	h, item := r.history("queue"), r.name("item")
	switch err := q.Put(r.ctx, []byte(item), recipe.DefaultPriority); {
	case err == nil:
		h.note(queued(item), nil, call, now())
	case errors.Is(err, zk.ErrOutcomeUnknown):
		h.note(queued(item), nil, call, never)
	default:
		r.accept("queue", err)
	}
}

// got notes what was got of the queue, "" when it was empty.
func (r *turmoil) got(item string, call int64, err error) {
	h := r.history("queue")
	switch {
	case err == nil:
		h.note(queued(""), item, call, now())
	case errors.Is(err, zk.ErrOutcomeUnknown):
		h.note(queued(""), nil, call, never)
	default:
		r.accept("queue", err)
	}
}

// putItems puts two items into the locking queue.
func (r *turmoil) putItems(q *recipe.LockingQueue) {
	item := r.name("item")
	err := q.PutAll(r.ctx, [][]byte{[]byte(item + "a"), []byte(item + "b")}, recipe.DefaultPriority)
	if r.accept("locking queue", err) && !errors.Is(err, zk.ErrOutcomeUnknown) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, item := range []string{item + "a", item + "b"} {
		if _, ok := r.put[item]; !ok { // what somebody has had already, and may have consumed, is noted
			r.put[item] = err == nil
		}
	}
}

// useItem locks an item of the locking queue, and consumes it or gives it back.
func (r *turmoil) useItem(ctx context.Context, get func(context.Context) (*recipe.Item, error), consumes bool) {
	h, call := r.history("items"), now()
	item, err := get(ctx)
	if errors.Is(err, recipe.ErrLocked) || r.accept("locking queue", err) {
		return
	}
	name, who := string(item.Data), r.name("w")
	h.note(holdOf{hold{"acquires", who}, name}, nil, call, now())
	giving, give := now(), item.Release
	if consumes {
		give = item.Consume
	}
	err = give(r.ctx)
	switch {
	case err == nil:
		h.note(holdOf{hold{"releases", who}, name}, nil, giving, now())
	case errors.Is(err, recipe.ErrLost):
		h.note(holdOf{hold{"loses", who}, name}, nil, call, now())
	default:
		r.accept("locking queue", err)
		h.note(holdOf{hold{"loses", who}, name}, nil, call, never)
	}
	if !consumes {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.consumed[name]++
	} else {
		r.put[name] = false // it may be gone, when the session ended just then
	}
}

// enter comes to a double barrier, and leaves it when all have come. It reports whether they have.
func (r *turmoil) enter(ctx context.Context, double *recipe.DoubleBarrier) bool {
	member, err := double.Enter(ctx)
	if r.accept("double barrier", err) {
		return false
	}
	r.accept("double barrier", member.Leave(ctx))
	return true
}

// pass closes a barrier, opens it, and waits until nobody else keeps it closed.
func (r *turmoil) pass(barrier *recipe.Barrier) {
	h, call := r.history("barrier"), now()
	// done notes what was done, where it has been, or may have.
	done := func(what barrierCall, output any, err error) bool {
		if err != nil {
			output = nil
		}
		if err == nil || errors.Is(err, zk.ErrOutcomeUnknown) {
			h.note(what, output, call, now()) // it has been looked at since
		}
		call = now()
		return !r.accept("barrier", err)
	}
	if !done("closes", true, barrier.Create(r.ctx)) {
		return
	}
	was, err := barrier.Remove(r.ctx)
	if done("opens", was, err) {
		done("passes", true, barrier.Wait(r.on))
	}
}

// obtain returns what asks for a lease, by a clock that goes on by a second whenever it is looked at.
func (r *turmoil) obtain(name, me string, of func(recipe.LeaseOptions) (*recipe.NonBlockingLease, error)) func() {
	asked := int64(0) // when it last was
	lease := must(of(recipe.LeaseOptions{Identifier: me, Now: func() time.Time {
		asked = r.clock.Add(1)
		return time.Unix(asked, 0)
	}}))(r.T)
	return func() {
		h, call := r.history(name), now()
		switch ok, err := lease.Obtain(r.ctx); {
		case r.accept(name, err):
			h.note(term{me, asked}, nil, call, never)
		case ok:
			h.note(term{me, asked}, true, call, now())
		}
	}
}

// share acquires a part of the set, and gives it back. What is not known is whether it was lost before, unless the
// session is the same.
func (r *turmoil) share(c *zk.Client, s *recipe.SetPartitioner) {
	h, call := r.history("partitions"), now()
	before, _ := c.Session()
	part, err := s.Acquire(r.on)
	if r.accept("partitioner", err) {
		return
	}
	back, who := now(), r.name("w")
	failed := r.accept("partitioner", part.Release(r.ctx))
	over := now()
	after, _ := c.Session()
	for _, item := range part.Items {
		h.note(holdOf{hold{"acquires", who}, item}, nil, call, back)
		switch {
		case failed:
			h.note(holdOf{hold{"loses", who}, item}, nil, call, never)
		case before == 0 || before != after:
			h.note(holdOf{hold{"loses", who}, item}, nil, call, over)
		default:
			h.note(holdOf{hold{"releases", who}, item}, nil, back, over)
		}
	}
}

// follow has a watch tell of all that it sees until the test ends, and returns what it has told last.
func follow[T any](r *turmoil, w interface {
	Next(ctx context.Context) (T, error)
	Close()
},
) (last func() T) {
	ctx, cancel := context.WithCancel(r.ctx)
	var told atomic.Pointer[T]
	told.Store(new(T))
	var work sync.WaitGroup
	work.Go(func() {
		for {
			state, err := w.Next(ctx)
			if err != nil {
				if ctx.Err() == nil {
					r.Errorf("a watch: %v", err)
				}
				return
			}
			told.Store(&state)
		}
	})
	r.Cleanup(func() {
		cancel()
		work.Wait()
		w.Close()
	})
	return func() T { return *told.Load() }
}

// expire ends a client's session on the server. Where it has none just now, that is no fault.
func (r *turmoil) expire(v *victim) {
	id, password := v.Session()
	if id == 0 {
		r.faults.Add(-1)
		return
	}
	reopen := v.gate.close()
	defer reopen()
	v.proxy.CutAll()
	thief, err := zk.New(r.ctx, zk.Config{Servers: v.addr, SessionID: id, SessionPassword: password})
	if err == nil {
		err = thief.Start(r.ctx)
	}
	if err := errors.Join(err, thief.Close(r.ctx)); err != nil {
		r.Errorf("ending a session: %v", err)
	}
}

// disturb takes away the connections and sessions of a client until there have been enough.
func (r *turmoil) disturb(v *victim, random *rand.Rand) {
	classes := []func(int32) bool{zktest.IsCreate, zktest.IsDelete, zktest.IsExists, isChildren, zktest.IsMulti, isRequest}
	for r.faults.Add(1) <= randomFaults {
		switch random.IntN(40) {
		case 0:
			r.expire(v)
		case 1:
			v.proxy.CutAll()
		default:
			arm := v.proxy.CutAfterRequest
			if random.IntN(2) == 0 {
				arm = v.proxy.CutBeforeRequest
			}
			class, skip := classes[random.IntN(len(classes))], int32(random.IntN(20))
			var seen atomic.Int32
			select {
			case <-arm(func(op int32) bool { return class(op) && seen.Add(1) > skip }):
			case <-r.ctx.Done():
				return
			}
		}
	}
}

// A thousand faults, at random, while four clients use every recipe: the histories of locks, leases, counters, queues
// and barriers are what they would be without, each item is consumed once, caches hold and watches have told what the
// servers hold, and nothing is left.
func TestRandomFaults(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	direct := connect(t, server.Addr())
	r := &turmoil{T: t, base: folder(t, direct), ctx: ctx, histories: make(map[string]*history), consumed: make(map[string]int), put: make(map[string]bool)}
	on, enough := context.WithCancel(ctx)
	r.on = on
	defer enough()
	var working, disturbing sync.WaitGroup
	var caches []*recipe.TreeCache
	var contents []func() recipe.Content
	var names []func() recipe.Names
	for i := range uint64(4) {
		v := newVictim(t, atOnce, func(cfg *zk.Config) { cfg.Retry.MaxTries = -1 })
		caches = append(caches, startCache(t, v.Client, r.base))
		contents = append(contents, follow(r, must(recipe.NewDataWatch(v.Client, r.base+"/counter0"))(t)))
		names = append(names, follow(r, must(recipe.NewChildrenWatch(v.Client, r.base+"/party"))(t)))
		for _, job := range r.jobs(v.Client, seed, i) {
			working.Go(func() {
				for on.Err() == nil {
					job()
				}
			})
		}
		disturbing.Go(func() { r.disturb(v, rand.New(rand.NewPCG(seed, 100+i))) })
	}
	disturbing.Wait()
	enough()
	working.Wait()

	// What is left in the queues is got by somebody whom nobody disturbs.
	queue, locking := newQueue(t, direct, r.base+"/queue"), newLockingQueue(t, direct, r.base+"/locking")
	for n := must(queue.Len(ctx))(t); n >= 0; n-- {
		r.useQueue(queue, false)
	}
	for n := must(locking.Len(ctx))(t); n > 0; n-- {
		r.useItem(ctx, locking.TryGet, true)
	}
	for item, known := range r.put {
		if n := r.consumed[item]; n > 1 || n == 0 && known {
			t.Errorf("%s was consumed %d times", item, n)
		}
	}
	for item, n := range r.consumed {
		if _, ok := r.put[item]; !ok || n > 1 {
			t.Errorf("%s was consumed %d times", item, n)
		}
	}
	if r.together == 0 {
		t.Error("nobody came to the barrier of two")
	}
	if _, err := direct.Create(ctx, r.base+"/party/last", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for i, cache := range caches {
		agrees(t, cache, direct, r.base)
		until(t, "the watches to agree", func() bool {
			data, stat, err := direct.Get(ctx, r.base+"/counter0")
			return err == nil && bytes.Equal(contents[i]().Data, data) && contents[i]().Stat.Mzxid == stat.Mzxid && slices.Equal(names[i]().Children, []string{"last"})
		})
	}
	if left := ephemerals(t, direct, r.base); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	for name, h := range r.histories {
		switch {
		case strings.HasPrefix(name, "counter"):
			h.settleNumbers(t)
			h.check(t, name, numbers())
		case name == "queue":
			h.settleItems(t)
			h.check(t, name, items())
		case name == "items", name == "partitions":
			h.check(t, name, eachAtMostOne())
		case name == "lease":
			h.check(t, name, leases(1))
		case name == "two leases":
			h.check(t, name, leases(2))
		case name == "barrier":
			h.check(t, name, passing())
		case strings.HasPrefix(name, "semaphore"):
			h.check(t, name, atMost(2))
		case strings.HasPrefix(name, "read"):
			h.check(t, name, readersOrWriter())
		default:
			h.check(t, name, atMost(1))
		}
	}
}
