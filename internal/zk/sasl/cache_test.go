package sasl

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// unset unsets a variable of the environment until the test has ended.
func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "")
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

// Where nothing is configured, the tickets and the keys are found that MIT Kerberos finds.
func TestCredentialsAsKinit(t *testing.T) {
	kdc := zktest.StartKDC(t, "TEST.REALM")
	for _, name := range []string{"alice", "bob", "carol"} {
		kdc.AddPrincipal(t, name, kerberosPassword)
	}
	collection := t.TempDir()
	t.Setenv("KRB5CCNAME", "DIR:"+collection)
	t.Setenv("KRB5_CLIENT_KTNAME", "")
	for _, name := range []string{"alice", "bob"} {
		if out, err := zktest.RunKerberos(t, kdc.ConfigFile(), "kinit", "-k", "-t", kdc.Keytab(t, name), name); err != nil {
			t.Fatal(out)
		}
	}
	wants := func(username, conf, want string) {
		t.Helper()
		m := newKerberos(t, Options{Username: username, Hostname: "localhost", KRB5ConfFile: conf})
		if got, err := m.Identity(t.Context()); err != nil || got != want {
			t.Errorf("%q is %q, error %v; want %q", username, got, err, want)
		}
		if e, err := m.Start(t.Context(), "any"); err != nil || e == nil {
			t.Errorf("%q: %v", username, err)
		}
	}
	t.Run("a collection", func(t *testing.T) {
		wants("", kdc.ConfigFile(), "bob@TEST.REALM")
		wants("alice", kdc.ConfigFile(), "alice@TEST.REALM")
		wants("bob@TEST.REALM", kdc.ConfigFile(), "bob@TEST.REALM")
		_, err := newKerberos(t, Options{Username: "carol", KRB5ConfFile: kdc.ConfigFile()}).Identity(t.Context())
		if want := `sasl: the collection of credential caches "` + collection + `" has none of "carol@TEST.REALM": run kinit`; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
	t.Run("default_ccache_name", func(t *testing.T) {
		unset(t, "KRB5CCNAME")
		content, err := os.ReadFile(kdc.ConfigFile())
		if err != nil {
			t.Fatal(err)
		}
		conf := writeFile(t, string(content)+"[libdefaults]\ndefault_ccache_name = "+filepath.Join(t.TempDir(), "%{uid}")+"\n")
		if out, err := zktest.RunKerberos(t, conf, "kinit", "-k", "-t", kdc.Keytab(t, "carol"), "carol"); err != nil {
			t.Fatal(out)
		}
		wants("", conf, "carol@TEST.REALM")
	})
	t.Run("the client's keytab", func(t *testing.T) {
		t.Setenv("KRB5CCNAME", "/nowhere/cache")
		t.Setenv("KRB5_CLIENT_KTNAME", "FILE:"+kdc.Keytab(t, "carol"))
		wants("", kdc.ConfigFile(), "carol@TEST.REALM")
		wants("carol", kdc.ConfigFile(), "carol@TEST.REALM")
		t.Setenv("KRB5_CLIENT_KTNAME", "")
		content, err := os.ReadFile(kdc.ConfigFile())
		if err != nil {
			t.Fatal(err)
		}
		wants("", writeFile(t, string(content)+"[libdefaults]\ndefault_client_keytab_name = FILE:"+kdc.Keytab(t, "alice")+"\n"), "alice@TEST.REALM")
		// A ticket goes first.
		t.Setenv("KRB5CCNAME", "DIR:"+collection)
		t.Setenv("KRB5_CLIENT_KTNAME", kdc.Keytab(t, "carol"))
		wants("", kdc.ConfigFile(), "bob@TEST.REALM")
		t.Setenv("KRB5CCNAME", "/nowhere/cache")
		t.Setenv("KRB5_CLIENT_KTNAME", "/nowhere/keytab")
		_, err = newKerberos(t, Options{KRB5ConfFile: kdc.ConfigFile()}).Identity(t.Context())
		const want = "sasl: the credential cache that KRB5CCNAME names is not there: run kinit, or configure a password or a keytab; " +
			"and for the client's keytab: the keytab: there is no such file, and its folder is not there either"
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}

// A cache that is renewed while a client waits is read again: that the ticket has expired is no end for a client that has
// been served.
func TestCacheIsRenewed(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	kdc.AddPrincipal(t, kerberosUser, kerberosPassword)
	addr := zktest.StartServer(t, zktest.WithKerberosLogin(kdc)).Addr()
	file := kdc.CredentialCache(t, kerberosUser, "-l", "1h")
	m := newKerberos(t, Options{Hostname: zktest.ServiceHost, KRB5ConfFile: kdc.ConfigFile(), CredentialCacheFile: file})
	if err := connect(t, addr).authenticate(m, "any"); err != nil {
		t.Fatal(err)
	}
	m.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	_, err := m.Start(t.Context(), "any")
	wantTransient(t, err, "has expired at ")
	m.now = time.Now
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	_, err = m.Start(t.Context(), "any")
	wantTransient(t, err, "the credential cache is not there: run kinit")
	if err := os.Rename(kdc.CredentialCache(t, kerberosUser, "-l", "5h"), file); err != nil {
		t.Fatal(err)
	}
	if err := connect(t, addr).authenticate(m, "any"); err != nil {
		t.Error(err)
	}
	// One that has never been served is told at once.
	m = newKerberos(t, Options{Hostname: zktest.ServiceHost, KRB5ConfFile: kdc.ConfigFile(), CredentialCacheFile: file})
	m.now = func() time.Time { return time.Now().Add(9 * time.Hour) }
	if _, err := m.Start(t.Context(), "any"); !errors.Is(err, ErrFailed) {
		t.Errorf("error %v", err)
	}
}

// A keytab and a krb5.conf that are replaced while a client waits are read again: that one is half written, or is not there
// for a moment, is no end for a client that has been served.
func TestFilesAreReplaced(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	for _, name := range []string{kerberosUser, "bob"} {
		kdc.AddPrincipal(t, name, kerberosPassword)
	}
	addr := zktest.StartServer(t, zktest.WithKerberosLogin(kdc)).Addr()
	read := func(file string) string {
		t.Helper()
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	keys, conf := read(kdc.Keytab(t, kerberosUser)), read(kdc.ConfigFile())
	for _, tc := range []struct {
		name, content, want string
		isConf              bool
	}{
		{"no keytab", "", "the keytab: there is no such file", false},
		{"the beginning of a keytab", "\x05\x02", " is not a keytab, or is damaged", false},
		{"half a keytab", keys[:len(keys)/2-1], " is not a keytab, or is damaged", false},
		{"somebody else's keytab", read(kdc.Keytab(t, "bob")), "has no key of", false},
		{"no krb5.conf", "", "krb5.conf: there is no such file", true},
		{"half a krb5.conf", "[libdefaults", `line 1 has no "]"`, true},
		{"a krb5.conf without a KDC", "[libdefaults]\ndefault_realm = TEST.REALM\ndns_lookup_kdc = no\n", "names no KDC of realm", true},
		{"a krb5.conf without a realm", "\n", "nor has krb5.conf a default_realm", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := Options{Username: kerberosUser, Hostname: zktest.ServiceHost, KRB5ConfFile: writeFile(t, conf), KeytabFile: writeFile(t, keys)}
			file, whole := opts.KeytabFile, keys
			if tc.isConf {
				file, whole = opts.KRB5ConfFile, conf
			}
			replace := func(content string) {
				t.Helper()
				err := os.WriteFile(file, []byte(content), 0o600)
				if content == "" {
					err = os.Remove(file)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			m := newKerberos(t, opts)
			if err := connect(t, addr).authenticate(m, "any"); err != nil {
				t.Fatal(err)
			}
			m.tickets = make(map[string]*ticket)
			replace(tc.content)
			_, err := m.Start(t.Context(), "any")
			wantTransient(t, err, tc.want)
			// One that has never been served is told at once.
			_, err = newKerberos(t, opts).Start(t.Context(), "any")
			wantFailed(t, err, tc.want)
			replace(whole)
			if err := connect(t, addr).authenticate(m, "any"); err != nil {
				t.Error(err)
			}
		})
	}
}
