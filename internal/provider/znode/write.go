package znode

import (
	"bytes"
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// create brings the node into being, and returns it as it was made.
//
// When the node exists already, that is fine if it is a parent which another resource of
// this run made before this one's turn.
func (r *Resource) create(ctx context.Context, client *zk.Client, plan, config *resourceModel) (zk.Node, diag.Diagnostics) {
	about := r.subject(plan.Path)
	nodePath := plan.Path.ValueString()
	node, opts, err := r.wanted(plan, config)
	if err != nil {
		return zk.Node{}, diag.Diagnostics{about.Error(doingCreate, err)}
	}

	created, err := r.Session.Create(ctx, nodePath, node.Data, opts)
	if err == nil {
		node.Stat = created.Stat
		return node, nil
	}

	exists := errors.Is(err, zk.ErrNodeExists)
	if plan.AdoptExisting.ValueBool() && errors.Is(err, zk.ErrNoAuth) {
		// The server asks for the permission to create before it looks whether it has to.
		if _, found, existsErr := client.Exists(ctx, nodePath); existsErr == nil {
			exists = found
		}
	}
	if exists {
		ours, aversion, claimErr := r.Session.Claim(ctx, nodePath)
		switch {
		case claimErr != nil:
			err = claimErr
		case ours || plan.AdoptExisting.ValueBool():
			return r.takeOver(ctx, client, plan, config, ours, aversion)
		}
	}
	diags := diag.Diagnostics{about.Error(doingCreate, err)}
	if exists && plan.WriteOnly() {
		diags.Append(importShowsWarning(plan.Path))
	}
	if len(created.Parents) > 0 {
		diags.Append(diagnose.ParentsLeft(created.Parents, parentACL))
	}
	return zk.Node{}, diags
}

// wanted is the node that a plan asks for, and the options that create it.
func (r *Resource) wanted(plan, config *resourceModel) (zk.Node, zk.CreateOptions, error) {
	data, err := plan.Content(&config.Node)
	if err != nil {
		return zk.Node{}, zk.CreateOptions{}, err
	}
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return zk.Node{}, zk.CreateOptions{}, err
	}
	if acl == nil {
		acl = r.Session.DefaultACL()
	}
	parentACL, err := attr.ACLFrom(plan.ParentACL)
	if err != nil {
		return zk.Node{}, zk.CreateOptions{}, err
	}
	mode, ttl := plan.clientMode()
	return zk.Node{Path: plan.Path.ValueString(), Data: data, ACL: acl},
		zk.CreateOptions{Mode: mode, TTL: ttl, ACL: acl, MakeParents: plan.CreateParents.ValueBool(), ParentACL: parentACL}, nil
}

// takeOver brings a node that exists to what is declared, by compare-and-set, and returns
// it. ours tells that this run made it as a parent: it is then brought to what its own
// creation would have made, so that the order of the two does not matter, and it must be
// as this run left it, which has written its ACL as often as aversion says.
func (r *Resource) takeOver(ctx context.Context, client *zk.Client, plan, config *resourceModel, ours bool, aversion int32) (zk.Node, diag.Diagnostics) {
	about := r.subject(plan.Path)
	node, err := client.Node(ctx, plan.Path.ValueString())
	if err != nil {
		return zk.Node{}, diag.Diagnostics{about.Error(doingAdopt, err)}
	}
	// Of what kind an existing node is can be told of two: parents are persistent, and
	// ephemeral nodes show it.
	switch mode := plan.Mode.ValueString(); {
	case isEphemeral(node.Stat):
		return zk.Node{}, diag.Diagnostics{about.OtherKind(modeEphemeral, mode)}
	case ours && mode != modePersistent:
		return zk.Node{}, diag.Diagnostics{about.OtherKind(modePersistent, mode)}
	}
	want, _, err := r.wanted(plan, config)
	if err != nil {
		return zk.Node{}, diag.Diagnostics{about.Error(doingAdopt, err)}
	}

	from := attr.PlannedOf(node.Stat)
	if ours {
		from.Version, from.Aversion = 0, aversion
	}
	change := zk.Change{
		SetData: plan.DeclaresData() && !bytes.Equal(node.Data, want.Data),
		Data:    want.Data, Version: from.Version,
		SetACL: (plan.DeclaresACL() || ours) && !attr.SameACL(want.ACL, node.ACL, r.Session.Identities()),
		ACL:    want.ACL, ACLVersion: from.Aversion,
	}
	if err := r.Session.Update(ctx, node.Path, change, from); err != nil {
		return zk.Node{}, diag.Diagnostics{about.Error(doingAdopt, err)}
	}
	if change.SetData {
		node.Data = want.Data
		node.Stat.Version++
	}
	if change.SetACL {
		node.ACL = want.ACL
		node.Stat.Aversion++
	}
	return node, nil
}
