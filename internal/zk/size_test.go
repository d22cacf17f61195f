package zk_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
)

// The sizes that are told before anything is sent are those of the requests, to the byte: the
// client sends the largest that fits and nothing larger; the server takes it, and closes the
// connection on one byte more.
func TestRequestSizes(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr())
	base := folder(t, c)
	acl := zk.OpenACL()
	long := func(n int) []zk.ACL { // it takes n bytes more than one with an empty id
		return []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeDigest, ID: "u:" + strings.Repeat("h", n-2)}}
	}
	options := func(mode zk.Mode) zk.CreateOptions {
		o := zk.CreateOptions{Mode: mode, ACL: acl}
		if mode == zk.PersistentTTL || mode == zk.PersistentSequentialTTL {
			o.TTL = zk.MaxTTL
		}
		return o
	}
	made := func(name string) string {
		path := base + "/" + name
		if _, err := c.Create(ctx, path, nil, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		return path
	}
	type request struct {
		empty int // its size without what fills it
		send  func(ctx context.Context, c *zk.Client, fill int) error
	}
	create := func(name string, mode zk.Mode) request {
		path := base + "/" + name
		return request{zk.CreateSize(path, nil, options(mode)), func(ctx context.Context, c *zk.Client, fill int) error {
			_, err := c.Create(ctx, path, make([]byte, fill), options(mode))
			return err
		}}
	}
	set, acls, many := made("set"), made("setACL"), made("multi")
	batch := func(fill int) zk.Batch {
		return zk.Batch{ACL: acl, Writes: []zk.Write{
			{Kind: zk.WriteSet, Path: many, Data: make([]byte, fill)}, {Path: many + "/new", Data: []byte("new")}, {Kind: zk.WriteEnsure, Path: many + "/ensured"},
		}}
	}
	requests := map[string]request{
		"create":         create("create", zk.Persistent),
		"sequential":     create("sequential-", zk.PersistentSequential),
		"ephemeral":      create("ephemeral", zk.Ephemeral),
		"container":      create("container", zk.Container),
		"TTL":            create("ttl", zk.PersistentTTL),
		"sequential TTL": create("sequential-ttl-", zk.PersistentSequentialTTL),
		"set": {zk.SetSize(set, nil), func(ctx context.Context, c *zk.Client, fill int) error {
			_, err := c.Set(ctx, set, make([]byte, fill), zk.AnyVersion)
			return err
		}},
		"setACL": {zk.SetACLSize(acls, []zk.ACL{{Scheme: zk.SchemeDigest}}), func(ctx context.Context, c *zk.Client, fill int) error {
			_, err := c.SetACL(ctx, acls, long(fill), zk.AnyVersion)
			return err
		}},
		"multi, of a batch": {batchSize(t, batch(0)), func(ctx context.Context, c *zk.Client, fill int) error {
			_, err := c.Apply(ctx, batch(fill))
			return err
		}},
	}
	for name, r := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			once := func(cfg *zk.Config) { cfg.Retry.MaxTries = 1 }
			exact := connect(t, server.Addr(), once)
			larger := connect(t, server.Addr(), once, func(cfg *zk.Config) { cfg.MaxBufferBytes = zk.DefaultMaxBufferBytes + 1 })
			fits := zk.DefaultMaxBufferBytes - r.empty
			err := r.send(ctx, exact, fits+1)
			if refused, ok := errors.AsType[*zk.TooLargeError](err); !ok || refused.Size != zk.DefaultMaxBufferBytes+1 {
				t.Errorf("one byte over: %v", err)
			}
			if err := r.send(ctx, larger, fits+1); !errors.Is(err, zk.ErrConnectionLoss) {
				t.Errorf("the server's answer to one byte over: %v", err)
			}
			if err := r.send(ctx, exact, fits); err != nil {
				t.Errorf("at the limit: %v", err)
			}
		})
	}
}

func batchSize(t *testing.T, b zk.Batch) int {
	t.Helper()
	large, ok := errors.AsType[*zk.TooLargeError](b.CheckSize("", 1))
	if !ok {
		t.Fatal("everything fits into a byte")
	}
	for size := large.Size; ; size++ {
		if b.CheckSize("", size) == nil {
			return size
		}
	}
}
