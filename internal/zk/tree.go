package zk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// treeTries bounds how often DeleteTree looks at a tree that others go on adding to.
const treeTries = 10

// DeleteTree removes the node, when it has the version, and everything below it. It takes
// one transaction where that fits into MaxBufferBytes, so that others see all of the tree
// or nothing; a larger tree goes in as few transactions as possible, from the bottom up,
// and the first one checks the version. A descendant that appears meanwhile is removed
// too; one that is gone already does not matter, and neither does it when the node itself
// is: there is nothing left to delete then. An error after the first of several
// transactions is a *[PartialError]. "/" and "/zookeeper" are refused.
func (c *Client) DeleteTree(ctx context.Context, path string, version int32) error {
	op := OpNameDelete
	if err := check(op, path); err != nil {
		return err
	}
	if path == "/" || ServersOwn(c.chrooted(path)) {
		return &Error{Op: op, Path: path, Err: errOwnNodes}
	}
	deleted := 0
	for n := 1; ; n++ {
		err := c.deleteTree(ctx, path, version, &deleted)
		_, ok := errors.AsType[*MultiError](err)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ErrNoNode) && !ok:
			return nil // it is about the node at path: nothing is below it any more either
		case n < treeTries && retreeable(err, path):
			continue
		case deleted > 0:
			return &PartialError{Done: fmt.Sprintf("%d nodes below it have been deleted", deleted), Err: err}
		}
		return err
	}
}

// Prune removes the node that the transaction czxid made (Stat.Czxid), when there is
// nothing in it. The error is [ErrNotEmpty] when it has children or data, and [ErrNoNode]
// when it is gone, or the node of that path is another one. "/" and "/zookeeper" are
// refused.
func (c *Client) Prune(ctx context.Context, path string, czxid int64) error {
	op := OpNameDelete
	if err := check(op, path); err != nil {
		return err
	}
	if path == "/" || ServersOwn(c.chrooted(path)) {
		return &Error{Op: op, Path: path, Err: errOwnNodes}
	}
	for n := 1; ; n++ {
		stat, found, err := c.Exists(ctx, path)
		switch {
		case err != nil:
			return err
		case !found || stat.Czxid != czxid:
			return &Error{Op: op, Path: path, Err: ErrNoNode}
		case stat.NumChildren > 0 || stat.DataLength > 0:
			return &Error{Op: op, Path: path, Err: ErrNotEmpty}
		}
		if err := c.Delete(ctx, path, stat.Version); !errors.Is(err, ErrBadVersion) || n == treeTries {
			return err
		}
	}
}

// retreeable reports whether a delete failed because the tree below path has changed since
// it was looked at.
func retreeable(err error, path string) bool {
	me, ok := errors.AsType[*MultiError](err)
	if !ok {
		return errors.Is(err, ErrNotEmpty)
	}
	return errors.Is(me.Err, ErrNotEmpty) || errors.Is(me.Err, ErrNoNode) && me.Path != path
}

// deleteTree deletes the tree as it is now, and adds to deleted what has gone of it.
func (c *Client) deleteTree(ctx context.Context, path string, version int32, deleted *int) error {
	nodes, err := c.descend(ctx, path)
	if err != nil {
		return err
	}
	if len(nodes) == 1 {
		return c.Delete(ctx, path, version)
	}
	// What a transaction takes beyond its operations, with the check that may go first.
	base := len(proto.RequestHeader{}.AppendTo(nil)) + proto.MultiHeaderSize + deleteSize(c.chrooted(path))
	var ops []Op
	size, first := base, true
	commit := func(check bool) error {
		send := ops
		if check {
			send = append([]Op{CheckOp(path, version)}, ops...)
		}
		_, err := c.Multi(ctx, send...)
		if me, ok := errors.AsType[*MultiError](err); ok && me.Path == path {
			// The answer is about the node that the caller named.
			err = &Error{Op: OpNameDelete, Path: path, Err: me.Err}
		}
		if err != nil {
			return err
		}
		*deleted += len(ops)
		ops, size, first = ops[:0], base, false
		return nil
	}
	for i, node := range slices.Backward(nodes) {
		need := deleteSize(c.chrooted(node))
		if size+need > c.cfg.MaxBufferBytes && len(ops) > 0 {
			if err := commit(first && version != AnyVersion); err != nil {
				return err
			}
		}
		size += need
		if i == 0 {
			ops = append(ops, DeleteOp(path, version))
		} else {
			ops = append(ops, DeleteOp(node, AnyVersion))
		}
	}
	return commit(false) // the deletion of the node itself checks its version
}

// deleteSize is what a delete takes in a transaction's frame, in bytes.
func deleteSize(full string) int {
	return proto.MultiHeaderSize + len((&proto.DeleteRequest{Path: full}).AppendTo(nil))
}

// descend returns path and the paths of all nodes below it, each after its parent.
func (c *Client) descend(ctx context.Context, path string) ([]string, error) {
	var nodes []string
	err := c.WalkStats(ctx, path, -1, func(r Reading) error {
		nodes = append(nodes, r.Path)
		return nil
	})
	return nodes, err
}
