package keyfile_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"terraform-provider-zookeeper/internal/zk/keyfile"
)

// utf16le is a text as Windows PowerShell writes it to a file.
func utf16le(text []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(string(text))) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}

func crlf(text []byte) []byte { return []byte(strings.ReplaceAll(string(text), "\n", "\r\n")) }

// newCA makes two certificate authorities, and a certificate with its key of the first.
func newCA(f folder) {
	f.t.Helper()
	for _, name := range []string{"ca", "other"} {
		f.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", name+"-key.pem", "-out", name+".pem", "-subj", "/O=Example/CN="+name, "-days", "2")
	}
	f.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/O=Example/CN=client")
	f.openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-out", "cert.pem", "-days", "2")
}

// Certificates and keys are read as openssl, Windows and cert-manager put them into files.
func TestCertificates(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	newCA(f)
	bom := []byte("\xef\xbb\xbf")
	f.openssl("x509", "-in", "ca.pem", "-trustout", "-out", "trusted.pem")
	f.openssl("x509", "-in", "ca.pem", "-trustout", "-addtrust", "serverAuth", "-setalias", "the CA", "-out", "for-servers.pem")
	f.openssl("x509", "-in", "ca.pem", "-text", "-out", "text.pem")
	f.openssl("pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-certfile", "ca.pem", "-out", "all.p12", "-passout", "pass:"+password)
	f.openssl("pkcs12", "-in", "all.p12", "-passin", "pass:"+password, "-nodes", "-out", "bags.pem")
	for name, tc := range map[string]struct {
		text []byte
		n    int
	}{
		"plain":                 {f.read("ca.pem"), 1},
		"two":                   {f.read("ca.pem", "other.pem"), 2},
		"of Windows":            {crlf(f.read("ca.pem", "other.pem")), 2},
		"byte-order mark":       {append(bom, f.read("ca.pem", "other.pem")...), 2},
		"UTF-16":                {utf16le(crlf(f.read("ca.pem", "other.pem"))), 2},
		"trusted certificate":   {f.read("trusted.pem", "other.pem"), 2},
		"trusted for servers":   {f.read("for-servers.pem"), 1},
		"with text":             {f.read("text.pem"), 1},
		"with the key":          {f.read("key.pem", "cert.pem", "ca.pem"), 2},
		"bag attributes":        {f.read("bags.pem"), 2},
		"an older label":        {[]byte(strings.ReplaceAll(string(f.read("ca.pem")), " CERTIFICATE", " X509 CERTIFICATE")), 1},
		"without the last line": {[]byte(strings.TrimSuffix(string(f.read("ca.pem")), "\n")), 1},
	} {
		if certs, err := keyfile.Authorities(tc.text); err != nil || len(certs) != tc.n {
			t.Errorf("%s: %d certificates, %v, want %d", name, len(certs), err, tc.n)
		}
	}
	for name, text := range map[string][]byte{
		"bag attributes":  f.read("bags.pem"),
		"byte-order mark": append(bom, f.read("key.pem")...),
		"UTF-16":          utf16le(crlf(f.read("key.pem"))),
		"behind the rest": f.read("cert.pem", "ca.pem", "key.pem"),
	} {
		if _, err := keyfile.PrivateKey(text, ""); err != nil {
			t.Errorf("the key, %s: %v", name, err)
		}
	}
}

// A certificate that cannot be read is told, and which one it is, however many good ones there are.
func TestCertificatesRefused(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	newCA(f)
	f.openssl("x509", "-in", "ca.pem", "-trustout", "-addreject", "serverAuth", "-out", "rejected.pem")
	f.openssl("x509", "-in", "ca.pem", "-trustout", "-addtrust", "emailProtection", "-out", "for-mail.pem")
	f.openssl("x509", "-in", "ca.pem", "-outform", "der", "-out", "ca.der")
	f.openssl("crl2pkcs7", "-nocrl", "-certfile", "ca.pem", "-out", "ca.p7b")
	f.openssl("pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "all.p12", "-passout", "pass:"+password)
	f.keytool("-genkeypair", "-storetype", "JKS", "-keystore", "all.jks", "-storepass", password, "-keypass", password, "-alias", "a", "-keyalg", "EC", "-dname", "CN=a")
	good, other := string(f.read("ca.pem")), string(f.read("other.pem"))
	lines := strings.SplitAfter(other, "\n")
	for name, tc := range map[string]struct{ text, want string }{
		"one is no certificate": {good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + good, "certificate 2 of 3 cannot be read: x509: "},
		"one lacks a line":      {good + strings.Join(append(lines[:3:3], lines[4:]...), ""), "certificate 2 of 2 cannot be read: x509: "},
		"one is not base64":     {strings.Replace(other, "M", "?", 1) + good, "certificate 1 of 2 cannot be read: its block in PEM is damaged"},
		"one lacks its end":     {strings.Replace(other, "-----END CERTIFICATE-----\n", "", 1) + good, "certificate 1 of 2 cannot be read: its block"},
		"one begins wrongly":    {good + strings.Replace(other, "-----BEGIN", "----BEGIN", 1), "its block in PEM is damaged"},
		"all is cut off":        {other[:len(other)/2], "its block in PEM is damaged"},
		"rejected":              {good + string(f.read("rejected.pem")), "certificate 2 of 2 is marked as not to be trusted for servers"},
		"trusted for mail":      {string(f.read("for-mail.pem")), "certificate 1 of 1 is marked as not to be trusted"},
		"nothing":               {"", "there is no certificate in PEM"},
		"a key":                 {string(f.read("key.pem")), "there is no certificate in PEM"},
		"DER":                   {string(f.read("ca.der")), "but one in DER: openssl x509 -inform der"},
		"PKCS #7":               {string(f.read("ca.p7b")), "but PKCS #7: openssl pkcs7"},
		"PKCS #12":              {string(f.read("all.p12")), "but a store in PKCS #12"},
		"JKS":                   {string(f.read("all.jks")), "but a Java key store (JKS)"},
	} {
		if _, err := keyfile.Authorities([]byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	// What a certificate is trusted for is no matter where it is one's own.
	if _, err := keyfile.Certificates(f.read("rejected.pem")); err != nil {
		t.Error(err)
	}
}
