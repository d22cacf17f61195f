package session

import (
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// A ConflictError tells that somebody else changed a node after the plan was made.
type ConflictError struct {
	// Path is the node's.
	Path string
	// Planned is what the plan was made against.
	Planned attr.Planned
	// Found is what the node is now; nil where the provider may not look.
	Found *attr.Planned
	// Err is the compare-and-set that failed.
	Err error
}

// Error says that it was changed, and how the write failed.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("changed by somebody else since the plan was made: %v", e.Err)
}

// Unwrap returns the compare-and-set that failed.
func (e *ConflictError) Unwrap() error { return e.Err }

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

// Create makes a node, and with o.MakeParents what is missing above it; its error is that
// of the client's. The node has its stat. The usual case is one request and takes no lock:
// only when the parent is missing are parents made, by one resource at a time.
func (s *Session) Create(ctx context.Context, path string, data []byte, o zk.CreateOptions) (zk.Created, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return zk.Created{}, err
	}
	alone := o
	alone.MakeParents = false
	created, err := client.Create(ctx, path, data, alone)
	if errors.Is(err, zk.ErrNoNode) && o.MakeParents {
		err = s.MakeParents(ctx, func() ([]string, error) {
			var err error
			created, err = client.Create(ctx, path, data, o)
			return created.Parents, err
		})
	}
	if err == nil && !created.HasStat {
		created.Stat = firstStat(ctx, client, created.Path)
	}
	return created, err
}

// firstStat is the stat of a node that was just created, where the server did not answer
// with it. A write by somebody else since then is none of it.
func firstStat(ctx context.Context, client *zk.Client, path string) zk.Stat {
	stat, _, err := client.Exists(ctx, path)
	if err != nil {
		return zk.Stat{}
	}
	stat.Version, stat.Aversion = 0, 0
	return stat
}

// Update writes a change to the node that a plan was made against. The error is a
// [ConflictError] when somebody else changed the node since then, or deleted it and made
// another; then nothing was written, unless it wraps a *zk.PartialError.
func (s *Session) Update(ctx context.Context, path string, change zk.Change, from attr.Planned) error {
	if !change.SetData && !change.SetACL {
		return nil
	}
	client, err := s.Client(ctx)
	if err != nil {
		return err
	}
	if err := sameNode(ctx, client, path, from); err != nil {
		return err
	}
	if err := client.Update(ctx, path, change); err != nil {
		return conflict(ctx, client, path, from, err)
	}
	return nil
}

// Node reads a node: its data, its ACL and its stat.
func (s *Session) Node(ctx context.Context, path string) (zk.Node, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return zk.Node{}, err
	}
	return client.Node(ctx, path)
}

// Updated is a node behind an update.
type Updated struct {
	Node  zk.Node
	Wrote attr.Planned // the versions that the write left; those of Node may be somebody else's
	// Unread is why the node could not be read back. Node is then what the write made of it.
	Unread error
}

// UpdateNode writes what a plan changes of the node of a state, as [Session.Update] does,
// and reads the node back. Without an error the node is as planned, whether or not it could
// be read: the state must have it.
func (s *Session) UpdateNode(ctx context.Context, path string, plan, state, config *attr.Node) (u Updated, err error) {
	change, err := plan.Change(state, config)
	if err != nil {
		return u, err
	}
	from, _ := attr.PlannedAgainst(state.Stat)
	if err := s.Update(ctx, path, change, from); err != nil {
		return u, err
	}
	u.Wrote = from.After(change)
	if u.Node, u.Unread = s.Node(ctx, path); u.Unread != nil {
		u.Node, err = plan.Written(path, state, change, u.Wrote)
	}
	return u, err
}

// CheckNode returns a *zk.TooLargeError when the servers would not accept the node that a
// plan declares, as far as it is known.
func (s *Session) CheckNode(path string, plan, config *attr.Node) error {
	if !plan.DeclaresData() || config.DataWO.IsUnknown() {
		return nil
	}
	// What is wrong with the data and the ACL themselves, validation has told.
	data, _ := plan.Content(config)
	acl, _ := attr.ACLFrom(plan.ACL)
	if acl == nil {
		acl = s.DefaultACL()
	}
	return s.CheckSize(path, data, acl)
}

// LockedOutOf returns those permissions that the ACL of a planned node keeps this provider
// from, of those that it needs: to read what it manages, to write data that the
// configuration declares, and to change an ACL that it declares.
func (s *Session) LockedOutOf(plan, config *attr.Node) zk.Perms {
	need := zk.PermRead
	if config.DeclaresAnyData() {
		need |= zk.PermWrite
	}
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return 0 // validation has told
	}
	if config.ACL.IsNull() {
		acl = s.DefaultACL()
	} else {
		need |= zk.PermAdmin
	}
	return s.LockedOut(acl, need)
}

// Remove deletes the node that a plan was made against, and with recursive what is below
// it, in an order that suits the other deletions of this run (see [Session.Delete]). A
// node that is gone is what was wanted. The error is a [ConflictError] when somebody else
// changed the node since the plan, and a [NotEmptyError] when it has children. With the
// zero from, whatever node is there is deleted.
func (s *Session) Remove(ctx context.Context, path string, from attr.Planned, recursive bool) error {
	client, err := s.Client(ctx)
	if err != nil {
		return err
	}
	version := zk.AnyVersion
	if from != (attr.Planned{}) {
		version = from.Version
		if err := sameNode(ctx, client, path, from); err != nil {
			return err
		}
	}
	err = s.Delete(ctx, path, func() error {
		if recursive {
			return client.DeleteTree(ctx, path, version)
		}
		return client.Delete(ctx, path, version)
	})
	switch {
	case err == nil:
		return nil
	case HasChildren(path, err):
		children, _, childrenErr := client.Children(ctx, path)
		switch {
		case errors.Is(childrenErr, zk.ErrNoNode):
			return nil
		case childrenErr != nil:
			return childrenErr
		}
		return &NotEmptyError{Children: children, Err: err}
	default:
		err = conflict(ctx, client, path, from, err)
		if errors.Is(err, zk.ErrNoNode) { // it went now, or between the write and the look at it
			return nil
		}
		return err
	}
}

// sameNode refuses to go on when the node is not the one that the plan was made against,
// but was deleted and created anew: versions start at 0 again, so that comparing them
// alone would take somebody else's node for ours. A node that is gone, or may not be
// looked at, is left to the write to complain about.
func sameNode(ctx context.Context, client *zk.Client, path string, from attr.Planned) error {
	stat, found, err := client.Exists(ctx, path)
	switch {
	case errors.Is(err, zk.ErrNoAuth), err == nil && !found, err == nil && stat.Czxid == from.Czxid:
		return nil
	case err != nil:
		return err
	}
	now := attr.PlannedOf(stat)
	return &ConflictError{Path: path, Planned: from, Found: &now, Err: zk.ErrBadVersion}
}

// conflict makes of a write that failed because somebody else changed the node an error
// that tells what is there now.
func conflict(ctx context.Context, client *zk.Client, path string, from attr.Planned, err error) error {
	if !errors.Is(err, zk.ErrBadVersion) {
		return err
	}
	stat, found, lookErr := client.Exists(ctx, path)
	switch {
	case lookErr != nil:
		return &ConflictError{Path: path, Planned: from, Err: err}
	case !found:
		return &zk.Error{Op: "set", Path: path, Err: zk.ErrNoNode}
	}
	now := attr.PlannedOf(stat)
	return &ConflictError{Path: path, Planned: from, Found: &now, Err: err}
}
