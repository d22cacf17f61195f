// Package recipe is what is built from a client's operations: locks and semaphores that
// many processes share.
//
//	lock, err := recipe.NewLock(client, "/app/deploy", recipe.LockOptions{Identifier: host})
//	…
//	held, err := lock.Acquire(ctx)
//	if err != nil { … }
//	defer held.Release(ctx)
//	ctx, cancel := held.Context(ctx) // ends when the lock is lost
//	defer cancel()
//
// [NewLock] is an exclusive lock, [NewReadLock] and [NewWriteLock] are the two sides of one
// that readers share, [NewSemaphore] admits a number of holders. Each may be acquired by
// many goroutines at once; every acquisition is a contender of its own. None is re-entrant.
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
//   - when there has been no connection for a third of the session timeout
//     ([ErrSuspended]). The client notices a silent server after two thirds of the timeout;
//     another third later the servers may have given the lock to somebody else, and no
//     message can tell. What has to survive longer failures of the servers takes a longer
//     session timeout.
//
// What is lost stays lost, even if the connection comes back with the session alive.
//
// Between a look at Err and the write behind it the lock can be lost all the same, as when
// the process is paused. Where a write to ZooKeeper must never happen without the lock,
// put [Held.Fence] into the transaction: the servers then refuse it.
//
// # What is on the wire
//
// Nodes and data are those of kazoo, the Python client, so that its users and this
// package's contend for the same thing.
//
// A lock is a node, made as a persistent one where it is missing. Its contenders are its
// ephemeral sequential children, named by 32 hexadecimal digits, a marker and the
// sequence number: 5f8c…a1__lock__0000000007. The digits are random, a version 4 UUID, and
// let a contender find its node when the reply of the create was lost. The data is the
// contender's identifier in UTF-8, or empty.
//
//	lock        made with    waits for every lower number of
//	Lock        __lock__     __lock__
//	ReadLock    __rlock__    __lock__
//	WriteLock   __lock__     __lock__, __rlock__
//
// So readers and a plain Lock exclude each other in one direction only: use one kind of
// lock on one path. A name contends when it ends in a marker and ten digits, whatever is in
// front of them; "-" may stand before the digits. Other children are ignored. Numbers are
// compared as text.
//
// The numbers end: behind the 2147483647th contender servers give the same number to many
// ([ErrExhausted]). Delete the lock's node, when nobody holds it, to begin anew.
//
// A semaphore is a node whose data is the number of leases in decimal, written by whoever
// makes it. A holder is an ephemeral child named by 32 hexadecimal digits, with the
// identifier as its data; every child counts as one. To be allowed to make one takes the
// Lock at the semaphore's path with "-__lock__" at its end, which is held while waiting for
// a lease to be given back. Data that is a number, and not the expected one, is an error to
// both; other data is ignored. What is this package's own: a lease is made and the lock
// given back in one transaction, so that a contender whose session has expired in between
// cannot make one lease too many.
package recipe
