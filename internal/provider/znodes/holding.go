package znodes

import (
	"maps"
	"slices"
)

// contents are nodes by their keys, which are their paths below base_path, and what they
// hold.
type contents map[string]string

// A holding is what the resource has below its base_path, as of the last read or apply.
type holding struct {
	base string
	// nodes are those that the state shows.
	nodes contents
	// secrets are the keys of the nodes that hold a secret of data_wo. None of them is in nodes.
	secrets keySet
	record
}

// A record is what the private state has of the nodes.
type record struct {
	// written has who last wrote a node, by its key; "" is base_path itself. A node that is not
	// there has no entry.
	written map[string]written
	// latest is the latest transaction at the time of the last read.
	latest int64
}

// written is the last write of a node.
type written struct {
	// zxid is its transaction, which fits no other node and no other content.
	zxid int64
	// others tells that the node is there and not the resource's: what was there before it in
	// between, and with exclusive what somebody else has made.
	others bool
	// theirs tells that somebody else has made the node, whosever it is now: it was imported or
	// taken over, or the resource's own was deleted.
	theirs bool
}

func newHolding(base string) holding {
	return holding{base: base, nodes: make(contents), secrets: make(keySet), record: newRecord()}
}

func newRecord() record {
	return record{written: make(map[string]written)}
}

func (h holding) clone() holding {
	h.nodes, h.secrets, h.written = maps.Clone(h.nodes), maps.Clone(h.secrets), maps.Clone(h.written)
	return h
}

// path returns the path of the node with the key.
func (h holding) path(key string) string { return join(h.base, key) }

// ownPaths returns the paths of the nodes that are the resource's.
func (h holding) ownPaths() []string {
	var paths []string
	for key := range h.written {
		if h.ours(key) {
			paths = append(paths, h.path(key))
		}
	}
	slices.Sort(paths)
	return paths
}

// shows reports whether the state shows a node.
func (h holding) shows(key string) bool {
	_, ok := h.nodes[key]
	return ok
}

// forget drops all that is known of a node.
func (h holding) forget(key string) {
	delete(h.nodes, key)
	delete(h.secrets, key)
	delete(h.written, key)
}

// ours reports whether a node is the resource's.
func (r record) ours(key string) bool {
	w, there := r.written[key]
	return there && !w.others
}

// isOthers reports whether a node is there and not the resource's.
func (r record) isOthers(key string) bool { return r.written[key].others }

// there reports whether a node is known to be there.
func (r record) there(key string) bool {
	_, there := r.written[key]
	return there
}

// planned is what a write of a node is planned against; 0 for whatever is there.
func (r record) planned(key string) int64 { return r.written[key].zxid }

// isTheirs reports whether somebody else has made a node, with an ACL of theirs.
func (r record) isTheirs(key string) bool { return r.written[key].theirs || r.written[key].others }
