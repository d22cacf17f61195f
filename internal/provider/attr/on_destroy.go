package attr

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// The values of on_destroy of a resource that makes nodes.
const (
	OnDestroyDelete = "delete"
	OnDestroyKeep   = "keep"
)

// ResourceOnDestroy is the attribute `on_destroy` of a resource that makes nodes. what is what
// it makes, as in "the node".
func ResourceOnDestroy(what string) resource.StringAttribute {
	return resource.StringAttribute{
		Optional: true,
		Computed: true,
		Default:  stringdefault.StaticString(OnDestroyDelete),
		MarkdownDescription: "What destroying the resource does: `delete` (the default) deletes " + what + "; `keep` leaves everything on the servers as it is, and forgets it. " +
			"The value of the last apply counts: when you change it, apply before you destroy.",
		Validators: []validator.String{stringvalidator.OneOf(OnDestroyDelete, OnDestroyKeep)},
	}
}
