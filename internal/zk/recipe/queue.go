package recipe

import (
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/zk"
)

// DefaultPriority is the priority of an item that is like most others.
const DefaultPriority = 100

// takenMarker begins the names of witnesses beside a queue, in whose own folder everything is
// an item.
const takenMarker = "-__taken__"

// QueueOptions say how to make what a queue is made of.
type QueueOptions struct {
	// ACL is that of the nodes that are made; nil for the client's default.
	ACL []zk.ACL
}

// Queue is a queue that processes share, kazoo's Queue: whoever gets an item has it alone, and
// an item that was got is in the queue no more, even if the process that got it dies.
type Queue struct {
	client *zk.Client
	path   string
	acl    []zk.ACL
}

// NewQueue returns the queue of the path. It makes no request.
func NewQueue(client *zk.Client, path string, o QueueOptions) (*Queue, error) {
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	if path == "/" {
		return nil, errors.New(`the path "/" cannot be a queue: all of its children would be items`)
	}
	return &Queue{client: client, path: path, acl: o.ACL}, nil
}

// entry returns the path of an entry in a folder, but for its number. The lower the priority,
// from 0 to 999, the sooner it is got.
func entry(folder string, priority int) (string, error) {
	if priority < 0 || priority > 999 {
		return "", fmt.Errorf("the priority %d is not between 0 and 999", priority)
	}
	return zk.Child(folder, fmt.Sprintf("entry-%03d-", priority)), nil
}

// Put adds an item, after those of the same priority, of which the lowest comes first. It
// makes the queue's node when that is missing. Each call that returns without an error has
// added one; with [zk.ErrOutcomeUnknown], which takes the loss of both a reply and the session,
// it may have.
func (q *Queue) Put(ctx context.Context, item []byte, priority int) error {
	return put(ctx, q.client, q.path, q.path+takenMarker, priority, q.acl, item)
}

// put adds items to a folder in one transaction, whose witness begins with the prefix.
func put(ctx context.Context, client *zk.Client, folder, witness string, priority int, acl []zk.ACL, items ...[]byte) error {
	prefix, err := entry(folder, priority)
	if err != nil {
		return err
	}
	ops := make([]zk.Op, len(items))
	for i, item := range items {
		ops[i] = zk.CreateOp(prefix, item, zk.CreateOptions{Mode: zk.PersistentSequential, ACL: acl})
	}
	for {
		err := commit(ctx, client, witness, acl, ops...)
		if errors.Is(err, zk.ErrNoNode) && ctx.Err() == nil {
			if err = ensurePath(ctx, client, folder, acl); err == nil {
				continue
			}
		}
		if err == nil || !overtaken(ctx, client, err) {
			return given(ctx, client, err)
		}
	}
}

// ensurePath makes a path, where it is missing.
func ensurePath(ctx context.Context, client *zk.Client, path string, acl []zk.ACL) error {
	for {
		if _, err := client.EnsurePath(ctx, path, acl); !again(ctx, client, err) {
			return err
		}
	}
}

// Get takes the first item, and reports whether there was one. It does not wait.
func (q *Queue) Get(ctx context.Context) (item []byte, ok bool, err error) {
	for {
		names, _, err := q.client.Children(ctx, q.path)
		switch {
		case errors.Is(err, zk.ErrNoNode):
			return nil, false, nil
		case err != nil, len(names) == 0:
			return nil, false, err
		}
		if item, ok, err = q.first(ctx, names); ok || err != nil {
			return item, ok, err
		}
	}
}

// Take is Get that waits for an item, until ctx ends.
func (q *Queue) Take(ctx context.Context) ([]byte, error) {
	for {
		names, w, err := watchChildren(ctx, q.client, q.path)
		if err != nil {
			return nil, err
		}
		item, ok, err := q.first(ctx, names)
		if !ok && err == nil && len(names) == 0 {
			err = next(ctx, w)
		}
		w.Close()
		if ok || err != nil {
			return item, err
		}
	}
}

// first takes the first of the items that others do not take before.
func (q *Queue) first(ctx context.Context, names []string) ([]byte, bool, error) {
	for _, name := range names {
		path := zk.Child(q.path, name)
		for {
			item, stat, err := q.client.Get(ctx, path)
			if err == nil {
				if err = commit(ctx, q.client, q.path+takenMarker, q.acl, zk.DeleteOp(path, stat.Version)); err == nil {
					return item, true, nil
				}
			}
			if errors.Is(err, zk.ErrNoNode) && ctx.Err() == nil {
				break // somebody else has it
			}
			if !overtaken(ctx, q.client, err) {
				return nil, false, given(ctx, q.client, err)
			}
		}
	}
	return nil, false, nil
}

// Len returns how many items there are.
func (q *Queue) Len(ctx context.Context) (int, error) { return countChildren(ctx, q.client, q.path) }

func countChildren(ctx context.Context, client *zk.Client, path string) (int, error) {
	stat, _, err := client.Exists(ctx, path)
	return int(stat.NumChildren), err
}
