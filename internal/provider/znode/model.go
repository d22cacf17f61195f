package znode

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/zk"
)

// resourceModel is the resource as the framework decodes it.
type resourceModel struct {
	node.Node
	Path          types.String `tfsdk:"path"`
	ParentACL     types.Set    `tfsdk:"parent_acl"`
	Mode          types.String `tfsdk:"mode"`
	TTLMillis     types.Int64  `tfsdk:"ttl_ms"`
	AdoptExisting types.Bool   `tfsdk:"adopt_existing"`
}

// dataSourceModel is the data source as the framework decodes it.
type dataSourceModel struct {
	Path         types.String `tfsdk:"path"`
	AllowMissing types.Bool   `tfsdk:"allow_missing"`
	Exists       types.Bool   `tfsdk:"exists"`
	Data         types.String `tfsdk:"data"`
	DataBase64   types.String `tfsdk:"data_base64"`
	ACL          types.Set    `tfsdk:"acl"`
	Stat         types.Object `tfsdk:"stat"`
}

// ephemeralModel is the ephemeral resource as the framework decodes it.
type ephemeralModel struct {
	Path       types.String `tfsdk:"path"`
	Data       types.String `tfsdk:"data"`
	DataBase64 types.String `tfsdk:"data_base64"`
	Stat       types.Object `tfsdk:"stat"`
}

// The values of mode. The servers do not tell a client which of the first three a node
// is: they show it 0 instead of their mark in the ephemeral owner (DataNode.copyStat).
// So the mode is remembered, and for a node that was imported it is what the
// configuration says. Only "ephemeral" is seen: a resource shows it when somebody put
// such a node instead of its own.
const (
	modePersistent = "persistent"
	modeContainer  = "container"
	modeTTL        = "ttl"
	modeEphemeral  = "ephemeral"
)

// maxTTLMillis is the longest time to live in milliseconds.
const maxTTLMillis = int64(zk.MaxTTL / time.Millisecond)

// clientMode converts the declared kind of node.
func (m *resourceModel) clientMode() (zk.Mode, time.Duration) {
	switch m.Mode.ValueString() {
	case modeContainer:
		return zk.Container, 0
	case modeTTL:
		return zk.PersistentTTL, time.Duration(m.TTLMillis.ValueInt64()) * time.Millisecond
	default:
		return zk.Persistent, 0
	}
}

// parentsACL is the ACL that the parents get.
func (m *resourceModel) parentsACL() types.Set {
	if m.ParentACL.IsNull() {
		return m.ACL
	}
	return m.ParentACL
}

// sameKind reports whether two models are of nodes of the same kind.
func (m *resourceModel) sameKind(o *resourceModel) bool {
	return m.Mode.Equal(o.Mode) && m.TTLMillis.Equal(o.TTLMillis)
}

// unread is the state of a node that is known by its path alone, for a read to fill in.
func unread(nodePath string) resourceModel {
	return adopted(node.New(), types.StringValue(nodePath))
}

// adopted is the state of a node that exists, with the settings that the servers know nothing of
// at the values that they have when nobody writes them.
func adopted(n node.Node, nodePath types.String) resourceModel {
	return resourceModel{
		Node:          n,
		Path:          nodePath,
		ParentACL:     types.SetNull(attr.ACLEntryType),
		Mode:          types.StringValue(modePersistent),
		AdoptExisting: types.BoolValue(false),
	}
}

// load fills in all that the server holds of a node that is not managed yet.
func (m *resourceModel) load(read zk.Node) {
	m.Import(read)
	m.see(read.Stat)
}

// refresh fills in what the server holds of what the state follows.
func (m *resourceModel) refresh(read zk.Node, self []attr.Identity) {
	m.Refresh(read, self)
	m.see(read.Stat)
}

// see fills in what can be seen of the node's kind.
func (m *resourceModel) see(stat zk.Stat) {
	switch {
	case isEphemeral(stat):
		m.Mode, m.TTLMillis = types.StringValue(modeEphemeral), types.Int64Null()
	case m.Mode.ValueString() == modeEphemeral:
		m.Mode, m.TTLMillis = types.StringValue(modePersistent), types.Int64Null()
	}
}

// isEphemeral reports whether a node lives and dies with a session.
func isEphemeral(stat zk.Stat) bool { return stat.EphemeralOwner != 0 }

// kind is the mode of the node, with its time to live.
func (m *resourceModel) kind() string {
	if m.Mode.ValueString() == modeTTL {
		return fmt.Sprintf("%s %d", modeTTL, m.TTLMillis.ValueInt64())
	}
	return m.Mode.ValueString()
}
