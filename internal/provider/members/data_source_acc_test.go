package members_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

func read(rel, kind string) string {
	return fmt.Sprintf("data \"zookeeper_members\" \"test\" {\n  path   = \"${local.base}%s\"\n  recipe = %q\n}\n", rel, kind)
}

type newParty func(*zk.Client, string, recipe.PartyOptions) (*recipe.Party, error)

// join joins a party until the end of the test.
func join(t *testing.T, tree *acctest.Tree, of newParty, rel string, o recipe.PartyOptions) {
	t.Helper()
	p, err := of(tree.Client, tree.Path(rel), o)
	if err != nil {
		t.Fatal(err)
	}
	held, err := p.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Release(context.WithoutCancel(t.Context())) })
}

// Members are read of each recipe.
func TestAccMembers_recipes(t *testing.T) {
	tree := acctest.NewTree(t)
	join(t, tree, recipe.NewParty, "/party", recipe.PartyOptions{Identifier: "alice"})
	join(t, tree, recipe.NewParty, "/party", recipe.PartyOptions{Identifier: "bob"})
	join(t, tree, recipe.NewShallowParty, "/shallow", recipe.PartyOptions{Identifier: "alice"})
	join(t, tree, recipe.NewGroupMember, "/group", recipe.PartyOptions{Identifier: "a1", Data: []byte("rack 1")})
	join(t, tree, recipe.NewGroupMember, "/group", recipe.PartyOptions{Identifier: "a2", Data: []byte("\xff")})
	tree.Put("/empty", "")
	tree.Put("/discovery", "")
	tree.Put("/discovery/web", "")
	tree.Put("/discovery/web/i1", `{"name":"web","id":"i1","address":"10.0.0.1","port":80}`)
	text := knownvalue.StringExact
	var steps []resource.TestStep
	for _, tt := range []struct {
		rel, kind string
		want      map[string]knownvalue.Check
	}{
		{"/party", "party", map[string]knownvalue.Check{"alice": text("alice"), "bob": text("bob")}},
		{"/shallow", "shallow_party", map[string]knownvalue.Check{"alice": text("alice")}},
		{"/group", "group", map[string]knownvalue.Check{"a1": text("rack 1"), "a2": knownvalue.Null()}},
		{"/discovery/web", "service", map[string]knownvalue.Check{"i1": text(`{"name":"web","id":"i1","address":"10.0.0.1","port":80}`)}},
		{"/empty", "party", nil},
		{"/missing", "group", nil},
	} {
		steps = append(steps, resource.TestStep{
			Config: tree.Config(read(tt.rel, tt.kind)),
			ConfigStateChecks: []statecheck.StateCheck{acctest.Attributes("data.zookeeper_members.test", map[string]knownvalue.Check{
				"path": text(tree.Path(tt.rel)), "recipe": text(tt.kind), "members": knownvalue.MapExact(tt.want),
			})},
		})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// Members are read of parties of kazoo's own, and of Curator's groups and services, until they go.
func TestAccMembers_others(t *testing.T) {
	tree := acctest.NewTree(t)
	py, j := acctest.Kazoo(t), acctest.Curator(t)
	py.Do(t, "party, shallow = client.Party('%s', 'alice'), client.ShallowParty('%s', 'bob')", tree.Path("/party"), tree.Path("/shallow"))
	py.Do(t, "[party.join(), shallow.join()]")
	j.Make(t, "member", "nodes.GroupMember", "@client", tree.Path("/group"), "a1", base64.StdEncoding.EncodeToString([]byte("rack 1")))
	j.Call(t, "member", "start")
	j.Make(t, "instance", "Peer$Service", "@client", tree.Path("/discovery"), "web", "i1", "10.0.0.1", 80)
	instance := knownvalue.StringFunc(func(text string) error {
		var i recipe.ServiceInstance
		if err := json.Unmarshal([]byte(text), &i); err != nil {
			return err
		}
		if i.Name != "web" || i.ID != "i1" || i.Address != "10.0.0.1" || i.Port == nil || *i.Port != 80 {
			return fmt.Errorf("the instance is %s", text)
		}
		return nil
	})
	var steps []resource.TestStep
	for _, tt := range []struct {
		rel, kind, id string
		want          knownvalue.Check
		leave         func()
	}{
		{"/party", "party", "alice", knownvalue.StringExact("alice"), func() { py.Do(t, "party.leave()") }},
		{"/shallow", "shallow_party", "bob", knownvalue.StringExact("bob"), func() { py.Do(t, "shallow.leave()") }},
		{"/group", "group", "a1", knownvalue.StringExact("rack 1"), func() { j.Call(t, "member", "close") }},
		{"/discovery/web", "service", "i1", instance, func() { j.Call(t, "instance", "close") }},
	} {
		members := func(want map[string]knownvalue.Check) []statecheck.StateCheck {
			return []statecheck.StateCheck{acctest.Attributes("data.zookeeper_members.test", map[string]knownvalue.Check{
				"path": knownvalue.StringExact(tree.Path(tt.rel)), "recipe": knownvalue.StringExact(tt.kind), "members": knownvalue.MapExact(want),
			})}
		}
		config := tree.Config(read(tt.rel, tt.kind))
		steps = append(steps, resource.TestStep{
			PreConfig:         func() { tree.AwaitChildren(tt.rel, 1) },
			Config:            config,
			ConfigStateChecks: members(map[string]knownvalue.Check{tt.id: tt.want}),
		}, resource.TestStep{
			PreConfig: func() {
				tt.leave()
				tree.AwaitChildren(tt.rel, 0)
			},
			Config:            config,
			ConfigStateChecks: members(nil),
		})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// Two members of one identifier have no place in a map, and neither is left out without a word.
func TestAccMembers_sameIdentifier(t *testing.T) {
	tree := acctest.NewTree(t)
	join(t, tree, recipe.NewParty, "/party", recipe.PartyOptions{Identifier: "alice"})
	join(t, tree, recipe.NewParty, "/party", recipe.PartyOptions{Identifier: "alice"})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: tree.Config(read("/party", "party")), ExpectError: acctest.Error("Members have the same identifier", `"alice"`)},
		{Config: tree.Config(read("/party", "lock")), ExpectError: acctest.Error(`recipe = "lock"`, "shallow_party")},
	}})
}
