package sasl

import (
	"context"
	"crypto/md5" //nolint:gosec // DIGEST-MD5 is defined by it.
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// digestHost is the host that every server is to DIGEST-MD5, whatever its name (SecurityUtils
// of ZooKeeper).
const digestHost = "zk-sasl-md5"

// maxDigestResponse is the size that a response has to stay below (RFC 2831, section 2.1.2).
const maxDigestResponse = 4096

// digestMD5 is the mechanism DIGEST-MD5 (RFC 2831).
type digestMD5 struct {
	username string
	password Secret
	realm    string // empty for the server's first
	uri      string // the digest-uri: service/host
}

func newDigestMD5(opts Options) (*digestMD5, error) {
	for _, o := range []struct{ name, value string }{
		{"KeytabFile", opts.KeytabFile}, {"CredentialCacheFile", opts.CredentialCacheFile}, {"KRB5ConfFile", opts.KRB5ConfFile},
	} {
		if o.value != "" {
			return nil, invalid(o.name, "a keytab, a credential cache and krb5.conf are for %s, not for %s", GSSAPI, DigestMD5)
		}
	}
	switch {
	case opts.Username == "":
		return nil, invalid("Username", "%s takes a username and a password, and there is no username", DigestMD5)
	case opts.Password.isZero():
		return nil, invalid("Password", "%s takes a username and a password, and there is no password", DigestMD5)
	}
	if opts.Hostname == "" {
		opts.Hostname = digestHost
	}
	for name, value := range map[string]string{
		"Username": opts.Username, "Password": opts.Password.Reveal(), "Service": opts.Service, "Hostname": opts.Hostname,
		"Realm": opts.Realm,
	} {
		if !utf8.ValidString(value) || !printable(value) {
			return nil, invalid(name, "the %s is not UTF-8, or has control characters", strings.ToLower(name))
		}
	}
	return &digestMD5{
		username: opts.Username,
		password: opts.Password,
		realm:    opts.Realm,
		uri:      opts.Service + "/" + opts.Hostname,
	}, nil
}

// Name returns DIGEST-MD5.
func (*digestMD5) Name() string { return DigestMD5 }

// Identity returns the user's name.
func (m *digestMD5) Identity(context.Context) (string, error) { return m.username, nil }

// Start begins an exchange, which is the same for every server.
func (m *digestMD5) Start(context.Context, string) (Exchange, error) {
	// The nonce is of more than 64 bits that nobody can foresee (RFC 2831, section 2.1.2).
	return m.exchange(rand.Text()), nil
}

func (m *digestMD5) exchange(cnonce string) Exchange {
	e := &digestExchange{digestMD5: m, cnonce: cnonce}
	return &steps{mechanism: DigestMD5, left: []func([]byte) ([]byte, error){e.ask, e.respond, e.verify}, presented: e.presented}
}

// digestExchange is one exchange.
type digestExchange struct {
	*digestMD5
	cnonce  string
	rspauth string // what the server has to answer; empty before the response
}

// presented says what the server has been given, and why it may have refused it.
func (e *digestExchange) presented() string {
	if e.rspauth == "" {
		return "the server was asked to begin " + DigestMD5 + ": it may be configured for " + GSSAPI
	}
	return fmt.Sprintf("the server was given the user %s and a digest of the password, for the service %s: it may know no such user, or another password, "+
		"or be another service", shown.Text(e.username), shown.Text(e.uri))
}

// ask has the server speak first, which it does once it got an empty token
// (ZooKeeperSaslClient).
func (*digestExchange) ask([]byte) ([]byte, error) { return []byte{}, nil }

// respond answers the challenge with a digest-response (RFC 2831, section 2.1.2).
func (e *digestExchange) respond(message []byte) ([]byte, error) {
	if len(message) == 0 {
		return nil, errors.New("the server sent no challenge: it may not be configured for SASL, or for " + GSSAPI)
	}
	var c *challenge
	err := guard.Decode(func() (err error) {
		c, err = parseChallenge(message)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the server's challenge is malformed: %w", err)
	}
	realm, err := c.chooseRealm(e.realm)
	if err != nil {
		return nil, err
	}
	username, password := e.username, e.password.Reveal()
	if !c.utf8 {
		var ok, ok2 bool
		username, ok = latin1(username)
		password, ok2 = latin1(password)
		if !ok || !ok2 {
			return nil, errors.New("the username or the password has characters beyond ISO 8859-1, and the server takes no UTF-8")
		}
	}

	var b strings.Builder
	if c.utf8 {
		b.WriteString("charset=utf-8,")
	}
	b.WriteString("username=" + quote(username))
	// Left out when the server has named none; the digest is then of an empty one.
	if len(c.realms) > 0 {
		b.WriteString(",realm=" + quote(realm))
	}
	a1 := hashA1(c.utf8, username, realm, password, c.nonce, e.cnonce)
	b.WriteString(",nonce=" + quote(c.nonce) +
		",nc=" + nonceCount +
		",cnonce=" + quote(e.cnonce) +
		",digest-uri=" + quote(e.uri) +
		",response=" + digest(a1, c.nonce, e.cnonce, "AUTHENTICATE:"+e.uri) +
		",qop=auth")
	if b.Len() >= maxDigestResponse {
		return nil, errors.New("the username, the realms and the nonce make a response that is too long")
	}
	e.rspauth = digest(a1, c.nonce, e.cnonce, ":"+e.uri)
	return []byte(b.String()), nil
}

// chooseRealm returns the realm to authenticate in, in the bytes that the server sent.
func (c *challenge) chooseRealm(wanted string) (string, error) {
	if wanted == "" {
		if len(c.realms) == 0 {
			return "", nil
		}
		return c.realms[0], nil
	}
	if !c.utf8 {
		wanted = narrowed(wanted)
	}
	if !slices.Contains(c.realms, wanted) {
		return "", fmt.Errorf("the server does not have the configured realm; it has %s", shown.Texts(c.realms))
	}
	return wanted, nil
}

// verify checks that the server knows the password too: its response-auth (RFC 2831,
// section 2.1.3) is the digest that nobody else can make.
func (e *digestExchange) verify(message []byte) ([]byte, error) {
	if len(message) == 0 {
		// A server with zookeeper.allowSaslFailedClients says this, and keeps the connection.
		return nil, errors.New("the server did not prove that it knows the password: the password may be wrong, and the server one that tolerates that")
	}
	directives, err := parseDirectives(message)
	if err != nil {
		return nil, fmt.Errorf("the server's last message is malformed: %w", err)
	}
	for _, d := range directives {
		if d.name == "rspauth" {
			if subtle.ConstantTimeCompare([]byte(d.value), []byte(e.rspauth)) != 1 {
				return nil, errors.New("the server's proof that it knows the password is wrong")
			}
			return nil, nil
		}
	}
	return nil, errors.New("the server's last message has no rspauth")
}

// nonceCount says that the nonce is used for the first time: a connection authenticates
// once.
const nonceCount = "00000001"

// hashA1 computes H(A1) of RFC 2831, section 2.1.2.1. Strings are in the bytes that are
// sent.
func hashA1(isUTF8 bool, username, realm, password, nonce, cnonce string) string {
	if isUTF8 {
		// So that servers that store this hash share it with those of HTTP.
		username, realm, password = narrowed(username), narrowed(realm), narrowed(password)
	}
	return hexMD5(rawMD5(username+":"+realm+":"+password) + ":" + nonce + ":" + cnonce)
}

// digest computes the response-value of RFC 2831, section 2.1.2.1.
func digest(hashedA1, nonce, cnonce, a2 string) string {
	return hexMD5(strings.Join([]string{hashedA1, nonce, nonceCount, cnonce, "auth", hexMD5(a2)}, ":"))
}

func rawMD5(s string) string {
	sum := md5.Sum([]byte(s)) //nolint:gosec // See the import.
	return string(sum[:])
}

func hexMD5(s string) string { return hex.EncodeToString([]byte(rawMD5(s))) }

// narrowed returns a string in ISO 8859-1 when it has all of its characters, and as it is
// when it has not.
func narrowed(s string) string {
	if narrow, ok := latin1(s); ok {
		return narrow
	}
	return s
}

// latin1 converts UTF-8 to ISO 8859-1. It returns false when that has not all of the
// characters; what is no UTF-8 reads as U+FFFD, which it has not.
func latin1(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}
