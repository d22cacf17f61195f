package zk

import (
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
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
	fail := func(err error) error { return &Error{Op: proto.OpMulti.String(), Err: err} }
	if len(ops) == 0 {
		return nil, nil
	}
	req := &proto.MultiRequest{Ops: make([]proto.MultiOp, len(ops))}
	for i, op := range ops {
		m, err := c.multiOp(ctx, op)
		if err != nil {
			return nil, fail(&MultiError{Index: i, Op: op.kind.String(), Path: op.path, Err: err})
		}
		req.Ops[i] = m
	}
	reply, err := write(ctx, c, proto.OpMulti, "", req, func(ctx context.Context, seen int64, out *proto.MultiReply) (verdict, error) {
		return c.resolveMulti(ctx, req, seen, out)
	})
	if reply != nil {
		for i, r := range reply.Results {
			// The operations before the failed one are marked OK, those behind it as
			// inconsistent; so are all but one, whatever failed.
			if r.Op == proto.OpError && r.Err != proto.OK && r.Err != ErrRuntimeInconsistency && i < len(ops) {
				return nil, fail(&MultiError{Index: i, Op: ops[i].kind.String(), Path: ops[i].path, Err: r.Err})
			}
		}
	}
	if err != nil {
		return nil, err
	}
	if len(reply.Results) != len(ops) {
		return nil, fail(&conn.ProtocolError{Reason: "a transaction's reply has not one result for each operation"})
	}
	out := make([]OpResult, len(ops))
	for i, r := range reply.Results {
		out[i] = OpResult{Path: ops[i].path, Stat: r.Stat, HasStat: r.HasStat}
		if r.Path != "" {
			out[i].Path = c.unchrooted(r.Path)
		}
	}
	return out, nil
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
		return proto.MultiOp{Op: op.kind, Request: &proto.DeleteRequest{Path: full, Version: op.version}}, nil
	case proto.OpCheck:
		return proto.MultiOp{Op: op.kind, Request: &proto.CheckRequest{Path: full, Version: op.version}}, nil
	default:
		return proto.MultiOp{}, errors.New("the zero Op is no operation")
	}
}

// maxWitnesses bounds how many operations of a transaction are looked at, to tell whether
// it took effect.
const maxWitnesses = 32

// resolveMulti looks whether a transaction took effect: all of it did when one of its
// operations did. Creates and sets bear better witness than deletes, whose nodes somebody
// else may have removed.
func (c *Client) resolveMulti(ctx context.Context, req *proto.MultiRequest, seen int64, out *proto.MultiReply) (verdict, error) {
	touched := make(map[string]int)
	for _, op := range req.Ops {
		if op.Op != proto.OpCheck {
			touched[multiPath(op)]++
		}
	}
	if len(touched) == 0 {
		return notApplied, nil // checks alone have no effect: ask again
	}
	best, looked := unknown, 0
	for _, deletes := range []bool{false, true} {
		for _, op := range req.Ops {
			// What a path that is touched twice looks like does not tell of one operation.
			if op.Op == proto.OpCheck || (op.Op == proto.OpDelete) != deletes || touched[multiPath(op)] > 1 {
				continue
			}
			if looked == maxWitnesses {
				break
			}
			looked++
			v, zxid, err := c.witness(ctx, op, seen)
			if err != nil {
				return unknown, err
			}
			switch v {
			case applied:
				return applied, c.rebuildMulti(ctx, req, zxid, out)
			case notApplied:
				best = notApplied
			case unknown:
			}
		}
		if best != unknown {
			break
		}
	}
	return best, nil
}

func multiPath(op proto.MultiOp) string {
	switch r := op.Request.(type) {
	case *proto.CreateRequest:
		return r.Path
	case *proto.SetDataRequest:
		return r.Path
	case *proto.DeleteRequest:
		return r.Path
	case *proto.CheckRequest:
		return r.Path
	}
	return ""
}

// witness looks whether one operation of a transaction took effect, and in which
// transaction where that shows.
func (c *Client) witness(ctx context.Context, op proto.MultiOp, seen int64) (verdict, int64, error) {
	switch r := op.Request.(type) {
	case *proto.CreateRequest:
		var made proto.CreateReply
		v, err := c.resolveCreate(ctx, r, seen, &made)
		return v, made.Stat.Czxid, err
	case *proto.SetDataRequest:
		var stat Stat
		v, err := c.resolveSet(ctx, r, seen, &stat)
		return v, stat.Mzxid, err
	case *proto.DeleteRequest:
		v, err := c.resolveDelete(ctx, r.Path, seen)
		return v, 0, err
	}
	return unknown, 0, nil
}

// rebuildMulti fills in the results of a transaction that took effect as the zxid, from
// the nodes as they are now. All of a transaction's creates have its zxid, so that a
// sequential one is found among its likes.
func (c *Client) rebuildMulti(ctx context.Context, req *proto.MultiRequest, zxid int64, out *proto.MultiReply) error {
	out.Results = make([]proto.MultiResult, len(req.Ops))
	for i, op := range req.Ops {
		res := &out.Results[i]
		res.Op = op.Op
		switch r := op.Request.(type) {
		case *proto.CreateRequest:
			var made proto.CreateReply
			// All that had happened before the transaction is older than it.
			v, err := c.resolveCreate(ctx, r, zxid-1, &made)
			switch {
			case err != nil:
				return err
			case isSequential(r) && (v != applied || made.Stat.Czxid != zxid):
				return fmt.Errorf("the transaction took effect, but which node its sequential create %s made cannot be told", c.unchrooted(r.Path))
			case isSequential(r):
				res.Path = made.Path
			default:
				res.Path = r.Path
			}
			if made.HasStat && made.Stat.Czxid == zxid {
				res.Stat, res.HasStat = made.Stat, true
			}
		case *proto.SetDataRequest:
			stat, err := read[Stat](ctx, c, proto.OpExists, c.unchrooted(r.Path), &proto.PathWatchRequest{Path: r.Path})
			if err != nil && !errors.Is(err, ErrNoNode) {
				return err
			}
			if err == nil {
				res.Stat, res.HasStat = *stat, true
			}
		}
	}
	return nil
}
