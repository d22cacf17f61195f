package zk

import (
	"context"
	"errors"
	"slices"
)

// MakePath makes the node and those above it that are missing, as persistent and empty nodes
// with the ACL, nil for the client's default. It is [Client.EnsurePath] in one transaction: all
// of them are made, or none. It returns those that it made, from the top down, with the
// transaction that made them as Stat.Czxid; their stats are whole where HasStat is set. With
// [ErrOutcomeUnknown], doubt are the nodes that it made, or did not.
func (c *Client) MakePath(ctx context.Context, path string, acl []ACL) (made []Created, doubt []string, err error) {
	if err := check(OpNameCreate, path); err != nil {
		return nil, nil, err
	}
	var unknown error // why it cannot be told whether the nodes in doubt were made
	for n := 1; ; n++ {
		missing, err := c.missing(ctx, path)
		switch {
		case unknown != nil && err == nil:
			lost, _ := errors.AsType[*OutcomeUnknownError](unknown)
			made, err = c.RecognizePath(ctx, doubt, Making{Seen: lost.Seen, Others: lost.Others, Data: []byte{}, ACL: acl})
			switch {
			case err != nil:
				return nil, doubt, unknown
			case len(made) > 0:
				return made, nil, nil
			}
		case unknown != nil:
			return nil, doubt, unknown
		}
		if err != nil || len(missing) == 0 {
			return nil, nil, err
		}
		if missing[0] == "/" { // what the chroot stands for, which no transaction within can make
			if _, err := c.EnsurePath(ctx, "/", acl); err != nil {
				return nil, nil, err
			}
			missing = missing[1:]
		}
		made, err = c.makeAll(ctx, missing, acl)
		switch {
		case err == nil:
			return made, nil, nil
		case errors.Is(err, ErrOutcomeUnknown):
			doubt = missing
			if n == parentTries || errors.Is(err, ErrSessionExpired) || ctx.Err() != nil {
				return nil, doubt, err
			}
			unknown = err
		case n == parentTries, !errors.Is(err, ErrNodeExists) && !errors.Is(err, ErrNoNode):
			return nil, nil, err
		default: // others make and remove nodes of the path
			doubt, unknown = nil, nil
		}
	}
}

// missing returns the nodes that are missing on a path, from the top down. One that may not be
// looked at is there.
func (c *Client) missing(ctx context.Context, path string) ([]string, error) {
	var all []string
	for at := path; ; at = Parent(at) {
		_, err := do(ctx, c, c.statAt(c.chrooted(at)))
		switch {
		case err == nil, errors.Is(err, ErrNoAuth):
			slices.Reverse(all)
			return all, nil
		case !errors.Is(err, ErrNoNode):
			return nil, err
		}
		all = append(all, at)
		if at == "/" {
			slices.Reverse(all)
			return all, nil
		}
	}
}

// makeAll makes empty nodes in one transaction.
func (c *Client) makeAll(ctx context.Context, paths []string, acl []ACL) ([]Created, error) {
	ops := make([]Op, len(paths))
	for i, path := range paths {
		ops[i] = CreateOp(path, []byte{}, CreateOptions{ACL: acl})
	}
	results, zxid, err := c.multi(ctx, ops)
	if err != nil {
		return nil, err
	}
	made := make([]Created, len(paths))
	for i, path := range paths {
		made[i] = Created{Path: path, Stat: Stat{Czxid: zxid}}
		if results[i].HasStat && results[i].Stat.Czxid == zxid {
			made[i].Stat, made[i].HasStat = results[i].Stat, true
		}
	}
	return made, nil
}

// RecognizePath is [Client.Recognize] for the nodes that a MakePath left in doubt: it returns
// those that are as it makes them, and those that came with one of them, whatever has been
// written to them since.
func (c *Client) RecognizePath(ctx context.Context, paths []string, made Making) ([]Created, error) {
	var czxid int64
	for _, path := range paths {
		node, ours, err := c.Recognize(ctx, path, made)
		switch {
		case err != nil:
			return nil, err
		case ours:
			czxid = node.Stat.Czxid
		}
	}
	if czxid == 0 {
		return nil, nil
	}
	var all []Created
	for _, path := range paths {
		stat, err := do(ctx, c, c.statAt(c.chrooted(path)))
		switch {
		case err == nil && stat.Czxid == czxid:
			all = append(all, Created{Path: path, Stat: stat, HasStat: true})
		case err != nil && !errors.Is(err, ErrNoNode):
			return nil, err
		}
	}
	return all, nil
}
