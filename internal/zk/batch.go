package zk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// A WriteKind says what a [Write] does.
type WriteKind int8

// The kinds of writes of a [Batch].
const (
	// WriteCreate makes a node that must not be there.
	WriteCreate WriteKind = iota
	// WriteEnsure makes an empty node unless there is one, whatever it holds.
	WriteEnsure
	// WriteSet replaces the data of a node that must be as it was planned against.
	WriteSet
	// WriteDelete removes a node that must be as it was planned against, and that must have
	// no children but those that the batch removes.
	WriteDelete
	// WritePrune removes a node if it is as it was planned against, and has no children but
	// those that the batch removes. Any other is left.
	WritePrune
)

// A Write is what a [Batch] does with one node.
type Write struct {
	Kind WriteKind
	Path string
	// Data is that of a create or a set. Nil is empty data too: a batch writes no null.
	Data []byte
	// Mzxid is what a set, a delete or a prune was planned against: the transaction that had
	// last written the node's data (Stat.Mzxid). It tells the node from one of the same path
	// that was deleted and made again, too. 0 stands for whatever is there.
	Mzxid int64
}

// A Batch is writes to many nodes that belong together, each node at most once.
type Batch struct {
	// Writes may have any order: nodes are made from the top down, then set, then removed
	// from the bottom up.
	Writes []Write
	// ACL is that of the nodes made; nil for the client's default.
	ACL []ACL
	// Split allows more than one transaction, as few as MaxBufferBytes allows. Each leaves
	// every node either as it was or as it is to be, and no node without its parent.
	Split bool
	// GoneIsDeleted has a delete whose node is not there succeed.
	GoneIsDeleted bool
}

// A WriteResult is what became of a [Write].
type WriteResult struct {
	// Done tells that the write took effect.
	Done bool
	// Needless tells that there was nothing to do: a node to be ensured was there, one to be
	// removed was not, one to be pruned was in use.
	Needless bool
	// InDoubt tells that it cannot be told whether the write took effect: it was sent, in a
	// transaction of which the error is [ErrOutcomeUnknown]. A write that is nothing of
	// these has not been done.
	InDoubt bool
	// Misdirected tells that a set took effect on another node than the one that was looked at, which
	// somebody else made in between. It is Done all the same.
	Misdirected bool
	// Zxid is the transaction of a write that took effect: the Mzxid of what it has left.
	Zxid int64
}

// A Conflict is a node that is not as a [Write] needs it.
type Conflict struct {
	Write Write
	// Err is [ErrNodeExists], [ErrNoNode], [ErrBadVersion] for a node that was changed, or
	// made again, or [ErrNotEmpty].
	Err error
	// Found is the stat of the node that was found; zero with ErrNoNode.
	Found Stat
}

// MadeAnew reports whether the node was deleted and made again.
func (c Conflict) MadeAnew() bool { return c.Found.Czxid > c.Write.Mzxid }

// A BatchConflictError tells that a [Batch] was refused, because nodes are not as it was planned
// against.
type BatchConflictError struct {
	// Conflicts are all of them, sorted by path.
	Conflicts []Conflict
}

// Error names the first node and counts the others.
func (e *BatchConflictError) Error() string {
	c := e.Conflicts[0]
	s := fmt.Sprintf("%s: %v", shown.Line(c.Write.Path), c.Err)
	if more := len(e.Conflicts) - 1; more > 0 {
		s += fmt.Sprintf(" (and %d more)", more)
	}
	return s
}

// Is reports whether one of the conflicts is the target.
func (e *BatchConflictError) Is(target error) bool {
	return slices.ContainsFunc(e.Conflicts, func(c Conflict) bool { return errors.Is(c.Err, target) })
}

// batchTries bounds how often a batch is tried again because of nodes in between, which
// others make and remove as well.
const batchTries = 10

// Apply does all writes of a batch in one transaction, so that others see all of them or
// none; with Split in as few as possible. It looks at the nodes first, and writes each on
// the condition that it has not been changed since that look. Where nodes are not as the
// batch was planned against, the error is a *[BatchConflictError] and nothing is written; in the
// midst of several transactions it is a *[PartialError] with that. Servers do not compare which node
// it is: where data has gone to a node that somebody else made after the look, the error is a
// *[PartialError] with a *[MisdirectedError], and no further transaction is sent. A node to be made whose
// parent is neither there nor in the batch is [ErrNoNode].
//
// There is a result for each write, with an error too: what of a split batch was done, and
// what of it is in doubt.
func (c *Client) Apply(ctx context.Context, b Batch) ([]WriteResult, error) {
	for _, w := range b.Writes {
		if err := check(OpNameBatch, w.Path); err != nil {
			return make([]WriteResult, len(b.Writes)), err
		}
		if ServersOwn(c.chrooted(w.Path)) && w.Kind != WriteEnsure {
			return make([]WriteResult, len(b.Writes)), &Error{Op: OpNameBatch, Path: w.Path, Err: errOwnNodes}
		}
	}
	run := batchRun{client: c, batch: b, results: make([]WriteResult, len(b.Writes)), stats: make([]Stat, len(b.Writes)), order: b.order()}
	err := run.do(ctx)
	if done := run.done; err != nil && done > 0 {
		err = &PartialError{Done: fmt.Sprintf("%d of %d writes had been done", done, len(b.Writes)), Err: err}
	}
	return run.results, err
}

// order returns the indexes of the writes in the order in which they are done.
func (b Batch) order() []int {
	order := make([]int, len(b.Writes))
	for i := range order {
		order[i] = i
	}
	phase := func(k WriteKind) int {
		switch k {
		case WriteCreate, WriteEnsure:
			return 0
		case WriteSet:
			return 1
		case WriteDelete, WritePrune:
		}
		return 2
	}
	slices.SortFunc(order, func(i, j int) int {
		x, y := b.Writes[i], b.Writes[j]
		px, py := phase(x.Kind), phase(y.Kind)
		switch {
		case px != py:
			return px - py
		case px == 2:
			return strings.Compare(y.Path, x.Path) // a child comes before its parent
		}
		return strings.Compare(x.Path, y.Path)
	})
	return order
}

// A batchRun is a batch on its way.
type batchRun struct {
	client  *Client
	batch   Batch
	order   []int
	results []WriteResult
	stats   []Stat // as of the last look; zero for a node that is not there
	done    int
}

func (r *batchRun) open(i int) bool { return !r.results[i].Done && !r.results[i].Needless }

// do tries until all is done or an error stands.
func (r *batchRun) do(ctx context.Context) error {
	for n, all := 1, false; ; n, all = n+1, true {
		// That a node to be made is not there needs no look of its own, unless one is.
		if err := r.look(ctx, all); err != nil {
			return err
		}
		err := r.write(ctx)
		me, ok := errors.AsType[*MultiError](err)
		switch {
		case err == nil:
			return nil
		case n == batchTries, !ok, !changedMeanwhile(me.Err):
			return err
		case me.Op == OpNameCreate && errors.Is(me.Err, ErrNoNode) && !r.makes(Parent(me.Path)):
			return &Error{Op: me.Op, Path: me.Path, Err: me.Err}
		}
	}
}

// changedMeanwhile reports whether an operation of a transaction failed because of what has
// happened after the look at its node.
func changedMeanwhile(err error) bool {
	return errors.Is(err, ErrNodeExists) || errors.Is(err, ErrNoNode) || errors.Is(err, ErrBadVersion) || errors.Is(err, ErrNotEmpty)
}

// makes reports whether the batch makes the node.
func (r *batchRun) makes(path string) bool {
	return slices.ContainsFunc(r.batch.Writes, func(w Write) bool {
		return w.Path == path && (w.Kind == WriteCreate || w.Kind == WriteEnsure)
	})
}

// look looks at the nodes of what is left to do; at those to be made only where that is
// asked for. It sorts out what needs no doing, and returns the conflicts.
func (r *batchRun) look(ctx context.Context, all bool) error {
	var at []int
	var paths []string
	for i, w := range r.batch.Writes {
		if r.open(i) && (all || w.Kind != WriteCreate) {
			at = append(at, i)
			paths = append(paths, r.client.chrooted(w.Path))
		}
	}
	stats, err := r.client.statsAt(ctx, paths)
	if err != nil {
		return err
	}
	for n, i := range at {
		r.stats[i] = stats[n]
	}
	var conflicts []Conflict
	removed := make(map[string]int32) // children that go, by their parents' paths
	for _, i := range r.order {
		if !r.open(i) {
			continue
		}
		w := r.batch.Writes[i]
		needless, err := r.batch.judge(w, r.stats[i], removed[w.Path])
		switch {
		case err != nil:
			conflicts = append(conflicts, Conflict{Write: w, Err: err, Found: r.stats[i]})
		case needless:
			r.results[i].Needless = true
		case w.Kind == WriteDelete || w.Kind == WritePrune:
			removed[Parent(w.Path)]++
		}
	}
	if len(conflicts) == 0 {
		return nil
	}
	slices.SortFunc(conflicts, func(x, y Conflict) int { return cmp.Compare(x.Write.Path, y.Write.Path) })
	return &BatchConflictError{Conflicts: conflicts}
}

// judge judges a write by the node's stat, which is zero where there is none, and by how
// many of its children go with it.
func (b Batch) judge(w Write, stat Stat, removed int32) (needless bool, err error) {
	there := stat.Czxid != 0
	same := w.Mzxid == 0 || stat.Mzxid == w.Mzxid
	switch w.Kind {
	case WriteCreate:
		if there {
			return false, ErrNodeExists
		}
	case WriteEnsure:
		return there, nil
	case WritePrune:
		return !there || !same || stat.NumChildren > removed, nil
	case WriteSet, WriteDelete:
		switch {
		case !there && w.Kind == WriteDelete && b.GoneIsDeleted:
			return true, nil
		case !there:
			return false, ErrNoNode
		case !same:
			return false, ErrBadVersion
		case w.Kind == WriteDelete && stat.NumChildren > removed:
			return false, ErrNotEmpty
		}
	}
	return false, nil
}

// write does what is left, in one transaction or, where that is allowed, in several.
func (r *batchRun) write(ctx context.Context) error {
	acl := r.batch.ACL
	if acl == nil {
		acl = r.client.cfg.DefaultACL
	}
	sizes := newBatchSizes(acl)
	var at []int
	size := sizes.base
	for _, i := range r.order {
		if !r.open(i) {
			continue
		}
		w := r.batch.Writes[i]
		need := sizes.of(w, r.client.chroot)
		if r.batch.Split && len(at) > 0 && size+need > r.client.cfg.MaxBufferBytes {
			if err := r.commit(ctx, at); err != nil {
				return err
			}
			at, size = at[:0], sizes.base
		}
		at = append(at, i)
		size += need
	}
	return r.commit(ctx, at)
}

// commit does writes in one transaction.
func (r *batchRun) commit(ctx context.Context, at []int) error {
	if len(at) == 0 {
		return nil
	}
	ops := make([]Op, len(at))
	for n, i := range at {
		w, version := r.batch.Writes[i], r.stats[i].Version
		if w.Data == nil {
			w.Data = []byte{}
		}
		switch w.Kind {
		case WriteCreate, WriteEnsure:
			ops[n] = CreateOp(w.Path, w.Data, CreateOptions{ACL: r.batch.ACL})
		case WriteSet:
			ops[n] = SetOp(w.Path, w.Data, version)
		case WriteDelete, WritePrune:
			ops[n] = DeleteOp(w.Path, version)
		}
	}
	out, zxid, err := r.client.multi(ctx, ops)
	if errors.Is(err, ErrOutcomeUnknown) {
		for _, i := range at {
			r.results[i].InDoubt = true
		}
	}
	if err != nil {
		return err
	}
	var misdirected error
	for n, i := range at {
		w, stat := r.batch.Writes[i], out[n].Stat
		other := w.Kind == WriteSet && stat.Czxid != 0 && stat.Czxid != r.stats[i].Czxid
		if other && misdirected == nil {
			misdirected = &MisdirectedError{Path: w.Path, Czxid: stat.Czxid}
		}
		r.results[i] = WriteResult{Done: true, Misdirected: other, Zxid: zxid}
	}
	r.done += len(at)
	return misdirected
}

// batchSizes tells how many bytes writes take in a transaction's frame.
type batchSizes struct {
	base int // of a transaction without operations
	acl  int
}

func newBatchSizes(acl []ACL) batchSizes {
	return batchSizes{
		base: len(proto.RequestHeader{}.AppendTo(nil)) + proto.MultiHeaderSize,
		acl:  len(proto.AppendACL(nil, acl)),
	}
}

func (s batchSizes) of(w Write, chroot string) int {
	// A string and a buffer have their length in front, and an int has as many bytes.
	const length, number = 4, 4
	path := len(chroot) + len(w.Path)
	if chroot != "" && w.Path == "/" {
		path = len(chroot) // it is the chroot itself
	}
	size := proto.MultiHeaderSize + length + path
	switch w.Kind {
	case WriteCreate, WriteEnsure:
		size += length + len(w.Data) + s.acl + number
	case WriteSet:
		size += length + len(w.Data) + number
	case WriteDelete, WritePrune:
		size += number
	}
	return size
}

// CheckSize tells, with a *[TooLargeError] in an *[Error], when the batch takes more than
// limit bytes: one of its writes alone, which the error names, or, unless it may be split,
// all of them in one transaction. The chroot is in front of all paths on the servers, and
// the batch has the ACL that its nodes are to get.
func (b Batch) CheckSize(chroot string, limit int) error {
	sizes := newBatchSizes(b.ACL)
	total := sizes.base
	for _, w := range b.Writes {
		size := sizes.of(w, chroot)
		if sizes.base+size > limit {
			return &Error{Op: OpNameBatch, Path: w.Path, Err: &TooLargeError{Size: sizes.base + size, Limit: limit}}
		}
		total += size
	}
	if !b.Split && total > limit {
		return &Error{Op: OpNameMulti, Err: &TooLargeError{Size: total, Limit: limit}}
	}
	return nil
}
