package proto

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk/jute"
)

// record is a request's or a reply's encoding in the notation of the format: i int, l
// long, s string, b buffer (nil is null), B boolean. The Go types tell all but int from
// long; the letters are there to be read.
func record(format string, fields ...any) []byte {
	var b []byte
	for i, f := range format {
		switch v := fields[i].(type) {
		case int:
			if f == 'l' {
				b = jute.AppendLong(b, int64(v))
			} else {
				b = jute.AppendInt(b, int32(v))
			}
		case string:
			b = jute.AppendString(b, v)
		case []byte:
			b = jute.AppendBuffer(b, v)
		case nil:
			b = jute.AppendBuffer(b, nil)
		case bool:
			b = jute.AppendBool(b, v)
		default:
			panic(fmt.Sprintf("field %d has the type %T", i, v))
		}
	}
	return b
}

var world = []ACL{{Perms: PermAll, Scheme: "world", ID: "anyone"}}

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		req  interface{ AppendTo([]byte) []byte }
		want []byte
	}{
		{"header", RequestHeader{Xid: 7, Op: OpCreate}, record("ii", 7, 1)},
		{"connect", &ConnectRequest{LastZxidSeen: 1, TimeoutMillis: 2, SessionID: 3, Password: []byte{4}, ReadOnly: true}, record("ililbB", 0, 1, 2, 3, []byte{4}, true)},
		{"auth", &AuthRequest{Scheme: "digest", Auth: []byte("u:p")}, record("isb", 0, "digest", []byte("u:p"))},
		{"create", &CreateRequest{Path: "/a", Data: []byte("d"), ACL: world, Flags: FlagEphemeral}, record("sbiissi", "/a", []byte("d"), 1, 31, "world", "anyone", 1)},
		{"create TTL", &CreateRequest{Path: "/a", ACL: world, Flags: FlagPersistentTTL, TTLMillis: 9}, record("sbiissil", "/a", nil, 1, 31, "world", "anyone", 5, 9)},
		{"delete", &DeleteRequest{Path: "/a", Version: -1}, record("si", "/a", -1)},
		{"get", &PathWatchRequest{Path: "/a"}, record("sB", "/a", false)},
		{"set", &SetDataRequest{Path: "/a", Data: []byte{}, Version: 3}, record("sbi", "/a", []byte{}, 3)},
		{"getACL", &GetACLRequest{Path: "/a"}, record("s", "/a")},
		{"setACL", &SetACLRequest{Path: "/a", ACL: world, Version: 2}, record("siissi", "/a", 1, 31, "world", "anyone", 2)},
		{"sync", &SyncRequest{Path: "/"}, record("s", "/")},
		{
			"multi", &MultiRequest{Ops: []MultiOp{{OpCheck, &CheckRequest{Path: "/a", Version: 1}}, {OpDelete, &DeleteRequest{Path: "/b", Version: 2}}}},
			record("iBisiiBisiiBi", 13, false, -1, "/a", 1, 2, false, -1, "/b", 2, -1, true, -1),
		},
	} {
		if got := tc.req.AppendTo(nil); !bytes.Equal(got, tc.want) {
			t.Errorf("%s:\ngot  % x\nwant % x", tc.name, got, tc.want)
		}
	}
}

var (
	statFields = []any{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	statBytes  = record("lllliiiliil", statFields...)
	aStat      = Stat{Czxid: 1, Mzxid: 2, Ctime: 3, Mtime: 4, Version: 5, Cversion: 6, Aversion: 7, EphemeralOwner: 8, DataLength: 9, NumChildren: 10, Pzxid: 11}
)

type decoder interface{ Decode(*jute.Reader) }

// replies are one of each reply, which the fuzz targets begin with.
var replies = []struct {
	name string
	in   []byte
	out  func() decoder
	want string // as %+v
}{
	{"header", record("ili", 7, 8, -101), func() decoder { return new(ReplyHeader) }, "&{Xid:7 Zxid:8 Err:node does not exist}"},
	{"connect", record("iilbB", 0, 9000, 77, []byte{1}, true), func() decoder { return new(ConnectReply) }, "&{TimeoutMillis:9000 SessionID:77 Password:[1] ReadOnly:true}"},
	{"connect of 3.3", record("iilb", 0, 9000, 77, []byte{1}), func() decoder { return new(ConnectReply) }, "&{TimeoutMillis:9000 SessionID:77 Password:[1] ReadOnly:false}"},
	{"stat", statBytes, func() decoder { return new(Stat) }, fmt.Sprintf("%+v", &aStat)},
	{"create", record("s", "/a"), func() decoder { return new(CreateReply) }, fmt.Sprintf("%+v", &CreateReply{Path: "/a"})},
	{"create2", append(record("s", "/a"), statBytes...), func() decoder { return new(CreateReply) }, fmt.Sprintf("%+v", &CreateReply{Path: "/a", Stat: aStat, HasStat: true})},
	{"get", append(record("b", []byte{1}), statBytes...), func() decoder { return new(GetDataReply) }, fmt.Sprintf("%+v", &GetDataReply{Data: []byte{1}, Stat: aStat})},
	{"children", append(record("iss", 2, "b", "a"), statBytes...), func() decoder { return new(GetChildrenReply) }, fmt.Sprintf("%+v", &GetChildrenReply{Children: []string{"b", "a"}, Stat: aStat})},
	{"getACL", append(record("iiss", 1, 31, "world", "anyone"), statBytes...), func() decoder { return new(GetACLReply) }, fmt.Sprintf("%+v", &GetACLReply{ACL: world, Stat: aStat})},
	{"multi", bytes.Join([][]byte{
		record("iBis", 1, false, 0, "/a"),
		record("iBis", 15, false, 0, "/b"), statBytes,
		record("iBi", 5, false, 0), statBytes,
		record("iBi", 2, false, 0), record("iBi", 13, false, 0), record("iBi", -1, true, -1),
	}, nil), func() decoder { return &MultiReply{Asked: make([]MultiOp, 5)} }, fmt.Sprintf("%+v", &MultiReply{Asked: make([]MultiOp, 5), Results: []MultiResult{
		{Op: OpCreate, Path: "/a"}, {Op: OpCreate2, Path: "/b", Stat: aStat, HasStat: true}, {Op: OpSetData, Stat: aStat, HasStat: true}, {Op: OpDelete}, {Op: OpCheck},
	}})},
	{"multiRead", bytes.Join([][]byte{
		record("iBi", 4, false, 0), record("b", []byte{1}), statBytes,
		record("iBiis", 8, false, 0, 1, "c"), record("iBii", -1, false, -101, -101), record("iBi", -1, true, -1),
	}, nil), func() decoder { return &MultiReadReply{Want: 3} }, fmt.Sprintf("%+v", &MultiReadReply{Want: 3, Results: []MultiReadResult{
		{Op: OpGetData, Data: []byte{1}, Stat: aStat}, {Op: OpGetChildren, Children: []string{"c"}}, {Op: OpError, Err: ErrNoNode},
	}})},
	{"event", record("iis", 3, 3, "/a"), func() decoder { return new(WatcherEvent) }, "&{Type:data changed State:3 Path:/a}"},
	{"ephemerals", record("iss", 2, "/a", "/b"), func() decoder { return new(GetEphemeralsReply) }, "&{Paths:[/a /b]}"},
	{"descendants", record("i", 7), func() decoder { return new(CountDescendantsReply) }, "&{Total:7}"},
	{"who am I", record("iss", 1, "ip", "::1"), func() decoder { return new(WhoAmIReply) }, "&{Identities:[{Scheme:ip User:::1}]}"},
	{"multi that failed", record("iBiiiBiiiBi", -1, false, 0, 0, -1, false, -110, -110, -1, true, -1), func() decoder { return &MultiReply{Asked: make([]MultiOp, 5)} }, fmt.Sprintf("%+v", &MultiReply{Asked: make([]MultiOp, 5), Results: []MultiResult{
		{Op: OpError, Err: OK}, {Op: OpError, Err: ErrNodeExists},
	}})},
}

func TestReplies(t *testing.T) {
	t.Parallel()
	for _, tc := range replies {
		r := jute.NewReader(tc.in)
		out := tc.out()
		out.Decode(&r)
		if got := fmt.Sprintf("%+v", out); r.Err() != nil || r.Remaining() != 0 || got != tc.want {
			t.Errorf("%s: %v, %d bytes left\ngot  %s\nwant %s", tc.name, r.Err(), r.Remaining(), got, tc.want)
		}
	}
}

// A reply that is cut off anywhere is an error, and never a shorter reply; apart from the
// one whose last field is optional, and the end of a path without the stat after it.
func TestTruncatedReplies(t *testing.T) {
	t.Parallel()
	for _, tc := range replies {
		if strings.HasPrefix(tc.name, "connect") {
			continue
		}
		for n := range tc.in {
			if tc.name == "create2" && n == len(record("s", "/a")) {
				continue
			}
			r := jute.NewReader(tc.in[:n])
			tc.out().Decode(&r)
			if r.Err() == nil {
				t.Errorf("%s: %d of %d bytes were enough", tc.name, n, len(tc.in))
			}
		}
	}
}

func TestUnknownMultiResult(t *testing.T) {
	t.Parallel()
	r := jute.NewReader(record("iBi", 99, false, 0))
	(&MultiReply{Asked: make([]MultiOp, 1)}).Decode(&r)
	if r.Err() == nil || !strings.Contains(r.Err().Error(), "99") {
		t.Error(r.Err())
	}
}

// A reply cannot hold more results than operations were sent, however long it is.
func TestMultiReplyIsBounded(t *testing.T) {
	t.Parallel()
	in := bytes.Repeat(record("iBi", 2, false, 0), 3)
	for _, out := range []interface{ Decode(*jute.Reader) }{&MultiReply{Asked: make([]MultiOp, 2)}, &MultiReadReply{Want: 0}} {
		r := jute.NewReader(in)
		out.Decode(&r)
		if r.Err() == nil {
			t.Errorf("%T took more than was asked for", out)
		}
	}
}

// FuzzReplies gives each decoder what the input holds: none may panic, or hold more than
// the input did.
func FuzzReplies(f *testing.F) {
	for i, tc := range replies {
		f.Add(uint8(i), tc.in)
	}
	f.Add(uint8(7), jute.AppendInt(nil, math.MaxInt32))
	f.Fuzz(func(t *testing.T, which uint8, in []byte) {
		r := jute.NewReader(in)
		out := replies[int(which)%len(replies)].out()
		out.Decode(&r)
		if m, ok := out.(*MultiReply); ok && len(m.Results)*MultiHeaderSize > len(in) {
			t.Fatalf("%d results out of %d bytes", len(m.Results), len(in))
		}
	})
}

func TestErrCodes(t *testing.T) {
	t.Parallel()
	for code := ErrCode(-130); code <= 0; code++ {
		if _, known := codeTexts[code]; known == strings.Contains(code.Error(), "unknown ZooKeeper error code") {
			t.Errorf("%d: %v", code, code)
		}
	}
	if err := error(ErrCode(-4711)); err.Error() != "unknown ZooKeeper error code -4711" || !errors.Is(err, ErrCode(-4711)) {
		t.Error(err)
	}
	// The codes of the protocol, by their numbers: a typing error in a constant would
	// pass everywhere else.
	for _, code := range []ErrCode{
		0, -1, -2, -3, -4, -5, -6, -7, -8, -12, -13, -14, -100, -101, -102, -103, -108, -110, -111, -112, -113, -114, -115,
		-118, -119, -120, -121, -122, -123, -124, -125, -127,
	} {
		if _, known := codeTexts[code]; !known {
			t.Errorf("%d has no name", code)
		}
	}
	if len(codeTexts) != 32 {
		t.Errorf("%d codes", len(codeTexts))
	}
}

func TestPerms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"cdrwa": "cdrwa", "adrwc": "cdrwa", "31": "cdrwa", "1": "r", "r": "r", "wr": "rw", "6": "cw"} {
		if got, err := ParsePerms(in); err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"": "no permissions", "cdx": `unknown letter "x"`, "rr": `letter "r" twice`, "R": `unknown letter "R"`,
		"0": "bit mask", "32": "bit mask", "999": "bit mask", "1r": "bit mask", "é": `unknown letter "é"`, "-1": `unknown letter "-"`,
	} {
		if got, err := ParsePerms(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	if got := (ACL{PermAll, "digest", "bob:x"}).String(); got != "digest:bob:x:cdrwa" {
		t.Error(got)
	}
}

// FuzzParsePerms: what is accepted says the same when it is written out and read again.
func FuzzParsePerms(f *testing.F) {
	f.Add("cdrwa")
	f.Add("31")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePerms(s)
		if err != nil {
			return
		}
		if again, err := ParsePerms(p.String()); err != nil || again != p {
			t.Fatalf("%q: %v, then %v, %v", s, p, again, err)
		}
	})
}
