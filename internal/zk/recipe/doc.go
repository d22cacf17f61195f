// Package recipe is what is built from a client's operations, for processes to share: locks and
// semaphores, elections, counters, queues, barriers, parties, leases; and watches and caches that
// last.
//
//	lock, err := recipe.NewLock(client, "/app/deploy", recipe.LockOptions{Identifier: host})
//	…
//	held, err := lock.Acquire(ctx)
//	if err != nil { … }
//	defer held.Release(ctx)
//	ctx, cancel := held.Context(ctx) // ends when the lock is lost
//	defer cancel()
//
// A constructor binds each recipe to a client, and makes no request:
//
//   - [NewLock] is an exclusive lock, [NewReadLock] and [NewWriteLock] are the two sides of one
//     that readers share, [NewSemaphore] admits a number of holders. Each may be acquired by many
//     goroutines at once; every acquisition is a contender of its own. None is re-entrant.
//   - [NewElection] and [NewLeaderLatch] say who leads, to who stands and to who only asks.
//   - [NewNonBlockingLease] and [NewMultiNonBlockingLease] are held for a time by the clock,
//     whether the holder's session lasts or not.
//   - [NewParty], [NewShallowParty] and [NewGroupMember] list who is present;
//     [NewServiceDiscovery] reads the services that have registered with Curator.
//   - [NewBarrier] holds up whoever waits; [NewDoubleBarrier] has a number of members begin
//     together and end together; [NewSetPartitioner] shares a set out among its members.
//   - [NewCounter] and [NewFloatCounter] are numbers.
//   - [NewQueue] is a queue of items that are gone once they are got; [NewLockingQueue] one of
//     items that are locked until they are consumed.
//   - [NewDataWatch] and [NewChildrenWatch] tell what a node is like, whenever that has changed;
//     [NewTreeCache] holds a whole tree in memory.
//
// # Waiting
//
// Contenders are served in the order in which they came, and each watches only the one
// ahead that keeps it waiting. While it waits, the loss of the connection changes nothing:
// the place is kept as long as the session is. A contender whose session expires, or whose
// node somebody deletes, has lost its place and nothing else: it begins again, at the end.
// The end of the context ends the wait and takes the contender away, with
// [CleanupTimeout] for that; where it cannot be taken away, the error says so, and the
// servers take it away with the session. A contender that is just being made when the
// context ends is waited for first, for as long as [zk.Config.Grace] says.
//
// # Losing what is held
//
// A lock lives with the session, and can be lost at any moment. [Held] tells of it: its
// channel Done is closed, its Err says why, the contexts of its Context are cancelled. It
// is lost
//
//   - when the session has expired ([zk.ErrSessionExpired]);
//   - when somebody else deletes its node ([ErrDeleted]);
//   - when the client is closed ([zk.ErrClosed]);
//   - when a contender of another notation comes ([ErrForeignContender]), which keeps
//     nobody out, and is kept out by nobody. A read lock is not lost by that;
//   - when there has been no connection for a third of the session timeout
//     ([ErrSuspended]). The client notices a silent server after two thirds of the timeout;
//     another third later the servers may have given the lock to somebody else, and no
//     message can tell. What has to survive longer failures of the servers takes a longer
//     session timeout. What excludes nobody, a place in a party or in a double barrier, is
//     kept until the session is known to have ended.
//
// What is lost stays lost, even if the connection comes back with the session alive.
//
// Between a look at Err and the write after it the lock can be lost all the same, as when
// the process is paused. Where a write to ZooKeeper must never happen without the lock,
// put [Held.Fence] into the transaction: the servers then refuse it.
//
// # Lost replies
//
// A reply that is lost with the connection never makes a second contender, member, item or
// increment. Contenders and members have names that nobody else gives, and are looked for. What
// has none, a number that is added to or an item that is put or taken, is written in one
// transaction with an ephemeral node of a name that nobody else gives: that is there if the rest
// was done, and is taken away afterwards. Only where the session is lost together with the reply
// nothing tells: the error is [zk.ErrOutcomeUnknown].
//
// # What is on the wire
//
// Nodes and data are those of kazoo, the Python client, so that its users and this package's
// contend for the same thing; or, where the options' [Notation] is [Curator], those of Apache
// Curator, for Java. All nodes that are made where they are missing are persistent, but the
// parents of Curator's contenders and members, which are containers.
//
// A lock is a node whose contenders are its ephemeral sequential children. kazoo's are named by
// 32 hexadecimal digits, a marker and the sequence number, 5f8c…a1__lock__0000000007; Curator's
// by "_c_", a UUID with dashes, a marker and the number. The UUID is random, of version 4, and
// lets a contender find its node when the reply of the create was lost. The data is the
// contender's identifier in UTF-8. Where that is empty, Curator has an address of the machine.
//
//	                kazoo's marker  waits for             Curator's marker  waits for
//	Lock            __lock__        __lock__              -lock-            -lock-
//	ReadLock        __rlock__       __lock__              -__READ__         -__WRIT__
//	WriteLock       __lock__        __lock__, __rlock__   -__WRIT__         -__WRIT__, -__READ__
//	Election        __lock__        __lock__              -lock-            -lock-
//	LeaderLatch                                           -latch-           -latch-
//
// Each waits for every lower number. So readers and a plain Lock of kazoo's exclude each other in
// one direction only: use one kind of lock on one path. A name contends when it ends in a marker
// and ten digits, whatever is in front of them; "-" may stand before the digits. Numbers are
// compared as text. Contenders of another library, or of another of Curator's recipes, do not
// wait for these: whoever finds one gets [ErrForeignContender]. Nothing can keep one from coming
// later, to what is held already: what is held alone, and a lease of a semaphore, is lost then. All other
// children are ignored.
//
// The numbers end: after the 2147483647th contender servers give the same number to many
// ([ErrExhausted]). Delete the lock's node, when nobody holds it, to begin again.
//
// kazoo's semaphore is a node whose data is the number of leases in decimal, written by whoever
// makes it. A holder is an ephemeral child named by 32 hexadecimal digits, with the identifier as
// its data; every child counts as one. To be allowed to make one takes the Lock at the
// semaphore's path with "-__lock__" at its end, which is held while waiting for a lease to be
// given back. Data that is a number, and not the expected one, is an error to both; other data is
// ignored. Curator's leases are sequential children of the node "leases", with the marker -lease-,
// and the lock is at "locks"; it stores no number. What is this package's own: a lease is made and
// the lock given back in one transaction, so that a contender whose session has expired in between
// cannot make one lease too many.
//
//	Counter         the number in decimal text, empty until the first write; [Int32] and [Int64]:
//	                4 or 8 bytes, the highest first, as Curator has them
//	Queue           persistent children entry-PPP-N, of the priority and the number, with the item
//	LockingQueue    such entries in "entries"; in "taken" an ephemeral node of the same name while
//	                one is locked, with 32 hexadecimal digits
//	Barrier         the node is there while the barrier is closed; Curator's holds an address
//	DoubleBarrier   a member is an ephemeral child, of 32 hexadecimal digits or of a UUID, with the
//	                identifier; "ready" is there when all have come, and goes with the last
//	Party           ephemeral children of 32 hexadecimal digits and __party__, with the identifier
//	ShallowParty    ephemeral children of 32 hexadecimal digits, "-" and the identifier, which is
//	                the data too
//	GroupMember     an ephemeral child, called as the identifier, with the given data
//	lease           "lease_holder", in JSON: version, holder, end; a Lock on the same path is held
//	                while it is looked at. Of several, each is a child "0", "1", …
//	SetPartitioner  a ShallowParty at "party", and in "locks" a Lock for each item
//
// Beside these there are ephemeral nodes for the length of a transaction, named by 32 hexadecimal
// digits: below a counter and below a LockingQueue, where one stays as long as an item is locked,
// and beside a Queue, with the queue's name and -__taken__ in front.
package recipe
