package acctest

import (
	"context"
	"fmt"
	"net"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// Meanwhile does something between a plan and its apply, as somebody else would.
func Meanwhile(do func()) plancheck.PlanCheck { return meanwhile{do} }

type meanwhile struct{ do func() }

// CheckPlan checks nothing.
func (m meanwhile) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	m.do()
}

// Afterwards returns HCL for a resource. Something is done after its creation, as
// somebody else would, in the middle of an apply.
func Afterwards(tb testing.TB, do func()) string {
	tb.Helper()
	return provisioner(tb, "", do)
}

// BeforeDestruction is Afterwards for something that is done before the resource is destroyed.
// The CLIs do it while there is a block of the resource, if only with count = 0.
func BeforeDestruction(tb testing.TB, do func()) string {
	tb.Helper()
	return provisioner(tb, "when        = destroy\n    ", do)
}

func provisioner(tb testing.TB, when string, do func()) string {
	tb.Helper()
	addr := zktest.StartPeer(tb, func(net.Conn) { do() })
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		tb.Fatal(err)
	}
	// The connection ends when it is done.
	return fmt.Sprintf(`provisioner "local-exec" {
    %sinterpreter = ["bash", "-c"]
    command     = "cat < /dev/tcp/%s/%s"
  }`, when, host, port)
}
