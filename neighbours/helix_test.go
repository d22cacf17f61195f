package neighbours_test

import (
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// A participant joins a cluster that was declared, and neither that nor JSON in Helix's own form is a difference.
func TestHelix(t *testing.T) {
	const instance = "node1.example.com_12913"
	server := acctest.OwnServer(t)
	cli := guide(t, "curator-and-spring/helix", server.Addr(), "ZOOKEEPER_SERVERS="+server.Addr())
	apply(t, cli)
	helix := startJava(t, "helix", "helix/Ask.java", server.Addr()+"/helix")
	if got := helix.ask(t, "instances shop"); got != "["+instance+"]" {
		t.Errorf("the cluster has %s", got)
	}
	if got := helix.ask(t, "instance shop "+instance); got != "node1.example.com:12913 true [blue]" {
		t.Errorf("the instance is %s", got)
	}
	if got := helix.ask(t, "join shop "+instance); got != "true" {
		t.Errorf("the participant is connected: %s", got)
	}
	helix.loopbackOnly(t)
	planEmpty(t, cli, "the participant's start")
	helix.ask(t, "enable shop "+instance+" false")
	planDiffers(t, cli, "an administrator has disabled an instance", "HELIX_ENABLED")
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if got := helix.ask(t, "instance shop "+instance); got != "node1.example.com:12913 true [blue]" {
		t.Errorf("after the apply the instance is %s", got)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if got := helix.ask(t, "instance shop "+instance); got != "node1.example.com:12913 true [blue]" {
		t.Errorf("after the destroy the instance is %s", got)
	}
	helix.alive(t)
}
