package zk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestParseEnsemble(t *testing.T) {
	t.Parallel()
	const config = `server.2=zk2:2888:3888:observer;10.0.0.2:2181
server.3=[fe80::1]:2888:3888:participant;2181
server.4=a:1:2:participant|b:3:4:participant
server.5=zk5:2888:3888:participant;[0:0:0:0:0:0:0:0]:2181
group.1=1:2
server.1=zk1:2888:3888:participant;0.0.0.0:2181
version=100000003`
	e, err := zk.ParseEnsemble([]byte(config))
	want := []zk.Member{
		{1, "zk1:2888:3888", zk.Participant, "0.0.0.0:2181"},
		{2, "zk2:2888:3888", zk.Observer, "10.0.0.2:2181"},
		{3, "[fe80::1]:2888:3888", zk.Participant, "0.0.0.0:2181"},
		{4, "a:1:2|b:3:4", zk.Participant, ""},
		{5, "zk5:2888:3888", zk.Participant, "[0:0:0:0:0:0:0:0]:2181"},
	}
	if err != nil || e.Version != 0x100000003 || !slices.Equal(e.Members, want) {
		t.Fatalf("%+v, %v", e, err)
	}
	for i, want := range []string{"zk1:2181", "10.0.0.2:2181", "[fe80::1]:2181", "", "zk5:2181"} {
		if got := e.Members[i].Reachable(); got != want {
			t.Errorf("%s is reached at %q, want %q", e.Members[i].Address, got, want)
		}
	}
	if e, err := zk.ParseEnsemble(nil); err != nil || len(e.Members) != 0 || e.Version != 0 {
		t.Errorf("alone: %+v, %v", e, err)
	}
	for _, bad := range []string{
		"server.1=a:1:2", "server.x=a:1:2\nversion=0", "server.1\nversion=0", "server.1=a:1\nversion=0", "server.1=a|b:1:2;2181\nversion=0", "server.1=a:b:2\nversion=0", "server.1=:1:2\nversion=0",
		"server.1=a:1:2\nserver.01=b:1:2\nversion=0", strings.Repeat("server.1=a:1:2\n", 256) + "version=0", "version=x",
	} {
		if e, err := zk.ParseEnsemble([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, e)
		}
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	m := zk.Member{4, "[fe80::4]:1:2|zk4:1:2", zk.Observer, "[::]:3"}
	if got := m.String(); got != "server.4=[fe80::4]:1:2|zk4:1:2:observer;[::]:3" {
		t.Error(got)
	}
	if e, err := zk.ParseEnsemble([]byte(m.String() + "\nversion=0")); err != nil || !slices.Equal(e.Members, []zk.Member{m}) {
		t.Errorf("%+v, %v", e, err)
	}
	if other := (zk.Member{4, "zk4:1:2|[fe80:0:0:0:0:0:0:4]:1:2", zk.Observer, "[0:0:0:0:0:0:0:0]:3"}); !m.Equal(other) || !other.Equal(m) {
		t.Errorf("%+v is not %+v", m, other)
	}
	for _, other := range []zk.Member{
		{5, m.Address, m.Role, m.ClientAddress}, {4, "zk4:1:2", m.Role, m.ClientAddress}, {4, m.Address, zk.Participant, m.ClientAddress}, {4, m.Address, m.Role, "[::1]:3"}, {4, m.Address, m.Role, ""},
	} {
		if m.Equal(other) {
			t.Errorf("%+v is %+v", m, other)
		}
	}
	for _, good := range []string{"a:1:2", "[::1]:1:2|b.example.com:65535:1"} {
		if err := zk.CheckMemberAddress(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a", "a:1", "a:1:0", "a:1:65536", "a:0:1", ":1:2", "a b:1:2", "a:1:2:observer", "a:1:2;3", "a:1:2,b:1:2", "a:1:2|", "::1:1:2", "a:1:2:3", "a:1: 2"} {
		if err := zk.CheckMemberAddress(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, good := range []string{"a:1", "0.0.0.0:2181", "[0:0:0:0:0:0:0:1]:1"} {
		if err := zk.CheckClientAddress(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a", "2181", "a:1,b:2", " a:1", "a:1|b:2", "a:1/chroot"} {
		if err := zk.CheckClientAddress(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzEnsemble(f *testing.F) {
	f.Add([]byte("server.1=a:1:2:participant|b:3:4:participant;0.0.0.0:2181\nserver.2=[::1]:1:2;2181\nversion=1"))
	f.Add([]byte("server.1=a|b:1:2;2181\nversion=0"))
	f.Fuzz(func(t *testing.T, config []byte) {
		e, err := zk.ParseEnsemble(config)
		if err != nil && len(e.Members) != 0 {
			t.Errorf("%+v with the error %v", e, err)
		}
		for _, m := range e.Members {
			if (m.Reachable() == "") != (m.ClientAddress == "") {
				t.Errorf("%+v is reached at %q", m, m.Reachable())
			}
		}
	})
}

// The configuration of a real ensemble is read, and of a server that is alone.
func TestEnsembleRead(t *testing.T) {
	t.Parallel()
	ensemble := zktest.StartEnsemble(t, 3)
	ctx := testContext(t)
	e, err := connect(t, ensemble.Addrs()).Ensemble(ctx)
	if err != nil || len(e.Members) != 3 {
		t.Fatalf("%+v, %v", e, err)
	}
	for i, m := range e.Members {
		if m.ID != int64(i+1) || m.Role != zk.Participant || m.Address == "" {
			t.Errorf("%+v", m)
		}
	}
	if e, err := connect(t, server.Addr()).Ensemble(ctx); err != nil || len(e.Members) != 0 {
		t.Errorf("alone: %+v, %v", e, err)
	}
}

// A server that runs joins as an observer, becomes a participant and leaves, each time against the version that there
// was. Where the reply is lost, what the ensemble has become tells that the change was made, and whose it was.
func TestEnsembleChange(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	ensemble := zktest.StartEnsemble(t, 3, zktest.WithConfig("reconfigEnabled", "true"))
	super := identity(zktest.SuperUser + ":" + zktest.SuperPassword)
	proxy := zktest.StartProxy(t, ensemble.Servers()[0].Addr())
	c, other := connect(t, proxy.Addr(), super, steady), connect(t, ensemble.Addrs(), super)
	joiner := ensemble.StartJoiner(t, 4)
	mode := func(want string) {
		t.Helper()
		until(t, "the server to be "+want, func() bool {
			info, err := c.ServerInfoAt(ctx, joiner.Addr())
			return err == nil && info.Mode == want
		})
	}
	first, err := c.Ensemble(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m := zk.Member{4, joiner.MemberAddr(), zk.Observer, joiner.Addr()}
	isReconfig := zktest.Is(zktest.OpReconfig)

	proxy.CutAfterRequest(isReconfig)
	joined, err := c.SetMember(ctx, m, first.Version)
	if got, _ := joined.Member(4); err != nil || got != m || joined.Version <= first.Version {
		t.Fatalf("%+v, %v", joined, err)
	}
	mode(zk.Observer)
	if e, err := c.SetMember(ctx, m, first.Version); !errors.Is(err, zk.ErrBadVersion) || len(e.Members) != 0 {
		t.Errorf("against an older version: %+v, %v", e, err)
	}

	m.Role = zk.Participant
	if joined, err = c.SetMember(ctx, m, joined.Version); err != nil {
		t.Fatal(err)
	}
	mode("follower")

	// Somebody else takes part in what was lost: the change was not made, or is undone.
	var theirs zk.Ensemble
	err = lostMeanwhile(t, c, proxy, isReconfig, func() error {
		_, err := c.RemoveMember(ctx, 4, joined.Version)
		return err
	}, func() error {
		theirs, err = other.SetMember(ctx, m, zk.AnyConfig)
		return err
	})
	if !errors.Is(err, zk.ErrBadVersion) {
		t.Errorf("undone: %v", err)
	}
	proxy.CutAfterRequest(isReconfig)
	left, err := c.RemoveMember(ctx, 4, theirs.Version)
	if _, is := left.Member(4); err != nil || is {
		t.Errorf("%+v, %v", left, err)
	}
	if now, err := other.Ensemble(ctx); err != nil || now.Version != left.Version || !slices.Equal(now.Members, left.Members) {
		t.Errorf("%+v, %v", now, err)
	}
}
