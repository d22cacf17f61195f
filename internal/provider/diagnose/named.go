package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// How many of many a diagnostic names.
const (
	mostListed    = 10 // on lines of their own
	mostMentioned = 5  // in a sentence
)

// Listed lists what is said of nodes, each on a line of its own: of the first ten of them,
// and how many more there are.
func Listed(lines []string) string {
	return listed(lines[:min(len(lines), mostListed)], len(lines))
}

// listed is Listed where no more is known than the first lines, and how many there are.
func listed(first []string, count int) string {
	text := "  " + strings.Join(first, "\n  ")
	if more := count - len(first); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return text
}

// Mentioned names in a sentence the first five of some names or paths, and how many more
// there are.
func Mentioned(names []string) string {
	text := Quoted(names[:min(len(names), mostMentioned)])
	if more := len(names) - mostMentioned; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Quoted names in a sentence all of some names or paths.
func Quoted(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = attr.Quoted(name)
	}
	return strings.Join(quoted, ", ")
}

// ACLText is an ACL in zkCli's notation, without the hashes of passwords: of a long one the first
// entries, and how many more there are. An entry that could be taken for something else is in
// quotes.
func ACLText(acl []zk.ACL) string {
	entries := make([]string, len(acl))
	for i, e := range acl {
		if user, _, ok := strings.Cut(e.ID, ":"); ok && e.Scheme == zk.SchemeDigest {
			e.ID = user + ":…"
		}
		entries[i] = e.String()
		if quoted := shown.Text(entries[i]); strings.ContainsAny(e.Scheme+e.ID, `, "'`) || quoted != `"`+entries[i]+`"` {
			entries[i] = quoted
		}
	}
	slices.Sort(entries)
	text := strings.Join(entries[:min(len(entries), mostListed)], ",")
	if more := len(entries) - mostListed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
