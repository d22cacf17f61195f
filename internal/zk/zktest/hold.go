package zktest

import "sync"

// A Hold is one reply that a [Proxy] keeps from its client, and all that comes after it on the same connection.
type Hold struct {
	match    func(op int32) bool
	reached  chan struct{}
	released chan struct{}
	release  func()
}

// HoldReply waits for the next request whose opcode matches, forwards it, waits for the server's reply to it, so that its
// effect has happened, and keeps that reply back until it is released. It does so once. The function is called once for
// each request until then, with the proxy locked.
func (p *Proxy) HoldReply(match func(op int32) bool) *Hold {
	h := &Hold{match: match, reached: make(chan struct{}), released: make(chan struct{})}
	h.release = sync.OnceFunc(func() { close(h.released) })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holds = append(p.holds, h)
	return h
}

// Reached is closed when the proxy has the reply.
func (h *Hold) Reached() <-chan struct{} { return h.reached }

// Release sends the reply on its way. Releasing again does nothing.
func (h *Hold) Release() { h.release() }

// wait waits for the release, and returns false when the connection ends before.
func (h *Hold) wait(l *link) bool {
	close(h.reached)
	select {
	case <-h.released:
		return true
	case <-l.done:
		return false
	}
}
