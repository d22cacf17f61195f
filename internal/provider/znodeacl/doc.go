// Package znodeacl is zookeeper_znode_acl: the resource that manages the ACL of a node
// that there is, and of all nodes below it where that is asked for.
//
// What the resource has to remember of each node, what it had before and what was last
// seen of it, is in a [record], which can be of thousands of nodes. It is an attribute of
// the state and not private state: Terraform does not hand the private state of a resource
// that is tainted, as behind a creation that failed in the middle, to the deletion in its
// replacement, which could then restore nothing.
package znodeacl
