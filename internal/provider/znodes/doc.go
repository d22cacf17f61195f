// Package znodes is zookeeper_znodes: many nodes below one path, which are written in one
// transaction.
//
// What the resource has is a [holding]. The state has the content of the nodes, as it was
// read, and the keys of secrets. What a plan was made against is in the private state, see
// [record]: for each node the transaction that last wrote it, which fits no other node and no
// other content. An apply writes what [changes] finds, on the condition that each node is
// still that one. A destruction that gets no private state, which is so of a tainted
// resource, knows the nodes by their keys and by zxid: nobody has written them since.
//
// ignore_changes is what a plan gets, and not what an apply gets: see words.go. What a
// transaction whose outcome is unknown has made is looked for by the next read: see [doubt].
// How nodes go from one resource of a run to another is in takeover.go.
//
// Nodes in between, from base_path down to the parents of those that are declared, are made
// where they are missing. Those that the resource made are its own, and go when they are
// empty and no longer needed. base_path is one of them; what is above it is not.
package znodes
