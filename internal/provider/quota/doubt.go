package quota

import (
	"context"

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
	return attr.Keep(ctx, private, doubtKey, d)
}

// loadDoubt is the opposite of save; nil for none.
func loadDoubt(ctx context.Context, private attr.PrivateState) (*doubt, diag.Diagnostics) {
	return attr.Kept[doubt](ctx, private, doubtKey, "a quota whose creation had no answer",
		"Remove the resource from the state (terraform state rm). If its quota is there, import it.")
}
