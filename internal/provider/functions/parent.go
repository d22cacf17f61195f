package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// Parent is the function parent.
type Parent struct{}

var _ function.Function = Parent{}

// NewParent returns the function.
func NewParent() function.Function { return Parent{} }

// Metadata tells the function's name.
func (Parent) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parent"
}

// Definition describes the function.
func (Parent) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "The path of a node's parent.",
		MarkdownDescription: "Returns the path of the node above, as in `/services` for `/services/web`; `/` for a node at the top, and for `/` itself.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "path", MarkdownDescription: "Absolute path of a node."},
		},
		Return: function.StringReturn{},
	}
}

// Run computes the path.
func (Parent) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var path string
	if resp.Error = req.Arguments.Get(ctx, &path); resp.Error != nil {
		return
	}
	if err := attr.CheckPath(path); err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, zk.Parent(path))
}
