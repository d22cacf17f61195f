package recipe

import (
	"context"

	"terraform-provider-zookeeper/internal/zk"
)

// EndWatch ends what is held as when its watch has ended for a reason that says nothing of the node.
func EndWatch(h *Held, why error) { h.node.end(why) }

// HeldUnwatched returns what is held by a node of the session, of which nothing is told by
// the servers.
func HeldUnwatched(client *zk.Client, path string, session int64) *Held {
	n := &ownNode{client: client, path: path, session: session}
	n.ctx, n.end = context.WithCancelCause(context.Background())
	return hold(n, path)
}
