// Package cleartree is the action zookeeper_clear: it deletes what is below a node, and leaves the node.
package cleartree
