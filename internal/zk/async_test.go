package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// What is issued is executed in that order, and collected in any.
func TestAsyncOrder(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base, async := folder(t, c), c.Async()
	const n = 500
	first := async.Create(ctx, base+"/node", []byte("0"), zk.CreateOptions{})
	var sets []*zk.Pending[zk.Stat]
	var made []*zk.Pending[zk.Created]
	for i := range n {
		sets = append(sets, async.Set(ctx, base+"/node", fmt.Append(nil, i+1), int32(i)))
		made = append(made, async.Create(ctx, base+"/n-", nil, zk.CreateOptions{Mode: zk.PersistentSequential}))
	}
	last := async.Get(ctx, base+"/node")
	if got, err := last.Wait(ctx); err != nil || string(got.Data) != fmt.Sprint(n) || got.Stat.Version != n {
		t.Errorf("at the end %q, %+v, %v", got.Data, got.Stat, err)
	}
	for i := range n {
		if stat, err := sets[i].Wait(ctx); err != nil || stat.Version != int32(i)+1 {
			t.Fatalf("set %d: version %d, %v", i, stat.Version, err)
		}
		// The node is the first child.
		if node, err := made[i].Wait(ctx); err != nil || node.Path != fmt.Sprintf("%s/n-%010d", base, i+1) {
			t.Fatalf("create %d: %s, %v", i, node.Path, err)
		}
	}
	for range 2 {
		if node, err := first.Wait(ctx); err != nil || node.Path != base+"/node" {
			t.Errorf("the first: %+v, %v", node, err)
		}
	}
}

func TestAsyncOperations(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	base := folder(t, connect(t, server.Addr()))
	// The chroot is not there yet.
	c := newClient(t, server.Addr()+base+"/a/b")
	async := c.Async()
	if _, err := async.Get(ctx, "/").Wait(ctx); !errors.Is(err, zk.ErrClosed) {
		t.Errorf("before the start: %v", err)
	}
	started := async.Start(ctx)
	if _, err := started.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	auth := async.AddAuth(ctx, zk.Credential{Scheme: "digest", Secret: "alice:secret"})
	missing := async.Exists(ctx, "/x")
	ensured := async.EnsurePath(ctx, "/x/y", nil)
	again := async.EnsurePath(ctx, "/x/y", nil)
	hers := []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeAuth}}
	created := async.Create(ctx, "/p/q/r", []byte("1"), zk.CreateOptions{MakeParents: true, ACL: hers, ParentACL: zk.OpenACL()})
	stat := async.Set(ctx, "/p/q/r", []byte("2"), 0)
	aclStat := async.SetACL(ctx, "/p/q/r", readOnlyACL, 0)
	acl := async.ACL(ctx, "/p/q/r")
	children := async.Children(ctx, "/p/q")
	exists := async.Exists(ctx, "/p/q/r")
	synced := async.Sync(ctx, "/p")
	deleted := async.Delete(ctx, "/p/q/r", 1)
	results := async.Multi(ctx, zk.CheckOp("/x/y", 0), zk.SetOp("/x/y", nil, 0))
	refused := async.Multi(ctx, zk.CheckOp("/x/y", 7))
	none := async.Multi(ctx)

	if _, err := auth.Wait(ctx); err != nil {
		t.Error(err)
	}
	if got, err := missing.Wait(ctx); err != nil || got.Exists {
		t.Errorf("exists of nothing: %+v, %v", got, err)
	}
	if made, err := ensured.Wait(ctx); err != nil || !slices.Equal(made, []string{"/x", "/x/y"}) {
		t.Errorf("ensure: %v, %v", made, err)
	}
	if made, err := again.Wait(ctx); err != nil || made != nil {
		t.Errorf("ensure again: %v, %v", made, err)
	}
	if node, err := created.Wait(ctx); err != nil || node.Path != "/p/q/r" || !slices.Equal(node.Parents, []string{"/p", "/p/q"}) {
		t.Errorf("create: %+v, %v", node, err)
	}
	if s, err := stat.Wait(ctx); err != nil || s.Version != 1 {
		t.Errorf("set: %+v, %v", s, err)
	}
	if s, err := aclStat.Wait(ctx); err != nil || s.Aversion != 1 {
		t.Errorf("setACL: %+v, %v", s, err)
	}
	if got, err := acl.Wait(ctx); err != nil || !slices.Equal(got.ACL, readOnlyACL) || got.Stat.Aversion != 1 {
		t.Errorf("acl: %+v, %v", got, err)
	}
	if got, err := children.Wait(ctx); err != nil || !slices.Equal(got.Children, []string{"r"}) {
		t.Errorf("children: %+v, %v", got, err)
	}
	if got, err := exists.Wait(ctx); err != nil || !got.Exists || got.Stat.Version != 1 {
		t.Errorf("exists: %+v, %v", got, err)
	}
	if _, err := synced.Wait(ctx); err != nil {
		t.Errorf("sync: %v", err)
	}
	if _, err := deleted.Wait(ctx); err != nil {
		t.Errorf("delete: %v", err)
	}
	if got, err := results.Wait(ctx); err != nil || len(got) != 2 || got[1].Stat.Version != 1 {
		t.Errorf("multi: %+v, %v", got, err)
	}
	_, err := refused.Wait(ctx)
	if me, ok := errors.AsType[*zk.MultiError](err); !ok || me.Path != "/x/y" || !errors.Is(err, zk.ErrBadVersion) {
		t.Errorf("a transaction that is refused: %v", err)
	}
	if got, err := none.Wait(ctx); err != nil || got != nil {
		t.Errorf("a transaction of nothing: %v, %v", got, err)
	}
	if _, err := async.Reconfig(ctx, zk.Reconfig{Joining: "server.9=127.0.0.1:1:2;3", FromConfig: zk.AnyConfig}).Wait(ctx); !errors.Is(err, zk.ErrReconfigDisabled) {
		t.Errorf("reconfig: %v", err)
	}

	for name, err := range map[string]error{
		"exists":       second(async.Exists(ctx, "x").Wait(ctx)),
		"get":          second(async.Get(ctx, "x").Wait(ctx)),
		"children":     second(async.Children(ctx, "x").Wait(ctx)),
		"acl":          second(async.ACL(ctx, "x").Wait(ctx)),
		"setACL":       second(async.SetACL(ctx, "x", hers, 0).Wait(ctx)),
		"set":          second(async.Set(ctx, "x", nil, 0).Wait(ctx)),
		"create":       second(async.Create(ctx, "x", nil, zk.CreateOptions{}).Wait(ctx)),
		"delete":       second(async.Delete(ctx, "x", 0).Wait(ctx)),
		"delete the /": second(async.Delete(ctx, "/", 0).Wait(ctx)),
		"sync":         second(async.Sync(ctx, "x").Wait(ctx)),
		"ensure":       second(async.EnsurePath(ctx, "x", nil).Wait(ctx)),
		"multi":        second(async.Multi(ctx, zk.DeleteOp("x", 0)).Wait(ctx)),
		"auth":         second(async.AddAuth(ctx, zk.Credential{Secret: "hush"}).Wait(ctx)),
	} {
		if _, ok := errors.AsType[*zk.Error](err); !ok || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s with bad arguments: %v", name, err)
		}
	}
}

var readOnlyACL = []zk.ACL{{Perms: zk.PermRead, Scheme: zk.SchemeWorld, ID: "anyone"}}

func second[T any](_ T, err error) error { return err }

// What is in the way of a parent is told instead of the parent's lack.
func TestAsyncMakeParentsRefused(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base, async := folder(t, c), c.Async()
	if _, err := c.Create(ctx, base+"/locked", nil, zk.CreateOptions{ACL: readOnlyACL}); err != nil {
		t.Fatal(err)
	}
	if _, err := async.Create(ctx, base+"/locked/a/b", nil, zk.CreateOptions{MakeParents: true}).Wait(ctx); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("create: %v", err)
	}
	if _, err := async.EnsurePath(ctx, base+"/locked/a", nil).Wait(ctx); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("ensure: %v", err)
	}
	// That nothing may be created beside a node that is there is no obstacle.
	if _, err := c.Create(ctx, base+"/half", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, base+"/half/in", nil, zk.CreateOptions{ACL: zk.OpenACL()}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SetACL(ctx, base+"/half", readOnlyACL, zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if made, err := async.EnsurePath(ctx, base+"/half/in", nil).Wait(ctx); err != nil || made != nil {
		t.Errorf("ensure what is there: %v, %v", made, err)
	}
	if made, err := async.EnsurePath(ctx, base+"/half/in/side", nil).Wait(ctx); err != nil || len(made) != 1 {
		t.Errorf("ensure below it: %v, %v", made, err)
	}
}

func TestAsyncWatches(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base, async := folder(t, c), c.Async()
	missing := async.ExistsWatch(ctx, base+"/new")
	content := async.GetWatch(ctx, base)
	names := async.ChildrenWatch(ctx, base)
	refused := async.GetWatch(ctx, base+"/none")
	async.Create(ctx, base+"/new", nil, zk.CreateOptions{})
	async.Set(ctx, base, []byte("x"), 0)
	e, eerr := missing.Wait(ctx)
	g, gerr := content.Wait(ctx)
	n, nerr := names.Wait(ctx)
	if err := errors.Join(eerr, gerr, nerr); err != nil || e.Exists || g.Data != nil || len(n.Children) != 0 {
		t.Fatalf("%+v, %+v, %+v, %v", e, g, n, err)
	}
	for _, tc := range []struct {
		w    *zk.Watch
		want zk.Event
	}{
		{e.Watch, zk.Event{Type: zk.EventCreated, Path: base + "/new"}},
		{g.Watch, zk.Event{Type: zk.EventDataChanged, Path: base}},
		{n.Watch, zk.Event{Type: zk.EventChildrenChanged, Path: base}},
	} {
		if got, err := tc.w.Next(ctx); err != nil || got != tc.want {
			t.Errorf("%+v, %v, want %+v", got, err, tc.want)
		}
	}
	if got, err := refused.Wait(ctx); !errors.Is(err, zk.ErrNoNode) || got.Watch != nil {
		t.Errorf("a watch of nothing: %+v, %v", got, err)
	}
}

// What is issued while there is no connection is executed in order when there is one.
func TestAsyncSuspended(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	base := folder(t, connect(t, server.Addr()))
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	proxy.Refuse(true)
	proxy.CutAll()
	until(t, "the loss to be noticed", func() bool { return c.State() == zk.StateSuspended })
	async := c.Async()
	async.Create(ctx, base+"/a", []byte("0"), zk.CreateOptions{})
	async.Set(ctx, base+"/a", []byte("1"), 0)
	got := async.Get(ctx, base+"/a")
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := got.Wait(short); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that is given up: %v", err)
	}
	select {
	case <-got.Done():
		t.Error("it is done without a connection")
	default:
	}
	proxy.Refuse(false)
	if content, err := got.Wait(ctx); err != nil || string(content.Data) != "1" {
		t.Errorf("%q, %v", content.Data, err)
	}
}

func TestAsyncLost(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]bool{"reply": true, "request": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			base := prepare(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr())
			cut := proxy.CutBeforeRequest
			if after {
				cut = proxy.CutAfterRequest
			}
			happened := cut(zktest.IsSet)
			set := c.Async().Set(ctx, base+"/there", []byte("new"), 0)
			<-happened
			stat, err := set.Wait(ctx)
			if after && (err != nil || stat.Version != 1) {
				t.Errorf("a set whose reply was lost: %+v, %v", stat, err)
			}
			if !after && (!errors.Is(err, zk.ErrConnectionLoss) || errors.Is(err, zk.ErrOutcomeUnknown)) {
				t.Errorf("a set that was lost: %v", err)
			}
			happened = cut(zktest.IsMulti)
			multi := c.Async().Multi(ctx, zk.CreateOp(base+"/n-", nil, zk.CreateOptions{Mode: zk.PersistentSequential}))
			<-happened
			results, err := multi.Wait(ctx)
			if after && (err != nil || len(results) != 1 || results[0].Path != base+"/n-0000000001") {
				t.Errorf("a transaction whose reply was lost: %+v, %v", results, err)
			}
			if !after && (!errors.Is(err, zk.ErrConnectionLoss) || errors.Is(err, zk.ErrOutcomeUnknown)) {
				t.Errorf("a transaction that was lost: %v", err)
			}
			happened = cut(zktest.Is(zktest.OpGetData))
			get := c.Async().Get(ctx, base)
			<-happened
			if _, err := get.Wait(ctx); !errors.Is(err, zk.ErrConnectionLoss) {
				t.Errorf("a read whose reply was lost: %v", err)
			}
		})
	}
}

// A refused identity ends the client, whether anybody waits for the answer or not.
func TestAsyncAuthRefused(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	c.Async().AddAuth(ctx, zk.Credential{Scheme: "no-such-scheme", Secret: "hush"})
	until(t, "the client to end", func() bool { return c.State() == zk.StateAuthFailed })
	if _, _, err := c.Get(ctx, "/"); !errors.Is(err, zk.ErrAuthFailed) {
		t.Errorf("afterwards: %v", err)
	}
	_ = c.Close(ctx) // all that it still does is done
	if n := proxy.Count(isAuth); n != 1 {
		t.Errorf("the credential was presented %d times", n)
	}
}
