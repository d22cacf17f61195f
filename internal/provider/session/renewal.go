package session

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// Outdated returns those of nodes whose ACL is the declared one as the author wrote it, so that
// "auth" in it stands for others than the provider presents now. A node with any other ACL is
// somebody else's to set. unread is why the ACL of one cannot be read; nil where all can.
func (s *Session) Outdated(ctx context.Context, paths []string, acl []zk.ACL, author attr.Author) (outdated []zk.ACLReading, unread, err error) {
	client, err := s.Client(ctx)
	if err != nil {
		return nil, nil, err
	}
	readings, err := client.ACLs(ctx, paths)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range readings {
		switch {
		case errors.Is(r.Err, zk.ErrNoNode):
		case r.Err != nil:
			unread = r.Err
		case author.Wrote(acl, r.ACL, s.Identities()):
			outdated = append(outdated, r)
		}
	}
	return outdated, unread, nil
}

// Renew sets the ACL of those of nodes that are outdated. An ACL that somebody else sets
// meanwhile stands.
func (s *Session) Renew(ctx context.Context, paths []string, acl []zk.ACL, author attr.Author) error {
	outdated, unread, err := s.Outdated(ctx, paths, acl, author)
	if err = errors.Join(err, unread); err != nil {
		return err
	}
	client, err := s.Client(ctx)
	if err != nil {
		return err
	}
	writes := make([]zk.ACLWrite, len(outdated))
	for i, r := range outdated {
		writes[i] = zk.ACLWrite{Path: r.Path, ACL: acl, Stat: r.Stat}
	}
	return client.SetACLs(ctx, writes, func(i int, stat zk.Stat, err error) error {
		switch {
		case err == nil:
			s.Wrote(ItsACL, writes[i].Path, stat)
		case errors.Is(err, zk.ErrNoNode), errors.Is(err, zk.ErrBadVersion):
			return nil
		}
		return err
	})
}

// RefreshAuthor brings to what the servers show what a state says of an ACL that nodes have got when
// they were made, and of who wrote it. The ACL is the user's words for as long as "auth" in them
// stands for the provider, and else the one that the first of the nodes has.
func (s *Session) RefreshAuthor(ctx context.Context, private attr.PrivateState, declared types.Set, paths []string) (types.Set, diag.Diagnostics, error) {
	author, diags := attr.LoadAuthor(ctx, private)
	acl, err := attr.ACLFrom(declared)
	if diags.HasError() || err != nil || !s.Foreign(author, declared) {
		return declared, diags, nil
	}
	outdated, unread, err := s.Outdated(ctx, paths, acl, author)
	switch {
	case err != nil:
		return declared, nil, err
	case len(outdated) > 0:
		return attr.ACLValue(outdated[0].ACL), nil, nil
	case unread != nil: // the plan does not know either
		return declared, nil, nil
	}
	return declared, attr.AuthorOf(s.Identities()).Save(ctx, private, declared), nil
}

// Foreign reports whether "auth" in an ACL stands for others than the provider presents now. An
// author who is not known wrote nothing.
func (s *Session) Foreign(author attr.Author, acl types.Set) bool {
	return s.Known() && author != nil && attr.HasScheme(acl, zk.SchemeAuth) && !author.Is(s.Identities())
}
