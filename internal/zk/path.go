package zk

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// An argumentError is [ErrBadArguments] before anything is sent, and says what is wrong with an argument.
type argumentError struct{ text string }

// Error says what is wrong. It shows no character of a path that does not print.
func (e *argumentError) Error() string { return e.text }

// Is reports whether the target is ErrBadArguments. It is not wrapped: that no code is found in
// the error tells that no server has answered.
func (e *argumentError) Is(target error) bool { return target == ErrBadArguments }

func badPath(path, format string, args ...any) error {
	return &argumentError{fmt.Sprintf("the path %s "+format, append([]any{shown.Name(path)}, args...)...)}
}

// ValidatePath checks a path as servers do (PathUtils.validatePath): it starts with "/",
// has no "/" at its end unless it is "/", no empty element, no "." or "..", and none of
// the characters that ZooKeeper refuses. The error is [ErrBadArguments], and says what is
// wrong and where.
func ValidatePath(path string) error {
	switch {
	case path == "":
		return &argumentError{"the path is empty; it must start with /"}
	case path[0] != '/':
		return badPath(path, "is not absolute; it must start with /")
	case path == "/":
		return nil
	case strings.HasSuffix(path, "/"):
		return badPath(path, "ends with /")
	}
	return validateElements(path, path)
}

// ValidatePrefix checks the path of a sequential create as servers do: they look at it with
// its number after it. So it may end with "/", for a name that is the bare number, and
// with a dot.
func ValidatePrefix(path string) error {
	if path == "" || path[0] != '/' {
		return ValidatePath(path)
	}
	return validateElements(path, path+"0000000000")
}

// IsSequenceNumber reports whether the text can be the number of a sequential node: ten
// characters, or eleven where servers before 3.6 have counted beyond 2147483647.
func IsSequenceNumber(text string) bool { return proto.IsSequenceNumber(text) }

// validateElements checks the elements of a path, which the error shows as the caller wrote it.
func validateElements(written, path string) error {
	if !utf8.ValidString(path) {
		return badPath(written, "is not UTF-8")
	}
	for element := range strings.SplitSeq(path[1:], "/") {
		switch element {
		case "":
			return badPath(written, "has an empty element (//)")
		case ".", "..":
			return badPath(written, "has the element %q; relative paths are not allowed", element)
		}
	}
	for at, r := range path {
		if proto.Refused(r) {
			return badPath(written, "has the character %U at byte %d, which ZooKeeper refuses", r, at)
		}
	}
	return nil
}

// Parent returns the path of a valid path's parent, and "/" for "/" itself.
func Parent(path string) string { return proto.Parent(path) }

// ownNodes is the path of the servers' own nodes.
const ownNodes = "/zookeeper"

// ServersOwn reports whether path is "/", "/zookeeper" or below that: the nodes that servers
// come with, and do not let go.
func ServersOwn(path string) bool {
	return path == "/" || path == ownNodes || strings.HasPrefix(path, ownNodes+"/")
}

// Child returns the path of the child of that name.
func Child(path, name string) string {
	if path == "/" {
		return "/" + name
	}
	return path + "/" + name
}

// chrooted returns the path on the servers of a path of the caller's.
func (c *Client) chrooted(path string) string { return chrooted(c.chroot, path) }

func chrooted(chroot, path string) string {
	switch {
	case chroot == "":
		return path
	case path == "/":
		return chroot
	}
	return chroot + path
}

// inChroot reports whether a path on the servers is below the chroot.
func (c *Client) inChroot(full string) bool { return strings.HasPrefix(full, c.chroot+"/") }

// Unchroot returns the path inside the client's chroot of a path on the servers. One that
// is not in the chroot is left as it is: with the chroot /a that is so of /ab/c.
func (c *Client) Unchroot(path string) string {
	rest, ok := strings.CutPrefix(path, c.chroot)
	switch {
	case !ok:
		return path
	case rest == "":
		return "/"
	case rest[0] != '/':
		return path
	}
	return rest
}
