package sasl

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"
)

// systemConfig is where krb5.conf is, unless KRB5_CONFIG says otherwise.
const systemConfig = "/etc/krb5.conf"

// The sections of krb5.conf.
const (
	libdefaults = "libdefaults"
	realms      = "realms"
	domainRealm = "domain_realm"
	capaths     = "capaths"
)

// A krb5Conf is what krb5.conf says, as far as this package uses it, and MIT Kerberos' defaults for the rest.
type krb5Conf struct {
	profile profile

	defaultRealm   string // empty where there is none
	dnsLookupKDC   bool
	dnsLookupRealm bool
	rdns           bool
	canonical      canonicalization
	// ticketEtypes and serviceEtypes are the encryption types of a login and of a service's ticket.
	ticketEtypes, serviceEtypes []int32
	lifetime                    time.Duration
	// timesync allows for a clock of this machine that is wrong.
	timesync bool
}

// A canonicalization tells which name of a host its principal has.
type canonicalization int

const (
	canonicalName     canonicalization = iota // the one that the DNS has for it
	givenName                                 // the one that the client is configured with
	givenNameAndOther                         // that one, and the DNS' where the KDC does not know it
)

// loadConfig reads krb5.conf, until ctx ends. A file that is named has to be there; of those of KRB5_CONFIG, and without
// the system's one, the defaults may do.
func loadConfig(ctx context.Context, file string) (*krb5Conf, error) {
	files, optional := []string{file}, false
	if file == "" {
		files, optional = []string{systemConfig}, true
		if list := os.Getenv("KRB5_CONFIG"); list != "" {
			files = filepath.SplitList(list)
		}
	}
	r := newProfileReader()
	var p profile
	for _, file := range files {
		root, err := r.read(ctx, file, optional)
		if err != nil {
			return nil, err
		}
		p = append(p, root)
	}
	return newConfig(p)
}

// newConfig makes a configuration of what a profile says.
func newConfig(p profile) (*krb5Conf, error) {
	c := &krb5Conf{profile: p, rdns: true, lifetime: 24 * time.Hour, timesync: true}
	if e, ok := p.value("default_realm", libdefaults); ok {
		c.defaultRealm = e.value
	}
	c.dnsLookupKDC = c.dns("dns_lookup_kdc", true)
	c.dnsLookupRealm = c.dns("dns_lookup_realm", false)
	if e, ok := p.value("rdns", libdefaults); ok {
		if is, known := parseBool(e.value); known {
			c.rdns = is
		}
	}
	if e, ok := p.value("dns_canonicalize_hostname", libdefaults); ok {
		is, known := parseBool(e.value)
		switch {
		case known && is:
		case known:
			c.canonical = givenName
		case strings.EqualFold(e.value, "fallback"):
			c.canonical = givenNameAndOther
		default:
			return nil, e.at.errorf(`sets dns_canonicalize_hostname to another value than "true", "false" and "fallback"`)
		}
	}
	if e, ok := p.value("ticket_lifetime", libdefaults); ok {
		if c.lifetime, ok = parseLifetime(e.value); !ok {
			return nil, e.at.errorf(`sets ticket_lifetime to no time such as "24h"`)
		}
	}
	if e, ok := p.value("kdc_timesync", libdefaults); ok {
		if n, err := strconv.Atoi(e.value); err == nil {
			c.timesync = n != 0
		}
	}
	permitted, err := c.etypes("permitted_enctypes", defaultEtypes)
	if err != nil {
		return nil, err
	}
	// MIT Kerberos asks for what is permitted, where nothing else is said.
	for name, list := range map[string]*[]int32{"default_tkt_enctypes": &c.ticketEtypes, "default_tgs_enctypes": &c.serviceEtypes} {
		if *list, err = c.etypes(name, permitted); err != nil {
			return nil, err
		}
		*list = slices.DeleteFunc(slices.Clone(*list), func(etype int32) bool { return !slices.Contains(permitted, etype) })
	}
	if len(c.ticketEtypes) == 0 {
		return nil, errors.New("krb5.conf permits none of the encryption types of default_tkt_enctypes")
	}
	return c, nil
}

// dns returns a setting about the DNS.
func (c *krb5Conf) dns(name string, unset bool) bool {
	for _, name := range []string{name, "dns_fallback"} {
		if e, ok := c.profile.value(name, libdefaults); ok {
			return isYes(e.value)
		}
	}
	return unset
}

// path returns the path that a setting has, with its variables; empty where it is not set.
func (c *krb5Conf) path(name string) (string, error) {
	e, ok := c.profile.value(name, libdefaults)
	if !ok {
		return "", nil
	}
	path, ok := expandPath(e.value)
	if !ok {
		return "", e.at.errorf("has a variable in %s that is not supported: it may be %%{uid}, %%{euid}, %%{username} or %%{TEMP}", name)
	}
	return path, nil
}

// canonicalize reports whether a KDC of a realm may give a ticket for another name than it was asked for.
func (c *krb5Conf) canonicalize(realm string) bool {
	e, ok := c.profile.value("canonicalize", libdefaults, realm)
	if !ok {
		e, ok = c.profile.value("canonicalize", libdefaults)
	}
	return ok && isYes(e.value)
}

// realmOf returns the realm that krb5.conf maps a host to; empty where it maps it to none.
func (c *krb5Conf) realmOf(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	for name := host; name != ""; {
		if e, ok := c.profile.value(name, domainRealm); ok {
			return e.value
		}
		if rest, ok := strings.CutPrefix(name, "."); ok {
			name = rest
		} else if dot := strings.IndexByte(name, '.'); dot >= 0 {
			name = name[dot:]
		} else {
			name = ""
		}
	}
	return ""
}

// way returns the realms on the way from one to another, with both: as [capaths] has it, else up to the domain that both
// realms' names share, and down again.
func (c *krb5Conf) way(from, to string) []string {
	way := []string{from}
	if named := c.profile.values(to, capaths, from); len(named) > 0 {
		for _, e := range named {
			// "." says that the realms trust each other.
			if e.value != "." && !slices.Contains(way, e.value) && e.value != to {
				way = append(way, e.value)
			}
		}
		return append(way, to)
	}
	a, b := strings.Split(from, "."), strings.Split(to, ".")
	shared := 0
	for shared < min(len(a), len(b)) && a[len(a)-1-shared] == b[len(b)-1-shared] {
		shared++
	}
	if shared > 0 {
		for i := 1; i <= len(a)-shared; i++ {
			way = append(way, strings.Join(a[i:], "."))
		}
		for i := len(b) - shared - 1; i > 0; i-- {
			way = append(way, strings.Join(b[i:], "."))
		}
	}
	return append(slices.DeleteFunc(way, func(realm string) bool { return realm == to }), to)
}

// A kdcAddr is where a KDC serves.
type kdcAddr struct {
	network string // "tcp" or "udp"; empty for both
	addr    string // host:port
}

// kdcs returns the addresses of the KDCs that krb5.conf names for a realm.
func (c *krb5Conf) kdcs(realm string) (addrs []kdcAddr, err error) {
	var unsupported error
	for _, e := range c.profile.values("kdc", realms, realm) {
		switch {
		case strings.HasPrefix(strings.ToLower(e.value), "https://"):
			unsupported = e.at.errorf("has a KDC that is asked by HTTPS, which is not supported")
			continue
		case strings.HasPrefix(e.value, "/"):
			unsupported = e.at.errorf("has a KDC at a socket of this machine, which is not supported")
			continue
		}
		a, ok := parseKDC(e.value)
		if !ok {
			return nil, e.at.errorf("has a KDC that is neither a host nor host:port")
		}
		addrs = append(addrs, a)
	}
	if len(addrs) == 0 {
		return nil, unsupported
	}
	return addrs, nil
}

// parseKDC parses a KDC's address. The prefixes are Heimdal's.
func parseKDC(s string) (a kdcAddr, ok bool) {
	for _, network := range []string{"tcp", "udp"} {
		if rest, ok := strings.CutPrefix(s, network+"/"); ok {
			a.network, s = network, rest
		}
	}
	host, port := s, "88"
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if host, s, ok = strings.Cut(inner, "]"); !ok {
			return a, false
		}
		// As MIT Kerberos, which takes no notice of anything else.
		if after, ok := strings.CutPrefix(s, ":"); ok {
			port = after
		}
	} else if before, after, found := strings.Cut(s, ":"); found {
		host, port = before, after
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || host == "" || strings.ContainsAny(host, space) {
		return a, false
	}
	a.addr = net.JoinHostPort(host, port)
	return a, true
}

// The words of MIT Kerberos for yes and no, in any case.
var (
	yes = []string{"y", "yes", "true", "t", "1", "on"}
	no  = []string{"n", "no", "false", "nil", "0", "off"}
)

// isYes reports whether a value says yes. Many settings take every other value for a no.
func isYes(s string) bool {
	return slices.ContainsFunc(yes, func(word string) bool { return strings.EqualFold(word, s) })
}

// parseBool reads a value that says yes or no.
func parseBool(s string) (is, known bool) {
	is = isYes(s)
	return is, is || slices.ContainsFunc(no, func(word string) bool { return strings.EqualFold(word, s) })
}

// parseLifetime reads a duration: "3600", "24h", "1d2h", "10:30", "1:30:00" or "2-1:30:00". MIT Kerberos takes a number with
// any other letter for seconds. Here "1w" is a week, and the other letters are refused.
func parseLifetime(s string) (time.Duration, bool) {
	const day = 24 * time.Hour
	var sum time.Duration
	s = strings.Trim(s, space)
	clock := s
	if days, rest, ok := strings.Cut(s, "-"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, false
		}
		sum, clock = time.Duration(n)*day, rest
	}
	if parts := strings.Split(clock, ":"); len(parts) == 2 || len(parts) == 3 {
		for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second}[:len(parts)] {
			n, err := strconv.ParseUint(parts[i], 10, 16)
			if err != nil {
				return 0, false
			}
			sum += time.Duration(n) * unit
		}
		return sum, true
	}
	units := []struct {
		letter byte
		unit   time.Duration
	}{{'w', 7 * day}, {'d', day}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second}}
	found := false
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		n, err := strconv.ParseUint(s[:digits], 10, 31)
		if err != nil {
			return 0, false
		}
		s = s[digits:]
		if s == "" && !found {
			return time.Duration(n) * time.Second, true
		}
		// Each unit once, and the larger ones first.
		for len(units) > 0 && (s == "" || units[0].letter != s[0]) {
			units = units[1:]
		}
		if len(units) == 0 || n > uint64(100*365*day/units[0].unit) {
			return 0, false
		}
		sum += time.Duration(n) * units[0].unit
		units, s, found = units[1:], strings.TrimLeft(s[1:], space), true
	}
	return sum, found
}

// aesEtypes are what "aes" stands for.
var aesEtypes = []int32{
	etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96,
	etypeID.AES256_CTS_HMAC_SHA384_192, etypeID.AES128_CTS_HMAC_SHA256_128,
}

// defaultEtypes are what "DEFAULT" stands for. The retired ones are only asked for where krb5.conf names them.
var defaultEtypes = aesEtypes

// etypeNames are what lists of encryption types may name, of what this client has.
var etypeNames = map[string][]int32{
	"default": defaultEtypes,
	"aes":     aesEtypes,

	"aes256-cts-hmac-sha1-96": {etypeID.AES256_CTS_HMAC_SHA1_96}, "aes256-cts": {etypeID.AES256_CTS_HMAC_SHA1_96}, "aes256-sha1": {etypeID.AES256_CTS_HMAC_SHA1_96},
	"aes128-cts-hmac-sha1-96": {etypeID.AES128_CTS_HMAC_SHA1_96}, "aes128-cts": {etypeID.AES128_CTS_HMAC_SHA1_96}, "aes128-sha1": {etypeID.AES128_CTS_HMAC_SHA1_96},
	"aes256-cts-hmac-sha384-192": {etypeID.AES256_CTS_HMAC_SHA384_192}, "aes256-sha2": {etypeID.AES256_CTS_HMAC_SHA384_192},
	"aes128-cts-hmac-sha256-128": {etypeID.AES128_CTS_HMAC_SHA256_128}, "aes128-sha2": {etypeID.AES128_CTS_HMAC_SHA256_128},
	"des3": {etypeID.DES3_CBC_SHA1_KD}, "des3-cbc-sha1": {etypeID.DES3_CBC_SHA1_KD}, "des3-hmac-sha1": {etypeID.DES3_CBC_SHA1_KD}, "des3-cbc-sha1-kd": {etypeID.DES3_CBC_SHA1_KD},
	"rc4": {etypeID.RC4_HMAC}, "rc4-hmac": {etypeID.RC4_HMAC}, "arcfour-hmac": {etypeID.RC4_HMAC}, "arcfour-hmac-md5": {etypeID.RC4_HMAC},
}

// etypes returns the encryption types of a list. Names that are not known are passed over, and those that this client
// does not have.
func (c *krb5Conf) etypes(name string, unset []int32) (list []int32, err error) {
	e, ok := c.profile.value(name, libdefaults)
	if !ok {
		return unset, nil
	}
	for _, token := range strings.FieldsFunc(e.value, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }) {
		token, remove := strings.CutPrefix(token, "-")
		if !remove {
			token = strings.TrimPrefix(token, "+")
		}
		for _, etype := range etypeNames[strings.ToLower(token)] {
			list = slices.DeleteFunc(list, func(have int32) bool { return remove && have == etype })
			if !remove && !slices.Contains(list, etype) {
				list = append(list, etype)
			}
		}
	}
	if len(list) == 0 {
		return nil, e.at.errorf("allows no encryption type that this client has")
	}
	return list, nil
}

// request returns the configuration for gokrb5's messages to a KDC of a realm.
func (c *krb5Conf) request(realm string) *config.Config {
	return &config.Config{LibDefaults: config.LibDefaults{
		Canonicalize:         c.canonicalize(realm),
		DefaultTktEnctypeIDs: c.ticketEtypes,
		DefaultTGSEnctypeIDs: c.serviceEtypes,
		KDCDefaultOptions:    types.NewKrbFlags(),
		NoAddresses:          true,
		TicketLifetime:       c.lifetime,
	}}
}
