package engine

import (
	"context"
	"errors"
	"strings"
	"time"
)

// seekQuorum asks the servers, sweep after sweep, for one that has a quorum, while l
// stands, and resumes the session there. It returns nil when l is lost or ctx ends first.
// The error is that of a server which refuses who is asking.
func (e *Engine) seekQuorum(ctx context.Context, l *link, s *session) (*link, error) {
	// The loss of l ends the search, but no connection that is being made: to a server with
	// a quorum, and often it is why l is lost.
	standing, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-l.Done():
			cancel()
		case <-standing.Done():
		}
	}()
	for n := 1; wait(standing, e.cfg.ConnectRetry.delay(n)) == nil; n++ {
		hosts, _ := e.hostList()
		for _, host := range e.order(hosts, func(host string) bool { return host == l.at.host }) {
			t, ok := e.quorumAt(standing, host, e.share(len(hosts), 0))
			if !ok {
				continue
			}
			var next *link
			exchange, err := e.startSASL(standing, t)
			if err == nil {
				next, err = e.resumeAt(ctx, t, s, exchange, e.share(len(hosts), n-1))
			}
			switch {
			case isAuthFailure(err):
				return nil, err
			case err != nil:
			case next.Session().ReadOnly: // lost again
				next.Close()
			default:
				return next, nil
			}
			e.stillReadOnly(l)
		}
	}
	return nil, nil //nolint:nilnil // there is none, and nothing is wrong
}

// stillReadOnly enters the state of l again: the session may have been found expired, and
// no new one opened.
func (e *Engine) stillReadOnly(l *link) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == running && e.current.Load() == l && l.Err() == nil {
		e.listeners.enter(StateConnectedReadOnly)
	}
}

// quorumAt returns the address of a server that has a quorum. It is asked before a
// connection is made: a server without a quorum would end the connection of a session that
// it does not know without saying why.
func (e *Engine) quorumAt(ctx context.Context, host string, share time.Duration) (target, bool) {
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	addresses, err := e.addresses(ctx, host)
	if err != nil {
		e.log.Debug("looking a name up failed", "server", host, "reason", err)
		return target{}, false
	}
	for _, address := range addresses {
		t := target{host, address}
		ok, err := e.hasQuorum(ctx, t)
		if err != nil {
			e.log.Debug("asking for a quorum failed", "server", t.String(), "reason", err)
		}
		if ok {
			return t, true
		}
	}
	return target{}, false
}

// hasQuorum asks a server whether it can write. Those that run with readonlymode.enabled
// allow "isro" unless they are told not to; all tell in "srvr".
func (e *Engine) hasQuorum(ctx context.Context, t target) (bool, error) {
	answer, err := e.command(ctx, t, "isro")
	if _, refused := errors.AsType[*WhitelistError](err); refused {
		info, err := e.serverInfo(ctx, t)
		return err == nil && info.Mode != "read-only", err
	}
	return strings.TrimSpace(answer) == "rw", err
}

// retire ends a read-only connection for the sake of one that can write. What was asked
// over it is answered first, so that the watches that this leaves are registered with the
// other server; what is asked meanwhile waits for that one.
func (e *Engine) retire(ctx context.Context, l *link) {
	e.mu.Lock()
	e.current.CompareAndSwap(l, nil)
	e.mu.Unlock()
	if err := endSession(ctx, l); err != nil {
		e.log.Debug("the read-only session was not ended", "server", l.at.String(), "reason", err)
	}
	l.Close()
	e.see(l.Zxid())
}
