package ensemble_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

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

func config(servers, more string) string {
	return fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n%s}\n\ndata \"zookeeper_ensemble\" \"test\" {}\n\noutput \"test\" { value = data.zookeeper_ensemble.test }\n", servers, more)
}

// read applies the data source, with more attributes of the provider.
func read(t *testing.T, servers, more string) (now told) {
	t.Helper()
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config(servers, more)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	cli.CheckPlansNothing("the apply")
	if err := json.Unmarshal([]byte(cli.MustRun("output", "-json", "test").Output), &now); err != nil {
		t.Fatal(err)
	}
	return now
}

// addressed gives each server of an ensemble its address for clients, by a reconfiguration to what there is.
// It returns the super user's client.
func addressed(t *testing.T, ensemble *zktest.Ensemble) (*zk.Client, zk.Ensemble) {
	t.Helper()
	client := acctest.NewTreeOn(t, ensemble.Addrs()).Client
	e, err := client.Ensemble(t.Context())
	for i := range e.Members {
		m := e.Members[i]
		m.ClientAddress = ensemble.Servers()[i].Addr()
		if err == nil {
			e, err = client.SetMember(t.Context(), m, e.Version)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return client, e
}

// Each server of an ensemble is told, with what it says of itself where it answers.
func TestAccEnsemble(t *testing.T) {
	acctest.Needs(t, acctest.BatchedReads)
	ensemble := acctest.OwnEnsemble(t, 3, zktest.WithConfig("reconfigEnabled", "true"))
	leader, err := ensemble.WaitLeader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, before := addressed(t, ensemble)

	now := read(t, ensemble.Addrs(), "")
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
	now = read(t, leader.Addr(), "")
	for i, s := range now.Servers {
		if (s.Mode == nil) != (i == follower) || (s.Version == nil) != (i == follower) {
			t.Errorf("%+v", s)
		}
	}
}

// An observer is told as one. srvr is answered whatever the servers' list of allowed words says; and to TLS where the
// port for clients takes that.
func TestAccEnsemble_observer(t *testing.T) {
	for _, unified := range []bool{false, true} {
		t.Run(fmt.Sprintf("unified=%t", unified), func(t *testing.T) {
			ca := zktest.NewAuthority(t)
			ensemble := acctest.OwnEnsemble(t, 2, zktest.WithTLS(t, ca, zktest.ServerCertificate(time.Time{})), zktest.WithConfig("ssl.clientAuth", "none"),
				zktest.WithConfig("client.portUnification", strconv.FormatBool(unified)), zktest.WithConfig("4lw.commands.whitelist", "ruok"), zktest.WithConfig("reconfigEnabled", "true"))
			joiner := ensemble.StartJoiner(t, 3)
			client, e := addressed(t, ensemble)
			observer := zk.Member{ID: 3, Address: joiner.MemberAddr(), Role: zk.Observer, ClientAddress: joiner.Addr()}
			if _, err := client.SetMember(t.Context(), observer, e.Version); err != nil {
				t.Fatal(err)
			}
			plain := read(t, ensemble.Addrs(), "")
			if len(plain.Servers) != 3 || plain.LeaderID == nil {
				t.Fatalf("%+v", plain)
			}
			if s := plain.Servers[2]; s.Role != zk.Observer || s.Mode == nil || *s.Mode != zk.Observer || s.Version == nil {
				t.Errorf("%+v", s)
			}
			secure := read(t, ensemble.Servers()[0].SecureAddr(), fmt.Sprintf("  tls = { ca_pem = %q }\n", zktest.CertPEM(ca.Cert)))
			for i, s := range secure.Servers {
				if (s.Mode != nil) != unified || (s.Version != nil) != unified || s.ClientAddress == nil || s.Role != plain.Servers[i].Role {
					t.Errorf("%+v", s)
				}
			}
			if (secure.LeaderID != nil) != unified {
				t.Errorf("%+v", secure)
			}
		})
	}
}

// A server that is alone has no ensemble, and one before 3.5 no configuration.
func TestAccEnsemble_none(t *testing.T) {
	acctest.Needs(t, acctest.BatchedReads)
	now := read(t, acctest.Server(t).Addr(), "")
	if len(now.Servers) != 0 || now.LeaderID != nil || now.Version != 0 {
		t.Errorf("%+v", now)
	}
	old := acctest.OwnServer(t, zktest.WithVersion("3.4.14"))
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config(old.Addr(), "")})
	if run := cli.Run("plan", "-no-color"); run.Code != 1 || !acctest.Error("ZooKeeper is too old", "3.5.0", "3.4.14").MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
}
