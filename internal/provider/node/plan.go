package node

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Plan completes a plan, which has its settings, from the configuration and from the state,
// which is nil for a node that is to be made. self are the identities that the provider
// presents.
//
// The framework marks every computed attribute as unknown as soon as anything differs, and a
// null ACL in the configuration always differs from one in the state (see
// optionalValueNotComputable in Terraform's objchange package). So nothing of what it proposes
// is relied on for content, ACL and stat: all of them are decided here.
//
//   - What is declared is planned as declared, and in the state's notation where that means the
//     same.
//   - When nothing is to be written to the server, the stat stays as it is.
//   - When something is, the stat is unknown until it has been read back. The ACL of a node that
//     there is stays as it is: it changes seldom, and a plan that says "known after apply" looks
//     as if the provider were about to change who may do what.
func (n *Node) Plan(config, state *Node, self []attr.Identity) {
	n.Data, n.DataBase64, n.DataWOVersion, n.ACL = config.Data, config.DataBase64, config.DataWOVersion, config.ACL
	if state == nil {
		if n.ACL.IsNull() {
			n.ACL = types.SetUnknown(attr.ACLEntryType)
		}
		n.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
		return
	}
	if config.DataWO.IsNull() && !config.DataWOVersion.IsNull() && !state.DataWOVersion.IsNull() {
		// ignore_changes keeps data_wo, which is null in every state: no version writes it. An
		// apply gets what the user wrote, so it must find nothing to write in the versions.
		n.DataWOVersion = state.DataWOVersion
	}
	n.Data = n.planText(state, fromText, n.Data, state.Data)
	n.DataBase64 = n.planText(state, fromBase64, n.DataBase64, state.DataBase64)
	if n.ACL.IsNull() {
		n.ACL = state.ACL
	} else {
		n.ACL = attr.PlanACL(n.ACL, state.ACL, self)
	}
	n.Stat = state.Stat
	if n.SetsContent(config, state) || n.SetsACL(config, state) {
		n.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
	}
}

// planText is what to plan for one of the attributes of content: what the state has where that
// is the same to `compare`, so that the plan shows no difference.
func (n *Node) planText(state *Node, from source, declared, prior types.String) types.String {
	want, declares := n.content(from)
	have, had := state.content(from)
	if declares && had && attr.SameContent(n.Compare, want, have) {
		return prior
	}
	return declared
}

// SetsContent reports whether a plan writes the content of the node of a state. Of a secret the
// versions are compared, as nothing else is stored.
func (n *Node) SetsContent(config, state *Node) bool {
	switch from := n.source(config, state); from {
	case fromNone:
		return false
	case fromSecret:
		return !n.DataWOVersion.Equal(state.DataWOVersion)
	default:
		want, known := n.content(from)
		have, followed := state.prior(from)
		return !known || !followed || !attr.SameContent(n.Compare, want, have)
	}
}

// SetsSecret reports whether a plan writes a secret to the node of a state, or to one that is to be
// made, where the state is nil.
func (n *Node) SetsSecret(config, state *Node) bool {
	return n.source(config, state) == fromSecret && (state == nil || n.SetsContent(config, state))
}

// Reclaim plans to set the ACL of the node of a state, where the configuration has none, a secret
// is written, and somebody else has made the node with an ACL that lets strangers in: it gets the
// ACL that its creation would give to it. It reports whether that is so.
func (n *Node) Reclaim(s *session.Session, config, state *Node) bool {
	if state == nil || !state.theirs || !config.ACL.IsNull() || !n.SetsSecret(config, state) {
		return false
	}
	acl, err := attr.ACLFrom(state.ACL)
	if err != nil || !s.Reclaims(acl, nil) {
		return false
	}
	n.ACL = types.SetUnknown(attr.ACLEntryType)
	return true
}

// SecretACL returns the ACL that the node has when a plan writes a secret to it, and whether somebody
// else has made the node. The state is nil for a node that is to be made.
func (n *Node) SecretACL(s *session.Session, config, state *Node) (acl []zk.ACL, theirs bool, err error) {
	if state == nil || n.SetsACL(config, state) {
		acl, err = n.createdACL(s)
		return acl, false, err
	}
	acl, err = attr.ACLFrom(state.ACL)
	return acl, state.theirs, err
}

// SetsACL reports whether a plan writes the ACL of the node of a state.
func (n *Node) SetsACL(config, state *Node) bool {
	if config.ACL.IsNull() {
		return n.ACL.IsUnknown() // see [Node.Reclaim]
	}
	return !attr.EqualACL(n.ACL, state.ACL) || state.foreign
}

// Change is what a plan writes to the node of a state, by compare-and-set on what the plan was
// made against.
func (n *Node) Change(s *session.Session, config, state *Node) (zk.Change, error) {
	acl, err := n.createdACL(s)
	if err != nil {
		return zk.Change{}, err
	}
	from, _ := attr.PlannedAgainst(state.Stat)
	return zk.Change{
		SetData: n.SetsContent(config, state),
		Data:    n.Content(config, state), Version: from.Version,
		SetACL: n.SetsACL(config, state),
		ACL:    acl, ACLVersion: from.Aversion,
		Secret: n.source(config, state) == fromSecret, Czxid: from.Czxid,
	}, nil
}
