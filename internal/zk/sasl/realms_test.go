package sasl

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// trust makes tickets of one realm worth something in the next.
func trust(t *testing.T, from, to *zktest.KDC) {
	t.Helper()
	for _, kdc := range []*zktest.KDC{from, to} {
		kdc.AddPrincipal(t, "krbtgt/"+to.Realm()+"@"+from.Realm(), "the realms' secret")
	}
}

// confOfRealms returns a krb5.conf with the KDCs of realms, of which the first is the client's.
func confOfRealms(kdcs ...*zktest.KDC) string {
	conf := "[libdefaults]\ndefault_realm = " + kdcs[0].Realm() + "\ndns_canonicalize_hostname = false\ndns_lookup_kdc = false\n[realms]\n"
	for _, kdc := range kdcs {
		conf += kdc.Realm() + " = {\nkdc = " + kdc.Addr() + "\n}\n"
	}
	return conf
}

// wantTicket checks of which realm the ticket for a service is, or which error there is. kvno is the control: it has to get
// the ticket, or not to get it, too.
func wantTicket(t *testing.T, home *zktest.KDC, conf, host, want string) {
	t.Helper()
	file := writeFile(t, conf)
	cache := filepath.Join(t.TempDir(), "cache")
	if out, err := zktest.RunKerberos(t, file, "kinit", "-c", cache, "-k", "-t", home.Keytab(t, kerberosUser), kerberosUser+"@"+home.Realm()); err != nil {
		t.Fatal(out)
	}
	out, kvnoErr := zktest.RunKerberos(t, file, "kvno", "-c", cache, "-S", "zookeeper", host)
	m := newKerberos(t, Options{Username: kerberosUser, Password: NewSecret(kerberosPassword), KRB5ConfFile: file})
	m.resolver = fakeDNS{}
	parsed, err := loadConfig(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.obtain(t.Context(), parsed, hostNames(t.Context(), m.resolver, parsed, host))
	if strings.HasPrefix(want, "the ") {
		if err == nil || !strings.Contains(err.Error(), want) || kvnoErr == nil {
			t.Errorf("error %v, want it to say: %s; kvno says:\n%s", err, want, out)
		}
		return
	}
	if err != nil || kvnoErr != nil {
		t.Errorf("error %v; kvno says:\n%s", err, out)
		return
	}
	if realm := got.ticket.Realm; realm != want {
		t.Errorf("the ticket is of the realm %s, want %s", realm, want)
	}
	if ticket := fmt.Sprintf("zookeeper/%s@%s: kvno", host, want); !strings.Contains(out, "@"+want) && !strings.Contains(out, ticket) {
		t.Errorf("kvno says:\n%s", out)
	}
}

// A service is found in the realm that it is in, whoever knows which that is.
func TestRealmsAsKvno(t *testing.T) {
	t.Parallel()
	home := zktest.StartKDC(t, "HOME.TEST", "[domain_realm]\n.referred.test = FAR.ORG\n")
	far := zktest.StartKDC(t, "FAR.ORG")
	home.AddPrincipal(t, kerberosUser, kerberosPassword)
	trust(t, home, far)
	for _, host := range []string{"zk.referred.test", "zk.far.org", "zk.mapped.test"} {
		far.AddPrincipal(t, "zookeeper/"+host, "x")
	}
	home.AddPrincipal(t, "zookeeper/short.home.test", "x")
	conf := confOfRealms(home, far)
	t.Run("the KDC refers to it", func(t *testing.T) {
		wantTicket(t, home, conf, "zk.referred.test", "FAR.ORG")
	})
	t.Run("krb5.conf maps it", func(t *testing.T) {
		wantTicket(t, home, conf+"[domain_realm]\nmapped.test = FAR.ORG\n", "zk.mapped.test", "FAR.ORG")
	})
	t.Run("the host's domain is called so", func(t *testing.T) {
		wantTicket(t, home, conf, "zk.far.org", "FAR.ORG")
	})
	t.Run("nobody knows it", func(t *testing.T) {
		wantTicket(t, home, conf, "zk.nowhere.test", `the KDC does not know the service "zookeeper/zk.nowhere.test@HOME.TEST"`)
	})
	t.Run("a short name", func(t *testing.T) {
		qualify := "[libdefaults]\nqualify_shortname = home.test\n"
		wantTicket(t, home, conf+qualify, "short", "HOME.TEST")
		wantTicket(t, home, conf+"[libdefaults]\nqualify_shortname = \"\"\n", "short", `the KDC does not know the service "zookeeper/short@HOME.TEST"`)
	})
}

// The name as it is comes first, and the DNS' name where the KDC does not know that.
func TestFallbackName(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "HOME.TEST")
	kdc.AddPrincipal(t, kerberosUser, kerberosPassword)
	for _, host := range []string{"real.home.test", "both.home.test"} {
		kdc.AddPrincipal(t, "zookeeper/"+host, "x")
	}
	m := newKerberos(t, Options{
		Username: kerberosUser, Password: NewSecret(kerberosPassword),
		KRB5ConfFile: writeFile(t, strings.Replace(confOfRealms(kdc), "dns_canonicalize_hostname = false", "dns_canonicalize_hostname = fallback", 1)),
	})
	m.resolver = fakeDNS{
		hosts: map[string][]string{"alias.home.test": {"192.0.2.1"}, "both.home.test": {"192.0.2.1"}, "real.home.test.": {"192.0.2.1"}},
		names: map[string][]string{"192.0.2.1": {"real.home.test."}},
	}
	for host, want := range map[string]string{"alias.home.test": "zookeeper/real.home.test", "both.home.test": "zookeeper/both.home.test"} {
		conf, err := loadConfig(t.Context(), m.opts.KRB5ConfFile)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.obtain(t.Context(), conf, hostNames(t.Context(), m.resolver, conf, host))
		if err != nil || got.service.PrincipalNameString() != want {
			t.Errorf("%s: %+v, error %v; want %s", host, got, err, want)
		}
	}
}

// The way through a realm in between, which only the client's krb5.conf knows.
func TestCapathsAsKvno(t *testing.T) {
	t.Parallel()
	const paths = "[capaths]\nHOME.TEST = {\nFAR.ORG = MID.NET\n}\n"
	home, mid := zktest.StartKDC(t, "HOME.TEST"), zktest.StartKDC(t, "MID.NET")
	far := zktest.StartKDC(t, "FAR.ORG", paths)
	home.AddPrincipal(t, kerberosUser, kerberosPassword)
	trust(t, home, mid)
	trust(t, mid, far)
	far.AddPrincipal(t, "zookeeper/zk.far.org", "x")
	conf := confOfRealms(home, mid, far) + "[domain_realm]\n.far.org = FAR.ORG\n"
	wantTicket(t, home, conf+paths, "zk.far.org", "FAR.ORG")
	wantTicket(t, home, conf, "zk.far.org", `the KDC does not know the service "krbtgt/FAR.ORG@HOME.TEST"`)
}

// A clock that is wrong is no obstacle, unless krb5.conf says so.
func TestClock(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	kdc.AddPrincipal(t, kerberosUser, kerberosPassword)
	addr := zktest.StartServer(t, zktest.WithKerberosLogin(kdc)).Addr()
	for _, ahead := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		m := newKerberos(t, Options{Username: kerberosUser, Password: NewSecret(kerberosPassword), Hostname: zktest.ServiceHost, KRB5ConfFile: kdc.ConfigFile()})
		m.now = func() time.Time { return time.Now().Add(ahead) }
		for range 2 {
			if err := connect(t, addr).authenticate(m, "any"); err != nil {
				t.Error(err)
			}
		}
		m.opts.KRB5ConfFile = writeFile(t, "include "+kdc.ConfigFile()+"\n[libdefaults]\nkdc_timesync = 0\n")
		m.tickets = make(map[string]*ticket)
		_, err := m.Start(t.Context(), "any")
		wantFailed(t, err, "the clocks of this machine (")
		wantFailed(t, err, ") are too far apart: (37)")
	}
}

// The clock of a cache is that of the machine on which kinit has written it, as kvno takes it. Where that was put right since,
// the cache is of use all the same, which it is not to kvno.
func TestClockOfCache(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	kdc.AddPrincipal(t, kerberosUser, kerberosPassword)
	addr := zktest.StartServer(t, zktest.WithKerberosLogin(kdc)).Addr()
	heedless := writeFile(t, "include "+kdc.ConfigFile()+"\n[libdefaults]\nkdc_timesync = 0\n")
	for _, tc := range []struct {
		name          string
		cache, client time.Duration // how far the clocks are ahead of the KDC's
		conf          string
		kvno          bool // gets a ticket; it has the KDC's own clock
		err           string
	}{
		{"a wrong clock", 2 * time.Hour, 2 * time.Hour, kdc.ConfigFile(), false, ""},
		{"a clock that is behind", -2 * time.Hour, -2 * time.Hour, kdc.ConfigFile(), false, ""},
		{"a clock that was put right", 2 * time.Hour, 0, kdc.ConfigFile(), false, ""},
		{"a clock that has gone wrong", 0, 2 * time.Hour, kdc.ConfigFile(), true, "the clocks of this machine ("},
		{"a cache's clock that is not heeded", 2 * time.Hour, 0, heedless, true, ""},
		{"a wrong clock that is not heeded", 2 * time.Hour, 2 * time.Hour, heedless, true, ") are too far apart: (37)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cache, err := os.ReadFile(kdc.CredentialCache(t, kerberosUser))
			if err != nil {
				t.Fatal(err)
			}
			// Version 4, a header of 12 bytes: the field 1 of 8 bytes, which are seconds and millionths of one.
			const header = "\x05\x04\x00\x0c\x00\x01\x00\x08"
			if !strings.HasPrefix(string(cache), header) {
				t.Fatalf("kinit has written %x", cache[:16])
			}
			binary.BigEndian.PutUint32(cache[len(header):], uint32(int32(-tc.cache/time.Second)))
			file := writeFile(t, string(cache))
			out, err := zktest.RunKerberos(t, tc.conf, "kvno", "-c", file, "--out-cache", filepath.Join(t.TempDir(), "cache"), "zookeeper/"+zktest.ServiceHost)
			if (err == nil) != tc.kvno || err != nil && !strings.Contains(out, "Clock skew too great") {
				t.Errorf("kvno says:\n%s", out)
			}
			m := newKerberos(t, Options{CredentialCacheFile: file, Hostname: zktest.ServiceHost, KRB5ConfFile: tc.conf})
			m.now = func() time.Time { return time.Now().Add(tc.client) }
			err = connect(t, addr).authenticate(m, "any")
			if tc.err != "" {
				wantFailed(t, err, tc.err)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// A clock that is put right while a client waits takes the tickets with it that were got by the wrong one.
func TestClockIsPutRight(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	kdc.AddPrincipal(t, kerberosUser, kerberosPassword)
	addr := zktest.StartServer(t, zktest.WithKerberosLogin(kdc)).Addr()
	for _, tc := range []struct {
		ahead time.Duration
		kept  bool
	}{{20 * time.Minute, false}, {-20 * time.Minute, false}, {30 * time.Second, true}} {
		m := newKerberos(t, Options{Username: kerberosUser, Password: NewSecret(kerberosPassword), Hostname: zktest.ServiceHost, KRB5ConfFile: kdc.ConfigFile()})
		m.now = func() time.Time { return time.Now().Add(tc.ahead) }
		if err := connect(t, addr).authenticate(m, "any"); err != nil {
			t.Fatal(err)
		}
		first := m.tickets["zookeeper/"+zktest.ServiceHost]
		m.now = time.Now
		if err := connect(t, addr).authenticate(m, "any"); err != nil {
			t.Errorf("%v: %v", tc.ahead, err)
		}
		if second := m.tickets["zookeeper/"+zktest.ServiceHost]; first == nil || (first == second) != tc.kept {
			t.Errorf("%v: the ticket is the first one: %v", tc.ahead, first == second)
		}
	}
}
