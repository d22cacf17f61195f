package recipe

import (
	"context"
	"errors"
	"slices"

	"terraform-provider-zookeeper/internal/zk"
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
	Data  []byte
	entry string
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
	if err := put(ctx, q.client, q.entries, zk.Child(q.path, ""), priority, q.acl, items...); err != nil {
		return err
	}
	// kazoo's consumers make it themselves, and so do ours.
	return nil
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
		missed = true // somebody was faster: what is there has changed
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
func (q *LockingQueue) take(ctx context.Context, name string) (*Item, error) {
	lock := zk.Child(q.taken, name)
	n, err := join(ctx, q.client, Kazoo, lock, []byte(uuid()), q.acl)
	switch {
	case errors.Is(err, zk.ErrNodeExists):
		return nil, ErrLocked
	case err != nil:
		return nil, err
	}
	item := &Item{entry: zk.Child(q.entries, name)}
	err = persist(ctx, q.client, func() (err error) {
		item.Data, _, err = q.client.Get(ctx, item.entry)
		return err
	})
	if err == nil {
		item.Held = hold(n, item.entry)
		return item, nil
	}
	if errors.Is(err, zk.ErrNoNode) {
		err = ErrLocked // it has been consumed
	}
	n.close(err)
	return nil, leave(ctx, q.client, lock, err)
}

// Consume takes the item out of the queue. The error is [ErrLost] when the lock was lost: then
// somebody else has the item, or will.
func (i *Item) Consume(ctx context.Context) error {
	return i.give(ctx, func(ctx context.Context) error {
		return removing(ctx, func(ctx context.Context) error {
			_, err := i.node.client.Multi(ctx, zk.DeleteOp(i.entry, zk.AnyVersion), zk.DeleteOp(i.node.path, zk.AnyVersion))
			return err
		})
	})
}
