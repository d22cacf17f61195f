package sasl

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// configOf returns what a krb5.conf says.
func configOf(t *testing.T, content string) *krb5Conf {
	t.Helper()
	conf, err := loadConfig(t.Context(), writeFile(t, content))
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

// Files as programs and distributions write them, with other names in them.
func TestRealConfigs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		want  string
		realm string // whose KDCs are named
		hosts map[string]string
	}{
		"ipa": {
			"realm IPA.EXAMPLE.TEST kdcs [{ ipa1.ipa.example.test:88}] dns true rdns false canonical 1 24h0m0s tkt [20 19 18 17] tgs [20 19 18 17] canonicalize true",
			"IPA.EXAMPLE.TEST",
			map[string]string{"zk1.ipa.example.test": "IPA.EXAMPLE.TEST", "a.b.ipa.example.test": "IPA.EXAMPLE.TEST", "zk.ad.example.test": "AD.EXAMPLE.TEST", "example.test": ""},
		},
		"fedora": {
			"realm  kdcs [] dns true rdns false canonical 2 24h0m0s tkt [20 19 18 17] tgs [20 19 18 17] canonicalize true",
			"EXAMPLE.COM",
			map[string]string{"zk1.example.com": ""},
		},
		"realmd": {
			"realm AD.EXAMPLE.TEST kdcs [] dns true rdns false canonical 0 24h0m0s tkt [20 19 18 17] tgs [20 19 18 17] canonicalize true",
			"AD.EXAMPLE.TEST",
			map[string]string{"ad.example.test": "AD.EXAMPLE.TEST", "zk1.ad.example.test": "AD.EXAMPLE.TEST", "192.0.2.1": ""},
		},
		"debian": {
			"realm EXAMPLE.TEST kdcs [{ kdc1.example.test:88} { kdc2.example.test:88}] dns true rdns false canonical 0 24h0m0s tkt [18 17 20 19] tgs [18 17 20 19] canonicalize false",
			"EXAMPLE.TEST",
			map[string]string{"zk1.example.test": "EXAMPLE.TEST", "zk1.example.edu": "example.edu", "example.edu": ""},
		},
		"cloudera": {
			"realm EXAMPLE.TEST kdcs [{ kdc1.example.test:88} { kdc2.example.test:88}] dns false rdns true canonical 0 24h0m0s tkt [18 23] tgs [18 23] canonicalize false",
			"EXAMPLE.TEST",
			map[string]string{"zk1.example.test": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("testdata", "krb5.conf", name)
			conf, err := loadConfig(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			kdcs, err := conf.kdcs(tc.realm)
			if err != nil {
				t.Error(err)
			}
			got := fmt.Sprintf("realm %s kdcs %v dns %v rdns %v canonical %v %v tkt %v tgs %v canonicalize %v", conf.defaultRealm, kdcs, conf.dnsLookupKDC,
				conf.rdns, conf.canonical, conf.lifetime, conf.ticketEtypes, conf.serviceEtypes, conf.canonicalize(tc.realm))
			if got != tc.want {
				t.Errorf("%s, want\n%s", got, tc.want)
			}
			for host, realm := range tc.hosts {
				if got := conf.realmOf(host); got != realm {
					t.Errorf("%s is in %q, want %q", host, got, realm)
				}
			}
			// klist reads the profile and asks nobody.
			if out, _ := zktest.RunKerberos(t, file, "klist", "-c", "/nowhere/cache"); strings.Contains(out, "while initializing") {
				t.Errorf("klist says: %s", out)
			}
		})
	}
}

func TestConfigValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		lines string
		want  string
		err   string
	}{
		{"", "rdns true dns true canonical 0 canonicalize false 24h0m0s", ""},
		{"rdns = Off\ndns_lookup_kdc = nil\ndns_canonicalize_hostname = F0\n", "", "line 4 sets dns_canonicalize_hostname to another value"},
		{"rdns = nil\ndns_lookup_kdc = nil\ndns_canonicalize_hostname = nil\ncanonicalize = ON\n", "rdns false dns false canonical 1 canonicalize true 24h0m0s", ""},
		{"rdns = noise\ndns_lookup_kdc = noise\ndns_canonicalize_hostname = T\ncanonicalize = noise\n", "rdns true dns false canonical 0 canonicalize false 24h0m0s", ""},
		{"dns_fallback = no\ndns_canonicalize_hostname = Fallback\nHOME = {\ncanonicalize = 1\n}\n", "rdns true dns false canonical 2 canonicalize true 24h0m0s", ""},
		{"ticket_lifetime = 10h\n", "rdns true dns true canonical 0 canonicalize false 10h0m0s", ""},
		{"ticket_lifetime = soon\n", "", `line 2 sets ticket_lifetime to no time such as "24h"`},
		{"permitted_enctypes = \"\"\n", "", "line 2 allows no encryption type that this client has"},
		{"permitted_enctypes = aes\ndefault_tkt_enctypes = rc4\n", "", "krb5.conf permits none of the encryption types of default_tkt_enctypes"},
		{"clockskew = 5m\nudp_preference_limit = x\nkdc_timesync = maybe\npreferred_preauth_types = x\nkdc_default_options = y\n", "rdns true dns true canonical 0 canonicalize false 24h0m0s", ""},
	} {
		conf, err := loadConfig(t.Context(), writeFile(t, "[libdefaults]\n"+tc.lines))
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%q: error %v, want it to say: %s", tc.lines, err, tc.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tc.lines, err)
			continue
		}
		got := fmt.Sprintf("rdns %v dns %v canonical %v canonicalize %v %v", conf.rdns, conf.dnsLookupKDC, conf.canonical, conf.canonicalize("HOME"), conf.lifetime)
		if got != tc.want {
			t.Errorf("%q: %s, want %s", tc.lines, got, tc.want)
		}
	}
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"3600": time.Hour, "24h": day, "7d": 7 * day, "1w": 7 * day, "1d2h3m4s": day + 2*time.Hour + 3*time.Minute + 4*time.Second, "1d 2h": day + 2*time.Hour, " 10h30m ": 10*time.Hour + 30*time.Minute,
		"1:30": 90 * time.Minute, "1:30:20": 90*time.Minute + 20*time.Second, "2-1:30:20": 2*day + 90*time.Minute + 20*time.Second,
	} {
		if got, ok := parseLifetime(s); got != want || !ok {
			t.Errorf("%q: %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "h", "soon", "1h1d", "1h1h", "1d2", "1:x", "1:2:3:4", "x-1:2", "99999999999999999999", "1000000000d", "-5"} {
		if got, ok := parseLifetime(s); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
}

// The encryption types that kinit asks for are ours, but for those that this client does not have, and for the retired ones
// that nobody has named.
func TestEtypesAsKinit(t *testing.T) {
	t.Parallel()
	kdc := zktest.StartKDC(t, "TEST.REALM")
	sent := regexp.MustCompile(`AS_REQ \(\d+ etypes \{(.*?)\}\).*: nobody(\d)@`)
	number := regexp.MustCompile(`\((\d+)\)`)
	conf, err := os.ReadFile(kdc.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ list, want string }{
		{"aes", "[18 17 20 19]"},
		{"AES256-CTS, Rc4-HMAC", "[18 23]"},
		{"aes256-sha2,aes128-sha1", "[20 17]"},
		{"aes -aes256-cts +rc4", "[17 20 19 23]"},
		{"rc4 default -aes128-cts -rc4", "[18 20 19]"},
		{"noise aes128-cts des3 camellia", "[17 16]"},
		{"aes128-cts aes128-sha1 aes128-cts", "[17]"},
		{"\"aes128-cts,\taes256-cts\"", "[17 18]"},
	}
	for i, tc := range cases {
		text := strings.Replace(string(conf), "[libdefaults]\n", "[libdefaults]\npermitted_enctypes = "+tc.list+"\n", 1)
		ours := configOf(t, text)
		if got := fmt.Sprint(ours.ticketEtypes); got != tc.want || fmt.Sprint(ours.serviceEtypes) != tc.want {
			t.Errorf("%s: %s, want %s", tc.list, got, tc.want)
		}
		if out, err := zktest.RunKerberos(t, writeFile(t, text), "kinit", "-c", "MEMORY:none", fmt.Sprint("nobody", i)); err == nil {
			t.Errorf("kinit: %s", out)
		}
	}
	for _, found := range sent.FindAllStringSubmatch(kdc.Log(t), -1) {
		i, err := strconv.Atoi(found[2])
		if err != nil {
			t.Fatal(err)
		}
		var kinit []string
		for _, n := range number.FindAllStringSubmatch(found[1], -1) {
			const camellia128, camellia256 = "25", "26"
			retired := n[1] == "16" || n[1] == "23"
			if n[1] != camellia128 && n[1] != camellia256 && (!retired || strings.Contains(cases[i].want, n[1])) {
				kinit = append(kinit, n[1])
			}
		}
		if got := fmt.Sprint(kinit); got != cases[i].want {
			t.Errorf("%s: kinit sends %s, want %s", cases[i].list, got, cases[i].want)
		}
		cases[i].list = ""
	}
	for _, tc := range cases {
		if tc.list != "" {
			t.Errorf("kinit was not seen with %s", tc.list)
		}
	}
}

// A KDC's address is read as kinit reads it.
func TestKDCAddressAsKinit(t *testing.T) {
	t.Parallel()
	asked := regexp.MustCompile(`Sending initial UDP request to dgram (\S+)`)
	for spec, want := range map[string]string{
		"127.0.0.1":               "127.0.0.1:88",
		"127.0.0.1:2":             "127.0.0.1:2",
		"[::1]":                   "[::1]:88",
		"[::1]:2":                 "[::1]:2",
		"::1":                     "",
		"[::1]2":                  "[::1]:88",
		"127.0.0.1:":              "",
		"127.0.0.1:2x":            "",
		"127.0.0.1:99999":         "",
		"127.0.0.1:2 127.0.0.1:3": "",
		":2":                      "",
	} {
		text := "[libdefaults]\ndefault_realm = A\ndns_lookup_kdc = no\n[realms]\nA = {\nkdc = " + spec + "\n}\n"
		out, _ := zktest.RunKerberos(t, writeFile(t, text), "kinit", "-c", "MEMORY:none", "nobody")
		kinit := ""
		if found := asked.FindStringSubmatch(out); found != nil {
			kinit = found[1]
		}
		if kinit != strings.NewReplacer("[", "", "]", "").Replace(want) {
			t.Errorf("%s: kinit asks %q", spec, kinit)
		}
		addrs, err := configOf(t, text).kdcs("A")
		switch {
		case want == "":
			if err == nil || !strings.HasSuffix(err.Error(), "line 6 has a KDC that is neither a host nor host:port") {
				t.Errorf("%s: %v, error %v", spec, addrs, err)
			}
		case err != nil || len(addrs) != 1 || addrs[0] != (kdcAddr{"", want}):
			t.Errorf("%s: %v, error %v", spec, addrs, err)
		}
	}
	conf := configOf(t, "[realms]\nA = {\nkdc = https://a\nkdc = tcp/b\nkdc = /run/c\nkdc = udp/[::1]:8\n}\nB = {\nkdc = https://a\n}\n")
	if addrs, err := conf.kdcs("A"); err != nil || fmt.Sprint(addrs) != "[{tcp b:88} {udp [::1]:8}]" {
		t.Errorf("%v, error %v", addrs, err)
	}
	if _, err := conf.kdcs("B"); err == nil || !strings.HasSuffix(err.Error(), "line 9 has a KDC that is asked by HTTPS, which is not supported") {
		t.Errorf("error %v", err)
	}
}

func TestConfigPlace(t *testing.T) {
	first, second := writeFile(t, "[libdefaults]\ndefault_realm = A\n"), writeFile(t, "[libdefaults]\ndefault_realm = B\n")
	for _, tc := range []struct{ file, env, want string }{
		{first, second, "A"},
		{"", second, "B"},
		{"", "/nowhere/krb5.conf:" + second + ":" + first, "B"},
		{"", "/nowhere/krb5.conf", ""},
		{"", t.TempDir(), ""},
	} {
		t.Setenv("KRB5_CONFIG", tc.env)
		conf, err := loadConfig(t.Context(), tc.file)
		if err != nil || conf.defaultRealm != tc.want {
			t.Errorf("%q with KRB5_CONFIG=%q: %+v, error %v", tc.file, tc.env, conf, err)
		}
	}
	if _, err := loadConfig(t.Context(), "/nowhere/krb5.conf"); err == nil || err.Error() != "krb5.conf: there is no such file, and its folder is not there either" {
		t.Errorf("error %v", err)
	}
}
