// Package session holds what all entities of one provider configuration share: the one
// client, connected at its first use, and what this run has done so far that the order of
// its operations must not matter for: which parents it made on the way, and which nodes
// it created and deleted.
package session
