package sasl

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"
)

// Who the client is, and which option keeps it from being anybody, is known without asking.
func TestIdentity(t *testing.T) {
	t.Setenv("KRB5_CONFIG", "/nowhere/krb5.conf")
	t.Setenv("KRB5CCNAME", "/nowhere/krb5cc")
	conf := writeFile(t, "[libdefaults]\ndefault_realm = HOME\n")
	kt := keytab.New()
	if err := kt.AddEntry("alice", "HOME", "hunter2", time.Unix(1e9, 0), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		t.Fatal(err)
	}
	content, err := kt.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	keys, secret := writeFile(t, string(content)), NewSecret("hunter2")
	for name, tc := range map[string]struct {
		opts   Options
		want   string
		option string // that is wrong
		text   string // in the error
	}{
		"digest":                    {opts: Options{Mechanism: DigestMD5, Username: "alice", Password: secret}, want: "alice"},
		"digest of nobody":          {opts: Options{Mechanism: DigestMD5, Password: secret}, option: "Username", text: "there is no username"},
		"digest without a password": {opts: Options{Mechanism: DigestMD5, Username: "alice"}, option: "Password", text: "there is no password"},
		"digest with krb5.conf":     {opts: Options{Mechanism: DigestMD5, Username: "alice", Password: secret, KRB5ConfFile: conf}, option: "KRB5ConfFile", text: "for GSSAPI"},
		"digest with a newline":     {opts: Options{Mechanism: DigestMD5, Username: "alice", Password: NewSecret("hunter2\n")}, option: "Password", text: "control characters"},
		"another mechanism":         {opts: Options{Mechanism: "PLAIN"}, option: "Mechanism", text: `unknown mechanism "PLAIN"`},

		"password":           {opts: Options{Mechanism: GSSAPI, Username: "alice", Password: secret, KRB5ConfFile: conf}, want: "alice@HOME"},
		"realm":              {opts: Options{Mechanism: GSSAPI, Username: "alice", Realm: "AWAY", Password: secret, KRB5ConfFile: conf}, want: "alice@AWAY"},
		"keytab":             {opts: Options{Mechanism: GSSAPI, Username: "alice", KeytabFile: keys, KRB5ConfFile: conf}, want: "alice@HOME"},
		"somebody's keytab":  {opts: Options{Mechanism: GSSAPI, Username: "bob", KeytabFile: keys, KRB5ConfFile: conf}, option: "KeytabFile", text: `has no key of "bob@HOME"`},
		"no keytab":          {opts: Options{Mechanism: GSSAPI, Username: "alice", KeytabFile: "/nowhere/keytab", KRB5ConfFile: conf}, option: "KeytabFile", text: "the keytab: there is no such file"},
		"no realm":           {opts: Options{Mechanism: GSSAPI, Username: "alice", KeytabFile: keys}, option: "Realm", text: `the realm of "alice" is not known`},
		"two realms":         {opts: Options{Mechanism: GSSAPI, Username: "alice@HOME", Realm: "AWAY", KeytabFile: keys}, option: "Realm", text: `the realm is "AWAY"`},
		"no krb5.conf":       {opts: Options{Mechanism: GSSAPI, Username: "alice", KeytabFile: keys, KRB5ConfFile: "/nowhere/krb5.conf"}, option: "KRB5ConfFile", text: "krb5.conf: there is no such file"},
		"no cache":           {opts: Options{Mechanism: GSSAPI}, option: "CredentialCacheFile", text: "that KRB5CCNAME names is not there"},
		"no cache but":       {opts: Options{Mechanism: GSSAPI, CredentialCacheFile: keys}, option: "CredentialCacheFile", text: "is none, or is damaged"},
		"keytab of nobody":   {opts: Options{Mechanism: GSSAPI, KeytabFile: keys}, option: "Username", text: "takes a username"},
		"password and cache": {opts: Options{Mechanism: GSSAPI, Username: "alice", Password: secret, CredentialCacheFile: "f"}, option: "CredentialCacheFile", text: "one of a password"},
		"password, keytab":   {opts: Options{Mechanism: GSSAPI, Username: "alice", Password: secret, KeytabFile: keys}, option: "KeytabFile", text: "one of a password"},
	} {
		m, err := New(tc.opts)
		var got string
		if err == nil {
			got, err = m.Identity(t.Context())
		}
		if tc.option == "" {
			if err != nil || got != tc.want {
				t.Errorf("%s: %q, %v; want %q", name, got, err, tc.want)
			}
			continue
		}
		if invalid, ok := errors.AsType[*OptionError](err); !ok || invalid.Option != tc.option || !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v (%+v), want %q about %s", name, err, invalid, tc.text, tc.option)
		}
	}
}
