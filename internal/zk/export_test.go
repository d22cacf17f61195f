package zk

import (
	"context"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// Waiting tells how many calls wait for a connection.
func Waiting(c *Client) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}

// LookUp makes the client ask f for a name's addresses, in place of DNS.
func LookUp(c *Client, f func(ctx context.Context, host string) ([]string, error)) { c.lookup = f }

// SetLost is a set whose reply was lost, and which turns out to have had no effect; the
// function runs in between.
func SetLost(ctx context.Context, c *Client, path string, data []byte, between func()) error {
	o := c.set(path, data, AnyVersion)
	o.lost = func(context.Context, *Client, *proto.SetDataRequest, loss, *Stat) (verdict, error) {
		between()
		return certainlyNot, nil
	}
	_, err := do(ctx, c, o)
	return err
}

// Asked tells how many requests that may leave a watch of the path were sent and have not been
// answered.
func Asked(c *Client, path string) int {
	c.watches.mu.Lock()
	defer c.watches.mu.Unlock()
	n := 0
	if p := c.watches.by[c.chrooted(path)]; p != nil {
		for _, sent := range p.sent {
			n += sent
		}
	}
	return n
}

// Watched tells of how many paths the client keeps something in mind.
func Watched(c *Client) int {
	c.watches.mu.Lock()
	defer c.watches.mu.Unlock()
	return len(c.watches.by)
}

// Reregister does with the watches what the engine does when a connection comes, on the current
// one; the function runs when it is decided which they are, and none of them is sent.
func Reregister(c *Client, between func()) {
	l := c.current.Load()
	requests, _ := c.watches.again(l, 0)
	between()
	for _, req := range requests {
		call := conn.NewCall(req.Op(), req, nil)
		call.Xid = proto.XidSetWatches
		l.SubmitNow(call)
	}
	c.watches.follow(l)
}

// Enter has the listeners told of a state.
func Enter(c *Client, s State) { c.listeners.enter(s) }
