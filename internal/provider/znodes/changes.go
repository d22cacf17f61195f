package znodes

import "terraform-provider-zookeeper/internal/zk"

// wanted is what a plan asks for.
type wanted struct {
	nodes contents
	// secrets are those of data_wo. They are written where they are new, and all of them
	// where rewrite is set: what they were is not known.
	secrets contents
	rewrite bool
	// exclusive asks for what is not the resource's to be removed, and extra is what of that
	// the state does not have.
	exclusive bool
	extra     map[string]int64
}

// declares tells whether a node is wanted for itself, and not only in between.
func (w *wanted) declares(key string) bool {
	_, ok := w.nodes[key]
	if !ok {
		_, ok = w.secrets[key]
	}
	return ok
}

// changes returns the writes that make of what there is, a state and its record, what is
// wanted below base.
func changes(base string, have contents, rec record, want wanted) []zk.Write {
	var writes []zk.Write
	add := func(kind zk.WriteKind, key, data string) {
		w := zk.Write{Kind: kind, Path: join(base, key), Mzxid: rec.planned(key)}
		if kind == zk.WriteCreate || kind == zk.WriteEnsure {
			w.Mzxid = 0
		}
		if data != "" {
			w.Data = []byte(data)
		}
		writes = append(writes, w)
	}
	node := func(key, data string, secret bool) {
		was, shown := have[key]
		switch {
		case shown:
			if secret || was != data {
				add(zk.WriteSet, key, data)
			}
		case rec.secrets[key] && rec.there(key):
			if !secret || want.rewrite {
				add(zk.WriteSet, key, data)
			}
		case rec.ours(key), rec.there(key) && want.exclusive:
			// It is in between, and empty if it is ours.
			if data != "" || !rec.ours(key) {
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
	needed := between(want.nodes, want.secrets)
	for key := range needed {
		was, shown := have[key]
		switch {
		case want.declares(key), key == "" && base == root:
		case shown && was != "" && (rec.ours(key) || want.exclusive), rec.secrets[key] && rec.there(key):
			add(zk.WriteSet, key, "") // no longer declared, but needed: as it would be made
		case !shown && !rec.there(key):
			add(zk.WriteEnsure, key, "")
		}
	}
	gone := func(key string) bool { return !want.declares(key) && !needed[key] }
	for key := range have {
		// Where nothing is recorded, the state was edited: what it has is taken for ours.
		if gone(key) && (rec.nodes[key] >= 0 || want.exclusive) {
			add(zk.WriteDelete, key, "")
		}
	}
	var unneeded []string
	for key := range rec.nodes {
		if _, shown := have[key]; shown || !gone(key) {
			continue
		}
		switch {
		case rec.secrets[key]:
			add(zk.WriteDelete, key, "")
		case rec.ours(key), want.exclusive:
			unneeded = append(unneeded, key)
		}
	}
	for key, zxid := range want.extra {
		if _, shown := have[key]; !shown && gone(key) && !rec.there(key) {
			writes = append(writes, zk.Write{Kind: zk.WriteDelete, Path: join(base, key), Mzxid: zxid})
		}
	}
	if len(writes) > 0 {
		// One that others use goes with a later change, and is no reason for one.
		for _, key := range unneeded {
			add(zk.WritePrune, key, "")
		}
	}
	return writes
}

// removal returns the writes that remove all that the resource has below base, and base
// itself if it made that. With exclusive there is more below base, whatever is in between
// included, which the state does not have.
func removal(base string, have contents, rec record, exclusive bool) []zk.Write {
	writes := make([]zk.Write, 0, len(rec.nodes))
	for key := range have {
		if rec.nodes[key] >= 0 || exclusive {
			writes = append(writes, zk.Write{Kind: zk.WriteDelete, Path: join(base, key), Mzxid: rec.planned(key)})
		}
	}
	for key := range rec.nodes {
		if _, shown := have[key]; shown {
			continue
		}
		switch {
		case rec.secrets[key]:
			writes = append(writes, zk.Write{Kind: zk.WriteDelete, Path: join(base, key), Mzxid: rec.planned(key)})
		case rec.ours(key) && (key == "" || !exclusive):
			writes = append(writes, zk.Write{Kind: zk.WritePrune, Path: join(base, key), Mzxid: rec.planned(key)})
		}
	}
	return writes
}
