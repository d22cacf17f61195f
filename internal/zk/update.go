package zk

import (
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/zk/shown"
)

// A Change says what of a node to replace, and which state of it the change was planned
// against.
type Change struct {
	// SetData replaces the data with Data when the data has Version (Stat.Version).
	SetData bool
	Data    []byte
	Version int32
	// SetACL replaces the ACL with ACL when the ACL has ACLVersion (Stat.Aversion).
	SetACL     bool
	ACL        []ACL
	ACLVersion int32
	// Secret has the ACL go first even where it would keep this client from writing the data: the
	// data must never be open to those whom the ACL keeps out.
	Secret bool
	// Czxid is the transaction that created the node (Stat.Czxid); 0 for any. A node that was deleted
	// and created again counts its versions from 0 again.
	Czxid int64
}

// Update replaces a node's data, its ACL, or both, each only when it has the version given.
// ZooKeeper has no transaction that does both: Update looks at both versions before it
// writes either, so that a change by somebody else that came before it is
// [ErrBadVersion] and nothing is written. Where one falls between the two writes, the
// error tells that the first has been done. Nor do servers compare which node it is: it is a
// *[MisdirectedError] where the data has gone to another one, made at the last moment.
//
// The ACL goes first, so that new data is never open to those whom the new ACL keeps out;
// unless the new ACL would keep this client itself from writing the data, which is no secret.
func (c *Client) Update(ctx context.Context, path string, ch Change) error {
	const op = OpNameUpdate
	if err := check(op, path); err != nil {
		return err
	}
	other := func(stat Stat) bool { return ch.Czxid != 0 && stat.Czxid != ch.Czxid }
	set := func() error {
		stat, err := c.Set(ctx, path, ch.Data, ch.Version)
		if err == nil && other(stat) {
			return &MisdirectedError{Path: path, Czxid: stat.Czxid}
		}
		return err
	}
	setACL := func() error {
		stat, err := c.SetACL(ctx, path, ch.ACL, ch.ACLVersion)
		if err == nil && other(stat) {
			return &Error{Op: op, Path: path, Err: ErrBadVersion}
		}
		return err
	}
	switch {
	case ch.SetData && !ch.SetACL:
		return set()
	case ch.SetACL && !ch.SetData:
		return setACL()
	case !ch.SetData && !ch.SetACL:
		return nil
	}

	stat, ok, err := c.Exists(ctx, path)
	switch {
	case err != nil:
		return err
	case !ok:
		return &Error{Op: op, Path: path, Err: ErrNoNode}
	case other(stat), ch.Version != AnyVersion && stat.Version != ch.Version, ch.ACLVersion != AnyVersion && stat.Aversion != ch.ACLVersion:
		return &Error{Op: op, Path: path, Err: ErrBadVersion}
	}
	first, second := setACL, set
	partial := PartialError{
		Done: "the ACL has been replaced, the data has not",
		Part: Change{SetACL: true, ACL: ch.ACL, ACLVersion: ch.ACLVersion},
	}
	if !ch.Secret && !grants(ch.ACL, PermWrite, c.engine.Credentials()) {
		first, second = set, setACL
		partial = PartialError{
			Done: "the data has been replaced, the ACL has not",
			Part: Change{SetData: true, Data: ch.Data, Version: ch.Version},
		}
	}
	if err := first(); err != nil {
		return err
	}
	partial.Err = second()
	if _, misdirected := errors.AsType[*MisdirectedError](partial.Err); misdirected || partial.Err == nil {
		return partial.Err
	}
	return &partial
}

// A MisdirectedError tells that data went to a node that somebody else had made in place of the one
// that it was for. It is an [ErrBadVersion].
type MisdirectedError struct {
	Path string
	// Czxid is the transaction that created the node (Stat.Czxid).
	Czxid int64
}

// Error tells which node it is.
func (e *MisdirectedError) Error() string {
	return fmt.Sprintf("%s: the data went to another node, which transaction 0x%x created at that moment", shown.Text(e.Path), e.Czxid)
}

// Unwrap returns ErrBadVersion.
func (e *MisdirectedError) Unwrap() error { return ErrBadVersion }
