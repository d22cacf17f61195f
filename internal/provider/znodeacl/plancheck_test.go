package znodeacl_test

import (
	"context"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// beforeValue checks an attribute of the resource as a plan shows it before the change.
type beforeValue struct {
	name string
	want map[string]any
}

// CheckPlan checks the attribute.
func (b beforeValue) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != address {
			continue
		}
		state, ok := change.Change.Before.(map[string]any)
		if !ok || !reflect.DeepEqual(state[b.name], any(b.want)) {
			resp.Error = fmt.Errorf("%s is %v before, want %v", b.name, state[b.name], b.want)
		}
		return
	}
	resp.Error = fmt.Errorf("%s is not in the plan", address)
}
