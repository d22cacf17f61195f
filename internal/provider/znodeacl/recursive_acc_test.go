package znodeacl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const recursive = "recursive = true"

const openText = "world:anyone:cdrwa"

var (
	ofOthers   = zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermAll}
	othersText = "ip:10.0.0.0/8:cdrwa,world:anyone:cdrwa"
)

// isGuarded checks that the nodes have the ACL of guarded.
func isGuarded(tree *acctest.Tree, rels ...string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		for _, rel := range rels {
			if err := tree.CheckACL(rel, user(zk.PermAll), read)(s); err != nil {
				return err
			}
		}
		return nil
	}
}

// isOpen checks that the nodes have the open ACL.
func isOpen(tree *acctest.Tree, rels ...string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		for _, rel := range rels {
			if err := tree.CheckACL(rel, acctest.Open())(s); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestAccZnodeACL_recursive(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	tree.PutGuarded("/a/y", "", acctest.Open(), ofOthers)
	tree.Put("/a/y/z", "")
	tree.Put("/aside", "")
	config := as(tree, on("/a", guarded(), recursive))
	expect := func(aversion, children int64) attrs {
		return attrs{"recursive": yes, "stat": acctest.Stat(0, aversion, 0, children)}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: all(isOpen(tree, "/a", "/a/x", "/a/y/z", "/a/late", "/aside"), tree.CheckACL("/a/y", acctest.Open(), ofOthers),
			tree.CheckVersions("/a/untouched", 0, 0)),
		Steps: []resource.TestStep{
			{
				Config: config, ConfigPlanChecks: planned(create), ConfigStateChecks: state(tree, "/a", expect(1, 2)),
				Check: all(isGuarded(tree, "/a", "/a/x", "/a/y", "/a/y/z"), isOpen(tree, "/aside")),
			},
			{Config: config, PlanOnly: true},
			{
				// Somebody sets another ACL, and nodes appear: the plan names them and what they have.
				PreConfig: func() {
					tree.WriteACL("/a/y/z", acctest.Open(), ofOthers)
					tree.Put("/a/late", "")
					tree.PutGuarded("/a/untouched", "", user(zk.PermAll), read) // has the right ACL by itself
				},
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update),
					expectBefore("differing", map[string]any{tree.Path("/a/late"): openText, tree.Path("/a/y/z"): othersText}),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("differing"), knownvalue.MapExact(attrs{})),
				}},
				ConfigStateChecks: state(tree, "/a", expect(1, 4)),
				Check:             all(isGuarded(tree, "/a", "/a/x", "/a/y", "/a/y/z", "/a/late"), tree.CheckVersions("/a/x", 0, 1), tree.CheckVersions("/a/untouched", 0, 0)),
			},
			{
				// Gone nodes are no difference.
				PreConfig: func() { tree.Remove("/a/y/z") },
				Config:    config, ConfigPlanChecks: planned(nothing), ConfigStateChecks: state(tree, "/a", expect(1, 4)),
			},
			{
				// A node made again had something else before.
				PreConfig: func() { tree.Put("/a/y/z", ""); tree.Remove("/a/x"); tree.Put("/a/x", "") },
				Config:    config, ConfigPlanChecks: planned(update), ConfigStateChecks: state(tree, "/a", expect(1, 4)),
				Check: isGuarded(tree, "/a/x", "/a/y/z"),
			},
		},
	})
}

// Ephemeral nodes of others come and go, and are no difference: neither in a plan nor between a plan and its
// apply. Nobody sets their ACL.
func TestAccZnodeACL_recursiveEphemeral(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	appears := func(rel string) {
		t.Helper()
		if _, err := tree.Client.Create(t.Context(), tree.Path(rel), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
			t.Fatal(err)
		}
	}
	appears("/a/there")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", guarded(), recursive))})
	cli.MustRun("plan", "-no-color", "-out=plan")
	appears("/a/x/lock")
	cli.MustRun("apply", "-no-color", "plan")
	cli.CheckPlansNothing("an apply beside ephemeral nodes")
	if err := all(isGuarded(tree, "/a", "/a/x"), isOpen(tree, "/a/there", "/a/x/lock"), tree.CheckVersions("/a/x/lock", 0, 0))(nil); err != nil {
		t.Error(err)
	}
	// A failover: the lock goes, and another one comes, between the plan and the apply too.
	tree.Remove("/a/x/lock")
	cli.CheckPlansNothing("a lock that has gone")
	appears("/a/x/lock")
	cli.CheckPlansNothing("a lock that has come")
	cli.Write("main.tf", as(tree, on("/a", hcl(user(zk.PermAll)), recursive)))
	cli.MustRun("plan", "-no-color", "-out=plan")
	tree.Remove("/a/x/lock")
	appears("/a/x/lock")
	cli.MustRun("apply", "-no-color", "plan")
	cli.CheckPlansNothing("an update during a failover")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := all(isOpen(tree, "/a", "/a/x", "/a/there", "/a/x/lock"), tree.CheckVersions("/a/x/lock", 0, 0))(nil); err != nil {
		t.Error(err)
	}
}

// expectBefore checks what a plan shows of the resource as it is.
func expectBefore(name string, want map[string]any) plancheck.PlanCheck {
	return beforeValue{name, want}
}

// The nodes below come and go with recursive.
func TestAccZnodeACL_recursiveOnAndOff(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		onDestroy, below := "restore", isOpen
		if keeps {
			onDestroy, below = "keep", isGuarded
		}
		t.Run(onDestroy, func(t *testing.T) {
			tree := acctest.NewTree(t)
			tree.Put("/a", "")
			tree.Put("/a/x", "")
			tree.Put("/a/x/y", "")
			config := func(more string) string {
				return as(tree, on("/a", guarded(), fmt.Sprintf("on_destroy = %q", onDestroy), more))
			}
			expect := func(recursive knownvalue.Check) attrs {
				return attrs{"recursive": recursive, "on_destroy": text(onDestroy), "stat": acctest.Stat(0, 1, 0, 1)}
			}
			acctest.Test(t, resource.TestCase{
				CheckDestroy: below(tree, "/a", "/a/x", "/a/x/y"),
				Steps: []resource.TestStep{
					{
						Config: config(""), ConfigPlanChecks: planned(create), ConfigStateChecks: state(tree, "/a", expect(no)),
						Check: all(isGuarded(tree, "/a"), isOpen(tree, "/a/x", "/a/x/y")),
					},
					{
						Config: config(recursive), ConfigPlanChecks: planned(update), ConfigStateChecks: state(tree, "/a", expect(yes)),
						Check: all(isGuarded(tree, "/a", "/a/x", "/a/x/y"), tree.CheckVersions("/a", 0, 1)),
					},
					{
						Config: config(""), ConfigPlanChecks: planned(update), ConfigStateChecks: state(tree, "/a", expect(no)),
						Check: all(isGuarded(tree, "/a"), below(tree, "/a/x", "/a/x/y")),
					},
					{Config: config(""), PlanOnly: true},
					{Config: config(recursive), ConfigPlanChecks: planned(update), Check: isGuarded(tree, "/a", "/a/x", "/a/x/y")},
				},
			})
		})
	}
}

// With on_destroy = "restore" set at the end, what the nodes had in the beginning is still
// known.
func TestAccZnodeACL_restoreAfterAll(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	tree.Put("/a/x", "")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: isOpen(tree, "/a", "/a/x"),
		Steps: []resource.TestStep{
			{Config: as(tree, on("/a", guarded(), recursive, `on_destroy = "keep"`)), ConfigPlanChecks: planned(create)},
			{Config: as(tree, on("/a", guarded(), recursive)), ConfigPlanChecks: planned(update), Check: tree.CheckVersions("/a", 0, 1)},
		},
	})
}

// A large tree is one resource like any other.
func TestAccZnodeACL_largeTree(t *testing.T) {
	const nodes = 10_000
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	plant(t, tree, nodes)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", guarded(), recursive))})
	cli.Env = []string{"TF_LOG_PROVIDER=INFO"}
	run := cli.MustRun("apply", "-no-color", "-auto-approve")
	if want := fmt.Sprintf("done=%d", nodes+1); strings.Count(run.Output, "ACLs replaced") != nodes/1000+1 || !strings.Contains(run.Output, want) {
		t.Errorf("the log does not tell of %s:\n%s", want, tail(run.Output))
	}
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("the second plan is not empty: exit code %d\n%s", run.Code, tail(run.Output))
	}
	// What is remembered of the nodes does not make the state a large one.
	if info, err := os.Stat(filepath.Join(cli.Dir, "terraform.tfstate")); err != nil || info.Size() > 500<<10 {
		t.Errorf("a state of %d bytes, %v", info.Size(), err)
	}
	// Somebody undoes all of it: a plan is still one that people can read.
	var undo []zk.ACLWrite
	for _, r := range readings(t, tree)[1:] {
		undo = append(undo, zk.ACLWrite{Path: r.Path, ACL: zk.OpenACL(), Stat: r.Stat})
	}
	if err := tree.Client.SetACLs(t.Context(), undo, func(_ int, _ zk.Stat, err error) error { return err }); err != nil {
		t.Fatal(err)
	}
	run = cli.Run("plan", "-no-color", "-detailed-exitcode")
	if !acctest.Error("Many znodes have another ACL", fmt.Sprintf("Of the %d nodes below", nodes), fmt.Sprintf("%d have another ACL", nodes), "names the first 100").MatchString(run.Output) || run.Code != 2 {
		t.Errorf("exit code %d\n%s", run.Code, tail(run.Output))
	}
	if n := strings.Count(run.Output, openText); n != 100 {
		t.Errorf("the plan names %d nodes", n)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	for _, r := range readings(t, tree) {
		if len(r.ACL) != 2 {
			t.Fatalf("%s has %v", r.Path, r.ACL)
		}
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	checkAllOpen(t, tree)
}

// One node in the middle of a large tree may not be changed. What the error says is what was
// done, the state knows it, and the next apply does the rest and nothing twice.
func TestAccZnodeACL_largeTreeDenied(t *testing.T) {
	const nodes = 5000
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	plant(t, tree, nodes)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, on("/a", hcl(user(zk.PermAll)), recursive))})
	cli.MustRun("apply", "-no-color", "-auto-approve")

	tree.WriteACL("/a/service-02500", read)
	cli.Write("main.tf", as(tree, on("/a", guarded(), recursive)))
	run := cli.Run("apply", "-no-color", "-auto-approve")
	if run.Code == 0 || !acctest.Error("Permission denied", `ADMIN (a) on "`+tree.Path("/a/service-02500")+`"`, runAgain).MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, tail(run.Output))
	}
	done := 0
	for _, r := range readings(t, tree) {
		if len(r.ACL) == 2 {
			done++
		}
	}
	if done < 2500 || done >= nodes {
		t.Errorf("%d nodes are done: the failure was not in the middle", done)
	}
	if !acctest.Error(fmt.Sprintf("the ACLs of %d of %d nodes have been replaced", done, nodes+1)).MatchString(run.Output) {
		t.Errorf("%d are done, and the error does not say so:\n%s", done, tail(run.Output))
	}
	run = cli.Run("plan", "-no-color", "-detailed-exitcode")
	if !acctest.Error(fmt.Sprintf("Of the %d nodes below", nodes), fmt.Sprintf("%d have another ACL", nodes+1-done)).MatchString(run.Output) || run.Code != 2 {
		t.Errorf("exit code %d\n%s", run.Code, tail(run.Output))
	}

	tree.WriteACL("/a/service-02500", user(zk.PermAll))
	cli.MustRun("apply", "-no-color", "-auto-approve")
	for _, r := range readings(t, tree) {
		writes := int32(2)
		if r.Path == tree.Path("/a/service-02500") {
			writes = 4 // two of them the test's
		}
		if len(r.ACL) != 2 || r.Stat.Aversion != writes {
			t.Fatalf("%s has %v, at version %d", r.Path, r.ACL, r.Stat.Aversion)
		}
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	checkAllOpen(t, tree)
}

// Ctrl-C in the middle of a large tree: the writes that were on their way may have been
// made, and what was done before is known. Letting go of the tree gives all nodes back what
// they had, without taking any of it for somebody else's doing.
func TestAccZnodeACL_interrupted(t *testing.T) {
	const nodes = 3000
	tree := acctest.NewTree(t)
	tree.Put("/a", "")
	plant(t, tree, nodes)
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	through := func(config string) string {
		return strings.ReplaceAll(config, acctest.Server(t).Addr(), proxy.Addr())
	}
	n, middle, ended := 0, make(chan struct{}), make(chan struct{})
	proxy.CutBeforeRequest(func(op int32) bool {
		if !zktest.IsSetACL(op) {
			return false
		}
		n++
		if n < nodes/2 {
			return false
		}
		close(middle)
		<-ended
		return true
	})
	cli := acctest.NewCLI(t, map[string]string{"main.tf": through(as(tree, on("/a", guarded(), recursive)))})
	run := cli.Start("apply", "-no-color", "-auto-approve")
	<-middle
	if err := run.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	err := run.Wait()
	close(ended)
	if err != nil {
		t.Fatal(err)
	}
	if want := regexp.MustCompile(fmt.Sprintf(`the\s+ACLs\s+of\s+\d+\s+of\s+%d\s+nodes`, nodes+1)); run.Code == 0 || !want.MatchString(strings.ReplaceAll(run.Output, "│", "")) {
		t.Errorf("exit code %d\n%s", run.Code, tail(run.Output))
	}
	done := 0
	for _, r := range readings(t, tree) {
		if len(r.ACL) == 2 {
			done++
		}
	}
	if done == 0 || done > nodes/2 {
		t.Errorf("%d nodes are done: the signal did not come in the middle", done)
	}
	cli.Write("main.tf", through(as(tree, "")))
	if run := cli.MustRun("apply", "-no-color", "-auto-approve"); strings.Contains(run.Output, "not restored") {
		t.Errorf("a warning:\n%s", tail(run.Output))
	}
	checkAllOpen(t, tree)
}

// checkAllOpen checks that all nodes below /a, and it, have the open ACL.
func checkAllOpen(t *testing.T, tree *acctest.Tree) {
	t.Helper()
	for _, r := range readings(t, tree) {
		if len(r.ACL) != 1 || r.ACL[0] != acctest.Open() {
			t.Fatalf("%s has %v", r.Path, r.ACL)
		}
	}
}

// tail is the end of a long text.
func tail(s string) string { return s[max(0, len(s)-4000):] }

// plant makes nodes below /a.
func plant(t *testing.T, tree *acctest.Tree, nodes int) {
	t.Helper()
	ops := make([]zk.Op, nodes)
	for i := range ops {
		ops[i] = zk.CreateOp(fmt.Sprintf("%s/service-%05d", tree.Path("/a"), i), nil, zk.CreateOptions{})
	}
	for len(ops) > 0 {
		n := min(len(ops), 2000)
		if _, err := tree.Client.Multi(t.Context(), ops[:n]...); err != nil {
			t.Fatal(err)
		}
		ops = ops[n:]
	}
}

func readings(t *testing.T, tree *acctest.Tree) []zk.ACLReading {
	t.Helper()
	all, err := tree.Client.ACLTree(t.Context(), tree.Path("/a"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
