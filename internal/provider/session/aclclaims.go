package session

import (
	"iter"
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

// aclClaims are those of the resources that a run has planned. A plan may have many thousands.
type aclClaims struct {
	mu sync.Mutex
	// at are the claims by their paths, and below those to nodes below a path.
	at, below map[string][]ACLClaim
}

func newACLClaims() aclClaims {
	return aclClaims{at: make(map[string][]ACLClaim), below: make(map[string][]ACLClaim)}
}

// near are the claims that may be to a node which another claim is to as well.
func (c *aclClaims) near(claim ACLClaim) iter.Seq[ACLClaim] {
	return func(yield func(ACLClaim) bool) {
		lists := [][]ACLClaim{c.at[claim.Path]}
		for top := range above(claim.Path) {
			lists = append(lists, c.at[top])
		}
		if claim.Recursive {
			lists = append(lists, c.below[claim.Path])
		}
		for _, list := range lists {
			for _, other := range list {
				if !yield(other) {
					return
				}
			}
		}
	}
}

func (c *aclClaims) add(claim ACLClaim) {
	c.at[claim.Path] = append(c.at[claim.Path], claim)
	for top := range above(claim.Path) {
		c.below[top] = append(c.below[top], claim)
	}
}

// above are the paths of the nodes above a node.
func above(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for path != "/" {
			if path = zk.Parent(path); !yield(path) {
				return
			}
		}
	}
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
	for other := range c.near(claim) {
		if (s.hasACL(claim, other.Path) || s.hasACL(other, claim.Path)) && !attr.SameACL(claim.ACL, other.ACL, s.Identities()) {
			return &other
		}
	}
	c.add(claim)
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
