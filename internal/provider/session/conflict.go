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

// SameNode returns the stat of a node, and a [ConflictError] when the node is not the one that a plan was made against,
// but was deleted and created again: versions start at 0 again, so that comparing them alone
// would take somebody else's node for ours. A node that is gone, or may not be looked at, is
// left to the write to complain about: its stat is zero.
func SameNode(ctx context.Context, client *zk.Client, path string, from attr.Planned) (zk.Stat, error) {
	stat, found, err := client.Exists(ctx, path)
	switch {
	case errors.Is(err, zk.ErrNoAuth), err == nil && !found, err == nil && stat.Czxid == from.Czxid:
		return stat, nil
	case err != nil:
		return zk.Stat{}, err
	}
	now := attr.PlannedOf(stat)
	return zk.Stat{}, &ConflictError{Path: path, Planned: from, Found: &now, Err: zk.ErrBadVersion}
}

// Conflict makes of a write that failed because somebody else changed the node an error that
// says what the node is now. Other errors stay as they are.
func Conflict(ctx context.Context, client *zk.Client, path string, from attr.Planned, err error) error {
	if !errors.Is(err, zk.ErrBadVersion) {
		return err
	}
	after, done := client.Outlive(ctx)
	defer done()
	stat, found, lookErr := client.Exists(after, path)
	switch {
	case lookErr != nil:
		return &ConflictError{Path: path, Planned: from, Err: err}
	case !found:
		return zk.ErrNoNode
	}
	now := attr.PlannedOf(stat)
	return &ConflictError{Path: path, Planned: from, Found: &now, Err: err}
}
