package recipe_test

import (
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

	mu        sync.Mutex
	histories map[string]*history
	consumed  map[string]int
	put       map[string]bool // what was put into the locking queue; false where that is not known
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
	if err != nil && r.on.Err() == nil && !errors.Is(err, zk.ErrSessionExpired) && !errors.Is(err, recipe.ErrLost) && !errors.Is(err, zk.ErrOutcomeUnknown) {
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
	var jobs []func()
	contend := func(name, who string, a acquirer) {
		jobs = append(jobs, func() { r.held(name, who, a.Acquire) })
	}
	for _, notation := range []recipe.Notation{recipe.Kazoo, recipe.Curator} {
		o := recipe.LockOptions{Notation: notation}
		contend(fmt.Sprint("lock of ", notation), "w", must(recipe.NewLock(c, at(fmt.Sprint("lock", notation)), o))(r.T))
		contend(fmt.Sprint("semaphore of ", notation), "w", must(recipe.NewSemaphore(c, at(fmt.Sprint("semaphore", notation)), 2, recipe.SemaphoreOptions{Notation: notation}))(r.T))
		rw := at(fmt.Sprint("rw", notation))
		contend(fmt.Sprint("read and write lock of ", notation), "r", must(recipe.NewReadLock(c, rw, o))(r.T))
		contend(fmt.Sprint("read and write lock of ", notation), "w", must(recipe.NewWriteLock(c, rw, o))(r.T))
	}
	election := must(recipe.NewElection(c, at("election"), recipe.LockOptions{}))(r.T)
	jobs = append(jobs, func() { r.held("election", "w", election.Lead) })
	latch := must(recipe.NewLeaderLatch(c, at("latch"), recipe.LockOptions{}))(r.T)
	jobs = append(jobs, func() { r.held("latch", "w", latch.Lead) })

	for _, form := range []recipe.Form{recipe.Text, recipe.Int32, recipe.Int64} {
		name := fmt.Sprint("counter", form)
		counter := must(recipe.NewCounter(c, at(name), recipe.CounterOptions{Form: form}))(r.T)
		jobs = append(jobs, func() {
			call := now()
			before, after, err := counter.Add(r.ctx, 1)
			switch {
			case err == nil:
				r.history(name).note(int64(1), span{before, after}, call, now())
			case errors.Is(err, zk.ErrOutcomeUnknown):
				r.history(name).note(int64(1), nil, call, never)
			default:
				r.accept(name, err)
			}
		})
	}

	queue := must(recipe.NewQueue(c, at("queue"), recipe.QueueOptions{}))(r.T)
	// There are fewer puts than gets: the order of puts in a long queue takes too long to be found out.
	jobs = append(jobs, func() { r.useQueue(queue, forQueue.IntN(3) == 0) })
	locking := must(recipe.NewLockingQueue(c, at("locking"), recipe.QueueOptions{}))(r.T)
	jobs = append(jobs, func() { r.useLockingQueue(locking, forLocking.IntN(3)) })

	party := must(recipe.NewParty(c, at("party"), recipe.PartyOptions{}))(r.T)
	double := must(recipe.NewDoubleBarrier(c, at(r.name("double")), 1, recipe.BarrierOptions{}))(r.T)
	barrier := must(recipe.NewBarrier(c, at(r.name("barrier")), recipe.BarrierOptions{}))(r.T)
	lease := must(recipe.NewNonBlockingLease(c, at("lease"), time.Hour, recipe.LeaseOptions{Identifier: "me"}))(r.T)
	shallow := must(recipe.NewShallowParty(c, at("shallow"), recipe.PartyOptions{Identifier: r.name("member")}))(r.T)
	group := must(recipe.NewGroupMember(c, at("group"), recipe.PartyOptions{Identifier: r.name("member")}))(r.T)
	jobs = append(jobs, func() {
		for _, of := range []*recipe.Party{party, shallow, group} {
			r.join(of)
		}
		r.enter(double)
	}, func() {
		if r.accept("barrier", barrier.Create(r.ctx)) {
			return
		}
		if was, err := barrier.Remove(r.ctx); !r.accept("barrier", err) && !was {
			r.Error("a barrier was gone that nobody else removes")
		}
		r.accept("barrier", barrier.Wait(r.on))
		if ok, err := lease.Obtain(r.on); !r.accept("lease", err) && !ok {
			r.Error("a lease that is renewed was not obtained")
		}
	})

	identifier := r.name("member")
	partitioner := must(recipe.NewSetPartitioner(c, at("set"), []string{"x", "y", "z"}, recipe.PartitionerOptions{Identifier: identifier, Settle: 20 * time.Millisecond}))(r.T)
	jobs = append(jobs, func() {
		part, err := partitioner.Acquire(r.on)
		if !r.accept("partitioner", err) {
			r.accept("partitioner", part.Release(r.ctx))
		}
		r.accept("partitioner", partitioner.Finish(r.ctx))
	})
	return jobs
}

func (r *turmoil) useQueue(q *recipe.Queue, puts bool) {
	h, call := r.history("queue"), now()
	if puts {
		item := r.name("item")
		switch err := q.Put(r.ctx, []byte(item), recipe.DefaultPriority); {
		case err == nil:
			h.note(queued(item), nil, call, now())
		case errors.Is(err, zk.ErrOutcomeUnknown):
			h.note(queued(item), nil, call, never)
		default:
			r.accept("queue", err)
		}
		return
	}
	switch item, _, err := q.Get(r.ctx); {
	case err == nil:
		h.note(queued(""), string(item), call, now())
	case errors.Is(err, zk.ErrOutcomeUnknown):
		h.note(queued(""), nil, call, never)
	default:
		r.accept("queue", err)
	}
}

func (r *turmoil) useLockingQueue(q *recipe.LockingQueue, what int) {
	if what == 0 {
		item := r.name("item")
		err := q.PutAll(r.ctx, [][]byte{[]byte(item + "a"), []byte(item + "b")}, recipe.DefaultPriority)
		if r.accept("locking queue", err) && !errors.Is(err, zk.ErrOutcomeUnknown) {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.put[item+"a"], r.put[item+"b"] = err == nil, err == nil
		return
	}
	item, err := q.TryGet(r.ctx)
	if errors.Is(err, recipe.ErrLocked) || r.accept("locking queue", err) {
		return
	}
	if what == 1 {
		r.accept("locking queue", item.Release(r.ctx))
		return
	}
	err = item.Consume(r.ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.consumed[string(item.Data)]++
	} else {
		r.accept("locking queue", err)
		r.put[string(item.Data)] = false // it may be gone, when the session ended just then
	}
}

func (r *turmoil) join(party *recipe.Party) {
	held, err := party.Join(r.ctx)
	if !r.accept("party", err) {
		all, err := party.Members(r.ctx)
		if !r.accept("party", err) && held.Err() == nil && !slices.ContainsFunc(all, func(m recipe.Member) bool { return m.Path == held.Path() }) {
			// What was lost meanwhile is told with the next answer, at the latest.
			if _, err := party.Members(r.ctx); err == nil && held.Err() == nil {
				r.Errorf("%s is a member, and not among %v", held.Path(), all)
			}
		}
		r.accept("party", held.Release(r.ctx))
	}
}

func (r *turmoil) enter(double *recipe.DoubleBarrier) {
	member, err := double.Enter(r.ctx)
	if !r.accept("double barrier", err) {
		r.accept("double barrier", member.Leave(r.ctx))
	}
}

// expire ends a client's session on the server, unless it has none just now.
func (r *turmoil) expire(v *victim) {
	id, password := v.Session()
	if id == 0 {
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

// A thousand faults, at random, while four clients use every recipe: the histories of locks,
// counters and queues are what they would be without, each item is consumed once, caches hold
// what the servers do, and nothing is left.
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
	for i := range uint64(4) {
		v := newVictim(t, atOnce, func(cfg *zk.Config) { cfg.Retry.MaxTries = -1 })
		caches = append(caches, startCache(t, v.Client, r.base))
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
		r.useLockingQueue(locking, 2)
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
	for _, cache := range caches {
		agrees(t, cache, direct, r.base)
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
		case strings.HasPrefix(name, "semaphore"):
			h.check(t, name, atMost(2))
		case strings.HasPrefix(name, "read"):
			h.check(t, name, readersOrWriter())
		default:
			h.check(t, name, atMost(1))
		}
	}
}
