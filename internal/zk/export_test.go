package zk

import (
	"context"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// Waiting tells how many calls wait for a connection.
func Waiting(c *Client) int { return c.engine.Waiting() }

// Watched tells of how many paths the client keeps something in mind.
func Watched(c *Client) int { return c.engine.Watched() }

// Asked tells how many requests that may leave a watch of the path were sent and have not been
// answered.
func Asked(c *Client, path string) int { return c.engine.Asked(c.chrooted(path)) }

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
