package znode_test

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The first update of an imported node is what settles its kind. When it fails, the kind
// is as unknown as before, and the node is not deleted and made again by the next try.
func TestAccZnode_importedKindSurvivesAFailedUpdate(t *testing.T) {
	tree := acctest.NewTree(t)
	_, err := tree.Client.Create(t.Context(), tree.Path("/a"), []byte("theirs"), zk.CreateOptions{Mode: zk.Container})
	if err != nil {
		t.Fatal(err)
	}
	config := tree.Config(tree.ImportBlock("zookeeper_znode.test", "/a") + `
resource "zookeeper_znode" "test" {
  path = "${local.base}/a"
  data = "ours"
  mode = "container"
}`)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:           config,
				ConfigPlanChecks: meanwhile(update, func() { tree.Write("/a", "newer") }),
				ExpectError:      acctest.Error("Znode was changed by somebody else", "planned against version 0 and is at version 1"),
			},
			{
				PreConfig:         holds(t, tree.CheckData("/a", "newer")),
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "ours", attrs{"mode": text("container"), "stat": acctest.Stat(2, 0, 4, 0)}),
				Check:             tree.CheckData("/a", "ours"),
			},
			{
				Config:           tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks: planned(replace),
			},
		},
	})
}

// A server before 3.5 does not answer a creation with the stat, and has no containers.
func TestAccZnode_serverBefore35(t *testing.T) {
	tree := acctest.NewTreeOn(t, acctest.OwnServer(t, zktest.WithVersion("3.4.14")).Addr())
	config := func(data, more string) string {
		return tree.Config("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/p/a\"\n  data = \"" + data + "\"\n  " + more + "\n}")
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/p/a"),
		Steps: []resource.TestStep{
			{
				Config:           config("one", `mode = "container"`),
				ConfigPlanChecks: planned(create),
				ExpectError:      acctest.Error("ZooKeeper is too old", "a container node needs ZooKeeper 3.5.1 or later, the server is 3.4.14"),
			},
			{
				PreConfig:         holds(t, tree.CheckGone("/p")),
				Config:            config("one", ""),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/p/a", "one", nil),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/p/a", "one"), tree.CheckVersions("/p/a", 0, 0)),
			},
			{
				Config:           config("two", `acl = [{ scheme = "ip", id = "127.0.0.1", permissions = "cdrwa" }]`),
				ConfigPlanChecks: planned(update),
				ConfigStateChecks: state(tree, "/p/a", "two", attrs{
					"acl": acctest.ACL(zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll}), "stat": acctest.Stat(1, 1, 3, 0),
				}),
				Check: tree.CheckData("/p/a", "two"),
			},
		},
	})
}

// Somebody writes right after the creation on such a server: the state has what was
// created all the same, and the next plan shows their write.
func TestAccZnode_serverBefore35ChangedRightAfterwards(t *testing.T) {
	tree := acctest.NewTreeOn(t, acctest.OwnServer(t, zktest.WithVersion("3.4.14")).Addr())
	config := func(hook string) string {
		return tree.Config("resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  data = \"ours\"\n  " + hook + "\n}")
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:             config(acctest.Afterwards(t, func() { tree.Write("/a", "theirs") })),
				ConfigPlanChecks:   planned(create),
				ConfigStateChecks:  state(tree, "/a", "ours", nil),
				ExpectNonEmptyPlan: true,
			},
			{
				Config:            config(""),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "ours", attrs{"stat": acctest.Stat(2, 0, 4, 0)}),
			},
		},
	})
}

// An update whose ACL keeps the provider from reading what it wrote has happened all the
// same, and the state says so.
func TestAccZnode_unreadableAfterUpdate(t *testing.T) {
	tests := map[string]struct {
		before, after string
		want          map[string]any
	}{
		"declared": {
			before: `data = "one"`, after: `data = "two"`,
			want: map[string]any{"data": "two", "data_base64": nil, "data_wo_version": nil, "stat": [2]float64{1, 1}},
		},
		"of others": {
			before: ``, after: ``,
			want: map[string]any{"data": nil, "data_base64": nil, "data_wo_version": nil, "stat": [2]float64{0, 1}},
		},
		"secret": {
			before: "data_wo = \"one\"\n  data_wo_version = \"1\"", after: "data_wo = \"two\"\n  data_wo_version = \"2\"",
			want: map[string]any{"data": nil, "data_base64": nil, "data_wo_version": "2", "stat": [2]float64{1, 1}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if name == "secret" {
				acctest.Needs(t, acctest.WriteOnly)
			}
			t.Parallel()
			tree := acctest.NewTree(t)
			const hcl = "resource \"zookeeper_znode\" \"test\" {\n  path = \"${local.base}/a\"\n  "
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(hcl + tt.before + "\n}")})
			cli.MustRun("apply", "-no-color", "-auto-approve")
			cli.Write("main.tf", tree.Config(hcl+tt.after+"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"wda\" }]\n}"))
			run := cli.MustRun("apply", "-no-color", "-auto-approve")
			if !acctest.Error("Znode could not be read back", "The write itself succeeded", "READ (r)").MatchString(run.Output) {
				t.Errorf("no warning:\n%s", run.Output)
			}
			var shown struct {
				Values struct {
					Root struct {
						Resources []struct {
							Values struct {
								Data       any                 `json:"data"`
								DataBase64 any                 `json:"data_base64"`
								Version    any                 `json:"data_wo_version"`
								ACL        []map[string]string `json:"acl"`
								Stat       map[string]float64  `json:"stat"`
							} `json:"values"`
						} `json:"resources"`
					} `json:"root_module"`
				} `json:"values"`
			}
			if err := json.Unmarshal([]byte(cli.MustRun("show", "-json").Output), &shown); err != nil || len(shown.Values.Root.Resources) != 1 {
				t.Fatalf("%d resources, %v", len(shown.Values.Root.Resources), err)
			}
			got := shown.Values.Root.Resources[0].Values
			for attribute, v := range map[string]any{
				"data": got.Data, "data_base64": got.DataBase64, "data_wo_version": got.Version,
				"stat": [2]float64{got.Stat["version"], got.Stat["aversion"]},
			} {
				if v != tt.want[attribute] {
					t.Errorf("%s = %v, want %v", attribute, v, tt.want[attribute])
				}
			}
			if len(got.ACL) != 1 || got.ACL[0]["permissions"] != "wda" {
				t.Errorf("acl = %v", got.ACL)
			}
		})
	}
}

// A conflict with somebody who has closed the node as well: what it is now cannot be said,
// that it is another can.
func TestAccZnode_conflictUnseen(t *testing.T) {
	server := acctest.OwnServer(t)
	proxy := zktest.StartProxy(t, server.Addr())
	tree := acctest.NewTreeOn(t, server.Addr())
	config := func(data string) string {
		return "provider \"zookeeper\" {\n  servers = \"" + proxy.Addr() + "\"\n  connect_timeout = 1\n}\n\nresource \"zookeeper_znode\" \"test\" {\n  path = \"" + tree.Path("/a") + "\"\n  data = \"" + data + "\"\n}"
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: config("one"), ConfigPlanChecks: planned(create)},
			{
				Config: config("two"),
				ConfigPlanChecks: meanwhile(update, func() {
					tree.Write("/a", "theirs")
					// Once the write has been refused, nobody answers any more.
					wrote := false
					const opSetData, opExists = 5, 3
					proxy.CutBeforeRequest(func(op int32) bool {
						wrote = wrote || op == opSetData
						if wrote && op == opExists {
							proxy.Refuse(true)
							return true
						}
						return false
					})
				}),
				ExpectError: acctest.Error("Znode was changed by somebody else", `did not update the znode "`+tree.Path("/a")+`"`,
					"planned against version 0 of its data and version 0 of its ACL", "Nothing was written"),
			},
			{
				PreConfig:         func() { proxy.Refuse(false); holds(t, tree.CheckData("/a", "theirs"))() },
				Config:            config("two"),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", "two", attrs{"stat": acctest.Stat(2, 0, 3, 0)}),
			},
		},
	})
}

// ZooKeeper's own nodes are out of reach by any name, and a node that merely has the name
// of theirs below a chroot is not managed either: without the chroot it would be theirs.
func TestAccZnode_ownNodesBelowAChroot(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	config := func(chroot, hcl string) string {
		return "provider \"zookeeper\" { servers = \"" + acctest.Server(t).Addr() + chroot + "\" }\n\n" + hcl
	}
	const quota = `resource "zookeeper_znode" "test" { path = "/quota" }`
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      config(tree.Path("/app"), `resource "zookeeper_znode" "test" { path = "/zookeeper/a" }`),
			ExpectError: acctest.Error(`path = "/zookeeper/a"`, "belongs to ZooKeeper itself"),
		},
		{
			PreConfig:   holds(t, tree.CheckGone("/app/zookeeper")),
			Config:      config("/zookeeper", quota),
			ExpectError: acctest.Error(`path = "/quota"`, `the chroot "/zookeeper"`, `"/zookeeper/quota" belongs to ZooKeeper itself`),
		},
		{
			Config:      config("/zookeeper", "import {\n  to = zookeeper_znode.test\n  id = \"/quota\"\n}\n\n"+quota),
			ExpectError: acctest.Error("Invalid import ID", `the chroot "/zookeeper"`),
		},
	}})
}

// Two resources of one run with one path: whichever comes second is told what is wrong
// with the configuration, and an adoption does not paper over it.
func TestAccZnode_declaredTwice(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(`resource "zookeeper_znode" "test" {
  count          = 2
  path           = "${local.base}/a"
  data           = "one or the other"
  adopt_existing = true
}`),
				ConfigPlanChecks: plannedFor("zookeeper_znode.test[1]", create),
				ExpectError:      acctest.Error("Znode already exists", tree.Path("/a")+`" is created by another resource in this same run`, "two instances of one"),
			},
			{
				PreConfig:        holds(t, tree.CheckVersions("/a", 0, 0)),
				Config:           tree.Config(``),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectNonEmptyPlan()}},
				Check:            tree.CheckGone("/a"),
			},
		},
	})
}

// What is wrong with an ACL that comes late is found before it is written.
func TestAccZnode_lateACL(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(acl string) string {
		return tree.Config("resource \"terraform_data\" \"late\" { input = " + acl + " }\n\n" + withACL(`[for e in [terraform_data.late.output] : e]`))
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:           config(`{ scheme = "digest", id = "bob:builder", permissions = "cdrwa" }`),
				ConfigPlanChecks: planned(create),
				ExpectError:      acctest.Error("Invalid ACL entry", `what follows "bob:" is no digest`),
			},
			{
				// Not the default ACL in its place.
				PreConfig:        holds(t, tree.CheckGone("/a")),
				Config:           config(`null`),
				ConfigPlanChecks: planned(create),
				ExpectError:      acctest.Error("Invalid ACL entry", "An entry is null"),
			},
			{
				PreConfig:        holds(t, tree.CheckGone("/a")),
				Config:           config(`{ scheme = "world", id = "anyone", permissions = "31" }`),
				ConfigPlanChecks: planned(create),
				ConfigStateChecks: state(tree, "/a", "", attrs{
					"acl": knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("world", "anyone", "31")}),
				}),
			},
		},
	})
}
