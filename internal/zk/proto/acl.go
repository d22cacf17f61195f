package proto

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"terraform-provider-zookeeper/internal/zk/jute"
)

// Perms is a set of permissions, the bit mask of an ACL entry (ZooDefs.Perms).
type Perms uint32

// The permissions of an ACL entry.
const (
	// PermRead allows to get a node's data and list its children.
	PermRead Perms = 1 << iota
	// PermWrite allows to set a node's data.
	PermWrite
	// PermCreate allows to create children.
	PermCreate
	// PermDelete allows to delete children.
	PermDelete
	// PermAdmin allows to set the ACL.
	PermAdmin
	// PermAll is all of them.
	PermAll Perms = 1<<iota - 1
)

// permLetters are the letters of the permissions in the order in which zkCli prints
// them.
const permLetters = "cdrwa"

var permOf = map[byte]Perms{'c': PermCreate, 'd': PermDelete, 'r': PermRead, 'w': PermWrite, 'a': PermAdmin}

// String returns the letters of p, in the order of "cdrwa". Bits that mean nothing are
// left out.
func (p Perms) String() string {
	var b [len(permLetters)]byte
	n := 0
	for i := range len(permLetters) {
		if p&permOf[permLetters[i]] != 0 {
			b[n] = permLetters[i]
			n++
		}
	}
	return string(b[:n])
}

// ParsePerms reads permissions as people write them: letters of "cdrwa" in any order, or
// the bit mask as a decimal number from 1 to 31. The error names what is wrong with s.
func ParsePerms(s string) (Perms, error) {
	if s == "" {
		return 0, errors.New(`no permissions: write letters of "cdrwa", or a bit mask from 1 to 31`)
	}
	if s[0] >= '0' && s[0] <= '9' {
		n, err := strconv.ParseUint(s, 10, 8)
		if err != nil || n < 1 || Perms(n) > PermAll {
			return 0, fmt.Errorf("permissions %q are no bit mask from 1 to 31", s)
		}
		return Perms(n), nil
	}
	var p Perms
	for _, r := range s {
		bit := Perms(0)
		if r < 0x80 {
			bit = permOf[byte(r)]
		}
		if bit == 0 {
			return 0, fmt.Errorf("permissions %q have the unknown letter %q: the letters are c (create), d (delete), r (read), w (write) and a (admin)", s, string(r))
		}
		if p&bit != 0 {
			return 0, fmt.Errorf("permissions %q have the letter %q twice", s, string(r))
		}
		p |= bit
	}
	return p, nil
}

// ACL is one entry of a node's access control list: what the identities that match
// Scheme and ID may do.
type ACL struct {
	// Perms is what they may do.
	Perms Perms
	// Scheme names the authentication provider that judges ID: "world", "auth",
	// "digest", "ip", "sasl", "x509" or one of the server's own.
	Scheme string
	// ID is the identity, in the scheme's notation.
	ID string
}

// String returns the entry in zkCli's notation, scheme:id:permissions.
func (a ACL) String() string {
	return strings.Join([]string{a.Scheme, a.ID, a.Perms.String()}, ":")
}

// minACLSize is the size in bytes of an encoded entry with an empty scheme and ID.
const minACLSize = 3 * 4

// AppendACL appends a vector of entries.
func AppendACL(dst []byte, acl []ACL) []byte {
	dst = jute.AppendInt(dst, int32(len(acl)))
	for _, a := range acl {
		dst = jute.AppendInt(dst, int32(a.Perms))
		dst = jute.AppendString(dst, a.Scheme)
		dst = jute.AppendString(dst, a.ID)
	}
	return dst
}

func decodeACL(r *jute.Reader) []ACL {
	acl := make([]ACL, r.Count(minACLSize))
	for i := range acl {
		acl[i].Perms = Perms(r.Int())
		acl[i].Scheme = r.String()
		acl[i].ID = r.String()
	}
	return acl
}

// GetACLRequest asks for a node's ACL.
type GetACLRequest struct{ Path string }

// AppendTo appends the record.
func (q *GetACLRequest) AppendTo(dst []byte) []byte { return jute.AppendString(dst, q.Path) }

// GetACLReply answers a GetACLRequest.
type GetACLReply struct {
	ACL  []ACL
	Stat Stat
}

// Decode fills p from r.
func (p *GetACLReply) Decode(r *jute.Reader) {
	p.ACL = decodeACL(r)
	p.Stat.Decode(r)
}

// SetACLRequest replaces a node's ACL. Its reply is a [Stat].
type SetACLRequest struct {
	Path string
	ACL  []ACL
	// Version is compared with the node's aversion; -1 fits any.
	Version int32
}

// AppendTo appends the record.
func (q *SetACLRequest) AppendTo(dst []byte) []byte {
	dst = jute.AppendString(dst, q.Path)
	dst = AppendACL(dst, q.ACL)
	return jute.AppendInt(dst, q.Version)
}
