package wire

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Fate is what becomes of a request.
type Fate int

// The fates.
const (
	// Pass lets it through, and its reply.
	Pass Fate = iota
	// CutBefore closes the connection instead of forwarding it.
	CutBefore
	// CutAfter forwards it and closes the connection, whether or not the server has done it.
	CutAfter
	// CutReply forwards it, waits for the reply, drops that and closes the connection.
	CutReply
	// CutMiddle closes the connection in the middle of the reply.
	CutMiddle
	// ResetBefore and ResetAfter are CutBefore and CutAfter by a reset: what the other side has
	// not read yet is lost.
	ResetBefore
	ResetAfter
	// HalfOpen forwards it and closes the server's side. The client's stays open, takes what
	// comes, and never answers.
	HalfOpen
	// Drip passes the reply on in pieces of a few bytes.
	Drip
)

// A Decision is what is to become of a request.
type Decision struct {
	Fate Fate
	// Hold is done before the request goes on, which waits for its end; nil for nothing.
	Hold func(context.Context)
}

// A Session is one that a server has granted.
type Session struct {
	ID       int64
	Password []byte
	// Used tells that a client has asked for something in it. One that has given the server up before
	// its answer came never does, and knows no session that it could end.
	Used bool
}

// A Set is a proxy for each of some servers.
type Set struct {
	decide  func(Request) Decision
	proxies []*proxy
	ctx     context.Context //nolint:containedctx // The proxies' own life.
	cancel  context.CancelFunc
	work    sync.WaitGroup

	mu        sync.Mutex
	links     map[*link]struct{}
	sessions  []Session
	delivered map[int64]bool // writes whose replies have come through, by zxid
	flowing   chan struct{}  // closed while traffic flows
	frozen    int
	refused   int
	closed    bool
}

// proxy is the one for a server.
type proxy struct {
	set      *Set
	number   int
	target   string
	listener net.Listener
}

// Listen starts a proxy for each address. What becomes of each request, pings aside, is what
// decide says. It is called from many goroutines, and with nothing locked.
func Listen(ctx context.Context, targets []string, decide func(Request) Decision) (*Set, error) {
	s := &Set{
		decide:    decide,
		links:     make(map[*link]struct{}),
		delivered: make(map[int64]bool),
		flowing:   make(chan struct{}),
	}
	close(s.flowing)
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for i, target := range targets {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("wire: %w", err)
		}
		p := &proxy{set: s, number: i, target: target, listener: listener}
		s.proxies = append(s.proxies, p)
		s.work.Go(p.accept)
	}
	return s, nil
}

// Addrs are the addresses for clients, separated by commas.
func (s *Set) Addrs() string {
	addrs := make([]string, len(s.proxies))
	for i, p := range s.proxies {
		addrs[i] = p.listener.Addr().String()
	}
	return strings.Join(addrs, ",")
}

// Sessions are those that servers have granted so far, in the order in which they did, whether
// or not their clients have learnt of them.
func (s *Set) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sessions)
}

// used notes that a client has asked for something in a session.
func (s *Set) used(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.sessions {
		s.sessions[i].Used = s.sessions[i].Used || s.sessions[i].ID == id
	}
}

// Session returns one of them.
func (s *Set) Session(id int64) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.sessions, func(one Session) bool { return one.ID == id })
	if i < 0 {
		return Session{}, false
	}
	return s.sessions[i], true
}

// Delivered reports whether a client has been sent the whole reply to the write that was done
// in a transaction.
func (s *Set) Delivered(zxid int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delivered[zxid]
}

func (s *Set) note(zxid int64, delivered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered[zxid] = delivered
}

// Freeze holds all traffic back for a while. What was held back goes on its way afterwards.
func (s *Set) Freeze(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen++
	if s.frozen == 1 {
		s.flowing = make(chan struct{})
	}
	s.later(d, func() {
		s.frozen--
		if s.frozen == 0 {
			close(s.flowing)
		}
	})
}

// Refuse closes new connections at once for a while. Current ones stay.
func (s *Set) Refuse(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused++
	s.later(d, func() { s.refused-- })
}

// later runs a function with the mutex held, after d or when the set is closed. The mutex is
// held.
func (s *Set) later(d time.Duration, do func()) {
	s.work.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.ctx.Done():
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		do()
	})
}

// CutAll closes all current connections.
func (s *Set) CutAll() {
	s.mu.Lock()
	links := make([]*link, 0, len(s.links))
	for l := range s.links {
		links = append(links, l)
	}
	s.mu.Unlock()
	for _, l := range links {
		l.close()
	}
}

// Close closes the proxies and all connections, and waits for what is under way. Closing again
// does nothing.
func (s *Set) Close() {
	s.cancel()
	for _, p := range s.proxies {
		_ = p.listener.Close()
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.CutAll()
	s.work.Wait()
}

// pass waits until traffic flows. It reports false when the link has ended before.
func (s *Set) pass(done <-chan struct{}) bool {
	for {
		s.mu.Lock()
		flowing := s.flowing
		s.mu.Unlock()
		select {
		case <-flowing:
			s.mu.Lock()
			again := s.frozen > 0
			s.mu.Unlock()
			if !again {
				return true
			}
		case <-done:
			return false
		}
	}
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if l := p.admit(client); l != nil {
			p.set.work.Go(l.serve)
		} else {
			_ = client.Close()
		}
	}
}

// admit makes a link of a new connection, or returns nil when it is to be closed.
func (p *proxy) admit(client net.Conn) *link {
	s := p.set
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused > 0 || s.closed {
		return nil
	}
	l := &link{proxy: p, client: client, done: make(chan struct{}), pending: make(map[int32]pending)}
	s.links[l] = struct{}{}
	return l
}
