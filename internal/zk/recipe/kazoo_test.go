package recipe_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// kazoo is a client of kazoo's with one lock or semaphore.
type kazoo struct {
	py      *zktest.KazooClient
	waiting zktest.Answer
}

// startKazoo makes a kazoo lock of a kind: "Lock", "ReadLock", "WriteLock" or "Semaphore", to
// whose arguments belongs the number of leases. Its client ends with the test.
func startKazoo(t *testing.T, kind, path, identifier string, args ...string) *kazoo {
	t.Helper()
	return startKazooAs(t, "", kind, path, identifier, args...)
}

// startKazooAs is startKazoo for a client that presents a user and a password.
func startKazooAs(t *testing.T, credential, kind, path, identifier string, args ...string) *kazoo {
	t.Helper()
	py := newPython(t)
	if credential != "" {
		py.Do(t, "client.add_auth('digest', %q)", credential)
	}
	py.Do(t, "r = client.%s(%q, %q, %s)", kind, path, identifier, strings.Join(args, ""))
	py.Do(t, `
def count(node, rounds):
    """Adds one to the number in a node again and again, each time with the lock, and with nothing else to protect it."""
    for _ in range(rounds):
        with r:
            number = int(client.get(node)[0])
            client.set(node, str(number + 1).encode())
    return "counted"
`)
	return &kazoo{py: py}
}

// tell has something done: what is not in the list is evaluated as it is.
func (k *kazoo) tell(t *testing.T, command string) {
	t.Helper()
	code, ok := map[string]string{
		"acquire":    "'held' if r.acquire() else 'not held'",
		"try":        "'held' if r.acquire(blocking=False) else 'busy'",
		"release":    "'released' if r.release() else 'not held'",
		"contenders": "r.contenders()",
		"holders":    "sorted(r.lease_holders())",
	}[command]
	if !ok {
		code = command
	}
	k.waiting = k.py.Begin(t, "%s", code)
}

func (k *kazoo) answer(t *testing.T) string {
	t.Helper()
	value, err := k.waiting.Outcome(t)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(value)
}

func (k *kazoo) want(t *testing.T, want string) {
	t.Helper()
	if got := k.answer(t); got != want {
		t.Fatalf("kazoo answered %q, want %q", got, want)
	}
}

func (k *kazoo) do(t *testing.T, command, want string) {
	t.Helper()
	k.tell(t, command)
	k.want(t, want)
}

func (k *kazoo) list(t *testing.T, command string) (list []string) {
	t.Helper()
	k.tell(t, command)
	all, _ := k.waiting.Value(t).([]any)
	for _, one := range all {
		list = append(list, fmt.Sprint(one))
	}
	return list
}

// lockKinds are the constructors of the locks, by kazoo's names of them.
var lockKinds = map[string]func(*zk.Client, string, recipe.LockOptions) (*recipe.Lock, error){
	"Lock":      recipe.NewLock,
	"ReadLock":  recipe.NewReadLock,
	"WriteLock": recipe.NewWriteLock,
}

// Whatever kazoo holds, ours waits for or does not, and the other way about.
func TestKazooExcludes(t *testing.T) {
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
		{"Lock", "ReadLock", true},
		{"ReadLock", "Lock", false},
	} {
		t.Run("kazoo's "+tc.first+" before our "+tc.second, func(t *testing.T) {
			t.Parallel()
			ctx, c := testContext(t), connect(t, server.Addr())
			path := folder(t, c) + "/lock"
			ours := must(lockKinds[tc.second](c, path, recipe.LockOptions{Identifier: "oürs"}))(t)
			theirs := startKazoo(t, tc.first, path, "théirs")
			theirs.do(t, "acquire", "held")
			if !tc.excludes {
				release(t, must(ours.TryAcquire(ctx))(t))
				theirs.do(t, "release", "released")
				return
			}
			if _, err := ours.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
				t.Fatalf("tried: %v", err)
			}
			out := acquire(ctx, ours)
			untilChildren(t, c, path, 2)
			waits(t, out)
			theirs.do(t, "release", "released")
			release(t, granted(t, out))
		})
		t.Run("our "+tc.first+" before kazoo's "+tc.second, func(t *testing.T) {
			t.Parallel()
			ctx, c := testContext(t), connect(t, server.Addr())
			path := folder(t, c) + "/lock"
			ours := must(lockKinds[tc.first](c, path, recipe.LockOptions{Identifier: "oürs"}))(t)
			theirs := startKazoo(t, tc.second, path, "théirs")
			held := must(ours.Acquire(ctx))(t)
			if !tc.excludes {
				theirs.do(t, "try", "held")
				theirs.do(t, "release", "released")
				release(t, held)
				return
			}
			theirs.do(t, "try", "busy")
			theirs.tell(t, "acquire")
			untilChildren(t, c, path, 2)
			release(t, held)
			theirs.want(t, "held")
			theirs.do(t, "release", "released")
		})
	}
}

// Both stand in one line, are served in its order, and agree on who is in it.
func TestKazooOrder(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/lock"
	ours := func(kind, identifier string) *recipe.Lock {
		return must(lockKinds[kind](c, path, recipe.LockOptions{Identifier: identifier}))(t)
	}
	first := must(ours("WriteLock", "our writer").Acquire(ctx))(t)
	reader := startKazoo(t, "ReadLock", path, "their-reader")
	reader.tell(t, "acquire")
	untilChildren(t, c, path, 2)
	ourReader := acquire(ctx, ours("ReadLock", "our reader"))
	untilChildren(t, c, path, 3)
	writer := startKazoo(t, "WriteLock", path, "their-writer")
	writer.tell(t, "acquire")
	untilChildren(t, c, path, 4)
	last := acquire(ctx, ours("ReadLock", "our last"))
	untilChildren(t, c, path, 5)

	want := []string{"our writer", "their-reader", "our reader", "their-writer", "our last"}
	watcher := startKazoo(t, "ReadLock", path, "watcher")
	theirs := watcher.list(t, "contenders")
	for _, kind := range []string{"ReadLock", "WriteLock"} {
		if got := must(ours(kind, "").Contenders(ctx))(t); !slices.Equal(got, want) || !slices.Equal(theirs, want) {
			t.Errorf("%s: ours say %q, theirs %q, want %q", kind, got, theirs, want)
		}
	}

	release(t, first)
	reader.want(t, "held")
	held := granted(t, ourReader)
	waits(t, last)
	reader.do(t, "release", "released")
	untilChildren(t, c, path, 3)
	waits(t, last)
	release(t, held)
	writer.want(t, "held")
	waits(t, last)
	writer.do(t, "release", "released")
	release(t, granted(t, last))
}

// A number that nothing but the lock protects is added to by both, and none is missing.
func TestKazooCounts(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	const rounds = 25
	if _, err := c.Create(ctx, base+"/number", []byte("0"), zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	theirs := startKazoo(t, "Lock", base+"/lock", "theirs")
	ours := must(recipe.NewLock(c, base+"/lock", recipe.LockOptions{}))(t)
	theirs.tell(t, fmt.Sprintf("count('%s/number', %d)", base, rounds))
	for range rounds {
		held := must(ours.Acquire(ctx))(t)
		data, _, err := c.Get(ctx, base+"/number")
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(string(data))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Set(ctx, base+"/number", []byte(strconv.Itoa(n+1)), zk.AnyVersion); err != nil {
			t.Fatal(err)
		}
		release(t, held)
	}
	theirs.want(t, "counted")
	if data, _, err := c.Get(ctx, base+"/number"); err != nil || string(data) != strconv.Itoa(2*rounds) {
		t.Errorf("counted %s of %d, %v", data, 2*rounds, err)
	}
}

func TestKazooSemaphore(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, maker := range []string{"theirs", "ours"} {
		path := base + "/" + maker
		ours := must(recipe.NewSemaphore(c, path, 2, recipe.SemaphoreOptions{Identifier: "ours"}))(t)
		first, second := startKazoo(t, "Semaphore", path, "first", "2"), startKazoo(t, "Semaphore", path, "second", "2")
		var held *recipe.Held
		if maker == "ours" {
			held = must(ours.Acquire(ctx))(t)
			first.do(t, "acquire", "held")
		} else {
			first.do(t, "acquire", "held")
			held = must(ours.Acquire(ctx))(t)
		}
		if data, _, err := c.Get(ctx, path); err != nil || string(data) != "2" {
			t.Errorf("made by %s: the data is %q, %v", maker, data, err)
		}
		if got := must(ours.Holders(ctx))(t); len(got) != 2 || !slices.Contains(got, "ours") || !slices.Contains(got, "first") {
			t.Errorf("ours say that %q hold", got)
		}
		if got := second.list(t, "holders"); !slices.Equal(got, []string{"first", "ours"}) {
			t.Errorf("theirs say that %q hold", got)
		}

		// Theirs waits for ours.
		second.do(t, "try", "busy")
		second.tell(t, "acquire")
		untilChildren(t, c, path+"-__lock__", 1)
		release(t, held)
		second.want(t, "held")

		// Ours waits for theirs.
		if _, err := ours.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
			t.Errorf("a third lease of two: %v", err)
		}
		out := acquire(ctx, ours)
		untilChildren(t, c, path+"-__lock__", 1)
		waits(t, out)
		first.do(t, "release", "released")
		release(t, granted(t, out))
		second.do(t, "release", "released")

		// Neither takes another number of leases.
		third := startKazoo(t, "Semaphore", path, "third", "3")
		third.do(t, "acquire", "ValueError: Inconsistent max leases: 2, expected: 3")
		if _, err := must(recipe.NewSemaphore(c, path, 3, recipe.SemaphoreOptions{}))(t).Acquire(ctx); !errors.Is(err, recipe.ErrMaxLeases) {
			t.Errorf("another number of leases: %v", err)
		}
	}
}

// A lock whose ACL names two identities is shared by kazoo's users with the one and ours with the
// other, and by nobody else.
func TestKazooWithACL(t *testing.T) {
	t.Parallel()
	const alice, bob = "alice:wonderland", "bob:builder"
	acl := []zk.ACL{
		{Scheme: zk.SchemeDigest, ID: zk.DigestID("alice", "wonderland"), Perms: zk.PermAll},
		{Scheme: zk.SchemeDigest, ID: zk.DigestID("bob", "builder"), Perms: zk.PermCreate | zk.PermDelete | zk.PermRead},
	}
	ctx := testContext(t)
	c := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.Auth = []zk.Credential{{Scheme: zk.SchemeDigest, Secret: alice}} })
	path := folder(t, c) + "/locks/lock"
	ours := must(recipe.NewLock(c, path, recipe.LockOptions{Identifier: "ours", ACL: acl}))(t)
	theirs := startKazooAs(t, bob, "Lock", path, "theirs")

	held := must(ours.Acquire(ctx))(t)
	theirs.do(t, "try", "busy")
	if got := theirs.list(t, "contenders"); !slices.Equal(got, []string{"ours"}) {
		t.Errorf("theirs say that %q contend", got)
	}
	theirs.tell(t, "acquire")
	untilChildren(t, c, path, 2)
	release(t, held)
	theirs.want(t, "held")
	if got := must(ours.Contenders(ctx))(t); !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("ours say that %q contend", got)
	}
	if _, err := ours.TryAcquire(ctx); !errors.Is(err, recipe.ErrLocked) {
		t.Errorf("tried: %v", err)
	}
	theirs.do(t, "release", "released")
	release(t, must(ours.Acquire(ctx))(t))

	// Somebody else gets "NoAuthError", and leaves nothing behind.
	stranger := startKazoo(t, "Lock", path, "stranger")
	stranger.tell(t, "acquire")
	if got := stranger.answer(t); !strings.HasPrefix(got, "NoAuthError") {
		t.Errorf("a stranger's acquire is answered %q", got)
	}
	strangers := connect(t, server.Addr())
	if _, err := newLock(t, strangers, path, "").TryAcquire(ctx); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("a stranger of ours: %v", err)
	}
	untilChildren(t, c, path, 0)
}

// A contender whose ACL does not let others read it is one without an identifier to them.
func TestContendersUnread(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr(), func(cfg *zk.Config) {
		cfg.Auth = []zk.Credential{{Scheme: zk.SchemeDigest, Secret: "alice:wonderland"}}
	})
	path := folder(t, c) + "/lock"
	if _, err := c.EnsurePath(ctx, path, nil); err != nil {
		t.Fatal(err)
	}
	closed := recipe.LockOptions{Identifier: "closed", ACL: []zk.ACL{{Scheme: zk.SchemeAuth, Perms: zk.PermAll}}}
	held := must(must(recipe.NewReadLock(c, path, closed))(t).Acquire(ctx))(t)
	open := must(must(recipe.NewReadLock(c, path, recipe.LockOptions{Identifier: "open"}))(t).Acquire(ctx))(t)
	reader := must(recipe.NewReadLock(connect(t, server.Addr()), path, recipe.LockOptions{}))(t)
	if got := contenders(t, reader); !slices.Equal(got, []string{"", "open"}) {
		t.Errorf("in line are %q", got)
	}
	if got, more, err := reader.FirstContenders(ctx, 1); err != nil || !slices.Equal(got, []string{""}) || more != 1 {
		t.Errorf("the first is %q, and %d more, %v", got, more, err)
	}
	release(t, held)
	release(t, open)
}
