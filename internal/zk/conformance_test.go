package zk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// TestConformance holds the client to what it promises of each call, against servers of the
// release that ZOOKEEPER_VERSION names. "make matrix" runs it against one of each.
//
// What a release lacks is no failure: a case whose essence it is ends with [lacks], and one
// that has a part of it tells of that with [lacksPart], each after the proof that the client
// says so too.
func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("01_listener", conformListener)
	t.Run("02_identity", conformIdentity)
	t.Run("03_auth_failed", conformAuthFailed)
	t.Run("04_auth_after_cut", conformAuthAfterCut)
	t.Run("05_closed", conformClosed)
	t.Run("06_restart", conformRestart)
	t.Run("07_null_data", conformNullData)
	t.Run("08_paths", conformPaths)
	t.Run("09_size", conformSize)
	t.Run("10_ephemeral", conformEphemeral)
	t.Run("11_sequence", conformSequence)
	t.Run("12_makepath", conformMakeParents)
	t.Run("13_create_stat", conformCreateStat)
	t.Run("14_versioned_set", conformVersionedSet)
	t.Run("15_watches", conformWatches)
	t.Run("16_set_acls", conformSetACL)
	t.Run("17_recursive_delete", conformDeleteTree)
	t.Run("18_suspended", conformSuspended)
	t.Run("19_tls", conformTLS)
	t.Run("19_subject", conformSubject)
	t.Run("20_transaction", conformTransaction)
	t.Run("21_reconfig", conformReconfig)
	t.Run("22_drop", conformDrop)
	t.Run("23_read_only", conformReadOnly)
	t.Run("24_timeouts", conformTimeouts)
	t.Run("25_sasl", conformSASL)
	t.Run("26_chroot", conformChroot)
	t.Run("27_parsing", func(t *testing.T) {
		t.Parallel()
		for _, p := range zk.Parsing {
			t.Run(p.Name, p.Test)
		}
	})
}

// A feature is what servers have only since some release.
type feature struct {
	name  string // as the client's error has it
	since zk.Version
	sends func(op int32) bool // the requests that older servers do not know
	use   func(ctx context.Context, c *zk.Client, base string) error
}

var (
	createStat  = feature{name: "the stat of what a create made", since: zk.Version{Major: 3, Minor: 5}}
	clientTLS   = feature{name: "TLS for clients", since: zk.Version{Major: 3, Minor: 5, Patch: 1}}
	batchedRead = feature{name: "many reads in one request", since: zk.Version{Major: 3, Minor: 6}}
	// These two are the servers' own affair, and no client asks for them. Of the releases that
	// the tests run, those of 3.5 are the first to have them.
	requireSASL    = feature{name: "servers that serve nobody without SASL", since: zk.Version{Major: 3, Minor: 5}}
	severalWatches = feature{name: "several kinds of watch of one node's children", since: zk.Version{Major: 3, Minor: 9}}
	whitelist      = feature{name: "a whitelist of four-letter words by default", since: zk.Version{Major: 3, Minor: 5}}

	reconfig = feature{"reconfig", zk.Version{Major: 3, Minor: 5}, zktest.Is(zktest.OpReconfig), func(ctx context.Context, c *zk.Client, _ string) error {
		_, _, err := c.Reconfig(ctx, zk.Reconfig{Leaving: "100", FromConfig: zk.AnyConfig})
		return err
	}}
	containerNode = feature{"a container node", zk.Version{Major: 3, Minor: 5, Patch: 1}, zktest.Is(zktest.OpMulti, zktest.OpCreateContainer), func(ctx context.Context, c *zk.Client, base string) error {
		_, err := c.Create(ctx, base+"/container", nil, zk.CreateOptions{Mode: zk.Container})
		_, inMulti := c.Multi(ctx, zk.CreateOp(base+"/in-multi", nil, zk.CreateOptions{Mode: zk.Container}))
		return same(err, inMulti)
	}}
	ttlNode = feature{"a TTL node", zk.Version{Major: 3, Minor: 5, Patch: 3}, zktest.Is(zktest.OpMulti, zktest.OpCreateTTL), func(ctx context.Context, c *zk.Client, base string) error {
		ttl := zk.CreateOptions{Mode: zk.PersistentTTL, TTL: time.Hour}
		_, err := c.Create(ctx, base+"/ttl", nil, ttl)
		_, inMulti := c.Multi(ctx, zk.CreateOp(base+"/in-multi", nil, ttl))
		return same(err, inMulti)
	}}
	ensembleConfig = feature{"the ensemble's configuration", zk.Version{Major: 3, Minor: 5}, nil, func(ctx context.Context, c *zk.Client, _ string) error {
		_, _, err := c.EnsembleConfig(ctx)
		return err
	}}
	persistentWatch = feature{"a persistent watch", zk.Version{Major: 3, Minor: 6}, zktest.Is(zktest.OpSetWatches2, zktest.OpAddWatch), func(ctx context.Context, c *zk.Client, base string) error {
		_, err := c.Watch(ctx, base, false)
		_, recursive := c.Watch(ctx, base+"/tree", true)
		return same(err, recursive)
	}}
	ephemeralsList = feature{"the list of a session's ephemeral nodes", zk.Version{Major: 3, Minor: 6}, zktest.Is(zktest.OpGetEphemerals), func(ctx context.Context, c *zk.Client, base string) error {
		_, err := c.Ephemerals(ctx, base)
		return err
	}}
	descendants = feature{"the number of descendants", zk.Version{Major: 3, Minor: 6}, zktest.Is(zktest.OpCountChildren), func(ctx context.Context, c *zk.Client, base string) error {
		_, err := c.CountDescendants(ctx, base)
		return err
	}}
	whoAmI = feature{"who-am-I", zk.Version{Major: 3, Minor: 7}, zktest.Is(zktest.OpWhoAmI), func(ctx context.Context, c *zk.Client, _ string) error {
		_, err := c.WhoAmI(ctx)
		return err
	}}
)

// same returns what two ways to ask for a feature have in common: no error, or the same of a
// version.
func same(a, b error) error {
	one, isOne := errors.AsType[*zk.VersionError](a)
	other, isOther := errors.AsType[*zk.VersionError](b)
	if isOne && isOther && *one == *other || a == nil && b == nil {
		return a
	}
	return fmt.Errorf("one way: %v; the other: %v", a, b) //nolint:errorlint // neither is to be found in it
}

// release is that of the servers which the tests start, but for those that ask for another.
func release(t *testing.T) zk.Version {
	t.Helper()
	var v zk.Version
	if _, err := fmt.Sscanf(server.Version(), "%d.%d.%d", &v.Major, &v.Minor, &v.Patch); err != nil {
		t.Fatal(err)
	}
	return v
}

// has reports whether the servers have the feature.
func has(t *testing.T, f feature) bool {
	t.Helper()
	return !release(t).Less(f.since)
}

// needs ends a test that is of a feature alone where the servers do not have it, once the
// client has been seen to say so.
func needs(t *testing.T, f feature) {
	t.Helper()
	if !has(t, f) {
		refused(t, f)
		lacks(t, f)
	}
}

// hasPart is for a case that has more to it than the feature: it returns false where the
// servers do not have that, once the client has been seen to say so.
func hasPart(t *testing.T, f feature) bool {
	t.Helper()
	if has(t, f) {
		return true
	}
	refused(t, f)
	lacksPart(t, f)
	return false
}

// lacks ends a test. The words are those that tools/matrix/run looks for.
func lacks(t *testing.T, f feature) {
	t.Helper()
	t.Skipf("lacks: %s (since %v)", f.name, f.since)
}

// lacksPart is as lacks, and the test goes on.
func lacksPart(t *testing.T, f feature) {
	t.Helper()
	t.Logf("lacks in part: %s (since %v)", f.name, f.since)
}

// refused checks what a client says of a feature that the servers do not have: which one,
// since when there is one, and what the server is. It sends nothing of it.
func refused(t *testing.T, f feature) {
	t.Helper()
	if f.use == nil {
		t.Fatalf("there is no call that asks for %s", f.name)
	}
	ctx := testContext(t)
	proxy := zktest.StartProxy(t, server.Addr())
	c := connect(t, proxy.Addr())
	base := folder(t, c)
	session, _ := c.Session()
	err := f.use(ctx, c, base)
	if ve, ok := errors.AsType[*zk.VersionError](err); !ok || *ve != (zk.VersionError{Feature: f.name, Needed: f.since, Found: release(t)}) {
		t.Errorf("%s: %v", f.name, err)
	}
	if f.sends != nil && proxy.Count(f.sends) != 0 {
		t.Errorf("%s was sent to a server of %v: %v", f.name, release(t), proxy.Requests())
	}
	// An operation that a server does not know would have cost the connection.
	if err := c.Sync(ctx, "/"); err != nil {
		t.Error(err)
	}
	if now, _ := c.Session(); now != session {
		t.Errorf("session %#x has become %#x", session, now)
	}
}

// Each feature asks for the version that has it: servers that have it are sent the request,
// older ones are not, and the error says why.
func TestFeatureVersions(t *testing.T) {
	t.Parallel()
	for _, f := range []feature{
		reconfig, containerNode, ttlNode, ensembleConfig, persistentWatch, ephemeralsList, descendants, whoAmI,
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			if !has(t, f) {
				refused(t, f)
				return
			}
			ctx := testContext(t)
			proxy := zktest.StartProxy(t, server.Addr())
			c := connect(t, proxy.Addr())
			err := f.use(ctx, c, folder(t, c))
			if f.name == reconfig.name && errors.Is(err, zk.ErrReconfigDisabled) {
				err = nil // it was asked
			}
			if err != nil {
				t.Error(err)
			}
			if f.sends != nil && proxy.Count(f.sends) == 0 {
				t.Error("nothing was sent that older servers would not know: the test shows nothing there")
			}
		})
	}
}

// Where an older server has another way, or can do without, the client takes that.
func TestFallbacks(t *testing.T) {
	t.Parallel()
	t.Run("create", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		base := folder(t, c)
		if _, err := c.ServerInfo(ctx); err != nil { // its version decides about the stat
			t.Fatal(err)
		}
		made, err := c.Create(ctx, base+"/node", nil, zk.CreateOptions{})
		if err != nil || made.HasStat != has(t, createStat) {
			t.Errorf("%+v, %v", made, err)
		}
		known, other := zktest.Is(zktest.OpCreate), zktest.Is(zktest.OpCreate2)
		if has(t, createStat) {
			known, other = other, known
		}
		// The folder was made before the version was known, as every server can.
		folders := 0
		if has(t, createStat) {
			folders = 1
		}
		if proxy.Count(known) != 2-folders || proxy.Count(other) != folders {
			t.Errorf("sent %v", proxy.Requests())
		}
	})
	t.Run("many reads", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		base := folder(t, c)
		if _, err := c.ServerInfo(ctx); err != nil { // its version decides
			t.Fatal(err)
		}
		got, err := c.ReadMany(ctx, []string{base, base + "/none"}, true)
		if err != nil || got[0].Err != nil || !errors.Is(got[1].Err, zk.ErrNoNode) {
			t.Errorf("%+v, %v", got, err)
		}
		if batched := proxy.Count(zktest.Is(zktest.OpMultiRead)) > 0; batched != has(t, batchedRead) || batched == (proxy.Count(zktest.Is(zktest.OpGetData, zktest.OpGetChildren2)) > 0) {
			t.Errorf("sent %v", proxy.Requests())
		}
	})
	// Watches of one event are registered again with what every server knows, whatever the
	// server's release.
	t.Run("watches after a cut", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		base := folder(t, c)
		_, _, w, err := c.GetWatch(ctx, base)
		if err != nil {
			t.Fatal(err)
		}
		proxy.CutAll()
		if _, err := c.Set(ctx, base, nil, 0); err != nil {
			t.Fatal(err)
		}
		if got := next(t, w); got != "data changed "+base {
			t.Error(got)
		}
		if proxy.Count(zktest.Is(zktest.OpSetWatches)) != 1 || proxy.Count(zktest.Is(zktest.OpSetWatches2)) != 0 {
			t.Errorf("sent %v", proxy.Requests())
		}
	})
	// A watch that is closed is taken from the server too, where that is possible.
	t.Run("a closed watch", func(t *testing.T) {
		t.Parallel()
		ctx := testContext(t)
		proxy := zktest.StartProxy(t, server.Addr())
		c := connect(t, proxy.Addr())
		base := folder(t, c)
		if _, err := c.ServerInfo(ctx); err != nil { // its version decides
			t.Fatal(err)
		}
		_, _, w, err := c.GetWatch(ctx, base)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		// Requests are sent in their order: after this one the removal has been.
		if err := c.Sync(ctx, "/"); err != nil {
			t.Fatal(err)
		}
		want := 0
		if !release(t).Less(zk.Version{Major: 3, Minor: 5}) {
			want = 1
		}
		if n := proxy.Count(zktest.Is(zktest.OpRemoveWatches)); n != want {
			t.Errorf("%d removals", n)
		}
		if _, err := c.Set(ctx, base, nil, 0); err != nil {
			t.Error(err)
		}
		if got := next(t, w); got != zk.ErrWatchEnded.Error() {
			t.Error(got)
		}
	})
}
