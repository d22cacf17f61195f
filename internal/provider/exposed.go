package provider

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// warnExposed warns of what makes the provider less safe than the configuration looks, or less
// safe than it seems to whoever has set a variable. A provider is configured once a run.
func (r *resolver) warnExposed(m *model, cfg settings) {
	if r.partial || r.diags.HasError() {
		return
	}
	if cfg.TLS == nil && !m.TLS.IsUnknown() {
		r.warnIgnored(tlsAttribute(), path.Root("tls"), "TLS is off",
			"so the provider connects without TLS, and whoever can get in between reads and changes everything. Set tls in the provider's configuration ({} will do) or "+tlsEnabled+"=true")
		r.warnInClear(cfg.Config)
	}
	if cfg.SASL == nil && !m.SASL.IsUnknown() {
		r.warnIgnored(saslAttribute(), path.Root("sasl"), "SASL is off",
			"so the provider does not present that identity. Set sasl in the provider's configuration or ZOOKEEPER_SASL_MECHANISM")
	}
	if cfg.TLS != nil {
		r.warnUnverified(!m.TLS.IsNull(), *cfg.TLS)
	}
	if cfg.lock != nil {
		r.warnWeakLock(!m.Lock.IsNull(), cfg)
	}
}

// warnIgnored warns of variables that stand for attributes of an object which nobody has asked for.
func (r *resolver) warnIgnored(object schema.SingleNestedAttribute, at path.Path, summary, consequence string) {
	var set []string
	for _, name := range slices.Sorted(maps.Keys(object.Attributes)) {
		if s, ok := r.lookup(variable(at.AtName(name))); ok && s != "" {
			set = append(set, variable(at.AtName(name)))
		}
	}
	if len(set) == 0 {
		return
	}
	is := "is set"
	if len(set) > 1 {
		is = "are set"
	}
	r.diags.AddAttributeWarning(at, summary, fmt.Sprintf("%s %s, and %s: nothing asks for it, %s, or leave the variables out.", strings.Join(set, ", "), is, summary, consequence))
}

// warnInClear warns of credentials that go over a network as they are. SASL sends none.
func (r *resolver) warnInClear(cfg zk.Config) {
	servers, err := zk.ParseServers(cfg.Servers)
	if err != nil || len(cfg.Auth) == 0 || r.isUnknown(path.Root("servers")) {
		return
	}
	far := slices.DeleteFunc(servers.Hosts, isLoopback)
	if len(far) == 0 {
		return
	}
	at := path.Root("auth")
	if r.user {
		at = path.Root("password")
	}
	r.diags.AddAttributeWarning(at, "Credentials are sent in clear", fmt.Sprintf(
		"The provider sends the credentials of %s without TLS, to %s: whoever can read on the way learns them, and has all that is yours.\n\n"+
			"Turn on TLS, with tls (or %s=true) and the servers' port for it (secureClientPort), or authenticate with sasl, which sends no password.", r.source(at), diagnose.Mentioned(far), tlsEnabled))
}

// isLoopback reports whether a server is on this machine, as far as its name tells.
func isLoopback(server string) bool {
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// warnUnverified warns of servers that are not verified, and of variables that have a say in whom
// the provider trusts, although the configuration seems to say it.
func (r *resolver) warnUnverified(configured bool, t zk.TLS) {
	at := path.Root("tls")
	if skip := at.AtName("insecure_skip_verify"); t.InsecureSkipVerify {
		r.diags.AddAttributeWarning(skip, "Servers are not verified", fmt.Sprintf(
			"%s is true%s: the provider accepts any certificate, so whoever can get in between reads and changes everything, passwords as well.\n\n"+
				"Leave it out. For servers with a CA of their own, give that as tls.ca_file, tls.ca_pem or tls.truststore_file.", r.nameOf(skip), r.beside(skip, configured, at)))
	}
	if verify := at.AtName("verify_hostname"); t.SkipHostname && r.beside(verify, configured, at) != "" {
		r.diags.AddAttributeWarning(verify, "Servers are verified without their names", fmt.Sprintf(
			"%s is false%s: whoever has a certificate of the same CA is taken for a server.\n\n"+
				"If that is what you want, write verify_hostname into tls. Otherwise leave the variable out.", r.nameOf(verify), r.beside(verify, configured, at)))
	}
	if name := at.AtName("server_name"); r.beside(name, configured, at) != "" {
		r.diags.AddAttributeWarning(name, "Servers are verified by another name", fmt.Sprintf(
			"%s is %q%s: whoever has a certificate for that name is taken for your servers, and the names in servers do not count.\n\n"+
				"If that is what you want, write server_name into tls. Otherwise leave the variable out.", r.nameOf(name), t.ServerName, r.beside(name, configured, at)))
	}
}

// warnWeakLock warns of variables that make a lock weaker than it seems.
func (r *resolver) warnWeakLock(configured bool, cfg settings) {
	at := path.Root("lock")
	if mode := at.AtName("mode"); cfg.lock.Shared && r.beside(mode, configured, at) != "" {
		r.diags.AddAttributeWarning(mode, "Lock is shared", fmt.Sprintf(
			"%s is %q%s: runs that share the lock are not kept apart.\n\nIf that is what you want, write mode into lock. Otherwise leave the variable out.",
			r.nameOf(mode), session.Shared, r.beside(mode, configured, at)))
	}
	acl := at.AtName("acl")
	from, entries := acl, cfg.lock.ACL
	if entries == nil {
		from, entries = path.Root("default_acl"), cfg.DefaultACL
	}
	everybody := attr.Anybodys(entries) & session.BreakPerms
	if _, variable := r.from[from.String()]; variable && everybody != 0 && presents(cfg.Config) {
		r.diags.AddAttributeWarning(acl, "Lock can be broken by anybody", fmt.Sprintf(
			"%s gives %s to everybody, so whoever reaches the servers may stop every run, or let two of them in at once. Without the variable, the lock belongs to the identities that the provider presents.\n\n"+
				"If that is what you want, write acl into lock. Otherwise leave the variable out.", r.nameOf(from), everybody))
	}
}

// nameOf is name where the sentence goes on.
func (r *resolver) nameOf(at path.Path) string {
	if _, variable := r.from[at.String()]; variable {
		return r.name(at) + ","
	}
	return r.name(at)
}

// beside says that the variable that an attribute was taken from has a say in an object which is
// configured; empty where that is not so.
func (r *resolver) beside(at path.Path, configured bool, object path.Path) string {
	if _, variable := r.from[at.String()]; !variable || !configured {
		return ""
	}
	return fmt.Sprintf(", although the configuration has %s and does not say so", object)
}

// presents reports whether a client presents an identity.
func presents(cfg zk.Config) bool {
	return len(cfg.Auth) > 0 || cfg.SASL != nil || cfg.TLS != nil && cmp.Or(cfg.TLS.CertFile, cfg.TLS.CertPEM, cfg.TLS.KeystoreFile) != ""
}
