package zk

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// An ACLReading is what [Client.ACLs] found of one node.
type ACLReading struct {
	// Path is the node's, as it was asked for.
	Path string
	// ACL and Stat are the node's at one moment.
	ACL  []ACL
	Stat Stat
	// Err is why the ACL could not be read, [ErrNoNode] or [ErrNoAuth]; nil where it was.
	Err error
}

// An aclRead is a read of an ACL, under way.
type aclRead = *issued[proto.GetACLRequest, proto.GetACLReply, Access]

// ACLs reads the ACLs of many nodes, many at once. It returns a reading for each, in the
// order of the paths: that one may not be read does not keep the others from it. Nodes that
// change meanwhile may be read at different moments.
func (c *Client) ACLs(ctx context.Context, paths []string) ([]ACLReading, error) {
	out := make([]ACLReading, len(paths))
	reads := window[aclRead]{
		width: always(nodesAhead),
		send:  func(i int) aclRead { return ahead(ctx, c, c.acl(paths[i])) },
		take: func(i int, sent aclRead) error {
			got, err := taken(ctx, sent)
			out[i] = ACLReading{Path: paths[i], ACL: got.ACL, Stat: got.Stat}
			if ctx.Err() == nil && (errors.Is(err, ErrNoNode) || errors.Is(err, ErrNoAuth)) {
				out[i].Err, err = err, nil
			}
			return err
		},
		drop: aclRead.drop,
	}
	switch i, err := reads.slide(ctx, len(paths)); {
	case err != nil && ctx.Err() != nil:
		return nil, &Error{Op: OpNameGetACL, Path: paths[i], Err: conn.ContextError(ctx)}
	case err != nil:
		return nil, err
	}
	c.blameChrootFor(ctx, len(out), func(i int) *error { return &out[i].Err })
	return out, nil
}

// ACLTree reads the ACLs of the node and of everything below it, each node after its
// parent. A node that is gone by the time that it is read is left out, the first apart; one
// that may not be read ends the reading with the error that names it. The servers' own
// nodes, "/zookeeper" and below, are left out, unless path is one of them; so are ephemeral nodes
// below path, which go with the sessions that made them, and the nodes in except and all below
// them, which nobody has to be allowed to read.
func (c *Client) ACLTree(ctx context.Context, path string, except ...string) ([]ACLReading, error) {
	if err := check(OpNameGetACL, path); err != nil {
		return nil, err
	}
	var paths []string
	err := c.walk(ctx, path, -1, func(r Reading) error {
		switch {
		case slices.Contains(except, r.Path), r.Stat.EphemeralOwner != 0 && r.Path != path:
			return ErrSkipBelow
		case r.Err != nil:
			return r.Err
		}
		paths = append(paths, r.Path)
		return nil
	}, c.readStats)
	if err != nil {
		return nil, err
	}
	if full := c.chrooted(path); full == "/" || !ServersOwn(full) {
		kept := paths[:1]
		for _, p := range paths[1:] {
			if !ServersOwn(c.chrooted(p)) {
				kept = append(kept, p)
			}
		}
		paths = kept
	}
	readings, err := c.ACLs(ctx, paths)
	if err != nil {
		return nil, err
	}
	kept := readings[:0]
	for i, r := range readings {
		switch {
		case r.Err == nil:
			kept = append(kept, r)
		case i == 0 || !errors.Is(r.Err, ErrNoNode):
			return nil, r.Err
		}
	}
	return kept, nil
}

// An ACLWrite is a new ACL for a node.
type ACLWrite struct {
	Path string
	ACL  []ACL
	// Stat is the node's as the client read it, with its ACL. The ACL is replaced when it
	// still has the version, Stat.Aversion.
	Stat Stat
}

// SetACLs replaces the ACLs of many nodes that this client has read, each as
// [Client.SetACL] does, in their order and many at once: servers have no transaction that
// sets an ACL. Of each write whose reply was lost it finds out whether it took effect.
//
// It calls done with the outcome of each write, in their order; the stat is the node's
// after the write. An error that done returns keeps further writes from being sent. Those
// that have been are waited for, and done is told of them too; then the error is returned.
// The end of ctx does the same; what is on its way then is waited for as [Config.Grace] says.
func (c *Client) SetACLs(ctx context.Context, writes []ACLWrite, done func(i int, stat Stat, err error) error) error {
	for _, w := range writes {
		if err := check(OpNameSetACL, w.Path); err != nil {
			return err
		}
	}
	w := c.engine.Waiter()
	defer w.End()
	sets := window[*Pending[Stat]]{
		width: always(nodesAhead),
		send:  func(i int) *Pending[Stat] { return issue(ctx, c, c.setRead(&writes[i])) },
		take: func(i int, issued *Pending[Stat]) error {
			stat, err := c.collectACLWrite(ctx, &w, &writes[i], issued)
			return done(i, stat, err)
		},
	}
	_, err := sets.slide(ctx, len(writes))
	return err
}

// setRead is the operation of an ACLWrite.
func (c *Client) setRead(w *ACLWrite) operation[proto.SetACLRequest, Stat, Stat] {
	o := c.setACL(w.Path, w.ACL, w.Stat.Aversion)
	o.lost = w.resolve
	return o
}

// collectACLWrite waits for a write that was issued, and repeats it when its request was
// lost without an effect. One that has not been sent when the caller's context ends is
// withdrawn.
func (c *Client) collectACLWrite(ctx context.Context, w *engine.Waiter, write *ACLWrite, issued *Pending[Stat]) (Stat, error) {
	if ended, err := issued.ended(ctx, w); !ended && !c.engine.Withdraw(issued.write) {
		err = c.waitedFor(w, issued.write.Seen, err)
		return Stat{}, &Error{Op: OpNameSetACL, Path: write.Path, Err: err}
	}
	stat, err := issued.outcome(ctx, w)
	switch {
	case err == nil, errors.Is(err, ErrOutcomeUnknown):
		return stat, err
	case ctx.Err() != nil && c.engine.Repeatable(err), errors.Is(err, engine.ErrWithdrawn):
		err = &Error{Op: OpNameSetACL, Path: write.Path, Err: conn.ContextError(ctx)}
		return Stat{}, err
	case !c.engine.Repeatable(err):
		return Stat{}, err
	}
	return do(ctx, c, c.setRead(write))
}

// resolve is resolveSetACL for an ACL that the client could read. Where it may not any more,
// and its own ACL does not let it, that is the write's effect: it would still see what was
// there before.
func (w *ACLWrite) resolve(ctx context.Context, c *Client, req *proto.SetACLRequest, l loss, out *Stat) (verdict, error) {
	v, err := resolveSetACL(ctx, c, req, l, out)
	if errors.Is(err, ErrNoAuth) && !grants(w.ACL, PermRead|PermAdmin, c.engine.Credentials()) {
		*out = w.Stat
		out.Aversion++
		return applied, nil
	}
	return v, err
}
