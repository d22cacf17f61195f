package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// ACL is the function acl.
type ACL struct{}

var _ function.Function = ACL{}

// NewACL returns the function.
func NewACL() function.Function { return ACL{} }

// Metadata tells the function's name.
func (ACL) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "acl"
}

// Definition describes the function.
func (ACL) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "An ACL entry from zkCli's notation.",
		MarkdownDescription: "Returns an entry of an `acl` from the notation that `setAcl` and `create` of zkCli take, `scheme:id:permissions`. " +
			"The id may have colons itself, as those of `digest` and IPv6 addresses do: the scheme ends at the first colon and the permissions begin after the last. " +
			"They are letters of `cdrwa` in any order, or the bit mask as a number. The result is an object with `scheme`, `id` and `permissions`.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "entry", MarkdownDescription: "One entry, such as `world:anyone:r`, `ip:10.0.0.0/8:cdrwa`, `digest:bob:4rsXV9JgUbFl9ZE40xENilxlRV8=:rw` or `auth::cdrwa`."},
		},
		Return: function.ObjectReturn{AttributeTypes: attr.ACLEntryType.AttrTypes},
	}
}

// Run reads the entry.
func (ACL) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var entry string
	if resp.Error = req.Arguments.Get(ctx, &entry); resp.Error != nil {
		return
	}
	acl, err := attr.ParseACLEntry(entry)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, attr.ACLEntryValue(acl))
}
