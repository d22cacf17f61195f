package neighbours_test

import (
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// A Dubbo application takes the properties of its configuration center, consumers find the provider that was declared, and
// the application adds its name to the mapping that was there.
func TestDubbo(t *testing.T) {
	server := acctest.OwnServer(t)
	there := superClient(t, server)
	cli := guide(t, "curator-and-spring/dubbo", server.Addr(), "ZOOKEEPER_SERVERS="+server.Addr())
	apply(t, cli)
	shop := startJava(t, "dubbo", "dubbo/Application.java", server.Addr())
	shop.line(t, "answer = started")
	shop.loopbackOnly(t)
	if got := shop.ask(t, "exported"); !strings.Contains(got, "timeout=4321") {
		t.Errorf("the application offers %s", got)
	}
	if got := shop.ask(t, "providers com.example.Invoices"); got != "[dubbo://10.0.0.7:20880 timeout=2000]" {
		t.Errorf("a consumer finds %s", got)
	}
	if got := data(t, there, "/dubbo/mapping/com.example.Greeter"); got != "billing,shop" {
		t.Errorf("the mapping is %s", got)
	}
	planEmpty(t, cli, "the application's start")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	shop.alive(t)
	if got := shop.ask(t, "providers com.example.Greeter"); !strings.Contains(got, "timeout=4321") {
		t.Errorf("after the destroy a consumer finds %s", got)
	}
	if got := data(t, there, "/dubbo/mapping/com.example.Greeter"); got != "billing,shop" {
		t.Errorf("after the destroy the mapping is %s", got)
	}
}
