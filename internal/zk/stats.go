package zk

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// Stats returns the stats of many nodes, in the order of the paths. That of a node that is
// not there is zero.
func (c *Client) Stats(ctx context.Context, paths []string) ([]Stat, error) {
	full := make([]string, len(paths))
	for i, path := range paths {
		if err := check(proto.OpExists.String(), path); err != nil {
			return nil, err
		}
		full[i] = c.chrooted(path)
	}
	return c.statsAt(ctx, full)
}

// statsAt looks at many nodes at once. The stat of one that is gone is zero, and of one whose
// error is among those to pass over. The error is an *Error about the node that it came from.
func (c *Client) statsAt(ctx context.Context, full []string, pass ...error) ([]Stat, error) {
	stats := make([]Stat, len(full))
	calls := make([]*conn.Call, len(full))
	defer c.withdrawAll(calls)
	sent := 0
	for i := range full {
		for ; sent < len(full) && sent < i+window; sent++ {
			calls[sent] = conn.NewCall(proto.OpExists, &proto.PathWatchRequest{Path: full[sent]}, &stats[sent])
			c.submit(ctx, calls[sent])
		}
		_, err := c.await(ctx, calls[i])
		switch {
		case err != nil && ctx.Err() == nil && c.repeatable(err):
			stats[i], err = c.statAt(ctx, full[i])
		case err != nil:
			err = &Error{Op: proto.OpExists.String(), Path: c.Unchroot(full[i]), Err: err}
		}
		if err != nil && !errors.Is(err, ErrNoNode) && !isAny(err, pass) {
			return nil, err
		}
	}
	return stats, nil
}

// isAny reports whether an error is one of some.
func isAny(err error, of []error) bool {
	return slices.ContainsFunc(of, func(one error) bool { return errors.Is(err, one) })
}

// statAt looks at a path on the servers, which may be above the chroot.
func (c *Client) statAt(ctx context.Context, full string) (Stat, error) {
	stat, err := read[Stat](ctx, c, proto.OpExists, c.Unchroot(full), proto.PathWatchRequest{Path: full})
	if err != nil {
		return Stat{}, err
	}
	return *stat, nil
}
