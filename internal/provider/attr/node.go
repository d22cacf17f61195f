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
type Node struct {
	Data       types.String `tfsdk:"data"`
	DataBase64 types.String `tfsdk:"data_base64"`
	ACL        types.Set    `tfsdk:"acl"`
	Stat       types.Object `tfsdk:"stat"`
}

// NullNode is the node of a state that nothing is known of but its path.
func NullNode() Node {
	return Node{ACL: types.SetNull(ACLEntryType), Stat: types.ObjectNull(StatType.AttrTypes)}
}

// DeclaresData tells whether a plan says what the data is. The base64 notation decides:
// the text is null for data that is not UTF-8.
func (n *Node) DeclaresData() bool { return !n.DataBase64.IsUnknown() }

// DeclaresACL tells whether a plan says what the ACL is.
func (n *Node) DeclaresACL() bool { return !n.ACL.IsUnknown() }

// Content is the data that a plan declares, and empty data when it declares none.
func (n *Node) Content() ([]byte, error) {
	if !n.DeclaresData() {
		return []byte{}, nil
	}
	return DecodeBase64(n.DataBase64.ValueString())
}

// Refresh fills in what the server holds. What the state says of the ACL is kept for as
// long as it means the same, which it certainly does while nobody has written an ACL to
// the same node: the server's count says so even where the server shows us less than it
// has.
func (n *Node) Refresh(node zk.Node, self []Identity) {
	n.Data, n.DataBase64 = DataValues(node.Data)
	last, ok := PlannedAgainst(n.Stat)
	untouched := ok && last.Czxid == node.Stat.Czxid && last.Aversion == node.Stat.Aversion
	if !untouched || !ACLKnown(n.ACL) || ACLMasked(n.ACL) {
		n.ACL = KeepACL(n.ACL, node.ACL, self)
	}
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
		n.Data, n.DataBase64 = DataValues(node.Data)
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
func (n *Node) Change(state *Node) (zk.Change, error) {
	data, err := n.Content()
	if err != nil {
		return zk.Change{}, err
	}
	acl, err := ACLFrom(n.ACL)
	if err != nil {
		return zk.Change{}, err
	}
	from, _ := PlannedAgainst(state.Stat)
	return zk.Change{
		SetData: n.DeclaresData() && !n.DataBase64.Equal(state.DataBase64),
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

// DataPath is the attribute that a configuration declares the data with, for a message
// about it.
func (n *Node) DataPath() path.Path {
	if n.Data.IsNull() {
		return path.Root("data_base64")
	}
	return path.Root("data")
}
