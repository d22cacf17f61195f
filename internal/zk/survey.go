package zk

import (
	"context"
	"errors"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// Survey is [Client.Walk] for whoever looks at what there is, and not all of which they may
// see: a node that could not be read is visited too, with Err, which is [ErrNoAuth] or a
// [*ReplyTooLargeError]. What is below it is left out. The first node has to be readable.
//
// With contents, each node is read with its data and its ACL, both and the stat of one
// moment. Without, it is its stat alone, and the servers are not asked for more.
func (c *Client) Survey(ctx context.Context, path string, maxDepth int, contents bool, visit func(Reading) error) error {
	if err := check(proto.OpGetChildren2.String(), path); err != nil {
		return err
	}
	read := c.readStats
	if contents {
		read = c.readNodes
	}
	return c.walk(ctx, path, maxDepth, visit, read)
}

// readNodes reads nodes with their ACLs and the names of their children. One that was
// changed between the two reads is read again, on its own.
func (c *Client) readNodes(ctx context.Context, paths []string) ([]Reading, error) {
	out, err := c.ReadMany(ctx, paths, true)
	if err != nil {
		return nil, err
	}
	acls := make([]*Pending[Access], len(out))
	for i, path := range paths {
		acls[i] = c.Async().ACL(ctx, path)
	}
	for i := range out {
		r := &out[i]
		if r.Err != nil {
			continue
		}
		acl, err := acls[i].Wait(ctx)
		if err == nil && unchanged(r.Stat, acl.Stat) {
			r.ACL = acl.ACL
			continue
		}
		if err == nil || ctx.Err() == nil && c.repeatable(err) {
			var node Node
			node, err = c.Node(ctx, r.Path)
			r.Data, r.ACL, r.Stat = node.Data, node.ACL, node.Stat
		}
		switch {
		case errors.Is(err, ErrNoNode), errors.Is(err, ErrNoAuth):
			*r = Reading{Path: r.Path, Err: err}
		case err != nil:
			return nil, err
		}
	}
	return out, nil
}
