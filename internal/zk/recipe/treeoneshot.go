package recipe

import (
	"context"
	"errors"
	"sync"

	"terraform-provider-zookeeper/internal/zk"
)

// oneShot keeps a TreeCache up on servers before 3.6: a goroutine for each node, with one watch
// for its data and one for its children.
type oneShot struct {
	cache  *TreeCache
	loaded func() // tells that all nodes have been read for the first time

	mu      sync.Mutex
	nodes   map[string]*follower // those that have a goroutine
	loading int                  // how many of them have not been read yet
}

// follower is a node's goroutine.
type follower struct {
	again bool          // it is to look again before it ends
	wake  chan struct{} // has it look again at once
}

// startOneShot reads the tree and keeps it up. What the cache had before and is not there any more goes.
func (t *TreeCache) startOneShot(ctx context.Context) error {
	loaded := make(chan struct{})
	// Nodes that come later are read for the first time too, and then there are none again that have not been.
	o := &oneShot{cache: t, loaded: sync.OnceFunc(func() { close(loaded) }), nodes: make(map[string]*follower)}
	o.spawn(ctx, t.path)
	select {
	case <-loaded:
		o.prune()
		return t.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// prune takes out of the tree what nobody follows: it was deleted before the first reading.
func (o *oneShot) prune() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, path := range o.cache.paths() {
		if _, followed := o.nodes[path]; !followed {
			o.cache.drop(path)
		}
	}
}

// spawn has a node followed, unless it is.
func (o *oneShot) spawn(ctx context.Context, path string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, ok := o.nodes[path]; ok {
		f.again = true
		if !o.cache.Get(path).Exists {
			// It went with the parent that it had before, which has come again.
			select {
			case f.wake <- struct{}{}:
			default:
			}
		}
		return
	}
	f := &follower{wake: make(chan struct{}, 1)}
	o.nodes[path] = f
	o.loading++
	o.cache.work.Go(func() {
		loaded := sync.OnceFunc(o.read)
		defer loaded()
		for {
			o.mu.Lock()
			f.again = false
			o.mu.Unlock()
			err := o.follow(ctx, path, f.wake, loaded)
			o.mu.Lock()
			if err == nil && f.again {
				o.mu.Unlock()
				continue
			}
			delete(o.nodes, path)
			o.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				o.cache.finish(err)
			}
			return
		}
	})
}

// read notes that one more node has been read for the first time, or is gone.
func (o *oneShot) read() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.loading--
	if o.loading == 0 {
		o.loaded()
	}
}

// follow keeps one node up until it is gone. The first of the tree may come again.
func (o *oneShot) follow(ctx context.Context, path string, wake <-chan struct{}, loaded func()) error {
	for {
		err := o.once(ctx, path, wake, loaded)
		switch {
		case errors.Is(err, zk.ErrNoNode), errors.Is(err, zk.ErrNoAuth):
			o.cache.drop(path)
			loaded()
			if path != o.cache.path || errors.Is(err, zk.ErrNoAuth) {
				return nil
			}
			err = o.awaitRoot(ctx)
		case errors.Is(err, zk.ErrSessionExpired) && over(ctx, o.cache.client) == nil:
			err = nil
		}
		if err != nil {
			return err
		}
	}
}

// once reads a node and waits for a change of it.
func (o *oneShot) once(ctx context.Context, path string, wake <-chan struct{}, loaded func()) error {
	t := o.cache
	var read Content
	var dataWatch, namesWatch *zk.Watch
	err := persist(ctx, t.client, func() (err error) {
		read.Data, read.Stat, dataWatch, err = t.client.GetWatch(ctx, path)
		return err
	})
	if err != nil {
		return err
	}
	defer dataWatch.Close()
	var names []string
	err = persist(ctx, t.client, func() (err error) {
		names, _, namesWatch, err = t.client.ChildrenWatch(ctx, path)
		return err
	})
	if err != nil {
		return err
	}
	defer namesWatch.Close()
	t.put(path, read.Data, read.Stat)
	for _, name := range names {
		o.spawn(ctx, zk.Child(path, name))
	}
	loaded()
	select {
	case <-wake:
		return nil
	case <-dataWatch.Ready():
		return told(ctx, dataWatch)
	case <-namesWatch.Ready():
		return told(ctx, namesWatch)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// awaitRoot waits until the first node of the tree is made.
func (o *oneShot) awaitRoot(ctx context.Context) error {
	var there bool
	var w *zk.Watch
	err := persist(ctx, o.cache.client, func() (err error) {
		_, there, w, err = o.cache.client.ExistsWatch(ctx, o.cache.path)
		return err
	})
	if err != nil {
		return err
	}
	defer w.Close()
	if there {
		return nil
	}
	return next(ctx, w)
}
