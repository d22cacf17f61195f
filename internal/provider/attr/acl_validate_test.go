package attr_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestACLValidator(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		acl  types.Set
		want []string // one for each error; none for a valid ACL
	}{
		"null":              {acl: types.SetNull(attr.ACLEntryType)},
		"unknown":           {acl: types.SetUnknown(attr.ACLEntryType)},
		"open":              {acl: set("world|anyone|cdrwa")},
		"mask":              {acl: set("world|anyone|31")},
		"digest":            {acl: set("digest|" + alice.ID + "|rw")},
		"digest of SHA-256": {acl: set("digest|bob:MzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM=|rw")},
		"address":           {acl: set("ip|192.0.2.1|r")},
		"network":           {acl: set("ip|192.0.2.0/24|r")},
		"IPv6 network":      {acl: set("ip|2001:db8::/32|r")},
		"principal":         {acl: set("sasl|bob@EXAMPLE.ORG|r", "x509|CN=bob|r")},
		"auth":              {acl: set("auth||cdrwa")},
		"a server's own":    {acl: set("ldap|cn=bob|r")},
		"unknown id":        {acl: set("digest|?|r")},
		"unknown scheme":    {acl: set("?|whoever|r")},
		"duplicates":        {acl: set("world|anyone|31", "world|anyone|cdrwa")},

		"empty":                  {acl: set(), want: []string{"An ACL without entries lets nobody in"}},
		"unknown letter":         {acl: set("world|anyone|crx"), want: []string{`Entry "world:anyone": permissions "crx" have the unknown letter "x"`}},
		"mask out of range":      {acl: set("world|anyone|32"), want: []string{`permissions "32" are no bit mask from 1 to 31`}},
		"no permissions":         {acl: set("world|anyone|"), want: []string{"no permissions"}},
		"letter, unknown id":     {acl: set("digest|?|q"), want: []string{`unknown letter "q"`}},
		"world of somebody":      {acl: set("world|alice|r"), want: []string{`the only id of the scheme "world" is "anyone"`}},
		"no scheme":              {acl: set("|anyone|r"), want: []string{"the scheme is empty"}},
		"digest without a colon": {acl: set("digest|alice|r"), want: []string{"is user:hash, with one colon"}},
		"clear password":         {acl: set("digest|alice:secret|r"), want: []string{`Entry "digest:alice": what follows "alice:" is no digest`}},
		"masked digest":          {acl: set("digest|alice:x|r"), want: []string{"is how a server shows a digest"}},
		"no address":             {acl: set("ip|localhost|r"), want: []string{`not "localhost"`}},
		"too many bits":          {acl: set("ip|192.0.2.0/33|r"), want: []string{"a number of bits from 0 to 32"}},
		"a zone":                 {acl: set("ip|fe80::1%eth0|r"), want: []string{`Entry "ip:fe80::1%eth0": no server takes the address "fe80::1%eth0" with a zone: write "fe80::1", without what follows the %`}},
		"IPv4 in IPv6":           {acl: set("ip|::ffff:10.0.0.1|r"), want: []string{`write "10.0.0.1"`}},
		"IPv4 in a network":      {acl: set("ip|::ffff:10.0.0.1/104|r"), want: []string{`write "10.0.0.1"`}},
		"IPv4 at the end":        {acl: set("ip|64:ff9b::10.0.0.1|r"), want: []string{`write "64:ff9b::a00:1"`}},
		"no principal":           {acl: set("sasl||r"), want: []string{"the id is empty"}},
		"nearly a scheme":        {acl: set("Digest|alice:secret|r"), want: []string{`Entry "Digest:alice": there is no scheme "Digest": write "digest"`}},
		"a blank in a scheme":    {acl: set("world |anyone|r"), want: []string{`there is no scheme "world ": write "world"`}},
		"no scheme, a password":  {acl: set("null|alice:secret|r"), want: []string{`Entry ":alice": scheme is missing`}},
		"no id at all":           {acl: set("auth|null|r"), want: []string{`Entry "auth:": id is missing`}},
		"no permissions at all":  {acl: set("world|anyone|null"), want: []string{`Entry "world:anyone": permissions is missing`}},
		"no scheme at all":       {acl: set("null|?|r"), want: []string{"scheme is missing"}},
		"unknown entry":          {acl: types.SetValueMust(attr.ACLEntryType, []fwattr.Value{types.ObjectUnknown(attr.ACLEntryType.AttrTypes)})},
		"null entry":             {acl: types.SetValueMust(attr.ACLEntryType, []fwattr.Value{types.ObjectNull(attr.ACLEntryType.AttrTypes)}), want: []string{"An entry is null"}},
		"two things":             {acl: set("world|alice|z"), want: []string{"the only id", "unknown letter"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp validator.SetResponse
			attr.ACL().ValidateSet(t.Context(), validator.SetRequest{Path: path.Root("acl"), ConfigValue: tt.acl}, &resp)
			got := resp.Diagnostics.Errors()
			if len(got) != len(tt.want) {
				t.Fatalf("%d errors, want %d: %v", len(got), len(tt.want), got)
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i].Detail(), want) {
					t.Errorf("error %q, want %q", got[i].Detail(), want)
				}
				if strings.Contains(got[i].Detail(), "secret") {
					t.Errorf("the error shows a password: %q", got[i].Detail())
				}
				// Logs have it.
				if d, ok := got[i].(diag.DiagnosticWithPath); !ok || !d.Path().Equal(path.Root("acl")) {
					t.Errorf("the error is at %v", got[i])
				}
			}
		})
	}

	// A scheme that servers do not know is a slip, more often than not.
	for scheme, want := range map[string]string{"wrld": "world", "wolrd": "world", "digst": "digest", "x059": "x509", "i": "ip", "ldap": "", "Digest": "", "world": ""} {
		diags := attr.CheckACL(path.Root("acl"), set(scheme+"|anyone|r")).Warnings()
		if told := len(diags) > 0 && strings.Contains(diags[0].Detail(), fmt.Sprintf("Did you mean %q?", want)); told != (want != "") || len(diags) > 1 {
			t.Errorf("%s: %v, want %q", scheme, diags, want)
		}
	}

	// What a server can hold is valid for a node that can be imported.
	held := map[string]bool{"no permissions": true, "clear password": true, "masked digest": true, "no principal": true}
	for name, tt := range tests {
		var resp validator.SetResponse
		attr.ImportedACL().ValidateSet(t.Context(), validator.SetRequest{Path: path.Root("acl"), ConfigValue: tt.acl}, &resp)
		want := len(tt.want)
		if held[name] {
			want = 0
		}
		if n := resp.Diagnostics.ErrorsCount(); n != want {
			t.Errorf("%s, imported: %d errors, want %d: %v", name, n, want, resp.Diagnostics)
		}
	}
}

// An id of the scheme "ip" is refused where no server takes it, and nowhere else.
func TestAddressesAsServersTakeThem(t *testing.T) {
	t.Parallel()
	c, err := zk.New(t.Context(), zk.Config{Servers: zktest.StartServer(t).Addr()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := c.ServerInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hasIPv6 := !info.Version.Less(zk.Version{Major: 3, Minor: 9, Patch: 4})
	for i, id := range []string{
		"10.0.0.1", "10.0.0.0/8", "10.0.0.1/0", "10.0.0.1/32", "10.0.0.1/08", "0.0.0.0/0", "255.255.255.255",
		"10.0.0.1/33", "10.0.0.1/", "10.0.0.1/-1", "10.0.0", "10.0.0.1/8/8", "10.0.0.256", "localhost",
		"::1", "::", "::/0", "::1/128", "fe80::/10", "2001:DB8::1", "2001:0db8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::ffff:a00:1", "::ffff:0:0/96",
		"::1/129", "fe80::1%eth0", "fe80::1%1", "fe80::1%eth0/64", "::ffff:10.0.0.1", "::ffff:10.0.0.1/96", "::10.0.0.1", "64:ff9b::10.0.0.1", "1:2:3:4:5:6:10.0.0.1", "[::1]",
	} {
		refused := attr.CheckACLEntry(zk.SchemeIP, id) != nil
		_, err := c.Create(t.Context(), fmt.Sprintf("/n%d", i), nil, zk.CreateOptions{ACL: []zk.ACL{{Perms: zk.PermAll, Scheme: zk.SchemeIP, ID: id}}})
		if err != nil && !errors.Is(err, zk.ErrInvalidACL) {
			t.Fatalf("%s: %v", id, err)
		}
		if taken := err == nil; taken == refused && (taken || hasIPv6 || !strings.Contains(id, ":")) {
			t.Errorf("%s: refused in the plan is %t, taken by a server is %t", id, refused, taken)
		}
	}
}
