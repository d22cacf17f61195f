package zk

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// An Op is one operation of a transaction; see [CreateOp], [SetOp], [DeleteOp] and
// [CheckOp].
type Op struct {
	kind    proto.Op
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
	// Stat is the node's behind a set, and behind a create where HasStat is true.
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
		return nil, 0, multiFailed(err) // and none of its operations is to blame
	}
	req, err := c.multiRequest(ctx, ops)
	if err != nil {
		return nil, 0, err
	}
	reply, err := write(ctx, c, proto.OpMulti, "", req, blankMulti(ops), resolveMulti)
	if results, err = c.multiResults(ops, reply, err); err != nil {
		return nil, 0, err
	}
	return results, cmp.Or(reply.Zxid, c.Zxid()), nil
}

func (c *Client) multiRequest(ctx context.Context, ops []Op) (*proto.MultiRequest, error) {
	req := &proto.MultiRequest{Ops: make([]proto.MultiOp, len(ops))}
	for i, op := range ops {
		m, err := c.multiOp(ctx, op)
		if err != nil {
			return nil, multiFailed(&MultiError{Index: i, Op: op.kind.String(), Path: op.path, Err: err})
		}
		req.Ops[i] = m
	}
	return req, nil
}

func blankMulti(ops []Op) proto.MultiReply { return proto.MultiReply{Want: len(ops)} }

func multiFailed(err error) error { return &Error{Op: proto.OpMulti.String(), Err: err} }

// multiResults makes of a reply, which may be there with an error too, what each operation
// did, or names the one that failed.
func (c *Client) multiResults(ops []Op, reply *proto.MultiReply, err error) ([]OpResult, error) {
	if reply != nil {
		for i, r := range reply.Results {
			// The operations before the failed one are marked OK, those behind it as
			// inconsistent; so are all but one, whatever failed.
			if r.Op == proto.OpError && r.Err != proto.OK && r.Err != ErrRuntimeInconsistency && i < len(ops) {
				return nil, multiFailed(&MultiError{Index: i, Op: ops[i].kind.String(), Path: ops[i].path, Err: r.Err})
			}
		}
	}
	if err != nil {
		return nil, err
	}
	if len(reply.Results) != len(ops) {
		return nil, multiFailed(c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: "a transaction's reply has not one result for each operation"}))
	}
	out := make([]OpResult, len(ops))
	for i, r := range reply.Results {
		// Names, because there are many codes for one create.
		if r.Op.String() != ops[i].kind.String() {
			return nil, multiFailed(c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: fmt.Sprintf("a transaction's %v was answered as %v", ops[i].kind, r.Op)}))
		}
		out[i] = OpResult{Path: ops[i].path, Stat: r.Stat, HasStat: r.HasStat}
		if r.Path != "" {
			if !c.makes(ops[i], r.Path) {
				return nil, multiFailed(c.outcomeUnknown(reply.Seen, &conn.ProtocolError{Reason: "a transaction's create was answered with another node, " + shown.Text(r.Path)}))
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

// multiOp makes the record of an operation.
func (c *Client) multiOp(ctx context.Context, op Op) (proto.MultiOp, error) {
	if op.kind == proto.OpCreate {
		if op.create.MakeParents {
			return proto.MultiOp{}, errors.New("a transaction makes no parents: name them as operations")
		}
		req, code, err := c.createRequest(ctx, op.path, op.data, op.create)
		return proto.MultiOp{Op: code, Request: req}, err
	}
	if err := ValidatePath(op.path); err != nil {
		return proto.MultiOp{}, err
	}
	full := c.chrooted(op.path)
	switch op.kind {
	case proto.OpSetData:
		return proto.MultiOp{Op: op.kind, Request: &proto.SetDataRequest{Path: full, Data: op.data, Version: op.version}}, nil
	case proto.OpDelete:
		if op.path == "/" {
			return proto.MultiOp{}, errOwnNodes
		}
		return proto.MultiOp{Op: op.kind, Request: &proto.DeleteRequest{Path: full, Version: op.version}}, nil
	case proto.OpCheck:
		return proto.MultiOp{Op: op.kind, Request: &proto.CheckRequest{Path: full, Version: op.version}}, nil
	default:
		return proto.MultiOp{}, errors.New("the zero Op is no operation")
	}
}
