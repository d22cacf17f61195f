package zk

import (
	"context"
	"errors"
	"slices"
	"sync"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// EventType says what happened to a node.
type EventType = proto.EventType

// The types of events.
const (
	EventCreated         = proto.EventCreated
	EventDeleted         = proto.EventDeleted
	EventDataChanged     = proto.EventDataChanged
	EventChildrenChanged = proto.EventChildrenChanged
)

// An Event is what a watch tells: that something happened to a node. It does not tell
// what the node is like now, and later changes may have been made since: look.
type Event struct {
	Type EventType
	// Path is the node's; below that of a recursive watch, it may be any.
	Path string
}

var (
	// ErrWatchEnded tells that a watch has told all that it will: one that is left for one
	// event has had it, or it was closed.
	ErrWatchEnded = errors.New("the watch has ended")
	// ErrWatchOverflow tells that a persistent watch was not read for so long that events
	// had to be dropped. What it watched has to be read anew, under a new watch.
	ErrWatchOverflow = errors.New("the watch has ended: its events were not read in time")
)

// maxEvents bounds how many events wait to be read from one watch.
const maxEvents = 1 << 16

// A Watch tells of changes of a node, or of a tree of nodes. It survives the loss of the
// connection: what happened meanwhile is told behind the reconnect. It ends with the
// context that it was asked for with, with its session, and with the client; then it holds
// nothing of the client's any more.
type Watch struct {
	client *Client
	full   string // the path on the servers
	once   bool
	unhook func() bool

	mu     sync.Mutex
	kind   watchKind
	events []Event
	end    error
	ready  chan struct{} // holds a token when there is something to read
}

// Next returns the next event, or waits for it. Behind the last one it returns why there
// will be no other: [ErrWatchEnded], [ErrWatchOverflow], [ErrSessionExpired], [ErrClosed],
// or why the watch's context ended. The end of ctx ends the wait and not the watch.
func (w *Watch) Next(ctx context.Context) (Event, error) {
	for {
		w.mu.Lock()
		if len(w.events) > 0 {
			e := w.events[0]
			w.events = w.events[1:]
			more := len(w.events) > 0 || w.end != nil
			w.mu.Unlock()
			if more {
				w.signal()
			}
			return e, nil
		}
		end := w.end
		w.mu.Unlock()
		if end != nil {
			w.signal()
			return Event{}, end
		}
		select {
		case <-w.ready:
		case <-ctx.Done():
			return Event{}, conn.ContextError(ctx)
		}
	}
}

// Ready returns a channel that yields when Next may have something to return without
// waiting, for use in a select.
func (w *Watch) Ready() <-chan struct{} { return w.ready }

// Close ends the watch, here and on the server.
func (w *Watch) Close() { w.client.watches.close(w, ErrWatchEnded) }

func (w *Watch) signal() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// put adds an event and tells whether the watch goes on.
func (w *Watch) put(e Event) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.events) >= maxEvents {
		w.end = ErrWatchOverflow
	} else {
		w.events = append(w.events, e)
		if w.once {
			w.end = ErrWatchEnded
		}
	}
	w.signal()
	return w.end == nil
}

func (w *Watch) finish(err error) {
	w.mu.Lock()
	if w.end == nil {
		w.end = err
	}
	w.mu.Unlock()
	w.signal()
}

// watchKind is in which of a server's tables a watch is.
type watchKind int

const (
	watchData       watchKind = iota // left by a get, and by an exists of a node that is there
	watchExist                       // left by an exists of a node that is not there
	watchChild                       // left by a children
	watchPersistent                  // left by addWatch
	watchRecursive                   // left by addWatch, for all below too
	watchKinds
)

// watches are a client's watches, by their paths on the servers.
type watches struct {
	client *Client
	mu     sync.Mutex
	by     map[string]*pathWatches
}

type pathWatches struct {
	kinds   [watchKinds]map[*Watch]struct{}
	pending int // requests under way that will leave a watch
}

func (p *pathWatches) empty() bool {
	if p.pending > 0 {
		return false
	}
	for _, set := range p.kinds {
		if len(set) > 0 {
			return false
		}
	}
	return true
}

func (ws *watches) at(full string) *pathWatches {
	p := ws.by[full]
	if p == nil {
		if ws.by == nil {
			ws.by = make(map[string]*pathWatches)
		}
		p = new(pathWatches)
		ws.by[full] = p
	}
	return p
}

// begin tells that a request is on its way that leaves a watch: the server's watches of
// the path must not be removed meanwhile. It returns how a watch of the kind gets on with
// those that are there.
func (ws *watches) begin(full string, kind watchKind) (covered, conflicts bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p := ws.at(full)
	p.pending++
	return p.among(kind)
}

// finish is the other end of begin.
func (ws *watches) finish(full string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p := ws.at(full)
	p.pending--
	if p.empty() {
		delete(ws.by, full)
	}
}

// add keeps a watch that the server has. It runs on the read goroutine, so that the
// events behind the reply find it.
func (ws *watches) add(w *Watch, kind watchKind) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.kind = kind
	p := ws.at(w.full)
	if p.kinds[kind] == nil {
		p.kinds[kind] = make(map[*Watch]struct{})
	}
	p.kinds[kind][w] = struct{}{}
}

// close ends a watch. When nothing watches the path any more, the server is told, without
// waiting for its answer.
func (ws *watches) close(w *Watch, why error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.finish(why)
	w.unhook()
	p := ws.by[w.full]
	if p == nil {
		return
	}
	if _, ok := p.kinds[w.kind][w]; !ok {
		return
	}
	delete(p.kinds[w.kind], w)
	if !p.empty() {
		return
	}
	delete(ws.by, w.full)
	// With ws.mu held: a later request for a watch of this path is sent behind the removal.
	l := ws.client.current.Load()
	if l == nil {
		return
	}
	if v, ok := l.version.peek(); ok && !v.Less(Version{3, 5, 0}) {
		l.SubmitNow(conn.NewCall(proto.OpRemoveWatches, &proto.RemoveWatchesRequest{Path: w.full, Type: proto.WatcherAny}, nil))
	}
}

// affected tells which kinds of watches of the node itself an event is for.
var affected = map[EventType][]watchKind{
	EventCreated:         {watchData, watchExist, watchPersistent},
	EventDataChanged:     {watchData, watchExist, watchPersistent},
	EventDeleted:         {watchData, watchExist, watchChild, watchPersistent},
	EventChildrenChanged: {watchChild, watchPersistent},
}

// dispatch gives an event to the watches that it is for. It runs on the read goroutine.
func (ws *watches) dispatch(e proto.WatcherEvent) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	event := Event{Type: e.Type, Path: ws.client.unchrooted(e.Path)}
	ws.tell(e.Path, affected[e.Type], event)
	if e.Type == EventChildrenChanged {
		return // recursive watches tell of the child itself
	}
	for full := e.Path; ; full = Parent(full) {
		ws.tell(full, []watchKind{watchRecursive}, event)
		if full == "/" {
			return
		}
	}
}

func (ws *watches) tell(full string, kinds []watchKind, event Event) {
	p := ws.by[full]
	if p == nil {
		return
	}
	for _, kind := range kinds {
		for w := range p.kinds[kind] {
			if !w.put(event) {
				w.unhook()
				delete(p.kinds[kind], w)
			}
		}
	}
	if p.empty() {
		delete(ws.by, full)
	}
}

// endAll ends all watches: those of a session that has expired, and of a closed client.
func (ws *watches) endAll(why error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for full, p := range ws.by {
		for kind, set := range p.kinds {
			for w := range set {
				w.finish(why)
				w.unhook()
			}
			p.kinds[kind] = nil
		}
		if p.empty() {
			delete(ws.by, full)
		}
	}
}

// setWatchesSize bounds one setWatches request, in bytes, as Java's client does: the
// request of many watches would be larger than servers accept.
const setWatchesSize = 128 << 10

// again returns the requests that register all watches with a server behind a reconnect,
// with the latest transaction whose events have been told.
func (ws *watches) again(zxid int64) []*proto.SetWatchesRequest {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var out []*proto.SetWatchesRequest
	var req *proto.SetWatchesRequest
	size := setWatchesSize
	for full, p := range ws.by {
		for kind, set := range p.kinds {
			if len(set) == 0 {
				continue
			}
			need := len(jute.AppendString(nil, full))
			if size+need > setWatchesSize {
				req, size = &proto.SetWatchesRequest{RelativeZxid: zxid}, 0
				out = append(out, req)
			}
			size += need
			list := [watchKinds]*[]string{&req.Data, &req.Exist, &req.Child, &req.Persistent, &req.Recursive}[kind]
			*list = append(*list, full)
		}
	}
	return out
}

// among tells how a watch of the kind gets on with those that the path has. A server before
// 3.9 keeps one kind of watch for a path in each of its two tables, of data and of children,
// and the last one wins.
//
// It is covered where the server tells of all that it is for already: then the server need not
// be asked for another one. It conflicts where one of the two would never hear of children.
func (p *pathWatches) among(kind watchKind) (covered, conflicts bool) {
	children, persistent, recursive := len(p.kinds[watchChild]) > 0, len(p.kinds[watchPersistent]) > 0, len(p.kinds[watchRecursive]) > 0
	switch kind {
	case watchData, watchExist:
		return persistent || recursive, false
	case watchChild:
		return persistent, recursive
	case watchPersistent:
		return false, recursive
	case watchRecursive:
		return false, persistent || children
	default:
		return false, false
	}
}

// watchRequest is a request that leaves a watch of the kind.
type watchRequest struct {
	op   proto.Op
	full string
	kind watchKind
	// make makes the request, with or without a watch on the server.
	make func(watch bool) conn.Request
	// leaves tells, by the request's error, which watch it has left, if any.
	leaves func(err error) (watchKind, bool)
}

// watchCall submits a request for a watch that lives as long as ctx.
func watchCall[R any, P reply[R]](ctx context.Context, c *Client, req watchRequest) (*Watch, *R, *conn.Call, error) {
	covered, conflicts := c.watches.begin(req.full, req.kind)
	if conflicts {
		if err := c.require(ctx, Version{3, 9, 0}, "a recursive watch beside another that tells of the same node's children"); err != nil {
			c.watches.finish(req.full)
			return nil, nil, nil, err
		}
	}
	w := &Watch{client: c, full: req.full, once: req.op != proto.OpAddWatch, ready: make(chan struct{}, 1)}
	// With mu held, which close takes: where ctx has ended, the hook is run at once.
	c.watches.mu.Lock()
	w.unhook = context.AfterFunc(ctx, func() { c.watches.close(w, conn.ContextError(ctx)) })
	c.watches.mu.Unlock()
	out := new(R)
	call := conn.NewCall(req.op, req.make(!covered), P(out))
	call.Ended = func(call *conn.Call) {
		defer c.watches.finish(req.full)
		kind, ok := req.leaves(call.Err)
		if !ok {
			w.unhook()
			return
		}
		c.watches.add(w, kind)
		if ctx.Err() != nil {
			// Its hook may have come before the watch was there to be closed.
			c.watches.close(w, conn.ContextError(ctx))
		}
	}
	c.submit(ctx, call)
	return w, out, call, nil
}

// readWatch is read with a watch.
func readWatch[R any, P reply[R]](ctx context.Context, c *Client, path string, req watchRequest) (*R, *Watch, error) {
	for r := c.cfg.Retry.begin(); ; {
		w, out, call, err := watchCall[R, P](ctx, c, req)
		if err == nil {
			var ended bool
			ended, err = c.await(ctx, call)
			if _, ok := req.leaves(err); ended && ok {
				return out, w, nil
			}
		}
		if err = c.again(ctx, &r, err); err != nil {
			return nil, nil, &Error{Op: req.op.String(), Path: path, Err: err}
		}
	}
}

// watching is the request of a one-time watch.
func (c *Client) watching(op proto.Op, path string, kind watchKind) watchRequest {
	full := c.chrooted(path)
	req := watchRequest{op: op, full: full, kind: kind, leaves: leaves(kind), make: func(watch bool) conn.Request {
		return &proto.PathWatchRequest{Path: full, Watch: watch}
	}}
	if op == proto.OpExists {
		req.leaves = existsLeaves
	}
	return req
}

func leaves(kind watchKind) func(error) (watchKind, bool) {
	return func(err error) (watchKind, bool) { return kind, err == nil }
}

func existsLeaves(err error) (watchKind, bool) {
	if errors.Is(err, ErrNoNode) {
		return watchExist, true
	}
	return watchData, err == nil
}

// GetWatch is [Client.Get], and leaves a watch for the first change of the node's data, or
// its deletion. The watch lives as long as ctx.
func (c *Client) GetWatch(ctx context.Context, path string) ([]byte, Stat, *Watch, error) {
	if err := check(proto.OpGetData.String(), path); err != nil {
		return nil, Stat{}, nil, err
	}
	r, w, err := readWatch[proto.GetDataReply](ctx, c, path, c.watching(proto.OpGetData, path, watchData))
	if err != nil {
		return nil, Stat{}, nil, err
	}
	return r.Data, r.Stat, w, nil
}

// ExistsWatch is [Client.Exists], and leaves a watch: for the creation of a node that is
// not there, for the first change of the data or the deletion of one that is. The watch
// lives as long as ctx.
func (c *Client) ExistsWatch(ctx context.Context, path string) (Stat, bool, *Watch, error) {
	if err := check(proto.OpExists.String(), path); err != nil {
		return Stat{}, false, nil, err
	}
	stat, w, err := readWatch[Stat](ctx, c, path, c.watching(proto.OpExists, path, watchData))
	if err != nil {
		return Stat{}, false, nil, err
	}
	return *stat, stat.Czxid != 0, w, nil
}

// ChildrenWatch is [Client.Children], and leaves a watch for the first child that comes or
// goes, or the deletion of the node. The watch lives as long as ctx.
func (c *Client) ChildrenWatch(ctx context.Context, path string) ([]string, Stat, *Watch, error) {
	if err := check(proto.OpGetChildren2.String(), path); err != nil {
		return nil, Stat{}, nil, err
	}
	r, w, err := readWatch[proto.GetChildrenReply](ctx, c, path, c.watching(proto.OpGetChildren2, path, watchChild))
	if err != nil {
		return nil, Stat{}, nil, err
	}
	slices.Sort(r.Children)
	return r.Children, r.Stat, w, nil
}

// Watch leaves a watch that tells of every change of the node from now on, and of its
// children coming and going; or, when it is recursive, of every change of the node and of
// all below it, and of no children as such. The node need not exist. It needs 3.6; and 3.9
// where the same node has a recursive watch and, of this client too, one of [Client.Watch]
// that is not, or one of [Client.ChildrenWatch]. The watch lives as long as ctx.
func (c *Client) Watch(ctx context.Context, path string, recursive bool) (*Watch, error) {
	op := proto.OpAddWatch
	if err := check(op.String(), path); err != nil {
		return nil, err
	}
	if err := c.require(ctx, Version{3, 6, 0}, "a persistent watch"); err != nil {
		return nil, &Error{Op: op.String(), Path: path, Err: err}
	}
	req := &proto.AddWatchRequest{Path: c.chrooted(path), Mode: proto.AddWatchPersistent}
	kind := watchPersistent
	if recursive {
		req.Mode, kind = proto.AddWatchRecursive, watchRecursive
	}
	_, w, err := readWatch[noBody](ctx, c, path, watchRequest{
		op: op, full: req.Path, kind: kind, leaves: leaves(kind), make: func(bool) conn.Request { return req },
	})
	return w, err
}
