package history_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"

	"terraform-provider-zookeeper/chaos/history"
)

func client(t *testing.T, servers string) *zk.Client {
	t.Helper()
	c, err := zk.New(t.Context(), zk.Config{Servers: servers})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
	ok[zk.ServerInfo](t)(c.ServerInfo(t.Context())) // with the version, a create is answered with a stat
	return c
}

func ok[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// What a client did is what the log has, in order, with its session; and what failed changes
// nothing.
func TestLog(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t, zktest.WithSystemProperty("zookeeper.extendedTypesEnabled", "true"))
	log := history.NewLog(server.TxnLogDir())
	c := client(t, server.Addr())
	ctx := t.Context()
	read := []zk.ACL{{Scheme: "ip", ID: "10.0.0.1", Perms: zk.PermRead}, {Scheme: "world", ID: "anyone", Perms: zk.PermAll}}
	a := ok[zk.Created](t)(c.Create(ctx, "/a", []byte("one"), zk.CreateOptions{ACL: read}))
	set := ok[zk.Stat](t)(c.Set(ctx, "/a", []byte("two"), 0))
	ok[zk.Stat](t)(c.SetACL(ctx, "/a", zk.OpenACL(), 0))
	ok[zk.Created](t)(c.Create(ctx, "/ttl", nil, zk.CreateOptions{Mode: zk.PersistentTTL, TTL: 1 << 40}))
	ok[zk.Created](t)(c.Create(ctx, "/container", nil, zk.CreateOptions{Mode: zk.Container}))
	if _, err := c.Multi(ctx, zk.CreateOp("/no", nil, zk.CreateOptions{}), zk.CheckOp("/a", 7)); err == nil {
		t.Fatal("a transaction with a wrong version went through")
	}
	ok[[]zk.OpResult](t)(c.Multi(ctx, zk.CreateOp("/m", []byte("m"), zk.CreateOptions{}), zk.SetOp("/a", []byte("three"), 1), zk.DeleteOp("/ttl", 0)))
	ok[zk.Created](t)(c.Create(ctx, "/e", nil, zk.CreateOptions{Mode: zk.Ephemeral}))

	session, _ := c.Session()
	txns, err := log.Since(0)
	if err != nil {
		t.Fatal(err)
	}
	tree := make(history.Tree)
	for _, txn := range txns {
		tree.Apply(txn)
		if txn.Session != session {
			t.Errorf("%v is not of the session %#x", txn, session)
		}
	}
	if !txns[0].Opened {
		t.Errorf("it begins with %v", txns[0])
	}
	want := []string{"/a", "/container", "/e", "/m"}
	if got := tree.Paths(); !slices.Equal(got, want) {
		t.Errorf("the nodes are %v, want %v", got, want)
	}
	n := tree["/a"]
	if string(n.Data) != "three" || !slices.Equal(n.ACL, zk.OpenACL()) || n.Czxid != a.Stat.Czxid || n.Mzxid != set.Mzxid+5 || n.Azxid != set.Mzxid+1 || n.Version != 2 || n.Aversion != 1 {
		t.Errorf("/a is %+v, was created in %#x and written in %#x", n, a.Stat.Czxid, set.Mzxid)
	}

	// From there on: the rest is told, and nothing twice.
	last := txns[len(txns)-1].Zxid
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	txns, err = log.Since(last)
	if err != nil || len(txns) != 1 || !txns[0].Closed || txns[0].Cxid == 0 {
		t.Fatalf("after the end of the session there are %v, %v", txns, err)
	}
	tree.Apply(txns[0])
	if _, there := tree["/e"]; there {
		t.Error("an ephemeral node outlives its session")
	}

	// A server that was killed begins another file.
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	b := ok[zk.Created](t)(client(t, server.Addr()).Create(ctx, "/b", nil, zk.CreateOptions{}))
	txns, err = log.Since(b.Stat.Czxid - 1)
	if err != nil || len(txns) != 1 || txns[0].Changes[0].Path != "/b" {
		t.Errorf("after a restart there are %v, %v", txns, err)
	}
}

// Of an ensemble the log has what a majority has, whichever member is asked and whichever was
// down meanwhile.
func TestAgreed_ensemble(t *testing.T) {
	t.Parallel()
	ensemble := zktest.StartEnsemble(t, 3)
	var logs []*history.Log
	for _, server := range ensemble.Servers() {
		logs = append(logs, history.NewLog(server.TxnLogDir()))
	}
	c := client(t, ensemble.Addrs())
	want := []string{"/a"}
	ok[zk.Created](t)(c.Create(t.Context(), "/a", nil, zk.CreateOptions{}))
	leader := ensemble.Leader()
	if err := leader.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/b", "/c"} {
		ok[zk.Created](t)(c.Create(t.Context(), path, nil, zk.CreateOptions{}))
		want = append(want, path)
	}
	if err := leader.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	ok[zk.Created](t)(c.Create(t.Context(), "/d", nil, zk.CreateOptions{}))
	want = append(want, "/d")
	var all [][]history.Txn
	for _, log := range logs {
		all = append(all, ok[[]history.Txn](t)(log.Since(0)))
	}
	var got []string
	for _, txn := range history.Agreed(all) {
		for _, change := range txn.Changes {
			got = append(got, change.Path)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the servers have agreed on %v, want %v", got, want)
	}
}

// What only a minority has was never brought through.
func TestAgreed(t *testing.T) {
	t.Parallel()
	one, two, three := history.Txn{Zxid: 1}, history.Txn{Zxid: 2}, history.Txn{Zxid: 3}
	var got []int64
	for _, txn := range history.Agreed([][]history.Txn{{one, two}, {one, three}, {three}}) {
		got = append(got, txn.Zxid)
	}
	if want := []int64{1, 3}; !slices.Equal(got, want) {
		t.Errorf("agreed on %v, want %v", got, want)
	}
}

// A transaction that was not written to its end does not count yet, and a file that is no log is
// reported as that.
func TestLog_unfinished(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	c := client(t, server.Addr())
	ok[zk.Created](t)(c.Create(t.Context(), "/a", []byte("data"), zk.CreateOptions{}))
	names := ok[[]string](t)(filepath.Glob(filepath.Join(server.TxnLogDir(), "log.*")))
	whole := ok[[]byte](t)(os.ReadFile(names[0]))
	whole = whole[:bytes.LastIndexByte(whole, 'B')+1]
	dir := t.TempDir()
	name := filepath.Join(dir, "log.1")
	write := func(content []byte) {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log := history.NewLog(dir)
	for _, tt := range []struct{ cut, want int }{{len(whole) - 8, 0}, {3, 1}, {0, 2}, {3, 1}} {
		write(whole[:len(whole)-tt.cut])
		if txns := ok[[]history.Txn](t)(log.Since(0)); len(txns) != tt.want {
			t.Errorf("without the last %d of %d bytes there are %v, want %d", tt.cut, len(whole), txns, tt.want)
		}
	}
	broken := slices.Clone(whole)
	broken[len(broken)-4] ^= 1
	write(broken[:0])
	ok[[]history.Txn](t)(log.Since(0))
	write(broken)
	if txns := ok[[]history.Txn](t)(log.Since(0)); len(txns) != 1 {
		t.Errorf("of a log with a wrong checksum there are %v", txns)
	}
	write([]byte("something else altogether"))
	if _, err := history.NewLog(dir).Since(0); err == nil {
		t.Error("what is no log was read as one")
	}
}
