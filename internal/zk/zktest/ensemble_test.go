package zktest_test

import (
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestEnsemble(t *testing.T) {
	t.Parallel()
	// Few ticks, so that a leader that is frozen is soon given up.
	ensemble := zktest.StartEnsemble(t, 3, zktest.WithConfig("syncLimit", "10"))
	servers := ensemble.Servers()
	if got := strings.Split(ensemble.Addrs(), ","); len(got) != 3 || got[0] != servers[0].Addr() || got[2] != servers[2].Addr() {
		t.Errorf("the addresses are %q", got)
	}
	first := ensemble.Leader()
	if first == nil {
		t.Fatal("no leader once the ensemble has started")
	}
	other := func(leader *zktest.Server) *zktest.Server {
		for _, server := range servers {
			if server != leader {
				return server
			}
		}
		return nil
	}
	// Written through a follower, so that it is there for all who were asked to agree.
	connect(t, other(first).Addr()).create("/node", "data")

	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	second, err := ensemble.WaitLeader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if second == first {
		t.Error("a server that was killed leads")
	}
	connect(t, second.Addr()).wantData("/node", "data")

	if err := first.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ensemble.Leader() != second {
		t.Error("a server that comes back takes the lead from one who has it")
	}

	// A leader that is frozen is given up by the others.
	if err := second.Pause(); err != nil {
		t.Fatal(err)
	}
	third, err := ensemble.WaitLeader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if third == second {
		t.Error("a server that is paused leads")
	}
	connect(t, third.Addr()).wantData("/node", "data")

	// One of three is no quorum.
	if err := other(second).Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the last leader's lead", func() bool { return ensemble.Leader() == nil })
}

func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	ensemble := zktest.StartEnsemble(t, 3, zktest.WithSystemProperty("readonlymode.enabled", "true"))
	servers := ensemble.Servers()
	for _, server := range servers[1:] {
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the server without a quorum to serve read-only", func() bool {
		answer, err := servers[0].Command(t.Context(), "isro")
		return err == nil && answer == "ro"
	})
}
