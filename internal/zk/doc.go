// Package zk is a ZooKeeper client.
//
//	client, err := zk.New(ctx, zk.Config{Servers: "zk1:2181,zk2:2181,zk3:2181/app"})
//	…
//	if err := client.Start(ctx); err != nil { … }
//	defer client.Close(ctx)
//	data, stat, err := client.Get(ctx, "/config")
//
// A [Client] holds one session. If the connection is lost, the client resumes the session on another
// server. If the session has expired, the client begins a new one. Requests made meanwhile wait. A
// request made in one session is never sent in another.
//
// # Contexts
//
// Every operation takes a context. Its end ends only the caller's wait. A request that was sent may
// still take effect: the error is then both [ErrOutcomeUnknown] and the context's error. A request that
// was not sent never will be. With [Config.Grace] the client still waits for the reply to a write that
// was sent, so that the caller learns the outcome.
//
// # Lost replies
//
// If the connection is lost after a request was sent, the client does not know if the request took
// effect. It repeats a read. It repeats a write only when it knows that the write did not take effect,
// and never in another session, unless [RetryPolicy] asks for that.
//
// To find out, the client resumes the session. The servers then drop what they had not yet accepted of
// the old connection. A sync shows the client all that they had accepted. Then it looks at the node:
//
//   - A create took effect if the node exists with the same data and ACL, with version 0, and with a
//     czxid later than any that the client had seen.
//   - A set or a setACL took effect if the version is the expected one plus one, and the data or the ACL
//     is the same.
//   - A delete took effect if the node is gone and its parent's children have changed.
//   - A sequential create took effect if a node with its prefix fits as for a create, and belongs to no
//     other call.
//   - A transaction took effect if all of its results exist and came with one transaction.
//
// If both outcomes are possible, for example because another client wrote in between, the error is
// [ErrOutcomeUnknown], and nothing is repeated. Two more cases are in doubt:
//
//   - The node of a create is missing, and another client has deleted a child of the same parent: the node
//     may have been created and deleted. To notice that, the client reads a parent before it first creates
//     below it, and counts its own deletions there. Creations of siblings cause no doubt.
//   - Another call of the same client has deleted the node, or one above it, meanwhile.
//
// If several equal sequential creates lose their replies, each gets one of the equal nodes.
//
// Two calls of one client never both claim one change. But the client cannot notice when its own write
// did not reach the servers and another client made the same change: the same node with the same data and
// ACL, the same data or ACL over the same version, or the same deletion. It takes that change for its own.
// (For an ephemeral node it notices, by the owner.) So if versions decide which of several clients goes
// first, let each write something that only it writes.
//
// # Read-only servers
//
// With [Config.ReadOnly] the client accepts a server that has lost the ensemble's quorum. Reads see what
// that server knew then, and writes fail with [ErrNotReadOnly]. Meanwhile the client looks for a server
// with a quorum, and resumes its session there. If a write lost its reply together with the quorum, its
// error is [ErrOutcomeUnknown].
//
// # Errors
//
// Errors are values: errors.Is(err, zk.ErrNoNode) holds through every layer. [*Error] has the operation
// and the path. [*ConnectError] has each server that was tried, and why it failed. No error has a
// credential.
//
// What this package is not: it makes no connections and keeps no session, which
// [terraform-provider-zookeeper/internal/zk/engine] does; it has no locks, elections or queues of its own, which are in
// [terraform-provider-zookeeper/internal/zk/recipe]; and it knows nothing of Terraform. Begin reading in operation.go.
package zk
