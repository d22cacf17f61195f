package sasl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newMechanism(t *testing.T, opts Options) Mechanism {
	t.Helper()
	m, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name() != opts.Mechanism {
		t.Errorf("the name is %q, want %q", m.Name(), opts.Mechanism)
	}
	return m
}

func TestOptions(t *testing.T) {
	secret := NewSecret("hunter2")
	for _, tc := range []struct {
		name string
		opts Options
		want string // in the error; empty for none
	}{
		{"no mechanism", Options{Username: "alice", Password: secret}, `there is no mechanism`},
		{"unknown mechanism", Options{Mechanism: "PLAIN"}, `unknown mechanism "PLAIN": the mechanisms are DIGEST-MD5 and GSSAPI`},

		{"digest", Options{Mechanism: DigestMD5, Username: "alice", Password: secret}, ""},
		{"digest without a username", Options{Mechanism: DigestMD5, Password: secret}, "there is no username"},
		{"digest without a password", Options{Mechanism: DigestMD5, Username: "alice"}, "there is no password"},
		{"digest with an empty password", Options{Mechanism: DigestMD5, Username: "alice", Password: NewSecret("")}, "there is no password"},
		{"digest with a keytab", Options{Mechanism: DigestMD5, Username: "alice", Password: secret, KeytabFile: "f"}, "for GSSAPI, not for DIGEST-MD5"},
		{"digest with a control character", Options{Mechanism: DigestMD5, Username: "alice", Password: NewSecret("hunter2\n")}, "the password is not UTF-8, or has control characters"},
		{"digest with a broken name", Options{Mechanism: DigestMD5, Username: "al\xffice", Password: secret}, "the username is not UTF-8"},

		{"Kerberos with the default cache", Options{Mechanism: GSSAPI}, ""},
		{"Kerberos with a password", Options{Mechanism: GSSAPI, Username: "alice", Password: secret}, ""},
		{"Kerberos with a keytab", Options{Mechanism: GSSAPI, Username: "alice", KeytabFile: "f"}, ""},
		{"Kerberos with a cache", Options{Mechanism: GSSAPI, CredentialCacheFile: "f"}, ""},
		{"Kerberos with the same realm twice", Options{Mechanism: GSSAPI, Username: "alice@A", Realm: "A", KeytabFile: "f"}, ""},
		{"Kerberos with two realms", Options{Mechanism: GSSAPI, Username: "alice@A", Realm: "B", KeytabFile: "f"}, `the username names realm "A", and the realm is "B"`},
		{"Kerberos without a username", Options{Mechanism: GSSAPI, Password: secret}, "takes a username"},
		{"Kerberos with two credentials", Options{Mechanism: GSSAPI, Username: "alice", Password: secret, CredentialCacheFile: "f"}, "one of a password, a keytab and a credential cache"},
		{"Kerberos with a control character", Options{Mechanism: GSSAPI, Hostname: "a\x00b"}, "the hostname has control characters"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := New(tc.opts)
			if tc.want == "" {
				if err != nil || m == nil {
					t.Errorf("%v, error %v", m, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want it to say: %s", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// No way of printing a secret, or anything that holds one, shows it.
func TestSecret(t *testing.T) {
	secret := NewSecret("hunter2")
	opts := Options{Mechanism: DigestMD5, Username: "alice", Password: secret}
	digest := newMechanism(t, opts)
	opts.Mechanism = GSSAPI
	kerberos := newMechanism(t, opts)
	exchange, err := digest.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{secret, &secret, opts, &opts, []any{secret}, digest, kerberos, exchange} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
				t.Errorf("%s of %T prints %s", verb, v, text)
			}
		}
		if text, err := json.Marshal(v); err == nil && strings.Contains(string(text), "hunter2") {
			t.Errorf("%T marshals to %s", v, text)
		}
	}
	if got := fmt.Sprint(secret, Secret{}, NewSecret("")); got != "(secret) (none) (none)" {
		t.Errorf("secrets print as %s", got)
	}
	if got := fmt.Sprintf("%#v", secret); got != "sasl.Secret{(secret)}" {
		t.Errorf("a secret prints as %s", got)
	}
}

// feed hands an exchange its server's tokens and returns what the last one led to.
func feed(t *testing.T, e Exchange, tokens ...[]byte) (response []byte, done bool, err error) {
	t.Helper()
	for i, token := range tokens {
		if response, done, err = e.Next(token); (err != nil || done) && i < len(tokens)-1 {
			t.Fatalf("the exchange ended with step %d of %d: done %v, error %v", i+1, len(tokens), done, err)
		}
	}
	return response, done, err
}

// wantFailed checks an error that is final.
func wantFailed(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one that is ErrFailed and says: %s", err, want)
	}
}

// onOneLine reports whether a text prints as one line that is not endless.
func onOneLine(text string) bool {
	return len(text) < 2000 && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
