package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

// connect tries the servers, round after round, until one takes the session. While it
// fails for longer than the connect timeout, the calls that wait are ended with a
// *ConnectError and new ones are refused with it; the first time that is the end.
func (e *Engine) connect(ctx context.Context, s *session, first bool) (*link, error) {
	failures := newFailures()
	e.failures.Store(failures)
	began := time.Now()
	deadline := began.Add(e.cfg.ConnectTimeout)
	last := e.cfg.ConnectRetry.MaxTries
	if d := e.cfg.ConnectRetry.Deadline; d > 0 && d < e.cfg.ConnectTimeout {
		deadline = time.Now().Add(d)
	}
	for round, late := 1, 0; ; round++ {
		l, err := e.round(ctx, s, late, deadline, failures)
		if failures.late() {
			late++
		}
		if l == nil && s.id != 0 && ctx.Err() == nil && !e.hasEnded() && failures.refused() && time.Since(began) > e.lifetime() {
			if next, nerr := e.startAnew(ctx, s, late, deadline, failures); next != nil || nerr != nil {
				l, err = next, nerr
			}
		}
		switch {
		case l != nil:
			return l, nil
		case ctx.Err() != nil, e.hasEnded():
			return nil, ErrClosed
		case isAuthFailure(err):
			return nil, err
		}
		pause := e.cfg.ConnectRetry.delay(round)
		if time.Until(deadline) <= pause || round == last || first && failures.onlyForeign() {
			err := e.connectError(failures, errNotTried)
			if first {
				return nil, err
			}
			e.unreachable(err)
			// From here on nobody waits: each round may take its time.
			deadline = time.Now().Add(e.cfg.ConnectTimeout)
		}
		if wait(ctx, pause) != nil {
			return nil, ErrClosed
		}
	}
}

// lifetime is how long a session can live without a connection.
func (e *Engine) lifetime() time.Duration { return max(e.SessionTimeout(), e.cfg.SessionTimeout) }

// startAnew begins another session, where servers serve others and have refused this one for longer than
// it can live. They have lost what the client has seen: they were restored or emptied, or are others. It
// returns nil where no server serves.
func (e *Engine) startAnew(ctx context.Context, s *session, late int, deadline time.Time, failures *failures) (*link, error) {
	fresh := session{at: s.at}
	seen := e.zxid.Swap(0) // a server that is behind it refuses everybody who has seen it
	l, err := e.sweep(ctx, &fresh, late, deadline, failures)
	if l != nil && l.Session().ReadOnly {
		l.Close()
		l = nil
	}
	if l == nil {
		e.zxid.Store(seen)
		if isAuthFailure(err) {
			return nil, err
		}
		return nil, nil //nolint:nilnil // no connection, and nothing new is wrong
	}
	// It may have come back, and with it the session, right now.
	now := e.zxid.Swap(seen)
	if again, err := e.tryAgain(ctx, l.at, s, e.share(1, late)); err == nil {
		e.abandon(ctx, l)
		return again, nil
	}
	e.log.Warn("the servers have lost what this client has seen, and its session with it", "server", l.at.String(), "seen", fmt.Sprintf("%#x", seen), "now", fmt.Sprintf("%#x", now))
	e.zxid.Store(now)
	if e.cfg.Rewound != nil {
		e.cfg.Rewound()
	}
	e.expire()
	if e.hasEnded() {
		e.abandon(ctx, l)
		return nil, proto.ErrSessionExpired
	}
	*s = fresh
	return l, nil
}

// unreachable ends the calls that wait and makes others fail at once, until a connection
// stands.
func (e *Engine) unreachable(err error) {
	e.log.Warn("no server could be reached", "reason", err)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == running {
		e.reason = err
		e.failQueue(err)
	}
}

// expire ends the calls that wait: none of one session may run in the next.
func (e *Engine) expire() {
	e.log.Warn("the session has expired")
	e.mu.Lock()
	defer e.mu.Unlock()
	e.session = 0
	e.listeners.enter(StateLost)
	e.failQueue(proto.ErrSessionExpired)
	e.watches.endAll(proto.ErrSessionExpired)
	if e.cfg.OneSession && e.state == running {
		e.state, e.reason = ended, proto.ErrSessionExpired
	}
}

// isAuthFailure reports whether a server refused who is asking: the others would too.
func isAuthFailure(err error) bool {
	return errors.Is(err, proto.ErrAuthFailed) || errors.Is(err, proto.ErrSessionClosedRequireSASL)
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
func (e *Engine) round(ctx context.Context, s *session, late int, deadline time.Time, failures *failures) (*link, error) {
	l, err := e.sweep(ctx, s, late, deadline, failures)
	if l != nil || !e.cfg.ReadOnly || s.id == 0 || isAuthFailure(err) {
		return l, err
	}
	other := session{at: s.at}
	if l, err = e.sweep(ctx, &other, late, deadline, failures); l != nil && !l.Session().ReadOnly {
		// It has a quorum after all: the next round resumes the session there.
		e.abandon(ctx, l)
		return nil, nil //nolint:nilnil // no connection, and nothing wrong with the server
	}
	return l, err
}

// sweep tries each server once. One server may take its share of the time, so that one that does
// not answer keeps neither the session from the others nor the others from their turn. The one
// that was connected last comes last:
// when its connection was lost, it is the one most likely to be of no use.
func (e *Engine) sweep(ctx context.Context, s *session, late int, deadline time.Time, failures *failures) (*link, error) {
	hosts, _ := e.hostList()
	hosts = e.order(hosts, func(host string) bool { return host == s.at.host })
	share := e.share(len(hosts), late)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	var last error
	for _, host := range hosts {
		if ctx.Err() != nil {
			break
		}
		l, err := e.host(ctx, host, s, share, failures)
		if err == nil {
			return l, nil
		}
		if last = err; isAuthFailure(err) || e.hasEnded() {
			break
		}
	}
	return nil, last
}

// share is how long one of so many servers may take: a part of the session timeout and of the
// connect timeout, and three times as long for each round in which one did not answer in time. There are
// networks where an answer takes longer than the first share, and a handshake takes two answers.
func (e *Engine) share(hosts, late int) time.Duration {
	share := max(leastShare, min(e.cfg.SessionTimeout, e.cfg.ConnectTimeout)/time.Duration(max(hosts, minShares)))
	for ; late > 0 && share < e.cfg.ConnectTimeout; late-- {
		share *= 3
	}
	return min(share, e.cfg.ConnectTimeout)
}

func (e *Engine) hostList() (hosts []string, shuffle bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.hosts, e.shuffle
}

// minShares keeps one server from the whole time where it is the only one: a server that
// is starting may accept a connection and never answer on it, and answer on the next.
const minShares = 3

// leastShare is what a connection takes on the fastest of networks, however short a session may be.
const leastShare = 100 * time.Millisecond

// order returns the elements in the order in which to try them: at random unless the
// configuration says otherwise, and those that are late at the end.
func (e *Engine) order(of []string, late func(string) bool) []string {
	out := slices.Clone(of)
	if _, shuffle := e.hostList(); shuffle {
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

// host looks the server's name up each time, because servers move, and tries its
// addresses, which share a time. What SASL needs of others, such as a KDC, is not part of it.
func (e *Engine) host(ctx context.Context, host string, s *session, share time.Duration, failures *failures) (*link, error) {
	until := time.Now().Add(share)
	looking, cancel := context.WithDeadline(ctx, until)
	addresses, err := e.addresses(looking, host)
	cancel()
	failures.keep(host, addresses)
	if err != nil {
		failures.note(target{host: host}, err)
		e.log.Debug("looking a name up failed", "server", host, "reason", err)
		return nil, err
	}
	addresses = e.order(addresses, func(address string) bool { return address == s.at.address })
	for i, address := range addresses {
		t := target{host, address}
		asking := time.Now()
		exchange, err := e.startSASL(ctx, t)
		until = until.Add(time.Since(asking))
		var l *link
		if err == nil {
			l, err = e.resumeAt(ctx, t, s, exchange, time.Until(until)/time.Duration(len(addresses)-i))
		}
		if err == nil {
			return l, nil
		}
		e.log.Debug("connecting failed", "server", t.String(), "reason", err)
		failures.note(t, err)
		if isAuthFailure(err) || e.hasEnded() || i == len(addresses)-1 {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the name %s has no address", host)
}

// resumeAt opens the session at one address, or a new one where the session has expired.
func (e *Engine) resumeAt(ctx context.Context, t target, s *session, exchange conn.SASLExchange, share time.Duration) (*link, error) {
	l, err := e.try(ctx, t, s, exchange, share)
	if errors.Is(err, proto.ErrSessionExpired) && s.id != 0 {
		s.id, s.password = 0, nil
		e.expire()
		if e.hasEnded() {
			return nil, err
		}
		l, err = e.tryAgain(ctx, t, s, share)
	}
	if err != nil {
		return nil, err
	}
	s.at = t
	return l, nil
}

func (e *Engine) addresses(ctx context.Context, hostport string) ([]string, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, err
	}
	ips, err := e.cfg.Lookup(ctx, host)
	for i, ip := range ips {
		ips[i] = net.JoinHostPort(ip, port)
	}
	return ips, err
}

// tryAgain tries an address with an exchange of its own: none serves two connections. What SASL takes has its own
// bound.
func (e *Engine) tryAgain(ctx context.Context, t target, s *session, share time.Duration) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.ConnectTimeout)
	defer cancel()
	exchange, err := e.startSASL(ctx, t)
	if err != nil {
		return nil, err
	}
	return e.try(ctx, t, s, exchange, share)
}

// try connects to one address and opens or resumes the session there.
func (e *Engine) try(ctx context.Context, t target, s *session, exchange conn.SASLExchange, share time.Duration) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	nc, err := e.dial(ctx, t)
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
			LastZxidSeen: e.zxid.Load(),
			// The one configured and not the one granted last: another server may grant more.
			TimeoutMillis: int32(e.cfg.SessionTimeout.Milliseconds()),
			SessionID:     s.id,
			Password:      password,
			// One without a quorum would refuse the session, or take it for its own.
			ReadOnly: e.cfg.ReadOnly && s.id == 0,
		},
	}
	credentials := e.Credentials()
	for _, a := range credentials {
		hello.Auth = append(hello.Auth, proto.AuthRequest{Scheme: a.Scheme, Auth: []byte(a.Secret)})
	}
	l := &link{at: t, version: newVersionCache(), wanted: make(chan struct{}, 1)}
	cn, reply, err := conn.Open(ctx, nc, hello, conn.Options{MaxRequest: e.cfg.MaxBufferBytes, MaxReply: e.cfg.MaxReplyBytes, RequestTimeout: e.cfg.RequestTimeout, Event: e.watches.dispatch, Admit: func(call *conn.Call) error { return e.admit(l, call) }, Frame: e.traceFrame()})
	if reply.SessionID != 0 && !reply.ReadOnly {
		if s.id != 0 && reply.SessionID != s.id {
			e.expire() // the server gave another one instead of saying so
		}
		resumed := reply.SessionID == s.id
		// Kept with an error too: the server holds it, and the next attempt resumes it.
		s.id, s.password, s.at = reply.SessionID, reply.Password, t
		e.log.Debug("session", "server", t.String(), "session", fmt.Sprintf("%#x", s.id), "resumed", resumed, "timeout_ms", reply.TimeoutMillis)
	}
	if errors.Is(err, sasl.ErrFailed) {
		err = fmt.Errorf("%w: %w", proto.ErrAuthFailed, err)
	}
	if refused, ok := errors.AsType[*conn.RefusedError](err); ok {
		e.forget(credentials[refused.Index])
	}
	if err != nil {
		if e.cfg.TLS != nil {
			// With TLS 1.3 a server's refusal of this client comes after its own handshake.
			err = tlsError(err, t.host, e.tls.Load().Certificates)
		}
		return nil, err
	}
	e.see(cn.Zxid())
	l.Conn = cn
	return l, nil
}

// startSASL begins the exchange for one connection; nil where no SASL is configured. What
// takes the network, such as tickets, is done here, before the server's time runs.
func (e *Engine) startSASL(ctx context.Context, t target) (conn.SASLExchange, error) {
	if e.sasl == nil {
		return nil, nil //nolint:nilnil // no exchange is needed
	}
	host, _, err := net.SplitHostPort(t.host)
	if err != nil {
		return nil, err
	}
	exchange, err := e.sasl.Start(ctx, host)
	if errors.Is(err, sasl.ErrFailed) {
		return nil, fmt.Errorf("%w: %w", proto.ErrAuthFailed, err)
	}
	return exchange, err
}

// dial connects to one address, with TLS where that is configured.
func (e *Engine) dial(ctx context.Context, t target) (net.Conn, error) {
	began := time.Now()
	nc, err := e.cfg.Dial(ctx, "tcp", t.address)
	if err != nil {
		return nil, dialError(ctx, err, began)
	}
	if e.cfg.TLS == nil {
		return nc, nil
	}
	host, _, err := net.SplitHostPort(t.host)
	if err != nil {
		return nil, err
	}
	return handshakeTLS(ctx, e.tlsSettings(ctx), nc, host)
}

// tlsSettings reads the certificates and the key again, which may have been renewed since the last connection. Where the files
// cannot be read, as in the middle of that, what they said last counts.
func (e *Engine) tlsSettings(ctx context.Context) *tls.Config {
	settings, err := e.cfg.TLS.config(ctx)
	if err != nil {
		e.log.Warn("the files of TLS could not be read again", "reason", err)
		return e.tls.Load()
	}
	e.tls.Store(settings)
	return settings
}

// dialError says in words that the time was up, where net says "i/o timeout".
func dialError(ctx context.Context, err error, began time.Time) error {
	if ne, ok := errors.AsType[net.Error](err); ctx.Err() != nil || ok && ne.Timeout() {
		return &conn.NoAnswerError{Step: "the connection request", After: time.Since(began)}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		// The server's address is named already, in front of the error.
		return op.Err
	}
	return err
}
