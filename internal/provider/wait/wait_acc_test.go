package wait_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func waits(attributes string) string {
	return "data \"zookeeper_wait\" \"test\" {\n  path = \"${local.base}/n\"\n  " + attributes + "\n}\n"
}

// What holds already is not waited for, and the node is read.
func TestAccWait_atOnce(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/n", "ready")
	tree.Put("/n/b", "")
	tree.Put("/n/a", "")
	text := knownvalue.StringExact
	found := func(condition, data, children knownvalue.Check) map[string]knownvalue.Check {
		return map[string]knownvalue.Check{
			"path": text(tree.Path("/n")), "condition": condition, "timeout": knownvalue.Float64Exact(0),
			"expected_data": data, "expected_children": children,
			"data": text("ready"), "data_base64": text("cmVhZHk="), "children": knownvalue.ListExact([]knownvalue.Check{text("a"), text("b")}), "stat": acctest.Stat(0, 0, 5, 2),
		}
	}
	null := knownvalue.Null()
	step := func(attributes string, want map[string]knownvalue.Check) resource.TestStep {
		return resource.TestStep{Config: tree.Config(waits(attributes + "\n  timeout = 0")), ConfigStateChecks: []statecheck.StateCheck{acctest.Attributes("data.zookeeper_wait.test", want)}}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		step("", found(null, null, null)),
		step(`condition = "exists"`, found(text("exists"), null, null)),
		step("condition = \"data_equals\"\n  expected_data = \"ready\"", found(text("data_equals"), text("ready"), null)),
		step("condition = \"min_children\"\n  expected_children = 2", found(text("min_children"), null, knownvalue.Int64Exact(2))),
		{
			Config: tree.Config("data \"zookeeper_wait\" \"test\" {\n  path = \"${local.base}/other\"\n  condition = \"absent\"\n}\n"),
			ConfigStateChecks: []statecheck.StateCheck{acctest.Attributes("data.zookeeper_wait.test", map[string]knownvalue.Check{
				"path": text(tree.Path("/other")), "condition": text("absent"), "timeout": null, "expected_data": null, "expected_children": null,
				"data": null, "data_base64": null, "children": null, "stat": null,
			})},
		},
	}})
}

// It waits until somebody else has done what it waits for. It leaves one watch for each change, and
// asks no more than that.
func TestAccWait_forOthers(t *testing.T) {
	tree := acctest.NewTree(t)
	for name, tt := range map[string]struct {
		attributes string
		before     func(rel string)
		then       []func(rel string)
	}{
		"exists":       {"", func(string) {}, []func(string){func(rel string) { tree.Put(rel, "x") }}},
		"absent":       {`condition = "absent"`, func(rel string) { tree.Put(rel, "x") }, []func(string){func(rel string) { tree.Remove(rel) }}},
		"data_equals":  {"condition = \"data_equals\"\n  expected_data = \"ready\"", func(string) {}, []func(string){func(rel string) { tree.Put(rel, "starting") }, func(rel string) { tree.Write(rel, "ready") }}},
		"min_children": {"condition = \"min_children\"\n  expected_children = 2", func(rel string) { tree.Put(rel, "") }, []func(string){func(rel string) { tree.Put(rel+"/a", "") }, func(rel string) { tree.Put(rel+"/b", "") }}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rel := "/" + name
			tt.before(rel)
			proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
			cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(
				"provider \"zookeeper\" { servers = %q }\n\ndata \"zookeeper_wait\" \"test\" {\n  path = %q\n  %s\n}\n", proxy.Addr(), tree.Path(rel), tt.attributes)})
			run := cli.Start("plan", "-no-color")
			looks := func() int {
				n := 0
				for _, r := range proxy.Requests() {
					if zktest.Is(zktest.OpGetData, zktest.OpExists, zktest.OpGetChildren2)(r.Opcode) {
						n++
					}
				}
				return n
			}
			// At most two requests for a look: for the node, and for its creation.
			for _, do := range tt.then {
				before := looks()
				await(t, func() bool { return looks() > 0 })
				do(rel)
				await(t, func() bool { return looks() > before })
			}
			if err := run.Wait(); err != nil || run.Code != 0 {
				t.Fatalf("exit code %d, %v\n%s", run.Code, err, run.Output)
			}
			if n := looks(); n > 2*(len(tt.then)+2) {
				t.Errorf("it looked %d times", n)
			}
		})
	}
}

// await waits for a condition.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it did not come true")
		}
	}
}

// What does not come true in time is an error that says what was seen last.
func TestAccWait_inVain(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/n", "other")
	tree.Put("/n/a", "")
	vain := func(attributes string, want ...string) resource.TestStep {
		return resource.TestStep{Config: tree.Config(waits(attributes + "\n  timeout = 0.2")), ExpectError: acctest.Error(append(append([]string{"Waited in vain"}, want...), "timeout")...)}
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		vain(`condition = "absent"`, "still exists", "with 5 bytes (version 0, 1 child)"),
		vain("condition = \"data_equals\"\n  expected_data = \"mine\"", "does not hold expected_data", "other data, of 5 bytes (version 0)"),
		vain("condition = \"min_children\"\n  expected_children = 2", "does not have 2 children", "1 child of 2"),
		{
			Config:      tree.Config("data \"zookeeper_wait\" \"test\" {\n  path = \"${local.base}/other\"\n  timeout = 0\n}\n"),
			ExpectError: acctest.Error("Waited in vain", "does not exist", "there is no such node"),
		},
	}})
}

// Who waits for a node needs no permission on it. What it may not read is null.
func TestAccWait_unreadable(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/n", "secret", zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermDelete})
	isNull := func(attribute string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.zookeeper_wait.test", tfjsonpath.New(attribute), knownvalue.Null())
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: tree.Config(waits("timeout = 0")), ConfigStateChecks: []statecheck.StateCheck{isNull("data"), isNull("data_base64"), isNull("children")}},
		{Config: tree.Config(waits("condition = \"data_equals\"\n  expected_data = \"x\"\n  timeout = 0")), ExpectError: acctest.Error("Permission denied")},
	}})
}

// The first look has no more time than the wait, when a server has gone away.
func TestAccWait_withoutAnswer(t *testing.T) {
	tree := acctest.NewTree(t)
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	held, release := proxy.HoldReplies(zktest.IsExists)
	defer release()
	cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(
		"provider \"zookeeper\" { servers = %q }\n\ndata \"zookeeper_wait\" \"test\" {\n  path = %q\n  timeout = 0.5\n}\n", proxy.Addr(), tree.Path("/n"))})
	run := cli.Run("plan", "-no-color")
	<-held
	if run.Code == 0 || !strings.Contains(run.Output, "No server has answered for") {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
}

// Bad values are refused in the plan, without a server.
func TestAccWait_invalid(t *testing.T) {
	var steps []resource.TestStep
	for attributes, want := range map[string][]string{
		`path = "a"`:                                                     {`path = "a"`, "not absolute"},
		`path = "/a", condition = "gone"`:                                {"condition", "absent"},
		`path = "/a", condition = "data_equals"`:                         {"Nothing to compare with", "needs expected_data"},
		`path = "/a", condition = "min_children"`:                        {"needs expected_children"},
		`path = "/a", expected_data = "x"`:                               {"Nothing is compared with this", `the condition "data_equals"`},
		`path = "/a", condition = "min_children", expected_children = 0`: {"expected_children", "at least 1"},
		`path = "/a", timeout = -1`:                                      {"timeout", "between 0"},
	} {
		steps = append(steps, resource.TestStep{
			Config:      "provider \"zookeeper\" { servers = \"127.0.0.1:1\" }\n\ndata \"zookeeper_wait\" \"test\" {\n  " + strings.ReplaceAll(attributes, ", ", "\n  ") + "\n}\n",
			ExpectError: acctest.Error(want...), PlanOnly: true,
		})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// One Ctrl-C ends the wait at once.
func TestAccWait_interrupted(t *testing.T) {
	tree := acctest.NewTree(t)
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(
		"provider \"zookeeper\" { servers = %q }\n\ndata \"zookeeper_wait\" \"test\" {\n  path = %q\n  timeout = 86400\n}\n", proxy.Addr(), tree.Path("/never"))})
	run := cli.Start("plan", "-no-color")
	await(t, func() bool {
		for _, r := range proxy.Requests() {
			if zktest.IsExists(r.Opcode) {
				return true
			}
		}
		return false
	})
	if err := run.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil || run.Code == 0 || !acctest.Error("Interrupted").MatchString(run.Output) {
		t.Errorf("exit code %d, %v\n%s", run.Code, err, run.Output)
	}
}
