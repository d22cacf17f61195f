package znode_test

import (
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// What a node's mode is does not show in its stat, only in what becomes of it: servers delete
// a container that has had a child and has none, and a TTL node that nobody writes to. Both
// are drift, and a plan makes them again.
func TestAccZnode_serversDelete(t *testing.T) {
	t.Parallel()
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
resource "zookeeper_znode" "ttl" {
  path   = "/ttl"
  mode   = "ttl"
  ttl_ms = 5000
}
resource "zookeeper_znode" "container" {
  path = "/container"
  mode = "container"
}
resource "zookeeper_znode" "plain" {
  path = "/plain"
}
`})
	server := acctest.OwnServer(t,
		zktest.WithSystemProperty("zookeeper.extendedTypesEnabled", "true"),
		zktest.WithSystemProperty("znode.container.checkIntervalMs", "100"))
	tree := acctest.NewTreeOn(t, server.Addr())
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + server.Addr() + tree.Base}
	cli.MustRun("apply", "-no-color", "-auto-approve")

	for _, rel := range []string{"/container", "/plain"} {
		tree.Put(rel+"/child", "")
		tree.Remove(rel + "/child")
	}
	for _, rel := range []string{"/container", "/ttl"} {
		for found := true; found; {
			_, there, w, err := tree.Client.ExistsWatch(t.Context(), tree.Path(rel))
			if err != nil {
				t.Fatal(err)
			}
			if found = there; found {
				_, err = w.Next(t.Context())
			}
			w.Close()
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	plan := cli.MustRun("plan", "-no-color").Output
	for _, name := range []string{"ttl", "container"} {
		if !strings.Contains(plan, "zookeeper_znode."+name+" will be created") {
			t.Errorf("the plan does not make %s anew", name)
		}
	}
	if !strings.Contains(plan, "2 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan is about more than the two that are gone:\n%s", plan)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}
