package zk

import (
	"context"
	"errors"
	"strings"
	"time"
)

// seekQuorum asks the servers, sweep after sweep, for one that has a quorum, while l
// stands, and resumes the session there. It returns nil when l is lost or ctx ends first.
func (c *Client) seekQuorum(ctx context.Context, l *link, s *session) *link {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-l.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	for n := 1; wait(ctx, c.cfg.ConnectRetry.delay(n)) == nil; n++ {
		hosts, _ := c.hostList()
		for _, host := range c.order(hosts, func(host string) bool { return host == l.at.host }) {
			if next := c.quorumAt(ctx, host, s, c.share(len(hosts))); next != nil {
				return next
			}
		}
	}
	return nil
}

// quorumAt resumes the session at a server if that has a quorum; nil where it has none, or
// cannot be reached. It asks before it connects: a server without a quorum would end the
// connection of a session that it does not know without saying why.
func (c *Client) quorumAt(ctx context.Context, host string, s *session, share time.Duration) *link {
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	addresses, err := c.addresses(ctx, host)
	if err != nil {
		c.log.Debug("looking a name up failed", "server", host, "reason", err)
		return nil
	}
	for _, address := range addresses {
		t := target{host, address}
		ok, err := c.hasQuorum(ctx, t)
		if err != nil {
			c.log.Debug("asking for a quorum failed", "server", t.String(), "reason", err)
		}
		if !ok {
			continue
		}
		l, err := c.resumeAt(ctx, t, s, share)
		switch {
		case err != nil:
		case l.Session().ReadOnly: // lost again
			l.Close()
		default:
			return l
		}
	}
	return nil
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
