package zk

import (
	"cmp"
	"context"
	"fmt"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// An Op is one operation of a transaction; see [CreateOp], [SetOp], [DeleteOp] and
// [CheckOp].
type Op struct {
	kind    proto.OpCode
	path    string
	data    []byte
	version int32
	create  CreateOptions
}

// CreateOp makes a node in a transaction. MakeParents is not possible there: name the
// parents as operations of their own, before their children.
func CreateOp(path string, data []byte, o CreateOptions) Op {
	return Op{kind: proto.OpCreate, path: path, data: data, create: o}
}

// SetOp replaces a node's data in a transaction, when it has the version.
func SetOp(path string, data []byte, version int32) Op {
	return Op{kind: proto.OpSetData, path: path, data: data, version: version}
}

// DeleteOp removes a node in a transaction, when it has the version.
func DeleteOp(path string, version int32) Op {
	return Op{kind: proto.OpDelete, path: path, version: version}
}

// CheckOp makes a transaction fail unless the node is there with the version.
func CheckOp(path string, version int32) Op {
	return Op{kind: proto.OpCheck, path: path, version: version}
}

// An OpResult is what one operation of a transaction did.
type OpResult struct {
	// Path is what a create made, with the number of a sequential one; the operation's own
	// path otherwise.
	Path string
	// Stat is the node's after a set, and after a create where HasStat is true.
	Stat    Stat
	HasStat bool
}

// Multi makes all operations take effect in their order, together, or none of them. It
// returns one result for each. When one fails, the error is a *MultiError that names it.
func (c *Client) Multi(ctx context.Context, ops ...Op) ([]OpResult, error) {
	out, _, err := c.multi(ctx, ops)
	return out, err
}

// multi is Multi that returns the zxid of the transaction as well. Where the reply was lost
// and the operations leave no trace of it, as deletes do, that is the latest that is known.
func (c *Client) multi(ctx context.Context, ops []Op) (results []OpResult, zxid int64, err error) {
	if len(ops) == 0 {
		return nil, 0, nil
	}
	if err := conn.ContextError(ctx); err != nil {
		return nil, 0, failure(OpNameMulti, "", err) // and none of its operations is to blame
	}
	results, out, err := answered(ctx, c, c.transaction(ctx, ops))
	if err != nil {
		return nil, 0, err
	}
	return results, cmp.Or(out.Zxid, c.Zxid()), nil
}

// transaction makes one of the operations. It waits for the server's version where one of them depends on that.
func (c *Client) transaction(ctx context.Context, ops []Op) operation[proto.MultiRequest, proto.MultiReply, []OpResult] {
	asked := make([]proto.MultiOp, len(ops))
	o := operation[proto.MultiRequest, proto.MultiReply, []OpResult]{
		code: proto.OpMulti, inside: true,
		req:   proto.MultiRequest{Ops: asked},
		blank: proto.MultiReply{Asked: asked},
		lost:  resolveMulti, result: multiResults, refused: refusedOp,
	}
	for i, op := range ops {
		if asked[i], o.err = c.record(ctx, op); o.err != nil {
			o.err = &MultiError{Index: i, Op: op.kind.Name(), Path: op.path, Err: o.err}
			break
		}
	}
	return o
}

// refusedOp names the operation that failed, where one has.
func refusedOp(c *Client, out *proto.MultiReply) error {
	for i, r := range out.Results {
		// The operations before the failed one are marked OK, those after it as
		// inconsistent; so are all but one, whatever failed.
		if r.Op == proto.OpError && r.Err != proto.OK && r.Err != ErrRuntimeInconsistency && i < len(out.Asked) {
			op := out.Asked[i]
			return &MultiError{Index: i, Op: op.Op.Name(), Path: c.Unchroot(op.Path()), Err: r.Err}
		}
	}
	return nil
}

// multiResults makes of a reply what each operation did.
func multiResults(c *Client, reply *proto.MultiReply) ([]OpResult, error) {
	if len(reply.Results) != len(reply.Asked) {
		return nil, c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: "a transaction's reply has not one result for each operation"})
	}
	out := make([]OpResult, len(reply.Asked))
	for i, r := range reply.Results {
		op := reply.Asked[i]
		// Names, because there are many codes for one create.
		if r.Op.Name() != op.Op.Name() {
			return nil, c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: fmt.Sprintf("a transaction's %v was answered as %v", op.Op, r.Op)})
		}
		made := op.Path()
		if r.Path != "" {
			if create, ok := op.Request.(*proto.CreateRequest); !ok || !create.Flags.Makes(create.Path, r.Path) {
				return nil, c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: "a transaction's create was answered with another node, " + shown.Text(r.Path)})
			}
			made = r.Path
		}
		out[i] = OpResult{Path: c.Unchroot(made), Stat: r.Stat, HasStat: r.HasStat}
	}
	return out, nil
}

// record makes the record of an operation.
func (c *Client) record(ctx context.Context, op Op) (m proto.MultiOp, err error) {
	switch op.kind {
	case proto.OpCreate:
		if op.create.MakeParents {
			return m, &argumentError{"a transaction makes no parents: name them as operations"}
		}
		o := c.create(ctx, op.path, op.data, op.create)
		req := o.req // and not all of the operation
		return proto.MultiOp{Op: o.code, Request: &req}, o.err
	case proto.OpSetData:
		o := c.set(op.path, op.data, op.version)
		req := o.req
		return proto.MultiOp{Op: o.code, Request: &req}, o.err
	case proto.OpDelete:
		o := c.delete(op.path, op.version)
		req := o.req
		return proto.MultiOp{Op: o.code, Request: &req}, o.err
	case proto.OpCheck:
		return proto.MultiOp{Op: op.kind, Request: &proto.CheckRequest{Path: c.chrooted(op.path), Version: op.version}}, ValidatePath(op.path)
	default:
		return m, &argumentError{"the zero Op is no operation"}
	}
}
