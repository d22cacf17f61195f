// Package serverversion is the data source zookeeper_server_version: what the connected
// server says of itself.
//
// It asks with a four-letter word, on a connection of its own, and so says nothing of the other
// servers of an ensemble.
package serverversion
