package zk

import (
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// ACL is one entry of a node's access control list.
type ACL = proto.ACL

// Perms is a set of permissions.
type Perms = proto.Perms

// The permissions of an ACL entry.
const (
	PermRead   = proto.PermRead
	PermWrite  = proto.PermWrite
	PermCreate = proto.PermCreate
	PermDelete = proto.PermDelete
	PermAdmin  = proto.PermAdmin
	PermAll    = proto.PermAll
)

// ParsePerms reads permissions as people write them: letters of "cdrwa" in any order, or
// the bit mask as a decimal number from 1 to 31. The error names what is wrong with s.
func ParsePerms(s string) (Perms, error) { return proto.ParsePerms(s) }

// The schemes that servers have without being extended. SASL is there where they are
// configured for it, X509 on ports with TLS.
const (
	SchemeWorld  = "world"
	SchemeAuth   = "auth"
	SchemeDigest = "digest"
	SchemeIP     = "ip"
	SchemeSASL   = "sasl"
	SchemeX509   = "x509"
)

// OpenACL returns the ACL that lets everybody do everything, world:anyone:cdrwa.
func OpenACL() []ACL { return []ACL{{Perms: PermAll, Scheme: SchemeWorld, ID: "anyone"}} }

// A Credential is an identity that the client presents on every connection.
type Credential = engine.Credential

// MaskedDigest stands for the hash of a digest id when a server answers a reader without
// the permission ADMIN (GetACL in FinalRequestProcessor, since 3.5.5).
const MaskedDigest = "x"

// aclStored reports whether a server that was sent the ACL, by somebody who presents creds,
// may hold got: it drops duplicates, replaces "auth" by the identities presented, and masks
// digests for some readers.
func aclStored(sent, got []ACL, creds []Credential) bool {
	stands := func(a, b ACL) bool {
		return a == b || sameMasked(a, b) || a.Scheme == SchemeAuth && a.Perms == b.Perms && presented(b, creds)
	}
	for _, a := range sent {
		if !slices.ContainsFunc(got, func(b ACL) bool { return stands(a, b) }) {
			return false
		}
	}
	for _, b := range got {
		if !slices.ContainsFunc(sent, func(a ACL) bool { return stands(a, b) }) {
			return false
		}
	}
	return true
}

// presented reports whether a server may have put the entry instead of one of the scheme
// "auth", for somebody who presents creds. Of a digest the user is known, and the hash depends
// on the server (digestAlg); whom a server takes somebody else for is its to know.
func presented(a ACL, creds []Credential) bool {
	switch a.Scheme {
	case SchemeWorld, SchemeIP, SchemeAuth:
		return false // they prove nobody's identity
	case SchemeDigest:
		user, _, _ := strings.Cut(a.ID, ":")
		return slices.ContainsFunc(creds, func(c Credential) bool {
			name, _, _ := strings.Cut(c.Secret, ":")
			return c.Scheme == SchemeDigest && name == user
		})
	}
	return true
}

func sameMasked(a, b ACL) bool {
	if a.Scheme != SchemeDigest || b.Scheme != SchemeDigest || a.Perms != b.Perms {
		return false
	}
	userA, hashA, _ := strings.Cut(a.ID, ":")
	userB, hashB, _ := strings.Cut(b.ID, ":")
	return userA == userB && (hashA == MaskedDigest || hashB == MaskedDigest)
}

// grants reports whether the ACL surely gives perm to a client that presents creds. It
// judges the schemes that a client can judge: world, auth and digest.
func grants(acl []ACL, perm Perms, creds []Credential) bool {
	return slices.ContainsFunc(acl, func(a ACL) bool {
		if a.Perms&perm == 0 {
			return false
		}
		switch a.Scheme {
		case SchemeWorld:
			return true
		case SchemeAuth:
			return len(creds) > 0
		case SchemeDigest:
			return slices.ContainsFunc(creds, func(c Credential) bool {
				user, password, _ := strings.Cut(c.Secret, ":")
				return c.Scheme == SchemeDigest && DigestID(user, password) == a.ID
			})
		}
		return false
	})
}
