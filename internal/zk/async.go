package zk

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/engine"
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
	engine  *engine.Engine // nil for one that was not issued
	done    <-chan struct{}
	collect func(ctx context.Context, w *engine.Waiter) (T, error)

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
	w := p.engine.Waiter()
	defer w.End()
	return p.wait(ctx, &w)
}

func (p *Pending[T]) wait(ctx context.Context, w *engine.Waiter) (T, error) {
	if ended, err := p.ended(ctx, w); !ended {
		var none T
		return none, err
	}
	return p.outcome(ctx, w)
}

// ended waits for the reply. It returns true when that has come, or the operation has failed,
// and otherwise why it waits no longer.
func (p *Pending[T]) ended(ctx context.Context, w *engine.Waiter) (bool, error) {
	select {
	case <-p.done:
		return true, nil
	case <-ctx.Done():
		if p.write == nil || p.engine.Queued(p.write) {
			return false, conn.ContextError(ctx)
		}
	}
	if ended, err := w.Await(ctx, p.write); !ended {
		return false, err
	}
	select {
	case <-p.done:
		return true, nil
	default:
	}
	select {
	case <-p.done: // that of a read after the write
		return true, nil
	case <-w.Sent(ctx).Done():
		return false, conn.ContextError(w.Sent(ctx))
	}
}

// outcome returns the result of an operation that has ended.
func (p *Pending[T]) outcome(ctx context.Context, w *engine.Waiter) (T, error) {
	patient := ctx
	if p.write != nil && ctx.Err() != nil {
		patient = w.Sent(ctx)
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
	if err != nil && (p.write == nil && ctx.Err() != nil || p.write != nil && w.Sent(ctx).Err() != nil) {
		return value, err // it may be found out yet
	}
	p.value, p.err, p.collected = value, err, true
	p.collect = nil // and what it holds
	return value, err
}

func pending[T any](c *Client, done <-chan struct{}, collect func(context.Context, *engine.Waiter) (T, error)) *Pending[T] {
	return &Pending[T]{engine: c.engine, done: done, collect: collect, turn: make(chan struct{}, 1)}
}

// failed is an operation that was not issued.
func failed[T any](err error) *Pending[T] {
	done := make(chan struct{})
	close(done)
	return &Pending[T]{done: done, turn: make(chan struct{}, 1), collected: true, err: err}
}

// Content is a node's data.
type Content struct {
	// Data is nil when the node was created with null data.
	Data []byte
	Stat Stat
	// Watch is there where it was asked for.
	Watch *Watch
}

// Existence reports whether there is a node.
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
	return pending(a.client, a.client.engine.Begin(ctx), func(ctx context.Context, _ *engine.Waiter) (struct{}, error) { return struct{}{}, a.client.Start(ctx) })
}

// AddAuth is [Client.AddAuth]. A server that refuses the identity ends the client, whether
// the result is waited for or not.
func (a Async) AddAuth(ctx context.Context, cred Credential) *Pending[struct{}] {
	c := a.client
	call, err := c.engine.Present(ctx, cred)
	if err != nil {
		return failed[struct{}](failure(OpNameAuth, "", err))
	}
	return pending(c, call.Done(), func(context.Context, *engine.Waiter) (none struct{}, err error) {
		if call.Err != nil {
			err = failure(OpNameAuth, "", call.Err)
		}
		return none, err
	})
}

// Sync is [Client.Sync].
func (a Async) Sync(ctx context.Context, path string) *Pending[struct{}] {
	return issue(ctx, a.client, a.client.sync(path))
}

// Create is [Client.Create]. Where parents are to be made, each is asked for in front of the
// node, whether it is there or not; Created.Parents are those that were not.
func (a Async) Create(ctx context.Context, path string, data []byte, o CreateOptions) *Pending[Created] {
	c := a.client
	op := c.create(ctx, path, data, o)
	var parents []ensured
	if o.MakeParents && op.err == nil {
		parents = a.ensure(ctx, Parent(op.req.Path), parentACL(o, &op.req))
	}
	node := issue(ctx, c, op)
	if len(parents) == 0 {
		return node
	}
	p := pending(c, node.done, func(ctx context.Context, w *engine.Waiter) (Created, error) {
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
		nodes = append(nodes, ensured{issue(ctx, c, c.createAt(full, []byte{}, acl)), c.inChroot(full)})
	}
	return nodes
}

// collectMade returns the paths of the nodes that were made, and why the first that was not
// and may not be there is missing.
func collectMade(ctx context.Context, w *engine.Waiter, nodes []ensured) (made []string, err error) {
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
	if err := check(OpNameCreate, path); err != nil {
		return failed[[]string](err)
	}
	nodes := a.ensure(ctx, c.chrooted(path), acl)
	// Who may not create below the parent is refused before he is told that the node exists.
	there := a.Exists(ctx, path)
	p := pending(c, there.done, func(ctx context.Context, w *engine.Waiter) ([]string, error) {
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
	return issue(ctx, a.client, a.client.exists(path))
}

// ExistsWatch is [Client.ExistsWatch]. The watch lives as long as ctx.
func (a Async) ExistsWatch(ctx context.Context, path string) *Pending[Existence] {
	return issueWatch(ctx, a.client, a.client.exists(path), engine.WatchData)
}

// Get is [Client.Get].
func (a Async) Get(ctx context.Context, path string) *Pending[Content] {
	return issue(ctx, a.client, a.client.get(path))
}

// GetWatch is [Client.GetWatch]. The watch lives as long as ctx.
func (a Async) GetWatch(ctx context.Context, path string) *Pending[Content] {
	return issueWatch(ctx, a.client, a.client.get(path), engine.WatchData)
}

// Children is [Client.Children].
func (a Async) Children(ctx context.Context, path string) *Pending[Names] {
	return issue(ctx, a.client, a.client.children(path))
}

// ChildrenWatch is [Client.ChildrenWatch]. The watch lives as long as ctx.
func (a Async) ChildrenWatch(ctx context.Context, path string) *Pending[Names] {
	return issueWatch(ctx, a.client, a.client.children(path), engine.WatchChild)
}

// ACL is [Client.ACL].
func (a Async) ACL(ctx context.Context, path string) *Pending[Access] {
	return issue(ctx, a.client, a.client.acl(path))
}

// SetACL is [Client.SetACL].
func (a Async) SetACL(ctx context.Context, path string, acl []ACL, aversion int32) *Pending[Stat] {
	return issue(ctx, a.client, a.client.setACL(path, acl, aversion))
}

// Set is [Client.Set].
func (a Async) Set(ctx context.Context, path string, data []byte, version int32) *Pending[Stat] {
	return issue(ctx, a.client, a.client.set(path, data, version))
}

// Delete is [Client.Delete].
func (a Async) Delete(ctx context.Context, path string, version int32) *Pending[struct{}] {
	return issue(ctx, a.client, a.client.delete(path, version))
}

// Multi is [Client.Multi].
func (a Async) Multi(ctx context.Context, ops ...Op) *Pending[[]OpResult] {
	if len(ops) == 0 {
		return failed[[]OpResult](nil)
	}
	return issue(ctx, a.client, a.client.transaction(ctx, ops))
}

// Reconfig is [Client.Reconfig].
func (a Async) Reconfig(ctx context.Context, r Reconfig) *Pending[Content] {
	return issue(ctx, a.client, a.client.reconfig(ctx, r))
}
