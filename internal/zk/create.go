package zk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"terraform-provider-zookeeper/internal/zk/engine"
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
	// PersistentSequential nodes get a number of ten digits after their name, one higher
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

// modes gives each mode its flag, and its operation code where that is not a plain create's.
var modes = map[Mode]struct {
	flags      proto.CreateFlags
	op         proto.OpCode
	sequential bool
}{
	Persistent:              {flags: proto.FlagPersistent},
	PersistentSequential:    {flags: proto.FlagPersistentSequential, sequential: true},
	Ephemeral:               {flags: proto.FlagEphemeral},
	EphemeralSequential:     {flags: proto.FlagEphemeralSequential, sequential: true},
	Container:               {flags: proto.FlagContainer, op: proto.OpCreateContainer},
	PersistentTTL:           {flags: proto.FlagPersistentTTL, op: proto.OpCreateTTL},
	PersistentSequentialTTL: {flags: proto.FlagPersistentSequentialTTL, op: proto.OpCreateTTL, sequential: true},
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
	// Stat is the new node's where HasStat is true: servers answer with it since 3.5, where
	// their version was known when the create was sent.
	Stat    Stat
	HasStat bool
	// Parents are the ancestors that this call made, from the top down; one of which that
	// could not be told is not among them. They are given with an error too.
	Parents []string
}

// Create makes a node. The path of a sequential one may end with "/", for a name that is
// the bare number. The error is [ErrNodeExists] when there is one, [ErrNoNode] when its
// parent is missing and MakeParents is not set; and a [CandidatesError] where the reply to
// the create of a sequential one was lost and more than one node can be it.
func (c *Client) Create(ctx context.Context, path string, data []byte, o CreateOptions) (Created, error) {
	op := c.create(ctx, path, data, o)
	var out Created
	for n := 0; ; n++ {
		made, err := do(ctx, c, op)
		if err == nil {
			made.Parents = out.Parents
			return made, nil
		}
		if !o.MakeParents || !errors.Is(err, ErrNoNode) || n == parentTries {
			return out, err
		}
		parents, perr := c.makeParents(ctx, Parent(op.req.Path), parentACL(o, &op.req))
		out.Parents = append(out.Parents, paths(parents)...)
		if perr != nil {
			return out, perr
		}
	}
}

// parentACL is the ACL of the parents that a create makes.
func parentACL(o CreateOptions, req *proto.CreateRequest) []ACL {
	if o.ParentACL != nil {
		return o.ParentACL
	}
	return req.ACL
}

// parentTries bounds how often the parents of one node are made: somebody else may go on
// deleting them.
const parentTries = 10

// EnsurePath makes the node and those above it that are missing, as persistent and empty
// nodes with the ACL, nil for the client's default; and returns the paths of those that it
// made, from the top down, with an error too. A node that is there is left as it is,
// whether it may be read or not.
func (c *Client) EnsurePath(ctx context.Context, path string, acl []ACL) ([]string, error) {
	made, err := c.ensurePath(ctx, path, acl)
	return paths(made), err
}

func (c *Client) ensurePath(ctx context.Context, path string, acl []ACL) ([]Created, error) {
	if err := check(OpNameCreate, path); err != nil {
		return nil, err
	}
	if acl == nil {
		acl = c.cfg.DefaultACL
	}
	full := c.chrooted(path)
	// The usual case costs one read, and no write that servers would have to agree on.
	if _, err := do(ctx, c, c.statAt(full)); err == nil {
		return nil, nil
	} else if !errors.Is(err, ErrNoNode) && !errors.Is(err, ErrNoAuth) {
		return nil, err
	}
	return c.makeParents(ctx, full, acl)
}

func paths(nodes []Created) []string {
	var all []string
	for _, node := range nodes {
		all = append(all, node.Path)
	}
	return all
}

// CreateSize returns how many bytes the frame of a create takes, to compare it with the
// servers' jute.maxbuffer. The path is the one on the servers, with the chroot in front and,
// of a sequential node, without the number; the ACL is the one that is sent. See also
// [SetSize], [SetACLSize] and [Batch.CheckSize].
func CreateSize(path string, data []byte, o CreateOptions) int {
	return frameSize(&proto.CreateRequest{Path: path, ACL: o.ACL, Flags: modes[o.Mode].flags}) + len(data)
}

// create checks the options. A kind of node that not all servers know waits for the server's version.
func (c *Client) create(ctx context.Context, path string, data []byte, o CreateOptions) operation[proto.CreateRequest, proto.CreateReply, Created] {
	mode, ok := modes[o.Mode]
	valid, full := ValidatePath(path), c.chrooted(path)
	if mode.sequential {
		valid, full = ValidatePrefix(path), c.prefixed(path)
	}
	op := c.createAt(full, data, o.ACL)
	op.path, op.err, op.inside = path, valid, !o.MakeParents // which makes the chroot too
	op.req.Flags, op.req.TTLMillis, op.blank.Flags = mode.flags, o.TTL.Milliseconds(), mode.flags
	if mode.op != 0 {
		op.code = mode.op
	}
	switch {
	case !ok:
		op.err = &argumentError{fmt.Sprintf("mode %d is none", o.Mode)}
	case valid != nil:
	case op.req.HasTTL() && (o.TTL < time.Millisecond || o.TTL > MaxTTL):
		op.err = &argumentError{fmt.Sprintf("the TTL %v is not from 1ms to %v", o.TTL, MaxTTL)}
	case !op.req.HasTTL() && o.TTL != 0:
		op.err = &argumentError{"only TTL nodes have a TTL"}
	case mode.op != 0:
		op.err = c.engine.Require(ctx, engine.FeatureOf(mode.op))
	}
	return op
}

// createAt makes a persistent node at a path on the servers, with the client's default ACL for nil.
//
// Its reply carries the stat. Where the server's version is not known when the request is sent, it goes as
// the create that every server knows and does without. The path of the reply is mostly the one asked for, and
// then its memory serves both.
func (c *Client) createAt(full string, data []byte, acl []ACL) operation[proto.CreateRequest, proto.CreateReply, Created] {
	if acl == nil {
		acl = c.cfg.DefaultACL
	}
	return operation[proto.CreateRequest, proto.CreateReply, Created]{
		code: proto.OpCreate2, path: c.Unchroot(full),
		req:   proto.CreateRequest{Path: full, Data: data, ACL: acl, Flags: proto.FlagPersistent},
		blank: proto.CreateReply{Path: full, Flags: proto.FlagPersistent},
		lost:  resolveCreate,
		result: func(c *Client, out *proto.CreateReply) (Created, error) {
			return Created{Path: c.Unchroot(out.Path), Stat: out.Stat, HasStat: out.HasStat}, nil
		},
	}
}

// prefixed is chrooted for the path that a sequential create is given.
func (c *Client) prefixed(path string) string {
	if path == "/" {
		return c.chroot + "/" // below the chroot, and not beside it
	}
	return c.chrooted(path)
}

// makeParents makes the node at the full path and those above it that are missing, and
// returns those that it made inside the chroot. It begins at the bottom: an ancestor
// that is there but may not be read or added to is no obstacle that way.
//
// An empty persistent node may be asked for twice. So where it cannot be told whether one
// was made it is asked for again. That it exists then is no failure, and where it is as the
// first request would have made it, it counts among those that were made.
func (c *Client) makeParents(ctx context.Context, full string, acl []ACL) (made []Created, err error) {
	missing := []string{full}
	var unknown error // why it cannot be told whether the last of missing was made
	for tries := 1; len(missing) > 0; {
		next := missing[len(missing)-1]
		node, err := do(ctx, c, c.createAt(next, []byte{}, acl))
		switch {
		case errors.Is(err, ErrNoNode) && next != "/":
			missing, unknown = append(missing, Parent(next)), nil
			continue
		case errors.Is(err, ErrOutcomeUnknown) && !errors.Is(err, ErrSessionExpired) && ctx.Err() == nil && tries < parentTries:
			unknown = err
			tries++
			continue
		case err == nil && c.inChroot(next):
			made = append(made, node)
		case err != nil && !errors.Is(err, ErrNodeExists):
			return made, cmp.Or(unknown, err)
		case err != nil && unknown != nil && c.inChroot(next):
			node, ours, err := c.recognizeParent(ctx, next, acl, unknown)
			if err != nil {
				return made, unknown
			}
			if ours {
				made = append(made, Created{Path: c.Unchroot(next), Stat: node.Stat, HasStat: true})
			}
		}
		missing, unknown = missing[:len(missing)-1], nil
	}
	return made, nil
}

// recognizeParent looks whether the node at the full path is the one that a create of
// makeParents made whose outcome was unknown.
func (c *Client) recognizeParent(ctx context.Context, full string, acl []ACL, unknown error) (Node, bool, error) {
	lost, ok := errors.AsType[*OutcomeUnknownError](unknown)
	if !ok {
		return Node{}, false, nil
	}
	return c.Recognize(ctx, c.Unchroot(full), Making{Seen: lost.Seen, Others: lost.Others, Data: []byte{}, ACL: acl})
}
