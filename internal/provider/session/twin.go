package session

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// maxTwins bounds how many nodes are looked for that look like another one.
const maxTwins = 10

// Twins returns the paths of nodes that the CLIs cannot tell from those at the paths, because they
// bring all text to one Unicode form: see [attr.Crosses]. For paths in ASCII there are none, and
// the servers are not asked. Where they cannot be asked, none are found.
func (s *Session) Twins(ctx context.Context, paths ...string) []string {
	paths = slices.DeleteFunc(slices.Clone(paths), ascii)
	if len(paths) == 0 {
		return nil
	}
	client, err := s.Client(ctx)
	if err != nil {
		return nil
	}
	children := make(map[string][]string)
	named := func(parent, element string) (twins []string) {
		if ascii(element) {
			return []string{zk.Child(parent, element)}
		}
		if _, known := children[parent]; !known {
			// Not all of what is above has to be readable, and the path itself need not be there.
			children[parent], _, _ = client.Children(ctx, parent)
		}
		for _, name := range children[parent] {
			if attr.Crossed(name) == attr.Crossed(element) {
				twins = append(twins, zk.Child(parent, name))
			}
		}
		return twins
	}
	var all []string
	for _, path := range paths {
		found := []string{"/"}
		for element := range strings.SplitSeq(path[1:], "/") {
			var next []string
			for _, parent := range found {
				next = append(next, named(parent, element)...)
			}
			found = next[:min(len(next), maxTwins)]
		}
		for _, twin := range found {
			if twin == path {
				continue
			}
			if _, there, err := client.Exists(ctx, twin); err == nil && there { // its last name may be in ASCII
				all = append(all, twin)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}
