package znode

import (
	"bytes"
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// create brings the node into being, and returns it as it was made.
//
// The usual case is one request and takes no lock. Only when the parent is missing are
// parents made, by one resource at a time; and when the node exists already, that is
// fine if it is a parent which another resource of this run made before this one's turn.
func (r *Resource) create(ctx context.Context, client *zk.Client, plan, config *resourceModel) (zk.Node, diag.Diagnostics) {
	about := r.subject(plan.Path)
	nodePath := plan.Path.ValueString()
	node, opts, err := r.wanted(plan, config)
	if err != nil {
		return zk.Node{}, diag.Diagnostics{about.Error(doingCreate, err)}
	}

	created, err := client.Create(ctx, nodePath, node.Data, opts)
	if isNoNode(err) && plan.CreateParents.ValueBool() {
		opts.MakeParents = true
		err = r.session.MakeParents(ctx, func() ([]string, error) {
			var err error
			created, err = client.Create(ctx, nodePath, node.Data, opts)
			return created.Parents, err
		})
	}
	if err == nil {
		node.Stat = created.Stat
		if !created.HasStat {
			node.Stat = firstStat(ctx, client, nodePath)
		}
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
		ours, claimErr := r.session.Claim(ctx, nodePath)
		switch {
		case claimErr != nil:
			err = claimErr
		case ours || plan.AdoptExisting.ValueBool():
			return r.takeOver(ctx, client, plan, config, ours)
		}
	}
	diags := diag.Diagnostics{about.Error(doingCreate, err)}
	if exists && plan.writeOnly() {
		diags.Append(importShowsWarning(plan.Path))
	}
	if len(created.Parents) > 0 {
		diags.Append(parentsLeftWarning(created.Parents))
	}
	return zk.Node{}, diags
}

// firstStat is the stat of a node that was just created, where the server did not answer
// with it. A write by somebody else since then is none of it.
func firstStat(ctx context.Context, client *zk.Client, nodePath string) zk.Stat {
	stat, _, err := client.Exists(ctx, nodePath)
	if err != nil {
		return zk.Stat{}
	}
	stat.Version, stat.Aversion = 0, 0
	return stat
}

// written is what a node must be behind an update, where it cannot be read back.
func (r *Resource) written(plan, state, config *resourceModel, wrote attr.Planned) (zk.Node, error) {
	want, _, err := r.wanted(plan, config)
	if err != nil {
		return zk.Node{}, err
	}
	if !plan.declaresData() {
		if want.Data, err = attr.DecodeBase64(state.DataBase64.ValueString()); err != nil {
			return zk.Node{}, err
		}
	}
	want.Stat = attr.StatOf(state.Stat)
	want.Stat.Czxid, want.Stat.Version, want.Stat.Aversion = wrote.Czxid, wrote.Version, wrote.Aversion
	return want, nil
}

// wanted is the node that a plan asks for, and the options that create it.
func (r *Resource) wanted(plan, config *resourceModel) (zk.Node, zk.CreateOptions, error) {
	data, err := plan.content(config)
	if err != nil {
		return zk.Node{}, zk.CreateOptions{}, err
	}
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return zk.Node{}, zk.CreateOptions{}, err
	}
	if acl == nil {
		acl = r.session.DefaultACL()
	}
	parentACL, err := attr.ACLFrom(plan.ParentACL)
	if err != nil {
		return zk.Node{}, zk.CreateOptions{}, err
	}
	mode, ttl := plan.clientMode()
	return zk.Node{Path: plan.Path.ValueString(), Data: data, ACL: acl},
		zk.CreateOptions{Mode: mode, TTL: ttl, ACL: acl, ParentACL: parentACL}, nil
}

// takeOver brings a node that exists to what is declared, by compare-and-set, and returns
// it. ours tells that this run made it as a parent: it is then brought to what its own
// creation would have made, so that the order of the two does not matter, and it must be
// as it was made.
func (r *Resource) takeOver(ctx context.Context, client *zk.Client, plan, config *resourceModel, ours bool) (zk.Node, diag.Diagnostics) {
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

	from := plannedOf(node.Stat)
	if ours {
		from.Version, from.Aversion = 0, 0
	}
	change := zk.Change{
		SetData: plan.declaresData() && !bytes.Equal(node.Data, want.Data),
		Data:    want.Data, Version: from.Version,
		SetACL: (plan.declaresACL() || ours) && !attr.SameACL(want.ACL, node.ACL, r.session.Identities()),
		ACL:    want.ACL, ACLVersion: from.Aversion,
	}
	if diags := r.update(ctx, client, doingAdopt, plan, change, from); diags.HasError() {
		return zk.Node{}, diags
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

// change writes what differs between a plan and the state that it was made against, and
// returns the versions that this leaves.
func (r *Resource) change(ctx context.Context, client *zk.Client, plan, state, config *resourceModel) (attr.Planned, diag.Diagnostics) {
	about := r.subject(plan.Path)
	want, _, err := r.wanted(plan, config)
	if err != nil {
		return attr.Planned{}, diag.Diagnostics{about.Error(doingUpdate, err)}
	}
	from, _ := attr.PlannedAgainst(state.Stat)
	change := zk.Change{
		SetData: plan.declaresData() && plan.changesData(state),
		Data:    want.Data, Version: from.Version,
		SetACL: plan.declaresACL() && !plan.ACL.Equal(state.ACL),
		ACL:    want.ACL, ACLVersion: from.Aversion,
	}
	if diags := r.sameNode(ctx, client, doingUpdate, state, from); diags.HasError() {
		return attr.Planned{}, diags
	}
	if diags := r.update(ctx, client, doingUpdate, plan, change, from); diags.HasError() {
		return attr.Planned{}, diags
	}
	if change.SetData {
		from.Version++
	}
	if change.SetACL {
		from.Aversion++
	}
	return from, nil
}

// update is one compare-and-set. When it fails because somebody else changed the node,
// the node is looked at again, so that the error tells what is there now.
func (r *Resource) update(ctx context.Context, client *zk.Client, doing string, plan *resourceModel, change zk.Change, from attr.Planned) diag.Diagnostics {
	err := client.Update(ctx, plan.Path.ValueString(), change)
	if err == nil {
		return nil
	}
	return r.failed(ctx, client, doing, plan, from, err)
}

// remove deletes the node when its data has the version, and what is below it when that
// is asked for. A node that is gone is what was wanted. from is what the deletion was
// planned against.
func (r *Resource) remove(ctx context.Context, client *zk.Client, state *resourceModel, from attr.Planned, version int32) diag.Diagnostics {
	about := r.subject(state.Path)
	nodePath := state.Path.ValueString()
	err := r.session.Delete(ctx, nodePath, func() error {
		if state.ForceDestroy.ValueBool() {
			return client.DeleteTree(ctx, nodePath, version)
		}
		return client.Delete(ctx, nodePath, version)
	})
	switch {
	case err == nil:
		return nil
	case session.HasChildren(nodePath, err):
		children, _, childrenErr := client.Children(ctx, nodePath)
		if isNoNode(childrenErr) {
			return nil
		}
		if childrenErr != nil {
			return diag.Diagnostics{about.Error("count the children of the znode", childrenErr)}
		}
		return diag.Diagnostics{about.NotEmpty(children)}
	case isNoNode(err):
		return nil
	default:
		return r.failed(ctx, client, doingDelete, state, from, err)
	}
}

// sameNode refuses to go on when the node is not the one that the plan was made against,
// but was deleted and created anew: versions start at 0 again, so that comparing them
// alone would take somebody else's node for ours. A node that is gone, or may not be
// looked at, is left to the write to complain about.
func (r *Resource) sameNode(ctx context.Context, client *zk.Client, doing string, state *resourceModel, from attr.Planned) diag.Diagnostics {
	stat, found, err := client.Exists(ctx, state.Path.ValueString())
	switch {
	case errors.Is(err, zk.ErrNoAuth), err == nil && !found, err == nil && stat.Czxid == from.Czxid:
		return nil
	case err != nil:
		return diag.Diagnostics{r.subject(state.Path).Error(doing, err)}
	default:
		return diag.Diagnostics{r.subject(state.Path).Conflict(doing, zk.ErrBadVersion, from, plannedOf(stat))}
	}
}

// failed tells of a write that failed, by somebody else's change or for another reason.
func (r *Resource) failed(ctx context.Context, client *zk.Client, doing string, m *resourceModel, from attr.Planned, err error) diag.Diagnostics {
	about := r.subject(m.Path)
	if !errors.Is(err, zk.ErrBadVersion) {
		return diag.Diagnostics{about.Error(doing, err)}
	}
	stat, found, lookErr := client.Exists(ctx, m.Path.ValueString())
	switch {
	case lookErr != nil:
		return diag.Diagnostics{about.UnseenConflict(doing, err, from)}
	case !found:
		return diag.Diagnostics{about.Error(doing, &zk.Error{Op: "set", Path: m.Path.ValueString(), Err: zk.ErrNoNode})}
	}
	return diag.Diagnostics{about.Conflict(doing, err, from, plannedOf(stat))}
}

// plannedOf is what a plan is made against when it reads a node.
func plannedOf(stat zk.Stat) attr.Planned {
	return attr.Planned{Czxid: stat.Czxid, Version: stat.Version, Aversion: stat.Aversion}
}
