package zk_test

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
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
	*zktest.Authority
	t    *testing.T
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := zktest.NewAuthority(t)
	return &authority{a, t, a.Cert}
}

func (a *authority) sign(template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	return a.Sign(a.t, template)
}

var (
	certPEM    = zktest.CertPEM
	serverCert = zktest.ServerCertificate
)

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	return zktest.KeyPEM(t, key)
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const storePassword = "hush-hush"

// stores returns how to use stores of Java's, by their kind, "jks" or "p12".
func stores(t *testing.T, a *authority, key *ecdsa.PrivateKey, cert *x509.Certificate) func(kind string) *zk.TLS {
	t.Helper()
	dir := t.TempDir()
	run := func(tool string, args ...string) {
		cmd := exec.CommandContext(t.Context(), tool, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v\n%s", tool, args, err, out)
		}
	}
	ca, all := write(t, "ca.pem", certPEM(a.cert)), write(t, "all.pem", keyPEM(t, key)+certPEM(cert)+certPEM(a.cert))
	run("openssl", "pkcs12", "-export", "-in", all, "-out", "key.p12", "-passout", "pass:"+storePassword)
	run("keytool", "-importkeystore", "-srckeystore", "key.p12", "-srcstorepass", storePassword, "-destkeystore", "key.jks", "-deststoretype", "JKS", "-deststorepass", storePassword)
	for kind, name := range map[string]string{"jks": "JKS", "p12": "PKCS12"} {
		run("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", ca, "-storetype", name, "-keystore", "trust."+kind, "-storepass", storePassword)
	}
	return func(kind string) *zk.TLS {
		return &zk.TLS{
			KeystoreFile: filepath.Join(dir, "key."+kind), KeystorePassword: storePassword,
			TruststoreFile: filepath.Join(dir, "trust."+kind), TruststorePassword: storePassword,
		}
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
	return []zktest.Option{zktest.WithTLS(t, a.Authority, template)}
}

// refusal makes a client give up after the first answer, and wait for that: the first
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
		err := c.Start(testContext(t))
		if _, ok := errors.AsType[*zk.TLSError](err); !ok || !strings.Contains(err.Error(), "does this port speak TLS?") {
			t.Errorf("Start: %v", err)
		}
		lacks(t, clientTLS)
	}
	ca, other := newAuthority(t), newAuthority(t)
	good := startTLS(t, ca, serverCert(time.Time{}))
	expired := startTLS(t, ca, serverCert(time.Now().Add(-time.Minute)))
	named := serverCert(time.Time{})
	named.IPAddresses = nil
	nameless := serverCert(time.Time{})
	nameless.Subject.CommonName, nameless.DNSNames, nameless.IPAddresses = "127.0.0.1", nil, nil
	commonName := startTLS(t, ca, nameless)
	clients := serverCert(time.Time{})
	clients.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	forClients := startTLS(t, ca, clients)
	early := startTLS(t, ca, serverCert(time.Now().Add(3*time.Hour)))
	chainAlone := func(c *zk.TLS) { c.SkipHostname = true }
	byName := startTLS(t, ca, named)

	clientKey, clientCert := ca.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	endedKey, endedCert := ca.sign(&x509.Certificate{NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
	serversKey, serversCert := ca.sign(&x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	dates := func(cert *x509.Certificate) string {
		return "this client's is valid from " + cert.NotBefore.UTC().Format(time.RFC3339) + " to " + cert.NotAfter.UTC().Format(time.RFC3339)
	}
	foreignKey, foreignCert := other.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "stranger"}})
	block, err := pemutil.Serialize(clientKey, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte("hush")))
	if err != nil {
		t.Fatal(err)
	}
	encrypted := string(pem.EncodeToMemory(block))
	inStores := stores(t, ca, clientKey, clientCert)
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
		{"PKCS #12", good.SecureAddr(), inStores("p12"), ""},
		{"JKS", good.SecureAddr(), inStores("jks"), ""},
		{"another trust store", good.SecureAddr(), &zk.TLS{TruststoreFile: stores(t, other, foreignKey, foreignCert)("jks").TruststoreFile, TruststorePassword: storePassword}, "not signed by a CA that is trusted here"},
		{"server name", byName.SecureAddr(), with(func(c *zk.TLS) { c.ServerName = "zookeeper.test" }), ""},
		{"no verification", byName.SecureAddr(), with(func(c *zk.TLS) { c.InsecureSkipVerify, c.CAPEM = true, "" }), ""},
		{"wrong CA", good.SecureAddr(), with(func(c *zk.TLS) { c.CAPEM = certPEM(other.cert) }), "not signed by a CA that is trusted here"},
		{"system roots", good.SecureAddr(), with(func(c *zk.TLS) { c.CAPEM = "" }), "not signed by a CA that is trusted here"},
		{"wrong name", byName.SecureAddr(), with(func(*zk.TLS) {}), `not one for "127.0.0.1"`},
		{"another name", byName.SecureAddr(), with(func(c *zk.TLS) { c.ServerName = "zookeeper.other" }), `it is one for "zookeeper.test"`},
		{"common name alone", commonName.SecureAddr(), with(func(*zk.TLS) {}), `one for no host, and so not for "127.0.0.1": it has no subject alternative name of a host, and no address, and its common name "127.0.0.1" does not count`},
		{"server name for a common name", commonName.SecureAddr(), with(func(c *zk.TLS) { c.ServerName = "zookeeper.test" }), "one for no host"},
		{"chain alone, common name", commonName.SecureAddr(), with(chainAlone), ""},
		{"chain alone, another name", byName.SecureAddr(), with(chainAlone), ""},
		{"chain alone, stores", byName.SecureAddr(), func() *zk.TLS { c := inStores("jks"); chainAlone(c); return c }(), ""},
		{"chain alone, wrong CA", good.SecureAddr(), with(func(c *zk.TLS) { c.SkipHostname, c.CAPEM = true, certPEM(other.cert) }), "not signed by a CA that is trusted here, though one by that name is"},
		{"chain alone, system roots", good.SecureAddr(), with(func(c *zk.TLS) { c.SkipHostname, c.CAPEM = true, "" }), "not signed by a CA that is trusted here: "},
		{"chain alone, expired", expired.SecureAddr(), with(chainAlone), "has expired"},
		{"not yet valid", early.SecureAddr(), with(func(*zk.TLS) {}), "is not valid yet"},
		{"for clients", forClients.SecureAddr(), with(func(*zk.TLS) {}), "is not one for servers"},
		{"chain alone, for clients", forClients.SecureAddr(), with(chainAlone), "is not one for servers"},
		{"expired", expired.SecureAddr(), with(func(*zk.TLS) {}), "has expired"},
		{"no client certificate", good.SecureAddr(), with(func(c *zk.TLS) { c.CertPEM, c.KeyPEM = "", "" }), "refused this client's certificate, or wants one: this client has none"},
		{"stranger's certificate", good.SecureAddr(), with(func(c *zk.TLS) { c.CertPEM, c.KeyPEM = certPEM(foreignCert), keyPEM(t, foreignKey) }), "refused this client's certificate, or wants one: " + dates(foreignCert) + ": "},
		{"certificate that has ended", good.SecureAddr(), with(func(c *zk.TLS) { c.CertPEM, c.KeyPEM = certPEM(endedCert), keyPEM(t, endedKey) }), "refused this client's certificate, or wants one: " + dates(endedCert) + ": "},
		{"certificate of a server", good.SecureAddr(), with(func(c *zk.TLS) { c.CertPEM, c.KeyPEM = certPEM(serversCert), keyPEM(t, serversKey) }), "refused this client's certificate, or wants one: " + dates(serversCert) + ", and its extended key usage is not one of clients: "},
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
				if _, ok := errors.AsType[*zk.ConnectError](err); !ok || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), tc.addr) {
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
	key, cert := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "client"}})
	otherKey, _ := a.sign(&x509.Certificate{})
	block, err := pemutil.Serialize(key, pemutil.WithPKCS8(true), pemutil.WithPassword([]byte("hush")))
	if err != nil {
		t.Fatal(err)
	}
	encrypted := string(pem.EncodeToMemory(block))
	inStores := stores(t, a, key, cert)
	stored := func(kind string, change func(*zk.TLS)) zk.TLS {
		cfg := inStores(kind)
		change(cfg)
		return *cfg
	}
	bad := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	for name, tc := range map[string]struct {
		tls   zk.TLS
		field string
		want  string
	}{
		"CA twice":         {zk.TLS{CAFile: "a", CAPEM: "b"}, "CAPEM", "both as a file and as PEM"},
		"no CA file":       {zk.TLS{CAFile: filepath.Join(t.TempDir(), "none")}, "CAFile", "no such file"},
		"CA of garbage":    {zk.TLS{CAPEM: "garbage"}, "CAPEM", "no certificate in PEM"},
		"key alone":        {zk.TLS{KeyPEM: keyPEM(t, key)}, "CertFile", "no certificate"},
		"certificate only": {zk.TLS{CertPEM: certPEM(cert)}, "KeyFile", "no key"},
		"password alone":   {zk.TLS{KeyPassword: "hush"}, "KeyPassword", "no key"},
		"key of garbage":   {zk.TLS{CertPEM: certPEM(cert), KeyPEM: "garbage"}, "KeyPEM", "no private key in PEM"},
		"another key":      {zk.TLS{CertPEM: certPEM(cert), KeyPEM: keyPEM(t, otherKey)}, "KeyPEM", "does not match"},
		"no password":      {zk.TLS{CertPEM: certPEM(cert), KeyPEM: encrypted}, "KeyPassword", "there is no key password"},
		"garbage":          {zk.TLS{CertPEM: "garbage", KeyPEM: keyPEM(t, key)}, "CertPEM", "no certificate in PEM"},
		"a garbled one":    {zk.TLS{CertPEM: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", KeyPEM: keyPEM(t, key)}, "CertPEM", "x509: malformed"},
		"one bad CA":       {zk.TLS{CAPEM: certPEM(a.cert) + bad}, "CAPEM", "certificate 2 of 2 cannot be read"},
		"one bad between":  {zk.TLS{CertPEM: certPEM(cert) + bad, KeyPEM: keyPEM(t, key)}, "CertPEM", "certificate 2 of 2 cannot be read"},

		"a key store and a key":      {stored("jks", func(c *zk.TLS) { c.KeyPEM = keyPEM(t, key) }), "KeystoreFile", "a certificate or a key beside it"},
		"a trust store and a CA":     {stored("p12", func(c *zk.TLS) { c.CAPEM = certPEM(a.cert) }), "TruststoreFile", "a trust store and a CA"},
		"no key store":               {zk.TLS{KeystorePassword: storePassword}, "KeystorePassword", "no key store"},
		"no trust store":             {zk.TLS{TruststorePassword: storePassword}, "TruststorePassword", "no trust store"},
		"no key store file":          {zk.TLS{KeystoreFile: filepath.Join(t.TempDir(), "none")}, "KeystoreFile", "no such file"},
		"no trust store file":        {zk.TLS{TruststoreFile: filepath.Join(t.TempDir(), "none")}, "TruststoreFile", "no such file"},
		"no key store password":      {stored("p12", func(c *zk.TLS) { c.KeystorePassword = "" }), "KeystorePassword", "there is no key store password"},
		"no trust store password":    {stored("jks", func(c *zk.TLS) { c.TruststorePassword = "" }), "TruststorePassword", "there is no trust store password"},
		"wrong key store password":   {stored("jks", func(c *zk.TLS) { c.KeystorePassword = "hush!" }), "KeystorePassword", "the key store password is wrong"},
		"wrong trust store password": {stored("p12", func(c *zk.TLS) { c.TruststorePassword = "hush!" }), "TruststorePassword", "the trust store password is wrong"},
		"wrong password of a key":    {stored("jks", func(c *zk.TLS) { c.KeyPassword = "hush!" }), "KeyPassword", "has another password than the store"},
		"two passwords":              {stored("p12", func(c *zk.TLS) { c.KeyPassword = "hush!" }), "KeystoreFile", "has one password"},
		"PEM for a store":            {zk.TLS{TruststoreFile: write(t, "ca.pem", certPEM(a.cert))}, "TruststoreFile", "it is PEM"},
		"a store for PEM":            {zk.TLS{CAFile: inStores("p12").TruststoreFile}, "CAFile", "but a store in PKCS #12"},

		"wrong password": {zk.TLS{CertPEM: certPEM(cert), KeyPEM: encrypted, KeyPassword: "hush!"}, "KeyPassword", "the key password is wrong"},
	} {
		_, err := zk.New(t.Context(), zk.Config{TLS: &tc.tls})
		if invalid, ok := errors.AsType[*zk.TLSOptionError](err); !ok || invalid.Field != tc.field || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v (%+v), want %q about %s", name, err, invalid, tc.want, tc.field)
		}
	}
}

func TestTLSSubject(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	key, cert := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "client", OrganizationalUnit: []string{"Ops"}, Organization: []string{"Example, Inc."}}})
	for _, tc := range []struct {
		tls  zk.TLS
		want string
	}{
		{zk.TLS{}, ""},
		{zk.TLS{CertPEM: certPEM(cert), KeyPEM: keyPEM(t, key)}, `CN=client,OU=Ops,O=Example\, Inc.`},
		// The CA may stand before it.
		{zk.TLS{CertPEM: certPEM(a.cert) + certPEM(cert), KeyPEM: keyPEM(t, key)}, `CN=client,OU=Ops,O=Example\, Inc.`},
	} {
		if got, err := tc.tls.Subject(t.Context()); err != nil || got != tc.want {
			t.Errorf("%q, %v; want %q", got, err, tc.want)
		}
	}
	if _, err := (&zk.TLS{CAPEM: "garbage"}).Subject(t.Context()); err == nil {
		t.Error("garbage is no CA")
	}
}

// An alert is told by its name, and laid to the client's certificate only where that is what
// it is about.
func TestTLSAlert(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	key, cert := a.sign(serverCert(time.Time{}))
	pair, err := tls.X509KeyPair([]byte(certPEM(cert)), []byte(keyPEM(t, key)))
	if err != nil {
		t.Fatal(err)
	}
	const refused = "refused this client's certificate, or wants one"
	for name, tc := range map[string]struct {
		cfg         *tls.Config
		want, never string // in the error
	}{
		"an older protocol": {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "protocol version", refused},
		"no certificate":    {&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("unknown name") }}, "internal error", refused},
		"TLS 1.2, wants a certificate": {&tls.Config{
			Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12,
		}, "or it wants a client's certificate", refused},
		"TLS 1.3, wants a certificate": {&tls.Config{
			Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert,
		}, refused, "ended the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := zktest.StartPeer(t, func(nc net.Conn) {
				_ = tls.Server(nc, tc.cfg).HandshakeContext(t.Context())
				// To close with bytes unread would reset the connection, and the alert with it.
				_, _ = io.Copy(io.Discard, nc)
			})
			c := newClient(t, addr, refusal, func(cfg *zk.Config) { cfg.TLS = &zk.TLS{CAPEM: certPEM(a.cert)} })
			err := c.Start(testContext(t))
			if _, ok := errors.AsType[*zk.TLSError](err); !ok || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), tc.never) {
				t.Errorf("Start: %v, want %q and not %q", err, tc.want, tc.never)
			}
		})
	}
}

// Certificates, keys and CA files that are renewed while a client runs count for its next connection.
func TestTLSRenewed(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	old, renewed := newAuthority(t), newAuthority(t)
	first, second := startTLS(t, old, serverCert(time.Now().Add(time.Hour))), startTLS(t, renewed, serverCert(time.Now().Add(time.Hour)))
	dir := t.TempDir()
	settings := &zk.TLS{CAFile: filepath.Join(dir, "ca"), CertFile: filepath.Join(dir, "cert"), KeyFile: filepath.Join(dir, "key")}
	lay := func(a *authority) {
		key, cert := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "alice"}, NotAfter: time.Now().Add(time.Hour)})
		for file, content := range map[string]string{settings.CAFile: certPEM(a.cert), settings.CertFile: certPEM(cert), settings.KeyFile: keyPEM(t, key)} {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	lay(renewed)
	before := connect(t, second.SecureAddr(), func(cfg *zk.Config) { cfg.TLS = settings })
	for range 5 {
		// A server that has seen less than the client would refuse it.
		if _, err := before.Create(ctx, "/x-", nil, zk.CreateOptions{Mode: zk.PersistentSequential}); err != nil {
			t.Fatal(err)
		}
	}
	lay(old)
	c := connect(t, first.SecureAddr()+","+second.SecureAddr(), func(cfg *zk.Config) {
		cfg.KeepHostOrder = true
		cfg.TLS = settings
	})
	lay(renewed)
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	for {
		_, _, err := c.Get(ctx, "/zookeeper")
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// Where the files of TLS cannot be read when a connection is made, as in the middle of their renewal, what they said before
// counts, and the log says why they could not. What they say next counts for the connection after that.
func TestTLSInTheMiddleOfRenewal(t *testing.T) {
	t.Parallel()
	needs(t, whoAmI)
	ctx := testContext(t)
	ca := newAuthority(t)
	srv := startTLS(t, ca, serverCert(time.Now().Add(time.Hour)))
	dir := t.TempDir()
	settings := &zk.TLS{CAFile: filepath.Join(dir, "ca"), CertFile: filepath.Join(dir, "cert"), KeyFile: filepath.Join(dir, "key")}
	lay := func(file, content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made := func(name string) (key, cert string) {
		k, c := ca.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}})
		return keyPEM(t, k), certPEM(c)
	}
	key, cert := made("before")
	nextKey, nextCert := made("after")
	proxy := zktest.StartProxy(t, srv.SecureAddr())
	log := warnings{heard: make(chan string, 1000)}
	told := func() bool {
		for {
			select {
			case msg := <-log.heard:
				if strings.Contains(msg, "files of TLS could not be read") {
					return true
				}
			default:
				return false
			}
		}
	}
	lay(settings.CAFile, certPEM(ca.cert))
	lay(settings.CertFile, cert)
	lay(settings.KeyFile, key)
	c := connect(t, proxy.Addr(), func(cfg *zk.Config) { cfg.TLS, cfg.Logger = settings, log })
	subject := func() string {
		t.Helper()
		all, err := c.WhoAmI(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range all {
			if who.Scheme == zk.SchemeX509 {
				return who.User
			}
		}
		return ""
	}
	for name, half := range map[string]func(){
		"a new certificate with the key of the old one": func() { lay(settings.CertFile, nextCert) },
		"a file of which nothing is written yet":        func() { lay(settings.KeyFile, "") },
		"a file of which a part is written":             func() { lay(settings.CAFile, certPEM(ca.cert)[:100]) },
		"a file that is gone": func() {
			if err := os.Remove(settings.CertFile); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // One client goes through them.
			id, _ := c.Session()
			half()
			proxy.CutAll()
			if who := subject(); who != "CN=before" {
				t.Errorf("connected as %q", who)
			}
			if now, _ := c.Session(); now != id {
				t.Errorf("the session was %d and is %d", id, now)
			}
			if !told() {
				t.Error("the log does not say that the files could not be read: the test showed nothing")
			}
			lay(settings.CAFile, certPEM(ca.cert))
			lay(settings.CertFile, cert)
			lay(settings.KeyFile, key)
		})
	}
	lay(settings.CertFile, nextCert)
	lay(settings.KeyFile, nextKey)
	proxy.CutAll()
	if who := subject(); who != "CN=after" {
		t.Errorf("with the renewed files, connected as %q", who)
	}
}
