package znodeacl

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// A record is what the resource remembers of the nodes that it covers.
type record struct {
	path string // the resource's node
	// want is the ACL that the resource last gave to its node, or found there when it was
	// imported.
	want []zk.ACL
	// author is who the provider was when it gave want to the nodes: all of them have what "auth"
	// in it stands for by him. It is nil where that is not so of each.
	author attr.Author
	// been are all whom the provider has been when the resource took nodes: what one of them had
	// and the provider is no longer, is not given back to him.
	been attr.Author
	// nodes are the nodes by path: the resource's own, and all below it where the resource
	// is recursive.
	nodes map[string]entry
}

// An entry is what is remembered of one node.
type entry struct {
	// czxid and aversion are the node's when it was last seen: what a plan is made against.
	// A node that was deleted and made again has another czxid, and nothing of the older one
	// is remembered for it. An aversion of -1 is that of a node which may have been written.
	czxid    int64
	aversion int32
	// had is the ACL that the node had when the resource first covered it; nil for one that
	// has appeared since and that no apply has covered.
	had []zk.ACL
	// set is the ACL that the resource gave to the node, or found to be as wanted, and that
	// was still there when the node was last seen; nil where it is somebody else's.
	set []zk.ACL
}

func newRecord(path string, want []zk.ACL) *record {
	return &record{path: path, want: want, nodes: make(map[string]entry)}
}

// covering returns the record of an import: the ACL of the node counts as what it had.
func covering(nodes []zk.ACLReading, self []attr.Identity) *record {
	r := newRecord(nodes[0].Path, nodes[0].ACL)
	r.cover(nodes, self)
	return r
}

// untouched reports whether nobody has set the ACL of a node since it was last seen.
func (e entry) untouched(n zk.ACLReading) bool {
	return e.czxid == n.Stat.Czxid && e.aversion == n.Stat.Aversion
}

// foreign reports whether "auth" in the wanted ACL may stand for others than the provider presents
// now.
func (r *record) foreign(self []attr.Identity) bool {
	return slices.ContainsFunc(r.want, func(e zk.ACL) bool { return e.Scheme == zk.SchemeAuth }) && !r.author.Is(self)
}

// conforms reports whether a node has the wanted ACL. Where nobody has set it since the
// resource did, the count says so, even if the servers show the provider less than they have.
func (r *record) conforms(n zk.ACLReading, self []attr.Identity) bool {
	e := r.nodes[n.Path]
	return e.untouched(n) && slices.Equal(e.set, r.want) && !r.foreign(self) || attr.ShowsACL(r.want, n.ACL, self)
}

// ours reports whether a node has the ACL that the resource gave to it.
func (r *record) ours(n zk.ACLReading, self []attr.Identity) bool {
	return r.nodes[n.Path].ours(n, self)
}

func (e entry) ours(n zk.ACLReading, self []attr.Identity) bool {
	if e.set == nil || e.czxid != n.Stat.Czxid {
		return false
	}
	return e.aversion == n.Stat.Aversion || attr.ShowsACL(e.set, n.ACL, self)
}

// cover takes nodes into the resource: what they have now is what they had. An ACL that
// shows a digest without its hash is not remembered, since nobody could give it back; the
// server shows it so only to those who may not change it either. What the provider itself may do is
// remembered as that, see also [record.gives].
func (r *record) cover(nodes []zk.ACLReading, self []attr.Identity) {
	r.been = r.been.With(self)
	for _, n := range nodes {
		e, ok := r.nodes[n.Path]
		if !ok || e.czxid != n.Stat.Czxid {
			e = entry{czxid: n.Stat.Czxid, aversion: n.Stat.Aversion}
		}
		if e.had == nil && !attr.ACLMasked(attr.ACLValue(n.ACL)) {
			e.had = attr.OwnAsAuth(n.ACL, self)
		}
		r.nodes[n.Path] = e
	}
}

// unknown are those of the nodes that a plan has and of which nothing is remembered.
func (r *record) unknown(nodes []zk.ACLReading, plan *resourceModel) (unknown []zk.ACLReading) {
	for _, n := range nodes {
		if e, ok := r.nodes[n.Path]; plan.has(n.Path) && (!ok || e.had == nil || e.czxid != n.Stat.Czxid) {
			unknown = append(unknown, n)
		}
	}
	return unknown
}

// gives returns the ACL that a node gets back; nil where that is not known.
func (r *record) gives(path string, self []attr.Identity) []zk.ACL {
	return r.been.HandOn(r.nodes[path].had, self)
}

// wrote notes that a node has just been given the ACL that it has; or been given back what
// it had.
func (r *record) wrote(n zk.ACLReading, restored bool) {
	e := r.nodes[n.Path]
	e.aversion, e.set = n.Stat.Aversion, n.ACL
	if restored {
		e.set = nil
	}
	r.nodes[n.Path] = e
}

// doubt notes that nodes may have been given an ACL, and may not. Whether one has it by the
// time that it is looked at again, its ACL tells, and not the count: somebody else may have
// set another instead of the one that got lost.
func (r *record) doubt(nodes []zk.ACLReading) {
	for _, n := range nodes {
		e := r.nodes[n.Path]
		e.aversion, e.set = -1, n.ACL
		r.nodes[n.Path] = e
	}
}

// inherit takes over what a resource of this run that gave up nodes remembers of them. found are
// the nodes as they were before this resource wrote to them: of one that had what the other
// had given to it, what it had before that is what it had.
func (r *record) inherit(found []zk.ACLReading, memories map[string]any, self []attr.Identity) {
	for _, n := range found {
		was, ok := memories[n.Path].(entry)
		e := r.nodes[n.Path]
		if ok && was.had != nil && was.ours(n, self) && e.czxid == was.czxid {
			e.had = was.had
			r.nodes[n.Path] = e
		}
	}
}

// keep takes over all that is remembered of nodes that could not be looked at.
func (r *record) keep(memories map[string]any) {
	for path, memory := range memories {
		if was, ok := memory.(entry); ok {
			r.nodes[path] = was
		}
	}
}

// memories are what another resource of this run needs to know of the nodes, where it has them
// from here on.
func (r *record) memories(self []attr.Identity) map[string]any {
	all := make(map[string]any, len(r.nodes))
	for path, e := range r.nodes {
		e.had = r.gives(path, self)
		all[path] = e
	}
	return all
}

// lost are the nodes that another resource has, which does not know what they had before, with that
// in zkCli's notation: those that a creation of this run found as this resource left them, and those
// that a resource keeps which was there before the run.
func (r *record) lost(fate session.Fate, self []attr.Identity) (created, kept map[string]string) {
	created, kept = make(map[string]string), make(map[string]string)
	for path, found := range fate.Kept {
		had := r.gives(path, self)
		n, ok := found.(zk.ACLReading)
		switch {
		case had == nil:
		case ok && r.ours(n, self) && !attr.SameACL(had, n.ACL, self):
			created[path] = aclHint(had)
		case found == nil && !attr.SameACL(had, r.want, self):
			kept[path] = aclHint(had)
		}
	}
	return created, kept
}

// see brings the record to what was read of the nodes, forgets all others, and returns
// those that have not the wanted ACL.
func (r *record) see(nodes []zk.ACLReading, self []attr.Identity) (differing []zk.ACLReading) {
	foreign := r.foreign(self)
	seen := make(map[string]entry, len(nodes))
	for _, n := range nodes {
		conforms, ours := r.conforms(n, self), r.ours(n, self)
		e := r.nodes[n.Path]
		if e.czxid != n.Stat.Czxid {
			e = entry{czxid: n.Stat.Czxid}
		}
		e.aversion = n.Stat.Aversion
		switch {
		case conforms && e.had != nil:
			e.set = r.want
		case !ours:
			e.set = nil
		}
		if !conforms {
			differing = append(differing, n)
		}
		seen[n.Path] = e
	}
	r.nodes = seen
	switch {
	case len(differing) == 0:
		r.author = attr.AuthorOf(self)
	case foreign && len(differing) < len(nodes):
		r.author = nil // some are another's
	}
	return differing
}

// stored is a record as it is kept. Each ACL is there once: thousands of nodes have a
// handful of them. Paths are relative to the resource's.
type stored struct {
	ACLs [][]zk.ACL `json:"acls"`
	Want int64      `json:"want"`
	// Author and Been are empty for none, and otherwise as in [attr.Author].
	Author attr.Author            `json:"author,omitempty"`
	Been   attr.Author            `json:"been,omitempty"`
	Nodes  map[string]storedEntry `json:"nodes"`
}

// storedEntry is czxid, aversion, and had and set as indexes into ACLs, -1 for nil.
type storedEntry [4]int64

// encode returns the record as the state has it: JSON, compressed because paths are many
// and much alike, in base64. The same record is always the same text.
func (r *record) encode() (string, error) {
	s := stored{Author: r.author, Been: r.been, Nodes: make(map[string]storedEntry, len(r.nodes))}
	known := make(map[string]int64)
	index := func(acl []zk.ACL) int64 {
		if acl == nil {
			return -1
		}
		key := fmt.Sprintf("%#v", acl)
		i, ok := known[key]
		if !ok {
			i = int64(len(s.ACLs))
			known[key] = i
			s.ACLs = append(s.ACLs, acl)
		}
		return i
	}
	s.Want = index(r.want)
	for _, path := range slices.Sorted(maps.Keys(r.nodes)) {
		e := r.nodes[path]
		s.Nodes[strings.TrimPrefix(path, r.path)] = storedEntry{e.czxid, int64(e.aversion), index(e.had), index(e.set)}
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(w).Encode(s), w.Close()); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// decodeRecord is the opposite of encode, for the node at path.
func decodeRecord(path, text string) (*record, error) {
	unpacked, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		return nil, err
	}
	var s stored
	if err := json.NewDecoder(unpacked).Decode(&s); err != nil {
		return nil, err
	}
	acl := func(i int64) []zk.ACL {
		if i < 0 || i >= int64(len(s.ACLs)) {
			return nil
		}
		return s.ACLs[i]
	}
	r := newRecord(path, acl(s.Want))
	r.author, r.been = s.Author, s.Been
	for rel, e := range s.Nodes {
		r.nodes[path+rel] = entry{czxid: e[0], aversion: int32(e[1]), had: acl(e[2]), set: acl(e[3])}
	}
	return r, nil
}
