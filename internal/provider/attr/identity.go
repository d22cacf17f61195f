package attr

import (
	"cmp"
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// IdentifiedByPath is embedded in each resource that manages a node, or something about
// one: what tells such a resource from others of its type is the path of the node.
//
// The path is the one in the configuration, inside the chroot. Neither the chroot nor the
// servers are a part of it: an identity is unique within one configuration of the provider,
// and must never change, which the addresses of the servers do.
type IdentifiedByPath struct {
	// Attribute is the one that is the identity, where that is not "path".
	Attribute string
}

func (i IdentifiedByPath) attribute() string { return cmp.Or(i.Attribute, "path") }

// IdentitySchema describes the identity.
func (i IdentifiedByPath) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			i.attribute(): identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "Absolute path of the node; with a chroot in the provider's `servers`, the path inside it. The servers are no part of the identity.",
			},
		},
	}
}

// SetIdentity makes a path the identity of a resource. It goes with each state that is
// written, and with its removal from the state too: states from before there were
// identities have none, and the framework takes none as the answer to a read.
func (i IdentifiedByPath) SetIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, nodePath types.String) diag.Diagnostics {
	return identity.SetAttribute(ctx, path.Root(i.attribute()), nodePath)
}

// ImportedPath returns the path that an import names, by its id or by its identity.
func (i IdentifiedByPath) ImportedPath(ctx context.Context, req resource.ImportStateRequest) (string, diag.Diagnostics) {
	if req.ID != "" || req.Identity.Raw.IsNull() {
		return req.ID, nil
	}
	var nodePath types.String
	diags := req.Identity.GetAttribute(ctx, path.Root(i.attribute()), &nodePath)
	return nodePath.ValueString(), diags
}
