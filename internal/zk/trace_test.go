package zk_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// traces are what a tracer was told.
type traces struct {
	mu         sync.Mutex
	operations []zk.OperationTrace
	frames     []zk.FrameTrace
}

func (r *traces) TraceOperation(t zk.OperationTrace) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.operations = append(r.operations, t)
}

func (r *traces) TraceFrame(t zk.FrameTrace) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = append(r.frames, t)
}

// told returns the operations so far, without those of the client's own.
func (r *traces) told() []zk.OperationTrace {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]zk.OperationTrace(nil), r.operations...)
}

// A tracer is told of each try of each operation, and of each frame; and of nothing that is
// in a node or proves who the client is.
func TestTracer(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	base := folder(t, connect(t, server.Addr()))
	proxy := zktest.StartProxy(t, server.Addr())
	r := new(traces)
	c := connect(t, proxy.Addr()+base, func(cfg *zk.Config) {
		cfg.Tracer = r
		cfg.Auth = []zk.Credential{{Scheme: "digest", Secret: "alice:secret-7391"}}
	})
	data := []byte("secret-7391")
	if _, err := c.ServerInfo(ctx); err != nil {
		t.Fatal(err)
	}
	made, err := c.Create(ctx, "/a", data, zk.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(ctx, "/missing"); !errors.Is(err, zk.ErrNoNode) {
		t.Fatal(err)
	}
	if _, err := c.Multi(ctx, zk.SetOp("/a", data, 0), zk.CreateOp("/b", data, zk.CreateOptions{})); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadMany(ctx, []string{"/a", "/b"}, false); err != nil {
		t.Fatal(err)
	}
	cut := proxy.CutAfterRequest(zktest.IsSet)
	stat, err := c.Set(ctx, "/a", data, 1)
	if err != nil {
		t.Fatal(err)
	}
	<-cut

	want := []zk.OperationTrace{
		// Whether there is the chroot.
		{Op: zk.OpNameExists, Path: base},
		// What the client compares with, should the reply be lost.
		{Op: zk.OpNameExists, Path: base},
		{Op: zk.OpNameCreate, Path: base + "/a", Zxid: made.Stat.Czxid},
		{Op: zk.OpNameGet, Path: base + "/missing", Err: zk.ErrNoNode},
		{Op: zk.OpNameMulti, Path: base + "/a", Nodes: 2},
		{Op: zk.OpNameMultiRead, Path: base + "/a", Nodes: 2},
		{Op: zk.OpNameSet, Path: base + "/a", Err: zk.ErrConnectionLoss},
		// How the client finds out that it took effect.
		{Op: zk.OpNameSync, Path: "/"},
		{Op: zk.OpNameGet, Path: base + "/a"},
	}
	got := r.told()
	if len(got) < len(want) {
		t.Fatalf("told of %+v", got)
	}
	for i, w := range want {
		g := got[i]
		if g.Op != w.Op || g.Path != w.Path || g.Nodes != w.Nodes || !errors.Is(g.Err, w.Err) || (w.Err == nil) != (g.Err == nil) {
			t.Errorf("told of %+v, want %+v", g, w)
		}
		if w.Zxid != 0 && g.Zxid != w.Zxid || g.Err == nil && g.Zxid == 0 || g.Duration <= 0 {
			t.Errorf("told of the transaction %#x after %v", g.Zxid, g.Duration)
		}
	}
	if stat.Version != 2 {
		t.Errorf("version %d", stat.Version)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	asked := make(map[int32]zk.OpName)
	answers := 0
	for _, f := range r.frames {
		if f.Bytes <= 0 {
			t.Errorf("a frame of nothing: %+v", f)
		}
		if f.Sent {
			asked[f.Xid] = f.Op
			continue
		}
		answers++
		if asked[f.Xid] != f.Op {
			t.Errorf("an answer to %s, which was %q: %+v", f.Op, asked[f.Xid], f)
		}
	}
	if answers < 6 { // all of the above but for the one that was lost
		t.Errorf("%d answers among %+v", answers, r.frames)
	}
	if text := fmt.Sprintf("%+v %+v", r.operations, r.frames); strings.Contains(text, "7391") || strings.Contains(text, fmt.Sprintf("%v", data)) {
		t.Errorf("the tracer was told of a secret: %s", text)
	}
}

// A node's data and ACL are asked for at once: both requests are on their way before there is
// an answer to any.
func TestNodeTakesOneRoundTrip(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	base := folder(t, connect(t, server.Addr()))
	proxy := zktest.StartProxy(t, server.Addr())
	r := new(traces)
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Tracer = r })
	if err := c.Sync(ctx, base); err != nil {
		t.Fatal(err)
	}
	proxy.Blackhole(true)
	read := make(chan error, 1)
	go func() {
		_, err := c.Node(ctx, base)
		read <- err
	}()
	until(t, "both requests", func() bool { return r.sent("get") == 1 && r.sent("getACL") == 1 })
	select {
	case err := <-read:
		t.Errorf("answered by nobody: %v", err)
	default:
	}
	proxy.Blackhole(false)
	if err := <-read; err != nil {
		t.Error(err)
	}
	if got := [2]int{r.sent("get"), r.sent("getACL")}; got != [2]int{1, 1} {
		t.Errorf("%v requests", got)
	}
}

// sent tells how often an operation was sent.
func (r *traces) sent(op zk.OpName) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, f := range r.frames {
		if f.Sent && f.Op == op {
			n++
		}
	}
	return n
}
