package functions

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// Join is the function join.
type Join struct{}

var _ function.Function = Join{}

// NewJoin returns the function.
func NewJoin() function.Function { return Join{} }

// Metadata tells the function's name.
func (Join) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "join"
}

// Definition describes the function.
func (Join) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The path of a node below another one.",
		MarkdownDescription: "Returns the path that leads from a node down by the names, as in `/services/web/limits` for `/services`, `web` and `limits`. " +
			"It is right for `/` as well, and refuses what is no name of a node: one that is empty, has a slash, or has characters that ZooKeeper refuses.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "path", MarkdownDescription: "Absolute path of the node to begin at."},
		},
		VariadicParameter: function.StringParameter{Name: "name", MarkdownDescription: "Name of a child, of the child's child, and so on."},
		Return:            function.StringReturn{},
	}
}

// Run computes the path.
func (Join) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var path string
	var names []string
	if resp.Error = req.Arguments.Get(ctx, &path, &names); resp.Error != nil {
		return
	}
	if err := attr.CheckPath(path); err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	for i, name := range names {
		if err := checkName(name); err != nil {
			resp.Error = function.NewArgumentFuncError(int64(1+i), err.Error())
			return
		}
		path = zk.Child(path, name)
	}
	resp.Error = resp.Result.Set(ctx, path)
}

// checkName tells what is wrong with the name of a node.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name of a node is empty")
	case strings.Contains(name, "/"):
		return fmt.Errorf("the name %q has a slash: give each name on the way as an argument of its own", name)
	case zk.ValidatePath("/"+name) != nil:
		return fmt.Errorf("%q is no name of a node: %w", name, zk.ValidatePath("/"+name))
	}
	return nil
}
