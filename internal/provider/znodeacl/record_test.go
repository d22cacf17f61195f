package znodeacl

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

var (
	open   = zk.OpenACL()
	reader = []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	alice  = attr.Identity{Scheme: "digest", ID: zk.DigestID("alice", "secret")}
	byAuth = []zk.ACL{{Scheme: "auth", Perms: zk.PermAll}}
	ofHers = []zk.ACL{{Scheme: "digest", ID: alice.ID, Perms: zk.PermAll}}
	masked = []zk.ACL{{Scheme: "digest", ID: "alice:x", Perms: zk.PermAll}}
)

func reading(path string, czxid int64, aversion int32, acl []zk.ACL) zk.ACLReading {
	return zk.ACLReading{Path: path, ACL: acl, Stat: zk.Stat{Czxid: czxid, Aversion: aversion}}
}

func TestRecordEncoding(t *testing.T) {
	t.Parallel()
	odd := []zk.ACL{{Scheme: "digest", ID: "a:\"b\",\x01ü", Perms: 0}, {Scheme: "world", ID: "anyone", Perms: 1 << 20}}
	for _, path := range []string{"/", "/a/b"} {
		rec := newRecord(path, reader)
		rec.nodes[path] = entry{czxid: 1 << 40, aversion: 7, had: open, set: reader}
		rec.nodes[strings.TrimSuffix(path, "/")+"/x"] = entry{czxid: 5, had: odd}
		rec.nodes[strings.TrimSuffix(path, "/")+"/x/ü"] = entry{czxid: 6, aversion: -1}
		text, err := rec.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeRecord(path, text)
		if err != nil || !reflect.DeepEqual(got, rec) {
			t.Errorf("%+v, %v, want %+v", got, err, rec)
		}
		if again, _ := got.encode(); again != text {
			t.Errorf("the same record is another text: %s and %s", text, again)
		}
	}
	for _, text := range []string{"", "????", "aGVsbG8="} {
		if _, err := decodeRecord("/a", text); err == nil {
			t.Errorf("%q is a record", text)
		}
	}
}

// Ten thousand nodes are a state that every backend takes.
func TestRecordSize(t *testing.T) {
	t.Parallel()
	rec := newRecord("/services", reader)
	for i := range int64(10_000) {
		rec.nodes[fmt.Sprintf("/services/region-%d/instance-%08x", i%7, i*2654435761%(1<<32))] = entry{czxid: 8589934592 + i*3, aversion: int32(i % 3), had: open, set: reader}
	}
	text, err := rec.encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 200<<10 {
		t.Errorf("%d bytes", len(text))
	}
}

func TestRecordSee(t *testing.T) {
	t.Parallel()
	self := []attr.Identity{alice}
	covered := entry{czxid: 1, aversion: 1, had: open, set: reader}
	tests := map[string]struct {
		was     entry // none where czxid is 0
		want    []zk.ACL
		now     zk.ACLReading
		entry   entry
		differs bool
	}{
		"untouched":                       {covered, reader, reading("/a", 1, 1, reader), covered, false},
		"set to the same":                 {covered, reader, reading("/a", 1, 2, reader), entry{1, 2, open, reader}, false},
		"set to another":                  {covered, reader, reading("/a", 1, 2, open), entry{1, 2, open, nil}, true},
		"set back":                        {entry{1, 2, open, nil}, reader, reading("/a", 1, 3, reader), entry{1, 3, open, reader}, false},
		"not yet as wanted":               {covered, ofHers, reading("/a", 1, 1, reader), covered, true},
		"not yet as wanted, and set anew": {covered, ofHers, reading("/a", 1, 2, reader), entry{1, 2, open, reader}, true},
		"made anew":                       {covered, reader, reading("/a", 9, 0, open), entry{9, 0, nil, nil}, true},
		"made anew with the same":         {covered, reader, reading("/a", 9, 1, reader), entry{9, 1, nil, nil}, false},
		"new":                             {entry{}, reader, reading("/a", 3, 0, open), entry{3, 0, nil, nil}, true},
		"new as wanted":                   {entry{}, reader, reading("/a", 3, 0, reader), entry{3, 0, nil, nil}, false},
		"in doubt, and was not written":   {entry{1, -1, open, reader}, reader, reading("/a", 1, 1, open), entry{1, 1, open, nil}, true},
		"in doubt, and was written":       {entry{1, -1, open, reader}, reader, reading("/a", 1, 2, reader), entry{1, 2, open, reader}, false},
		"in doubt, and theirs":            {entry{1, -1, open, reader}, reader, reading("/a", 1, 2, ofHers), entry{1, 2, open, nil}, true},
		"auth":                            {entry{1, 1, open, byAuth}, byAuth, reading("/a", 1, 2, ofHers), entry{1, 2, open, byAuth}, false},
		"masked":                          {entry{1, 1, open, ofHers}, ofHers, reading("/a", 1, 2, masked), entry{1, 2, open, nil}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newRecord("/a", tt.want)
			rec.nodes["/a/gone"] = covered
			if tt.was.czxid != 0 {
				rec.nodes["/a"] = tt.was
			}
			differing := rec.see([]zk.ACLReading{tt.now}, self)
			if got := rec.nodes["/a"]; !reflect.DeepEqual(got, tt.entry) || len(rec.nodes) != 1 {
				t.Errorf("%+v, want %+v", rec.nodes, tt.entry)
			}
			if len(differing) > 0 != tt.differs {
				t.Errorf("differing %v", differing)
			}
		})
	}
}

// "auth" stands for whoever wrote it, whatever the provider is shown.
func TestRecordAuthor(t *testing.T) {
	t.Parallel()
	hers := []attr.Identity{alice}
	of := func(author ...attr.Identity) *record {
		rec := newRecord("/a", byAuth)
		rec.author = attr.AuthorOf(author)
		rec.nodes["/a"], rec.nodes["/a/b"] = entry{1, 1, open, byAuth}, entry{2, 1, open, byAuth}
		return rec
	}
	nodes := func(a, b []zk.ACL) []zk.ACLReading {
		return []zk.ACLReading{reading("/a", 1, 1, a), reading("/a/b", 2, 1, b)}
	}
	tests := map[string]struct {
		rec       *record
		nodes     []zk.ACLReading
		self      []attr.Identity
		differing int
		author    attr.Author
	}{
		"the same":                {of(alice), nodes(masked, masked), hers, 0, attr.AuthorOf(hers)},
		"somebody else":           {of(alice), nodes(masked, masked), nil, 2, attr.AuthorOf(hers)},
		"somebody else, now hers": {of(), nodes(ofHers, ofHers), hers, 0, attr.AuthorOf(hers)},
		"some of them hers":       {of(), nodes(ofHers, open), hers, 1, nil},
		"not known":               {newRecord("/a", byAuth), nodes(ofHers, masked), hers, 1, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.rec.see(tt.nodes, tt.self); len(got) != tt.differing || !reflect.DeepEqual(tt.rec.author, tt.author) {
				t.Errorf("differing %v, author %v", got, tt.rec.author)
			}
			text, err := tt.rec.encode()
			if err != nil {
				t.Fatal(err)
			}
			if again, err := decodeRecord("/a", text); err != nil || !reflect.DeepEqual(again.author, tt.rec.author) {
				t.Errorf("decoded %v, %v", again, err)
			}
		})
	}
}

func TestRecordCover(t *testing.T) {
	t.Parallel()
	rec := newRecord("/a", reader)
	rec.nodes["/a"] = entry{1, 1, open, reader}
	rec.nodes["/a/anew"] = entry{2, 1, open, reader}
	rec.cover([]zk.ACLReading{
		reading("/a", 1, 5, ofHers), reading("/a/anew", 8, 0, ofHers), reading("/a/new", 9, 3, ofHers), reading("/a/masked", 10, 0, masked),
	}, nil)
	want := map[string]entry{
		"/a":        {1, 1, open, reader}, // remembered from the first time
		"/a/anew":   {8, 0, ofHers, nil},
		"/a/new":    {9, 3, ofHers, nil},
		"/a/masked": {10, 0, nil, nil}, // nobody could give that back
	}
	if !reflect.DeepEqual(rec.nodes, want) {
		t.Errorf("%+v, want %+v", rec.nodes, want)
	}
	// What is the provider's own is given back to whoever it is by then.
	rec.cover([]zk.ACLReading{reading("/a/own", 11, 0, ofHers)}, []attr.Identity{alice})
	if got := rec.nodes["/a/own"].had; !reflect.DeepEqual(got, byAuth) {
		t.Errorf("it had %v", got)
	}
}

// What a former identity of the provider's had is given to the one that it has become, and what
// somebody else had to him.
func TestRecordGives(t *testing.T) {
	t.Parallel()
	bob, both := attr.Identity{Scheme: "digest", ID: zk.DigestID("bob", "builder")}, append(slices.Clone(ofHers), reader...)
	rec := newRecord("/a", reader)
	rec.cover([]zk.ACLReading{reading("/a", 1, 0, both)}, []attr.Identity{alice, bob})
	text, err := rec.encode()
	if err != nil {
		t.Fatal(err)
	}
	if rec, err = decodeRecord("/a", text); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		self []attr.Identity
		want []zk.ACL
	}{
		"still both": {[]attr.Identity{alice, bob}, both},
		"still hers": {[]attr.Identity{alice}, both},
		"his now":    {[]attr.Identity{bob}, append(slices.Clone(reader), byAuth...)},
		"nobody now": {nil, both},
	} {
		if got := rec.gives("/a", tt.self); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	if told, ok := rec.memories([]attr.Identity{bob})["/a"].(entry); !ok || !attr.SameACL(told.had, append(slices.Clone(reader), byAuth...), nil) {
		t.Errorf("another resource is told %+v", told)
	}
}

func TestRecordDoubt(t *testing.T) {
	t.Parallel()
	rec := newRecord("/a", reader)
	rec.cover([]zk.ACLReading{reading("/a", 1, 4, open), reading("/a/b", 2, 5, open)}, nil)
	rec.doubt([]zk.ACLReading{{Path: "/a/b", ACL: reader}})
	want := map[string]entry{"/a": {1, 4, open, nil}, "/a/b": {2, -1, open, reader}}
	if !reflect.DeepEqual(rec.nodes, want) {
		t.Errorf("%+v, want %+v", rec.nodes, want)
	}
}

func TestRecordRestorations(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		was  entry
		now  zk.ACLReading
		what string
	}{
		"ours":                    {entry{1, 1, open, reader}, reading("/a", 1, 1, reader), "restored"},
		"ours, set again":         {entry{1, 1, open, reader}, reading("/a", 1, 4, reader), "restored"},
		"theirs since":            {entry{1, 1, open, reader}, reading("/a", 1, 2, ofHers), "left"},
		"theirs for longer":       {entry{1, 2, open, nil}, reading("/a", 1, 2, ofHers), "left"},
		"in doubt, was not set":   {entry{1, -1, open, reader}, reading("/a", 1, 1, open), ""},
		"in doubt, was set":       {entry{1, -1, open, reader}, reading("/a", 1, 2, reader), "restored"},
		"in doubt, and theirs":    {entry{1, -1, open, reader}, reading("/a", 1, 2, ofHers), "left"},
		"as it was":               {entry{1, 1, open, open}, reading("/a", 1, 1, open), ""},
		"as it was, set by other": {entry{1, 2, open, nil}, reading("/a", 1, 2, open), ""},
		"made anew":               {entry{1, 1, open, reader}, reading("/a", 2, 1, reader), ""},
		"never covered":           {entry{1, 1, nil, nil}, reading("/a", 1, 1, reader), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newRecord("/a", reader)
			rec.nodes["/a"] = tt.was
			steps, left := rec.restorations([]zk.ACLReading{tt.now}, 3, nil)
			got := ""
			switch {
			case len(steps) == 1 && steps[0].node == 3 && steps[0].restores && reflect.DeepEqual(steps[0].acl, tt.was.had):
				got = "restored"
			case len(left) == 1:
				got = "left"
			case len(steps) > 0:
				t.Errorf("steps %+v", steps)
			}
			if got != tt.what {
				t.Errorf("%q, want %q", got, tt.what)
			}
		})
	}
}
