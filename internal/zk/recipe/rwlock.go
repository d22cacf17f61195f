package recipe

import "terraform-provider-zookeeper/internal/zk"

// NewReadLock returns the side of the path's lock that is shared: it is held by any number
// of readers, while there is no writer ahead. It makes no request.
func NewReadLock(client *zk.Client, path string, o LockOptions) (*Lock, error) {
	return newLock(client, path, o, readMarker, lockMarker)
}

// NewWriteLock returns the side of the path's lock that is exclusive: it is held by one
// writer, and no reader. It makes no request.
func NewWriteLock(client *zk.Client, path string, o LockOptions) (*Lock, error) {
	return newLock(client, path, o, lockMarker, lockMarker, readMarker)
}
