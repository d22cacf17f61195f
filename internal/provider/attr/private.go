package attr

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// PrivateState is what a state has besides its attributes, for the provider alone. It is the
// framework's, which has no name outside of it.
type PrivateState interface {
	// GetKey returns JSON; nil where there is none.
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	// SetKey takes JSON; nil takes the key away.
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Keep stores v as JSON in a private state.
func Keep(ctx context.Context, private PrivateState, key string, v any) diag.Diagnostics {
	b, err := json.Marshal(v)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("State cannot be written", err.Error())}
	}
	return private.SetKey(ctx, key, b)
}

// Kept returns what [Keep] has stored; nil if it has stored nothing. The error of a value that cannot be
// read names what it is about, and ends with the way out.
func Kept[T any](ctx context.Context, private PrivateState, key, what, wayOut string) (*T, diag.Diagnostics) {
	b, diags := private.GetKey(ctx, key)
	if len(b) == 0 || diags.HasError() {
		return nil, diags
	}
	v := new(T)
	if err := json.Unmarshal(b, v); err != nil {
		diags.AddError("Private state is damaged", fmt.Sprintf("What the state remembers of %s cannot be read: %v. Was the state edited?\n\n%s", what, err, wayOut))
	}
	return v, diags
}
