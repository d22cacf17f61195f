// Package tree is the data source zookeeper_tree: a node and all that is below it.
//
// It bounds what it reads, because what it reads is in the state. It is no resource: a tree that
// is to be managed is package znodes.
package tree
