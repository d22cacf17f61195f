package engine

// What follows tells what an engine holds for its callers: tests wait for it, and find by it what is left over.

// Waiting tells how many calls wait for a connection.
func (e *Engine) Waiting() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.queue)
}

// Watched tells of how many paths the engine keeps something in mind.
func (e *Engine) Watched() int {
	e.watches.mu.Lock()
	defer e.watches.mu.Unlock()
	return len(e.watches.by)
}

// Asked tells how many requests that may leave a watch of the path were sent and have not been
// answered.
func (e *Engine) Asked(full string) int {
	e.watches.mu.Lock()
	defer e.watches.mu.Unlock()
	n := 0
	if p := e.watches.by[full]; p != nil {
		for _, sent := range p.sent {
			n += sent
		}
	}
	return n
}
