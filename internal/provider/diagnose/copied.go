package diagnose

import (
	"fmt"
	"strconv"
	"strings"
)

// HCL returns a text as a string of HCL, for a hint that is to be copied into a configuration: it
// says the same there, and nothing in it is a template.
func HCL(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case strings.HasPrefix(s[i:], "${") || strings.HasPrefix(s[i:], "%{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// plainInShell are the characters that no shell takes for something else.
const plainInShell = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@+,"

// Shell returns a text as one word of a POSIX shell, for a command that is to be copied. What does
// not print is written as bash and zsh have it.
func Shell(s string) string {
	switch {
	case s != "" && strings.Trim(s, plainInShell) == "":
		return s
	case !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }):
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, r := range s {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
	}
	b.WriteByte('\'')
	return b.String()
}
