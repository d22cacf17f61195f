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
