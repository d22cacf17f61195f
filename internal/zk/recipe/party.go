package recipe

import (
	"context"
	"errors"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
)

// partyMarker ends the names of a Party's members.
const partyMarker = "__party__"

// PartyOptions say how to be a member of a party or a group.
type PartyOptions struct {
	// Identifier tells others who the member is.
	Identifier string
	// Data is what a member of a group has besides its identifier; other members have none.
	Data []byte
	// ACL is that of the nodes that are made; nil for the client's default.
	ACL []zk.ACL
}

// A Member is one of a party or a group.
type Member struct {
	// Identifier is what the member gave; a Party's that this client may not read has none.
	Identifier string
	// Data is that of the member's node.
	Data []byte
	// Path is the member's node.
	Path string
}

// Party is a node whose children are its members, as long as their sessions last.
type Party struct {
	client   *zk.Client
	notation Notation
	path     string
	data     []byte
	acl      []zk.ACL
	name     func() string                                       // of a new member
	member   func(name string) (identifier string, itsName bool) // the identifier, where the name has it
	shallow  bool                                                // the name does have it
}

// NewParty returns kazoo's Party of the path: the identifier is the data of a member's node. It
// makes no request.
func NewParty(client *zk.Client, path string, o PartyOptions) (*Party, error) {
	return newParty(&Party{
		client: client, path: path, data: []byte(o.Identifier), acl: o.ACL,
		name:   func() string { return uuid() + partyMarker },
		member: func(name string) (string, bool) { return "", strings.Contains(name, partyMarker) },
	}, o)
}

// NewShallowParty returns kazoo's ShallowParty of the path: the identifier is a part of the
// name of a member's node, so it must be a valid one. It makes no request.
func NewShallowParty(client *zk.Client, path string, o PartyOptions) (*Party, error) {
	return newParty(&Party{
		client: client, path: path, data: []byte(o.Identifier), acl: o.ACL, shallow: true,
		name: func() string { return uuid() + "-" + o.Identifier },
		// As kazoo, which has everything after the first "-".
		member: func(name string) (string, bool) { return name[strings.IndexByte(name, '-')+1:], true },
	}, o)
}

// NewGroupMember returns Curator's group of the path, for a GroupMember: the identifier is the
// name of a member's node. It makes no request.
func NewGroupMember(client *zk.Client, path string, o PartyOptions) (*Party, error) {
	return newParty(&Party{
		client: client, notation: Curator, path: path, data: o.Data, acl: o.ACL, shallow: true,
		name:   func() string { return o.Identifier },
		member: func(name string) (string, bool) { return name, true },
	}, o)
}

func newParty(p *Party, o PartyOptions) (*Party, error) {
	if err := valid(p.path, o.Identifier); err != nil {
		return nil, err
	}
	if o.Data != nil && p.notation == Kazoo {
		return nil, errors.New("members of a party have no data of their own")
	}
	// Without an identifier there is no member of a group, but a reader.
	if strings.Contains(p.name(), "/") {
		return nil, errors.New("an identifier that is a part of a name has no slash")
	}
	return p, nil
}

// Join makes this client a member until it is released, or its session ends: [Held] tells. The
// error is [zk.ErrNodeExists] when a group has a member of the same identifier.
func (p *Party) Join(ctx context.Context) (*Held, error) {
	path := zk.Child(p.path, p.name())
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	n, err := join(ctx, p.client, p.notation, path, p.data, p.acl)
	if err != nil {
		return nil, err
	}
	return belong(n, p.path), nil
}

// Members returns the members, in the order of the names of their nodes.
func (p *Party) Members(ctx context.Context) ([]Member, error) {
	names, err := p.names(ctx)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = zk.Child(p.path, name)
	}
	readings, err := identifiers(ctx, p.client, paths)
	if err != nil {
		return nil, err
	}
	members := make([]Member, len(readings))
	for i, r := range readings {
		m := Member{Identifier: string(r.Data), Data: r.Data, Path: r.Path}
		if p.shallow {
			m.Identifier, _ = p.member(r.Path[strings.LastIndexByte(r.Path, '/')+1:])
		}
		members[i] = m
	}
	return members, nil
}

// Len returns how many members there are.
func (p *Party) Len(ctx context.Context) (int, error) {
	names, err := p.names(ctx)
	return len(names), err
}

func (p *Party) names(ctx context.Context) (members []string, err error) {
	names, _, err := p.client.Children(ctx, p.path)
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		return nil, err
	}
	for _, name := range names {
		if _, ok := p.member(name); ok {
			members = append(members, name)
		}
	}
	return members, nil
}
