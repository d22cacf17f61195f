package znode

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// resourceModel is the resource as the framework decodes it.
type resourceModel struct {
	Path          types.String `tfsdk:"path"`
	Data          types.String `tfsdk:"data"`
	DataBase64    types.String `tfsdk:"data_base64"`
	DataWO        types.String `tfsdk:"data_wo"` // null everywhere but in a configuration
	DataWOVersion types.String `tfsdk:"data_wo_version"`
	ACL           types.Set    `tfsdk:"acl"`
	CreateParents types.Bool   `tfsdk:"create_parents"`
	ParentACL     types.Set    `tfsdk:"parent_acl"`
	Mode          types.String `tfsdk:"mode"`
	TTLMillis     types.Int64  `tfsdk:"ttl_ms"`
	ForceDestroy  types.Bool   `tfsdk:"force_destroy"`
	AdoptExisting types.Bool   `tfsdk:"adopt_existing"`
	Stat          types.Object `tfsdk:"stat"`
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
// is: they show it 0 in the place of their mark in the ephemeral owner (DataNode.copyStat).
// So the mode is remembered, and for a node that was imported it is what the
// configuration says. Only "ephemeral" is seen: a resource shows it when somebody put
// such a node in the place of its own.
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

// sameKind tells whether two models are of nodes of the same kind.
func (m *resourceModel) sameKind(o *resourceModel) bool {
	return m.Mode.Equal(o.Mode) && m.TTLMillis.Equal(o.TTLMillis)
}

// writeOnly tells whether the data of a configuration, a plan or a state is that of
// data_wo. In a state, data_wo_version is that of the secret which the node holds, and null
// as soon as it may hold something else.
func (m *resourceModel) writeOnly() bool { return !m.DataWOVersion.IsNull() }

// hidesData tells whether a plan or a state has no data because that may be a secret. It
// goes on to after data_wo has left the configuration: the secret is still on the server,
// and reading it into the state because nobody declares it any more would give it away.
// Only data or data_base64, once declared, show again.
func (m *resourceModel) hidesData() bool { return m.DataBase64.IsNull() && !m.Stat.IsNull() }

// declaresData tells whether a plan says what the data is. The base64 notation decides:
// the text is null for data that is not UTF-8.
func (m *resourceModel) declaresData() bool {
	return m.writeOnly() || !m.DataBase64.IsUnknown() && !m.DataBase64.IsNull()
}

// changesData tells whether data that a plan declares differs from a state's. Of a secret
// the versions are compared, as nothing else is stored.
func (m *resourceModel) changesData(state *resourceModel) bool {
	if m.writeOnly() {
		return !m.DataWOVersion.Equal(state.DataWOVersion)
	}
	return !m.DataBase64.Equal(state.DataBase64)
}

// declaresACL tells whether a plan says what the ACL is.
func (m *resourceModel) declaresACL() bool { return !m.ACL.IsUnknown() }

// content is the data that a plan declares, and empty data when it declares none. A secret
// is in the configuration alone.
func (m *resourceModel) content(config *resourceModel) ([]byte, error) {
	switch {
	case !m.declaresData():
		return []byte{}, nil
	case m.writeOnly():
		return []byte(config.DataWO.ValueString()), nil
	default:
		return attr.DecodeBase64(m.DataBase64.ValueString())
	}
}

// show fills in data that was read, unless it may be a secret.
func (m *resourceModel) show(data []byte) {
	if !m.hidesData() {
		m.Data, m.DataBase64 = attr.DataValues(data)
	}
}

// imported is the state of a node that is known by its path alone, for a refresh to fill in.
func imported(nodePath string) resourceModel {
	m := resourceModel{
		Path: types.StringValue(nodePath),
		ACL:  types.SetNull(attr.ACLEntryType),
		Stat: types.ObjectNull(attr.StatType.AttrTypes),
	}
	m.setDefaults()
	return m
}

// setDefaults gives the settings that the server knows nothing of the values that they
// have when nobody writes them, as after an import.
func (m *resourceModel) setDefaults() {
	m.CreateParents = types.BoolValue(true)
	m.ForceDestroy = types.BoolValue(false)
	m.AdoptExisting = types.BoolValue(false)
	m.ParentACL = types.SetNull(attr.ACLEntryType)
}

// refresh fills in what the server holds. Of a secret it says no more than whether the node
// still holds it: whoever wrote the data since, its version has moved on. What the state
// says of the ACL is kept for as long as it means the same, which it certainly does while
// nobody has written an ACL to the same node: the server's count says so even where the
// server shows us less than it has.
func (m *resourceModel) refresh(node zk.Node, self []attr.Identity) {
	m.show(node.Data)
	last, ok := attr.PlannedAgainst(m.Stat)
	sameNode := ok && last.Czxid == node.Stat.Czxid
	if !sameNode || last.Version != node.Stat.Version {
		m.DataWOVersion = types.StringNull()
	}
	if !sameNode || last.Aversion != node.Stat.Aversion || !attr.ACLKnown(m.ACL) || attr.ACLMasked(m.ACL) {
		m.ACL = attr.KeepACL(m.ACL, node.ACL, self)
	}
	switch {
	case isEphemeral(node.Stat):
		m.Mode, m.TTLMillis = types.StringValue(modeEphemeral), types.Int64Null()
	case m.Mode.IsNull(), m.Mode.ValueString() == modeEphemeral:
		m.Mode, m.TTLMillis = types.StringValue(modePersistent), types.Int64Null()
	}
	m.Stat = attr.StatValue(node.Stat)
}

// isEphemeral tells whether a node lives and dies with a session.
func isEphemeral(stat zk.Stat) bool { return stat.EphemeralOwner != 0 }

// settle completes a plan that was applied, with the node as it was read afterwards.
// wrote is the node and the versions that the apply left. Where they are others now,
// somebody else wrote in between: the state then holds what the apply wrote, at the
// version at which it did, so that the next refresh shows their write as a change, and no
// compare-and-set mistakes it for ours. overwritten names those parts. aclIsOthers tells
// that no ACL is declared: then theirs is nothing to be told of, and the next refresh
// brings it.
func (m *resourceModel) settle(node zk.Node, wrote attr.Planned, aclIsOthers bool) (overwritten []string) {
	stat := node.Stat
	replaced := stat.Czxid != wrote.Czxid
	stat.Czxid = wrote.Czxid
	switch {
	case !m.declaresData():
		m.show(node.Data)
	case replaced || stat.Version != wrote.Version:
		stat.Version = wrote.Version
		overwritten = append(overwritten, "data")
	}
	switch {
	case !m.declaresACL():
		m.ACL = attr.ACLValue(node.ACL)
	case replaced || stat.Aversion != wrote.Aversion:
		stat.Aversion = wrote.Aversion
		if !aclIsOthers {
			overwritten = append(overwritten, "ACL")
		}
	}
	m.Stat = attr.StatValue(stat)
	return overwritten
}
