package node

import (
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Read reads a node: its data, its ACL and its stat.
func Read(ctx context.Context, s *session.Session, nodePath string) (zk.Node, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return zk.Node{}, err
	}
	return client.Node(ctx, nodePath)
}

// Update writes a change to the node that a plan was made against. The error is a
// [session.ConflictError] when somebody else changed the node since then, or deleted it and
// made another; then nothing was written, unless it wraps a *zk.PartialError.
func Update(ctx context.Context, s *session.Session, nodePath string, change zk.Change, from attr.Planned) error {
	if !change.SetData && !change.SetACL {
		return nil
	}
	client, err := s.Client(ctx)
	if err != nil {
		return err
	}
	stat, err := session.SameNode(ctx, client, nodePath, from)
	if err != nil {
		return err
	}
	if change.SetACL && stat.Aversion == from.Aversion+1 && s.HasWritten(session.ItsACL, nodePath, stat) {
		// Another resource of this run has set the ACL, as that of a parent of its own. Where it is
		// the one that is wanted, nothing is left to do.
		if acl, now, err := client.ACL(ctx, nodePath); err == nil && now.Aversion == stat.Aversion && attr.ShowsACL(change.ACL, acl, s.Identities()) {
			change.SetACL = false
			from.Aversion = stat.Aversion
		}
	}
	if err := client.Update(ctx, nodePath, change); err != nil {
		return session.Conflict(ctx, client, nodePath, from, err)
	}
	now := from.After(change)
	stat = zk.Stat{Czxid: now.Czxid, Version: now.Version, Aversion: now.Aversion}
	if change.SetData {
		s.Wrote(session.Whole, nodePath, stat)
	}
	if change.SetACL {
		s.Wrote(session.ItsACL, nodePath, stat)
	}
	return nil
}

// Apply writes what a plan changes of the node of a state, as [Update] does, reads the node
// back and completes the plan. Without an error the node is as planned, whether or not it could
// be read: the state must have it. With one, the plan is what was done all the same, the state's
// where that is nothing: the state must have that.
func (n *Node) Apply(ctx context.Context, s *session.Session, nodePath string, config, state *Node) (done Applied, err error) {
	change, err := n.Change(s, config, state)
	if err != nil {
		return done, err
	}
	from, _ := attr.PlannedAgainst(state.Stat)
	after, free := s.AfterWrite(ctx)
	defer free()
	if err = Update(ctx, s, nodePath, change, from); err != nil {
		change = zk.Change{}
		if partial, ok := errors.AsType[*zk.PartialError](err); ok {
			change = partial.Part
		}
		n.keep(state, change)
		if change.SetData == change.SetACL {
			return done, err // nothing was done
		}
	}
	n.foreign = state.foreign && !change.SetACL
	n.theirs = state.theirs && !change.SetACL && (!change.SetData || !change.Secret) // the plan has told
	written := zk.Node{ACL: change.ACL, Stat: attr.StatOf(state.Stat)}
	wrote := from.After(change)
	if change.SetACL && config.ACL.IsNull() {
		s.WroteBeforeSecret(nodePath, zk.Stat{Czxid: wrote.Czxid, Aversion: wrote.Aversion})
	}
	written.Stat.Version, written.Stat.Aversion = wrote.Version, wrote.Aversion
	return n.ReadBack(after, s, nodePath, config, written), err
}

// keep makes a plan of which the part was done, and no more, the state of that.
func (n *Node) keep(state *Node, part zk.Change) {
	plan := *n
	*n = *state
	if part.SetData {
		n.Data, n.DataBase64, n.DataWOVersion = plan.Data, plan.DataBase64, plan.DataWOVersion
	}
	if part.SetACL {
		n.ACL = plan.ACL
		if n.ACL.IsUnknown() {
			n.ACL = attr.ACLValue(part.ACL)
		}
	}
}

// Applied is what came of a write besides the write itself.
type Applied struct {
	// Unread is why the node could not be read back. The state then has what was written.
	Unread error
	// Overwritten are the parts that somebody else wrote right after the apply did.
	Overwritten []string
}

// ReadBack completes a plan that was applied, from the node as it is now; written is how the
// apply left it.
func (n *Node) ReadBack(ctx context.Context, s *session.Session, nodePath string, config *Node, written zk.Node) (done Applied) {
	after, free := s.AfterWrite(ctx)
	defer free()
	now, err := Read(after, s, nodePath)
	if err != nil {
		now, done.Unread = written, err
	}
	done.Overwritten = n.Settle(config, now, attr.PlannedOf(written.Stat))
	return done
}

// A NotEmptyError tells that a node was not deleted because of its children.
type NotEmptyError struct {
	// Children are their names, sorted.
	Children []string
	// Err is the deletion that failed.
	Err error
}

// Error counts the children.
func (e *NotEmptyError) Error() string { return fmt.Sprintf("%v (%d)", e.Err, len(e.Children)) }

// Unwrap returns the deletion that failed.
func (e *NotEmptyError) Unwrap() error { return e.Err }

// A LeftError tells that a node whose creation has not ended was left as it is.
type LeftError struct {
	// Children are the names of its children, sorted, where it was left because of them. Where
	// there are none, it may be somebody else's node.
	Children []string
	// Unread is set where nothing has been read since the creation.
	Unread bool
}

// Error counts the children.
func (e *LeftError) Error() string {
	return fmt.Sprintf("the node was left as it is (%d children)", len(e.Children))
}

// A NeededError tells that a node was left as it is, although all below it was to go with it:
// other resources of this run have nodes there.
type NeededError struct {
	// Below are the paths of those, sorted.
	Below []string
}

// Error counts them.
func (e *NeededError) Error() string {
	return fmt.Sprintf("the node was left as it is (%d nodes below are of other resources)", len(e.Below))
}

// ErrUnread tells that a state does not say which node it is about: it comes from another
// provider, and nothing has been read since. Whatever is at the path may be somebody else's.
var ErrUnread = errors.New("the state has no stat of the node")

// ErrMissed tells that a node was not deleted because the creation that was to take it over has
// failed.
var ErrMissed = errors.New("the resource that was to take over the node has failed")

// errHandedOver ends a deletion whose node another resource of this run has now.
var errHandedOver = errors.New("another resource has the node")

// Delete deletes the node of a state, and with force_destroy what is below it, in an order that
// suits the other deletions of this run (see [session.Session.Delete]). A node that is gone is
// what was wanted, and one that another resource of this run has taken over stays, as does any
// with on_destroy = "keep". The error is a [session.ConflictError] when somebody else changed
// the node since the plan, a [NotEmptyError] when it has children, and [ErrUnread] when the
// state does not say which node it is. A [LeftError] is no failure: a creation that
// comes after it gets the node.
//
// With succeeded, the plan has a creation of the same node: it gets the node, whichever of the
// two comes first. Where it has failed already, the error is [ErrMissed].
func (n *Node) Delete(ctx context.Context, s *session.Session, nodePath string, succeeded bool) error {
	from, planned := attr.PlannedAgainst(n.Stat)
	memory := map[string]any{nodePath: from}
	if n.unsure() {
		memory[nodePath] = Likeness{from}
	}
	switch {
	case planned && n.Keeps():
		s.Leave(session.Whole, memory)
		return nil
	case n.Keeps(), s.Taken(session.Whole, nodePath):
		return nil
	case planned && succeeded && s.Missed(session.Whole, nodePath):
		return ErrMissed
	case planned && succeeded:
		return s.HandOn(ctx, session.Whole, memory)
	case n.InDoubt():
		return n.leaveUnread(ctx, s, nodePath)
	case !planned:
		return ErrUnread
	case n.unsure():
		s.Leave(session.Whole, memory)
		return &LeftError{}
	}
	client, err := s.Client(ctx)
	if err != nil {
		return err
	}
	stat, err := session.SameNode(ctx, client, nodePath, from)
	switch {
	case err != nil && s.Taken(session.Whole, nodePath): // meanwhile
		return nil
	case err != nil:
		return err
	}
	err = s.Delete(ctx, nodePath, func() error {
		// A creation may come while this waits for the deletion of children. What somebody else
		// has changed since the plan is nobody's to hand over.
		if stat.Version == from.Version && s.GiveUp(session.Whole, memory)[nodePath] {
			return errHandedOver
		}
		if n.ForceDestroy.ValueBool() {
			if below := s.TakenBelow(nodePath); len(below) > 0 {
				return &NeededError{Below: below}
			}
			return client.DeleteTree(ctx, nodePath, from.Version)
		}
		return client.Delete(ctx, nodePath, from.Version)
	})
	switch {
	case err == nil, errors.Is(err, errHandedOver):
		return nil
	case session.HasChildren(nodePath, err):
		children, _, childrenErr := client.Children(ctx, nodePath)
		switch {
		case errors.Is(childrenErr, zk.ErrNoNode):
			return nil
		case childrenErr != nil:
			return childrenErr
		}
		if n.unfinished() {
			s.Bequeath(session.Whole, memory)
			return &LeftError{Children: children}
		}
		return &NotEmptyError{Children: children, Err: err}
	}
	err = session.Conflict(ctx, client, nodePath, from, err)
	if errors.Is(err, zk.ErrNoNode) { // it went now, or between the write and the look at it
		return nil
	}
	return err
}

// leaveUnread leaves what is at the path of a creation whose outcome is not known to a creation
// that comes after it. The error is a [LeftError] where there is a node.
//
// A CLI does not hand over the private state of what is replaced, so here nothing tells the node
// from any other; and were this an error, the private state would be lost with it.
func (n *Node) leaveUnread(ctx context.Context, s *session.Session, nodePath string) error {
	client, err := s.Client(ctx)
	if err != nil {
		return err
	}
	stat, found, err := client.Exists(ctx, nodePath)
	if err != nil || !found {
		return err
	}
	s.Leave(session.Whole, map[string]any{nodePath: Likeness{attr.PlannedOf(stat)}})
	return &LeftError{Unread: true}
}
