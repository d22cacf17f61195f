package znodeacl_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

const (
	address = "zookeeper_znode_acl.test"

	create  = plancheck.ResourceActionCreate
	update  = plancheck.ResourceActionUpdate
	replace = plancheck.ResourceActionReplace
	destroy = plancheck.ResourceActionDestroy
	nothing = plancheck.ResourceActionNoop
)

// planned expects the action, and does something between the plan and the apply.
func planned(action plancheck.ResourceActionType, meanwhile ...func()) resource.ConfigPlanChecks {
	checks := []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}
	for _, do := range meanwhile {
		checks = append(checks, acctest.Meanwhile(do))
	}
	return resource.ConfigPlanChecks{PreApply: checks}
}

type attrs = map[string]knownvalue.Check

var (
	yes = knownvalue.Bool(true)
	no  = knownvalue.Bool(false)
)

// text checks a string.
func text(s string) knownvalue.Check { return knownvalue.StringExact(s) }

// differs checks the attribute differing: pairs of a path below the tree and an ACL.
func differs(tree *acctest.Tree, pairs ...string) knownvalue.Check {
	want := make(attrs)
	for i := 0; i < len(pairs); i += 2 {
		want[tree.Path(pairs[i])] = text(pairs[i+1])
	}
	return knownvalue.MapExact(want)
}

// state checks all attributes: those of a node without data, with the ACL that the config
// below has, set once, and the defaults, except what is given.
func state(tree *acctest.Tree, rel string, except attrs) []statecheck.StateCheck {
	want := attrs{
		"path":       text(tree.Path(rel)),
		"acl":        acctest.ACL(read, user(zk.PermAll)),
		"recursive":  no,
		"exclude":    knownvalue.Null(),
		"on_destroy": text("restore"),
		"differing":  differs(tree),
		"record":     knownvalue.StringRegexp(regexp.MustCompile(`^[A-Za-z0-9+/]+=*$`)),
		"stat":       acctest.Stat(0, 1, 0, 0),
	}
	maps.Copy(want, except)
	return []statecheck.StateCheck{acctest.Attributes(address, want)}
}

var read = zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}

// user gives the user permissions.
func user(perms zk.Perms) zk.ACL { return zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: perms} }

// hcl is an ACL as it is written.
func hcl(acl ...zk.ACL) string {
	var b strings.Builder
	for _, a := range acl {
		fmt.Fprintf(&b, "{ scheme = %q, id = %q, permissions = %q },\n", a.Scheme, a.ID, a.Perms)
	}
	return "[" + b.String() + "]"
}

// on is the resource in HCL, for a node of the tree, with further attributes.
func on(rel, acl string, more ...string) string {
	return fmt.Sprintf("resource \"zookeeper_znode_acl\" \"test\" {\n  path = \"${local.base}%s\"\n  acl  = %s\n  %s\n}\n", rel, acl, strings.Join(more, "\n  "))
}

// guarded is the ACL that most tests set: everything to the user, and to others to read.
func guarded() string { return hcl(user(zk.PermAll), read) }

// as is a configuration for a provider that presents the user.
func as(tree *acctest.Tree, hcl string) string {
	return tree.ConfigAs(acctest.User, acctest.Password, hcl)
}

// holds makes a PreConfig of checks of what an earlier step left on the server.
func holds(t *testing.T, checks ...resource.TestCheckFunc) func() {
	t.Helper()
	return func() {
		t.Helper()
		if err := all(checks...)(nil); err != nil {
			t.Error(err)
		}
	}
}

func all(checks ...resource.TestCheckFunc) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		for _, check := range checks {
			if err := check(s); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestAccZnodeACL_lifecycle(t *testing.T) {
	tree := acctest.NewTree(t)
	byIP := zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermRead}
	tree.PutGuarded("/a", "", acctest.Open(), byIP)
	tree.Put("/b", "")
	notDelete := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermDelete}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: all(tree.CheckACL("/a", acctest.Open(), byIP), tree.CheckACL("/b", acctest.Open())),
		Steps: []resource.TestStep{
			{
				Config: as(tree, on("/a", guarded())),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, create),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("differing"), knownvalue.MapExact(attrs{})),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("stat")),
				}},
				ConfigStateChecks: state(tree, "/a", nil),
				Check:             tree.CheckACL("/a", user(zk.PermAll), read),
			},
			{Config: as(tree, on("/a", guarded())), PlanOnly: true},
			{
				ResourceName: address, ImportState: true, ImportStateId: tree.Path("/a"),
				ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "path",
				ImportStateVerifyIgnore: []string{"record"}, // what it had before the import is not known
			},
			{
				Config:            as(tree, on("/a", hcl(notDelete))),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", attrs{"acl": acctest.ACL(notDelete), "stat": acctest.Stat(0, 2, 0, 0)}),
				Check:             tree.CheckACL("/a", notDelete),
			},
			{
				// A setting that the server knows nothing of.
				Config:            as(tree, on("/a", hcl(notDelete), `on_destroy = "keep"`)),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", attrs{"acl": acctest.ACL(notDelete), "stat": acctest.Stat(0, 2, 0, 0), "on_destroy": text("keep")}),
				Check:             tree.CheckVersions("/a", 0, 2),
			},
			{
				// Another path is another node, and the first one keeps what it has.
				Config:            as(tree, on("/b", guarded())),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/b", nil),
				Check:             all(tree.CheckACL("/b", user(zk.PermAll), read), tree.CheckACL("/a", notDelete)),
			},
			{
				PreConfig:         func() { tree.WriteACL("/a", acctest.Open(), byIP) },
				Config:            as(tree, on("/a", guarded())),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/a", attrs{"stat": acctest.Stat(0, 4, 0, 0)}),
				Check:             tree.CheckACL("/b", acctest.Open()),
			},
			{
				// What was there in the first place comes back, and not what was there meanwhile.
				Config:           as(tree, on("/a", hcl(notDelete))),
				ConfigPlanChecks: planned(update),
			},
			{
				Config: as(tree, ``),
				Check:  all(tree.CheckACL("/a", acctest.Open(), byIP), tree.CheckVersions("/a", 0, 6)),
			},
		},
	})
}

// Whatever notation, order and repetition an ACL is written in, it is one value.
func TestAccZnodeACL_notations(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	expect := state(tree, "/a", attrs{"acl": knownvalue.SetExact([]knownvalue.Check{
		acctest.ACLEntry("world", "anyone", "31"), acctest.ACLEntry("ip", "10.0.0.0/8", "rw"),
	})})
	step := func(acl string, action plancheck.ResourceActionType) resource.TestStep {
		return resource.TestStep{
			Config: tree.Config(on("/a", acl)), ConfigPlanChecks: planned(action), ConfigStateChecks: expect, Check: tree.CheckVersions("/a", 0, 1),
		}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckACL("/a", acctest.Open()),
		Steps: []resource.TestStep{
			step(`[{ scheme = "world", id = "anyone", permissions = 31 }, { scheme = "ip", id = "10.0.0.0/8", permissions = "rw" }]`, create),
			step(`[{ scheme = "ip", id = "10.0.0.0/8", permissions = "wr" }, { scheme = "world", id = "anyone", permissions = "adrwc" }]`, nothing),
			step(`[{ scheme = "world", id = "anyone", permissions = 15 }, { scheme = "world", id = "anyone", permissions = "a" }, { scheme = "ip", id = "10.0.0.0/8", permissions = 3 }, { scheme = "ip", id = "10.0.0.0/8", permissions = "r" }]`, nothing),
		},
	})
}

// The node has the ACL already: nothing is written, neither at the beginning nor at the
// end.
func TestAccZnodeACL_asItIs(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/a", "", user(zk.PermAll), read)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckVersions("/a", 0, 0),
		Steps: []resource.TestStep{{
			Config: as(tree, on("/a", guarded())), ConfigPlanChecks: planned(create),
			ConfigStateChecks: state(tree, "/a", attrs{"stat": acctest.Stat(0, 0, 0, 0)}),
		}},
	})
}

// The server puts the provider's identity instead of the scheme "auth". That is no
// difference; what somebody else makes of it is.
func TestAccZnodeACL_auth(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	const auth = `[{ scheme = "auth", id = "", permissions = "cdrwa" }]`
	asWritten := func(aversion int64) []statecheck.StateCheck {
		return state(tree, "/a", attrs{
			"acl":  knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("auth", "", "cdrwa")}),
			"stat": acctest.Stat(0, aversion, 0, 0),
		})
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckACL("/a", acctest.Open()),
		Steps: []resource.TestStep{
			{
				Config: as(tree, on("/a", auth)), ConfigPlanChecks: planned(create), ConfigStateChecks: asWritten(1),
				Check: tree.CheckACL("/a", user(zk.PermAll)),
			},
			{
				PreConfig: func() { tree.WriteACL("/a", user(zk.PermAll)) }, // the same again
				Config:    as(tree, on("/a", auth)), ConfigPlanChecks: planned(nothing), ConfigStateChecks: asWritten(2),
			},
			{
				PreConfig: func() { tree.WriteACL("/a", user(zk.PermAll), acctest.Open()) },
				Config:    as(tree, on("/a", auth)), ConfigPlanChecks: planned(update), ConfigStateChecks: asWritten(4),
				Check: tree.CheckACL("/a", user(zk.PermAll)),
			},
			{
				// Written out, it is the same too.
				Config: as(tree, on("/a", hcl(user(zk.PermAll)))), ConfigPlanChecks: planned(nothing), ConfigStateChecks: asWritten(4),
			},
		},
	})
}

// Without the permission ADMIN the server shows a digest as "user:x". That is no
// difference either, on the node and below it, until somebody sets the ACL again: then nobody
// knows if it is the same.
func TestAccZnodeACL_masked(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/b", "")
	config := on("/a", guarded(), "recursive = true")
	expect := func(aversion int64) []statecheck.StateCheck {
		return state(tree, "/a", attrs{"recursive": yes, "stat": acctest.Stat(0, aversion, 0, 1)})
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: all(tree.CheckACL("/a", acctest.Open()), tree.CheckACL("/a/b", acctest.Open())),
		Steps: []resource.TestStep{
			{Config: as(tree, config), ConfigPlanChecks: planned(create), ConfigStateChecks: expect(1)},
			{Config: tree.Config(config), ConfigPlanChecks: planned(nothing), ConfigStateChecks: expect(1)}, // presents nobody
			{
				PreConfig: func() {
					tree.WriteACL("/a", user(zk.PermAll), read)
					tree.WriteACL("/a/b", user(zk.PermAll), read)
				},
				Config: tree.Config(config), PlanOnly: true, ExpectNonEmptyPlan: true,
			},
			{Config: as(tree, config), ConfigPlanChecks: planned(nothing), ConfigStateChecks: expect(2)},
		},
	})
}

// A node and its ACL as two resources: neither undoes what the other does.
func TestAccZnodeACL_besideZnode(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(data, acl string) string {
		return as(tree, fmt.Sprintf(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = %q
}

resource "zookeeper_znode" "child" {
  path = "${zookeeper_znode.test.path}/child"
}

resource "zookeeper_znode_acl" "test" {
  path       = zookeeper_znode.test.path
  acl        = %s
  recursive  = true
  depends_on = [zookeeper_znode.child]
}`, data, acl))
	}
	step := func(data, acl string, node, acls plancheck.ResourceActionType, aversion int64, want ...zk.ACL) resource.TestStep {
		return resource.TestStep{
			Config: config(data, acl),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("zookeeper_znode.test", node),
				plancheck.ExpectResourceAction(address, acls),
			}},
			Check: all(tree.CheckData("/a", data), tree.CheckACL("/a", want...), tree.CheckACL("/a/child", want...), tree.CheckVersions("/a/child", 0, int32(aversion))),
		}
	}
	empty := func(data, acl string) resource.TestStep {
		return resource.TestStep{Config: config(data, acl), PlanOnly: true}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			step("one", guarded(), create, create, 1, user(zk.PermAll), read),
			empty("one", guarded()),
			step("two", guarded(), update, nothing, 1, user(zk.PermAll), read),
			empty("two", guarded()),
			step("two", hcl(user(zk.PermAll)), nothing, update, 2, user(zk.PermAll)),
			step("three", guarded(), update, update, 3, user(zk.PermAll), read),
			empty("three", guarded()),
			{
				// Without this resource the node has what zookeeper_znode gave it.
				Config: as(tree, "resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  data = \"three\"\n}\n\n"+
					"resource \"zookeeper_znode\" \"child\" {\n  path = \"${zookeeper_znode.test.path}/child\"\n}"),
				ConfigPlanChecks: planned(destroy),
				Check:            all(tree.CheckACL("/a", acctest.Open()), tree.CheckACL("/a/child", acctest.Open())),
			},
		},
	})
}

// They are destroyed together too, each after what refers to it, though the ACL of the
// nodes has changed since the plan by then.
func TestAccZnodeACL_destroyedWithZnode(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config: as(tree, fmt.Sprintf(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
}

resource "zookeeper_znode" "child" {
  path = "${zookeeper_znode.test.path}/child"
  data = "child"
}

resource "zookeeper_znode_acl" "test" {
  path       = zookeeper_znode.test.path
  acl        = %s
  recursive  = true
  depends_on = [zookeeper_znode.child]
}`, hcl(user(zk.PermRead|zk.PermAdmin)))),
			ConfigPlanChecks: planned(create),
			Check:            all(tree.CheckACL("/a", user(zk.PermRead|zk.PermAdmin)), tree.CheckACL("/a/child", user(zk.PermRead|zk.PermAdmin))),
		}},
	})
}

// A zookeeper_znode that declares an ACL leaves it alone from the time that it declares
// none, and zookeeper_znode_acl takes it over.
func TestAccZnodeACL_takesOver(t *testing.T) {
	tree := acctest.NewTree(t)
	znode := func(acl string) string {
		return "resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n" + acl + "}\n\n"
	}
	both := as(tree, znode("")+strings.Replace(on("/a", guarded()), `"${local.base}/a"`, "zookeeper_znode.test.path", 1))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: as(tree, znode("  acl = "+hcl(user(zk.PermAll))+"\n")), Check: tree.CheckACL("/a", user(zk.PermAll))},
			{
				Config: both,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", nothing),
					plancheck.ExpectResourceAction(address, create),
				}},
				ConfigStateChecks: state(tree, "/a", nil),
				Check:             tree.CheckACL("/a", user(zk.PermAll), read),
			},
			{Config: both, PlanOnly: true},
		},
	})
}

// What is known only in the apply is planned as unknown, and is then what was meant.
func TestAccZnodeACL_knownLate(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	config := as(tree, `resource "terraform_data" "late" {
  input = { name = "a", id = "`+acctest.UserID()+`", recursive = true, on_destroy = "keep" }
}

`+on("/${terraform_data.late.output.name}", `[
    { scheme = "digest", id = terraform_data.late.output.id, permissions = 31 },
    { scheme = "world", id = "anyone", permissions = "r" },
  ]`, "recursive = terraform_data.late.output.recursive", "on_destroy = terraform_data.late.output.on_destroy"))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: isGuarded(tree, "/a"),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, create),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("path")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("recursive")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("on_destroy")),
				}},
				ConfigStateChecks: state(tree, "/a", attrs{
					"acl":       knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("digest", acctest.UserID(), "31"), acctest.ACLEntry("world", "anyone", "r")}),
					"recursive": yes, "on_destroy": text("keep"),
				}),
				Check: isGuarded(tree, "/a"),
			},
			{Config: config, PlanOnly: true},
		},
	})
}

// Servers' own nodes can have an ACL from here too, and the root.
func TestAccZnodeACL_ofTheRoot(t *testing.T) {
	tree := acctest.NewTreeOn(t, acctest.OwnServer(t).Addr())
	tree.Put("/a", "")
	root := func(acl, more string) string {
		return as(tree, fmt.Sprintf("resource \"zookeeper_znode_acl\" \"test\" {\n  path = \"/\"\n  acl = %s\n  %s\n}", acl, more))
	}
	aclOf := func(path string) string {
		acl, _, err := tree.Client.ACL(t.Context(), path)
		if err != nil {
			t.Error(err)
		}
		return fmt.Sprint(acl)
	}
	was := aclOf("/")
	config := aclOf("/zookeeper/config")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			if got := aclOf("/"); got != was {
				return fmt.Errorf("the root has %s, and had %s", got, was)
			}
			return tree.CheckACL("/a", acctest.Open())(nil)
		},
		Steps: []resource.TestStep{
			{Config: root(guarded(), ""), ConfigPlanChecks: planned(create)},
			{
				Config: root(guarded(), "recursive = true"), ConfigPlanChecks: planned(update),
				Check: all(tree.CheckACL("/a", user(zk.PermAll), read), func(*terraform.State) error {
					if got := aclOf("/zookeeper/config"); got != config {
						return fmt.Errorf("the servers' own node has %s, and had %s", got, config)
					}
					return nil
				}),
			},
		},
	})
}

// An imported ACL counts as what the node had before.
func TestAccZnodeACL_imported(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/a", "", user(zk.PermAll), read)
	tree.Put("/a/b", "")
	config := as(tree, tree.ImportBlock(address, "/a")+on("/a", guarded()))
	open := hcl(acctest.Open())
	acctest.Test(t, resource.TestCase{
		CheckDestroy: all(tree.CheckACL("/a", user(zk.PermAll), read), tree.CheckACL("/a/b", acctest.Open())),
		Steps: []resource.TestStep{
			{
				Config: config, ConfigPlanChecks: planned(nothing),
				ConfigStateChecks: state(tree, "/a", attrs{"stat": acctest.Stat(0, 0, 0, 1)}),
				Check:             tree.CheckVersions("/a", 0, 0),
			},
			{
				Config: as(tree, on("/a", open)), ConfigPlanChecks: planned(update),
				ConfigStateChecks: state(tree, "/a", attrs{"acl": acctest.ACL(acctest.Open()), "stat": acctest.Stat(0, 1, 0, 1)}),
			},
			{
				Config: as(tree, on("/a", guarded(), "recursive = true")), ConfigPlanChecks: planned(update),
				ConfigStateChecks: state(tree, "/a", attrs{"recursive": yes, "stat": acctest.Stat(0, 2, 0, 1)}),
				Check:             tree.CheckACL("/a/b", user(zk.PermAll), read),
			},
		},
	})
}

// A tree is imported by its top, and the rest comes with the first apply.
func TestAccZnodeACL_importedTree(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/a", "", user(zk.PermAll), read)
	tree.PutGuarded("/a/x", "", user(zk.PermAll), read)
	tree.Put("/a/y", "")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: all(isGuarded(tree, "/a", "/a/x"), isOpen(tree, "/a/y")),
		Steps: []resource.TestStep{{
			Config: as(tree, tree.ImportBlock(address, "/a")+on("/a", guarded(), recursive)), ConfigPlanChecks: planned(update),
			ConfigStateChecks: state(tree, "/a", attrs{"recursive": yes, "stat": acctest.Stat(0, 0, 0, 2)}),
			Check:             all(isGuarded(tree, "/a", "/a/x", "/a/y"), tree.CheckVersions("/a", 0, 0), tree.CheckVersions("/a/x", 0, 0)),
		}},
	})
}

// What an import cannot know, it tells; and destroying what was imported changes nothing.
func TestAccZnodeACL_importWarns(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/a", "", user(zk.PermAll), read)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", guarded()))})
	run := cli.MustRun("import", "-no-color", address, tree.Path("/a"))
	if !acctest.Error("What the znode had before is not known", tree.Path("/a")).MatchString(run.Output) {
		t.Errorf("no warning:\n%s", run.Output)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	holds(t, tree.CheckVersions("/a", 0, 0))()
}
