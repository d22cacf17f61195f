package neighbours_test

import (
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// Curator's service discovery finds an instance that was declared, and programs register beside it.
func TestCurator_service(t *testing.T) {
	server := acctest.OwnServer(t)
	there := superClient(t, server)
	cli := guide(t, "curator-and-spring/service", server.Addr(), "ZOOKEEPER_SERVERS="+server.Addr())
	apply(t, cli)
	curator := startJava(t, "curator", "curator/Ask.java", server.Addr())
	const declared = "gateway http://gateway.example.com:8443 true"
	if got := curator.ask(t, "instances payments"); got != "["+declared+"]" {
		t.Errorf("Curator finds %s", got)
	}
	curator.ask(t, "register payments worker-1 10.0.0.2 8080")
	if got := curator.ask(t, "instances payments"); got != "["+declared+", worker-1 http://10.0.0.2:8080 true]" {
		t.Errorf("Curator finds %s", got)
	}
	planEmpty(t, cli, "a program's registration")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if got := curator.ask(t, "instances payments"); got != "[worker-1 http://10.0.0.2:8080 true]" {
		t.Errorf("after the destroy Curator finds %s", got)
	}
	curator.loopbackOnly(t)
	if _, ok, err := there.Exists(t.Context(), "/discovery/payments/worker-1"); err != nil || !ok {
		t.Errorf("the destroy has removed what a program registered: %v", err)
	}
}

// Curator's counters begin with what was declared, and an election is seen.
func TestCurator_counters(t *testing.T) {
	acctest.Needs(t, acctest.Functions)
	server := acctest.OwnServer(t)
	cli := guide(t, "curator-and-spring/counters", server.Addr(), "ZOOKEEPER_SERVERS="+server.Addr())
	apply(t, cli)
	curator := startJava(t, "curator", "curator/Ask.java", server.Addr())
	if got := curator.ask(t, "count /services/web/workers"); got != "8" {
		t.Errorf("the SharedCount is %s", got)
	}
	if got := curator.ask(t, "increment /services/web/orders"); got != "1001" {
		t.Errorf("the DistributedAtomicLong is %s", got)
	}
	planEmpty(t, cli, "an increment")
	curator.ask(t, "lead /services/scheduler/leader scheduler-1")
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if got := strings.TrimSpace(cli.MustRun("output", "-no-color", "scheduler").Output); got != `"scheduler-1"` {
		t.Errorf("the leader is %s", got)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if got := curator.ask(t, "increment /services/web/orders"); got != "1002" {
		t.Errorf("after the destroy the DistributedAtomicLong is %s", got)
	}
}
