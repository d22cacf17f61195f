// Package wait is zookeeper_wait, as a data source and as an action: it waits for a node, for its
// absence, its data or a number of children. It waits by a watch, and asks again only when the
// servers tell of a change.
package wait
