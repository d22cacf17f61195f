package zk

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// Async issues operations without waiting for their replies, which are collected later
// with [Pending.Wait], or never. Servers execute what one goroutine issues in the order in
// which it does.
//
// The context of an operation bounds its issue, which waits only while more than a megabyte
// is waiting to be written, and for the server's version where an operation depends on it
// that not all servers know. While there is no connection, operations are kept for the next
// one. The requests and replies of what has been issued and not been collected are in
// memory.
//
// Nothing is repeated, since that would not be in order. Where the connection is lost before
// the reply has come, Wait finds out whether a write took effect, as the operations of
// [Client] do: the error is [ErrConnectionLoss] when it did not, and [ErrOutcomeUnknown] when
// that cannot be told. What was issued behind it has been executed, or not, all the same.
type Async struct{ client *Client }

// Async returns the operations that do not wait.
func (c *Client) Async() Async { return Async{c} }

// Pending is an operation that has been issued.
type Pending[T any] struct {
	client  *Client
	done    <-chan struct{}
	collect func(ctx context.Context, w *waiter) (T, error)

	write     *conn.Call    // the last request of an operation that changes something; nil for others
	turn      chan struct{} // held by the one who collects
	collected bool
	value     T
	err       error
}

// Done returns a channel that is closed when the reply has come, or the operation has failed.
func (p *Pending[T]) Done() <-chan struct{} { return p.done }

// Wait waits for the reply and returns the result, each time the same. The end of ctx ends
// the wait and not the operation: that of a write which has been sent not before
// [Config.Grace] has passed as well.
func (p *Pending[T]) Wait(ctx context.Context) (T, error) {
	w := waiter{client: p.client}
	defer w.end()
	return p.wait(ctx, &w)
}

func (p *Pending[T]) wait(ctx context.Context, w *waiter) (T, error) {
	if ended, err := p.ended(ctx, w); !ended {
		var none T
		return none, err
	}
	return p.outcome(ctx, w)
}

// ended waits for the reply. It returns true when that has come, or the operation has failed,
// and otherwise why it waits no longer.
func (p *Pending[T]) ended(ctx context.Context, w *waiter) (bool, error) {
	select {
	case <-p.done:
		return true, nil
	case <-ctx.Done():
		if p.write == nil || p.client.queued(p.write) {
			return false, conn.ContextError(ctx)
		}
	}
	if ended, err := w.await(ctx, p.write); !ended {
		return false, err
	}
	select {
	case <-p.done:
		return true, nil
	default:
	}
	select {
	case <-p.done: // that of a read behind the write
		return true, nil
	case <-w.sent(ctx).Done():
		return false, conn.ContextError(w.sent(ctx))
	}
}

// outcome returns the result of an operation that has ended.
func (p *Pending[T]) outcome(ctx context.Context, w *waiter) (T, error) {
	patient := ctx
	if p.write != nil && ctx.Err() != nil {
		patient = w.sent(ctx)
	}
	select {
	case p.turn <- struct{}{}:
	default:
		select {
		case p.turn <- struct{}{}:
		case <-patient.Done():
			var none T
			return none, conn.ContextError(patient)
		}
	}
	defer func() { <-p.turn }()
	if p.collected {
		return p.value, p.err
	}
	value, err := p.collect(ctx, w)
	if err != nil && (p.write == nil && ctx.Err() != nil || p.write != nil && w.sent(ctx).Err() != nil) {
		return value, err // it may be found out yet
	}
	p.value, p.err, p.collected = value, err, true
	p.collect = nil // and what it holds
	return value, err
}

func pending[T any](c *Client, done <-chan struct{}, collect func(context.Context, *waiter) (T, error)) *Pending[T] {
	return &Pending[T]{client: c, done: done, collect: collect, turn: make(chan struct{}, 1)}
}

// failed is an operation that was not issued.
func failed[T any](err error) *Pending[T] {
	done := make(chan struct{})
	close(done)
	return pending(nil, done, func(context.Context, *waiter) (T, error) {
		var none T
		return none, err
	})
}

// issueRead issues a request that changes nothing.
func issueRead[R, T any, P reply[R]](ctx context.Context, c *Client, op proto.Op, path string, req conn.Request, result func(*R) T) *Pending[T] {
	var blank R
	a := try[R, P](op, req, blank)
	call, out := &a.call, &a.out
	c.submit(ctx, call)
	return pending(c, call.Done(), func(context.Context, *waiter) (T, error) {
		if call.Err != nil {
			var none T
			return none, &Error{Op: op.String(), Path: path, Err: call.Err}
		}
		return result(out), nil
	})
}

// issueWrite issues a request that changes something. The result is made of the record with
// an error of the server's too.
func issueWrite[Q conn.Request, R, T any, P reply[R]](ctx context.Context, c *Client, op proto.Op, path string, req Q, blank R, resolve resolver[Q, R], result func(*R, error) (T, error)) *Pending[T] {
	a := try[R, P](op, req, blank)
	call, out := &a.call, &a.out
	call.Ended = c.written
	call.Ticket, _ = c.open(ctx, req, false) // which fails for nothing that it does not wait for
	c.submit(ctx, call)
	p := pending(c, call.Done(), func(ctx context.Context, w *waiter) (T, error) {
		err := call.Err
		if err != nil && unresolved(err) {
			found := blank
			applied, rerr := judge(w.sent(ctx), c, call, req, &found, resolve)
			switch {
			case rerr != nil:
				return result(nil, &Error{Op: op.String(), Path: path, Err: w.outcomeUnknown(call.Seen, rerr)})
			case applied:
				return result(&found, nil)
			}
		}
		if err != nil {
			err = &Error{Op: op.String(), Path: path, Err: err}
		}
		return result(out, err)
	})
	p.write = call
	return p
}

// Content is a node's data.
type Content struct {
	// Data is nil when the node was created with null data.
	Data []byte
	Stat Stat
	// Watch is there where it was asked for.
	Watch *Watch
}

// Existence tells whether there is a node.
type Existence struct {
	Exists bool
	Stat   Stat
	// Watch is there where it was asked for.
	Watch *Watch
}

// Names are a node's children.
type Names struct {
	// Children are their names, sorted.
	Children []string
	// Stat is that of their parent.
	Stat Stat
	// Watch is there where it was asked for.
	Watch *Watch
}

// Access is who may do what with a node.
type Access struct {
	ACL  []ACL
	Stat Stat
}

// Start is [Client.Start].
func (a Async) Start(ctx context.Context) *Pending[struct{}] {
	return pending(a.client, a.client.begin(ctx), func(ctx context.Context, _ *waiter) (struct{}, error) { return struct{}{}, a.client.Start(ctx) })
}

// AddAuth is [Client.AddAuth]. A server that refuses the identity ends the client, whether
// the result is waited for or not.
func (a Async) AddAuth(ctx context.Context, cred Credential) *Pending[struct{}] {
	fail := func(err error) error { return &Error{Op: proto.OpAuth.String(), Err: err} }
	if err := a.client.keepAuth(cred); err != nil {
		return failed[struct{}](fail(err))
	}
	call := a.client.present(ctx, cred)
	return pending(a.client, call.Done(), func(context.Context, *waiter) (struct{}, error) {
		if call.Err != nil {
			return struct{}{}, fail(call.Err)
		}
		return struct{}{}, nil
	})
}

// Sync is [Client.Sync].
func (a Async) Sync(ctx context.Context, path string) *Pending[struct{}] {
	if err := check(proto.OpSync.String(), path); err != nil {
		return failed[struct{}](err)
	}
	return issueRead(ctx, a.client, proto.OpSync, path, &proto.SyncRequest{Path: a.client.chrooted(path)}, func(*noBody) struct{} { return struct{}{} })
}

// Create is [Client.Create]. Where parents are to be made, each is asked for in front of the
// node, whether it is there or not; Created.Parents are those that were not.
func (a Async) Create(ctx context.Context, path string, data []byte, o CreateOptions) *Pending[Created] {
	c := a.client
	req, op, err := c.createRequest(ctx, path, data, o)
	if err != nil {
		return failed[Created](&Error{Op: proto.OpCreate.String(), Path: path, Err: err})
	}
	var parents []ensured
	if o.MakeParents {
		acl := o.ParentACL
		if acl == nil {
			acl = req.ACL
		}
		parents = a.ensure(ctx, Parent(req.Path), acl)
	}
	node := a.create(ctx, op, path, req)
	p := pending(c, node.done, func(ctx context.Context, w *waiter) (Created, error) {
		made, err := collectMade(ctx, w, parents)
		out, nerr := node.wait(ctx, w)
		out.Parents = made
		if errors.Is(nerr, ErrNoNode) && err != nil {
			return out, err // why a parent is missing
		}
		return out, nerr
	})
	p.write = node.write
	return p
}

func (a Async) create(ctx context.Context, op proto.Op, path string, req *proto.CreateRequest) *Pending[Created] {
	c := a.client
	return issueWrite(ctx, c, op, path, req, blankCreate(req), resolveCreate, func(r *proto.CreateReply, err error) (Created, error) {
		if err != nil {
			return Created{}, err
		}
		return Created{Path: c.Unchroot(r.Path), Stat: r.Stat, HasStat: r.HasStat}, nil
	})
}

// ensured is one node of a path that is asked for.
type ensured struct {
	*Pending[Created]
	ours bool // it is below the chroot
}

// ensure asks for the node at the full path and for all above it, from the top down.
func (a Async) ensure(ctx context.Context, full string, acl []ACL) []ensured {
	var path []string
	for ; full != "/"; full = Parent(full) {
		path = append(path, full)
	}
	c := a.client
	nodes := make([]ensured, 0, len(path))
	for _, full := range slices.Backward(path) {
		req := &proto.CreateRequest{Path: full, Data: []byte{}, ACL: acl, Flags: proto.FlagPersistent}
		nodes = append(nodes, ensured{a.create(ctx, proto.OpCreate, c.Unchroot(full), req), c.inChroot(full)})
	}
	return nodes
}

// collectMade returns the paths of the nodes that were made, and why the first that was not
// and may not be there is missing.
func collectMade(ctx context.Context, w *waiter, nodes []ensured) (made []string, err error) {
	for _, node := range nodes {
		created, nerr := node.wait(ctx, w)
		switch {
		case nerr == nil && node.ours:
			made = append(made, created.Path)
		case nerr != nil && err == nil && !errors.Is(nerr, ErrNodeExists):
			err = nerr
		}
	}
	return made, err
}

// EnsurePath is [Client.EnsurePath]: each node of the path is asked for, from the top down,
// whether it is there or not.
func (a Async) EnsurePath(ctx context.Context, path string, acl []ACL) *Pending[[]string] {
	c := a.client
	if err := check(proto.OpCreate.String(), path); err != nil {
		return failed[[]string](err)
	}
	if acl == nil {
		acl = c.cfg.DefaultACL
	}
	nodes := a.ensure(ctx, c.chrooted(path), acl)
	// Who may not create below the parent is refused before he is told that the node exists.
	there := a.Exists(ctx, path)
	p := pending(c, there.done, func(ctx context.Context, w *waiter) ([]string, error) {
		made, err := collectMade(ctx, w, nodes)
		if err == nil {
			return made, nil
		}
		e, eerr := there.wait(ctx, w)
		switch {
		case eerr != nil && !errors.Is(eerr, ErrNoAuth):
			return made, eerr
		case eerr == nil && !e.Exists:
			return made, err
		}
		return made, nil
	})
	if len(nodes) > 0 {
		p.write = nodes[len(nodes)-1].write
	}
	return p
}

// Exists is [Client.Exists].
func (a Async) Exists(ctx context.Context, path string) *Pending[Existence] {
	return a.exists(ctx, path, false)
}

// ExistsWatch is [Client.ExistsWatch]. The watch lives as long as ctx.
func (a Async) ExistsWatch(ctx context.Context, path string) *Pending[Existence] {
	return a.exists(ctx, path, true)
}

func (a Async) exists(ctx context.Context, path string, watch bool) *Pending[Existence] {
	return issueLook(ctx, a.client, proto.OpExists, path, watchData, watch, func(stat *Stat, w *Watch) Existence {
		return Existence{Exists: stat.Czxid != 0, Stat: *stat, Watch: w}
	})
}

// Get is [Client.Get].
func (a Async) Get(ctx context.Context, path string) *Pending[Content] {
	return a.get(ctx, path, false)
}

// GetWatch is [Client.GetWatch]. The watch lives as long as ctx.
func (a Async) GetWatch(ctx context.Context, path string) *Pending[Content] {
	return a.get(ctx, path, true)
}

func (a Async) get(ctx context.Context, path string, watch bool) *Pending[Content] {
	return issueLook(ctx, a.client, proto.OpGetData, path, watchData, watch, func(r *proto.GetDataReply, w *Watch) Content {
		return Content{Data: r.Data, Stat: r.Stat, Watch: w}
	})
}

// Children is [Client.Children].
func (a Async) Children(ctx context.Context, path string) *Pending[Names] {
	return a.children(ctx, path, false)
}

// ChildrenWatch is [Client.ChildrenWatch]. The watch lives as long as ctx.
func (a Async) ChildrenWatch(ctx context.Context, path string) *Pending[Names] {
	return a.children(ctx, path, true)
}

func (a Async) children(ctx context.Context, path string, watch bool) *Pending[Names] {
	return issueLook(ctx, a.client, proto.OpGetChildren2, path, watchChild, watch, func(r *proto.GetChildrenReply, w *Watch) Names {
		slices.Sort(r.Children)
		return Names{Children: r.Children, Stat: r.Stat, Watch: w}
	})
}

// issueLook issues a read that may leave a watch.
func issueLook[R, T any, P reply[R]](ctx context.Context, c *Client, op proto.Op, path string, kind watchKind, watch bool, result func(*R, *Watch) T) *Pending[T] {
	fail := func(err error) error { return &Error{Op: op.String(), Path: path, Err: err} }
	if err := check(op.String(), path); err != nil {
		return failed[T](err)
	}
	var w *Watch
	var out *R
	var call *conn.Call
	req := c.watching(op, path, kind)
	if watch {
		w, out, call = watchCall[R, P](ctx, c, req)
	} else {
		out = new(R)
		call = conn.NewCall(op, req.make(false), P(out))
		c.submit(ctx, call)
	}
	return pending(c, call.Done(), func(context.Context, *waiter) (T, error) {
		// An exists of a node that is not there leaves a watch too: it has succeeded.
		if _, ok := req.leaves(call.Err); !ok {
			var none T
			return none, fail(call.Err)
		}
		return result(out, w), nil
	})
}

// ACL is [Client.ACL].
func (a Async) ACL(ctx context.Context, path string) *Pending[Access] {
	if err := check(proto.OpGetACL.String(), path); err != nil {
		return failed[Access](err)
	}
	return issueRead(ctx, a.client, proto.OpGetACL, path, &proto.GetACLRequest{Path: a.client.chrooted(path)}, func(r *proto.GetACLReply) Access {
		return Access{ACL: r.ACL, Stat: r.Stat}
	})
}

// SetACL is [Client.SetACL].
func (a Async) SetACL(ctx context.Context, path string, acl []ACL, aversion int32) *Pending[Stat] {
	if err := check(proto.OpSetACL.String(), path); err != nil {
		return failed[Stat](err)
	}
	req := &proto.SetACLRequest{Path: a.client.chrooted(path), ACL: acl, Version: aversion}
	return issueWrite(ctx, a.client, proto.OpSetACL, path, req, Stat{}, resolveSetACL, statResult)
}

// Set is [Client.Set].
func (a Async) Set(ctx context.Context, path string, data []byte, version int32) *Pending[Stat] {
	if err := check(proto.OpSetData.String(), path); err != nil {
		return failed[Stat](err)
	}
	req := &proto.SetDataRequest{Path: a.client.chrooted(path), Data: data, Version: version}
	return issueWrite(ctx, a.client, proto.OpSetData, path, req, Stat{}, resolveSet, statResult)
}

func statResult(stat *Stat, err error) (Stat, error) {
	if err != nil {
		return Stat{}, err
	}
	return *stat, nil
}

// Delete is [Client.Delete].
func (a Async) Delete(ctx context.Context, path string, version int32) *Pending[struct{}] {
	req, err := a.client.deleteRequest(path, version)
	if err != nil {
		return failed[struct{}](err)
	}
	return issueWrite(ctx, a.client, proto.OpDelete, path, req, noBody{}, resolveDelete, func(_ *noBody, err error) (struct{}, error) {
		return struct{}{}, err
	})
}

// Multi is [Client.Multi].
func (a Async) Multi(ctx context.Context, ops ...Op) *Pending[[]OpResult] {
	c := a.client
	if len(ops) == 0 {
		return failed[[]OpResult](nil)
	}
	req, err := c.multiRequest(ctx, ops)
	if err != nil {
		return failed[[]OpResult](err)
	}
	return issueWrite(ctx, c, proto.OpMulti, "", req, blankMulti(ops), resolveMulti, func(r *proto.MultiReply, err error) ([]OpResult, error) {
		return c.multiResults(ops, r, err)
	})
}

// Reconfig is [Client.Reconfig].
func (a Async) Reconfig(ctx context.Context, r Reconfig) *Pending[Content] {
	c := a.client
	req, err := c.reconfigRequest(ctx, r)
	if err != nil {
		return failed[Content](err)
	}
	return issueWrite(ctx, c, proto.OpReconfig, configPath, req, proto.GetDataReply{}, resolveReconfig, func(r *proto.GetDataReply, err error) (Content, error) {
		if err != nil {
			return Content{}, err
		}
		return Content{Data: r.Data, Stat: r.Stat}, nil
	})
}
