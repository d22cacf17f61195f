package children

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// model is the data source as the framework decodes it.
type model struct {
	Path     types.String `tfsdk:"path"`
	Children types.List   `tfsdk:"children"`
	Stat     types.Object `tfsdk:"stat"`
}

// set fills in what the server answered. No children are an empty list, not null.
func (m *model) set(ctx context.Context, names []string, stat zk.Stat) diag.Diagnostics {
	if names == nil {
		names = []string{}
	}
	var diags diag.Diagnostics
	m.Children, diags = types.ListValueFrom(ctx, types.StringType, names)
	m.Stat = attr.StatValue(stat)
	return diags
}
