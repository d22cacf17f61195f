package recipe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"
)

// Held is what a node of this client's stands for, from its making until it is released or
// lost: a lock, a lease of a semaphore, leadership, a place in a party. It is safe for
// concurrent use. Whoever has it releases it, lost or not.
type Held struct {
	node    *ownNode
	of      string                          // the path of the lock
	patient bool                            // it is kept for as long as the session may be alive
	remove  func(ctx context.Context) error // takes the node away

	mu       sync.Mutex
	unlisten func()
	timer    *time.Timer // runs while there is no connection; nil otherwise

	releasing sync.Mutex
	released  bool // the node is gone
	lost      error
}

// hold makes a Held of a node.
func hold(n *ownNode, of string) *Held { return newHeld(n, of, false) }

// belong makes a Held of a node that excludes nobody: it is lost with the session alone.
func belong(n *ownNode, of string) *Held { return newHeld(n, of, true) }

func newHeld(n *ownNode, of string, patient bool) *Held {
	h := &Held{node: n, of: of, patient: patient}
	h.remove = n.remove
	h.unlisten = n.client.AddListener(func(zk.State) { h.connection() })
	h.connection()
	context.AfterFunc(n.ctx, func() {
		h.unlisten()
		h.connection()
	})
	return h
}

// connection looks at the connection, and has the lock end when it is lost for too long. A
// read-only server keeps no session, and does not count as a connection.
func (h *Held) connection() {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.patient, h.node.cause() != nil, h.node.client.State() == zk.StateConnected:
		if h.timer != nil {
			h.timer.Stop()
			h.timer = nil
		}
	case h.timer == nil:
		// The client has noticed a silent server after two thirds of the session's timeout.
		h.timer = time.AfterFunc(h.node.client.SessionTimeout()/3, h.suspended)
	}
}

// suspended ends what is held, unless the connection has come back in the same moment.
func (h *Held) suspended() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil && h.node.client.State() != zk.StateConnected {
		h.node.end(ErrSuspended)
	}
}

// Done returns a channel that is closed when it is held no more.
func (h *Held) Done() <-chan struct{} { return h.node.ctx.Done() }

// Err returns nil while it is held; [ErrReleased] when it was released; otherwise an error
// that is [ErrLost] and what it was lost by. It makes no request, and may be asked before
// each step of a work. It knows of another session of the client's at once: what was held in
// one is never taken for held in the next.
func (h *Held) Err() error {
	if h.node.expired() {
		h.node.end(zk.ErrSessionExpired)
	}
	switch cause := h.node.cause(); {
	case cause == nil, errors.Is(cause, ErrReleased):
		return cause
	default:
		return fmt.Errorf("%w: %s: %w", ErrLost, h.of, cause)
	}
}

// Context returns a context that is cancelled when it is held no more. Its cause is then
// what Err returns. The function returned frees what the context takes.
func (h *Held) Context(parent context.Context) (context.Context, context.CancelFunc) {
	return h.node.context(parent, h.Err)
}

// Path returns the path of the node that stands for what is held.
func (h *Held) Path() string { return h.node.path }

// Fence returns an operation for a transaction that then takes effect only if this is held:
// else it fails with [zk.ErrNoNode]. Get one for each transaction: once Err tells that it is not held, the
// fence fails for sure. Until then it goes by the name of the node: a transaction compares nothing that
// tells a node from one that is made again. Only who means to deceive, or restores nodes, gives the name of a
// lock's or a lease's node again. That of a member of a [NewGroupMember] is given by the next member of the same
// identifier.
func (h *Held) Fence() zk.Op {
	if h.Err() != nil {
		return zk.CheckOp(zk.Child(h.node.path, uuid()), zk.AnyVersion) // which nobody makes
	}
	return zk.CheckOp(h.node.path, zk.AnyVersion)
}

// Release gives it back. When it returns nil the node is gone, and the next contender has
// its turn. The error is [ErrLost] when it was held no more: there was nothing to be given
// back then. When ctx has ended, [CleanupTimeout] is what it takes at most. Any other error
// tells that the node may still be there, until the session ends; Release may then be called
// again. After a success further calls return the same and do nothing.
func (h *Held) Release(ctx context.Context) error {
	return h.give(ctx, h.remove)
}

// give is Release by what takes the node away. Of what has been lost the node alone is.
func (h *Held) give(ctx context.Context, take func(context.Context) error) error {
	h.releasing.Lock()
	defer h.releasing.Unlock()
	if h.released {
		return h.lost
	}
	if h.lost == nil {
		// Told before it is done: nobody is to think that he holds what others may have.
		if err := h.Err(); err != nil && !errors.Is(err, ErrReleased) {
			h.lost = err
		}
	}
	h.node.close(ErrReleased)
	if h.lost != nil && (errors.Is(h.lost, ErrDeleted) || errors.Is(h.lost, zk.ErrSessionExpired) || h.node.client.Ended() != nil) {
		h.released = true // the node is gone, or goes with the session
		return h.lost
	}
	if h.lost != nil {
		take = h.remove
	}
	err := take(ctx)
	switch {
	case err == nil:
	case errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrClosed):
		h.lose(err)
	case errors.Is(err, zk.ErrNoNode):
		h.lose(h.node.missing())
	default:
		return errors.Join(h.lost, fmt.Errorf("releasing %s: %w", h.of, err))
	}
	h.released = true
	return h.lost
}

// lose notes what the release found, unless a loss is known.
func (h *Held) lose(err error) {
	if h.lost == nil {
		h.lost = fmt.Errorf("%w: %s: %w", ErrLost, h.of, err)
	}
}
