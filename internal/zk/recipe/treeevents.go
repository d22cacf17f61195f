package recipe

import (
	"context"
	"sync"

	"terraform-provider-zookeeper/internal/zk"
)

// TreeEventType says what happened to a node of a TreeCache.
type TreeEventType int

const (
	// NodeAdded tells that a node has come.
	NodeAdded TreeEventType = iota
	// NodeUpdated tells that a node has other data, or was deleted and made again.
	NodeUpdated
	// NodeRemoved tells that a node is gone. Those below it were told of before.
	NodeRemoved
)

// A TreeEvent is a change of a TreeCache.
type TreeEvent struct {
	Type TreeEventType
	Path string
	// Data and Stat are the node's, and the last known of one that is gone.
	Data []byte
	Stat zk.Stat
}

// maxTreeEvents bounds how many events wait to be read.
const maxTreeEvents = 1 << 16

// TreeEvents are the changes of a TreeCache, in the order in which it made them.
type TreeEvents struct {
	cache *TreeCache

	mu     sync.Mutex
	events []TreeEvent
	end    error
	ready  chan struct{} // holds a token when there is something to read
}

// Events returns the changes of the cache from now on. Before [TreeCache.Start] that is all
// that it finds. Close them when they are not read any more.
func (t *TreeCache) Events() *TreeEvents {
	e := &TreeEvents{cache: t, ready: make(chan struct{}, 1)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		e.finish(t.err)
		return e
	}
	t.subscribers[e] = struct{}{}
	return e
}

// tell hands an event to all who listen. The cache's mu is held.
func (t *TreeCache) tell(event TreeEvent) {
	for e := range t.subscribers {
		if !e.put(event) {
			delete(t.subscribers, e)
		}
	}
}

// put adds an event, and reports whether more are wanted.
func (e *TreeEvents) put(event TreeEvent) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.events) >= maxTreeEvents {
		e.end = zk.ErrWatchOverflow
	} else {
		e.events = append(e.events, event)
	}
	e.signal()
	return e.end == nil
}

func (e *TreeEvents) finish(why error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.end == nil {
		e.end = why
	}
	e.signal()
}

func (e *TreeEvents) signal() {
	select {
	case e.ready <- struct{}{}:
	default:
	}
}

// Next returns the next change, or waits for it. After the last one it returns why there will
// be no other: [zk.ErrWatchEnded], [zk.ErrWatchOverflow] where 65,536 were not read, or why the
// cache keeps up no more. The end of ctx ends the wait alone.
func (e *TreeEvents) Next(ctx context.Context) (TreeEvent, error) {
	for {
		e.mu.Lock()
		if len(e.events) > 0 {
			event := e.events[0]
			e.events = e.events[1:]
			e.mu.Unlock()
			return event, nil
		}
		end := e.end
		e.mu.Unlock()
		if end != nil {
			return TreeEvent{}, end
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			return TreeEvent{}, ctx.Err()
		}
	}
}

// Close ends the events, those of the cache alone that are told here.
func (e *TreeEvents) Close() {
	e.cache.mu.Lock()
	delete(e.cache.subscribers, e)
	e.cache.mu.Unlock()
	e.finish(zk.ErrWatchEnded)
}
