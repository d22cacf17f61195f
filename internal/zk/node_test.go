package zk_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
)

func TestCreateAndGet(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, tc := range []struct {
		name string
		data []byte
	}{
		{"null", nil},
		{"empty", []byte{}},
		{"text", []byte("Grüße")},
		{"binary", []byte{0, 0xff, 0xfe}},
		{"large", bytes.Repeat([]byte{7}, 512<<10)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := base + "/" + tc.name
			made, err := c.Create(ctx, path, tc.data, zk.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			data, stat, err := c.Get(ctx, path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(data, tc.data) || (data == nil) != (tc.data == nil) {
				t.Errorf("created with %d bytes (null: %t), got %d (null: %t)", len(tc.data), tc.data == nil, len(data), data == nil)
			}
			if made.Path != path || !made.HasStat || made.Stat != stat {
				t.Errorf("create answered %+v, get %+v", made, stat)
			}
		})
	}
}

func TestCreateModes(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, tc := range []struct {
		name   string
		o      zk.CreateOptions
		suffix string
		owned  bool
	}{
		{"persistent", zk.CreateOptions{Mode: zk.Persistent}, "", false},
		{"ephemeral", zk.CreateOptions{Mode: zk.Ephemeral}, "", true},
		{"persistent-sequential-", zk.CreateOptions{Mode: zk.PersistentSequential}, "0000000002", false},
		{"ephemeral-sequential-", zk.CreateOptions{Mode: zk.EphemeralSequential}, "0000000003", true},
		{"container", zk.CreateOptions{Mode: zk.Container}, "", false},
		{"ttl", zk.CreateOptions{Mode: zk.PersistentTTL, TTL: time.Hour}, "", false},
		{"ttl-sequential-", zk.CreateOptions{Mode: zk.PersistentSequentialTTL, TTL: zk.MaxTTL}, "0000000006", false},
		{"", zk.CreateOptions{Mode: zk.PersistentSequential}, "0000000007", false},
		// With the number these are names, and neither the folder nor the one above it.
		{".", zk.CreateOptions{Mode: zk.PersistentSequential}, "0000000008", false},
		{"..", zk.CreateOptions{Mode: zk.PersistentSequential}, "0000000009", false},
	} {
		made, err := c.Create(ctx, base+"/"+tc.name, nil, tc.o)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if want := base + "/" + tc.name + tc.suffix; made.Path != want {
			t.Errorf("made %s, want %s", made.Path, want)
		}
		if owned := made.Stat.EphemeralOwner != 0; owned != tc.owned {
			t.Errorf("%s: owner %#x", tc.name, made.Stat.EphemeralOwner)
		}
	}
	if _, err := c.Create(ctx, base+"/ephemeral/child", nil, zk.CreateOptions{}); !errors.Is(err, zk.ErrNoChildrenForEphemerals) {
		t.Errorf("a child of an ephemeral: %v", err)
	}
}

// That a node is a container or has a TTL does not show in its stat: only in what becomes
// of it.
func TestServersDeleteContainersAndTTLNodes(t *testing.T) {
	t.Parallel()
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
		var e *zk.Error
		if !errors.As(err, &e) || e.Op != "create" || e.Path != tc.path || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestMakeParents(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
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
	again, err := c.Create(ctx, base+"/a/b/c", nil, zk.CreateOptions{MakeParents: true})
	if !errors.Is(err, zk.ErrNodeExists) || len(again.Parents) != 0 {
		t.Errorf("again: %v, parents %v", err, again.Parents)
	}
	if _, err := c.Create(ctx, base+"/x/y", nil, zk.CreateOptions{}); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("without MakeParents: %v", err)
	}
	// What was made on the way to a failure is told.
	partial, err := c.Create(ctx, base+"/p/q/r", nil, zk.CreateOptions{MakeParents: true, ParentACL: readOnly})
	if !errors.Is(err, zk.ErrNoAuth) || !slices.Equal(partial.Parents, []string{base + "/p"}) {
		t.Errorf("partly: %v, parents %v", err, partial.Parents)
	}
}

func TestSetAndDelete(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/node"
	if _, err := c.Create(ctx, path, []byte("0"), zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	stat, err := c.Set(ctx, path, []byte("1"), 0)
	if err != nil || stat.Version != 1 {
		t.Fatalf("set: version %d, %v", stat.Version, err)
	}
	if _, err := c.Set(ctx, path, []byte("2"), 0); !errors.Is(err, zk.ErrBadVersion) {
		t.Errorf("set at a stale version: %v", err)
	}
	if err := c.Delete(ctx, path, 0); !errors.Is(err, zk.ErrBadVersion) {
		t.Errorf("delete at a stale version: %v", err)
	}
	if data, _, err := c.Get(ctx, path); err != nil || string(data) != "1" {
		t.Errorf("a refused write changed the node: %q, %v", data, err)
	}
	if stat, err = c.Set(ctx, path, nil, zk.AnyVersion); err != nil || stat.Version != 2 {
		t.Errorf("set at any version: version %d, %v", stat.Version, err)
	}
	if _, err := c.Create(ctx, path+"/child", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, path, 2); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("delete with a child: %v", err)
	}
	if err := c.Delete(ctx, path+"/child", zk.AnyVersion); err != nil {
		t.Error(err)
	}
	if err := c.Delete(ctx, path, 2); err != nil {
		t.Error(err)
	}
	if err := c.Delete(ctx, path, 2); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("delete of nothing: %v", err)
	}
	if _, ok, err := c.Exists(ctx, path); ok || err != nil {
		t.Errorf("exists: %t, %v", ok, err)
	}
	if _, err := c.Set(ctx, path, nil, zk.AnyVersion); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("set of nothing: %v", err)
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

func TestACL(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	alice := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.Auth = []zk.Credential{{Scheme: "digest", Secret: "alice:secret"}} })
	mallory := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.Auth = []zk.Credential{{Scheme: "digest", Secret: "alice:guess"}} })
	path := folder(t, alice) + "/guarded"
	acl := []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeDigest, ID: zk.DigestID("alice", "secret")}}
	if _, err := alice.Create(ctx, path, []byte("hers"), zk.CreateOptions{ACL: acl}); err != nil {
		t.Fatal(err)
	}
	got, stat, err := alice.ACL(ctx, path)
	if err != nil || !slices.Equal(got, acl) || stat.Aversion != 0 {
		t.Errorf("ACL %v at %d, %v", got, stat.Aversion, err)
	}
	if _, _, err := mallory.Get(ctx, path); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("get with another password: %v", err)
	}
	acl = append(acl, zk.ACL{Perms: zk.PermRead, Scheme: zk.SchemeWorld, ID: "anyone"})
	if stat, err = alice.SetACL(ctx, path, acl, 0); err != nil || stat.Aversion != 1 {
		t.Fatalf("setACL: %d, %v", stat.Aversion, err)
	}
	if _, err := alice.SetACL(ctx, path, acl, 0); !errors.Is(err, zk.ErrBadVersion) {
		t.Errorf("setACL at a stale version: %v", err)
	}
	if data, _, err := mallory.Get(ctx, path); err != nil || string(data) != "hers" {
		t.Errorf("get with the permission: %q, %v", data, err)
	}
	if _, err := mallory.SetACL(ctx, path, zk.OpenACL(), zk.AnyVersion); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("setACL without the permission: %v", err)
	}
	for name, bad := range map[string][]zk.ACL{
		"empty":          {},
		"unknown scheme": {{Perms: zk.PermAll, Scheme: "nobody", ID: "x"}},
	} {
		if _, err := alice.SetACL(ctx, path, bad, zk.AnyVersion); !errors.Is(err, zk.ErrInvalidACL) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := alice.SetACL(ctx, path+"/none", acl, zk.AnyVersion); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("setACL of nothing: %v", err)
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

// A request that is too large is refused before it is sent: a server would close the
// connection on it, and every other request in flight would be lost with it.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	var large *zk.TooLargeError
	_, err := c.Create(ctx, base+"/large", make([]byte, 2<<20), zk.CreateOptions{})
	if !errors.As(err, &large) || large.Limit != zk.DefaultMaxBufferBytes || large.Size < 2<<20 {
		t.Errorf("2 MiB: %v", err)
	}
	// The largest that fits is accepted by the server, and one byte more is not sent.
	acl := zk.OpenACL()
	fits := zk.DefaultMaxBufferBytes - zk.CreateSize(base+"/edge", nil, acl)
	if _, err := c.Create(ctx, base+"/edge", make([]byte, fits+1), zk.CreateOptions{ACL: acl}); !errors.As(err, &large) || large.Size != large.Limit+1 {
		t.Errorf("one byte over: %v", err)
	}
	if _, err := c.Create(ctx, base+"/edge", make([]byte, fits), zk.CreateOptions{ACL: acl}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

func TestDeleteTree(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"in one transaction": 0, "in many": 300} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, all := testContext(t), connect(t, server.Addr())
			base := folder(t, all)
			c := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.MaxBufferBytes = limit })
			root := base + "/root"
			for _, path := range []string{"", "/a", "/a/b", "/a/b/c", "/d", "/d/e", "/d/f", "/g"} {
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
			if err := c.DeleteTree(ctx, root, 0); !errors.Is(err, zk.ErrNoNode) {
				t.Errorf("again: %v", err)
			}
		})
	}
	ctx, c := testContext(t), connect(t, server.Addr())
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota"} {
		if err := c.DeleteTree(ctx, path, zk.AnyVersion); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestChroot(t *testing.T) {
	t.Parallel()
	ctx, all := testContext(t), connect(t, server.Addr())
	base := folder(t, all)
	c := connect(t, server.Addr()+base+"/deep/root")
	// The chroot itself is made on the way.
	made, err := c.Create(ctx, "/a/b", []byte("inside"), zk.CreateOptions{MakeParents: true})
	if err != nil || made.Path != "/a/b" || !slices.Equal(made.Parents, []string{"/a"}) {
		t.Fatalf("%+v, %v", made, err)
	}
	if data, _, err := all.Get(ctx, base+"/deep/root/a/b"); err != nil || string(data) != "inside" {
		t.Errorf("from outside: %q, %v", data, err)
	}
	seq, err := c.Create(ctx, "/n-", nil, zk.CreateOptions{Mode: zk.PersistentSequential})
	if err != nil || seq.Path != "/n-0000000001" {
		t.Errorf("sequential: %+v, %v", seq, err)
	}
	results, err := c.Multi(ctx, zk.CreateOp("/m", nil, zk.CreateOptions{}), zk.SetOp("/a/b", []byte("set"), 0))
	if err != nil || results[0].Path != "/m" || results[1].Path != "/a/b" {
		t.Errorf("multi: %+v, %v", results, err)
	}
	names, _, err := c.Children(ctx, "/")
	if err != nil || !slices.Equal(names, []string{"a", "m", "n-0000000001"}) {
		t.Errorf("children: %v, %v", names, err)
	}
	_, _, err = c.Get(ctx, "/none")
	var e *zk.Error
	if !errors.As(err, &e) || e.Path != "/none" {
		t.Errorf("an error's path: %v", err)
	}
	if err := c.DeleteTree(ctx, "/a", zk.AnyVersion); err != nil {
		t.Error(err)
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

func TestMulti(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, name := range []string{"/set", "/delete", "/check"} {
		if _, err := c.Create(ctx, base+name, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	results, err := c.Multi(ctx,
		zk.CheckOp(base+"/check", 0),
		zk.CreateOp(base+"/created", []byte("new"), zk.CreateOptions{}),
		zk.CreateOp(base+"/created/child-", nil, zk.CreateOptions{Mode: zk.EphemeralSequential}),
		zk.CreateOp(base+"/container", nil, zk.CreateOptions{Mode: zk.Container}),
		zk.CreateOp(base+"/ttl", nil, zk.CreateOptions{Mode: zk.PersistentTTL, TTL: time.Hour}),
		zk.SetOp(base+"/set", []byte("set"), 0),
		zk.DeleteOp(base+"/delete", 0),
	)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, r := range results {
		paths = append(paths, strings.TrimPrefix(r.Path, base))
	}
	if want := []string{"/check", "/created", "/created/child-0000000000", "/container", "/ttl", "/set", "/delete"}; !slices.Equal(paths, want) {
		t.Errorf("paths %v, want %v", paths, want)
	}
	// Before 3.7.2 and 3.8.2 a create inside a transaction is answered without its stat.
	newer := !slices.Contains([]string{"3.5", "3.6"}, server.Version()[:3])
	for i, want := range []bool{false, newer, newer, true, true, true, false} {
		if results[i].HasStat != want {
			t.Errorf("result %d has a stat: %t", i, results[i].HasStat)
		}
	}
	if stat, _, err := c.Exists(ctx, base+"/set"); err != nil || stat != results[5].Stat {
		t.Errorf("set's stat: %+v, want %+v, %v", results[5].Stat, stat, err)
	}

	for _, tc := range []struct {
		name  string
		ops   []zk.Op
		index int
		op    string
		code  error
	}{
		{"first", []zk.Op{zk.CheckOp(base+"/check", 5), zk.SetOp(base+"/set", nil, 1)}, 0, "check", zk.ErrBadVersion},
		{"middle", []zk.Op{zk.SetOp(base+"/set", nil, 1), zk.CreateOp(base+"/created", nil, zk.CreateOptions{}), zk.DeleteOp(base+"/check", 0)}, 1, "create", zk.ErrNodeExists},
		{"last", []zk.Op{zk.SetOp(base+"/set", nil, 1), zk.DeleteOp(base+"/none", 0)}, 1, "delete", zk.ErrNoNode},
		{"local", []zk.Op{zk.SetOp(base+"/set", nil, 1), zk.SetOp("relative", nil, 0)}, 1, "set", nil},
		{"parents", []zk.Op{zk.CreateOp(base+"/x/y", nil, zk.CreateOptions{MakeParents: true})}, 0, "create", nil},
	} {
		_, err := c.Multi(ctx, tc.ops...)
		var me *zk.MultiError
		if !errors.As(err, &me) || me.Index != tc.index || me.Op != tc.op || tc.code != nil && !errors.Is(err, tc.code) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if stat, _, err := c.Exists(ctx, base+"/set"); err != nil || stat.Version != 1 {
			t.Errorf("%s changed the version to %d, %v", tc.name, stat.Version, err)
		}
	}
	if results, err := c.Multi(ctx); results != nil || err != nil {
		t.Errorf("an empty transaction: %v, %v", results, err)
	}
}
