package zk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

// session is what resumes a session. Only the engine touches it. That of a server without
// a quorum is not kept: it is the server's own, and no other knows it.
type session struct {
	id       int64
	password []byte
	at       target // where it was connected last
}

// run is the engine, until the client has ended. A session that nobody asks for any more is
// ended before the reason is told: whoever waits for that finds it gone.
func (c *Client) run(ctx context.Context) {
	defer close(c.stopped)
	c.mu.Lock()
	s := c.resume
	c.mu.Unlock()
	err := c.serve(ctx, &s)
	if s.id != 0 && (isAuthFailure(err) || c.State() == StateAuthFailed) {
		c.disown(ctx, s)
	}
	c.end(err) // whatever still waits
}

// serve holds a connection, and looks for another one when it is lost, until the client is
// closed or cannot go on. It returns why; [ErrClosed] where the client knows already.
func (c *Client) serve(ctx context.Context, s *session) error {
	// The events up to here have been told, and none behind it. It is not the latest that
	// any server told of: one that was asked and not taken has events that are still to come.
	var told int64
	short := 0 // connections in a row that did not last
	for first := true; !c.hasEnded(); first = false {
		// One loss is mended at once. A server that takes the session and drops it again is
		// tried no more often than one that does not take it.
		if short > 1 && wait(ctx, min(c.cfg.ConnectRetry.delay(short-1), c.cfg.ConnectTimeout)) != nil {
			return ErrClosed
		}
		l, err := c.connect(ctx, s, first)
		if err != nil {
			return err
		}
		for l != nil {
			c.acquaint(ctx, l)
			registered, ok := c.attach(l, told)
			if !ok {
				// Closed while the handshake was under way: the session is there all the same.
				c.abandon(ctx, l)
				return ErrClosed
			}
			began := time.Now()
			stop := c.tidy(ctx, l)
			next := c.hold(ctx, l, s)
			stop()
			// What was missed is told only when the watches are registered: the server may have
			// named a later transaction before that.
			if registered() {
				told = max(told, l.Zxid())
			}
			short++
			if time.Since(began) > c.cfg.ConnectRetry.MaxDelay {
				short = 1
			}
			l = next
		}
	}
	return ErrClosed
}

// hold waits for the end of a connection. Where that can only read, it looks for a server
// that can write meanwhile, and returns the connection to that one, nil for none.
func (c *Client) hold(ctx context.Context, l *link, s *session) *link {
	if l.Session().ReadOnly {
		next, err := c.seekQuorum(ctx, l, s)
		if next != nil {
			c.retire(ctx, l)
			return next
		}
		if err != nil {
			c.end(err)
			l.Close()
		}
	}
	select {
	case <-l.Done():
		c.log.Debug("connection lost", "server", l.at.String(), "reason", l.Err())
	case <-ctx.Done():
		l.Close()
	}
	c.detach(l)
	return nil
}

// abandon ends a session that nobody asks for, and its connection.
func (c *Client) abandon(ctx context.Context, l *link) {
	if err := endSession(context.WithoutCancel(ctx), l); err != nil {
		c.log.Warn("the session could not be ended, it lives on until it expires", "reason", err)
	}
	l.Close()
}

// disown ends the session of a client whose credential was refused. Servers close the
// connection then and keep the session, which is resumed once more without any credential,
// only to be ended. One that serves nobody without SASL refuses that as well.
func (c *Client) disown(ctx context.Context, s session) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(c.cfg.ConnectTimeout, closeTimeout))
	defer cancel()
	nc, err := c.dial(ctx, s.at)
	if err == nil {
		l := &link{at: s.at}
		hello := conn.Hello{Connect: proto.ConnectRequest{
			LastZxidSeen: c.zxid.Load(), TimeoutMillis: int32(c.cfg.SessionTimeout.Milliseconds()), SessionID: s.id, Password: s.password,
		}}
		l.Conn, _, err = conn.Open(ctx, nc, hello, conn.Options{MaxRequest: c.cfg.MaxBufferBytes, MaxReply: c.cfg.MaxReplyBytes, RequestTimeout: c.cfg.RequestTimeout, Frame: c.traceFrame()})
		if err == nil {
			c.abandon(ctx, l)
			return
		}
	}
	c.log.Warn("the session could not be ended, it lives on until it expires", "reason", err)
}

// acquaint asks the server behind l for its version where there are watches that not all
// servers know. Nothing else waits for it: it takes a connection of its own.
func (c *Client) acquaint(ctx context.Context, l *link) {
	if !c.watches.lasting() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, min(c.cfg.ConnectTimeout, commandTimeout))
	defer cancel()
	go func() {
		select {
		case <-l.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	if _, err := c.versionOf(ctx, l); l.version.told.Load() == nil {
		l.unknown = &versionUnknownError{err} // the time was up
	}
}

// tidy asks the server behind l for its version once something wants to know, without anybody waiting
// for it, and has watches removed that are to be. A server that does not tell keeps them. The function
// returned ends tidy.
func (c *Client) tidy(ctx context.Context, l *link) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			select {
			case <-l.wanted:
			case <-ctx.Done():
				return
			}
			if _, err := c.versionOf(ctx, l); err != nil {
				c.log.Debug("the server's version is not known, watches that nobody needs stay there", "server", l.at.String(), "reason", err)
			}
			c.watches.sweep()
		}
	})
	return func() {
		cancel()
		work.Wait()
	}
}

// attach registers the watches with l, sends what is waiting over it, and makes it the
// current connection. The function returned tells, when l has ended, whether the watches were
// registered; ok is false when the client has been closed meanwhile.
func (c *Client) attach(l *link, told int64) (registered func() bool, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != running {
		return nil, false
	}
	requests, alive := c.watches.again(l, told)
	var again []*conn.Call
	for _, req := range requests {
		call := conn.NewCall(req.Op(), req, nil)
		call.Xid = proto.XidSetWatches
		call.Ended = func(call *conn.Call) {
			if call.Err != nil && !lost(call) { // or the next connection registers them
				c.watches.unregistered(req, call.Err)
			}
		}
		if !l.SubmitNow(call) {
			call.Fail(&conn.LostError{Cause: l.Err()})
		}
		again = append(again, call)
	}
	c.watches.follow(l)
	// In the order of their submission, and before any other call can reach l. A connection
	// that ends meanwhile leaves the rest for the next one.
	for len(c.queue) > 0 && l.SubmitNow(c.queue[0]) {
		c.queue[0] = nil
		c.queue = c.queue[1:]
	}
	if len(c.queue) == 0 {
		c.queue = nil
	}
	c.reason = nil
	c.current.Store(l)
	if l.Session().ReadOnly {
		c.listeners.enter(StateConnectedReadOnly)
	} else {
		c.session = l.Session().SessionID
		c.granted = time.Duration(l.Session().TimeoutMillis) * time.Millisecond
		c.listeners.enter(StateConnected)
	}
	c.markStarted()
	return func() bool { return alive && !slices.ContainsFunc(again, lost) }, true
}

// lost tells whether a call has ended with its connection.
func lost(call *conn.Call) bool {
	_, lost := errors.AsType[*conn.LostError](call.Err)
	return lost
}

func (c *Client) detach(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.see(l.Zxid())
	c.current.CompareAndSwap(l, nil)
	if c.state == running {
		c.listeners.enter(StateSuspended)
	}
}

// hasEnded tells whether the client has been closed or has failed: behind the end of a
// session that it closed, the engine must not open another.
func (c *Client) hasEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == ended
}

// markStarted releases the callers of Start. c.mu is held.
func (c *Client) markStarted() {
	select {
	case <-c.started:
	default:
		close(c.started)
	}
}

// end makes the client refuse everything for good.
func (c *Client) end(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != ended {
		c.state, c.reason = ended, reason
	}
	c.current.Store(nil)
	c.failQueue(c.reason)
	c.watches.endAll(c.reason)
	if isAuthFailure(c.reason) {
		c.listeners.enter(StateAuthFailed)
	} else {
		c.listeners.enter(StateClosed)
	}
	c.markStarted()
}

// failQueue ends the calls that wait for a connection. c.mu is held.
func (c *Client) failQueue(err error) {
	for _, call := range c.queue {
		call.Fail(err)
	}
	c.queue = nil
}

// see keeps the latest zxid. Only the engine calls it.
func (c *Client) see(zxid int64) {
	if zxid > c.zxid.Load() {
		c.zxid.Store(zxid)
	}
}

// connect tries the servers, round after round, until one takes the session. While it
// fails for longer than the connect timeout, the calls that wait are ended with a
// *ConnectError and new ones are refused with it; the first time that is the end.
func (c *Client) connect(ctx context.Context, s *session, first bool) (*link, error) {
	failures := newFailures()
	c.failures.Store(failures)
	began := time.Now()
	deadline := began.Add(c.cfg.ConnectTimeout)
	last := c.cfg.ConnectRetry.MaxTries
	if d := c.cfg.ConnectRetry.Deadline; d > 0 && d < c.cfg.ConnectTimeout {
		deadline = time.Now().Add(d)
	}
	for round, late := 1, 0; ; round++ {
		l, err := c.round(ctx, s, late, deadline, failures)
		if failures.late() {
			late++
		}
		if l == nil && s.id != 0 && ctx.Err() == nil && !c.hasEnded() && failures.refused() && time.Since(began) > c.lifetime() {
			if next, nerr := c.startAnew(ctx, s, late, deadline, failures); next != nil || nerr != nil {
				l, err = next, nerr
			}
		}
		switch {
		case l != nil:
			return l, nil
		case ctx.Err() != nil, c.hasEnded():
			return nil, ErrClosed
		case isAuthFailure(err):
			return nil, err
		}
		pause := c.cfg.ConnectRetry.delay(round)
		if time.Until(deadline) <= pause || round == last || first && failures.onlyForeign() {
			err := c.connectError(failures, errNotTried)
			if first {
				return nil, err
			}
			c.unreachable(err)
			// From here on nobody waits: each round may take its time.
			deadline = time.Now().Add(c.cfg.ConnectTimeout)
		}
		if wait(ctx, pause) != nil {
			return nil, ErrClosed
		}
	}
}

// lifetime is how long a session can live without a connection.
func (c *Client) lifetime() time.Duration { return max(c.SessionTimeout(), c.cfg.SessionTimeout) }

// startAnew begins another session, where servers serve others and have refused this one for longer than
// it can live. They have lost what the client has seen: they were restored or emptied, or are others. It
// returns nil where no server serves.
func (c *Client) startAnew(ctx context.Context, s *session, late int, deadline time.Time, failures *failures) (*link, error) {
	fresh := session{at: s.at}
	seen := c.zxid.Swap(0) // a server that is behind it refuses everybody who has seen it
	l, err := c.sweep(ctx, &fresh, late, deadline, failures)
	if l != nil && l.Session().ReadOnly {
		l.Close()
		l = nil
	}
	if l == nil {
		c.zxid.Store(seen)
		if isAuthFailure(err) {
			return nil, err
		}
		return nil, nil //nolint:nilnil // no connection, and nothing new is wrong
	}
	// It may have come back, and with it the session, right now.
	now := c.zxid.Swap(seen)
	if again, err := c.try(ctx, l.at, s, c.share(1, late)); err == nil {
		c.abandon(ctx, l)
		return again, nil
	}
	c.log.Warn("the servers have lost what this client has seen, and its session with it", "server", l.at.String(), "seen", fmt.Sprintf("%#x", seen), "now", fmt.Sprintf("%#x", now))
	c.zxid.Store(now)
	c.forgetWrites()
	c.expire()
	if c.hasEnded() {
		c.abandon(ctx, l)
		return nil, ErrSessionExpired
	}
	*s = fresh
	return l, nil
}

// forgetWrites forgets what the client's own writes were: their transactions mean something else now.
func (c *Client) forgetWrites() {
	c.claims.mu.Lock()
	c.claims.ring, c.claims.next = nil, 0
	c.claims.mu.Unlock()
	c.ledger.mu.Lock()
	c.ledger.accounts = nil
	c.ledger.mu.Unlock()
}

// unreachable ends the calls that wait and makes others fail at once, until a connection
// stands.
func (c *Client) unreachable(err error) {
	c.log.Warn("no server could be reached", "reason", err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == running {
		c.reason = err
		c.failQueue(err)
	}
}

// expire ends the calls that wait: none of one session may run in the next.
func (c *Client) expire() {
	c.log.Warn("the session has expired")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = 0
	c.listeners.enter(StateLost)
	c.failQueue(ErrSessionExpired)
	c.watches.endAll(ErrSessionExpired)
	if c.cfg.OneSession && c.state == running {
		c.state, c.reason = ended, ErrSessionExpired
	}
}

// isAuthFailure tells whether a server refused who is asking: the others would too.
func isAuthFailure(err error) bool {
	return errors.Is(err, ErrAuthFailed) || errors.Is(err, ErrSessionClosedRequireSASL)
}

// failures are why servers did not take the session, one at each address. The engine writes, and
// whoever gives up the wait for it reads.
type failures struct {
	mu sync.Mutex
	of map[target]error
	// unanswered is set where one was that a server did not answer in time.
	unanswered bool
}

func newFailures() *failures { return &failures{of: make(map[target]error)} }

// note notes a failure. What a server answered before tells more than that the time was up.
func (f *failures) note(t target, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, late := errors.AsType[*conn.NoAnswerError](err)
	if !late || f.of[t] == nil {
		f.of[t] = err
	}
	f.unanswered = f.unanswered || late
}

// late tells whether a server did not answer in time since it was asked last.
func (f *failures) late() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	late := f.unanswered
	f.unanswered = false
	return late
}

// keep forgets what failed at addresses that a host no longer has.
func (f *failures) keep(host string, addresses []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t := range f.of {
		if t.host == host && !slices.Contains(addresses, t.address) {
			delete(f.of, t)
		}
	}
}

// onlyForeign tells that nothing that answered speaks ZooKeeper: waiting helps nobody.
func (f *failures) onlyForeign() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, err := range f.of {
		if _, ok := errors.AsType[*conn.ForeignError](err); !ok {
			return false
		}
	}
	return len(f.of) > 0
}

// refused tells whether a server has closed a connection without an answer, as it does where it is behind
// what the client has seen.
func (f *failures) refused() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, err := range f.of {
		if errors.Is(err, conn.ErrNoAnswer) {
			return true
		}
	}
	return false
}

// at are the failures of a host.
func (f *failures) at(host string) (attempts []Attempt) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t, err := range f.of {
		if t.host == host {
			attempts = append(attempts, Attempt{Server: t.String(), Err: err})
		}
	}
	return attempts
}

var (
	errNotTried    = errors.New("not tried: the time was up")
	errNotAnswered = errors.New("no answer yet")
)

// connectError collects the failures in the order of the connect string. Of a server that has none
// it says otherwise.
func (c *Client) connectError(failures *failures, otherwise error) *ConnectError {
	var attempts []Attempt
	hosts, _ := c.hostList()
	for _, host := range hosts {
		of := failures.at(host)
		if len(of) == 0 {
			of = []Attempt{{Server: host, Err: otherwise}}
		}
		slices.SortFunc(of, func(a, b Attempt) int { return strings.Compare(a.Server, b.Server) })
		attempts = append(attempts, of...)
	}
	return &ConnectError{Attempts: attempts}
}

// target is one address of one server; the address is empty for a name that could not be
// looked up.
type target struct {
	host    string // host:port of the connect string
	address string // ip:port
}

// String returns the host, and the address where it is another.
func (t target) String() string {
	if t.address == "" || t.address == t.host {
		return t.host
	}
	return t.host + " (" + t.address + ")"
}

// round tries each server once. Where none takes the session and the client accepts to
// read only, it tries each again: a server without a quorum knows none of the ensemble's
// sessions, and gives one of its own. The ensemble's lives on meanwhile, since sessions
// expire by its leader's clock.
func (c *Client) round(ctx context.Context, s *session, late int, deadline time.Time, failures *failures) (*link, error) {
	l, err := c.sweep(ctx, s, late, deadline, failures)
	if l != nil || !c.cfg.ReadOnly || s.id == 0 || isAuthFailure(err) {
		return l, err
	}
	other := session{at: s.at}
	if l, err = c.sweep(ctx, &other, late, deadline, failures); l != nil && !l.Session().ReadOnly {
		// It has a quorum after all: the next round resumes the session there.
		c.abandon(ctx, l)
		return nil, nil //nolint:nilnil // no connection, and nothing wrong with the server
	}
	return l, err
}

// sweep tries each server once. One server may take its share of the time, so that one that does
// not answer keeps neither the session from the others nor the others from their turn. The one
// that was connected last comes last:
// when its connection was lost, it is the one most likely to be of no use.
func (c *Client) sweep(ctx context.Context, s *session, late int, deadline time.Time, failures *failures) (*link, error) {
	hosts, _ := c.hostList()
	hosts = c.order(hosts, func(host string) bool { return host == s.at.host })
	share := c.share(len(hosts), late)
	var last error
	for _, host := range hosts {
		now := time.Now()
		if ctx.Err() != nil || !now.Before(deadline) {
			break
		}
		until := now.Add(share)
		if deadline.Before(until) {
			until = deadline
		}
		l, err := c.host(ctx, host, s, until, failures)
		if err == nil {
			return l, nil
		}
		if last = err; isAuthFailure(err) || c.hasEnded() {
			break
		}
	}
	return nil, last
}

// share is how long one of so many servers may take: a part of the session timeout and of the
// connect timeout, and twice as long for each round in which one did not answer in time. There are
// networks where an answer takes longer than the first share.
func (c *Client) share(hosts, late int) time.Duration {
	share := max(leastShare, min(c.cfg.SessionTimeout, c.cfg.ConnectTimeout)/time.Duration(max(hosts, minShares)))
	for ; late > 0 && share < c.cfg.ConnectTimeout; late-- {
		share *= 2
	}
	return min(share, c.cfg.ConnectTimeout)
}

func (c *Client) hostList() (hosts []string, shuffle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hosts, c.shuffle
}

func (c *Client) credentials() []Credential {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.auth)
}

// minShares keeps one server from the whole time where it is the only one: a server that
// is starting may accept a connection and never answer on it, and answer on the next.
const minShares = 3

// leastShare is what a connection takes on the fastest of networks, however short a session may be.
const leastShare = 100 * time.Millisecond

// order returns the elements in the order in which to try them: at random unless the
// configuration says otherwise, and those that are late at the end.
func (c *Client) order(of []string, late func(string) bool) []string {
	out := slices.Clone(of)
	if _, shuffle := c.hostList(); shuffle {
		rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	slices.SortStableFunc(out, func(a, b string) int {
		switch {
		case late(a) == late(b):
			return 0
		case late(a):
			return 1
		}
		return -1
	})
	return out
}

// host looks the server's name up, anew each time because servers move, and tries its
// addresses, which share the time until then.
func (c *Client) host(ctx context.Context, host string, s *session, until time.Time, failures *failures) (*link, error) {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	addresses, err := c.addresses(ctx, host)
	failures.keep(host, addresses)
	if err != nil {
		failures.note(target{host: host}, err)
		c.log.Debug("looking a name up failed", "server", host, "reason", err)
		return nil, err
	}
	addresses = c.order(addresses, func(address string) bool { return address == s.at.address })
	for i, address := range addresses {
		t := target{host, address}
		share := time.Until(until) / time.Duration(len(addresses)-i)
		l, err := c.resumeAt(ctx, t, s, share)
		if err == nil {
			return l, nil
		}
		failures.note(t, err)
		if isAuthFailure(err) || c.hasEnded() || i == len(addresses)-1 {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the name %s has no address", host)
}

// resumeAt opens the session at one address, or a new one where the session has expired.
func (c *Client) resumeAt(ctx context.Context, t target, s *session, share time.Duration) (*link, error) {
	l, err := c.try(ctx, t, s, share)
	if errors.Is(err, ErrSessionExpired) && s.id != 0 {
		s.id, s.password = 0, nil
		c.expire()
		if c.hasEnded() {
			return nil, err
		}
		l, err = c.try(ctx, t, s, share)
	}
	if err != nil {
		c.log.Debug("connecting failed", "server", t.String(), "reason", err)
		return nil, err
	}
	s.at = t
	return l, nil
}

func (c *Client) addresses(ctx context.Context, hostport string) ([]string, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, err
	}
	ips, err := c.lookup(ctx, host)
	for i, ip := range ips {
		ips[i] = net.JoinHostPort(ip, port)
	}
	return ips, err
}

// try connects to one address and opens or resumes the session there.
func (c *Client) try(ctx context.Context, t target, s *session, share time.Duration) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	exchange, err := c.startSASL(ctx, t)
	if err != nil {
		return nil, err
	}
	nc, err := c.dial(ctx, t)
	if err != nil {
		return nil, err
	}
	password := s.password
	if s.id == 0 {
		password = make([]byte, proto.PasswordSize)
	}
	hello := conn.Hello{
		SASL: exchange,
		Connect: proto.ConnectRequest{
			LastZxidSeen: c.zxid.Load(),
			// The one configured and not the one granted last: another server may grant more.
			TimeoutMillis: int32(c.cfg.SessionTimeout.Milliseconds()),
			SessionID:     s.id,
			Password:      password,
			// One without a quorum would refuse the session, or take it for its own.
			ReadOnly: c.cfg.ReadOnly && s.id == 0,
		},
	}
	credentials := c.credentials()
	for _, a := range credentials {
		hello.Auth = append(hello.Auth, proto.AuthRequest{Scheme: a.Scheme, Auth: []byte(a.Secret)})
	}
	l := &link{at: t, version: newVersionCache(), wanted: make(chan struct{}, 1)}
	cn, reply, err := conn.Open(ctx, nc, hello, conn.Options{MaxRequest: c.cfg.MaxBufferBytes, MaxReply: c.cfg.MaxReplyBytes, RequestTimeout: c.cfg.RequestTimeout, Event: c.watches.dispatch, Admit: func(call *conn.Call) error { return c.admit(l, call) }, Frame: c.traceFrame()})
	if reply.SessionID != 0 && !reply.ReadOnly {
		if s.id != 0 && reply.SessionID != s.id {
			c.expire() // the server gave another one instead of saying so
		}
		resumed := reply.SessionID == s.id
		// Kept with an error too: the server holds it, and the next attempt resumes it.
		s.id, s.password, s.at = reply.SessionID, reply.Password, t
		c.log.Debug("session", "server", t.String(), "session", fmt.Sprintf("%#x", s.id), "resumed", resumed, "timeout_ms", reply.TimeoutMillis)
	}
	if errors.Is(err, sasl.ErrFailed) {
		err = fmt.Errorf("%w: %w", ErrAuthFailed, err)
	}
	if refused, ok := errors.AsType[*conn.RefusedError](err); ok {
		c.forget(credentials[refused.Index])
	}
	if err != nil {
		if c.tls != nil {
			// With TLS 1.3 a server's refusal of this client comes behind its own handshake.
			err = tlsError(err, t.host)
		}
		return nil, err
	}
	c.see(cn.Zxid())
	l.Conn = cn
	return l, nil
}

// startSASL begins the exchange for one connection; nil where no SASL is configured. What
// takes the network, tickets for one, is done here, before the server's time runs.
func (c *Client) startSASL(ctx context.Context, t target) (conn.SASLExchange, error) {
	if c.sasl == nil {
		return nil, nil //nolint:nilnil // no exchange is needed
	}
	host, _, err := net.SplitHostPort(t.host)
	if err != nil {
		return nil, err
	}
	exchange, err := c.sasl.Start(ctx, host)
	if errors.Is(err, sasl.ErrFailed) {
		return nil, fmt.Errorf("%w: %w", ErrAuthFailed, err)
	}
	return exchange, err
}

// dial connects to one address, with TLS where that is configured.
func (c *Client) dial(ctx context.Context, t target) (net.Conn, error) {
	began := time.Now()
	nc, err := c.cfg.Dial(ctx, "tcp", t.address)
	if err != nil {
		return nil, dialError(ctx, err, began)
	}
	if c.tls == nil {
		return nc, nil
	}
	host, _, err := net.SplitHostPort(t.host)
	if err != nil {
		return nil, err
	}
	return handshakeTLS(ctx, c.tls, nc, host)
}

// dialError says in words that the time was up, where net says "i/o timeout".
func dialError(ctx context.Context, err error, began time.Time) error {
	var ne net.Error
	if ctx.Err() != nil || errors.As(err, &ne) && ne.Timeout() {
		return &conn.NoAnswerError{Step: "the connection request", After: time.Since(began)}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		// The server's address is named already, in front of the error.
		return op.Err
	}
	return err
}
