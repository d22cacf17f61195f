package znode

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// kindAssumedKey is true in the private state of an imported node: its kind, which servers
// do not tell, was assumed to be persistent.
const kindAssumedKey = "kind_assumed"

// privateState is the framework's, which has no name outside of it.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// flag returns what is remembered, or otherwise when nothing is.
func flag(ctx context.Context, p privateState, key string, otherwise bool) (bool, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, key)
	v := otherwise
	if len(b) > 0 && json.Unmarshal(b, &v) != nil {
		v = otherwise
	}
	return v, diags
}

func setFlag(ctx context.Context, p privateState, key string, v bool) diag.Diagnostics {
	b := []byte("false")
	if v {
		b = []byte("true")
	}
	return p.SetKey(ctx, key, b)
}
