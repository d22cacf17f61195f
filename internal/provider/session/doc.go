// Package session holds what all entities of one provider configuration share: the one
// client, connected at its first use, and what this run has done so far that the order of
// its operations must not matter for: which parents it made on the way, and which nodes
// it created and deleted.
//
// It does not decide what is read or written, and words no error of an operation: what it
// returns are the client's values and errors, of which package diagnose makes diagnostics.
package session
