package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/shown"
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

// The protocols of a lock, as users write them: whose contenders it is shared with.
const (
	Kazoo   = "kazoo"
	Curator = "curator"
)

// A Lock says which lock to hold, and how.
type Lock struct {
	// Path is that of the lock's node.
	Path string
	// Shared takes the side of the lock that any number may hold together.
	Shared bool
	// Curator shares the lock with Curator's users, and not with kazoo's.
	Curator bool
	// Timeout is how long to wait for it; 0 for not at all.
	Timeout time.Duration
	// Identifier tells others who holds it; empty for this process on this machine.
	Identifier string
	// ACL is that of the contender's node, and of the lock's and those above it where they are
	// made; nil for [Session.LockACL].
	ACL []zk.ACL
}

// LockPerms is what a contender needs on a lock's node: to stand in line there, to see who else
// does, and to go.
const LockPerms = zk.PermCreate | zk.PermDelete | zk.PermRead

// BreakPerms is what it takes to break a lock, any of it on the lock's node: to stand in the way,
// to send others away, or to take the right to either.
const BreakPerms = zk.PermCreate | zk.PermDelete | zk.PermAdmin

// LockACL is the ACL of locks that declare none: the default one, where there is one, and else
// that of the identities that the provider presents. Whoever may create below a lock's node can
// stop every run, and whoever may delete there lets two of them in at once.
func (s *Session) LockACL() []zk.ACL {
	if s.cfg.DefaultACL == nil && len(s.Presented()) > 0 {
		return []zk.ACL{{Scheme: zk.SchemeAuth, Perms: zk.PermAll}}
	}
	return s.DefaultACL()
}

// An OpenLock is a lock that was taken, and that others may break although its ACL keeps them
// out: a node that it needs was there before, with another ACL.
type OpenLock struct {
	// Path is the lock's.
	Path string
	// Node is the node that is open: the lock's, or the one above it.
	Node string
	// Perms is what everybody may do there.
	Perms zk.Perms
}

// Findings takes what is to be told to the user about what the session has found on its way, and
// that no operation fails for. Each is told of once.
func (s *Session) Findings() []OpenLock {
	s.findings.mu.Lock()
	defer s.findings.mu.Unlock()
	locks := s.findings.locks
	s.findings.locks = nil
	return locks
}

// findings are what [Session.Findings] has not been asked for yet.
type findings struct {
	mu    sync.Mutex
	locks []OpenLock
}

func (f *findings) add(lock OpenLock) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.locks = append(f.locks, lock)
}

// inspect looks whether everybody may break a lock whose ACL does not let them. What may not be
// looked at is taken for closed.
func (f *findings) inspect(ctx context.Context, client *zk.Client, l Lock) {
	if attr.Anybodys(l.ACL)&BreakPerms != 0 {
		return // that is what was asked for
	}
	for _, at := range []struct {
		node   string
		breaks zk.Perms
	}{
		{l.Path, BreakPerms},
		// Whoever may delete there makes a lock of their own between two runs.
		{zk.Parent(l.Path), replacePerms},
	} {
		perms, err := anybodys(ctx, client, at.node, at.breaks)
		if err != nil {
			return
		}
		if perms != 0 {
			f.add(OpenLock{Path: l.Path, Node: at.node, Perms: perms})
			return
		}
	}
}

// replacePerms are those at a node that let somebody replace the nodes below it.
const replacePerms = zk.PermDelete | zk.PermAdmin

// anybodys returns which of the permissions everybody has at a node.
func anybodys(ctx context.Context, client *zk.Client, at string, perms zk.Perms) (zk.Perms, error) {
	acl, _, err := client.ACL(ctx, at)
	return attr.Anybodys(acl) & perms, err
}

// A LockedError tells that a lock was not to be had in time.
type LockedError struct {
	// Lock is the one that was asked for.
	Lock Lock
	// Contenders are those ahead, by what they say of themselves, where that could be read:
	// the holder comes first. It is what may be shown. More counts those that it leaves out.
	Contenders []string
	More       int
}

// Error names the lock and who holds it.
func (e *LockedError) Error() string {
	text := fmt.Sprintf("the lock %s was not free within %v", e.Lock.Path, e.Lock.Timeout)
	if len(e.Contenders) > 0 {
		text += ": it is held, or waited for, by " + strings.Join(e.Contenders, ", ")
	}
	return text
}

// A LockoutError tells that a lock's node was not made, because the ACL that it was to get keeps
// this provider from it.
type LockoutError struct {
	// Path is the lock's.
	Path string
	// Lost is what the provider may not.
	Lost zk.Perms
}

// Error says what the provider may not.
func (e *LockoutError) Error() string {
	return fmt.Sprintf("the ACL of the lock %s keeps this provider from it: it lacks %v", e.Path, e.Lost)
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
	if l.ACL == nil {
		if s.defaultACLUnknown {
			return nil, &UnknownError{Attributes: []string{"default_acl"}}
		}
		l.ACL = s.LockACL()
	}
	h, err := s.acquire(ctx, client, l)
	if err != nil {
		return nil, err
	}
	s.findings.inspect(ctx, client, l)
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

// Contenders are the nodes with which the run stands in line for the locks that it holds. They are
// nobody's but the run's.
func (s *Session) Contenders() (paths []string) {
	s.held.mu.Lock()
	paths = slices.Sorted(maps.Keys(s.held.by))
	s.held.mu.Unlock()
	select {
	case <-s.guard.taken:
		if s.guard.held != nil {
			paths = append(paths, s.guard.held.Path())
		}
	default:
	}
	return paths
}

// LockPath is the path of the lock that the session holds for all that it does; empty for none.
func (s *Session) LockPath() string {
	if s.guard.lock == nil {
		return ""
	}
	return s.guard.lock.Path
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

// lockable returns a *[LockoutError] where a lock's node is yet to be made, and its ACL would keep
// this provider from it, and so every later run.
func (s *Session) lockable(ctx context.Context, client *zk.Client, l Lock) error {
	lost := s.lockedOut(ctx, l.ACL, LockPerms, func(context.Context) (*zk.Client, error) { return client, nil })
	if lost == 0 {
		return nil
	}
	if _, found, err := client.Exists(ctx, l.Path); err != nil || found {
		return err
	}
	return &LockoutError{Path: l.Path, Lost: lost}
}

func (s *Session) acquire(ctx context.Context, client *zk.Client, l Lock) (*recipe.Held, error) {
	if err := s.lockable(ctx, client, l); err != nil {
		return nil, err
	}
	if l.Identifier == "" {
		l.Identifier = identifier()
	}
	options := recipe.LockOptions{Identifier: l.Identifier, ACL: l.ACL}
	side := recipe.NewWriteLock
	switch {
	case l.Shared:
		side = recipe.NewReadLock
	case l.Curator:
		// Most of Curator's users have an InterProcessMutex, which keeps no InterProcessReadWriteLock
		// out, nor the other way round. Contenders of the other kind are an error.
		side = recipe.NewLock
	}
	if l.Curator {
		options.Notation = recipe.Curator
	}
	lock, err := side(client, l.Path, options)
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
	// The names help whoever reads the error, and are not worth another one, except for why no server can be asked.
	contenders, more, unread := lock.FirstContenders(ctx, mostContenders)
	if why, ok := errors.AsType[*zk.ConnectError](unread); ok {
		return nil, why
	}
	for i, name := range contenders {
		if name == "" {
			name = "somebody who does not say who"
		} else {
			name = shown.Text(name)
		}
		contenders[i] = name
	}
	return nil, &LockedError{Lock: l, Contenders: contenders, More: more}
}

// mostContenders is how many of those ahead are named: others decide how many there are, and what
// they say.
const mostContenders = 10

// guard is the lock that a session holds for all that it does, if there is one.
type guard struct {
	lock    *Lock
	session *Session
	life    context.Context //nolint:containedctx // The session's own: the wait for the lock is nobody's alone.
	end     context.CancelFunc

	once  sync.Once
	taken chan struct{} // closed when the lock is held, or cannot be
	held  *recipe.Held
	err   error
}

func newGuard(ctx context.Context, lock *Lock, s *Session) *guard {
	g := &guard{lock: lock, session: s, taken: make(chan struct{})}
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
	if g.held, g.err = g.session.acquire(g.life, client, *g.lock); g.err != nil {
		g.err = &GuardError{Path: g.lock.Path, Err: g.err}
		return
	}
	g.session.findings.inspect(g.life, client, *g.lock)
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
