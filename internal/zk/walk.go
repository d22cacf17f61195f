package zk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// ErrSkipBelow is what a visit returns so that a walk leaves out what is below the node.
var ErrSkipBelow = errors.New("what is below is left out")

// ErrSkipRest is what a visit returns so that a walk ends there, without an error.
var ErrSkipRest = errors.New("the rest is left out")

// The bounds of a walk where a [Config] has zero.
const (
	DefaultWalkNodes  = 1_000_000
	DefaultWalkLevels = 1000
	DefaultWalkBytes  = 512 << 20
)

// WalkLimits bound what one walk of a tree takes from the servers: a tree can be larger than
// anybody thought, and a server can name children without end. What is beyond a bound is a
// [*WalkLimitError]. Zero stands for the default.
type WalkLimits struct {
	// Nodes is how many nodes are read at most.
	Nodes int
	// Levels is how many levels there may be below the first node.
	Levels int
	// Bytes is how many bytes of paths, of names and of data are read at most.
	Bytes int
}

func (l *WalkLimits) complete() error {
	if l.Nodes < 0 || l.Levels < 0 || l.Bytes < 0 {
		return errors.New("a bound of a walk is less than 1")
	}
	l.Nodes = cmp.Or(l.Nodes, DefaultWalkNodes)
	l.Levels = cmp.Or(l.Levels, DefaultWalkLevels)
	l.Bytes = cmp.Or(l.Bytes, DefaultWalkBytes)
	return nil
}

// A WalkLimitError ends a walk that went beyond one of its [WalkLimits].
type WalkLimitError struct {
	// Path is the node at the top of the walk.
	Path string
	// Unit is what there is too much of: "nodes", "levels" or "bytes".
	Unit string
	// Max is the bound.
	Max int
}

// Error names the bound.
func (e *WalkLimitError) Error() string {
	return fmt.Sprintf("the tree of %q has more than %d %s", e.Path, e.Max, e.Unit)
}

// Walk reads the node and everything below it, each node after its parent and siblings
// by their names, and calls visit with each. maxDepth bounds how far below the node it
// goes: 0 is the node alone, negative everything. A node that is gone by the time that it
// is read is left out, the first apart. ZooKeeper's own nodes, /zookeeper and all below,
// are no part of what is below the root: they have a walk of their own. An error of visit
// ends the walk and is returned, except [ErrSkipBelow] and [ErrSkipRest]. [Config.Walk] bounds it.
//
// The nodes are read a few hundred at a time, and visited before the next ones are read.
func (c *Client) Walk(ctx context.Context, path string, maxDepth int, visit func(Reading) error) error {
	return c.walk(ctx, path, maxDepth, readable(visit), func(ctx context.Context, paths []string, p *pace) ([]Reading, error) {
		return c.readMany(ctx, paths, true, p)
	})
}

// WalkStats is [Client.Walk] without the data, which it does not read: the Data of what it
// visits is nil. It works on servers of any version.
func (c *Client) WalkStats(ctx context.Context, path string, maxDepth int, visit func(Reading) error) error {
	if err := check(OpNameChildren, path); err != nil {
		return err
	}
	return c.walk(ctx, path, maxDepth, readable(visit), c.readStats)
}

// readStats reads the stats of nodes and the names of their children.
func (c *Client) readStats(ctx context.Context, paths []string, p *pace) ([]Reading, error) {
	out := make([]Reading, len(paths))
	for i, path := range paths {
		out[i].Path = path
	}
	return c.readEach(ctx, out, false, true, p)
}

// readable makes a visit end the walk at a node that could not be read.
func readable(visit func(Reading) error) func(Reading) error {
	return func(r Reading) error {
		if r.Err != nil {
			return r.Err
		}
		return visit(r)
	}
}

// walk visits also the nodes that could not be read, the first apart. What read returns are the
// first of the nodes that it is asked for: so many that what others have put into them is bounded
// before it is counted.
func (c *Client) walk(ctx context.Context, path string, maxDepth int, visit func(Reading) error, read func(context.Context, []string, *pace) ([]Reading, error)) error {
	level := []string{path}
	limits := c.cfg.Walk
	nodes, bytes := 1, len(path) // found so far, and to be read
	p := &pace{inFlight: inFlight}
	for depth := 0; len(level) > 0; depth++ {
		if depth > limits.Levels {
			return &WalkLimitError{path, "levels", limits.Levels}
		}
		var below []string
		for len(level) > 0 {
			p.read = 0
			readings, err := read(ctx, level[:min(len(level), nodesAhead)], p)
			if err != nil {
				return err
			}
			level = level[len(readings):]
			for _, r := range readings {
				switch {
				case r.Err != nil && depth == 0:
					return c.blameChroot(ctx, r.Err)
				case errors.Is(r.Err, ErrNoNode):
					continue
				}
				switch err := visit(r); {
				case errors.Is(err, ErrSkipBelow):
					continue
				case errors.Is(err, ErrSkipRest):
					return nil
				case err != nil:
					return err
				}
				if depth == maxDepth {
					r.Children = nil
				}
				for _, name := range r.Children {
					if next := Child(r.Path, name); c.chrooted(next) != ownNodes {
						below = append(below, next)
						nodes++
						bytes += len(next)
					}
				}
				switch bytes += len(r.Data); {
				case nodes > limits.Nodes:
					return &WalkLimitError{path, "nodes", limits.Nodes}
				case bytes > limits.Bytes:
					return &WalkLimitError{path, "bytes", limits.Bytes}
				}
			}
		}
		level = below
	}
	return nil
}

// Survey is [Client.Walk] for whoever looks at what there is, and not all of which they may
// see: a node that could not be read is visited too, with Err, which is [ErrNoAuth] or a
// [*ReplyTooLargeError]. What is below it is left out. The first node has to be readable.
//
// With contents, each node is read with its data and its ACL, both and the stat of one
// moment. Without, it is its stat alone, and the servers are not asked for more.
func (c *Client) Survey(ctx context.Context, path string, maxDepth int, contents bool, visit func(Reading) error) error {
	if err := check(OpNameChildren, path); err != nil {
		return err
	}
	read := c.readStats
	if contents {
		read = c.readNodes
	}
	return c.walk(ctx, path, maxDepth, visit, read)
}

// readNodes reads nodes with their ACLs and the names of their children. One that was
// changed between the two reads is read again, on its own.
func (c *Client) readNodes(ctx context.Context, paths []string, p *pace) ([]Reading, error) {
	out, err := c.readMany(ctx, paths, true, p)
	if err != nil {
		return nil, err
	}
	reads := window[aclRead]{
		width: always(nodesAhead),
		send:  func(i int) aclRead { return ahead(ctx, c, c.acl(out[i].Path)) },
		take: func(i int, sent aclRead) (err error) {
			if r := &out[i]; r.Err == nil {
				err = c.addACL(ctx, r, sent)
			}
			return err
		},
		drop: aclRead.drop,
	}
	if i, err := reads.slide(ctx, len(out)); err != nil {
		return nil, failure(OpNameGetACL, out[i].Path, err)
	}
	return out, nil
}

// addACL adds to what was read of a node its ACL of the same moment.
func (c *Client) addACL(ctx context.Context, r *Reading, sent aclRead) error {
	acl, err := taken(ctx, sent)
	r.ACL = acl.ACL
	if err == nil && !unchanged(r.Stat, acl.Stat) {
		var node Node
		node, err = c.Node(ctx, r.Path)
		r.Data, r.ACL, r.Stat = node.Data, node.ACL, node.Stat
	}
	if errors.Is(err, ErrNoNode) || errors.Is(err, ErrNoAuth) {
		*r = Reading{Path: r.Path, Err: err}
		return nil
	}
	return err
}
