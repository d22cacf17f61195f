// Package history reads from the servers' transaction logs what has happened: every change of
// every node, in the one order that all servers agree on, with the session that asked for it.
// Nothing that a client says of itself is needed for it.
package history
