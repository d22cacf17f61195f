package recipe_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// members returns the identifiers of a party's members, sorted.
func members(t *testing.T, p *recipe.Party) []string {
	t.Helper()
	all, err := p.Members(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, m := range all {
		ids = append(ids, m.Identifier)
	}
	slices.Sort(ids)
	return ids
}

func TestKazooParty(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	base := folder(t, c)
	py := newPython(t)
	for kind, of := range map[string]struct {
		make func(*zk.Client, string, recipe.PartyOptions) (*recipe.Party, error)
		name string
	}{"Party": {recipe.NewParty, "^[0-9a-f]{32}__party__$"}, "ShallowParty": {recipe.NewShallowParty, "^[0-9a-f]{32}-oürs-1$"}} {
		path := base + "/deep/" + kind
		p := must(of.make(c, path, recipe.PartyOptions{Identifier: "oürs-1"}))(t)
		if n, err := p.Len(ctx); err != nil || n != 0 || len(members(t, p)) != 0 {
			t.Errorf("of no party: %d, %v", n, err)
		}
		held := must(p.Join(ctx))(t)
		names := children(t, c, path)
		if len(names) != 1 || !regexp.MustCompile(of.name).MatchString(names[0]) {
			t.Errorf("%s: %v", kind, names)
		}
		holds(t, c, held.Path(), "oürs-1")
		py.Do(t, "p = client.%s('%s', 'theirs')", kind, path)
		py.Do(t, "p.join()")
		if got := members(t, p); !slices.Equal(got, []string{"oürs-1", "theirs"}) {
			t.Errorf("%s: %q", kind, got)
		}
		evaluates(t, py, []string{"oürs-1", "theirs"}, "sorted(p)")
		release(t, held)
		evaluates(t, py, []string{"theirs"}, "sorted(p)")
		if got := members(t, p); !slices.Equal(got, []string{"theirs"}) {
			t.Errorf("%s: %q", kind, got)
		}
		evaluates(t, py, true, "p.leave()")
		if n, err := p.Len(ctx); err != nil || n != 0 {
			t.Errorf("%s: left are %d, %v", kind, n, err)
		}
	}
}

func TestParty(t *testing.T) {
	t.Parallel()
	ctx, c := testContext(t), connect(t, server.Addr())
	path := folder(t, c) + "/deep/group"
	// A node of another kind is not listed by a Party.
	party := must(recipe.NewParty(c, path, recipe.PartyOptions{Identifier: "a/b"}))(t)
	group := must(recipe.NewGroupMember(c, path, recipe.PartyOptions{Identifier: "me", Data: []byte("data")}))(t)
	held := must(group.Join(ctx))(t)
	if held.Path() != path+"/me" {
		t.Errorf("the member is %s", held.Path())
	}
	holds(t, c, held.Path(), "data")
	if got := members(t, party); len(got) != 0 {
		t.Errorf("of the party: %q", got)
	}
	if _, err := group.Join(ctx); !errors.Is(err, zk.ErrNodeExists) {
		t.Errorf("another of the same identifier: %v", err)
	}
	other := must(party.Join(ctx))(t)
	if got := members(t, party); !slices.Equal(got, []string{"a/b"}) {
		t.Errorf("of the party: %q", got)
	}
	all := must(must(recipe.NewGroupMember(c, path, recipe.PartyOptions{}))(t).Members(ctx))(t)
	if len(all) != 2 || all[1].Identifier != "me" || string(all[1].Data) != "data" || all[1].Path != path+"/me" {
		t.Errorf("of the group: %+v", all)
	}
	release(t, held)
	release(t, other)
	for _, identifier := range []string{"a/b", "\xff"} {
		if _, err := recipe.NewShallowParty(c, path, recipe.PartyOptions{Identifier: identifier}); err == nil {
			t.Errorf("%q is taken", identifier)
		}
	}
	if _, err := must(recipe.NewGroupMember(c, path, recipe.PartyOptions{}))(t).Join(ctx); err == nil {
		t.Error("a member without an identifier is taken")
	}
	if _, err := recipe.NewParty(c, path, recipe.PartyOptions{Data: []byte{1}}); err == nil {
		t.Error("data is taken for a party")
	}
}

// A join whose reply was lost, or that was lost itself, and of which the client says that its
// outcome is unknown, makes one member.
func TestPartyUnknown(t *testing.T) {
	t.Parallel()
	for _, taken := range []bool{false, true} {
		t.Run(fmt.Sprintf("taken=%t", taken), func(t *testing.T) {
			t.Parallel()
			ctx, direct := testContext(t), connect(t, server.Addr())
			path := folder(t, direct)
			v := newVictim(t)
			p := must(recipe.NewParty(v.Client, path, recipe.PartyOptions{Identifier: "me"}))(t)
			cut := v.proxy.CutAfterRequest(zktest.IsCreate)
			reopen := v.gate.close()
			defer reopen()
			out := make(chan outcome, 1)
			go func() {
				held, err := p.Join(ctx)
				out <- outcome{held, err}
			}()
			<-cut
			names := children(t, direct, path)
			var err error
			if taken {
				err = direct.Delete(ctx, path+"/"+names[0], 0)
			} else {
				_, err = direct.Set(ctx, path+"/"+names[0], []byte("changed"), 0)
			}
			if err != nil {
				t.Fatal(err)
			}
			reopen()
			held := granted(t, out)
			if got := children(t, direct, path); len(got) != 1 || held.Path() != path+"/"+got[0] {
				t.Errorf("%s is held of %v", held.Path(), got)
			}
			release(t, held)
			untilChildren(t, direct, path, 0)
		})
	}
}
