package attr

import (
	"net/netip"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
)

// superUser is the digest user that servers let do everything, whatever an ACL says
// (zookeeper.DigestAuthenticationProvider.superDigest), and the scheme that they know him by.
const superUser = "super"

// LockedOut returns those of the permissions that an ACL gives to none of self, the
// identities that the provider presents; 0 when there is none. An ACL that is nil, which
// is one that is not known, keeps nobody out.
//
// seen are the identities that the servers know the provider by, its address among them; nil
// where they have not told. Then only what is sure counts: an entry of the scheme ip may mean the
// provider, and one of sasl or x509 if the provider presents anything of that scheme. What the
// servers see of a digest is the user alone: it may mean the provider if it was not made with
// SHA-1. An entry of a scheme that servers were extended with may always.
func LockedOut(acl []zk.ACL, need zk.Perms, self, seen []Identity) zk.Perms {
	if acl == nil || slices.ContainsFunc(self, isSuper) || slices.ContainsFunc(seen, isSuper) {
		return 0
	}
	for _, e := range acl {
		if mayMean(e, self, seen) {
			need &^= e.Perms
		}
	}
	return need
}

func isSuper(who Identity) bool {
	user, _, _ := strings.Cut(who.ID, ":")
	return who.Scheme == superUser || who.Scheme == zk.SchemeDigest && user == superUser
}

// mayMean reports whether an entry is about one of the identities, as far as can be told.
func mayMean(e zk.ACL, self, seen []Identity) bool {
	switch e.Scheme {
	case zk.SchemeDigest:
		return slices.ContainsFunc(self, func(who Identity) bool { return maySign(e.ID, who) })
	case zk.SchemeIP:
		return seen == nil || slices.ContainsFunc(seen, func(who Identity) bool {
			return who.Scheme == zk.SchemeIP && within(who.ID, e.ID)
		})
	case zk.SchemeSASL, zk.SchemeX509:
		if seen != nil {
			return slices.Contains(seen, Identity{Scheme: e.Scheme, ID: e.ID})
		}
		return slices.ContainsFunc(self, func(who Identity) bool { return who.Scheme == e.Scheme })
	default:
		return true
	}
}

// maySign reports whether the id of a digest may be that of an identity.
func maySign(id string, who Identity) bool {
	user, hash, _ := strings.Cut(id, ":")
	ownUser, ownHash, _ := strings.Cut(who.ID, ":")
	if who.Scheme != zk.SchemeDigest || user != ownUser {
		return false
	}
	return hash == ownHash || len(hash) != len(ownHash)
}

// within reports whether an address is the one, or in the network, that an entry names.
func within(address, id string) bool {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return true // it cannot be told
	}
	if network, err := netip.ParsePrefix(id); err == nil {
		return network.Contains(addr.Unmap())
	}
	named, err := netip.ParseAddr(id)
	return err != nil || named == addr.Unmap()
}

// Anybodys returns what an ACL lets everybody do who can reach the servers: those of no identity,
// and from any address.
func Anybodys(acl []zk.ACL) (perms zk.Perms) {
	for _, e := range acl {
		if e.Scheme == zk.SchemeWorld || e.Scheme == zk.SchemeIP && strings.HasSuffix(e.ID, "/0") {
			perms |= e.Perms
		}
	}
	return perms
}

// Beyond returns the entries of an ACL that give somebody one of the permissions in perms which the
// ACL allowed does not give them. What the identities in self may do does not count, nor what allowed
// lets everybody do. Where the servers hide the hashes of digests, users are compared by their names:
// see [HashesHidden].
func Beyond(acl, allowed []zk.ACL, self []Identity, perms zk.Perms) (beyond []zk.ACL) {
	perms &^= Anybodys(allowed)
	mask := HashesHidden(acl)
	own := zk.ACL{Scheme: zk.SchemeAuth, Perms: zk.PermAll}
	may := effective(append(slices.Clone(allowed), own), self, mask)
	for _, e := range acl {
		for who, has := range effective([]zk.ACL{e}, self, mask) {
			if has&perms&^may[who] != 0 {
				beyond = append(beyond, e)
				break
			}
		}
	}
	return beyond
}

// HashesHidden reports whether the servers have hidden the hashes of the digests in an ACL, as they do from
// whoever has no ADMIN. They hide all or none: a digest that looks hidden beside one that does not is an entry
// that somebody has set like that, and hides nothing of the others.
func HashesHidden(acl []zk.ACL) bool {
	return Masked(acl) && !slices.ContainsFunc(acl, func(e zk.ACL) bool {
		return e.Scheme == zk.SchemeDigest && !Masked([]zk.ACL{e})
	})
}
