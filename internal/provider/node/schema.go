package node

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// Attributes adds the attributes of a [Node] to those of a resource. parents says of
// create_parents what is special in that resource.
func Attributes(own map[string]schema.Attribute, parents string) map[string]schema.Attribute {
	own["data"] = schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Content of the node as UTF-8 text. **No place for secrets:** it is stored in the state and shown in plans. Use `data_wo` for them.\n\n" +
			"When somebody else writes content that this attribute cannot hold, a plan shows it as a description with the base64 of it at its end, as in `(2 bytes, not UTF-8, in base64: //4=)`. " +
			"That is the case for bytes that are not UTF-8, and for text that is not in Unicode's form NFC, to which Terraform and OpenTofu bring every string.",
	}
	own["data_base64"] = schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "Content of the node as base64, for what is not text; `filebase64(…)` reads it from a file. Instead of `data`. **No place for secrets**, as `data` is not.",
		Validators:          []validator.String{attr.Base64()},
	}
	own["data_wo"] = schema.StringAttribute{
		Optional:  true,
		Sensitive: true,
		WriteOnly: true,
		MarkdownDescription: "Content of the node as UTF-8 text that is a secret: it is written to the server, and is in no state, plan or log. " +
			"Takes ephemeral values, and needs Terraform 1.11 or OpenTofu 1.11. Instead of `data` and `data_base64`.",
	}
	own["data_wo_version"] = schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Names the secret in `data_wo`, as in `1` or a date, and is needed with it: the secret is not stored, so that a plan cannot see whether it has changed. " +
			"The secret is written when this changes. When somebody else wrote the content of the node since, the plan shows that as a change of this attribute, from `1 (overwritten since)` to `1`, and the apply writes the secret again. Stored and shown.",
		Validators: []validator.String{stringvalidator.LengthAtLeast(1), attr.SecretVersion()},
	}
	own["compare"] = attr.ResourceCompare()
	own["acl"] = attr.ImportedResourceACL("Who may do what with the node. When it is left out, the node is created with the provider's `default_acl`, and this shows what the server holds. "+
		"If somebody else has created the node and its ACL lets in more than `default_acl` does, the apply sets `default_acl` before it writes `data_wo` there, and the plan says so.", true)
	own["create_parents"] = schema.BoolAttribute{
		Optional: true,
		Computed: true,
		Default:  booldefault.StaticBool(true),
		MarkdownDescription: "Make the parents that are missing, as empty persistent nodes" + parents + ". They stay when this node is destroyed. " +
			"A parent that another resource of the same run declares becomes that resource's, in whatever order the two are created. Let the path refer to that resource all the same, as in `path = \"${zookeeper_znode.parent.path}/child\"`: when a run without this reference ends between the two, the parent has to be imported. Default `true`.",
	}
	own["force_destroy"] = schema.BoolAttribute{
		Optional:            true,
		Computed:            true,
		Default:             booldefault.StaticBool(false),
		MarkdownDescription: "Delete whatever is below with the node. By default a node with children is not deleted, and the error counts them. The value of the last apply counts: when you change it, apply before you destroy. Default `false`.",
	}
	own["on_destroy"] = attr.ResourceOnDestroy("the node")
	own["stat"] = attr.ResourceStat()
	return own
}
