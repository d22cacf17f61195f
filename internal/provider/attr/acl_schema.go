package attr

import (
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	ephemeral "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	provider "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// The attributes of an entry that is written are all needed, which [ACL] checks, and
// optional to the schema: to the framework, an entry that is unknown as a whole, such as
// one from a variable or a function, lacks what the schema requires
// (NestedAttributeObjectValidate).
const (
	needed            = "Required in each entry. "
	schemeDescription = "Who judges the id: `world`, `auth`, `digest`, `ip`, `sasl`, `x509`, or a scheme that your servers were extended with."
	idDescription     = "Who the entry is about, in the notation of the scheme: `anyone` for `world`; `user:base64(sha1(user:password))` for `digest`; " +
		"an address or a network for `ip` (of IPv6 since ZooKeeper 3.9.4); the principal for `sasl` and `x509`; empty for `auth`, which stands for the identities of the provider itself."
	permissionsDescription = "What they may do: letters of `cdrwa` in any order (create, delete, read, write, admin), or the bit mask as a number. " +
		"`31`, `\"cdrwa\"` and `\"adrwc\"` are the same."
)

// ResourceACL is an ACL that may be written in a resource. With computed, the resource
// shows the server's when none is written.
func ResourceACL(description string, computed bool) resource.SetNestedAttribute {
	return resource.SetNestedAttribute{
		Optional:            true,
		Computed:            computed,
		MarkdownDescription: description,
		Validators:          []validator.Set{ACL()},
		NestedObject: resource.NestedAttributeObject{Attributes: map[string]resource.Attribute{
			"scheme":      resource.StringAttribute{Optional: true, MarkdownDescription: needed + schemeDescription},
			"id":          resource.StringAttribute{Optional: true, MarkdownDescription: needed + idDescription},
			"permissions": resource.StringAttribute{Optional: true, MarkdownDescription: needed + permissionsDescription},
		}},
	}
}

// ImportedResourceACL is [ResourceACL] for the ACL of a node that can be imported: see
// [ImportedACL].
func ImportedResourceACL(description string, computed bool) resource.SetNestedAttribute {
	acl := ResourceACL(description, computed)
	acl.Validators = []validator.Set{ImportedACL()}
	return acl
}

// ProviderACL is an ACL that may be written in the provider's configuration.
func ProviderACL(description string) provider.SetNestedAttribute {
	return provider.SetNestedAttribute{
		Optional:            true,
		MarkdownDescription: description,
		Validators:          []validator.Set{ACL()},
		NestedObject: provider.NestedAttributeObject{Attributes: map[string]provider.Attribute{
			"scheme":      provider.StringAttribute{Optional: true, MarkdownDescription: needed + schemeDescription},
			"id":          provider.StringAttribute{Optional: true, MarkdownDescription: needed + idDescription},
			"permissions": provider.StringAttribute{Optional: true, MarkdownDescription: needed + permissionsDescription},
		}},
	}
}

// EphemeralACL is an ACL that may be written in an ephemeral resource.
func EphemeralACL(description string) ephemeral.SetNestedAttribute {
	return ephemeral.SetNestedAttribute{
		Optional:            true,
		MarkdownDescription: description,
		Validators:          []validator.Set{ACL()},
		NestedObject: ephemeral.NestedAttributeObject{Attributes: map[string]ephemeral.Attribute{
			"scheme":      ephemeral.StringAttribute{Optional: true, MarkdownDescription: needed + schemeDescription},
			"id":          ephemeral.StringAttribute{Optional: true, MarkdownDescription: needed + idDescription},
			"permissions": ephemeral.StringAttribute{Optional: true, MarkdownDescription: needed + permissionsDescription},
		}},
	}
}

// DataSourceACL is an ACL that a data source shows.
func DataSourceACL(description string) datasource.SetNestedAttribute {
	return datasource.SetNestedAttribute{
		Computed:            true,
		MarkdownDescription: description,
		NestedObject: datasource.NestedAttributeObject{Attributes: map[string]datasource.Attribute{
			"scheme":      datasource.StringAttribute{Computed: true, MarkdownDescription: schemeDescription},
			"id":          datasource.StringAttribute{Computed: true, MarkdownDescription: idDescription},
			"permissions": datasource.StringAttribute{Computed: true, MarkdownDescription: permissionsDescription},
		}},
	}
}
