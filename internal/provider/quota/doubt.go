package quota

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// A doubt is what the private state has of a creation whose outcome is not known: what tells the
// quota that it made from any other, for the next read to find.
type doubt struct {
	// Seen is the latest transaction that was known before the request was sent, and Others are
	// transactions since then that are other writes of the same run.
	Seen   int64   `json:"seen"`
	Others []int64 `json:"others,omitempty"`
	// ACL is the one that the quota's nodes were to get.
	ACL []zk.ACL `json:"acl"`
}

// doubtKey is where the private state has a [doubt].
const doubtKey = "doubt"

func (d doubt) save(ctx context.Context, private attr.PrivateState) diag.Diagnostics {
	b, err := json.Marshal(d)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("State cannot be written", err.Error())}
	}
	return private.SetKey(ctx, doubtKey, b)
}

// loadDoubt is the opposite of save; nil for none.
func loadDoubt(ctx context.Context, private attr.PrivateState) (*doubt, diag.Diagnostics) {
	b, diags := private.GetKey(ctx, doubtKey)
	if len(b) == 0 || diags.HasError() {
		return nil, diags
	}
	d := new(doubt)
	if err := json.Unmarshal(b, d); err != nil {
		diags.AddError("Private state is damaged", fmt.Sprintf("What the state remembers of a quota whose creation had no answer cannot be read: %v. Was the state edited?\n\n"+
			"Remove the resource from the state (terraform state rm). If its quota is there, import it.", err))
	}
	return d, diags
}
