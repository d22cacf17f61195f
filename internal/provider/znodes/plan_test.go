package znodes_test

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// differs checks what a plan shows of a key: what the state has, and what is planned; nil
// for nothing.
func differs(attribute, key string, before, after any) plancheck.PlanCheck {
	return keyChange{attribute, key, before, after}
}

type keyChange struct {
	attribute, key string
	before, after  any
}

// CheckPlan compares the key.
func (k keyChange) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != address {
			continue
		}
		value := func(of any) any {
			attributes, _ := of.(map[string]any)
			m, _ := attributes[k.attribute].(map[string]any)
			return m[k.key]
		}
		if before, after := value(change.Change.Before), value(change.Change.After); before != k.before || after != k.after {
			resp.Error = fmt.Errorf("%s.%s[%q] is planned from %v to %v, want from %v to %v", address, k.attribute, k.key, before, after, k.before, k.after)
		}
		return
	}
	resp.Error = fmt.Errorf("%s is not in the plan", address)
}
