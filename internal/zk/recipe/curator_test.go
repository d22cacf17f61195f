package recipe_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// inCurator are the options of a contender in Curator's notation.
func inCurator(identifier string) recipe.LockOptions {
	return recipe.LockOptions{Identifier: identifier, Notation: recipe.Curator}
}

// Whatever Curator holds, ours waits for or does not, and the other way about.
func TestCuratorExcludes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		first, second string
		excludes      bool
	}{
		{"Lock", "Lock", true},
		{"ReadLock", "ReadLock", false},
		{"ReadLock", "WriteLock", true},
		{"WriteLock", "ReadLock", true},
		{"WriteLock", "WriteLock", true},
	} {
		t.Run(tc.first+" before "+tc.second, func(t *testing.T) {
			t.Parallel()
			ctx, c := testContext(t), connect(t, server.Addr())
			path := folder(t, c) + "/deep/lock"
			j := newJava(t)
			lock := func(as, kind string) {
				if kind == "Lock" {
					j.Make(t, as, "locks.InterProcessMutex", "@client", path)
					return
				}
				j.Make(t, "rw"+as, "locks.InterProcessReadWriteLock", "@client", path)
				j.Keep(t, as, "rw"+as, strings.ToLower(kind[:1])+kind[1:])
			}
			lock("first", tc.first)
			lock("second", tc.second)
			ours := must(lockKinds[tc.second](c, path, inCurator("ours")))(t)

			// Curator's is first.
			j.Call(t, "first", "acquire")
			if !tc.excludes {
				release(t, must(ours.TryAcquire(ctx))(t))
				j.Call(t, "first", "release")
			} else {
				if _, err := ours.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
					t.Fatalf("tried: %v", err)
				}
				out := acquire(ctx, ours)
				untilChildren(t, c, path, 2)
				waits(t, out)
				j.Call(t, "first", "release")
				release(t, granted(t, out))
			}

			// Ours is first.
			held := must(must(lockKinds[tc.first](c, path, inCurator("ours")))(t).Acquire(ctx))(t)
			if !tc.excludes {
				same(t, j.Call(t, "second", "acquire", 0, "SECONDS"), true)
				j.Call(t, "second", "release")
				release(t, held)
			} else {
				same(t, j.Call(t, "second", "acquire", 0, "SECONDS"), false)
				theirs := j.Begin(t, "second", "acquire")
				untilChildren(t, c, path, 2)
				theirs.Pending(t)
				release(t, held)
				theirs.Value(t)
				j.Call(t, "second", "release")
			}
			untilChildren(t, c, path, 0)
		})
	}
}

// Names and data are those of Curator's own.
func TestCuratorNames(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	j := newJava(t)
	const protected = `_c_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-`
	node := func(path, pattern string) string {
		names := children(t, c, path)
		if len(names) != 1 || !regexp.MustCompile("^"+pattern+`\d{10}$`).MatchString(names[0]) {
			t.Fatalf("%s has %v", path, names)
		}
		data, stat, err := c.Get(ctx, path+"/"+names[0])
		if err != nil || stat.EphemeralOwner == 0 {
			t.Fatalf("%s: %v", names[0], err)
		}
		return string(data)
	}
	j.Make(t, "mutex", "locks.InterProcessMutex", "@client", base+"/theirs/mutex")
	j.Call(t, "mutex", "acquire")
	theirs := node(base+"/theirs/mutex", protected+"lock-")
	held := must(must(recipe.NewLock(c, base+"/ours/mutex", inCurator("")))(t).Acquire(ctx))(t)
	ours := node(base+"/ours/mutex", protected+"lock-")
	address := regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`)
	if !address.MatchString(theirs) || !address.MatchString(ours) {
		t.Errorf("theirs holds %q, ours %q", theirs, ours)
	}
	release(t, held)
	for kind, pattern := range map[string]string{"ReadLock": "__READ__", "WriteLock": "__WRIT__"} {
		held := must(must(lockKinds[kind](c, base+"/ours/"+kind, inCurator("me")))(t).Acquire(ctx))(t)
		if data := node(base+"/ours/"+kind, protected+pattern); data != "me" {
			t.Errorf("%s holds %q", kind, data)
		}
		release(t, held)
	}
	held = must(must(recipe.NewLeaderLatch(c, base+"/ours/latch", recipe.LockOptions{Identifier: "me"}))(t).Lead(ctx))(t)
	if data := node(base+"/ours/latch", protected+"latch-"); data != "me" {
		t.Errorf("the latch holds %q", data)
	}
	release(t, held)
	s := must(recipe.NewSemaphore(c, base+"/ours/semaphore", 1, recipe.SemaphoreOptions{Identifier: "me", Notation: recipe.Curator}))(t)
	held = must(s.Acquire(ctx))(t)
	if data := node(base+"/ours/semaphore/leases", protected+"lease-"); data != "me" {
		t.Errorf("the lease holds %q", data)
	}
	release(t, held)
	if names := children(t, c, base+"/ours/semaphore"); !slices.Equal(names, []string{"leases", "locks"}) {
		t.Errorf("the semaphore has %v", names)
	}
}

func TestCuratorSemaphore(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/semaphore"
	j := newJava(t)
	j.Make(t, "s", "locks.InterProcessSemaphoreV2", "@client", path, 2)
	ours := must(recipe.NewSemaphore(c, path, 2, recipe.SemaphoreOptions{Identifier: "ours", Notation: recipe.Curator}))(t)
	held := must(ours.Acquire(ctx))(t)
	j.Keep(t, "lease", "s", "acquire")
	if got := must(ours.Holders(ctx))(t); len(got) != 2 || got[0] != "ours" {
		t.Errorf("%q hold", got)
	}
	// Neither has a third.
	if _, err := ours.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("a third: %v", err)
	}
	same(t, j.Call(t, "s", "acquire", 50, "MILLISECONDS"), nil)
	out := acquire(ctx, ours)
	untilChildren(t, c, path+"/locks", 1)
	waits(t, out)
	j.Call(t, "s", "returnLease", "@lease")
	second := granted(t, out)
	j.Make(t, "s2", "locks.InterProcessSemaphoreV2", "@client", path, 2)
	theirs := j.BeginKeep(t, "lease2", "s2", "acquire")
	untilChildren(t, c, path+"/leases", 3)
	theirs.Pending(t)
	if _, err := ours.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("while theirs waits: %v", err)
	}
	release(t, held)
	theirs.Value(t)
	release(t, second)
	j.Call(t, "s2", "returnLease", "@lease2")
	untilChildren(t, c, path+"/leases", 0)
	untilChildren(t, c, path+"/locks", 0)
}

// A number that nothing but the lock protects is added to by both, and none is missing.
func TestCuratorCounts(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	j := newJava(t)
	j.Make(t, "retry", "org.apache.curator.retry.RetryForever", 10)
	for _, tc := range []struct {
		class string
		form  recipe.Form
		data  string
	}{
		{"atomic.DistributedAtomicInteger", recipe.Int32, "\xff\xff\xff\xfe"},
		{"atomic.DistributedAtomicLong", recipe.Int64, "\xff\xff\xff\xff\xff\xff\xff\xfe"},
	} {
		for _, first := range []string{"ours", "theirs"} {
			path := base + "/" + tc.class + first
			as := tc.class + first
			j.Make(t, as, tc.class, "@client", path, "@retry")
			ours := newCounter(t, c, path, recipe.CounterOptions{Form: tc.form})
			theirs := func(method string, args ...any) any {
				j.Keep(t, "got", as, method, args...)
				same(t, j.Call(t, "got", "succeeded"), true)
				return j.Call(t, "got", "postValue")
			}
			if first == "ours" {
				added(t, ours, -2, 0, -2)
			} else {
				same(t, theirs("subtract", 2), -2)
			}
			holds(t, c, path, tc.data)
			added(t, ours, 5, -2, 3)
			same(t, theirs("add", 4), 7)
			value(t, ours, 7)
			const rounds = 15
			answers := make([]zktest.Answer, rounds)
			for i := range answers {
				answers[i] = j.BeginKeep(t, fmt.Sprint("got", i), as, "increment")
			}
			for range rounds {
				if _, _, err := ours.Add(ctx, 1); err != nil {
					t.Fatal(err)
				}
			}
			// One that was too often too late says so: it has not counted.
			want := int64(7 + rounds)
			for i, answer := range answers {
				answer.Value(t)
				if j.Yes(t, fmt.Sprint("got", i), "succeeded") {
					want++
				}
			}
			value(t, ours, want)
		}
	}
	// SharedCount, with a default of its own.
	for _, first := range []string{"ours", "theirs"} {
		path := base + "/SharedCount" + first
		ours := newCounter(t, c, path, recipe.CounterOptions{Form: recipe.Int32, Default: 7})
		if first == "ours" {
			added(t, ours, 0, 7, 7)
		}
		j.Make(t, first, "shared.SharedCount", "@client", path, 7)
		j.Call(t, first, "start")
		same(t, j.Call(t, first, "getCount"), 7)
		j.Call(t, first, "setCount", -8)
		added(t, ours, 20, -8, 12)
		until(t, "theirs to see it", func() bool { return j.Call(t, first, "getCount") == 12.0 })
		j.Call(t, first, "close")
	}
}

func TestCuratorBarriers(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	j := newJava(t)
	j.Make(t, "b", "barriers.DistributedBarrier", "@client", base+"/barrier")
	v := newVictim(t)
	ours := must(recipe.NewBarrier(v.Client, base+"/barrier", recipe.BarrierOptions{Notation: recipe.Curator}))(t)
	j.Call(t, "b", "setBarrier")
	out := background(func() error { return ours.Wait(ctx) })
	until(t, "ours to wait", func() bool { return v.proxy.Count(zktest.IsExists) == 1 })
	still(t, out)
	j.Call(t, "b", "removeBarrier")
	ended(t, out)
	if err := ours.Create(ctx); err != nil {
		t.Fatal(err)
	}
	same(t, j.Call(t, "b", "waitOnBarrier", 50, "MILLISECONDS"), false)
	theirs := j.Begin(t, "b", "waitOnBarrier")
	if was, err := ours.Remove(ctx); !was || err != nil {
		t.Errorf("removed: %t, %v", was, err)
	}
	theirs.Value(t)

	for _, last := range []string{"ours", "theirs"} {
		path := base + "/double" + last
		j.Make(t, last, "barriers.DistributedDoubleBarrier", "@client", path, 2)
		ours := newDoubleBarrier(t, c, path, 2, recipe.BarrierOptions{Notation: recipe.Curator, Identifier: "ours"})
		if last == "ours" {
			theirs := j.Begin(t, last, "enter")
			untilChildren(t, c, path, 1)
			theirs.Pending(t)
			member := must(ours.Enter(ctx))(t)
			theirs.Value(t)
			theirs = j.Begin(t, last, "leave")
			theirs.Pending(t)
			if err := member.Leave(ctx); err != nil {
				t.Error(err)
			}
			theirs.Value(t)
		} else {
			come, member := enter(ctx, ours)
			untilChildren(t, c, path, 1)
			still(t, come)
			j.Call(t, last, "enter")
			ended(t, come)
			left := background(func() error { return member().Leave(ctx) })
			still(t, left)
			j.Call(t, last, "leave")
			ended(t, left)
		}
		untilChildren(t, c, path, 0)
	}
}

func TestCuratorLeaders(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	j := newJava(t)
	for _, tc := range []struct {
		kind string
		ours func(identifier string) *recipe.Election
		// stand has theirs stand, and yield ends that.
		stand func(as string)
		yield func(as string)
	}{
		{"latch", func(id string) *recipe.Election {
			return must(recipe.NewLeaderLatch(c, base+"/latch", recipe.LockOptions{Identifier: id}))(t)
		}, func(as string) {
			j.Make(t, as, "leader.LeaderLatch", "@client", base+"/latch", "théirs "+as)
			j.Call(t, as, "start")
		}, func(as string) { j.Call(t, as, "close") }},
		{"selector", func(id string) *recipe.Election {
			return must(recipe.NewElection(c, base+"/selector", inCurator(id)))(t)
		}, func(as string) {
			j.Make(t, as+"s", "Peer$Leading")
			j.Make(t, as, "leader.LeaderSelector", "@client", base+"/selector", "@"+as+"s")
			j.Call(t, as, "setId", "théirs "+as)
			j.Call(t, as, "start")
		}, func(as string) { j.Call(t, as+"s", "resign") }},
	} {
		ours := tc.ours("oürs")
		first, second := tc.kind+"1", tc.kind+"2"
		if _, ok, err := ours.Leader(ctx); ok || err != nil {
			t.Errorf("somebody leads, %v", err)
		}
		tc.stand(first)
		until(t, "theirs to lead", func() bool {
			id, ok, err := ours.Leader(ctx)
			return err == nil && ok && id == "théirs "+first
		})
		until(t, "theirs to know", func() bool { return j.Yes(t, first, "hasLeadership") })
		out := make(chan outcome, 1)
		go func() {
			held, err := ours.Lead(ctx)
			out <- outcome{held, err}
		}()
		untilChildren(t, c, base+"/"+tc.kind, 2)
		tc.stand(second)
		untilChildren(t, c, base+"/"+tc.kind, 3)
		if got := must(ours.Contenders(ctx))(t); !slices.Equal(got, []string{"théirs " + first, "oürs", "théirs " + second}) {
			t.Errorf("in line are %q", got)
		}
		if got := fmt.Sprint(j.Call(t, second, "getParticipants")); !strings.Contains(got, "oürs") {
			t.Errorf("theirs knows of %s", got)
		}
		waits(t, out)
		tc.yield(first)
		held := granted(t, out)
		if got := fmt.Sprint(j.Call(t, second, "getLeader")); !strings.Contains(got, "oürs") {
			t.Errorf("theirs says that %s leads", got)
		}
		same(t, j.Call(t, second, "hasLeadership"), false)
		release(t, held)
		until(t, "the second to lead", func() bool { return j.Yes(t, second, "hasLeadership") })
		tc.yield(second)
		untilChildren(t, c, base+"/"+tc.kind, 0)
	}
}

func TestCuratorGroup(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/group"
	j := newJava(t)
	ours := must(recipe.NewGroupMember(c, path, recipe.PartyOptions{Identifier: "oürs", Data: []byte("our data")}))(t)
	held := must(ours.Join(ctx))(t)
	j.Make(t, "g", "nodes.GroupMember", "@client", path, "theirs", base64.StdEncoding.EncodeToString([]byte("their data")))
	j.Call(t, "g", "start")
	untilChildren(t, c, path, 2)
	all := must(ours.Members(ctx))(t)
	if len(all) != 2 || all[0].Identifier != "oürs" || all[1].Identifier != "theirs" || string(all[1].Data) != "their data" {
		t.Errorf("members %+v", all)
	}
	want := map[string]any{"oürs": base64.StdEncoding.EncodeToString([]byte("our data")), "theirs": base64.StdEncoding.EncodeToString([]byte("their data"))}
	until(t, "theirs to know both", func() bool {
		return mustJSON(t, j.Call(t, "g", "getCurrentMembers")) == mustJSON(t, want)
	})
	release(t, held)
	j.Call(t, "g", "close")
	untilChildren(t, c, path, 0)
}

func TestCuratorDiscovery(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/services"
	d := must(recipe.NewServiceDiscovery(c, path))(t)
	if names, err := d.Services(ctx); err != nil || len(names) != 0 {
		t.Errorf("of no services: %v, %v", names, err)
	}
	if all, err := d.Instances(ctx, "web"); err != nil || len(all) != 0 {
		t.Errorf("of no service: %v, %v", all, err)
	}
	j := newJava(t)
	j.Make(t, "one", "Peer$Service", "@client", path, "web", "1", "10.0.0.1", 80)
	j.Make(t, "two", "Peer$Service", "@client", path, "web", "2", "10.0.0.2", 81)
	if names := must(d.Services(ctx))(t); !slices.Equal(names, []string{"web"}) {
		t.Errorf("services %v", names)
	}
	all := must(d.Instances(ctx, "web"))(t)
	if len(all) != 2 {
		t.Fatalf("instances %+v", all)
	}
	i := all[1]
	if i.Name != "web" || i.ID != "2" || i.Address != "10.0.0.2" || i.Port == nil || *i.Port != 81 || i.SSLPort != nil ||
		i.ServiceType != "DYNAMIC" || i.RegistrationTimeUTC == 0 || i.Path != path+"/web/2" || !strings.Contains(string(i.Payload), `"value"`) {
		t.Errorf("the second is %+v, %s", i, i.Data)
	}
	if want := []recipe.URIPart{{Value: "scheme", Variable: true}, {Value: "://"}, {Value: "address", Variable: true}}; i.URISpec == nil || !slices.Equal(i.URISpec.Parts, want) {
		t.Errorf("its address is %+v", i.URISpec)
	}
	j.Call(t, "one", "close")
	j.Call(t, "two", "close")
	untilChildren(t, c, path+"/web", 0)
	// Curator reads what has no more than it must have.
	if _, err := c.Create(ctx, path+"/web/3", []byte(`{"name":"web","id":"3","address":"a","port":1}`), zk.CreateOptions{MakeParents: true}); err != nil {
		t.Fatal(err)
	}
	if all, err := d.Instances(ctx, "web"); err != nil || len(all) != 1 || all[0].URISpec != nil {
		t.Errorf("of the least: %+v, %v", all, err)
	}
	if _, err := c.Set(ctx, path+"/web/3", []byte("no"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Instances(ctx, "web"); err == nil || !strings.Contains(err.Error(), path+"/web/3") {
		t.Errorf("of no instance: %v", err)
	}
}

// A contender of a foreign notation is an error that names it, for those that wait and
// for those that have just come. It leaves no node behind.
func TestForeignContenders(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	j, py := newJava(t), newPython(t)
	refuses := func(a acquirer, path string) {
		t.Helper()
		before := children(t, c, path)
		if _, err := a.Acquire(ctx); !errors.Is(err, recipe.ErrForeignContender) || !strings.Contains(err.Error(), path+"/") {
			t.Errorf("%s: %v", path, err)
		}
		if got := children(t, c, path); !slices.Equal(got, before) {
			t.Errorf("%s has %v, had %v", path, got, before)
		}
	}
	// Beside Curator's.
	j.Make(t, "mutex", "locks.InterProcessMutex", "@client", base+"/mutex")
	j.Call(t, "mutex", "acquire")
	for kind, of := range lockKinds {
		refuses(must(of(c, base+"/mutex", recipe.LockOptions{}))(t), base+"/mutex")
		if kind != "Lock" {
			refuses(must(of(c, base+"/mutex", inCurator("")))(t), base+"/mutex")
		}
	}
	if _, err := must(recipe.NewLeaderLatch(c, base+"/mutex", recipe.LockOptions{}))(t).Lead(ctx); !errors.Is(err, recipe.ErrForeignContender) {
		t.Errorf("a latch beside a mutex: %v", err)
	}
	for _, e := range []*recipe.Election{
		must(recipe.NewElection(c, base+"/mutex", recipe.LockOptions{}))(t), must(recipe.NewLeaderLatch(c, base+"/mutex", recipe.LockOptions{}))(t),
	} {
		if id, _, err := e.Leader(ctx); !errors.Is(err, recipe.ErrForeignContender) {
			t.Errorf("of another election %q leads, %v", id, err)
		}
	}
	waiting := must(recipe.NewLock(c, base+"/mutex", recipe.LockOptions{ExtraMarkers: []string{"-lock-"}}))(t)
	if _, err := waiting.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("one that waits for Curator's: %v", err)
	}
	j.Make(t, "semaphore", "locks.InterProcessSemaphoreV2", "@client", base+"/semaphore", 9)
	j.Keep(t, "lease", "semaphore", "acquire")
	refuses(newSemaphore(t, c, base+"/semaphore", 9, ""), base+"/semaphore")
	if _, err := newSemaphore(t, c, base+"/semaphore", 9, "").Holders(ctx); !errors.Is(err, recipe.ErrForeignContender) {
		t.Errorf("who holds Curator's: %v", err)
	}
	if left := children(t, c, turns(base+"/semaphore")); len(left) != 0 {
		t.Errorf("left in line: %v", left)
	}

	// Beside kazoo's.
	py.Do(t, "lock, semaphore = client.Lock('%s/lock'), client.Semaphore('%s/leases', max_leases=2)", base, base)
	py.Do(t, "[lock.acquire(), semaphore.acquire()]")
	for _, of := range lockKinds {
		refuses(must(of(c, base+"/lock", inCurator("")))(t), base+"/lock")
	}
	s := must(recipe.NewSemaphore(c, base+"/leases", 2, recipe.SemaphoreOptions{Notation: recipe.Curator}))(t)
	refuses(s, base+"/leases")

	// One that waits is told of one that comes.
	held := must(newLock(t, c, base+"/late", "").Acquire(ctx))(t)
	out := acquire(ctx, newLock(t, c, base+"/late", ""))
	untilChildren(t, c, base+"/late", 2)
	j.Make(t, "late", "locks.InterProcessMutex", "@client", base+"/late")
	j.Call(t, "late", "acquire")
	// And so is the one who holds it alone: neither keeps the other out.
	lost(t, held, base+"/late/_c_", recipe.ErrForeignContender)
	if err := held.Release(ctx); !isLoss(err, []error{recipe.ErrForeignContender}) {
		t.Errorf("released: %v", err)
	}
	if o := <-out; !errors.Is(o.err, recipe.ErrForeignContender) {
		t.Errorf("one that waited: %v", o.err)
	}
	untilChildren(t, c, base+"/late", 1)
}

// Whoever holds a lock alone, leads or has a lease is told when somebody of another notation has come, who
// waits for nobody here.
func TestForeignContenderComes(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	j, py := newJava(t), newPython(t)
	mutex := func(path string) {
		j.Make(t, path, "locks.InterProcessMutex", "@client", path)
		j.Call(t, path, "acquire")
	}
	lock := func(path string) {
		py.Do(t, "lock = client.Lock('%s')", path)
		py.Do(t, "lock.acquire()")
	}
	type acquires = func(path string) (*recipe.Held, error)
	locks := func(kind string, o recipe.LockOptions) acquires {
		return func(path string) (*recipe.Held, error) { return must(lockKinds[kind](c, path, o))(t).Acquire(ctx) }
	}
	semaphores := func(notation recipe.Notation) acquires {
		return func(path string) (*recipe.Held, error) {
			return must(recipe.NewSemaphore(c, path, 2, recipe.SemaphoreOptions{Notation: notation}))(t).Acquire(ctx)
		}
	}
	for _, tc := range []struct {
		name string
		hold acquires
		come func(path string)
	}{
		{"lock", locks("Lock", recipe.LockOptions{}), mutex},
		{"write lock", locks("WriteLock", recipe.LockOptions{}), mutex},
		{"mutex", locks("Lock", inCurator("")), lock},
		{"the Curator write lock", locks("WriteLock", inCurator("")), mutex},
		{"leader", func(path string) (*recipe.Held, error) {
			return must(recipe.NewElection(c, path, recipe.LockOptions{}))(t).Lead(ctx)
		}, mutex},
		{"latch", func(path string) (*recipe.Held, error) {
			return must(recipe.NewLeaderLatch(c, path, recipe.LockOptions{}))(t).Lead(ctx)
		}, lock},
		{"semaphore", semaphores(recipe.Kazoo), func(path string) {
			j.Make(t, path, "locks.InterProcessSemaphoreV2", "@client", path, 2)
			j.Keep(t, path+"/lease", path, "acquire")
		}},
		{"the Curator semaphore", semaphores(recipe.Curator), func(path string) {
			py.Do(t, "semaphore = client.Semaphore('%s', max_leases=2)", path)
			py.Do(t, "semaphore.acquire()")
		}},
	} {
		path := base + "/" + strings.ReplaceAll(tc.name, " ", "-")
		held := must(tc.hold(path))(t)
		tc.come(path)
		lost(t, held, path, recipe.ErrForeignContender)
		if _, err := c.Multi(ctx, held.Fence()); !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("%s: the fence: %v", tc.name, err)
		}
		if err := held.Release(ctx); !isLoss(err, []error{recipe.ErrForeignContender}) {
			t.Errorf("%s: released: %v", tc.name, err)
		}
		if _, there, err := c.Exists(ctx, held.Path()); err != nil || there {
			t.Errorf("%s: its node is there: %t, %v", tc.name, there, err)
		}
	}
}
