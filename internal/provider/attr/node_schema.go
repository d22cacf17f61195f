package attr

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// ResourceData is the attribute `data` of a resource that makes a node.
func ResourceData() resource.StringAttribute {
	return resource.StringAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Content of the node as UTF-8 text. When it is left out, it shows what the server holds, and is null if that is not UTF-8. **No place for secrets:** it is stored in the state, and shown in plans as `data_base64` even where the value written here is marked as sensitive.",
		Validators:          []validator.String{stringvalidator.ConflictsWith(path.MatchRoot("data_base64"))},
	}
}

// ResourceDataBase64 is the attribute `data_base64` of a resource that makes a node.
func ResourceDataBase64() resource.StringAttribute {
	return resource.StringAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Content of the node as base64, for what is not text; `filebase64(…)` reads it from a file. When it is left out, it shows what the server holds. **No place for secrets**, as `data` is not: text shows there in the clear.",
		Validators:          []validator.String{Base64()},
	}
}

// ResourceForceDestroy is the attribute `force_destroy` of a resource that makes a node.
func ResourceForceDestroy() resource.BoolAttribute {
	return resource.BoolAttribute{
		Optional:            true,
		Computed:            true,
		Default:             booldefault.StaticBool(false),
		MarkdownDescription: "Delete whatever is below with the node. By default a node with children is not deleted, and the error counts them. Default `false`.",
	}
}
