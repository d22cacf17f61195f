package session

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// Outdated returns those of nodes whose ACL is the declared one as the author wrote it, so that
// "auth" in it stands for others than the provider presents now. A node with any other ACL is
// somebody else's to set. unread is why the ACL of one cannot be read; nil where all can.
func (s *Session) Outdated(ctx context.Context, paths []string, acl []zk.ACL, author attr.Author) (outdated []zk.ACLReading, unread, err error) {
	return s.outdated(ctx, paths, func(shown []zk.ACL) bool { return author.Wrote(acl, shown, s.Identities()) })
}

func (s *Session) outdated(ctx context.Context, paths []string, is func(shown []zk.ACL) bool) (outdated []zk.ACLReading, unread, err error) {
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
		case is(r.ACL):
			outdated = append(outdated, r)
		}
	}
	return outdated, unread, nil
}

// Renew sets the ACL of those of nodes that are outdated: that have the one which is planned, or
// the one which the state had, from the author. An ACL that somebody else sets meanwhile stands.
func (s *Session) Renew(ctx context.Context, paths []string, planned, had types.Set, author attr.Author) error {
	acl, err := attr.ACLFrom(planned)
	if err != nil {
		return err
	}
	was, err := attr.ACLFrom(had)
	if err != nil {
		return err
	}
	outdated, unread, err := s.outdated(ctx, paths, func(shown []zk.ACL) bool {
		return author.Wrote(acl, shown, s.Identities()) || author.Wrote(was, shown, s.Identities()) ||
			attr.ShowsACL(was, shown, nil) && !attr.ShowsACL(acl, shown, s.Identities())
	})
	if err := errors.Join(err, unread); err != nil {
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
	if diags.HasError() {
		return declared, diags, nil
	}
	shown, ours, err := s.shown(ctx, author, declared, paths)
	if ours {
		diags = attr.AuthorOf(s.Identities()).Save(ctx, private, declared)
	}
	return shown, diags, err
}

// shown is what to say of the ACL that nodes have from an author. It reports whether all that is
// known to be another's is the provider's by now.
func (s *Session) shown(ctx context.Context, author attr.Author, declared types.Set, paths []string) (shown types.Set, ours bool, err error) {
	acl, err := attr.ACLFrom(declared)
	if err != nil || !s.Foreign(author, declared) {
		return declared, false, err
	}
	outdated, unread, err := s.Outdated(ctx, paths, acl, author)
	switch {
	case err != nil, unread != nil: // the plan does not know either
		return declared, false, err
	case len(outdated) > 0:
		return attr.ACLValue(outdated[0].ACL), false, nil
	}
	return declared, true, nil
}

// Foreign reports whether "auth" in an ACL stands for others than the provider presents now. An
// author who is not known wrote nothing.
func (s *Session) Foreign(author attr.Author, acl types.Set) bool {
	return s.Known() && author != nil && attr.HasScheme(acl, zk.SchemeAuth) && !author.Is(s.Identities())
}

// Parents are the nodes that were created as missing parents of a resource's, with the ACL for them, and that
// no resource has.
type Parents struct {
	Paths  []string    `json:"paths"`
	Author attr.Author `json:"author"`
}

// ParentsKey is where the private state has the [Parents].
const ParentsKey = "parents"

// MadeParents returns those that this run has made above a node.
func (s *Session) MadeParents(ctx context.Context, path string) Parents {
	p := Parents{Author: attr.AuthorOf(s.Identities())}
	if s.parents.lock(ctx) != nil {
		return p
	}
	defer s.parents.unlock()
	for at := zk.Parent(path); at != "/"; at = zk.Parent(at) {
		if made, ok := s.parents.made[at]; ok && !made.ensured {
			p.Paths = append(p.Paths, at)
		}
	}
	slices.Reverse(p.Paths)
	return p
}

// LoadParents returns the parents that a private state has.
func LoadParents(ctx context.Context, private attr.PrivateState) (p Parents, diags diag.Diagnostics) {
	kept, diags := attr.Kept[Parents](ctx, private, ParentsKey, "the parents of a node", "Remove the resource from the state (terraform state rm) and import it.")
	if kept != nil {
		p = *kept
	}
	return p, diags
}

// Save puts parents into a private state.
func (p Parents) Save(ctx context.Context, private attr.PrivateState) diag.Diagnostics {
	if len(p.Paths) == 0 {
		return nil
	}
	return attr.Keep(ctx, private, ParentsKey, p)
}

// RefreshParents is RefreshAuthor for the parents in a private state.
func (s *Session) RefreshParents(ctx context.Context, private attr.PrivateState, declared types.Set) (types.Set, diag.Diagnostics, error) {
	p, diags := LoadParents(ctx, private)
	if diags.HasError() {
		return declared, diags, nil
	}
	shown, ours, err := s.shown(ctx, p.Author, declared, p.Paths)
	if ours {
		p.Author = attr.AuthorOf(s.Identities())
		diags = p.Save(ctx, private)
	}
	return shown, diags, err
}

// ForeignParents reports whether "auth" in the ACL of the parents in a private state stands for
// others than the provider presents now.
func (s *Session) ForeignParents(ctx context.Context, private attr.PrivateState, acl types.Set) (bool, diag.Diagnostics) {
	p, diags := LoadParents(ctx, private)
	return s.Foreign(p.Author, acl), diags
}

// RenewParents gives the ACL to the parents in a private state, where "auth" in it stands for others
// than the provider presents now.
func (s *Session) RenewParents(ctx context.Context, private attr.PrivateState, planned, had types.Set) (diag.Diagnostics, error) {
	p, diags := LoadParents(ctx, private)
	if diags.HasError() || !s.Foreign(p.Author, planned) {
		return diags, nil
	}
	if err := s.Renew(ctx, p.Paths, planned, had, p.Author); err != nil {
		return nil, err
	}
	p.Author = attr.AuthorOf(s.Identities())
	return p.Save(ctx, private), nil
}
