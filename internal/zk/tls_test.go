package zk_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.step.sm/crypto/pemutil"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.key, a.cert = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign fills in what all certificates have, and makes a key for it.
func (a *authority) sign(template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.t.Fatal(err)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	template.NotBefore = template.NotAfter.Add(-2 * time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return key, cert
}

func certPEM(cert *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func serverCert(notAfter time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: "server"}, NotAfter: notAfter,
		DNSNames: []string{"zookeeper.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// startTLS starts a server with a certificate of the authority's, which wants certificates
// of the same authority from its clients.
func startTLS(t *testing.T, a *authority, template *x509.Certificate) *zktest.Server {
	t.Helper()
	return zktest.StartServer(t, tlsOptions(t, a, template)...)
}

func tlsOptions(t *testing.T, a *authority, template *x509.Certificate) []zktest.Option {
	t.Helper()
	key, cert := a.sign(template)
	return []zktest.Option{
		zktest.WithSecurePort(),
		zktest.WithConfig("ssl.keyStore.location", write(t, "server.pem", keyPEM(t, key)+certPEM(cert))),
		zktest.WithConfig("ssl.keyStore.type", "PEM"),
		zktest.WithConfig("ssl.trustStore.location", write(t, "ca.pem", certPEM(a.cert))),
		zktest.WithConfig("ssl.trustStore.type", "PEM"),
	}
}

// refusal makes a client give up behind the first answer, and wait for that: the first
// handshake of a server takes it a while.
func refusal(cfg *zk.Config) {
	cfg.ConnectRetry.MaxTries = 1
	cfg.ConnectTimeout, cfg.SessionTimeout = patience, patience
}

// Mutual TLS, and what is said of each way in which it fails.
func conformTLS(t *testing.T) {
	t.Parallel()
	if !has(t, clientTLS) {
		// A server without it ends the handshake, as one does whose port is for plain text.
		c := newClient(t, server.Addr(), func(cfg *zk.Config) {
			cfg.TLS = &zk.TLS{InsecureSkipVerify: true}
			refusal(cfg)
		})
		var te *zk.TLSError
		if err := c.Start(testContext(t)); !errors.As(err, &te) || !strings.Contains(err.Error(), "does this port speak TLS?") {
			t.Errorf("Start: %v", err)
		}
		lacks(t, clientTLS)
	}
	ca, other := newAuthority(t), newAuthority(t)
	good := startTLS(t, ca, serverCert(time.Time{}))
	expired := startTLS(t, ca, serverCert(time.Now().Add(-time.Minute)))
	named := serverCert(time.Time{})
	named.IPAddresses = nil
	byName := startTLS(t, ca, named)

	clientKey, clientCert := ca.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	foreignKey, foreignCert := other.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "stranger"}})
	block, err := pemutil.Serialize(clientKey, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte("hush")))
	if err != nil {
		t.Fatal(err)
	}
	encrypted := string(pem.EncodeToMemory(block))
	with := func(change func(*zk.TLS)) *zk.TLS {
		cfg := &zk.TLS{CAPEM: certPEM(ca.cert), CertPEM: certPEM(clientCert), KeyPEM: keyPEM(t, clientKey)}
		change(cfg)
		return cfg
	}
	for _, tc := range []struct {
		name string
		addr string
		tls  *zk.TLS
		want string // in the error; empty for none
	}{
		{"PEM", good.SecureAddr(), with(func(*zk.TLS) {}), ""},
		{"files", good.SecureAddr(), &zk.TLS{
			CAFile: write(t, "ca.pem", certPEM(ca.cert)), CertFile: write(t, "cert.pem", certPEM(clientCert)),
			KeyFile: write(t, "key.pem", keyPEM(t, clientKey)),
		}, ""},
		{"encrypted key", good.SecureAddr(), with(func(c *zk.TLS) { c.KeyPEM, c.KeyPassword = encrypted, "hush" }), ""},
		{"server name", byName.SecureAddr(), with(func(c *zk.TLS) { c.ServerName = "zookeeper.test" }), ""},
		{"no verification", byName.SecureAddr(), with(func(c *zk.TLS) { c.InsecureSkipVerify, c.CAPEM = true, "" }), ""},
		{"wrong CA", good.SecureAddr(), with(func(c *zk.TLS) { c.CAPEM = certPEM(other.cert) }), "not signed by a CA that is trusted here"},
		{"system roots", good.SecureAddr(), with(func(c *zk.TLS) { c.CAPEM = "" }), "not signed by a CA that is trusted here"},
		{"wrong name", byName.SecureAddr(), with(func(*zk.TLS) {}), `not one for "127.0.0.1"`},
		{"expired", expired.SecureAddr(), with(func(*zk.TLS) {}), "has expired"},
		{"no client certificate", good.SecureAddr(), with(func(c *zk.TLS) { c.CertPEM, c.KeyPEM = "", "" }), "refused this client's certificate, or wants one"},
		{"stranger's certificate", good.SecureAddr(), with(func(c *zk.TLS) { c.CertPEM, c.KeyPEM = certPEM(foreignCert), keyPEM(t, foreignKey) }), "refused this client's certificate, or wants one"},
		{"TLS to the plain port", good.Addr(), with(func(*zk.TLS) {}), "does this port speak TLS?"},
		{"plain text to the TLS port", good.SecureAddr(), nil, "want TLS on this port"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			c := newClient(t, tc.addr, func(cfg *zk.Config) {
				cfg.TLS = tc.tls
				if tc.want != "" {
					refusal(cfg)
				}
			})
			err := c.Start(ctx)
			if tc.want != "" {
				var ce *zk.ConnectError
				if !errors.As(err, &ce) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), tc.addr) {
					t.Errorf("Start: %v, want %q", err, tc.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			path := folder(t, c) + "/node"
			if _, err := c.Create(ctx, path, []byte("x"), zk.CreateOptions{}); err != nil {
				t.Error(err)
			}
			if data, _, err := c.Get(ctx, path); err != nil || string(data) != "x" {
				t.Errorf("get: %q, %v", data, err)
			}
			// The four-letter words go through TLS as well.
			if info, err := c.ServerInfo(ctx); err != nil || info.Mode != "standalone" {
				t.Errorf("%+v, %v", info, err)
			}
		})
	}
}

func TestTLSRefused(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	key, cert := a.sign(&x509.Certificate{})
	otherKey, _ := a.sign(&x509.Certificate{})
	block, err := pemutil.Serialize(key, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte("hush")))
	if err != nil {
		t.Fatal(err)
	}
	encrypted := string(pem.EncodeToMemory(block))
	for name, tc := range map[string]struct {
		tls  zk.TLS
		want string
	}{
		"CA twice":         {zk.TLS{CAFile: "a", CAPEM: "b"}, "both as a file and as PEM"},
		"no CA file":       {zk.TLS{CAFile: filepath.Join(t.TempDir(), "none")}, "no such file"},
		"CA of garbage":    {zk.TLS{CAPEM: "garbage"}, "no certificate in PEM"},
		"key alone":        {zk.TLS{KeyPEM: keyPEM(t, key)}, "no certificate"},
		"certificate only": {zk.TLS{CertPEM: certPEM(cert)}, "no key"},
		"password alone":   {zk.TLS{KeyPassword: "hush"}, "no key"},
		"key of garbage":   {zk.TLS{CertPEM: certPEM(cert), KeyPEM: "garbage"}, "no private key in PEM"},
		"another key":      {zk.TLS{CertPEM: certPEM(cert), KeyPEM: keyPEM(t, otherKey)}, "does not match"},
		"no password":      {zk.TLS{CertPEM: certPEM(cert), KeyPEM: encrypted}, "there is no key password"},
		"wrong password":   {zk.TLS{CertPEM: certPEM(cert), KeyPEM: encrypted, KeyPassword: "hush!"}, "is the key password right?"},
	} {
		if _, err := zk.New(zk.Config{TLS: &tc.tls}); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
