package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestCreateModes(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	made := 0
	for _, tc := range []struct {
		name       string
		o          zk.CreateOptions
		sequential bool
		owned      bool
		needs      feature
	}{
		{name: "persistent"},
		{name: "ephemeral", o: zk.CreateOptions{Mode: zk.Ephemeral}, owned: true},
		{name: "persistent-sequential-", o: zk.CreateOptions{Mode: zk.PersistentSequential}, sequential: true},
		{name: "ephemeral-sequential-", o: zk.CreateOptions{Mode: zk.EphemeralSequential}, sequential: true, owned: true},
		{name: "container", o: zk.CreateOptions{Mode: zk.Container}, needs: containerNode},
		{name: "ttl", o: zk.CreateOptions{Mode: zk.PersistentTTL, TTL: time.Hour}, needs: ttlNode},
		{name: "ttl-sequential-", o: zk.CreateOptions{Mode: zk.PersistentSequentialTTL, TTL: zk.MaxTTL}, sequential: true, needs: ttlNode},
		{name: "", o: zk.CreateOptions{Mode: zk.PersistentSequential}, sequential: true},
		// With the number these are names, and neither the folder nor the one above it.
		{name: ".", o: zk.CreateOptions{Mode: zk.PersistentSequential}, sequential: true},
		{name: "..", o: zk.CreateOptions{Mode: zk.PersistentSequential}, sequential: true},
	} {
		if !hasPart(t, tc.needs) {
			continue
		}
		want := base + "/" + tc.name
		if tc.sequential {
			want += fmt.Sprintf("%010d", made)
		}
		node, err := c.Create(ctx, base+"/"+tc.name, nil, tc.o)
		if err != nil || node.Path != want {
			t.Errorf("made %s, want %s, %v", node.Path, want, err)
			continue
		}
		made++
		if stat, _, err := c.Exists(ctx, node.Path); err != nil || stat.EphemeralOwner != 0 != tc.owned {
			t.Errorf("%s: owner %#x, %v", node.Path, stat.EphemeralOwner, err)
		}
	}
}

// That a node is a container or has a TTL does not show in its stat: only in what becomes
// of it.
func TestServersDeleteContainersAndTTLNodes(t *testing.T) {
	t.Parallel()
	needs(t, containerNode)
	needs(t, ttlNode)
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for path, o := range map[string]zk.CreateOptions{
		base + "/container": {Mode: zk.Container},
		base + "/ttl":       {Mode: zk.PersistentTTL, TTL: time.Millisecond},
	} {
		if _, err := c.Create(ctx, path, nil, o); err != nil {
			t.Fatal(err)
		}
	}
	// A container goes when it has had a child and has none.
	if _, err := c.Create(ctx, base+"/container/child", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, base+"/container/child", 0); err != nil {
		t.Fatal(err)
	}
	until(t, "both nodes gone", func() bool {
		names, _, err := c.Children(ctx, base)
		return err == nil && len(names) == 0
	})
}

func TestCreateRefusedLocally(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	for _, tc := range []struct {
		name, path string
		o          zk.CreateOptions
		want       string
	}{
		{"relative", "a", zk.CreateOptions{}, "not absolute"},
		{"dots", "/a/../b", zk.CreateOptions{}, `the element ".."`},
		{"prefix for a plain node", "/a/", zk.CreateOptions{}, "ends with /"},
		{"no TTL", "/a", zk.CreateOptions{Mode: zk.PersistentTTL}, "TTL 0s"},
		{"long TTL", "/a", zk.CreateOptions{Mode: zk.PersistentTTL, TTL: zk.MaxTTL + time.Millisecond}, "is not from"},
		{"TTL for a plain node", "/a", zk.CreateOptions{TTL: time.Second}, "only TTL nodes"},
		{"mode", "/a", zk.CreateOptions{Mode: 99}, "mode 99"},
	} {
		_, err := c.Create(ctx, tc.path, nil, tc.o)
		if e, ok := errors.AsType[*zk.Error](err); !ok || e.Op != zk.OpNameCreate || e.Path != tc.path || !errors.Is(err, zk.ErrBadArguments) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// A create makes the parents that are missing when it is asked to, and only then.
func conformMakeParents(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	base := folder(t, c)
	readOnly := []zk.ACL{{Perms: zk.PermRead, Scheme: zk.SchemeWorld, ID: "anyone"}}
	made, err := c.Create(ctx, base+"/a/b/c", []byte("leaf"), zk.CreateOptions{ACL: readOnly, MakeParents: true, ParentACL: zk.OpenACL()})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{base + "/a", base + "/a/b"}; !slices.Equal(made.Parents, want) {
		t.Errorf("parents %v, want %v", made.Parents, want)
	}
	parent, err := c.Node(ctx, base+"/a")
	if err != nil || len(parent.Data) != 0 || !slices.Equal(parent.ACL, zk.OpenACL()) {
		t.Errorf("parent %+v, %v", parent, err)
	}
	leaf, err := c.Node(ctx, base+"/a/b/c")
	if err != nil || string(leaf.Data) != "leaf" || !slices.Equal(leaf.ACL, readOnly) {
		t.Errorf("leaf %+v, %v", leaf, err)
	}
	again, err := c.Create(ctx, base+"/a/b/c", []byte("leaf"), zk.CreateOptions{ACL: readOnly, MakeParents: true, ParentACL: zk.OpenACL()})
	if !errors.Is(err, zk.ErrNodeExists) || len(again.Parents) != 0 {
		t.Errorf("again: %v, parents %v", err, again.Parents)
	}
	// By default the parents have the leaf's ACL.
	noDelete := []zk.ACL{{Perms: zk.PermAll &^ zk.PermDelete, Scheme: zk.SchemeWorld, ID: "anyone"}}
	if _, err := c.Create(ctx, base+"/d/e", nil, zk.CreateOptions{ACL: noDelete, MakeParents: true}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/d", "/d/e"} {
		if acl, _, err := c.ACL(ctx, base+path); err != nil || !slices.Equal(acl, noDelete) {
			t.Errorf("%s has the ACL %v, %v", path, acl, err)
		}
	}
	// Parents that are there cost no request.
	sent := proxy.Count(zktest.IsCreate)
	if made, err := c.Create(ctx, base+"/d/f", nil, zk.CreateOptions{MakeParents: true}); err != nil || len(made.Parents) != 0 || proxy.Count(zktest.IsCreate) != sent+1 {
		t.Errorf("with parents: %+v, %v, %d requests", made, err, proxy.Count(zktest.IsCreate)-sent)
	}
	if _, err := c.Create(ctx, base+"/x/y", nil, zk.CreateOptions{}); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("without MakeParents: %v", err)
	}
	// The parents that were created before a failure are reported.
	partial, err := c.Create(ctx, base+"/p/q/r", nil, zk.CreateOptions{MakeParents: true, ParentACL: readOnly})
	if !errors.Is(err, zk.ErrNoAuth) || !slices.Equal(partial.Parents, []string{base + "/p"}) {
		t.Errorf("partly: %v, parents %v", err, partial.Parents)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/node"
	for _, p := range []string{path, path + "/child"} {
		if _, err := c.Create(ctx, p, []byte("0"), zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Delete(ctx, path+"/child", 1); !errors.Is(err, zk.ErrBadVersion) {
		t.Errorf("at another version: %v", err)
	}
	if err := c.Delete(ctx, path, 0); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("with a child: %v", err)
	}
	if data, stat, err := c.Get(ctx, path); err != nil || string(data) != "0" || stat.NumChildren != 1 {
		t.Errorf("a refused delete left %q, %+v, %v", data, stat, err)
	}
	if err := c.Delete(ctx, path+"/child", zk.AnyVersion); err != nil {
		t.Error(err)
	}
	if err := c.Delete(ctx, path, 0); err != nil {
		t.Error(err)
	}
	if err := c.Delete(ctx, path, 0); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("of nothing: %v", err)
	}
	if _, ok, err := c.Exists(ctx, path); ok || err != nil {
		t.Errorf("exists: %t, %v", ok, err)
	}
}

func TestChildren(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, name := range []string{"b", "a", "c"} {
		if _, err := c.Create(ctx, base+"/"+name, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	names, stat, err := c.Children(ctx, base)
	if err != nil || !slices.Equal(names, []string{"a", "b", "c"}) || stat.NumChildren != 3 {
		t.Errorf("children %v, %+v, %v", names, stat, err)
	}
	if _, _, err := c.Children(ctx, base+"/none"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("children of nothing: %v", err)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr(), func(cfg *zk.Config) { cfg.Auth = []zk.Credential{{Scheme: "digest", Secret: "alice:secret"}} })
	path := folder(t, c) + "/node"
	if _, err := c.Create(ctx, path, []byte("0"), zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	hers := []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeDigest, ID: zk.DigestID("alice", "secret")}}
	noWrite := []zk.ACL{{Perms: zk.PermRead | zk.PermAdmin, Scheme: zk.SchemeWorld, ID: "anyone"}}
	for _, tc := range []struct {
		name string
		ch   zk.Change
		want error
		data string
		acl  []zk.ACL
	}{
		{"nothing", zk.Change{}, nil, "0", zk.OpenACL()},
		{"stale data version", zk.Change{SetData: true, Data: []byte("x"), Version: 7, SetACL: true, ACL: hers}, zk.ErrBadVersion, "0", zk.OpenACL()},
		{"stale ACL version", zk.Change{SetData: true, Data: []byte("x"), SetACL: true, ACL: hers, ACLVersion: 7}, zk.ErrBadVersion, "0", zk.OpenACL()},
		{"data", zk.Change{SetData: true, Data: []byte("1")}, nil, "1", zk.OpenACL()},
		{"both", zk.Change{SetData: true, Data: []byte("2"), Version: 1, SetACL: true, ACL: hers}, nil, "2", hers},
		{"both, without WRITE afterwards", zk.Change{SetData: true, Data: []byte("3"), Version: 2, SetACL: true, ACL: noWrite, ACLVersion: 1}, nil, "3", noWrite},
		{"ACL", zk.Change{SetACL: true, ACL: zk.OpenACL(), ACLVersion: 2}, nil, "3", zk.OpenACL()},
		{"both, of another node", zk.Change{SetData: true, Data: []byte("x"), Version: 3, SetACL: true, ACL: hers, ACLVersion: 3, Czxid: 1}, zk.ErrBadVersion, "3", zk.OpenACL()},
		{"data, of another node", zk.Change{SetData: true, Data: []byte("4"), Version: 3, Czxid: 1}, zk.ErrBadVersion, "4", zk.OpenACL()},
		{"both, a secret, without WRITE afterwards", zk.Change{SetData: true, Data: []byte("x"), Version: 4, SetACL: true, ACL: noWrite, ACLVersion: 3, Secret: true}, zk.ErrNoAuth, "4", noWrite},
	} {
		if err := c.Update(ctx, path, tc.ch); !errors.Is(err, tc.want) {
			t.Fatalf("%s: %v", tc.name, err)
		}
		n, err := c.Node(ctx, path)
		if err != nil || string(n.Data) != tc.data || !slices.Equal(n.ACL, tc.acl) {
			t.Errorf("%s: %q, %v, %v", tc.name, n.Data, n.ACL, err)
		}
	}
	if err := c.Update(ctx, path+"/none", zk.Change{SetData: true, SetACL: true, ACL: hers}); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("update of nothing: %v", err)
	}
}

// A tree is deleted with all that is in it, whoever deletes of it at the same time, or has done
// so before.
func conformDeleteTree(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"in one transaction": 0, "in many": 400} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, all := testContext(t), connect(t, server.Addr())
			base := folder(t, all)
			c := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.MaxBufferBytes = limit })
			root := base + "/top"
			for _, path := range []string{"", "/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/b/c/d/e", "/d", "/d/e", "/d/f", "/g"} {
				if _, err := all.Create(ctx, root+path, []byte("data"), zk.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.DeleteTree(ctx, root, 3); !errors.Is(err, zk.ErrBadVersion) {
				t.Errorf("at a stale version: %v", err)
			}
			if names, _, err := all.Children(ctx, root); err != nil || len(names) != 3 {
				t.Errorf("a refused delete left %v, %v", names, err)
			}
			if err := c.DeleteTree(ctx, root, 0); err != nil {
				t.Fatal(err)
			}
			if names, _, err := all.Children(ctx, base); err != nil || len(names) != 0 {
				t.Errorf("left %v, %v", names, err)
			}
			for _, again := range []int32{0, zk.AnyVersion} {
				if err := c.DeleteTree(ctx, root, again); err != nil {
					t.Errorf("again, at version %d: %v", again, err)
				}
			}
		})
	}
	// Somebody else adds to the tree, and takes from it, between the look at it and the delete.
	t.Run("changed meanwhile", func(t *testing.T) {
		t.Parallel()
		ctx, other := testContext(t), connect(t, server.Addr())
		base := folder(t, other)
		for _, path := range []string{"/top/a/b", "/top/c/d"} {
			if _, err := other.EnsurePath(ctx, base+path, nil); err != nil {
				t.Fatal(err)
			}
		}
		proxy := zktest.StartProxy(t, server.Addr())
		g := newGate()
		c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.Dial = g.dial })
		cut := proxy.CutBeforeRequest(zktest.IsMulti)
		reopen := g.close()
		defer reopen()
		result := make(chan error, 1)
		go func() { result <- c.DeleteTree(ctx, base+"/top", 0) }()
		<-cut
		if _, err := other.Create(ctx, base+"/top/a/new", nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := other.Delete(ctx, base+"/top/c/d", 0); err != nil {
			t.Fatal(err)
		}
		reopen()
		if err := <-result; err != nil {
			t.Error(err)
		}
		if names, _, err := other.Children(ctx, base); err != nil || len(names) != 0 {
			t.Errorf("left %v, %v", names, err)
		}
		// One that did not fit the tree any more, and one that did: all of it at once.
		if n := proxy.Count(zktest.IsMulti); n != 2 {
			t.Errorf("%d transactions", n)
		}
	})
	// Somebody else adds to the tree between two transactions, so that it is looked at once
	// more, and then writes to the node itself: the error tells how far it came.
	t.Run("refused half-way", func(t *testing.T) {
		t.Parallel()
		ctx, other := testContext(t), connect(t, server.Addr())
		root := folder(t, other) + "/top"
		for i := range 10 {
			if _, err := other.EnsurePath(ctx, fmt.Sprintf("%s/n%d", root, i), nil); err != nil {
				t.Fatal(err)
			}
		}
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.MaxBufferBytes = 400 })
		seen := 0
		proxy.CutBeforeRequest(func(op int32) bool {
			if !zktest.IsMulti(op) {
				return false
			}
			var err error
			seen++
			switch seen {
			case 2:
				_, err = other.Create(ctx, root+"/n0/theirs", nil, zk.CreateOptions{})
			case 4:
				_, err = other.Set(ctx, root, []byte("theirs"), 0)
			}
			if err != nil {
				t.Error(err)
			}
			return false
		})
		err := c.DeleteTree(ctx, root, 0)
		want := fmt.Sprintf("%d nodes below it have been deleted", 12-len(holding(t, other, root)))
		if partial, ok := errors.AsType[*zk.PartialError](err); !errors.Is(err, zk.ErrBadVersion) || !ok || partial.Done != want {
			t.Errorf("%v, want that %s", err, want)
		}
	})
	ctx, c := testContext(t), connect(t, server.Addr())
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota"} {
		if err := c.DeleteTree(ctx, path, zk.AnyVersion); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Nothing that is asked for inside a chroot touches what is beside or above it.
func TestChrootIsNotLeft(t *testing.T) {
	t.Parallel()
	ctx, all := testContext(t), connect(t, server.Addr())
	base := folder(t, all)
	if _, err := all.Create(ctx, base+"/app", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	c := connect(t, server.Addr()+base+"/app")
	made, err := c.Create(ctx, "/", nil, zk.CreateOptions{Mode: zk.PersistentSequential})
	if err != nil || made.Path != "/0000000000" {
		t.Errorf("sequential: %+v, %v", made, err)
	}
	if err := c.Delete(ctx, "/0000000000", 0); err != nil {
		t.Error(err)
	}
	if err := c.Delete(ctx, "/", zk.AnyVersion); !errors.Is(err, zk.ErrBadArguments) {
		t.Errorf("delete: %v", err)
	}
	if _, err := c.Multi(ctx, zk.DeleteOp("/", zk.AnyVersion)); !errors.Is(err, zk.ErrBadArguments) {
		t.Errorf("delete in a transaction: %v", err)
	}
	if names, _, err := all.Children(ctx, base); err != nil || !slices.Equal(names, []string{"app"}) {
		t.Errorf("beside the chroot: %v, %v", names, err)
	}
	// The parent of a prefix that ends with / is the path before it.
	if made, err = c.Create(ctx, "/folder/", nil, zk.CreateOptions{Mode: zk.PersistentSequential, MakeParents: true}); err != nil || made.Path != "/folder/0000000000" {
		t.Errorf("in a folder to be made: %+v, %v", made, err)
	}
}

func TestServerInfo(t *testing.T) {
	t.Parallel()
	c := connect(t, server.Addr())
	info, err := c.ServerInfo(testContext(t))
	if err != nil || info.Version.String() != server.Version() || info.Mode != "standalone" || info.Address != server.Addr() || len(info.Revision) != 40 {
		t.Errorf("%+v, %v", info, err)
	}
}

// A transaction takes effect as a whole, with a result for each operation, or not at all, with
// an error that names the one that failed.
func conformTransaction(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, name := range []string{"/set", "/delete", "/check"} {
		if _, err := c.Create(ctx, base+name, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.ServerInfo(ctx); err != nil { // with the version, creates are answered with a stat
		t.Fatal(err)
	}
	// Before 3.7.2 and 3.8.2 a create inside a transaction is answered without its stat; those
	// that came with 3.5 are answered with it.
	newer := !release(t).Less(zk.Version{Major: 3, Minor: 7, Patch: 2})
	all := []struct {
		op   zk.Op
		path string
		stat bool
	}{
		{zk.CheckOp(base+"/check", 0), "/check", false},
		{zk.CreateOp(base+"/created", []byte("new"), zk.CreateOptions{}), "/created", newer},
		{zk.CreateOp(base+"/created/child-", nil, zk.CreateOptions{Mode: zk.EphemeralSequential}), "/created/child-0000000000", newer},
		{zk.SetOp(base+"/set", []byte("set"), 0), "/set", true},
		{zk.DeleteOp(base+"/delete", 0), "/delete", false},
	}
	var ops []zk.Op
	for _, one := range all {
		ops = append(ops, one.op)
	}
	results, err := c.Multi(ctx, ops...)
	if err != nil || len(results) != len(all) {
		t.Fatalf("%+v, %v", results, err)
	}
	for i, one := range all {
		if results[i].Path != base+one.path || results[i].HasStat != one.stat {
			t.Errorf("result %d is %+v, want %s, with a stat: %t", i, results[i], one.path, one.stat)
		}
		if !one.stat {
			continue
		}
		if stat, _, err := c.Exists(ctx, results[i].Path); err != nil || stat.Czxid != results[i].Stat.Czxid || stat.Version != results[i].Stat.Version {
			t.Errorf("%s: %+v, want %+v, %v", one.path, results[i].Stat, stat, err)
		}
	}
	for path, want := range map[string]bool{"/created": true, "/delete": false} {
		if _, ok, err := c.Exists(ctx, base+path); ok != want || err != nil {
			t.Errorf("%s is there: %t, %v", path, ok, err)
		}
	}
	containers, ttls := hasPart(t, containerNode), hasPart(t, ttlNode)
	if containers && ttls {
		results, err := c.Multi(ctx,
			zk.CreateOp(base+"/container", nil, zk.CreateOptions{Mode: zk.Container}),
			zk.CreateOp(base+"/ttl", nil, zk.CreateOptions{Mode: zk.PersistentTTL, TTL: time.Hour}))
		if err != nil || !results[0].HasStat || !results[1].HasStat || results[0].Path != base+"/container" || results[1].Path != base+"/ttl" {
			t.Errorf("%+v, %v", results, err)
		}
	}

	before := treeOf(ctx, t, c, base)
	for _, tc := range []struct {
		name  string
		ops   []zk.Op
		index int
		op    zk.OpName
		path  string
		code  error
	}{
		{"stale check", []zk.Op{zk.SetOp(base+"/set", nil, 1), zk.CheckOp(base+"/check", 5)}, 1, "check", base + "/check", zk.ErrBadVersion},
		{"check of nothing", []zk.Op{zk.CheckOp(base+"/none", zk.AnyVersion), zk.SetOp(base+"/set", nil, 1)}, 0, "check", base + "/none", zk.ErrNoNode},
		{"middle", []zk.Op{
			zk.CreateOp(base+"/new", nil, zk.CreateOptions{}), zk.SetOp(base+"/set", nil, 1),
			zk.CreateOp(base+"/created", nil, zk.CreateOptions{}), zk.DeleteOp(base+"/check", 0),
		}, 2, "create", base + "/created", zk.ErrNodeExists},
		{"stale set", []zk.Op{zk.DeleteOp(base+"/check", 0), zk.SetOp(base+"/set", nil, 7)}, 1, "set", base + "/set", zk.ErrBadVersion},
		{"last", []zk.Op{zk.SetOp(base+"/set", nil, 1), zk.DeleteOp(base+"/none", 0)}, 1, "delete", base + "/none", zk.ErrNoNode},
		{"local", []zk.Op{zk.SetOp(base+"/set", nil, 1), zk.SetOp("relative", nil, 0)}, 1, "set", "relative", nil},
		{"parents", []zk.Op{zk.CreateOp(base+"/x/y", nil, zk.CreateOptions{MakeParents: true})}, 0, "create", base + "/x/y", nil},
	} {
		results, err := c.Multi(ctx, tc.ops...)
		if me, ok := errors.AsType[*zk.MultiError](err); !ok || me.Index != tc.index || me.Op != tc.op || me.Path != tc.path || tc.code != nil && !errors.Is(err, tc.code) || results != nil {
			t.Errorf("%s: %v, %v", tc.name, results, err)
			continue
		}
		for _, word := range []string{string(tc.op), tc.path, fmt.Sprintf("operation %d", tc.index)} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not say %q", tc.name, err, word)
			}
		}
		if after := treeOf(ctx, t, c, base); !slices.EqualFunc(after, before, func(a, b zk.Reading) bool { return a.Path == b.Path && a.Stat == b.Stat }) {
			t.Errorf("%s changed %+v to %+v", tc.name, before, after)
		}
	}
	if results, err := c.Multi(ctx); results != nil || err != nil {
		t.Errorf("an empty transaction: %v, %v", results, err)
	}
}

// treeOf reads all nodes below the path, and that one.
func treeOf(ctx context.Context, t *testing.T, c *zk.Client, path string) []zk.Reading {
	t.Helper()
	var nodes []zk.Reading
	err := c.Walk(ctx, path, -1, func(r zk.Reading) error {
		nodes = append(nodes, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}
