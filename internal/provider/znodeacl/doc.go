// Package znodeacl is zookeeper_znode_acl: the resource that manages the ACL of a node
// that there is, and of all nodes below it where that is asked for.
//
// What the resource has to remember of each node, what it had before and what was last
// seen of it, is in a [record], which the private state keeps: it can be of thousands of
// nodes, and nobody wants to see it in a plan.
package znodeacl
