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

// manyNodes is more than is on its way at once.
const manyNodes = 700

// plant makes base/0000 and so on, and returns the paths.
func plant(ctx context.Context, t *testing.T, c *zk.Client) []string {
	t.Helper()
	base := folder(t, c)
	ops := make([]zk.Op, manyNodes)
	paths := make([]string, manyNodes)
	for i := range manyNodes {
		paths[i] = fmt.Sprintf("%s/%04d", base, i)
		ops[i] = zk.CreateOp(paths[i], nil, zk.CreateOptions{})
	}
	if _, err := c.Multi(ctx, ops...); err != nil {
		t.Fatal(err)
	}
	return paths
}

// writesOf is the same new ACL for all of the nodes, as they are now.
func writesOf(ctx context.Context, t *testing.T, c *zk.Client, paths []string, acl []zk.ACL) []zk.ACLWrite {
	t.Helper()
	readings, err := c.ACLs(ctx, paths)
	if err != nil {
		t.Fatal(err)
	}
	writes := make([]zk.ACLWrite, len(paths))
	for i, r := range readings {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		writes[i] = zk.ACLWrite{Path: r.Path, ACL: acl, Stat: r.Stat}
	}
	return writes
}

func bob(cfg *zk.Config) { cfg.Auth = []zk.Credential{{Scheme: "digest", Secret: "bob:builder"}} }

// written checks that each of the nodes has had one new ACL.
func written(ctx context.Context, t *testing.T, c *zk.Client, paths []string) {
	t.Helper()
	for _, path := range paths {
		if stat, ok, err := c.Exists(ctx, path); err != nil || !ok || stat.Aversion != 1 {
			t.Fatalf("%s: aversion %d, %v", path, stat.Aversion, err)
		}
	}
}

// nth matches the n-th request, counted from 1, that match does.
func nth(n int, match func(int32) bool) func(int32) bool {
	seen := 0
	return func(op int32) bool {
		if match(op) {
			seen++
		}
		return seen == n && match(op)
	}
}

var (
	notDelete = []zk.ACL{{Perms: zk.PermAll &^ zk.PermDelete, Scheme: zk.SchemeWorld, ID: "anyone"}}
	onlyBob   = []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeDigest, ID: zk.DigestID("bob", "builder")}}
)

func TestSetACLs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		acl  []zk.ACL
		cut  func(*zktest.Proxy) <-chan struct{}
	}{
		{name: "plainly", acl: notDelete},
		{name: "locking_oneself_out", acl: onlyBob},
		{name: "reply_lost", acl: notDelete, cut: func(p *zktest.Proxy) <-chan struct{} { return p.CutAfterRequest(nth(300, zktest.IsSetACL)) }},
		{name: "request_lost", acl: notDelete, cut: func(p *zktest.Proxy) <-chan struct{} { return p.CutBeforeRequest(nth(300, zktest.IsSetACL)) }},
		{name: "last_reply_lost", acl: notDelete, cut: func(p *zktest.Proxy) <-chan struct{} { return p.CutAfterRequest(nth(manyNodes, zktest.IsSetACL)) }},
		{name: "reply_lost_locking_oneself_out", acl: onlyBob, cut: func(p *zktest.Proxy) <-chan struct{} { return p.CutAfterRequest(nth(300, zktest.IsSetACL)) }},
		{name: "request_lost_locking_oneself_out", acl: onlyBob, cut: func(p *zktest.Proxy) <-chan struct{} { return p.CutBeforeRequest(nth(300, zktest.IsSetACL)) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr(), bob)
			paths := plant(ctx, t, direct)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr(), alice)
			writes := writesOf(ctx, t, c, paths, tc.acl)
			cut := closed()
			if tc.cut != nil {
				cut = tc.cut(proxy)
			}
			next := 0
			err := c.SetACLs(ctx, writes, func(i int, stat zk.Stat, err error) error {
				if i != next || err != nil || stat.Aversion != 1 || stat.Czxid == 0 {
					t.Errorf("%d, after %d: aversion %d, %v", i, next-1, stat.Aversion, err)
				}
				next++
				return nil
			})
			if err != nil || next != len(paths) {
				t.Errorf("%d of %d, %v", next, len(paths), err)
			}
			happened(t, cut)
			written(ctx, t, direct, paths)
		})
	}
}

func closed() <-chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}

// A refusal is told of its node, and stops what has not been sent if the caller wants it to.
func TestSetACLsRefused(t *testing.T) {
	t.Parallel()
	stop := errors.New("enough")
	for _, tc := range []struct {
		name    string
		refuse  func(ctx context.Context, c *zk.Client, path string) error
		want    error
		verdict error
	}{
		{"no_auth", func(ctx context.Context, c *zk.Client, path string) error {
			_, err := c.SetACL(ctx, path, onlyBob, 0)
			return err
		}, zk.ErrNoAuth, stop},
		{"bad_version", func(ctx context.Context, c *zk.Client, path string) error {
			_, err := c.SetACL(ctx, path, notDelete, 0)
			return err
		}, zk.ErrBadVersion, stop},
		{"gone", func(ctx context.Context, c *zk.Client, path string) error { return c.Delete(ctx, path, 0) }, zk.ErrNoNode, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			const refused = 10
			ctx, c := testContext(t), connect(t, server.Addr())
			paths := plant(ctx, t, c)
			writes := writesOf(ctx, t, c, paths, notDelete)
			if err := tc.refuse(ctx, c, paths[refused]); err != nil {
				t.Fatal(err)
			}
			outcomes := 0
			err := c.SetACLs(ctx, writes, func(i int, _ zk.Stat, err error) error {
				outcomes++
				if i != refused {
					if err != nil {
						t.Errorf("%d: %v", i, err)
					}
					return nil
				}
				if e, ok := errors.AsType[*zk.Error](err); !errors.Is(err, tc.want) || !ok || e.Path != paths[i] || e.Op != zk.OpNameSetACL {
					t.Errorf("%v", err)
				}
				return tc.verdict
			})
			if !errors.Is(err, tc.verdict) {
				t.Errorf("%v", err)
			}
			stopped := outcomes < len(paths)
			if stopped != (tc.verdict != nil) {
				t.Errorf("%d of %d were written", outcomes, len(paths))
			}
			// What was told of is what was done.
			written(ctx, t, c, paths[:refused])
			written(ctx, t, c, paths[refused+1:outcomes])
			for _, path := range paths[outcomes:] {
				if stat, _, err := c.Exists(ctx, path); err != nil || stat.Aversion != 0 {
					t.Fatalf("%s: aversion %d, %v", path, stat.Aversion, err)
				}
			}
		})
	}
}

// After the caller's end nothing is sent, and what was is in doubt.
func TestSetACLsContext(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	paths := plant(ctx, t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	writes := writesOf(ctx, t, c, paths, notDelete)
	short, cancel := context.WithCancel(ctx)
	doubtful, outcomes := 0, 0
	err := c.SetACLs(short, writes, func(_ int, _ zk.Stat, err error) error {
		outcomes++
		switch {
		case err == nil && outcomes == 20:
			cancel()
		case err != nil:
			if !errors.Is(err, context.Canceled) || !errors.Is(err, zk.ErrOutcomeUnknown) {
				t.Errorf("%v", err)
			}
			doubtful++
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || doubtful == 0 || outcomes == len(paths) {
		t.Errorf("%d of %d in doubt, %v", doubtful, outcomes, err)
	}
	if err := c.SetACLs(short, writes, func(i int, _ zk.Stat, err error) error {
		t.Errorf("%d: %v", i, err)
		return nil
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before it began: %v", err)
	}
}

func TestACLTree(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	for _, path := range []string{"/a", "/a/x", "/b", "/b/y", "/b/y/z"} {
		acl := zk.OpenACL()
		if path == "/b/y" {
			acl = notDelete
		}
		if _, err := direct.Create(ctx, base+path, []byte("x"), zk.CreateOptions{ACL: acl}); err != nil {
			t.Fatal(err)
		}
	}
	summary := func(readings []zk.ACLReading) string {
		var b strings.Builder
		for _, r := range readings {
			fmt.Fprintf(&b, "%s=%s ", strings.TrimPrefix(r.Path, base), r.ACL[0].Perms)
			if r.Stat.Czxid == 0 {
				t.Errorf("%s has no stat", r.Path)
			}
		}
		return b.String()
	}
	const all = "=cdrwa /a=cdrwa /b=cdrwa /a/x=cdrwa /b/y=crwa /b/y/z=cdrwa "

	t.Run("all", func(t *testing.T) {
		got, err := direct.ACLTree(ctx, base)
		if err != nil || summary(got) != all {
			t.Errorf("%s, %v", summary(got), err)
		}
	})
	t.Run("in_a_chroot", func(t *testing.T) {
		got, err := connect(t, server.Addr()+base+"/b").ACLTree(ctx, "/")
		if err != nil || summary(got) != "/=cdrwa /y=crwa /y/z=cdrwa " {
			t.Errorf("%s, %v", summary(got), err)
		}
	})
	t.Run("reply_lost", func(t *testing.T) {
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		cut := proxy.CutAfterRequest(nth(2, zktest.IsGetACL))
		got, err := c.ACLTree(ctx, base)
		if err != nil || summary(got) != all {
			t.Errorf("%s, %v", summary(got), err)
		}
		happened(t, cut)
	})
	t.Run("nothing", func(t *testing.T) {
		if _, err := direct.ACLTree(ctx, base+"/none"); !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("%v", err)
		}
	})
	t.Run("gone_meanwhile", func(t *testing.T) {
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		asked := false
		proxy.CutBeforeRequest(func(op int32) bool {
			if zktest.IsGetACL(op) && !asked {
				asked = true
				if err := direct.Delete(ctx, base+"/a/x", zk.AnyVersion); err != nil {
					t.Error(err)
				}
			}
			return false
		})
		got, err := c.ACLTree(ctx, base)
		if err != nil || summary(got) != "=cdrwa /a=cdrwa /b=cdrwa /b/y=crwa /b/y/z=cdrwa " || !asked {
			t.Errorf("%s, %v", summary(got), err)
		}
	})
	t.Run("ephemeral", func(t *testing.T) {
		if _, err := direct.Create(ctx, base+"/e", nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
			t.Fatal(err)
		}
		got, err := direct.ACLTree(ctx, base)
		if err != nil || summary(got) != "=cdrwa /a=cdrwa /b=cdrwa /b/y=crwa /b/y/z=cdrwa " {
			t.Errorf("%s, %v", summary(got), err)
		}
		if got, err := direct.ACLTree(ctx, base+"/e"); err != nil || len(got) != 1 {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("not_readable", func(t *testing.T) {
		if _, err := direct.SetACL(ctx, base+"/b/y", onlyBob, 0); err != nil {
			t.Fatal(err)
		}
		_, err := direct.ACLTree(ctx, base)
		if e, ok := errors.AsType[*zk.Error](err); !errors.Is(err, zk.ErrNoAuth) || !ok || e.Path != base+"/b/y" {
			t.Errorf("%v", err)
		}
	})
}

// The servers' own nodes belong to no tree but their own.
func TestACLTreeOfServersNodes(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, zktest.StartServer(t).Addr())
	if _, err := c.Create(ctx, "/mine", nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	paths := func(path string) string {
		readings, err := c.ACLTree(ctx, path)
		if err != nil {
			t.Error(err)
		}
		var names []string
		for _, r := range readings {
			names = append(names, r.Path)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if got := paths("/"); got != "/ /mine" {
		t.Errorf("of the root: %s", got)
	}
	if got := paths("/zookeeper"); got != "/zookeeper /zookeeper/config /zookeeper/quota" {
		t.Errorf("of the servers' own: %s", got)
	}
}

func TestACLs(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	paths := plant(ctx, t, direct)
	if err := direct.Delete(ctx, paths[3], 0); err != nil {
		t.Fatal(err)
	}
	if _, err := direct.SetACL(ctx, paths[5], onlyBob, 0); err != nil {
		t.Fatal(err)
	}
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	for _, lost := range []bool{false, true} {
		cut := closed()
		if lost {
			cut = proxy.CutAfterRequest(nth(100, zktest.IsGetACL))
		}
		got, err := c.ACLs(ctx, paths)
		if err != nil || len(got) != len(paths) {
			t.Fatalf("%d of %d, %v", len(got), len(paths), err)
		}
		happened(t, cut)
		for i, r := range got {
			want := map[int]error{3: zk.ErrNoNode, 5: zk.ErrNoAuth}[i]
			if r.Path != paths[i] || !errors.Is(r.Err, want) || want == nil && (r.Stat.Czxid == 0 || len(r.ACL) != 1) {
				t.Errorf("%d: %+v", i, r)
			}
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := c.ACLs(ended, paths); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	if _, err := c.ACLs(ctx, []string{"relative"}); err == nil || errors.Is(err, zk.ErrNoNode) {
		t.Errorf("relative: %v", err)
	}
}
