package sasl

import (
	"fmt"
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	for _, tc := range []struct {
		name, content string
		want          string // of what is looked at below
		err           string
	}{
		{"empty", "", "realm  kdc [] dns true canonicalize true tkt [18 17 20 19] tgs [18 17 20 19]", ""},
		{
			"Fedora's", `# A comment.
includedir /etc/krb5.conf.d/

[logging]
    default = FILE:/var/log/krb5libs.log

[libdefaults]
    dns_lookup_realm = false
    ticket_lifetime = 24h
    renew_lifetime = 7d
    forwardable = true
    rdns = false
    pkinit_anchors = FILE:/etc/pki/tls/certs/ca-bundle.crt
    spake_preauth_groups = edwards25519
    dns_canonicalize_hostname = fallback
    qualify_shortname = ""
    default_realm = EXAMPLE.COM
    default_ccache_name = KEYRING:persistent:%{uid}

[realms]
EXAMPLE.COM = {
    kdc = kerberos.example.com
    kdc = other.example.com:8888
    admin_server = kerberos.example.com
}

[domain_realm]
.example.com = EXAMPLE.COM
`, "realm EXAMPLE.COM kdc [kerberos.example.com:88 other.example.com:8888] dns true canonicalize false tkt [18 17 20 19] tgs [18 17 20 19]", "",
		},
		{
			"types", "[libdefaults]\npermitted_enctypes = aes256-cts-hmac-sha384-192 rc4-hmac aes128-cts\ndefault_tkt_enctypes = rc4-hmac aes128-cts aes256-cts\ndns_lookup_kdc = no\n",
			"realm  kdc [] dns false canonicalize true tkt [23 17] tgs [17 20]", "",
		},
		{"no types", "[libdefaults]\npermitted_enctypes = camellia256-cts-cmac\n", "", "allows no encryption type that this client has"},
		{"noise", "[libdefaults]\nnoise\n", "", "line 2, or the block that ends there, is malformed"},
		{"noise in a realm", "# A comment.\n\n[realms]\nA = {\nkdc\n}\n", "", "line 6, or the block that ends there, is malformed"},
		{"a realm on one line", "[realms]\n\nA = { kdc = a }\n", "", "line 3, or the block that ends there, is malformed"},
		{"a block's end alone", "[realms]\nA = {\nb = {\n}\n}\n[domain_realm]\na = A\n", "", "line 5, or"},
		{"many lines", strings.Repeat("\n", 10_001), "", "it has more than 10000 lines"},
		{"a long line", "[libdefaults]\n#" + strings.Repeat("x", 65534) + "\n", "", "line 2 takes more than 65536 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := writeFile(t, tc.content)
			conf, err := loadConfig(t.Context(), file)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) || !strings.HasPrefix(err.Error(), `krb5.conf "`+file+`": `) {
					t.Errorf("error %v, want it to name the file and say: %s", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var kdcs []string
			for _, r := range conf.Realms {
				kdcs = append(kdcs, r.KDC...)
			}
			d := conf.LibDefaults
			got := fmt.Sprintf("realm %s kdc %v dns %v canonicalize %v tkt %v tgs %v",
				d.DefaultRealm, kdcs, d.DNSLookupKDC, d.DNSCanonicalizeHostname, d.DefaultTktEnctypeIDs, d.DefaultTGSEnctypeIDs)
			if got != tc.want {
				t.Errorf("%s, want\n%s", got, tc.want)
			}
		})
	}
}

func TestConfigPlace(t *testing.T) {
	first, second := writeFile(t, "[libdefaults]\ndefault_realm = A\n"), writeFile(t, "[libdefaults]\ndefault_realm = B\n")
	for _, tc := range []struct{ file, env, want string }{
		{first, second, "A"},
		{"", second, "B"},
		{"", "/nowhere/krb5.conf:" + second + ":" + first, "B"},
		{"", "/nowhere/krb5.conf", ""},
	} {
		t.Setenv("KRB5_CONFIG", tc.env)
		conf, err := loadConfig(t.Context(), tc.file)
		if err != nil || conf.LibDefaults.DefaultRealm != tc.want {
			t.Errorf("%q with KRB5_CONFIG=%q: %+v, error %v", tc.file, tc.env, conf, err)
		}
	}
	if _, err := loadConfig(t.Context(), "/nowhere/krb5.conf"); err == nil || err.Error() != "krb5.conf: there is no such file, and its folder is not there either" {
		t.Errorf("error %v", err)
	}
	t.Setenv("KRB5_CONFIG", t.TempDir())
	if _, err := loadConfig(t.Context(), ""); err == nil {
		t.Error("a folder was read")
	}
}
