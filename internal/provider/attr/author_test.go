package attr_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// private is a private state.
type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

func TestAuthor(t *testing.T) {
	t.Parallel()
	both := []attr.Identity{alice, bob}
	author := attr.AuthorOf(both)
	switch {
	case !author.Is([]attr.Identity{bob, alice, bob}):
		t.Error("the order and duplicates matter")
	case author.Is([]attr.Identity{alice}), attr.AuthorOf(both[:1]).Is(both):
		t.Error("a part is the whole")
	case attr.Author(nil).Is(nil):
		t.Error("nobody knows that it was nobody")
	case !attr.AuthorOf(nil).Is(nil):
		t.Error("nobody is not nobody")
	case !attr.AuthorOf(both[:1]).With(both[1:]).Is(both), !author.With(both).Is(both):
		t.Error("together they are not both")
	}
}

func TestAuthorWrote(t *testing.T) {
	t.Parallel()
	of := func(who attr.Identity) zk.ACL { return zk.ACL{Scheme: who.Scheme, ID: who.ID, Perms: zk.PermAll} }
	read := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}
	declared := []zk.ACL{{Scheme: "auth", Perms: zk.PermAll}, read}
	onlyBob := []attr.Identity{bob}
	tests := map[string]struct {
		author attr.Author
		shown  []zk.ACL
		want   bool
	}{
		"by the other":                  {attr.AuthorOf([]attr.Identity{alice}), []zk.ACL{of(alice), read}, true},
		"by both":                       {attr.AuthorOf([]attr.Identity{alice, bob}), []zk.ACL{of(alice), of(bob), read}, true},
		"by one of both":                {attr.AuthorOf([]attr.Identity{alice, bob}), []zk.ACL{of(alice), read}, true},
		"by self":                       {attr.AuthorOf([]attr.Identity{alice, bob}), []zk.ACL{of(bob), read}, false},
		"by somebody else":              {attr.AuthorOf([]attr.Identity{bob}), []zk.ACL{of(alice), read}, false},
		"with an entry of others":       {attr.AuthorOf([]attr.Identity{alice}), []zk.ACL{of(alice), read, {Scheme: "ip", ID: "10.0.0.1", Perms: zk.PermAll}}, false},
		"without an entry that is ours": {attr.AuthorOf([]attr.Identity{alice}), []zk.ACL{of(alice)}, false},
		"hidden":                        {attr.AuthorOf([]attr.Identity{alice}), []zk.ACL{{Scheme: "digest", ID: "alice:x", Perms: zk.PermAll}, read}, true},
		"hidden, of somebody else":      {attr.AuthorOf([]attr.Identity{alice}), []zk.ACL{{Scheme: "digest", ID: "carol:x", Perms: zk.PermAll}, read}, false},
		"not known":                     {nil, []zk.ACL{of(alice), read}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.author.Wrote(declared, tt.shown, onlyBob); got != tt.want {
				t.Errorf("%t", got)
			}
		})
	}
}

func TestAuthorInPrivateState(t *testing.T) {
	t.Parallel()
	p := make(private)
	author := attr.AuthorOf([]attr.Identity{alice})
	author.Save(t.Context(), p, set("auth||r"))
	if got, diags := attr.LoadAuthor(t.Context(), p); diags.HasError() || !got.Is([]attr.Identity{alice}) {
		t.Errorf("%v, %v", got, diags)
	}
	_, hash, _ := strings.Cut(alice.ID, ":")
	if stored := string(p[attr.AuthorKey]); strings.Contains(stored, hash) || strings.Contains(stored, "alice") {
		t.Errorf("%s tells who it is", stored)
	}
	attr.AuthorOf(nil).Save(t.Context(), p, set("world|anyone|r"))
	if got, diags := attr.LoadAuthor(t.Context(), p); diags.HasError() || !got.Is([]attr.Identity{alice}) {
		t.Errorf("an ACL without auth: %v, %v", got, diags)
	}
	p[attr.AuthorKey] = []byte("{")
	if _, diags := attr.LoadAuthor(t.Context(), p); !diags.HasError() {
		t.Error("no error")
	}
}
