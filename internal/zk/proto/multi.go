package proto

import (
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/jute"
)

// MultiOp is one operation of a multi: a *CreateRequest, *DeleteRequest,
// *SetDataRequest or *CheckRequest with its code.
type MultiOp struct {
	Op      OpCode
	Request interface{ AppendTo(dst []byte) []byte }
}

// Path is that of the node that the operation is about, as it was asked for: of a sequential
// create without the number.
func (op MultiOp) Path() string {
	switch r := op.Request.(type) {
	case *CreateRequest:
		return r.Path
	case *DeleteRequest:
		return r.Path
	case *SetDataRequest:
		return r.Path
	case *CheckRequest:
		return r.Path
	}
	return ""
}

// CheckRequest makes a multi fail unless the node is there with the version. Its result
// has no body.
type CheckRequest struct {
	Path    string
	Version int32
}

// AppendTo appends the record.
func (q *CheckRequest) AppendTo(dst []byte) []byte {
	return jute.AppendInt(jute.AppendString(dst, q.Path), q.Version)
}

// MultiRequest is several operations that take effect together or not at all
// (MultiTransactionRecord.java).
type MultiRequest struct{ Ops []MultiOp }

// AppendTo appends the record: each operation after a header, and a header that ends
// the list.
func (q *MultiRequest) AppendTo(dst []byte) []byte {
	for i, op := range q.Ops {
		at := len(dst)
		dst = appendMultiHeader(dst, op.Op, false)
		dst = op.Request.AppendTo(dst)
		if i == 0 {
			// The others are mostly like the first. To grow with each of them copies the
			// beginning again and again.
			rest := (len(dst)-at)*(len(q.Ops)-1) + MultiHeaderSize
			dst = slices.Grow(dst, min(rest, largestGuess))
		}
	}
	return appendMultiHeader(dst, OpError, true)
}

// largestGuess bounds the memory for operations that have not been looked at: no server takes
// a larger request by default.
const largestGuess = 1 << 20

func appendMultiHeader(dst []byte, op OpCode, done bool) []byte {
	dst = jute.AppendInt(dst, int32(op))
	dst = jute.AppendBool(dst, done)
	return jute.AppendInt(dst, -1)
}

// MultiHeaderSize is the size in bytes of the header in front of each operation and at
// the end.
const MultiHeaderSize = 4 + 1 + 4

// MultiResult is what became of one operation of a multi.
type MultiResult struct {
	// Op is the code of the reply, which is not always that of the request: create2 is
	// answered as create, without a Stat, before 3.7.2, 3.8.2 and 3.9.0, and container
	// and TTL creates are answered as create2. OpError when the multi failed.
	Op OpCode
	// Err is, in a multi that failed, the code of this operation: OK for one that was
	// rolled back, ErrRuntimeInconsistency for one that was not tried.
	Err ErrCode
	// Path is what a create made.
	Path string
	// Stat is a set's, and a create's when HasStat.
	Stat    Stat
	HasStat bool
}

// MultiReply answers a MultiRequest, with one result for each operation, in its order.
type MultiReply struct {
	// Asked are the operations sent. It is not a part of the record, and bounds how many results
	// are decoded: a result takes far more memory than bytes on the wire.
	Asked   []MultiOp
	Results []MultiResult
	// Zxid is the transaction, and Seen the latest that was known when the request was
	// submitted. Neither is a part of the record: the client fills them in.
	Zxid, Seen int64
}

// Refused reports whether the servers have refused the transaction: nothing of it was done.
func (p *MultiReply) Refused() bool {
	return slices.ContainsFunc(p.Results, func(res MultiResult) bool { return res.Op == OpError })
}

// Decode fills p from r.
func (p *MultiReply) Decode(r *jute.Reader) {
	p.Results = slices.Grow(p.Results, min(len(p.Asked), r.Remaining()/MultiHeaderSize))
	for {
		op := OpCode(r.Int())
		done := r.Bool()
		r.Int() // an error code again, the same as in the body
		if done || r.Err() != nil {
			return
		}
		if len(p.Results) == len(p.Asked) {
			r.Fail(fmt.Errorf("proto: a multi's reply holds more than the %d results asked for", len(p.Asked)))
			return
		}
		res := MultiResult{Op: op}
		switch op {
		case OpCreate:
			res.Path = r.String()
		case OpCreate2, OpCreateContainer, OpCreateTTL:
			res.Path = r.String()
			res.Stat.Decode(r)
			res.HasStat = true
		case OpSetData:
			res.Stat.Decode(r)
			res.HasStat = true
		case OpDelete, OpCheck:
		case OpError:
			res.Err = ErrCode(r.Int())
		default:
			r.Fail(fmt.Errorf("proto: a multi's reply holds the unknown operation %d", int32(op)))
		}
		if r.Err() != nil {
			return
		}
		p.Results = append(p.Results, res)
	}
}
