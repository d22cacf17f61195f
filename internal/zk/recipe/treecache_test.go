package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func startCache(t *testing.T, c *zk.Client, path string) *recipe.TreeCache {
	t.Helper()
	cache := must(recipe.NewTreeCache(c, path))(t)
	t.Cleanup(cache.Close)
	if err := cache.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return cache
}

// tree returns what the servers hold at and below a path: data and transactions.
func tree(t *testing.T, c *zk.Client, path string) map[string]string {
	t.Helper()
	nodes := make(map[string]string)
	err := c.Walk(testContext(t), path, -1, func(r zk.Reading) error {
		nodes[r.Path] = fmt.Sprintf("%q %x %x", r.Data, r.Stat.Czxid, r.Stat.Mzxid)
		return nil
	})
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		t.Fatal(err)
	}
	return nodes
}

// cachedTree is tree of a cache.
func cachedTree(cache *recipe.TreeCache, path string) map[string]string {
	nodes := make(map[string]string)
	node := cache.Get(path)
	if !node.Exists {
		return nodes
	}
	nodes[path] = fmt.Sprintf("%q %x %x", node.Data, node.Stat.Czxid, node.Stat.Mzxid)
	names, _ := cache.Children(path)
	for _, name := range names {
		maps.Copy(nodes, cachedTree(cache, path+"/"+name))
	}
	return nodes
}

// agrees waits until a cache holds what the servers do.
func agrees(t *testing.T, cache *recipe.TreeCache, c *zk.Client, path string) {
	t.Helper()
	want := tree(t, c, path)
	var got map[string]string
	defer func() {
		if !t.Failed() {
			return
		}
		t.Logf("the cache's end: %v", cache.Err())
		for at, text := range want {
			if got[at] != text {
				t.Logf("%s is %s, cached %s", at, text, got[at])
			}
		}
		for at := range got {
			if _, ok := want[at]; !ok {
				t.Logf("%s is not there, but cached", at)
			}
		}
	}()
	until(t, "the cache to agree", func() bool {
		got = cachedTree(cache, path)
		return fmt.Sprint(got) == fmt.Sprint(want) && cache.Len() == len(want)
	})
}

func TestTreeCache(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/tree"
	py := newPython(t)
	proxy := zktest.StartProxy(t, server.Addr())
	mine := connect(t, proxy.Addr())
	cache := must(recipe.NewTreeCache(mine, path))(t)
	defer cache.Close()
	py.Do(t, "client.create('%s/a/b', b'1', makepath=True)", path)
	events := cache.Events()
	if err := cache.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := cache.Start(ctx); err == nil {
		t.Error("it starts twice")
	}
	agrees(t, cache, c, path)
	for _, code := range []string{
		"client.set('%s/a/b', b'2')", "client.create('%s/ab')", "client.delete('%s/a', recursive=True)", "client.create('%s/a', b'again')",
	} {
		py.Do(t, code, path)
		agrees(t, cache, c, path)
	}
	// Each change is told of once.
	var told []string
	for range 8 {
		e := must(events.Next(ctx))(t)
		told = append(told, fmt.Sprintf("%d %s %s", e.Type, strings.TrimPrefix(e.Path, path), e.Data))
	}
	want := []string{"0  ", "0 /a ", "0 /a/b 1", "1 /a/b 2", "0 /ab ", "2 /a/b 2", "2 /a ", "0 /a again"}
	if !slices.Equal(told, want) {
		t.Errorf("told of %q", told)
	}
	if got := cache.Get(path + "x"); got.Exists {
		t.Error("what is outside of the tree is in the cache")
	}
	if names, ok := cache.Children(path + "/none"); ok || names != nil {
		t.Errorf("of no node: %v", names)
	}
	watches := proxy.Count(zktest.Is(zktest.OpAddWatch))
	if watches != 1 {
		t.Errorf("%d watches", watches)
	}
	// The node at the top too comes and goes.
	py.Do(t, "client.delete('%s', recursive=True)", path)
	agrees(t, cache, c, path)
	py.Do(t, "client.create('%s/x/y', makepath=True)", path)
	agrees(t, cache, c, path)
	cache.Close()
	for {
		_, err := events.Next(ctx)
		if err == nil {
			continue
		}
		if !errors.Is(err, zk.ErrWatchEnded) || !errors.Is(cache.Err(), zk.ErrWatchEnded) {
			t.Errorf("closed: %v, %v", err, cache.Err())
		}
		break
	}
	if !cache.Get(path + "/x/y").Exists {
		t.Error("closing it has emptied it")
	}
}

// mutate changes a tree at random.
func mutate(ctx context.Context, t *testing.T, c *zk.Client, path string, random *rand.Rand, times int) {
	t.Helper()
	for range times {
		at := path
		for range 1 + random.IntN(3) {
			at += fmt.Sprintf("/%d", random.IntN(4))
		}
		var err error
		switch random.IntN(4) {
		case 0:
			_, err = c.Set(ctx, at, fmt.Append(nil, random.Uint32()), zk.AnyVersion)
		case 1:
			err = c.DeleteTree(ctx, at, zk.AnyVersion)
		default:
			_, err = c.Create(ctx, at, fmt.Append(nil, random.Uint32()), zk.CreateOptions{MakeParents: true})
		}
		if err != nil && !errors.Is(err, zk.ErrNodeExists) && !errors.Is(err, zk.ErrNoNode) {
			t.Fatal(err)
		}
	}
}

// oldVersions are those releases that are there before 3.6, which have no watches but one-time ones.
func oldVersions(t *testing.T) (old []string) {
	t.Helper()
	for _, v := range must(zktest.Versions())(t) {
		if strings.HasPrefix(v, "3.4.") || strings.HasPrefix(v, "3.5.") {
			old = append(old, v)
		}
	}
	if len(old) < 2 {
		t.Fatalf("the old releases are %v", old)
	}
	return old
}

// Whatever becomes of the connection and of the session, the cache holds in the end what the
// servers do. So it does on old servers.
func TestTreeCacheSurvives(t *testing.T) {
	t.Parallel()
	for _, version := range append([]string{""}, oldVersions(t)...) {
		t.Run("version "+version, func(t *testing.T) {
			t.Parallel()
			ctx, addr := testContext(t), server.Addr()
			if version != "" {
				addr = zktest.StartServer(t, zktest.WithVersion(version)).Addr()
			}
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			c := connect(t, addr)
			path := folder(t, c) + "/tree"
			mutate(ctx, t, c, path, random, 100)
			v := newVictimOf(t, addr)
			cache := startCache(t, v.Client, path)
			agrees(t, cache, c, path)
			for round := range 10 {
				switch round % 4 {
				case 0: // while it is connected
					mutate(ctx, t, c, path, random, 60)
				case 1: // while it is not
					reopen := v.gate.close()
					v.proxy.CutAll()
					mutate(ctx, t, c, path, random, 60)
					reopen()
				case 2: // while it comes and goes
					var work sync.WaitGroup
					work.Go(func() { mutate(ctx, t, c, path, random, 60) })
					for range 5 {
						cut := v.proxy.CutAfterRequest(isRequest)
						select {
						case <-cut:
						case <-ctx.Done():
						}
					}
					work.Wait()
				case 3: // in the next session
					v.expire(t)
					mutate(ctx, t, c, path, random, 60)
				}
				agrees(t, cache, c, path)
			}
			if err := v.Close(ctx); err != nil {
				t.Fatal(err)
			}
			until(t, "it to end with its client", func() bool { return cache.Err() != nil })
		})
	}
}

// Nodes may come while a cache with one-time watches reads the tree for the first time, and just when it has.
func TestTreeCacheBegins(t *testing.T) {
	t.Parallel()
	addr := zktest.StartServer(t, zktest.WithVersion(oldVersions(t)[0])).Addr()
	ctx, direct, c := testContext(t), connect(t, addr), connect(t, addr)
	path := folder(t, direct)
	on, enough := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer enough()
	for i := range 4 {
		work.Go(func() {
			node := fmt.Sprintf("%s/%d", path, i)
			for on.Err() == nil {
				_, err := direct.Create(ctx, node, nil, zk.CreateOptions{})
				if err := errors.Join(err, direct.Delete(ctx, node, zk.AnyVersion)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 500 {
		cache := must(recipe.NewTreeCache(c, path))(t)
		if err := cache.Start(ctx); err != nil {
			t.Fatal(err)
		}
		cache.Close()
	}
}

// A cache goes over to one-time watches where nobody tells the next server's version, and begins with them where nobody
// told the first one's.
func TestTreeCacheVersionUntold(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	path := folder(t, c) + "/tree"
	mutate(ctx, t, c, path, random, 100)
	v := newVictim(t)
	cache := startCache(t, v.Client, path)
	agrees(t, cache, c, path)

	defer v.proxy.HoldWords()()
	reopen := v.gate.close()
	v.proxy.CutAll()
	mutate(ctx, t, c, path, random, 60)
	reopen()
	agrees(t, cache, c, path)
	mutate(ctx, t, c, path, random, 60)
	agrees(t, cache, c, path)
	if err := c.DeleteTree(ctx, path, zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	agrees(t, cache, c, path)

	mutate(ctx, t, c, path, random, 60)
	agrees(t, startCache(t, v.Client, path), c, path)
	agrees(t, cache, c, path)
}

// A hundred thousand nodes are held in a hundred megabytes, read with few requests, and kept up.
func TestTreeCacheLarge(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/tree"
	const folders, each = 100, 1000
	var making sync.WaitGroup
	for i := range folders {
		making.Go(func() {
			ops := []zk.Op{zk.CreateOp(fmt.Sprintf("%s/%d", path, i), nil, zk.CreateOptions{})}
			for j := range each - 1 {
				ops = append(ops, zk.CreateOp(fmt.Sprintf("%s/%d/node-%d", path, i, j), fmt.Appendf(nil, "data of node %d", j), zk.CreateOptions{}))
			}
			if _, err := c.EnsurePath(ctx, path, nil); err != nil {
				t.Error(err)
			}
			if _, err := c.Multi(ctx, ops...); err != nil {
				t.Error(err)
			}
		})
	}
	making.Wait()
	proxy := zktest.StartProxy(t, server.Addr())
	before := heap()
	cache := startCache(t, connect(t, proxy.Addr()), path)
	after := heap()
	if n := cache.Len(); n != folders*each+1 {
		t.Errorf("%d nodes", n)
	}
	requests := proxy.Count(isRequest)
	t.Logf("%d bytes for each node, %d requests", (after-before)/(folders*each), requests)
	if requests > folders*each/20 {
		t.Errorf("it was read with %d requests", requests)
	}
	// Other tests run meanwhile.
	if after-before > 100<<20 {
		t.Errorf("it takes %d MB", (after-before)>>20)
	}
	if _, err := c.Set(ctx, path+"/50/node-500", []byte("new"), 0); err != nil {
		t.Fatal(err)
	}
	until(t, "the change", func() bool { return string(cache.Get(path+"/50/node-500").Data) == "new" })
	if err := c.DeleteTree(ctx, path, zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	until(t, "the end of all", func() bool { return cache.Len() == 0 })
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// What may not be read is not in the cache, and keeps nothing else out of it.
func TestTreeCacheUnreadable(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	alice := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.Auth = []zk.Credential{{Scheme: zk.SchemeDigest, Secret: "alice:x"}} })
	path := folder(t, alice) + "/tree"
	closed := []zk.ACL{{Scheme: zk.SchemeAuth, Perms: zk.PermAll}}
	create := func(name string, acl []zk.ACL) {
		if _, err := alice.Create(ctx, path+name, nil, zk.CreateOptions{ACL: acl, MakeParents: true, ParentACL: zk.OpenACL()}); err != nil {
			t.Fatal(err)
		}
	}
	create("/closed", closed)
	create("/closed/below", nil)
	create("/open", nil)
	cache := startCache(t, connect(t, server.Addr()), path)
	create("/later", closed)
	create("/last", nil)
	until(t, "the last", func() bool { return cache.Get(path + "/last").Exists })
	if names, _ := cache.Children(path); !slices.Equal(names, []string{"last", "open"}) {
		t.Errorf("cached are %v", names)
	}
}
