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
// the node just now: it gets the ACL that its own creation would have given to it.
func (n *Node) Takeover(s *session.Session, config *Node, there zk.Node, from attr.Planned, fresh bool) (zk.Change, error) {
	acl, err := n.createdACL(s)
	if err != nil {
		return zk.Change{}, err
	}
	want := n.Content(config, nil)
	same := attr.SameContent(n.Compare, want, there.Data)
	if n.source(config, nil) == fromSecret {
		same = bytes.Equal(want, there.Data)
	}
	return zk.Change{
		SetData: n.DeclaresContent() && !same,
		Data:    want, Version: from.Version,
		SetACL: (fresh || !config.ACL.IsNull()) && !attr.ShowsACL(acl, there.ACL, s.Identities()),
		ACL:    acl, ACLVersion: from.Aversion,
	}, nil
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
