package recipe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"terraform-provider-zookeeper/internal/zk"
)

// TreeCache holds a node and all below it in memory, and keeps up with the servers: kazoo's
// TreeCache, and Curator's CuratorCache. On servers of 3.6 and later it takes one watch and one
// walk, and some 200 bytes for each node besides its data; on older ones two watches and a
// goroutine for each node, which is some 3 KB. Nodes that this client may not read are left out,
// and so is what is below them.
//
// What it tells is as late as the servers' events. Of a node's Stat, what its children and its
// ACL change is that of the time when the data was last read.
type TreeCache struct {
	client *zk.Client
	path   string

	mu          sync.RWMutex
	root        *cached // nil where there is no node
	size        int
	subscribers map[*TreeEvents]struct{}
	err         error // why it keeps up no more

	end  context.CancelFunc
	work sync.WaitGroup
}

// cached is a node of the tree.
type cached struct {
	data     []byte
	stat     zk.Stat
	children map[string]*cached // nil for none
}

// NewTreeCache returns a cache of the node, which need not exist, and of all below it. It
// makes no request: see [TreeCache.Start].
func NewTreeCache(client *zk.Client, path string) (*TreeCache, error) {
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	return &TreeCache{client: client, path: path, subscribers: make(map[*TreeEvents]struct{})}, nil
}

// Start reads the tree, and returns when all of it is there. From then on the cache keeps up
// until it is closed, or the client is: while there is no connection it is as it was, and
// after a reconnect, or in the next session, it compares and reads what has changed. The end of
// ctx ends the start and not what follows. A cache is started once.
func (t *TreeCache) Start(ctx context.Context) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	t.mu.Lock()
	if t.end != nil {
		t.mu.Unlock()
		end()
		return errors.New("the cache has been started before")
	}
	t.end = end
	t.mu.Unlock()
	stop := context.AfterFunc(ctx, end)
	w, err := t.begin(life)
	if oneShotAlone(err) {
		err = t.startOneShot(life)
		if !stop() {
			err = ctx.Err()
		}
		if err != nil {
			t.Close()
		}
		return err
	}
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		end()
		return fmt.Errorf("caching %s: %w", t.path, err)
	}
	t.work.Go(func() {
		if err := t.follow(life, w); err != nil {
			t.finish(err)
		}
	})
	return nil
}

// oneShotAlone reports whether an error of a persistent watch tells that the server knows none, or may know none.
func oneShotAlone(err error) bool {
	_, old := errors.AsType[*zk.VersionError](err)
	_, untold := errors.AsType[*zk.VersionUnknownError](err)
	return old || untold
}

// Close ends the cache. What it holds stays as it is.
func (t *TreeCache) Close() {
	t.mu.Lock()
	end := t.end
	t.end = func() {}
	t.mu.Unlock()
	if end != nil {
		end()
	}
	t.work.Wait()
	t.finish(zk.ErrWatchEnded)
}

// finish tells all who listen that nothing more comes.
func (t *TreeCache) finish(why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = why
	}
	for s := range t.subscribers {
		s.finish(t.err)
	}
}

// Err returns why the cache keeps up no more; nil while it does.
func (t *TreeCache) Err() error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.err
}

// begin leaves the watch and then compares the tree with the servers', so that nothing falls
// in between.
func (t *TreeCache) begin(ctx context.Context) (*zk.Watch, error) {
	for {
		var w *zk.Watch
		err := persist(ctx, t.client, func() (err error) {
			w, err = t.client.Watch(ctx, t.path, true)
			return err
		})
		if err == nil {
			if err = t.compare(ctx); err == nil {
				return w, nil
			}
			w.Close()
		}
		if !errors.Is(err, zk.ErrSessionExpired) || over(ctx, t.client) != nil {
			return nil, err
		}
	}
}

// follow applies what the watch tells, until it ends for good. Where the next server takes no such watch it goes over
// to one-time watches, which all servers take, and returns nil: these end the cache when they have to.
func (t *TreeCache) follow(ctx context.Context, w *zk.Watch) error {
	for {
		var err error
		select {
		case <-w.Ready():
			err = t.apply(ctx, w)
		case <-w.Restored():
			// Servers do not tell what a persistent watch has missed.
			err = t.compare(ctx)
		case <-ctx.Done():
			err = ctx.Err()
		}
		if errors.Is(err, zk.ErrSessionExpired) || errors.Is(err, zk.ErrWatchOverflow) {
			w.Close()
			w, err = t.begin(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return zk.ErrWatchEnded
		case oneShotAlone(err):
			if err := t.startOneShot(ctx); ctx.Err() == nil {
				return err
			}
			return zk.ErrWatchEnded
		case err != nil:
			return err
		}
	}
}

// apply reads again what the watch has told of.
func (t *TreeCache) apply(ctx context.Context, w *zk.Watch) error {
	now, cancel := context.WithCancel(ctx)
	cancel() // it waits for nothing
	var paths []string
	for {
		event, err := w.Next(now)
		if err != nil {
			if now.Err() != nil && errors.Is(err, context.Canceled) && ctx.Err() == nil {
				break
			}
			return err
		}
		paths = append(paths, event.Path)
	}
	slices.Sort(paths) // parents go first
	for part := range slices.Chunk(slices.Compact(paths), chunk) {
		readings, err := t.readMany(ctx, part, false)
		if err != nil {
			return err
		}
		for _, r := range readings {
			if r.Err != nil {
				t.drop(r.Path)
			} else {
				t.put(r.Path, r.Data, r.Stat)
			}
		}
	}
	return nil
}

// chunk is how many nodes are read before they are put into the tree.
const chunk = 1000

// readMany reads nodes. Those that are gone, or that may not be read, have an error; any other
// is returned.
func (t *TreeCache) readMany(ctx context.Context, paths []string, children bool) (readings []zk.Reading, err error) {
	err = persist(ctx, t.client, func() (err error) {
		readings, err = t.client.ReadMany(ctx, paths, children)
		return err
	})
	for _, r := range readings {
		if r.Err != nil && !errors.Is(r.Err, zk.ErrNoNode) && !errors.Is(r.Err, zk.ErrNoAuth) {
			return nil, r.Err
		}
	}
	return readings, err
}

// compare walks over the servers' tree, level by level, puts what it finds into the cache's, and
// takes out of that what it has not found. Of what it finds, transactions tell what has changed.
func (t *TreeCache) compare(ctx context.Context) error {
	there := make(map[string]struct{})
	for level := []string{t.path}; len(level) > 0; {
		var below []string
		for part := range slices.Chunk(level, chunk) {
			readings, err := t.readMany(ctx, part, true)
			if err != nil {
				return err
			}
			for _, r := range readings {
				if r.Err != nil {
					continue
				}
				there[r.Path] = struct{}{}
				t.put(r.Path, r.Data, r.Stat)
				for _, name := range r.Children {
					below = append(below, zk.Child(r.Path, name))
				}
			}
		}
		level = below
	}
	for _, path := range t.paths() {
		if _, ok := there[path]; !ok {
			t.drop(path)
		}
	}
	return nil
}

// paths returns the paths of all nodes, each after its parent's.
func (t *TreeCache) paths() []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	paths := make([]string, 0, t.size)
	t.root.walk(t.path, func(path string) { paths = append(paths, path) })
	return paths
}

// walk calls visit for the node and all below it.
func (c *cached) walk(path string, visit func(path string)) {
	if c == nil {
		return
	}
	visit(path)
	for name, child := range c.children {
		child.walk(zk.Child(path, name), visit)
	}
}

// find returns the node at a path and, where it is there, its parent and its name. mu is held.
func (t *TreeCache) find(path string) (node, parent *cached, name string) {
	rest, ok := strings.CutPrefix(path, t.path)
	if !ok || rest != "" && rest[0] != '/' && t.path != "/" {
		return nil, nil, ""
	}
	node = t.root
	for part := range strings.SplitSeq(strings.TrimPrefix(rest, "/"), "/") {
		if part == "" {
			break
		}
		parent, name = node, part
		if node == nil {
			return nil, nil, ""
		}
		node = node.children[part]
	}
	return node, parent, name
}

// put puts what was read of a node into the tree. A node whose parent is not there is told of
// again when that has come.
func (t *TreeCache) put(path string, data []byte, stat zk.Stat) {
	t.mu.Lock()
	defer t.mu.Unlock()
	node, parent, name := t.find(path)
	switch {
	case node == nil && path == t.path:
		t.root = &cached{data: data, stat: stat}
	case node == nil && parent == nil:
		return
	case node == nil:
		if parent.children == nil {
			parent.children = make(map[string]*cached)
		}
		parent.children[strings.Clone(name)] = &cached{data: data, stat: stat}
	default:
		changed := node.stat.Mzxid != stat.Mzxid || node.stat.Czxid != stat.Czxid
		node.data, node.stat = data, stat
		if changed {
			t.tell(TreeEvent{NodeUpdated, path, data, stat})
		}
		return
	}
	t.size++
	t.tell(TreeEvent{NodeAdded, path, data, stat})
}

// drop takes a node and all below it out of the tree.
func (t *TreeCache) drop(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	node, parent, name := t.find(path)
	if node == nil {
		return
	}
	t.forget(path, node)
	if parent == nil {
		t.root = nil
		return
	}
	delete(parent.children, name)
	if len(parent.children) == 0 {
		parent.children = nil
	}
}

// forget tells that a node is gone, and before that all below it.
func (t *TreeCache) forget(path string, node *cached) {
	for name, child := range node.children {
		t.forget(zk.Child(path, name), child)
	}
	t.size--
	t.tell(TreeEvent{NodeRemoved, path, node.data, node.stat})
}

// Get returns what the cache has of a node.
func (t *TreeCache) Get(path string) Content {
	t.mu.RLock()
	defer t.mu.RUnlock()
	node, _, _ := t.find(path)
	if node == nil {
		return Content{}
	}
	return Content{Exists: true, Data: node.data, Stat: node.stat}
}

// Children returns the names of a node's children, sorted, and whether there is such a node.
func (t *TreeCache) Children(path string) ([]string, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	node, _, _ := t.find(path)
	if node == nil {
		return nil, false
	}
	return slices.Sorted(maps.Keys(node.children)), true
}

// Len returns how many nodes there are.
func (t *TreeCache) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.size
}
