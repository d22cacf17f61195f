package ensemblemember_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const address = "zookeeper_ensemble_member.test"

// A stage is an ensemble that can be changed, with the super user's hands on it.
type stage struct {
	*acctest.Tree

	t        *testing.T
	ensemble *zktest.Ensemble
}

func newStage(t *testing.T, opts ...zktest.Option) *stage {
	t.Helper()
	ensemble := acctest.OwnEnsemble(t, 3, append(opts, zktest.WithConfig("reconfigEnabled", "true"))...)
	return &stage{acctest.NewTreeOn(t, ensemble.Addrs()), t, ensemble}
}

// in is the stage in a subtest, which leaves none of the servers 4 and 5 behind.
func (s *stage) in(t *testing.T) *stage {
	t.Helper()
	sub := &stage{s.Tree, t, s.ensemble}
	t.Cleanup(func() {
		for _, id := range []int64{4, 5} {
			sub.remove(id)
		}
	})
	return sub
}

// config is a configuration with a provider that presents the super user.
func (s *stage) config(hcl string) string {
	return s.ConfigAs(zktest.SuperUser, zktest.SuperPassword, hcl)
}

// cli is a folder with such a configuration.
func (s *stage) cli(hcl string) *acctest.CLI {
	s.t.Helper()
	return acctest.NewCLI(s.t, map[string]string{"main.tf": s.config(hcl)})
}

// member is the resource.
func member(name string, m zk.Member) string {
	return fmt.Sprintf("resource \"zookeeper_ensemble_member\" %q {\n  id             = %d\n  address        = %q\n  role           = %q\n  client_address = %q\n}\n",
		name, m.ID, m.Address, m.Role, m.ClientAddress)
}

// silent is a server that does not run.
func silent(id int64, role string) zk.Member {
	return zk.Member{ID: id, Address: fmt.Sprintf("10.0.0.%d:2888:3888", id), Role: role, ClientAddress: fmt.Sprintf("10.0.0.%d:2181", id)}
}

// joiner starts a server that is yet to join.
func (s *stage) joiner(id int) (*zktest.Server, zk.Member) {
	s.t.Helper()
	server := s.ensemble.StartJoiner(s.t, id)
	return server, zk.Member{ID: int64(id), Address: server.MemberAddr(), Role: zk.Observer, ClientAddress: server.Addr()}
}

func (s *stage) now() zk.Ensemble {
	s.t.Helper()
	e, err := s.Client.Ensemble(s.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// set and remove are somebody else's doing.
func (s *stage) set(m zk.Member) {
	s.t.Helper()
	if _, err := s.Client.SetMember(s.Context(), m, zk.AnyConfig); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) remove(id int64) {
	s.t.Helper()
	if _, err := s.Client.RemoveMember(s.Context(), id, zk.AnyConfig); err != nil {
		s.t.Fatal(err)
	}
}

// has checks a member.
func (s *stage) has(want zk.Member) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got, _ := s.now().Member(want.ID); got != want {
			return fmt.Errorf("the ensemble has %+v, want %+v", got, want)
		}
		return nil
	}
}

// lacks checks that the servers are no members.
func (s *stage) lacks(ids ...int64) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, id := range ids {
			if m, is := s.now().Member(id); is {
				return fmt.Errorf("%v is a member", m)
			}
		}
		return nil
	}
}

// is waits until a server is what it is to be.
func (s *stage) is(server *zktest.Server, mode string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
		defer cancel()
		for {
			info, err := s.Client.ServerInfoAt(ctx, server.Addr())
			if err == nil && info.Mode == mode {
				return nil
			}
			if ctx.Err() != nil {
				return fmt.Errorf("the server at %s is %+v, %w, and no %s", server.Addr(), info, err, mode)
			}
		}
	}
}

// fails checks what an apply says that fails, and that it has changed nothing.
func (s *stage) fails(cli *acctest.CLI, args []string, want ...string) {
	s.t.Helper()
	before := s.now()
	if run := cli.Run(args...); run.Code != 1 || !acctest.Error(want...).MatchString(run.Output) {
		s.t.Errorf("exit code %d, want an error with %q\n%s", run.Code, want, run.Output)
	}
	if after := s.now(); !slices.Equal(before.Members, after.Members) || before.Version != after.Version {
		s.t.Errorf("%+v has become %+v", before, after)
	}
}

var apply = []string{"apply", "-no-color", "-auto-approve"}

// A server that runs joins as an observer, becomes a participant, is put back after others have changed or removed it,
// and leaves. Each step's second plan is empty.
func TestAccEnsembleMember(t *testing.T) {
	s := newStage(t)
	server, observer := s.joiner(4)
	participant, other := observer, silent(5, zk.Observer)
	participant.Role = zk.Participant
	moved := other
	moved.Address, moved.ClientAddress = "10.0.0.6:2888:3888", "0.0.0.0:2182"
	acctest.Test(t, resource.TestCase{
		CheckDestroy: s.lacks(4, 5),
		Steps: []resource.TestStep{
			{
				Config: s.config(member("test", observer)),
				Check:  resource.ComposeAggregateTestCheckFunc(s.has(observer), s.is(server, zk.Observer), resource.TestCheckResourceAttrSet(address, "config_version")),
			},
			{
				ResourceName: address, ImportState: true, ImportStateId: "4", ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "id",
			},
			{
				Config: s.config(strings.Replace(member("test", observer), "role           = \"observer\"", "", 1)),
				Check:  resource.ComposeAggregateTestCheckFunc(s.has(participant), s.is(server, "follower"), resource.TestCheckResourceAttr(address, "role", zk.Participant)),
			},
			{
				PreConfig: func() { s.set(observer) },
				Config:    s.config(member("test", participant)),
				Check:     s.has(participant),
			},
			{
				PreConfig: func() { s.remove(4) },
				Config:    s.config(member("test", observer)),
				Check:     s.has(observer),
			},
			{
				Taint:  []string{address},
				Config: s.config(member("test", observer)),
				Check:  s.has(observer),
			},
			{
				Config: s.config(member("test", other)),
				Check:  resource.ComposeAggregateTestCheckFunc(s.has(other), s.lacks(4)),
			},
			{
				Config: s.config(member("test", moved)),
				Check:  s.has(moved),
			},
		},
	})
}

// An address that the servers write in another way is no difference.
func TestAccEnsembleMember_notation(t *testing.T) {
	s := newStage(t, zktest.WithSystemProperty("zookeeper.multiAddress.enabled", "true"))
	m := zk.Member{ID: 4, Address: "[fe80::4]:2888:3888|10.0.0.4:2888:3888", Role: zk.Observer, ClientAddress: "[::]:2181"}
	cli := s.cli(member("test", m))
	cli.MustRun(apply...)
	cli.CheckPlansNothing("the apply")
	if got, _ := s.now().Member(4); got == m || !got.Equal(m) {
		t.Errorf("the ensemble has %+v", got)
	}
}

// Several members in one apply and in one destroy go one after the other.
func TestAccEnsembleMember_several(t *testing.T) {
	s := newStage(t)
	var hcl string
	for id := int64(4); id < 8; id++ {
		hcl += member(fmt.Sprintf("n%d", id), silent(id, zk.Observer))
	}
	cli := s.cli(hcl)
	// The plans and the applies are in processes of their own.
	for _, args := range [][]string{{"plan", "-no-color", "-out=plan"}, {"apply", "-no-color", "plan"}} {
		cli.MustRun(args...)
	}
	if n := len(s.now().Members); n != 7 {
		t.Errorf("%d members", n)
	}
	cli.CheckPlansNothing("the apply")
	cli.Write("main.tf", s.config(strings.ReplaceAll(hcl, ":2181", ":2182")+member("n8", silent(8, zk.Observer))))
	cli.MustRun(apply...)
	cli.CheckPlansNothing("the update")
	if m, _ := s.now().Member(8); m.ClientAddress != "10.0.0.8:2181" {
		t.Errorf("%+v", m)
	}
	for id := int64(4); id < 8; id++ {
		if m, _ := s.now().Member(id); m.ClientAddress != fmt.Sprintf("10.0.0.%d:2182", id) {
			t.Errorf("%+v", m)
		}
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := s.lacks(4, 5, 6, 7, 8)(nil); err != nil {
		t.Error(err)
	}
}

// What somebody else has changed since the plan stands, whatever it was.
func TestAccEnsembleMember_conflict(t *testing.T) {
	ours, theirs := silent(4, zk.Observer), silent(5, zk.Observer)
	renamed := ours
	renamed.ClientAddress = "10.0.0.4:2182"
	const told = "Ensemble was changed by somebody else"
	all := newStage(t)
	for name, tt := range map[string]struct {
		made      bool
		plan      []string
		meanwhile func(s *stage)
		want      []string
	}{
		"creation":                {plan: []string{"plan"}, meanwhile: func(s *stage) { s.set(ours) }, want: []string{"Server is a member already", "observer at 10.0.0.4:2888:3888", "terraform import zookeeper_ensemble_member.NAME 4"}},
		"update":                  {made: true, plan: []string{"plan"}, meanwhile: func(s *stage) { s.set(theirs) }, want: []string{told, "version 0x"}},
		"update of what changed":  {made: true, plan: []string{"plan"}, meanwhile: func(s *stage) { m := ours; m.Address = "10.0.0.9:1:2"; s.set(m) }, want: []string{told, "was planned as observer at 10.0.0.4:2888:3888", "and is observer at 10.0.0.9:1:2"}},
		"update of what has left": {made: true, plan: []string{"plan"}, meanwhile: func(s *stage) { s.remove(4) }, want: []string{told, "server 4 has left it"}},
		"removal":                 {made: true, plan: []string{"plan", "-destroy"}, meanwhile: func(s *stage) { s.set(theirs) }, want: []string{told, "version 0x"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := all.in(t)
			cli := s.cli(member("test", ours))
			if tt.made {
				cli.MustRun(apply...)
				cli.Write("main.tf", s.config(member("test", renamed)))
			}
			cli.MustRun(append(tt.plan, "-no-color", "-out=plan")...)
			tt.meanwhile(s)
			s.fails(cli, []string{"apply", "-no-color", "plan"}, tt.want...)
			if !tt.made {
				return
			}
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			if err := s.lacks(4)(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// What the servers refuse is an error that says what to do.
func TestAccEnsembleMember_refused(t *testing.T) {
	s := newStage(t)
	before := s.now()
	third := before.Members[2]
	third.ClientAddress = s.ensemble.Servers()[2].Addr()
	cli := s.cli(member("test", third))
	cli.MustRun("import", "-no-color", address, "3")
	cli.MustRun(apply...)
	if err := s.has(third)(nil); err != nil {
		t.Fatal(err)
	}

	// Whoever is not the super user may not.
	cli.Write("main.tf", s.Config(member("test", third)+member("four", silent(4, zk.Observer))))
	s.fails(cli, apply, "Permission denied", `"reconfig" needs the permission WRITE (w) on "/zookeeper/config"`, "superDigest")

	// Two members have no address in common.
	s.set(silent(5, zk.Observer))
	twin := silent(4, zk.Observer)
	twin.Address = silent(5, zk.Observer).Address
	cli.Write("main.tf", s.config(member("test", third)+member("four", twin)))
	s.fails(cli, apply, "ZooKeeper refused the change", "an address (a host and a port) that another member has")
	s.remove(5)

	// Of three participants two run: with a fourth that does not, there is no quorum.
	cli.Write("main.tf", s.config(member("test", third)))
	follower := s.ensemble.Servers()[0]
	if follower == s.ensemble.Leader() {
		follower = s.ensemble.Servers()[1]
	}
	if err := follower.Stop(); err != nil {
		t.Fatal(err)
	}
	cli.Write("main.tf", s.config(member("test", third)+member("four", silent(4, zk.Participant))))
	s.fails(cli, apply, "New ensemble would have no quorum", "It would have 4 participants", "role = \"observer\"")
	if err := follower.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}

	// Two participants are the fewest.
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := s.lacks(3)(nil); err != nil {
		t.Fatal(err)
	}
	second := before.Members[1]
	second.ClientAddress = s.ensemble.Servers()[1].Addr()
	cli.Write("main.tf", s.config(member("test", second)))
	cli.MustRun("import", "-no-color", address, "2")
	cli.MustRun(apply...)
	s.fails(cli, []string{"destroy", "-no-color", "-auto-approve"}, "Ensemble needs its participants", "it would have 1 participant then", "standaloneEnabled=false")
	second.Role = zk.Observer
	cli.Write("main.tf", s.config(member("test", second)))
	s.fails(cli, apply, "Ensemble needs its participants", "change server 2")
}

// Servers without a quorum serve nobody, and the error says what to do.
func TestAccEnsembleMember_lostQuorum(t *testing.T) {
	s := newStage(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": s.ConfigFor(fmt.Sprintf("username = %q\n  password = %q\n  connect_timeout = 5", zktest.SuperUser, zktest.SuperPassword), member("test", silent(4, zk.Observer)))})
	cli.MustRun("plan", "-no-color", "-out=plan")
	for _, server := range s.ensemble.Servers()[:2] {
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if run := cli.Run("apply", "-no-color", "plan"); run.Code != 1 || !acctest.Error("Cannot reach ZooKeeper", "without a quorum serve nobody").MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	if err := s.ensemble.Servers()[0].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	cli.MustRun(apply...)
	if err := s.has(silent(4, zk.Observer))(nil); err != nil {
		t.Error(err)
	}
}

// Where no server can be changed, the plan says so.
func TestAccEnsembleMember_noEnsemble(t *testing.T) {
	hcl := member("test", silent(4, zk.Observer))
	ensemble := acctest.OwnEnsemble(t, 2)
	for addr, want := range map[string][]string{
		acctest.Server(t).Addr():                                  {"Server is no member of an ensemble", "add server 4"},
		acctest.OwnServer(t, zktest.WithVersion("3.4.14")).Addr(): {"ZooKeeper is too old", "3.5.0", "3.4.14"},
		ensemble.Addrs():                                          {"Reconfiguration is disabled", "reconfigEnabled=true"},
	} {
		cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\n%s", addr, hcl)})
		if run := cli.Run("plan", "-no-color"); run.Code != 1 || !acctest.Error(want...).MatchString(run.Output) {
			t.Errorf("%s: exit code %d\n%s", addr, run.Code, run.Output)
		}
	}
}

func TestAccEnsembleMember_invalidConfiguration(t *testing.T) {
	valid := map[string]string{"id": "4", "address": `"a:1:2"`, "client_address": `"a:3"`}
	for name, tt := range map[string]struct {
		attribute, value string
		want             []string
	}{
		"no id":                {"id", "", []string{`"id" is required`}},
		"id 0":                 {"id", "0", []string{"between 1 and 255"}},
		"id 256":               {"id", "256", []string{"between 1 and 255"}},
		"no address":           {"address", "", []string{`"address" is required`}},
		"one port":             {"address", `"a:1"`, []string{`"a:1" is no host with two ports`, "zk4.example.com:2888:3888"}},
		"no port at all":       {"address", `"a"`, []string{`"a" is no host with two ports`}},
		"no number":            {"address", `"a:1:b"`, []string{`"b" is no port`}},
		"too large a number":   {"address", `"a:65536:2"`, []string{`"65536" is no port`}},
		"no brackets":          {"address", `"::1:1:2"`, []string{"in brackets"}},
		"one of two":           {"address", `"a:1:2|b:3"`, []string{`"b:3" is no host with two ports`}},
		"another server":       {"address", `"a:1:2,server.5=b:1:2"`, []string{"is no host with two ports"}},
		"a role in it":         {"address", `"a:1:2:observer"`, []string{`"a:1:2:observer" is no host with two ports`}},
		"role":                 {"role", `"leader"`, []string{`"participant"`, `"observer"`}},
		"no client address":    {"client_address", "", []string{`"client_address" is required`}},
		"no client port":       {"client_address", `"a"`, []string{`"a" is no host with a port`}},
		"two client addresses": {"client_address", `"a:1,b:2"`, []string{"is no host with a port"}},
		"computed":             {"config_version", "1", []string{"read-only"}},
	} {
		t.Run(name, func(t *testing.T) {
			hcl := ""
			for attribute, value := range valid {
				if attribute != tt.attribute {
					hcl += fmt.Sprintf("  %s = %s\n", attribute, value)
				}
			}
			if tt.value != "" {
				hcl += fmt.Sprintf("  %s = %s\n", tt.attribute, tt.value)
			}
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      "provider \"zookeeper\" { servers = \"127.0.0.1:1\" }\n\nresource \"zookeeper_ensemble_member\" \"test\" {\n" + hcl + "}\n",
				ExpectError: acctest.Error(tt.want...),
				PlanOnly:    true,
			}}})
		})
	}
}

// An address that is known only after apply is waited for. An import of what is no number, or of no member, is an error;
// one by the identity is one by the id, and what a CLI generates for a member is valid, and changes nothing.
func TestAccEnsembleMember_one(t *testing.T) {
	all := newStage(t)
	t.Run("unknown", func(t *testing.T) {
		s := all.in(t)
		cli := s.cli(`resource "terraform_data" "host" {
  input = "10.0.0.4"
}

resource "zookeeper_ensemble_member" "test" {
  id             = 4
  address        = "${terraform_data.host.output}:2888:3888"
  role           = "observer"
  client_address = "${terraform_data.host.output}:2181"
}
`)
		cli.MustRun(apply...)
		cli.CheckPlansNothing("the apply")
		if err := s.has(silent(4, zk.Observer))(nil); err != nil {
			t.Error(err)
		}
		cli.MustRun("destroy", "-no-color", "-auto-approve")
	})
	t.Run("import", func(t *testing.T) {
		s := all.in(t)
		cli := s.cli(member("test", silent(4, zk.Observer)))
		for id, want := range map[string]string{"four": "Invalid import ID", "0": "from 1 to 255", "4": "Cannot import non-existent remote object"} {
			s.fails(cli, []string{"import", "-no-color", address, id}, want)
		}
	})
	t.Run("identity", func(t *testing.T) {
		acctest.Needs(t, acctest.Identity)
		s := all.in(t)
		m := silent(4, zk.Observer)
		s.set(m)
		cli := s.cli(member("test", m) + "import {\n  to = " + address + "\n  identity = { id = 4 }\n}\n")
		if out := cli.MustRun(apply...).Output; !strings.Contains(out, "1 imported, 0 added, 0 changed, 0 destroyed") {
			t.Errorf("the import:\n%s", out)
		}
		cli.CheckPlansNothing("the import")
	})
	t.Run("generated", func(t *testing.T) {
		acctest.Needs(t, acctest.Generation)
		s := all.in(t)
		m := silent(4, zk.Observer)
		s.set(m)
		before := s.now()
		block := func(provider string) string {
			return s.config("import {\n  to = " + address + "\n  id = \"4\"\n" + provider + "}\n")
		}
		cli := acctest.NewCLI(t, map[string]string{"main.tf": block("  provider = zookeeper\n")})
		cli.MustRun("plan", "-no-color", "-generate-config-out=generated.tf")
		cli.Write("main.tf", block(""))
		if out := cli.MustRun(apply...).Output; !strings.Contains(out, "1 imported, 0 added, 0 changed, 0 destroyed") {
			t.Errorf("the import:\n%s", out)
		}
		cli.CheckPlansNothing("the import")
		if now := s.now(); now.Version != before.Version {
			t.Errorf("%+v has become %+v", before, now)
		}
	})
}
