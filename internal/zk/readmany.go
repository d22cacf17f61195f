package zk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// A Reading is what ReadMany found of one node.
type Reading struct {
	// Path is the node's, as it was asked for.
	Path string
	// Data and Stat are the node's; Data is nil for null.
	Data []byte
	Stat Stat
	// ACL is the node's, where it was asked for.
	ACL []ACL
	// Children are the names of its children, sorted, where they were asked for.
	Children []string
	// Err is why the node could not be read, for example [ErrNoNode]; nil if it was read.
	Err error
}

const (
	// inFlight is how many requests for many nodes are on their way at once. The reply to
	// each may take MaxReplyBytes, which a server holds until they are read.
	inFlight = 4
	// mostInFlight is how many there are while the replies are so small that as many of them
	// are no larger than one may be: a server then never waits for this side.
	mostInFlight = 16
	// nodesAhead is for how many nodes requests for one are, and how many nodes a walk reads
	// before it visits them.
	nodesAhead = 256
	// mostRead is how many bytes a walk reads before it visits the nodes that they are of, and looks
	// whether it may go on. One node may have more.
	mostRead = 8 << 20
)

// A pace is how fast many nodes are read whose sizes nobody knows. It is kept from one part of a walk
// to the next.
type pace struct {
	// inFlight is how many requests may be on their way: few where replies are large.
	inFlight int
	// read counts the bytes that were read in this part.
	read int
}

// full takes in the sizes of nodes that were read, and reports whether to stop for now. A nil pace
// never does.
func (p *pace) full(readings ...Reading) bool {
	if p == nil {
		return false
	}
	size := 0
	for i := range readings {
		const header = 16 // of a string, which takes more than a short name itself
		size += readings[i].size() + header*len(readings[i].Children)
	}
	p.read += size
	if p.inFlight *= 2; size > 0 {
		p.inFlight = min(p.inFlight, mostRead*len(readings)/size)
	}
	p.inFlight = min(max(p.inFlight, inFlight), nodesAhead)
	return p.read > mostRead
}

// most is how many requests for one node each may be on their way.
func (p *pace) most() int {
	if p == nil {
		return nodesAhead
	}
	return p.inFlight
}

// ReadMany reads the data and the stats of many nodes, and their children where that is
// asked for. It returns a Reading for each, in the order of the paths: that one node
// cannot be read does not keep the others from it. Nodes that change meanwhile may be read
// at different moments.
//
// Servers of 3.6 and later are asked for many nodes with each request: for so many that the
// request fits into MaxBufferBytes, and that the reply fits into MaxReplyBytes if no node
// and no list of names takes more than MaxBufferBytes. Where a reply is larger all the same,
// which ends the connection, that request's nodes and those after them are asked for one by
// one, as from older servers; of these only a node that is too large on its own cannot be
// read ([*ReplyTooLargeError]). Several requests are on their way at once.
func (c *Client) ReadMany(ctx context.Context, paths []string, children bool) ([]Reading, error) {
	out, err := c.readMany(ctx, paths, children, nil)
	c.blameChrootFor(ctx, len(out), func(i int) *error { return &out[i].Err })
	return out, err
}

// readMany is [Client.ReadMany] that returns the first nodes alone where the pace says so.
func (c *Client) readMany(ctx context.Context, paths []string, children bool, p *pace) ([]Reading, error) {
	for _, path := range paths {
		if err := check(OpNameGet, path); err != nil {
			return nil, err
		}
	}
	if len(paths) == 0 {
		return nil, nil
	}
	version, known, err := c.engine.VersionSoon(ctx)
	if err != nil {
		return nil, &Error{Op: OpNameMultiRead, Path: paths[0], Err: err}
	}
	out := make([]Reading, len(paths))
	for i, path := range paths {
		out[i].Path = path
	}
	if !known || version.Less(engine.FeatureOf(proto.OpMultiRead).Since) {
		return c.readEach(ctx, out, true, children, p)
	}
	read, err := c.readBatches(ctx, out, children, p)
	_, old := errors.AsType[*VersionError](err)
	if _, unknown := errors.AsType[*VersionUnknownError](err); old || unknown {
		// The connection was lost meanwhile, and the next server is another.
		for i, path := range paths {
			out[i] = Reading{Path: path}
		}
		return c.readEach(ctx, out, true, children, p)
	}
	return read, err
}

// batches splits readings so that no request is over its limit, and no reply either whose
// parts are not larger than a request. A node's data came in one; of the names of its
// children that is a guess.
func (c *Client) batches(out []Reading, children bool) [][]Reading {
	most := max(1, c.cfg.MaxReplyBytes/c.cfg.MaxBufferBytes)
	reads := 1
	if children {
		reads, most = 2, max(1, most/2)
	}
	var batches [][]Reading
	var record []byte
	base := len(proto.RequestHeader{}.AppendTo(nil)) + proto.MultiHeaderSize
	from, size := 0, base
	for i := range out {
		record = (&proto.PathWatchRequest{Path: c.chrooted(out[i].Path)}).AppendTo(record[:0])
		need := reads * (proto.MultiHeaderSize + len(record))
		if i > from && (i-from >= most || size+need > c.cfg.MaxBufferBytes) {
			batches = append(batches, out[from:i])
			from, size = i, base
		}
		size += need
	}
	return append(batches, out[from:])
}

// readBatches reads with multiRead, and returns what it has read.
func (c *Client) readBatches(ctx context.Context, out []Reading, children bool, p *pace) ([]Reading, error) {
	batches := c.batches(out, children)
	done, most := 0, inFlight
	type read = *issued[proto.MultiRequest, proto.MultiReadReply, []proto.MultiReadResult]
	reads := window[read]{
		width: func() int { return most },
		send:  func(i int) read { return ahead(ctx, c, c.multiRead(batches[i], children)) },
		take: func(i int, sent read) error {
			batch := batches[i]
			results, err := taken(ctx, sent)
			if err == nil {
				err = fill(batch, results, children)
			}
			if err != nil {
				return err
			}
			done += len(batch)
			if p.full(batch...) {
				return errEnough
			}
			if contentSize(batch) > c.cfg.MaxReplyBytes/mostInFlight {
				most = inFlight
			} else {
				most = min(most+1, mostInFlight)
			}
			return nil
		},
		drop: read.drop,
	}
	i, err := reads.slide(ctx, len(batches))
	switch {
	case tooLarge(err):
		// The others on their way were lost with it. None of them is to come again.
		rest, err := c.readEach(ctx, out[done:], true, children, p)
		return out[:done+len(rest)], err
	case err != nil:
		return out, failure(OpNameMultiRead, batches[i][0].Path, err)
	}
	return out[:done], nil
}

// contentSize is how many bytes the data and the names are that were read.
func contentSize(batch []Reading) int {
	size := 0
	for i := range batch {
		size += batch[i].size()
	}
	return size
}

// size is how many bytes the data and the names are.
func (r *Reading) size() int {
	size := len(r.Data)
	for _, name := range r.Children {
		size += len(name)
	}
	return size
}

// multiRead reads many nodes in one request.
func (c *Client) multiRead(batch []Reading, children bool) operation[proto.MultiRequest, proto.MultiReadReply, []proto.MultiReadResult] {
	ops := make([]proto.MultiOp, 0, 2*len(batch))
	nodes := make([]proto.PathWatchRequest, len(batch))
	for i := range batch {
		node := &nodes[i]
		node.Path = c.chrooted(batch[i].Path)
		ops = append(ops, proto.MultiOp{Op: proto.OpGetData, Request: node})
		if children {
			ops = append(ops, proto.MultiOp{Op: proto.OpGetChildren, Request: node})
		}
	}
	return operation[proto.MultiRequest, proto.MultiReadReply, []proto.MultiReadResult]{
		code: proto.OpMultiRead, path: batch[0].Path,
		req:    proto.MultiRequest{Ops: ops},
		blank:  proto.MultiReadReply{Want: len(ops)},
		result: func(_ *Client, out *proto.MultiReadReply) ([]proto.MultiReadResult, error) { return out.Results, nil },
	}
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
			*r = Reading{Path: r.Path, Err: &Error{Op: op.Name(), Path: r.Path, Err: code}}
		}
	}
	return nil
}

// answers reports whether a result belongs to the read: it is that of the operation, or its error.
func answers(r proto.MultiReadResult, op proto.OpCode) bool {
	return r.Op == op || r.Op == proto.OpError && r.Err != proto.OK
}

// readEach reads with one request for the data of each node, where that is asked for, and
// one for its children. It returns what it has read.
func (c *Client) readEach(ctx context.Context, out []Reading, data, children bool, p *pace) ([]Reading, error) {
	reads := window[singleRead]{
		width: p.most,
		send: func(i int) (s singleRead) {
			if data {
				s.content = ahead(ctx, c, c.get(out[i].Path))
			}
			if children {
				s.names = ahead(ctx, c, c.children(out[i].Path))
			}
			return s
		},
		take: func(i int, s singleRead) error {
			r, err := s.taken(ctx)
			r.Path, r.Err = out[i].Path, err
			if code, ofServer := errors.AsType[ErrCode](err); err != nil && !tooLarge(err) && (!ofServer || c.engine.Repeatable(code)) {
				return err
			}
			if out[i] = r; err == nil && p.full(r) {
				return errEnough
			}
			return nil
		},
		drop: singleRead.drop,
	}
	n, err := reads.slide(ctx, len(out))
	if err != nil {
		op := OpNameChildren
		if data {
			op = OpNameGet
		}
		return out, failure(op, out[n].Path, err)
	}
	return out[:n], nil
}

// A singleRead is a read of one node, under way: of its data and of its children, or nil for what is not
// asked for.
type singleRead struct {
	content *issued[proto.PathWatchRequest, proto.GetDataReply, Content]
	names   *issued[proto.PathWatchRequest, proto.GetChildrenReply, Names]
}

// taken waits for what was asked for. The Reading holds nothing with an error.
func (s singleRead) taken(ctx context.Context) (r Reading, err error) {
	if s.content != nil {
		got, err := taken(ctx, s.content)
		if err != nil {
			return Reading{}, err
		}
		r.Data, r.Stat = got.Data, got.Stat
	}
	if s.names != nil {
		got, err := taken(ctx, s.names)
		if err != nil {
			return Reading{}, err
		}
		r.Children = got.Children
		if s.content == nil {
			r.Stat = got.Stat
		}
	}
	return r, nil
}

// drop takes back what has not been sent.
func (s singleRead) drop() {
	if s.content != nil {
		s.content.drop()
	}
	if s.names != nil {
		s.names.drop()
	}
}

// tooLarge reports whether a read failed because its own reply was too large, and not another
// one that ended their connection.
func tooLarge(err error) bool {
	_, large := errors.AsType[*ReplyTooLargeError](err)
	return large && !errors.Is(err, ErrConnectionLoss)
}
