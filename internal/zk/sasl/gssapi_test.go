package sasl

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
)

// fakeDNS is a name service.
type fakeDNS struct {
	hosts   map[string][]string   // names to addresses; an address stands for itself
	names   map[string][]string   // addresses to names
	aliases map[string]string     // names to canonical ones
	kdcs    map[string][]*net.SRV // services to servers
	texts   map[string][]string   // names to texts
	err     error                 // for what is not there; nil for the usual one
	domain  string
}

func (f fakeDNS) SearchDomain(context.Context) string { return f.domain }

func (f fakeDNS) missing(name string) error {
	if f.err != nil {
		return f.err
	}
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (f fakeDNS) LookupHost(_ context.Context, host string) ([]string, error) {
	if net.ParseIP(host) != nil {
		return []string{host}, nil
	}
	if addrs := f.hosts[host]; len(addrs) > 0 {
		return slices.Clone(addrs), nil
	}
	return nil, f.missing(host)
}

func (f fakeDNS) LookupAddr(_ context.Context, addr string) ([]string, error) {
	if names := f.names[addr]; len(names) > 0 {
		return slices.Clone(names), nil
	}
	return nil, f.missing(addr)
}

func (f fakeDNS) LookupCNAME(_ context.Context, host string) (string, error) {
	if name, ok := f.aliases[host]; ok {
		return name, nil
	}
	return "", f.missing(host)
}

func (f fakeDNS) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	if records := f.kdcs["_"+service+"._"+proto+"."+name]; len(records) > 0 {
		return name, records, nil
	}
	return "", nil, f.missing(name)
}

func (f fakeDNS) LookupTXT(_ context.Context, name string) ([]string, error) {
	if texts := f.texts[name]; len(texts) > 0 {
		return texts, nil
	}
	return nil, f.missing(name)
}

// The DNS is asked for a host's realm where krb5.conf says so, from the host's name up.
func TestRealmsOf(t *testing.T) {
	t.Parallel()
	dns := fakeDNS{texts: map[string][]string{
		"_kerberos.one.a.test.": {"ONE.REALM", "another"}, "_kerberos.test.": {"TEST.REALM"}, "_kerberos.home.example.": {"HOME"},
		"_kerberos.192.0.2.1.": {"FORGED"}, "_kerberos.empty.example.": {""},
	}}
	for _, tc := range []struct{ host, conf, want string }{
		{"one.a.test", "", "[HOME A.TEST]"},
		{"one.a.test", "dns_lookup_realm = true\n", "[HOME ONE.REALM]"},
		{"two.a.test", "dns_lookup_realm = true\n", "[HOME TEST.REALM]"},
		{"two.a.test", "dns_fallback = yes\n", "[HOME TEST.REALM]"},
		{"zk.nothing.example", "dns_lookup_realm = true\n", "[HOME NOTHING.EXAMPLE]"},
		{"zk.empty.example", "dns_lookup_realm = true\n", "[HOME EMPTY.EXAMPLE]"},
		{"zk.home.example", "dns_lookup_realm = true\n", "[HOME]"},
		{"192.0.2.1", "dns_lookup_realm = true\n", "[HOME DEFAULT]"},
		{"short", "dns_lookup_realm = true\n", "[HOME DEFAULT]"},
		{"one.a.test", "dns_lookup_realm = true\n[domain_realm]\n.a.test = MAPPED\n", "[MAPPED]"},
	} {
		conf := configOf(t, "[libdefaults]\ndefault_realm = DEFAULT\n"+tc.conf)
		if got := fmt.Sprint(slices.Collect(realmsOf(t.Context(), dns, conf, tc.host, "HOME"))); got != tc.want {
			t.Errorf("%+v: %s", tc, got)
		}
	}
}

func TestCanonicalHost(t *testing.T) {
	dns := fakeDNS{
		hosts: map[string][]string{
			"zk":               {"192.0.2.1", "192.0.2.2"},
			"zk1.example.com.": {"192.0.2.1"},
			"ZK1.example.com.": {"192.0.2.1"},
			"liar":             {"192.0.2.3"},
			"nameless.test":    {"192.0.2.4"},
			"alias.test":       {"192.0.2.4"},
			"alias-liar.test":  {"192.0.2.3"},
			"alias-zk1.test":   {"192.0.2.1"},
		},
		names: map[string][]string{
			"192.0.2.1": {"stale.example.com.", "ZK1.example.com."},
			"192.0.2.3": {"victim.example.com."},
		},
		aliases: map[string]string{
			"zk": "zk.example.com.", "alias.test": "Real.test.", "alias-liar.test": "real.test.", "alias-zk1.test": "real.test.",
		},
		domain: "example.com",
	}
	for _, tc := range []struct {
		host, conf string
		want       string
	}{
		{"zk", "", "[zk1.example.com]"},
		{"192.0.2.1", "", "[zk1.example.com]"},
		{"liar", "", "[liar.example.com]"},
		{"192.0.2.3", "", "[192.0.2.3]"},
		{"nameless.test", "", "[nameless.test]"},
		{"alias.test", "", "[real.test]"},
		{"alias-liar.test", "", "[real.test]"},
		{"alias-zk1.test", "", "[zk1.example.com]"},
		{"alias.test", "dns_canonicalize_hostname = fallback\n", "[alias.test real.test]"},
		{"unknown", "qualify_shortname = other.test\n", "[unknown.other.test]"},
		{"unknown", "qualify_shortname = \"\"\n", "[unknown]"},
		{"ZK.Example.", "", "[zk.example]"},
		{"zk", "rdns = no\n", "[zk.example.com]"},
		{"unknown.test", "rdns = no\n", "[unknown.test]"},
		{"192.0.2.1", "rdns = no\n", "[192.0.2.1]"},
		{"ZK", "dns_canonicalize_hostname = false\n", "[zk.example.com]"},
		{"ZK", "dns_canonicalize_hostname = false\nqualify_shortname = \"\"\n", "[zk]"},
		{"zk", "dns_canonicalize_hostname = fallback\nqualify_shortname = \"\"\n", "[zk zk1.example.com]"},
		{"zk1.example.com.", "dns_canonicalize_hostname = fallback\n", "[zk1.example.com]"},
		{"unknown.test", "dns_canonicalize_hostname = fallback\n", "[unknown.test]"},
	} {
		if got := fmt.Sprint(hostNames(t.Context(), dns, configOf(t, "[libdefaults]\n"+tc.conf), tc.host)); got != tc.want {
			t.Errorf("%+v: %s", tc, got)
		}
	}
}

func TestWay(t *testing.T) {
	t.Parallel()
	conf := configOf(t, "[capaths]\nA = {\nB = .\nC = B\nD = B\nD = C\n}\n")
	for _, tc := range []struct{ from, to, want string }{
		{"A", "B", "[A B]"},
		{"A", "C", "[A B C]"},
		{"A", "D", "[A B C D]"},
		{"B", "A", "[B A]"},
		{"X.ORG", "Y.COM", "[X.ORG Y.COM]"},
		{"DEV.X.ORG", "X.ORG", "[DEV.X.ORG X.ORG]"},
		{"X.ORG", "A.DEV.X.ORG", "[X.ORG DEV.X.ORG A.DEV.X.ORG]"},
		{"A.X.ORG", "B.X.ORG", "[A.X.ORG X.ORG B.X.ORG]"},
	} {
		if got := fmt.Sprint(conf.way(tc.from, tc.to)); got != tc.want {
			t.Errorf("%+v: %s", tc, got)
		}
	}
}
