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
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.step.sm/crypto/pemutil"

	"terraform-provider-zookeeper/internal/zk/conn"
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
// reads the files, and finds everything that [New] would: an error is a *[TLSOptionError].
func (t *TLS) Subject() (string, error) {
	cfg, err := t.config()
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
func (t *TLS) config() (*tls.Config, error) {
	cfg := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify, //nolint:gosec // only when it is asked for by name
	}
	ca, err := content("CA", t.CAFile, t.CAPEM)
	if err != nil {
		return nil, err
	}
	if ca != nil {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(ca) {
			return nil, &TLSOptionError{given("CA", t.CAFile), errors.New("the CA has no certificate in PEM")}
		}
	}
	cert, err := content("Cert", t.CertFile, t.CertPEM)
	if err != nil {
		return nil, err
	}
	key, err := content("Key", t.KeyFile, t.KeyPEM)
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
func content(what, file, text string) ([]byte, error) {
	switch {
	case file != "" && text != "":
		return nil, &TLSOptionError{what + "PEM", errors.New("it is given both as a file and as PEM")}
	case file != "":
		b, err := os.ReadFile(file)
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
	var opts []pemutil.Options
	encrypted := strings.Contains(string(keyPEM), "ENCRYPTED")
	switch {
	case encrypted && t.KeyPassword == "":
		return tls.Certificate{}, &TLSOptionError{"KeyPassword", errors.New("the key is encrypted and there is no key password")}
	case encrypted:
		opts = append(opts, pemutil.WithPassword([]byte(t.KeyPassword)))
	}
	key, err := pemutil.ParseKey(keyPEM, opts...)
	if err != nil {
		if encrypted {
			return tls.Certificate{}, &TLSOptionError{"KeyPassword", errors.New("the key cannot be decrypted: most likely the key password is wrong")}
		}
		return invalid(errors.New("the key is no private key in PEM"))
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
	pair, err := tls.X509KeyPair(certPEM, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		return invalid(fmt.Errorf("the certificate and the key: %w", err))
	}
	return pair, nil
}

// invalidCert makes the error of a certificate.
func (t *TLS) invalidCert(err error) error {
	return &TLSOptionError{given("Cert", t.CertFile), err}
}

// checkCert checks that the first certificate of a PEM, which is the client's, is one.
func checkCert(certPEM []byte) error {
	for block, rest := pem.Decode(certPEM); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			_, err := x509.ParseCertificate(block.Bytes)
			return err
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

// Error says what is wrong.
func (e *TLSError) Error() string { return "TLS: " + e.Problem + ": " + e.Err.Error() }

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
		return nil, tlsError(err, cfg.ServerName)
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
		return &TLSError{fmt.Sprintf("the server's certificate is not one for %q; connect by a name that it has, or set the server name", name), err}
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
