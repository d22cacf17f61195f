package recipe

import "terraform-provider-zookeeper/internal/zk"

// NewReadLock returns the side of the path's lock that is shared: it is held by any number
// of readers, while there is no writer ahead. In Curator's notation it is the readLock of an
// InterProcessReadWriteLock. It makes no request.
func NewReadLock(client *zk.Client, path string, o LockOptions) (*Lock, error) {
	if o.Notation == Curator {
		return newLock(client, path, o, curatorReadMarker, curatorWriteMarker)
	}
	return newLock(client, path, o, readMarker, lockMarker)
}

// NewWriteLock returns the side of the path's lock that is exclusive: it is held by one
// writer, and no reader. In Curator's notation it is the writeLock of an
// InterProcessReadWriteLock. It makes no request.
func NewWriteLock(client *zk.Client, path string, o LockOptions) (*Lock, error) {
	if o.Notation == Curator {
		return newLock(client, path, o, curatorWriteMarker, curatorWriteMarker, curatorReadMarker)
	}
	return newLock(client, path, o, lockMarker, lockMarker, readMarker)
}
