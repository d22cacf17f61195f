package znode_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// withACL is a node with an ACL in HCL.
func withACL(acl string) string {
	return fmt.Sprintf("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  acl  = %s\n}", acl)
}

// userACL gives the user permissions.
func userACL(perms zk.Perms) zk.ACL {
	return zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: perms}
}

// Whatever notation, order and repetition an ACL is written in, it is one value.
func TestAccZnode_aclNotations(t *testing.T) {
	tree := acctest.NewTree(t)
	entries := []knownvalue.Check{acctest.ACLEntry("world", "anyone", "31"), acctest.ACLEntry("ip", "10.0.0.0/8", "rw")}
	expect := state(tree, "/a", "", attrs{"acl": knownvalue.SetExact(entries)})
	step := func(acl string, action plancheck.ResourceActionType) resource.TestStep {
		return resource.TestStep{
			Config: tree.Config(withACL(acl)), ConfigPlanChecks: planned(action), ConfigStateChecks: expect,
			Check: resource.ComposeTestCheckFunc(tree.CheckVersions("/a", 0, 0),
				tree.CheckACL("/a", zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermRead | zk.PermWrite}, acctest.Open())),
		}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			step(`[{ scheme = "world", id = "anyone", permissions = 31 }, { scheme = "ip", id = "10.0.0.0/8", permissions = "rw" }]`, create),
			// From here on the state keeps the first notation, and there is nothing to do.
			step(`[{ scheme = "ip", id = "10.0.0.0/8", permissions = "wr" }, { scheme = "world", id = "anyone", permissions = "adrwc" }]`, nothing),
			step(`[{ scheme = "world", id = "anyone", permissions = "cdrwa" }, { scheme = "world", id = "anyone", permissions = 31 }, { scheme = "ip", id = "10.0.0.0/8", permissions = 3 }]`, nothing),
			step(`[{ scheme = "world", id = "anyone", permissions = 15 }, { scheme = "world", id = "anyone", permissions = "a" }, { scheme = "ip", id = "10.0.0.0/8", permissions = 3 }]`, nothing),
		},
	})
}

func TestAccZnode_aclUpdate(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:            tree.ConfigAs(acctest.User, acctest.Password, withACL(fmt.Sprintf(`[{ scheme = "digest", id = %q, permissions = "cdrwa" }]`, acctest.UserID()))),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "", attrs{"acl": acctest.ACL(userACL(zk.PermAll))}),
				Check:             tree.CheckACL("/a", userACL(zk.PermAll)),
			},
			{
				ResourceName:                         "zookeeper_znode.test",
				ImportState:                          true,
				ImportStateId:                        tree.Path("/a"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "path",
			},
			{
				Config:           tree.ConfigAs(acctest.User, acctest.Password, withACL(`[{ scheme = "world", id = "anyone", permissions = "cdrwa" }]`)),
				ConfigPlanChecks: planned(update),
				ConfigStateChecks: state(tree, "/a", "", attrs{
					"acl": acctest.ACL(acctest.Open()), "stat": acctest.Stat(0, 1, 0, 0),
				}),
				Check: tree.CheckACL("/a", acctest.Open()),
			},
			{
				// No longer declared: left alone, by us and whoever writes it next.
				Config:            tree.ConfigAs(acctest.User, acctest.Password, `resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", "", attrs{"stat": acctest.Stat(0, 1, 0, 0)}),
				Check:             tree.CheckVersions("/a", 0, 1),
			},
			{
				PreConfig:        func() { tree.WriteACL("/a", acctest.Open(), userACL(zk.PermRead)) },
				Config:           tree.ConfigAs(acctest.User, acctest.Password, `resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks: planned(nothing),
				ConfigStateChecks: state(tree, "/a", "", attrs{
					"acl": acctest.ACL(acctest.Open(), userACL(zk.PermRead)), "stat": acctest.Stat(0, 2, 0, 0),
				}),
			},
			{
				// They write while the data becomes ours: neither disturbs the other. The plan
				// shows the ACL as it was, and the next refresh what they made of it.
				Config: tree.ConfigAs(acctest.User, acctest.Password, "resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  data = \"x\"\n}"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", update),
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("acl"), acctest.ACL(acctest.Open(), userACL(zk.PermRead))),
					acctest.Meanwhile(func() { tree.WriteACL("/a", acctest.Open()) }),
				}},
				ConfigStateChecks: state(tree, "/a", "x", attrs{
					"acl": acctest.ACL(acctest.Open(), userACL(zk.PermRead)), "stat": acctest.Stat(1, 2, 1, 0),
				}),
				Check: tree.CheckACL("/a", acctest.Open()),
			},
		},
	})
}

// The server puts the provider's identity instead of the scheme "auth". That is no
// difference; what somebody else makes of it is.
func TestAccZnode_aclAuth(t *testing.T) {
	tree := acctest.NewTree(t)
	config := tree.ConfigAs(acctest.User, acctest.Password, withACL(`[{ scheme = "auth", id = "", permissions = "cdrwa" }]`))
	asWritten := knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("auth", "", "cdrwa")})
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:            config,
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "", attrs{"acl": asWritten}),
				Check:             tree.CheckACL("/a", userACL(zk.PermAll)),
			},
			{
				// Somebody writes the same again.
				PreConfig:         func() { tree.WriteACL("/a", userACL(zk.PermAll)) },
				Config:            config,
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", "", attrs{"acl": asWritten, "stat": acctest.Stat(0, 1, 0, 0)}),
			},
			{
				PreConfig:         func() { tree.WriteACL("/a", userACL(zk.PermAll), acctest.Open()) },
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "", attrs{"acl": asWritten, "stat": acctest.Stat(0, 3, 0, 0)}),
				Check:             tree.CheckACL("/a", userACL(zk.PermAll)),
			},
			{
				// Written out, it is the same too.
				Config:            tree.ConfigAs(acctest.User, acctest.Password, withACL(fmt.Sprintf(`[{ scheme = "digest", id = %q, permissions = 31 }]`, acctest.UserID()))),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", "", attrs{"acl": asWritten, "stat": acctest.Stat(0, 3, 0, 0)}),
			},
		},
	})
}

// Without the permission ADMIN the server shows a digest as "user:x". That is no
// difference either, until somebody sets the ACL again: then nobody knows if it is the same.
func TestAccZnode_aclMasked(t *testing.T) {
	tree := acctest.NewTree(t)
	read := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead}
	acl := withACL(fmt.Sprintf(`[{ scheme = "digest", id = %q, permissions = "cdrwa" }, { scheme = "world", id = "anyone", permissions = "r" }]`, acctest.UserID()))
	expect := attrs{"acl": acctest.ACL(userACL(zk.PermAll), read)}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:            tree.ConfigAs(acctest.User, acctest.Password, acl),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "", expect),
			},
			{
				Config:            tree.Config(acl), // presents nobody
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", "", expect),
			},
			{
				PreConfig: func() { tree.WriteACL("/a", userACL(zk.PermAll), read) },
				Config:    tree.Config(acl), PlanOnly: true, ExpectNonEmptyPlan: true,
			},
			{
				Config:            tree.ConfigAs(acctest.User, acctest.Password, acl),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", "", attrs{"acl": expect["acl"], "stat": acctest.Stat(0, 1, 0, 0)}),
			},
		},
	})
}

func TestAccZnode_defaultAndParentACL(t *testing.T) {
	tree := acctest.NewTree(t)
	read := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermAdmin}
	byIP := zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll}
	const defaultACL = `default_acl = [{ scheme = "world", id = "anyone", permissions = "cdrw" }]`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/like", "/own", "/default", "/defaults"),
		Steps: []resource.TestStep{
			{
				Config: tree.ConfigFor(defaultACL, `resource "zookeeper_znode" "test" {
  path = "${local.base}/default"
}

resource "zookeeper_znode" "like_leaf" {
  path = "${local.base}/like/parent/leaf"
  acl  = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]
}

resource "zookeeper_znode" "own" {
  path       = "${local.base}/own/parent/leaf"
  acl        = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]
  parent_acl = [{ scheme = "world", id = "anyone", permissions = "cdrwa" }]
}

resource "zookeeper_znode" "defaults" {
  path = "${local.base}/defaults/parent/leaf"
}`),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/default", "", attrs{"acl": acctest.ACL(read)}),
				Check: resource.ComposeTestCheckFunc(
					tree.CheckACL("/default", read),
					tree.CheckACL("/defaults/parent", read),
					tree.CheckACL("/defaults/parent/leaf", read),
					tree.CheckACL("/like", byIP),
					tree.CheckACL("/like/parent", byIP),
					tree.CheckACL("/like/parent/leaf", byIP),
					tree.CheckACL("/own", acctest.Open()),
					tree.CheckACL("/own/parent", acctest.Open()),
					tree.CheckACL("/own/parent/leaf", byIP),
				),
			},
			{
				// Parents that no resource declares stay.
				Config:           tree.ConfigFor(defaultACL, ``),
				ConfigPlanChecks: planned(destroy),
				Check: resource.ComposeTestCheckFunc(
					tree.CheckGone("/like/parent/leaf", "/own/parent/leaf", "/defaults/parent/leaf"),
					tree.CheckData("/like/parent", ""), tree.CheckData("/own/parent", ""),
					tree.CheckData("/defaults/parent", ""),
				),
			},
			{
				PreConfig:        func() { tree.Remove("/like"); tree.Remove("/own"); tree.Remove("/defaults") },
				Config:           tree.ConfigFor(defaultACL, ``),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
}
