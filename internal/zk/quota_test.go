package zk_test

import (
	"context"
	"errors"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// quotaServers are servers of releases with and without hard limits.
func quotaServers(t *testing.T, run func(t *testing.T, addr string, hard bool)) {
	t.Helper()
	for version, hard := range map[string]bool{"3.4.14": false, "3.6.4": false, "3.7.2": true, "3.9.5": true} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			own := zktest.StartServer(t, zktest.WithVersion(version), zktest.WithConfig("enforceQuota", "true"))
			run(t, own.Addr(), hard)
		})
	}
}

func mustMake(t *testing.T, c *zk.Client, path, data string) {
	t.Helper()
	if _, err := c.Create(testContext(t), path, []byte(data), zk.CreateOptions{MakeParents: true}); err != nil {
		t.Fatal(err)
	}
}

func soft(count, bytes int64) zk.Quota {
	return zk.Quota{Count: count, Bytes: bytes, HardCount: zk.NoLimit, HardBytes: zk.NoLimit}
}

func hardly(count, bytes int64) zk.Quota {
	return zk.Quota{Count: zk.NoLimit, Bytes: zk.NoLimit, HardCount: count, HardBytes: bytes}
}

// A quota is made, read, changed and removed; servers count for it from the beginning, and hold to a hard one from 3.7.
func TestQuota(t *testing.T) {
	t.Parallel()
	quotaServers(t, func(t *testing.T, addr string, hard bool) {
		t.Helper()
		ctx, c := testContext(t), connect(t, addr+"/app")
		mustMake(t, c, "/a/b", "12345")
		mustMake(t, c, "/a/b/c", "678")
		if _, err := c.Quota(ctx, "/a/b"); !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("before it is made: %v", err)
		}
		if err := c.CreateQuota(ctx, "/a/b", soft(10, 100), nil); err != nil {
			t.Fatal(err)
		}
		made, err := c.Quota(ctx, "/a/b")
		if err != nil || made.Quota != soft(10, 100) || made.Use == nil || *made.Use != (zk.QuotaUse{Count: 2, Bytes: 8}) {
			t.Errorf("made: %+v, %v", made, err)
		}
		plain := connect(t, addr)
		if data, _, err := plain.Get(ctx, "/zookeeper/quota/app/a/b/zookeeper_limits"); err != nil || string(data) != "count=10,bytes=100" {
			t.Errorf("%q, %v", data, err)
		}
		mustMake(t, c, "/a/b/d", "9")
		used, err := c.Quota(ctx, "/a/b")
		if err != nil || used.Use == nil || *used.Use != (zk.QuotaUse{Count: 3, Bytes: 9}) {
			t.Errorf("used: %+v, %v", used.Use, err)
		}

		err = c.SetQuota(ctx, "/a/b", hardly(4, zk.NoLimit), used.Stat.Mzxid, nil)
		if !hard {
			if old, ok := errors.AsType[*zk.VersionError](err); !ok || old.Needed != (zk.Version{Major: 3, Minor: 7}) {
				t.Errorf("a hard limit: %v", err)
			}
			err = c.CreateQuota(ctx, "/a", hardly(4, zk.NoLimit), nil)
			if _, ok := errors.AsType[*zk.VersionError](err); !ok {
				t.Errorf("made with a hard limit: %v", err)
			}
			if err := c.SetQuota(ctx, "/a/b", soft(zk.NoLimit, 7), used.Stat.Mzxid, nil); err != nil {
				t.Fatal(err)
			}
		} else {
			if err != nil {
				t.Fatal(err)
			}
			mustMake(t, c, "/a/b/e", "")
			if _, err := c.Create(ctx, "/a/b/f", nil, zk.CreateOptions{}); !errors.Is(err, zk.ErrQuotaExceeded) {
				t.Errorf("a fifth node: %v", err)
			}
			if data, _, err := plain.Get(ctx, "/zookeeper/quota/app/a/b/zookeeper_limits"); err != nil || string(data) != "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=4" {
				t.Errorf("%q, %v", data, err)
			}
		}
		// Of a quota that was changed since, nothing is written.
		if err := c.SetQuota(ctx, "/a/b", soft(1, 1), made.Stat.Mzxid, nil); !errors.Is(err, zk.ErrBadVersion) {
			t.Errorf("set at a stale version: %v", err)
		}
		if err := c.DeleteQuota(ctx, "/a/b", made.Stat.Mzxid); !errors.Is(err, zk.ErrBadVersion) {
			t.Errorf("deleted at a stale version: %v", err)
		}
		now, err := c.Quota(ctx, "/a/b")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.DeleteQuota(ctx, "/a/b", now.Stat.Mzxid); err != nil {
			t.Fatal(err)
		}
		if names, _, err := plain.Children(ctx, "/zookeeper/quota"); err != nil || len(names) != 0 {
			t.Errorf("left %q, %v", names, err)
		}
		if err := c.DeleteQuota(ctx, "/a/b", now.Stat.Mzxid); err != nil {
			t.Errorf("again: %v", err)
		}
	})
}

// What ZooKeeper's own CLI writes is read, and there are no two quotas above each other.
func TestQuota_others(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	for _, rel := range []string{"/a", "/a/b", "/a/b/c", "/d"} {
		mustMake(t, c, base+rel, "")
	}
	at := "/zookeeper/quota" + base + "/a/b"
	mustMake(t, c, at+"/zookeeper_limits", "count=5,bytes=-1=;byteHardLimit=200;countHardLimit=10")
	got, err := c.Quota(ctx, base+"/a/b")
	if want := (zk.Quota{Count: 5, Bytes: zk.NoLimit, HardCount: 10, HardBytes: 200}); err != nil || got.Quota != want || got.Use != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for rel, want := range map[string]string{"/a": base + "/a/b", "/a/b/c": base + "/a/b"} {
		err := c.CreateQuota(ctx, base+rel, soft(1, 1), nil)
		if overlap, ok := errors.AsType[*zk.QuotaOverlapError](err); !ok || overlap.Path != want {
			t.Errorf("%s: %v", rel, err)
		}
	}
	if err := c.CreateQuota(ctx, base+"/a/b", soft(1, 1), nil); !errors.Is(err, zk.ErrNodeExists) {
		t.Errorf("a second one: %v", err)
	}
	if err := c.CreateQuota(ctx, base+"/missing", soft(1, 1), nil); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("without a node: %v", err)
	}
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota", "a"} {
		if err := c.CreateQuota(ctx, path, soft(1, 1), nil); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("%s: %v", path, err)
		}
	}
	// What is counted starts again where nobody has counted.
	if err := c.SetQuota(ctx, base+"/a/b", soft(7, zk.NoLimit), got.Stat.Mzxid, nil); err != nil {
		t.Fatal(err)
	}
	got, err = c.Quota(ctx, base+"/a/b")
	if err != nil || got.Quota != soft(7, zk.NoLimit) || got.Use == nil || got.Use.Count != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	// A count that is left from an earlier quota is not taken over.
	if err := c.Delete(ctx, at+"/zookeeper_limits", zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	mustMake(t, c, base+"/a/b/later", "")
	if err := c.CreateQuota(ctx, base+"/a/b", soft(7, zk.NoLimit), nil); err != nil {
		t.Fatal(err)
	}
	if got, err = c.Quota(ctx, base+"/a/b"); err != nil || got.Use == nil || got.Use.Count != 3 {
		t.Errorf("%+v, %v", got.Use, err)
	}
	if _, err := c.Set(ctx, at+"/zookeeper_limits", []byte("count=many"), zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Quota(ctx, base+"/a/b"); err == nil {
		t.Error("that is no quota")
	}
}

// The reply to the making of the limits is lost: the quota is there once, and counts.
func TestQuota_replyLost(t *testing.T) {
	t.Parallel()
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	cut := proxy.CutAfterRequest(zktest.IsCreate)
	if err := c.CreateQuota(ctx, base, soft(7, zk.NoLimit), nil); err != nil {
		t.Fatal(err)
	}
	<-cut
	now, err := direct.Quota(ctx, base)
	if err != nil || now.Use == nil || now.Use.Count != 1 {
		t.Errorf("%+v, %v", now, err)
	}
	deleted := proxy.CutAfterRequest(zktest.IsDelete)
	if err := c.DeleteQuota(ctx, base, now.Stat.Mzxid); err != nil {
		t.Fatal(err)
	}
	<-deleted
	if _, err := direct.Quota(ctx, base); !errors.Is(err, zk.ErrNoNode) {
		t.Error(err)
	}
}

// A server that does not tell its version is given a hard limit all the same. A removal that stopped half-way is
// finished by the next one.
func TestQuota_halfWay(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t, zktest.WithVersion("3.9.5"))
	ctx, direct := testContext(t), connect(t, server.Addr())
	base := folder(t, direct)
	proxy := zktest.StartProxy(t, server.Addr())
	defer proxy.HoldWords()()
	c := connect(t, proxy.Addr())
	if err := c.CreateQuota(ctx, base, zk.Quota{Count: zk.NoLimit, Bytes: zk.NoLimit, HardCount: 7, HardBytes: zk.NoLimit}, nil); err != nil {
		t.Fatal(err)
	}
	now, err := direct.Quota(ctx, base)
	if err != nil || now.HardCount != 7 || now.Use == nil {
		t.Fatalf("%+v, %v", now, err)
	}

	short, stop := context.WithCancel(ctx)
	defer stop()
	held, release := proxy.HoldReplies(zktest.IsDelete)
	defer release()
	go func() {
		<-held
		stop()
	}()
	if err := c.DeleteQuota(short, base, now.Stat.Mzxid); err == nil {
		t.Error("it was not interrupted")
	}
	if now, err = direct.Quota(ctx, base); err != nil || now.Use != nil {
		t.Fatalf("after the first: %+v, %v", now, err)
	}
	if err := direct.DeleteQuota(ctx, base, now.Stat.Mzxid); err != nil {
		t.Error(err)
	}
	if _, found, err := direct.Exists(ctx, "/zookeeper/quota"+base); found || err != nil {
		t.Errorf("it is left: %v", err)
	}
}
