package zk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// clearNodes is how many nodes one transaction of [Client.Clear] deletes at most: servers do nothing
// else while they apply it.
const clearNodes = 1000

// Clear removes everything below the node, and leaves the node. It takes as many transactions as there
// are batches of a thousand nodes, fewer nodes where MaxBufferBytes does not allow that, from the bottom
// up. gone is called after each with the paths that it has deleted, and how many of those found are left.
//
// What others add meanwhile is removed too, and what they have deleted does not matter. Where they go on
// adding, the error is [ErrNotEmpty] in the end. An error after the first transaction is a
// *[PartialError]. ZooKeeper's own nodes stay: "/zookeeper" and what is below is refused, and "/" is
// cleared without them.
func (c *Client) Clear(ctx context.Context, path string, gone func(paths []string, left int)) error {
	if err := check(OpNameDelete, path); err != nil {
		return err
	}
	if full := c.chrooted(path); full != "/" && ServersOwn(full) {
		return &Error{Op: OpNameDelete, Path: path, Err: errOwnNodes}
	}
	deleted := 0
	note := func(paths []string, left int) {
		deleted += len(paths)
		if len(paths) > 0 {
			gone(paths, left)
		}
	}
	var err error
	for range treeTries {
		var nodes []string
		if nodes, err = c.descend(ctx, path); err != nil {
			break
		}
		if len(nodes) == 1 {
			return nil
		}
		if err = c.deleteBatches(ctx, nodes[1:], note); err != nil {
			break
		}
		err = &Error{Op: OpNameDelete, Path: path, Err: ErrNotEmpty}
	}
	switch {
	case deleted == 0:
		return err
	case changed(err) && errors.Is(err, ErrNoNode):
		return nil // the node has gone, and nothing is below it any more
	}
	return &PartialError{Done: fmt.Sprintf("%d nodes below it have been deleted", deleted), Err: err}
}

// deleteBatches deletes nodes, each of which stands after its parent, from the last one on.
func (c *Client) deleteBatches(ctx context.Context, nodes []string, gone func(paths []string, left int)) error {
	base := len(proto.RequestHeader{}.AppendTo(nil)) + proto.MultiHeaderSize
	for len(nodes) > 0 {
		from, size := len(nodes)-1, base+deleteSize(c.chrooted(nodes[len(nodes)-1]))
		for from > 0 && len(nodes)-from < clearNodes {
			if size += deleteSize(c.chrooted(nodes[from-1])); size > c.cfg.MaxBufferBytes {
				break
			}
			from--
		}
		batch := slices.Clone(nodes[from:])
		slices.Reverse(batch)
		nodes = nodes[:from]
		deleted, err := c.deleteBatch(ctx, batch)
		gone(deleted, len(nodes))
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteBatch deletes nodes in one transaction, or where the tree has changed since it was looked at, one by
// one. A node that has got children stays. It returns those that are not there any more.
func (c *Client) deleteBatch(ctx context.Context, nodes []string) (deleted []string, err error) {
	ops := make([]Op, len(nodes))
	for i, node := range nodes {
		ops[i] = DeleteOp(node, AnyVersion)
	}
	_, err = c.Multi(ctx, ops...)
	if err == nil {
		return nodes, nil
	}
	if changed(err) {
		for _, node := range nodes {
			switch err := c.Delete(ctx, node, AnyVersion); {
			case err == nil, errors.Is(err, ErrNoNode):
				deleted = append(deleted, node)
			case !errors.Is(err, ErrNotEmpty):
				return deleted, err
			}
		}
		return deleted, nil
	}
	return nil, err
}

// changed reports whether a delete was refused because a node has gone or has got children.
func changed(err error) bool {
	return !errors.Is(err, ErrOutcomeUnknown) && (errors.Is(err, ErrNoNode) || errors.Is(err, ErrNotEmpty))
}
