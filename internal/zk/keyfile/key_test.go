package keyfile_test

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk/keyfile"
)

const password = "hush-hush"

// legacy makes OpenSSL 3 do what it no longer does by itself.
var legacy = []string{"-provider", "legacy", "-provider", "default"}

// A private key is read in each form that openssl gives it, and with another password that is
// what is said.
func TestPrivateKey(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.openssl("ecparam", "-genkey", "-name", "prime256v1", "-out", "ec.pem")
	f.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.pem")
	f.openssl("genpkey", "-algorithm", "ED25519", "-out", "ed25519.pem")
	if !bytes.Contains(f.read("ec.pem"), []byte("-----BEGIN EC PARAMETERS-----")) {
		t.Fatal("openssl ecparam writes no parameters any more")
	}
	commands := map[string][]string{
		"ec.pem PKCS #8 in clear":          {"pkcs8", "-topk8", "-nocrypt", "-in", "ec.pem"},
		"rsa.pem PKCS #1 in clear":         {"rsa", "-traditional", "-in", "rsa.pem"},
		"rsa.pem PKCS #1, AES":             {"rsa", "-traditional", "-aes256", "-in", "rsa.pem"},
		"rsa.pem PKCS #1, DES":             {"rsa", "-traditional", "-des3", "-in", "rsa.pem"},
		"ec.pem SEC 1, AES":                {"ec", "-aes128", "-in", "ec.pem"},
		"ec.pem as it is by default":       {"pkcs8", "-topk8", "-in", "ec.pem"},
		"ed25519.pem as it is by default":  {"pkcs8", "-topk8", "-in", "ed25519.pem"},
		"rsa.pem scrypt":                   {"pkcs8", "-topk8", "-scrypt", "-in", "rsa.pem"},
		"ec.pem genpkey":                   {"pkey", "-aes-192-cbc", "-in", "ec.pem"},
		"ec.pem many iterations":           {"pkcs8", "-topk8", "-iter", "600000", "-in", "ec.pem"},
		"ec.pem of version 1.0 by default": append([]string{"pkcs8", "-topk8", "-v1", "PBE-MD5-DES", "-in", "ec.pem"}, legacy...),
		"rsa.pem PBE-SHA1-DES":             append([]string{"pkcs8", "-topk8", "-v1", "PBE-SHA1-DES", "-in", "rsa.pem"}, legacy...),
		"rsa.pem PBE-SHA1-3DES":            {"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-in", "rsa.pem"},
		"ec.pem PBE-SHA1-2DES":             {"pkcs8", "-topk8", "-v1", "PBE-SHA1-2DES", "-in", "ec.pem"},
		"ec.pem DES":                       append([]string{"pkcs8", "-topk8", "-v2", "des", "-in", "ec.pem"}, legacy...),
	}
	for _, cipher := range []string{"aes128", "aes192", "aes256", "des3"} {
		for _, prf := range []string{"hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512", "hmacWithSHA512-224", "hmacWithSHA512-256", "hmacWithMD5"} {
			commands[fmt.Sprintf("ec.pem %s, %s", cipher, prf)] = []string{"pkcs8", "-topk8", "-v2", cipher, "-v2prf", prf, "-in", "ec.pem"}
		}
	}
	want := make(map[string]crypto.Signer)
	for _, name := range []string{"ec.pem", "rsa.pem", "ed25519.pem"} {
		key, err := keyfile.PrivateKey(f.read(name), "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want[name] = key
	}
	for name, command := range commands {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of, _, _ := strings.Cut(name, " ")
			out := strings.ReplaceAll(name, " ", "_")
			if !strings.HasSuffix(name, "clear") {
				command = append(command, "-passout", "pass:"+password)
			}
			f.openssl(append(command, "-out", out)...)
			got, err := keyfile.PrivateKey(f.read(out), password)
			if err != nil {
				t.Fatal(err)
			}
			if public, ok := want[of].Public().(interface{ Equal(x crypto.PublicKey) bool }); !ok || !public.Equal(got.Public()) {
				t.Error("another key")
			}
			if strings.HasSuffix(name, "clear") {
				return
			}
			if _, err := keyfile.PrivateKey(f.read(out), password+"!"); !errors.Is(err, keyfile.ErrWrongPassword) {
				t.Errorf("with another password: %v", err)
			}
			if _, err := keyfile.PrivateKey(f.read(out), ""); !errors.Is(err, keyfile.ErrNoPassword) {
				t.Errorf("without a password: %v", err)
			}
		})
	}
}

// What is not supported is told as that, and never as a wrong password.
func TestPrivateKeyUnsupported(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "ec.pem")
	encrypted := func(args ...string) []string {
		return append(append([]string{"pkcs8", "-topk8", "-in", "ec.pem", "-passout", "pass:" + password}, args...), legacy...)
	}
	for want, command := range map[string][]string{
		"CAMELLIA-256-CBC":                 encrypted("-v2", "camellia256"),
		"RC2-CBC":                          encrypted("-v2", "rc2"),
		"pbeWithSHAAnd40BitRC2-CBC":        encrypted("-v1", "PBE-SHA1-RC2-40"),
		"pbeWithSHAAnd128BitRC4":           encrypted("-v1", "PBE-SHA1-RC4-128"),
		"Ed448":                            {"genpkey", "-algorithm", "ED448"},
		"X25519":                           {"genpkey", "-algorithm", "X25519"},
		"RSA-PSS":                          {"genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"},
		"ECDSA on another curve":           {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1", "-aes256", "-pass", "pass:" + password},
		"of a curve that is not supported": {"ecparam", "-genkey", "-name", "secp256k1", "-noout"},
		"or on one that is given by its parameters":  {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"},
		`cipher that is not supported, "CAMELLIA-`:   {"ec", "-in", "ec.pem", "-camellia256", "-passout", "pass:" + password},
		`format that is not supported, "DSA PRIVATE`: nil,
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			var text []byte
			if command == nil {
				text = []byte("-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n")
			} else {
				out := strings.ReplaceAll(want, " ", "_")
				f.openssl(append(command, "-out", out)...)
				text = f.read(out)
			}
			_, err := keyfile.PrivateKey(text, password)
			if _, ok := errors.AsType[*keyfile.UnsupportedError](err); !ok || !strings.Contains(err.Error(), want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A key that is damaged or is something else is told as that.
func TestPrivateKeyRefused(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "ec.pem")
	own := string(f.read("ec.pem"))
	for want, text := range map[string]string{
		"no private key in PEM":          "garbage",
		"block in PEM is damaged":        strings.Replace(own, "M", "!", 1),
		"holds no private key":           "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"how it is encrypted is malform": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"the key is too large":           "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("AAAA", 6<<10) + "\n-----END PRIVATE KEY-----\n",
	} {
		if _, err := keyfile.PrivateKey([]byte(text), password); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
