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
			multi, single := count(proxy, opcode(22)), count(proxy, opcode(4, 12))
			batched := srv == server && has(t, batchedRead)
			if !batched && (multi != 0 || single != 2*len(paths)) || batched && (single != 0 || multi > len(paths)/32+1) {
				t.Errorf("%d requests for many nodes, %d for one", multi, single)
			}
			// A connection that is lost in the middle costs nothing but time.
			cut := proxy.CutAfterRequest(opcode(22, 4))
			again, err := c.ReadMany(ctx, paths, false)
			if err != nil || string(again[7].Data) != paths[7] {
				t.Errorf("with a cut: %v", err)
			}
			happened(t, cut)
		})
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
	for depth, want := range map[int]string{
		-1: " /a /b /c /a/y /b/x /b/x/1",
		0:  "",
		1:  " /a /b /c",
	} {
		var got []string
		err := c.Walk(ctx, base, depth, func(r zk.Reading) error {
			got = append(got, strings.TrimPrefix(r.Path, base))
			return nil
		})
		if s := strings.Join(got, " "); err != nil || s != want {
			t.Errorf("to depth %d: %q, %v", depth, s, err)
		}
	}
	stop := errors.New("enough")
	if err := c.Walk(ctx, base, -1, func(zk.Reading) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	if err := c.Walk(ctx, base+"/none", -1, func(zk.Reading) error { return nil }); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("of nothing: %v", err)
	}
}
