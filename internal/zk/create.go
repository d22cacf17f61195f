package zk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// Mode is the kind of node that a create makes. Of an existing node a client can only tell
// whether it is ephemeral: servers mark container and TTL nodes in the ephemeral owner, and
// show clients 0 in its place (DataNode.copyStat).
type Mode int

// The kinds of nodes.
const (
	// Persistent nodes stay until they are deleted.
	Persistent Mode = iota
	// PersistentSequential nodes get a number of ten digits behind their name, one higher
	// than that of any before under the same parent.
	PersistentSequential
	// Ephemeral nodes go with the session that made them.
	Ephemeral
	// EphemeralSequential nodes are both.
	EphemeralSequential
	// Container nodes are deleted by the servers some time after their last child; since
	// 3.5.1.
	Container
	// PersistentTTL nodes are deleted by the servers when they have no children and have
	// not been changed for their TTL; since 3.5.3, and where the servers run with
	// zookeeper.extendedTypesEnabled=true.
	PersistentTTL
	// PersistentSequentialTTL nodes are PersistentSequential and PersistentTTL.
	PersistentSequentialTTL
)

// MaxTTL is the longest time to live of a node, 2^40-1 milliseconds.
const MaxTTL = (1<<40 - 1) * time.Millisecond

// modes gives each mode its flag, its operation code where that is not a plain create's,
// and what it needs.
var modes = map[Mode]struct {
	flags      proto.CreateFlags
	op         proto.Op
	since      Version
	feature    string
	sequential bool
}{
	Persistent:              {flags: proto.FlagPersistent},
	PersistentSequential:    {flags: proto.FlagPersistentSequential, sequential: true},
	Ephemeral:               {flags: proto.FlagEphemeral},
	EphemeralSequential:     {flags: proto.FlagEphemeralSequential, sequential: true},
	Container:               {flags: proto.FlagContainer, op: proto.OpCreateContainer, since: Version{3, 5, 1}, feature: "a container node"},
	PersistentTTL:           {flags: proto.FlagPersistentTTL, op: proto.OpCreateTTL, since: Version{3, 5, 3}, feature: "a TTL node"},
	PersistentSequentialTTL: {flags: proto.FlagPersistentSequentialTTL, op: proto.OpCreateTTL, since: Version{3, 5, 3}, feature: "a TTL node", sequential: true},
}

// CreateOptions say what a create makes. The zero value makes a persistent node with the
// client's default ACL.
type CreateOptions struct {
	// Mode is the kind of node.
	Mode Mode
	// TTL is the time to live of the two TTL modes, from 1 ms to [MaxTTL].
	TTL time.Duration
	// ACL is the node's; nil for the client's default.
	ACL []ACL
	// MakeParents makes the ancestors that are missing, as persistent and empty nodes.
	MakeParents bool
	// ParentACL is the ACL of the ancestors made; nil for the node's.
	ParentACL []ACL
}

// Created is what a create made.
type Created struct {
	// Path is the node's, with the number of a sequential one.
	Path string
	// Stat is the new node's where HasStat is true: servers answer with it since 3.5.
	Stat    Stat
	HasStat bool
	// Parents are the ancestors that this call made, from the top down. They are given
	// with an error too.
	Parents []string
}

// Create makes a node. The path of a sequential one may end with "/", for a name that is
// the bare number. The error is [ErrNodeExists] when there is one, [ErrNoNode] when its
// parent is missing and MakeParents is not set.
func (c *Client) Create(ctx context.Context, path string, data []byte, o CreateOptions) (Created, error) {
	req, op, err := c.createRequest(ctx, path, data, o)
	if err != nil {
		return Created{}, &Error{Op: proto.OpCreate.String(), Path: path, Err: err}
	}
	var out Created
	for {
		var r *proto.CreateReply
		r, err = c.create(ctx, op, path, req)
		if err == nil {
			out.Path, out.Stat, out.HasStat = c.unchrooted(r.Path), r.Stat, r.HasStat
			return out, nil
		}
		if !o.MakeParents || !errors.Is(err, ErrNoNode) {
			return out, err
		}
		acl := o.ParentACL
		if acl == nil {
			acl = req.ACL
		}
		made, err := c.makeParents(ctx, Parent(strings.TrimSuffix(req.Path, "/")), acl)
		out.Parents = append(out.Parents, made...)
		if err != nil {
			return out, err
		}
	}
}

// EnsurePath makes the node and those above it that are missing, as persistent and empty
// nodes with the ACL, nil for the client's default; and returns the paths of those that it
// made, from the top down. A node that is there is left as it is, whether it may be read or
// not.
func (c *Client) EnsurePath(ctx context.Context, path string, acl []ACL) ([]string, error) {
	if err := check(proto.OpCreate.String(), path); err != nil {
		return nil, err
	}
	if acl == nil {
		acl = c.cfg.DefaultACL
	}
	full := c.chrooted(path)
	// The usual case costs one read, and no write that servers would have to agree on.
	if _, err := read[Stat](ctx, c, proto.OpExists, path, &proto.PathWatchRequest{Path: full}); err == nil {
		return nil, nil
	} else if !errors.Is(err, ErrNoNode) && !errors.Is(err, ErrNoAuth) {
		return nil, err
	}
	return c.makeParents(ctx, full, acl)
}

// CreateSize returns how many bytes the frame of a create takes, to compare it with the
// servers' jute.maxbuffer. A set of the same data takes no more.
func CreateSize(path string, data []byte, acl []ACL) int {
	frame := proto.RequestHeader{}.AppendTo(nil)
	frame = (&proto.CreateRequest{Path: path, ACL: acl}).AppendTo(frame)
	return len(frame) + len(data)
}

// createRequest checks the options and makes the request of them.
func (c *Client) createRequest(ctx context.Context, path string, data []byte, o CreateOptions) (*proto.CreateRequest, proto.Op, error) {
	mode, ok := modes[o.Mode]
	if !ok {
		return nil, 0, fmt.Errorf("mode %d is none", o.Mode)
	}
	valid := ValidatePath
	if mode.sequential {
		valid = validatePrefix
	}
	if err := valid(path); err != nil {
		return nil, 0, err
	}
	req := &proto.CreateRequest{Path: c.chrooted(path), Data: data, ACL: o.ACL, Flags: mode.flags, TTLMillis: o.TTL.Milliseconds()}
	if req.ACL == nil {
		req.ACL = c.cfg.DefaultACL
	}
	switch {
	case req.HasTTL() && (o.TTL < time.Millisecond || o.TTL > MaxTTL):
		return nil, 0, fmt.Errorf("the TTL %v is not from 1ms to %v", o.TTL, MaxTTL)
	case !req.HasTTL() && o.TTL != 0:
		return nil, 0, errors.New("only TTL nodes have a TTL")
	}
	if mode.op != 0 {
		return req, mode.op, c.require(ctx, mode.since, mode.feature)
	}
	// The reply of create2 carries the stat. Where the server's version is not to be had,
	// the create that every server knows does without.
	v, err := c.serverVersion(ctx)
	var unknown *versionUnknownError
	switch {
	case err == nil && !v.Less(Version{3, 5, 0}):
		return req, proto.OpCreate2, nil
	case err == nil, errors.As(err, &unknown):
		return req, proto.OpCreate, nil
	}
	return nil, 0, err
}

func (c *Client) create(ctx context.Context, op proto.Op, path string, req *proto.CreateRequest) (*proto.CreateReply, error) {
	return write(ctx, c, op, path, req, func(ctx context.Context, seen int64, out *proto.CreateReply) (verdict, error) {
		return c.resolveCreate(ctx, req, seen, out)
	})
}

// makeParents makes the node at the full path and those above it that are missing, and
// returns, without the chroot, those that it made. It begins at the bottom: an ancestor
// that is there but may not be read or added to is no obstacle that way.
func (c *Client) makeParents(ctx context.Context, full string, acl []ACL) (made []string, err error) {
	missing := []string{full}
	for len(missing) > 0 {
		next := missing[len(missing)-1]
		req := &proto.CreateRequest{Path: next, Data: []byte{}, ACL: acl, Flags: proto.FlagPersistent}
		_, err := c.create(ctx, proto.OpCreate, c.unchrooted(next), req)
		switch {
		case errors.Is(err, ErrNoNode) && next != "/":
			missing = append(missing, Parent(next))
			continue
		case err == nil && strings.HasPrefix(next, c.servers.Chroot+"/"):
			made = append(made, c.unchrooted(next))
		case err != nil && !errors.Is(err, ErrNodeExists):
			return made, err
		}
		missing = missing[:len(missing)-1]
	}
	return made, nil
}

// resolveCreate looks whether a create took effect.
func (c *Client) resolveCreate(ctx context.Context, req *proto.CreateRequest, seen int64, out *proto.CreateReply) (verdict, error) {
	if isSequential(req) {
		return c.resolveSequential(ctx, req, seen, out)
	}
	return c.resolveCreateAt(ctx, req.Path, req, seen, out)
}

func isSequential(req *proto.CreateRequest) bool {
	switch req.Flags {
	case proto.FlagPersistentSequential, proto.FlagEphemeralSequential, proto.FlagPersistentSequentialTTL:
		return true
	case proto.FlagPersistent, proto.FlagEphemeral, proto.FlagContainer, proto.FlagPersistentTTL:
	}
	return false
}

// resolveCreateAt looks whether the create made the node at the full path.
func (c *Client) resolveCreateAt(ctx context.Context, full string, req *proto.CreateRequest, seen int64, out *proto.CreateReply) (verdict, error) {
	node, err := c.Node(ctx, c.unchrooted(full))
	if errors.Is(err, ErrNoNode) {
		return notApplied, nil
	}
	if err != nil {
		return unknown, err
	}
	out.Path, out.Stat, out.HasStat = full, node.Stat, true
	switch {
	case node.Stat.Czxid <= seen:
		return notApplied, nil
	case node.Stat.Version == 0 && node.Stat.Aversion == 0:
		if bytes.Equal(node.Data, req.Data) && aclStored(req.ACL, node.ACL) && c.sameOwner(req, node.Stat) {
			return applied, nil
		}
		return notApplied, nil
	}
	// Made since, and changed since: ours or not.
	return unknown, nil
}

// sameOwner tells whether a node is one that the create can have made: an ephemeral one
// belongs to this client's session, any other to none.
func (c *Client) sameOwner(req *proto.CreateRequest, s Stat) bool {
	if req.Flags != proto.FlagEphemeral && req.Flags != proto.FlagEphemeralSequential {
		return s.EphemeralOwner == 0
	}
	l := c.current.Load()
	return l != nil && s.EphemeralOwner == l.Session().SessionID
}

// resolveSequential looks for the node that a sequential create made: one of its prefix,
// made since, and as the create makes it. There may be more than one such, made by others
// with the same data; then it cannot be told.
func (c *Client) resolveSequential(ctx context.Context, req *proto.CreateRequest, seen int64, out *proto.CreateReply) (verdict, error) {
	parent, prefix := req.Path[:max(1, strings.LastIndexByte(req.Path, '/'))], req.Path[strings.LastIndexByte(req.Path, '/')+1:]
	names, _, err := c.Children(ctx, c.unchrooted(parent))
	if errors.Is(err, ErrNoNode) {
		return notApplied, nil
	}
	if err != nil {
		return unknown, err
	}
	candidates := slices.DeleteFunc(names, func(name string) bool {
		number, ok := strings.CutPrefix(name, prefix)
		return !ok || len(number) < sequenceDigits || strings.Trim(number, "0123456789") != ""
	})
	slices.SortFunc(candidates, byNumber(len(prefix)))
	found := 0
	// The latest first: all that have a smaller number than one made before are older too.
	for _, name := range slices.Backward(candidates) {
		var one proto.CreateReply
		v, err := c.resolveCreateAt(ctx, child(parent, name), req, seen, &one)
		if err != nil {
			return unknown, err
		}
		if one.Stat.Czxid <= seen && one.HasStat {
			break
		}
		switch v {
		case unknown:
			return unknown, nil
		case applied:
			*out = one
			found++
		case notApplied:
		}
	}
	switch found {
	case 0:
		return notApplied, nil
	case 1:
		return applied, nil
	}
	return unknown, nil
}

// sequenceDigits is the least number of digits of a sequential node's number.
const sequenceDigits = 10

// byNumber orders sequential names by the number behind the prefix.
func byNumber(prefix int) func(a, b string) int {
	return func(a, b string) int {
		if d := len(a) - len(b); d != 0 {
			return d
		}
		return strings.Compare(a[prefix:], b[prefix:])
	}
}
