package proto

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// A NameError tells that a server's answer has a name that no node can have, such as "..": no
// path is to be made of it.
type NameError struct{ Name string }

// Error shows the name.
func (e *NameError) Error() string {
	return fmt.Sprintf("it names %s, and no node can have that name", shown.Text(e.Name))
}

// names reads the names of children.
func names(r *jute.Reader) []string {
	all := make([]string, r.Count(4))
	for i := range all {
		all[i] = r.String()
		if r.Err() == nil && !isName(all[i]) {
			r.Fail(&NameError{all[i]})
		}
	}
	return all
}

// isName reports whether a node can have the name.
func isName(name string) bool {
	if name == "" || name == "." || name == ".." || !utf8.ValidString(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r == '/' || Refused(r) })
}

// IsPath reports whether a node can have the path.
func IsPath(path string) bool {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok || rest == "" {
		return ok
	}
	for name := range strings.SplitSeq(rest, "/") {
		if !isName(name) {
			return false
		}
	}
	return true
}

// Parent returns the path of a valid path's parent, and "/" for "/" itself.
func Parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// Refused reports whether servers refuse the character in a path. The ranges are those of
// PathUtils.validatePath, which looks at UTF-16 units: what is above U+FFFF is a pair of
// surrogates to it, and they lie in the third range.
func Refused(r rune) bool {
	return r <= 0x1f || r >= 0x7f && r <= 0x9f || r >= 0xd800 && r <= 0xf8ff || r >= 0xfff0
}

// IsSequenceNumber reports whether the text can be the number of a sequential node. Servers
// count in 32 bits and format the count with %010d. After 2147483647, those before 3.6 go
// on with -2147483648, and with a minus from there on: a number has ten characters, and one
// below -999999999 has eleven. Later servers count no further.
func IsSequenceNumber(text string) bool {
	count, err := strconv.ParseInt(text, 10, 32)
	return err == nil && fmt.Sprintf("%010d", count) == text
}

// Makes reports whether a create of the path can have made the node that an answer names.
func (f CreateFlags) Makes(path, named string) bool {
	if f != FlagPersistentSequential && f != FlagEphemeralSequential && f != FlagPersistentSequentialTTL {
		return named == path
	}
	number, ok := strings.CutPrefix(named, path)
	return ok && IsSequenceNumber(number)
}
