package attr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"terraform-provider-zookeeper/internal/zk/shown"
)

// FormDescription is what a data source says of text that it reads.
const FormDescription = "Terraform and OpenTofu bring it to Unicode's form NFC; `data_base64` has the bytes as they are."

// Crosses reports whether a name or path reaches a provider and a configuration unchanged. The
// CLIs bring every string to Unicode's form NFC, in both directions. A node whose name is in
// another form cannot be named: the string names its twin in NFC instead, which looks the
// same.
func Crosses(name string) bool {
	return utf8.ValidString(name) && norm.NFC.IsNormalString(name)
}

// Crossed is what the CLIs make of a name or path.
func Crossed(name string) string { return norm.NFC.String(name) }

// Quoted is a name or path in quotes, as messages have it, and cut where it is longer than they
// can have it. One that does not cross is written in ASCII, with its other bytes as hexadecimal
// numbers: "cafe\xcc\x81". So nobody takes it for its twin.
func Quoted(name string) string {
	if Crosses(name) {
		return shown.Name(name)
	}
	if len(name) > mostQuoted {
		return fmt.Sprintf("%s… (%d bytes)", inBytes(name[:mostQuoted]), len(name))
	}
	return inBytes(name)
}

// mostQuoted is how many bytes of a name that does not cross are quoted.
const mostQuoted = 100

// Shown is a name or path that was read from a server, for a computed attribute: the name
// itself, or as [Quoted] writes it where it does not cross. A name that looks as if it were
// written so is quoted as well: the two are never confused.
func Shown(name string) string {
	looksQuoted := strings.HasPrefix(name, `"`) && strings.HasSuffix(name, `"`)
	if !Crosses(name) || looksQuoted {
		return inBytes(name)
	}
	return name
}

// inBytes is a Go string literal in ASCII.
func inBytes(name string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(name) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
