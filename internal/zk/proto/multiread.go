package proto

import (
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/jute"
)

// OpGetChildren is the children without the stat: the one that a multiRead takes.
const OpGetChildren OpCode = 8

// MultiReadResult is what became of one read of a multiRead.
type MultiReadResult struct {
	// Op is the code of the read, or OpError where it failed.
	Op OpCode
	// Err is OK, or why this read failed; the others do not fail with it.
	Err ErrCode
	// Data and Stat are an OpGetData's.
	Data []byte
	Stat Stat
	// Children are an OpGetChildren's.
	Children []string
}

// MultiReadReply answers OpMultiRead, whose request is a [MultiRequest] of OpGetData and
// OpGetChildren with a [PathWatchRequest] each. It holds a result for each, in order.
type MultiReadReply struct {
	// Want is how many results are decoded at most: that of the operations sent.
	Want    int
	Results []MultiReadResult
}

// Decode fills p from r.
func (p *MultiReadReply) Decode(r *jute.Reader) {
	p.Results = slices.Grow(p.Results, min(p.Want, r.Remaining()/MultiHeaderSize))
	for {
		op := OpCode(r.Int())
		done := r.Bool()
		r.Int() // an error code again, the same as in the body
		if done || r.Err() != nil {
			return
		}
		if len(p.Results) == p.Want {
			r.Fail(fmt.Errorf("proto: a multiRead's reply holds more than the %d results asked for", p.Want))
			return
		}
		res := MultiReadResult{Op: op}
		switch op {
		case OpGetData:
			res.Data = r.Buffer()
			res.Stat.Decode(r)
		case OpGetChildren:
			res.Children = names(r)
		case OpError:
			res.Err = ErrCode(r.Int())
		default:
			r.Fail(fmt.Errorf("proto: a multiRead's reply holds the unknown operation %d", int32(op)))
		}
		if r.Err() != nil {
			return
		}
		p.Results = append(p.Results, res)
	}
}
