package znodes

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// wanted is what a plan asks for.
type wanted struct {
	nodes contents
	// secrets are those of data_wo. They are written where they are new, and all of them
	// where rewrite is set: what they were is not known.
	secrets contents
	rewrite bool
	// kept are the keys of secrets that stay as they are, because ignore_changes keeps what
	// they are to be from the provider.
	kept keySet
	// compare says when content counts as changed.
	compare types.String
	// exclusive asks for what is not the resource's to be removed, and extra is what of that
	// the state does not have.
	exclusive bool
	extra     map[string]int64
	// named are the keys that the user wrote, in an apply. What is wanted besides is there
	// already, and ignore_changes has taken it from the state.
	named keySet
}

// hides reports whether a node is wanted for a secret.
func (w *wanted) hides(key string) bool {
	_, ok := w.secrets[key]
	return ok || w.kept[key]
}

// declares reports whether a node is wanted for itself, and not only in between.
func (w *wanted) declares(key string) bool {
	_, ok := w.nodes[key]
	return ok || w.hides(key)
}

// needed returns the keys of the nodes in between that are wanted.
func (w *wanted) needed() keySet { return between(w.nodes, keysOf(w.secrets), w.kept) }

func keysOf(nodes contents) keySet {
	keys := make(keySet, len(nodes))
	for key := range nodes {
		keys[key] = true
	}
	return keys
}

// same reports whether a node that the state shows holds what is wanted.
func (w *wanted) same(h holding, key, data string) bool {
	was := h.nodes[key]
	return was == data || w.compare.ValueString() == attr.CompareJSON && attr.SameContent(w.compare, []byte(was), []byte(data))
}

// changes returns the writes that make of what there is what is wanted.
func changes(h holding, want wanted) []zk.Write {
	var writes []zk.Write
	add := func(kind zk.WriteKind, key, data string) {
		w := zk.Write{Kind: kind, Path: h.path(key)}
		if kind != zk.WriteCreate && kind != zk.WriteEnsure {
			w.Mzxid = h.planned(key)
		}
		if data != "" {
			w.Data = []byte(data)
		}
		writes = append(writes, w)
	}
	node := func(key, data string, secret bool) {
		switch {
		case h.shows(key):
			if secret || !want.same(h, key, data) {
				add(zk.WriteSet, key, data)
			}
		case h.secrets[key]:
			if !secret || want.rewrite {
				add(zk.WriteSet, key, data)
			}
		case h.ours(key), h.there(key) && want.exclusive:
			// It is in between, and empty if it is ours.
			if data != "" || !h.ours(key) {
				add(zk.WriteSet, key, data)
			}
		default:
			add(zk.WriteCreate, key, data)
		}
	}
	for key, data := range want.nodes {
		node(key, data, false)
	}
	for key, data := range want.secrets {
		node(key, data, true)
	}
	needed := want.needed()
	for key := range needed {
		switch {
		case want.declares(key), key == "" && h.base == root:
		case h.nodes[key] != "" && (h.ours(key) || want.exclusive), h.secrets[key]:
			add(zk.WriteSet, key, "") // no longer declared, but needed: as it would be made
		case !h.shows(key) && !h.there(key):
			add(zk.WriteEnsure, key, "")
		}
	}
	gone := func(key string) bool { return !want.declares(key) && !needed[key] }
	for key := range h.nodes {
		// Where nothing is recorded, the state was edited: what it has is taken for ours.
		if gone(key) && (!h.isOthers(key) || want.exclusive) {
			add(zk.WriteDelete, key, "")
		}
	}
	for key := range h.secrets {
		if gone(key) {
			add(zk.WriteDelete, key, "")
		}
	}
	var unneeded []string
	for key := range h.written {
		switch {
		case h.shows(key), h.secrets[key], !gone(key):
		case h.ours(key), want.exclusive:
			unneeded = append(unneeded, key)
		}
	}
	for key, zxid := range want.extra {
		if !h.shows(key) && !h.there(key) && gone(key) {
			writes = append(writes, zk.Write{Kind: zk.WriteDelete, Path: h.path(key), Mzxid: zxid})
		}
	}
	if len(writes) > 0 {
		// One that others use goes with a later change, and causes none by itself.
		for _, key := range unneeded {
			add(zk.WritePrune, key, "")
		}
	}
	return writes
}

// removal returns the writes that remove all that the resource has below base, and base
// itself if it made that. With exclusive there is more below base, whatever is in between
// included, which the state does not have.
func removal(h holding, exclusive bool) []zk.Write {
	writes := make([]zk.Write, 0, len(h.written))
	add := func(kind zk.WriteKind, key string) {
		writes = append(writes, zk.Write{Kind: kind, Path: h.path(key), Mzxid: h.planned(key)})
	}
	for key := range h.nodes {
		if !h.isOthers(key) || exclusive {
			add(zk.WriteDelete, key)
		}
	}
	for key := range h.secrets {
		add(zk.WriteDelete, key)
	}
	for key := range h.written {
		switch {
		case h.shows(key), h.secrets[key]:
		case h.ours(key) && (key == "" || !exclusive):
			add(zk.WritePrune, key)
		}
	}
	return writes
}
