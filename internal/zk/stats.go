package zk

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// Stats returns the stats of many nodes, in the order of the paths. That of a node that is
// not there is zero.
func (c *Client) Stats(ctx context.Context, paths []string) ([]Stat, error) {
	full := make([]string, len(paths))
	for i, path := range paths {
		if err := check(OpNameExists, path); err != nil {
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
	type read = *issued[proto.PathWatchRequest, Stat, Stat]
	reads := window[read]{
		width: always(nodesAhead),
		send:  func(i int) read { return ahead(ctx, c, c.statAt(full[i])) },
		take: func(i int, sent read) (err error) {
			stats[i], err = taken(ctx, sent)
			if errors.Is(err, ErrNoNode) || isAny(err, pass) {
				return nil
			}
			return err
		},
		drop: read.drop,
	}
	if i, err := reads.slide(ctx, len(full)); err != nil {
		return nil, failure(OpNameExists, c.Unchroot(full[i]), err)
	}
	return stats, nil
}

// isAny reports whether an error is one of some.
func isAny(err error, of []error) bool {
	return slices.ContainsFunc(of, func(one error) bool { return errors.Is(err, one) })
}
