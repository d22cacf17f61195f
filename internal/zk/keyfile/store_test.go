package keyfile_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/pavlo-v-chernykh/keystore-go/v4"
	"software.sslmate.com/src/go-pkcs12"

	"terraform-provider-zookeeper/internal/zk/keyfile"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// newStores makes stores as the guides of ZooKeeper and Kafka tell people to: a key, its
// certificate by a CA imported to it, and the CA in a trust store.
func newStores(f folder, kind string) {
	f.t.Helper()
	options := []string{"-storetype", kind, "-keystore", "key." + kind, "-storepass", password}
	if kind == "JKS" {
		options = append(options, "-keypass", password)
	}
	f.keytool(append([]string{"-genkeypair", "-alias", "zk client", "-keyalg", "RSA", "-dname", "CN=client,O=Example"}, options...)...)
	f.keytool(append([]string{"-certreq", "-alias", "zk client", "-file", kind + ".csr"}, options...)...)
	f.openssl("x509", "-req", "-in", kind+".csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAserial", kind+".srl", "-CAcreateserial", "-out", kind+".pem", "-days", "2")
	f.keytool(append([]string{"-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem"}, options...)...)
	f.keytool(append([]string{"-importcert", "-noprompt", "-alias", "zk client", "-file", kind + ".pem"}, options...)...)
	for _, name := range []string{"ca", "other"} {
		f.keytool("-importcert", "-noprompt", "-alias", name, "-file", name+".pem", "-storetype", kind, "-keystore", "trust."+kind, "-storepass", password)
	}
}

// Stores are read as keytool writes them, and told apart by their content.
func TestStores(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"JKS", "PKCS12"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t)
			newCA(f)
			newStores(f, kind)
			key, trust := f.read("key."+kind), f.read("trust."+kind)
			pair, err := keyfile.ReadKeyStore(key, password, "")
			if err != nil {
				t.Fatal(err)
			}
			if len(pair.Chain) != 2 || pair.Chain[0].Subject.CommonName != "client" || pair.Chain[1].Subject.CommonName != "ca" {
				t.Errorf("the chain has %d certificates", len(pair.Chain))
			}
			certs, err := keyfile.ReadTrustStore(trust, password)
			if err != nil || len(certs) != 2 {
				t.Errorf("%d certificates, %v", len(certs), err)
			}
			for name, tc := range map[string]struct {
				password string
				want     error
			}{
				"another password": {password + "!", keyfile.ErrWrongPassword},
				"no password":      {"", keyfile.ErrNoPassword},
			} {
				if _, err := keyfile.ReadKeyStore(key, tc.password, ""); !errors.Is(err, tc.want) {
					t.Errorf("the key store, %s: %v", name, err)
				}
				if _, err := keyfile.ReadTrustStore(trust, tc.password); !errors.Is(err, tc.want) {
					t.Errorf("the trust store, %s: %v", name, err)
				}
			}
			if _, err := keyfile.ReadKeyStore(trust, password, ""); err == nil || !strings.Contains(err.Error(), "the key store has no private key") {
				t.Errorf("a trust store in the place of the key store: %v", err)
			}
			for n := range key { // cut off anywhere
				if n%97 == 0 {
					if _, err := keyfile.ReadKeyStore(key[:n], password, ""); err == nil {
						t.Errorf("the first %d bytes are a key store", n)
					}
				}
			}
		})
	}
}

// Java has had two ways to encrypt PKCS #12, and openssl has some more.
func TestPKCS12(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	newCA(f)
	export := func(args ...string) []string {
		return append([]string{"pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-certfile", "ca.pem", "-passout", "pass:" + password}, args...)
	}
	for name, command := range map[string][]string{
		"by default":            export(),
		"of old releases":       export(append([]string{"-legacy"}, legacy...)...),
		"AES and SHA-512":       export("-keypbe", "AES-192-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha512"),
		"3DES":                  export("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"),
		"certificates in clear": export("-certpbe", "NONE"),
	} {
		out := strings.ReplaceAll(name, " ", "_")
		f.openssl(append(command, "-out", out)...)
		pair, err := keyfile.ReadKeyStore(f.read(out), password, "")
		if err != nil || len(pair.Chain) != 2 || pair.Chain[0].Subject.CommonName != "client" {
			t.Errorf("%s: %+v, %v", name, pair, err)
		}
	}
	old := []string{"-J-Dkeystore.pkcs12.legacy", "-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-storetype", "PKCS12", "-keystore", "old.p12", "-storepass", password}
	f.keytool(old...)
	if certs, err := keyfile.ReadTrustStore(f.read("old.p12"), password); err != nil || len(certs) != 1 {
		t.Errorf("a trust store of older releases: %d, %v", len(certs), err)
	}
	// Java 18 makes trust stores without a password, and takes any for them.
	f.keytool("-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
		"-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-storetype", "PKCS12", "-keystore", "open.p12", "-storepass", password)
	for _, p := range []string{"", password} {
		if certs, err := keyfile.ReadTrustStore(f.read("open.p12"), p); err != nil || len(certs) != 1 {
			t.Errorf("a trust store without a password, with %q: %d, %v", p, len(certs), err)
		}
	}
}

// JKS has more: a password of the key's own, and a key in a trust store.
func TestJKS(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	newCA(f)
	const own = "of its own"
	generate := func(store, alias, storePassword, keyPassword string) []byte {
		t.Helper()
		f.write("password", []byte(storePassword))
		f.keytool("-J-Dfile.encoding=UTF-8", "-genkeypair", "-storetype", "JKS", "-keystore", store, "-alias", alias,
			"-storepass:file", "password", "-keypass", keyPassword, "-keyalg", "EC", "-dname", "CN="+alias)
		return f.read(store)
	}
	store := generate("own.jks", "client", password, own)
	if pair, err := keyfile.ReadKeyStore(store, password, own); err != nil || pair.Chain[0].Subject.CommonName != "client" {
		t.Errorf("%+v, %v", pair, err)
	}
	for _, keyPassword := range []string{"", "another"} {
		if _, err := keyfile.ReadKeyStore(store, password, keyPassword); !errors.Is(err, keyfile.ErrKeyPassword) {
			t.Errorf("with the password %q for the key: %v", keyPassword, err)
		}
	}
	umlaut := generate("umlaut.jks", "client", "Schlüssel", "Schluessel")
	if pair, err := keyfile.ReadKeyStore(umlaut, "Schlüssel", "Schluessel"); err != nil || len(pair.Chain) != 1 {
		t.Errorf("%+v, %v", pair, err)
	}
	if _, err := keyfile.ReadKeyStore(umlaut, "Schlüssel€", ""); !isUnsupported(err) {
		t.Errorf("a password that the store cannot have: %v", err)
	}
	// Java trusts the certificate of a key as well.
	f.keytool("-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-storetype", "JKS", "-keystore", "own.jks", "-storepass", password)
	if certs, err := keyfile.ReadTrustStore(f.read("own.jks"), password); err != nil || len(certs) != 2 {
		t.Errorf("%d certificates, %v", len(certs), err)
	}
	if _, err := keyfile.ReadKeyStore(generate("own.jks", "second", password, own), password, own); err == nil || !strings.Contains(err.Error(), `2 private keys ("client", "second")`) {
		t.Errorf("two keys: %v", err)
	}
	f.keytool("-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-storetype", "JKS", "-keystore", "empty.jks", "-storepass", password)
	f.keytool("-delete", "-alias", "ca", "-keystore", "empty.jks", "-storepass", password)
	if _, err := keyfile.ReadTrustStore(f.read("empty.jks"), password); err == nil || !strings.Contains(err.Error(), "no trusted certificate") {
		t.Errorf("an empty store: %v", err)
	}
}

func isUnsupported(err error) bool {
	_, ok := errors.AsType[*keyfile.UnsupportedError](err)
	return ok
}

// What is no store that is supported is told as that, whatever the password.
func TestStoreUnsupported(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	newCA(f)
	f.keytool("-genkeypair", "-storetype", "JCEKS", "-keystore", "jceks", "-alias", "a", "-storepass", password, "-keypass", password, "-keyalg", "EC", "-dname", "CN=a")
	for _, alias := range []string{"one", "two"} {
		f.keytool("-genkeypair", "-storetype", "PKCS12", "-keystore", "two.p12", "-alias", alias, "-storepass", password, "-keyalg", "EC", "-dname", "CN="+alias)
	}
	f.openssl("pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "sha384.p12", "-passout", "pass:"+password, "-macalg", "sha384")
	f.openssl("pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "camellia.p12", "-passout", "pass:"+password, "-keypbe", "CAMELLIA-256-CBC")
	f.openssl("pkcs12", "-export", "-nokeys", "-in", "ca.pem", "-out", "unmarked.p12", "-passout", "pass:"+password)
	f.openssl("x509", "-in", "ca.pem", "-outform", "der", "-out", "ca.der")
	for _, tc := range []struct{ file, key, trust string }{
		{"jceks", "in JCEKS", "in JCEKS"},
		{"two.p12", "more than one private key", "something else than trusted certificates"},
		{"sha384.p12", "not supported: pkcs12: MAC", "not supported: pkcs12: MAC"},
		{"camellia.p12", "something that is not supported", ""},
		{"unmarked.p12", "no private key", "not marked as trusted"},
		{"ca.pem", "it is PEM", "it is PEM"},
		{"ca.der", "no key store in JKS or PKCS #12", "no key store in JKS or PKCS #12"},
	} {
		content := f.read(tc.file)
		if _, err := keyfile.ReadKeyStore(content, password, ""); err == nil || !strings.Contains(err.Error(), tc.key) || errors.Is(err, keyfile.ErrWrongPassword) {
			t.Errorf("%s as a key store: %v, want %q", tc.file, err, tc.key)
		}
		if tc.trust == "" {
			continue
		}
		if _, err := keyfile.ReadTrustStore(content, password); err == nil || !strings.Contains(err.Error(), tc.trust) || errors.Is(err, keyfile.ErrWrongPassword) {
			t.Errorf("%s as a trust store: %v, want %q", tc.file, err, tc.trust)
		}
	}
}

// What a store asks for is bounded before it is done: memory by its lengths, time by its iterations.
func TestStoreHostile(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	newCA(f)
	f.openssl("pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "long.p12", "-passout", "pass:"+password, "-macalg", "sha1", "-iter", "1000003")
	// The number of iterations stands three times in the store. 0x7fffff is as long as 1000003.
	number := []byte{0x02, 0x03, 0x0f, 0x42, 0x43}
	long := f.read("long.p12")
	if n := bytes.Count(long, number); n < 2 {
		t.Fatalf("the number stands there %d times", n)
	}
	if _, err := keyfile.ReadKeyStore(long, password, ""); err != nil {
		t.Fatal(err)
	}
	endless, err := asn1.Marshal(struct {
		Version int
		Safe    struct{ Type asn1.ObjectIdentifier }
		MAC     struct {
			Digest struct {
				Algorithm struct{ OID asn1.ObjectIdentifier }
			}
			Salt       []byte
			Iterations int
		}
	}{
		Version: 3,
		Safe:    struct{ Type asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}},
		MAC: struct {
			Digest struct {
				Algorithm struct{ OID asn1.ObjectIdentifier }
			}
			Salt       []byte
			Iterations int
		}{Digest: struct {
			Algorithm struct{ OID asn1.ObjectIdentifier }
		}{struct{ OID asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}}}, Salt: []byte("salt"), Iterations: 1 << 40},
	})
	if err != nil {
		t.Fatal(err)
	}
	const huge = "\xff\xff\xff\xff"
	jks := func(entries, rest string) []byte { return []byte("\xfe\xed\xfe\xed\x00\x00\x00\x02" + entries + rest) }
	for want, content := range map[string][]byte{
		"takes too long":                    endless,
		"do not end where it does":          jks(huge, "\x00\x00\x00\x02\x00\x01a12345678\x00\x01X"+huge),
		"the store is damaged: its entries": jks("\x00\x00\x00\x01", "\x00\x00\x00\x01\x00\x01a12345678"+huge),
		"its entries do not end":            jks("\x00\x00\x00\x01", "\x00\x00\x00\x01\x00\x01a12345678\x00\x00\x00\x00"+huge),
		"entries do not":                    jks("\x00\x00\x00\x00", "no digest"),
	} {
		for _, read := range []func() error{
			func() error { _, err := keyfile.ReadKeyStore(content, password, ""); return err },
			func() error { _, err := keyfile.ReadTrustStore(content, password); return err },
		} {
			if err := read(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
}

// onOneLine reports whether a text prints as one line that is not endless.
func onOneLine(text string) bool {
	return len(text) < 2000 && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Whatever is in a store, it is read or there is an error on one line that does not repeat the password.
func FuzzStores(f *testing.F) {
	// Made without keytool, and with little work in them: each process that fuzzes makes its own.
	key, cert := zktest.NewAuthority(f).Sign(f, &x509.Certificate{Subject: pkix.Name{CommonName: "client"}})
	encoder := pkcs12.Modern.WithIterations(1)
	keyStore, keyErr := encoder.Encode(key, cert, nil, password)
	trustStore, trustErr := encoder.EncodeTrustStore([]*x509.Certificate{cert}, password)
	der, derErr := x509.MarshalPKCS8PrivateKey(key)
	chain := []keystore.Certificate{{Type: "X.509", Content: cert.Raw}}
	java := keystore.New()
	var file bytes.Buffer
	if err := errors.Join(keyErr, trustErr, derErr,
		java.SetPrivateKeyEntry("a", keystore.PrivateKeyEntry{PrivateKey: der, CertificateChain: chain}, []byte(password)),
		java.SetTrustedCertificateEntry("b", keystore.TrustedCertificateEntry{Certificate: chain[0]}),
		java.Store(&file, []byte(password)),
	); err != nil {
		f.Fatal(err)
	}
	f.Add(keyStore, password)
	f.Add(trustStore, password)
	f.Add(file.Bytes(), password)
	f.Add([]byte("\xfe\xed\xfe\xed\x00\x00\x00\x02\xff\xff\xff\xff"), password)
	f.Add([]byte("\x30\x80"), "")
	f.Fuzz(func(t *testing.T, content []byte, password string) {
		if password = strings.TrimSpace(password); len(password) < 6 {
			password = "hush-hush"
		}
		_, keyErr := keyfile.ReadKeyStore(content, password, "")
		_, trustErr := keyfile.ReadTrustStore(content, password)
		for _, err := range []error{keyErr, trustErr} {
			if err != nil && (!onOneLine(err.Error()) || strings.Contains(err.Error(), "hush-hush")) {
				t.Errorf("error %q", err)
			}
		}
	})
}

// Whatever is in a text, and whichever the password, there is a key or an error on one line.
func FuzzPEM(f *testing.F) {
	in := newFolder(f)
	newCA(in)
	f.Add(in.read("cert.pem", "key.pem"))
	in.openssl("x509", "-in", "ca.pem", "-trustout", "-addreject", "serverAuth", "-out", "rejected.pem")
	f.Add(in.read("rejected.pem"))
	for name, args := range map[string][]string{"scrypt": {"-scrypt"}, "pbkdf2": {"-v2prf", "hmacWithSHA512"}, "pkcs12": {"-v1", "PBE-SHA1-3DES"}} {
		in.openssl(append([]string{"pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:" + password, "-out", name}, args...)...)
		f.Add(in.read(name))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, keyErr := keyfile.PrivateKey(text, password)
		_, certErr := keyfile.Authorities(text)
		for _, err := range []error{keyErr, certErr} {
			if err != nil && (!onOneLine(err.Error()) || strings.Contains(err.Error(), password)) {
				t.Errorf("error %q", err)
			}
		}
	})
}
