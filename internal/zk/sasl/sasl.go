package sasl

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The registered names of the mechanisms.
const (
	DigestMD5 = "DIGEST-MD5"
	GSSAPI    = "GSSAPI"
)

// DefaultService is the service that ZooKeeper's servers are, in the name of their
// Kerberos principals and in the digest-uri of DIGEST-MD5.
const DefaultService = "zookeeper"

// ErrFailed is what errors are (errors.Is) that another try with the same configuration
// would meet again: a wrong password, a file that is missing, a server that does not prove
// what it has to. Errors that are not are the end of a context, and a KDC or a name server
// that could not be reached.
var ErrFailed = errors.New("SASL authentication failed")

// A Mechanism is a way to prove who the client is, with what it takes to do so. It serves
// any number of connections, also at the same time.
type Mechanism interface {
	// Name returns the mechanism's registered name.
	Name() string
	// Identity returns who the client is to the servers, as the ids of ACL entries of the
	// scheme "sasl" name it: the user's name, or the principal with its realm. It reads the
	// files that say so, until ctx ends, and asks nobody. An error is an *[OptionError].
	Identity(ctx context.Context) (string, error)
	// Start begins the exchange for a connection to a server. host is its name, or its
	// address, as the client is configured with it. Start does whatever takes the network
	// or files, so it may be called before the connection is opened; ctx bounds it.
	Start(ctx context.Context, host string) (Exchange, error)
}

// An Exchange is the client's side of one authentication on one connection.
type Exchange interface {
	// Next takes the server's token, nil at first, and returns the client's next one, which
	// may be of no length and has to be sent all the same. When done is true there is none:
	// the server has authenticated the client and, as far as the mechanism can tell, itself.
	// Next computes and does not wait for anything. After an error the exchange is over, and
	// so is the connection. The token is not kept.
	Next(token []byte) (response []byte, done bool, err error)
	// Refused adds to a server's refusal, which came by the error code of a reply, what was presented to the server and
	// what may be wrong with it. The result is a *[RefusedError].
	Refused(err error) error
}

// Options are what a mechanism is made of.
type Options struct {
	// Mechanism is [DigestMD5] or [GSSAPI].
	Mechanism string
	// Username is who the client is. For GSSAPI it is the client's principal, with or
	// without its realm: "alice", "terraform/ci", "alice@EXAMPLE.COM". A credential cache
	// names its principal itself; when Username is set too, they have to be the same.
	Username string
	// Password is the user's password.
	Password Secret
	// Service is the server's service name; empty for [DefaultService].
	Service string
	// Hostname is the server's name to the mechanism, where it is not the usual one. That
	// is "zk-sasl-md5" for DIGEST-MD5, and for GSSAPI the canonical name of the host that
	// the client connects to.
	Hostname string
	// Realm is for DIGEST-MD5 the one of the server's realms in which the user is known;
	// empty for the first of them. For GSSAPI it is the realm of a Username that names
	// none; empty for the default_realm of krb5.conf.
	Realm string
	// KeytabFile is the path of a keytab with the keys of Username, instead of a password. It may begin with "FILE:".
	// GSSAPI only, like the rest.
	KeytabFile string
	// CredentialCacheFile is the path of a credential cache, as kinit writes it, or "DIR:" and the folder of a collection,
	// of which Username chooses. When there is no password and no keytab either, the cache is looked for where kinit puts
	// it: at KRB5CCNAME, at default_ccache_name of krb5.conf, or in /tmp. When no ticket is there, the keytab counts that
	// KRB5_CLIENT_KTNAME or default_client_keytab_name names.
	CredentialCacheFile string
	// KRB5ConfFile is the path of krb5.conf; empty for the usual place: KRB5_CONFIG, or
	// /etc/krb5.conf.
	KRB5ConfFile string
}

// A RefusedError is a server's refusal, with what the server had been given by then.
type RefusedError struct {
	// Err is the refusal.
	Err error
	// Presented says in half a sentence what the server was given, and what may be wrong with it. It holds no password.
	Presented string
}

// Error tells both.
func (e *RefusedError) Error() string { return e.Err.Error() + ": " + e.Presented }

// Unwrap returns the refusal.
func (e *RefusedError) Unwrap() error { return e.Err }

// An OptionError tells which of the [Options] is wrong, or missing.
type OptionError struct {
	// Option is the name of the field.
	Option string
	// Err is what is wrong. It holds no password.
	Err error
}

// Error tells what is wrong.
func (e *OptionError) Error() string { return "sasl: " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *OptionError) Unwrap() error { return e.Err }

// invalid makes the error of an option.
func invalid(option, format string, args ...any) error {
	return &OptionError{Option: option, Err: fmt.Errorf(format, args...)}
}

// New returns the mechanism that the options describe. It checks them against each other,
// with an *[OptionError], and reads no file.
func New(opts Options) (Mechanism, error) {
	if opts.Service == "" {
		opts.Service = DefaultService
	}
	switch opts.Mechanism {
	case DigestMD5:
		return newDigestMD5(opts)
	case GSSAPI:
		return newGSSAPI(opts)
	case "":
		return nil, invalid("Mechanism", "there is no mechanism: the mechanisms are %s and %s", DigestMD5, GSSAPI)
	default:
		if opts.Mechanism == "" {
			return nil, invalid("Mechanism", "there is no mechanism: the mechanisms are %s and %s", DigestMD5, GSSAPI)
		}
		return nil, invalid("Mechanism", "unknown mechanism %q: the mechanisms are %s and %s", opts.Mechanism, DigestMD5, GSSAPI)
	}
}

// A Secret holds a password where no way of printing shows it.
type Secret struct {
	// A pointer, because the fmt package prints what unexported fields hold and calls no
	// method on it, and stops at pointers.
	value *string
}

// NewSecret returns a Secret that holds a value.
func NewSecret(value string) Secret { return Secret{&value} }

// String says that there is a secret, and not which.
func (s Secret) String() string {
	if s.isZero() {
		return "(none)"
	}
	return "(secret)"
}

// GoString does the same for the verb %#v.
func (s Secret) GoString() string { return "sasl.Secret{" + s.String() + "}" }

// isZero reports whether there is no secret, or an empty one, which no server takes.
func (s Secret) isZero() bool { return s.value == nil || *s.value == "" }

// Reveal returns the secret.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// steps is an exchange: what to do with each of the server's tokens.
type steps struct {
	mechanism string
	left      []func(token []byte) (response []byte, err error)
	// presented is what Refused adds.
	presented func() string
}

// Next does the next step.
func (s *steps) Next(token []byte) (response []byte, done bool, err error) {
	if len(s.left) == 0 {
		return nil, false, failed(s.mechanism, errors.New("the exchange is over"))
	}
	step := s.left[0]
	s.left = s.left[1:]
	if response, err = step(token); err != nil {
		s.left = nil
		return nil, false, failed(s.mechanism, err)
	}
	return response, len(s.left) == 0, nil
}

// Refused adds what was presented.
func (s *steps) Refused(err error) error { return &RefusedError{err, s.presented()} }

// failed makes an error one that is [ErrFailed].
func failed(mechanism string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrFailed, mechanism, err)
}

// printable reports whether a string is free of control characters, which no name has.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
