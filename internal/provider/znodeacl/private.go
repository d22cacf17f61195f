package znodeacl

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// recordKey is where the private state has the record.
const recordKey = "record"

// privateState is the framework's, which has no name outside of it.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// load returns the record of the node at path; nil where there is none, which is so behind
// an import.
func load(ctx context.Context, p privateState, path string) (*record, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, recordKey)
	if diags.HasError() || len(b) == 0 {
		return nil, diags
	}
	rec, err := decodeRecord(path, b)
	if err != nil {
		diags.AddError("Unreadable private state", fmt.Sprintf(
			"What the provider remembers of %q in the state cannot be read: %v. Was the state edited? "+
				"Remove the resource from the state (terraform state rm) and import it: the ACL on the server stays as it is.", path, err))
	}
	return rec, diags
}

func (r *record) store(ctx context.Context, p privateState) diag.Diagnostics {
	b, err := r.encode()
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Private state cannot be written", err.Error())}
	}
	return p.SetKey(ctx, recordKey, b)
}
