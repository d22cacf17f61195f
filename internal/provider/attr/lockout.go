package attr

import (
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk"
)

// superUser is the digest user that servers let do everything, whatever an ACL says
// (zookeeper.DigestAuthenticationProvider.superDigest).
const superUser = "super"

// LockedOut returns those of the permissions that an ACL gives to none of self, the
// identities that the provider presents; 0 when there is none. An ACL that is nil, which
// is one that is not known, keeps nobody out.
//
// Only what is sure counts. Who the provider is to the schemes ip, sasl and x509, and to
// those that servers were extended with, is the servers' to know: an entry of theirs may
// mean the provider. So may a digest of one of its users that was not made with SHA-1.
func LockedOut(acl []zk.ACL, need zk.Perms, self []Identity) zk.Perms {
	if acl == nil || slices.ContainsFunc(self, isSuper) {
		return 0
	}
	for _, e := range acl {
		if mayMean(e, self) {
			need &^= e.Perms
		}
	}
	return need
}

func isSuper(who Identity) bool {
	user, _, _ := strings.Cut(who.ID, ":")
	return who.Scheme == zk.SchemeDigest && user == superUser
}

// mayMean tells whether an entry is about one of the identities, as far as can be told.
func mayMean(e zk.ACL, self []Identity) bool {
	if e.Scheme != zk.SchemeDigest {
		return true
	}
	user, hash, _ := strings.Cut(e.ID, ":")
	return slices.ContainsFunc(self, func(who Identity) bool {
		ownUser, ownHash, _ := strings.Cut(who.ID, ":")
		if who.Scheme != zk.SchemeDigest || user != ownUser {
			return false
		}
		return hash == ownHash || len(hash) != len(ownHash)
	})
}
