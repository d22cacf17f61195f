package znodes

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// having is a holding at /b: what the state shows, the resource's own with the transaction 7, and
// those of others with the transaction 3.
func having(shown contents, secrets, ours, others []string) holding {
	h := newHolding("/b")
	maps.Copy(h.nodes, shown)
	for _, key := range secrets {
		h.secrets[key] = true
	}
	for _, key := range ours {
		h.written[key] = written{zxid: 7}
	}
	for _, key := range others {
		h.written[key] = written{zxid: 3, others: true}
	}
	return h
}

// texts are writes in the order of their paths, as in "set /b/a 7 data".
func texts(writes []zk.Write) []string {
	names := map[zk.WriteKind]string{zk.WriteCreate: "create", zk.WriteEnsure: "ensure", zk.WriteSet: "set", zk.WriteDelete: "delete", zk.WritePrune: "prune"}
	out := make([]string, len(writes))
	for i, w := range writes {
		out[i] = fmt.Sprintf("%s %s %d %s", w.Path, names[w.Kind], w.Mzxid, w.Data)
	}
	slices.Sort(out)
	return out
}

func keySetOf(keys ...string) keySet {
	set := make(keySet)
	for _, key := range keys {
		set[key] = true
	}
	return set
}

func TestChanges(t *testing.T) {
	ours := having(contents{"a": "A", "d/x": "X"}, []string{"s"}, []string{"", "a", "d", "d/x", "s"}, nil)
	strangers := having(contents{"a": "A", "x": "theirs"}, nil, []string{"a"}, []string{"", "x"})
	for name, tt := range map[string]struct {
		have holding
		want wanted
		does []string
	}{
		"nothing": {ours, wanted{nodes: contents{"a": "A", "d/x": "X"}, secrets: contents{"s": "new"}}, nil},
		"from nothing": {
			newHolding("/b"),
			wanted{nodes: contents{"a": "A", "d/x": ""}, secrets: contents{"s": "S"}},
			[]string{"/b ensure 0 ", "/b/a create 0 A", "/b/d ensure 0 ", "/b/d/x create 0 ", "/b/s create 0 S"},
		},
		"below the root":          {newHolding("/"), wanted{nodes: contents{"a": "A"}}, []string{"/a create 0 A"}},
		"a change":                {ours, wanted{nodes: contents{"a": "B", "d/x": "X"}, secrets: contents{"s": "S"}}, []string{"/b/a set 7 B"}},
		"a secret that is new":    {ours, wanted{nodes: contents{"a": "A", "d/x": "X"}, secrets: contents{"s": "S", "t": "T"}}, []string{"/b/t create 0 T"}},
		"secrets that are others": {ours, wanted{nodes: contents{"a": "A", "d/x": "X"}, secrets: contents{"s": "S"}, rewrite: true}, []string{"/b/s set 7 S"}},
		"a secret that goes":      {ours, wanted{nodes: contents{"a": "A", "d/x": "X"}}, []string{"/b/s delete 7 "}},
		"a secret that is kept":   {ours, wanted{nodes: contents{"a": "A", "d/x": "X"}, kept: keySetOf("s"), rewrite: true}, nil},
		"a secret in public":      {ours, wanted{nodes: contents{"a": "A", "d/x": "X", "s": "S"}}, []string{"/b/s set 7 S"}},
		"a public one in secret":  {ours, wanted{nodes: contents{"d/x": "X"}, secrets: contents{"a": "A", "s": "S"}}, []string{"/b/a set 7 A"}},
		"what was in between goes": {
			ours, wanted{nodes: contents{"a": "A"}, secrets: contents{"s": "S"}}, []string{"/b/d prune 7 ", "/b/d/x delete 7 "},
		},
		"what was in between is declared": {ours, wanted{nodes: contents{"a": "A", "d": "D", "d/x": "X"}, secrets: contents{"s": "S"}}, []string{"/b/d set 7 D"}},
		"what was declared is in between": {ours, wanted{nodes: contents{"a/y": "Y", "d/x": "X"}, secrets: contents{"s": "S"}}, []string{"/b/a set 7 ", "/b/a/y create 0 Y"}},
		"the same JSON": {
			having(contents{"a": `{"x":1}`}, nil, []string{"", "a"}, nil), wanted{nodes: contents{"a": `{ "x" : 1.0 }`}, compare: types.StringValue("json")}, nil,
		},
		"other bytes": {
			having(contents{"a": `{"x":1}`}, nil, []string{"", "a"}, nil), wanted{nodes: contents{"a": `{ "x": 1 }`}, compare: types.StringValue("bytes")}, []string{`/b/a set 7 { "x": 1 }`},
		},
		"others stay":                  {strangers, wanted{nodes: contents{"a": "A"}}, nil},
		"others go":                    {strangers, wanted{nodes: contents{"a": "A"}, exclusive: true}, []string{"/b/x delete 3 "}},
		"others that are declared now": {strangers, wanted{nodes: contents{"a": "A", "x": "ours"}, exclusive: true}, []string{"/b/x set 3 ours"}},
		"what the state does not have goes": {
			having(contents{"a": "A"}, nil, []string{"a"}, []string{""}), wanted{nodes: contents{"a": "A"}, exclusive: true, extra: map[string]int64{"y": 5, "a": 5}}, []string{"/b/y delete 5 "},
		},
		"an edited state": {having(contents{"a": "A", "c": "C"}, nil, nil, nil), wanted{nodes: contents{"a": "B"}}, []string{"/b ensure 0 ", "/b/a set 0 B", "/b/c delete 0 "}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := texts(changes(tt.have, tt.want)); !slices.Equal(got, tt.does) {
				t.Errorf("it does %q, want %q", got, tt.does)
			}
		})
	}
}

func TestRemoval(t *testing.T) {
	h := having(contents{"a": "A", "x": "theirs"}, []string{"s"}, []string{"", "a", "d", "s"}, []string{"e", "x"})
	if got, want := texts(removal(h, false)), []string{"/b prune 7 ", "/b/a delete 7 ", "/b/d prune 7 ", "/b/s delete 7 "}; !slices.Equal(got, want) {
		t.Errorf("it does %q, want %q", got, want)
	}
	// With exclusive, all that is below base is looked for besides.
	if got, want := texts(removal(h, true)), []string{"/b prune 7 ", "/b/a delete 7 ", "/b/s delete 7 ", "/b/x delete 3 "}; !slices.Equal(got, want) {
		t.Errorf("it does %q, want %q", got, want)
	}
}

// A record is what it was after it has been stored, and belongs to its nodes alone.
func TestRecord(t *testing.T) {
	h := having(contents{"a": "A", "d/x": "X", "x": "theirs", "y": "theirs"}, []string{"s"}, []string{"", "a", "d", "d/x", "s", "left/over"}, []string{"x", "y", "else"})
	h.written["a"] = written{zxid: 1 << 60}
	h.written["s"], h.written["y"] = written{zxid: 8, theirs: true}, written{zxid: 3, others: true, theirs: true}
	h.latest = 1<<60 + 1
	b, err := h.encodeRecord()
	if err != nil {
		t.Fatal(err)
	}
	empty := having(h.nodes, []string{"s"}, nil, nil)
	if got := empty.withRecord(b); !maps.Equal(got.written, h.written) || got.latest != h.latest {
		t.Errorf("%s is read as %v, %d, want %v, %d", b, got.written, got.latest, h.written, h.latest)
	}
	delete(empty.nodes, "a")
	if got := empty.withRecord(b); got.there("d/x") {
		t.Errorf("it is taken for that of other nodes: %v", got.written)
	}
	for _, damaged := range []string{"", "7", `{"runs":[1]}`, `{"runs":[1,-5,2,1000000000],"others":[-1,99],"theirs":[99]}`} {
		_ = empty.withRecord([]byte(damaged))
	}
}

// Many nodes of one transaction take no more than one.
func TestRecord_compact(t *testing.T) {
	h := newHolding("/b")
	for i := range 50000 {
		key := fmt.Sprintf("d%03d/n%05d", i%100, i)
		h.nodes[key] = ""
		h.written[key] = written{zxid: 7, others: i%100 == 99}
		h.written[key[:4]] = written{zxid: 7}
	}
	if b, err := h.encodeRecord(); err != nil || len(b) > 200 {
		t.Errorf("it takes %d bytes, %v: %.300s", len(b), err, b)
	}
}

func TestParseImport(t *testing.T) {
	for id, want := range map[string]importing{
		"/a":                              {Base: "/a"},
		"/":                               {Base: "/"},
		"/a//b//c/d":                      {Base: "/a", Keys: []string{"b", "c/d"}},
		"//b":                             {Base: "/", Keys: []string{"b"}},
		"/a?b":                            {Base: "/a?b"},
		"/a?include=b/**":                 {Base: "/a", Include: []string{"b/**"}},
		"/a?b?exclude=c&include=d%26%25e": {Base: "/a?b", Include: []string{"d&%e"}, Exclude: []string{"c"}},
		"/a?include=b=c":                  {Base: "/a", Include: []string{"b=c"}},
	} {
		got, err := parseImport(id)
		if err != nil || fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%q is read as %+v, %v, want %+v", id, got, err, want)
		}
	}
	for _, id := range []string{"/a?include=b&c", "/a//b?include=c", "/a?exclude=%", "/a?include=b&"} {
		if got, err := parseImport(id); err == nil {
			t.Errorf("%q is read as %+v", id, got)
		}
	}
}
