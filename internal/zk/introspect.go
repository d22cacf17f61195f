package zk

import (
	"context"
	"strings"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// Identity is one that the server knows this client by.
type Identity = proto.Identity

// noRequest is the body of a request that has none.
type noRequest struct{}

// AppendTo appends nothing.
func (noRequest) AppendTo(dst []byte) []byte { return dst }

var _ conn.Request = noRequest{}

// Ephemerals returns the paths of the ephemeral nodes that this client's session owns and
// that begin with the prefix, which need not end at the boundary of an element. It needs
// 3.6.
func (c *Client) Ephemerals(ctx context.Context, prefix string) ([]string, error) {
	op := proto.OpGetEphemerals
	if err := ValidatePrefix(prefix); err != nil {
		return nil, &Error{Op: op.String(), Path: prefix, Err: err}
	}
	if err := c.require(ctx, features[op]); err != nil {
		return nil, &Error{Op: op.String(), Path: prefix, Err: err}
	}
	full := c.chrooted(prefix)
	if prefix == "/" {
		full = c.servers.Chroot + "/"
	}
	r, err := read[proto.GetEphemeralsReply](ctx, c, op, prefix, proto.GetEphemeralsRequest{Prefix: full})
	if err != nil {
		return nil, err
	}
	paths := r.Paths[:0]
	for _, p := range r.Paths {
		if err := ValidatePath(p); err != nil {
			return nil, &Error{Op: op.String(), Path: prefix, Err: &conn.ProtocolError{Reason: "an ephemeral node's path: " + shown.Line(err.Error())}}
		}
		if strings.HasPrefix(p, full) {
			paths = append(paths, c.Unchroot(p))
		}
	}
	return paths, nil
}

// CountDescendants returns how many nodes are below the node, at any depth. It needs 3.6.
func (c *Client) CountDescendants(ctx context.Context, path string) (int, error) {
	op := proto.OpCountChildren
	if err := check(op.String(), path); err != nil {
		return 0, err
	}
	if err := c.require(ctx, features[op]); err != nil {
		return 0, &Error{Op: op.String(), Path: path, Err: err}
	}
	r, err := read[proto.CountDescendantsReply](ctx, c, op, path, proto.CountDescendantsRequest{Path: c.chrooted(path)})
	if err != nil {
		return 0, err
	}
	return int(r.Total), nil
}

// WhoAmI returns the identities that the server knows this client by: its address, and
// what its credentials proved. It needs 3.7.
func (c *Client) WhoAmI(ctx context.Context) ([]Identity, error) {
	op := proto.OpWhoAmI
	if err := c.require(ctx, features[op]); err != nil {
		return nil, &Error{Op: op.String(), Err: err}
	}
	r, err := read[proto.WhoAmIReply](ctx, c, op, "", noRequest{})
	if err != nil {
		return nil, err
	}
	return r.Identities, nil
}
