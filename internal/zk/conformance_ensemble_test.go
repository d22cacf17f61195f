package zk_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The ensemble changes as it is asked to, and for each refusal there is an error of its own.
func conformReconfig(t *testing.T) {
	t.Parallel()
	needs(t, reconfig)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ensemble := zktest.StartEnsemble(t, 3, zktest.WithConfig("reconfigEnabled", "true"))
	super := func(cfg *zk.Config) {
		identity(zktest.SuperUser + ":" + zktest.SuperPassword)(cfg)
		cfg.ConnectTimeout = time.Minute
	}
	// The configuration is in the same place whatever the chroot.
	c := connect(t, ensemble.Addrs()+"/chroot", super)
	shown := func() (config string, version int64) {
		t.Helper()
		data, _, err := c.EnsembleConfig(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if version, err = zk.ConfigVersion(data); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		return string(data), version
	}
	const observer = "server.100=127.0.0.1:39998:39999:observer"
	change := func(what string, r zk.Reconfig, observes bool) {
		t.Helper()
		data, stat, err := c.Reconfig(ctx, r)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		config, version := shown()
		if strings.Contains(config, observer) != observes || strings.TrimSpace(string(data)) != config || stat.Version == 0 && stat.Mzxid == 0 {
			t.Errorf("%s: answered %s with %+v, shown as %s", what, data, stat, config)
		}
		if r.FromConfig != zk.AnyConfig && version <= r.FromConfig {
			t.Errorf("%s: version %x behind %x", what, version, r.FromConfig)
		}
	}
	before, _ := shown()
	change("joining", zk.Reconfig{Joining: observer + ";39997", FromConfig: zk.AnyConfig}, true)
	change("leaving", zk.Reconfig{Leaving: "100", FromConfig: zk.AnyConfig}, false)
	_, current := shown()
	change("from the version that it has", zk.Reconfig{Joining: observer + ";39997", FromConfig: current}, true)
	// The version is in hexadecimal: the same digits in decimal, where they are some, are another.
	config, version := shown()
	_, digits, _ := strings.Cut(config, "version=")
	if decimal, err := strconv.ParseInt(digits, 10, 64); err == nil {
		if _, _, err := c.Reconfig(ctx, zk.Reconfig{Leaving: "100", FromConfig: decimal}); !errors.Is(err, zk.ErrBadVersion) {
			t.Errorf("version %x, taken for decimal: %v", version, err)
		}
	}
	data, _, err := c.Reconfig(ctx, zk.Reconfig{Leaving: "100", FromConfig: version})
	if err != nil {
		t.Fatalf("version %x: %v", version, err)
	}
	if after, err := zk.ConfigVersion(data); err != nil || after <= version {
		t.Errorf("behind version %x comes %x, %v", version, after, err)
	}
	// All members at once, as they were at first.
	members, _, _ := strings.Cut(before, "\nversion=")
	change("new members", zk.Reconfig{NewMembers: strings.ReplaceAll(members, "\n", ","), FromConfig: zk.AnyConfig}, false)

	config, _ = shown()
	nobody := connect(t, ensemble.Addrs(), func(cfg *zk.Config) { cfg.ConnectTimeout = time.Minute })
	disabled := connect(t, server.Addr(), super)
	for _, tc := range []struct {
		name   string
		client *zk.Client
		r      zk.Reconfig
		want   error
	}{
		{"no auth", nobody, zk.Reconfig{Joining: observer + ";39997", FromConfig: zk.AnyConfig}, zk.ErrNoAuth},
		{"a wrong version", c, zk.Reconfig{Joining: observer + ";39997", FromConfig: version}, zk.ErrBadVersion},
		{"a bad list", c, zk.Reconfig{Joining: "nonsense", FromConfig: zk.AnyConfig}, zk.ErrBadArguments},
		{"members that are not there", c, zk.Reconfig{
			NewMembers: "server.7=127.0.0.1:39998:39999:participant;39997,server.8=127.0.0.1:39995:39996:participant;39994",
			FromConfig: zk.AnyConfig,
		}, zk.ErrNewConfigNoQuorum},
		{"disabled", disabled, zk.Reconfig{Joining: observer + ";39997", FromConfig: zk.AnyConfig}, zk.ErrReconfigDisabled},
	} {
		data, _, err := tc.client.Reconfig(ctx, tc.r)
		if e, ok := errors.AsType[*zk.Error](err); !errors.Is(err, tc.want) || !ok || e.Op != zk.OpNameReconfig || e.Path != "/zookeeper/config" || data != nil {
			t.Errorf("%s: %s, %v", tc.name, data, err)
		}
		if after, _ := shown(); after != config {
			t.Errorf("%s changed %s to %s", tc.name, config, after)
		}
	}
}
