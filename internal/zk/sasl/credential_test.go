package sasl

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"
)

func TestKeytab(t *testing.T) {
	const aes256, aes128 = etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96
	kt := keytab.New()
	for _, e := range []struct {
		name, realm, password string
		kvno                  uint8
		etype                 int32
	}{
		{"alice", "A", "old", 1, aes256},
		{"alice", "A", "new", 3, aes256},
		{"alice", "A", "middle", 2, aes256},
		{"alice", "B", "elsewhere", 9, aes256},
		{"alice/admin", "A", "admin", 9, aes256},
		{"bob", "A", "bob", 9, aes128},
	} {
		if err := kt.AddEntry(e.name, e.realm, e.password, time.Unix(1e9, 0), e.kvno, e.etype); err != nil {
			t.Fatal(err)
		}
	}
	content, err := kt.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, string(content))
	alice := userPrincipal("alice", "A")
	k, err := openKeytab(t.Context(), file, alice)
	if err != nil {
		t.Fatal(err)
	}
	for kvno, password := range map[int]string{0: "new", 1: "old", 2: "middle", 3: "new"} {
		got, err := k.key(t.Context(), types.ETypeInfo2Entry{EType: aes256}, kvno)
		want, wantErr := (&passwordKeys{alice, NewSecret(password)}).key(t.Context(), types.ETypeInfo2Entry{EType: aes256}, 0)
		if err != nil || wantErr != nil || !bytes.Equal(got.KeyValue, want.KeyValue) || got.KeyType != aes256 {
			t.Errorf("version %d: not the key of password %q; errors %v, %v", kvno, password, err, wantErr)
		}
	}
	for _, missing := range []struct {
		etype int32
		kvno  int
	}{{aes256, 9}, {aes128, 0}} {
		if _, err := k.key(t.Context(), types.ETypeInfo2Entry{EType: missing.etype}, missing.kvno); err == nil || !strings.Contains(err.Error(), `has no key of "alice@A" of type`) {
			t.Errorf("%+v: error %v", missing, err)
		}
	}
	// What there is a key for goes first.
	if got := fmt.Sprint(k.etypes([]int32{20, aes128, aes256, 19})); got != "[18 20 17 19]" {
		t.Errorf("types %s", got)
	}
	if _, err := openKeytab(t.Context(), file, userPrincipal("carol", "A")); err == nil || err.Error() != `the keytab "`+file+`" has no key of "carol@A"` {
		t.Errorf("error %v", err)
	}
	if _, err := openKeytab(t.Context(), file+"-", alice); err == nil || err.Error() != `the keytab: there is no such file in the folder "`+filepath.Dir(file)+`"` {
		t.Errorf("error %v", err)
	}
	// A keytab that ends anywhere has the keys before that, or is none, and is not shown.
	for n := range content {
		_, err := openKeytab(t.Context(), writeFile(t, string(content[:n])), alice)
		if err != nil && (strings.Contains(err.Error(), string(k.keys[0].key.KeyValue)) || len(err.Error()) > 300) {
			t.Fatalf("%d bytes: %q", n, err)
		}
	}
	if _, err := openKeytab(t.Context(), writeFile(t, "no keytab"), alice); err == nil || !strings.Contains(err.Error(), "is not a keytab, or is damaged") {
		t.Errorf("error %v", err)
	}
}

func TestCacheFile(t *testing.T) {
	usual := fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())
	for _, tc := range []struct{ name, env, want string }{
		{"", "", usual},
		{"", "/env", "/env"},
		{"", "FILE:/env", "/env"},
		{"/file", "/env", "/file"},
		{"FILE:/file", "", "/file"},
		{"FILE:relative", "", "relative"},
		{"./a:b", "", "./a:b"},
		{"no:kind", "", "no:kind"},
		{"", "KEYRING:persistent:0", ""},
		{"KCM:", "", ""},
		{"DIR:/folder", "", ""},
	} {
		t.Setenv("KRB5CCNAME", tc.env)
		got, err := placeOfCache(tc.name)
		if got.file != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%q with KRB5CCNAME=%q: %q, error %v; want %q", tc.name, tc.env, got.file, err, tc.want)
		}
		if err != nil && (!strings.Contains(err.Error(), "has to be a file") || strings.Contains(err.Error(), "persistent") || strings.Contains(err.Error(), "folder")) {
			t.Errorf("error %v", err)
		}
	}
}

func TestCacheIsNone(t *testing.T) {
	t.Setenv("KRB5CCNAME", "/nowhere/krb5cc")
	m := newKerberos(t, Options{Hostname: "localhost", KRB5ConfFile: writeFile(t, "")})
	_, err := m.Start(t.Context(), "any")
	wantFailed(t, err, "the credential cache that KRB5CCNAME names is not there: run kinit, or configure a password or a keytab")
	for _, content := range []string{"", "\x05", "\x05\x04", "noise", "\x05\x04\x00\x00"} {
		m.opts.CredentialCacheFile = writeFile(t, content)
		_, err = m.Start(t.Context(), "any")
		wantFailed(t, err, " is none, or is damaged")
	}
}

func TestSplitPrincipal(t *testing.T) {
	for s, want := range map[string][2]string{
		"alice":                {"alice", ""},
		"alice@R":              {"alice", "R"},
		"a/b@R":                {"a/b", "R"},
		"alice@example.com@AD": {"alice@example.com", "AD"},
		"":                     {"", ""},
	} {
		if name, realm := splitPrincipal(s); name != want[0] || realm != want[1] {
			t.Errorf("%q: %q, %q", s, name, realm)
		}
	}
}
