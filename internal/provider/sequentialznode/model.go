package sequentialznode

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// resourceModel is the resource as the framework decodes it.
type resourceModel struct {
	attr.Node
	PathPrefix    types.String `tfsdk:"path_prefix"`
	Path          types.String `tfsdk:"path"`
	CreateParents types.Bool   `tfsdk:"create_parents"`
	ForceDestroy  types.Bool   `tfsdk:"force_destroy"`
}

// adopted is the state of a node that exists, with the settings that the server knows
// nothing of at the values that they have when nobody writes them.
func adopted(node attr.Node, prefix, path string) resourceModel {
	return resourceModel{
		Node:          node,
		PathPrefix:    types.StringValue(prefix),
		Path:          types.StringValue(path),
		CreateParents: types.BoolValue(true),
		ForceDestroy:  types.BoolValue(false),
	}
}

// prefixOf takes the number off the path of a sequential node.
//
// Servers count in 32 bits and format the count with %010d. Behind 2147483647 comes
// -2147483648: the number then has a minus, and eleven characters while it has ten digits.
// Where a name can be read in two ways, as /a-1000000000, it is not taken for one of a
// count that has run over.
func prefixOf(path string) (string, error) {
	const width = 10
	for _, n := range []int{width, width + 1} {
		cut := len(path) - n
		if cut < 1 {
			break
		}
		number := path[cut:]
		digits := strings.TrimPrefix(number, "-")
		if strings.Trim(digits, "0123456789") != "" || n > width && digits == number {
			continue
		}
		count, err := strconv.ParseInt(number, 10, 64)
		if err != nil || count > math.MaxInt32 || count < math.MinInt32 {
			continue
		}
		return path[:cut], nil
	}
	return "", fmt.Errorf("%q does not end with the number of a sequential node, which has ten digits and is %d at most", path, math.MaxInt32)
}
