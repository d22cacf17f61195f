package zktest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// xidEvent marks what a server sends without having been asked.
const xidEvent = -1

// A Request is what a client has sent after its handshake, and a [Proxy] has let through.
type Request struct {
	Xid    int32
	Opcode int32
}

// A Proxy stands before one server and puts faults on the wire. It understands the framing of the plain protocol; what
// does not begin like that, such as four-letter words and TLS, passes through as bytes, which no cut by request applies
// to.
type Proxy struct {
	target   string
	listener net.Listener
	ctx      context.Context //nolint:containedctx // The proxy's own life, which the dials in its goroutines end with.
	cancel   context.CancelFunc
	work     sync.WaitGroup
	refuse   atomic.Bool
	delay    atomic.Int64 // of each reply, in nanoseconds

	mu       sync.Mutex
	links    map[*link]struct{}
	faults   []*fault // armed, and not yet met
	holds    []*hold
	requests []Request
	accepted int
	words    int
	speaking chan struct{} // closed while four-letter words go through, open while they are held back
	flowing  chan struct{} // closed while traffic flows, open while it is held back
	closed   bool
}

// A fault is armed once and happens once.
type fault struct {
	match    func(op int32) bool
	after    bool // the request goes through, and its reply does not
	happened chan struct{}
}

// A hold holds replies back until it is released.
type hold struct {
	match    func(op int32) bool
	reached  chan struct{} // closed when there is a reply to be held back
	released chan struct{}
}

// StartProxy starts a proxy in front of the server at an address. It is closed when the test ends.
func StartProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(tb.Context(), "tcp4", net.JoinHostPort(loopback, "0"))
	if err != nil {
		tb.Fatalf("zktest: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	p := &Proxy{
		target:   target,
		listener: listener,
		ctx:      ctx,
		cancel:   cancel,
		links:    make(map[*link]struct{}),
		flowing:  make(chan struct{}),
		speaking: make(chan struct{}),
	}
	close(p.flowing)
	close(p.speaking)
	p.work.Go(p.accept)
	tb.Cleanup(p.Close)
	return p
}

// Addr returns the address that clients connect to, as host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// CutAfterRequest waits for the next request whose opcode matches, forwards it, waits for the server's reply to it, so
// that its effect has happened, drops that reply, and closes the connection. It does so once. The channel is closed when
// it has happened; also when the connection ended before the reply came, as the client is left without one all the same.
// The function is called with the proxy locked.
func (p *Proxy) CutAfterRequest(match func(op int32) bool) <-chan struct{} {
	return p.arm(match, true)
}

// CutBeforeRequest waits for the next request whose opcode matches, and closes the connection instead of forwarding it.
// It does so once. The channel is closed when it has happened. The function is called with the proxy locked.
func (p *Proxy) CutBeforeRequest(match func(op int32) bool) <-chan struct{} {
	return p.arm(match, false)
}

func (p *Proxy) arm(match func(op int32) bool, after bool) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := &fault{match: match, after: after, happened: make(chan struct{})}
	p.faults = append(p.faults, f)
	return f.happened
}

// HoldReplies holds back the reply to each request from here on whose opcode matches, and with it whatever comes after it
// on the same connection, until release is called. The channel is closed when the server has answered one of them, so that
// its effect has happened. The function is called with the proxy locked.
func (p *Proxy) HoldReplies(match func(op int32) bool) (held <-chan struct{}, release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &hold{match: match, reached: make(chan struct{}), released: make(chan struct{})}
	p.holds = append(p.holds, h)
	return h.reached, sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.holds = slices.DeleteFunc(p.holds, func(other *hold) bool { return other == h })
		close(h.released)
	})
}

// CutAll closes all current connections.
func (p *Proxy) CutAll() {
	for _, l := range p.current() {
		l.close()
	}
}

// Refuse closes new connections at once while it is on. Current ones stay. It may be called by the function that picks a
// request to cut at: nobody is let in again after that cut.
func (p *Proxy) Refuse(on bool) { p.refuse.Store(on) }

// Delay holds each reply back for a time, as a slow network does.
func (p *Proxy) Delay(d time.Duration) { p.delay.Store(int64(d)) }

// Blackhole holds back all traffic in both directions while it is on, of new connections too, which are accepted. What
// was held back goes on its way afterwards, as after a partition of the network.
func (p *Proxy) Blackhole(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flowing:
		if on {
			p.flowing = make(chan struct{})
		}
	default:
		if !on {
			close(p.flowing)
		}
	}
}

// HoldWords leaves four-letter words without an answer, as a network does that drops them, until release is called.
func (p *Proxy) HoldWords() (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	speaking := make(chan struct{})
	p.speaking = speaking
	return sync.OnceFunc(func() { close(speaking) })
}

// Words returns how many four-letter words have come so far, those counted that are held back.
func (p *Proxy) Words() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.words
}

// Count tells how many matching requests have reached the server.
func (p *Proxy) Count(match func(op int32) bool) int {
	n := 0
	for _, r := range p.Requests() {
		if match(r.Opcode) {
			n++
		}
	}
	return n
}

// Requests returns what has gone through to the server since the proxy was started, on all connections.
func (p *Proxy) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Connections returns how many connections clients have made so far, those counted that were closed at once.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Close closes the proxy and all its connections, and waits for its goroutines. Closing again does nothing.
func (p *Proxy) Close() {
	p.cancel()
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.CutAll()
	p.work.Wait()
}

func (p *Proxy) current() []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	return links
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if l := p.admit(client); l != nil {
			p.work.Go(l.serve)
		} else {
			_ = client.Close()
		}
	}
}

// admit makes a link of a new connection, or returns nil when it is to be closed.
func (p *Proxy) admit(client net.Conn) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted++
	if p.refuse.Load() || p.closed {
		return nil
	}
	l := &link{proxy: p, client: client, done: make(chan struct{})}
	p.links[l] = struct{}{}
	return l
}

// A link is one client's connection and the one to the server that belongs to it.
type link struct {
	proxy  *Proxy
	client net.Conn
	done   chan struct{} // closed with the link

	// What follows is guarded by the proxy's mutex.

	server net.Conn // nil until it is dialled
	// Replies come in the order of the requests, so counting both tells which reply belongs to which request, where xids
	// do not: all pings share one.
	sent    int
	replied int
	cut     *fault // what happens with the reply number cutAt; nil when nothing does
	cutAt   int
	held    map[int]*hold // by the numbers of the replies
	closed  bool
}

// close closes both connections. If a fault was under way, it has happened now.
func (l *link) close() {
	p := l.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	delete(p.links, l)
	_ = l.client.Close()
	if l.server != nil {
		_ = l.server.Close()
	}
	close(l.done)
	if l.cut != nil {
		close(l.cut.happened)
	}
}

// serve forwards in both directions until the link is closed.
func (l *link) serve() {
	defer l.close()
	if !l.dial() {
		return
	}
	// The client speaks first, and how it begins decides how the whole connection is understood.
	fromClient := bufio.NewReader(l.client)
	prefix, err := fromClient.Peek(4)
	if err != nil {
		return
	}
	if isWord(prefix) && !l.speaks() {
		return
	}
	requests, replies := l.forwardRequests, l.forwardReplies
	if binary.BigEndian.Uint32(prefix) > maxFrame {
		requests = func(r *bufio.Reader) error { return l.forwardBytes(l.server, r) }
		replies = func(r *bufio.Reader) error { return l.forwardBytes(l.client, r) }
	}

	var both sync.WaitGroup
	both.Go(func() {
		l.clientDone(requests(fromClient))
	})
	both.Go(func() {
		// There is nothing left to do for a client whose server is gone.
		defer l.close()
		_ = replies(bufio.NewReader(l.server))
	})
	both.Wait()
}

// isWord reports whether a connection that begins like that is for a four-letter word.
func isWord(prefix []byte) bool {
	return !slices.ContainsFunc(prefix, func(b byte) bool { return b < 'a' || b > 'z' })
}

// speaks counts a four-letter word, and waits until they go through. It returns false when the client has gone before.
func (l *link) speaks() bool {
	p := l.proxy
	p.mu.Lock()
	p.words++
	speaking := p.speaking
	p.mu.Unlock()
	select {
	case <-speaking:
		return true
	case <-l.done:
		return false
	}
}

// dial connects to the server, once traffic flows.
func (l *link) dial() bool {
	if !l.pass() {
		return false
	}
	var dialer net.Dialer
	server, err := dialer.DialContext(l.proxy.ctx, "tcp", l.proxy.target)
	if err != nil {
		return false
	}
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	if l.closed {
		_ = server.Close()
		return false
	}
	l.server = server
	return true
}

// pass waits until traffic flows, and returns false when the link is closed before.
func (l *link) pass() bool {
	l.proxy.mu.Lock()
	flowing := l.proxy.flowing
	l.proxy.mu.Unlock()
	select {
	case <-flowing:
		return true
	case <-l.done:
		return false
	}
}

// late waits for as long as replies are to be late, and returns false when the link is closed before.
func (l *link) late() bool {
	d := time.Duration(l.proxy.delay.Load())
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
}

// clientDone ends the link, now that nothing more comes from the client. A client that has only closed its own side is
// still given what the server has for it. And where a reply is yet to be seen and dropped, the server is told nothing:
// it may throw away what it has not done yet for a client that is gone.
func (l *link) clientDone(reason error) {
	if errors.Is(reason, errCut) {
		l.close()
		return
	}
	if l.cutPending() {
		return
	}
	server, ok := l.server.(*net.TCPConn)
	if !ok || !errors.Is(reason, io.EOF) || server.CloseWrite() != nil {
		l.close()
	}
}

// errCut is why a link ends that a fault was armed for.
var errCut = errors.New("cut")

func (l *link) forwardRequests(client *bufio.Reader) error {
	for first := true; ; first = false {
		frame, err := ReadFrame(client)
		if err != nil {
			return err
		}
		if !l.pass() {
			return errCut
		}
		// The connect request has no header.
		if !first && l.cutsBefore(Request{Xid: int32At(frame, 0), Opcode: int32At(frame, 4)}) {
			return errCut
		}
		if err := WriteFrame(l.server, frame); err != nil {
			return err
		}
	}
}

// cutsBefore counts a request, and returns true when the link is to end instead of forwarding it. If it is to end after
// the reply, that is noted.
func (l *link) cutsBefore(request Request) bool {
	p := l.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	met := slices.IndexFunc(p.faults, func(f *fault) bool { return f.match(request.Opcode) })
	// While a reply is awaited in order to drop it, other faults have to wait for another connection.
	if met >= 0 && l.cut == nil {
		l.cut, l.cutAt = p.faults[met], l.sent
		p.faults = slices.Delete(p.faults, met, met+1)
		if !l.cut.after {
			return true
		}
	}
	if i := slices.IndexFunc(p.holds, func(h *hold) bool { return h.match(request.Opcode) }); i >= 0 {
		if l.held == nil {
			l.held = make(map[int]*hold)
		}
		l.held[l.sent] = p.holds[i]
	}
	// Counted before it is sent, so that whoever has a reply finds its request here.
	l.sent++
	p.requests = append(p.requests, request)
	return false
}

func (l *link) forwardReplies(server *bufio.Reader) error {
	for first := true; ; first = false {
		frame, err := ReadFrame(server)
		if err != nil {
			return err
		}
		if !first && int32At(frame, 0) != xidEvent {
			cut, held := l.reply()
			if cut || !l.waitFor(held) {
				return errCut
			}
		}
		if !l.pass() || !l.late() {
			return errCut
		}
		// A client that is gone does not keep the reply to be dropped from being awaited.
		if err := WriteFrame(l.client, frame); err != nil && !l.cutPending() {
			return err
		}
	}
}

// reply counts a reply. The link is to end instead of forwarding it where cut is true, and where held is not nil the reply
// has to wait.
func (l *link) reply() (cut bool, held *hold) {
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	number := l.replied
	l.replied++
	held = l.held[number]
	delete(l.held, number)
	if held != nil {
		select {
		case <-held.reached:
		default:
			close(held.reached)
		}
	}
	return l.cut != nil && l.cutAt == number, held
}

// waitFor waits for the release of what is held back, and returns false when the link is closed before.
func (l *link) waitFor(h *hold) bool {
	if h == nil {
		return true
	}
	select {
	case <-h.released:
		return true
	case <-l.done:
		return false
	}
}

func (l *link) cutPending() bool {
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	return l.cut != nil
}

func (l *link) forwardBytes(to io.Writer, from *bufio.Reader) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return err
		}
		if !l.pass() {
			return errCut
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return err
		}
	}
}
