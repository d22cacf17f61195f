package engine

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/keyfile"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// TLS says how to speak TLS with the servers, and whom to trust. Its zero value verifies
// the servers by the system's roots. TLS 1.2 is the least that is spoken.
//
// What a field ending in File names, the field ending in PEM may hold instead; both is an
// error.
type TLS struct {
	// CAFile and CAPEM are the certificates that the servers' must descend from, in PEM,
	// instead of the system's roots.
	CAFile, CAPEM string
	// CertFile and CertPEM are the client's certificate and, after it, those between it
	// and its root, in PEM.
	CertFile, CertPEM string
	// KeyFile and KeyPEM are the private key of the client's certificate in PEM: PKCS #1,
	// PKCS #8 or SEC 1, encrypted or not.
	KeyFile, KeyPEM string
	// KeyPassword decrypts the private key. With KeystoreFile it is for a key that has a
	// password other than its store's, as JKS allows.
	KeyPassword string
	// KeystoreFile is a key store of Java's, JKS or PKCS #12, with the client's certificate and
	// its private key, instead of CertFile and KeyFile. KeystorePassword opens it.
	KeystoreFile, KeystorePassword string
	// TruststoreFile is a trust store of Java's, JKS or PKCS #12, instead of CAFile.
	// TruststorePassword opens it.
	TruststoreFile, TruststorePassword string
	// ServerName is the name that the servers' certificates must have; by default it is the
	// host of the connect string, and never the address that the host resolves to.
	ServerName string
	// SkipHostname verifies that the servers' certificates descend from the CA, and not that
	// they have the servers' names: whoever has another certificate of that CA is taken for a
	// server. It is for a CA that gives certificates to nobody else, and what kazoo and Java's
	// ssl.hostnameVerification=false do.
	SkipHostname bool
	// InsecureSkipVerify accepts any certificate: whoever can get in between reads and
	// changes everything. For tests.
	InsecureSkipVerify bool
}

// A TLSOptionError tells which field of a [TLS] is wrong, or missing.
type TLSOptionError struct {
	// Field is the name of the field.
	Field string
	// Err is what is wrong. It holds neither the key nor its password.
	Err error
}

// Error tells what is wrong.
func (e *TLSOptionError) Error() string { return "TLS: " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *TLSOptionError) Unwrap() error { return e.Err }

// Subject returns the subject of the client's certificate in the notation in which ids of ACL
// entries of the scheme "x509" have it, as far as a client can tell: that of Java's
// X500Principal.getName, RFC 2253. Servers can be told to take something else of a certificate,
// and [Engine.WhoAmI] asks them. It is empty without a certificate. Subject reads the files, until
// ctx ends, and finds everything that [New] would: an error is a *[TLSOptionError].
func (t *TLS) Subject(ctx context.Context) (string, error) {
	cfg, err := t.config(ctx)
	if err != nil || len(cfg.Certificates) == 0 {
		return "", err
	}
	subject, err := javaName(cfg.Certificates[0].Leaf.RawSubject)
	if err != nil {
		return "", t.invalidCert(err)
	}
	return subject, nil
}

// config makes the configuration of crypto/tls. The server's name is set for each
// connection.
func (t *TLS) config(ctx context.Context) (*tls.Config, error) {
	cfg := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify, //nolint:gosec // only when it is asked for by name
	}
	roots, err := t.roots(ctx)
	if err != nil {
		return nil, err
	}
	if roots != nil {
		cfg.RootCAs = x509.NewCertPool()
		for _, ca := range roots {
			cfg.RootCAs.AddCert(ca)
		}
	}
	if t.SkipHostname && !t.InsecureSkipVerify {
		// crypto/tls verifies both or nothing.
		cfg.InsecureSkipVerify = true
		cfg.VerifyConnection = chainVerifier(cfg.RootCAs)
	}
	pair, err := t.pair(ctx)
	if err != nil || pair == nil {
		return cfg, err
	}
	cfg.Certificates = []tls.Certificate{*pair}
	return cfg, nil
}

// chainVerifier verifies that a server's certificate descends from one of the roots, and is for
// servers, whatever its name.
func chainVerifier(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		between := x509.NewCertPool()
		for _, cert := range state.PeerCertificates[1:] {
			between.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
		return err
	}
}

// roots returns the certificates that the servers' must descend from; nil for the system's.
func (t *TLS) roots(ctx context.Context) ([]*x509.Certificate, error) {
	if t.TruststoreFile == "" {
		if t.TruststorePassword != "" {
			return nil, &TLSOptionError{"TruststorePassword", errors.New("there is a trust store password and no trust store")}
		}
		ca, err := content(ctx, "CA", t.CAFile, t.CAPEM, guard.MaxCertificates)
		if err != nil || ca == nil {
			return nil, err
		}
		roots, err := keyfile.Authorities(ca)
		if err != nil {
			return nil, &TLSOptionError{given("CA", t.CAFile), fmt.Errorf("the CA: %w", err)}
		}
		return roots, nil
	}
	if t.CAFile != "" || t.CAPEM != "" {
		return nil, &TLSOptionError{"TruststoreFile", errors.New("there is a trust store and a CA")}
	}
	b, err := guard.ReadFile(ctx, t.TruststoreFile, guard.MaxStore)
	if err != nil {
		return nil, &TLSOptionError{"TruststoreFile", err}
	}
	roots, err := keyfile.ReadTrustStore(b, t.TruststorePassword)
	switch {
	case errors.Is(err, keyfile.ErrNoPassword):
		return nil, &TLSOptionError{"TruststorePassword", errors.New("the trust store has a password, and there is no trust store password")}
	case errors.Is(err, keyfile.ErrWrongPassword):
		return nil, &TLSOptionError{"TruststorePassword", errors.New("the trust store cannot be opened: most likely the trust store password is wrong")}
	case err != nil:
		return nil, &TLSOptionError{"TruststoreFile", err}
	}
	return roots, nil
}

// pair returns the client's certificate with its key; nil without.
func (t *TLS) pair(ctx context.Context) (*tls.Certificate, error) {
	if t.KeystoreFile != "" {
		return t.storedPair(ctx)
	}
	if t.KeystorePassword != "" {
		return nil, &TLSOptionError{"KeystorePassword", errors.New("there is a key store password and no key store")}
	}
	cert, err := content(ctx, "Cert", t.CertFile, t.CertPEM, guard.MaxCertificates)
	if err != nil {
		return nil, err
	}
	key, err := content(ctx, "Key", t.KeyFile, t.KeyPEM, guard.MaxKey)
	if err != nil {
		return nil, err
	}
	switch {
	case cert == nil && key == nil:
		if t.KeyPassword != "" {
			return nil, &TLSOptionError{"KeyPassword", errors.New("there is a key password and no key")}
		}
		return nil, nil
	case cert == nil:
		return nil, &TLSOptionError{"CertFile", errors.New("there is a key and no certificate")}
	case key == nil:
		return nil, &TLSOptionError{"KeyFile", errors.New("there is a certificate and no key")}
	}
	return t.keyPair(cert, key)
}

// storedPair is pair from a key store.
func (t *TLS) storedPair(ctx context.Context) (*tls.Certificate, error) {
	if t.CertFile != "" || t.CertPEM != "" || t.KeyFile != "" || t.KeyPEM != "" {
		return nil, &TLSOptionError{"KeystoreFile", errors.New("there is a key store, and a certificate or a key beside it")}
	}
	b, err := guard.ReadFile(ctx, t.KeystoreFile, guard.MaxStore)
	if err != nil {
		return nil, &TLSOptionError{"KeystoreFile", err}
	}
	stored, err := keyfile.ReadKeyStore(b, t.KeystorePassword, t.KeyPassword)
	switch {
	case errors.Is(err, keyfile.ErrNoPassword):
		return nil, &TLSOptionError{"KeystorePassword", errors.New("the key store has a password, and there is no key store password")}
	case errors.Is(err, keyfile.ErrWrongPassword):
		return nil, &TLSOptionError{"KeystorePassword", errors.New("the key store cannot be opened: most likely the key store password is wrong")}
	case errors.Is(err, keyfile.ErrKeyPassword):
		return nil, &TLSOptionError{"KeyPassword", errors.New("the key in the key store cannot be decrypted: it has another password than the store, or than the key password")}
	case err != nil:
		return nil, &TLSOptionError{"KeystoreFile", err}
	}
	pair, err := joined(stored.Chain, stored.Key)
	if err != nil {
		return nil, &TLSOptionError{"KeystoreFile", fmt.Errorf("the certificate and the key in the key store: %w", err)}
	}
	return pair, nil
}

// given returns the name of the one of two fields, such as CAFile and CAPEM, that is set.
func given(what, file string) string {
	if file != "" {
		return what + "File"
	}
	return what + "PEM"
}

// content returns the PEM of a file or of the configuration itself; nil for neither.
func content(ctx context.Context, what, file, text string, limit int64) ([]byte, error) {
	switch {
	case file != "" && text != "":
		return nil, &TLSOptionError{what + "PEM", errors.New("it is given both as a file and as PEM")}
	case file != "":
		b, err := guard.ReadFile(ctx, file, limit)
		if err != nil {
			return nil, &TLSOptionError{what + "File", err}
		}
		return b, nil
	case text != "":
		return []byte(text), nil
	}
	return nil, nil
}

// keyPair joins the certificate and its key, which it decrypts where that is needed.
func (t *TLS) keyPair(certPEM, keyPEM []byte) (*tls.Certificate, error) {
	certs, err := keyfile.Certificates(certPEM)
	if err != nil {
		return nil, t.invalidCert(err)
	}
	key, err := keyfile.PrivateKey(keyPEM, t.KeyPassword)
	switch {
	case errors.Is(err, keyfile.ErrNoPassword):
		return nil, &TLSOptionError{"KeyPassword", errors.New("the key is encrypted and there is no key password")}
	case errors.Is(err, keyfile.ErrWrongPassword):
		return nil, &TLSOptionError{"KeyPassword", errors.New("the key cannot be decrypted: most likely the key password is wrong")}
	case err != nil:
		return nil, &TLSOptionError{given("Key", t.KeyFile), err}
	}
	if chain, ok := keyfile.Chain(key, certs); ok && chain[0] != certs[0] {
		certs = chain // in a file that begins with the CA
	}
	pair, err := joined(certs, key)
	if err != nil {
		return nil, &TLSOptionError{given("Key", t.KeyFile), fmt.Errorf("the certificate and the key: %w", err)}
	}
	return pair, nil
}

// joined is the standard library's join of a chain and the key of its first certificate: it checks
// that they belong together.
func joined(certs []*x509.Certificate, key crypto.Signer) (*tls.Certificate, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("the key is of a kind that TLS does not take: %T", key)
	}
	var chain []byte
	for _, cert := range certs {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
	}
	var pair tls.Certificate
	err = guard.Decode(func() (err error) {
		pair, err = tls.X509KeyPair(chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		return err
	})
	if err != nil {
		return nil, shown.Error(err)
	}
	return &pair, nil
}

// invalidCert makes the error of a certificate.
func (t *TLS) invalidCert(err error) error {
	return &TLSOptionError{given("Cert", t.CertFile), shown.Error(err)}
}

// A TLSCause is what is wrong with a server's certificate. What helps depends on it.
type TLSCause int

const (
	// TLSOther is something else than the server's certificate.
	TLSOther TLSCause = iota
	// TLSUnknownAuthority tells that it does not descend from a CA that is trusted.
	TLSUnknownAuthority
	// TLSFailedAuthority tells that it may descend from a CA that is trusted, but that does not verify it:
	// it has another key than the one that signed, has expired or is no CA.
	TLSFailedAuthority
	// TLSWrongName tells that it has names, and not the server's.
	TLSWrongName
	// TLSNoName tells that it has no name that is looked at, but perhaps a common name. No
	// [TLS.ServerName] helps.
	TLSNoName
	// TLSExpired tells that it is no longer valid.
	TLSExpired
	// TLSNotYetValid tells that it is not valid yet, by the clock of this machine.
	TLSNotYetValid
	// TLSNotForServers tells that its extended key usage is another.
	TLSNotForServers
	// TLSUnreadable tells that it cannot be read at all.
	TLSUnreadable
	// TLSInvalid is whatever else makes a certificate invalid.
	TLSInvalid
)

// A TLSError tells why a TLS connection could not be made, or was ended by the server.
type TLSError struct {
	// Cause is what is wrong with the server's certificate; [TLSOther] where that is not why.
	Cause TLSCause
	// Problem says what is wrong and what to look at.
	Problem string
	// Err is what crypto/tls says.
	Err error
}

// Error says what is wrong. What crypto/tls says has names of the server's certificate in it,
// which nobody has vouched for.
func (e *TLSError) Error() string { return "TLS: " + e.Problem + ": " + shown.Line(e.Err.Error()) }

// Unwrap returns what crypto/tls says.
func (e *TLSError) Unwrap() error { return e.Err }

// handshakeTLS makes a TLS connection of nc to the host of the connect string. After an
// error nc is closed.
func handshakeTLS(ctx context.Context, cfg *tls.Config, nc net.Conn, host string) (net.Conn, error) {
	if cfg.ServerName == "" {
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	began := time.Now()
	tc := tls.Client(nc, cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		if ctx.Err() != nil {
			return nil, &TLSError{TLSOther, "the server does not answer (does this port speak TLS?)", &conn.NoAnswerError{Step: "the TLS handshake", After: time.Since(began)}}
		}
		if err = tlsError(err, cfg.ServerName, cfg.Certificates); !isTLSError(err) {
			// crypto/tls may say what is in a certificate that it cannot read.
			err = shown.Error(err)
		}
		return nil, err
	}
	return tc, nil
}

// tlsError says in words what is wrong; an error that is not of TLS is left as it is. name is the server's, and own are the
// client's certificates.
func tlsError(err error, name string, own []tls.Certificate) error {
	alert, alerted := remoteAlert(err)
	why := err
	if failed, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		why = shown.As(err, failed.Err.Error()) // without saying twice that it failed
	}
	authority, isAuthority := errors.AsType[x509.UnknownAuthorityError](err)
	_, isRoots := errors.AsType[x509.SystemRootsError](err)
	hostname, isHostname := errors.AsType[x509.HostnameError](err)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	_, isExtension := errors.AsType[x509.UnhandledCriticalExtension](err)
	_, isConstraint := errors.AsType[x509.ConstraintViolationError](err)
	_, isInsecure := errors.AsType[x509.InsecureAlgorithmError](err)
	_, isRecord := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isAuthority && strings.Contains(authority.Error(), "possibly because of"):
		return &TLSError{TLSFailedAuthority, "the server's certificate is not signed by a CA that is trusted here, though one by that name is", why}
	case isAuthority, isRoots:
		return &TLSError{TLSUnknownAuthority, "the server's certificate is not signed by a CA that is trusted here", why}
	case isHostname && !hasNames(hostname.Certificate):
		return &TLSError{TLSNoName, fmt.Sprintf("the server's certificate is one for no host, and so not for %s", shown.Text(name)), shown.As(err, withoutNames(hostname.Certificate))}
	case isHostname:
		return &TLSError{
			TLSWrongName,
			fmt.Sprintf("the server's certificate is not one for %s; connect by a name that it has, or set the server name", shown.Text(name)),
			shown.As(err, certificateNames(hostname.Certificate)),
		}
	case isInvalid && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		return &TLSError{TLSNotYetValid, "the server's certificate is not valid yet", why}
	case isInvalid && invalid.Reason == x509.Expired:
		return &TLSError{TLSExpired, "the server's certificate has expired", why}
	case isInvalid && invalid.Reason == x509.IncompatibleUsage:
		return &TLSError{TLSNotForServers, "the server's certificate is not one for servers", why}
	case isInvalid, isExtension, isConstraint, isInsecure:
		return &TLSError{TLSInvalid, "the server's certificate is not valid", why}
	case strings.HasPrefix(err.Error(), "tls: failed to parse certificate"):
		return &TLSError{TLSUnreadable, "the server's certificate cannot be read", err}
	case isRecord:
		return &TLSError{TLSOther, "the server answered in plain text; this port does not speak TLS", err}
	case alerted && slices.ContainsFunc(certificateAlerts, func(a tls.AlertError) bool { return a.Error() == alert }):
		return &TLSError{TLSOther, "the server refused this client's certificate, or wants one: " + ownCertificate(own), err}
	case alerted && alert == handshakeFailure.Error():
		return &TLSError{TLSOther, "the server and this client have no parameters in common, or it wants a client's certificate", err}
	case alerted:
		return &TLSError{TLSOther, "the server ended the connection", err}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return &TLSError{TLSOther, "the server ended the handshake (does this port speak TLS?)", err}
	}
	return err
}

func isTLSError(err error) bool {
	_, ok := errors.AsType[*TLSError](err)
	return ok
}

// hasNames reports whether a certificate has a name or an address of a host. Its common name does
// not count.
func hasNames(cert *x509.Certificate) bool { return len(cert.DNSNames)+len(cert.IPAddresses) > 0 }

// withoutNames says what a certificate without a name of a host has.
func withoutNames(cert *x509.Certificate) string {
	const none = "it has no subject alternative name of a host, and no address"
	if cert.Subject.CommonName == "" {
		return none
	}
	return none + ", and its common name " + shown.Text(cert.Subject.CommonName) + " does not count"
}

// certificateNames says which names a certificate has.
func certificateNames(cert *x509.Certificate) string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return "it is one for " + shown.Texts(names)
}

// ownCertificate says of the client's certificate what a server may refuse.
func ownCertificate(own []tls.Certificate) string {
	if len(own) == 0 {
		return "this client has none"
	}
	cert := own[0].Leaf
	text := fmt.Sprintf("this client's is valid from %s to %s", cert.NotBefore.UTC().Format(time.RFC3339), cert.NotAfter.UTC().Format(time.RFC3339))
	forClients := func(usage x509.ExtKeyUsage) bool {
		return usage == x509.ExtKeyUsageClientAuth || usage == x509.ExtKeyUsageAny
	}
	if len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) > 0 && !slices.ContainsFunc(cert.ExtKeyUsage, forClients) {
		text += ", and its extended key usage is not one of clients"
	}
	if cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		text += ", and its key usage has no digital signatures"
	}
	return text
}

// certificateAlerts are those by which a server refuses a client's certificate, or asks for
// one: bad_certificate, unsupported_certificate, certificate_revoked, certificate_expired,
// certificate_unknown, unknown_ca, access_denied and certificate_required.
var certificateAlerts = []tls.AlertError{42, 43, 44, 45, 46, 48, 49, 116}

// handshakeFailure is the alert of a server that finds nothing that both sides can do, and
// with TLS 1.2 of one that was given no certificate.
const handshakeFailure tls.AlertError = 40

// remoteAlert returns the text of the alert that the server sent, if it sent one: with TLS
// 1.3 that it refuses a client shows only when the client reads, after its own handshake.
// The standard library keeps the alert's number to itself.
func remoteAlert(err error) (alert string, ok bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return "", false
	}
	return op.Err.Error(), true
}
