package recipe

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"terraform-provider-zookeeper/internal/zk"
)

// LockOptions say how to contend for a lock. The zero value will do.
type LockOptions struct {
	// Identifier tells others who contends; see [Lock.Contenders].
	Identifier string
	// ACL is that of the contenders' nodes, and of the lock's and those above it where they are
	// made; nil for the client's default. Other contenders must be allowed to list, add to and
	// delete from the lock's node, and kazoo's to read the contenders' when they list them.
	// Whoever may add to the lock's node can keep all others waiting, and whoever may delete
	// from it can let two of them hold the lock.
	ACL []zk.ACL
	// ExtraMarkers are further markers of names to wait for, such as "-lock-", for contenders
	// of other libraries, which are then no [ErrForeignContender]. They stand for themselves, where kazoo's extra_lock_patterns are
	// regular expressions.
	ExtraMarkers []string
	// Notation says whom the lock is shared with, kazoo by default.
	Notation Notation
}

// Lock is a lock that processes share.
type Lock struct{ line line }

// NewLock returns the exclusive lock of the path: kazoo's Lock, or Curator's
// InterProcessMutex. It makes no request.
func NewLock(client *zk.Client, path string, o LockOptions) (*Lock, error) {
	if o.Notation == Curator {
		return newLock(client, path, o, mutexMarker, mutexMarker)
	}
	return newLock(client, path, o, lockMarker, lockMarker)
}

// newLock returns a lock whose contenders have the marker and wait for those of the others.
func newLock(client *zk.Client, path string, o LockOptions, marker string, waits ...string) (*Lock, error) {
	if err := errors.Join(valid(path, o.Identifier), o.Notation.valid()); err != nil {
		return nil, err
	}
	for _, extra := range o.ExtraMarkers {
		if extra == "" || strings.Contains(extra, "/") {
			return nil, fmt.Errorf("%q marks no name", extra)
		}
	}
	return &Lock{line{
		client:   client,
		path:     path,
		notation: o.Notation,
		marker:   marker,
		waits:    append(waits, o.ExtraMarkers...),
		data:     o.Notation.data(o.Identifier),
		acl:      o.ACL,
	}}, nil
}

func valid(path, identifier string) error {
	if !utf8.ValidString(identifier) {
		return errors.New("the identifier is not UTF-8")
	}
	return zk.ValidatePath(path)
}

// Acquire waits until the lock is held, or ctx ends: the error is then that of ctx. It makes
// the lock's node when that is missing. Until the contender stands in line, a server that
// cannot be reached is an error; from then on the connection may come and go.
func (l *Lock) Acquire(ctx context.Context) (*Held, error) { return l.acquire(ctx, true) }

// TryAcquire is Acquire that does not wait for others: the error is [ErrLocked] where it
// would have to.
func (l *Lock) TryAcquire(ctx context.Context) (*Held, error) { return l.acquire(ctx, false) }

func (l *Lock) acquire(ctx context.Context, wait bool) (*Held, error) {
	return untilServed(ctx, l.line.client, l.line.path, func() (*ownNode, error) {
		n, err := l.line.contend(ctx, wait)
		if err == nil {
			l.line.guard(n)
		}
		return n, err
	})
}

// Contenders returns the identifiers of those who hold the lock or wait for it, in the order
// of their turns, and empty where there is none that this client may read. Of a read lock and a
// write lock on the same path it is the same list. The error is [ErrForeignContender] where some of
// another notation stand there.
func (l *Lock) Contenders(ctx context.Context) ([]string, error) {
	all, _, err := l.FirstContenders(ctx, math.MaxInt)
	return all, err
}

// FirstContenders is [Lock.Contenders] for as many of them as most, and counts how many more
// there are, whose identifiers it does not read.
func (l *Lock) FirstContenders(ctx context.Context, most int) (first []string, more int, err error) {
	line, more, err := l.line.contenders(ctx, most)
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		return nil, 0, err
	}
	for _, c := range line {
		first = append(first, c.Identifier)
	}
	return first, more, nil
}
