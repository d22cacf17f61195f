package attr

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// ACL validates an ACL as far as it is known.
func ACL() validator.Set { return aclValidator{} }

// ImportedACL is [ACL] for a node that can be imported. The configuration that is generated for
// it has the ACL that the server has shown, and a server can hold what nobody may write, such as
// a password in clear text instead of a digest. It also masks a digest for those who may not see
// it. Such an entry is valid as long as it stays as it is. A plan that writes the ACL is to check
// it with [CheckACL].
func ImportedACL() validator.Set { return aclValidator{imported: true} }

type aclValidator struct{ imported bool }

var _ validator.Set = aclValidator{}

// Description says what is valid.
func (aclValidator) Description(context.Context) string {
	return "must have at least one entry; permissions are letters of cdrwa or a bit mask"
}

// MarkdownDescription says what is valid.
func (v aclValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateSet checks each entry as far as it is known.
func (v aclValidator) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	resp.Diagnostics.Append(checkACL(req.Path, req.ConfigValue, v.imported)...)
}

// A heldError is about an entry that nobody may write, and that a server can hold.
type heldError struct{ error }

func (e heldError) Unwrap() error { return e.error }

// CheckACL tells what is wrong with an ACL at a path of the configuration, as far as it is
// known. What was not known when it was validated is to be checked again when a change is
// planned: an apply plans once more, and knows all.
func CheckACL(at path.Path, acl types.Set) diag.Diagnostics { return checkACL(at, acl, false) }

// checkACL lets entries pass that a server can hold, if it is told to.
func checkACL(at path.Path, acl types.Set, held bool) (diags diag.Diagnostics) {
	if acl.IsNull() || acl.IsUnknown() {
		return nil
	}
	if len(acl.Elements()) == 0 {
		diags.AddAttributeError(at, "Empty ACL",
			"An ACL without entries lets nobody in, and ZooKeeper refuses it. List who may do what, or, where the default ACL will do, leave the attribute out.")
		return diags
	}
	for _, e := range acl.Elements() {
		switch {
		case e.IsUnknown():
			continue
		case e.IsNull():
			diags.AddAttributeError(at, "Invalid ACL entry", "An entry is null. Leave it out, or say who may do what.")
			continue
		}
		field := entryFields(e)
		if scheme := field("scheme").ValueString(); misspelt(scheme) != "" {
			diags.AddAttributeWarning(at, "Unknown ACL scheme", fmt.Sprintf(
				"ZooKeeper itself has no scheme %q. Did you mean %q? If your servers were extended with %[1]q, all is well; otherwise they refuse the ACL when it is applied.", scheme, misspelt(scheme)))
		}
		for _, err := range checkEntry(field) {
			if _, ok := errors.AsType[heldError](err); ok && held {
				continue
			}
			// Not at the element itself: its path is its value, which goes into logs, and
			// may have a password where a digest belongs.
			diags.AddAttributeError(at, "Invalid ACL entry",
				fmt.Sprintf("Entry %q: %s.", entryName(field), err))
		}
	}
	return diags
}

// CheckACLEntry tells what is wrong with an entry that is known, apart from its
// permissions.
func CheckACLEntry(scheme, id string) error {
	switch scheme {
	case "":
		return errors.New(`the scheme is empty: it is "world", "auth", "digest", "ip", "sasl", "x509" or one that your servers were extended with`)
	case zk.SchemeWorld:
		if id != "anyone" {
			return errors.New(`the only id of the scheme "world" is "anyone"`)
		}
	case zk.SchemeAuth:
		// The server ignores the id and takes the identities of the connection.
	case zk.SchemeDigest:
		return checkDigest(id)
	case zk.SchemeIP:
		return checkIP(id)
	case zk.SchemeSASL, zk.SchemeX509:
		if id == "" {
			return heldError{fmt.Errorf("the id is empty: for the scheme %q it is the name of the principal", scheme)}
		}
	default:
		// Servers can be extended with others, but hardly with these.
		for _, known := range knownSchemes {
			if strings.EqualFold(strings.TrimSpace(scheme), known) {
				return fmt.Errorf("there is no scheme %q: write %q, without blanks and in small letters", scheme, known)
			}
		}
	}
	return nil
}

// knownSchemes are those that every server knows.
var knownSchemes = []string{zk.SchemeWorld, zk.SchemeAuth, zk.SchemeDigest, zk.SchemeIP, zk.SchemeSASL, zk.SchemeX509}

// misspelt returns the scheme that was probably meant by one that servers do not know unless they
// were extended with it; empty for none.
func misspelt(scheme string) string {
	scheme = strings.ToLower(strings.TrimSpace(scheme)) // which has an error of its own
	for _, known := range knownSchemes {
		if d := levenshtein.Distance(scheme, known, nil); d > 0 && d <= len(known)/2 {
			return known
		}
	}
	return ""
}

func checkEntry(field func(string) types.String) []error {
	var errs []error
	scheme, id, permissions := field("scheme"), field("id"), field("permissions")
	for _, name := range []string{"scheme", "id", "permissions"} {
		if field(name).IsNull() {
			return []error{fmt.Errorf(`%s is missing: an entry has scheme, id and permissions, and with the scheme "auth" the id is ""`, name)}
		}
	}
	if !scheme.IsUnknown() && !id.IsUnknown() {
		if err := CheckACLEntry(scheme.ValueString(), id.ValueString()); err != nil {
			errs = append(errs, err)
		}
	}
	if !permissions.IsUnknown() {
		_, err := zk.ParsePerms(permissions.ValueString())
		switch {
		case err == nil:
		case permissions.ValueString() == "":
			errs = append(errs, heldError{err})
		default:
			errs = append(errs, err)
		}
	}
	return errs
}

// digestSizes are the sizes in bytes of the hashes that a server can be told to use in
// place of SHA-1 (zookeeper.DigestAuthenticationProvider.digestAlg): MD5, SHA-1, and the
// SHA-2 and SHA-3 families.
var digestSizes = map[int]bool{16: true, 20: true, 28: true, 32: true, 48: true, 64: true}

func checkDigest(id string) error {
	user, hash, found := strings.Cut(id, ":")
	if !found || user == "" || strings.Contains(hash, ":") {
		return errors.New(`the id of the scheme "digest" is user:hash, with one colon`)
	}
	if hash == zk.MaskedDigest {
		return heldError{fmt.Errorf("%q is how a server shows a digest to those who may not see it: write the digest itself", user+":"+zk.MaskedDigest)}
	}
	raw, err := base64.StdEncoding.DecodeString(hash)
	if err != nil || !digestSizes[len(raw)] {
		return heldError{fmt.Errorf("what follows %q is no digest: it must be the base64 of the SHA-1 of \"user:password\", 28 characters long, which provider::zookeeper::digest(user, password) computes. A password in clear text is not accepted: ZooKeeper would store it as it is, and it would match nobody", user+":")}
	}
	return nil
}

func checkIP(id string) error {
	addr, bits, hasBits := strings.Cut(id, "/")
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return fmt.Errorf(`the id of the scheme "ip" is an address, or a network as in "10.0.0.0/8", not %q`, id)
	}
	// Servers have parsers of their own, which know neither (IPAuthenticationProvider).
	switch {
	case ip.Zone() != "":
		return fmt.Errorf("no server takes the address %q with a zone: write %q, without what follows the %%", addr, ip.WithZone(""))
	case ip.Is4In6() && strings.Contains(addr, "."):
		return fmt.Errorf("no server takes the address %q: write %q, which is what servers see of a client of IPv4", addr, ip.Unmap())
	case ip.Is6() && strings.Contains(addr, "."):
		return fmt.Errorf("no server takes the address %q, whose end is decimal: write %q", addr, ip)
	}
	if !hasBits {
		return nil
	}
	if n, err := strconv.Atoi(bits); err != nil || n < 0 || n > ip.BitLen() {
		return fmt.Errorf("the network %q needs a number of bits from 0 to %d after its slash", id, ip.BitLen())
	}
	return nil
}
