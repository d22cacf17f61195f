package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// What a request about one node allocates, where nothing has changed. Through the framework, a
// validation takes 3,600 allocations, a read 10,000 and a plan 21,000.
func TestAllocations(t *testing.T) {
	server := zktest.StartServer(t).Addr()
	tree := acctest.NewTreeOn(t, server)
	d := newDriver(t)
	d.configure(attrs{"servers": server + tree.Base})
	config := attrs{"path": "/node", "data": "value", "acl": acl([3]string{"world", "anyone", "cdrwa"}, [3]string{"ip", "10.0.0.1", "r"})}
	i := d.create(znode, config)
	d.refresh(i)
	schema := d.schemas.ResourceSchemas[znode]
	configured, state := d.config(schema, config), d.dynamic(i.state)
	proposed := d.dynamic(d.proposed(schema, i.state, configured))
	for name, tt := range map[string]struct {
		most    float64
		request func() ([]*tfprotov6.Diagnostic, error)
	}{
		"validate": {300, func() ([]*tfprotov6.Diagnostic, error) {
			resp, err := d.server.ValidateResourceConfig(d.ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: znode, Config: configured})
			return resp.Diagnostics, err
		}},
		"read": {450, func() ([]*tfprotov6.Diagnostic, error) {
			resp, err := d.server.ReadResource(d.ctx, &tfprotov6.ReadResourceRequest{TypeName: znode, CurrentState: state, Private: i.private, CurrentIdentity: i.identity})
			return resp.Diagnostics, err
		}},
		"plan": {1100, func() ([]*tfprotov6.Diagnostic, error) {
			resp, err := d.server.PlanResourceChange(d.ctx, &tfprotov6.PlanResourceChangeRequest{
				TypeName: znode, Config: configured, PriorState: state, ProposedNewState: proposed, PriorPrivate: i.private, PriorIdentity: i.identity,
			})
			return resp.Diagnostics, err
		}},
	} {
		allocs := testing.AllocsPerRun(100, func() {
			if diags, err := tt.request(); err != nil || len(diags) > 0 {
				t.Fatal(diags, err)
			}
		})
		if allocs > tt.most {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}
