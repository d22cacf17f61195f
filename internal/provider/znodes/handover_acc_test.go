package znodes_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// handing runs applies, each with another configuration, and checks what each leaves: the tree,
// and that there is nothing left to do.
func handing(t *testing.T, steps ...handed) {
	t.Helper()
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, nil)
	for i, step := range steps {
		cli.Write("main.tf", tree.Config(step.hcl))
		run := cli.Run(append([]string{"apply", "-no-color", "-auto-approve"}, step.args...)...)
		if run.Code != 0 {
			t.Fatalf("step %d: exit code %d\n%s", i, run.Code, run.Output)
		}
		if err := holds(tree, step.want)(nil); err != nil {
			t.Fatalf("step %d: %v\n%s", i, err, run.Output)
		}
		if plan := cli.Run("plan", "-no-color", "-detailed-exitcode"); plan.Code != 0 {
			t.Fatalf("step %d: the plan is not empty: exit code %d\n%s", i, plan.Code, plan.Output)
		}
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/app")(nil); err != nil {
		t.Error(err)
	}
}

type handed struct {
	hcl  string
	args []string
	want map[string]string
}

// named is a resource of another name.
func named(name, hcl string) string { return strings.Replace(hcl, `"test"`, `"`+name+`"`, 1) }

// late is a resource whose destruction, or creation, waits for that of another one.
func late(name, data, more string) string {
	return fmt.Sprintf("resource \"zookeeper_znodes\" %q {\n  base_path = \"${local.base}/app\"\n  data = %s\n  %s\n}\n", name, data, more)
}

// A resource that is renamed without a moved block keeps its nodes, or has them made again, in
// whichever order the CLI runs the two. What was made with them is the new resource's too.
func TestAccZnodes_renamed(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	all := all("A", "B", "sesame", "1")
	want := allOf("A", "B", "sesame")
	exclusive := znodes(map[string]string{"a": "A", "d/e": "E"}, "exclusive = true")
	for name, steps := range map[string][]handed{
		"plain":     {{all, nil, want}, {named("new", all), nil, want}},
		"adopting":  {{strings.Replace(all, "base_path", adopting+"\n  base_path", 1), nil, want}, {named("new", strings.Replace(all, "base_path", adopting+"\n  base_path", 1)), nil, want}},
		"exclusive": {{exclusive, nil, map[string]string{"": "", "/a": "A", "/d": "", "/d/e": "E"}}, {named("new", exclusive), nil, map[string]string{"": "", "/a": "A", "/d": "", "/d/e": "E"}}},
		"and changed": {
			{znodes(map[string]string{"a": "A", "b/c": "C", "x/y": "Y"}, ""), nil, map[string]string{"": "", "/a": "A", "/b": "", "/b/c": "C", "/x": "", "/x/y": "Y"}},
			{named("new", znodes(map[string]string{"a": "A2", "b/c": "C", "n": "N"}, "")), nil, map[string]string{"": "", "/a": "A2", "/b": "", "/b/c": "C", "/n": "N"}},
		},
		"not atomic": {
			{znodes(map[string]string{"a": "A", "b/c": "C"}, "atomic = false"), nil, map[string]string{"": "", "/a": "A", "/b": "", "/b/c": "C"}},
			{named("new", znodes(map[string]string{"a": "A", "b/c": "C"}, "atomic = false")), nil, map[string]string{"": "", "/a": "A", "/b": "", "/b/c": "C"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handing(t, steps...)
		})
	}
}

// A rename is told in the plan, and with a moved block nothing happens.
func TestAccZnodes_renamedIsTold(t *testing.T) {
	tree := acctest.NewTree(t)
	hcl := znodes(map[string]string{"a": "A"}, "")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(hcl)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	cli.Write("main.tf", tree.Config(named("new", hcl)))
	says(t, cli.MustRun("plan", "-no-color").Output, "Resource looks renamed", "moved {")
	cli.Write("main.tf", tree.Config(named("new", hcl)+"moved {\n  from = zookeeper_znodes.test\n  to = zookeeper_znodes.new\n}\n"))
	out := cli.MustRun("apply", "-no-color", "-auto-approve").Output
	says(t, out, "0 added, 0 changed, 0 destroyed")
	if strings.Contains(out, "looks renamed") {
		t.Errorf("it says so although it was told:\n%s", out)
	}
	if err := tree.CheckVersions("/app/a", 0, 0)(nil); err != nil {
		t.Error(err)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// Whatever is created before the old one is destroyed is left alone by that.
func TestAccZnodes_createBeforeDestroy(t *testing.T) {
	before := "lifecycle {\n    create_before_destroy = true\n  }"
	replaced := []string{"-replace=" + address}
	data := map[string]string{"a": "A", "b/c": "C"}
	want := map[string]string{"": "", "/a": "A", "/b": "", "/b/c": "C"}
	exclusive := znodes(data, adopting+"\n  exclusive = true\n  "+before)
	for name, hcl := range map[string]string{
		"adopting":             znodes(data, adopting+"\n  "+before),
		"adopting, not atomic": znodes(data, adopting+"\n  atomic = false\n  "+before),
		"exclusive":            exclusive,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(hcl)})
			cli.MustRun("apply", "-no-color", "-auto-approve")
			cli.MustRun(append([]string{"apply", "-no-color", "-auto-approve"}, replaced...)...)
			if err := holds(tree, want)(nil); err != nil {
				t.Error(err)
			}
			cli.MustRun("plan", "-no-color", "-detailed-exitcode")
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			if err := tree.CheckGone("/app/a", "/app/b/c")(nil); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("not adopting", func(t *testing.T) {
		t.Parallel()
		tree := acctest.NewTree(t)
		cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(znodes(data, before))})
		cli.MustRun("apply", "-no-color", "-auto-approve")
		run := cli.Run("apply", "-no-color", "-auto-approve", "-replace="+address)
		if run.Code == 0 {
			t.Error("it was created twice")
		}
		says(t, run.Output, "Znodes already exist", adopting, "create_before_destroy")
		if err := holds(tree, want)(nil); err != nil {
			t.Error(err)
		}
		cli.MustRun("plan", "-no-color", "-detailed-exitcode")
		cli.MustRun("destroy", "-no-color", "-auto-approve")
	})
}

// A key moves from one resource to another within one apply, and both can give and get.
func TestAccZnodes_keysMove(t *testing.T) {
	first := late("one", `{ a = "A", b = "B", "d/x" = "X" }`, "") + late("two", `{ c = "C" }`, "")
	second := late("one", `{ a = "A", c = "C" }`, "") + late("two", `{ b = "B", "d/x" = "X" }`, "")
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(first)})
	want := map[string]string{"": "", "/a": "A", "/b": "B", "/c": "C", "/d": "", "/d/x": "X"}
	for _, hcl := range []string{first, second, first, second} {
		cli.Write("main.tf", tree.Config(hcl))
		cli.MustRun("apply", "-no-color", "-auto-approve")
		if err := holds(tree, want)(nil); err != nil {
			t.Fatal(err)
		}
		cli.MustRun("plan", "-no-color", "-detailed-exitcode")
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/app")(nil); err != nil {
		t.Error(err)
	}
}

// A node moves between a zookeeper_znode and a key, in both directions.
func TestAccZnodes_nodesMove(t *testing.T) {
	alone := "resource \"zookeeper_znode\" \"alone\" {\n  path = \"${local.base}/app/settings\"\n  data = \"S\"\n}\n"
	first := znodes(map[string]string{"a": "A"}, "") + alone
	second := znodes(map[string]string{"a": "A", "settings": "S"}, "")
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(first)})
	want := map[string]string{"": "", "/a": "A", "/settings": "S"}
	for _, hcl := range []string{first, second, first, second} {
		cli.Write("main.tf", tree.Config(hcl))
		cli.MustRun("apply", "-no-color", "-auto-approve")
		if err := holds(tree, want)(nil); err != nil {
			t.Fatal(err)
		}
		cli.MustRun("plan", "-no-color", "-detailed-exitcode")
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/app/a", "/app/settings")(nil); err != nil {
		t.Error(err)
	}
}

// A destruction hands the nodes in between to a creation that needs them. Where both of them fail,
// they are still the old resource's, and go with it.
func TestAccZnodes_bothFail(t *testing.T) {
	tree := acctest.NewTree(t)
	old := znodes(map[string]string{"h": "H", "b/d": "D"}, "")
	last := "resource \"zookeeper_znode\" \"last\" {\n  path = \"${local.base}/last\"\n  depends_on = [zookeeper_znodes.test]\n}\n"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(old + last)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	tree.Put("/app/h/foreign", "")
	tree.Put("/app/k", "")
	cli.Write("main.tf", tree.Config(named("new", znodes(map[string]string{"k": "K", "b/e": "E"}, ""))))
	failed := cli.Run("apply", "-no-color", "-auto-approve")
	if failed.Code != 1 {
		t.Fatalf("exit code %d\n%s", failed.Code, failed.Output)
	}
	says(t, failed.Output, "Znode is not empty", "Znode already exists")
	tree.Remove("/app/h/foreign")
	tree.Remove("/app/k")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.CheckGone("/app")(nil); err != nil {
		t.Error(err)
	}
}
