package tree

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// tooManyNodes tells that a tree has more nodes than the user wants.
func tooManyNodes(nodePath string, limit int64) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Tree has too many nodes", fmt.Sprintf(
		"The tree of %q has more nodes than max_nodes = %d allows. Name a path further down, set max_depth, or raise max_nodes.", nodePath, limit))
}
