package zk

import (
	"context"
	"errors"
	"strings"
	"time"
)

// seekQuorum asks the servers, sweep after sweep, for one that has a quorum, while l
// stands, and resumes the session there. It returns nil when l is lost or ctx ends first.
// The error is that of a server which refuses who is asking.
func (c *Client) seekQuorum(ctx context.Context, l *link, s *session) (*link, error) {
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
	for n := 1; wait(standing, c.cfg.ConnectRetry.delay(n)) == nil; n++ {
		hosts, _ := c.hostList()
		for _, host := range c.order(hosts, func(host string) bool { return host == l.at.host }) {
			t, ok := c.quorumAt(standing, host, c.share(len(hosts), 0))
			if !ok {
				continue
			}
			next, err := c.resumeAt(ctx, t, s, c.share(len(hosts), n-1))
			switch {
			case isAuthFailure(err):
				return nil, err
			case err != nil:
			case next.Session().ReadOnly: // lost again
				next.Close()
			default:
				return next, nil
			}
			c.stillReadOnly(l)
		}
	}
	return nil, nil //nolint:nilnil // there is none, and nothing is wrong
}

// stillReadOnly enters the state of l again: the session may have been found expired, and
// no new one opened.
func (c *Client) stillReadOnly(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == running && c.current.Load() == l && l.Err() == nil {
		c.listeners.enter(StateConnectedReadOnly)
	}
}

// quorumAt returns the address of a server that has a quorum. It is asked before a
// connection is made: a server without a quorum would end the connection of a session that
// it does not know without saying why.
func (c *Client) quorumAt(ctx context.Context, host string, share time.Duration) (target, bool) {
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	addresses, err := c.addresses(ctx, host)
	if err != nil {
		c.log.Debug("looking a name up failed", "server", host, "reason", err)
		return target{}, false
	}
	for _, address := range addresses {
		t := target{host, address}
		ok, err := c.hasQuorum(ctx, t)
		if err != nil {
			c.log.Debug("asking for a quorum failed", "server", t.String(), "reason", err)
		}
		if ok {
			return t, true
		}
	}
	return target{}, false
}

// hasQuorum asks a server whether it can write. Those that run with readonlymode.enabled
// allow "isro" unless they are told not to; all tell in "srvr".
func (c *Client) hasQuorum(ctx context.Context, t target) (bool, error) {
	answer, err := c.command(ctx, t, "isro")
	if _, refused := errors.AsType[*WhitelistError](err); refused {
		info, err := c.serverInfo(ctx, t)
		return err == nil && info.Mode != "read-only", err
	}
	return strings.TrimSpace(answer) == "rw", err
}

// retire ends a read-only connection for the sake of one that can write. What was asked
// over it is answered first, so that the watches that this leaves are registered with the
// other server; what is asked meanwhile waits for that one.
func (c *Client) retire(ctx context.Context, l *link) {
	c.mu.Lock()
	c.current.CompareAndSwap(l, nil)
	c.mu.Unlock()
	if err := endSession(ctx, l); err != nil {
		c.log.Debug("the read-only session was not ended", "server", l.at.String(), "reason", err)
	}
	l.Close()
	c.see(l.Zxid())
}
