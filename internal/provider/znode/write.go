package znode

import (
	"bytes"
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// made is what a creation has made.
type made struct {
	node    zk.Node  // as the creation left it
	parents []string // with an error, those that it made before it failed
	exists  bool     // with an error, the node is there already
	// ours is set, with an error, where the node that is there is this resource's all the
	// same: what is known of it.
	ours *attr.Planned
}

// create brings the node into being. The session knows from then on that the resource has it.
//
// When the node exists already, that is fine if this run has made it as the parent of another,
// if the resource may adopt it, or if another resource of this run gives it up.
func (r *Resource) create(ctx context.Context, plan, config *resourceModel) (out made, err error) {
	nodePath := plan.Path.ValueString()
	out, err = r.makeNode(ctx, plan, config)
	if err != nil {
		// From here on to its end, this creation gets what destructions of this run give up.
		heir := r.Session.Heir(session.Whole)
		waited := heir.Claim(ctx, nodePath)
		if out.exists && (waited || r.Session.HasDeleted(nodePath)) { // what was found may be gone by now
			out, err = r.makeNode(ctx, plan, config)
		}
		if out.exists {
			out, err = r.takeExisting(ctx, heir, plan, config, out, err)
		}
		defer func() {
			from, likeness, ok := given(heir.Close(), nodePath)
			if err != nil && ok && !likeness && out.ours == nil { // its old resource has left the state
				out.ours = &from
			}
		}()
	}
	if err == nil {
		r.Session.Took(session.Whole, nodePath)
	}
	return out, err
}

// makeNode creates the node.
func (r *Resource) makeNode(ctx context.Context, plan, config *resourceModel) (out made, err error) {
	nodePath := plan.Path.ValueString()
	data, acl, err := plan.Wanted(r.Session, &config.Node)
	if err != nil {
		return out, err
	}
	parentACL, err := attr.ACLFrom(plan.ParentACL)
	if err != nil {
		return out, err
	}
	mode, ttl := plan.clientMode()
	created, err := r.Session.Create(ctx, nodePath, data, zk.CreateOptions{
		Mode: mode, TTL: ttl, ACL: acl, MakeParents: plan.CreateParents.ValueBool(), ParentACL: parentACL,
	})
	out.node = zk.Node{Path: nodePath, Data: data, ACL: acl, Stat: created.Stat}
	if err == nil {
		return out, nil
	}
	out.parents, out.exists = created.Parents, errors.Is(err, zk.ErrNodeExists)
	if plan.AdoptExisting.ValueBool() && errors.Is(err, zk.ErrNoAuth) {
		// The server asks for the permission to create before it looks whether it has to.
		out.exists = r.there(ctx, nodePath)
	}
	return out, err
}

// takeExisting takes over the node that a creation has found, where it may. Otherwise it
// returns what the creation came to.
func (r *Resource) takeExisting(ctx context.Context, heir *session.Heir, plan, config *resourceModel, out made, err error) (made, error) {
	nodePath := plan.Path.ValueString()
	fresh, aversion, claimErr := r.Session.Claim(ctx, nodePath)
	from, likeness, received := given(heir.Received(), nodePath)
	switch {
	case claimErr != nil:
		return out, claimErr
	case fresh:
		return r.takeOver(ctx, plan, config, &attr.Planned{Aversion: aversion}, true)
	case !received && r.Session.HasMade(nodePath): // while this one was about to
		return out, err
	case plan.AdoptExisting.ValueBool() && (likeness || !received):
		return r.takeOver(ctx, plan, config, nil, false)
	case !received:
		from, likeness, received = given(heir.Await(ctx), nodePath)
	}
	switch {
	case !received:
		return out, err
	case likeness && !r.holds(ctx, plan, config, from):
		return out, err
	}
	return r.takeOver(ctx, plan, config, &from, false)
}

// given is what the resource that had a node before remembers of it; likeness where it is known
// by its looks alone.
func given(memories map[string]any, nodePath string) (from attr.Planned, likeness, ok bool) {
	switch memory := memories[nodePath].(type) {
	case attr.Planned:
		return memory, false, true
	case node.Likeness:
		return memory.Planned, true, true
	}
	return from, false, false
}

// holds reports whether a node that looks like the one which an earlier apply was to create is
// still the same, and holds what this creation is to write.
func (r *Resource) holds(ctx context.Context, plan, config *resourceModel, from attr.Planned) bool {
	there, err := node.Read(ctx, r.Session, plan.Path.ValueString())
	return err == nil && attr.PlannedOf(there.Stat) == from && bytes.Equal(there.Data, plan.Content(&config.Node, nil))
}

func (r *Resource) there(ctx context.Context, nodePath string) bool {
	client, err := r.Session.Client(ctx)
	if err != nil {
		return false
	}
	_, found, err := client.Exists(ctx, nodePath)
	return err == nil && found
}

// takeOver brings a node that exists to what is declared, by compare-and-set on from: what
// whoever had it before knows of it, or nil for what it is now. fresh tells that this run made
// it as a parent: then it becomes what its own creation would have made, so that the order of
// the two does not matter.
func (r *Resource) takeOver(ctx context.Context, plan, config *resourceModel, from *attr.Planned, fresh bool) (out made, err error) {
	out.ours = from
	if fresh {
		out.ours = nil // which node it is, a look must tell
	}
	after, done := r.Session.AfterWrite(ctx)
	defer done()
	there, err := node.Read(after, r.Session, plan.Path.ValueString())
	if err != nil {
		return out, adoptError{err}
	}
	// Of what kind an existing node is can be told of two: parents are persistent, and
	// ephemeral nodes show it.
	switch mode := plan.Mode.ValueString(); {
	case isEphemeral(there.Stat):
		return made{}, kindError{modeEphemeral, mode}
	case fresh && mode != modePersistent:
		return made{}, kindError{modePersistent, mode}
	}
	planned := attr.PlannedOf(there.Stat)
	switch {
	case fresh:
		planned.Version, planned.Aversion = 0, from.Aversion
		out.ours = &planned
	case from != nil && from.Czxid != planned.Czxid: // it is the one that was given up no longer
		return made{}, adoptError{&session.ConflictError{Path: there.Path, Planned: *from, Found: &planned, Err: zk.ErrBadVersion}}
	case from != nil:
		planned = *from
	}
	change, err := plan.Takeover(r.Session, &config.Node, there, planned, fresh)
	if err != nil {
		return out, adoptError{err}
	}
	there, err = node.TakeOver(ctx, r.Session, there, change, planned)
	if err != nil {
		return out, adoptError{err}
	}
	return made{node: there}, nil
}

// An adoptError tells that a node is there and could not be taken over.
type adoptError struct{ error }

func (e adoptError) Unwrap() error { return e.error }

// A kindError tells that a node that is there is of another kind than declared.
type kindError struct{ have, want string }

func (e kindError) Error() string { return "the node is " + e.have + " and not " + e.want }

// createFailed tells why a creation failed, and what it has left.
func (r *Resource) createFailed(plan *resourceModel, out made, err error) diag.Diagnostics {
	about := r.subject(plan.Path)
	if kind, ok := errors.AsType[kindError](err); ok {
		return diag.Diagnostics{about.OtherKind(kind.have, kind.want)}
	}
	if _, ok := errors.AsType[adoptError](err); ok {
		return diag.Diagnostics{about.Error(doingAdopt, err)}
	}
	if out.exists && r.Session.HasMade(plan.Path.ValueString()) {
		return diag.Diagnostics{about.Twice()}
	}
	diags := diag.Diagnostics{about.Error(doingCreate, err)}
	if node.OutcomeUnknown(err) {
		diags = diag.Diagnostics{about.CreationUnknown(doingCreate, afterDoubt, err)}
	}
	if out.exists && plan.WriteOnly() {
		diags.Append(importShowsWarning(plan.Path))
	}
	if len(out.parents) > 0 {
		diags.Append(diagnose.ParentsLeft(out.parents, parentACL))
	}
	return diags
}

// planAdoption tells in the plan which node a creation will take over, and what of it will
// change. It returns the plan and the state of that, see [node.Node.Found]; nil for no node. A
// server that cannot be reached is no reason to refuse the plan: it may be there by the time of the
// apply.
func (r *Resource) planAdoption(ctx context.Context, plan, config *resourceModel) (found, state *node.Node, _ diag.Diagnostics) {
	if !plan.AdoptExisting.ValueBool() || !r.Session.Known() {
		return nil, nil, nil
	}
	there, err := node.Read(ctx, r.Session, plan.Path.ValueString())
	switch {
	case isNoNode(err):
		return nil, nil, nil
	case err != nil:
		return nil, nil, diag.Diagnostics{notLookedAtWarning(r.subject(plan.Path).Error(doingRead, err), plan.Path)}
	case isEphemeral(there.Stat):
		return nil, nil, diag.Diagnostics{r.subject(plan.Path).OtherKind(modeEphemeral, plan.Mode.ValueString())}
	}
	change, err := plan.Takeover(r.Session, &config.Node, there, attr.PlannedOf(there.Stat), false)
	if err != nil {
		return nil, nil, nil // validation has told
	}
	found, state = plan.Found(there, change)
	return found, state, diag.Diagnostics{adoptionWarning(there, change, plan.ContentKnown(&config.Node), config.ACL.IsNull())}
}
