package session

import (
	"strings"

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
func (s *Session) presentOthers() error {
	present := func(scheme, id string) {
		s.identities = append(s.identities, attr.Identity{Scheme: scheme, ID: id})
		s.presented = append(s.presented, scheme+" ("+id+")")
	}
	if s.cfg.SASL != nil {
		mechanism, err := sasl.New(*s.cfg.SASL)
		if err != nil {
			return err
		}
		id, err := mechanism.Identity()
		if err != nil {
			return err
		}
		present("sasl", id)
	}
	if s.cfg.TLS != nil {
		subject, err := s.cfg.TLS.Subject()
		if err != nil {
			return err
		}
		if subject != "" {
			present("x509", subject)
		}
	}
	return nil
}
