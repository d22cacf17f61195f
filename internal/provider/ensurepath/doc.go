// Package ensurepath is zookeeper_ensure_path: the resource that makes a node and those
// above it where they are missing, and removes what it made.
//
// It owns the nodes that it made, and of those only that they are there: not their data,
// and not their ACL. The transaction that made each is remembered in the private state, so
// that a node which somebody else put in its place is not taken for it.
package ensurepath
