package attr

import (
	"math"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// DepthDescription describes the attribute max_depth of what goes down a tree.
const DepthDescription = "How far to go down: `0` is the node alone, `1` its children too, and so on. Default: all the way."

// ValidDepth refuses a max_depth below 0 or too large for 32 bits.
func ValidDepth() validator.Int64 { return int64validator.Between(0, math.MaxInt32) }

// Depth is max_depth as the client takes it: negative, where it is left out, for all the way
// down.
func Depth(v types.Int64) int {
	if v.IsNull() {
		return -1
	}
	return int(v.ValueInt64())
}
