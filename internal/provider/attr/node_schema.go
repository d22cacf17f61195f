package attr

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// ResourceData is the attribute `data` of a resource that makes a node.
func ResourceData() resource.StringAttribute {
	return resource.StringAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Content of the node as UTF-8 text. When it is left out, it shows what the server holds, and is null if that is not UTF-8. **No place for secrets:** it is stored in the state, and shown in plans as `data_base64` even where the value written here is marked as sensitive. Use `data_wo` for them.",
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

// ResourceDataWO is the attribute `data_wo` of a resource that makes a node.
func ResourceDataWO() resource.StringAttribute {
	return resource.StringAttribute{
		Optional:  true,
		Sensitive: true,
		WriteOnly: true,
		MarkdownDescription: "Content of the node as UTF-8 text that is a secret: it is written to the server, and is in no state, plan or log. " +
			"`data` and `data_base64` are null then, and stay so when `data_wo` leaves the configuration, until one of them is declared: the secret is still on the server. " +
			"Takes ephemeral values, and needs Terraform 1.11 or OpenTofu 1.11. In place of `data` and `data_base64`.",
	}
}

// ResourceDataWOVersion is the attribute `data_wo_version` of a resource that makes a node.
func ResourceDataWOVersion() resource.StringAttribute {
	return resource.StringAttribute{
		Optional: true,
		MarkdownDescription: "Names the secret in `data_wo`, as in `1` or a date, and is needed with it: the secret is not stored, so that a plan cannot see whether it has changed. " +
			"It is written when this changes, and when somebody else wrote the data of the node since, which the plan tells. Stored and shown.",
		Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
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
