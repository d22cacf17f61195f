package zk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// Version is a server's version.
type Version struct{ Major, Minor, Patch int }

// String returns the version as in "3.9.4".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Less tells whether v is older than w.
func (v Version) Less(w Version) bool {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch)) < 0
}

// A VersionError tells that the server that the client is connected to is too old for
// what was asked. Nothing was sent.
type VersionError struct {
	// Feature is what was asked for.
	Feature string
	// Needed is the first version that has it.
	Needed Version
	// Found is the server's.
	Found Version
}

// Error names the feature and both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("%s needs ZooKeeper %v or later, the server is %v", e.Feature, e.Needed, e.Found)
}

// connected returns the current connection, and waits for one when there is none.
func (c *Client) connected(ctx context.Context) (*link, error) {
	for {
		if l := c.current.Load(); l != nil {
			return l, nil
		}
		if err := c.answered(ctx); err != nil {
			return nil, err
		}
	}
}

// answered waits until a server answers a request, as any request waits for a connection. Every
// server answers this one to everybody.
func (c *Client) answered(ctx context.Context) error {
	_, err := read[Stat](ctx, c, proto.OpExists, "/", proto.PathWatchRequest{Path: "/"})
	if err == nil || errors.Is(err, ErrNoAuth) {
		return nil
	}
	return errors.Unwrap(err)
}

// parseVersion reads a version of three numbers. Those who build servers of their own put
// more behind them, as in 3.4.6.2.6.5.
func parseVersion(s string) (Version, error) {
	parts := strings.Split(s, ".")
	var n [3]int
	for i := range n {
		var err error
		if len(parts) < len(n) {
			err = strconv.ErrSyntax
		} else {
			n[i], err = strconv.Atoi(parts[i])
		}
		if err != nil || n[i] < 0 {
			return Version{}, fmt.Errorf("srvr: %s is no version", shown.Text(s))
		}
	}
	return Version{n[0], n[1], n[2]}, nil
}

// versionCache holds the version of the server behind one connection.
type versionCache struct {
	turn chan struct{}                 // held by the one who asks
	told atomic.Pointer[versionAnswer] // nil while it is not known
}

// versionAnswer is what will not change while the connection lasts.
type versionAnswer struct {
	version Version
	err     error // a *versionUnknownError where the server does not tell
}

// versionUnknownError tells that a connected server does not tell its version.
type versionUnknownError struct{ err error }

func (e *versionUnknownError) Error() string {
	return "the server's version is not to be had: " + e.err.Error()
}

func (e *versionUnknownError) Unwrap() error { return e.err }

// serverVersion returns the version of the server that the client is connected to. It is
// asked for once for a connection, because servers are upgraded one by one. The error is a
// *versionUnknownError where there is a connection and no version.
func (c *Client) serverVersion(ctx context.Context) (Version, error) {
	for r := c.cfg.Retry.begin(); ; {
		l, err := c.connected(ctx)
		if err != nil {
			return Version{}, err
		}
		v, err := c.versionOf(ctx, l)
		if err == nil || ctx.Err() != nil || l.version.told.Load() != nil {
			return v, err
		}
		switch lost := c.answered(ctx); {
		case ctx.Err() != nil:
			return Version{}, conn.ContextError(ctx)
		case c.current.Load() == l: // whatever it has answered
			return Version{}, err
		case lost != nil:
			return Version{}, lost
		}
		// The server that was asked is gone, and the next one has answered.
		if err := r.again(ctx, err); err != nil {
			return Version{}, err
		}
	}
}

// versionOf is serverVersion of the server behind l.
func (c *Client) versionOf(ctx context.Context, l *link) (Version, error) {
	v := &l.version
	select {
	case v.turn <- struct{}{}:
		defer func() { <-v.turn }()
	case <-ctx.Done():
		return Version{}, conn.ContextError(ctx)
	}
	if told := v.told.Load(); told != nil {
		return told.version, told.err
	}
	info, err := c.serverInfo(ctx, l.at)
	if ctx.Err() != nil {
		return Version{}, conn.ContextError(ctx)
	}
	_, refused := errors.AsType[*WhitelistError](err)
	if err != nil {
		err = &versionUnknownError{err}
	}
	if err == nil || refused {
		v.told.Store(&versionAnswer{info.Version, err})
	}
	return info.Version, err
}

// require returns a *VersionError when the server is older than the feature. Nothing is sent
// to a server whose version is not to be had.
func (c *Client) require(ctx context.Context, f feature) error {
	return f.judge(c.serverVersion(ctx))
}
