package zk

import (
	"context"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// EventType says what happened to a node.
type EventType = engine.EventType

// The types of events.
const (
	EventCreated         = engine.EventCreated
	EventDeleted         = engine.EventDeleted
	EventDataChanged     = engine.EventDataChanged
	EventChildrenChanged = engine.EventChildrenChanged
)

// An Event says that something happened to a node. It does not hold the node's present content:
// read it, because later changes may have followed.
type Event = engine.Event

var (
	// ErrWatchEnded says that no more events will come: the watch was closed, or was for one event
	// and has reported it.
	ErrWatchEnded = engine.ErrWatchEnded
	// ErrWatchOverflow says that a persistent watch was not read for so long that events
	// were dropped. Set a new watch, and read again what it watches.
	ErrWatchOverflow = engine.ErrWatchOverflow
)

// A Watch reports changes to a node, or to a tree of nodes, and survives reconnects.
//
// A watch for one event reports after a reconnect what happened meanwhile. One of [Client.Watch] does not,
// because servers say nothing of it: read again after [Watch.Restored]. From then on nothing is missed.
//
// A watch ends with its context, its session or its client, or when a server refuses to register it
// again. Then the client keeps nothing of it.
type Watch struct {
	client *Client
	watch  *engine.Watch
}

// Next returns the next event, or waits for it. After the last one it returns why there
// will be no other: [ErrWatchEnded], [ErrWatchOverflow], [ErrSessionExpired], [ErrClosed],
// why the watch's context ended, or why it was not registered again after a reconnect, such
// as a *[VersionError]. The end of ctx ends the wait and not the watch.
func (w *Watch) Next(ctx context.Context) (Event, error) {
	e, err := w.watch.Next(ctx)
	e.Path = w.client.Unchroot(e.Path)
	return e, err
}

// Ready returns a channel that yields when Next may have something to return without
// waiting, for use in a select.
func (w *Watch) Ready() <-chan struct{} { return w.watch.Ready() }

// Restored returns a channel that yields when a watch of [Client.Watch] has been registered with another server
// after a reconnect. That is a moment later than the client is connected: the server is first asked for its version.
func (w *Watch) Restored() <-chan struct{} { return w.watch.Restored() }

// Close ends the watch, here and, with the last one of this client's that is of the same node,
// on the server.
func (w *Watch) Close() { w.watch.Close() }

// A watchable result has a place for the watch that its operation has left.
type watchable[T any] interface {
	*T
	leave(w *Watch)
}

func (c *Content) leave(w *Watch)   { c.Watch = w }
func (e *Existence) leave(w *Watch) { e.Watch = w }
func (n *Names) leave(w *Watch)     { n.Watch = w }

// watched makes of the record what the caller gets, with the watch.
func watched[R, T any, V watchable[T]](ctx context.Context, c *Client, o *pathRead[R, T], out *R, w *engine.Watch, err error) (T, error) {
	result, err := o.outcome(ctx, c, out, err)
	if err == nil {
		V(&result).leave(&Watch{c, w})
	}
	return result, err
}

// doWatch is [do] for a read that leaves a watch of the kind, which lives as long as ctx.
func doWatch[R, T any, P reply[R], V watchable[T]](ctx context.Context, c *Client, o pathRead[R, T], kind engine.WatchKind) (T, error) {
	if o.err != nil {
		var none T
		return none, o.fails(o.err)
	}
	out, w, err := readWatch[R, P](ctx, c, watching(&o, kind))
	return watched[R, T, V](ctx, c, &o, out, w, err)
}

// issueWatch is [issue] for a read that leaves a watch of the kind, which lives as long as ctx.
func issueWatch[R, T any, P reply[R], V watchable[T]](ctx context.Context, c *Client, o pathRead[R, T], kind engine.WatchKind) *Pending[T] {
	if o.err != nil {
		return failed[T](o.fails(o.err))
	}
	req, out := watching(&o, kind), new(R)
	w, call := c.engine.Watch(ctx, req, P(out))
	return pending(c, call.Done(), func(ctx context.Context, _ *engine.Waiter) (T, error) {
		return watched[R, T, V](ctx, c, &o, out, w, call.Err)
	})
}

// readWatch makes a request that leaves a watch, and repeats it when its reply was lost.
func readWatch[R any, P reply[R]](ctx context.Context, c *Client, req engine.WatchRequest) (*R, *engine.Watch, error) {
	for t := c.engine.Tries(); ; {
		out := new(R)
		w, call := c.engine.Watch(ctx, req, P(out))
		ended, err := c.engine.Await(ctx, call)
		if _, ok := req.Leaves(err); ended && ok {
			return out, w, err // an exists of a node that is not there leaves one too
		}
		if err := t.Again(ctx, call, err); err != nil {
			return out, nil, err
		}
	}
}

// watching is the request of a one-time watch.
func watching[R, T any](o *pathRead[R, T], kind engine.WatchKind) engine.WatchRequest {
	full := o.req.Path
	return engine.WatchRequest{Op: o.code, Path: full, Kind: kind, OrNone: o.orNone, Make: func(watch bool) conn.Request {
		return &proto.PathWatchRequest{Path: full, Watch: watch}
	}}
}

// GetWatch is [Client.Get], and leaves a watch for the first change of the node's data, or
// its deletion. The watch lives as long as ctx.
func (c *Client) GetWatch(ctx context.Context, path string) ([]byte, Stat, *Watch, error) {
	got, err := doWatch(ctx, c, c.get(path), engine.WatchData)
	return got.Data, got.Stat, got.Watch, err
}

// ExistsWatch is [Client.Exists], and leaves a watch: for the creation of a node that is
// not there, for the first change of the data or the deletion of one that is. The watch
// lives as long as ctx.
func (c *Client) ExistsWatch(ctx context.Context, path string) (Stat, bool, *Watch, error) {
	found, err := doWatch(ctx, c, c.exists(path), engine.WatchData)
	return found.Stat, found.Exists, found.Watch, err
}

// ChildrenWatch is [Client.Children], and leaves a watch for the first child that comes or
// goes, or the deletion of the node. The watch lives as long as ctx.
func (c *Client) ChildrenWatch(ctx context.Context, path string) ([]string, Stat, *Watch, error) {
	names, err := doWatch(ctx, c, c.children(path), engine.WatchChild)
	return names.Children, names.Stat, names.Watch, err
}

// Watch leaves a watch that tells of every change of the node from now on, and of its
// children coming and going; or, when it is recursive, of every change of the node and of
// all below it, and of no children as such. The node need not exist. It needs 3.6; and 3.9
// where the same node has a recursive watch and, of this client too, one of [Client.Watch]
// that is not, or one of [Client.ChildrenWatch]. The watch lives as long as ctx.
func (c *Client) Watch(ctx context.Context, path string, recursive bool) (*Watch, error) {
	op := proto.OpAddWatch
	if err := check(op.Name(), path); err != nil {
		return nil, err
	}
	if err := c.engine.Require(ctx, engine.FeatureOf(op)); err != nil {
		return nil, failure(op.Name(), path, err)
	}
	req := &proto.AddWatchRequest{Path: c.chrooted(path), Mode: proto.AddWatchPersistent}
	kind := engine.WatchPersistent
	if recursive {
		req.Mode, kind = proto.AddWatchRecursive, engine.WatchRecursive
	}
	_, w, err := readWatch[noBody](ctx, c, engine.WatchRequest{
		Op: op, Path: req.Path, Kind: kind, Make: func(bool) conn.Request { return req },
	})
	if err != nil {
		return nil, failure(op.Name(), path, err)
	}
	return &Watch{c, w}, nil
}
