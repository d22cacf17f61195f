package engine

import (
	"slices"
	"sync"
)

// State is how a client stands with the servers.
type State int

// The states of a client.
const (
	// StateLost: there is no session. It is the first state, and that after an expiry:
	// ephemeral nodes and watches of a session before are gone.
	StateLost State = iota
	// StateConnected: the session is up.
	StateConnected
	// StateConnectedReadOnly: the server has no quorum; it answers reads, and writes fail
	// with [proto.ErrNotReadOnly].
	StateConnectedReadOnly
	// StateSuspended: the connection is lost and another is looked for. Whether the session
	// lives is not known.
	StateSuspended
	// StateAuthFailed: a server refused a credential. The client has ended.
	StateAuthFailed
	// StateClosed: the client was closed, or could not be started.
	StateClosed
)

// String returns the state in words.
func (s State) String() string {
	switch s {
	case StateLost:
		return "lost"
	case StateConnected:
		return "connected"
	case StateConnectedReadOnly:
		return "connected read-only"
	case StateSuspended:
		return "suspended"
	case StateAuthFailed:
		return "auth failed"
	case StateClosed:
		return "closed"
	}
	return "unknown"
}

// listeners tell of states.
type listeners struct {
	mu    sync.Mutex
	state State
	all   map[*listener]struct{}
}

// maxStates bounds how many states wait for one listener. It is far more than there are.
const maxStates = 64

// listener is one function with the states that it has not been told of.
type listener struct {
	tell    func(State)
	queue   []State
	running bool
	removed bool
}

// State returns how the client stands with the servers.
func (e *Engine) State() State {
	e.listeners.mu.Lock()
	defer e.listeners.mu.Unlock()
	return e.listeners.state
}

// AddListener calls tell with every state that the client enters from now on, in order,
// one call at a time. The calls are made on a goroutine of their own: tell may take its
// time, and may use the client. To one that is more than 64 states behind, the oldest of those
// are not told that the client has entered again since: what is told last is the state that it
// is in, and none of those that it was in is left out altogether. The function returned removes
// the listener; a call that is under way, or just about to begin, is made all the same.
func (e *Engine) AddListener(tell func(State)) (remove func()) {
	ls := &e.listeners
	l := &listener{tell: tell}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.all == nil {
		ls.all = make(map[*listener]struct{})
	}
	ls.all[l] = struct{}{}
	return func() {
		ls.mu.Lock()
		defer ls.mu.Unlock()
		delete(ls.all, l)
		l.removed = true
	}
}

// enter notes a state and has the listeners told of it. The states at the end stay.
func (ls *listeners) enter(s State) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if s == ls.state || ls.state == StateClosed || ls.state == StateAuthFailed && s != StateClosed {
		return
	}
	ls.state = s
	for l := range ls.all {
		l.add(s)
		if !l.running {
			// It ends when the queue is empty: a client that nothing happens to has none.
			l.running = true
			go ls.run(l)
		}
	}
}

// add adds a state to those that the listener is to be told of. Where there are too many, the
// oldest that comes again after it goes.
func (l *listener) add(s State) {
	l.queue = append(l.queue, s)
	if len(l.queue) <= maxStates {
		return
	}
	for i, old := range l.queue {
		if slices.Contains(l.queue[i+1:], old) {
			l.queue = slices.Delete(l.queue, i, i+1)
			return
		}
	}
}

// reset sets the state back to StateLost.
func (ls *listeners) reset() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.state = StateLost
}

func (ls *listeners) run(l *listener) {
	for {
		ls.mu.Lock()
		if len(l.queue) == 0 || l.removed {
			l.running = false
			ls.mu.Unlock()
			return
		}
		s := l.queue[0]
		l.queue = l.queue[1:]
		ls.mu.Unlock()
		l.tell(s)
	}
}
