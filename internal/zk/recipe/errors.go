package recipe

import "errors"

var (
	// ErrLocked tells that what TryAcquire asked for is held by others.
	ErrLocked = errors.New("it is held by others")
	// ErrLost tells that what was held is held no more. The error is also what it was lost
	// by: [zk.ErrSessionExpired], [ErrDeleted], [zk.ErrClosed], [ErrSuspended] or
	// [ErrForeignContender].
	ErrLost = errors.New("what was held has been lost")
	// ErrDeleted tells that the node has been deleted: by somebody else, or by the servers
	// at the end of the session, where word of that came first.
	ErrDeleted = errors.New("its node has been deleted")
	// ErrSuspended tells that there was no connection for so long that the session may have
	// expired.
	ErrSuspended = errors.New("there was no connection for so long that the session may have expired")
	// ErrReleased tells that what was held has been released.
	ErrReleased = errors.New("what was held has been released")
	// ErrExhausted tells that the servers have no number left for contenders of a lock.
	// Delete its node, when nobody holds it.
	ErrExhausted = errors.New("the lock's node has run out of sequence numbers: delete it when nobody holds the lock")
	// ErrForeignContender tells that somebody contends for the same in another notation, such
	// as Curator's beside kazoo's: neither would wait for the other.
	ErrForeignContender = errors.New("somebody contends for it in another notation")
	// ErrMaxLeases tells that a semaphore was made for another number of leases.
	ErrMaxLeases = errors.New("the semaphore was made for another number of leases")
)
