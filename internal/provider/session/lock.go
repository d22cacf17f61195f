package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// DefaultLockTimeout is how long a lock is waited for where nothing else is said.
const DefaultLockTimeout = 60 * time.Second

// MaxLockTimeout is the longest wait for a lock that can be asked for.
const MaxLockTimeout = 24 * time.Hour

// The modes of a lock, as users write them.
const (
	Exclusive = "exclusive"
	Shared    = "shared"
)

// A Lock says which lock to hold, and how.
type Lock struct {
	// Path is that of the lock's node.
	Path string
	// Shared takes the side of the lock that any number may hold together.
	Shared bool
	// Timeout is how long to wait for it; 0 for not at all.
	Timeout time.Duration
	// Identifier tells others who holds it; empty for this process on this machine.
	Identifier string
}

// A LockedError tells that a lock was not to be had in time.
type LockedError struct {
	// Lock is the one that was asked for.
	Lock Lock
	// Contenders are those ahead, by what they say of themselves, where that could be read:
	// who holds it comes first.
	Contenders []string
}

// Error names the lock and who holds it.
func (e *LockedError) Error() string {
	text := fmt.Sprintf("the lock %s was not free within %v", e.Lock.Path, e.Lock.Timeout)
	if len(e.Contenders) > 0 {
		text += ": it is held, or waited for, by " + strings.Join(e.Contenders, ", ")
	}
	return text
}

// ErrOwnLock tells that a run would wait for a lock that it holds itself.
var ErrOwnLock = errors.New("this run holds the lock already, by the lock of the provider")

// A GuardError tells that the lock that a session holds for all that it does could not be
// taken.
type GuardError struct {
	// Path is the lock's.
	Path string
	// Err is why: a *[LockedError] where others did not give it back in time.
	Err error
}

// Error names the lock and tells why.
func (e *GuardError) Error() string { return fmt.Sprintf("taking the lock %s: %v", e.Path, e.Err) }

// Unwrap returns why.
func (e *GuardError) Unwrap() error { return e.Err }

// held are the locks that are open, by the paths of their contenders' nodes.
type held struct {
	mu sync.Mutex
	by map[string]*recipe.Held
}

// Hold takes a lock, until [Session.Free] or the end of the session. The error is a
// *[LockedError] when others did not give it back in time.
func (s *Session) Hold(ctx context.Context, l Lock) (*recipe.Held, error) {
	if g := s.guard.lock; g != nil && g.Path == l.Path && (!g.Shared || !l.Shared) {
		return nil, ErrOwnLock
	}
	client, err := s.Client(ctx)
	if err != nil {
		return nil, err
	}
	h, err := acquire(ctx, client, l)
	if err != nil {
		return nil, err
	}
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	if s.held.by == nil {
		s.held.by = make(map[string]*recipe.Held)
	}
	s.held.by[h.Path()] = h
	return h, nil
}

// Held returns a lock that Hold has taken, by the path of its contender's node; nil when
// there is none.
func (s *Session) Held(path string) *recipe.Held {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	return s.held.by[path]
}

// Free gives a lock back. The error is [recipe.ErrLost] when it was held no more.
func (s *Session) Free(ctx context.Context, path string) error {
	s.held.mu.Lock()
	h := s.held.by[path]
	delete(s.held.by, path)
	s.held.mu.Unlock()
	if h == nil {
		return nil
	}
	return h.Release(ctx)
}

func acquire(ctx context.Context, client *zk.Client, l Lock) (*recipe.Held, error) {
	if l.Identifier == "" {
		l.Identifier = identifier()
	}
	side := recipe.NewWriteLock
	if l.Shared {
		side = recipe.NewReadLock
	}
	lock, err := side(client, l.Path, recipe.LockOptions{Identifier: l.Identifier})
	if err != nil {
		return nil, err
	}
	var held *recipe.Held
	if l.Timeout <= 0 {
		held, err = lock.TryAcquire(ctx)
	} else {
		short, cancel := context.WithTimeout(ctx, l.Timeout)
		defer cancel()
		held, err = lock.Acquire(short)
	}
	if err == nil || ctx.Err() != nil || !errors.Is(err, recipe.ErrLocked) && !errors.Is(err, context.DeadlineExceeded) {
		return held, err
	}
	// The names help whoever reads the error, and are not worth another one.
	contenders, _ := lock.Contenders(ctx)
	for i, name := range contenders {
		if name == "" {
			contenders[i] = "somebody without an identifier"
		}
	}
	return nil, &LockedError{Lock: l, Contenders: contenders}
}

// guard is the lock that a session holds for all that it does, if there is one.
type guard struct {
	lock *Lock
	life context.Context //nolint:containedctx // The session's own: the wait for the lock is nobody's alone.
	end  context.CancelFunc

	once  sync.Once
	taken chan struct{} // closed when the lock is held, or cannot be
	held  *recipe.Held
	err   error
}

func newGuard(ctx context.Context, lock *Lock) *guard {
	g := &guard{lock: lock, taken: make(chan struct{})}
	g.life, g.end = context.WithCancel(context.WithoutCancel(ctx))
	return g
}

// wait waits until the lock is held. The first caller makes the client take it, those that
// come meanwhile wait with it, and when it is not to be had, or has been lost, all later
// ones fail at once.
func (g *guard) wait(ctx context.Context, client *zk.Client) error {
	if g.lock == nil {
		return nil
	}
	g.once.Do(func() { go g.take(client) })
	select {
	case <-g.taken:
	case <-ctx.Done():
		return ctx.Err()
	}
	if g.err != nil {
		return g.err
	}
	return g.held.Err()
}

func (g *guard) take(client *zk.Client) {
	defer close(g.taken)
	if g.held, g.err = acquire(g.life, client, *g.lock); g.err != nil {
		g.err = &GuardError{Path: g.lock.Path, Err: g.err}
		return
	}
	go func() {
		<-g.held.Done()
		if err := g.held.Err(); errors.Is(err, recipe.ErrLost) {
			// Operations under way have their client already: this one does nothing more.
			_ = client.CloseWithError(g.life, err)
		}
	}()
}

// giveUp ends a wait for the lock. What is held stays so.
func (g *guard) giveUp() {
	select {
	case <-g.taken:
	default:
		g.end()
	}
}

// stop ends a wait for the lock, and lets nobody begin one. It returns why the lock had been lost,
// if it was held before.
func (g *guard) stop() error {
	g.giveUp()
	g.once.Do(func() {
		g.err = zk.ErrClosed
		close(g.taken)
	})
	select {
	case <-g.taken:
	default:
		return nil
	}
	if g.held == nil {
		return nil
	}
	return g.held.Err()
}

// free waits until nothing of the lock is under way any more, once the session has ended and
// taken it along.
func (g *guard) free(ctx context.Context) error {
	defer g.end()
	select {
	case <-g.taken:
	case <-ctx.Done():
		return ctx.Err()
	}
	if g.held != nil {
		_ = g.held.Release(ctx) // that it is held no more is known
	}
	return nil
}

// identifier says which process this is.
func identifier() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return fmt.Sprintf("terraform-provider-zookeeper on %s (pid %d)", host, os.Getpid())
}
