package provider

import (
	"encoding/base64"
	"strings"
	"testing"
)

// A key, a keytab or a password that was pasted where the name of a file belongs is never
// repeated, wherever it comes from.
func TestPastedSecrets(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery"
	one := func(content string) string { return base64.StdEncoding.EncodeToString([]byte(content)) }
	isContent := map[string]string{
		"PEM":                    "-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----\n",
		"PEM on one line":        "-----BEGIN PRIVATE KEY----- " + secret + " -----END PRIVATE KEY-----",
		"PEM in base64":          one("-----BEGIN PRIVATE KEY-----\n" + secret),
		"a key in base64":        one("\x30\x81\x87\x02\x01\x00\x30\x13" + secret + secret),
		"a keytab in base64":     one("\x05\x02\x00\x00\x00\x47\x00\x01\x00\x04HOME" + secret),
		"a cache in base64":      one("\x05\x04\x00\x0c\x00\x01\x00\x08" + secret + secret),
		"a key store in base64":  one("\xfe\xed\xfe\xed\x00\x00\x00\x02" + secret + secret),
		"base64 of URLs":         base64.RawURLEncoding.EncodeToString([]byte("\x30\x82\x04\xbe\xff\xfe\xfd\xfb" + secret + secret)),
		"a keytab of many lines": one("\x05\x02" + secret)[:20] + "\r\n" + secret,
	}
	isName := map[string]string{
		"a password":   secret,
		"with a slash": secret + "/" + secret,
		"as a path":    "/" + secret,
		"with a colon": secret + ":" + secret,
	}
	tls := func(attrs map[string]any) *model {
		return blank(func(m *model) { m.TLS = object(t, tlsAttribute(), attrs) })
	}
	kerberos := func(attrs map[string]any) *model {
		attrs["mechanism"], attrs["realm"] = "GSSAPI", "HOME"
		return blank(func(m *model) { m.SASL = object(t, saslAttribute(), attrs) })
	}
	places := map[string]func(value string) (m *model, variables map[string]string){
		"tls.ca_file": func(s string) (*model, map[string]string) { return tls(map[string]any{"ca_file": s}), nil },
		"tls.cert_file": func(s string) (*model, map[string]string) {
			return tls(map[string]any{"cert_file": s, "key_file": s}), nil
		},
		"tls.key_file": func(s string) (*model, map[string]string) {
			return tls(map[string]any{"cert_pem": "-----BEGIN", "key_file": s}), nil
		},
		"tls.keystore_file":   func(s string) (*model, map[string]string) { return tls(map[string]any{"keystore_file": s}), nil },
		"tls.truststore_file": func(s string) (*model, map[string]string) { return tls(map[string]any{"truststore_file": s}), nil },
		"sasl.keytab_file": func(s string) (*model, map[string]string) {
			return kerberos(map[string]any{"username": "a", "keytab_file": s}), nil
		},
		"sasl.credential_cache_file": func(s string) (*model, map[string]string) {
			return kerberos(map[string]any{"credential_cache_file": s}), nil
		},
		"sasl.krb5_conf_file": func(s string) (*model, map[string]string) { return kerberos(map[string]any{"krb5_conf_file": s}), nil },
		"ZOOKEEPER_TLS_CA_FILE": func(s string) (*model, map[string]string) {
			return tls(nil), map[string]string{"ZOOKEEPER_TLS_CA_FILE": s}
		},
		"ZOOKEEPER_SASL_KEYTAB_FILE": func(s string) (*model, map[string]string) {
			return kerberos(map[string]any{"username": "a"}), map[string]string{"ZOOKEEPER_SASL_KEYTAB_FILE": s}
		},
	}
	for place, with := range places {
		for _, values := range []map[string]string{isContent, isName} {
			for name, value := range values {
				m, variables := with(value)
				_, _, diags := m.resolve(t.Context(), env(variables))
				if !diags.HasError() {
					t.Errorf("%s as %s: no error", name, place)
				}
				for _, d := range append(diags, m.validate(t.Context())...) {
					if text := d.Summary() + d.Detail(); strings.Contains(text, secret) || strings.Contains(text, value[:12]) {
						t.Errorf("%s as %s: %s", name, place, text)
					}
				}
			}
		}
	}
	// What the user sees first is the attribute's own check.
	for name, value := range isContent {
		if err := checkFile(value); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, value := range []string{
		"ca.pem", "/etc/zookeeper/ca.pem", "MIIstore", "BQI", strings.Repeat("a/", 100) + "key",
		"/var/lib/terraform/BQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.keytab", "certificatesandkeysofzookeeperservers",
	} {
		if err := checkFile(value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}
