package znodeacl

import (
	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// complete computes what a plan leaves open from the configuration and from the state,
// which is nil when there is none, and tells whether the plan writes to the server. self
// are the identities that the provider presents.
//
// The framework marks every computed attribute as unknown as soon as anything differs, so
// nothing in plan is relied on for ACL, differing, record and stat: all of them are decided here.
func complete(plan, config resourceModel, state *resourceModel, self []attr.Identity) (completed resourceModel, writes bool) {
	none := types.MapValueMust(types.StringType, map[string]fwattr.Value{})
	plan.ACL = config.ACL
	writes = true
	if state != nil {
		plan.ACL = attr.PlanACL(config.ACL, state.ACL, self)
		writes = !plan.Path.Equal(state.Path) || !plan.ACL.Equal(state.ACL) || !plan.Recursive.Equal(state.Recursive) || !state.Differing.Equal(none)
	}
	plan.Differing = none
	plan.Record, plan.Stat = types.StringUnknown(), types.ObjectUnknown(attr.StatType.AttrTypes)
	if !writes {
		plan.Record, plan.Stat = state.Record, state.Stat
	}
	return plan, writes
}
