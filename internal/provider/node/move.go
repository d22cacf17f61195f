package node

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// Moved is what another resource of one node leaves to the one that a `moved` block makes of it.
type Moved struct {
	Node
	Path types.String `tfsdk:"path"`
}

// The versions of the schemas of tfzk/zookeeper's resources, and of those that are made of a
// [Node].
const (
	tfzkVersion = 0
	nodeVersion = 1
)

// Movers make a resource of another resource of one node. ours is the type of this provider's
// other resource; tfzk/zookeeper's two have the same names as these. finish completes the
// response with what is special in the resource.
func Movers(ours string, finish func(context.Context, Moved, *resource.MoveStateResponse)) []resource.StateMover {
	own := schema.Schema{Attributes: Attributes(map[string]schema.Attribute{"path": schema.StringAttribute{Required: true}}, "")}
	tfzk := schema.Schema{Attributes: TFZKAttributes()}
	return []resource.StateMover{
		{
			SourceSchema: &own,
			StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
				if req.SourceTypeName != ours || req.SourceSchemaVersion != nodeVersion || !fromProvider(req, "/zookeeper") || req.SourceState == nil {
					return
				}
				var from Moved
				resp.Diagnostics.Append(req.SourceState.Get(ctx, &from)...)
				// What is not known of a creation, and who wrote the ACL, goes with the resource.
				for _, key := range []string{doubtKey, attr.AuthorKey, theirsKey, session.ParentsKey} {
					remembered, diags := req.SourcePrivate.GetKey(ctx, key)
					resp.Diagnostics.Append(diags...)
					if len(remembered) > 0 {
						resp.Diagnostics.Append(resp.TargetPrivate.SetKey(ctx, key, remembered)...)
					}
				}
				if !resp.Diagnostics.HasError() {
					finish(ctx, from, resp)
				}
			},
		},
		{
			SourceSchema: &tfzk,
			StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
				if !strings.HasPrefix(req.SourceTypeName, "zookeeper_") || req.SourceSchemaVersion != tfzkVersion || !fromProvider(req, "/tfzk/zookeeper") || req.SourceState == nil {
					return
				}
				var from TFZKNode
				resp.Diagnostics.Append(req.SourceState.Get(ctx, &from)...)
				if !resp.Diagnostics.HasError() {
					finish(ctx, Moved{Node: from.Node(), Path: from.Path}, resp)
				}
			},
		},
	}
}

// fromProvider reports whether the provider of a resource that is moved has an address of this
// end. The registry before it is the CLI's, and the namespace of ours is the user's mirror's.
func fromProvider(req resource.MoveStateRequest, end string) bool {
	return strings.HasSuffix(req.SourceProviderAddress, end)
}
