package provider_test

import (
	"bytes"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A change of a resource that does not exist to one that does not exist changes nothing. No CLI
// asks for it, but the protocol does not forbid it.
func TestNothingIsPlannedOfNothing(t *testing.T) {
	t.Parallel()
	d := newDriver(t)
	d.configure(attrs{"servers": zktest.StartServer(t).Addr()})
	null := []byte{0xc0}
	for typ := range d.schemas.ResourceSchemas {
		nothing := &tfprotov6.DynamicValue{MsgPack: null}
		resp, err := d.server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: typ, PriorState: nothing, ProposedNewState: nothing, Config: nothing,
		})
		if err != nil || len(resp.Diagnostics) > 0 || !bytes.Equal(resp.PlannedState.MsgPack, null) {
			t.Errorf("a plan of %s: %v, %v", typ, resp, err)
		}
		done, err := d.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
			TypeName: typ, PriorState: nothing, PlannedState: nothing, Config: nothing,
		})
		if err != nil || len(done.Diagnostics) > 0 || !bytes.Equal(done.NewState.MsgPack, null) {
			t.Errorf("an apply of %s: %v, %v", typ, done, err)
		}
	}
}
