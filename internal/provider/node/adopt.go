package node

import (
	"bytes"
	"context"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Takeover returns what a plan of a creation changes of a node that is there already, and that
// the resource takes over. from is what that is planned against. With fresh, this run has made
// the node just now: it gets the ACL that its own creation would have given to it. So does one that
// a secret goes to, and whose ACL lets strangers in.
func (n *Node) Takeover(s *session.Session, config *Node, there zk.Node, from attr.Planned, fresh bool) (zk.Change, error) {
	acl, err := n.createdACL(s)
	if err != nil {
		return zk.Change{}, err
	}
	want := n.Content(config, nil)
	same, gives := attr.SameContent(n.Compare, want, there.Data), fresh || !config.ACL.IsNull()
	secret := n.source(config, nil) == fromSecret
	if secret {
		same, gives = bytes.Equal(want, there.Data), gives || s.Reclaims(there.ACL, nil)
	}
	return zk.Change{
		SetData: n.DeclaresContent() && !same,
		Data:    want, Version: from.Version,
		SetACL: gives && !attr.ShowsACL(acl, there.ACL, s.Identities()),
		ACL:    acl, ACLVersion: from.Aversion,
		Secret: secret, Czxid: there.Stat.Czxid,
	}, nil
}

// Found are the plan and the state of a creation that takes over a node which is there, for
// [Node.SecretACL]; change is what the creation changes of it.
func (n *Node) Found(there zk.Node, change zk.Change) (plan, state *Node) {
	found := *n
	if !change.SetACL {
		found.ACL = attr.ACLValue(there.ACL)
	}
	return &found, &Node{ACL: attr.ACLValue(there.ACL), theirs: true}
}

// createdACL is the ACL that a creation gives to the node.
func (n *Node) createdACL(s *session.Session) ([]zk.ACL, error) {
	acl, err := attr.ACLFrom(n.ACL)
	if acl == nil {
		acl = s.DefaultACL()
	}
	return acl, err
}

// TakeOver makes the change to a node that is there, by compare-and-set, and returns the node as
// that left it.
func TakeOver(ctx context.Context, s *session.Session, there zk.Node, change zk.Change, from attr.Planned) (zk.Node, error) {
	if err := Update(ctx, s, there.Path, change, from); err != nil {
		return zk.Node{}, err
	}
	if change.SetData {
		there.Data = change.Data
		there.Stat.Version++
	}
	if change.SetACL {
		there.ACL = change.ACL
		there.Stat.Aversion++
	}
	return there, nil
}

// Wanted is the node that a plan asks for, with the ACL that its creation gives to it.
func (n *Node) Wanted(s *session.Session, config *Node) (data []byte, acl []zk.ACL, err error) {
	acl, err = n.createdACL(s)
	return n.Content(config, nil), acl, err
}
