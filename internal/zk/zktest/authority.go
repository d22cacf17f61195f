package zktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An Authority signs certificates for tests.
type Authority struct {
	// Cert is its own certificate.
	Cert *x509.Certificate

	key *ecdsa.PrivateKey
}

// NewAuthority makes an authority that nobody else trusts.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := new(Authority)
	a.key, a.Cert = a.Sign(tb, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// Sign makes a key and its certificate. It fills in what all certificates have; without an end they hold for an hour.
func (a *Authority) Sign(tb testing.TB, template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		tb.Fatal(err)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	template.NotBefore = template.NotAfter.Add(-2 * time.Hour)
	parent, signer := a.Cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return key, cert
}

// CertPEM returns a certificate in PEM.
func CertPEM(cert *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}

// KeyPEM returns a private key in PEM.
func KeyPEM(tb testing.TB, key *ecdsa.PrivateKey) string {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// ServerCertificate is what [Authority.Sign] makes a server's certificate of. It is one for 127.0.0.1 and for the name
// zookeeper.test, and holds to the given time, or for an hour.
func ServerCertificate(notAfter time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: "server"}, NotAfter: notAfter,
		DNSNames: []string{"zookeeper.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// WithTLS makes a server speak TLS on a port of its own, as [WithSecurePort] does, with a certificate of the authority's,
// and take the certificates of the same authority from its clients. It wants one of each client, unless the line
// ssl.clientAuth of its configuration says otherwise.
func WithTLS(tb testing.TB, a *Authority, certificate *x509.Certificate) Option {
	tb.Helper()
	key, cert := a.Sign(tb, certificate)
	dir := tb.TempDir()
	files := map[string]string{
		filepath.Join(dir, "server.pem"): KeyPEM(tb, key) + CertPEM(cert),
		filepath.Join(dir, "ca.pem"):     CertPEM(a.Cert),
	}
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return func(set *settings) {
		WithSecurePort()(set)
		set.config["ssl.keyStore.location"] = filepath.Join(dir, "server.pem")
		set.config["ssl.keyStore.type"] = "PEM"
		set.config["ssl.trustStore.location"] = filepath.Join(dir, "ca.pem")
		set.config["ssl.trustStore.type"] = "PEM"
	}
}
