package session_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"testing"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/sasl"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestIdentitiesOfTheConnection(t *testing.T) {
	t.Parallel()
	key, cert := zktest.NewAuthority(t).Sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "terraform", Organization: []string{"Example"}}})
	s := open(t, zk.Config{
		Servers: "127.0.0.1:1",
		Auth:    []zk.Credential{{Scheme: "digest", Secret: "alice:a"}},
		SASL:    &sasl.Options{Mechanism: sasl.DigestMD5, Username: "sally", Password: sasl.NewSecret("hush")},
		TLS:     &zk.TLS{CertPEM: zktest.CertPEM(cert), KeyPEM: zktest.KeyPEM(t, key)},
	})
	if got, want := s.Presented(), []string{"digest (alice)", "sasl (sally)", "x509 (CN=terraform,O=Example)"}; !slices.Equal(got, want) {
		t.Errorf("presented %q, want %q", got, want)
	}
	want := []attr.Identity{{Scheme: "digest", ID: zk.DigestID("alice", "a")}, {Scheme: "sasl", ID: "sally"}, {Scheme: "x509", ID: "CN=terraform,O=Example"}}
	if got := s.Identities(); !slices.Equal(got, want) {
		t.Errorf("identities %v, want %v", got, want)
	}
	// TLS alone presents nobody.
	if s := open(t, zk.Config{Servers: "127.0.0.1:1", TLS: new(zk.TLS)}); len(s.Presented())+len(s.Identities()) != 0 {
		t.Errorf("presented %q, identities %v", s.Presented(), s.Identities())
	}
}

// Whom the servers take the provider for is asked again where they could not be reached, and not any more where they have said
// it, or are too old to say it.
func TestWhoTheySeeIsAskedAgain(t *testing.T) {
	t.Parallel()
	isWhoAmI := zktest.Is(zktest.OpWhoAmI)
	others := []zk.ACL{{Scheme: zk.SchemeIP, ID: "10.0.0.0/8", Perms: zk.PermAll}}
	for name, tc := range map[string]struct {
		version string // of the servers; empty for the one that the tests run on
		cut     bool   // the first question's connection
		lost    []zk.Perms
		asked   int // how often the servers have been
	}{
		"they say it":            {"", false, []zk.Perms{zk.PermRead, zk.PermRead}, 1},
		"they cannot be reached": {"", true, []zk.Perms{0, zk.PermRead, zk.PermRead}, 1},
		"they are too old":       {"3.6.4", false, []zk.Perms{0, 0}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var options []zktest.Option
			if tc.version != "" {
				options = append(options, zktest.WithVersion(tc.version))
			}
			proxy := zktest.StartProxy(t, zktest.StartServer(t, options...).Addr())
			s := open(t, zk.Config{Servers: proxy.Addr(), Retry: zk.RetryPolicy{MaxTries: 1}})
			if _, err := s.Client(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tc.cut {
				proxy.CutBeforeRequest(isWhoAmI)
			}
			for i, want := range tc.lost {
				if lost := s.LockedOut(t.Context(), others, zk.PermRead); lost != want {
					t.Errorf("time %d: an ACL for others locks out of %v, want %v", i+1, lost, want)
				}
			}
			if n := proxy.Count(isWhoAmI); n != tc.asked {
				t.Errorf("the servers were asked %d times, want %d", n, tc.asked)
			}
		})
	}
}

func TestInvalidIdentities(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]zk.Config{
		"TLS":      {TLS: &zk.TLS{CAPEM: "garbage"}},
		"SASL":     {SASL: &sasl.Options{Mechanism: "PLAIN"}},
		"Kerberos": {SASL: &sasl.Options{Mechanism: sasl.GSSAPI, Username: "alice", KeytabFile: "/nowhere/keytab"}},
	} {
		if _, err := session.New(t.Context(), cfg, nil, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
