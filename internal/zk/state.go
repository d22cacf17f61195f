package zk

import "sync"

// State is how a client stands with the servers.
type State int

// The states of a client.
const (
	// StateLost: there is no session. It is the first state, and that behind an expiry:
	// ephemeral nodes and watches of a session before are gone.
	StateLost State = iota
	// StateConnected: the session is up.
	StateConnected
	// StateConnectedReadOnly: the server has no quorum; it answers reads, and writes fail
	// with [ErrNotReadOnly].
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

// listener is one function with the states that it has not been told of.
type listener struct {
	tell    func(State)
	queue   []State
	running bool
	removed bool
}

// State returns how the client stands with the servers.
func (c *Client) State() State {
	c.listeners.mu.Lock()
	defer c.listeners.mu.Unlock()
	return c.listeners.state
}

// AddListener calls tell with every state that the client enters from now on, in order,
// one call at a time. The calls are made on a goroutine of their own: tell may take its
// time, and may use the client. The function returned removes the listener; no call begins
// behind it.
func (c *Client) AddListener(tell func(State)) (remove func()) {
	ls := &c.listeners
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
		l.queue = append(l.queue, s)
		if !l.running {
			// It ends when the queue is empty: a client that nothing happens to has none.
			l.running = true
			go ls.run(l)
		}
	}
}

// reset begins anew.
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
