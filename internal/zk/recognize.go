package zk

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// A Making is what is known of a create whose outcome is not: what it was to make, and what
// had happened before. It may come from another process and another session.
type Making struct {
	// Seen and Others are those of the [OutcomeUnknownError].
	Seen   int64
	Others []int64
	// Data is the data, nil where it is not known: its length is then Size.
	Data []byte
	Size int
	// ACL is the ACL that was asked for; nil for the client's default.
	ACL []ACL
}

// Recognize reports whether the node at path is the one that a create made whose outcome was
// unknown, and returns it: it has come since, by no other write of the client that made it,
// nobody has changed it, it is not ephemeral, and it has the data and the ACL. Where the ACL
// was asked for with the scheme "auth", the client has to present the same identities.
//
// Another client that has made the very same node since is taken for the one that was to make
// it.
func (c *Client) Recognize(ctx context.Context, path string, made Making) (Node, bool, error) {
	if err := check(OpNameGet, path); err != nil {
		return Node{}, false, err
	}
	return c.recognizeAt(ctx, path, c.chrooted(path), made)
}

// recognizeAt is Recognize by the node's path on the servers. path is one to sync by.
func (c *Client) recognizeAt(ctx context.Context, path, full string, made Making) (Node, bool, error) {
	// The server may be behind the one that the create was sent to.
	if err := c.Sync(ctx, path); err != nil {
		return Node{}, false, err
	}
	stat, err := do(ctx, c, c.statAt(full))
	switch {
	case errors.Is(err, ErrNoNode):
		return Node{}, false, nil
	case err != nil || !made.fits(stat):
		return Node{}, false, err // what is not the node need not be readable
	}
	node, err := c.nodeAt(ctx, full)
	switch {
	case errors.Is(err, ErrNoNode):
		return Node{}, false, nil
	case err != nil || !c.madeAs(made, node):
		return Node{}, false, err
	}
	return node, true, nil
}

// RecognizeSequential is [Client.Recognize] for a sequential create of the prefix: it returns
// the nodes that can be the one which it made, the oldest first. There may be several, and
// none where it did not make one or where that is gone. Nodes that the client may not read are
// passed over.
func (c *Client) RecognizeSequential(ctx context.Context, prefix string, made Making) ([]Node, error) {
	op := proto.OpGetChildren2
	if err := ValidatePrefix(prefix); err != nil {
		return nil, &Error{Op: op.Name(), Path: prefix, Err: err}
	}
	parent, name := cutPrefix(c.prefixed(prefix))
	if err := c.Sync(ctx, c.Unchroot(parent)); err != nil {
		return nil, err
	}
	r, err := do(ctx, c, c.childrenAt(parent))
	switch {
	case errors.Is(err, ErrNoNode):
		return nil, nil
	case err != nil:
		return nil, err
	case r.Stat.Pzxid <= made.Seen:
		return nil, nil // no child has come since
	}
	candidates := sequence(parent, name, r.Children)
	// A node that may not be read cannot be recognized.
	stats, err := c.statsAt(ctx, candidates, ErrNoAuth)
	if err != nil {
		return nil, err
	}
	var open []string
	for i, full := range candidates {
		if made.fits(stats[i]) {
			open = append(open, full)
		}
	}
	var nodes []Node
	err = c.nodesAt(ctx, open, func(_ string, node Node) {
		if c.madeAs(made, node) {
			nodes = append(nodes, node)
		}
	}, ErrNoAuth)
	slices.SortFunc(nodes, func(a, b Node) int {
		return cmp.Or(cmp.Compare(a.Stat.Czxid, b.Stat.Czxid), cmp.Compare(a.Path, b.Path))
	})
	return nodes, err
}

// fits reports whether a node may be the one by its stat alone.
func (m Making) fits(stat Stat) bool {
	size := m.Size
	if m.Data != nil {
		size = len(m.Data)
	}
	return stat.Czxid > m.Seen && !slices.Contains(m.Others, stat.Czxid) &&
		stat.Version == 0 && stat.Aversion == 0 && stat.EphemeralOwner == 0 && int(stat.DataLength) == size
}

// madeAs reports whether a node is as it was to be made, and may be the one.
func (c *Client) madeAs(m Making, node Node) bool {
	acl := m.ACL
	if acl == nil {
		acl = c.cfg.DefaultACL
	}
	return m.fits(node.Stat) && (m.Data == nil || bytes.Equal(node.Data, m.Data)) && aclStored(acl, node.ACL, c.engine.Credentials())
}
