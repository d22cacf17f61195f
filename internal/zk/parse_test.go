package zk

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// Parsing are the rules of hosts, paths and retry settings, which take no server: a case of
// TestConformance.
var Parsing = []struct {
	Name string
	Test func(*testing.T)
}{
	{"hosts", parseServers},
	{"paths", validatePaths},
	{"parents", parents},
	{"chroot", chrootPaths},
	{"refused_retries", refuseRetries},
	{"config_versions", configVersions},
}

func parseServers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in     string
		hosts  []string
		chroot string
		err    string
	}{
		{in: "a", hosts: []string{"a:2181"}},
		{in: "a:1,b:2,c", hosts: []string{"a:1", "b:2", "c:2181"}},
		{in: " a:1 , b:2 ", hosts: []string{"a:1", "b:2"}},
		{in: "a:1,b:2/app", hosts: []string{"a:1", "b:2"}, chroot: "/app"},
		{in: "a/app/deep ", hosts: []string{"a:2181"}, chroot: "/app/deep"},
		{in: "a/", hosts: []string{"a:2181"}},
		{in: "10.0.0.1:2181", hosts: []string{"10.0.0.1:2181"}},
		{in: "[::1]", hosts: []string{"[::1]:2181"}},
		{in: "[::1]:7,[fe80::1%eth0]", hosts: []string{"[::1]:7", "[fe80::1%eth0]:2181"}},
		{in: "", err: "empty"},
		{in: "/app", err: "empty"},
		{in: "a,,b", err: "empty entry"},
		{in: "a,", err: "empty entry"},
		{in: ":2181", err: "no host"},
		{in: "a:", err: `"" is no port`},
		{in: "a:b", err: `"b" is no port`},
		{in: "a:0", err: `"0" is no port`},
		{in: "a:65536", err: `"65536" is no port`},
		{in: "a:-1", err: `"-1" is no port`},
		{in: "::1", err: "in brackets"},
		{in: "[::1", err: "not closed"},
		{in: "[::1]7", err: "only a port"},
		{in: "[a]:7", err: "no IPv6 address"},
		{in: "[1.2.3.4]:7", err: "no IPv6 address"},
		{in: "a b:1", err: "no host name"},
		{in: "user@host", err: "no user and no password"},
		{in: "user:secret@host:1", err: "no user and no password"},
		{in: "user:sec/ret@host:1", err: "no user and no password"},
		{in: "a:1/team@home", hosts: []string{"a:1"}, chroot: "/team@home"},
		{in: "a/app/", err: "chroot"},
		{in: "a//app", err: "chroot"},
		{in: "a/../b", err: "chroot"},
		{in: "a:1/app,b:2/app", err: "has servers in it"},
		{in: "a:1/app,b:2", err: "has servers in it"},
		{in: "a:1/x,[::1]:2181/x", err: "has servers in it"},
		{in: "a:1/x,y:z", hosts: []string{"a:1"}, chroot: "/x,y:z"},
		{in: "zk://a:1", err: `leave "zk://" out`},
		{in: "a:1;b:2", err: "with commas"},
	} {
		got, err := ParseServers(tc.in)
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%q: %v, want %q", tc.in, err, tc.err)
			}
			continue
		}
		if err != nil || !slices.Equal(got.Hosts, tc.hosts) || got.Chroot != tc.chroot {
			t.Errorf("%q: %+v, %v", tc.in, got, err)
		}
	}
}

func validatePaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/":                "",
		"/a":               "",
		"/a/b":             "",
		"/Grüße/世界":        "",
		"/a/.b/..c":        "",
		"":                 "empty",
		"a":                "not absolute",
		"/a/":              "ends with /",
		"//":               "ends with /",
		"/a//b":            "empty element",
		"/./a":             `the element "."`,
		"/a/..":            `the element ".."`,
		"/a\x00":           "U+0000 at byte 2",
		"/a\x1eb":          "U+001E at byte 2",
		"/\u007f":          "U+007F",
		"/\u009f":          "U+009F",
		"/\ue000":          "U+E000",
		"/\uf8ff":          "U+F8FF",
		"/\uf900":          "",
		"/\ufff0":          "U+FFF0",
		"/\U0001f600":      "U+1F600",
		"/a\xff":           "not UTF-8",
		"/a/b/c\n/d":       "U+000A",
		"/with space/here": "",
	} {
		err := ValidatePath(path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
		if err != nil && !errors.Is(err, ErrBadArguments) {
			t.Errorf("%q: %v is not ErrBadArguments", path, err)
		}
	}
	for path, ok := range map[string]bool{"/": true, "/a/": true, "/a-": true, "/a7": true, "/a/.": true, "/a/..": true, "/a//": false, "//": false, "/a/./b": false, "/a/\x00": false, "/a\xff": false, "a": false, "": false} {
		if err := ValidatePrefix(path); (err == nil) != ok {
			t.Errorf("prefix %q: %v", path, err)
		}
	}
}

func chrootPaths(t *testing.T) {
	t.Parallel()
	c := &Client{chroot: "/a"}
	for in, full := range map[string]string{"/": "/a", "/b": "/a/b"} {
		if got := c.chrooted(in); got != full {
			t.Errorf("chrooted %q: %q", in, got)
		}
		if got := c.Unchroot(full); got != in {
			t.Errorf("unchrooted %q: %q", full, got)
		}
	}
	// Only at the boundary of an element.
	for _, outside := range []string{"/ab/c", "/b"} {
		if got := c.Unchroot(outside); got != outside {
			t.Errorf("unchrooted %q: %q", outside, got)
		}
	}
}

func parents(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/": "/", "/a": "/", "/a/b": "/a"} {
		if got := Parent(path); got != want {
			t.Errorf("%q: %q", path, got)
		}
	}
}

func TestACLStored(t *testing.T) {
	t.Parallel()
	world := ACL{Perms: PermAll, Scheme: SchemeWorld, ID: "anyone"}
	auth := ACL{Perms: PermAll, Scheme: SchemeAuth, ID: ""}
	bob, masked := ACL{Perms: PermRead, Scheme: SchemeDigest, ID: "bob:hash="}, ACL{Perms: PermRead, Scheme: SchemeDigest, ID: "bob:x"}
	eve := ACL{Perms: PermRead, Scheme: SchemeDigest, ID: "eve:x"}
	alice := ACL{Perms: PermAll, Scheme: SchemeDigest, ID: "alice:hash="}
	for _, tc := range []struct {
		name      string
		sent, got []ACL
		want      bool
	}{
		{"same", []ACL{world, bob}, []ACL{bob, world}, true},
		{"duplicates", []ACL{world, world}, []ACL{world}, true},
		{"masked", []ACL{bob}, []ACL{masked}, true},
		{"masked, another user", []ACL{bob}, []ACL{eve}, false},
		{"less", []ACL{world, bob}, []ACL{world}, false},
		{"more", []ACL{world}, []ACL{world, bob}, false},
		{"permissions", []ACL{world}, []ACL{{Perms: PermRead, Scheme: SchemeWorld, ID: "anyone"}}, false},
		{"auth", []ACL{auth}, []ACL{alice}, true},
		{"auth, masked", []ACL{auth}, []ACL{{Perms: PermAll, Scheme: SchemeDigest, ID: "alice:x"}}, true},
		{"auth and more", []ACL{auth, bob}, []ACL{alice, bob}, true},
		{"auth of more than one", []ACL{auth}, []ACL{alice, {Perms: PermAll, Scheme: SchemeSASL, ID: "alice"}}, true},
		{"auth, and not what goes with it", []ACL{auth, bob}, []ACL{world}, false},
		{"auth, and everybody", []ACL{auth}, []ACL{world}, false},
		{"auth, and an address", []ACL{auth}, []ACL{{Perms: PermAll, Scheme: SchemeIP, ID: "10.0.0.1"}}, false},
		{"auth, and somebody else", []ACL{auth}, []ACL{{Perms: PermAll, Scheme: SchemeDigest, ID: "eve:hash="}}, false},
		{"auth, and other permissions", []ACL{auth}, []ACL{{Perms: PermRead, Scheme: SchemeDigest, ID: "alice:hash="}}, false},
		{"auth, and more than that", []ACL{auth}, []ACL{alice, world}, false},
		{"auth, and less than that", []ACL{auth, bob}, []ACL{bob}, false},
	} {
		if got := aclStored(tc.sent, tc.got, []Credential{{Scheme: SchemeDigest, Secret: "alice:secret"}}); got != tc.want {
			t.Errorf("%s: %t", tc.name, got)
		}
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	creds := []Credential{{Scheme: SchemeDigest, Secret: "alice:pass:word"}}
	for _, tc := range []struct {
		acl   ACL
		creds []Credential
		want  bool
	}{
		{ACL{Perms: PermWrite, Scheme: SchemeWorld, ID: "anyone"}, nil, true},
		{ACL{Perms: PermRead, Scheme: SchemeWorld, ID: "anyone"}, nil, false},
		{ACL{Perms: PermWrite, Scheme: SchemeAuth, ID: ""}, creds, true},
		{ACL{Perms: PermWrite, Scheme: SchemeAuth, ID: ""}, nil, false},
		{ACL{Perms: PermWrite, Scheme: SchemeDigest, ID: DigestID("alice", "pass:word")}, creds, true},
		{ACL{Perms: PermWrite, Scheme: SchemeDigest, ID: DigestID("alice", "other")}, creds, false},
		{ACL{Perms: PermWrite, Scheme: SchemeIP, ID: "127.0.0.1"}, creds, false},
	} {
		if got := grants([]ACL{tc.acl}, PermWrite, tc.creds); got != tc.want {
			t.Errorf("%v with %v: %t", tc.acl, tc.creds, got)
		}
	}
}

// The example of ZooKeeper's documentation of the digest scheme.
func TestDigestID(t *testing.T) {
	t.Parallel()
	if got := DigestID("super", "admin"); got != "super:xQJmxLMiHGwaqBvst5y6rkB6HQs=" {
		t.Error(got)
	}
}

func refuseRetries(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]RetryPolicy{
		"backoff":   {Backoff: 0.5},
		"delay":     {Delay: -1},
		"max delay": {MaxDelay: -1},
		"deadline":  {Deadline: -1},
		"jitter":    {Jitter: 1.5},
		"no number": {Backoff: math.NaN()},
		"no share":  {Jitter: math.NaN()},
	} {
		if _, err := New(t.Context(), Config{Retry: p}); err == nil {
			t.Errorf("%s: a client was made with %+v", name, p)
		}
		if _, err := New(t.Context(), Config{ConnectRetry: p}); err == nil {
			t.Errorf("%s: a client was made that connects with %+v", name, p)
		}
	}
	// What is given stays, and the rest has its defaults; an operation is tried, as servers are, for as
	// long as the connect timeout allows. A number of tries takes the place of that.
	c, err := New(t.Context(), Config{Retry: RetryPolicy{Delay: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	want := RetryPolicy{MaxTries: -1, Delay: time.Second, Backoff: 2, MaxDelay: 2 * time.Second, Jitter: 0.5, Deadline: DefaultConnectTimeout}
	if got := c.engine.Config().Retry; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	want.Deadline, want.Delay = 0, 100*time.Millisecond
	if got := c.engine.Config().ConnectRetry; got != want {
		t.Errorf("to connect: %+v, want %+v", got, want)
	}
	if c, err = New(t.Context(), Config{Retry: RetryPolicy{MaxTries: 3}}); err != nil {
		t.Fatal(err)
	}
	want.MaxTries = 3
	if got := c.engine.Config().Retry; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A change is one call's, until so many others have come that it is forgotten.
func TestClaims(t *testing.T) {
	t.Parallel()
	var cl claims
	first, second := claim{zxid: 1}, claim{zxid: 2}
	if cl.has(first) || !cl.take(first) || cl.take(first) || !cl.has(first) {
		t.Error("one transaction has not one maker")
	}
	if acl := (claim{1, "/a", 1}); cl.has(acl) {
		t.Error("an ACL is taken for the transaction that made its node")
	}
	for zxid := range int64(claimsKept) {
		if !cl.take(claim{zxid: zxid + 2}) {
			t.Fatalf("%d was taken", zxid+2)
		}
	}
	if cl.has(first) || !cl.has(second) || len(cl.ring) != claimsKept {
		t.Errorf("%d are kept", len(cl.ring))
	}
}

// What a multiRead answers is what was asked for, or why it could not be read.
func TestFill(t *testing.T) {
	t.Parallel()
	data := proto.MultiReadResult{Op: proto.OpGetData, Data: []byte("x")}
	names := proto.MultiReadResult{Op: proto.OpGetChildren, Children: []string{"b", "a"}}
	none := proto.MultiReadResult{Op: proto.OpError, Err: ErrNoNode}
	unsaid := proto.MultiReadResult{Op: proto.OpError}
	for name, results := range map[string][]proto.MultiReadResult{
		"other order": {names, data}, "data twice": {data, data}, "one": {data}, "error without a code": {unsaid, names}, "children's": {data, unsaid},
	} {
		if err := fill(make([]Reading, 1), results, true); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	batch := make([]Reading, 2)
	if err := fill(batch, []proto.MultiReadResult{data, names, none, none}, true); err != nil || string(batch[0].Data) != "x" || len(batch[0].Children) != 2 || !errors.Is(batch[1].Err, ErrNoNode) {
		t.Errorf("%+v, %v", batch, err)
	}
}

// No way of printing a credential shows its secret, nor one of printing what holds it.
func TestCredentialIsNotPrinted(t *testing.T) {
	t.Parallel()
	cred := Credential{Scheme: "digest", Secret: "alice:hush"}
	c, err := New(t.Context(), Config{Auth: []Credential{cred}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, v := range []any{cred, &cred, []Credential{cred}, Config{Auth: []Credential{cred}}, c} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("text", "value", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("json", "value", v)
	}
	for _, hidden := range []string{"hush", fmt.Sprintf("%x", "hush")} {
		if strings.Contains(b.String(), hidden) {
			t.Errorf("printed %s", b.String())
		}
	}
	if !strings.Contains(b.String(), "digest") {
		t.Errorf("the scheme is not told: %s", b.String())
	}
}

func TestIsSequenceNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0000000000": true, "0000000007": true, "2147483647": true, "-2147483648": true, "-1000000000": true, "-999999999": true, "-000000001": true,
		"": false, "7": false, "000000007": false, "00000000007": false, "2147483648": false, "9999999999": false, "-2147483649": false,
		"-0000000001": false, "-000000000": false, "+000000007": false, "000 000007": false, "000000000a": false, "0x00000007": false,
	} {
		if got := IsSequenceNumber(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func configVersions(t *testing.T) {
	t.Parallel()
	const member = "server.1=10.0.0.1:2888:3888:participant;0.0.0.0:2181\n"
	for config, want := range map[string]int64{
		member + "version=10000000a":   0x10000000a,
		member + "version=100000010\n": 0x100000010,
		"version=0":                    0,
		"":                             -1, member: -1, member + "version=": -1, member + "version=xyz": -1, "version=1\n" + member: -1, member + "version=0x1": -1,
	} {
		got, err := ConfigVersion([]byte(config))
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("%q: %x, %v", config, got, err)
		}
	}
}
