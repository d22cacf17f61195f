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

	"terraform-provider-zookeeper/internal/zk/zktest"
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
	conf := configOf(t, "")
	k, err := openKeytab(t.Context(), conf, file, alice)
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
	if _, err := openKeytab(t.Context(), conf, file, userPrincipal("carol", "A")); err == nil || err.Error() != `the keytab "`+file+`" has no key of "carol@A"` {
		t.Errorf("error %v", err)
	}
	if k, err := openKeytab(t.Context(), conf, "FILE:"+file, principal{}); err != nil || k.client.id() != "alice@A" {
		t.Errorf("%+v, error %v", k, err)
	}
	if _, err := openKeytab(t.Context(), conf, "MEMORY:"+file, alice); err == nil || err.Error() != "the keytab is of the kind MEMORY, and has to be a file" {
		t.Errorf("error %v", err)
	}
	if _, err := openKeytab(t.Context(), conf, file+"-", alice); err == nil || err.Error() != `the keytab: there is no such file in the folder "`+filepath.Dir(file)+`"` {
		t.Errorf("error %v", err)
	}
	// A keytab that ends anywhere has the keys before that, or is refused, and is not shown.
	for n := range content {
		_, err := openKeytab(t.Context(), conf, writeFile(t, string(content[:n])), alice)
		if err != nil && (strings.Contains(err.Error(), string(k.keys[0].key.KeyValue)) || len(err.Error()) > 300) {
			t.Fatalf("%d bytes: %q", n, err)
		}
	}
	if _, err := openKeytab(t.Context(), conf, writeFile(t, "no keytab"), alice); err == nil || !strings.Contains(err.Error(), "is not a keytab, or is damaged") {
		t.Errorf("error %v", err)
	}
}

// A keytab with keys that this client cannot use says which they are.
func TestKeytabOfOtherTypes(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	kdc.AddPrincipal(t, "camellia", "secret", "-e", "camellia256-cts-cmac:normal,camellia128-cts-cmac:normal")
	file := kdc.Keytab(t, "camellia")
	want := `the keytab "` + file + `" has keys of "camellia@TEST.REALM", of types that are not supported: camellia256-cts-cmac (26), camellia128-cts-cmac (25)`
	if _, err := openKeytab(t.Context(), configOf(t, ""), file, userPrincipal("camellia", "TEST.REALM")); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// A keytab with keys that krb5.conf does not permit says which they are, and what it says to do is enough.
func TestKeytabOfRetiredTypes(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM", "[libdefaults]\nallow_rc4 = true\npermitted_enctypes = DEFAULT rc4\n")
	kdc.AddPrincipal(t, "old", "secret", "-e", "rc4-hmac:normal")
	file := kdc.Keytab(t, "old")
	plain := "[libdefaults]\ndefault_realm = TEST.REALM\n[realms]\nTEST.REALM = {\nkdc = " + kdc.Addr() + "\n}\n"
	opts := Options{Username: "old", Hostname: zktest.ServiceHost, KeytabFile: file, KRB5ConfFile: writeFile(t, plain)}
	_, err := newKerberos(t, opts).Start(t.Context(), "any")
	wantFailed(t, err, `the keytab "`+file+`" has keys of "old@TEST.REALM", of types that krb5.conf does not permit: arcfour-hmac-md5 (23); name them in permitted_enctypes, beside DEFAULT`)
	opts.KRB5ConfFile = writeFile(t, "[libdefaults]\nallow_rc4 = true\npermitted_enctypes = DEFAULT arcfour-hmac-md5\n"+plain)
	if _, err := newKerberos(t, opts).Start(t.Context(), "any"); err != nil {
		t.Error(err)
	}
	if out, err := zktest.RunKerberos(t, opts.KRB5ConfFile, "kinit", "-c", "MEMORY:none", "-k", "-t", file, "old"); err != nil {
		t.Errorf("kinit says:\n%s", out)
	}
}

func TestCachePlace(t *testing.T) {
	usual := fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())
	for _, tc := range []struct{ name, env, conf, want string }{
		{"", "", "", usual},
		{"", "/env", "/conf", "/env"},
		{"", "FILE:/env", "", "/env"},
		{"/file", "/env", "/conf", "/file"},
		{"FILE:/file", "", "", "/file"},
		{"FILE:relative", "", "", "relative"},
		{"./a:b", "", "", "./a:b"},
		{"no:kind", "", "", "no:kind"},
		{"DIR::/folder/tkt1", "", "", "/folder/tkt1"},
		{"", "DIR:/folder", "", "folder /folder"},
		{"", "", "FILE:/x/%{uid}_%{euid}_%{USERID}%{null}", fmt.Sprintf("/x/%d_%d_%d", os.Getuid(), os.Geteuid(), os.Getuid())},
		{"", "", "DIR:%{TEMP}/x", "folder " + os.TempDir() + "/x"},
		{"", "KEYRING:persistent:0", "", ""},
		{"", "", "KEYRING:persistent:%{uid}", ""},
		{"KCM:", "", "", ""},
	} {
		t.Setenv("KRB5CCNAME", tc.env)
		text := ""
		if tc.conf != "" {
			text = "[libdefaults]\ndefault_ccache_name = " + tc.conf + "\n"
		}
		place, err := placeOfCache(tc.name, configOf(t, text))
		got := place.file
		if place.folder != "" {
			got = "folder " + place.folder
		}
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%+v: %q, error %v", tc, got, err)
		}
		if err != nil && (!strings.Contains(err.Error(), `make a file with "kinit -c FILE:`+usual+`", and name that`) || strings.Contains(err.Error(), "persistent")) {
			t.Errorf("error %v", err)
		}
	}
	t.Setenv("KRB5CCNAME", "")
	for _, name := range []string{"%{bogus}", "x%{uid"} {
		if _, err := placeOfCache("", configOf(t, "[libdefaults]\ndefault_ccache_name = "+name+"\n")); err == nil || !strings.Contains(err.Error(), "line 2 has a variable in default_ccache_name that is not supported") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A cache of a path with variables is where klist looks for it.
func TestCachePathAsKlist(t *testing.T) {
	unset(t, "KRB5CCNAME")
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	conf := writeFile(t, "[libdefaults]\ndefault_ccache_name = FILE:%{TEMP}/%{uid}_%{euid}_%{username}_%{USERID}%{null}\n")
	place, err := placeOfCache("", configOf(t, "include "+conf+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := zktest.RunKerberos(t, conf, "klist"); !strings.Contains(out, "(filename: "+place.file+")") {
		t.Errorf("ours is %s, and klist says %s", place.file, out)
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
