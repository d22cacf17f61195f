package attr

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// ACLEntryType is the type of one entry of an ACL.
var ACLEntryType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"scheme":      types.StringType,
	"id":          types.StringType,
	"permissions": types.StringType,
}}

// ACLType is the type of an ACL.
var ACLType = types.SetType{ElemType: ACLEntryType}

// An Identity is who an entry of an ACL is about.
type Identity struct{ Scheme, ID string }

// ACLValue converts an ACL from the server. An entry that the server holds twice, as it
// does when "auth" expands to an identity that has an entry of its own, is in the set
// once.
func ACLValue(acl []zk.ACL) types.Set {
	seen := make(map[zk.ACL]bool, len(acl))
	entries := make([]attr.Value, 0, len(acl))
	for _, a := range acl {
		if seen[a] {
			continue
		}
		seen[a] = true
		entries = append(entries, ACLEntryValue(a))
	}
	return types.SetValueMust(ACLEntryType, entries)
}

// ACLEntryValue converts one entry of an ACL.
func ACLEntryValue(a zk.ACL) types.Object {
	return types.ObjectValueMust(ACLEntryType.AttrTypes, map[string]attr.Value{
		"scheme":      types.StringValue(a.Scheme),
		"id":          types.StringValue(a.ID),
		"permissions": types.StringValue(a.Perms.String()),
	})
}

// ACLKnown reports whether a set and all that it holds is known, and not null.
func ACLKnown(set types.Set) bool {
	if set.IsNull() || set.IsUnknown() {
		return false
	}
	for _, e := range set.Elements() {
		obj, ok := e.(types.Object)
		if !ok || obj.IsNull() || obj.IsUnknown() {
			return false
		}
		for _, v := range obj.Attributes() {
			if v.IsNull() || v.IsUnknown() {
				return false
			}
		}
	}
	return true
}

// ACLFrom converts a set that [ACLKnown]; for any other it returns nil.
func ACLFrom(set types.Set) ([]zk.ACL, error) {
	if !ACLKnown(set) {
		return nil, nil
	}
	acl := make([]zk.ACL, 0, len(set.Elements()))
	for _, e := range set.Elements() {
		field := entryFields(e)
		entry := zk.ACL{Scheme: field("scheme").ValueString(), ID: field("id").ValueString()}
		// Nobody may write an entry without permissions, but a server can hold one, and
		// then a state does too.
		if s := field("permissions").ValueString(); s != "" {
			var err error
			if entry.Perms, err = zk.ParsePerms(s); err != nil {
				return nil, fmt.Errorf("ACL entry %q: %w", entryName(field), err)
			}
		}
		acl = append(acl, entry)
	}
	return acl, nil
}

// EqualACL is whether two sets are equal, as their own Equal finds out in the square of their size.
func EqualACL(a, b types.Set) bool {
	these, those := a.Elements(), b.Elements()
	if !ACLKnown(a) || !ACLKnown(b) || len(these) != len(those) {
		return a.Equal(b)
	}
	entries := make(map[[3]string]bool, len(those))
	text := func(element attr.Value) [3]string {
		field := entryFields(element)
		return [3]string{field("scheme").ValueString(), field("id").ValueString(), field("permissions").ValueString()}
	}
	for _, element := range those {
		entries[text(element)] = true
	}
	return !slices.ContainsFunc(these, func(element attr.Value) bool { return !entries[text(element)] })
}

// HasScheme reports whether an entry of an ACL is of a scheme.
func HasScheme(set types.Set, scheme string) bool {
	return slices.ContainsFunc(set.Elements(), func(e attr.Value) bool {
		return entryFields(e)("scheme").ValueString() == scheme
	})
}

// entryFields returns an accessor to the attributes of an element of an ACL set.
func entryFields(element attr.Value) func(name string) types.String {
	obj, _ := element.(types.Object)
	return func(name string) types.String {
		s, ok := obj.Attributes()[name].(types.String)
		if !ok {
			return types.StringUnknown()
		}
		return s
	}
}

// entryName names an entry in a message. What follows a user's name is left out, but for
// schemes whose ids have no secrets: somebody may have written a password there.
func entryName(field func(string) types.String) string {
	id := field("id").ValueString()
	switch field("scheme").ValueString() {
	case zk.SchemeWorld, zk.SchemeAuth, zk.SchemeIP, zk.SchemeSASL, zk.SchemeX509:
	default:
		id, _, _ = strings.Cut(id, ":")
	}
	return fmt.Sprintf("%s:%s", field("scheme").ValueString(), id)
}

// SameACL reports whether two ACLs let the same identities do the same. Order does not
// matter, nor do duplicates, nor whether an identity's permissions are in one entry or in
// several. The scheme "auth" stands for self, the identities of whoever writes the ACL:
// the server puts them in its place. A digest that is masked as "user:x", which is how
// the server answers who lacks ADMIN, equals any digest of that user.
func SameACL(a, b []zk.ACL, self []Identity) bool {
	mask := Masked(a) || Masked(b)
	return maps.Equal(effective(a, self, mask), effective(b, self, mask))
}

// Masked reports whether an ACL shows a digest without its hash.
func Masked(acl []zk.ACL) bool {
	return slices.ContainsFunc(acl, func(e zk.ACL) bool {
		return e.Scheme == zk.SchemeDigest && strings.HasSuffix(e.ID, ":"+zk.MaskedDigest)
	})
}

// ACLMasked reports whether an ACL of a state shows a digest without its hash.
func ACLMasked(v types.Set) bool {
	acl, err := ACLFrom(v)
	return err == nil && Masked(acl)
}

// effective returns what each identity may do.
func effective(acl []zk.ACL, self []Identity, mask bool) map[Identity]zk.Perms {
	m := make(map[Identity]zk.Perms, len(acl))
	grant := func(who Identity, perms zk.Perms) {
		if user, _, found := strings.Cut(who.ID, ":"); mask && found && who.Scheme == zk.SchemeDigest {
			who.ID = user + ":" + zk.MaskedDigest
		}
		m[who] |= perms
	}
	for _, e := range acl {
		switch {
		case e.Scheme != zk.SchemeAuth:
			grant(Identity{e.Scheme, e.ID}, e.Perms)
		case len(self) == 0:
			grant(Identity{Scheme: zk.SchemeAuth}, e.Perms)
		default:
			for _, who := range self {
				grant(who, e.Perms)
			}
		}
	}
	return m
}

// OwnAsAuth returns an ACL with "auth" instead of the entries of self, where that means the
// same: all of self may do the same.
func OwnAsAuth(acl []zk.ACL, self []Identity) []zk.ACL {
	own, at := make([]zk.ACL, 0, len(acl)), -1
	for _, e := range acl {
		switch {
		case !slices.Contains(self, Identity{Scheme: e.Scheme, ID: e.ID}):
			own = append(own, e)
		case at < 0:
			at = len(own)
			own = append(own, zk.ACL{Scheme: zk.SchemeAuth, Perms: e.Perms})
		default:
			own[at].Perms |= e.Perms
		}
	}
	if at < 0 || !ShowsACL(own, acl, self) {
		return acl
	}
	return own
}

// ShowsACL reports whether what the servers show of an ACL is the one that is wanted. A digest
// without its hash does not tell.
func ShowsACL(want, actual []zk.ACL, self []Identity) bool {
	return !Masked(want) && !Masked(actual) && SameACL(want, actual, self)
}

// RefreshACL returns what a state is to say of an ACL that was read, together with the
// node's stat: prior and last are what it said of the two. The words that the user wrote are kept
// in two cases, and otherwise the state says what the servers show:
//
//   - The servers show that they mean the same. "auth" stands for self, the identities that the
//     provider presents now.
//   - Nobody has set the ACL since, by the servers' count, and "auth" stands for who wrote it: it
//     is not foreign. So it does not matter that the servers show the provider less than they
//     have, or make other identities of it than the provider can know.
func RefreshACL(prior types.Set, last types.Object, foreign bool, actual []zk.ACL, stat zk.Stat, self []Identity) types.Set {
	was, ok := PlannedAgainst(last)
	untouched := ok && was.Czxid == stat.Czxid && was.Aversion == stat.Aversion
	if ACLKnown(prior) && untouched && !ACLMasked(prior) && !foreign {
		return prior
	}
	if acl, err := ACLFrom(prior); err == nil && acl != nil && ShowsACL(acl, actual, self) {
		return prior
	}
	return ACLValue(actual)
}

// PlanACL returns what to plan for an ACL that is declared: the state's notation when it
// means the same as the declared one, so that the plan shows no difference. A state that
// shows a digest without its hash cannot be compared with the declared one: then the declared
// ACL is planned, and written.
//
// The framework's semantic equality does not do this: it compares what a provider
// returns from an apply or a refresh, and has no say in a plan.
func PlanACL(declared, state types.Set, self []Identity) types.Set {
	if !ACLKnown(declared) || !ACLKnown(state) {
		return declared
	}
	want, errWant := ACLFrom(declared)
	have, errHave := ACLFrom(state)
	if errWant == nil && errHave == nil && (ShowsACL(want, have, self) || Masked(want) && SameACL(want, have, self)) {
		return state
	}
	return declared
}

// ParseACL reads an ACL in zkCli's notation: entries scheme:id:permissions, separated by
// commas. It checks them as [ACL] does.
func ParseACL(s string) ([]zk.ACL, error) {
	var acl []zk.ACL
	for part := range strings.SplitSeq(s, ",") {
		entry, err := ParseACLEntry(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", len(acl)+1, err)
		}
		acl = append(acl, entry)
	}
	return acl, nil
}

// ParseACLEntry reads one entry in zkCli's notation. The id may have colons.
func ParseACLEntry(s string) (zk.ACL, error) {
	scheme, rest, found := strings.Cut(s, ":")
	last := strings.LastIndexByte(rest, ':')
	if !found || last < 0 {
		return zk.ACL{}, errors.New("an ACL entry is scheme:id:permissions, as in world:anyone:r")
	}
	id := rest[:last]
	if err := CheckACLEntry(scheme, id); err != nil {
		return zk.ACL{}, err
	}
	perms, err := zk.ParsePerms(rest[last+1:])
	if err != nil {
		return zk.ACL{}, err
	}
	return zk.ACL{Perms: perms, Scheme: scheme, ID: id}, nil
}
