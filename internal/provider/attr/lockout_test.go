package attr_test

import (
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

func TestLockedOut(t *testing.T) {
	t.Parallel()
	const need = zk.PermRead | zk.PermWrite | zk.PermAdmin
	of := func(who attr.Identity, perms zk.Perms) zk.ACL {
		return zk.ACL{Scheme: who.Scheme, ID: who.ID, Perms: perms}
	}
	other := func(scheme, id string) zk.ACL { return zk.ACL{Scheme: scheme, ID: id, Perms: zk.PermAll} }
	anyone := func(perms zk.Perms) zk.ACL { return zk.ACL{Scheme: "world", ID: "anyone", Perms: perms} }
	onlyAlice := []attr.Identity{alice}
	super := []attr.Identity{{Scheme: "digest", ID: zk.DigestID("super", "secret")}}

	sally := attr.Identity{Scheme: "sasl", ID: "sally"}
	here := []attr.Identity{{Scheme: "ip", ID: "10.1.2.3"}, {Scheme: "ip", ID: "0:0:0:0:0:0:0:1"}, {Scheme: "digest", ID: "alice"}, {Scheme: "sasl", ID: "sally@SHOP"}}

	tests := map[string]struct {
		acl  []zk.ACL
		self []attr.Identity
		want zk.Perms
		seen []attr.Identity
	}{
		"not known":                         {nil, nil, 0, nil},
		"open":                              {zk.OpenACL(), nil, 0, nil},
		"anyone may read, nobody presented": {[]zk.ACL{anyone(zk.PermRead)}, nil, zk.PermWrite | zk.PermAdmin, nil},
		"anyone may read, oneself the rest": {[]zk.ACL{anyone(zk.PermRead), of(alice, zk.PermWrite|zk.PermAdmin)}, onlyAlice, 0, nil},
		"oneself":                           {[]zk.ACL{of(alice, zk.PermAll)}, onlyAlice, 0, nil},
		"oneself in part":                   {[]zk.ACL{of(alice, zk.PermRead|zk.PermWrite)}, onlyAlice, zk.PermAdmin, nil},
		"one of oneself":                    {[]zk.ACL{of(bob, zk.PermAll)}, []attr.Identity{alice, bob}, 0, nil},
		"two of oneself together":           {[]zk.ACL{of(alice, zk.PermRead), of(bob, zk.PermWrite|zk.PermAdmin)}, []attr.Identity{alice, bob}, 0, nil},
		"somebody else":                     {[]zk.ACL{of(bob, zk.PermAll)}, onlyAlice, need, nil},
		"somebody else, nobody presented":   {[]zk.ACL{of(bob, zk.PermAll)}, nil, need, nil},
		"the same user's other password":    {[]zk.ACL{other("digest", zk.DigestID("alice", "other"))}, onlyAlice, need, nil},
		"a digest of another algorithm":     {[]zk.ACL{other("digest", "alice:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")}, onlyAlice, 0, nil},
		"auth":                              {[]zk.ACL{{Scheme: "auth", Perms: zk.PermAll}}, onlyAlice, 0, nil},
		"an address":                        {[]zk.ACL{other("ip", "10.0.0.1")}, onlyAlice, 0, nil},
		"a principal":                       {[]zk.ACL{other("sasl", "terraform@EXAMPLE.COM")}, []attr.Identity{sally}, 0, nil},
		"a certificate":                     {[]zk.ACL{other("x509", "CN=terraform")}, []attr.Identity{{Scheme: "x509", ID: "CN=t"}}, 0, nil},
		"a principal, nobody presented":     {[]zk.ACL{other("sasl", "sally")}, onlyAlice, need, nil},
		"a certificate, nobody presented":   {[]zk.ACL{other("x509", "CN=terraform")}, onlyAlice, need, nil},
		"an address, seen":                  {[]zk.ACL{other("ip", "10.1.2.3")}, nil, 0, here},
		"an address of IPv6, seen":          {[]zk.ACL{other("ip", "::1")}, nil, 0, here},
		"another address, seen":             {[]zk.ACL{other("ip", "10.1.2.4")}, nil, need, here},
		"a network, seen":                   {[]zk.ACL{other("ip", "10.1.0.0/16")}, nil, 0, here},
		"another network, seen":             {[]zk.ACL{other("ip", "127.0.0.0/8")}, nil, need, here},
		"a principal, seen":                 {[]zk.ACL{other("sasl", "sally@SHOP")}, []attr.Identity{sally}, 0, here},
		"another principal, seen":           {[]zk.ACL{other("sasl", "sally")}, []attr.Identity{sally}, need, here},
		"a certificate, not seen":           {[]zk.ACL{other("x509", "CN=t")}, []attr.Identity{{Scheme: "x509", ID: "CN=t"}}, need, here},
		"a digest, seen":                    {[]zk.ACL{of(alice, zk.PermAll)}, onlyAlice, 0, here},
		"the super user, seen":              {[]zk.ACL{of(bob, zk.PermAll)}, nil, 0, []attr.Identity{{Scheme: "super"}}},
		"a scheme of the servers' own":      {[]zk.ACL{other("ldap", "terraform")}, nil, 0, nil},
		"the super user":                    {[]zk.ACL{of(bob, zk.PermAll)}, super, 0, nil},
		"the id in another scheme":          {[]zk.ACL{of(bob, zk.PermAll)}, []attr.Identity{{Scheme: "sasl", ID: bob.ID}}, need, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := attr.LockedOut(tt.acl, need, tt.self, tt.seen); got != tt.want {
				t.Errorf("locked out of %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBeyond(t *testing.T) {
	t.Parallel()
	parse := func(texts ...string) (acl []zk.ACL) {
		for _, text := range texts {
			scheme, rest, _ := strings.Cut(text, ":")
			last := strings.LastIndexByte(rest, ':')
			perms, err := zk.ParsePerms(rest[last+1:])
			if err != nil {
				t.Fatal(err)
			}
			acl = append(acl, zk.ACL{Scheme: scheme, ID: rest[:last], Perms: perms})
		}
		return acl
	}
	alice := zk.DigestID("alice", "a")
	self := []attr.Identity{{Scheme: "digest", ID: alice}}
	for name, tc := range map[string]struct{ acl, allowed, want []zk.ACL }{
		"nobody":            {nil, nil, nil},
		"self":              {parse("digest:" + alice + ":cdrwa"), nil, nil},
		"self, masked":      {parse("digest:alice:x:cdrwa"), nil, nil},
		"everybody":         {parse("world:anyone:cdrwa", "digest:"+alice+":cdrwa"), nil, parse("world:anyone:cdrwa")},
		"who is allowed":    {parse("ip:10.0.0.1:r"), parse("ip:10.0.0.1:rw"), nil},
		"more than allowed": {parse("ip:10.0.0.1:rw"), parse("ip:10.0.0.1:r"), parse("ip:10.0.0.1:rw")},
		"what matters not":  {parse("ip:10.0.0.1:cd", "world:anyone:cd"), nil, nil},
		"all are allowed":   {parse("ip:10.0.0.1:r"), parse("world:anyone:r"), nil},
		"all are, to read":  {parse("ip:10.0.0.1:ra"), parse("world:anyone:r"), parse("ip:10.0.0.1:ra")},
		"self, by auth":     {parse("digest:"+alice+":r", "digest:bob:x:r"), parse("auth::cdrwa"), parse("digest:bob:x:r")},
		"allowed, masked":   {parse("digest:bob:x:r"), parse("digest:" + zk.DigestID("bob", "b") + ":r"), nil},
		"a hash that is hidden beside others that are not": {
			parse("digest:alice:x:r", "digest:"+alice+":cdrwa", "digest:"+zk.DigestID("alice", "b")+":rw"), parse("auth::cdrwa"),
			parse("digest:alice:x:r", "digest:"+zk.DigestID("alice", "b")+":rw"),
		},
		"another hash of it": {parse("digest:" + zk.DigestID("bob", "c") + ":r"), parse("digest:" + zk.DigestID("bob", "b") + ":r"), parse("digest:" + zk.DigestID("bob", "c") + ":r")},
	} {
		if got := attr.Beyond(tc.acl, tc.allowed, self, zk.PermRead|zk.PermWrite|zk.PermAdmin); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
