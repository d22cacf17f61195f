package attr

import (
	"context"

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
