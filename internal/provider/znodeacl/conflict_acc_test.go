package znodeacl_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const (
	changed  = "Znode was changed by somebody else"
	runAgain = "Run plan again"
)

func TestAccZnodeACL_changedBySomebodyElse(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	open := on("/a", hcl(acctest.Open()))
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: as(tree, on("/a", guarded())), ConfigPlanChecks: planned(create)},
			{
				Config:           as(tree, open),
				ConfigPlanChecks: planned(update, func() { tree.WriteACL("/a", user(zk.PermAll), ofOthers) }),
				ExpectError: acctest.Error(changed, `did not set the ACL of "`+tree.Path("/a")+`"`,
					"its ACL was planned against version 1 and is at version 2", "Nothing was written", runAgain),
			},
			{
				// The state is what it was, and the next refresh sees what they set.
				PreConfig:         holds(t, tree.CheckACL("/a", user(zk.PermAll), ofOthers)),
				Config:            as(tree, open),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", attrs{"acl": acctest.ACL(acctest.Open()), "stat": acctest.Stat(0, 3, 0, 0)}),
			},
			{
				// Another node of the same path.
				Config:           as(tree, on("/a", guarded())),
				ConfigPlanChecks: planned(update, func() { tree.Remove("/a"); tree.PutGuarded("/a", "", ofOthers, acctest.Open()) }),
				ExpectError:      acctest.Error(changed, "it was deleted and created again", "Nothing was written", runAgain),
			},
			{
				PreConfig:         holds(t, tree.CheckACL("/a", ofOthers, acctest.Open())),
				Config:            as(tree, on("/a", guarded())),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", nil),
			},
			{
				Config:           as(tree, open),
				ConfigPlanChecks: planned(update, func() { tree.Remove("/a") }),
				ExpectError:      acctest.Error("Znode does not exist", `could not set the ACL of "`+tree.Path("/a")+`"`, "zookeeper_znode.NAME.path"),
			},
			{
				// It is out of the state, and cannot be created where there is no node.
				Config:           as(tree, open),
				ConfigPlanChecks: planned(create),
				ExpectError:      acctest.Error("Znode does not exist", tree.Path("/a")),
			},
		},
	})
}

// The nodes below are compared with what the plan was made against as well.
func TestAccZnodeACL_changedBelow(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	tree.Put("/a/y", "")
	config := as(tree, on("/a", guarded(), recursive))
	acctest.Test(t, resource.TestCase{
		CheckDestroy: isOpen(tree, "/a", "/a/x", "/a/y"),
		Steps: []resource.TestStep{
			{
				// A creation is planned without a look.
				Config:           config,
				ConfigPlanChecks: planned(create, func() { tree.WriteACL("/a/x", ofOthers, acctest.Open()); tree.WriteACL("/a/x", acctest.Open()) }),
				Check:            isGuarded(tree, "/a", "/a/x", "/a/y"),
			},
			{
				PreConfig:        func() { tree.WriteACL("/a/y", acctest.Open()) },
				Config:           config,
				ConfigPlanChecks: planned(update, func() { tree.WriteACL("/a/x", user(zk.PermAll), ofOthers) }),
				ExpectError: acctest.Error(changed, `did not set the ACL of "`+tree.Path("/a/x")+`"`,
					"its ACL was planned against version 3 and is at version 4", "Nothing was written", runAgain),
			},
			{
				PreConfig: holds(t, tree.CheckACL("/a/x", user(zk.PermAll), ofOthers), isOpen(tree, "/a/y")),
				Config:    config,
				// What comes in between is covered: the plan is for all nodes that there are.
				ConfigPlanChecks:  planned(update, func() { tree.Put("/a/z", "") }),
				ConfigStateChecks: state(tree, "/a", attrs{"recursive": yes, "stat": acctest.Stat(0, 1, 0, 3)}),
				Check:             isGuarded(tree, "/a", "/a/x", "/a/y", "/a/z"),
			},
			{
				// That another has done it already is no conflict.
				PreConfig:        func() { tree.WriteACL("/a/x", acctest.Open()) },
				Config:           config,
				ConfigPlanChecks: planned(update, func() { tree.WriteACL("/a/x", user(zk.PermAll), read) }),
				Check:            tree.CheckVersions("/a/x", 0, 7),
			},
		},
	})
}

// What somebody else has set stands when the resource is destroyed, and is told of; the
// rest is restored.
func TestAccZnodeACL_destroyLeavesOthers(t *testing.T) {
	tree := acctest.NewTree(t)
	for _, rel := range []string{"/a", "/a/anew", "/a/drifted", "/a/gone", "/a/ours"} {
		tree.Put(rel, "")
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", guarded(), recursive))})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	tree.WriteACL("/a/drifted", user(zk.PermAll), ofOthers)
	tree.Remove("/a/gone")
	tree.Remove("/a/anew")
	tree.PutGuarded("/a/anew", "", user(zk.PermAll), read)
	run := cli.MustRun("destroy", "-no-color", "-auto-approve")
	if !acctest.Error("ACL was not restored", `Somebody else has set the ACL of "`+tree.Path("/a/drifted")+`" since`, "What they set stands").MatchString(run.Output) {
		t.Errorf("no warning:\n%s", run.Output)
	}
	holds(t, isOpen(tree, "/a", "/a/ours"), tree.CheckACL("/a/drifted", user(zk.PermAll), ofOthers), isGuarded(tree, "/a/anew"), tree.CheckGone("/a/gone"))()
}

// The same, where it happens between the plan and the apply, or in the middle of the
// apply.
func TestAccZnodeACL_destroyedMeanwhile(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	through := func(config string) string {
		return strings.ReplaceAll(config, acctest.Server(t).Addr(), proxy.Addr())
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: all(tree.CheckACL("/a", user(zk.PermAll), ofOthers), tree.CheckACL("/a/x", acctest.Open(), ofOthers)),
		Steps: []resource.TestStep{
			{Config: through(as(tree, on("/a", guarded(), recursive))), ConfigPlanChecks: planned(create)},
			{
				Config: through(as(tree, "")),
				ConfigPlanChecks: planned(destroy, func() {
					tree.WriteACL("/a", user(zk.PermAll), ofOthers)
					before(proxy, zktest.IsSetACL, func() { tree.WriteACL("/a/x", acctest.Open(), ofOthers) })
				}),
			},
		},
	})
}

// before does something once, before the next matching request reaches the server.
func before(proxy *zktest.Proxy, match func(int32) bool, do func()) {
	done := false
	proxy.CutBeforeRequest(func(op int32) bool {
		if match(op) && !done {
			done = true
			do()
		}
		return false
	})
}

// behind matches what then matches, once first has been seen.
func behind(first, then func(int32) bool) func(int32) bool {
	seen := false
	return func(op int32) bool {
		seen = seen || first(op)
		return seen && then(op)
	}
}

// Somebody sets an ACL in the middle of an apply, or right after it.
func TestAccZnodeACL_changedInBetween(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	config := strings.ReplaceAll(as(tree, on("/a", guarded())), acctest.Server(t).Addr(), proxy.Addr())
	theirs := func() { tree.WriteACL("/a", user(zk.PermAll), ofOthers) }
	acctest.Test(t, resource.TestCase{
		CheckDestroy: isOpen(tree, "/a"),
		Steps: []resource.TestStep{
			{
				// Between the look and the write: nothing is written, and there is no state.
				Config:           config,
				ConfigPlanChecks: planned(create, func() { before(proxy, zktest.IsSetACL, func() { tree.WriteACL("/a", acctest.Open()) }) }),
				ExpectError:      acctest.Error(changed, "its ACL was planned against version 0 and is at version 1", "Nothing was written"),
			},
			{
				PreConfig: holds(t, isOpen(tree, "/a")),
				Config:    config,
				// Between the write and the look at it: the state has what was written.
				ConfigPlanChecks:   planned(create, func() { before(proxy, behind(zktest.IsSetACL, zktest.IsGetACL), theirs) }),
				ConfigStateChecks:  state(tree, "/a", attrs{"stat": acctest.Stat(0, 2, 0, 0)}),
				Check:              tree.CheckACL("/a", user(zk.PermAll), ofOthers),
				ExpectNonEmptyPlan: true,
			},
			{Config: config, ConfigPlanChecks: planned(update), ConfigStateChecks: state(tree, "/a", attrs{"stat": acctest.Stat(0, 4, 0, 0)})},
		},
	})
}

// The reply to a write is lost: it is found out, and the resource is as it should be.
func TestAccZnodeACL_replyLost(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	config := func(hcl string) string {
		return strings.ReplaceAll(as(tree, hcl), acctest.Server(t).Addr(), proxy.Addr())
	}
	var cuts []<-chan struct{}
	cut := func() { cuts = append(cuts, proxy.CutAfterRequest(zktest.IsSetACL)) }
	acctest.Test(t, resource.TestCase{
		CheckDestroy: isOpen(tree, "/a", "/a/x"),
		Steps: []resource.TestStep{
			{
				Config: config(on("/a", guarded(), recursive)), ConfigPlanChecks: planned(create, cut),
				ConfigStateChecks: state(tree, "/a", attrs{"recursive": yes, "stat": acctest.Stat(0, 1, 0, 1)}),
				Check:             all(isGuarded(tree, "/a", "/a/x"), tree.CheckVersions("/a/x", 0, 1)),
			},
			{Config: config(""), ConfigPlanChecks: planned(destroy, cut), Check: tree.CheckVersions("/a/x", 0, 2)},
		},
	})
	for _, cut := range cuts {
		select {
		case <-cut:
		default:
			t.Error("the connection was not cut: the test showed nothing")
		}
	}
}

// A node in the middle of a tree that may not be changed: the error names it and tells what
// was done. What was, is known: it can be undone, and it is done again when the node lets
// itself be changed.
func TestAccZnodeACL_deniedInTheMiddle(t *testing.T) {
	tree := acctest.NewTree(t)
	closed := zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermAdmin}
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	tree.PutGuarded("/a/y", "", read, closed)
	tree.Put("/a/z", "")
	config := as(tree, on("/a", guarded(), recursive))
	other := as(tree, on("/a", hcl(user(zk.PermAll)), recursive))
	denied := acctest.Error("Permission denied", `set the ACL of "`+tree.Path("/a/y")+`"`, `ADMIN (a) on "`+tree.Path("/a/y")+`"`, "presents digest (alice)",
		"the ACLs of 3 of 4 nodes have been replaced", runAgain)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: all(isOpen(tree, "/a", "/a/x", "/a/z"), tree.CheckACL("/a/y", user(zk.PermRead|zk.PermAdmin))),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create), ExpectError: denied},
			{
				// A creation that failed is undone before it is tried again.
				PreConfig:        holds(t, isGuarded(tree, "/a", "/a/x", "/a/z"), tree.CheckACL("/a/y", read, closed)),
				Config:           config,
				ConfigPlanChecks: planned(replace),
				ExpectError:      denied,
			},
			{
				PreConfig:        holds(t, isGuarded(tree, "/a", "/a/x", "/a/z"), tree.CheckVersions("/a/x", 0, 3)),
				Config:           as(tree, ""),
				ConfigPlanChecks: planned(destroy),
				Check:            all(isOpen(tree, "/a", "/a/x", "/a/z"), tree.CheckACL("/a/y", read, closed)),
			},
			{
				PreConfig:         func() { tree.WriteACL("/a/y", user(zk.PermRead|zk.PermAdmin)) },
				Config:            config,
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", attrs{"recursive": yes, "stat": acctest.Stat(0, 5, 0, 3)}),
				Check:             isGuarded(tree, "/a", "/a/x", "/a/y", "/a/z"),
			},
			{
				// The same in an update: the state tells of the node that has still another ACL.
				PreConfig:        func() { tree.WriteACL("/a/y", read, closed) },
				Config:           other,
				ConfigPlanChecks: planned(update),
				ExpectError:      denied,
			},
			{
				PreConfig: holds(t, tree.CheckACL("/a/x", user(zk.PermAll)), tree.CheckACL("/a/y", read, closed)),
				Config:    other,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update),
					expectBefore("differing", map[string]any{tree.Path("/a/y"): "ip:10.0.0.0/8:a,world:anyone:r"}),
					acctest.Meanwhile(func() { tree.WriteACL("/a/y", user(zk.PermAll)) }), // already done by the time
				}},
				ConfigStateChecks: state(tree, "/a", attrs{"acl": acctest.ACL(user(zk.PermAll)), "recursive": yes, "stat": acctest.Stat(0, 6, 0, 3)}),
			},
		},
	})
}

// A failure on the node itself, when those below have been written: each is known by what
// it has.
func TestAccZnodeACL_deniedAtTheTop(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	closed := zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermAdmin}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: all(tree.CheckACL("/a", user(zk.PermAll)), isOpen(tree, "/a/x")),
		Steps: []resource.TestStep{
			{Config: as(tree, on("/a", guarded(), recursive)), ConfigPlanChecks: planned(create)},
			{
				PreConfig:        func() { tree.WriteACL("/a", read, closed) },
				Config:           as(tree, on("/a", hcl(user(zk.PermAll)), recursive)),
				ConfigPlanChecks: planned(update),
				ExpectError:      acctest.Error("Permission denied", `ADMIN (a) on "`+tree.Path("/a")+`"`, "the ACLs of 1 of 2 nodes have been replaced"),
			},
			{
				// Back to what it was: the node below is the one that differs by now.
				PreConfig: holds(t, tree.CheckACL("/a/x", user(zk.PermAll))),
				Config:    as(tree, on("/a", hcl(read, closed), recursive)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update),
					expectBefore("differing", map[string]any{tree.Path("/a/x"): "digest:" + acctest.UserID() + ":cdrwa"}),
				}},
				ConfigStateChecks: state(tree, "/a", attrs{"acl": acctest.ACL(closed, read), "recursive": yes, "stat": acctest.Stat(0, 2, 0, 1)}),
			},
			// Now the user may not restore the nodes, and is told what to do.
			{
				Config: as(tree, ""), ConfigPlanChecks: planned(destroy),
				ExpectError: acctest.Error("Permission denied", "restore the ACL of", "ADMIN (a)", `on_destroy = "keep"`, "terraform state rm"),
			},
			{PreConfig: func() { tree.WriteACL("/a", user(zk.PermAll)); tree.WriteACL("/a/x", acctest.Open()) }, Config: as(tree, "")},
		},
	})
}

// Nodes that are to go from the resource and may not be changed: they stay in it.
func TestAccZnodeACL_deniedOnTheWayOut(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	tree.Put("/a/y", "")
	config := as(tree, on("/a", guarded(), recursive))
	off := on("/a", guarded())
	acctest.Test(t, resource.TestCase{
		CheckDestroy: isOpen(tree, "/a", "/a/x", "/a/y"),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create)},
			{
				Config:           tree.Config(off), // presents nobody
				ConfigPlanChecks: planned(update),
				ExpectError:      acctest.Error("Permission denied", `ADMIN (a) on "`+tree.Path("/a/x")+`"`, "presents no identity"),
			},
			{
				PreConfig: holds(t, isGuarded(tree, "/a", "/a/x", "/a/y")),
				Config:    config, ConfigPlanChecks: planned(nothing),
				ConfigStateChecks: state(tree, "/a", attrs{"recursive": yes, "stat": acctest.Stat(0, 1, 0, 2)}),
			},
			{
				Config: as(tree, off), ConfigPlanChecks: planned(update),
				ConfigStateChecks: state(tree, "/a", attrs{"recursive": knownvalue.Bool(false), "stat": acctest.Stat(0, 1, 0, 2)}),
				Check:             all(isGuarded(tree, "/a"), isOpen(tree, "/a/x", "/a/y")),
			},
		},
	})
}

// A node that may not be read stops a refresh, and is named.
func TestAccZnodeACL_unreadableBelow(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.PutGuarded("/a/x", "", ofOthers)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: isOpen(tree, "/a"),
		Steps: []resource.TestStep{
			{
				Config: as(tree, on("/a", guarded(), recursive)), ConfigPlanChecks: planned(create),
				ExpectError: acctest.Error("Permission denied", `READ`, `on "`+tree.Path("/a/x")+`"`),
			},
			{
				PreConfig: func() {
					holds(t, isOpen(tree, "/a"))() // the whole tree is read before anything is written
					tree.WriteACL("/a/x", acctest.Open())
				},
				Config: as(tree, on("/a", guarded(), recursive)), ConfigPlanChecks: planned(create),
			},
			{
				PreConfig:   func() { tree.WriteACL("/a/x", ofOthers) },
				Config:      as(tree, on("/a", guarded(), recursive)),
				ExpectError: acctest.Error("Permission denied", `READ`, `on "`+tree.Path("/a/x")+`"`),
			},
			{
				PreConfig: func() { tree.WriteACL("/a/x", acctest.Open()) },
				Config:    as(tree, on("/a", guarded(), recursive)), ConfigPlanChecks: planned(update),
			},
		},
	})
}

// An ACL that locks the provider out: the plan warns, the apply gets through to the end of
// the tree, and the way back is somebody else's.
func TestAccZnodeACL_lockout(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	// The servers tell which address is the provider's.
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", `[{ scheme = "ip", id = "127.0.0.0/8", permissions = "cdrwa" }]`, recursive))})
	if run := cli.MustRun("plan", "-no-color"); strings.Contains(run.Output, "locks the provider out") {
		t.Errorf("a warning:\n%s", run.Output)
	}
	cli.Write("main.tf", as(tree, on("/a", hcl(ofOthers), recursive)))
	if run := cli.MustRun("plan", "-no-color"); strings.Contains(run.Output, "locks the provider out") != acctest.Has(t, acctest.WhoAmI) {
		t.Errorf("no warning:\n%s", run.Output)
	}
	bob := zk.ACL{Scheme: "digest", ID: zk.DigestID("bob", "builder"), Perms: zk.PermAll}
	locked := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", hcl(bob), recursive))})
	warning := acctest.Error("ACL locks the provider out", `With the ACL that "`+tree.Path("/a")+`" is to get`, "read the node (r)", "change the ACL again (a)", "presents digest (alice)")
	if run := locked.MustRun("plan", "-no-color"); !warning.MatchString(run.Output) {
		t.Errorf("no warning:\n%s", run.Output)
	}
	run := locked.MustRun("apply", "-no-color", "-auto-approve")
	if !acctest.Error("Znode could not be read back", "the state holds what was written", "Permission denied").MatchString(run.Output) {
		t.Errorf("no warning:\n%s", run.Output)
	}
	holds(t, tree.CheckACL("/a", bob), tree.CheckACL("/a/x", bob))()
	if run := locked.Run("plan", "-no-color"); run.Code != 1 || !acctest.Error("Permission denied", "READ", tree.Path("/a")).MatchString(run.Output) {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
	// The super user comes back in, and destroys it.
	locked.Env = []string{"ZOOKEEPER_USERNAME=" + zktest.SuperUser, "ZOOKEEPER_PASSWORD=" + zktest.SuperPassword}
	locked.Write("main.tf", tree.Config(on("/a", hcl(bob), recursive)))
	if run := locked.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("the super user's plan is not empty: exit code %d:\n%s", run.Code, run.Output)
	}
	locked.MustRun("destroy", "-no-color", "-auto-approve")
	holds(t, isOpen(tree, "/a", "/a/x"))()
}

// Who may read and not change the ACL is warned of that alone; who may change it can read
// it too, and needs READ only for what is below.
func TestAccZnodeACL_lockoutInPart(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	for name, tt := range map[string]struct {
		acl  zk.ACL
		more string
		want []string
	}{
		"may read":                        {user(zk.PermRead), "", []string{"can no longer change the ACL again (a)."}},
		"may change":                      {user(zk.PermAdmin), "", nil},
		"may change, and not those below": {user(zk.PermAdmin), recursive, []string{"can no longer read the node (r)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", hcl(tt.acl), tt.more))})
			run := cli.MustRun("plan", "-no-color")
			warned := strings.Contains(run.Output, "locks the provider out")
			if warned != (tt.want != nil) || !acctest.Error(tt.want...).MatchString(run.Output) {
				t.Errorf("want %q:\n%s", tt.want, run.Output)
			}
		})
	}
}

// A warning comes with the plan that locks out, whatever else the plan does not know, and
// with no other.
func TestAccZnodeACL_lockoutWarnings(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/b", "")
	only := hcl(user(zk.PermRead))
	const warning = "ACL locks the provider out"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", only))})
	if out := cli.MustRun("apply", "-no-color", "-auto-approve").Output; !strings.Contains(out, warning) {
		t.Errorf("no warning of the creation:\n%s", out)
	}
	steps := []struct {
		name, hcl string
		want      []string // of the warning; none for no warning
	}{
		{"no change", on("/a", only), nil},
		{"a setting alone", on("/a", only, `on_destroy = "keep"`), nil},
		{"another ACL that locks out", on("/a", hcl(user(zk.PermRead|zk.PermWrite))), []string{`acl  = [`, `With the ACL that "` + tree.Path("/a") + `" is to get`, "change the ACL again (a)"}},
		{"another node", on("/b", only), []string{`With the ACL that "` + tree.Path("/b") + `" is to get`}},
		{"all nodes below", on("/a", only, recursive), []string{`With the ACL that "` + tree.Path("/a") + `" is to get`}},
		{"a node not known yet", "resource \"terraform_data\" \"late\" { input = \"b\" }\n\n" + on("/${terraform_data.late.output}", only), []string{"With the ACL that the node is to get"}},
		{"an ACL not known yet", "resource \"terraform_data\" \"late\" { input = \"r\" }\n\n" + on("/a", `[{ scheme = "world", id = "anyone", permissions = terraform_data.late.output }]`), nil},
		{"a way back", on("/a", guarded()), nil},
	}
	for _, tt := range steps {
		cli.Write("main.tf", as(tree, tt.hcl))
		out := cli.MustRun("plan", "-no-color").Output
		switch {
		case len(tt.want) == 0 && strings.Contains(out, warning):
			t.Errorf("%s: a warning:\n%s", tt.name, out)
		case len(tt.want) > 0 && !acctest.Error(append([]string{"Warning: " + warning}, tt.want...)...).MatchString(out):
			t.Errorf("%s: want a warning with %q:\n%s", tt.name, tt.want, out)
		}
	}
}

// Who may change the ACL and nothing else can do so again and again.
func TestAccZnodeACL_adminAlone(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: isOpen(tree, "/a"),
		Steps: []resource.TestStep{
			{
				Config: as(tree, on("/a", hcl(user(zk.PermAdmin)))), ConfigPlanChecks: planned(create),
				ConfigStateChecks: state(tree, "/a", attrs{"acl": acctest.ACL(user(zk.PermAdmin))}),
			},
			{Config: as(tree, on("/a", hcl(user(zk.PermAdmin), read))), ConfigPlanChecks: planned(update)},
		},
	})
}
