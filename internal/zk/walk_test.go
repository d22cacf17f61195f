package zk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// surveyed returns what a survey visits, by paths below base.
func surveyed(t *testing.T, c *zk.Client, base string, maxDepth int, contents bool) (order []string, found map[string]zk.Reading) {
	t.Helper()
	found = make(map[string]zk.Reading)
	err := c.Survey(testContext(t), base, maxDepth, contents, func(r zk.Reading) error {
		rel := strings.TrimPrefix(r.Path, base)
		order = append(order, rel)
		found[rel] = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return order, found
}

// ways are the two ways to survey.
var ways = map[string]bool{"with contents": true, "without": false}

func TestSurvey(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	closed := []zk.ACL{{Scheme: "digest", ID: "nobody:x", Perms: zk.PermRead}}
	readable := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead | zk.PermAdmin}}
	for _, n := range []struct {
		rel  string
		data string
		acl  []zk.ACL
	}{{"/a", "", nil}, {"/a/x", "hello", readable}, {"/b", "", closed}, {"/c", "", nil}} {
		if _, err := c.Create(ctx, base+n.rel, []byte(n.data), zk.CreateOptions{ACL: n.acl}); err != nil {
			t.Fatal(err)
		}
	}
	for name, contents := range ways {
		order, found := surveyed(t, c, base, -1, contents)
		if got := strings.Join(order, " "); got != " /a /b /c /a/x" {
			t.Errorf("%s: %q", name, got)
		}
		if b := found["/b"]; !errors.Is(b.Err, zk.ErrNoAuth) || b.Data != nil || b.ACL != nil {
			t.Errorf("%s, what may not be read: %+v", name, b)
		}
		x := found["/a/x"]
		want, err := c.Node(ctx, base+"/a/x")
		if err != nil || x.Err != nil || x.Stat != want.Stat {
			t.Errorf("%s: %+v, %v", name, x, err)
		}
		if contents && (string(x.Data) != "hello" || !slices.Equal(x.ACL, readable)) || !contents && (x.Data != nil || x.ACL != nil) {
			t.Errorf("%s: %q, %v", name, x.Data, x.ACL)
		}
		if order, _ := surveyed(t, c, base, 1, contents); strings.Join(order, " ") != " /a /b /c" {
			t.Errorf("%s, to depth 1: %q", name, order)
		}

		stop, visits := errors.New("enough"), 0
		err = c.Survey(ctx, base, -1, contents, func(zk.Reading) error { visits++; return stop })
		if !errors.Is(err, stop) || visits != 1 {
			t.Errorf("%s, stopped: %v after %d", name, err, visits)
		}
		nothing := func(zk.Reading) error { return errors.New("visited") }
		if err := c.Survey(ctx, base+"/none", -1, contents, nothing); !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("%s of nothing: %v", name, err)
		}
		err = c.Survey(ctx, base+"/b", -1, contents, nothing)
		if failed, _ := errors.AsType[*zk.Error](err); !errors.Is(err, zk.ErrNoAuth) || failed == nil || failed.Path != base+"/b" {
			t.Errorf("%s of what may not be read: %v", name, err)
		}
		if err := c.Survey(ctx, "relative", -1, contents, nothing); err == nil || !strings.Contains(err.Error(), "is not absolute") {
			t.Errorf("%s of no path: %v", name, err)
		}
	}
}

// Somebody else is at work between the reading of a node and that of its ACL.
func TestSurvey_meanwhile(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	for _, rel := range []string{"/deleted", "/hidden", "/same", "/written"} {
		if _, err := direct.Create(ctx, base+rel, []byte("old"), zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	closed := []zk.ACL{{Scheme: "digest", ID: "nobody:x", Perms: zk.PermRead}}
	proxy := zktest.StartProxy(t, server.Addr())
	seen := 0
	proxy.CutBeforeRequest(func(op int32) bool {
		if !zktest.IsGetACL(op) {
			return false
		}
		seen++
		if seen != 2 { // the first one is about base
			return false
		}
		err := direct.Delete(ctx, base+"/deleted", zk.AnyVersion)
		_, hideErr := direct.SetACL(ctx, base+"/hidden", closed, zk.AnyVersion)
		_, writeErr := direct.Set(ctx, base+"/written", []byte("new"), zk.AnyVersion)
		if err := errors.Join(err, hideErr, writeErr); err != nil {
			t.Error(err)
		}
		return false // looks on, and cuts nothing
	})
	order, found := surveyed(t, connect(t, proxy.Addr()), base, -1, true)
	if got := strings.Join(order, " "); got != " /hidden /same /written" {
		t.Errorf("%q", got)
	}
	if r := found["/hidden"]; !errors.Is(r.Err, zk.ErrNoAuth) || r.Data != nil {
		t.Errorf("what was hidden: %+v", r)
	}
	if r := found["/written"]; r.Err != nil || string(r.Data) != "new" || r.Stat.Version != 1 || len(r.ACL) != 1 {
		t.Errorf("what was written: %+v", r)
	}
	if r := found["/same"]; r.Err != nil || string(r.Data) != "old" || len(r.ACL) != 1 {
		t.Errorf("what stayed: %+v", r)
	}
}

// wide makes a folder with as many nodes in it, made by one transaction, and returns its path.
func wide(t *testing.T, c *zk.Client, nodes int) string {
	t.Helper()
	base := folder(t, c)
	var ops []zk.Op
	for i := range nodes {
		ops = append(ops, zk.CreateOp(fmt.Sprintf("%s/%04d", base, i), []byte("x"), zk.CreateOptions{}))
	}
	if _, err := c.Multi(testContext(t), ops...); err != nil {
		t.Fatal(err)
	}
	return base
}

// A survey of more nodes than are read at a time survives the loss of its connection, and
// asks for nothing that it is not to tell.
func TestSurvey_wide(t *testing.T) {
	t.Parallel()
	const nodes = 700
	base := wide(t, connect(t, server.Addr()), nodes)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	if order, _ := surveyed(t, c, base, -1, false); len(order) != nodes+1 || !slices.IsSorted(order) {
		t.Errorf("%d nodes: %v", len(order), order)
	}
	if n := proxy.Count(zktest.Is(zktest.OpGetData, zktest.OpGetACL, zktest.OpMultiRead)); n != 0 {
		t.Errorf("%d requests for what is not told", n)
	}
	seen := 0
	cut := proxy.CutAfterRequest(func(op int32) bool {
		if zktest.IsGetACL(op) {
			seen++
		}
		return seen == nodes/2 && zktest.IsGetACL(op)
	})
	_, found := surveyed(t, c, base, -1, true)
	happened(t, cut)
	if len(found) != nodes+1 {
		t.Errorf("%d nodes", len(found))
	}
	for rel, r := range found {
		if r.Err != nil || rel != "" && string(r.Data) != "x" || len(r.ACL) != 1 {
			t.Errorf("%s: %+v", rel, r)
		}
	}
}

// A visit can leave out what is below a node, and the rest.
func TestWalkSkips(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, path := range []string{"/a", "/a/x", "/b"} {
		if _, err := c.Create(ctx, base+path, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for end, want := range map[error][]string{
		zk.ErrSkipBelow: {base, base + "/a", base + "/b"},
		zk.ErrSkipRest:  {base, base + "/a"},
	} {
		var visited []string
		err := c.Walk(ctx, base, -1, func(r zk.Reading) error {
			visited = append(visited, r.Path)
			if r.Path == base+"/a" {
				return end
			}
			return nil
		})
		if err != nil || !slices.Equal(visited, want) {
			t.Errorf("%v: visited %q, %v", end, visited, err)
		}
	}
}
