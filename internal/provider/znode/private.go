package znode

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
)

// kindAssumedKey is true in the private state of an imported node: its kind, which servers
// do not tell, was assumed to be persistent.
const kindAssumedKey = "kind_assumed"

// kindAssumed reports whether the kind of a node was assumed. Where nothing is remembered, it
// was not.
func kindAssumed(ctx context.Context, p attr.PrivateState) (bool, diag.Diagnostics) {
	return flag(ctx, p, kindAssumedKey)
}

func setKindAssumed(ctx context.Context, p attr.PrivateState, assumed bool) diag.Diagnostics {
	return p.SetKey(ctx, kindAssumedKey, strconv.AppendBool(nil, assumed))
}

// succeededKey is true in the planned private state of a deletion where the same plan creates a
// resource of the same path: a resource that was renamed without a `moved` block.
const succeededKey = "succeeded"

// succeeded reports whether the plan of a deletion has a creation of the same path.
func succeeded(ctx context.Context, p attr.PrivateState) (bool, diag.Diagnostics) {
	return flag(ctx, p, succeededKey)
}

func setSucceeded(ctx context.Context, p attr.PrivateState, succeeded bool) diag.Diagnostics {
	return p.SetKey(ctx, succeededKey, strconv.AppendBool(nil, succeeded))
}

// forgetSuccession takes out what a destruction that has failed has left.
func forgetSuccession(ctx context.Context, p attr.PrivateState) diag.Diagnostics {
	diags := diagnose.ForgetSuccession(ctx, p)
	diags.Append(p.SetKey(ctx, succeededKey, nil)...)
	return diags
}

// flag reports whether something is remembered. What is not there, or cannot be read, is not.
func flag(ctx context.Context, p attr.PrivateState, key string) (set bool, diags diag.Diagnostics) {
	b, diags := p.GetKey(ctx, key)
	_ = json.Unmarshal(b, &set)
	return set, diags
}
