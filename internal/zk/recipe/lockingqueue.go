package recipe

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// LockingQueue is a queue that processes share, kazoo's LockingQueue: an item that was got is
// locked, and in the queue until it is consumed. Where whoever has it gives it back, or loses
// its session, others get it.
type LockingQueue struct {
	client         *zk.Client
	path           string
	entries, taken string
	acl            []zk.ACL
}

// NewLockingQueue returns the queue of the path. It makes no request.
func NewLockingQueue(client *zk.Client, path string, o QueueOptions) (*LockingQueue, error) {
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	return &LockingQueue{client: client, path: path, entries: zk.Child(path, "entries"), taken: zk.Child(path, "taken"), acl: o.ACL}, nil
}

// An Item is one of a LockingQueue, locked until it is consumed or released. Its Held tells
// when the lock is lost.
type Item struct {
	*Held
	// Data is what was put.
	Data              []byte
	queue             *LockingQueue
	entry, lock, mark string
	stays             error // why the mark could not be taken away once the lock was gone
}

// Put adds an item; see [Queue.Put].
func (q *LockingQueue) Put(ctx context.Context, item []byte, priority int) error {
	return q.PutAll(ctx, [][]byte{item}, priority)
}

// PutAll adds items in one transaction: all of them, or none.
func (q *LockingQueue) PutAll(ctx context.Context, items [][]byte, priority int) error {
	if len(items) == 0 {
		return nil
	}
	return put(ctx, q.client, q.entries, zk.Child(q.path, ""), priority, q.acl, items...)
}

// Len returns how many items there are, those that are locked among them.
func (q *LockingQueue) Len(ctx context.Context) (int, error) {
	return countChildren(ctx, q.client, q.entries)
}

// Get locks the first item that nobody has, and waits for one until ctx ends.
func (q *LockingQueue) Get(ctx context.Context) (*Item, error) { return q.get(ctx, true) }

// TryGet is Get that does not wait: the error is [ErrLocked] when there is no item, or none
// that nobody has.
func (q *LockingQueue) TryGet(ctx context.Context) (*Item, error) { return q.get(ctx, false) }

func (q *LockingQueue) get(ctx context.Context, wait bool) (*Item, error) {
	for {
		item, err := q.round(ctx, wait)
		if item != nil || err != nil {
			return item, err
		}
	}
}

// round looks at the items once, and when wait is true for a change of them. It returns
// neither an item nor an error when it is to look again.
func (q *LockingQueue) round(ctx context.Context, wait bool) (*Item, error) {
	taken, takenWatch, err := watchChildren(ctx, q.client, q.taken)
	if err != nil {
		return nil, err
	}
	defer takenWatch.Close()
	names, entriesWatch, err := watchChildren(ctx, q.client, q.entries)
	if err != nil {
		return nil, err
	}
	defer entriesWatch.Close()
	missed := false
	for _, name := range names {
		if slices.Contains(taken, name) {
			continue
		}
		item, err := q.take(ctx, name)
		switch {
		case err == nil:
			return item, nil
		case !errors.Is(err, ErrLocked):
			return nil, err
		}
		missed = true // somebody was faster: the items have changed
	}
	switch {
	case missed:
		return nil, nil
	case !wait:
		return nil, ErrLocked
	}
	return nil, next(ctx, takenWatch, entriesWatch)
}

// take locks an entry. The error is ErrLocked when somebody else was faster.
//
// The lock's name is the entry's, so that it may be another's when the session has ended. A
// node beside it, of a name that nobody else gives, goes with the same session: what is done to
// the lock or to the entry is done only if that is there.
func (q *LockingQueue) take(ctx context.Context, name string) (*Item, error) {
	i := &Item{queue: q, entry: zk.Child(q.entries, name), lock: zk.Child(q.taken, name), mark: zk.Child(q.path, uuid())}
	for {
		err := witnessed(ctx, q.client, i.mark, q.acl, zk.CreateOp(i.lock, []byte(uuid()), zk.CreateOptions{Mode: zk.Ephemeral, ACL: q.acl}))
		if errors.Is(err, zk.ErrNoNode) && ctx.Err() == nil {
			if err = ensurePath(ctx, q.client, q.taken, q.acl); err == nil {
				continue
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, zk.ErrNodeExists):
			return nil, ErrLocked
		case overtaken(ctx, q.client, err):
			continue
		default:
			return nil, given(ctx, q.client, err)
		}
		break
	}
	n, err := own(ctx, q.client, i.lock)
	if err == nil {
		if err = i.read(ctx, n); err == nil {
			i.Held = hold(n, shown.Line(i.entry))
			i.remove = func(ctx context.Context) error { return i.unlock(ctx, n) }
			n.work.Go(func() { i.unmark(ctx) })
			return i, nil
		}
		n.close(err)
	}
	switch {
	case beginsAgain(err): // the lock is somebody else's
		return nil, leave(ctx, q.client, i.mark, ErrLocked)
	case errors.Is(err, zk.ErrNoNode):
		err = ErrLocked // the entry has been consumed
	case n == nil:
		n = &ownNode{client: q.client, path: i.lock}
	}
	return nil, left(i.lock, err, i.unlock(ctx, n))
}

// read gets the entry's data. The error is ErrDeleted when the lock that is watched has been made later than
// the mark: by another call of this client's, after somebody has deleted this item's.
func (i *Item) read(ctx context.Context, n *ownNode) error {
	return persist(ctx, n.client, func() error {
		ahead := n.client.Async()
		asked, looked := ahead.Get(ctx, i.entry), ahead.Exists(ctx, i.mark)
		entry, err := asked.Wait(ctx)
		if err != nil {
			return err
		}
		mark, err := looked.Wait(ctx)
		if err == nil && mark.Stat.Czxid != n.czxid {
			err = ErrDeleted
		}
		i.Data = entry.Data
		return err
	})
}

// Fence returns an operation for a transaction that then takes effect only if the item is locked by
// this one, whoever has locked it since: else it fails with [zk.ErrNoNode]. Where somebody else has
// deleted the lock, it does so as soon as this client has heard of that, which Err tells.
func (i *Item) Fence() zk.Op { return zk.CheckOp(i.mark, zk.AnyVersion) }

// unmark takes the mark away when somebody has deleted the lock: it stands for nothing then.
func (i *Item) unmark(ctx context.Context) {
	<-i.node.ctx.Done()
	if !errors.Is(i.node.cause(), ErrDeleted) {
		return
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	i.stays = leave(ctx, i.queue.client, i.mark, nil)
}

// Release gives the item back; see [Held.Release].
func (i *Item) Release(ctx context.Context) error { return errors.Join(i.Held.Release(ctx), i.stays) }

// unlock gives the lock back, if it is this item's.
func (i *Item) unlock(ctx context.Context, lock *ownNode) error {
	err := lock.removeBy(ctx, func(ctx context.Context) error {
		_, err := i.queue.client.Multi(ctx, zk.DeleteOp(i.mark, zk.AnyVersion), zk.DeleteOp(i.lock, zk.AnyVersion))
		return err
	}, nil)
	if errors.Is(err, zk.ErrNoNode) {
		// Somebody has deleted the lock.
		return errors.Join(err, leave(ctx, i.queue.client, i.mark, nil))
	}
	return err
}

// expired reports whether the session has ended that the lock goes with, or may have.
func (i *Item) expired(ctx context.Context) bool {
	session, err := currentSession(ctx, i.node.client)
	return err != nil || session != i.node.session
}

// Consume takes the item out of the queue. The error is [ErrLost] when the lock was lost: then
// somebody else has the item, or will; unless it is [zk.ErrOutcomeUnknown] too, which takes the
// loss of both a reply and the session: then it may have been consumed.
func (i *Item) Consume(ctx context.Context) error {
	err := i.give(ctx, func(ctx context.Context) error {
		err := i.node.removeBy(ctx, func(ctx context.Context) error {
			_, err := i.queue.client.Multi(ctx, zk.DeleteOp(i.mark, zk.AnyVersion), zk.DeleteOp(i.lock, zk.AnyVersion), zk.DeleteOp(i.entry, zk.AnyVersion))
			return err
		}, i.expired)
		if errors.Is(err, zk.ErrNoNode) {
			// Somebody has deleted the lock, or the entry.
			return errors.Join(err, i.unlock(ctx, i.node))
		}
		return err
	})
	return errors.Join(err, i.stays)
}
