// Package proto holds the records of ZooKeeper's client protocol: what goes over the
// wire, and nothing of how it gets there. One file holds one group of messages.
//
// A request record appends itself to a frame with AppendTo; a reply record fills itself
// with Decode, from the bytes that follow the reply header. Field order and types are
// those of zookeeper.jute in Apache ZooKeeper's sources.
package proto
