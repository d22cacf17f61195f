package keyfile

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pavlo-v-chernykh/keystore-go/v4"
	"golang.org/x/crypto/cryptobyte"
	"software.sslmate.com/src/go-pkcs12"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

const (
	magicJKS   = "\xfe\xed\xfe\xed"
	magicJCEKS = "\xce\xce\xce\xce"
)

// Pair is a private key and its certificate, followed by those between that and its root.
type Pair struct {
	Key   crypto.Signer
	Chain []*x509.Certificate
}

// ReadKeyStore reads a key store, JKS or PKCS #12, told by its content. keyPassword is that of the
// key, where it is another than the store's: JKS can have that.
func ReadKeyStore(content []byte, password, keyPassword string) (*Pair, error) {
	if isJKS(content) {
		return readJKSKey(content, password, keyPassword)
	}
	if err := checkPKCS12(content); err != nil {
		return nil, err
	}
	if keyPassword != "" {
		return nil, errors.New("a key store in PKCS #12 has one password, for itself and for its key")
	}
	var key any
	var certs []*x509.Certificate
	err := guard.Decode(func() error {
		k, leaf, others, err := pkcs12.DecodeChain(content, password)
		key, certs = k, append([]*x509.Certificate{leaf}, others...)
		return err
	})
	if err != nil {
		return nil, pkcs12Error(err, password, "the key store")
	}
	return newPair(key, certs)
}

// ReadTrustStore reads the trusted certificates of a trust store, JKS or PKCS #12, told by its
// content.
func ReadTrustStore(content []byte, password string) (certs []*x509.Certificate, err error) {
	if isJKS(content) {
		return readJKSTrust(content, password)
	}
	if err := checkPKCS12(content); err != nil {
		return nil, err
	}
	err = guard.Decode(func() (err error) {
		certs, err = pkcs12.DecodeTrustStore(content, password)
		if err != nil && err.Error() == "pkcs12: no MAC in data" {
			// Java makes such stores too, and takes any password for them.
			certs, err = pkcs12.DecodeTrustStore(content, "")
		}
		return err
	})
	switch {
	case err != nil:
		return nil, pkcs12Error(err, password, "the trust store")
	case len(certs) == 0:
		return nil, errNoTrusted
	}
	return certs, nil
}

var (
	errNoTrusted = errors.New("the trust store has no trusted certificate")
	errNoPair    = errors.New("the key store has no private key")
)

func isJKS(content []byte) bool { return bytes.HasPrefix(content, []byte(magicJKS)) }

// kind says what a store is, as in "a Java key store (JKS)"; empty for other content.
func kind(content []byte) string {
	var pfx struct {
		Version int
		Safe    struct {
			Type    asn1.ObjectIdentifier
			Content asn1.RawValue `asn1:"optional,explicit,tag:0"`
		}
		MAC asn1.RawValue `asn1:"optional"`
	}
	switch {
	case isJKS(content):
		return "a Java key store (JKS)"
	case bytes.HasPrefix(content, []byte(magicJCEKS)):
		return "a Java key store of another kind (JCEKS)"
	}
	if _, err := asn1.Unmarshal(content, &pfx); err == nil && pfx.Version == 3 {
		return "a store in PKCS #12"
	}
	return ""
}

// newPair joins a key and its certificate, which is the one with the key's public part: what else
// a store has, and in which order, depends on who wrote it.
func newPair(key any, certs []*x509.Certificate) (*Pair, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, unsupported("the key is of a kind that TLS does not take")
	}
	chain, ok := Chain(signer, certs)
	if !ok {
		return nil, errNoCertificate
	}
	return &Pair{signer, chain}, nil
}

// Chain returns the certificate of a key, followed by those between that and its root, in their
// order, as far as they are among certs; false where there is none of the key.
func Chain(key crypto.Signer, certs []*x509.Certificate) ([]*x509.Certificate, bool) {
	public, ok := key.Public().(interface{ Equal(x crypto.PublicKey) bool })
	if !ok {
		return nil, false
	}
	at := slices.IndexFunc(certs, func(c *x509.Certificate) bool { return public.Equal(c.PublicKey) })
	if at < 0 {
		return nil, false
	}
	chain := []*x509.Certificate{certs[at]}
	rest := slices.Delete(slices.Clone(certs), at, at+1)
	for len(rest) > 0 {
		last := chain[len(chain)-1]
		if bytes.Equal(last.RawSubject, last.RawIssuer) {
			break
		}
		at := slices.IndexFunc(rest, func(c *x509.Certificate) bool { return isIssuer(c, last) })
		if at < 0 {
			break
		}
		chain = append(chain, rest[at])
		rest = slices.Delete(rest, at, at+1)
	}
	return chain, true
}

// isIssuer reports whether a certificate is that of another's issuer, by what they say.
func isIssuer(c, of *x509.Certificate) bool {
	sameKey := len(c.SubjectKeyId) == 0 || len(of.AuthorityKeyId) == 0 || bytes.Equal(c.SubjectKeyId, of.AuthorityKeyId)
	return bytes.Equal(c.RawSubject, of.RawIssuer) && sameKey
}

// pkcs12Errors are what is meant by errors of the package for PKCS #12 that have no type.
var pkcs12Errors = map[string]error{
	"pkcs12: private key missing":                                              errNoPair,
	"pkcs12: certificate missing":                                              errNoCertificate,
	"pkcs12: expected exactly one key bag":                                     errors.New("the key store has more than one private key, and it cannot be told which one is meant: keytool -importkeystore -srcalias makes a store of one"),
	"pkcs12: expected only certificate bags":                                   errMixedStore,
	"pkcs12: trust store contains a certificate that is not marked as trusted": errors.New("the trust store has a certificate that is not marked as trusted, and Java would not trust it either: keytool -importcert marks those that it adds"),
}

var (
	errNoCertificate = errors.New("the key store has no certificate that belongs to its private key")
	errMixedStore    = unsupported("the trust store has something else than trusted certificates, which is not supported in PKCS #12: keytool -importcert makes a store of them alone")
)

// pkcs12Error says what is wrong with a store in PKCS #12.
func pkcs12Error(err error, password, what string) error {
	// Of what is in a bag for a key, the package tells the text alone.
	_, ok := errors.AsType[pkcs12.NotImplementedError](err)
	ok = ok || strings.HasSuffix(err.Error(), "is not supported")
	if meant := pkcs12Errors[err.Error()]; meant != nil {
		return meant
	}
	switch {
	case ok && strings.Contains(err.Error(), "items in the authenticated safe"):
		return errMixedStore
	case ok:
		return unsupported(what + " has something that is not supported: " + shown.Line(err.Error()) +
			". Write it again, with keytool -importkeystore -deststoretype PKCS12")
	case (errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption)) && password == "":
		return ErrNoPassword
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption):
		return ErrWrongPassword
	}
	return fmt.Errorf("%s: %w", what, shown.Error(err))
}

// checkPKCS12 refuses what is no store in PKCS #12, and one that would keep the decoder busy for
// long. What is encrypted in it is not looked at; it is read only when the store's password has
// been seen to be right, so that it comes from somebody who knows that.
func checkPKCS12(content []byte) error {
	const convert = ": keytool -importkeystore -deststoretype PKCS12 makes one"
	switch {
	case bytes.HasPrefix(content, []byte(magicJCEKS)):
		return unsupported("it is a Java key store in JCEKS, and JKS and PKCS #12 are supported" + convert)
	case bytes.Contains(content, []byte("-----BEGIN ")):
		return unsupported("it is PEM, and no key store in JKS or PKCS #12")
	case kind(content) == "" && bytes.HasPrefix(content, []byte{0x30, 0x80}):
		return unsupported("it is in BER, with lengths left open, and DER is supported" + convert)
	case kind(content) == "":
		return unsupported("it is no key store in JKS or PKCS #12" + convert)
	case iterations(content, maxDepth) > maxIterations:
		return errTooLong
	}
	return nil
}

// maxDepth is how deep the elements of a store lie in each other.
const maxDepth = 24

// iterations returns the greatest number of iterations that a store in PKCS #12 asks for. In all
// of its structures the number comes right after the salt.
func iterations(der []byte, depth int) (most int64) {
	s := cryptobyte.String(der)
	afterSalt := false
	for !s.Empty() {
		var element asn1.RawValue
		rest, err := asn1.Unmarshal(s, &element)
		if err != nil {
			return most
		}
		s = rest
		var n int64
		switch {
		case element.Class == asn1.ClassUniversal && element.Tag == asn1.TagInteger && afterSalt:
			if _, err := asn1.Unmarshal(element.FullBytes, &n); err != nil {
				n = maxIterations + 1 // more than a number has room for
			}
		case depth > 0 && (element.IsCompound || isSequence(element.Bytes)):
			n = iterations(element.Bytes, depth-1)
		}
		most = max(most, n)
		afterSalt = element.Class == asn1.ClassUniversal && element.Tag == asn1.TagOctetString
	}
	return most
}

// isSequence reports whether what an octet string holds is one structure, and not encrypted.
func isSequence(der []byte) bool {
	var element asn1.RawValue
	rest, err := asn1.Unmarshal(der, &element)
	return err == nil && len(rest) == 0 && element.IsCompound && element.Tag == asn1.TagSequence
}

// openJKS reads a key store in JKS.
func openJKS(content []byte, password string) (keystore.KeyStore, error) {
	var store keystore.KeyStore
	if err := checkJKS(content); err != nil {
		return store, err
	}
	if password == "" {
		return store, ErrNoPassword
	}
	secret, err := javaPassword(password)
	if err != nil {
		return store, err
	}
	store = keystore.New(keystore.WithCaseExactAliases(), keystore.WithOrderedAliases())
	// The lengths are right, and so what is left to be wrong is the digest.
	if guard.Decode(func() error { return store.Load(bytes.NewReader(content), secret) }) != nil {
		return store, ErrWrongPassword
	}
	return store, nil
}

// javaPassword returns a password as the package for JKS takes it, one byte a character.
func javaPassword(password string) (secret []byte, err error) {
	for _, r := range password {
		if r > 0xff {
			return nil, unsupported("the password of a store in JKS has a character that is not supported there: keytool -importkeystore -deststoretype PKCS12 makes one that takes it")
		}
		secret = append(secret, byte(r))
	}
	return secret, nil
}

// checkJKS refuses a key store whose lengths are not those of its content: the package for JKS
// makes room for whatever they say.
func checkJKS(content []byte) error {
	s := cryptobyte.String(content)
	var version, entries uint32
	certificate := func() bool {
		var length uint16
		var size uint32
		return (version == 1 || s.ReadUint16(&length) && s.Skip(int(length))) && s.ReadUint32(&size) && int64(size) <= int64(len(s)) && s.Skip(int(size))
	}
	entry := func() bool {
		var tag, size, n uint32
		var alias uint16
		// The tag, the alias, and the time when the entry was made.
		if !s.ReadUint32(&tag) || !s.ReadUint16(&alias) || !s.Skip(int(alias)) || !s.Skip(8) {
			return false
		}
		switch tag {
		case 2:
			return certificate()
		case 1:
			if !s.ReadUint32(&size) || int64(size) > int64(len(s)) || !s.Skip(int(size)) || !s.ReadUint32(&n) || int64(n) > int64(len(s)) {
				return false
			}
			for range n {
				if !certificate() {
					return false
				}
			}
			return true
		}
		return false
	}
	if !s.Skip(len(magicJKS)) || !s.ReadUint32(&version) || version < 1 || version > 2 || !s.ReadUint32(&entries) {
		return errDamagedStore
	}
	for range entries {
		if !entry() {
			return errDamagedStore
		}
	}
	if len(s) != 20 { // the digest
		return errDamagedStore
	}
	return nil
}

var errDamagedStore = errors.New("the store is damaged: its entries do not end where it does")

// readJKSKey reads the private key of a key store in JKS.
func readJKSKey(content []byte, password, keyPassword string) (*Pair, error) {
	store, err := openJKS(content, password)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, alias := range store.Aliases() {
		if store.IsPrivateKeyEntry(alias) {
			keys = append(keys, alias)
		}
	}
	switch len(keys) {
	case 0:
		return nil, errNoPair
	case 1:
	default:
		return nil, fmt.Errorf("the key store has %d private keys (%s), and it cannot be told which one is meant: keytool -importkeystore -srcalias makes a store of one", len(keys), shown.Texts(keys))
	}
	if keyPassword == "" {
		keyPassword = password
	}
	secret, err := javaPassword(keyPassword)
	if err != nil {
		return nil, err
	}
	var entry keystore.PrivateKeyEntry
	err = guard.Decode(func() (err error) {
		entry, err = store.GetPrivateKeyEntry(keys[0], secret)
		return err
	})
	switch {
	case err != nil && strings.Contains(err.Error(), "unsupported"):
		return nil, unsupported("the key in the store is encrypted by a scheme that is not supported: keytool -importkeystore -deststoretype PKCS12 makes a store that is")
	case err != nil:
		return nil, ErrKeyPassword
	case len(entry.PrivateKey) > maxKeyBytes:
		return nil, errTooLarge
	}
	key, err := parseKey(entry.PrivateKey, false)
	if err != nil {
		return nil, err
	}
	certs, err := parseJava(entry.CertificateChain)
	if err != nil {
		return nil, err
	}
	return newPair(key, certs)
}

// ErrKeyPassword tells that the key in a store has another password than the one that is tried.
var ErrKeyPassword = errors.New("the password of the key in the store is wrong")

// readJKSTrust reads the certificates of a trust store in JKS that Java takes for trusted: those
// of its entries for certificates, and of one for a key its own.
func readJKSTrust(content []byte, password string) ([]*x509.Certificate, error) {
	store, err := openJKS(content, password)
	if err != nil {
		return nil, err
	}
	var found []keystore.Certificate
	for _, alias := range store.Aliases() {
		if entry, err := store.GetTrustedCertificateEntry(alias); err == nil {
			found = append(found, entry.Certificate)
		} else if chain, err := store.GetPrivateKeyEntryCertificateChain(alias); err == nil && len(chain) > 0 {
			found = append(found, chain[0])
		}
	}
	if len(found) == 0 {
		return nil, errNoTrusted
	}
	return parseJava(found)
}

func parseJava(found []keystore.Certificate) ([]*x509.Certificate, error) {
	certs := make([]*x509.Certificate, len(found))
	for i, c := range found {
		err := guard.Decode(func() (err error) {
			certs[i], err = x509.ParseCertificate(c.Content)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("certificate %d of %d in the store cannot be read: %w", i+1, len(found), shown.Error(err))
		}
	}
	return certs, nil
}
