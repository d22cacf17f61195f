package keyfile

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// maxKeyBytes bounds a private key as ASN.1: checking a key takes time that grows with
// the third power of its size. One of RSA with 16,384 bits takes 9 KiB.
const maxKeyBytes = 16 << 10

const noKey = "the key is no private key in PEM"

var (
	errKeyDamaged = errors.New("the key's block in PEM is damaged")
	errTooLarge   = errors.New("the key is too large: no key that TLS takes is")
	errUnreadable = errors.New("the key cannot be read: its block in PEM holds no private key")
)

// PrivateKey returns the first private key of a text in PEM: PKCS #8, PKCS #1 or SEC 1, decrypted
// where it is encrypted. The error is [ErrNoPassword], [ErrWrongPassword], an *[UnsupportedError]
// or says what is wrong with the text.
func PrivateKey(text []byte, password string) (crypto.Signer, error) {
	found := pieces(text, func(label string) bool { return strings.HasSuffix(label, "PRIVATE KEY") })
	if len(found) == 0 {
		return nil, errors.New(noKey + insteadOf(text))
	}
	block := found[0].block
	switch {
	case block == nil:
		return nil, errKeyDamaged
	case len(block.Bytes) > maxKeyBytes:
		return nil, errTooLarge
	}
	var (
		der       = block.Bytes
		encrypted = block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["Proc-Type"] == "4,ENCRYPTED"
		err       error
	)
	switch block.Type {
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
	default:
		return nil, unsupported("the key is of a format that is not supported, " + shown.Text(block.Type) + ": PKCS #8, PKCS #1 and SEC 1 are")
	}
	switch {
	case encrypted && password == "":
		return nil, ErrNoPassword
	case block.Type == "ENCRYPTED PRIVATE KEY":
		der, err = decryptPKCS8(der, password)
	case encrypted:
		der, err = decryptPEM(block, password)
	}
	if err != nil {
		return nil, err
	}
	return parseKey(der, encrypted)
}

// parseKey reads a private key in DER. If a key was decrypted and is no key, the password
// was wrong: with most ciphers a wrong one shows in nothing else.
func parseKey(der []byte, decrypted bool) (crypto.Signer, error) {
	var key any
	err := guard.Decode(func() (err error) {
		if key, err = x509.ParsePKCS8PrivateKey(der); err == nil {
			return nil
		}
		if key, err = x509.ParsePKCS1PrivateKey(der); err == nil {
			return nil
		}
		key, err = x509.ParseECPrivateKey(der)
		return err
	})
	if err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
	}
	const kinds = ": RSA, ECDSA on the curves P-224 to P-521, and Ed25519 are"
	var pkcs8 struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}
	var sec1 struct {
		Version int
		Key     []byte
		Curve   asn1.RawValue `asn1:"optional,explicit,tag:0"`
	}
	if _, asnErr := asn1.Unmarshal(der, &pkcs8); asnErr == nil {
		return nil, unsupported("the key is of a kind that is not supported, " + algorithm(pkcs8.Algorithm.Algorithm) + kinds)
	}
	if _, asnErr := asn1.Unmarshal(der, &sec1); asnErr == nil && sec1.Version == 1 {
		return nil, unsupported("the key is of a curve that is not supported" + kinds)
	}
	if decrypted {
		return nil, ErrWrongPassword
	}
	return nil, errUnreadable
}

// pemCiphers are those by which a block in PEM is encrypted as a whole (RFC 1423).
var pemCiphers = []string{"DES-CBC", "DES-EDE3-CBC", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC"}

// decryptPEM decrypts a key of openssl's traditional format.
func decryptPEM(block *pem.Block, password string) (der []byte, err error) {
	name, _, _ := strings.Cut(block.Headers["DEK-Info"], ",")
	if !slices.Contains(pemCiphers, name) {
		return nil, unsupported("the key is encrypted by a cipher that is not supported, " + shown.Text(name) + ": " + strings.Join(pemCiphers, ", ") + " are")
	}
	err = guard.Decode(func() (err error) {
		der, err = x509.DecryptPEMBlock(block, []byte(password)) //nolint:staticcheck // weak as it is, people have such keys
		return err
	})
	if err != nil {
		return nil, ErrWrongPassword
	}
	return der, nil
}

// algorithm names an algorithm.
func algorithm(oid asn1.ObjectIdentifier) string {
	if name, ok := algorithmNames[oid.String()]; ok {
		return name
	}
	return "the one with the OID " + shown.Line(oid.String())
}

// algorithmNames are those that people can have met, and that are not supported.
var algorithmNames = map[string]string{
	"1.2.840.10040.4.1":     "DSA",
	"1.2.840.10045.2.1":     "ECDSA on another curve, or on one that is given by its parameters",
	"1.2.840.113549.1.1.10": "RSA-PSS",
	"1.2.840.113549.1.3.1":  "Diffie-Hellman",
	"1.3.101.110":           "X25519",
	"1.3.101.111":           "X448",
	"1.3.101.113":           "Ed448",

	"1.2.840.113549.1.5.1":      "pbeWithMD2AndDES-CBC",
	"1.2.840.113549.1.5.4":      "pbeWithMD2AndRC2-CBC",
	"1.2.840.113549.1.5.6":      "pbeWithMD5AndRC2-CBC",
	"1.2.840.113549.1.5.11":     "pbeWithSHA1AndRC2-CBC",
	"1.2.840.113549.1.12.1.1":   "pbeWithSHAAnd128BitRC4",
	"1.2.840.113549.1.12.1.2":   "pbeWithSHAAnd40BitRC4",
	"1.2.840.113549.1.12.1.5":   "pbeWithSHAAnd128BitRC2-CBC",
	"1.2.840.113549.1.12.1.6":   "pbeWithSHAAnd40BitRC2-CBC",
	"1.2.840.113549.3.2":        "RC2-CBC",
	"1.2.392.200011.61.1.1.1.2": "CAMELLIA-128-CBC",
	"1.2.392.200011.61.1.1.1.3": "CAMELLIA-192-CBC",
	"1.2.392.200011.61.1.1.1.4": "CAMELLIA-256-CBC",
	"1.2.410.200046.1.1.2":      "ARIA-128-CBC",
	"1.2.410.200046.1.1.12":     "ARIA-256-CBC",
	"1.2.410.200004.1.4":        "SEED-CBC",
	"1.2.643.7.1.1.4.1":         "HMAC of GOST R 34.11-2012, 256 bits",
	"1.2.643.7.1.1.4.2":         "HMAC of GOST R 34.11-2012, 512 bits",
	"1.2.156.10197.1.401.3.1":   "HMAC of SM3",
	"1.2.156.10197.1.104.2":     "SM4-CBC",
}
