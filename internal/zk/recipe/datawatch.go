package recipe

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"
)

// Content is what a DataWatch tells of a node.
type Content struct {
	// Exists is false where there is no node; Data and Stat are zero then.
	Exists bool
	Data   []byte
	Stat   zk.Stat
}

// DataWatch tells what a node holds, now and whenever that has changed: kazoo's DataWatch. It
// survives the loss of the connection and of the session. One goroutine at a time may use it.
type DataWatch struct{ of watching[Content] }

// NewDataWatch returns a watch of the node's data, which need not exist. It makes no request.
func NewDataWatch(client *zk.Client, path string) (*DataWatch, error) {
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	return &DataWatch{watching[Content]{
		client: client, path: path,
		read: func(ctx context.Context) (c Content, watch *zk.Watch, err error) {
			c.Data, c.Stat, watch, err = client.GetWatch(ctx, path)
			c.Exists = err == nil
			return c, watch, err
		},
		same: func(a, b Content) bool { return a.Exists == b.Exists && a.Stat.Mzxid == b.Stat.Mzxid },
	}}, nil
}

// NewExistsWatch is [NewDataWatch] that reads no data, for which it needs no permission: it tells
// whether the node exists, and the Stat when the data has changed.
func NewExistsWatch(client *zk.Client, path string) (*DataWatch, error) {
	w, err := NewDataWatch(client, path)
	if err != nil {
		return nil, err
	}
	w.of.read = func(ctx context.Context) (c Content, watch *zk.Watch, err error) {
		c.Stat, c.Exists, watch, err = client.ExistsWatch(ctx, path)
		return c, watch, err
	}
	return w, nil
}

// Next returns what the node holds: the first time as it is, and from then on when it is
// something else than what was returned before, for which it waits. It tells of the latest state:
// of several changes in a row it may leave some out. The end of ctx ends the wait and not the
// watch. Any other error is for good where it is [zk.ErrClosed] or [zk.ErrWatchEnded].
func (w *DataWatch) Next(ctx context.Context) (Content, error) { return w.of.next(ctx) }

// Close ends the watch, and a call of Next that waits.
func (w *DataWatch) Close() { w.of.close() }

// Names are what a ChildrenWatch tells of a node.
type Names struct {
	// Exists is false where there is no node.
	Exists bool
	// Children are the names of its children, sorted.
	Children []string
	Stat     zk.Stat
}

// ChildrenWatch tells which children a node has, now and whenever they have changed: kazoo's
// ChildrenWatch. It survives the loss of the connection and of the session, and the deletion of
// the node. One goroutine at a time may use it.
type ChildrenWatch struct{ of watching[Names] }

// NewChildrenWatch returns a watch of the node's children. The node need not exist. It makes no
// request.
func NewChildrenWatch(client *zk.Client, path string) (*ChildrenWatch, error) {
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	return &ChildrenWatch{watching[Names]{
		client: client, path: path,
		read: func(ctx context.Context) (n Names, watch *zk.Watch, err error) {
			n.Children, n.Stat, watch, err = client.ChildrenWatch(ctx, path)
			n.Exists = err == nil
			return n, watch, err
		},
		same: func(a, b Names) bool {
			return a.Exists == b.Exists && a.Stat.Czxid == b.Stat.Czxid && slices.Equal(a.Children, b.Children)
		},
	}}, nil
}

// Next returns the node's children, as [DataWatch.Next] does what a node holds.
func (w *ChildrenWatch) Next(ctx context.Context) (Names, error) { return w.of.next(ctx) }

// Close ends the watch, and a call of Next that waits.
func (w *ChildrenWatch) Close() { w.of.close() }

// Settle returns the children once they have not changed for that long, kazoo's
// PatientChildrenWatch. The next call of Next waits for a change of them.
func (w *ChildrenWatch) Settle(ctx context.Context, quiet time.Duration) (Names, error) {
	w.of.told = false
	names, err := w.Next(ctx)
	for err == nil {
		var later Names
		short, cancel := context.WithTimeout(ctx, quiet)
		later, err = w.Next(short)
		cancel()
		if err != nil {
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				return names, nil
			}
			return Names{}, err
		}
		names = later
	}
	return Names{}, err
}

// watching tells of the states of a node, each different from the one before.
type watching[T any] struct {
	client *zk.Client
	path   string
	read   func(ctx context.Context) (T, *zk.Watch, error)
	same   func(a, b T) bool

	told  bool
	last  T
	watch *zk.Watch // what has been left since last was read

	mu     sync.Mutex
	closed bool
	life   context.CancelFunc // of the watch
}

// next returns a state that is another than the one before.
func (w *watching[T]) next(ctx context.Context) (T, error) {
	var none T
	for {
		if w.watch != nil && w.told {
			if err := next(ctx, w.watch); err != nil {
				return none, w.why(err)
			}
		}
		state, err := w.look(ctx)
		if err != nil {
			return none, err
		}
		if !w.told || !w.same(state, w.last) {
			w.told, w.last = true, state
			return state, nil
		}
	}
}

// why returns the error of a wait, or that the watch was closed meanwhile.
func (w *watching[T]) why(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return zk.ErrWatchEnded
	}
	return err
}

// look reads the state, and leaves a watch in place of the one before.
func (w *watching[T]) look(ctx context.Context) (state T, err error) {
	// A watch lives as long as the context that it was asked for with.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		stop()
		end()
		return state, zk.ErrWatchEnded
	}
	before := w.life
	w.life = end
	w.mu.Unlock()
	if before != nil {
		before()
	}
	w.watch = nil
	var none T
	for {
		var there bool
		err = persist(life, w.client, func() (err error) {
			state, w.watch, err = w.read(life)
			return err
		})
		if errors.Is(err, zk.ErrNoNode) {
			state = none
			err = persist(life, w.client, func() (err error) {
				_, there, w.watch, err = w.client.ExistsWatch(life, w.path)
				return err
			})
		}
		if err == nil && there {
			w.watch.Close()
			continue // it has just been made
		}
		if errors.Is(err, zk.ErrSessionExpired) && over(life, w.client) == nil {
			continue
		}
		break
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		w.watch = nil
		end()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return none, err
	}
	return state, nil
}

// close ends the watch.
func (w *watching[T]) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.life != nil {
		w.life()
	}
}
