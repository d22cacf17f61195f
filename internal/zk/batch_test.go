package zk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// mzxid is what a write of the node at path is to be planned against.
func mzxid(t *testing.T, c *zk.Client, path string) int64 {
	t.Helper()
	stat, ok, err := c.Exists(testContext(t), path)
	if err != nil || !ok {
		t.Fatalf("%s: %v, %v", path, ok, err)
	}
	return stat.Mzxid
}

// holding returns what is at and below a path, by the paths relative to it.
func holding(t *testing.T, c *zk.Client, path string) map[string]string {
	t.Helper()
	nodes := make(map[string]string)
	err := c.Walk(testContext(t), path, -1, func(r zk.Reading) error {
		nodes[strings.TrimPrefix(r.Path, path)] = string(r.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func equalTrees(got, want map[string]string) error {
	if fmt.Sprint(got) != fmt.Sprint(want) { // maps print in the order of their keys
		return fmt.Errorf("the tree is %q, want %q", got, want)
	}
	return nil
}

func multis(proxy *zktest.Proxy) (n int) {
	for _, r := range proxy.Requests() {
		if zktest.IsMulti(r.Opcode) {
			n++
		}
	}
	return n
}

func TestApply(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	base := folder(t, c)
	acl := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermAdmin}}
	made, err := c.Apply(ctx, zk.Batch{ACL: acl, Writes: []zk.Write{
		{Path: base + "/a/b/c", Data: []byte("deep")}, // before its parents
		{Path: base + "/a/x", Data: []byte("x")},
		{Kind: zk.WriteEnsure, Path: base + "/a/b"},
		{Kind: zk.WriteEnsure, Path: base + "/a"},
		{Kind: zk.WriteEnsure, Path: base},
		{Path: base + "/old/one", Data: []byte("1")},
		{Kind: zk.WriteEnsure, Path: base + "/old"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := equalTrees(holding(t, c, base), map[string]string{"": "", "/a": "", "/a/b": "", "/a/b/c": "deep", "/a/x": "x", "/old": "", "/old/one": "1"}); err != nil {
		t.Error(err)
	}
	zxid := mzxid(t, c, base+"/a/x")
	if got := c.Zxid(); got < zxid {
		t.Errorf("the latest transaction is said to be %d, and one was %d", got, zxid)
	}
	for i, r := range made {
		if want := (zk.WriteResult{Done: true, Zxid: zxid}); i != 4 && r != want {
			t.Errorf("write %d: %+v, want %+v", i, r, want)
		}
	}
	if want := (zk.WriteResult{Needless: true}); made[4] != want {
		t.Errorf("the node that was there: %+v", made[4])
	}
	for _, path := range []string{base + "/a", base + "/a/b/c"} {
		if got, _, err := c.ACL(ctx, path); err != nil || fmt.Sprint(got) != fmt.Sprint(acl) {
			t.Errorf("%s has the ACL %v, %v", path, got, err)
		}
	}
	got, err := c.Apply(ctx, zk.Batch{Writes: []zk.Write{
		{Kind: zk.WriteDelete, Path: base + "/old/one", Mzxid: zxid},
		{Kind: zk.WritePrune, Path: base + "/old", Mzxid: zxid},
		{Kind: zk.WriteSet, Path: base + "/a/x", Data: []byte("y"), Mzxid: zxid},
		{Path: base + "/new", Data: nil},
		{Kind: zk.WriteDelete, Path: base + "/a/b/c"},
		{Kind: zk.WriteDelete, Path: base + "/a/b"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := equalTrees(holding(t, c, base), map[string]string{"": "", "/a": "", "/a/x": "y", "/new": ""}); err != nil {
		t.Error(err)
	}
	zxid = mzxid(t, c, base+"/a/x")
	for i, r := range got {
		if want := (zk.WriteResult{Done: true, Zxid: zxid}); r != want {
			t.Errorf("write %d: %+v, want %+v", i, r, want)
		}
	}
	if n := multis(proxy); n != 2 {
		t.Errorf("%d transactions, want 2", n)
	}
}

// What is not as planned is named, all of it, and nothing is written.
func TestApplyConflicts(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr())
	base := folder(t, c)
	at := make(map[string]int64)
	for _, name := range []string{"changed", "anew", "gone", "full", "full/child", "same"} {
		if _, err := c.Create(ctx, base+"/"+name, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		at[name] = mzxid(t, c, base+"/"+name)
	}
	for _, err := range []error{
		c.Delete(ctx, base+"/gone", 0), c.Delete(ctx, base+"/anew", 0),
		func() error { _, err := c.Set(ctx, base+"/changed", []byte("theirs"), 0); return err }(),
		func() error { _, err := c.Create(ctx, base+"/anew", nil, zk.CreateOptions{}); return err }(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before := holding(t, c, base)
	batch := zk.Batch{Writes: []zk.Write{
		{Path: base + "/new"},
		{Kind: zk.WriteSet, Path: base + "/same", Data: []byte("ours"), Mzxid: at["same"]},
		{Kind: zk.WriteSet, Path: base + "/gone", Mzxid: at["gone"]},
		{Kind: zk.WriteDelete, Path: base + "/changed", Mzxid: at["changed"]},
		{Kind: zk.WriteSet, Path: base + "/anew", Mzxid: at["anew"]},
		{Kind: zk.WriteDelete, Path: base + "/full", Mzxid: at["full"]},
		{Path: base + "/full/child"}, // not looked at as long as others keep the batch from being written
	}}
	_, err := c.Apply(ctx, batch)
	conflict, ok := errors.AsType[*zk.BatchConflictError](err)
	if !ok {
		t.Fatal(err)
	}
	want := map[string]error{"/anew": zk.ErrBadVersion, "/changed": zk.ErrBadVersion, "/full": zk.ErrNotEmpty, "/gone": zk.ErrNoNode}
	for _, c := range conflict.Conflicts {
		name := strings.TrimPrefix(c.Write.Path, base)
		if !errors.Is(c.Err, want[name]) || c.Write.Mzxid != at[name[1:]] || c.MadeAnew() != (name == "/anew") {
			t.Errorf("%s: %+v", name, c)
		}
		delete(want, name)
	}
	if len(want) > 0 || !errors.Is(err, zk.ErrNotEmpty) || errors.Is(err, zk.ErrNodeExists) {
		t.Errorf("%v, and not %v", err, want)
	}
	if got, want := err.Error(), base+"/anew: "+zk.ErrBadVersion.Error()+" (and 3 more)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := equalTrees(holding(t, c, base), before); err != nil {
		t.Error(err)
	}

	// Of those to be made, it is told when the servers refuse one.
	_, err = c.Apply(ctx, zk.Batch{Writes: []zk.Write{{Path: base + "/new"}, {Path: base + "/same"}, {Path: base + "/full"}}})
	conflict, ok = errors.AsType[*zk.BatchConflictError](err)
	if !ok || len(conflict.Conflicts) != 2 || conflict.Conflicts[0].Write.Path != base+"/full" || !errors.Is(conflict.Conflicts[0].Err, zk.ErrNodeExists) || conflict.Conflicts[0].Found.NumChildren != 1 {
		t.Errorf("%+v", err)
	}
	// A node that is gone is as good as deleted, where that is said.
	got, err := c.Apply(ctx, zk.Batch{GoneIsDeleted: true, Writes: []zk.Write{{Kind: zk.WriteDelete, Path: base + "/gone", Mzxid: 1}, {Kind: zk.WriteDelete, Path: base + "/same"}}})
	if err != nil || !got[0].Needless || !got[1].Done {
		t.Errorf("%+v, %v", got, err)
	}
	// Who is to make the parent?
	_, err = c.Apply(ctx, zk.Batch{Writes: []zk.Write{{Path: base + "/missing/child"}}})
	if _, ok := errors.AsType[*zk.BatchConflictError](err); !errors.Is(err, zk.ErrNoNode) || ok {
		t.Errorf("%v, want no node", err)
	}
	for _, path := range []string{"/zookeeper/x", "/", "relative"} {
		if _, err := c.Apply(ctx, zk.Batch{Writes: []zk.Write{{Path: path}}}); err == nil {
			t.Errorf("%s was accepted", path)
		}
	}
}

// Nodes in between go as far as nobody else uses them.
func TestApplyPrunes(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr())
	base := folder(t, c)
	var ensure, prune []zk.Write
	for _, name := range []string{"/free", "/free/low", "/used", "/used/low", "/written"} {
		ensure = append(ensure, zk.Write{Kind: zk.WriteEnsure, Path: base + name})
	}
	made, err := c.Apply(ctx, zk.Batch{Writes: ensure})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range ensure {
		prune = append(prune, zk.Write{Kind: zk.WritePrune, Path: w.Path, Mzxid: made[i].Zxid})
	}
	prune = append(prune, zk.Write{Kind: zk.WritePrune, Path: base + "/gone"})
	if _, err := c.Create(ctx, base+"/used/theirs", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Set(ctx, base+"/written", []byte("theirs"), 0); err != nil {
		t.Fatal(err)
	}
	got, err := c.Apply(ctx, zk.Batch{Writes: prune})
	if err != nil {
		t.Fatal(err)
	}
	for i, done := range []bool{true, true, false, true, false, false} {
		if got[i].Done != done || got[i].Needless == done {
			t.Errorf("%s: %+v", prune[i].Path, got[i])
		}
	}
	if err := equalTrees(holding(t, c, base), map[string]string{"": "", "/used": "", "/used/theirs": "", "/written": "theirs"}); err != nil {
		t.Error(err)
	}
}

// The size that a batch tells is the one that is sent.
func TestBatchSize(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	plain := connect(t, server.Addr())
	base := folder(t, plain)
	acl := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermAll}, {Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermRead}}
	for name, writes := range map[string][]zk.Write{
		"create": {{Path: "/a/b", Data: []byte("data")}, {Kind: zk.WriteEnsure, Path: "/a"}},
		"set":    {{Kind: zk.WriteSet, Path: "/a/b", Data: []byte("longer data")}},
		"delete": {{Kind: zk.WriteDelete, Path: "/a/b"}, {Kind: zk.WritePrune, Path: "/a"}},
	} {
		batch := zk.Batch{Writes: writes, ACL: acl}
		if _, ok := errors.AsType[*zk.TooLargeError](batch.CheckSize(base, 1)); !ok {
			t.Fatal("everything fits into a byte")
		}
		size := 1
		for batch.CheckSize(base, size) != nil {
			size++
		}
		if name != "create" {
			if _, err := plain.Apply(ctx, zk.Batch{Writes: []zk.Write{{Path: base + "/a"}, {Path: base + "/a/b"}}}); err != nil {
				t.Fatal(err)
			}
		}
		limited := func(n int) *zk.Client {
			return connect(t, server.Addr()+base, func(cfg *zk.Config) { cfg.MaxBufferBytes = n })
		}
		_, err := limited(size-1).Apply(ctx, batch)
		if large, ok := errors.AsType[*zk.TooLargeError](err); !ok || large.Size != size {
			t.Errorf("%s of %d bytes: %v", name, size, err)
		}
		if _, err := limited(size).Apply(ctx, batch); err != nil {
			t.Errorf("%s of %d bytes: %v", name, size, err)
		}
		if err := plain.DeleteTree(ctx, base+"/a", zk.AnyVersion); err != nil {
			t.Fatal(err)
		}
	}
	one := zk.Batch{Split: true, ACL: acl, Writes: []zk.Write{{Path: "/small"}, {Path: "/large", Data: make([]byte, 200)}}}
	err := one.CheckSize("", 200)
	if e, ok := errors.AsType[*zk.Error](err); !ok || e.Path != "/large" {
		t.Errorf("%v does not name the node", err)
	}
}

// A batch that is split takes no more transactions than it needs, and where it ends early,
// its results say what was done.
func TestApplySplit(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.MaxBufferBytes = 2000 })
	base := folder(t, c)
	var writes []zk.Write
	for i := range 40 {
		writes = append(writes, zk.Write{Path: fmt.Sprintf("%s/d%d/n%02d", base, i%3, i), Data: make([]byte, 100)})
	}
	for i := range 3 {
		writes = append(writes, zk.Write{Kind: zk.WriteEnsure, Path: fmt.Sprintf("%s/d%d", base, i)})
	}
	batch := zk.Batch{Writes: writes, ACL: zk.OpenACL()}
	_, err := c.Apply(ctx, batch)
	large, isLarge := errors.AsType[*zk.TooLargeError](err)
	if !isLarge {
		t.Fatalf("%v, want too large", err)
	}
	batch.Split = true
	if _, err := c.Apply(ctx, batch); err != nil {
		t.Fatal(err)
	}
	// Each write has about the same size, so that all but the last are full.
	if n, least := multis(proxy), (large.Size+1999)/2000; n < least || n > least+1 {
		t.Errorf("%d transactions of %d bytes, want %d or one more", n, large.Size, least)
	}
	if n := len(holding(t, c, base)); n != 44 {
		t.Errorf("%d nodes, want 44", n)
	}

	// Somebody writes in the midst of it.
	last := base + "/d2/n38"
	at := mzxid(t, c, last)
	var sets []zk.Write
	for _, w := range writes[:40] {
		sets = append(sets, zk.Write{Kind: zk.WriteSet, Path: w.Path, Data: make([]byte, 120), Mzxid: at})
		sets[len(sets)-1].Mzxid = mzxid(t, c, w.Path)
	}
	direct := connect(t, server.Addr())
	var once sync.Once
	seen := 0
	proxy.CutBeforeRequest(func(op int32) bool {
		if zktest.IsMulti(op) {
			seen++
			if seen == 2 {
				once.Do(func() {
					if _, err := direct.Set(ctx, last, []byte("theirs"), 0); err != nil {
						t.Error(err)
					}
				})
			}
		}
		return false
	})
	got, err := c.Apply(ctx, zk.Batch{Writes: sets, Split: true})
	_, isPartial := errors.AsType[*zk.PartialError](err)
	conflict, isConflict := errors.AsType[*zk.BatchConflictError](err)
	if !isPartial || !isConflict || len(conflict.Conflicts) != 1 || conflict.Conflicts[0].Write.Path != last {
		t.Fatalf("%v", err)
	}
	done := 0
	for i, r := range got {
		stat, _, err := c.Exists(ctx, sets[i].Path)
		if err != nil {
			t.Fatal(err)
		}
		ours := stat.DataLength == 120
		if r.Done != ours || ours && r.Zxid != stat.Mzxid {
			t.Errorf("%s: %+v, and the node is %+v", sets[i].Path, r, stat)
		}
		if ours {
			done++
		}
	}
	if done == 0 || done >= 39 {
		t.Errorf("%d writes done", done)
	}
}

// Two that need the same nodes in between do not hinder each other.
func TestApplySharesNodesInBetween(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	a, b := connect(t, server.Addr()), connect(t, server.Addr())
	base := folder(t, a)
	for round := range 50 {
		dir := fmt.Sprintf("%s/%d", base, round)
		var wg sync.WaitGroup
		var errs [2]error
		for i, c := range []*zk.Client{a, b} {
			wg.Go(func() {
				_, errs[i] = c.Apply(ctx, zk.Batch{Writes: []zk.Write{
					{Kind: zk.WriteEnsure, Path: dir}, {Kind: zk.WriteEnsure, Path: dir + "/low"}, {Path: fmt.Sprintf("%s/low/%d", dir, i)},
				}})
			})
		}
		wg.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(holding(t, a, base)); n != 1+50*4 {
		t.Errorf("%d nodes", n)
	}
}

// A lost reply is looked for, and what was done is told as if it had come.
func TestApplyReplyLost(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	base := folder(t, c)
	writes := []zk.Write{{Kind: zk.WriteEnsure, Path: base + "/a"}, {Path: base + "/a/x", Data: []byte("x")}, {Path: base + "/a/y"}}
	for _, cut := range []func(func(int32) bool) <-chan struct{}{proxy.CutBeforeRequest, proxy.CutAfterRequest} {
		happened := cut(zktest.IsMulti)
		got, err := c.Apply(ctx, zk.Batch{Writes: writes})
		if err != nil {
			t.Fatal(err)
		}
		<-happened
		zxid := mzxid(t, c, base+"/a/x")
		var remove []zk.Write
		for i, r := range got {
			if want := (zk.WriteResult{Done: true, Zxid: zxid}); r != want {
				t.Errorf("write %d: %+v, want %+v", i, r, want)
			}
			remove = append(remove, zk.Write{Kind: zk.WriteDelete, Path: writes[i].Path, Mzxid: zxid})
		}
		happened = cut(zktest.IsMulti)
		got, err = c.Apply(ctx, zk.Batch{Writes: remove})
		if err != nil {
			t.Fatal(err)
		}
		<-happened
		if got[0].Zxid <= zxid {
			t.Errorf("%+v is not later than %d", got[0], zxid)
		}
	}
	if err := equalTrees(holding(t, c, base), map[string]string{"": ""}); err != nil {
		t.Error(err)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr())
	base := folder(t, c)
	got, err := c.Stats(ctx, []string{base + "/none", base})
	if err != nil || got[0] != (zk.Stat{}) || got[1].Czxid == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Stats(ctx, nil); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.Stats(ctx, []string{"relative"}); err == nil {
		t.Error("a relative path was accepted")
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := c.Stats(ended, []string{base}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the end of the context", err)
	}
}

// trees are two states of a tree, between which batches go: nodes come, change and go.
func trees() [2]map[string]string {
	a, b := map[string]string{"": ""}, map[string]string{"": ""}
	for i := range 40 {
		dir := fmt.Sprintf("/d%d", i%4)
		key := fmt.Sprintf("%s/n%d", dir, i)
		switch i % 4 {
		case 0:
			a[dir], a[key] = "", "only here"
		case 1:
			b[dir], b[key] = "", "only there"
		default:
			a[dir], b[dir], a[key], b[key] = "", "", fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
		}
	}
	return [2]map[string]string{a, b}
}

// toward returns the batch that makes the tree below base, which is as told, another one.
func toward(t *testing.T, c *zk.Client, base string, is, to map[string]string) zk.Batch {
	t.Helper()
	var b zk.Batch
	for name, data := range to {
		if was, ok := is[name]; !ok {
			b.Writes = append(b.Writes, zk.Write{Path: base + name, Data: []byte(data)})
		} else if was != data {
			b.Writes = append(b.Writes, zk.Write{Kind: zk.WriteSet, Path: base + name, Data: []byte(data)})
		}
	}
	for name := range is {
		if _, ok := to[name]; !ok {
			b.Writes = append(b.Writes, zk.Write{Kind: zk.WriteDelete, Path: base + name})
		}
	}
	paths := make([]string, len(b.Writes))
	for i, w := range b.Writes {
		paths[i] = w.Path
	}
	stats, err := c.Stats(testContext(t), paths)
	if err != nil {
		t.Fatal(err)
	}
	for i, stat := range stats {
		b.Writes[i].Mzxid = stat.Mzxid
	}
	return b
}

// atNth matches the nth request from now on.
func atNth(n int) func(int32) bool {
	return func(int32) bool {
		n--
		return n == 0
	}
}

// Whatever happens to the connection, and when, the tree is the old one or the new one.
func TestApplyIsAtomic(t *testing.T) {
	t.Parallel()
	direct := connect(t, server.Addr())
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	base := folder(t, direct)
	states := trees()
	now := map[string]string{"": ""}
	const rounds = 60
	var old, fresh, failed int
	var cuts sync.WaitGroup
	defer cuts.Wait()
	for round := range rounds {
		to := states[round%2]
		batch := toward(t, direct, base, now, to)
		// Settling what was lost takes some more requests than a batch does.
		n := 1 + rand.IntN(countLooks(batch)+5)
		if round%3 == 0 {
			n = 1 + countLooks(batch) // the transaction itself
		}
		switch rand.IntN(3) {
		case 0:
			proxy.CutBeforeRequest(atNth(n))
		case 1:
			proxy.CutAfterRequest(atNth(n))
		case 2:
			left := atNth(n)
			proxy.CutBeforeRequest(func(op int32) bool {
				if left(op) {
					cuts.Go(proxy.CutAll) // while the request is on its way; the proxy is locked here
				}
				return false
			})
		}
		_, err := c.Apply(testContext(t), batch)
		got := holding(t, direct, base)
		isOld, isNew := equalTrees(got, now) == nil, equalTrees(got, to) == nil
		switch {
		case !isOld && !isNew:
			t.Fatalf("round %d: the tree is neither the old one nor the new one: %q", round, got)
		case err == nil && !isNew:
			t.Fatalf("round %d: the tree is the old one, and there is no error", round)
		case err != nil && !errors.Is(err, zk.ErrOutcomeUnknown) && isNew:
			t.Fatalf("round %d: the tree is the new one, and the error is %v", round, err)
		}
		if err != nil {
			failed++
		}
		if isNew {
			now = to
			fresh++
		} else {
			old++
		}
	}
	t.Logf("%d new, %d old, %d with an error", fresh, old, failed)
	if fresh < rounds/2 {
		t.Errorf("%d of %d batches were applied", fresh, rounds)
	}
}

// countLooks returns how many requests go before the transaction of a batch.
func countLooks(b zk.Batch) (n int) {
	for _, w := range b.Writes {
		if w.Kind != zk.WriteCreate {
			n++
		}
	}
	return n
}

// Nor does it matter when the server is killed: it comes back with all or with nothing.
func TestApplyServerKilled(t *testing.T) {
	t.Parallel()
	own := zktest.StartServer(t)
	proxy := zktest.StartProxy(t, own.Addr())
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.ConnectTimeout, cfg.SessionTimeout = patience, patience })
	base := folder(t, c)
	states := trees()
	now := map[string]string{"": ""}
	for round := range 8 {
		to := states[round%2]
		batch := toward(t, c, base, now, to)
		n := 1 + rand.IntN(countLooks(batch)+1)
		if round%2 == 0 {
			n = 1 + countLooks(batch)
		}
		killed := make(chan error, 1)
		left := atNth(n)
		proxy.CutBeforeRequest(func(op int32) bool {
			if left(op) {
				go func() { // while the request is on its way
					err := own.Kill()
					if err == nil {
						err = own.Restart(context.WithoutCancel(t.Context()))
					}
					killed <- err
				}()
			}
			return false
		})
		_, err := c.Apply(testContext(t), batch)
		if err := <-killed; err != nil {
			t.Fatal(err)
		}
		got := holding(t, c, base)
		isOld, isNew := equalTrees(got, now) == nil, equalTrees(got, to) == nil
		switch {
		case !isOld && !isNew:
			t.Fatalf("round %d: the tree is neither the old one nor the new one: %q", round, got)
		case err == nil && !isNew:
			t.Fatalf("round %d: the tree is the old one, and there is no error", round)
		}
		t.Logf("killed at request %d of the batch: new %v, error %v", n, isNew, err)
		if isNew {
			now = to
		}
	}
}

// Servers do not compare which node a set is for: where somebody has made it again since the look, it is told that
// the data has gone there, and nothing more is written.
func TestApplyMisdirected(t *testing.T) {
	t.Parallel()
	for name, split := range map[string]bool{"in one transaction": false, "in several": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := folder(t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.MaxBufferBytes = 2000 })
			batch := zk.Batch{Split: split}
			for _, name := range []string{"/a", "/b", "/c"} {
				_, err := direct.Create(ctx, base+name, nil, zk.CreateOptions{})
				if err != nil {
					t.Fatal(err)
				}
				data := 10
				if split {
					data = 1500
				}
				batch.Writes = append(batch.Writes, zk.Write{Kind: zk.WriteSet, Path: base + name, Data: make([]byte, data), Mzxid: mzxid(t, direct, base+name)})
			}
			writes := 0
			proxy.CutBeforeRequest(func(op int32) bool {
				if zktest.IsMulti(op) || zktest.IsSet(op) {
					writes++
				}
				if writes == 1 {
					writes++
					if _, err := direct.Multi(ctx, zk.DeleteOp(base+"/b", zk.AnyVersion), zk.CreateOp(base+"/b", nil, zk.CreateOptions{})); err != nil {
						t.Error(err)
					}
				}
				return false
			})
			results, err := c.Apply(ctx, batch)
			misdirected, ok := errors.AsType[*zk.MisdirectedError](err)
			if !ok || misdirected.Path != base+"/b" || !errors.Is(err, zk.ErrBadVersion) {
				t.Fatal(err)
			}
			want := []zk.WriteResult{{Done: true}, {Done: true, Misdirected: true}, {Done: !split}}
			for i := range results {
				results[i].Zxid = 0
			}
			if !slices.Equal(results, want) {
				t.Errorf("%+v, want %+v", results, want)
			}
		})
	}
}
