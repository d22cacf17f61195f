package zk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// A Reading is what ReadMany found of one node.
type Reading struct {
	// Path is the node's, as it was asked for.
	Path string
	// Data and Stat are the node's; Data is nil for null.
	Data []byte
	Stat Stat
	// Children are the names of its children, sorted, where they were asked for.
	Children []string
	// Err is why the node could not be read, [ErrNoNode] for one; nil for one that was.
	Err error
}

// inFlight is how many requests ReadMany keeps on their way.
const inFlight = 16

// ReadMany reads the data and the stats of many nodes, and their children where that is
// asked for. It returns a Reading for each, in the order of the paths: that one node
// cannot be read does not keep the others from it. Nodes that change meanwhile may be read
// at different moments.
//
// Servers of 3.6 and later are asked for many nodes with each request, so many that
// neither the request nor the reply can be larger than the configured limits allow; older
// ones for one. Several requests are on their way at once.
func (c *Client) ReadMany(ctx context.Context, paths []string, children bool) ([]Reading, error) {
	for _, path := range paths {
		if err := check(proto.OpGetData.String(), path); err != nil {
			return nil, err
		}
	}
	if len(paths) == 0 {
		return nil, nil
	}
	version, err := c.serverVersion(ctx)
	if _, unknown := errors.AsType[*versionUnknownError](err); err != nil && !unknown {
		return nil, &Error{Op: proto.OpMultiRead.String(), Path: paths[0], Err: err}
	}
	out := make([]Reading, len(paths))
	for i, path := range paths {
		out[i].Path = path
	}
	if err != nil || version.Less(Version{3, 6, 0}) {
		return out, c.readEach(ctx, out, children)
	}
	return out, c.readBatches(ctx, out, children)
}

// batches splits readings so that no request and no reply can be over its limit. A node's
// data takes MaxBufferBytes at most, since it came in a request.
func (c *Client) batches(out []Reading, children bool) [][]Reading {
	most := max(1, c.cfg.MaxReplyBytes/c.cfg.MaxBufferBytes)
	reads := 1
	if children {
		reads, most = 2, max(1, most/2)
	}
	var batches [][]Reading
	base := len(proto.RequestHeader{}.AppendTo(nil)) + proto.MultiHeaderSize
	from, size := 0, base
	for i := range out {
		need := reads * (proto.MultiHeaderSize + len((&proto.PathWatchRequest{Path: c.chrooted(out[i].Path)}).AppendTo(nil)))
		if i > from && (i-from >= most || size+need > c.cfg.MaxBufferBytes) {
			batches = append(batches, out[from:i])
			from, size = i, base
		}
		size += need
	}
	return append(batches, out[from:])
}

// readBatches reads with multiRead.
func (c *Client) readBatches(ctx context.Context, out []Reading, children bool) error {
	batches := c.batches(out, children)
	calls := make([]*conn.Call, len(batches))
	requests := make([]*proto.MultiRequest, len(batches))
	replies := make([]proto.MultiReadReply, len(batches))
	defer c.withdrawAll(calls)
	sent := 0
	for i, batch := range batches {
		for ; sent < len(batches) && sent < i+inFlight; sent++ {
			requests[sent] = c.multiRead(batches[sent], children)
			replies[sent].Want = len(requests[sent].Ops)
			calls[sent] = conn.NewCall(proto.OpMultiRead, requests[sent], &replies[sent])
			c.submit(ctx, calls[sent])
		}
		_, err := c.await(ctx, calls[i])
		reply := &replies[i]
		if err != nil && ctx.Err() == nil && c.repeatable(err) {
			want := len(requests[i].Ops)
			reply, err = readInto(ctx, c, proto.OpMultiRead, batch[0].Path, requests[i], func() *proto.MultiReadReply { return &proto.MultiReadReply{Want: want} })
		}
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				err = &Error{Op: proto.OpMultiRead.String(), Path: batch[0].Path, Err: err}
			}
			return err
		}
		if err := fill(batch, reply.Results, children); err != nil {
			return &Error{Op: proto.OpMultiRead.String(), Path: batch[0].Path, Err: err}
		}
		replies[i] = proto.MultiReadReply{}
	}
	return nil
}

func (c *Client) multiRead(batch []Reading, children bool) *proto.MultiRequest {
	req := &proto.MultiRequest{Ops: make([]proto.MultiOp, 0, 2*len(batch))}
	for i := range batch {
		node := &proto.PathWatchRequest{Path: c.chrooted(batch[i].Path)}
		req.Ops = append(req.Ops, proto.MultiOp{Op: proto.OpGetData, Request: node})
		if children {
			req.Ops = append(req.Ops, proto.MultiOp{Op: proto.OpGetChildren, Request: node})
		}
	}
	return req
}

// fill puts the results of a multiRead into the readings that it was for.
func fill(batch []Reading, results []proto.MultiReadResult, children bool) error {
	reads := 1
	if children {
		reads = 2
	}
	if len(results) != reads*len(batch) {
		return &conn.ProtocolError{Reason: fmt.Sprintf("%d results of %d reads", len(results), reads*len(batch))}
	}
	for i := range batch {
		r := &batch[i]
		data := results[reads*i]
		if !answers(data, proto.OpGetData) || children && !answers(results[reads*i+1], proto.OpGetChildren) {
			return &conn.ProtocolError{Reason: "a multiRead's reply has other results than were asked for"}
		}
		r.Data, r.Stat = data.Data, data.Stat
		code, op := data.Err, proto.OpGetData
		if children {
			names := results[reads*i+1]
			r.Children = names.Children
			slices.Sort(r.Children)
			if code == proto.OK {
				code, op = names.Err, proto.OpGetChildren2
			}
		}
		if code != proto.OK {
			*r = Reading{Path: r.Path, Err: &Error{Op: op.String(), Path: r.Path, Err: code}}
		}
	}
	return nil
}

// answers tells whether a result is one of the read, or says why there is none.
func answers(r proto.MultiReadResult, op proto.Op) bool {
	return r.Op == op || r.Op == proto.OpError && r.Err != proto.OK
}

// readEach reads with one request for the data of each node, and one for its children.
func (c *Client) readEach(ctx context.Context, out []Reading, children bool) error {
	calls := make([]*conn.Call, 2*len(out))
	data := make([]proto.GetDataReply, len(out))
	names := make([]proto.GetChildrenReply, len(out))
	defer c.withdrawAll(calls)
	sent := 0
	for i := range out {
		for ; sent < len(out) && sent < i+window; sent++ {
			node := &proto.PathWatchRequest{Path: c.chrooted(out[sent].Path)}
			calls[2*sent] = conn.NewCall(proto.OpGetData, node, &data[sent])
			c.submit(ctx, calls[2*sent])
			if children {
				calls[2*sent+1] = conn.NewCall(proto.OpGetChildren2, node, &names[sent])
				c.submit(ctx, calls[2*sent+1])
			}
		}
		r := &out[i]
		_, err := c.await(ctx, calls[2*i])
		r.Data, r.Stat = data[i].Data, data[i].Stat
		if err == nil && children {
			_, err = c.await(ctx, calls[2*i+1])
			r.Children = names[i].Children
			slices.Sort(r.Children)
		}
		if err != nil && ctx.Err() == nil && c.repeatable(err) {
			r.Data, r.Stat, err = c.Get(ctx, r.Path)
			if err == nil && children {
				r.Children, _, err = c.Children(ctx, r.Path)
			}
		}
		code, ofServer := errors.AsType[ErrCode](err)
		switch {
		case err == nil:
		case ofServer && !c.repeatable(code):
			*r = Reading{Path: r.Path, Err: &Error{Op: proto.OpGetData.String(), Path: r.Path, Err: code}}
		default:
			if _, ok := errors.AsType[*Error](err); !ok {
				err = &Error{Op: proto.OpGetData.String(), Path: r.Path, Err: err}
			}
			return err
		}
	}
	return nil
}

// withdrawAll takes back what has not been sent, for a caller that gives up.
func (c *Client) withdrawAll(calls []*conn.Call) {
	for _, call := range calls {
		if call == nil {
			continue
		}
		select {
		case <-call.Done():
		default:
			c.withdraw(call)
		}
	}
}

// Walk reads the node and everything below it, each node behind its parent and siblings
// by their names, and calls visit with each. maxDepth bounds how far below the node it
// goes: 0 is the node alone, negative everything. A node that is gone by the time that it
// is read is left out, the first apart. An error of visit ends the walk and is returned.
func (c *Client) Walk(ctx context.Context, path string, maxDepth int, visit func(Reading) error) error {
	level := []string{path}
	for depth := 0; len(level) > 0; depth++ {
		last := maxDepth >= 0 && depth == maxDepth
		readings, err := c.ReadMany(ctx, level, true)
		if err != nil {
			return err
		}
		level = level[:0:0]
		for _, r := range readings {
			switch {
			case errors.Is(r.Err, ErrNoNode) && depth > 0:
				continue
			case r.Err != nil:
				return r.Err
			}
			if err := visit(r); err != nil {
				return err
			}
			if last {
				continue
			}
			for _, name := range r.Children {
				level = append(level, child(r.Path, name))
			}
		}
	}
	return nil
}
