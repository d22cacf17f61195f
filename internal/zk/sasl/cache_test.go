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
