package zk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// verdict is what a look at the servers says of a write whose reply was lost. A certain one
// cannot be wrong; a likely one is wrong only if somebody else has done the very same, or
// undone it, in the moments since. One operation alone goes by what is likely; a
// transaction has more than one witness, and likely ones count only if they agree.
type verdict int

const (
	unknown verdict = iota
	certainlyApplied
	likelyApplied
	certainlyNot
	likelyNot
)

func (v verdict) applied() bool    { return v == certainlyApplied || v == likelyApplied }
func (v verdict) notApplied() bool { return v == certainlyNot || v == likelyNot }

// loss is what is known of a write whose reply was lost.
type loss struct {
	seen    int64 // the latest transaction that was known when it was submitted
	session int64 // the session that it was submitted in
}

// A resolver looks whether a write whose reply was lost took effect, and if it did fills
// in what the reply would have held.
type resolver[R any] func(ctx context.Context, l loss, out *R) (verdict, error)

func (c *Client) createResolver(req *proto.CreateRequest) resolver[proto.CreateReply] {
	return func(ctx context.Context, l loss, out *proto.CreateReply) (verdict, error) {
		return c.resolveCreate(ctx, req, l, out)
	}
}

func (c *Client) setResolver(req *proto.SetDataRequest) resolver[Stat] {
	return func(ctx context.Context, l loss, out *Stat) (verdict, error) { return c.resolveSet(ctx, req, l, out) }
}

func (c *Client) setACLResolver(req *proto.SetACLRequest) resolver[Stat] {
	return func(ctx context.Context, l loss, out *Stat) (verdict, error) {
		return c.resolveSetACL(ctx, req, l, out)
	}
}

func (c *Client) deleteResolver(req *proto.DeleteRequest) resolver[noBody] {
	return func(ctx context.Context, l loss, _ *noBody) (verdict, error) {
		return c.resolveDelete(ctx, req.Path, l)
	}
}

func (c *Client) multiResolver(req *proto.MultiRequest) resolver[proto.MultiReply] {
	return func(ctx context.Context, l loss, out *proto.MultiReply) (verdict, error) {
		return c.resolveMulti(ctx, req, l, out)
	}
}

// claims remembers the transactions that calls of this client are known to have made, so
// that two calls which ask for the same, and both lose their replies, do not both take one
// node for theirs.
type claims struct {
	mu    sync.Mutex
	taken map[int64]struct{}
	order []int64 // a ring: the oldest is forgotten first
	next  int
}

// claimsKept is how many transactions are remembered: far more than writes of one client
// are under way at once.
const claimsKept = 4096

// take notes a transaction, and returns false when another call has it already.
func (cl *claims) take(zxid int64) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if _, ok := cl.taken[zxid]; ok {
		return false
	}
	if cl.taken == nil {
		cl.taken = make(map[int64]struct{}, claimsKept)
		cl.order = make([]int64, claimsKept)
	}
	delete(cl.taken, cl.order[cl.next])
	cl.order[cl.next] = zxid
	cl.next = (cl.next + 1) % claimsKept
	cl.taken[zxid] = struct{}{}
	return true
}

// has tells whether a call has the transaction.
func (cl *claims) has(zxid int64) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	_, ok := cl.taken[zxid]
	return ok
}

// statAt looks at a path on the servers, which may be above the chroot.
func (c *Client) statAt(ctx context.Context, full string) (Stat, error) {
	stat, err := read[Stat](ctx, c, proto.OpExists, c.unchrooted(full), &proto.PathWatchRequest{Path: full})
	if err != nil {
		return Stat{}, err
	}
	return *stat, nil
}

// absent judges a write where its node is not there: when no child of the parent's has come
// or gone since, the node was not there before either, and the write was refused.
func (c *Client) absent(ctx context.Context, full string, l loss, otherwise verdict) (verdict, error) {
	parent, err := c.statAt(ctx, Parent(full))
	switch {
	case errors.Is(err, ErrNoNode), errors.Is(err, ErrNoAuth):
		return otherwise, nil
	case err != nil:
		return unknown, err
	case parent.Pzxid <= l.seen:
		return certainlyNot, nil
	}
	return otherwise, nil
}

// resolveSet looks whether a set took effect: the version is then the expected one plus
// one, and the data the same.
func (c *Client) resolveSet(ctx context.Context, req *proto.SetDataRequest, l loss, out *Stat) (verdict, error) {
	r, err := read[proto.GetDataReply](ctx, c, proto.OpGetData, c.unchrooted(req.Path), &proto.PathWatchRequest{Path: req.Path})
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, req.Path, l, unknown)
	case err != nil:
		return unknown, err
	}
	*out = r.Stat
	ours := bytes.Equal(r.Data, req.Data)
	switch {
	case r.Stat.Mzxid <= l.seen:
		return certainlyNot, nil
	case r.Stat.Czxid > l.seen:
		// Another node, whose versions have begun anew. What became of the one before it
		// nobody can tell.
		return unknown, nil
	case req.Version == AnyVersion && ours:
		return likelyApplied, nil
	case req.Version == AnyVersion, r.Stat.Version > req.Version+1:
		// Somebody else wrote: before ours, in its place, or over it.
		return unknown, nil
	case r.Stat.Version == req.Version+1 && ours:
		return certainlyApplied, nil
	}
	return certainlyNot, nil
}

// resolveSetACL looks whether a setACL took effect. Servers keep no zxid of it.
func (c *Client) resolveSetACL(ctx context.Context, req *proto.SetACLRequest, l loss, out *Stat) (verdict, error) {
	r, err := read[proto.GetACLReply](ctx, c, proto.OpGetACL, c.unchrooted(req.Path), &proto.GetACLRequest{Path: req.Path})
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, req.Path, l, unknown)
	case err != nil:
		return unknown, err
	}
	*out = r.Stat
	ours := aclStored(req.ACL, r.ACL)
	switch {
	case r.Stat.Czxid > l.seen:
		return unknown, nil
	case req.Version == AnyVersion && ours:
		return likelyApplied, nil
	case req.Version == AnyVersion, r.Stat.Aversion > req.Version+1:
		return unknown, nil
	case r.Stat.Aversion == req.Version+1 && ours:
		return certainlyApplied, nil
	}
	return certainlyNot, nil
}

// resolveDelete looks whether a delete took effect: the node is then gone, and its parent
// has lost a child. That somebody else deleted it shows the same.
func (c *Client) resolveDelete(ctx context.Context, full string, l loss) (verdict, error) {
	stat, err := c.statAt(ctx, full)
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, full, l, likelyApplied)
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
func (c *Client) resolveCreate(ctx context.Context, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	v, err := c.lookForCreate(ctx, req, l, out)
	if v.applied() && !c.claims.take(out.Stat.Czxid) {
		return certainlyNot, nil
	}
	return v, err
}

func (c *Client) lookForCreate(ctx context.Context, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	if isSequential(req) {
		return c.lookForSequential(ctx, req, l, out)
	}
	return c.lookForNode(ctx, req.Path, req, l, out)
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

// lookForNode looks whether the create made the node at the full path: it is then there
// with the data and the ACL, version 0 and a czxid later than any that had been seen. Of an
// ephemeral node the owner is proof.
//
// A node that is not there has not been made, or has been deleted since. To create it is
// what the caller asked for in either case, so that another try is right.
func (c *Client) lookForNode(ctx context.Context, full string, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	node, err := c.nodeAt(ctx, full)
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, full, l, likelyNot)
	case err != nil:
		return unknown, err
	case node.Stat.Czxid <= l.seen, c.claims.has(node.Stat.Czxid):
		return certainlyNot, nil
	case node.Stat.Version > 0 || node.Stat.Aversion > 0:
		return unknown, nil // made since, and changed since: ours or not
	case !bytes.Equal(node.Data, req.Data) || !aclStored(req.ACL, node.ACL):
		return likelyNot, nil
	}
	out.Path, out.Stat, out.HasStat = full, node.Stat, true
	switch owner := node.Stat.EphemeralOwner; {
	case isEphemeral(req) && owner == l.session:
		return certainlyApplied, nil
	case isEphemeral(req) != (owner != 0), isEphemeral(req):
		return likelyNot, nil
	}
	return likelyApplied, nil
}

const (
	// sequenceDigits is the number of digits of a sequential node's number.
	sequenceDigits = 10
	// maxCandidates bounds how many nodes of its prefix a sequential create is looked for
	// among.
	maxCandidates = 1 << 14
	// maxNamed bounds how many of them are told of when it cannot be told which one it is.
	maxNamed = 32
)

// lookForSequential looks for the node that a sequential create made: one of its prefix,
// made since, and as the create makes it. Where more than one fits, or where none does and
// there were others meanwhile, it cannot be told: no second node is ever made on a guess.
func (c *Client) lookForSequential(ctx context.Context, req *proto.CreateRequest, l loss, out *proto.CreateReply) (verdict, error) {
	slash := strings.LastIndexByte(req.Path, '/')
	parent, prefix := req.Path[:max(1, slash)], req.Path[slash+1:]
	r, err := read[proto.GetChildrenReply](ctx, c, proto.OpGetChildren2, c.unchrooted(parent), &proto.PathWatchRequest{Path: parent})
	switch {
	case errors.Is(err, ErrNoNode):
		return c.absent(ctx, parent, l, unknown)
	case err != nil:
		return unknown, err
	case r.Stat.Pzxid <= l.seen:
		return certainlyNot, nil // no child has come since
	}
	var candidates []string
	for _, name := range r.Children {
		number, ok := strings.CutPrefix(name, prefix)
		if ok && len(number) == sequenceDigits && strings.Trim(number, "0123456789") == "" {
			candidates = append(candidates, child(parent, name))
		}
	}
	if len(candidates) > maxCandidates {
		return unknown, nil
	}
	stats, err := c.statsAt(ctx, candidates)
	if err != nil {
		return unknown, err
	}
	found, doubts := unknown, 0
	var fit []string
	for i, full := range candidates {
		if stats[i].Czxid <= l.seen {
			continue
		}
		var one proto.CreateReply
		v, err := c.lookForNode(ctx, full, req, l, &one)
		switch {
		case err != nil:
			return unknown, err
		case v.applied():
			*out, found = one, v
		case v == unknown:
			doubts++
		default:
			continue
		}
		if fit = append(fit, c.unchrooted(full)); len(fit) == maxNamed {
			break
		}
	}
	if len(fit) == 1 && doubts == 0 {
		return found, nil
	}
	slices.Sort(fit)
	return unknown, &CandidatesError{Paths: fit}
}

// statsAt looks at many nodes at once. The stat of one that is gone is zero.
func (c *Client) statsAt(ctx context.Context, full []string) ([]Stat, error) {
	stats := make([]Stat, len(full))
	calls := make([]*conn.Call, len(full))
	defer c.withdrawAll(calls)
	sent := 0
	for i := range full {
		for ; sent < len(full) && sent < i+window; sent++ {
			calls[sent] = conn.NewCall(proto.OpExists, &proto.PathWatchRequest{Path: full[sent]}, &stats[sent])
			c.submit(ctx, calls[sent])
		}
		_, err := c.await(ctx, calls[i])
		if err != nil && ctx.Err() == nil && c.repeatable(err) {
			stats[i], err = c.statAt(ctx, full[i])
		}
		if err != nil && !errors.Is(err, ErrNoNode) {
			return nil, err
		}
	}
	return stats, nil
}

// maxWitnesses bounds how many operations of a transaction are looked at, to tell whether
// it took effect.
const maxWitnesses = 32

// resolveMulti looks whether a transaction took effect: all of it did when one of its
// operations did.
func (c *Client) resolveMulti(ctx context.Context, req *proto.MultiRequest, l loss, out *proto.MultiReply) (verdict, error) {
	touched := make(map[string]int)
	for _, op := range req.Ops {
		if op.Op != proto.OpCheck {
			touched[multiPath(op)]++
		}
	}
	if len(touched) == 0 {
		return certainlyNot, nil // checks alone have no effect: ask again
	}
	var verdicts []verdict
	var zxid int64
	for _, op := range req.Ops {
		// What a path that is touched twice looks like does not tell of one operation.
		if op.Op == proto.OpCheck || touched[multiPath(op)] > 1 {
			continue
		}
		v, at, err := c.witness(ctx, op, l)
		if err != nil {
			return unknown, err
		}
		if v.applied() && at != 0 {
			zxid = at
		}
		if verdicts = append(verdicts, v); len(verdicts) == maxWitnesses {
			break
		}
	}
	v := agree(verdicts)
	if !v.applied() {
		return v, nil
	}
	if err := c.rebuildMulti(ctx, req, l, zxid, out); err != nil {
		return unknown, err
	}
	if zxid != 0 && !c.claims.take(zxid) {
		return unknown, nil
	}
	return v, nil
}

// agree makes one verdict of those on the operations of a transaction.
func agree(verdicts []verdict) verdict {
	if slices.Contains(verdicts, certainlyNot) {
		return certainlyNot
	}
	if slices.Contains(verdicts, certainlyApplied) {
		return certainlyApplied
	}
	for _, v := range verdicts {
		if v != verdicts[0] {
			return unknown
		}
	}
	if len(verdicts) == 0 {
		return unknown
	}
	return verdicts[0]
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
func (c *Client) witness(ctx context.Context, op proto.MultiOp, l loss) (verdict, int64, error) {
	switch r := op.Request.(type) {
	case *proto.CreateRequest:
		var made proto.CreateReply
		v, err := c.lookForCreate(ctx, r, l, &made)
		if _, ok := errors.AsType[*CandidatesError](err); ok {
			return unknown, 0, nil // other operations may tell
		}
		return v, made.Stat.Czxid, err
	case *proto.SetDataRequest:
		var stat Stat
		v, err := c.resolveSet(ctx, r, l, &stat)
		return v, stat.Mzxid, err
	case *proto.DeleteRequest:
		v, err := c.resolveDelete(ctx, r.Path, l)
		return v, 0, err
	}
	return unknown, 0, nil
}

// rebuildMulti fills in the results of a transaction that took effect as the zxid, from
// the nodes as they are now. All that a transaction creates has its zxid.
func (c *Client) rebuildMulti(ctx context.Context, req *proto.MultiRequest, l loss, zxid int64, out *proto.MultiReply) error {
	out.Results = make([]proto.MultiResult, len(req.Ops))
	for i, op := range req.Ops {
		res := &out.Results[i]
		res.Op = op.Op
		switch r := op.Request.(type) {
		case *proto.CreateRequest:
			var made proto.CreateReply
			// All that had happened before the transaction is older than it.
			v, err := c.lookForCreate(ctx, r, loss{seen: max(l.seen, zxid-1), session: l.session}, &made)
			switch {
			case err != nil:
				return err
			case isSequential(r) && (zxid == 0 || !v.applied() || made.Stat.Czxid != zxid):
				return fmt.Errorf("which node the sequential create %s made cannot be told", c.unchrooted(r.Path))
			case isSequential(r):
				res.Path = made.Path
			default:
				res.Path = r.Path
			}
			if made.HasStat && made.Stat.Czxid == zxid {
				res.Stat, res.HasStat = made.Stat, true
			}
		case *proto.SetDataRequest:
			stat, err := c.statAt(ctx, r.Path)
			if err != nil && !errors.Is(err, ErrNoNode) {
				return err
			}
			res.Stat, res.HasStat = stat, err == nil
		}
	}
	return nil
}
