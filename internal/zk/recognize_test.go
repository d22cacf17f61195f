package zk_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

var (
	authAll  = []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeAuth}}
	readable = []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeWorld, ID: "anyone"}}
)

// A node is recognized by a later client, which may only know how long its data is. What
// differs in one thing alone is not.
func TestRecognize(t *testing.T) {
	t.Parallel()
	c := connect(t, server.Addr(), alice)
	base := folder(t, c)
	before := c.Zxid()
	node := func(data string, o zk.CreateOptions) func(ctx context.Context, path string) error {
		return func(ctx context.Context, path string) error {
			_, err := c.Create(ctx, path, []byte(data), o)
			return err
		}
	}
	ours := zk.Making{Seen: before, Data: []byte("ours")}
	for name, tc := range map[string]struct {
		make func(ctx context.Context, path string) error
		made zk.Making
		want bool
	}{
		"ours":            {node("ours", zk.CreateOptions{}), ours, true},
		"length":          {node("ours", zk.CreateOptions{}), zk.Making{Seen: before, Size: 4}, true},
		"empty":           {node("", zk.CreateOptions{}), zk.Making{Seen: before, Data: []byte{}}, true},
		"nothing":         {func(context.Context, string) error { return nil }, ours, false},
		"other data":      {node("hers", zk.CreateOptions{}), ours, false},
		"other length":    {node("our", zk.CreateOptions{}), zk.Making{Seen: before, Size: 4}, false},
		"older":           {node("ours", zk.CreateOptions{}), zk.Making{Seen: 1 << 62, Data: []byte("ours")}, false},
		"ephemeral":       {node("ours", zk.CreateOptions{Mode: zk.Ephemeral}), ours, false},
		"own ACL":         {node("ours", zk.CreateOptions{ACL: authAll}), zk.Making{Seen: before, Data: []byte("ours"), ACL: authAll}, true},
		"everybody's":     {node("ours", zk.CreateOptions{}), zk.Making{Seen: before, Data: []byte("ours"), ACL: authAll}, false},
		"not the default": {node("ours", zk.CreateOptions{ACL: authAll}), ours, false},
		"written": {func(ctx context.Context, path string) error {
			_, err := c.Set(ctx, path, []byte("ours"), 0)
			return errors.Join(node("ours", zk.CreateOptions{})(ctx, path), err)
		}, ours, true}, // the set came first, and was refused
		"written again": {func(ctx context.Context, path string) error {
			if err := node("ours", zk.CreateOptions{})(ctx, path); err != nil {
				return err
			}
			_, err := c.Set(ctx, path, []byte("ours"), 0)
			return err
		}, ours, false},
		"with its ACL written again": {func(ctx context.Context, path string) error {
			if err := node("ours", zk.CreateOptions{})(ctx, path); err != nil {
				return err
			}
			_, err := c.SetACL(ctx, path, readable, 0)
			return err
		}, ours, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, path := testContext(t), base+"/"+name
			if err := tc.make(ctx, path); err != nil && !errors.Is(err, zk.ErrNoNode) {
				t.Fatal(err)
			}
			later := connect(t, server.Addr(), alice)
			got, ok, err := later.Recognize(ctx, path, tc.made)
			if err != nil || ok != tc.want {
				t.Fatalf("recognized: %t, %v", ok, err)
			}
			if stat, _, err := c.Exists(ctx, path); err != nil || ok && (got.Stat != stat || got.Path != path) || !ok && got.Path != "" {
				t.Errorf("%+v, want the stat %+v, %v", got, stat, err)
			}
			if !ok {
				return
			}
			tc.made.Others = []int64{1, got.Stat.Czxid}
			if _, ok, err := later.Recognize(ctx, path, tc.made); ok || err != nil {
				t.Errorf("made by another call, and recognized: %t, %v", ok, err)
			}
		})
	}
	t.Run("a node that may not be read", func(t *testing.T) {
		t.Parallel()
		ctx, path := testContext(t), base+"/secret"
		if _, err := c.Create(ctx, path, []byte("ours"), zk.CreateOptions{ACL: authAll}); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := connect(t, server.Addr()).Recognize(ctx, path, ours); ok || !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("recognized: %t, %v", ok, err)
		}
	})
}

// The candidates for a sequential create are the nodes of its prefix that are as it makes
// them, but for those that other calls are known to have made.
func TestRecognizeSequential(t *testing.T) {
	t.Parallel()
	direct := connect(t, server.Addr())
	base := folder(t, direct)
	if _, err := direct.Create(testContext(t), base+"/q", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, chroot, prefix string }{
		{"a name", "", base + "/n-"},
		{"the bare number", "", base + "/q/"},
		{"below the chroot", base, "/c-"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			c := connect(t, server.Addr()+tc.chroot, alice)
			if _, err := c.ServerInfo(ctx); err != nil { // a create is answered with its stat from then on
				t.Fatal(err)
			}
			sequential := func(data string, acl []zk.ACL) zk.Created {
				made, err := c.Create(ctx, tc.prefix, []byte(data), zk.CreateOptions{Mode: zk.PersistentSequential, ACL: acl})
				if err != nil {
					t.Fatal(err)
				}
				return made
			}
			sequential("ours", nil) // before
			made := zk.Making{Seen: c.Zxid(), Data: []byte("ours")}
			sequential("hers", nil)
			sequential("ours", authAll)
			first, second, third := sequential("ours", nil), sequential("ours", nil), sequential("ours", nil)
			if _, err := c.Set(ctx, second.Path, []byte("ours"), 0); err != nil {
				t.Fatal(err)
			}
			fourth := sequential("ours", nil)
			if _, err := c.Create(ctx, tc.prefix+"12345678901", []byte("ours"), zk.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			made.Others = []int64{third.Stat.Czxid}
			later := connect(t, server.Addr()+tc.chroot)
			got, err := later.RecognizeSequential(ctx, tc.prefix, made)
			if want := []string{first.Path, fourth.Path}; err != nil || !slices.Equal(pathsOf(got), want) {
				t.Errorf("%v, want %v, %v", pathsOf(got), want, err)
			}
			if got, err := later.RecognizeSequential(ctx, tc.prefix+"none/", made); err != nil || len(got) != 0 {
				t.Errorf("below nothing: %v, %v", pathsOf(got), err)
			}
		})
	}
}

func pathsOf(nodes []zk.Node) []string {
	var paths []string
	for _, n := range nodes {
		paths = append(paths, n.Path)
	}
	return paths
}

// An error of which the outcome is unknown carries what a later process needs to find out.
func TestOutcomeUnknownCarries(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := prepare(ctx, t, direct)
	for name, do := range map[string]func(ctx context.Context, c *zk.Client, base string) error{
		"create": func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base, []byte("ours"), zk.CreateOptions{})
			return err
		},
		"create with parents": func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Create(ctx, base, []byte("ours"), zk.CreateOptions{MakeParents: true})
			return err
		},
		"transaction": func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Multi(ctx, zk.CreateOp(base, []byte("ours"), zk.CreateOptions{}))
			return err
		},
		"issued": func(ctx context.Context, c *zk.Client, base string) error {
			_, err := c.Async().Create(context.WithoutCancel(ctx), base, []byte("ours"), zk.CreateOptions{}).Wait(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, path := testContext(t), base+"/"+name
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.ConnectTimeout = 2 * time.Second })
			if _, err := c.ServerInfo(ctx); err != nil {
				t.Fatal(err)
			}
			other, err := c.Create(ctx, path+" before", nil, zk.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			cut := proxy.CutAfterRequest(func(op int32) bool {
				if zktest.IsCreate(op) || zktest.IsMulti(op) {
					proxy.Refuse(true)
					return true
				}
				return false
			})
			err = do(ctx, c, path)
			happened(t, cut)
			unknown, isUnknown := errors.AsType[*zk.OutcomeUnknownError](err)
			if !errors.Is(err, zk.ErrOutcomeUnknown) || !isUnknown {
				t.Fatalf("answered %v", err)
			}
			if unknown.Seen < other.Stat.Czxid || slices.Contains(unknown.Others, other.Stat.Czxid) {
				t.Errorf("%+v, and %d was known", unknown, other.Stat.Czxid)
			}
			made := zk.Making{Seen: unknown.Seen, Others: unknown.Others, Data: []byte("ours")}
			if _, ok, err := direct.Recognize(ctx, path, made); !ok || err != nil {
				t.Errorf("recognized: %t, %v", ok, err)
			}
		})
	}
}
