package zk_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// No data and empty data are two things, and each comes back as what it was, by every way to
// write it and to read it.
func conformNullData(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for name, data := range map[string][]byte{"null": nil, "empty": {}, "text": []byte("Grüße"), "binary": {0, 0xff, 0xfe}} {
		other := []byte("other")
		for way, write := range map[string]func(path string) error{
			"create": func(path string) error {
				_, err := c.Create(ctx, path, data, zk.CreateOptions{})
				return err
			},
			"set": func(path string) error {
				_, err := c.Create(ctx, path, other, zk.CreateOptions{})
				if err == nil {
					_, err = c.Set(ctx, path, data, 0)
				}
				return err
			},
			"multi": func(path string) error {
				_, err := c.Multi(ctx, zk.CreateOp(path, data, zk.CreateOptions{}))
				return err
			},
		} {
			path := base + "/" + way + "-" + name
			if err := write(path); err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			got, stat, err := c.Get(ctx, path)
			if err != nil || !bytes.Equal(got, data) || (got == nil) != (data == nil) || stat.DataLength != int32(len(data)) {
				t.Errorf("%s: get %q (null: %t), %v", path, got, got == nil, err)
			}
			node, err := c.Node(ctx, path)
			if err != nil || !bytes.Equal(node.Data, data) || (node.Data == nil) != (data == nil) {
				t.Errorf("%s: node %q (null: %t), %v", path, node.Data, node.Data == nil, err)
			}
			many, err := c.ReadMany(ctx, []string{path}, false)
			if err != nil || many[0].Err != nil || !bytes.Equal(many[0].Data, data) || (many[0].Data == nil) != (data == nil) {
				t.Errorf("%s: many %+v, %v", path, many, err)
			}
		}
	}
}

// A path comes back as it was, and one that servers would refuse is not sent to them.
func conformPaths(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	base := folder(t, c)
	for _, name := range []string{"Grüße", "世界", "Ελλάδα", "with space", "..dots", "\u00a0", "a%2Fb"} {
		path := base + "/" + name
		made, err := c.Create(ctx, path, []byte(name), zk.CreateOptions{})
		if err != nil || made.Path != path {
			t.Errorf("made %q of %q, %v", made.Path, path, err)
		}
		if data, _, err := c.Get(ctx, path); err != nil || string(data) != name {
			t.Errorf("%q: %q, %v", path, data, err)
		}
		if names, _, err := c.Children(ctx, base); err != nil || !slices.Contains(names, name) {
			t.Errorf("%q is not among %q, %v", name, names, err)
		}
		if err := c.Delete(ctx, path, 0); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}

	sent := len(proxy.Requests())
	for path, want := range map[string]string{
		"/a/../b":  `the element ".."`,
		"/a/./b":   `the element "."`,
		"/a\x00":   "U+0000",
		"/a\x1e/b": "U+001E",
		"/a//b":    "empty element",
		"/a/":      "ends with /",
		"a":        "not absolute",
		"":         "empty",
		"/\xff":    "not UTF-8",
	} {
		for call, err := range withPath(ctx, c, path) {
			if _, ok := errors.AsType[zk.ErrCode](err); err == nil || !strings.Contains(err.Error(), want) || ok {
				t.Errorf("%s %q: %v, want %q", call, path, err, want)
			}
		}
	}
	// Pings alone may have been sent meanwhile.
	for _, r := range proxy.Requests()[sent:] {
		if r.Opcode != zktest.OpPing {
			t.Errorf("the request %+v was sent", r)
		}
	}
}

// withPath makes each call that takes a path, and returns what it fails with.
func withPath(ctx context.Context, c *zk.Client, path string) map[string]error {
	errs := make(map[string]error)
	_, errs["create"] = c.Create(ctx, path, nil, zk.CreateOptions{})
	_, _, errs["exists"] = c.Exists(ctx, path)
	_, _, errs["get"] = c.Get(ctx, path)
	_, _, errs["children"] = c.Children(ctx, path)
	_, _, errs["ACL"] = c.ACL(ctx, path)
	_, errs["node"] = c.Node(ctx, path)
	_, errs["set"] = c.Set(ctx, path, nil, zk.AnyVersion)
	_, errs["setACL"] = c.SetACL(ctx, path, zk.OpenACL(), zk.AnyVersion)
	errs["update"] = c.Update(ctx, path, zk.Change{SetData: true})
	errs["delete"] = c.Delete(ctx, path, zk.AnyVersion)
	errs["deleteTree"] = c.DeleteTree(ctx, path, zk.AnyVersion)
	errs["sync"] = c.Sync(ctx, path)
	_, errs["multi"] = c.Multi(ctx, zk.SetOp(path, nil, zk.AnyVersion))
	_, errs["readMany"] = c.ReadMany(ctx, []string{path}, true)
	errs["walk"] = c.Walk(ctx, path, -1, func(zk.Reading) error { return nil })
	_, _, _, errs["getWatch"] = c.GetWatch(ctx, path)
	_, _, _, errs["existsWatch"] = c.ExistsWatch(ctx, path)
	_, _, _, errs["childrenWatch"] = c.ChildrenWatch(ctx, path)
	_, errs["watch"] = c.Watch(ctx, path, true)
	_, errs["countDescendants"] = c.CountDescendants(ctx, path)
	_, errs["ensurePath"] = c.EnsurePath(ctx, path, nil) // the last: it makes what the others miss
	return errs
}

// Data of 512 KiB is no matter. A request that is too large is refused before it is sent: a
// server would close the connection on it, and every other request in flight would be lost
// with it.
func conformSize(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	base := folder(t, c)
	session, _ := c.Session()
	if _, err := c.Create(ctx, base+"/mine", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	half := bytes.Repeat([]byte("0123456789abcdef"), 512<<10/16)
	if _, err := c.Create(ctx, base+"/half", half, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if data, _, err := c.Get(ctx, base+"/half"); err != nil || !bytes.Equal(data, half) {
		t.Errorf("read back %d bytes, %v", len(data), err)
	}
	slices.Reverse(half)
	if _, err := c.Set(ctx, base+"/half", half, 0); err != nil {
		t.Error(err)
	}
	if data, _, err := c.Get(ctx, base+"/half"); err != nil || !bytes.Equal(data, half) {
		t.Errorf("read back %d bytes behind a set, %v", len(data), err)
	}

	writes := proxy.Count(zktest.Is(zktest.OpCreate, zktest.OpSetData, zktest.OpMulti, zktest.OpCreate2))
	large := make([]byte, 2<<20)
	for name, write := range map[string]func() error{
		"create": func() error {
			_, err := c.Create(ctx, base+"/large", large, zk.CreateOptions{})
			return err
		},
		"set": func() error {
			_, err := c.Set(ctx, base+"/half", large, zk.AnyVersion)
			return err
		},
		"multi": func() error {
			_, err := c.Multi(ctx, zk.SetOp(base+"/half", large[:1<<20], 1), zk.CreateOp(base+"/large", large[:1<<20], zk.CreateOptions{}))
			return err
		},
	} {
		err := write()
		if refused, ok := errors.AsType[*zk.TooLargeError](err); !ok || refused.Limit != zk.DefaultMaxBufferBytes || refused.Size < len(large) {
			t.Errorf("%s of 2 MiB: %v", name, err)
		}
	}
	if n := proxy.Count(zktest.Is(zktest.OpCreate, zktest.OpSetData, zktest.OpMulti, zktest.OpCreate2)); n != writes {
		t.Errorf("%d requests were sent that are too large", n-writes)
	}

	// The largest that fits is accepted by the server, and one byte more is not sent.
	acl := zk.OpenACL()
	fits := zk.DefaultMaxBufferBytes - zk.CreateSize(base+"/edge", nil, zk.CreateOptions{ACL: acl})
	_, err := c.Create(ctx, base+"/edge", make([]byte, fits+1), zk.CreateOptions{ACL: acl})
	if refused, ok := errors.AsType[*zk.TooLargeError](err); !ok || refused.Size != refused.Limit+1 {
		t.Errorf("one byte over: %v", err)
	}
	if _, err := c.Create(ctx, base+"/edge", make([]byte, fits), zk.CreateOptions{ACL: acl}); err != nil {
		t.Errorf("at the limit: %v", err)
	}

	if now, _ := c.Session(); now != session {
		t.Errorf("session %#x has become %#x", session, now)
	}
	if stat, ok, err := c.Exists(ctx, base+"/mine"); !ok || stat.EphemeralOwner != session || err != nil {
		t.Errorf("the ephemeral node is there: %t, %+v, %v", ok, stat, err)
	}
	// One for the session, and one at most for the question after the server's version.
	if n := proxy.Connections(); n > 2 {
		t.Errorf("%d connections", n)
	}
}

// An ephemeral node is its session's: it has no children, and goes with it.
func conformEphemeral(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	c := connect(t, server.Addr())
	session, _ := c.Session()
	for _, o := range []zk.CreateOptions{{Mode: zk.Ephemeral}, {Mode: zk.EphemeralSequential}} {
		made, err := c.Create(ctx, base+"/mine", nil, o)
		if err != nil {
			t.Fatal(err)
		}
		if stat, ok, err := direct.Exists(ctx, made.Path); !ok || stat.EphemeralOwner != session || err != nil {
			t.Errorf("%s: owner %#x, session %#x, %v", made.Path, stat.EphemeralOwner, session, err)
		}
		for _, child := range []zk.CreateOptions{{}, {Mode: zk.Ephemeral}, {Mode: zk.PersistentSequential}} {
			if _, err := c.Create(ctx, made.Path+"/child", nil, child); !errors.Is(err, zk.ErrNoChildrenForEphemerals) {
				t.Errorf("a child of %s: %v", made.Path, err)
			}
		}
	}
	if _, err := c.Create(ctx, base+"/left", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if stat, _, err := direct.Exists(ctx, base+"/left"); err != nil || stat.EphemeralOwner != 0 {
		t.Errorf("a persistent node is owned by %#x, %v", stat.EphemeralOwner, err)
	}
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	// At once, and not when the session would have expired.
	if names, _, err := direct.Children(ctx, base); err != nil || !slices.Equal(names, []string{"left"}) {
		t.Errorf("after Close: %v, %v", names, err)
	}
}

// A sequential node gets a number of ten digits, and each a higher one than those before.
func conformSequence(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, tc := range []struct {
		prefix string
		mode   zk.Mode
		want   string
	}{
		{"/a", zk.PersistentSequential, "/a0000000000"},
		{"/a", zk.PersistentSequential, "/a0000000001"},
		{"/a", zk.EphemeralSequential, "/a0000000002"},
		{"/b-", zk.PersistentSequential, "/b-0000000003"}, // the parent counts, and not the name
		{"/", zk.PersistentSequential, "/0000000004"},
		{"/", zk.EphemeralSequential, "/0000000005"},
	} {
		made, err := c.Create(ctx, base+tc.prefix, []byte(tc.want), zk.CreateOptions{Mode: tc.mode})
		if err != nil || made.Path != base+tc.want {
			t.Errorf("made %s, want %s, %v", made.Path, base+tc.want, err)
			continue
		}
		if data, _, err := c.Get(ctx, made.Path); err != nil || string(data) != tc.want {
			t.Errorf("%s: %q, %v", made.Path, data, err)
		}
	}
	// With parents to be made, the prefix names what is above the bare number.
	made, err := c.Create(ctx, base+"/folder/", nil, zk.CreateOptions{Mode: zk.PersistentSequential, MakeParents: true})
	if err != nil || made.Path != base+"/folder/0000000000" || !slices.Equal(made.Parents, []string{base + "/folder"}) {
		t.Errorf("%+v, %v", made, err)
	}
}

// The stat that a create answers with is the one that the node has.
func conformCreateStat(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	base := folder(t, c)
	if _, err := c.ServerInfo(ctx); err != nil { // its version decides about the stat
		t.Fatal(err)
	}
	for name, o := range map[string]zk.CreateOptions{
		"/persistent": {},
		"/ephemeral":  {Mode: zk.Ephemeral},
		"/sequence-":  {Mode: zk.PersistentSequential},
		"/its/parent": {MakeParents: true},
	} {
		made, err := c.Create(ctx, base+name, []byte("data"), o)
		if err != nil {
			t.Fatal(err)
		}
		data, stat, err := c.Get(ctx, made.Path)
		if err != nil || string(data) != "data" {
			t.Errorf("%s: %q, %v", made.Path, data, err)
		}
		if made.HasStat != has(t, createStat) || made.HasStat && made.Stat != stat || !made.HasStat && made.Stat != (zk.Stat{}) {
			t.Errorf("%s: create answered %+v, get %+v", name, made, stat)
		}
	}
	if !has(t, createStat) {
		if n := proxy.Count(zktest.Is(zktest.OpCreate2)); n != 0 {
			t.Errorf("create2 was sent %d times", n)
		}
		lacks(t, createStat)
	}
}

// A set at the node's version makes the next one. One at another is refused, and changes
// nothing.
func conformVersionedSet(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/node"
	if _, err := c.Create(ctx, path, []byte("0"), zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for at, data := range []string{"1", "2", "3"} {
		stat, err := c.Set(ctx, path, []byte(data), int32(at))
		if err != nil || stat.Version != int32(at)+1 {
			t.Fatalf("at %d: %+v, %v", at, stat, err)
		}
		if got, now, err := c.Get(ctx, path); err != nil || string(got) != data || now != stat {
			t.Errorf("get %q at %+v, set answered %+v, %v", got, now, stat, err)
		}
	}
	_, before, err := c.Get(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, stale := range []int32{0, 2, 4} {
		if stat, err := c.Set(ctx, path, []byte("stale"), stale); !errors.Is(err, zk.ErrBadVersion) || stat != (zk.Stat{}) {
			t.Errorf("at %d: %+v, %v", stale, stat, err)
		}
		if data, now, err := c.Get(ctx, path); err != nil || string(data) != "3" || now != before {
			t.Errorf("a refused set changed %+v to %q at %+v, %v", before, data, now, err)
		}
	}
	if stat, err := c.Set(ctx, path, nil, zk.AnyVersion); err != nil || stat.Version != 4 {
		t.Errorf("at any version: %+v, %v", stat, err)
	}
	if _, err := c.Set(ctx, path+"/none", nil, zk.AnyVersion); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("of nothing: %v", err)
	}
}
