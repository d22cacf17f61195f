// Package zk is a ZooKeeper client.
//
//	client, err := zk.New(ctx, zk.Config{Servers: "zk1:2181,zk2:2181,zk3:2181/app"})
//	…
//	if err := client.Start(ctx); err != nil { … }
//	defer client.Close(ctx)
//	data, stat, err := client.Get(ctx, "/config")
//
// A [Client] holds one session. When the connection is lost it finds another server and
// resumes the session there; when the session has expired it begins a new one. Requests
// made meanwhile wait; none that was made in one session is sent in another.
//
// # Contexts
//
// Every operation takes a context. Its end ends the wait of the caller and nothing else:
// a request that has been sent may still take effect, and the error says so (it is
// [ErrOutcomeUnknown] as well as the context's error). What has not been sent never is. With
// [Config.Grace] the client goes on waiting for a write that has been sent, so that the
// caller learns what became of it.
//
// # Lost replies
//
// When the connection is lost after a request was sent, nobody has told whether it took
// effect. Reads are repeated. A write is repeated only once it is clear that it did not
// take effect, and never in another session unless [RetryPolicy] asks for that: the
// client resumes the session, which makes the servers drop whatever of the old connection
// they have not yet accepted, waits with a sync until it sees what they had accepted, and
// looks at the node:
//
//   - a create took effect when the node is there with the same data and ACL, version 0
//     and a czxid later than any that had been seen;
//   - a set or a setACL took effect when the version is the expected one plus one, and the
//     data or the ACL the same;
//   - a delete took effect when the node is gone and its parent's children have changed;
//   - a sequential create took effect when a node of its prefix fits as a create's, and is
//     not another's;
//   - a transaction took effect when all that it was to do is there, and was done in one
//     transaction.
//
// Where what it sees allows both, as when somebody else has written in between, it says
// [ErrOutcomeUnknown] and repeats nothing. So it does where a node to be created is not
// there, and somebody else has deleted a child of the same parent meanwhile: it may have been made,
// and deleted by whoever it was for. To know that, the client looks at a parent before it first creates
// below it, and counts what it deletes there itself. What its own siblings do is no doubt. It remembers what
// it has deleted as well: a create or a set is in doubt whose node, or a node above that, another call of the
// same client has deleted meanwhile. It may have been done before, and is not done a second time. Of several
// sequential creates that are alike, and have lost their replies, each is given one of the nodes that are
// alike too.
//
// Two calls of one client never both take one change for theirs. What the client cannot see
// is that another client has done the very same instead of its own write, which did not
// reach the servers: made the node with the same data and ACL, put the same data or the same
// ACL instead of the same version, deleted the same node. That is taken for its own. An
// ephemeral node is an exception, because its owner tells. So whoever has the version of a
// node decide which of several clients goes first writes something that tells them apart.
//
// # Read-only servers
//
// With [Config.ReadOnly] a server that has lost the ensemble's quorum is better than none:
// reads see what it knew then, and writes fail with [ErrNotReadOnly]. The client goes on
// asking the servers for one that has a quorum, and resumes its session there. A write
// whose reply was lost with the quorum is [ErrOutcomeUnknown].
//
// # Errors
//
// Errors are values: errors.Is(err, zk.ErrNoNode) holds through every layer. [*Error]
// carries the operation and the path; [*ConnectError] every server that was tried and why
// it failed. No error carries a credential.
//
// What this package is not: it makes no connections and keeps no session, which
// [terraform-provider-zookeeper/internal/zk/engine] does; it has no locks, elections or queues of its own, which are in
// [terraform-provider-zookeeper/internal/zk/recipe]; and it knows nothing of Terraform. Begin reading in operation.go.
package zk
