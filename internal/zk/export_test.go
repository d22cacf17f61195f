package zk

import "context"

// Waiting tells how many calls wait for a connection.
func Waiting(c *Client) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}

// LookUp makes the client ask f for a name's addresses, in place of DNS.
func LookUp(c *Client, f func(ctx context.Context, host string) ([]string, error)) { c.lookup = f }
