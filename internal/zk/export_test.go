package zk

// Waiting tells how many calls wait for a connection.
func Waiting(c *Client) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}
