package zk

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.step.sm/crypto/pemutil"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// TLS says how to speak TLS with the servers, and whom to trust. Its zero value verifies
// the servers by the system's roots. TLS 1.2 is the least that is spoken.
//
// What a field ending in File names, the field ending in PEM may hold instead; both is an
// error.
type TLS struct {
	// CAFile and CAPEM are the certificates that the servers' must descend from, in PEM,
	// in the place of the system's roots.
	CAFile, CAPEM string
	// CertFile and CertPEM are the client's certificate and, behind it, those between it
	// and its root, in PEM.
	CertFile, CertPEM string
	// KeyFile and KeyPEM are the private key of the client's certificate in PEM: PKCS #1,
	// PKCS #8 or SEC 1, the latter two in their encrypted forms too.
	KeyFile, KeyPEM string
	// KeyPassword decrypts the private key.
	KeyPassword string
	// ServerName is the name that the servers' certificates must have; by default it is the
	// host of the connect string, and never the address that the host resolves to.
	ServerName string
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

// Subject returns the subject of the client's certificate, in the notation of RFC 2253, in
// which ids of ACL entries of the scheme "x509" have it; empty without a certificate. It
// reads the files, until ctx ends, and finds everything that [New] would: an error is a
// *[TLSOptionError].
func (t *TLS) Subject(ctx context.Context) (string, error) {
	cfg, err := t.config(ctx)
	if err != nil || len(cfg.Certificates) == 0 {
		return "", err
	}
	var subject pkix.RDNSequence
	if _, err := asn1.Unmarshal(cfg.Certificates[0].Leaf.RawSubject, &subject); err != nil {
		return "", t.invalidCert(err)
	}
	return subject.String(), nil
}

// config makes the configuration of crypto/tls. The server's name is set for each
// connection.
func (t *TLS) config(ctx context.Context) (*tls.Config, error) {
	cfg := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify, //nolint:gosec // only when it is asked for by name
	}
	ca, err := content(ctx, "CA", t.CAFile, t.CAPEM, guard.MaxCertificates)
	if err != nil {
		return nil, err
	}
	if ca != nil {
		cfg.RootCAs = x509.NewCertPool()
		err := guard.Decode(func() error {
			if !cfg.RootCAs.AppendCertsFromPEM(ca) {
				return errors.New("none")
			}
			return nil
		})
		if err != nil {
			return nil, &TLSOptionError{given("CA", t.CAFile), errors.New("the CA has no certificate in PEM")}
		}
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
		return cfg, nil
	case cert == nil:
		return nil, &TLSOptionError{"CertFile", errors.New("there is a key and no certificate")}
	case key == nil:
		return nil, &TLSOptionError{"KeyFile", errors.New("there is a certificate and no key")}
	}
	pair, err := t.keyPair(cert, key)
	if err != nil {
		return nil, err
	}
	cfg.Certificates = []tls.Certificate{pair}
	return cfg, nil
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
func (t *TLS) keyPair(certPEM, keyPEM []byte) (tls.Certificate, error) {
	if err := checkCert(certPEM); err != nil {
		return tls.Certificate{}, t.invalidCert(err)
	}
	invalid := func(err error) (tls.Certificate, error) {
		return tls.Certificate{}, &TLSOptionError{given("Key", t.KeyFile), err}
	}
	key, err := t.parseKey(keyPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return invalid(errors.New("the key is no private key"))
	}
	der, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return invalid(fmt.Errorf("the key is of a kind that TLS does not take: %T", key))
	}
	// The standard library joins the two, and checks that they belong together.
	var pair tls.Certificate
	err = guard.Decode(func() (err error) {
		pair, err = tls.X509KeyPair(certPEM, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		return err
	})
	if err != nil {
		return invalid(fmt.Errorf("the certificate and the key: %w", shown.Error(err)))
	}
	return pair, nil
}

const (
	// maxKeyBytes bounds a private key as ASN.1: checking a key takes time that grows with
	// the third power of its size. One of RSA with 16,384 bits takes 9 KiB.
	maxKeyBytes = 16 << 10
	// maxKeyIterations bounds what a file may ask for to make the key that it is encrypted
	// with of a password. The most that is recommended is below a million.
	maxKeyIterations = 10_000_000
)

// parseKey decodes the first private key of a PEM, and decrypts it where that is needed.
func (t *TLS) parseKey(keyPEM []byte) (any, error) {
	invalid := func(text string) (any, error) {
		return nil, &TLSOptionError{given("Key", t.KeyFile), errors.New(text)}
	}
	block, rest := pem.Decode(keyPEM)
	for block != nil && !strings.HasSuffix(block.Type, "PRIVATE KEY") {
		block, rest = pem.Decode(rest)
	}
	const none = "the key is no private key in PEM"
	if block == nil {
		return invalid(none)
	}
	encrypted := block.Headers["Proc-Type"] == "4,ENCRYPTED"
	switch block.Type {
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
	case "ENCRYPTED PRIVATE KEY":
		encrypted = true
	default:
		return invalid("the key is of a format that is not supported: PKCS #8, PKCS #1 and SEC 1 are")
	}
	if len(block.Bytes) > maxKeyBytes {
		return invalid("the key is too large: no key that TLS takes is")
	}
	var opts []pemutil.Options
	if encrypted {
		if t.KeyPassword == "" {
			return nil, &TLSOptionError{"KeyPassword", errors.New("the key is encrypted and there is no key password")}
		}
		if iterations(block.Bytes) > maxKeyIterations {
			return invalid("the key takes too long to decrypt: encrypt it again with fewer iterations")
		}
		opts = append(opts, pemutil.WithPassword([]byte(t.KeyPassword)))
	}
	var key any
	err := guard.Decode(func() (err error) {
		key, err = pemutil.ParseKey(pem.EncodeToMemory(block), opts...)
		return err
	})
	switch {
	case err != nil && encrypted:
		return nil, &TLSOptionError{"KeyPassword", errors.New("the key cannot be decrypted: most likely the key password is wrong")}
	case err != nil:
		return invalid(none)
	}
	return key, nil
}

// iterations returns how many iterations an encrypted private key in PKCS #8 asks for
// (PBES2, RFC 8018); 0 for what is encrypted otherwise.
func iterations(der []byte) int {
	var key struct {
		Encryption struct {
			Algorithm  asn1.ObjectIdentifier
			Parameters struct {
				KeyDerivation struct {
					Algorithm  asn1.ObjectIdentifier
					Parameters struct {
						Salt       []byte
						Iterations int
					}
				}
			}
		}
	}
	if _, err := asn1.Unmarshal(der, &key); err != nil {
		return 0
	}
	return key.Encryption.Parameters.KeyDerivation.Parameters.Iterations
}

// invalidCert makes the error of a certificate.
func (t *TLS) invalidCert(err error) error {
	return &TLSOptionError{given("Cert", t.CertFile), shown.Error(err)}
}

// checkCert checks that the first certificate of a PEM, which is the client's, is one.
func checkCert(certPEM []byte) error {
	for block, rest := pem.Decode(certPEM); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return guard.Decode(func() error {
				_, err := x509.ParseCertificate(block.Bytes)
				return err
			})
		}
	}
	return errors.New("there is no certificate in PEM")
}

// A TLSError tells why a TLS connection could not be made, or was ended by the server.
type TLSError struct {
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
			return nil, &TLSError{"the server does not answer (does this port speak TLS?)", &conn.NoAnswerError{Step: "the TLS handshake", After: time.Since(began)}}
		}
		if err = tlsError(err, cfg.ServerName); !isTLSError(err) {
			// crypto/tls may say what is in a certificate that it cannot read.
			err = shown.Error(err)
		}
		return nil, err
	}
	return tc, nil
}

// tlsError says in words what is wrong; an error that is not of TLS is left as it is.
func tlsError(err error, name string) error {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	alert, alerted := remoteAlert(err)
	switch {
	case errors.As(err, &authority):
		return &TLSError{"the server's certificate is not signed by a CA that is trusted here", err}
	case errors.As(err, &hostname):
		return &TLSError{
			fmt.Sprintf("the server's certificate is not one for %s; connect by a name that it has, or set the server name", shown.Text(name)),
			shown.As(err, certificateNames(hostname.Certificate)),
		}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &TLSError{"the server's certificate has expired, or is not valid yet", err}
	case errors.As(err, &invalid):
		return &TLSError{"the server's certificate is not valid", err}
	case errors.As(err, &record):
		return &TLSError{"the server answered in plain text; this port does not speak TLS", err}
	case alerted && slices.ContainsFunc(certificateAlerts, func(a tls.AlertError) bool { return a.Error() == alert }):
		return &TLSError{"the server refused this client's certificate, or wants one", err}
	case alerted && alert == handshakeFailure.Error():
		return &TLSError{"the server and this client have no parameters in common, or it wants a client's certificate", err}
	case alerted:
		return &TLSError{"the server ended the connection", err}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return &TLSError{"the server ended the handshake (does this port speak TLS?)", err}
	}
	return err
}

func isTLSError(err error) bool {
	_, ok := errors.AsType[*TLSError](err)
	return ok
}

// certificateNames says which names a certificate has. Its common name does not count.
func certificateNames(cert *x509.Certificate) string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "it has no name of a host, and no address"
	}
	return "it is one for " + shown.Texts(names)
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
