package proto

import (
	"errors"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk/jute"
)

// A name that no node can have is refused, and any other one is taken.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, valid := range map[string]bool{
		"a": true, "größe": true, "a b": true, "...": true, ".a": true, "a:b": true, "zookeeper": true, "cafe\u0301": true, "\u202e": true,
		"": false, ".": false, "..": false, "a/b": false, "/": false, "\x00": false, "\x1b": false, "\x7f": false, "\u009b": false, "\ue000": false, "\ufffd": false, "\xff": false, "\U0001F600": false,
	} {
		var children GetChildrenReply
		r := jute.NewReader(append(jute.AppendString(jute.AppendInt(nil, 1), name), make([]byte, 68)...))
		children.Decode(&r)
		_, isNameError := errors.AsType[*NameError](r.Err())
		if refused := isNameError; refused == valid || valid && r.Err() != nil {
			t.Errorf("a child %q: %v", name, r.Err())
		}
		if name == "" || strings.Contains(name, "/") {
			continue // another path
		}
		for path, ok := range map[string]bool{"/a/" + name: valid, "/" + name + "/a": valid, name + "/a": false} {
			if IsPath(path) != ok {
				t.Errorf("the path %q is one: %t", path, !ok)
			}
		}
	}
	for path, ok := range map[string]bool{"/": true, "": false, "a": false, "//": false, "/a/": false, "/a//b": false} {
		if IsPath(path) != ok {
			t.Errorf("the path %q is one: %t", path, !ok)
		}
	}
}

func TestMakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		flags       CreateFlags
		path, named string
		want        bool
	}{
		{FlagPersistent, "/a", "/a", true},
		{FlagEphemeral, "/a", "/b", false},
		{FlagContainer, "/a", "/a0000000001", false},
		{FlagPersistentSequential, "/a", "/a0000000001", true},
		{FlagPersistentSequential, "/a/", "/a/0000000001", true},
		{FlagEphemeralSequential, "/a", "/a-2147483648", true},
		{FlagPersistentSequentialTTL, "/a", "/a", false},
		{FlagEphemeralSequential, "/a", "/a000000001", false},
		{FlagEphemeralSequential, "/a", "/b0000000001", false},
	} {
		if got := tc.flags.Makes(tc.path, tc.named); got != tc.want {
			t.Errorf("a create of %q with the flags %d makes %q: %t", tc.path, tc.flags, tc.named, got)
		}
	}
}
