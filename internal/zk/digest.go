package zk

import (
	"crypto/md5"  //nolint:gosec // what servers were told to use is not for the client to choose
	"crypto/sha1" //nolint:gosec // ZooKeeper's digests are SHA-1 by default
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"

	"terraform-provider-zookeeper/internal/zk/shown"
)

// DigestAlgorithms are those that [DigestIDBy] knows: what Java's MessageDigest has, and so what
// servers take as zookeeper.DigestAuthenticationProvider.digestAlg, but for MD2.
var DigestAlgorithms = []string{
	"SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA-512/224", "SHA-512/256",
	"SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512", "MD5",
}

var digests = map[string]func() hash.Hash{
	"SHA-1":       sha1.New,
	"SHA-224":     sha256.New224,
	"SHA-256":     sha256.New,
	"SHA-384":     sha512.New384,
	"SHA-512":     sha512.New,
	"SHA-512/224": sha512.New512_224,
	"SHA-512/256": sha512.New512_256,
	"SHA3-224":    func() hash.Hash { return sha3.New224() },
	"SHA3-256":    func() hash.Hash { return sha3.New256() },
	"SHA3-384":    func() hash.Hash { return sha3.New384() },
	"SHA3-512":    func() hash.Hash { return sha3.New512() },
	"MD5":         md5.New,
}

// DigestID returns the id that an ACL entry of the scheme "digest" has for a user:
// user:base64(sha1(user:password)), as DigestAuthenticationProvider.generateDigest.
func DigestID(user, password string) string {
	return digestID(sha1.New(), user, password) //nolint:gosec // see the import
}

// DigestIDBy is [DigestID] for servers that were told to use another algorithm than SHA-1
// (zookeeper.DigestAuthenticationProvider.digestAlg, since 3.7). It goes by the name that they have
// it by, in which case does not count, as SHA1 is SHA-1.
func DigestIDBy(algorithm, user, password string) (string, error) {
	name := strings.ToUpper(algorithm)
	if name == "SHA1" || name == "SHA" {
		name = "SHA-1"
	}
	newHash, ok := digests[name]
	if !ok {
		return "", fmt.Errorf("no digest is made by %s: %s are known", shown.Text(algorithm), strings.Join(DigestAlgorithms, ", "))
	}
	return digestID(newHash(), user, password), nil
}

func digestID(h hash.Hash, user, password string) string {
	h.Write([]byte(user + ":" + password))
	return user + ":" + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
