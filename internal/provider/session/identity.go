package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

// Identities are those that an ACL entry of the scheme "auth" stands for when this
// provider writes it: the digests, and whom the servers take its SASL name and its certificate
// for. They are asked that with the first connection. Before it, and of servers before 3.7, it is
// what they make of them unless they are told to make something else.
func (s *Session) Identities() []attr.Identity {
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	return s.identities
}

// Presented names the identities that the provider presents, without what proves them,
// as in "digest (alice)".
func (s *Session) Presented() []string {
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	return s.presented
}

// ask asks the servers, once, whom they take the provider for where they make that of what it
// presents. What they make of a digest is known, and they do not tell it. Servers that cannot say
// make of the rest what is usual, as far as is known.
func (s *Session) ask(ctx context.Context, client *zk.Client) {
	if !slices.ContainsFunc(s.Identities(), isMade) {
		return
	}
	all := s.whoTheySee(ctx, client)
	if all == nil {
		return
	}
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	// New slices, because others may hold the former ones.
	self := slices.DeleteFunc(slices.Clone(s.identities), isMade)
	presented := slices.Clone(s.presented[:len(s.cfg.Auth)])
	for _, who := range s.identities {
		if !isMade(who) {
			continue
		}
		made := slices.DeleteFunc(slices.Clone(all), func(seen attr.Identity) bool { return seen.Scheme != who.Scheme })
		if self = append(self, made...); len(made) == 0 {
			made = append(made, who) // the servers do not take it: it is presented all the same
		}
		for _, m := range made {
			presented = append(presented, m.Scheme+" ("+m.ID+")")
		}
	}
	s.identities, s.presented = self, presented
}

// AskAhead asks the servers whom they take the provider for where a plan looks at what they made of
// that before: a plan without a refresh has not been connected. Without an answer the plan goes by
// what is usual; what needs the connection says why there is none.
func (s *Session) AskAhead(ctx context.Context) {
	if s.client != nil && slices.ContainsFunc(s.Identities(), isMade) && s.client.Start(ctx) == nil {
		s.connected.Store(true)
		s.ask(ctx, s.client)
	}
}

// whoTheySee returns who the servers know the provider by, which they are asked once; nil where
// they do not tell.
func (s *Session) whoTheySee(ctx context.Context, client *zk.Client) []attr.Identity {
	select {
	case s.seen.turn <- struct{}{}:
		defer func() { <-s.seen.turn }()
	case <-ctx.Done():
		return nil
	}
	if s.seen.asked {
		return s.seen.identities
	}
	all, err := client.WhoAmI(ctx)
	// Those who come later do not ask for what the servers do not have. That they could not be reached may pass.
	_, old := errors.AsType[*zk.VersionError](err)
	s.seen.asked = err == nil || old || errors.Is(err, zk.ErrUnimplemented)
	for _, who := range all {
		s.seen.identities = append(s.seen.identities, attr.Identity{Scheme: who.Scheme, ID: who.User})
	}
	return s.seen.identities
}

// isMade reports whether an identity is one that servers make of what a connection presents.
func isMade(who attr.Identity) bool {
	return who.Scheme == zk.SchemeSASL || who.Scheme == zk.SchemeX509
}

// CheckACL is [attr.CheckACL], and refuses entries for the identities of a provider that
// has none: the servers would. While the configuration is not known, it may have some.
func (s *Session) CheckACL(at path.Path, acl types.Set) diag.Diagnostics {
	diags := attr.CheckACL(at, acl)
	if diags.HasError() || len(s.Presented()) > 0 || len(s.unknown) > 0 {
		return diags
	}
	if attr.HasScheme(acl, zk.SchemeAuth) {
		diags.AddAttributeError(at, "Invalid ACL entry",
			"The scheme \"auth\" stands for the identities that the provider presents, and it presents none. Set username and password of the provider (or auth, sasl or a client certificate), or name who the entry is about.")
	}
	return diags
}

// LockedOut returns those of the permissions that an ACL keeps this provider from, see
// [attr.LockedOut]. The servers are asked who the provider is where the ACL is about an address,
// a principal or a certificate. While the provider's configuration is not known, nothing is sure.
func (s *Session) LockedOut(ctx context.Context, acl []zk.ACL, need zk.Perms) zk.Perms {
	return s.lockedOut(ctx, acl, need, s.Client)
}

// lockedOut is LockedOut by a client that may be another than the session's own way to one.
func (s *Session) lockedOut(ctx context.Context, acl []zk.ACL, need zk.Perms, connect func(context.Context) (*zk.Client, error)) zk.Perms {
	if len(s.unknown) > 0 {
		return 0
	}
	lost := attr.LockedOut(acl, need, s.Identities(), []attr.Identity{})
	if lost == 0 {
		return 0
	}
	return attr.LockedOut(acl, need, s.Identities(), s.whoAmI(ctx, acl, connect))
}

// seen is who the servers know the provider by.
type seen struct {
	mu sync.Mutex // of the session's own identities

	turn       chan struct{} // holds one, who asks, and guards what follows
	asked      bool
	identities []attr.Identity
}

// whoAmI returns who the servers know the provider by, where that matters for an ACL. It is nil
// where they do not tell: they are older than 3.7, or cannot be reached yet.
func (s *Session) whoAmI(ctx context.Context, acl []zk.ACL, connect func(context.Context) (*zk.Client, error)) []attr.Identity {
	if !slices.ContainsFunc(acl, func(e zk.ACL) bool {
		return e.Scheme == zk.SchemeIP || e.Scheme == zk.SchemeSASL || e.Scheme == zk.SchemeX509
	}) {
		return nil
	}
	client, err := connect(ctx)
	if err != nil {
		return nil
	}
	return s.whoTheySee(ctx, client)
}

func (s *Session) presentDigests() {
	for _, c := range s.cfg.Auth {
		name := c.Scheme
		if user, password, ok := strings.Cut(c.Secret, ":"); ok && c.Scheme == zk.SchemeDigest {
			s.identities = append(s.identities, attr.Identity{Scheme: zk.SchemeDigest, ID: zk.DigestID(user, password)})
			name += " (" + user + ")"
		}
		s.presented = append(s.presented, name)
	}
}

// presentOthers adds those that the connection itself presents.
func (s *Session) presentOthers(ctx context.Context) error {
	present := func(scheme, id string) {
		s.identities = append(s.identities, attr.Identity{Scheme: scheme, ID: id})
		s.presented = append(s.presented, scheme+" ("+id+")")
	}
	if s.cfg.SASL != nil {
		mechanism, err := sasl.New(*s.cfg.SASL)
		if err != nil {
			return err
		}
		id, err := mechanism.Identity(ctx)
		if err != nil {
			return err
		}
		present(zk.SchemeSASL, id)
	}
	if s.cfg.TLS != nil {
		subject, err := s.cfg.TLS.Subject(ctx)
		if err != nil {
			return err
		}
		if subject != "" {
			present(zk.SchemeX509, subject)
		}
	}
	return nil
}
