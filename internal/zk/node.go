package zk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// Stat is what the servers keep about a node.
type Stat = proto.Stat

// AnyVersion as the version of a set, a delete or a setACL fits whatever version the node
// has: the write is unconditional.
const AnyVersion int32 = -1

// check returns the error of an operation on a path that is not valid.
func check(op, path string) error {
	if err := ValidatePath(path); err != nil {
		return &Error{Op: op, Path: path, Err: err}
	}
	return nil
}

// Exists returns the node's stat and true, or false when there is no such node.
func (c *Client) Exists(ctx context.Context, path string) (Stat, bool, error) {
	if err := check(proto.OpExists.String(), path); err != nil {
		return Stat{}, false, err
	}
	stat, err := read[Stat](ctx, c, proto.OpExists, path, proto.PathWatchRequest{Path: c.chrooted(path)})
	if errors.Is(err, ErrNoNode) {
		return Stat{}, false, nil
	}
	if err != nil {
		return Stat{}, false, err
	}
	return *stat, true, nil
}

// Get returns the node's data and stat. The data is nil when the node was created with
// null data, which is not the same as empty.
func (c *Client) Get(ctx context.Context, path string) ([]byte, Stat, error) {
	if err := check(proto.OpGetData.String(), path); err != nil {
		return nil, Stat{}, err
	}
	r, err := read[proto.GetDataReply](ctx, c, proto.OpGetData, path, proto.PathWatchRequest{Path: c.chrooted(path)})
	if err != nil {
		return nil, Stat{}, err
	}
	return r.Data, r.Stat, nil
}

// Children returns the names of the node's children, sorted, and the node's stat.
func (c *Client) Children(ctx context.Context, path string) ([]string, Stat, error) {
	if err := check(proto.OpGetChildren2.String(), path); err != nil {
		return nil, Stat{}, err
	}
	r, err := read[proto.GetChildrenReply](ctx, c, proto.OpGetChildren2, path, proto.PathWatchRequest{Path: c.chrooted(path)})
	if err != nil {
		return nil, Stat{}, err
	}
	slices.Sort(r.Children)
	return r.Children, r.Stat, nil
}

// ACL returns the node's ACL and stat. Since 3.5.5 a server shows a reader without the
// permission ADMIN "x" in the place of the hash of a digest.
func (c *Client) ACL(ctx context.Context, path string) ([]ACL, Stat, error) {
	if err := check(proto.OpGetACL.String(), path); err != nil {
		return nil, Stat{}, err
	}
	r, err := read[proto.GetACLReply](ctx, c, proto.OpGetACL, path, proto.GetACLRequest{Path: c.chrooted(path)})
	if err != nil {
		return nil, Stat{}, err
	}
	return r.ACL, r.Stat, nil
}

// Sync waits until the server that the client is connected to has caught up with what the
// leader had committed: reads that follow see at least that. The node need not exist.
func (c *Client) Sync(ctx context.Context, path string) error {
	if err := check(proto.OpSync.String(), path); err != nil {
		return err
	}
	_, err := read[noBody](ctx, c, proto.OpSync, path, proto.SyncRequest{Path: c.chrooted(path)})
	return err
}

// Node is all that the servers keep of a node but its children's names.
type Node struct {
	// Path is the path that it was asked for with.
	Path string
	// Data is nil when the node was created with null data.
	Data []byte
	// ACL is its access control list.
	ACL []ACL
	// Stat belongs to Data and ACL: both were read at this state of the node.
	Stat Stat
}

// nodeReads bounds how often Node reads a node that changes between its two reads.
const nodeReads = 100

// Node returns the node's data, ACL and stat as they were at one moment. It takes one
// round trip, and another one for each change that falls in between.
func (c *Client) Node(ctx context.Context, path string) (Node, error) {
	if err := check(proto.OpGetData.String(), path); err != nil {
		return Node{}, err
	}
	node, err := c.nodeAt(ctx, c.chrooted(path))
	node.Path = path
	return node, err
}

// nodeAt is Node for a path on the servers, which may be above the chroot.
func (c *Client) nodeAt(ctx context.Context, full string) (Node, error) {
	path := c.Unchroot(full)
	r := c.cfg.Retry.begin()
	for n := 1; ; n++ {
		var data proto.GetDataReply
		var acl proto.GetACLReply
		get := conn.NewCall(proto.OpGetData, &proto.PathWatchRequest{Path: full}, &data)
		getACL := conn.NewCall(proto.OpGetACL, &proto.GetACLRequest{Path: full}, &acl)
		c.submit(ctx, get)
		c.submit(ctx, getACL)
		_, err := c.await(ctx, get)
		op := get.Op
		if err == nil {
			_, err = c.await(ctx, getACL)
			op = getACL.Op
		} else {
			c.withdraw(getACL)
		}
		if err == nil {
			if unchanged(data.Stat, acl.Stat) {
				return Node{Path: path, Data: data.Data, ACL: acl.ACL, Stat: acl.Stat}, nil
			}
			if n == nodeReads {
				return Node{}, &Error{Op: get.Op.String(), Path: path, Err: errors.New("the node changed each time that it was read; try again")}
			}
			continue
		}
		if err = c.again(ctx, &r, op, path, err); err != nil {
			return Node{}, &Error{Op: op.String(), Path: path, Err: err}
		}
	}
}

// unchanged tells whether a node's data and ACL are the same at both stats. Children may
// have come and gone.
func unchanged(a, b Stat) bool {
	return a.Czxid == b.Czxid && a.Mzxid == b.Mzxid && a.Version == b.Version && a.Aversion == b.Aversion
}

// Set replaces the node's data when it has the version, and returns its new stat. The
// error is [ErrBadVersion] when somebody else changed it.
func (c *Client) Set(ctx context.Context, path string, data []byte, version int32) (Stat, error) {
	if err := check(proto.OpSetData.String(), path); err != nil {
		return Stat{}, err
	}
	req := &proto.SetDataRequest{Path: c.chrooted(path), Data: data, Version: version}
	stat, err := write(ctx, c, proto.OpSetData, path, req, Stat{}, resolveSet)
	if err != nil {
		return Stat{}, err
	}
	return *stat, nil
}

// SetACL replaces the node's ACL when the ACL has the version (Stat.Aversion), and returns
// the node's new stat.
func (c *Client) SetACL(ctx context.Context, path string, acl []ACL, aversion int32) (Stat, error) {
	if err := check(proto.OpSetACL.String(), path); err != nil {
		return Stat{}, err
	}
	req := &proto.SetACLRequest{Path: c.chrooted(path), ACL: acl, Version: aversion}
	stat, err := write(ctx, c, proto.OpSetACL, path, req, Stat{}, resolveSetACL)
	if err != nil {
		return Stat{}, err
	}
	return *stat, nil
}

// Delete removes the node when it has the version. The error is [ErrNotEmpty] when it has
// children; see [Client.DeleteTree]. "/" is refused.
//
// When the reply is lost and the node is gone, and a child of its parent's has gone since,
// that is taken for success, even if somebody else was faster.
func (c *Client) Delete(ctx context.Context, path string, version int32) error {
	req, err := c.deleteRequest(path, version)
	if err != nil {
		return err
	}
	_, err = write(ctx, c, proto.OpDelete, path, req, noBody{}, resolveDelete)
	return err
}

func (c *Client) deleteRequest(path string, version int32) (*proto.DeleteRequest, error) {
	if err := check(proto.OpDelete.String(), path); err != nil {
		return nil, err
	}
	if path == "/" {
		return nil, &Error{Op: proto.OpDelete.String(), Path: path, Err: errOwnNodes}
	}
	return &proto.DeleteRequest{Path: c.chrooted(path), Version: version}, nil
}

// errOwnNodes refuses to delete "/" and what is the servers' own; inside a chroot "/" is
// the chroot itself.
var errOwnNodes = fmt.Errorf("%w: / and /zookeeper are not deleted", ErrBadArguments)
