package zk

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// A ledger knows of each node below which this client creates others how many of its children had been
// deleted before, and how many the client itself has deleted since. So after a lost reply a look at the
// parent reports whether somebody else has deleted a child meanwhile. Where nobody has, a node that is not
// there has not been made, whatever siblings have come; unless the client itself has deleted it meanwhile,
// and so the ledger knows what that was as well.
//
// The numbers rest on the order of a connection: replies come in the order of the requests. What is
// counted when a reply comes is what the server had done by the time of that request. A write whose reply
// is lost with the connection came after each look that has been answered by then, and may have come before
// any other.
type ledger struct {
	mu sync.Mutex
	// accounts are by the full path of the parent.
	accounts map[string]*account
	// opened counts the accounts whose first look has been sent.
	opened int64
	// deletions are the client's own.
	deletions deletions
}

// An account is what is known of the children of one node.
type account struct {
	// sent is closed once the first look has been sent, and looked once it has ended.
	sent, looked chan struct{}
	// ticket is the number of the account among those opened: calls with a later one have been sent
	// after its first look.
	ticket int64
	// known is set when the first look has found the node; missing, when that was not there; and expired,
	// when the session had ended before.
	known, missing, expired bool
	// czxid tells the node from one that is deleted and made again, and deleted is how many children it had lost by then.
	czxid   int64
	deleted int32
	// own are those that the client has deleted since then.
	own int32
	// numbers is how many sequential nodes the client may have made of whose creation the reply was lost,
	// and of which it is not known yet.
	numbers int32
}

// A writing is what the ledger keeps of one try of a write.
type writing struct {
	// ticket is the number of the account opened last when the try was submitted.
	ticket int64
	// state guards against counting twice: who waits may give up before the reply is lost, or ask again.
	state standing
	// counted is what the try adds to accounts that had been looked at when its reply was lost.
	counted []effect
}

// A standing is how far the ledger is with a try.
type standing int

const (
	underWay standing = iota
	doubtful          // its reply was lost, and what became of it is not known yet
	settled           // nothing of it is counted any more
)

// An effect is what a write does to the children of one node: it deletes one, or makes a sequential one.
type effect struct {
	account *account
	deletes bool
}

// A deletion is a node that the client has deleted, by its full path, and the transaction, or where the reply
// was lost a later one.
type deletion struct {
	path string
	zxid int64
}

// deletions are the latest deletions.
type deletions struct {
	ring []deletion // the oldest is forgotten first
	next int
	// forgotten is the latest transaction of those that are not known any more.
	forgotten int64
}

// deletionsKept is how many deletions are remembered: far more than one client does while it looks for what
// became of one write.
const deletionsKept = 4096

func (d *deletions) note(one deletion) {
	if len(d.ring) < deletionsKept {
		d.ring = append(d.ring, one)
		return
	}
	d.forgotten = max(d.forgotten, d.ring[d.next].zxid)
	d.ring[d.next] = one
	d.next = (d.next + 1) % deletionsKept
}

// deletedSince reports whether the client itself may have deleted a node that matches, by its full path, in a
// transaction later than seen.
func (l *ledger) deletedSince(seen int64, match func(full string) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deletions.forgotten > seen || slices.ContainsFunc(l.deletions.ring, func(one deletion) bool {
		return one.zxid > seen && match(one.path)
	})
}

// mostAccounts bounds the ledger. It is far more parents than one client has writes under way below.
const mostAccounts = 4096

// deleted returns how many children of a node have ever been deleted: servers count those that come and
// those that go (cversion, see DataNode.copyStat).
func deleted(stat Stat) int32 { return (stat.Cversion - stat.NumChildren) / 2 }

// open looks at the node below which a call is about to create another, in front of it, unless that has
// been done since the client began to count there; and where that is missing, at the nearest one above it
// that is there. It returns the call's ticket. Where wait is set it waits for the answers: without one, a
// connection that is lost at once leaves nothing to compare with. The error is [ErrSessionExpired] where the
// session has ended meanwhile: what was asked for in it is not to run in the next.
func (c *Client) open(ctx context.Context, req conn.Request, wait bool) (ticket int64, err error) {
	parent := createdBelow(req)
	if parent == "" {
		return 0, nil
	}
	for a := c.look(ctx, parent); wait; a = c.look(ctx, parent) {
		select {
		case <-a.looked:
		case <-ctx.Done():
			return 0, conn.ContextError(ctx)
		}
		if a.expired {
			return 0, ErrSessionExpired
		}
		if !a.missing || parent == "/" {
			break
		}
		parent = Parent(parent)
	}
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	return c.ledger.opened, nil
}

// look returns the account of a node, whose first look has been sent.
func (c *Client) look(ctx context.Context, node string) *account {
	l := &c.ledger
	l.mu.Lock()
	a := l.accounts[node]
	mine := a == nil
	if mine {
		if l.accounts == nil || len(l.accounts) >= mostAccounts {
			l.accounts = make(map[string]*account)
		}
		a = &account{sent: make(chan struct{}), looked: make(chan struct{})}
		l.accounts[node] = a
	}
	l.mu.Unlock()
	if !mine {
		select {
		case <-a.sent:
		case <-ctx.Done():
		}
		return a
	}
	stat := new(Stat)
	look := conn.NewCall(proto.OpExists, &proto.PathWatchRequest{Path: node}, stat)
	look.Ended = func(call *conn.Call) {
		l.mu.Lock()
		defer l.mu.Unlock()
		defer close(a.looked)
		if call.Err != nil {
			a.missing, a.expired = errors.Is(call.Err, ErrNoNode), errors.Is(call.Err, ErrSessionExpired)
			l.close(node, a)
			return
		}
		a.known, a.czxid, a.deleted = true, stat.Czxid, deleted(*stat)
	}
	c.engine.Submit(ctx, look)
	l.mu.Lock()
	l.opened++
	a.ticket = l.opened
	l.mu.Unlock()
	close(a.sent)
	return a
}

// close forgets an account. The next create begins to count again. mu is held.
func (l *ledger) close(parent string, a *account) {
	if l.accounts[parent] == a {
		delete(l.accounts, parent)
	}
}

// note counts what a write has done whose reply has come. It runs on the read goroutine.
func (l *ledger) note(req conn.Request, zxid int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e := range l.effects(req) {
		if e.deletes {
			e.account.own++
		}
	}
	l.remember(req, zxid)
}

// lose notes a write whose reply was lost. It runs before there is another connection.
func (l *ledger) lose(req conn.Request, w *writing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.state != underWay { // nobody waits for it any more
		return
	}
	w.state = doubtful
	for e := range l.effects(req) {
		w.counted = append(w.counted, e)
		if !e.deletes {
			e.account.numbers++
		}
	}
}

// settle notes what became of a write whose reply was lost, or that nobody will look any more. zxid is of a
// transaction that is not an earlier one. Only the first time counts.
func (l *ledger) settle(req conn.Request, w *writing, took bool, zxid int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.state == settled {
		return
	}
	w.state = settled
	for _, e := range w.counted {
		switch {
		case !e.deletes:
			e.account.numbers--
		case took:
			e.account.own++
		}
	}
	w.counted = nil
	if took {
		l.remember(req, zxid)
	}
}

// effects yields what a request does to the children of nodes that have been looked at. mu is held.
func (l *ledger) effects(req conn.Request) iter.Seq[effect] {
	return func(yield func(effect) bool) {
		if len(l.accounts) == 0 {
			return
		}
		for one := range parts(req) {
			var parent string
			var deletes bool
			switch r := one.(type) {
			case *proto.DeleteRequest:
				parent, deletes = Parent(r.Path), true
			case *proto.CreateRequest:
				if !isSequential(r) {
					continue
				}
				parent, _ = cutPrefix(r.Path)
			default:
				continue
			}
			if a := l.accounts[parent]; a != nil && a.known && !yield(effect{a, deletes}) {
				return
			}
		}
	}
}

// remember keeps in mind what a write has deleted. mu is held.
func (l *ledger) remember(req conn.Request, zxid int64) {
	for one := range parts(req) {
		if r, ok := one.(*proto.DeleteRequest); ok {
			l.deletions.note(deletion{r.Path, zxid})
		}
	}
}

// parts yields the operations of a transaction, and any other request itself.
func parts(req conn.Request) iter.Seq[conn.Request] {
	return func(yield func(conn.Request) bool) {
		multi, ok := req.(*proto.MultiRequest)
		if !ok {
			yield(req)
			return
		}
		for _, op := range multi.Ops {
			if !yield(op.Request) {
				return
			}
		}
	}
}

// createdBelow is the full path of the parent of the first node that a request creates; empty where it
// creates none. Of an ephemeral one the session is proof, and among others of its kind nodes come and go.
func createdBelow(req conn.Request) string {
	for one := range parts(req) {
		if create, ok := one.(*proto.CreateRequest); ok && !isEphemeral(create) {
			parent, _ := cutPrefix(create.Path)
			return parent
		}
	}
	return ""
}

// unharmed reports whether nobody else has deleted a child of a node since before a write with the ticket
// was sent. The node is as a look before has found it. numbers is how many sequential nodes may have been
// made there by writes of which it is not known yet.
func (c *Client) unharmed(ctx context.Context, parent string, was Stat, ticket int64) (yes bool, numbers int32, err error) {
	l := &c.ledger
	for t := c.engine.Tries(); ; {
		l.mu.Lock()
		a := l.accounts[parent]
		counted := a != nil && a.known && ticket != 0 && a.ticket <= ticket
		if counted {
			numbers = a.numbers
		}
		l.mu.Unlock()
		switch {
		case deleted(was) == 0: // nobody ever has
			return true, numbers, nil
		case !counted:
			return false, 0, nil
		}
		stat := new(Stat)
		look := conn.NewCall(proto.OpExists, &proto.PathWatchRequest{Path: parent}, stat)
		// What has been answered by then was done before the look, and nothing else.
		look.Ended = func(call *conn.Call) {
			if call.Err == nil {
				yes = l.compare(parent, a, *stat)
			}
		}
		c.engine.Submit(ctx, look)
		_, err := c.engine.Await(ctx, look)
		switch {
		case err == nil:
			return yes, numbers, nil
		case errors.Is(err, ErrNoNode):
			return false, 0, nil
		}
		if err := t.Again(ctx, look, err); err != nil {
			return false, 0, err
		}
	}
}

// compare reports whether a look has found no more children deleted than the client has. It runs on the
// read goroutine.
func (l *ledger) compare(parent string, a *account, seen Stat) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.czxid == seen.Czxid && deleted(seen) == a.deleted+a.own {
		return true
	}
	l.close(parent, a)
	return false
}
