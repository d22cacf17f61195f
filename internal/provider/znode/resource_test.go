package znode_test

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
)

// planned expects the action on zookeeper_znode.test.
func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return plannedFor("zookeeper_znode.test", action)
}

func plannedFor(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

// text checks a string.
func text(s string) knownvalue.Check { return knownvalue.StringExact(s) }

// state checks all attributes of zookeeper_znode.test: those of a node with the data,
// which is UTF-8, and the open ACL, and otherwise the defaults, except what is given.
func state(tree *acctest.Tree, rel, data string, except map[string]knownvalue.Check) []statecheck.StateCheck {
	var content knownvalue.Check = null
	if data != "" {
		content = text(data)
	}
	want := map[string]knownvalue.Check{
		"path":            text(tree.Path(rel)),
		"data":            content,
		"data_base64":     null,
		"compare":         text("bytes"),
		"on_destroy":      text("delete"),
		"data_wo":         null,
		"data_wo_version": null,
		"acl":             acctest.ACL(acctest.Open()),
		"create_parents":  yes,
		"parent_acl":      null,
		"mode":            text("persistent"),
		"ttl_ms":          null,
		"force_destroy":   no,
		"adopt_existing":  no,
		"stat":            acctest.Stat(0, 0, int64(len(data)), 0),
	}
	maps.Copy(want, except)
	return []statecheck.StateCheck{acctest.Attributes("zookeeper_znode.test", want)}
}

type attrs = map[string]knownvalue.Check

var (
	yes  = knownvalue.Bool(true)
	no   = knownvalue.Bool(false)
	null = knownvalue.Null()
)

func TestAccZnode_lifecycle(t *testing.T) {
	tree := acctest.NewTree(t)
	const binary = "\x00\x01\x02\xfe\xff"
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "Grüße, 世界"
}`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", create),
					// The other notation is not computed.
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data_base64"), null),
					plancheck.ExpectUnknownValue("zookeeper_znode.test", tfjsonpath.New("acl")),
					plancheck.ExpectUnknownValue("zookeeper_znode.test", tfjsonpath.New("stat")),
				}},
				ConfigStateChecks: state(tree, "/a", "Grüße, 世界", nil),
				Check:             tree.CheckData("/a", "Grüße, 世界"),
			},
			{
				ResourceName:                         "zookeeper_znode.test",
				ImportState:                          true,
				ImportStateId:                        tree.Path("/a"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "path",
			},
			{
				// The same content in the other notation is a change that the plan shows, and that
				// writes nothing.
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path        = "${local.base}/a"
  data_base64 = "R3LDvMOfZSwg5LiW55WM"
}`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", update),
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data"), null),
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("stat"), acctest.Stat(0, 0, 15, 0)),
				}},
				ConfigStateChecks: state(tree, "/a", "", attrs{"data_base64": text("R3LDvMOfZSwg5LiW55WM"), "stat": acctest.Stat(0, 0, 15, 0)}),
				Check:             tree.CheckVersions("/a", 0, 0),
			},
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path        = "${local.base}/a"
  data_base64 = "AAEC/v8="
}`),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "", attrs{"data_base64": text("AAEC/v8="), "stat": acctest.Stat(1, 0, 5, 0)}),
				Check:             tree.CheckData("/a", binary),
			},
			{
				ResourceName:                         "zookeeper_znode.test",
				ImportState:                          true,
				ImportStateId:                        tree.Path("/a"),
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "path",
			},
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = ""
}`),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "", attrs{"data": text(""), "stat": acctest.Stat(2, 0, 0, 0)}),
				Check:             tree.CheckData("/a", ""),
			},
			{
				// Another path is another node.
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/b"
  data = "moved"
}`),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/b", "moved", nil),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/b", "moved"), tree.CheckGone("/a")),
			},
		},
	})
}

func TestAccZnode_importBlockPlansEmpty(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "theirs")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config: tree.Config(tree.ImportBlock("zookeeper_znode.test", "/a") + `
resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "theirs"
  acl  = [{ scheme = "world", id = "anyone", permissions = 31 }]
}`),
			ConfigPlanChecks:  planned(nothing),
			ConfigStateChecks: state(tree, "/a", "theirs", nil),
			Check:             tree.CheckVersions("/a", 0, 0),
		}},
	})
}

func TestAccZnode_importErrors(t *testing.T) {
	tree := acctest.NewTree(t)
	_, err := tree.Client.Create(t.Context(), tree.Path("/ephemeral"), nil, zk.CreateOptions{Mode: zk.Ephemeral})
	if err != nil {
		t.Fatal(err)
	}
	step := func(id, want string, more ...string) resource.TestStep {
		return resource.TestStep{
			Config: tree.Config(fmt.Sprintf(`import {
  to = zookeeper_znode.test
  id = %q
}

resource "zookeeper_znode" "test" { path = "${local.base}/a" }`, id)),
			ExpectError: acctest.Error(append([]string{want}, more...)...),
		}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		step("relative", "Invalid import ID", `"relative" is not absolute`),
		step("/zookeeper/quota", "Invalid import ID", "belongs to ZooKeeper itself"),
		step(tree.Path("/missing"), "Cannot import non-existent remote object"),
		step(tree.Path("/ephemeral"), "Znode is ephemeral", "belongs to the session of another client"),
	}})
}

// Data that is left out belongs to others: the node is created empty, and what they write is
// neither followed nor written over.
func TestAccZnode_dataOfOthers(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:            tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "", nil),
				Check:             tree.CheckData("/a", ""),
			},
			{
				PreConfig:         func() { tree.Write("/a", "theirs") },
				Config:            tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", "", attrs{"stat": acctest.Stat(1, 0, 6, 0)}),
				Check:             tree.CheckData("/a", "theirs"),
			},
			{
				// They write while our own change of the ACL is under way: neither disturbs the other.
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  acl  = [
    { scheme = "world", id = "anyone", permissions = "r" },
    { scheme = "ip", id = "127.0.0.1", permissions = 31 },
  ]
}`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", update),
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data"), null),
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data_base64"), null),
					acctest.Meanwhile(func() { tree.Write("/a", "newer") }),
				}},
				ConfigStateChecks: state(tree, "/a", "", attrs{
					"acl": knownvalue.SetExact([]knownvalue.Check{
						acctest.ACLEntry("world", "anyone", "r"), acctest.ACLEntry("ip", "127.0.0.1", "31"),
					}),
					"stat": acctest.Stat(2, 1, 5, 0),
				}),
				Check: tree.CheckData("/a", "newer"),
			},
			{
				// But what they write after the plan of its destruction is not destroyed unseen.
				Config: tree.Config(``),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", destroy),
					acctest.Meanwhile(func() { tree.Write("/a", "newest") }),
				}},
				ExpectError: acctest.Error("Znode was changed by somebody else", "version 2 and is at version 3"),
			},
			{
				Config:           tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks: planned(nothing),
				Check:            tree.CheckData("/a", "newest"),
			},
		},
	})
}

// What has no effect on the server is not written to it.
func TestAccZnode_settingsWriteNothing(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "x"
}`),
				ConfigPlanChecks: planned(create),
			},
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path           = "${local.base}/a"
  data           = "x"
  force_destroy  = true
  adopt_existing = true
  create_parents = false
  parent_acl     = [{ scheme = "world", id = "anyone", permissions = 1 }]
}`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", update),
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("stat"), acctest.Stat(0, 0, 1, 0)),
				}},
				ConfigStateChecks: state(tree, "/a", "x", attrs{
					"force_destroy": yes, "adopt_existing": yes, "create_parents": no,
					"parent_acl": knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("world", "anyone", "1")}),
				}),
				Check: tree.CheckVersions("/a", 0, 0),
			},
		},
	})
}

func TestAccZnode_drift(t *testing.T) {
	tree := acctest.NewTree(t)
	config := tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "ours"
  acl  = [{ scheme = "world", id = "anyone", permissions = "cdrwa" }]
}`)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create)},
			{
				PreConfig:         func() { tree.Write("/a", "theirs") },
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "ours", attrs{"stat": acctest.Stat(2, 0, 4, 0)}),
				Check:             tree.CheckData("/a", "ours"),
			},
			{
				PreConfig: func() {
					tree.WriteACL("/a", acctest.Open(), zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermRead})
				},
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "ours", attrs{"stat": acctest.Stat(2, 2, 4, 0)}),
				Check:             tree.CheckACL("/a", acctest.Open()),
			},
			{
				PreConfig:         func() { tree.Remove("/a") },
				Config:            config,
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "ours", nil),
				Check:             tree.CheckData("/a", "ours"),
			},
			{
				// Somebody deleted it, and made one of the same path with the content that we want.
				PreConfig:         func() { tree.Remove("/a"); tree.Put("/a", "ours") },
				Config:            config,
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", "ours", nil),
			},
		},
	})
}

// Terraform composes the characters of every text (Unicode's form C), and ZooKeeper
// leaves them as they are.
func TestAccZnode_composedCharacters(t *testing.T) {
	tree := acctest.NewTree(t)
	const composed, decomposed = "\u00e9", "e\u0301"
	config := tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "` + decomposed + `"
}

resource "zookeeper_znode" "bytes" {
  path        = "${local.base}/b"
  data_base64 = "ZcyB" # decomposed
}`)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a", "/b"),
		Steps: []resource.TestStep{
			{
				Config:            config,
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", composed, nil),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/a", composed), tree.CheckData("/b", decomposed)),
			},
			{
				PreConfig:         func() { tree.Write("/a", decomposed) },
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", composed, attrs{"stat": acctest.Stat(2, 0, 2, 0)}),
				Check:             tree.CheckData("/a", composed),
			},
		},
	})
}

func TestAccZnode_modes(t *testing.T) {
	tree := acctest.NewTree(t)
	ttl := tree.Config(`resource "zookeeper_znode" "test" {
  path   = "${local.base}/a"
  mode   = "ttl"
  ttl_ms = 1099511627775
}`)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:            ttl,
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "", attrs{"mode": text("ttl"), "ttl_ms": knownvalue.Int64Exact(1099511627775)}),
			},
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path   = "${local.base}/a"
  mode   = "ttl"
  ttl_ms = 3600000
}`),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/a", "", attrs{"mode": text("ttl"), "ttl_ms": knownvalue.Int64Exact(3600000)}),
			},
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  mode = "container"
}`),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/a", "", attrs{"mode": text("container")}),
			},
			{
				Config:            tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/a", "", nil),
			},
			{
				// Somebody puts an ephemeral node in its place.
				PreConfig: func() {
					tree.Remove("/a")
					if _, err := tree.Client.Create(t.Context(), tree.Path("/a"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
						t.Error(err)
					}
				},
				Config:            tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/a", "", nil),
			},
		},
	})
}

// Servers do not tell of what kind a node is. An imported one is believed to be of the
// kind that is declared, and not deleted and made again for it.
func TestAccZnode_importedKindIsTakenOnTrust(t *testing.T) {
	tree := acctest.NewTree(t)
	_, err := tree.Client.Create(t.Context(), tree.Path("/a"), []byte("theirs"), zk.CreateOptions{Mode: zk.Container})
	if err != nil {
		t.Fatal(err)
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(tree.ImportBlock("zookeeper_znode.test", "/a") + `
resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  mode = "container"
}`),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "", attrs{"mode": text("container"), "stat": acctest.Stat(0, 0, 6, 0)}),
				Check:             tree.CheckVersions("/a", 0, 0),
			},
			{
				// From then on it is known.
				Config:           tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks: planned(replace),
			},
		},
	})
}

func TestAccZnode_forceDestroy(t *testing.T) {
	tree := acctest.NewTree(t)
	forced := tree.Config(`resource "zookeeper_znode" "test" {
  path          = "${local.base}/a"
  force_destroy = true
}`)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks: planned(create),
			},
			{
				PreConfig:        func() { tree.Put("/a/x", "x"); tree.Put("/a/y", "y"); tree.Put("/a/y/z", "z") },
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy),
				ExpectError:      acctest.Error("Znode is not empty", tree.Path("/a")+`" was not deleted, because it has 2 children: "x", "y".`, "force_destroy = true"),
			},
			{
				PreConfig: func() {
					for rel, data := range map[string]string{"/a/x": "x", "/a/y": "y", "/a/y/z": "z"} {
						if err := tree.HasData(rel, data); err != nil {
							t.Error(err)
						}
					}
				},
				Config:            forced,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "", attrs{"force_destroy": yes, "stat": acctest.Stat(0, 0, 0, 2)}),
			},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy),
				Check:            tree.CheckGone("/a"),
			},
		},
	})
}

func TestAccZnode_adoptExisting(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/a", "theirs", acctest.Open(), zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermRead})
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "ours"
}`),
				ConfigPlanChecks: planned(create),
				ExpectError: acctest.Error("Znode already exists", tree.Path("/a")+`" exists on the server`, "terraform import zookeeper_znode.NAME "+tree.Path("/a"),
					"import {", "to = zookeeper_znode.NAME", `id = "`+tree.Path("/a")+`"`, "adopt_existing = true"),
			},
			{
				PreConfig: func() {
					if err := tree.HasData("/a", "theirs"); err != nil {
						t.Error(err)
					}
				},
				// What is not declared is left as it is.
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  path           = "${local.base}/a"
  data           = "ours"
  adopt_existing = true
}`),
				ConfigPlanChecks: planned(create),
				ConfigStateChecks: state(tree, "/a", "ours", attrs{
					"adopt_existing": yes,
					"acl":            acctest.ACL(acctest.Open(), zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermRead}),
					"stat":           acctest.Stat(1, 0, 4, 0),
				}),
				Check: tree.CheckData("/a", "ours"),
			},
		},
	})
}

func TestAccZnode_adoptExistingWritesOnlyWhatDiffers(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "the same")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config: tree.Config(`resource "zookeeper_znode" "test" {
  path           = "${local.base}/a"
  data           = "the same"
  acl            = [{ scheme = "world", id = "anyone", permissions = "rwcda" }]
  adopt_existing = true
}`),
			ConfigPlanChecks: planned(create),
			ConfigStateChecks: state(tree, "/a", "the same", attrs{
				"adopt_existing": yes,
				"acl":            knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("world", "anyone", "rwcda")}),
			}),
			Check: tree.CheckVersions("/a", 0, 0),
		}},
	})
}
