// Package session holds what all entities of one provider configuration share: the one
// client, connected at its first use, and what this run has done so far that the order of
// its operations must not matter for: which missing parents it created, and which nodes
// it created and deleted.
//
// What it returns are the client's values and errors, of which package diagnose makes
// diagnostics. Two things it words itself: a configuration that is no session, and a private state
// that cannot be read (parents, see renewal.go). It decides what is written in one case alone: a
// node that was created as a missing parent gets the ACL of the resource that it is given to, and
// is given the ACL again when the provider presents other identities.
package session
