package session

import (
	"context"
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
// provider writes it: the digests, and what servers make of a client's SASL name and of
// its certificate unless they are told to make something else of it.
func (s *Session) Identities() []attr.Identity { return s.identities }

// Presented names the identities that the provider presents, without what proves them,
// as in "digest (alice)".
func (s *Session) Presented() []string { return s.presented }

// CheckACL is [attr.CheckACL], and refuses entries for the identities of a provider that
// has none: the servers would. While the configuration is not known, it may have some.
func (s *Session) CheckACL(at path.Path, acl types.Set) diag.Diagnostics {
	diags := attr.CheckACL(at, acl)
	if diags.HasError() || len(s.presented) > 0 || len(s.unknown) > 0 {
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
	mu         sync.Mutex
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
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	if s.seen.identities != nil {
		return s.seen.identities
	}
	client, err := connect(ctx)
	if err != nil {
		return nil
	}
	all, err := client.WhoAmI(ctx)
	if err != nil {
		return nil
	}
	for _, who := range all {
		s.seen.identities = append(s.seen.identities, attr.Identity{Scheme: who.Scheme, ID: who.User})
	}
	return s.seen.identities
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
