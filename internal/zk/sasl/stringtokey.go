package sasl

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"

	"terraform-provider-zookeeper/internal/zk/guard"
)

// tooManyIterations is the least number of iterations that is refused: MIT Kerberos'
// MAX_ITERATION_COUNT (lib/crypto/krb/s2k_pbkdf2.c). So many take up to half a minute, and fewer
// than MIT Kerberos refuses would lock clients out that it serves.
const tooManyIterations = 1 << 24

// An iterated type of encryption makes keys of passwords by PBKDF2.
type iterated struct {
	// pepper goes before the salt.
	pepper string
	// iterations are how many there are where the KDC names no number. It may ask for more
	// and not for fewer, as with MIT Kerberos: whoever is in between asks for 1, and has the
	// proof of a password that is quickly guessed.
	iterations uint32
	// size is that of PBKDF2's output in bytes.
	size int
}

var iteratedTypes = map[int32]iterated{
	etypeID.AES128_CTS_HMAC_SHA1_96:    {"", 4096, 16},                                // RFC 3962
	etypeID.AES256_CTS_HMAC_SHA1_96:    {"", 4096, 32},                                // RFC 3962
	etypeID.AES128_CTS_HMAC_SHA256_128: {"aes128-cts-hmac-sha256-128\x00", 32768, 16}, // RFC 8009
	etypeID.AES256_CTS_HMAC_SHA384_192: {"aes256-cts-hmac-sha384-192\x00", 32768, 32}, // RFC 8009
}

// stringToKey makes a key of a password, until ctx ends: gokrb5's own takes as long as a KDC
// says. params are the KDC's, empty where it gives none.
func stringToKey(ctx context.Context, etype int32, password, salt string, params []byte) (key types.EncryptionKey, err error) {
	e, err := crypto.GetEtype(etype)
	if err != nil {
		return key, fmt.Errorf("the KDC wants a key of type %d, which is not supported", etype)
	}
	key.KeyType = etype
	how, ok := iteratedTypes[etype]
	if !ok {
		if len(params) > 0 {
			return key, fmt.Errorf("the KDC has parameters for a key of type %d, which has none", etype)
		}
		err = guard.Decode(func() (err error) {
			key.KeyValue, err = e.StringToKey(password, salt, e.GetDefaultStringToKeyParams())
			return err
		})
		if err != nil {
			return key, fmt.Errorf("the password makes no key of type %d", etype)
		}
		return key, nil
	}
	n := how.iterations
	switch len(params) {
	case 0:
	case 4:
		n = binary.BigEndian.Uint32(params)
		if n == 0 || n >= tooManyIterations { // 0 stands for 2^32
			return key, errors.New("the KDC wants a key that takes too long to make of a password")
		}
		if n < how.iterations {
			return key, fmt.Errorf("the KDC wants a key of a password by %d iterations, and fewer than %d are not safe", n, how.iterations)
		}
	default:
		return key, fmt.Errorf("the KDC has parameters for a key of type %d that cannot be read", etype)
	}
	made, err := pbkdf2(ctx, e.GetHashFunc(), []byte(password), []byte(how.pepper+salt), n, how.size)
	if err != nil {
		return key, err
	}
	if key.KeyValue, err = e.DeriveKey(e.RandomToKey(made), []byte("kerberos")); err != nil {
		return key, fmt.Errorf("the password makes no key of type %d", etype)
	}
	return key, nil
}

// pbkdf2 is PBKDF2 with HMAC (RFC 8018, section 5.2), which ends with ctx. The standard
// library's does not.
func pbkdf2(ctx context.Context, h func() hash.Hash, password, salt []byte, iterations uint32, size int) ([]byte, error) {
	prf := hmac.New(h, password)
	var out []byte
	for block := uint32(1); len(out) < size; block++ {
		prf.Reset()
		prf.Write(salt)
		prf.Write(binary.BigEndian.AppendUint32(nil, block))
		u := prf.Sum(nil)
		sum := append([]byte(nil), u...)
		for i := uint32(1); i < iterations; i++ {
			if i%4096 == 0 && ctx.Err() != nil {
				return nil, fmt.Errorf("making a key of the password: %w", context.Cause(ctx))
			}
			prf.Reset()
			prf.Write(u)
			u = prf.Sum(u[:0])
			for j := range sum {
				sum[j] ^= u[j]
			}
		}
		out = append(out, sum...)
	}
	return out[:size], nil
}
