package session

import (
	"slices"
	"strings"
	"sync"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// An ACLClaim is what a resource of a configuration has of the ACLs of nodes.
type ACLClaim struct {
	// Resource is its type, and Path its node.
	Resource, Path string
	// Recursive is whether it has all nodes below as well, apart from those in Exclude and what
	// is below them.
	Recursive bool
	Exclude   []string
	ACL       []zk.ACL
}

// aclClaims are those of the resources that a run has planned.
type aclClaims struct {
	mu  sync.Mutex
	all []ACLClaim
}

// ClaimACL notes what a resource that is planned has, and returns the claim of another one to the
// ACL of the same node that wants a different one; nil for none. Two that want the same do not
// harm each other, and may be one resource that is planned twice, for its replacement.
//
// The CLIs plan resources in any order: whichever of the two comes later is told.
func (s *Session) ClaimACL(claim ACLClaim) *ACLClaim {
	c := &s.aclClaims
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range c.all {
		if (s.hasACL(claim, other.Path) || s.hasACL(other, claim.Path)) && !attr.SameACL(claim.ACL, other.ACL, s.Identities()) {
			return &other
		}
	}
	c.all = append(c.all, claim)
	return nil
}

// hasACL reports whether a claim is to the ACL of a node, too. The servers' own nodes are no part
// of a tree but their own.
func (s *Session) hasACL(claim ACLClaim, path string) bool {
	top := strings.TrimSuffix(s.chroot+claim.Path, "/")
	switch {
	case path == claim.Path:
		return true
	case !claim.Recursive || !Within(path, claim.Path):
		return false
	case zk.ServersOwn(s.chroot+path) && !zk.ServersOwn(top):
		return false
	}
	return !slices.ContainsFunc(claim.Exclude, func(excluded string) bool { return Within(path, excluded) })
}

// Within reports whether a node is the one at top, or below it.
func Within(path, top string) bool {
	return path == top || top == "/" || strings.HasPrefix(path, top+"/")
}
