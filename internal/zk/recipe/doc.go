// Package recipe has what processes share through ZooKeeper: locks and semaphores, elections, counters,
// queues, barriers, parties and leases. It also has watches and caches that survive a session's end. All
// of it is built from a client's operations.
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
//   - [NewElection] and [NewLeaderLatch] choose a leader. Candidates and others can ask who it is.
//   - [NewNonBlockingLease] and [NewMultiNonBlockingLease] are held for a time by the clock,
//     whether the holder's session lasts or not.
//   - [NewParty], [NewShallowParty] and [NewGroupMember] list who is present;
//     [NewServiceDiscovery] reads the services that have registered with Curator.
//   - [NewBarrier] makes callers wait until it is removed. [NewDoubleBarrier] lets a number of members
//     begin together and end together. [NewSetPartitioner] divides a set among its members.
//   - [NewCounter] and [NewFloatCounter] are numbers.
//   - [NewQueue] is a queue of items that are gone once they are got; [NewLockingQueue] one of
//     items that are locked until they are consumed.
//   - [NewDataWatch] and [NewChildrenWatch] tell what a node is like, whenever that has changed;
//     [NewTreeCache] holds a whole tree in memory.
//
// # Waiting
//
// Contenders are served in the order in which they came. Each watches only the one ahead that it waits
// for. It keeps its place as long as its session lasts, whatever happens to the connection. If its session
// expires, or somebody deletes its node, it begins again at the end of the line.
//
// When the context ends, the wait ends, and the contender's node is deleted, within [CleanupTimeout]. If
// that fails, the error says so, and the servers delete the node with the session. If the node is being
// created at that moment, the call first waits for the reply, for [zk.Config.Grace].
//
// # Losing what is held
//
// A lock is tied to the session and can be lost at any moment. [Held] then closes its channel Done, says
// why in Err, and cancels the contexts of its Context. A lock is lost
//
//   - when the session has expired ([zk.ErrSessionExpired]);
//   - when somebody else deletes its node ([ErrDeleted]);
//   - when the client is closed ([zk.ErrClosed]);
//   - when a contender of another notation comes ([ErrForeignContender]), which keeps
//     nobody out, and is kept out by nobody. A read lock is not lost by that;
//   - when there has been no connection for a third of the session timeout
//     ([ErrSuspended]). The client notices a silent server after two thirds of the timeout;
//     another third later the servers may have given the lock to somebody else, without a message. To
//     survive longer failures, set a longer session timeout. A place in a party or in a double barrier,
//     which excludes nobody, is kept until the session is known to have ended.
//
// What is lost stays lost, even if the connection comes back with the session alive.
//
// The lock can still be lost between a look at Err and the next write, for example while the process is
// paused. If a write to ZooKeeper must never happen without the lock, put [Held.Fence] into its
// transaction: the servers then refuse it.
//
// # Lost replies
//
// A lost reply never makes a second contender, member, item or increment. Contenders and members have
// unique names, so the client can look for them. An increment, or an item that is put or taken, is written
// in one transaction with an ephemeral node of a unique name: if that node exists, the rest was done. It
// is deleted afterwards. If the session is lost together with the reply, the error is
// [zk.ErrOutcomeUnknown].
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
