package zk_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestReadMany(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	var ops []zk.Op
	var paths []string
	for i := range 2000 {
		path := fmt.Sprintf("%s/%04d", base, i)
		paths = append(paths, path)
		if i%100 != 99 { // the others are not there
			ops = append(ops, zk.CreateOp(path, []byte(path), zk.CreateOptions{}))
		}
	}
	ops = append(ops, zk.CreateOp(paths[0]+"/b", nil, zk.CreateOptions{}), zk.CreateOp(paths[0]+"/a", nil, zk.CreateOptions{}))
	if _, err := c.Multi(ctx, ops...); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{server.Version(), "3.5.10"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			ctx, srv := testContext(t), server
			if version != server.Version() {
				srv = zktest.StartServer(t, zktest.WithVersion(version))
				c := connect(t, srv.Addr())
				if _, err := c.Create(ctx, base, nil, zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
				if _, err := c.Multi(ctx, ops...); err != nil {
					t.Fatal(err)
				}
			}
			proxy := zktest.StartProxy(t, srv.Addr())
			c := connect(t, proxy.Addr())
			got, err := c.ReadMany(ctx, paths, true)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range got {
				missing := i%100 == 99
				if r.Path != paths[i] || missing != errors.Is(r.Err, zk.ErrNoNode) || !missing && (string(r.Data) != paths[i] || r.Stat.DataLength == 0) {
					t.Fatalf("%d: %+v", i, r)
				}
			}
			if !slices.Equal(got[0].Children, []string{"a", "b"}) || len(got[1].Children) != 0 {
				t.Errorf("children %v and %v", got[0].Children, got[1].Children)
			}
			multi, single := proxy.Count(zktest.Is(zktest.OpMultiRead)), proxy.Count(zktest.Is(zktest.OpGetData, zktest.OpGetChildren2))
			batched := srv == server && has(t, batchedRead)
			if !batched && (multi != 0 || single != 2*len(paths)) || batched && (single != 0 || multi > len(paths)/32+1) {
				t.Errorf("%d requests for many nodes, %d for one", multi, single)
			}
			// A connection that is lost in the middle costs nothing but time.
			cut := proxy.CutAfterRequest(zktest.Is(zktest.OpMultiRead, zktest.OpGetData))
			again, err := c.ReadMany(ctx, paths, false)
			if err != nil || string(again[7].Data) != paths[7] {
				t.Errorf("with a cut: %v", err)
			}
			happened(t, cut)
		})
	}
}

// walks are the two ways to walk.
func walks(c *zk.Client) map[string]func(ctx context.Context, path string, maxDepth int, visit func(zk.Reading) error) error {
	return map[string]func(ctx context.Context, path string, maxDepth int, visit func(zk.Reading) error) error{
		"with data": c.Walk, "without": c.WalkStats,
	}
}

// Nodes that can be read one by one can be read together: one whose children's names take
// more than a request may does not keep the others from being read, nor does one that is too
// large for any reply.
func TestReadManyLargeChildren(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	var paths []string
	for i, children := range []int{0, 400, 0, 400, 1000, 3} {
		path := fmt.Sprintf("%s/%d", base, i)
		paths = append(paths, path)
		ops := []zk.Op{zk.CreateOp(path, []byte(path), zk.CreateOptions{})}
		for n := range children {
			ops = append(ops, zk.CreateOp(fmt.Sprintf("%s/%s%04d", path, strings.Repeat("x", 90), n), nil, zk.CreateOptions{}))
		}
		if _, err := direct.Multi(ctx, ops...); err != nil {
			t.Fatal(err)
		}
	}
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr(), steady, func(cfg *zk.Config) { cfg.MaxBufferBytes, cfg.MaxReplyBytes = 16<<10, 64<<10 })
	got, err := c.ReadMany(ctx, paths, true)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if i == 4 {
			if _, ok := errors.AsType[*zk.ReplyTooLargeError](r.Err); !ok || r.Data != nil {
				t.Errorf("the one that is too large: %q, %v", r.Data, r.Err)
			}
			continue
		}
		if want := map[int]int{1: 400, 3: 400, 5: 3}[i]; r.Err != nil || string(r.Data) != paths[i] || len(r.Children) != want {
			t.Errorf("%d: %q, %d children, %v", i, r.Data, len(r.Children), r.Err)
		}
	}
	// One connection ends with the reply for many, where they are asked for like that, and one
	// with that of the node that is too large; and each is asked once for the server's version.
	want := 2
	if has(t, batchedRead) {
		want++
	}
	if n := proxy.Connections(); n > 2*want {
		t.Errorf("%d connections", n)
	}
	if err := c.Walk(ctx, paths[1], -1, func(zk.Reading) error { return nil }); err != nil {
		t.Errorf("a walk: %v", err)
	}
}

// ended runs a function whenever something has come from the server, before the client sees
// it; and gives no version.
type ended struct {
	net.Conn
	came func()
}

func (e *ended) Read(b []byte) (int, error) {
	n, err := e.Conn.Read(b)
	e.came()
	return n, err
}

func (e *ended) Write(b []byte) (int, error) {
	if string(b) == "srvr" {
		return 0, errors.New("it is not asked for its version")
	}
	return e.Conn.Write(b)
}

// A caller whose context ends as the replies come leaves them alone: they are still written.
// (The race detector is what tells.)
func TestReadManyGivenUp(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	var mu sync.Mutex
	came := func() {}
	c := connect(t, server.Addr(), func(cfg *zk.Config) {
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, address)
			return &ended{nc, func() {
				mu.Lock()
				defer mu.Unlock()
				came()
			}}, err
		}
	})
	for range 50 {
		one, cancel := context.WithCancel(ctx)
		mu.Lock()
		came = cancel
		mu.Unlock()
		if _, err := c.ReadMany(one, []string{base, base, base, base}, true); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, path := range []string{"/b/x/1", "/a/y", "/c"} {
		if _, err := c.EnsurePath(ctx, base+path, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Set(ctx, base+"/b", []byte("hello"), 0); err != nil {
		t.Fatal(err)
	}
	for name, walk := range walks(c) {
		for depth, want := range map[int]string{
			-1: " /a /b /c /a/y /b/x /b/x/1",
			0:  "",
			1:  " /a /b /c",
		} {
			var got []string
			err := walk(ctx, base, depth, func(r zk.Reading) error {
				got = append(got, strings.TrimPrefix(r.Path, base))
				return nil
			})
			if s := strings.Join(got, " "); err != nil || s != want {
				t.Errorf("%s to depth %d: %q, %v", name, depth, s, err)
			}
		}
		err := walk(ctx, base+"/b", 0, func(r zk.Reading) error {
			data := ""
			if name == "with data" {
				data = "hello"
			}
			stat, _, err := c.Exists(ctx, base+"/b")
			if string(r.Data) != data || r.Stat != stat || stat.DataLength != 5 || !slices.Equal(r.Children, []string{"x"}) {
				t.Errorf("%s: %+v", name, r)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		stop := errors.New("enough")
		if err := walk(ctx, base, -1, func(zk.Reading) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%s, stopped: %v", name, err)
		}
		nothing := func(zk.Reading) error { return errors.New("visited") }
		if err := walk(ctx, base+"/none", -1, nothing); !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("%s of nothing: %v", name, err)
		}
		if err := walk(ctx, "relative", -1, nothing); err == nil || !strings.Contains(err.Error(), "is not absolute") {
			t.Errorf("%s of no path: %v", name, err)
		}
	}
}

// ZooKeeper's own nodes are walked only by their own path, or from within.
func TestWalk_ownNodes(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	if _, err := c.EnsurePath(ctx, base+"/zookeeper/a", nil); err != nil {
		t.Fatal(err)
	}
	inside := connect(t, server.Addr()+base)
	for name := range walks(c) {
		paths := func(c *zk.Client, path string, depth int) []string {
			var got []string
			if err := walks(c)[name](ctx, path, depth, func(r zk.Reading) error {
				got = append(got, r.Path)
				return nil
			}); err != nil {
				t.Errorf("%s of %s: %v", name, path, err)
			}
			return got
		}
		if got := paths(c, "/", 1); slices.Contains(got, "/zookeeper") || !slices.Contains(got, base) {
			t.Errorf("%s: below the root: %v", name, got)
		}
		if got := paths(c, "/zookeeper", -1); got[0] != "/zookeeper" || !slices.Contains(got, "/zookeeper/quota") {
			t.Errorf("%s: %v", name, got)
		}
		if got, want := paths(inside, "/", -1), []string{"/", "/zookeeper", "/zookeeper/a"}; !slices.Equal(got, want) {
			t.Errorf("%s in a chroot: %v, want %v", name, got, want)
		}
	}
}

// What goes while the walk is under way is left out, what may not be read ends it.
func TestWalk_meanwhile(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	root := folder(t, c)
	for name, walk := range walks(c) {
		base := root + "/" + strings.ReplaceAll(name, " ", "")
		if _, err := c.Create(ctx, base+"/a/b", nil, zk.CreateOptions{MakeParents: true}); err != nil {
			t.Fatal(err)
		}
		closed := zk.ACL{Scheme: "digest", ID: "nobody:x", Perms: zk.PermRead}
		if _, err := c.Create(ctx, base+"/c", nil, zk.CreateOptions{ACL: []zk.ACL{closed}}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Create(ctx, base+"/z", nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		var got []string
		visit := func(r zk.Reading) error {
			got = append(got, strings.TrimPrefix(r.Path, base))
			if r.Path == base {
				return c.DeleteTree(ctx, base+"/a", zk.AnyVersion)
			}
			return nil
		}
		err := walk(ctx, base, -1, visit)
		failed, _ := errors.AsType[*zk.Error](err)
		if !errors.Is(err, zk.ErrNoAuth) || failed == nil || failed.Path != base+"/c" {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Delete(ctx, base+"/c", zk.AnyVersion); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Create(ctx, base+"/a/b", nil, zk.CreateOptions{MakeParents: true}); err != nil {
			t.Fatal(err)
		}
		got = nil
		if err := walk(ctx, base, -1, visit); err != nil || strings.Join(got, " ") != " /z" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// A walk of a tree wider than what is read at a time costs one request for each node when
// it reads no data, none of them for data, and survives the loss of its connection.
func TestWalkStats_wide(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	const nodes = 1000
	base := wide(t, connect(t, server.Addr()), nodes)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	look := func() {
		t.Helper()
		var got []string
		if err := c.WalkStats(ctx, base, -1, func(r zk.Reading) error {
			got = append(got, r.Path)
			if r.Path != base && r.Stat.DataLength != 1 {
				t.Errorf("%+v", r)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(got) != nodes+1 || !slices.IsSorted(got) {
			t.Errorf("%d nodes: %v", len(got), got)
		}
	}
	look()
	if data, children := proxy.Count(zktest.Is(zktest.OpGetData, zktest.OpMultiRead)), proxy.Count(zktest.Is(zktest.OpGetChildren2)); data != 0 || children != nodes+1 {
		t.Errorf("%d requests for data, %d for children", data, children)
	}
	cut := proxy.CutAfterRequest(zktest.Is(zktest.OpGetChildren2))
	look()
	happened(t, cut)
}
