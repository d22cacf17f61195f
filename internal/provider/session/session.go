package session

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// Session is one provider configuration with its client. It is safe for concurrent use.
type Session struct {
	cfg     zk.Config
	chroot  string
	unknown []string
	client  *zk.Client // nil while something that it needs is unknown

	identities []attr.Identity
	presented  []string
	seen       seen

	// defaultACLUnknown is set while default_acl is configured and not known yet.
	defaultACLUnknown bool

	toldOfOpen  atomic.Bool
	connected   atomic.Bool
	interrupted atomic.Bool

	parents   parents
	deletions deletions
	handover  handover
	acts      acts
	intents   intents
	plans     plans
	id        string    // tells this session from those of other runs
	requests  *Requests // nil where nobody counts them
	held      held
	guard     *guard
	findings  findings
	owners    owners
	aclClaims aclClaims
	notes     sync.Map
	failures  failures
}

// Notes is where an entity keeps what one call of a CLI tells it and a later one of the same
// process needs. Its keys are values of types that the entity has for itself.
func (s *Session) Notes() *sync.Map { return &s.notes }

// New returns a session that is not connected. unknown names the attributes of the
// provider whose values are not known yet: with any, there is no connection, and
// [Session.Client] says so. lock is held for all that the session does; nil for none. The
// context carries the logger and nothing else.
func New(ctx context.Context, cfg zk.Config, lock *Lock, unknown []string) (*Session, error) {
	s := &Session{
		cfg:       cfg,
		unknown:   unknown,
		parents:   newParents(),
		deletions: newDeletions(),
		handover:  newHandover(),
		acts:      newActs(),
		intents:   newIntents(),
		plans:     newPlans(),
		aclClaims: newACLClaims(),
		id:        rand.Text(),
		owners:    owners{paths: make(map[string]bool)},
		seen:      seen{turn: make(chan struct{}, 1)},
	}
	s.guard = newGuard(ctx, lock, s)
	s.presentDigests()
	if len(unknown) > 0 {
		return s, nil
	}
	servers, err := zk.ParseServers(cfg.Servers)
	if err != nil {
		return nil, err
	}
	s.chroot = servers.Chroot
	// One interrupt asks the run to end in order: what has been sent is waited for, so that its
	// result is in the state.
	s.cfg.Grace = zk.SessionGrace
	log := newLogger(ctx, secrets(cfg))
	s.cfg.Logger = log
	if logged() {
		s.cfg.Tracer = log
	}
	if s.client, err = zk.New(ctx, s.cfg); err != nil {
		return nil, err
	}
	if err := s.presentOthers(ctx); err != nil {
		return nil, err
	}
	if lock != nil && lock.ACL == nil {
		lock.ACL = s.LockACL()
	}
	return s, nil
}

// FirstOpen reports whether a plan is the first of this run to create nodes that everybody may
// change although nobody has asked for that: they have no ACL, nor is there a default one, and the
// provider presents somebody whom they could belong to.
//
// A provider sees one resource after the other, and is not told which of them is the last. So the
// user hears of it with the first, when there is still a choice, and not of each.
func (s *Session) FirstOpen() bool {
	return s.cfg.DefaultACL == nil && !s.defaultACLUnknown && len(s.Presented()) > 0 && !s.toldOfOpen.Swap(true)
}

// exposing are the permissions to read a secret or to replace it, or to take the right to either.
const exposing = zk.PermRead | zk.PermWrite | zk.PermAdmin

// Strangers returns the entries of a node's ACL by which others may read or replace a secret that
// the node holds: others than the provider itself and those whom the configuration lets in.
// declared is the ACL that the configuration has for the node, and nil where it has none: then it
// is default_acl that counts, and while that is not known, nobody is a stranger.
//
// What a resource has made belongs to it: whoever got in there later was let in by somebody who
// may change the ACL, as by a zookeeper_znode_acl. So of such a node the entries for everybody
// count, and of one that somebody else has made (theirs) all of them.
func (s *Session) Strangers(acl, declared []zk.ACL, theirs bool) []zk.ACL {
	if declared == nil {
		if s.defaultACLUnknown {
			return nil
		}
		declared = s.cfg.DefaultACL
	}
	strangers := attr.Beyond(acl, declared, s.Identities(), exposing)
	if theirs {
		return strangers
	}
	return slices.DeleteFunc(strangers, func(e zk.ACL) bool { return attr.Anybodys([]zk.ACL{e}) == 0 })
}

// ForAll reports whether the configuration lets everybody read or replace a secret: by the ACL that
// it declares, and where that is nil by default_acl.
func (s *Session) ForAll(declared []zk.ACL) bool {
	if declared == nil {
		declared = s.cfg.DefaultACL
	}
	return attr.Anybodys(declared)&exposing != 0
}

// Reclaims reports whether a node that somebody else has made gets another ACL before a secret goes
// there: strangers are let in by the one that it has, and there is one to give to it, which is the
// declared one, or else default_acl.
func (s *Session) Reclaims(acl, declared []zk.ACL) bool {
	if declared == nil && s.defaultACLUnknown {
		return true // the apply knows more
	}
	return (declared != nil || s.cfg.DefaultACL != nil) && len(s.Strangers(acl, declared, true)) > 0
}

// Replaceable returns what everybody may do at a node by which they can replace those below it;
// 0 where that may not be looked at. Whoever may delete there can delete a node and make another.
func (s *Session) Replaceable(ctx context.Context, at string) zk.Perms {
	client, err := s.Client(ctx)
	if err != nil {
		return 0
	}
	perms, _ := anybodys(ctx, client, at, replacePerms)
	return perms
}

// AwaitDefaultACL tells that default_acl is configured and not known yet: nothing is to be
// created with another one meanwhile.
func (s *Session) AwaitDefaultACL() { s.defaultACLUnknown = true }

// Known reports whether the provider's configuration is known, so that there can be a client.
func (s *Session) Known() bool { return s.client != nil }

// Client returns the client, connected. The first caller makes it connect, those that
// come meanwhile wait with it, and when no server could be reached all later ones fail
// with the same error at once: a thousand resources do not wait a thousand times. The end
// of ctx ends the wait of its caller alone.
func (s *Session) Client(ctx context.Context) (*zk.Client, error) {
	if s.client == nil {
		return nil, &UnknownError{Attributes: s.unknown}
	}
	if err := s.client.Start(ctx); err != nil {
		if s.interrupted.Load() {
			return nil, context.Canceled
		}
		return nil, err
	}
	s.connected.Store(true)
	s.ask(ctx, s.client)
	if err := s.guard.wait(ctx, s.client); err != nil {
		return nil, err
	}
	return s.client, nil
}

// Interrupt ends the wait for a connection, and every later one, as the end of their
// contexts would, and the wait for the lock. A session that is connected goes on: what it has
// begun is for Terraform to stop, by the end of its contexts, and writes that have been sent
// are waited for beyond that.
func (s *Session) Interrupt(ctx context.Context) {
	if s.client == nil {
		return
	}
	if s.connected.Load() {
		s.guard.giveUp()
		return
	}
	s.interrupted.Store(true)
	_ = s.client.Close(ctx) // there is no session yet to end
}

// AfterWrite returns a context for reading back what a resource has written. When ctx ends it
// lives on for as long as the client waits for writes that have been sent. Whoever calls it
// before the write has that time once, for both. Nothing is to be written with it. The function
// returned frees what the context takes.
func (s *Session) AfterWrite(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.client == nil {
		return ctx, func() {}
	}
	return s.client.Outlive(ctx)
}

// Close ends the session on the server. Nothing works after it.
func (s *Session) Close(ctx context.Context) error {
	if s.client == nil {
		return nil
	}
	// The lock goes with the session, and is not given back before it: operations may be under
	// way, as when the provider is told to end by a signal, and would write without it.
	lost := s.guard.stop()
	err := s.client.Close(ctx)
	return errors.Join(lost, err, s.guard.free(ctx))
}

// DefaultACL is the ACL of created nodes that declare none.
func (s *Session) DefaultACL() []zk.ACL {
	if s.cfg.DefaultACL == nil {
		return zk.OpenACL()
	}
	return s.cfg.DefaultACL
}

// MaxTreeBytes is how many bytes of paths and of data may be read of a tree.
func (s *Session) MaxTreeBytes() int { return cmp.Or(s.cfg.Walk.Bytes, zk.DefaultWalkBytes) }

// KnownDefaultACL is DefaultACL, and nil while that is configured and not known yet.
func (s *Session) KnownDefaultACL() []zk.ACL {
	if s.defaultACLUnknown {
		return nil
	}
	return s.DefaultACL()
}

// FromProviderData returns the session that the provider handed to an entity. It is nil,
// without an error, while the provider has not been configured, as during validation.
func FromProviderData(data any) (*Session, diag.Diagnostics) {
	if data == nil {
		return nil, nil
	}
	s, ok := data.(*Session)
	if !ok {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected provider data",
			fmt.Sprintf("Expected %T, got %T. This is a bug in the provider.", s, data))}
	}
	return s, nil
}

// An UnknownError tells that something needs the connection while the provider's
// configuration is not known yet.
type UnknownError struct {
	// Attributes are the provider's attributes whose values are unknown.
	Attributes []string
}

// Error names the attributes.
func (e *UnknownError) Error() string {
	return "the provider's configuration is not known yet: " + strings.Join(e.Attributes, ", ")
}

// Group is the sessions of one process, which ends them all when it stops.
type Group struct {
	// Requests are those of the CLI to this process.
	Requests Requests

	mu       sync.Mutex
	sessions []*Session
}

// Add makes Close end s too.
func (g *Group) Add(s *Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.requests = &g.Requests
	g.sessions = append(g.sessions, s)
}

// Findings takes what all sessions have found, see [Session.Findings].
func (g *Group) Findings() (all []OpenLock) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.sessions {
		all = append(all, s.Findings()...)
	}
	return all
}

// Interrupt interrupts all sessions.
func (g *Group) Interrupt(ctx context.Context) {
	g.mu.Lock()
	sessions := slices.Clone(g.sessions)
	g.mu.Unlock()
	for _, s := range sessions {
		s.Interrupt(ctx)
	}
}

// Close ends all sessions at the same time and waits for them, or for the end of ctx.
func (g *Group) Close(ctx context.Context) error {
	g.mu.Lock()
	sessions := slices.Clone(g.sessions)
	g.mu.Unlock()

	errs := make([]error, len(sessions))
	var wg sync.WaitGroup
	for i, s := range sessions {
		wg.Go(func() { errs[i] = s.Close(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
