package ensurepath_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

const (
	create  = plancheck.ResourceActionCreate
	update  = plancheck.ResourceActionUpdate
	replace = plancheck.ResourceActionReplace
	destroy = plancheck.ResourceActionDestroy
	nothing = plancheck.ResourceActionNoop

	address = "zookeeper_ensure_path.test"
)

type attrs = map[string]knownvalue.Check

// guarded is an ACL that is not the default one, and that lets the tests in.
var guarded = zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll}

// aclOf is an ACL with one entry in HCL.
func aclOf(e zk.ACL) string {
	return fmt.Sprintf("acl = [{ scheme = %q, id = %q, permissions = %q }]", e.Scheme, e.ID, e.Perms)
}

// planned expects the action, and what the further checks do.
func planned(action plancheck.ResourceActionType, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: append([]plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}, more...)}
}

// test is the resource in HCL, with further attributes.
func test(rel, more string) string { return named("test", rel, more) }

func named(name, rel, more string) string {
	return fmt.Sprintf("resource \"zookeeper_ensure_path\" %q {\n  path = \"${local.base}%s\"\n%s\n}\n", name, rel, more)
}

// paths checks a list of paths below the base.
func paths(tree *acctest.Tree, rels ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(rels))
	for i, rel := range rels {
		checks[i] = knownvalue.StringExact(tree.Path(rel))
	}
	return knownvalue.ListExact(checks)
}

// state checks all attributes: those of a path that nobody has written to and that has no
// children, with the default settings, except what is given.
func state(tree *acctest.Tree, rel string, created knownvalue.Check, except attrs) []statecheck.StateCheck {
	want := attrs{
		"path":       knownvalue.StringExact(tree.Path(rel)),
		"acl":        knownvalue.Null(),
		"on_destroy": knownvalue.StringExact("prune"),
		"created":    created,
		"czxids":     knownvalue.NotNull(),
		"stat":       acctest.Stat(0, 0, 0, 0),
	}
	maps.Copy(want, except)
	return []statecheck.StateCheck{acctest.Attributes(address, want)}
}

// holds is a step's PreConfig: it checks what an earlier step left on the server.
func holds(t *testing.T, checks ...resource.TestCheckFunc) func() {
	t.Helper()
	return func() {
		if err := resource.ComposeTestCheckFunc(checks...)(nil); err != nil {
			t.Error(err)
		}
	}
}

func TestAccEnsurePath_lifecycle(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a", "/z"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(test("/a/b/c", aclOf(guarded))),
				ConfigPlanChecks: planned(create,
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("created")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("stat"))),
				ConfigStateChecks: state(tree, "/a/b/c", paths(tree, "/a", "/a/b", "/a/b/c"), attrs{"acl": acctest.ACL(guarded)}),
				Check: resource.ComposeTestCheckFunc(
					tree.CheckData("/a/b/c", ""), tree.CheckACL("/a", guarded), tree.CheckACL("/a/b", guarded), tree.CheckACL("/a/b/c", guarded)),
			},
			{
				// The same ACL in another notation is no change.
				Config:           tree.Config(test("/a/b/c", `acl = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]`)),
				ConfigPlanChecks: planned(nothing),
			},
			{
				// Settings change nothing on the server, and what is computed stays known.
				Config: tree.Config(test("/a/b/c", "on_destroy = \"keep\"\n"+aclOf(acctest.Open()))),
				ConfigPlanChecks: planned(update,
					plancheck.ExpectKnownValue(address, tfjsonpath.New("created"), paths(tree, "/a", "/a/b", "/a/b/c")),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("stat"), acctest.Stat(0, 0, 0, 0))),
				ConfigStateChecks: state(tree, "/a/b/c", paths(tree, "/a", "/a/b", "/a/b/c"), attrs{
					"acl": acctest.ACL(acctest.Open()), "on_destroy": knownvalue.StringExact("keep"),
				}),
				Check: resource.ComposeTestCheckFunc(tree.CheckACL("/a/b/c", guarded), tree.CheckVersions("/a/b/c", 0, 0)),
			},
			{Config: tree.Config(test("/a/b/c", "")), ConfigPlanChecks: planned(update)},
			{
				// Another path: the old one is removed, and the new one made.
				Config:            tree.Config(test("/z", "")),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/z", paths(tree, "/z"), nil),
				Check:             resource.ComposeTestCheckFunc(tree.CheckGone("/a"), tree.CheckData("/z", "")),
			},
		},
	})
}

// What was there is not the resource's: it is left as it is, in the creation and in the
// destruction.
func TestAccEnsurePath_ofOthers(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/a", "theirs", guarded)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: resource.ComposeTestCheckFunc(tree.CheckData("/a", "theirs"), tree.CheckVersions("/a", 0, 0), tree.CheckGone("/a/b")),
		Steps: []resource.TestStep{
			{
				Config:            tree.Config(test("/a/b", aclOf(acctest.Open()))),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a/b", paths(tree, "/a/b"), attrs{"acl": acctest.ACL(acctest.Open())}),
				Check:             resource.ComposeTestCheckFunc(tree.CheckACL("/a", guarded), tree.CheckACL("/a/b", acctest.Open())),
			},
			{
				// All of it is there.
				Config:            tree.Config(test("/a", "")),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/a", paths(tree), attrs{"stat": acctest.Stat(0, 0, 6, 0)}),
				Check:             tree.CheckGone("/a/b"),
			},
		},
	})
}

func TestAccEnsurePath_import(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "theirs")
	imported := func(id, more string) string {
		return tree.Config(fmt.Sprintf("import {\n  to = zookeeper_ensure_path.test\n  id = %q\n}\n\n%s", id, test("/a", more)))
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckData("/a", "theirs"), // made by others, and not pruned
		Steps: []resource.TestStep{
			{Config: imported("a", ""), ExpectError: acctest.Error("Invalid import ID", `"a" is not absolute`)},
			{Config: imported("/", ""), ExpectError: acctest.Error("Invalid import ID", `root "/" always exists`)},
			{Config: imported("/zookeeper/quota", ""), ExpectError: acctest.Error("Invalid import ID", "belongs to ZooKeeper itself")},
			{Config: imported(tree.Path("/b"), ""), ExpectError: acctest.Error("Cannot import non-existent remote object")},
			{
				Config:            imported(tree.Path("/a"), ""),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", paths(tree), attrs{"stat": acctest.Stat(0, 0, 6, 0)}),
			},
			{
				ResourceName:                         address,
				ImportState:                          true,
				ImportStateId:                        tree.Path("/a"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "path",
			},
			{
				// What is imported and then lost is made by the resource.
				PreConfig:         func() { tree.Remove("/a") },
				Config:            tree.Config(test("/a", "")),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", paths(tree, "/a"), nil),
			},
			{PreConfig: func() { tree.Write("/a", "theirs") }, Config: tree.Config(test("/a", "")), ConfigPlanChecks: planned(nothing)},
		},
	})
}

func TestAccEnsurePath_drift(t *testing.T) {
	tree := acctest.NewTree(t)
	config := tree.Config(test("/a/b/c", ""))
	all := paths(tree, "/a", "/a/b", "/a/b/c")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a/b/c"),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create), ConfigStateChecks: state(tree, "/a/b/c", all, nil)},
			{
				// What others put into it is theirs, and no difference.
				PreConfig:         func() { tree.Write("/a/b/c", "theirs"); tree.WriteACL("/a/b/c", acctest.Open(), guarded) },
				Config:            config,
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a/b/c", all, attrs{"stat": acctest.Stat(1, 1, 6, 0)}),
			},
			{
				// The end is gone; the nodes above it are still the resource's.
				PreConfig: func() { tree.Remove("/a/b/c") },
				Config:    config,
				ConfigPlanChecks: planned(update,
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("created")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("stat"))),
				ConfigStateChecks: state(tree, "/a/b/c", all, nil),
				Check:             tree.CheckData("/a/b/c", ""),
			},
			{
				// All of it is gone.
				PreConfig:         func() { tree.Remove("/a") },
				Config:            config,
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a/b/c", all, nil),
			},
			{
				// Somebody deleted a part and made it again: it is theirs from now on.
				PreConfig: func() {
					tree.Remove("/a/b")
					tree.Put("/a/b", "")
					tree.Put("/a/b/c", "")
				},
				Config:            config,
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a/b/c", paths(tree, "/a"), nil),
			},
			{
				// And the end alone.
				PreConfig:         func() { tree.Remove("/a/b/c") },
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a/b/c", paths(tree, "/a", "/a/b/c"), nil),
			},
			{
				// What is not theirs goes; what is above theirs cannot.
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy),
				Check:            resource.ComposeTestCheckFunc(tree.CheckGone("/a/b/c"), tree.CheckData("/a/b", ""), tree.CheckData("/a", "")),
			},
		},
	})
}

// Somebody replaces a node that the resource made by another, after the plan:
// it is not removed.
func TestAccEnsurePath_replacedMeanwhile(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckData("/a/b", ""),
		Steps: []resource.TestStep{
			{Config: tree.Config(test("/a/b", "")), ConfigPlanChecks: planned(create)},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy, acctest.Meanwhile(func() { tree.Remove("/a/b"); tree.Put("/a/b", "") })),
				Check:            resource.ComposeTestCheckFunc(tree.CheckData("/a/b", ""), tree.CheckData("/a", "")),
			},
		},
	})
}

// The path came to be, or came to be gone, between plan and apply.
func TestAccEnsurePath_madeMeanwhile(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckData("/a", "theirs"),
		Steps: []resource.TestStep{
			{
				Config:            tree.Config(test("/a/b", "")),
				ConfigPlanChecks:  planned(create, acctest.Meanwhile(func() { tree.Put("/a", "theirs") })),
				ConfigStateChecks: state(tree, "/a/b", paths(tree, "/a/b"), nil),
			},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy, acctest.Meanwhile(func() { tree.Remove("/a/b") })),
			},
		},
	})
}

// What holds anything is not removed, nor what is above it; and that is told.
func TestAccEnsurePath_pruneStops(t *testing.T) {
	tests := map[string]struct {
		put  func(tree *acctest.Tree)
		left []string
		gone []string
		want []string
	}{
		"a child":             {func(tree *acctest.Tree) { tree.Put("/a/b/x", "") }, []string{"/a", "/a/b", "/a/b/x"}, []string{"/a/b/c"}, []string{`/a/b" was not removed`, "the nodes above it that this resource made stay too: ", `/a".`}},
		"data":                {func(tree *acctest.Tree) { tree.Write("/a", "theirs") }, []string{"/a"}, []string{"/a/b"}, []string{`/a" was not removed`}},
		"data at the end":     {func(tree *acctest.Tree) { tree.Write("/a/b/c", "theirs") }, []string{"/a", "/a/b", "/a/b/c"}, nil, []string{`/a/b/c" was not removed`}},
		"nothing, any longer": {func(tree *acctest.Tree) { tree.Write("/a", "theirs"); tree.Write("/a", "") }, nil, []string{"/a"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(test("/a/b/c", ""))})
			cli.MustRun("apply", "-no-color", "-auto-approve")
			tt.put(tree)
			run := cli.MustRun("destroy", "-no-color", "-auto-approve")
			warning := acctest.Error(append([]string{"Warning: Path is not empty"}, tt.want...)...)
			if (tt.left != nil) != warning.MatchString(run.Output) {
				t.Errorf("a warning was wanted: %v\n%s", tt.left != nil, run.Output)
			}
			if err := tree.CheckGone(tt.gone...)(nil); err != nil {
				t.Error(err)
			}
			for _, rel := range tt.left {
				if _, ok, err := tree.Client.Exists(t.Context(), tree.Path(rel)); err != nil || !ok {
					t.Errorf("%s: there %v, %v", rel, ok, err)
				}
			}
		})
	}
}

// A tainted path is removed and made again; but for what somebody else has put in its place,
// though the private state is not there to compare with.
func TestAccEnsurePath_tainted(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(test("/a/b", ""))})
	czxid := func(rel string) int64 {
		stat, _, err := tree.Client.Exists(t.Context(), tree.Path(rel))
		if err != nil {
			t.Fatal(err)
		}
		return stat.Czxid
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	was := czxid("/a")
	cli.MustRun("taint", "zookeeper_ensure_path.test")
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if now := czxid("/a"); now == was {
		t.Error("the path was not made anew")
	}

	cli.MustRun("taint", "zookeeper_ensure_path.test")
	cli.MustRun("plan", "-no-color", "-out=plan")
	tree.Remove("/a")
	tree.Put("/a", "")
	tree.Put("/a/b", "")
	was = czxid("/a")
	cli.MustRun("apply", "-no-color", "plan")
	if now := czxid("/a"); now != was {
		t.Error("what somebody else made was removed")
	}
}

func TestAccEnsurePath_keep(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckData("/a/b", ""),
		Steps: []resource.TestStep{
			{
				Config:            tree.Config(test("/a/b", `on_destroy = "keep"`)),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a/b", paths(tree, "/a", "/a/b"), attrs{"on_destroy": knownvalue.StringExact("keep")}),
			},
			{Config: tree.Config(``), ConfigPlanChecks: planned(destroy), Check: tree.CheckData("/a/b", "")},
		},
	})
}

func TestAccEnsurePath_defaultACL(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config:            tree.ConfigFor("default_"+aclOf(guarded), test("/a/b", "")),
			ConfigPlanChecks:  planned(create),
			ConfigStateChecks: state(tree, "/a/b", paths(tree, "/a", "/a/b"), nil),
			Check:             resource.ComposeTestCheckFunc(tree.CheckACL("/a", guarded), tree.CheckACL("/a/b", guarded)),
		}},
	})
}

// The chroot is made where it is missing, and belongs to nobody.
func TestAccEnsurePath_chroot(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: resource.ComposeTestCheckFunc(tree.CheckGone("/chroot/a"), tree.CheckData("/chroot", "")),
		Steps: []resource.TestStep{{
			Config:           fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\nresource \"zookeeper_ensure_path\" \"test\" { path = \"/a/b\" }", acctest.Server(t).Addr()+tree.Path("/chroot")),
			ConfigPlanChecks: planned(create),
			ConfigStateChecks: state(tree, "", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("/a"), knownvalue.StringExact("/a/b")}), attrs{
				"path": knownvalue.StringExact("/a/b"),
			}),
			Check: tree.CheckData("/chroot/a/b", ""),
		}},
	})
}
