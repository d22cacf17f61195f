package attr

import (
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// Node is what the resources that make a node have in common: its data in two notations,
// its ACL and its stat. Their models embed it.
//
// What the configuration declares of data and ACL is the resource's; what it leaves out is
// somebody else's, shown and never written. [PlanNode] is where a plan decides which is
// which.
//
// Data that is given as data_wo is a secret, which goes to the server and nowhere else. Of
// it the state has the version that the user gave it, and the stat, whose version tells
// when somebody else wrote the data.
type Node struct {
	Data          types.String `tfsdk:"data"`
	DataBase64    types.String `tfsdk:"data_base64"`
	DataWO        types.String `tfsdk:"data_wo"` // null everywhere but in a configuration
	DataWOVersion types.String `tfsdk:"data_wo_version"`
	ACL           types.Set    `tfsdk:"acl"`
	Stat          types.Object `tfsdk:"stat"`
}

// NullNode is the node of a state that nothing is known of but its path.
func NullNode() Node {
	return Node{ACL: types.SetNull(ACLEntryType), Stat: types.ObjectNull(StatType.AttrTypes)}
}

// WriteOnly tells whether the data of a configuration, a plan or a state is that of
// data_wo. In a state, data_wo_version is that of the secret which the node holds, and null
// as soon as it may hold something else.
func (n *Node) WriteOnly() bool { return !n.DataWOVersion.IsNull() }

// hidesData tells whether a plan or a state has no data because that may be a secret. It
// goes on to after data_wo has left the configuration: the secret is still on the server,
// and reading it into the state because nobody declares it any more would give it away.
// Only data or data_base64, once declared, show again.
func (n *Node) hidesData() bool { return n.DataBase64.IsNull() && !n.Stat.IsNull() }

// DeclaresData tells whether a plan says what the data is. The base64 notation decides:
// the text is null for data that is not UTF-8.
func (n *Node) DeclaresData() bool {
	return n.WriteOnly() || !n.DataBase64.IsUnknown() && !n.DataBase64.IsNull()
}

// ChangesData tells whether data that a plan declares differs from a state's. Of a secret
// the versions are compared, as nothing else is stored.
func (n *Node) ChangesData(state *Node) bool {
	if n.WriteOnly() {
		return !n.DataWOVersion.Equal(state.DataWOVersion)
	}
	return !n.DataBase64.Equal(state.DataBase64)
}

// DeclaresACL tells whether a plan says what the ACL is.
func (n *Node) DeclaresACL() bool { return !n.ACL.IsUnknown() }

// Content is the data that a plan declares, and empty data when it declares none. A secret
// is in the configuration alone.
func (n *Node) Content(config *Node) ([]byte, error) {
	switch {
	case !n.DeclaresData():
		return []byte{}, nil
	case n.WriteOnly():
		return []byte(config.DataWO.ValueString()), nil
	default:
		return DecodeBase64(n.DataBase64.ValueString())
	}
}

// show fills in data that was read, unless it may be a secret.
func (n *Node) show(data []byte) {
	if !n.hidesData() {
		n.Data, n.DataBase64 = DataValues(data)
	}
}

// Refresh fills in what the server holds. Of a secret it says no more than whether the node
// still holds it: whoever wrote the data since, its version has moved on. Of the ACL, see
// [RefreshACL].
func (n *Node) Refresh(node zk.Node, self []Identity) {
	n.show(node.Data)
	last, ok := PlannedAgainst(n.Stat)
	if !ok || last.Czxid != node.Stat.Czxid || last.Version != node.Stat.Version {
		n.DataWOVersion = types.StringNull()
	}
	n.ACL = RefreshACL(n.ACL, n.Stat, node.ACL, node.Stat, self)
	n.Stat = StatValue(node.Stat)
}

// Settle completes a plan that was applied, with the node as it was read afterwards.
// wrote is the node and the versions that the apply left. Where they are others now,
// somebody else wrote in between: the state then holds what the apply wrote, at the
// version at which it did, so that the next refresh shows their write as a change, and no
// compare-and-set mistakes it for ours. overwritten names those parts. aclIsOthers tells
// that no ACL is declared: then theirs is nothing to be told of, and the next refresh
// brings it.
func (n *Node) Settle(node zk.Node, wrote Planned, aclIsOthers bool) (overwritten []string) {
	stat := node.Stat
	replaced := stat.Czxid != wrote.Czxid
	stat.Czxid = wrote.Czxid
	switch {
	case !n.DeclaresData():
		n.show(node.Data)
	case replaced || stat.Version != wrote.Version:
		stat.Version = wrote.Version
		overwritten = append(overwritten, "data")
	}
	switch {
	case !n.DeclaresACL():
		n.ACL = ACLValue(node.ACL)
	case replaced || stat.Aversion != wrote.Aversion:
		stat.Aversion = wrote.Aversion
		if !aclIsOthers {
			overwritten = append(overwritten, "ACL")
		}
	}
	n.Stat = StatValue(stat)
	return overwritten
}

// Change is what a plan writes to the node of a state.
func (n *Node) Change(state, config *Node) (zk.Change, error) {
	data, err := n.Content(config)
	if err != nil {
		return zk.Change{}, err
	}
	acl, err := ACLFrom(n.ACL)
	if err != nil {
		return zk.Change{}, err
	}
	from, _ := PlannedAgainst(state.Stat)
	return zk.Change{
		SetData: n.DeclaresData() && n.ChangesData(state),
		Data:    data, Version: from.Version,
		SetACL: n.DeclaresACL() && !n.ACL.Equal(state.ACL),
		ACL:    acl, ACLVersion: from.Aversion,
	}, nil
}

// Written is what the node must be behind a change of a state that left the
// versions wrote, where it cannot be read back.
func (n *Node) Written(nodePath string, state *Node, change zk.Change, wrote Planned) (zk.Node, error) {
	node := zk.Node{Path: nodePath, Data: change.Data, Stat: StatOf(state.Stat)}
	var err error
	if node.ACL, err = ACLFrom(n.ACL); err != nil {
		return zk.Node{}, err
	}
	if !n.DeclaresData() {
		if node.Data, err = DecodeBase64(state.DataBase64.ValueString()); err != nil {
			return zk.Node{}, err
		}
	}
	node.Stat.Czxid, node.Stat.Version, node.Stat.Aversion = wrote.Czxid, wrote.Version, wrote.Aversion
	return node, nil
}

// DataPath is the attribute that a plan has the data from, for a message about it.
func (n *Node) DataPath(config *Node) path.Path {
	switch {
	case n.WriteOnly():
		return path.Root("data_wo")
	case config.Data.IsNull():
		return path.Root("data_base64")
	default:
		return path.Root("data")
	}
}
