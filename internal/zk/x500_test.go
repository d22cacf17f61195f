package zk_test

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk"
)

// What a client takes itself for is what servers take it for: in the ACL that they make of the
// scheme "auth", and in what they say where they can be asked.
func conformSubject(t *testing.T) {
	t.Parallel()
	if !has(t, clientTLS) {
		lacks(t, clientTLS) // what the client says then, the case of TLS tries
	}
	a := newAuthority(t)
	own := startTLS(t, a, serverCert(time.Time{}))
	type attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	type partSET []attribute
	var (
		cn, serial, c   = asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.ObjectIdentifier{2, 5, 4, 5}, asn1.ObjectIdentifier{2, 5, 4, 6}
		street, o, ou   = asn1.ObjectIdentifier{2, 5, 4, 9}, asn1.ObjectIdentifier{2, 5, 4, 10}, asn1.ObjectIdentifier{2, 5, 4, 11}
		title, postcode = asn1.ObjectIdentifier{2, 5, 4, 12}, asn1.ObjectIdentifier{2, 5, 4, 17}
		dc, uid         = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}, asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
		mail            = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
		l, st           = asn1.ObjectIdentifier{2, 5, 4, 7}, asn1.ObjectIdentifier{2, 5, 4, 8}
	)
	text := func(oid asn1.ObjectIdentifier, tag int, value string) attribute {
		return attribute{oid, asn1.RawValue{Tag: tag, Bytes: []byte(value)}}
	}
	const utf8, printable, ia5, t61, bmp, numeric = asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String, asn1.TagT61String, asn1.TagBMPString, asn1.TagNumericString
	for name, tc := range map[string]struct {
		parts []partSET
		want  string // empty: whatever the server says
	}{
		"of Active Directory": {[]partSET{{text(dc, ia5, "com")}, {text(dc, ia5, "example")}, {text(cn, utf8, "tf")}}, "CN=tf,DC=example,DC=com"},
		"common":              {[]partSET{{text(c, printable, "DE")}, {text(st, utf8, "Bayern")}, {text(l, utf8, "München")}, {text(street, utf8, "Weg 1")}, {text(o, utf8, "Example, Inc.")}, {text(ou, utf8, "Ops")}, {text(uid, utf8, "tf")}, {text(cn, utf8, "tf")}}, `CN=tf,UID=tf,OU=Ops,O=Example\, Inc.,STREET=Weg 1,L=München,ST=Bayern,C=DE`},
		"unnamed":             {[]partSET{{text(cn, utf8, "tf")}, {text(serial, printable, "7")}, {text(mail, ia5, "a@b.c")}, {text(postcode, utf8, "8")}, {text(title, utf8, "Dr")}}, ""},
		"to be escaped":       {[]partSET{{text(cn, utf8, `#a=b+c<d>e;f"g\h#,`)}, {text(o, utf8, "  two  ")}, {text(ou, utf8, "\r")}, {text(l, utf8, "a\tb\nc")}, {text(st, utf8, "")}}, ""},
		"of several":          {[]partSET{{text(cn, utf8, "tf"), text(ou, utf8, "a"), text(mail, ia5, "x@y")}, {text(o, utf8, "Example")}}, ""},
		"other kinds of text": {[]partSET{{text(cn, t61, "plain")}, {text(o, bmp, "\x00a\x20\xac")}, {text(ou, numeric, "12")}, {text(l, printable, "x")}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := asn1.MarshalWithParams(tc.parts, "")
			if err != nil {
				t.Fatal(err)
			}
			key, cert := a.sign(&x509.Certificate{RawSubject: raw})
			cfg := &zk.TLS{CAPEM: certPEM(a.cert), CertPEM: certPEM(cert), KeyPEM: keyPEM(t, key)}
			subject, err := cfg.Subject(t.Context())
			if err != nil || tc.want != "" && subject != tc.want {
				t.Fatalf("%q, %v, want %q", subject, err, tc.want)
			}
			ctx, client := testContext(t), newClient(t, own.SecureAddr(), func(c *zk.Config) { c.TLS = cfg })
			if err := client.Start(ctx); err != nil {
				t.Fatal(err)
			}
			path := folder(t, client) + "/node"
			if _, err := client.Create(ctx, path, nil, zk.CreateOptions{ACL: []zk.ACL{{Scheme: zk.SchemeAuth, Perms: zk.PermAll}}}); err != nil {
				t.Fatal(err)
			}
			if acl, _, err := client.ACL(ctx, path); err != nil || len(acl) != 1 || acl[0].ID != subject {
				t.Errorf("the server makes %q of it, %v, and the client %q", acl, err, subject)
			}
			if !has(t, whoAmI) {
				return
			}
			if ids, err := client.WhoAmI(ctx); err != nil || !slices.Contains(ids, zk.Identity{Scheme: zk.SchemeX509, User: subject}) {
				t.Errorf("the server says %q, %v, and the client %q", ids, err, subject)
			}
		})
	}
}
