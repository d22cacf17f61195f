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

// Twins returns the paths of nodes that the CLIs cannot tell from the one at path, because they
// bring all text to one Unicode form: see [attr.Crosses]. For a path in ASCII there are none, and
// the servers are not asked. Where they cannot be asked, none are found.
func (s *Session) Twins(ctx context.Context, path string) []string {
	if !strings.ContainsFunc(path, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return nil
	}
	client, err := s.Client(ctx)
	if err != nil {
		return nil
	}
	found := []string{"/"}
	for element := range strings.SplitSeq(path[1:], "/") {
		var next []string
		for _, parent := range found {
			// Not all of what is above has to be readable, and the path itself need not be there.
			names, _, _ := client.Children(ctx, parent)
			for _, name := range names {
				if attr.Crossed(name) == attr.Crossed(element) {
					next = append(next, zk.Child(parent, name))
				}
			}
		}
		found = next[:min(len(next), maxTwins)]
	}
	slices.Sort(found)
	return slices.DeleteFunc(found, func(twin string) bool { return twin == path })
}
