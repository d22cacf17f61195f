package ensemble_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// told is what the data source tells.
type told struct {
	Servers []struct {
		ID            int64
		Address, Role string
		ClientAddress *string `json:"client_address"`
		Mode, Version *string
	}
	LeaderID *int64 `json:"leader_id"`
	Version  int64
}

func config(servers string) string {
	return fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n}\n\ndata \"zookeeper_ensemble\" \"test\" {}\n\noutput \"test\" { value = data.zookeeper_ensemble.test }\n", servers)
}

// read applies the data source.
func read(t *testing.T, servers string) (now told) {
	t.Helper()
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config(servers)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	cli.CheckPlansNothing("the apply")
	if err := json.Unmarshal([]byte(cli.MustRun("output", "-json", "test").Output), &now); err != nil {
		t.Fatal(err)
	}
	return now
}

// Each server of an ensemble is told, with what it says of itself where it answers.
func TestAccEnsemble(t *testing.T) {
	acctest.Needs(t, acctest.BatchedReads)
	ensemble := zktest.StartEnsemble(t, 3, zktest.WithConfig("reconfigEnabled", "true"))
	leader, err := ensemble.WaitLeader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A reconfiguration to what there is gives each server its address for clients.
	super, err := zk.New(t.Context(), zk.Config{Servers: ensemble.Addrs(), Auth: []zk.Credential{{Scheme: "digest", Secret: zktest.SuperUser + ":" + zktest.SuperPassword}}})
	if err == nil {
		err = super.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = super.Close(t.Context()) }()
	before, err := super.Ensemble(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	joining := ""
	for i, m := range before.Members {
		joining += fmt.Sprintf(",server.%d=%s:%s;%s", m.ID, m.Address, m.Role, ensemble.Servers()[i].Addr())
	}
	if _, _, err := super.Reconfig(t.Context(), zk.Reconfig{Joining: joining[1:], FromConfig: zk.AnyConfig}); err != nil {
		t.Fatal(err)
	}

	now := read(t, ensemble.Addrs())
	if len(now.Servers) != 3 || now.Version == 0 || now.LeaderID == nil {
		t.Fatalf("%+v", now)
	}
	for i, s := range now.Servers {
		want := "follower"
		if ensemble.Servers()[i] == leader {
			want = "leader"
		}
		if s.ID != int64(i+1) || s.Address != before.Members[i].Address || s.Role != zk.Participant || s.ClientAddress == nil || *s.ClientAddress != ensemble.Servers()[i].Addr() ||
			s.Mode == nil || *s.Mode != want || s.Version == nil || *s.Version != leader.Version() {
			t.Errorf("%+v", s)
		}
		if (want == "leader") != (*now.LeaderID == s.ID) {
			t.Errorf("%d leads, and not %d", *now.LeaderID, s.ID)
		}
	}
	// One that does not run does not answer, and the others do.
	follower := 0
	if ensemble.Servers()[0] == leader {
		follower = 1
	}
	if err := ensemble.Servers()[follower].Stop(); err != nil {
		t.Fatal(err)
	}
	now = read(t, leader.Addr())
	for i, s := range now.Servers {
		if (s.Mode == nil) != (i == follower) || (s.Version == nil) != (i == follower) {
			t.Errorf("%+v", s)
		}
	}
}

// A server that is alone has no ensemble, and one before 3.5 no configuration.
func TestAccEnsemble_none(t *testing.T) {
	acctest.Needs(t, acctest.BatchedReads)
	now := read(t, acctest.Server(t).Addr())
	if len(now.Servers) != 0 || now.LeaderID != nil || now.Version != 0 {
		t.Errorf("%+v", now)
	}
	old := acctest.OwnServer(t, zktest.WithVersion("3.4.14"))
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config(old.Addr())})
	if run := cli.Run("plan", "-no-color"); run.Code != 1 || !acctest.Error("ZooKeeper is too old", "3.5.0", "3.4.14").MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
}
