package sasl

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// gssAPI is the mechanism GSSAPI (RFC 4752) over Kerberos 5.
type gssAPI struct {
	opts     Options
	resolver resolver
	now      func() time.Time
	// uptime grows with the time, and nobody sets it.
	uptime func() time.Duration

	mu      sync.Mutex
	tickets map[string]*ticket // those that servers have accepted, by service

	answered sync.Map // the KDC of each realm that has answered last

	worked atomic.Bool // a server has accepted a ticket
}

// resolver is the part of net.Resolver by which hosts get their canonical names, and realms their KDCs.
type resolver interface {
	LookupCNAME(ctx context.Context, host string) (cname string, err error)
	LookupHost(ctx context.Context, host string) (addrs []string, err error)
	LookupAddr(ctx context.Context, addr string) (names []string, err error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, addrs []*net.SRV, err error)
	LookupTXT(ctx context.Context, name string) (texts []string, err error)
	// SearchDomain returns the domain in which names without one are looked for; empty where there is none.
	SearchDomain(ctx context.Context) string
}

// systemResolver is the machine's.
type systemResolver struct{ *net.Resolver }

// SearchDomain returns the first domain that resolv.conf has, else that of the machine's own name.
func (systemResolver) SearchDomain(ctx context.Context) string {
	content, _ := guard.ReadFile(ctx, "/etc/resolv.conf", guard.MaxKRB5Conf) // Without one there is none.
	domain := ""
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) > 1 && (fields[0] == "search" || fields[0] == "domain") {
			domain = fields[1] // The last line counts.
		}
	}
	if domain == "" {
		host, _ := os.Hostname()
		_, domain, _ = strings.Cut(host, ".")
	}
	return strings.TrimSuffix(domain, ".")
}

func newGSSAPI(opts Options) (*gssAPI, error) {
	given := 0
	for _, o := range []struct {
		name string
		is   bool
	}{
		{"Password", !opts.Password.isZero()}, {"KeytabFile", opts.KeytabFile != ""}, {"CredentialCacheFile", opts.CredentialCacheFile != ""},
	} {
		if o.is {
			given++
		}
		if given > 1 {
			return nil, invalid(o.name, "%s takes one of a password, a keytab and a credential cache", GSSAPI)
		}
	}
	if opts.Username == "" && (!opts.Password.isZero() || opts.KeytabFile != "") {
		return nil, invalid("Username", "%s takes a username with a password or a keytab", GSSAPI)
	}
	for name, value := range map[string]string{
		"Username": opts.Username, "Service": opts.Service, "Hostname": opts.Hostname, "Realm": opts.Realm,
	} {
		if !printable(value) {
			return nil, invalid(name, "the %s has control characters", strings.ToLower(name))
		}
	}
	if _, realm := splitPrincipal(opts.Username); realm != "" && opts.Realm != "" && realm != opts.Realm {
		return nil, invalid("Realm", "the username names realm %s, and the realm is %s", shown.Text(realm), shown.Text(opts.Realm))
	}
	began := time.Now()
	return &gssAPI{
		opts: opts, resolver: systemResolver{net.DefaultResolver},
		now: time.Now, uptime: func() time.Duration { return time.Since(began) },
		tickets: make(map[string]*ticket),
	}, nil
}

// Name returns GSSAPI.
func (*gssAPI) Name() string { return GSSAPI }

// Identity returns the principal. What it reads is read again for each ticket.
func (m *gssAPI) Identity(ctx context.Context) (string, error) {
	conf, err := loadConfig(ctx, m.opts.KRB5ConfFile)
	if err != nil {
		return "", &OptionError{"KRB5ConfFile", err}
	}
	c, option, err := m.credentials(ctx, conf)
	if err != nil {
		return "", &OptionError{option, err}
	}
	return c.client.id(), nil
}

// credentials are who the client is, and what proves it: a cache, or keys.
type credentials struct {
	client principal
	cache  *cache
	keys   keySource
}

// credentials reads what the client is configured with. Where that is nothing it is the credential cache, or the client's
// keytab where there is no cache with a ticket, as with MIT Kerberos. With an error, option is which of the options is wrong.
func (m *gssAPI) credentials(ctx context.Context, conf *krb5Conf) (c credentials, option string, err error) {
	if m.opts.Username != "" {
		if c.client, err = m.principal(conf); err != nil {
			return c, "Realm", err
		}
	}
	switch {
	case !m.opts.Password.isZero():
		c.keys = &passwordKeys{client: c.client, password: m.opts.Password}
		return c, "", nil
	case m.opts.KeytabFile != "":
		c.keys, err = openKeytab(ctx, conf, m.opts.KeytabFile, c.client)
		return c, "KeytabFile", err
	}
	c.cache, err = m.openCache(ctx, conf, c.client)
	ticketErr := err
	if err == nil {
		_, ticketErr = c.cache.grantingTicket(m.now())
	}
	if ticketErr != nil && m.opts.CredentialCacheFile == "" {
		keys, keytabErr := openClientKeytab(ctx, conf, c.client)
		switch {
		case keys != nil:
			return credentials{client: keys.client, keys: keys}, "", nil
		case keytabErr != nil:
			err = fmt.Errorf("%w; and for the client's keytab: %w", ticketErr, keytabErr)
		}
	}
	if err == nil {
		c.client = c.cache.client
	}
	return c, "CredentialCacheFile", err
}

// Start gets a ticket for the server, from the KDC unless there is one that still holds.
func (m *gssAPI) Start(ctx context.Context, host string) (Exchange, error) {
	conf, err := loadConfig(ctx, m.opts.KRB5ConfFile)
	if err != nil {
		return nil, m.startError(ctx, &staleError{err})
	}
	hosts := []string{m.opts.Hostname}
	if m.opts.Hostname == "" {
		hosts = hostNames(ctx, m.resolver, conf, host)
	}
	service := m.opts.Service + "/" + strings.Join(hosts, " ")
	t := m.take(service)
	if t == nil {
		zero := m.zero()
		if t, err = m.obtain(ctx, conf, hosts); err != nil {
			return nil, m.startError(ctx, err)
		}
		t.zero = zero
	}
	return newContext(t, m.now, func() { m.keep(service, t) }), nil
}

// A staleError tells that a file that the client is configured with is not what it takes at the moment: krb5.conf, a keytab or
// a credential cache. Somebody may be writing it.
type staleError struct{ err error }

// Error tells what is wrong with the file.
func (e *staleError) Error() string { return e.err.Error() }

// Unwrap returns what is wrong with the file.
func (e *staleError) Unwrap() error { return e.err }

// startError tells what may pass from what will not.
func (m *gssAPI) startError(ctx context.Context, err error) error {
	_, ok := errors.AsType[*unreachableError](err)
	if _, stale := errors.AsType[*staleError](err); stale && m.worked.Load() {
		// Whoever has put the file there that did work may put the next one there.
		ok = true
	}
	switch {
	case ctx.Err() != nil:
		// What it was busy with tells what did not answer.
		return fmt.Errorf("%s: %w: %w", GSSAPI, context.Cause(ctx), err)
	case ok:
		return fmt.Errorf("%s: %w", GSSAPI, err)
	default:
		return failed(GSSAPI, err)
	}
}

// margin is how long before its end a ticket counts as ended: longer than an exchange
// takes.
const margin = time.Minute

// maxStep is how far the clock may be set before a ticket no longer fits it: less than servers and KDCs allow, which is
// some minutes.
const maxStep = time.Minute

// zero returns the time that the clock had when the uptime began, as the clock is set now. Where somebody sets the clock it
// changes.
func (m *gssAPI) zero() time.Time { return m.now().Add(-m.uptime()).Round(0) }

// take takes a ticket for a service out of those that are kept; nil when there is none.
// Where the server accepts it again it comes back, by keep. Where it does not, as when the
// service has got a new key, the next exchange takes a new one.
func (m *gssAPI) take(service string) *ticket {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tickets[service]
	delete(m.tickets, service)
	if t == nil || !t.holds(m.now().Add(margin)) || m.zero().Sub(t.zero).Abs() > maxStep {
		return nil
	}
	return t
}

func (m *gssAPI) keep(service string, t *ticket) {
	m.worked.Store(true)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tickets[service] = t
}

// obtain gets a ticket for the service at a host, which may have several names, by what the client is configured with.
// The files are read each time, so that what was renewed meanwhile counts.
func (m *gssAPI) obtain(ctx context.Context, conf *krb5Conf, hosts []string) (*ticket, error) {
	k := &kdc{conf: conf, resolver: m.resolver, now: m.now, answered: &m.answered}
	c, _, err := m.credentials(ctx, conf)
	if err != nil {
		return nil, &staleError{err}
	}
	var tgt *ticket
	var first error
	for _, host := range hosts {
		service := servicePrincipal(m.opts.Service, host)
		for realm := range realmsOf(ctx, m.resolver, conf, host, c.client.realm) {
			if c.cache != nil {
				if t := c.cache.find(service, realm); t != nil && t.holds(m.now().Add(margin)) && checkMessageKey(t.key) == nil {
					return t, nil
				}
			}
			if tgt == nil {
				if c.cache == nil {
					tgt, err = k.login(ctx, c.client, c.keys)
				} else if tgt, err = c.cache.grantingTicket(m.now()); err != nil {
					err = &staleError{err}
				}
				if err != nil {
					return nil, err
				}
			}
			t, err := k.serviceTicket(ctx, tgt, realm, service)
			if err == nil {
				return t, nil
			}
			if first == nil {
				first = err
			}
			if _, unknown := errors.AsType[*unknownServiceError](first); !unknown || ctx.Err() != nil {
				return nil, first
			}
		}
	}
	return nil, first
}

// realmsOf returns the realms in which a host's service may be: where krb5.conf names none, the client's own, whose KDC may
// refer to another, then the one that the host's name stands for.
func realmsOf(ctx context.Context, dns resolver, conf *krb5Conf, host, home string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if realm := conf.realmOf(host); realm != "" {
			yield(realm)
			return
		}
		if !yield(home) {
			return
		}
		if other := realmOfName(ctx, dns, conf, host); other != "" && other != home {
			yield(other)
		}
	}
}

// realmOfName returns the realm that the DNS names for a host or for a domain above it, where krb5.conf has it asked
// (dns_lookup_realm), else the one that is called as the host's domain, else the default one.
func realmOfName(ctx context.Context, dns resolver, conf *krb5Conf, host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return conf.defaultRealm
	}
	if conf.dnsLookupRealm {
		for name := host; name != ""; _, name, _ = strings.Cut(name, ".") {
			if texts, err := dns.LookupTXT(ctx, "_kerberos."+name+"."); err == nil && len(texts) > 0 && texts[0] != "" {
				return texts[0]
			}
		}
	}
	if _, domain, found := strings.Cut(host, "."); found {
		return strings.ToUpper(domain)
	}
	return conf.defaultRealm
}

// principal returns the principal that the client is configured as.
func (m *gssAPI) principal(conf *krb5Conf) (principal, error) {
	name, realm := splitPrincipal(m.opts.Username)
	if realm == "" {
		realm = m.opts.Realm
	}
	if realm == "" {
		realm = conf.defaultRealm
	}
	if realm == "" {
		return principal{}, fmt.Errorf("the realm of %s is not known: neither is it configured nor has krb5.conf a default_realm", shown.Text(name))
	}
	return userPrincipal(name, realm), nil
}

// openCache reads the credential cache and checks that it is the client's, unless the client is nobody.
func (m *gssAPI) openCache(ctx context.Context, conf *krb5Conf, client principal) (*cache, error) {
	place, err := placeOfCache(m.opts.CredentialCacheFile, conf)
	if err != nil {
		return nil, err
	}
	c, err := openCache(ctx, place, client)
	if err != nil {
		return nil, err
	}
	if client.realm != "" && client.id() != c.client.id() {
		return nil, fmt.Errorf("%s is that of %s, not of %s", c.what, c.client, client)
	}
	if !conf.timesync {
		c.ahead = 0
	}
	return c, nil
}

// hostNames returns the names by which Kerberos may know a host, in the order in which to ask for them: as it is configured,
// as the DNS has it, or both, which dns_canonicalize_hostname says.
func hostNames(ctx context.Context, dns resolver, conf *krb5Conf, host string) []string {
	given := strings.ToLower(strings.TrimSuffix(qualified(ctx, dns, conf, host), "."))
	if conf.canonical == givenName {
		return []string{given}
	}
	other := canonicalHost(ctx, dns, conf, host)
	switch {
	case other == "":
		return []string{given}
	case conf.canonical == givenNameAndOther && other != given:
		return []string{given, other}
	}
	return []string{other}
}

// canonicalHost returns the name that the DNS has for a host, found the way in which MIT
// Kerberos and ZooKeeper's own client (SaslServerPrincipal) find it: the name that the
// host's address has, provided that the name has that address too, else the one for which the
// host's name is an alias. krb5.conf may forbid to ask for the first (rdns). It is empty where
// the look-ups fail: the KDC may know the name as it is.
func canonicalHost(ctx context.Context, dns resolver, conf *krb5Conf, host string) string {
	var name string
	if conf.rdns {
		name = reverse(ctx, dns, host)
	}
	if name == "" {
		name, _ = dns.LookupCNAME(ctx, host)
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// qualified returns a host's name with a domain, where it has none and krb5.conf names one (qualify_shortname). MIT Kerberos
// takes the machine's own domain where krb5.conf does not say.
func qualified(ctx context.Context, dns resolver, conf *krb5Conf, host string) string {
	if strings.Contains(host, ".") || strings.Contains(host, ":") {
		return host
	}
	domain := dns.SearchDomain(ctx)
	if e, ok := conf.profile.value("qualify_shortname", libdefaults); ok {
		domain = e.value
	}
	if domain == "" {
		return host
	}
	return host + "." + domain
}

// reverse returns the first name of a host's first address that stands for that address;
// empty when there is none.
func reverse(ctx context.Context, dns resolver, host string) string {
	addrs, err := dns.LookupHost(ctx, host)
	if err != nil || len(addrs) == 0 {
		return ""
	}
	names, err := dns.LookupAddr(ctx, addrs[0])
	if err != nil {
		return ""
	}
	for _, name := range names {
		if forward, err := dns.LookupHost(ctx, name); err == nil && slices.Contains(forward, addrs[0]) {
			return name
		}
	}
	return ""
}
