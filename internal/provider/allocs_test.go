package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// What a request allocates where nothing has changed. Through the framework, a validation of one
// node takes 3,600 allocations, a read 10,000 and a plan 21,000.
func TestAllocations(t *testing.T) {
	server := zktest.StartServer(t).Addr()
	many := make(attrs)
	for i := range 100 {
		many[fmt.Sprintf("key-%d", i)] = "value"
	}
	access := acl([3]string{"world", "anyone", "cdrwa"}, [3]string{"ip", "10.0.0.1", "r"})
	for _, tt := range []struct {
		typ                  string
		config               attrs
		validate, read, plan float64
	}{
		{znode, attrs{"path": "/node", "data": "value", "acl": access}, 300, 450, 1100},
		{znodes, attrs{"base_path": "/nodes", "data": many, "acl": access}, 800, 1900, 2300},
	} {
		t.Run(tt.typ, func(t *testing.T) {
			tree := acctest.NewTreeOn(t, server)
			d := newDriver(t)
			d.configure(attrs{"servers": server + tree.Base})
			i := d.create(tt.typ, tt.config)
			d.refresh(i)
			schema := d.schemas.ResourceSchemas[tt.typ]
			configured, state := d.config(schema, tt.config), d.dynamic(i.state)
			proposed := d.dynamic(d.proposed(schema, i.state, configured))
			at := func(what string, most float64, request func() ([]*tfprotov6.Diagnostic, error)) {
				allocs := testing.AllocsPerRun(100, func() {
					if diags, err := request(); err != nil || len(diags) > 0 {
						t.Fatal(diags, err)
					}
				})
				if allocs > most {
					t.Errorf("%s: %v allocations", what, allocs)
				}
			}
			at("validate", tt.validate, func() ([]*tfprotov6.Diagnostic, error) {
				resp, err := d.server.ValidateResourceConfig(d.ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: tt.typ, Config: configured})
				return resp.Diagnostics, err
			})
			at("read", tt.read, func() ([]*tfprotov6.Diagnostic, error) {
				resp, err := d.server.ReadResource(d.ctx, &tfprotov6.ReadResourceRequest{TypeName: tt.typ, CurrentState: state, Private: i.private, CurrentIdentity: i.identity})
				return resp.Diagnostics, err
			})
			at("plan", tt.plan, func() ([]*tfprotov6.Diagnostic, error) {
				resp, err := d.server.PlanResourceChange(d.ctx, &tfprotov6.PlanResourceChangeRequest{
					TypeName: tt.typ, Config: configured, PriorState: state, ProposedNewState: proposed, PriorPrivate: i.private, PriorIdentity: i.identity,
				})
				return resp.Diagnostics, err
			})
		})
	}
}
