package keyfile

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // what a key was encrypted with is not for us to choose
	"crypto/md5" //nolint:gosec // the same
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // the same
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"hash"
	"unicode/utf16"

	"golang.org/x/crypto/scrypt"

	"terraform-provider-zookeeper/internal/zk/guard"
)

// Encrypted private keys in PKCS #8, by the schemes of RFC 8018 and RFC 7292 that openssl
// writes. The packages for Go that read them know PBKDF2 with SHA-1 and SHA-256 alone, and call
// everything else a wrong password; so the parameters are read here, and bounded, and the
// algorithms are those of the standard library and of golang.org/x/crypto.

const (
	// maxIterations bounds what a file may ask for to make the key that it is encrypted
	// with of a password. The most that is recommended is below a million.
	maxIterations = 10_000_000
	// maxScryptMemory is the same for the memory that scrypt takes. OpenSSL's own bound is 32 MiB.
	maxScryptMemory = 256 << 20
	// maxScryptWork bounds the blocks of 128 bytes that scrypt goes through: four times that memory.
	maxScryptWork = 4 * maxScryptMemory / 128
)

var (
	errTooLong       = errors.New("the key takes too long to decrypt: encrypt it again with fewer iterations")
	errTooMuchMemory = errors.New("the key takes too much memory to decrypt: encrypt it again with a lower cost")
	errMalformed     = errors.New("the key cannot be read: how it is encrypted is malformed")
)

func pkcs5(n ...int) asn1.ObjectIdentifier {
	return append(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5}, n...)
}

func pkcs12PBE(n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, n}
}

var (
	oidPBES2         = pkcs5(13)
	oidPBKDF2        = pkcs5(12)
	oidScrypt        = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidMD5DES        = pkcs5(3)
	oidSHA1DES       = pkcs5(10)
	oidSHA1TripleDES = pkcs12PBE(3)
	oidSHA1DoubleDES = pkcs12PBE(4)
)

// prfs are the pseudo-random functions of PBKDF2, by their OIDs.
var prfs = map[string]func() hash.Hash{
	"1.2.840.113549.2.6":  md5.New,
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.8":  sha256.New224,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
	"1.2.840.113549.2.12": sha512.New512_224,
	"1.2.840.113549.2.13": sha512.New512_256,
}

// A blockCipher is one that is run in CBC.
type blockCipher struct {
	keySize int
	create  func(key []byte) (cipher.Block, error)
}

// ciphers are the encryption schemes of PBES2, by their OIDs.
var ciphers = map[string]blockCipher{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
	"1.3.14.3.2.7":            {8, des.NewCipher},
}

// decryptPKCS8 decrypts a private key in PKCS #8.
func decryptPKCS8(der []byte, password string) (plaintext []byte, err error) {
	var key struct {
		Encryption pkix.AlgorithmIdentifier
		Data       []byte
	}
	if rest, err := asn1.Unmarshal(der, &key); err != nil || len(rest) > 0 {
		return nil, errMalformed
	}
	var block cipher.Block
	var iv []byte
	guarded := guard.Decode(func() error {
		block, iv, err = pbeCipher(key.Encryption, password)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case guarded != nil, len(iv) != block.BlockSize(), len(key.Data) == 0, len(key.Data)%block.BlockSize() != 0:
		return nil, errMalformed
	}
	plaintext = make([]byte, len(key.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plaintext, key.Data)
	return unpad(plaintext, block.BlockSize())
}

// unpad takes off the padding of a text in blocks. Another one than there should be means another
// password.
func unpad(text []byte, size int) ([]byte, error) {
	n := int(text[len(text)-1])
	if n == 0 || n > size {
		return nil, ErrWrongPassword
	}
	for _, b := range text[len(text)-n:] {
		if int(b) != n {
			return nil, ErrWrongPassword
		}
	}
	return text[:len(text)-n], nil
}

// pbeCipher returns the cipher that an encryption scheme makes of a password.
func pbeCipher(scheme pkix.AlgorithmIdentifier, password string) (cipher.Block, []byte, error) {
	parameters := scheme.Parameters.FullBytes
	switch {
	case scheme.Algorithm.Equal(oidPBES2):
		return pbes2(parameters, password)
	case scheme.Algorithm.Equal(oidMD5DES):
		return pbes1(parameters, password, md5.New()) //nolint:gosec // what a key was encrypted with is not for us to choose
	case scheme.Algorithm.Equal(oidSHA1DES):
		return pbes1(parameters, password, sha1.New()) //nolint:gosec // what a key was encrypted with is not for us to choose
	case scheme.Algorithm.Equal(oidSHA1TripleDES):
		return pkcs12TripleDES(parameters, password, 24)
	case scheme.Algorithm.Equal(oidSHA1DoubleDES):
		return pkcs12TripleDES(parameters, password, 16)
	}
	return nil, nil, unsupported("the key is encrypted by a scheme that is not supported, " + algorithm(scheme.Algorithm) + ": PBES2 is (openssl pkcs8 -topk8)")
}

// pbes2 is the second scheme of RFC 8018.
func pbes2(der []byte, password string) (cipher.Block, []byte, error) {
	var parameters struct{ Derivation, Encryption pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(der, &parameters); err != nil {
		return nil, nil, errMalformed
	}
	c, ok := ciphers[parameters.Encryption.Algorithm.String()]
	if !ok {
		return nil, nil, unsupported("the key is encrypted by a cipher that is not supported, " + algorithm(parameters.Encryption.Algorithm) + ": AES and DES in CBC are")
	}
	var iv []byte
	if _, err := asn1.Unmarshal(parameters.Encryption.Parameters.FullBytes, &iv); err != nil {
		return nil, nil, errMalformed
	}
	key, err := derive(parameters.Derivation, password, c.keySize)
	if err != nil {
		return nil, nil, err
	}
	block, err := c.create(key)
	return block, iv, err
}

// derive makes a key of a password, by PBKDF2 or scrypt.
func derive(by pkix.AlgorithmIdentifier, password string, size int) ([]byte, error) {
	der := by.Parameters.FullBytes
	switch {
	case by.Algorithm.Equal(oidPBKDF2):
		var p struct {
			Salt       asn1.RawValue
			Iterations int
			KeyLength  int                      `asn1:"optional"`
			PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
		}
		_, err := asn1.Unmarshal(der, &p)
		switch {
		case err != nil, p.Iterations < 1, p.KeyLength != 0 && p.KeyLength != size:
			return nil, errMalformed
		case p.Salt.Class != asn1.ClassUniversal || p.Salt.Tag != asn1.TagOctetString:
			return nil, unsupported("the key is encrypted with a salt that is not in the file")
		case p.Iterations > maxIterations:
			return nil, errTooLong
		}
		prf := sha1.New
		if p.PRF.Algorithm != nil {
			var ok bool
			if prf, ok = prfs[p.PRF.Algorithm.String()]; !ok {
				return nil, unsupported("the key is encrypted with a function that is not supported, " + algorithm(p.PRF.Algorithm) + ": HMAC with SHA-1 and SHA-2 is (openssl pkcs8 -topk8 -v2prf)")
			}
		}
		return pbkdf2.Key(prf, password, p.Salt.Bytes, p.Iterations, size)
	case by.Algorithm.Equal(oidScrypt):
		var p struct {
			Salt      []byte
			N, R, P   int
			KeyLength int `asn1:"optional"`
		}
		const most = 1 << 21 // keeps the products below from overflowing
		_, err := asn1.Unmarshal(der, &p)
		switch {
		case err != nil, p.N < 2, p.R < 1, p.P < 1, p.KeyLength != 0 && p.KeyLength != size:
			return nil, errMalformed
		case p.N > most, p.R > most, p.P > most, 128*(p.N+p.P)*p.R > maxScryptMemory:
			return nil, errTooMuchMemory
		case p.N*p.R*p.P > maxScryptWork:
			return nil, errTooLong
		}
		key, err := scrypt.Key([]byte(password), p.Salt, p.N, p.R, p.P, size)
		if err != nil {
			return nil, errMalformed
		}
		return key, nil
	}
	return nil, unsupported("the key is encrypted by a derivation that is not supported, " + algorithm(by.Algorithm) + ": PBKDF2 and scrypt are")
}

// saltAndCount are the parameters of the older schemes.
type saltAndCount struct {
	Salt       []byte
	Iterations int
}

func parseSaltAndCount(der []byte) (p saltAndCount, err error) {
	_, err = asn1.Unmarshal(der, &p)
	switch {
	case err != nil, p.Iterations < 1:
		return p, errMalformed
	case p.Iterations > maxIterations:
		return p, errTooLong
	}
	return p, nil
}

// pbes1 is the first scheme of RFC 8018, which openssl wrote by default before its release 1.1.
func pbes1(der []byte, password string, h hash.Hash) (cipher.Block, []byte, error) {
	p, err := parseSaltAndCount(der)
	if err != nil {
		return nil, nil, err
	}
	derived := append([]byte(password), p.Salt...)
	for range p.Iterations {
		h.Reset()
		h.Write(derived)
		derived = h.Sum(nil)
	}
	block, err := des.NewCipher(derived[:8]) //nolint:gosec // what a key was encrypted with is not for us to choose
	return block, derived[8:16], err
}

// pkcs12TripleDES is the scheme of RFC 7292 for three or two keys of DES.
func pkcs12TripleDES(der []byte, password string, size int) (cipher.Block, []byte, error) {
	p, err := parseSaltAndCount(der)
	if err != nil {
		return nil, nil, err
	}
	key := pkcs12Derive(password, p, 1, size)
	if size == 16 {
		key = append(key, key[:8]...)
	}
	block, err := des.NewTripleDESCipher(key) //nolint:gosec // what a key was encrypted with is not for us to choose
	return block, pkcs12Derive(password, p, 2, des.BlockSize), err
}

// pkcs12Derive is the derivation of RFC 7292, appendix B.2, with SHA-1. purpose is 1 for a key
// and 2 for an initial vector.
func pkcs12Derive(password string, p saltAndCount, purpose byte, size int) []byte {
	const u, v = sha1.Size, sha1.BlockSize
	var bmp []byte
	for _, unit := range append(utf16.Encode([]rune(password)), 0) {
		bmp = append(bmp, byte(unit>>8), byte(unit))
	}
	// repeated fills whole blocks with copies of b.
	repeated := func(b []byte) []byte {
		if len(b) == 0 {
			return nil
		}
		out := make([]byte, (len(b)+v-1)/v*v)
		for i := range out {
			out[i] = b[i%len(b)]
		}
		return out
	}
	diversifier := make([]byte, v)
	for i := range diversifier {
		diversifier[i] = purpose
	}
	input := append(repeated(p.Salt), repeated(bmp)...)
	var out []byte
	for {
		a := sha1.Sum(append(diversifier[:v:v], input...)) //nolint:gosec // what a key was encrypted with is not for us to choose
		for range p.Iterations - 1 {
			a = sha1.Sum(a[:]) //nolint:gosec // the same
		}
		if out = append(out, a[:]...); len(out) >= size {
			return out[:size]
		}
		// Each block of the input becomes itself plus the result plus 1, modulo 2^(8v).
		for block := input; len(block) > 0; block = block[v:] {
			carry := 1
			for i := v - 1; i >= 0; i-- {
				carry += int(block[i]) + int(a[i%u])
				block[i] = byte(carry)
				carry >>= 8
			}
		}
	}
}
