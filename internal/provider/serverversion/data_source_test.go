package serverversion_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const dataSource = `data "zookeeper_server_version" "test" {}`

// The server allows no four-letter words but those that it allows by itself.
func TestAccServerVersion_defaultWhitelist(t *testing.T) {
	server := acctest.OwnServer(t, zktest.DefaultWhitelist())
	var major, minor, patch int64
	if _, err := fmt.Sscanf(server.Version(), "%d.%d.%d", &major, &minor, &patch); err != nil {
		t.Fatal(err)
	}
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\n%s", server.Addr(), dataSource),
			ConfigStateChecks: []statecheck.StateCheck{
				acctest.Attributes("data.zookeeper_server_version.test", map[string]knownvalue.Check{
					"version":  knownvalue.StringExact(server.Version()),
					"major":    knownvalue.Int64Exact(major),
					"minor":    knownvalue.Int64Exact(minor),
					"patch":    knownvalue.Int64Exact(patch),
					"revision": knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{40}$`)),
					"mode":     knownvalue.StringExact("standalone"),
					"server":   knownvalue.StringExact(server.Addr()),
				}),
			},
		}},
	})
}

func TestAccServerVersion_errors(t *testing.T) {
	server := acctest.OwnServer(t)
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      "provider \"zookeeper\" {\n  servers = \"127.0.0.1:1\"\n  connect_timeout = 0.5\n}\n\n" + dataSource,
		ExpectError: acctest.Error("Cannot reach ZooKeeper", "127.0.0.1:1: connect: connection refused"),
	}, {
		// A chroot that does not exist is no obstacle.
		Config: fmt.Sprintf("provider \"zookeeper\" { servers = \"%s/no/such/chroot\" }\n\n%s\n\noutput \"server\" { value = data.zookeeper_server_version.test.server }", server.Addr(), dataSource),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValue("server", knownvalue.StringExact(server.Addr())),
		},
	}}})
}
