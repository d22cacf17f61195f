// Package ensurepath is zookeeper_ensure_path: the resource that makes a node and those
// above it where they are missing, and removes what it made.
//
// It owns the nodes that it made, and of those only that they exist: not their data, and not
// their ACL. The transaction that made each is in the state, so that a node which somebody else
// put in its place is not taken for it. It is an attribute and not private state, because
// Terraform does not hand the private state of a tainted resource to the deletion in its
// replacement.
//
// A path is made in one transaction. When the provider is killed after that and before it
// answered, no state has the nodes, and nothing on the servers says who made them: nodes that
// another client made look the same. So they are never taken over. The next apply makes
// nothing, and warns that it will not remove them; the next refresh does so where the state
// lists nodes of the path that were made again, or says that the path was missing.
package ensurepath
