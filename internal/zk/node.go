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
func check(op OpName, path string) error {
	if err := ValidatePath(path); err != nil {
		return &Error{Op: op, Path: path, Err: err}
	}
	return nil
}

// A pathRead is a read of a node, which may leave a watch.
type pathRead[R, T any] = operation[proto.PathWatchRequest, R, T]

// statAt reads the stat of a node by its path on the servers, which may be above the chroot.
func (c *Client) statAt(full string) pathRead[Stat, Stat] {
	return pathRead[Stat, Stat]{
		code: proto.OpExists, path: c.Unchroot(full), req: proto.PathWatchRequest{Path: full},
		result: stat,
	}
}

func (c *Client) exists(path string) pathRead[Stat, Existence] {
	return checked(path, pathRead[Stat, Existence]{
		code: proto.OpExists, req: proto.PathWatchRequest{Path: c.chrooted(path)}, orNone: true,
		result: func(_ *Client, out *Stat) (Existence, error) {
			return Existence{Exists: out.Czxid != 0, Stat: *out}, nil
		},
	})
}

// Exists returns the node's stat and true, or false when there is no such node.
func (c *Client) Exists(ctx context.Context, path string) (Stat, bool, error) {
	found, err := do(ctx, c, c.exists(path))
	return found.Stat, found.Exists, err
}

// getAt reads the data of a node by its path on the servers.
func (c *Client) getAt(full string) pathRead[proto.GetDataReply, Content] {
	return pathRead[proto.GetDataReply, Content]{
		code: proto.OpGetData, path: c.Unchroot(full), req: proto.PathWatchRequest{Path: full}, result: contentOf,
	}
}

func (c *Client) get(path string) pathRead[proto.GetDataReply, Content] {
	return checked(path, c.getAt(c.chrooted(path)))
}

func contentOf(_ *Client, out *proto.GetDataReply) (Content, error) {
	return Content{Data: out.Data, Stat: out.Stat}, nil
}

// Get returns the node's data and stat. The data is nil when the node was created with
// null data, which is not the same as empty.
func (c *Client) Get(ctx context.Context, path string) ([]byte, Stat, error) {
	got, err := do(ctx, c, c.get(path))
	return got.Data, got.Stat, err
}

// childrenAt reads the names of a node's children by its path on the servers.
func (c *Client) childrenAt(full string) pathRead[proto.GetChildrenReply, Names] {
	return pathRead[proto.GetChildrenReply, Names]{
		code: proto.OpGetChildren2, path: c.Unchroot(full), req: proto.PathWatchRequest{Path: full},
		result: func(_ *Client, out *proto.GetChildrenReply) (Names, error) {
			slices.Sort(out.Children)
			return Names{Children: out.Children, Stat: out.Stat}, nil
		},
	}
}

func (c *Client) children(path string) pathRead[proto.GetChildrenReply, Names] {
	return checked(path, c.childrenAt(c.chrooted(path)))
}

// Children returns the names of the node's children, sorted, and the node's stat.
func (c *Client) Children(ctx context.Context, path string) ([]string, Stat, error) {
	names, err := do(ctx, c, c.children(path))
	return names.Children, names.Stat, err
}

// aclAt reads the ACL of a node by its path on the servers.
func (c *Client) aclAt(full string) operation[proto.GetACLRequest, proto.GetACLReply, Access] {
	return operation[proto.GetACLRequest, proto.GetACLReply, Access]{
		code: proto.OpGetACL, path: c.Unchroot(full), req: proto.GetACLRequest{Path: full},
		result: func(_ *Client, out *proto.GetACLReply) (Access, error) {
			return Access{ACL: out.ACL, Stat: out.Stat}, nil
		},
	}
}

func (c *Client) acl(path string) operation[proto.GetACLRequest, proto.GetACLReply, Access] {
	return checked(path, c.aclAt(c.chrooted(path)))
}

// ACL returns the node's ACL and stat. Since 3.5.5 a server shows a reader without the
// permission ADMIN "x" instead of the hash of a digest.
func (c *Client) ACL(ctx context.Context, path string) ([]ACL, Stat, error) {
	got, err := do(ctx, c, c.acl(path))
	return got.ACL, got.Stat, err
}

// syncAt waits for what the leader had committed; full is the path on the servers.
func syncAt(path, full string) operation[proto.SyncRequest, noBody, struct{}] {
	return operation[proto.SyncRequest, noBody, struct{}]{
		code: proto.OpSync, path: path, req: proto.SyncRequest{Path: full}, result: nothing,
	}
}

func (c *Client) sync(path string) operation[proto.SyncRequest, noBody, struct{}] {
	o := checked(path, syncAt(path, c.chrooted(path)))
	o.inside = false // it need not be there
	return o
}

// Sync waits until the server that the client is connected to has caught up with what the
// leader had committed: reads that follow see at least that. The node need not exist.
func (c *Client) Sync(ctx context.Context, path string) error {
	_, err := do(ctx, c, c.sync(path))
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
	if err := check(OpNameGet, path); err != nil {
		return Node{}, err
	}
	node, err := c.nodeAt(ctx, c.chrooted(path))
	node.Path = path
	if err == nil {
		c.sawInside()
	}
	return node, c.blameChroot(ctx, err)
}

// nodeAt is Node for a path on the servers, which may be above the chroot.
func (c *Client) nodeAt(ctx context.Context, full string) (Node, error) {
	path := c.Unchroot(full)
	tries := c.engine.Tries()
	for n := 1; ; n++ {
		r := c.askNode(ctx, full)
		node, call, err := r.await(ctx, c)
		if err == nil {
			return node, nil
		}
		r.drop()
		switch {
		case !errors.Is(err, errChanged):
			err = tries.Again(ctx, call, err)
		case n < nodeReads:
			err = nil
		}
		if err != nil {
			return Node{}, failure(call.Op.Name(), path, err)
		}
	}
}

// A nodeRead is a read of all that a node has, under way.
type nodeRead struct {
	get    *issued[proto.PathWatchRequest, proto.GetDataReply, Content]
	getACL *issued[proto.GetACLRequest, proto.GetACLReply, Access]
}

// askNode asks for a node's data and for its ACL, and does not wait.
func (c *Client) askNode(ctx context.Context, full string) nodeRead {
	return nodeRead{ahead(ctx, c, c.getAt(full)), ahead(ctx, c, c.aclAt(full))}
}

// errChanged is the error of a node that was changed between its two reads.
var errChanged = errors.New("the node changed each time that it was read; try again")

// await waits for both. With an error it tells which of the two has failed.
func (r nodeRead) await(ctx context.Context, c *Client) (Node, *conn.Call, error) {
	if _, err := c.engine.Await(ctx, &r.get.call); err != nil {
		return Node{}, &r.get.call, err
	}
	if _, err := c.engine.Await(ctx, &r.getACL.call); err != nil {
		return Node{}, &r.getACL.call, err
	}
	data, acl := r.get.out, r.getACL.out
	if !unchanged(data.Stat, acl.Stat) {
		return Node{}, &r.get.call, errChanged
	}
	return Node{Path: r.get.op.path, Data: data.Data, ACL: acl.ACL, Stat: acl.Stat}, nil, nil
}

// drop takes back what has not been sent.
func (r nodeRead) drop() {
	r.get.drop()
	r.getACL.drop()
}

// unchanged reports whether a node's data and ACL are the same at both stats. Children may
// have come and gone.
func unchanged(a, b Stat) bool {
	return a.Czxid == b.Czxid && a.Mzxid == b.Mzxid && a.Version == b.Version && a.Aversion == b.Aversion
}

// Set replaces the node's data when it has the version, and returns its new stat. The
// error is [ErrBadVersion] when somebody else changed it.
func (c *Client) Set(ctx context.Context, path string, data []byte, version int32) (Stat, error) {
	return do(ctx, c, c.set(path, data, version))
}

func (c *Client) set(path string, data []byte, version int32) operation[proto.SetDataRequest, Stat, Stat] {
	return checked(path, operation[proto.SetDataRequest, Stat, Stat]{
		code: proto.OpSetData, req: proto.SetDataRequest{Path: c.chrooted(path), Data: data, Version: version},
		lost: resolveSet, result: stat,
	})
}

func stat(_ *Client, out *Stat) (Stat, error) { return *out, nil }

// SetACL replaces the node's ACL when the ACL has the version (Stat.Aversion), and returns
// the node's new stat.
func (c *Client) SetACL(ctx context.Context, path string, acl []ACL, aversion int32) (Stat, error) {
	return do(ctx, c, c.setACL(path, acl, aversion))
}

func (c *Client) setACL(path string, acl []ACL, aversion int32) operation[proto.SetACLRequest, Stat, Stat] {
	return checked(path, operation[proto.SetACLRequest, Stat, Stat]{
		code: proto.OpSetACL, req: proto.SetACLRequest{Path: c.chrooted(path), ACL: acl, Version: aversion},
		lost: resolveSetACL, result: stat,
	})
}

// Delete removes the node when it has the version. The error is [ErrNotEmpty] when it has
// children; see [Client.DeleteTree]. "/" is refused.
//
// When the reply is lost and the node is gone, and a child of its parent's has gone since,
// that is taken for success, even if somebody else was faster.
func (c *Client) Delete(ctx context.Context, path string, version int32) error {
	_, err := do(ctx, c, c.delete(path, version))
	return err
}

func (c *Client) delete(path string, version int32) operation[proto.DeleteRequest, noBody, struct{}] {
	o := checked(path, operation[proto.DeleteRequest, noBody, struct{}]{
		code: proto.OpDelete, req: proto.DeleteRequest{Path: c.chrooted(path), Version: version},
		lost: resolveDelete, result: nothing,
	})
	if path == "/" {
		o.err = errOwnNodes
	}
	return o
}

// errOwnNodes refuses to delete "/" and what is the servers' own; inside a chroot "/" is
// the chroot itself.
var errOwnNodes = fmt.Errorf("%w: / and /zookeeper are not deleted", ErrBadArguments)
