// Package set is the action zookeeper_set: one unconditional write of a node's data.
package set
