package sequentialznode

import (
	"fmt"
	"math"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/zk"
)

// resourceModel is the resource as the framework decodes it.
type resourceModel struct {
	node.Node
	PathPrefix types.String `tfsdk:"path_prefix"`
	Path       types.String `tfsdk:"path"`
}

// prefixOf takes the number off the path of a sequential node. Where a name can be read in
// two ways, as /a-1000000000, its minus is not taken for that of a count that has run over:
// few have.
func prefixOf(path string) (string, error) {
	const width = 10 // and one more with a minus
	for _, n := range []int{width, width + 1} {
		if cut := len(path) - n; cut > 0 && zk.IsSequenceNumber(path[cut:]) {
			return path[:cut], nil
		}
	}
	return "", fmt.Errorf("%q does not end with the number of a sequential node, which has ten digits and is %d at most", path, math.MaxInt32)
}
