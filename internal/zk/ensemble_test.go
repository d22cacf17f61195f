package zk_test

import (
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
