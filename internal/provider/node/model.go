package node

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Node is a configuration, a plan or a state of one node. The models of the resources embed it.
type Node struct {
	Data          types.String `tfsdk:"data"`
	DataBase64    types.String `tfsdk:"data_base64"`
	DataWO        types.String `tfsdk:"data_wo"` // null everywhere but in a configuration
	DataWOVersion types.String `tfsdk:"data_wo_version"`
	Compare       types.String `tfsdk:"compare"`
	ACL           types.Set    `tfsdk:"acl"`
	CreateParents types.Bool   `tfsdk:"create_parents"`
	ForceDestroy  types.Bool   `tfsdk:"force_destroy"`
	OnDestroy     types.String `tfsdk:"on_destroy"`
	Stat          types.Object `tfsdk:"stat"`

	// foreign tells of a state that "auth" in its ACL stands for other identities than the
	// provider presents now. See [Node.Recall].
	foreign bool
	// theirs tells of a state that somebody else has made the node, with an ACL of theirs. See
	// [Node.Recall].
	theirs bool
}

// New is the state of a node of which nothing has been read yet, with the settings that the
// servers know nothing of at their defaults.
func New() Node {
	return Node{
		Compare:       types.StringValue(attr.CompareBytes),
		ACL:           types.SetNull(attr.ACLEntryType),
		CreateParents: types.BoolValue(true),
		ForceDestroy:  types.BoolValue(false),
		OnDestroy:     types.StringValue(attr.OnDestroyDelete),
		Stat:          types.ObjectNull(attr.StatType.AttrTypes),
	}
}

// Keeps reports whether the node stays when the resource is destroyed.
func (n *Node) Keeps() bool { return n.OnDestroy.ValueString() == attr.OnDestroyKeep }

// WriteOnly reports whether the content is, or was, that of data_wo.
func (n *Node) WriteOnly() bool { return !n.DataWOVersion.IsNull() }

// A source is the attribute that a plan takes the node's content from.
type source string

const (
	fromNone   source = "" // the content is left to others
	fromText   source = "data"
	fromBase64 source = "data_base64"
	fromSecret source = "data_wo"
)

// source returns where the content of a plan comes from. The user declares one attribute. But
// ignore_changes can keep another one, as it is in the state, when the user has moved the
// content: then the one that the user wrote counts. The state is nil for a node that is to be
// made.
func (n *Node) source(config, state *Node) source {
	switch {
	case !config.DataWO.IsNull():
		return fromSecret
	case n.Data.IsNull() && n.DataBase64.IsNull():
		return fromNone
	case n.Data.IsNull():
		return fromBase64
	case n.DataBase64.IsNull(), state != nil && n.DataBase64.Equal(state.DataBase64):
		return fromText
	default:
		return fromBase64
	}
}

// content is what one of the two readable attributes holds; false where that is not known, or
// null.
func (n *Node) content(from source) ([]byte, bool) {
	v := n.Data
	if from == fromBase64 {
		v = n.DataBase64
	}
	if v.IsNull() || v.IsUnknown() {
		return nil, false
	}
	if from == fromText {
		return attr.TextContent(v.ValueString()), true
	}
	data, err := attr.DecodeBase64(v.ValueString())
	return data, err == nil // validation has reported invalid base64
}

// prior is the content that a state has of a node, in the attribute itself or, when the
// configuration has moved it, in the other one. Of a node that is empty the stat says so.
func (n *Node) prior(from source) ([]byte, bool) {
	for _, at := range []source{from, fromText, fromBase64} {
		if data, ok := n.content(at); ok {
			return data, true
		}
	}
	return nil, !n.WriteOnly() && types.Int64Value(0).Equal(n.Stat.Attributes()["data_length"])
}

// Content is what a plan declares as the content of the node, and empty where it declares none
// or none that is known yet. The state is nil for a node that is to be made.
func (n *Node) Content(config, state *Node) []byte {
	switch from := n.source(config, state); from {
	case fromNone:
		return []byte{}
	case fromSecret:
		return []byte(config.DataWO.ValueString())
	default:
		data, _ := n.content(from)
		return data
	}
}

// ContentKnown reports whether the content that a plan of a creation declares is known.
func (n *Node) ContentKnown(config *Node) bool {
	switch from := n.source(config, nil); from {
	case fromNone:
		return !n.Data.IsUnknown() && !n.DataBase64.IsUnknown()
	case fromSecret:
		return !config.DataWO.IsUnknown()
	default:
		_, known := n.content(from)
		return known
	}
}

// ContentPath is the attribute that the content of a plan comes from, for a message about it.
func (n *Node) ContentPath(config, state *Node) path.Path {
	if from := n.source(config, state); from != fromNone {
		return path.Root(string(from))
	}
	return path.Root(string(fromText))
}

// DeclaresContent reports whether a plan or a configuration says what the content is, even if
// that is not known yet.
func (n *Node) DeclaresContent() bool {
	return !n.Data.IsNull() || !n.DataBase64.IsNull() || !n.DataWO.IsNull() || n.WriteOnly()
}

// Import fills in what the server holds of a node that is not managed yet, in the notation
// that can hold all of it.
func (n *Node) Import(read zk.Node) {
	var compare string
	n.Data, n.DataBase64, compare = attr.ImportedContent(read.Data)
	n.Compare = types.StringValue(compare)
	n.ACL = attr.ACLValue(read.ACL)
	n.Stat = attr.StatValue(read.Stat)
	n.theirs = true
}

// Refresh fills in what the server holds of what the state follows. Of a secret it says no more
// than whether the node still holds it: when somebody else wrote since, the version of the data
// has moved on. While a state has the version of a secret, what the node holds is not shown in
// any attribute.
func (n *Node) Refresh(read zk.Node, self []attr.Identity) {
	last, ok := attr.PlannedAgainst(n.Stat)
	n.theirs = n.theirs || ok && last.Czxid != read.Stat.Czxid
	switch {
	case n.WriteOnly():
		if !ok || last.Czxid != read.Stat.Czxid || last.Version != read.Stat.Version {
			n.DataWOVersion = attr.Overwritten(n.DataWOVersion)
		}
	default:
		if !n.Data.IsNull() {
			n.Data = attr.TextValue(read.Data)
		}
		if !n.DataBase64.IsNull() {
			n.DataBase64 = attr.Base64Value(read.Data)
		}
	}
	n.ACL = attr.RefreshACL(n.ACL, n.Stat, n.foreign, read.ACL, read.Stat, self)
	n.foreign = false // "auth" is there no longer, or it is what the servers show
	n.Stat = attr.StatValue(read.Stat)
}

// Settle fills the state after an apply, from the node as it was read afterwards. wrote has the
// versions that the apply left. If somebody else wrote between our write and our read, the state keeps
// our content and our version: the next refresh then shows their write, and no compare-and-set takes
// it for ours. overwritten names the declared parts that they overwrote.
func (n *Node) Settle(config *Node, read zk.Node, wrote attr.Planned) (overwritten []string) {
	stat := read.Stat
	replaced := stat.Czxid != wrote.Czxid
	stat.Czxid = wrote.Czxid
	if n.DeclaresContent() && (replaced || stat.Version != wrote.Version) {
		stat.Version = wrote.Version
		overwritten = append(overwritten, "data")
	}
	switch {
	case n.ACL.IsUnknown(): // declared nowhere: the server's
		n.ACL = attr.ACLValue(read.ACL)
	case replaced || stat.Aversion != wrote.Aversion:
		stat.Aversion = wrote.Aversion
		if !config.ACL.IsNull() {
			overwritten = append(overwritten, "ACL")
		}
	}
	n.Stat = attr.StatValue(stat)
	return overwritten
}

// theirsKey is where the private state says that somebody else has made the node.
const theirsKey = "theirs"

// Recall takes from the private state what the attributes of a state do not say: who "auth" in the
// ACL stands for, and whether somebody else has made the node: it was imported, or the resource's
// own was gone.
func (n *Node) Recall(ctx context.Context, private attr.PrivateState, s *session.Session) diag.Diagnostics {
	author, diags := attr.LoadAuthor(ctx, private)
	n.foreign = s.Known() && attr.HasScheme(n.ACL, zk.SchemeAuth) && !author.Is(s.Identities())
	theirs, more := private.GetKey(ctx, theirsKey)
	n.theirs = len(theirs) > 0
	return append(diags, more...)
}

// Remember is the opposite of Recall.
func (n *Node) Remember(ctx context.Context, private attr.PrivateState, s *session.Session) diag.Diagnostics {
	var theirs []byte
	if n.theirs {
		theirs = []byte("true")
	}
	diags := private.SetKey(ctx, theirsKey, theirs)
	if n.foreign {
		return diags // it has not been written
	}
	return append(diags, attr.AuthorOf(s.Identities()).Save(ctx, private, n.ACL)...)
}

// Foreign reports whether a plan writes the ACL of the node of a state for nothing but who the
// provider is. After a refresh the ACL in the state shows that.
func (n *Node) Foreign(config, state *Node) bool {
	return state != nil && state.foreign && !config.ACL.IsNull() && n.ACL.Equal(state.ACL)
}
