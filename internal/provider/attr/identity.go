package attr

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
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
type IdentifiedByPath struct{}

// pathIdentity is the identity as the framework decodes it.
type pathIdentity struct {
	Path types.String `tfsdk:"path"`
}

// IdentitySchema describes the identity.
func (IdentifiedByPath) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"path": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "Absolute path of the node; with a chroot in the provider's `servers`, the path inside it. The servers are no part of the identity.",
			},
		},
	}
}

// SetIdentity makes path the identity of a resource. It goes with each state that is
// written, and with its removal from the state too: states from before there were
// identities have none, and the framework takes none as the answer to a read.
func (IdentifiedByPath) SetIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, path types.String) diag.Diagnostics {
	return identity.Set(ctx, pathIdentity{Path: path})
}

// ImportedPath returns the path that an import names, by its id or by its identity.
func (IdentifiedByPath) ImportedPath(ctx context.Context, req resource.ImportStateRequest) (string, diag.Diagnostics) {
	if req.ID != "" || req.Identity.Raw.IsNull() {
		return req.ID, nil
	}
	var identity pathIdentity
	diags := req.Identity.Get(ctx, &identity)
	return identity.Path.ValueString(), diags
}
