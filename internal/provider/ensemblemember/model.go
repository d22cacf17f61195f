package ensemblemember

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// model is the resource as the framework decodes it.
type model struct {
	ID            types.Int64  `tfsdk:"id"`
	Address       types.String `tfsdk:"address"`
	Role          types.String `tfsdk:"role"`
	ClientAddress types.String `tfsdk:"client_address"`
	ConfigVersion types.Int64  `tfsdk:"config_version"`
}

// member is what the ensemble is to have of the server, or had.
func (m *model) member() *zk.Member {
	return &zk.Member{ID: m.ID.ValueInt64(), Address: m.Address.ValueString(), Role: m.Role.ValueString(), ClientAddress: m.ClientAddress.ValueString()}
}

// refresh takes over what a version of the configuration has of the server. An address that is the same stays as it is
// written.
func (m *model) refresh(now zk.Member, version int64) {
	m.ConfigVersion = types.Int64Value(version)
	m.Role = types.StringValue(now.Role)
	if m.Address.IsNull() || !zk.SameAddress(m.Address.ValueString(), now.Address) {
		m.Address = types.StringValue(now.Address)
	}
	switch {
	case now.ClientAddress == "":
		m.ClientAddress = types.StringNull()
	case m.ClientAddress.IsNull() || !zk.SameAddress(m.ClientAddress.ValueString(), now.ClientAddress):
		m.ClientAddress = types.StringValue(now.ClientAddress)
	}
}

// isIn reports whether nothing of the server is to change.
func (m *model) isIn(state *model) bool {
	return state != nil && m.ID.Equal(state.ID) && m.Address.Equal(state.Address) && m.Role.Equal(state.Role) && m.ClientAddress.Equal(state.ClientAddress)
}
