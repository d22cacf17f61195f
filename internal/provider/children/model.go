package children

import (
	"slices"

	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// model is the data source as the framework decodes it.
type model struct {
	Path     types.String `tfsdk:"path"`
	Children types.List   `tfsdk:"children"`
	Stat     types.Object `tfsdk:"stat"`
}

// set fills in what the server answered, and returns the children that no configuration can
// name. No children are an empty list, not null.
func (m *model) set(names []string, stat zk.Stat) diagnose.Unnamed {
	var unnamed diagnose.Unnamed
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = attr.Shown(name)
		if !attr.Crosses(name) {
			unnamed.Add(name)
		}
	}
	slices.Sort(shown)
	values := make([]framework.Value, len(shown))
	for i, name := range shown {
		values[i] = types.StringValue(name)
	}
	m.Children = types.ListValueMust(types.StringType, values)
	m.Stat = attr.StatValue(stat)
	return unnamed
}
