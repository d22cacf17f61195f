package leader_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// read is the data source for an election.
func read(rel, kind string) string {
	return fmt.Sprintf("data \"zookeeper_leader\" \"test\" {\n  path   = \"${local.base}%s\"\n  recipe = %q\n}\n", rel, kind)
}

// elect makes an election by its kind.
func elect(client *zk.Client, kind, path, identifier string) (*recipe.Election, error) {
	options := recipe.LockOptions{Identifier: identifier}
	switch kind {
	case "leader_latch":
		return recipe.NewLeaderLatch(client, path, options)
	case "leader_selector":
		options.Notation = recipe.Curator
	}
	return recipe.NewElection(client, path, options)
}

// stand has a client lead, and returns its node.
func stand(t *testing.T, client *zk.Client, kind, path, identifier string) string {
	t.Helper()
	e, err := elect(client, kind, path, identifier)
	if err != nil {
		t.Fatal(err)
	}
	held, err := e.Lead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Release(context.WithoutCancel(t.Context())) })
	return held.Path()
}

// Who leads is read of each recipe, and who waits for it.
func TestAccLeader_recipes(t *testing.T) {
	tree := acctest.NewTree(t)
	for _, kind := range []string{"leader_latch", "leader_selector", "election"} {
		t.Run(kind, func(t *testing.T) {
			path := tree.Path("/" + kind)
			node := stand(t, tree.Client, kind, path, "first")
			e, err := elect(tree.Client, kind, path, "second")
			if err != nil {
				t.Fatal(err)
			}
			waiting, stop := context.WithCancel(t.Context())
			stood := make(chan error, 1)
			go func() {
				_, err := e.Lead(waiting)
				stood <- err
			}()
			defer func() {
				stop()
				if err := <-stood; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}()
			tree.AwaitChildren("/"+kind, 2)
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config: tree.Config(read("/"+kind, kind)),
				ConfigStateChecks: []statecheck.StateCheck{acctest.Attributes("data.zookeeper_leader.test", map[string]knownvalue.Check{
					"path":   knownvalue.StringExact(path),
					"recipe": knownvalue.StringExact(kind),
					"exists": knownvalue.Bool(true),
					"leader": contender(node, "first"),
					"contenders": knownvalue.ListPartial(map[int]knownvalue.Check{
						0: contender(node, "first"),
						1: knownvalue.ObjectPartial(map[string]knownvalue.Check{"id": knownvalue.StringExact("second")}),
					}),
				})},
			}}})
		})
	}
}

func contender(node, id string) knownvalue.Check {
	return knownvalue.ObjectExact(map[string]knownvalue.Check{"node": knownvalue.StringExact(node), "id": knownvalue.StringExact(id)})
}

// Who leads is read of elections of kazoo's own, and of Curator's: the first, and the second when the first has gone.
func TestAccLeader_others(t *testing.T) {
	tree := acctest.NewTree(t)
	py, j := acctest.Kazoo(t), acctest.Curator(t)
	for kind, election := range map[string]struct {
		stand, yield func(t *testing.T, path, id string)
	}{
		"election": {
			func(t *testing.T, path, id string) {
				py.Do(t, "end_%s = threading.Event()", id)
				py.Begin(t, "client.Election('%s', '%s').run(end_%s.wait)", path, id, id)
			},
			func(t *testing.T, _, id string) { py.Do(t, "end_%s.set()", id) },
		},
		"leader_latch": {
			func(t *testing.T, path, id string) {
				j.Make(t, "latch "+id, "leader.LeaderLatch", "@client", path, id)
				j.Call(t, "latch "+id, "start")
			},
			func(t *testing.T, _, id string) { j.Call(t, "latch "+id, "close") },
		},
		"leader_selector": {
			func(t *testing.T, path, id string) {
				j.Make(t, "leading "+id, "Peer$Leading")
				j.Make(t, "selector "+id, "leader.LeaderSelector", "@client", path, "@leading "+id)
				j.Call(t, "selector "+id, "setId", id)
				j.Call(t, "selector "+id, "start")
			},
			func(t *testing.T, _, id string) { j.Call(t, "leading "+id, "resign") },
		},
	} {
		t.Run(kind, func(t *testing.T) {
			rel, path := "/"+kind, tree.Path("/"+kind)
			for i, id := range []string{"first", "second"} {
				election.stand(t, path, id)
				tree.AwaitChildren(rel, i+1)
			}
			t.Cleanup(func() {
				election.yield(t, path, "second")
				tree.AwaitChildren(rel, 0)
			})
			line := func(ids ...string) []statecheck.StateCheck {
				var all []knownvalue.Check
				for _, id := range ids {
					all = append(all, knownvalue.ObjectExact(map[string]knownvalue.Check{
						"node": knownvalue.StringRegexp(regexp.MustCompile("^" + regexp.QuoteMeta(path+"/"))), "id": knownvalue.StringExact(id),
					}))
				}
				return []statecheck.StateCheck{acctest.Attributes("data.zookeeper_leader.test", map[string]knownvalue.Check{
					"path": knownvalue.StringExact(path), "recipe": knownvalue.StringExact(kind), "exists": knownvalue.Bool(true),
					"leader": all[0], "contenders": knownvalue.ListExact(all),
				})}
			}
			config := tree.Config(read(rel, kind))
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ConfigStateChecks: line("first", "second")},
				{
					PreConfig: func() {
						election.yield(t, path, "first")
						tree.AwaitChildren(rel, 1)
					},
					Config:            config,
					ConfigStateChecks: line("second"),
				},
			}})
		})
	}
}

// Where nobody has ever stood, and where nobody stands at the moment, nobody leads.
func TestAccLeader_nobody(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/empty", "")
	tree.Put("/empty/something", "else")
	nobody := func(exists bool) []statecheck.StateCheck {
		return []statecheck.StateCheck{acctest.Attributes("data.zookeeper_leader.test", map[string]knownvalue.Check{
			"path":       knownvalue.NotNull(),
			"recipe":     knownvalue.StringExact("election"),
			"exists":     knownvalue.Bool(exists),
			"leader":     knownvalue.Null(),
			"contenders": knownvalue.ListExact(nil),
		})}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: tree.Config(read("/missing", "election")), ConfigStateChecks: nobody(false)},
		{Config: tree.Config(read("/empty", "election")), ConfigStateChecks: nobody(true)},
	}})
}

// Contenders of another recipe are an error, and not an election in which nobody stands.
func TestAccLeader_otherRecipe(t *testing.T) {
	tree := acctest.NewTree(t)
	stand(t, tree.Client, "leader_latch", tree.Path("/latch"), "first")
	stand(t, tree.Client, "election", tree.Path("/election"), "first")
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: tree.Config(read("/latch", "election")), ExpectError: acctest.Error("Election is of another recipe", "Curator's LeaderLatch", "leader_latch")},
		{Config: tree.Config(read("/latch", "leader_selector")), ExpectError: acctest.Error("Election is of another recipe", "Curator's LeaderLatch")},
		{Config: tree.Config(read("/election", "leader_latch")), ExpectError: acctest.Error("Election is of another recipe", "kazoo")},
		{Config: tree.Config(read("/election", "mutex")), ExpectError: acctest.Error(`recipe = "mutex"`, "leader_selector")},
		{Config: tree.Config(read("", "election") + "data \"zookeeper_leader\" \"bad\" {\n  path = \"a\"\n  recipe = \"election\"\n}\n"), ExpectError: acctest.Error(`path = "a"`, "not absolute")},
	}})
}
