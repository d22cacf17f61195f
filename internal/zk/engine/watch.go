package engine

import (
	"context"
	"errors"
	"fmt"
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

// An Event says that something happened to a node. It does not hold the node's present content:
// read it, because later changes may have followed.
type Event struct {
	Type EventType
	// Path is the node's, on the servers; of a recursive watch it may be any below.
	Path string
}

var (
	// ErrWatchEnded says that no more events will come: the watch was closed, or was for one event
	// and has reported it.
	ErrWatchEnded = errors.New("the watch has ended")
	// ErrWatchOverflow says that a persistent watch was not read for so long that events
	// were dropped. Set a new watch, and read again what it watches.
	ErrWatchOverflow = errors.New("the watch has ended: its events were not read in time")
)

// maxEvents bounds how many events wait to be read from one watch.
const maxEvents = 1 << 16

// A Watch reports changes to a node, or to a tree of nodes, and survives reconnects.
//
// A watch for one event reports after a reconnect what happened meanwhile. One that stays does not,
// because servers say nothing of it: read again after [Watch.Restored]. From then on nothing is missed.
//
// A watch ends with its context, its session or its client, or when a server refuses to register it
// again. Then the client keeps nothing of it.
type Watch struct {
	engine *Engine
	full   string // the path on the servers
	once   bool
	unhook func() bool

	mu       sync.Mutex
	kind     WatchKind
	events   []Event
	end      error
	ready    chan struct{} // holds a token when there is something to read
	restored chan struct{} // holds a token when it has been registered again; nil for one that is left for one event
}

// Next returns the next event, or waits for it. After the last one it returns why there
// will be no other: [ErrWatchEnded], [ErrWatchOverflow], [proto.ErrSessionExpired], [ErrClosed],
// why the watch's context ended, or why it was not registered again after a reconnect, such
// as a *[VersionError]. The end of ctx ends the wait and not the watch.
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

// Restored returns a channel that yields when a watch that stays has been registered with another server after a
// reconnect. That is a moment later than the client is connected: the server is first asked for its version.
func (w *Watch) Restored() <-chan struct{} { return w.restored }

// Close ends the watch, here and, with the last one of this client's that is of the same node,
// on the server.
func (w *Watch) Close() { w.engine.watches.close(w, ErrWatchEnded) }

func (w *Watch) signal() { signal(w.ready) }

// signal puts a token into a channel that holds one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put adds an event and reports whether the watch goes on.
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

// WatchKind is in which of a server's tables a watch is.
type WatchKind int

// The kinds of watches.
const (
	WatchData       WatchKind = iota // left by a get, and by an exists of a node that is there
	WatchExist                       // left by an exists of a node that is not there
	WatchChild                       // left by a children
	WatchPersistent                  // left by addWatch
	WatchRecursive                   // left by addWatch, for all below too
	numKinds
)

// watches are a client's watches, by their paths on the servers.
type watches struct {
	engine *Engine
	mu     sync.Mutex
	link   *link // that the server has them by; nil while they are being registered with another
	by     map[string]*pathWatches
}

type pathWatches struct {
	kinds   [numKinds]map[*Watch]struct{}
	pending int // requests under way that may leave a watch, sent or not

	// What follows is of the current connection.

	sent [numKinds]int  // those of them that were sent
	kept [numKinds]bool // the server has one of the kind, which stays, or is about to: the last request for one was not refused
	left bool           // the server may have some that nobody here waits for
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
// the path must not be removed meanwhile.
func (ws *watches) begin(full string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.at(full).pending++
}

// admit decides, when a request's turn to be sent over l has come, whether the server is to
// be asked for a watch. Of the path it knows the watches that exist and those that were sent before, in the
// order in which the server gets it.
func (ws *watches) admit(l *link, a *asking) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p := ws.at(a.Path)
	if p.any(clashes[a.Kind]) {
		if err := l.has(severalKinds); err != nil {
			return err
		}
	}
	a.covered = p.covered(a.Kind)
	a.sent = true
	p.sent[a.Kind]++
	return nil
}

// finish is the other end of begin.
func (ws *watches) finish(a *asking) {
	ws.mu.Lock()
	p := ws.at(a.Path)
	p.pending--
	if a.sent {
		p.sent[a.Kind]--
	}
	gone := ws.vacated(a.Path, p)
	ws.mu.Unlock()
	if gone {
		ws.remove(a.Path)
	}
}

// refused notes that a request has left no watch. Those that were to share it, which are behind
// it on the wire, have none either, unless there was one before.
func (ws *watches) refused(a *asking) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if p := ws.at(a.Path); a.sent && len(p.kinds[a.Kind]) == 0 {
		p.kept[a.Kind] = false
	}
}

// add keeps a watch that the server has. It runs on the read goroutine, so that the
// events after the reply find it. It returns false where the server has none: the one that
// was to tell of the events had been asked for, and was refused.
//
// One that was there may have been closed since. The server has it all the same, or, where it
// is older, a one-time watch that was asked for behind this one, which tells of as much.
func (ws *watches) add(w *Watch, kind WatchKind, a *asking) bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p := ws.at(w.full)
	if a.covered && !slices.ContainsFunc(covers[a.Kind], func(k WatchKind) bool { return p.kept[k] }) {
		return false
	}
	w.kind = kind
	if stays(kind) && !p.kept[kind] {
		// With this one the server has those again that were there before the reconnect: lastingAgain leaves them out.
		for old := range p.kinds[kind] {
			signal(old.restored)
		}
	}
	if p.kinds[kind] == nil {
		p.kinds[kind] = make(map[*Watch]struct{})
	}
	p.kinds[kind][w] = struct{}{}
	p.kept[kind] = stays(kind)
	return true
}

// close ends a watch. When nothing watches the path any more, the server is told, without
// waiting for its answer.
func (ws *watches) close(w *Watch, why error) {
	ws.mu.Lock()
	w.finish(why)
	w.unhook()
	gone := false
	if p := ws.by[w.full]; p != nil {
		if _, ok := p.kinds[w.kind][w]; ok {
			delete(p.kinds[w.kind], w)
			p.left = true
			gone = ws.vacated(w.full, p)
		}
	}
	ws.mu.Unlock()
	if gone {
		ws.remove(w.full)
	}
}

// vacated is called with mu held when something of a path has ended. It forgets the path when
// nothing is left of it; but where the server may have watches yet, it keeps that in mind and
// returns true: they are to be removed, behind mu, because the removal is decided again when it
// is sent.
func (ws *watches) vacated(full string, p *pathWatches) bool {
	if !p.empty() {
		return false
	}
	if !p.left {
		delete(ws.by, full)
	}
	return p.left
}

// remove has the server remove its watches of a path that nothing watches. While those are
// being registered with another server, follow sees to it.
func (ws *watches) remove(full string) {
	ws.mu.Lock()
	l := ws.link
	ws.mu.Unlock()
	if l != nil {
		l.SubmitNow(conn.NewCall(proto.OpRemoveWatches, &proto.RemoveWatchesRequest{Path: full, Type: proto.WatcherAny}, nil))
	}
}

// errWatched is the error of a removal that is not sent because the path is watched again.
var errWatched = errors.New("the path is watched again")

// admitRemoval decides on a removal when its turn to be sent over l has come: a request for a
// watch of the path that was made meanwhile is sent behind it. refused is why the server
// must not be sent it.
func (ws *watches) admitRemoval(l *link, full string, refused error) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	switch p := ws.by[full]; {
	case p == nil || !p.empty() || !p.left:
		return errWatched
	case errors.Is(refused, errUnasked):
		l.want()
		return refused
	}
	delete(ws.by, full)
	return refused
}

// follow has what is watched be that by l from now on, where it is registered.
func (ws *watches) follow(l *link) {
	ws.mu.Lock()
	ws.link = l
	ws.mu.Unlock()
	ws.sweep()
}

// sweep has the server remove all that is left there and nobody waits for.
func (ws *watches) sweep() {
	ws.mu.Lock()
	var gone []string
	for full, p := range ws.by {
		if p.left && p.empty() {
			gone = append(gone, full)
		}
	}
	ws.mu.Unlock()
	for _, full := range gone {
		ws.remove(full)
	}
}

// affected tells which kinds of watches of the node itself an event is for.
var affected = map[EventType][]WatchKind{
	EventCreated:         {WatchData, WatchExist, WatchPersistent},
	EventDataChanged:     {WatchData, WatchExist, WatchPersistent},
	EventDeleted:         {WatchData, WatchExist, WatchChild, WatchPersistent},
	EventChildrenChanged: {WatchChild, WatchPersistent},
}

// dispatch gives an event to the watches that it is for. It runs on the read goroutine.
func (ws *watches) dispatch(e proto.WatcherEvent) {
	for _, full := range ws.told(e) {
		ws.remove(full)
	}
}

// told is dispatch, and returns the paths whose watches the server is to remove.
func (ws *watches) told(e proto.WatcherEvent) (gone []string) {
	if _, ok := affected[e.Type]; !ok || !proto.IsPath(e.Path) {
		return nil // of the session, of something that this client asks nobody for, or of what no node is
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	event := Event{Type: e.Type, Path: e.Path}
	if ws.tell(e.Path, affected[e.Type], event) {
		gone = append(gone, e.Path)
	}
	if e.Type == EventChildrenChanged {
		return gone // recursive watches tell of the child itself
	}
	for full := e.Path; ; full = proto.Parent(full) {
		if ws.tell(full, []WatchKind{WatchRecursive}, event) {
			gone = append(gone, full)
		}
		if full == "/" {
			return gone
		}
	}
}

// tell returns true when the server is to remove its watches of the path.
func (ws *watches) tell(full string, kinds []WatchKind, event Event) bool {
	p := ws.by[full]
	if p == nil {
		return false
	}
	for _, kind := range kinds {
		for w := range p.kinds[kind] {
			if !w.put(event) {
				w.unhook()
				delete(p.kinds[kind], w)
				p.left = p.left || stays(kind) // it has overflown
			}
		}
	}
	return ws.vacated(full, p)
}

// endAll ends all watches: those of a session that has expired, and of a closed client.
func (ws *watches) endAll(why error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for full, p := range ws.by {
		for kind := range numKinds {
			p.end(kind, why)
		}
		p.left = false
		if p.empty() {
			delete(ws.by, full)
		}
	}
}

// setWatchesSize bounds the paths of one setWatches request, in bytes, as Java's client does:
// the request of many watches would be larger than servers accept.
const setWatchesSize = 128 << 10

// setWatchesLists are a request's paths, by the kinds of their watches.
func setWatchesLists(req *proto.SetWatchesRequest) [numKinds]*[]string {
	return [numKinds]*[]string{&req.Data, &req.Exist, &req.Child, &req.Persistent, &req.Recursive}
}

// again returns the requests that register the watches with the server behind l after a reconnect
// that every server knows, with the latest transaction whose events have been told. It returns false,
// and leaves all as it is, where l has ended: the next connection is the one that counts.
func (ws *watches) again(l *link, zxid int64) (out []*proto.SetWatchesRequest, ok bool) {
	if l.Err() != nil {
		return nil, false
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.link = nil
	for full, p := range ws.by {
		p.kept, p.left = [numKinds]bool{}, false // it is another server
		if p.empty() {
			delete(ws.by, full)
		}
	}
	return ws.requests(zxid, func(p *pathWatches, kind WatchKind) bool { return !stays(kind) && len(p.kinds[kind]) > 0 }), true
}

// lastingAgain returns the requests that register the watches with the server behind l, whose version is known by
// now, that again has left out. It ends those that the server does not know.
func (ws *watches) lastingAgain(l *link) []*proto.SetWatchesRequest {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for full, p := range ws.by {
		p.fit(l)
		if p.empty() && !p.left {
			delete(ws.by, full)
		}
	}
	return ws.requests(0, func(p *pathWatches, kind WatchKind) bool {
		return stays(kind) && len(p.kinds[kind]) > 0 && !p.kept[kind]
	})
}

// requests returns those that register the watches of the kinds that are picked. mu is held.
func (ws *watches) requests(zxid int64, pick func(p *pathWatches, kind WatchKind) bool) (out []*proto.SetWatchesRequest) {
	var req *proto.SetWatchesRequest
	const around = 8 + 8 + int(numKinds)*4 // headers, transaction, lengths of the lists
	limit := min(setWatchesSize, ws.engine.cfg.MaxBufferBytes-around)
	size := 0
	for full, p := range ws.by {
		for kind := range numKinds {
			if !pick(p, kind) {
				continue
			}
			need := len(jute.AppendString(nil, full))
			if req == nil || size+need > limit {
				req, size = &proto.SetWatchesRequest{RelativeZxid: zxid}, 0
				out = append(out, req)
			}
			size += need
			list := setWatchesLists(req)[kind]
			*list = append(*list, full)
		}
	}
	return out
}

// admitAgain notes, when the turn of a request to register watches has come, that the server is about to have
// them. What has been closed meanwhile is there to be removed.
func (ws *watches) admitAgain(req *proto.SetWatchesRequest) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for kind, list := range setWatchesLists(req) {
		for _, full := range *list {
			if p := ws.at(full); len(p.kinds[kind]) > 0 {
				p.kept[kind] = stays(WatchKind(kind))
			} else {
				p.left = true
			}
		}
	}
}

// registered tells the watches that stay of a request that they are registered again.
func (ws *watches) registered(req *proto.SetWatchesRequest) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for kind, list := range setWatchesLists(req) {
		if !stays(WatchKind(kind)) {
			continue
		}
		for _, full := range *list {
			if p := ws.by[full]; p != nil {
				for w := range p.kinds[kind] {
					signal(w.restored)
				}
			}
		}
	}
}

// unregistered ends the watches that a request was to register again, because of its error.
// The server may have some of them all the same.
func (ws *watches) unregistered(req *proto.SetWatchesRequest, why error) {
	why = fmt.Errorf("the watch was not registered again: %w", why)
	ws.mu.Lock()
	for kind, list := range setWatchesLists(req) {
		for _, full := range *list {
			if p := ws.by[full]; p != nil {
				p.end(WatchKind(kind), why)
				p.kept[kind], p.left = false, true
			}
		}
	}
	ws.mu.Unlock()
	ws.sweep()
}

// fit ends the watches that the server behind l, whose version is known, does not know, or would drop
// for the sake of another.
func (p *pathWatches) fit(l *link) {
	if !p.lasting() {
		return
	}
	if err := l.has(features[proto.OpAddWatch]); err != nil {
		p.end(WatchPersistent, err)
		p.end(WatchRecursive, err)
	}
	if len(p.kinds[WatchPersistent]) > 0 || len(p.kinds[WatchChild]) > 0 {
		if err := l.has(severalKinds); err != nil {
			p.end(WatchRecursive, err)
		}
	}
}

// lasting reports whether there are watches that stay when they have told of something.
func (p *pathWatches) lasting() bool {
	return len(p.kinds[WatchPersistent]) > 0 || len(p.kinds[WatchRecursive]) > 0
}

func (ws *watches) lasting() bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, p := range ws.by {
		if p.lasting() {
			return true
		}
	}
	return false
}

// end ends all watches of a kind.
func (p *pathWatches) end(kind WatchKind, why error) {
	for w := range p.kinds[kind] {
		w.finish(why)
		w.unhook()
	}
	p.kinds[kind] = nil
}

// severalKinds is what servers before 3.9 drop without a word.
var severalKinds = Feature{"a recursive watch beside another that tells of the same node's children", Version{3, 9, 0}, false}

// A server before 3.9 keeps one kind of watch for a path in each of its two tables, of data
// and of children, and the last one wins.
var (
	// covers are the kinds that tell of all that a kind is for: beside one of them the server
	// is not asked for another one, which would take its place.
	covers = [numKinds][]WatchKind{
		WatchData:  {WatchPersistent, WatchRecursive},
		WatchExist: {WatchPersistent, WatchRecursive},
		WatchChild: {WatchPersistent},
	}
	// clashes are the kinds beside which one of the two would never hear of children.
	clashes = [numKinds][]WatchKind{
		WatchChild:      {WatchRecursive},
		WatchPersistent: {WatchRecursive},
		WatchRecursive:  {WatchChild, WatchPersistent},
	}
)

// stays reports whether a watch of the kind goes on when it has told of something.
func stays(kind WatchKind) bool { return kind == WatchPersistent || kind == WatchRecursive }

// any reports whether there is a watch of one of the kinds, or a request for one was sent.
func (p *pathWatches) any(kinds []WatchKind) bool {
	return slices.ContainsFunc(kinds, func(k WatchKind) bool { return len(p.kinds[k])+p.sent[k] > 0 })
}

// covered reports whether one of the kinds that tell of all that a kind is for is registered with the server, or a
// request for one was sent.
func (p *pathWatches) covered(kind WatchKind) bool {
	return slices.ContainsFunc(covers[kind], func(k WatchKind) bool { return p.kept[k] && len(p.kinds[k]) > 0 || p.sent[k] > 0 })
}

// WatchRequest is a request that leaves a watch.
type WatchRequest struct {
	Op   proto.OpCode
	Path string // on the servers
	Kind WatchKind
	// OrNone tells that it succeeds where there is no node, and leaves a watch of [WatchExist] then.
	OrNone bool
	// Make makes the request, with or without a watch on the server.
	Make func(watch bool) conn.Request
}

// Leaves tells, by the request's error, which watch it has left, if any.
func (q *WatchRequest) Leaves(err error) (WatchKind, bool) {
	if q.OrNone && errors.Is(err, proto.ErrNoNode) {
		return WatchExist, true
	}
	return q.Kind, err == nil
}

// asking is a WatchRequest on its way. What is decided when it is sent is guarded by
// watches.mu; but for AppendTo, which comes after the decision.
type asking struct {
	WatchRequest
	sent    bool // over the current connection
	covered bool // by a watch that is there, or was asked for before: this leaves none of its own
}

// AppendTo appends the request's record.
func (a *asking) AppendTo(dst []byte) []byte { return a.Make(!a.covered).AppendTo(dst) }

// errUncovered is the error of a request whose watch was to share that of another request,
// which the server refused.
var errUncovered = errors.New("the watch that this one was to share was refused")

// Watch submits a request for a watch that lives as long as ctx. The watch is there when the call has ended
// without an error that leaves none; out receives the reply.
func (e *Engine) Watch(ctx context.Context, req WatchRequest, out conn.Reply) (*Watch, *conn.Call) {
	a := &asking{WatchRequest: req}
	e.watches.begin(req.Path)
	w := &Watch{engine: e, full: req.Path, once: req.Op != proto.OpAddWatch, ready: make(chan struct{}, 1)}
	if !w.once {
		w.restored = make(chan struct{}, 1)
	}
	// With mu held, which close takes: where ctx has ended, the hook is run at once.
	e.watches.mu.Lock()
	w.unhook = context.AfterFunc(ctx, func() { e.watches.close(w, conn.ContextError(ctx)) })
	e.watches.mu.Unlock()
	call := conn.NewCall(req.Op, a, out)
	call.Ended = func(call *conn.Call) {
		defer e.watches.finish(a)
		kind, ok := req.Leaves(call.Err)
		if ok && !e.watches.add(w, kind, a) {
			call.Err, ok = errUncovered, false
		}
		if !ok {
			e.watches.refused(a)
			w.unhook()
			return
		}
		if ctx.Err() != nil {
			// Its hook may have come before the watch was there to be closed.
			e.watches.close(w, conn.ContextError(ctx))
		}
	}
	e.Submit(ctx, call)
	return w, call
}
