package acctest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// A world is what there is, or has to be, below the base: the nodes by their paths.
type world map[string]node

// A node is what a node holds.
type node struct {
	data string
	// acl is the entries as scheme:id:permissions, with blanks between them, and empty for one
	// that lets everybody do everything.
	acl string
	// gone says of a change that the node is not there any more.
	gone bool
}

// with returns a world after a change.
func (w world) with(change world) world {
	after := maps.Clone(w)
	for rel, n := range change {
		after[rel] = n
		if n.gone {
			delete(after, rel)
		}
	}
	return after
}

// removes reports whether a change removes nodes.
func (w world) removes() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(w)), func(n node) bool { return n.gone })
}

// entries are the entries of an ACL that a world has.
func entries(acl string) []zk.ACL {
	if acl == "" {
		return zk.OpenACL()
	}
	var all []zk.ACL
	for entry := range strings.FieldsSeq(acl) {
		scheme, rest, _ := strings.Cut(entry, ":")
		i := strings.LastIndex(rest, ":")
		perms, err := zk.ParsePerms(rest[i+1:])
		if err != nil {
			panic(err)
		}
		all = append(all, zk.ACL{Scheme: scheme, ID: rest[:i], Perms: perms})
	}
	return all
}

// text is an ACL as a world has it.
func text(acl []zk.ACL) string {
	var all []string
	for _, e := range acl {
		all = append(all, fmt.Sprintf("%s:%s:%s", e.Scheme, e.ID, e.Perms))
	}
	slices.Sort(all)
	if s := strings.Join(all, " "); s != open {
		return s
	}
	return ""
}

// open is the ACL that lets everybody do everything.
const open = "world:anyone:cdrwa"

// quotas is where the servers have quotas. In a world, what is below is the quotas of nodes below the base.
const quotas = "/zookeeper/quota"

// path is that of a node of a world on the servers.
func (r *row) path(rel string) string {
	if of, ok := strings.CutPrefix(rel, quotas); ok {
		return quotas + r.tree.Path(of)
	}
	return r.tree.Path(rel)
}

// A census is all nodes below the base at one time, by their paths there, and their quotas.
type census map[string]zk.Node

// look takes a census.
func (r *row) look() census {
	r.t.Helper()
	all := make(census)
	var walk func(rel string)
	walk = func(rel string) {
		n, err := r.tree.Client.Node(r.t.Context(), r.path(rel))
		if rel == quotas && errors.Is(err, zk.ErrNoNode) {
			return
		}
		r.must(err)
		if rel != "" {
			all[rel] = n
		}
		names, _, err := r.tree.Client.Children(r.t.Context(), r.path(rel))
		if err != nil {
			r.t.Fatal(err)
		}
		for _, name := range names {
			walk(rel + "/" + name)
		}
	}
	walk("")
	walk(quotas)
	return all
}

var number = regexp.MustCompile(`\d{10}$`)

// world is what a census shows. The numbers of numbered nodes are N in it, of a second one
// N+, and so on. What the servers count for a quota is not in it.
func (s census) world(numbered bool) world {
	w := make(world)
	for _, rel := range slices.Sorted(maps.Keys(s)) {
		n := node{data: string(s[rel].Data), acl: text(s[rel].ACL)}
		if strings.HasPrefix(rel, quotas) && strings.HasSuffix(rel, "/zookeeper_stats") {
			n.data = ""
		}
		if numbered {
			rel = number.ReplaceAllString(rel, "N")
			for _, taken := w[rel]; taken; _, taken = w[rel] {
				rel += "+"
			}
		}
		w[rel] = n
	}
	return w
}

// untouched checks that no node was written, made or removed since.
func (s census) untouched(t *testing.T, after string, now census) {
	t.Helper()
	for rel, was := range s {
		if is, ok := now[rel]; !ok {
			t.Errorf("after %s %s is gone", after, rel)
		} else if is.Stat != was.Stat {
			t.Errorf("after %s %s was touched: %+v, and was %+v", after, rel, is.Stat, was.Stat)
		}
	}
	for rel := range now {
		if _, ok := s[rel]; !ok {
			t.Errorf("after %s there is %s", after, rel)
		}
	}
}

// somebodyElse brings nodes to what a change says, as others would, and expects them to be like
// that from then on.
func (r *row) somebodyElse(change world) {
	r.t.Helper()
	r.expect(change)
	for _, rel := range slices.Sorted(maps.Keys(change)) {
		n := change[rel]
		path := r.path(rel)
		if r.numbered && strings.HasSuffix(rel, "N") {
			path = r.tree.Path(r.numberedPath(rel))
		}
		if n.gone {
			r.must(r.tree.Client.DeleteTree(r.t.Context(), path, zk.AnyVersion))
			continue
		}
		is, err := r.tree.Client.Node(r.t.Context(), path)
		if errors.Is(err, zk.ErrNoNode) {
			_, err := r.tree.Client.Create(r.t.Context(), path, []byte(n.data), zk.CreateOptions{ACL: entries(n.acl)})
			r.must(err)
			continue
		}
		r.must(err)
		if string(is.Data) != n.data {
			_, err := r.tree.Client.Set(r.t.Context(), path, []byte(n.data), zk.AnyVersion)
			r.must(err)
		}
		if text(is.ACL) != n.acl {
			_, err := r.tree.Client.SetACL(r.t.Context(), path, entries(n.acl), zk.AnyVersion)
			r.must(err)
		}
	}
}

// numberedPath returns the path of the node that a world has by its name with N for the number.
func (r *row) numberedPath(rel string) string {
	r.t.Helper()
	for _, path := range slices.Sorted(maps.Keys(r.look())) {
		if number.ReplaceAllString(path, "N") == rel {
			return path
		}
	}
	return ""
}

func (r *row) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// check compares what there is with what there has to be, and with what the state says.
func (r *row) check(after string) {
	r.t.Helper()
	now := r.look()
	if diff := difference(now.world(r.numbered), r.want); diff != "" {
		r.t.Errorf("after %s the tree is not as it has to be:\n%s", after, diff)
	}
	r.checkOthers(after, now)
	r.checkState(after, now)
}

// checkOthers checks that nobody has touched what belongs to nobody here.
func (r *row) checkOthers(after string, now census) {
	r.t.Helper()
	for rel := range bystanders {
		if now[rel].Stat != r.had[rel].Stat {
			r.t.Errorf("after %s %s was touched: %+v, and was %+v", after, rel, now[rel].Stat, r.had[rel].Stat)
		}
	}
}

// difference lists what there is and what there has to be, node by node, where they differ.
func difference(got, want world) string {
	var lines []string
	paths := slices.Sorted(maps.Keys(got.with(want)))
	for _, rel := range paths {
		is, there := got[rel]
		must, expected := want[rel]
		switch {
		case !there:
			lines = append(lines, fmt.Sprintf("%s is gone, and has to hold %q (%s)", rel, must.data, must.acl))
		case !expected:
			lines = append(lines, fmt.Sprintf("%s is there, with %q (%s)", rel, is.data, is.acl))
		case is != must:
			lines = append(lines, fmt.Sprintf("%s holds %q (%s), and has to hold %q (%s)", rel, is.data, is.acl, must.data, must.acl))
		}
	}
	return strings.Join(lines, "\n")
}

// A stateFile is what is read of a state.
type stateFile struct {
	Resources []struct {
		Mode, Type, Name string
		Instances        []struct {
			Key        any `json:"index_key"`
			Status     string
			Deposed    string
			Attributes stateAttrs
		}
	}
}

type stateAttrs struct {
	Path          string            `json:"path"`
	BasePath      string            `json:"base_path"`
	Data          json.RawMessage   `json:"data"`
	DataBase64    json.RawMessage   `json:"data_base64"`
	DataWOVersion *string           `json:"data_wo_version"`
	Compare       string            `json:"compare"`
	ACL           []stateEntry      `json:"acl"`
	Stat          map[string]*int64 `json:"stat"`
	Created       []string          `json:"created"`
	Differing     map[string]string `json:"differing"`
	Recursive     bool              `json:"recursive"`
	Zxid          int64             `json:"zxid"`
	MaxCount      *int64            `json:"max_count"`
	MaxBytes      *int64            `json:"max_bytes"`
	Hard          *bool             `json:"hard"`
	Mzxid         *int64            `json:"mzxid"`
}

type stateEntry struct{ Scheme, ID, Permissions string }

// An instance is a resource in a state.
type instance struct {
	typ, address string
	tainted      bool
	stateAttrs
}

// instances reads the state.
func (r *row) instances() []instance {
	r.t.Helper()
	var all []instance
	b, err := os.ReadFile(filepath.Join(r.cli.Dir, "terraform.tfstate"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	r.must(err)
	var file stateFile
	if err := json.Unmarshal(b, &file); err != nil {
		r.t.Fatalf("%v\n%s", err, b)
	}
	for _, res := range file.Resources {
		for _, i := range res.Instances {
			address := res.Type + "." + res.Name
			if i.Key != nil {
				address += fmt.Sprintf("[%q]", i.Key)
			}
			if i.Deposed != "" {
				address += " (deposed)"
			}
			all = append(all, instance{typ: res.Type, address: address, tainted: i.Status == "tainted", stateAttrs: i.Attributes})
		}
	}
	return all
}

// checkState checks that a state says of each of its resources what is on the server.
func (r *row) checkState(after string, now census) []instance {
	r.t.Helper()
	all := r.instances()
	if !r.stale {
		r.checkInstances(after, all, now)
	}
	return all
}

func (r *row) checkInstances(after string, all []instance, now census) {
	r.t.Helper()
	for _, i := range all {
		// Where the ACL of a tree is ignored, what is below need not have that of its top.
		i.Recursive = i.Recursive && !strings.HasPrefix(r.lifecycle, "ignore_changes")
		for _, wrong := range i.compare(now) {
			r.t.Errorf("after %s the state says of %s what is not so: %s", after, i.address, wrong)
		}
	}
}

// owned reports whether a resource in a state has a node.
func (i instance) owned(rel string) bool {
	switch i.typ {
	case "zookeeper_znodes":
		return rel == i.BasePath || strings.HasPrefix(rel, strings.TrimSuffix(i.BasePath, "/")+"/")
	case "zookeeper_ensure_path":
		// One whose creation was without a reply does not know what it made.
		return slices.Contains(i.Created, rel) || i.tainted && strings.HasPrefix(i.Path+"/", rel+"/")
	case "zookeeper_quota":
		return strings.HasPrefix(rel+"/", quotas+i.Path+"/") || strings.HasPrefix(quotas+i.Path+"/", rel+"/")
	case "zookeeper_znode_acl":
		return rel == i.Path || i.Recursive && strings.HasPrefix(rel, i.Path+"/")
	default:
		return rel == i.Path
	}
}

// compare returns what a resource in a state says and is not so.
func (i instance) compare(now census) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if i.typ == "zookeeper_znodes" {
		notations := map[string]map[string]string{"data": nil, "data_base64": nil}
		for notation, raw := range map[string]json.RawMessage{"data": i.Data, "data_base64": i.DataBase64} {
			var keys map[string]string
			if err := json.Unmarshal(raw, &keys); err != nil {
				say("%s: %v", notation, err)
			}
			notations[notation] = keys
		}
		is := func(notation, key string) (said, is string, ok bool) {
			n, ok := now[strings.TrimSuffix(i.BasePath, "/")+"/"+key]
			return notations[notation][key], shown(notation, n.Data), ok
		}
		other := map[string]string{"data": "data_base64", "data_base64": "data"}
		for notation, keys := range notations {
			for key := range keys {
				said, have, ok := is(notation, key)
				if ok && i.same(said, have) {
					continue
				}
				// A key that ignore_changes keeps in one attribute after the user has moved it to the other
				// is in both: no apply may change what is ignored, and the next refresh does.
				if twin, holds, there := is(other[notation], key); there && i.same(twin, holds) {
					if _, twice := notations[other[notation]][key]; twice {
						continue
					}
				}
				say("%s[%q] is %q, and the node holds %q (it is there: %t)", notation, key, said, have, ok)
			}
		}
		return wrong
	}
	if i.typ == "zookeeper_quota" {
		limits, ok := now[quotas+i.Path+"/zookeeper_limits"]
		if said := i.quota(); !i.tainted && string(limits.Data) != said {
			say("the quota is %q, and it is %q (it is there: %t)", said, limits.Data, ok)
		}
		if i.Mzxid != nil && *i.Mzxid != limits.Stat.Mzxid {
			say("mzxid is %d, and it is %d (it is there: %t)", *i.Mzxid, limits.Stat.Mzxid, ok)
		}
		return wrong
	}
	for _, made := range i.Created {
		if _, ok := now[made]; !ok {
			say("it made %s, which is not there", made)
		}
	}
	if i.Stat == nil {
		if !i.tainted && i.typ != "zookeeper_ensure_path" {
			say("it has no stat")
		}
		return wrong // it is not known whether the node is there
	}
	n, ok := now[i.Path]
	if !ok {
		say("%s is there", i.Path)
		return wrong
	}
	// What children change is not a matter of the node's own.
	for name, is := range map[string]int64{
		"czxid": n.Stat.Czxid, "mzxid": n.Stat.Mzxid, "ctime": n.Stat.Ctime, "mtime": n.Stat.Mtime,
		"version": int64(n.Stat.Version), "aversion": int64(n.Stat.Aversion), "data_length": int64(n.Stat.DataLength),
	} {
		switch said := i.Stat[name]; {
		case said != nil && *said != is:
			say("%s is %d, and it is %d", name, *said, is)
		case said == nil && !i.tainted: // a creation that has not ended knows no more than which node it is
			say("%s is not in it", name)
		}
	}
	if i.DataWOVersion == nil {
		for notation, raw := range map[string]json.RawMessage{"data": i.Data, "data_base64": i.DataBase64} {
			var said *string
			if len(raw) > 0 {
				if err := json.Unmarshal(raw, &said); err != nil {
					say("%s: %v", notation, err)
				}
			}
			if said != nil && !i.same(*said, shown(notation, n.Data)) {
				say("%s is %q, and the node holds %q", notation, *said, shown(notation, n.Data))
			}
		}
	}
	if i.typ != "zookeeper_ensure_path" && i.ACL != nil {
		var said []string
		for _, e := range i.ACL {
			perms, err := zk.ParsePerms(e.Permissions)
			if err != nil {
				say("acl: %v", err)
			}
			said = append(said, fmt.Sprintf("%s:%s:%s", e.Scheme, e.ID, perms))
		}
		slices.Sort(said)
		for rel, other := range now {
			below := i.Recursive && strings.HasPrefix(rel, i.Path+"/") && i.Differing[rel] == ""
			if rel != i.Path && !below {
				continue
			}
			if have, is := strings.Join(said, " "), text(other.ACL); have != is && (is != "" || have != open) {
				say("the ACL is %s, and that of %s is %s", have, rel, is)
			}
		}
	}
	return wrong
}

// quota is that of a state, as the servers have it.
func (i instance) quota() string {
	q := zk.Quota{Count: zk.NoLimit, Bytes: zk.NoLimit, HardCount: zk.NoLimit, HardBytes: zk.NoLimit}
	count, bytes := &q.Count, &q.Bytes
	if i.Hard != nil && *i.Hard {
		count, bytes = &q.HardCount, &q.HardBytes
	}
	if i.MaxCount != nil {
		*count = *i.MaxCount
	}
	if i.MaxBytes != nil {
		*bytes = *i.MaxBytes
	}
	return q.String()
}

// same reports whether the content in a state is that of a node.
func (i instance) same(said, is string) bool {
	return attr.SameContent(types.StringValue(i.Compare), []byte(said), []byte(is))
}

// shown is content as an attribute shows it.
func shown(notation string, data []byte) string {
	if notation == "data" {
		return attr.TextValue(data).ValueString()
	}
	return attr.Base64Value(data).ValueString()
}
