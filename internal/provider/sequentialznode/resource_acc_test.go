package sequentialznode_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const (
	create  = plancheck.ResourceActionCreate
	update  = plancheck.ResourceActionUpdate
	replace = plancheck.ResourceActionReplace
	destroy = plancheck.ResourceActionDestroy
	nothing = plancheck.ResourceActionNoop

	address = "zookeeper_sequential_znode.test"
)

type attrs = map[string]knownvalue.Check

var (
	yes  = knownvalue.Bool(true)
	no   = knownvalue.Bool(false)
	null = knownvalue.Null()
)

func text(s string) knownvalue.Check { return knownvalue.StringExact(s) }

// planned expects the action, and what the further checks do.
func planned(action plancheck.ResourceActionType, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: append([]plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}, more...)}
}

// test is the resource in HCL, below the prefix and with further attributes.
func test(prefix, more string) string {
	return fmt.Sprintf("resource \"zookeeper_sequential_znode\" \"test\" {\n  path_prefix = \"${local.base}%s\"\n%s\n}\n", prefix, more)
}

// state checks all attributes: those of a node with the data, which is UTF-8, and the open
// ACL, and otherwise the defaults, except what is given.
func state(tree *acctest.Tree, prefix, number, data string, except attrs) []statecheck.StateCheck {
	var content knownvalue.Check = null
	if data != "" {
		content = text(data)
	}
	want := attrs{
		"path_prefix":     text(tree.Path(prefix)),
		"path":            text(tree.Path(prefix + number)),
		"data":            content,
		"data_base64":     null,
		"compare":         text("bytes"),
		"on_destroy":      text("delete"),
		"data_wo":         null,
		"data_wo_version": null,
		"acl":             acctest.ACL(acctest.Open()),
		"create_parents":  yes,
		"force_destroy":   no,
		"stat":            acctest.Stat(0, 0, int64(len(data)), 0),
	}
	maps.Copy(want, except)
	return []statecheck.StateCheck{acctest.Attributes(address, want)}
}

// children checks the names below a node.
func children(t *testing.T, tree *acctest.Tree, rel string, want ...string) resource.TestCheckFunc {
	t.Helper()
	return func(_ *tfState) error {
		names, _, err := tree.Client.Children(t.Context(), tree.Path(rel))
		if err != nil {
			return err
		}
		if got := strings.Join(names, " "); got != strings.Join(want, " ") {
			return fmt.Errorf("below %s: %s, want %v", tree.Path(rel), got, want)
		}
		return nil
	}
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

// imports is a step that imports a node and finds it as the state has it.
func imports(tree *acctest.Tree, rel string) resource.TestStep {
	return resource.TestStep{
		ResourceName:                         address,
		ImportState:                          true,
		ImportStateId:                        tree.Path(rel),
		ImportStateVerify:                    true,
		ImportStateVerifyIdentifierAttribute: "path",
	}
}

func TestAccSequentialZnode_lifecycle(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(test("/job-", `data = "Grüße, 世界"`)),
				ConfigPlanChecks: planned(create,
					plancheck.ExpectKnownValue(address, tfjsonpath.New("data_base64"), null),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("path")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("acl")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("stat"))),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "Grüße, 世界", nil),
				Check:             resource.ComposeTestCheckFunc(children(t, tree, "", "job-0000000000"), tree.CheckData("/job-0000000000", "Grüße, 世界")),
			},
			imports(tree, "/job-0000000000"),
			{
				// The same content in the other notation is a change that the plan shows, and that
				// writes nothing.
				Config: tree.Config(test("/job-", `data_base64 = "R3LDvMOfZSwg5LiW55WM"`)),
				ConfigPlanChecks: planned(update, plancheck.ExpectKnownValue(address, tfjsonpath.New("data"), null),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("stat"), acctest.Stat(0, 0, 15, 0))),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "", attrs{"data_base64": text("R3LDvMOfZSwg5LiW55WM"), "stat": acctest.Stat(0, 0, 15, 0)}),
				Check:             tree.CheckVersions("/job-0000000000", 0, 0),
			},
			{
				// A change is made to the node, and its path is known.
				Config:            tree.Config(test("/job-", `data_base64 = "AAEC/v8="`)),
				ConfigPlanChecks:  planned(update, plancheck.ExpectKnownValue(address, tfjsonpath.New("path"), text(tree.Path("/job-0000000000")))),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "", attrs{"data_base64": text("AAEC/v8="), "stat": acctest.Stat(1, 0, 5, 0)}),
				Check:             tree.CheckData("/job-0000000000", "\x00\x01\x02\xfe\xff"),
			},
			imports(tree, "/job-0000000000"),
			{
				// What has no effect on the server is not written to it.
				Config: tree.Config(test("/job-", "data_base64 = \"AAEC/v8=\"\nforce_destroy = true\ncreate_parents = false")),
				ConfigPlanChecks: planned(update,
					plancheck.ExpectKnownValue(address, tfjsonpath.New("stat"), acctest.Stat(1, 0, 5, 0))),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "", attrs{
					"data_base64": text("AAEC/v8="), "stat": acctest.Stat(1, 0, 5, 0), "force_destroy": yes, "create_parents": no,
				}),
				Check: tree.CheckVersions("/job-0000000000", 1, 0),
			},
			{
				// Another prefix is another node of the same sequence.
				Config:            tree.Config(test("/task-", `data = "moved"`)),
				ConfigPlanChecks:  planned(replace, plancheck.ExpectUnknownValue(address, tfjsonpath.New("path"))),
				ConfigStateChecks: state(tree, "/task-", "0000000001", "moved", nil),
				Check:             children(t, tree, "", "task-0000000001"),
			},
		},
	})
}

// Whatever a prefix ends with, the node has its number after it, and is imported again.
func TestAccSequentialZnode_prefixes(t *testing.T) {
	for name, prefix := range map[string]string{
		"slash":  "/jobs/",
		"digits": "/job10",
		"dot":    "/jobs/.",
		"dots":   "/jobs/..",
		"minus":  "/job-1-",
		"text":   "/jobs/Aufträge ",
	} {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			acctest.Test(t, resource.TestCase{
				CheckDestroy: tree.CheckGone(prefix + "0000000000"),
				Steps: []resource.TestStep{
					{
						Config:            tree.Config(test(prefix, "")),
						ConfigPlanChecks:  planned(create),
						ConfigStateChecks: state(tree, prefix, "0000000000", "", nil),
						Check:             tree.CheckData(prefix+"0000000000", ""),
					},
					imports(tree, prefix+"0000000000"),
				},
			})
		})
	}
}

// Below a chroot the root is the chroot.
func TestAccSequentialZnode_root(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{{
			Config:           fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\nresource \"zookeeper_sequential_znode\" \"test\" { path_prefix = \"/\" }", acctest.Server(t).Addr()+tree.Base),
			ConfigPlanChecks: planned(create),
			ConfigStateChecks: state(tree, "", "", "", attrs{
				"path_prefix": text("/"), "path": text("/0000000000"),
			}),
			Check: children(t, tree, "", "0000000000"),
		}},
	})
}

// Each instance makes a node of its own, however many are made at the same time.
func TestAccSequentialZnode_many(t *testing.T) {
	tree := acctest.NewTree(t)
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprintf("n-%010d", i))
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, "/q"),
		Steps: []resource.TestStep{{
			Config: tree.Config(test("/q/n-", "count = 30\ndata = \"the same\"")),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address+"[29]", create),
			}},
			Check: children(t, tree, "/q", want...),
		}},
	})
}

func TestAccSequentialZnode_drift(t *testing.T) {
	tree := acctest.NewTree(t)
	config := tree.Config(test("/job-", "data = \"ours\"\nacl  = [{ scheme = \"world\", id = \"anyone\", permissions = 31 }]"))
	asWritten := knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("world", "anyone", "31")})
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create)},
			{
				PreConfig:         func() { tree.Write("/job-0000000000", "theirs") },
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "ours", attrs{"acl": asWritten, "stat": acctest.Stat(2, 0, 4, 0)}),
				Check:             tree.CheckData("/job-0000000000", "ours"),
			},
			{
				PreConfig: func() {
					tree.WriteACL("/job-0000000000", acctest.Open(), zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermRead})
				},
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "ours", attrs{"acl": asWritten, "stat": acctest.Stat(2, 2, 4, 0)}),
				Check:             tree.CheckACL("/job-0000000000", acctest.Open()),
			},
			{
				// What somebody else deleted is made again, under the next number.
				PreConfig:         func() { tree.Remove("/job-0000000000") },
				Config:            config,
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/job-", "0000000001", "ours", attrs{"acl": asWritten}),
				Check:             children(t, tree, "", "job-0000000001"),
			},
		},
	})
}

// Data and ACL that are left out belong to others.
func TestAccSequentialZnode_ofOthers(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{
				Config:            tree.ConfigFor(`default_acl = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]`, test("/job-", "")),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "", attrs{"acl": acctest.ACL(zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll})}),
			},
			{
				PreConfig: func() {
					tree.Write("/job-0000000000", "theirs")
					tree.WriteACL("/job-0000000000", acctest.Open())
				},
				Config:            tree.Config(test("/job-", "")),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "", attrs{"stat": acctest.Stat(1, 1, 6, 0)}),
			},
			{
				// They write while our own change of the ACL is under way: neither disturbs the other.
				Config:            tree.Config(test("/job-", `acl = [{ scheme = "world", id = "anyone", permissions = "cdrw" }]`)),
				ConfigPlanChecks:  planned(update, acctest.Meanwhile(func() { tree.Write("/job-0000000000", "newer") })),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "", attrs{"acl": acctest.ACL(zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermAdmin}), "stat": acctest.Stat(2, 2, 5, 0)}),
			},
		},
	})
}

// A secret reaches the server and neither the plan nor the state, and is written when its
// version changes or somebody else has written over it.
func TestAccSequentialZnode_writeOnly(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	tree := acctest.NewTree(t)
	const rel = "/job-0000000000"
	config := func(secret, version string) string {
		return tree.Config(test("/job-", fmt.Sprintf("data_wo = %q\ndata_wo_version = %q", secret, version)))
	}
	expect := func(version string, stat int64) []statecheck.StateCheck {
		return state(tree, "/job-", "0000000000", "", attrs{
			"data_wo_version": text(version), "stat": acctest.Stat(stat, 0, 6, 0),
		})
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{
				Config:            config("sesame", "1"),
				ConfigPlanChecks:  planned(create, plancheck.ExpectKnownValue(address, tfjsonpath.New("data"), null)),
				ConfigStateChecks: expect("1", 0),
				Check:             tree.CheckData(rel, "sesame"),
			},
			{
				// The version is what is compared.
				Config:            config("simsim", "1"),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: expect("1", 0),
				Check:             tree.CheckData(rel, "sesame"),
			},
			{
				Config:            config("simsim", "2"),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: expect("2", 1),
				Check:             tree.CheckData(rel, "simsim"),
			},
			{
				PreConfig:         func() { tree.Write(rel, "theirs") },
				Config:            config("simsim", "2"),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: expect("2", 3),
				Check:             tree.CheckData(rel, "simsim"),
			},
			{
				Config:            tree.Config(test("/job-", `data = "in the open"`)),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/job-", "0000000000", "in the open", attrs{"stat": acctest.Stat(4, 0, 11, 0)}),
			},
		},
	})
}

func TestAccSequentialZnode_changedBySomebodyElse(t *testing.T) {
	tree := acctest.NewTree(t)
	const rel, summary = "/job-0000000000", "Znode was changed by somebody else"
	config := func(data string) string { return tree.Config(test("/job-", `data = "`+data+`"`)) }
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone(rel),
		Steps: []resource.TestStep{
			{Config: config("one"), ConfigPlanChecks: planned(create)},
			{
				Config:           config("two"),
				ConfigPlanChecks: planned(update, acctest.Meanwhile(func() { tree.Write(rel, "theirs") })),
				ExpectError:      acctest.Error(summary, `did not update the znode "`+tree.Path(rel)+`"`, "version 0 and is at version 1", "Nothing was written"),
			},
			{
				PreConfig:        holds(t, tree.CheckData(rel, "theirs")),
				Config:           config("two"),
				ConfigPlanChecks: planned(update, acctest.Meanwhile(func() { tree.Remove(rel); tree.Put(rel, "another") })),
				ExpectError:      acctest.Error(summary, "it was deleted and created again", "Nothing was written"),
			},
			{
				PreConfig:        holds(t, tree.CheckData(rel, "another")),
				Config:           config("two"),
				ConfigPlanChecks: planned(update, acctest.Meanwhile(func() { tree.Remove(rel) })),
				ExpectError:      acctest.Error("Znode was deleted by somebody else", tree.Path(rel), "Run plan again: it will be created"),
			},
			{PreConfig: func() { tree.Put(rel, "one") }, Config: config("one"), ConfigPlanChecks: planned(nothing)},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy, acctest.Meanwhile(func() { tree.Write(rel, "theirs") })),
				ExpectError:      acctest.Error(summary, `did not delete the znode "`+tree.Path(rel)+`"`, "version 0 and is at version 1"),
			},
			{PreConfig: holds(t, tree.CheckData(rel, "theirs")), RefreshState: true, ExpectNonEmptyPlan: true},
			{
				// What was to be deleted is gone: that is what was wanted.
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy, acctest.Meanwhile(func() { tree.Remove(rel) })),
			},
		},
	})
}

func TestAccSequentialZnode_forceDestroy(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{
			{Config: tree.Config(test("/job-", "")), ConfigPlanChecks: planned(create)},
			{
				PreConfig:        func() { tree.Put("/job-0000000000/x", "x"); tree.Put("/job-0000000000/x/y", "y") },
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy),
				ExpectError:      acctest.Error("Znode is not empty", tree.Path("/job-0000000000")+`" was not deleted, because it has 1 child: "x".`, "zookeeper_sequential_znode.NAME.path", "force_destroy = true"),
			},
			{Config: tree.Config(test("/job-", "force_destroy = true")), ConfigPlanChecks: planned(update)},
			{Config: tree.Config(``), ConfigPlanChecks: planned(destroy), Check: children(t, tree, "")},
		},
	})
}

// A parent that was created because it was missing belongs to the resource that declares it, when that comes later.
func TestAccSequentialZnode_madeParentIsAdopted(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/queue"),
		Steps: []resource.TestStep{{
			Config: tree.Config(test("/queue/job-", `acl = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]`) + `
resource "zookeeper_znode" "queue" {
  path          = "${local.base}/queue"
  data          = "the queue"
  depends_on    = [zookeeper_sequential_znode.test]
  force_destroy = true
}`),
			ConfigPlanChecks: planned(create),
			Check: resource.ComposeTestCheckFunc(tree.CheckData("/queue", "the queue"), tree.CheckACL("/queue", acctest.Open()),
				tree.CheckACL("/queue/job-0000000000", zk.ACL{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermAll})),
		}},
	})
}

// The reply to the creation is lost: the provider finds the node that it made.
func TestAccSequentialZnode_replyLost(t *testing.T) {
	tree := acctest.NewTree(t)
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	var cut <-chan struct{}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: children(t, tree, ""),
		Steps: []resource.TestStep{{
			PreConfig:         func() { cut = proxy.CutAfterRequest(zktest.IsCreate) },
			Config:            through(proxy, tree, test("/job-", `data = "x"`)),
			ConfigPlanChecks:  planned(create),
			ConfigStateChecks: state(tree, "/job-", "0000000000", "x", nil),
			Check: func(*tfState) error {
				select {
				case <-cut:
				default:
					t.Error("the reply was not lost: the test showed nothing")
				}
				return children(t, tree, "", "job-0000000000")(nil)
			},
		}},
	})
}

// Connections break after a request and before one, while many nodes are made at the same
// time: none is made twice, and what is not in the state, an error tells of.
func TestAccSequentialZnode_manyLost(t *testing.T) {
	const count = 12
	tree := acctest.NewTree(t)
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	cli := acctest.NewCLI(t, map[string]string{"main.tf": through(proxy, tree, test("/n-", fmt.Sprintf("count = %d\ndata = format(\"%%02d\", count.index)", count)))})
	cut := proxy.CutAfterRequest(zktest.IsCreate)
	proxy.CutBeforeRequest(zktest.IsCreate)
	proxy.CutAfterRequest(zktest.IsCreate)
	run := cli.Run("apply", "-no-color", "-auto-approve")
	if strings.Contains(run.Output, "has status ObjectStatus(0), which cannot be saved in state") {
		// Between two writes of its state, Terraform 1.16.0 has a failed creation without a status, and crashes
		// when another resource has the state saved meanwhile.
		t.Skip("Terraform crashed while it saved the state of a creation that had failed beside others: the fault is its own (findings/terraform-provisioner-after-failed-create.sh)")
	}
	select {
	case <-cut:
	default:
		t.Error("no reply was lost: the test showed nothing")
	}

	var state struct {
		Resources []struct{ Instances []struct{ Status string } }
	}
	if err := json.Unmarshal([]byte(cli.MustRun("state", "pull").Output), &state); err != nil || len(state.Resources) != 1 {
		t.Fatalf("%v: %+v\n%s", err, state, run.Output)
	}
	// What is tainted has no node yet.
	owned, tainted := 0, 0
	for _, i := range state.Resources[0].Instances {
		if i.Status == "tainted" {
			tainted++
		} else {
			owned++
		}
	}
	failed, unknown := strings.Count(run.Output, "Error: "), strings.Count(run.Output, "Error: Outcome unknown")
	if owned == 0 || owned+tainted != count || tainted != failed || unknown != failed || (run.Code != 0) != (failed > 0) {
		t.Errorf("%d nodes in the state and %d tainted ones, %d errors, %d of an unknown outcome, exit code %d:\n%s", owned, tainted, failed, unknown, run.Code, run.Output)
	}
	names, _, err := tree.Client.Children(t.Context(), tree.Base)
	if err != nil {
		t.Fatal(err)
	}
	maker := make(map[string]string)
	for _, name := range names {
		data, _, err := tree.Client.Get(t.Context(), tree.Path("/"+name))
		if err != nil {
			t.Fatal(err)
		}
		if first, twice := maker[string(data)]; twice {
			t.Errorf("%s and %s are of the same resource", first, name)
		}
		maker[string(data)] = name
	}
	if len(names) < owned || len(names) > count {
		t.Errorf("%d nodes, and %d in the state", len(names), owned)
	}
}

// through is a configuration whose provider connects through the proxy.
func through(proxy *zktest.Proxy, tree *acctest.Tree, hcl string) string {
	return fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  session_timeout = 4\n}\n\nlocals { base = %q }\n\n%s", proxy.Addr(), tree.Base, hcl)
}
