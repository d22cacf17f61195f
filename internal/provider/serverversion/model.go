package serverversion

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// model is the data source as the framework decodes it.
type model struct {
	Version  types.String `tfsdk:"version"`
	Major    types.Int64  `tfsdk:"major"`
	Minor    types.Int64  `tfsdk:"minor"`
	Patch    types.Int64  `tfsdk:"patch"`
	Revision types.String `tfsdk:"revision"`
	Mode     types.String `tfsdk:"mode"`
	Server   types.String `tfsdk:"server"`
}

func newModel(info zk.ServerInfo) model {
	return model{
		Version:  types.StringValue(info.Version.String()),
		Major:    types.Int64Value(int64(info.Version.Major)),
		Minor:    types.Int64Value(int64(info.Version.Minor)),
		Patch:    types.Int64Value(int64(info.Version.Patch)),
		Revision: types.StringValue(info.Revision),
		Mode:     types.StringValue(info.Mode),
		Server:   types.StringValue(info.Address),
	}
}
