package attr_test

import (
	"slices"
	"strings"
	"testing"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

var (
	alice = attr.Identity{Scheme: "digest", ID: zk.DigestID("alice", "secret")}
	bob   = attr.Identity{Scheme: "digest", ID: zk.DigestID("bob", "builder")}
)

// set makes an ACL set as a configuration has it, from entries "scheme|id|permissions".
// The text "?" stands for an unknown value, and "null" for null.
func set(entries ...string) types.Set {
	value := func(s string) types.String {
		switch s {
		case "?":
			return types.StringUnknown()
		case "null":
			return types.StringNull()
		}
		return types.StringValue(s)
	}
	var elements []fwattr.Value
	for _, e := range entries {
		part := strings.Split(e, "|")
		elements = append(elements, types.ObjectValueMust(attr.ACLEntryType.AttrTypes, map[string]fwattr.Value{
			"scheme": value(part[0]), "id": value(part[1]), "permissions": value(part[2]),
		}))
	}
	return types.SetValueMust(attr.ACLEntryType, elements)
}

func TestSameACL(t *testing.T) {
	t.Parallel()
	open := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll}
	read := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}
	ofAlice := zk.ACL{Scheme: alice.Scheme, ID: alice.ID, Perms: zk.PermAll}
	ofBob := zk.ACL{Scheme: bob.Scheme, ID: bob.ID, Perms: zk.PermAll}
	auth := zk.ACL{Scheme: "auth", Perms: zk.PermAll}
	masked := zk.ACL{Scheme: "digest", ID: "alice:x", Perms: zk.PermAll}

	tests := map[string]struct {
		a, b []zk.ACL
		self []attr.Identity
		want bool
	}{
		"equal":                             {[]zk.ACL{open}, []zk.ACL{open}, nil, true},
		"order":                             {[]zk.ACL{open, ofAlice}, []zk.ACL{ofAlice, open}, nil, true},
		"duplicates":                        {[]zk.ACL{open, open}, []zk.ACL{open}, nil, true},
		"permissions split over entries":    {[]zk.ACL{read, {Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermRead}}, []zk.ACL{open}, nil, true},
		"an entry within another":           {[]zk.ACL{open, read}, []zk.ACL{open}, nil, true},
		"other permissions":                 {[]zk.ACL{open}, []zk.ACL{read}, nil, false},
		"other identity":                    {[]zk.ACL{ofAlice}, []zk.ACL{ofBob}, nil, false},
		"one more":                          {[]zk.ACL{open}, []zk.ACL{open, ofBob}, nil, false},
		"same id of another scheme":         {[]zk.ACL{{Scheme: "sasl", ID: "alice", Perms: zk.PermRead}}, []zk.ACL{{Scheme: "x509", ID: "alice", Perms: zk.PermRead}}, nil, false},
		"auth is oneself":                   {[]zk.ACL{auth}, []zk.ACL{ofAlice}, []attr.Identity{alice}, true},
		"auth ignores its id":               {[]zk.ACL{{Scheme: "auth", ID: "whoever", Perms: zk.PermAll}}, []zk.ACL{ofAlice}, []attr.Identity{alice}, true},
		"auth is all of oneself":            {[]zk.ACL{auth}, []zk.ACL{ofAlice, ofBob}, []attr.Identity{alice, bob}, true},
		"auth is not less than oneself":     {[]zk.ACL{auth}, []zk.ACL{ofAlice}, []attr.Identity{alice, bob}, false},
		"auth is nobody else":               {[]zk.ACL{auth}, []zk.ACL{ofBob}, []attr.Identity{alice}, false},
		"auth beside one's own entry":       {[]zk.ACL{auth, ofAlice}, []zk.ACL{ofAlice}, []attr.Identity{alice}, true},
		"auth of nobody":                    {[]zk.ACL{auth}, []zk.ACL{auth}, nil, true},
		"masked digest":                     {[]zk.ACL{ofAlice}, []zk.ACL{masked}, nil, true},
		"masked digest of another user":     {[]zk.ACL{ofBob}, []zk.ACL{masked}, nil, false},
		"masked digest, other permissions":  {[]zk.ACL{ofAlice}, []zk.ACL{{Scheme: "digest", ID: "alice:x", Perms: zk.PermRead}}, nil, false},
		"all are masked when one is":        {[]zk.ACL{ofAlice, ofBob}, []zk.ACL{masked, {Scheme: "digest", ID: "bob:x", Perms: zk.PermAll}}, nil, true},
		"masked auth":                       {[]zk.ACL{auth}, []zk.ACL{masked}, []attr.Identity{alice}, true},
		"without a mask a digest is itself": {[]zk.ACL{ofAlice}, []zk.ACL{{Scheme: "digest", ID: zk.DigestID("alice", "other"), Perms: zk.PermAll}}, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := attr.SameACL(tt.a, tt.b, tt.self); got != tt.want {
				t.Errorf("SameACL(%v, %v) = %v, want %v", tt.a, tt.b, got, tt.want)
			}
			if got := attr.SameACL(tt.b, tt.a, tt.self); got != tt.want {
				t.Errorf("SameACL(%v, %v) = %v, want %v", tt.b, tt.a, got, tt.want)
			}
		})
	}
}

// touched is a stat of a node whose ACL was set so often; last is what a state had of it.
func touched(times int32) zk.Stat { return zk.Stat{Czxid: 7, Aversion: times} }

func TestRefreshACL(t *testing.T) {
	t.Parallel()
	everybody := []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermAll}}
	asLetters := set("world|anyone|cdrwa")
	of := func(who ...attr.Identity) (acl []zk.ACL) {
		for _, i := range who {
			acl = append(acl, zk.ACL{Scheme: i.Scheme, ID: i.ID, Perms: zk.PermAll})
		}
		return acl
	}
	hidden := []zk.ACL{{Scheme: "digest", ID: "alice:x", Perms: zk.PermAll}}
	mapped := []zk.ACL{{Scheme: "sasl", ID: "alice@SHOP", Perms: zk.PermAll}}
	auth := set("auth||cdrwa")
	tests := map[string]struct {
		prior   types.Set
		shown   []zk.ACL
		now     int32 // how often the ACL has been set; 1 is what the state has
		foreign bool
		self    []attr.Identity
		want    types.Set
	}{
		"a mask is kept":            {prior: set("world|anyone|31"), shown: everybody, now: 2, want: set("world|anyone|31")},
		"another order is kept":     {prior: set("world|anyone|adrwc"), shown: everybody, now: 2, want: set("world|anyone|adrwc")},
		"another ACL is not":        {prior: set("world|anyone|r"), shown: everybody, now: 2, want: asLetters},
		"null takes the server's":   {prior: types.SetNull(attr.ACLEntryType), shown: everybody, now: 1, want: asLetters},
		"unknown takes the same":    {prior: types.SetUnknown(attr.ACLEntryType), shown: everybody, now: 1, want: asLetters},
		"an unknown element too":    {prior: set("world|?|31"), shown: everybody, now: 1, want: asLetters},
		"duplicates are kept":       {prior: set("world|anyone|31", "world|anyone|cdrwa"), shown: everybody, now: 2, want: set("world|anyone|31", "world|anyone|cdrwa")},
		"invalid letters never win": {prior: set("world|anyone|xyz"), shown: everybody, now: 2, want: asLetters},

		"auth, as it was":              {prior: auth, shown: of(alice), now: 1, self: []attr.Identity{alice}, want: auth},
		"auth, set to the same":        {prior: auth, shown: of(alice), now: 2, self: []attr.Identity{alice}, want: auth},
		"auth of another":              {prior: auth, shown: of(alice), now: 1, foreign: true, self: []attr.Identity{bob}, want: attr.ACLValue(of(alice))},
		"auth of fewer":                {prior: auth, shown: of(alice), now: 1, foreign: true, self: []attr.Identity{alice, bob}, want: attr.ACLValue(of(alice))},
		"auth of more":                 {prior: auth, shown: of(alice, bob), now: 1, foreign: true, self: []attr.Identity{bob}, want: attr.ACLValue(of(alice, bob))},
		"auth of another, set by hand": {prior: auth, shown: of(bob), now: 2, foreign: true, self: []attr.Identity{bob}, want: auth},
		"auth, otherwise named":        {prior: auth, shown: mapped, now: 1, self: []attr.Identity{alice}, want: auth},
		"auth, named by somebody else": {prior: auth, shown: mapped, now: 2, self: []attr.Identity{alice}, want: attr.ACLValue(mapped)},
		"auth, hidden":                 {prior: auth, shown: hidden, now: 1, self: []attr.Identity{alice}, want: auth},
		"auth, hidden and set":         {prior: auth, shown: hidden, now: 2, self: []attr.Identity{alice}, want: attr.ACLValue(hidden)},
		"auth of another, hidden":      {prior: auth, shown: hidden, now: 1, foreign: true, self: []attr.Identity{alice}, want: attr.ACLValue(hidden)},
		"a digest, hidden":             {prior: attr.ACLValue(of(alice)), shown: hidden, now: 1, want: attr.ACLValue(of(alice))},
		"a digest, hidden and set":     {prior: attr.ACLValue(of(alice)), shown: hidden, now: 2, want: attr.ACLValue(hidden)},
		"a digest that was hidden":     {prior: attr.ACLValue(hidden), shown: of(alice), now: 1, want: attr.ACLValue(of(alice))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := attr.RefreshACL(tt.prior, attr.StatValue(touched(1)), tt.foreign, tt.shown, touched(tt.now), tt.self); !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got := attr.RefreshACL(auth, types.ObjectNull(attr.StatType.AttrTypes), false, mapped, touched(1), []attr.Identity{alice}); !got.Equal(attr.ACLValue(mapped)) {
		t.Errorf("without a stat: %v", got)
	}
}

func TestOwnAsAuth(t *testing.T) {
	t.Parallel()
	of := func(who attr.Identity, perms zk.Perms) zk.ACL {
		return zk.ACL{Scheme: who.Scheme, ID: who.ID, Perms: perms}
	}
	read, auth := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}, zk.ACL{Scheme: "auth", Perms: zk.PermAll}
	both := []attr.Identity{alice, bob}
	for name, tt := range map[string]struct {
		acl  []zk.ACL
		self []attr.Identity
		want []zk.ACL
	}{
		"nobody's":           {[]zk.ACL{read}, both, []zk.ACL{read}},
		"one's own":          {[]zk.ACL{of(alice, zk.PermAll), read}, both[:1], []zk.ACL{auth, read}},
		"in two entries":     {[]zk.ACL{of(alice, zk.PermAll&^zk.PermRead), of(alice, zk.PermRead)}, both[:1], []zk.ACL{auth}},
		"of both":            {[]zk.ACL{of(alice, zk.PermAll), of(bob, zk.PermAll)}, both, []zk.ACL{auth}},
		"of one of both":     {[]zk.ACL{of(alice, zk.PermAll)}, both, []zk.ACL{of(alice, zk.PermAll)}},
		"of both, not alike": {[]zk.ACL{of(alice, zk.PermAll), of(bob, zk.PermRead)}, both, []zk.ACL{of(alice, zk.PermAll), of(bob, zk.PermRead)}},
		"nobody presented":   {[]zk.ACL{of(alice, zk.PermAll)}, nil, []zk.ACL{of(alice, zk.PermAll)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := attr.OwnAsAuth(tt.acl, tt.self); !slices.Equal(got, tt.want) {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestACLValueDropsDuplicates(t *testing.T) {
	t.Parallel()
	a := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}
	if got, want := attr.ACLValue([]zk.ACL{a, a}), set("world|anyone|r"); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPlanACL(t *testing.T) {
	t.Parallel()
	state := set("world|anyone|cdrwa")
	tests := map[string]struct{ declared, want types.Set }{
		"the same in other words": {set("world|anyone|31"), state},
		"another one":             {set("world|anyone|r"), set("world|anyone|r")},
		"unknown":                 {types.SetUnknown(attr.ACLEntryType), types.SetUnknown(attr.ACLEntryType)},
		"partly unknown":          {set("digest|?|r"), set("digest|?|r")},
		"null":                    {types.SetNull(attr.ACLEntryType), types.SetNull(attr.ACLEntryType)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := attr.PlanACL(tt.declared, state, nil); !got.Equal(tt.want) {
				t.Errorf("PlanACL(%v) = %v, want %v", tt.declared, got, tt.want)
			}
		})
	}
	if got, want := attr.PlanACL(state, types.SetNull(attr.ACLEntryType), nil), state; !got.Equal(want) {
		t.Errorf("without a state: got %v, want %v", got, want)
	}
}

func TestACLFromAcceptsWhatAServerCanHold(t *testing.T) {
	t.Parallel()
	none := zk.ACL{Scheme: "world", ID: "anyone"}
	got, err := attr.ACLFrom(attr.ACLValue([]zk.ACL{none}))
	if err != nil || len(got) != 1 || got[0] != none {
		t.Errorf("got %v, %v; want %v", got, err, none)
	}
}

func TestParseACL(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in      string
		want    []zk.ACL
		wantErr string
	}{
		"one":                {in: "world:anyone:cdrwa", want: []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermAll}}},
		"two with a blank":   {in: "world:anyone:r, ip:10.0.0.0/8:31", want: []zk.ACL{{Scheme: "world", ID: "anyone", Perms: zk.PermRead}, {Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermAll}}},
		"an id with a colon": {in: "digest:" + alice.ID + ":rw", want: []zk.ACL{{Scheme: "digest", ID: alice.ID, Perms: zk.PermRead | zk.PermWrite}}},
		"auth has no id":     {in: "auth::cdrwa", want: []zk.ACL{{Scheme: "auth", Perms: zk.PermAll}}},
		"too few parts":      {in: "world:anyone", wantErr: "entry 1: an ACL entry is scheme:id:permissions"},
		"the second is bad":  {in: "world:anyone:r,ip:10.0.0.0/8:x", wantErr: `entry 2: permissions "x" have the unknown letter "x"`},
		"a clear password":   {in: "digest:alice:secret:r", wantErr: `what follows "alice:" is no digest`},
		"empty":              {in: "", wantErr: "entry 1: an ACL entry is"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := attr.ParseACL(tt.in)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("error %v, want %q", err, tt.wantErr)
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("the error shows a password: %v", err)
				}
				return
			}
			if err != nil || !attr.SameACL(got, tt.want, nil) || len(got) != len(tt.want) {
				t.Errorf("got %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// A digest without its hash tells nothing of the hash: a declared one is not taken for it.
func TestMaskedDigest(t *testing.T) {
	t.Parallel()
	hidden, shown := set("digest|alice:x|cdrwa"), set("digest|alice:aGFzaA==|cdrwa")
	if got := attr.PlanACL(shown, hidden, nil); !got.Equal(shown) {
		t.Errorf("planned %v", got)
	}
}

// Sets of entries are equal as the framework finds, whatever is known of them.
func TestEqualACL(t *testing.T) {
	t.Parallel()
	entry := func(fields ...string) zk.ACL { return zk.ACL{Scheme: fields[0], ID: fields[1], Perms: zk.PermRead} }
	sets := []types.Set{
		types.SetNull(attr.ACLEntryType), types.SetUnknown(attr.ACLEntryType), attr.ACLValue(nil),
		attr.ACLValue([]zk.ACL{entry("ip", "a")}), attr.ACLValue([]zk.ACL{entry("ip", "b")}), attr.ACLValue([]zk.ACL{entry("sasl", "a")}),
		attr.ACLValue([]zk.ACL{entry("ip", "a"), entry("ip", "b")}), attr.ACLValue([]zk.ACL{entry("ip", "b"), entry("ip", "a")}), attr.ACLValue([]zk.ACL{entry("ip", "b"), entry("ip", "c")}),
		attr.ACLValue([]zk.ACL{{Scheme: "ip", ID: "a", Perms: zk.PermWrite}}),
		types.SetValueMust(attr.ACLEntryType, []fwattr.Value{types.ObjectUnknown(attr.ACLEntryType.AttrTypes)}),
	}
	for i, a := range sets {
		for j, b := range sets {
			if got, want := attr.EqualACL(a, b), a.Equal(b); got != want {
				t.Errorf("%d and %d: %t", i, j, got)
			}
		}
	}
}
