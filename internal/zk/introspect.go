package zk

import (
	"context"
	"strings"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/engine"
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
	return do(ctx, c, c.ephemerals(ctx, prefix))
}

// ephemerals waits for the server's version.
func (c *Client) ephemerals(ctx context.Context, prefix string) operation[proto.GetEphemeralsRequest, proto.GetEphemeralsReply, []string] {
	full := c.prefixed(prefix)
	o := operation[proto.GetEphemeralsRequest, proto.GetEphemeralsReply, []string]{
		code: proto.OpGetEphemerals, path: prefix, req: proto.GetEphemeralsRequest{Prefix: full},
		result: func(c *Client, out *proto.GetEphemeralsReply) ([]string, error) {
			paths := out.Paths[:0]
			for _, p := range out.Paths {
				if err := ValidatePath(p); err != nil {
					return nil, &conn.ProtocolError{Reason: "an ephemeral node's path: " + shown.Line(err.Error())}
				}
				if strings.HasPrefix(p, full) {
					paths = append(paths, c.Unchroot(p))
				}
			}
			return paths, nil
		},
		err: ValidatePrefix(prefix),
	}
	if o.err == nil {
		o.err = c.engine.Require(ctx, engine.FeatureOf(o.code))
	}
	return o
}

// CountDescendants returns how many nodes are below the node, at any depth. It needs 3.6.
func (c *Client) CountDescendants(ctx context.Context, path string) (int, error) {
	o := checked(path, operation[proto.CountDescendantsRequest, proto.CountDescendantsReply, int]{
		code: proto.OpCountChildren, req: proto.CountDescendantsRequest{Path: c.chrooted(path)},
		result: func(_ *Client, out *proto.CountDescendantsReply) (int, error) { return int(out.Total), nil },
	})
	if o.err == nil {
		o.err = c.engine.Require(ctx, engine.FeatureOf(o.code))
	}
	return do(ctx, c, o)
}

// WhoAmI returns the identities that the server knows this client by: its address, and
// what its credentials proved. It needs 3.7.
func (c *Client) WhoAmI(ctx context.Context) ([]Identity, error) {
	return do(ctx, c, operation[noRequest, proto.WhoAmIReply, []Identity]{
		code:   proto.OpWhoAmI,
		result: func(_ *Client, out *proto.WhoAmIReply) ([]Identity, error) { return out.Identities, nil },
		err:    c.engine.Require(ctx, engine.FeatureOf(proto.OpWhoAmI)),
	})
}
