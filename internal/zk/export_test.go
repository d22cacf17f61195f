package zk

import (
	"context"

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
	req := &proto.SetDataRequest{Path: c.chrooted(path), Data: data, Version: AnyVersion}
	_, err := write(ctx, c, proto.OpSetData, path, req, func() *Stat { return new(Stat) }, func(context.Context, loss, *Stat) (verdict, error) {
		between()
		return certainlyNot, nil
	})
	return err
}
