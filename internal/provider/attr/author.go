package attr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// An Author is who wrote an ACL: the identities that the scheme "auth" in it stands for. It has a
// hash of each, because the id of a digest shows the hash of a password to whoever reads a
// state, and of what the servers show of a digest to those who may not change the ACL. A nil Author
// is not known.
type Author []string

// AuthorOf is the author that presents some identities.
func AuthorOf(self []Identity) Author {
	set := make(map[string]bool, len(self))
	for _, who := range self {
		set[mark(who)] = true
		if user, _, ok := strings.Cut(who.ID, ":"); ok && who.Scheme == zk.SchemeDigest {
			set[mark(Identity{Scheme: zk.SchemeDigest, ID: user + ":" + zk.MaskedDigest})] = true
		}
	}
	return append(Author{}, slices.Sorted(maps.Keys(set))...)
}

func mark(who Identity) string {
	sum := sha256.Sum256([]byte(who.Scheme + "\x00" + who.ID))
	return hex.EncodeToString(sum[:])
}

// Is reports whether the author presented the very same identities.
func (a Author) Is(self []Identity) bool { return a != nil && slices.Equal(a, AuthorOf(self)) }

// With is the author of nodes of which some are written by the one, and some by the other.
func (a Author) With(self []Identity) Author {
	both := append(slices.Clone(a), AuthorOf(self)...)
	slices.Sort(both)
	return slices.Compact(both)
}

// Wrote reports whether the servers show an ACL as the author, or a part of him, has written it,
// and not as self would: "auth" in it stands for others.
func (a Author) Wrote(acl, actual []zk.ACL, self []Identity) bool {
	if ShowsACL(acl, actual, self) {
		return false
	}
	var part []Identity
	for _, e := range actual {
		if who := (Identity{Scheme: e.Scheme, ID: e.ID}); slices.Contains(a, mark(who)) {
			part = append(part, who)
		}
	}
	return len(part) > 0 && SameACL(acl, actual, part)
}

// HandOn returns an ACL in which the entries of those whom the author has been, and self is no
// longer, are "auth" instead. Identities that gave way to self get nothing back, and self is not
// locked out. Without any of them, or where self is nobody, it is the ACL.
func (a Author) HandOn(acl []zk.ACL, self []Identity) []zk.ACL {
	var gone zk.Perms
	rest := make([]zk.ACL, 0, len(acl))
	for _, e := range acl {
		who := Identity{Scheme: e.Scheme, ID: e.ID}
		if slices.Contains(a, mark(who)) && !slices.Contains(self, who) {
			gone |= e.Perms
		} else {
			rest = append(rest, e)
		}
	}
	if gone == 0 || len(self) == 0 {
		return acl
	}
	return append(rest, zk.ACL{Scheme: zk.SchemeAuth, Perms: gone})
}

// AuthorKey is where the private state has the [Author] of the ACL in a state.
const AuthorKey = "author"

// LoadAuthor returns the author that a private state has; nil for none.
func LoadAuthor(ctx context.Context, private PrivateState) (Author, diag.Diagnostics) {
	a, diags := Kept[Author](ctx, private, AuthorKey, "who wrote the ACL", "Remove the resource from the state (terraform state rm) and import it.")
	if a == nil {
		return nil, diags
	}
	return *a, diags
}

// Save puts the author of an ACL into a private state. An ACL without "auth" has none: then the
// former one stays, who may have written nodes that have not been written since.
func (a Author) Save(ctx context.Context, private PrivateState, acl types.Set) diag.Diagnostics {
	if !HasScheme(acl, zk.SchemeAuth) {
		return nil
	}
	return Keep(ctx, private, AuthorKey, a)
}
