package zk_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A walk reads as much as its bounds allow, and nothing beyond.
func TestWalk_limits(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	root := folder(t, c)
	// A tree of 7 nodes, 3 levels below the first and 2 wide, that holds 30 bytes.
	for _, rel := range []string{"/a/b/c", "/d/e/f"} {
		if _, err := c.Create(ctx, root+rel, bytes.Repeat([]byte("x"), 15), zk.CreateOptions{MakeParents: true}); err != nil {
			t.Fatal(err)
		}
	}
	paths := 0
	for _, rel := range []string{"", "/a", "/d", "/a/b", "/d/e", "/a/b/c", "/d/e/f"} {
		paths += len(root + rel)
	}
	for name, tt := range map[string]struct {
		limits zk.WalkLimits
		unit   string // none where it is not exceeded
		max    int
		data   bool // where the data counts
	}{
		"the defaults":        {},
		"as many nodes":       {limits: zk.WalkLimits{Nodes: 7}},
		"one node too many":   {limits: zk.WalkLimits{Nodes: 6}, unit: "nodes", max: 6},
		"as many levels":      {limits: zk.WalkLimits{Levels: 3}},
		"one level too many":  {limits: zk.WalkLimits{Levels: 2}, unit: "levels", max: 2},
		"as many bytes":       {limits: zk.WalkLimits{Bytes: paths + 30}},
		"a byte of data":      {limits: zk.WalkLimits{Bytes: paths + 29}, unit: "bytes", max: paths + 29, data: true},
		"a byte of the paths": {limits: zk.WalkLimits{Bytes: paths - 1}, unit: "bytes", max: paths - 1},
	} {
		bounded := connect(t, server.Addr(), func(cfg *zk.Config) { cfg.Walk = tt.limits })
		for kind, walk := range walks(bounded) {
			visited := 0
			err := walk(ctx, root, -1, func(zk.Reading) error { visited++; return nil })
			limit, exceeded := errors.AsType[*zk.WalkLimitError](err)
			withoutData := tt.data && kind == "without"
			switch {
			case tt.unit == "" || withoutData:
				if err != nil || visited != 7 {
					t.Errorf("%s, %s: %d nodes, %v", name, kind, visited, err)
				}
			case !exceeded || limit.Path != root || limit.Unit != tt.unit || limit.Max != tt.max:
				t.Errorf("%s, %s: %v", name, kind, err)
			}
			// What is not asked for is not too much.
			if err := walk(ctx, root, 0, func(zk.Reading) error { return nil }); tt.unit != "bytes" && err != nil {
				t.Errorf("%s, %s: the node alone: %v", name, kind, err)
			}
		}
		// A tree that is too large to look at is not deleted in part.
		if tt.unit != "" && !tt.data {
			err := bounded.DeleteTree(ctx, root, zk.AnyVersion)
			if _, ok := errors.AsType[*zk.WalkLimitError](err); !ok {
				t.Errorf("%s: deleted: %v", name, err)
			}
		}
	}
	if n, err := c.CountDescendants(ctx, root); err != nil || n != 6 {
		t.Errorf("%d nodes are left, %v", n, err)
	}
}

func TestNew_walkLimits(t *testing.T) {
	t.Parallel()
	for _, limits := range []zk.WalkLimits{{Nodes: -1}, {Levels: -1}, {Bytes: -1}} {
		if _, err := zk.New(t.Context(), zk.Config{Walk: limits}); err == nil {
			t.Errorf("%+v is taken", limits)
		}
	}
}

// A walk asks for few nodes at a time where the servers answer with much: that it is too much is
// found before all of it is there.
func TestWalk_wide(t *testing.T) {
	t.Parallel()
	const wide, many = 250, 200_000
	names := func(n int, name string) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(n))
		for i := range n {
			full := fmt.Sprintf("%s%06d", name, i)
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(full))), full...)
		}
		return b
	}
	roots, children := names(wide, "r"), names(many, "c")
	var asked atomic.Int32
	dial := answering(func(op proto.OpCode) []byte {
		switch {
		case op != proto.OpGetChildren2:
			return make([]byte, 68)
		case asked.Add(1) == 1:
			return append(slices.Clone(roots), make([]byte, 68)...)
		default:
			return append(slices.Clone(children), make([]byte, 68)...)
		}
	})
	c := connect(t, "127.0.0.1:1", func(cfg *zk.Config) { cfg.Dial, cfg.Walk = dial, zk.WalkLimits{Nodes: 1000} })
	err := c.WalkStats(testContext(t), "/", -1, func(zk.Reading) error { return nil })
	if limit, ok := errors.AsType[*zk.WalkLimitError](err); !ok || limit.Unit != "nodes" {
		t.Error(err)
	}
	if n := asked.Load(); n > 30 {
		t.Errorf("%d nodes were asked for, each with %d children", n, many)
	}
}

// A server that names a child of each node, without end, is left at a bound.
func TestWalk_endless(t *testing.T) {
	t.Parallel()
	dial := answering(func(op proto.OpCode) []byte {
		stat := make([]byte, 68)
		if op == proto.OpGetChildren2 {
			return append([]byte{0, 0, 0, 1, 0, 0, 0, 1, 'a'}, stat...)
		}
		return stat
	})
	c := connect(t, "127.0.0.1:1", func(cfg *zk.Config) { cfg.Dial = dial })
	visited := 0
	err := c.WalkStats(testContext(t), "/", -1, func(zk.Reading) error { visited++; return nil })
	if limit, ok := errors.AsType[*zk.WalkLimitError](err); !ok || limit.Unit != "levels" || visited != zk.DefaultWalkLevels+1 {
		t.Errorf("%d nodes, %v", visited, err)
	}
}

// answering is how to connect to what answers each request with the body that reply returns.
func answering(reply func(op proto.OpCode) []byte) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, peer := net.Pipe()
		go func() {
			defer func() { _ = peer.Close() }()
			for greeted(peer, 10_000) {
				for {
					frame, err := zktest.ReadFrame(peer)
					if err != nil {
						return
					}
					op := proto.OpCode(binary.BigEndian.Uint32(frame[4:]))
					answer := header(int32(binary.BigEndian.Uint32(frame)), 2, proto.OK)
					if op == proto.OpGetChildren2 || op == proto.OpExists {
						answer = append(answer, reply(op)...)
					}
					if zktest.WriteFrame(peer, answer) != nil {
						return
					}
				}
			}
		}()
		return client, nil
	}
}
