package attr_test

import (
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

	tests := map[string]struct {
		acl  []zk.ACL
		self []attr.Identity
		want zk.Perms
	}{
		"not known":                         {nil, nil, 0},
		"open":                              {zk.OpenACL(), nil, 0},
		"anyone may read, nobody presented": {[]zk.ACL{anyone(zk.PermRead)}, nil, zk.PermWrite | zk.PermAdmin},
		"anyone may read, oneself the rest": {[]zk.ACL{anyone(zk.PermRead), of(alice, zk.PermWrite|zk.PermAdmin)}, onlyAlice, 0},
		"oneself":                           {[]zk.ACL{of(alice, zk.PermAll)}, onlyAlice, 0},
		"oneself in part":                   {[]zk.ACL{of(alice, zk.PermRead|zk.PermWrite)}, onlyAlice, zk.PermAdmin},
		"one of oneself":                    {[]zk.ACL{of(bob, zk.PermAll)}, []attr.Identity{alice, bob}, 0},
		"two of oneself together":           {[]zk.ACL{of(alice, zk.PermRead), of(bob, zk.PermWrite|zk.PermAdmin)}, []attr.Identity{alice, bob}, 0},
		"somebody else":                     {[]zk.ACL{of(bob, zk.PermAll)}, onlyAlice, need},
		"somebody else, nobody presented":   {[]zk.ACL{of(bob, zk.PermAll)}, nil, need},
		"the same user's other password":    {[]zk.ACL{other("digest", zk.DigestID("alice", "other"))}, onlyAlice, need},
		"a digest of another algorithm":     {[]zk.ACL{other("digest", "alice:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")}, onlyAlice, 0},
		"auth":                              {[]zk.ACL{{Scheme: "auth", Perms: zk.PermAll}}, onlyAlice, 0},
		"an address":                        {[]zk.ACL{other("ip", "10.0.0.1")}, onlyAlice, 0},
		"a principal":                       {[]zk.ACL{other("sasl", "terraform@EXAMPLE.COM")}, nil, 0},
		"a certificate":                     {[]zk.ACL{other("x509", "CN=terraform")}, nil, 0},
		"a scheme of the servers' own":      {[]zk.ACL{other("ldap", "terraform")}, nil, 0},
		"the super user":                    {[]zk.ACL{of(bob, zk.PermAll)}, super, 0},
		"the id in another scheme":          {[]zk.ACL{of(bob, zk.PermAll)}, []attr.Identity{{Scheme: "sasl", ID: bob.ID}}, need},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := attr.LockedOut(tt.acl, need, tt.self); got != tt.want {
				t.Errorf("locked out of %q, want %q", got, tt.want)
			}
		})
	}
}
