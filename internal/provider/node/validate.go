package node

import (
	"context"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Check checks that a configuration declares content in one way at most, and a secret together
// with its version. What is not known yet may turn out to be null.
//
// It is for the user's own words, which ValidateConfig gets, in a plan and in an apply too. A
// plan itself gets what ignore_changes has made of them.
func (n *Node) Check() (diags diag.Diagnostics) {
	var declared string
	for _, a := range []struct {
		name  source
		value fwattr.Value
	}{{fromText, n.Data}, {fromBase64, n.DataBase64}, {fromSecret, n.DataWO}} {
		switch {
		case a.value.IsNull(), a.value.IsUnknown():
		case declared == "":
			declared = string(a.name)
		default:
			diags.AddAttributeError(path.Root(string(a.name)), "Data is declared twice",
				declared+" and "+string(a.name)+" are both set, and a node has one content. Keep one of them.")
		}
	}
	if err := attr.CheckText(n.Data.ValueString()); err != nil {
		diags.AddAttributeError(path.Root("data"), "Invalid data", attr.Sentence(err))
	}
	diags.Append(attr.CheckDataWOVersion(n.DataWO, n.DataWOVersion, "which secret data_wo is, and there is none")...)
	return diags
}

// CheckSize returns the attribute and a *zk.TooLargeError when the servers would not accept, for
// its size, one of the requests by which a plan is carried out, as far as it is known. The state is
// nil for a node that is to be made, as the mode says.
func (n *Node) CheckSize(s *session.Session, nodePath string, mode zk.Mode, config, state *Node) (path.Path, error) {
	// What is wrong with the ACL itself, validation has told.
	acl, _ := attr.ACLFrom(n.ACL)
	if state == nil {
		if config.ACL.IsNull() {
			acl = s.KnownDefaultACL()
		}
		return n.ContentPath(config, nil), s.CheckCreate(nodePath, n.Content(config, nil), zk.CreateOptions{Mode: mode, ACL: acl})
	}
	if n.SetsContent(config, state) {
		if err := s.CheckSet(nodePath, n.Content(config, state)); err != nil {
			return n.ContentPath(config, state), err
		}
	}
	if n.SetsACL(config, state) {
		if config.ACL.IsNull() {
			acl = s.KnownDefaultACL()
		}
		return path.Root("acl"), s.CheckSetACL(nodePath, acl)
	}
	return path.Empty(), nil
}

// CheckACL checks the ACL that a plan writes, and refuses what no server would take. What
// ignore_changes keeps from a state is not written, and may be what only others can write.
func (n *Node) CheckACL(s *session.Session, config, state *Node) diag.Diagnostics {
	if state != nil && !n.SetsACL(config, state) {
		return nil
	}
	return s.CheckACL(path.Root("acl"), config.ACL)
}

// ACLClaim is what a configuration has of the ACL of its node; false where it declares none, or
// that is not known yet. The key is what [session.Session.Words] has got the ACL by.
func (n *Node) ACLClaim(s *session.Session, resource, key, nodePath string) (claim session.ACLClaim, ok bool) {
	acl, err := attr.ACLFrom(n.ACL)
	if err != nil || acl == nil || nodePath == "" || s.Ignores(resource, key, n.ACL.String()) {
		return claim, false
	}
	return session.ACLClaim{Resource: resource, Path: nodePath, ACL: acl}, true
}

// LockedOut returns those permissions that the ACL which a plan writes keeps this provider from,
// of those that it needs: to read the node, to change its ACL, and to write content that the
// configuration declares.
func (n *Node) LockedOut(ctx context.Context, s *session.Session, config, state *Node) zk.Perms {
	if state != nil && !n.SetsACL(config, state) {
		return 0
	}
	need := zk.PermRead | zk.PermAdmin
	if config.DeclaresContent() {
		need |= zk.PermWrite
	}
	acl, err := attr.ACLFrom(n.ACL)
	if err != nil {
		return 0 // validation has told
	}
	if config.ACL.IsNull() {
		acl = s.DefaultACL()
	}
	return s.LockedOut(ctx, acl, need)
}

// ParentsLockedOut returns those permissions that the node's own ACL, which missing parents are made
// with, keeps this provider from, of those that it takes to create the node below them and to delete
// it again. It is 0 where the parent is there.
func (n *Node) ParentsLockedOut(ctx context.Context, s *session.Session, config *Node, parent string) zk.Perms {
	if !n.CreateParents.ValueBool() || !config.ACL.IsNull() && !attr.ACLKnown(config.ACL) {
		return 0
	}
	acl, err := n.createdACL(s)
	if err != nil {
		return 0 // validation has told
	}
	lost := s.LockedOut(ctx, acl, zk.PermCreate|zk.PermDelete)
	if lost == 0 {
		return 0
	}
	client, err := s.Client(ctx)
	if err != nil {
		return 0
	}
	if _, there, err := client.Exists(ctx, parent); err != nil || there {
		return 0
	}
	return lost
}
