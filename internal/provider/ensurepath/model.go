package ensurepath

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// resourceModel is the resource as the framework decodes it.
type resourceModel struct {
	Path      types.String `tfsdk:"path"`
	ACL       types.Set    `tfsdk:"acl"`
	OnDestroy types.String `tfsdk:"on_destroy"`
	Created   types.List   `tfsdk:"created"`
	Stat      types.Object `tfsdk:"stat"`
}

// The values of on_destroy.
const (
	prune = "prune"
	keep  = "keep"
)

// pathsOf are the paths of nodes as the attribute `created` has them: from the top down.
// All of them are on one path, so that the longer is the deeper.
func pathsOf(nodes []session.Made) types.List {
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b session.Made) int { return len(a.Path) - len(b.Path) })
	values := make([]framework.Value, 0, len(nodes))
	for _, node := range nodes {
		values = append(values, types.StringValue(node.Path))
	}
	return types.ListValueMust(types.StringType, values)
}

// czxidsKey is where the private state has the transactions that made the nodes in
// `created`, by path.
const czxidsKey = "czxids"

// madeBy returns the nodes in `created`, from the top down, with the transactions that made
// them. One whose transaction is not remembered has none that any node can have.
func (m *resourceModel) madeBy(ctx context.Context, p attr.PrivateState) ([]session.Made, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, czxidsKey)
	czxids := make(map[string]int64)
	if len(b) > 0 {
		if err := json.Unmarshal(b, &czxids); err != nil {
			diags.AddError("Private state is damaged", fmt.Sprintf("What the state remembers of the nodes that were made for %q cannot be read: %v. Was the state edited?\n\n"+
				"Remove the resource from the state (terraform state rm) and import it: the nodes stay as they are, now and when it is destroyed.", m.Path.ValueString(), err))
		}
	}
	var paths []string
	if !m.Created.IsNull() && !m.Created.IsUnknown() {
		diags.Append(m.Created.ElementsAs(ctx, &paths, false)...)
	}
	nodes := make([]session.Made, 0, len(paths))
	for _, path := range paths {
		nodes = append(nodes, session.Made{Path: path, Czxid: czxids[path]})
	}
	return nodes, diags
}

// remember puts nodes into `created` and the private state.
func (m *resourceModel) remember(ctx context.Context, p attr.PrivateState, nodes []session.Made) diag.Diagnostics {
	m.Created = pathsOf(nodes)
	czxids := make(map[string]int64, len(nodes))
	for _, node := range nodes {
		czxids[node.Path] = node.Czxid
	}
	b, err := json.Marshal(czxids)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("State cannot be written", err.Error())}
	}
	return p.SetKey(ctx, czxidsKey, b)
}
