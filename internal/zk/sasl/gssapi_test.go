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
	err     error                 // for what is not there; nil for the usual one
}

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

func TestCanonicalHost(t *testing.T) {
	dns := fakeDNS{
		hosts: map[string][]string{
			"zk":               {"192.0.2.1", "192.0.2.2"},
			"ZK1.example.com.": {"192.0.2.1"},
			"liar":             {"192.0.2.3"},
			"nameless":         {"192.0.2.4"},
		},
		names: map[string][]string{
			"192.0.2.1": {"stale.example.com.", "ZK1.example.com."},
			"192.0.2.3": {"victim.example.com."},
		},
		aliases: map[string]string{"zk": "zk.example.com."},
	}
	for _, tc := range []struct {
		host               string
		canonicalize, rdns bool
		want               string
	}{
		{"zk", true, true, "zk1.example.com"},
		{"192.0.2.1", true, true, "zk1.example.com"},
		{"liar", true, true, "liar"},
		{"192.0.2.3", true, true, "192.0.2.3"},
		{"nameless", true, true, "nameless"},
		{"unknown", true, true, "unknown"},
		{"ZK.Example.", true, true, "zk.example"},
		{"zk", true, false, "zk.example.com"},
		{"unknown", true, false, "unknown"},
		{"192.0.2.1", true, false, "192.0.2.1"},
		{"ZK", false, true, "zk"},
	} {
		conf := configOf(t, fmt.Sprintf("[libdefaults]\ndns_canonicalize_hostname = %v\nrdns = %v\n", tc.canonicalize, tc.rdns))
		if got := canonicalHost(t.Context(), dns, conf, tc.host); got != tc.want {
			t.Errorf("%+v: %s", tc, got)
		}
	}
}
