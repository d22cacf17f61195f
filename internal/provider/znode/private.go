package znode

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// kindAssumedKey is true in the private state of an imported node: its kind, which servers
// do not tell, was assumed to be persistent.
const kindAssumedKey = "kind_assumed"

// kindAssumed tells whether the kind of a node was assumed. Where nothing is remembered, it
// was not.
func kindAssumed(ctx context.Context, p attr.PrivateState) (bool, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, kindAssumedKey)
	var assumed bool
	_ = json.Unmarshal(b, &assumed) // what is not there, or cannot be read, leaves it false
	return assumed, diags
}

func setKindAssumed(ctx context.Context, p attr.PrivateState, assumed bool) diag.Diagnostics {
	return p.SetKey(ctx, kindAssumedKey, strconv.AppendBool(nil, assumed))
}
