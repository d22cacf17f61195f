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
	results, err = do(ctx, c, c.transaction(ctx, ops, &zxid))
	if err != nil {
		return nil, 0, err
	}
	return results, cmp.Or(zxid, c.Zxid()), nil
}

// transaction makes one of the operations. What it was on the servers is noted in zxid, unless that is nil.
// It waits for the server's version where one of the operations depends on that.
func (c *Client) transaction(ctx context.Context, ops []Op, zxid *int64) operation[proto.MultiRequest, proto.MultiReply, []OpResult] {
	o := operation[proto.MultiRequest, proto.MultiReply, []OpResult]{
		code: proto.OpMulti, inside: true,
		req:   proto.MultiRequest{Ops: make([]proto.MultiOp, len(ops))},
		blank: proto.MultiReply{Want: len(ops)},
		lost:  resolveMulti,
		result: func(c *Client, out *proto.MultiReply) ([]OpResult, error) {
			if zxid != nil {
				*zxid = out.Zxid
			}
			return c.multiResults(ops, out)
		},
		refused: func(_ *Client, out *proto.MultiReply) error { return refusedOp(ops, out) },
	}
	for i, op := range ops {
		if o.req.Ops[i], o.err = c.record(ctx, op); o.err != nil {
			o.err = &MultiError{Index: i, Op: op.kind.Name(), Path: op.path, Err: o.err}
			break
		}
	}
	return o
}

// refusedOp names the operation that failed, where one has.
func refusedOp(ops []Op, out *proto.MultiReply) error {
	for i, r := range out.Results {
		// The operations before the failed one are marked OK, those after it as
		// inconsistent; so are all but one, whatever failed.
		if r.Op == proto.OpError && r.Err != proto.OK && r.Err != ErrRuntimeInconsistency && i < len(ops) {
			return &MultiError{Index: i, Op: ops[i].kind.Name(), Path: ops[i].path, Err: r.Err}
		}
	}
	return nil
}

// multiResults makes of a reply what each operation did.
func (c *Client) multiResults(ops []Op, reply *proto.MultiReply) ([]OpResult, error) {
	if len(reply.Results) != len(ops) {
		return nil, c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: "a transaction's reply has not one result for each operation"})
	}
	out := make([]OpResult, len(ops))
	for i, r := range reply.Results {
		// Names, because there are many codes for one create.
		if r.Op.Name() != ops[i].kind.Name() {
			return nil, c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: fmt.Sprintf("a transaction's %v was answered as %v", ops[i].kind, r.Op)})
		}
		out[i] = OpResult{Path: ops[i].path, Stat: r.Stat, HasStat: r.HasStat}
		if r.Path != "" {
			if !c.makes(ops[i], r.Path) {
				return nil, c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: "a transaction's create was answered with another node, " + shown.Text(r.Path)})
			}
			out[i].Path = c.Unchroot(r.Path)
		}
	}
	return out, nil
}

// makes reports whether an operation can have made the node of the full path.
func (c *Client) makes(op Op, full string) bool {
	mode := modes[op.create.Mode]
	if mode.sequential {
		return mode.flags.Makes(c.prefixed(op.path), full)
	}
	return mode.flags.Makes(c.chrooted(op.path), full)
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
