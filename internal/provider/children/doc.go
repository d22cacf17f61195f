// Package children is the data source zookeeper_children: the names of a node's children.
//
// It does not descend, which is what package tree does, and has no data of the children.
package children
