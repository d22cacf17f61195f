package attr

import (
	"cmp"
	"context"
	"fmt"
	"unicode/utf8"

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

// ImportedPath returns the path that an import names, by its id or by its identity. The CLI
// would bring the path in the state to NFC, so that the next read finds another node there, or
// none. A path in another form is refused.
func (i IdentifiedByPath) ImportedPath(ctx context.Context, req resource.ImportStateRequest) (string, diag.Diagnostics) {
	var diags diag.Diagnostics
	nodePath := types.StringValue(req.ID)
	if req.ID == "" && !req.Identity.Raw.IsNull() {
		diags = req.Identity.GetAttribute(ctx, path.Root(i.attribute()), &nodePath)
	}
	if name := nodePath.ValueString(); utf8.ValidString(name) && !Crosses(name) {
		diags.AddError("Invalid import ID", fmt.Sprintf(
			"The path %s is in another Unicode form than NFC. Terraform and OpenTofu bring all text to NFC, so that neither a configuration nor a state can name such a node: the path in NFC, which looks the same, is that of another node.\n\n"+
				"To manage this one, create a node with the name in NFC with another client of ZooKeeper, copy data and children to it, and delete the old one.", Quoted(name)))
	}
	return nodePath.ValueString(), diags
}
