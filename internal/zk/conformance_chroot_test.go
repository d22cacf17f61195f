package zk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// Inside a chroot every call takes paths and gives paths as if the chroot were the root, and
// touches nothing beside or above it.
func conformChroot(t *testing.T) {
	t.Parallel()
	ctx, all := testContext(t), connect(t, server.Addr())
	base := folder(t, all)
	root := base + "/deep/root"
	c := connect(t, server.Addr()+root)
	must := func(what string, ok bool, err error) {
		t.Helper()
		if !ok || err != nil {
			t.Errorf("%s: %t, %v", what, ok, err)
		}
	}
	// outside returns the data that /a/b has on the servers.
	outside := func() string {
		t.Helper()
		data, _, err := all.Get(ctx, root+"/a/b")
		if err != nil {
			t.Error(err)
		}
		return string(data)
	}

	// The chroot itself is created too, with all its elements, and does not count as a parent.
	made, err := c.Create(ctx, "/a/b", []byte("inside"), zk.CreateOptions{MakeParents: true})
	must("create", made.Path == "/a/b" && slices.Equal(made.Parents, []string{"/a"}) && outside() == "inside", err)
	seq, err := c.Create(ctx, "/n-", nil, zk.CreateOptions{Mode: zk.PersistentSequential})
	must("sequential", seq.Path == "/n-0000000001", err)
	bare, err := c.Create(ctx, "/", nil, zk.CreateOptions{Mode: zk.EphemeralSequential})
	must("bare number", bare.Path == "/0000000002", err)
	ensured, err := c.EnsurePath(ctx, "/e/f", nil)
	must("ensure path", slices.Equal(ensured, []string{"/e", "/e/f"}), err)
	ensured, err = c.EnsurePath(ctx, "/", nil)
	must("ensure the chroot", len(ensured) == 0, err)

	_, ok, err := c.Exists(ctx, "/a/b")
	must("exists", ok, err)
	_, ok, err = c.Exists(ctx, root+"/a/b")
	must("a path on the servers", !ok, err)
	data, _, err := c.Get(ctx, "/a/b")
	must("get", string(data) == "inside", err)
	node, err := c.Node(ctx, "/a/b")
	must("node", node.Path == "/a/b" && string(node.Data) == "inside", err)
	names, _, err := c.Children(ctx, "/")
	must("children", slices.Equal(names, []string{"0000000002", "a", "e", "n-0000000001"}), err)
	acl, _, err := c.ACL(ctx, "/a/b")
	must("ACL", slices.Equal(acl, zk.OpenACL()), err)
	must("sync", true, c.Sync(ctx, "/a/b"))
	many, err := c.ReadMany(ctx, []string{"/a", "/none"}, true)
	must("many reads", err == nil && many[0].Path == "/a" && slices.Equal(many[0].Children, []string{"b"}) && many[1].Path == "/none" && errors.Is(many[1].Err, zk.ErrNoNode), err)
	var walked []string
	for _, r := range treeOf(ctx, t, c, "/") {
		walked = append(walked, r.Path)
	}
	must("walk "+strings.Join(walked, " "), slices.Equal(walked, []string{"/", "/0000000002", "/a", "/e", "/n-0000000001", "/a/b", "/e/f"}), nil)

	_, err = c.Set(ctx, "/a/b", []byte("set"), 0)
	must("set", outside() == "set", err)
	_, err = c.SetACL(ctx, "/a/b", zk.OpenACL(), 0)
	must("set ACL", true, err)
	err = c.Update(ctx, "/a/b", zk.Change{SetData: true, Data: []byte("updated"), Version: 1})
	must("update", outside() == "updated", err)

	// Watches: asked for inside, told of inside, though it is others who make the changes.
	_, _, exists, err := c.ExistsWatch(ctx, "/w")
	must("exists watch", true, err)
	_, _, children, err := c.ChildrenWatch(ctx, "/")
	must("children watch", true, err)
	_, _, get, err := c.GetWatch(ctx, "/a/b")
	must("get watch", true, err)
	if _, err := all.Create(ctx, root+"/w", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := all.Set(ctx, root+"/a/b", []byte("theirs"), zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	for want, w := range map[string]*zk.Watch{"created /w": exists, "children changed /": children, "data changed /a/b": get} {
		if got := next(t, w); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	if hasPart(t, persistentWatch) {
		node, err := c.Watch(ctx, "/a", false)
		must("persistent watch", true, err)
		tree, err := c.Watch(ctx, "/e", true)
		must("recursive watch", true, err)
		for _, path := range []string{"/a/new", "/e/f/new"} {
			if _, err := all.Create(ctx, root+path, nil, zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		for want, w := range map[string]*zk.Watch{"children changed /a": node, "created /e/f/new": tree} {
			if got := next(t, w); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
		}
	}

	// Transactions: paths, results and errors.
	results, err := c.Multi(ctx,
		zk.CreateOp("/m", nil, zk.CreateOptions{}), zk.CreateOp("/m/", nil, zk.CreateOptions{Mode: zk.PersistentSequential}),
		zk.SetOp("/a/b", []byte("in a transaction"), zk.AnyVersion), zk.CheckOp("/", zk.AnyVersion), zk.DeleteOp("/w", 0))
	var paths []string
	for _, r := range results {
		paths = append(paths, r.Path)
	}
	must("multi", slices.Equal(paths, []string{"/m", "/m/0000000000", "/a/b", "/", "/w"}) && outside() == "in a transaction", err)
	_, err = c.Multi(ctx, zk.CheckOp("/m", 0), zk.DeleteOp("/none", 0))
	me, isMe := errors.AsType[*zk.MultiError](err)
	must("a failed multi", isMe && me.Path == "/none" && !strings.Contains(err.Error(), base), nil)

	if hasPart(t, ephemeralsList) {
		mine, err := c.Ephemerals(ctx, "/")
		must("ephemerals", slices.Equal(mine, []string{bare.Path}), err)
	}
	if hasPart(t, descendants) {
		n, err := c.CountDescendants(ctx, "/m")
		must("descendants", n == 1, err)
	}

	// An error has the path that was asked for. Some calls have none of a missing node.
	content := []string{"exists", "existsWatch", "readMany", "sync", "deleteTree", "watch"}
	for call, err := range withPath(ctx, c, "/none/of/these") {
		if call == "ensurePath" || err == nil && slices.Contains(content, call) {
			continue
		}
		if _, old := errors.AsType[*zk.VersionError](err); old {
			continue
		}
		if _, ok := errors.AsType[*zk.Error](err); !ok || strings.Contains(err.Error(), base) || !strings.Contains(err.Error(), "/none/of/these") {
			t.Errorf("%s: %v", call, err)
		}
	}
	must("unchroot", c.Unchroot(root+"/x") == "/x" && c.Unchroot(root) == "/" && c.Unchroot(root+"x/y") == root+"x/y", nil)

	must("delete", true, c.Delete(ctx, seq.Path, 0))
	_, ok, err = all.Exists(ctx, root+seq.Path)
	must("deleted", !ok, err)
	for _, tree := range []string{"/a", "/e", "/m"} {
		must("delete tree "+tree, true, c.DeleteTree(ctx, tree, zk.AnyVersion))
	}
	// The chroot is the client's root, and stays, as does what is beside it.
	for what, err := range map[string]error{"delete": c.Delete(ctx, "/", zk.AnyVersion), "delete tree": c.DeleteTree(ctx, "/", zk.AnyVersion)} {
		if !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("%s of the chroot: %v", what, err)
		}
	}
	names, _, err = all.Children(ctx, base)
	must("beside the chroot", slices.Equal(names, []string{"deep"}), err)
	names, _, err = all.Children(ctx, base+"/deep")
	must("beside the chroot", slices.Equal(names, []string{"root"}), err)
}

// A caller that was told that a node does not exist can ask whether the chroot does.
func TestCheckChroot(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	base := folder(t, connect(t, server.Addr()))
	if err := connect(t, server.Addr()).CheckChroot(ctx); err != nil {
		t.Errorf("without a chroot: %v", err)
	}
	c := connect(t, server.Addr()+base+"/not/there")
	err := c.CheckChroot(ctx)
	if missing, ok := errors.AsType[*zk.ChrootError](err); !ok || missing.Chroot != base+"/not/there" || !errors.Is(err, zk.ErrNoNode) || errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("one that is missing: %v", err)
	}
	if _, err := c.EnsurePath(ctx, "/", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.CheckChroot(ctx); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	if err := newClient(t, server.Addr()+base).CheckChroot(ctx); !errors.Is(err, zk.ErrClosed) {
		t.Errorf("of a client that was never started: %v", err)
	}
}

// warnings is a log that keeps what it is warned of.
type warnings struct{ heard chan string }

func (warnings) Debug(string, ...any) {}

func (w warnings) Warn(msg string, _ ...any) { w.heard <- msg }

// An operation that fails because the chroot is missing says so, and looks for it once at most. The log says so at
// the start. Where a node inside has been seen, nobody looks.
func TestMissingChroot(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	chroot := base + "/not/there"
	proxy := zktest.StartProxy(t, server.Addr())
	log := warnings{make(chan string, 100)}
	c := connect(t, proxy.Addr()+chroot, func(cfg *zk.Config) { cfg.Logger = log })
	if msg := <-log.heard; !strings.Contains(msg, "the chroot does not exist") {
		t.Errorf("the log says %q", msg)
	}
	operations := map[string]func() error{
		"get":            func() error { _, _, err := c.Get(ctx, "/a"); return err },
		"children":       func() error { _, _, err := c.Children(ctx, "/"); return err },
		"acl":            func() error { _, _, err := c.ACL(ctx, "/a"); return err },
		"node":           func() error { _, err := c.Node(ctx, "/a"); return err },
		"set":            func() error { _, err := c.Set(ctx, "/a", nil, zk.AnyVersion); return err },
		"set_acl":        func() error { _, err := c.SetACL(ctx, "/a", zk.OpenACL(), zk.AnyVersion); return err },
		"delete":         func() error { return c.Delete(ctx, "/a", zk.AnyVersion) },
		"create":         func() error { _, err := c.Create(ctx, "/a", nil, zk.CreateOptions{}); return err },
		"multi":          func() error { _, err := c.Multi(ctx, zk.CreateOp("/a", nil, zk.CreateOptions{})); return err },
		"get_watch":      func() error { _, _, _, err := c.GetWatch(ctx, "/a"); return err },
		"children_watch": func() error { _, _, _, err := c.ChildrenWatch(ctx, "/a"); return err },
		"async_get":      func() error { _, err := c.Async().Get(ctx, "/a").Wait(ctx); return err },
		"async_set":      func() error { _, err := c.Async().Set(ctx, "/a", nil, zk.AnyVersion).Wait(ctx); return err },
		"async_watch":    func() error { _, err := c.Async().GetWatch(ctx, "/a").Wait(ctx); return err },
		"acls": func() error {
			got, err := c.ACLs(ctx, []string{"/a", "/b"})
			if err != nil {
				return err
			}
			return got[1].Err
		},
		"read_many": func() error {
			got, err := c.ReadMany(ctx, []string{"/a", "/b"}, true)
			if err != nil {
				return err
			}
			return got[1].Err
		},
		"walk":       func() error { return c.Walk(ctx, "/", -1, func(zk.Reading) error { return nil }) },
		"walk_stats": func() error { return c.WalkStats(ctx, "/a", -1, func(zk.Reading) error { return nil }) },
	}
	looks := func() int { return proxy.Count(zktest.Is(zktest.OpExists)) }
	for name, do := range operations {
		before := looks()
		err := do()
		if missing, ok := errors.AsType[*zk.ChrootError](err); !ok || missing.Chroot != chroot || !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("%s: %v", name, err)
		}
		// A create looks at the parent of its node too, to count what is deleted there, and at what is above it.
		if n := looks() - before; n > 1 && name != "create" && name != "multi" {
			t.Errorf("%s: %d looks", name, n)
		}
	}
	if _, there, err := c.Exists(ctx, "/a"); there || err != nil {
		t.Errorf("whether there is a node: %t, %v", there, err)
	}
	if err := c.Sync(ctx, "/a"); err != nil {
		t.Errorf("sync: %v", err)
	}
	if _, err := c.Create(ctx, "/seen", nil, zk.CreateOptions{MakeParents: true}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(ctx, "/seen"); err != nil {
		t.Fatal(err)
	}
	before := looks()
	for _, name := range []string{"get", "acl", "set", "delete", "get_watch", "async_get", "walk_stats"} {
		err := operations[name]()
		if _, ok := errors.AsType[*zk.ChrootError](err); ok || !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("%s, with the chroot there: %v", name, err)
		}
	}
	if n := looks() - before; n != 0 {
		t.Errorf("%d looks for a chroot that is known to be there", n)
	}
}
