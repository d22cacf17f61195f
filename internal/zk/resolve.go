package zk

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// verdict is what a look at the servers says of a write whose reply was lost.
type verdict int

const (
	// unknown: the server's state is consistent with both outcomes.
	unknown verdict = iota
	// applied: the server's state is what the write makes, has come since, and is no other call's
	// of this client. It is wrong only if another client made the same change
	// instead of this write.
	applied
	// likelyNot: the server's state differs from what the write makes, and has come since. It is
	// wrong only if that has replaced what the write had made.
	likelyNot
	// certainlyNot: the server's state is not consistent with the write having taken effect.
	certainlyNot
)

// String is the verdict as a log has it.
func (v verdict) String() string {
	switch v {
	case applied:
		return "it took effect"
	case likelyNot:
		return "it most likely did not take effect"
	case certainlyNot:
		return "it did not take effect"
	default:
		return "it cannot be told"
	}
}

func (v verdict) notApplied() bool { return v == likelyNot || v == certainlyNot }

// loss is what is known of a write whose reply was lost.
type loss struct {
	seen    int64 // the latest transaction that was known when it was submitted
	session int64 // the session that it was submitted in
	ticket  int64 // of the ledger, when it was submitted
}

// A resolver looks whether a write whose reply was lost took effect, and if it did fills
// in what the reply would have held.
type resolver[Q, R any] func(ctx context.Context, c *Client, req *Q, l loss, out *R) (verdict, error)

// A claim is a change that a call of this client has made: a transaction or, because servers
// keep no zxid of a setACL, the version of the ACL that it gave to the node which that
// transaction had made at the path.
type claim struct {
	zxid     int64
	path     string
	aversion int32
}

func aclClaim(path string, stat Stat) claim { return claim{stat.Czxid, path, stat.Aversion} }

// claims remembers what calls of this client are known to have done, so that two calls
// which ask for the same, and lose their replies, do not both take one change for theirs.
type claims struct {
	mu   sync.Mutex
	ring []claim // the oldest is forgotten first
	next int
}

// claimsKept is how many claims are remembered: far more than writes of one client are
// under way at once.
const claimsKept = 4096

// take notes a claim, and returns false when another call has it already.
func (cl *claims) take(made claim) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if slices.Contains(cl.ring, made) {
		return false
	}
	cl.note(made)
	return true
}

// note notes a claim that no other call can have. Every write does so, and few ever ask: it
// is where the time is not to be spent. mu is held.
func (cl *claims) note(made claim) {
	if len(cl.ring) < claimsKept {
		cl.ring = append(cl.ring, made)
		return
	}
	cl.ring[cl.next] = made
	cl.next = (cl.next + 1) % claimsKept
}

// has reports whether a call has the claim.
func (cl *claims) has(made claim) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return slices.Contains(cl.ring, made)
}

// since returns the transactions later than seen that calls have claimed, in ascending order.
func (cl *claims) since(seen int64) []int64 {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	var later []int64
	for _, made := range cl.ring {
		if made.path == "" && made.zxid > seen {
			later = append(later, made.zxid)
		}
	}
	slices.Sort(later)
	return slices.Compact(later)
}

// claim notes what a write has done whose reply has come. It runs as the call's Ended: what
// a connection has told is known before anybody looks for what was lost with it.
func (c *Client) claim(call *conn.Call) {
	if call.Err != nil {
		if w, ok := call.Note.(*writing); ok && unresolved(call.Err) {
			c.ledger.lose(call.Request, w)
		}
		return
	}
	if multi, ok := call.Reply.(*proto.MultiReply); ok && multi.Refused() {
		return
	}
	c.ledger.note(call.Request, call.Header.Zxid)
	c.claims.mu.Lock()
	defer c.claims.mu.Unlock()
	c.claims.note(claim{zxid: call.Header.Zxid})
	switch reply := call.Reply.(type) {
	case *Stat:
		if req, ok := call.Request.(*proto.SetACLRequest); ok {
			c.claims.note(aclClaim(req.Path, *reply))
		}
	case *proto.MultiReply:
		reply.Zxid, reply.Seen = call.Header.Zxid, call.Seen
	}
}

// forgetWrites forgets what the client's own writes were: their transactions mean something else now.
func (c *Client) forgetWrites() {
	c.claims.mu.Lock()
	c.claims.ring, c.claims.next = nil, 0
	c.claims.mu.Unlock()
	c.ledger.mu.Lock()
	c.ledger.accounts, c.ledger.deletions = nil, deletions{}
	c.ledger.mu.Unlock()
}

// claimed takes what a look finds for the write's own. Where another call has done so since
// the look began, it looks again: that it is not the write's is known then.
func (c *Client) claimed(look func() (verdict, claim, error)) (verdict, error) {
	for {
		v, made, err := look()
		if err != nil || v != applied || made == (claim{}) || c.claims.take(made) {
			return v, err
		}
	}
}

// absent judges a write where its node is not there: when no child of the nearest of its ancestors
// that is there has come or gone since, or none has been deleted by anybody else, the node was not
// there before either, and the write was refused. Where that ancestor has come since, as much has to be
// so of the one above it, and so on: there might have been another one before. Where the client itself has
// deleted the node since, or one above it, the write may have been done before.
func (c *Client) absent(ctx context.Context, full string, l loss, otherwise verdict) (verdict, error) {
	lowest := full
	if otherwise == applied {
		lowest = Parent(full) // of two deletions of this client of one node it is known which has done it
	}
	deleted := func() bool {
		return c.ledger.deletedSince(l.seen, func(gone string) bool {
			return gone == lowest || strings.HasPrefix(lowest, gone+"/")
		})
	}
	for full != "/" {
		full = Parent(full)
		above, err := do(ctx, c, c.statAt(full))
		switch {
		case errors.Is(err, ErrNoNode):
			continue
		case errors.Is(err, ErrNoAuth):
			return otherwise, nil
		case err != nil:
			return unknown, err
		case above.Pzxid <= l.seen:
			return certainlyNot, nil
		}
		yes, _, err := c.unharmed(ctx, full, above, l.ticket)
		switch {
		case err != nil:
			return unknown, err
		case !yes || deleted(): // in this order: what has been counted is remembered by now
			return otherwise, nil
		case above.Czxid <= l.seen:
			return certainlyNot, nil
		}
	}
	return otherwise, nil
}

// resolveSet looks whether a set took effect, and keeps other calls of this client from
// taking the change for theirs.
func resolveSet(ctx context.Context, c *Client, req *proto.SetDataRequest, l loss, out *Stat) (verdict, error) {
	return c.claimed(func() (verdict, claim, error) {
		v, err := c.lookForSet(ctx, req, l, out)
		return v, claim{zxid: out.Mzxid}, err
	})
}

// lookForSet looks whether a set took effect: the version is then the expected one plus
// one, and the data the same.
func (c *Client) lookForSet(ctx context.Context, req *proto.SetDataRequest, l loss, out *Stat) (verdict, error) {
	r, err := do(ctx, c, c.getAt(req.Path))
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, req.Path, l, unknown)
	case err != nil:
		return unknown, err
	}
	*out = r.Stat
	ours := bytes.Equal(r.Data, req.Data) && !c.claims.has(claim{zxid: r.Stat.Mzxid})
	switch {
	case r.Stat.Mzxid <= l.seen:
		return certainlyNot, nil
	case r.Stat.Czxid > l.seen:
		// Another node, whose versions began at 0. What became of the one before it
		// nobody can tell.
		return unknown, nil
	}
	return judgeVersion(req.Version, r.Stat.Version, ours), nil
}

// judgeVersion judges a write that was to replace the version expected, and put ours into
// its place, by the version that is there now, and whether that is ours.
func judgeVersion(expected, now int32, ours bool) verdict {
	switch {
	case expected == AnyVersion && ours:
		return applied
	case expected == AnyVersion, now > expected+1:
		// Somebody else wrote: before ours, in its place, or over it.
		return unknown
	case now == expected+1 && ours:
		return applied
	}
	return certainlyNot
}

// resolveSetACL looks whether a setACL took effect, as resolveSet does of a set. Servers
// keep no zxid of it.
func resolveSetACL(ctx context.Context, c *Client, req *proto.SetACLRequest, l loss, out *Stat) (verdict, error) {
	return c.claimed(func() (verdict, claim, error) {
		v, err := c.lookForSetACL(ctx, req, l, out)
		return v, aclClaim(req.Path, *out), err
	})
}

func (c *Client) lookForSetACL(ctx context.Context, req *proto.SetACLRequest, l loss, out *Stat) (verdict, error) {
	r, err := do(ctx, c, c.aclAt(req.Path))
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, req.Path, l, unknown)
	case err != nil:
		return unknown, err
	}
	*out = r.Stat
	if r.Stat.Czxid > l.seen {
		return unknown, nil
	}
	ours := aclStored(req.ACL, r.ACL, c.engine.Credentials()) && !c.claims.has(aclClaim(req.Path, r.Stat))
	return judgeVersion(req.Version, r.Stat.Aversion, ours), nil
}

// resolveDelete looks whether a delete took effect: the node is then gone, and its parent
// has lost a child. That somebody else deleted it shows the same.
func resolveDelete(ctx context.Context, c *Client, req *proto.DeleteRequest, l loss, _ *noBody) (verdict, error) {
	stat, err := do(ctx, c, c.statAt(req.Path))
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, req.Path, l, applied)
	case err != nil:
		return unknown, err
	case stat.Czxid > l.seen:
		// Made after the delete was submitted: behind its effect, or it came too late.
		return unknown, nil
	}
	return certainlyNot, nil
}

// resolveCreate looks whether a create took effect, and keeps other calls of this client
// from taking the node for theirs.
func resolveCreate(ctx context.Context, c *Client, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	return c.claimed(func() (verdict, claim, error) {
		v, err := c.lookForCreate(ctx, req, l, out)
		return v, claim{zxid: out.Stat.Czxid}, err
	})
}

func (c *Client) lookForCreate(ctx context.Context, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	if isSequential(req) {
		return c.lookForSequential(ctx, req, l, out)
	}
	return c.lookForNode(ctx, req, l, out)
}

func isSequential(req *proto.CreateRequest) bool {
	switch req.Flags {
	case proto.FlagPersistentSequential, proto.FlagEphemeralSequential, proto.FlagPersistentSequentialTTL:
		return true
	case proto.FlagPersistent, proto.FlagEphemeral, proto.FlagContainer, proto.FlagPersistentTTL:
	}
	return false
}

func isEphemeral(req *proto.CreateRequest) bool {
	return req.Flags == proto.FlagEphemeral || req.Flags == proto.FlagEphemeralSequential
}

// lookForNode looks whether the create made the node at its path: it is then there with the
// data and the ACL, version 0 and a czxid later than any that had been seen. Of an ephemeral
// node the owner is proof.
//
// A node that is not there has not been made, or has been deleted since: by somebody who
// may have done what it was made to ask for, so that a second one would ask for it twice.
func (c *Client) lookForNode(ctx context.Context, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	node, err := c.nodeAt(ctx, req.Path)
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, req.Path, l, unknown)
	case err != nil:
		return unknown, err
	}
	*out = proto.CreateReply{Path: req.Path, Stat: node.Stat, HasStat: true}
	return c.judgeNode(node, req, l), nil
}

// judgeNode judges a create by a node that is where it makes one.
func (c *Client) judgeNode(node Node, req *proto.CreateRequest, l loss) verdict {
	v := c.judgeStat(node.Stat, req, l)
	if v == applied && (!bytes.Equal(node.Data, req.Data) || !aclStored(req.ACL, node.ACL, c.engine.Credentials())) {
		return likelyNot
	}
	return v
}

// judgeStat judges a create by the stat alone: applied if the data and the ACL fit too.
func (c *Client) judgeStat(stat Stat, req *proto.CreateRequest, l loss) verdict {
	owner := stat.EphemeralOwner
	switch {
	case stat.Czxid <= l.seen:
		return certainlyNot
	case c.claims.has(claim{zxid: stat.Czxid}), isEphemeral(req) != (owner != 0), isEphemeral(req) && owner != l.session:
		return likelyNot
	case stat.Version > 0 || stat.Aversion > 0:
		return unknown // made since, and changed since: ours or not
	case int(stat.DataLength) != len(req.Data):
		return likelyNot
	}
	return applied
}

const (
	// maxCandidates bounds how many nodes of its prefix a sequential create is looked for
	// among.
	maxCandidates = 1 << 14
	// maxNamed bounds how many of them are told of when it cannot be told which one it is.
	maxNamed = 32
	// candidatesAhead is how many of them are read at once.
	candidatesAhead = 16
)

// lookForSequential looks for the node that a sequential create made: one of its prefix,
// made since, and as the create makes it. Where more than one fits, or where none does and
// there were others meanwhile, it cannot be told: no second node is ever made on a guess.
func (c *Client) lookForSequential(ctx context.Context, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	parent, prefix := cutPrefix(req.Path)
	r, err := do(ctx, c, c.childrenAt(parent))
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, parent, l, unknown)
	case err != nil:
		return unknown, err
	case r.Stat.Pzxid <= l.seen:
		return certainlyNot, nil // no child has come since
	}
	candidates := sequence(parent, prefix, r.Children)
	if len(candidates) > maxCandidates {
		return unknown, nil
	}
	var pass []error
	if grants(req.ACL, PermRead, c.engine.Credentials()) {
		pass = []error{ErrNoAuth} // what this client may not look at is not the node
	}
	stats, err := c.statsAt(ctx, candidates, pass...)
	if err != nil {
		return unknown, err
	}
	// Those that can be it; the few of which the stat leaves it open; and how many of them
	// somebody has changed since.
	var fit, open []string
	made := make(map[string]proto.CreateReply)
	doubts := 0
	for i, full := range candidates {
		switch c.judgeStat(stats[i], req, l) {
		case unknown:
			fit = append(fit, c.Unchroot(full))
			doubts++
		case applied:
			open = append(open, full)
		case likelyNot, certainlyNot:
		}
	}
	err = c.nodesAt(ctx, open, func(full string, node Node) {
		switch c.judgeNode(node, req, l) {
		case unknown:
			fit = append(fit, c.Unchroot(full))
			doubts++
		case applied:
			made[c.Unchroot(full)] = proto.CreateReply{Path: full, Stat: node.Stat, HasStat: true}
			fit = append(fit, c.Unchroot(full))
		case likelyNot, certainlyNot:
		}
	}, pass...)
	if err != nil {
		return unknown, err
	}
	slices.Sort(fit)
	if len(fit) > 0 {
		*out = made[fit[0]]
	}
	if len(fit) == 1 && doubts == 0 {
		return applied, nil
	}
	// Where nobody has deleted a child, this one's node is there, or has not been made. Of those that are
	// alike any will do, as long as there is another write of this client for each.
	yes, numbers, err := c.unharmed(ctx, parent, r.Stat, l.ticket)
	switch {
	case err != nil:
		return unknown, err
	case !yes || doubts > 0:
	case len(fit) == 0 && c.ledger.deletedSince(l.seen, func(gone string) bool {
		name, ok := strings.CutPrefix(gone, req.Path)
		return ok && IsSequenceNumber(name)
	}):
	case len(fit) == 0:
		return certainlyNot, nil
	case int32(len(fit)) <= numbers:
		return applied, nil
	}
	return unknown, &CandidatesError{Paths: fit[:min(len(fit), maxNamed)]}
}

// cutPrefix cuts the path that a sequential create is given into the parent's and the
// beginning of the name.
func cutPrefix(full string) (parent, prefix string) {
	slash := strings.LastIndexByte(full, '/')
	return full[:max(1, slash)], full[slash+1:]
}

// sequence returns the paths of those children whose name is the prefix and a number.
func sequence(parent, prefix string, children []string) []string {
	var paths []string
	for _, name := range children {
		if number, ok := strings.CutPrefix(name, prefix); ok && IsSequenceNumber(number) {
			paths = append(paths, Child(parent, name))
		}
	}
	return paths
}

// nodesAt reads many nodes at once and calls visit with each that is there, but for those
// whose error is among those to pass over.
func (c *Client) nodesAt(ctx context.Context, full []string, visit func(full string, node Node), pass ...error) error {
	reads := window[nodeRead]{
		width: always(candidatesAhead),
		send:  func(i int) nodeRead { return c.askNode(ctx, full[i]) },
		take: func(i int, r nodeRead) error {
			node, _, err := r.await(ctx, c)
			if err != nil && ctx.Err() == nil && (errors.Is(err, errChanged) || c.engine.Repeatable(err)) {
				node, err = c.nodeAt(ctx, full[i])
			}
			switch {
			case err == nil:
				visit(full[i], node)
			case !errors.Is(err, ErrNoNode) && !isAny(err, pass):
				return err
			}
			return nil
		},
		drop: nodeRead.drop,
	}
	_, err := reads.slide(ctx, len(full))
	return err
}

// maxWitnesses bounds how many operations of a transaction are looked at, to find out if
// it took effect.
const maxWitnesses = 32

// resolveMulti looks whether a transaction took effect, and keeps other calls of this
// client from taking it for theirs.
func resolveMulti(ctx context.Context, c *Client, req *proto.MultiRequest, l loss, out *proto.MultiReply) (verdict, error) {
	return c.claimed(func() (verdict, claim, error) {
		v, zxid, err := c.lookForMulti(ctx, req, l, out)
		return v, claim{zxid: zxid}, err
	})
}

// lookForMulti looks whether a transaction took effect, in which one where that shows, and
// fills in its results from the nodes as they are now. All of it did or nothing: one
// operation that certainly did not is enough to say so, and none may be in doubt for the
// contrary; what it has written has one zxid.
func (c *Client) lookForMulti(ctx context.Context, req *proto.MultiRequest, l loss, out *proto.MultiReply) (verdict, int64, error) {
	witnesses, others := witnessesOf(req)
	if len(witnesses)+len(others) == 0 {
		return certainlyNot, 0, nil // checks alone have no effect: ask again
	}
	out.Results = make([]proto.MultiResult, len(req.Ops))
	for i, op := range req.Ops {
		out.Results[i].Op = op.Op
	}
	var zxid int64
	all := unknown
	for n, i := range witnesses {
		op := req.Ops[i]
		if n >= maxWitnesses && (all != applied || op.Op == proto.OpDelete) {
			continue // what it would say does not matter
		}
		v, at, err := c.witness(ctx, op, l, zxid, &out.Results[i])
		switch {
		case err != nil:
			return unknown, 0, err
		case v == certainlyNot:
			return certainlyNot, 0, nil
		case v == applied && at != 0 && zxid == 0:
			zxid = at
		case v == applied && at != 0 && zxid != at:
			v = unknown // not both are this transaction's
		}
		if n == 0 {
			all = v
		} else if v != all {
			all = unknown
		}
	}
	if all != applied {
		return all, 0, nil
	}
	for _, i := range others {
		if err := c.rebuild(ctx, req.Ops[i], &out.Results[i]); err != nil {
			return unknown, 0, err
		}
	}
	out.Zxid = zxid
	return applied, zxid, nil
}

// witnessesOf returns the indexes of the operations that show whether a transaction took
// effect, those of sequential creates last, and of the others. A check leaves no trace, and
// what a path that is touched twice looks like does not tell of one operation.
func witnessesOf(req *proto.MultiRequest) (witnesses, others []int) {
	times := make(map[string]int)
	var sequential []int
	for _, op := range req.Ops {
		times[touched(op)]++
	}
	for i, op := range req.Ops {
		create, ok := op.Request.(*proto.CreateRequest)
		switch {
		case op.Op == proto.OpCheck:
		case ok && isSequential(create):
			sequential = append(sequential, i)
		case times[touched(op)] > 1:
			others = append(others, i)
		default:
			witnesses = append(witnesses, i)
		}
	}
	return append(witnesses, sequential...), others
}

// touched is the path of the node that an operation changes, if it is there before.
func touched(op proto.MultiOp) string {
	create, ok := op.Request.(*proto.CreateRequest)
	if op.Op == proto.OpCheck || ok && isSequential(create) {
		return ""
	}
	return op.Path()
}

// witness looks whether one operation of a transaction took effect, in which transaction
// where that shows, and fills in its result. zxid is the transaction when it is known, else
// 0.
func (c *Client) witness(ctx context.Context, op proto.MultiOp, l loss, zxid int64, res *proto.MultiResult) (verdict, int64, error) {
	switch r := op.Request.(type) {
	case *proto.CreateRequest:
		var made proto.CreateReply
		v, err := c.lookForOne(ctx, r, l, &made)
		if err == nil && v == unknown && isSequential(r) && zxid > l.seen {
			// Of several, one may be left when those from before the transaction are not counted.
			if v, err = c.lookForOne(ctx, r, loss{seen: zxid - 1, session: l.session}, &made); v != applied {
				v = unknown
			}
		}
		res.Path, res.Stat, res.HasStat = made.Path, made.Stat, made.HasStat
		return v, made.Stat.Czxid, err
	case *proto.SetDataRequest:
		v, err := c.lookForSet(ctx, r, l, &res.Stat)
		res.HasStat = true
		return v, res.Stat.Mzxid, err
	case *proto.DeleteRequest:
		v, err := resolveDelete(ctx, c, r, l, nil)
		return v, 0, err
	}
	return unknown, 0, nil
}

// lookForOne is lookForCreate for one operation of many: that several nodes can be what it
// made is no failure, as the others may tell.
func (c *Client) lookForOne(ctx context.Context, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	v, err := c.lookForCreate(ctx, req, l, out)
	if _, ok := errors.AsType[*CandidatesError](err); ok {
		return unknown, nil
	}
	return v, err
}

// rebuild fills in the result of an operation that is no witness, of a transaction that
// took effect.
func (c *Client) rebuild(ctx context.Context, op proto.MultiOp, res *proto.MultiResult) error {
	switch r := op.Request.(type) {
	case *proto.CreateRequest:
		res.Path = r.Path
	case *proto.SetDataRequest:
		stat, err := do(ctx, c, c.statAt(r.Path))
		if err != nil && !errors.Is(err, ErrNoNode) {
			return err
		}
		res.Stat, res.HasStat = stat, err == nil
	}
	return nil
}
