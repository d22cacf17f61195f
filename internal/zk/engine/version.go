package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// Version is a server's version.
type Version struct{ Major, Minor, Patch int }

// String returns the version as in "3.9.4".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Less reports whether v is older than w.
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
func (e *Engine) connected(ctx context.Context) (*link, error) {
	for {
		if l := e.current.Load(); l != nil {
			return l, nil
		}
		if err := e.answered(ctx); err != nil {
			return nil, err
		}
	}
}

// answered waits until a server answers a request, as any request waits for a connection. Every
// server answers this one to everybody.
func (e *Engine) answered(ctx context.Context) error {
	for t := e.Tries(); ; {
		call := conn.NewCall(proto.OpExists, &proto.PathWatchRequest{Path: "/"}, new(proto.Stat))
		e.Submit(ctx, call)
		_, err := e.Await(ctx, call)
		if err == nil || errors.Is(err, proto.ErrNoAuth) {
			return nil
		}
		if err := t.Again(ctx, call, err); err != nil {
			return err
		}
	}
}

// parseVersion reads a version of three numbers. Those who build servers of their own put
// more after them, as in 3.4.6.2.6.5.
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
	turn  chan struct{}                 // held by the one who asks
	asked chan struct{}                 // closed once told is set
	told  atomic.Pointer[versionAnswer] // nil while it is not known
}

func newVersionCache() versionCache {
	return versionCache{turn: make(chan struct{}, 1), asked: make(chan struct{})}
}

// tell notes what a server has answered, the first time.
func (v *versionCache) tell(version Version, err error) {
	if v.told.CompareAndSwap(nil, &versionAnswer{version, err}) {
		close(v.asked)
	}
}

// versionAnswer is what will not change while the connection lasts.
type versionAnswer struct {
	version Version
	err     error // a *VersionUnknownError where the server does not tell
}

// VersionUnknownError tells that a connected server does not tell its version.
type VersionUnknownError struct{ err error }

func (e *VersionUnknownError) Error() string {
	return "the server's version is not to be had: " + e.err.Error()
}

func (e *VersionUnknownError) Unwrap() error { return e.err }

const (
	// versionTimeout bounds the question for the version, which something may wait for.
	versionTimeout = 2 * time.Second
	// versionPatience is how long something waits for the version that can do without.
	versionPatience = 200 * time.Millisecond
)

// VersionSoon is serverVersion for who can do without: it waits a moment for the answer, which may
// come later for the next one. known is false where there is none.
func (e *Engine) VersionSoon(ctx context.Context) (v Version, known bool, err error) {
	l, err := e.connected(ctx)
	if err != nil {
		return Version{}, false, err
	}
	l.want()
	timer := time.NewTimer(versionPatience)
	defer timer.Stop()
	select {
	case <-l.version.asked:
	case <-l.Done():
	case <-timer.C:
	case <-ctx.Done():
		return Version{}, false, conn.ContextError(ctx)
	}
	told := l.version.told.Load()
	if told == nil || told.err != nil {
		return Version{}, false, nil
	}
	return told.version, true, nil
}

// serverVersion returns the version of the server that the client is connected to. It is
// asked for once for a connection, because servers are upgraded one by one. The error is a
// *VersionUnknownError where there is a connection and no version.
func (e *Engine) serverVersion(ctx context.Context) (Version, error) {
	for r := e.cfg.Retry.begin(); ; {
		l, err := e.connected(ctx)
		if err != nil {
			return Version{}, err
		}
		v, err := e.versionOf(ctx, l)
		if err == nil || ctx.Err() != nil {
			return v, err
		}
		switch lost := e.answered(ctx); {
		case ctx.Err() != nil:
			return Version{}, conn.ContextError(ctx)
		case e.current.Load() == l: // whatever it has answered
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
func (e *Engine) versionOf(ctx context.Context, l *link) (Version, error) {
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
	short, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	info, err := e.serverInfo(short, l.at)
	if ctx.Err() != nil {
		return Version{}, conn.ContextError(ctx)
	}
	if err != nil {
		err = &VersionUnknownError{err}
	}
	select {
	case <-l.Done(): // why it did not answer: the next one is asked
	default:
		// That it does not tell is remembered too: nobody is to wait for it again.
		v.tell(info.Version, err)
	}
	return info.Version, err
}

// Require returns a *VersionError when the server is older than the feature. Nothing is sent
// to a server whose version is not to be had.
func (e *Engine) Require(ctx context.Context, f Feature) error {
	return f.judge(e.serverVersion(ctx))
}
