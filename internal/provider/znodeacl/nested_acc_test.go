package znodeacl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// managed is a resource of that name for a node of the tree, with further attributes.
func managed(name, rel, acl string, more ...string) string {
	return strings.Replace(on(rel, acl, more...), `"test"`, fmt.Sprintf("%q", name), 1)
}

// a znode with an ACL.
func declaring(rel, acl string) string {
	return fmt.Sprintf("resource \"zookeeper_znode\" \"declaring\" {\n  path = \"${local.base}%s\"\n  acl  = %s\n}\n", rel, acl)
}

var (
	teams = []zk.ACL{{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermRead}, user(zk.PermAll)}
	all2  = []zk.ACL{user(zk.PermAll), read}
)

// Two resources that want different ACLs for one node are refused in the plan, whichever comes
// first. Nothing is written.
func TestAccZnodeACL_twice(t *testing.T) {
	const rec, outer, inner = "recursive = true", "depends_on = [zookeeper_znode_acl.outer]", "depends_on = [zookeeper_znode_acl.inner]"
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"a tree in a tree":            {managed("outer", "/ov", hcl(all2...), rec) + managed("inner", "/ov/team", hcl(teams...), rec, outer), []string{"exclude ="}},
		"a tree in a tree, backwards": {managed("outer", "/ov", hcl(all2...), rec, inner) + managed("inner", "/ov/team", hcl(teams...), rec), []string{"exclude ="}},
		"a node in a tree":            {managed("outer", "/ov", hcl(all2...), rec) + managed("inner", "/ov/team", hcl(teams...)), []string{"exclude ="}},
		"one node":                    {managed("outer", "/ov", hcl(all2...)) + managed("inner", "/ov", hcl(teams...)), []string{"Keep one of them"}},
		"a znode":                     {managed("outer", "/ov/new", hcl(all2...)) + declaring("/ov/new", hcl(teams...)), []string{"zookeeper_znode of", "Keep one of them"}},
		"a znode in a tree":           {managed("outer", "/ov", hcl(all2...), rec) + declaring("/ov/new", hcl(teams...)), []string{"zookeeper_znode of", "exclude ="}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			tree.Put("/ov", "")
			tree.Put("/ov/team", "")
			cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, tt.hcl)})
			run := cli.Run("apply", "-no-color", "-auto-approve")
			want := append([]string{"Two resources manage the ACL of one znode"}, tt.want...)
			if run.Code != 1 || !acctest.Error(want...).MatchString(run.Output) {
				t.Errorf("exit code %d:\n%s", run.Code, run.Output)
			}
			holds(t, isOpen(tree, "/ov", "/ov/team"))()
		})
	}
}

// Two that want the same, or one that is replaced, do no harm.
func TestAccZnodeACL_twiceTheSame(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/ov", "")
	tree.Put("/ov/team", "")
	both := managed("outer", "/ov", hcl(all2...), recursive) + managed("inner", "/ov/team", hcl(all2...), "depends_on = [zookeeper_znode_acl.outer]")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, both)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	cli.MustRun("apply", "-no-color", "-auto-approve", "-replace=zookeeper_znode_acl.outer")
	holds(t, tree.CheckACL("/ov", all2...), tree.CheckACL("/ov/team", all2...))()
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
}

// A recursive ACL leaves out what it is told to: another resource has that, and neither undoes what
// the other does. What comes to be left out is let go of, and what is no longer gets the ACL.
func TestAccZnodeACL_exclude(t *testing.T) {
	tree := acctest.NewTree(t)
	for _, rel := range []string{"/ov", "/ov/x", "/ov/team", "/ov/team/a"} {
		tree.Put(rel, "")
	}
	const byReference = "recursive = true\n  exclude = [zookeeper_znode_acl.inner.path]"
	inner := managed("inner", "/ov/team", hcl(teams...), recursive)
	check := func(outer []zk.ACL, inner ...zk.ACL) resource.TestCheckFunc {
		return all(tree.CheckACL("/ov", outer...), tree.CheckACL("/ov/x", outer...), tree.CheckACL("/ov/team", inner...), tree.CheckACL("/ov/team/a", inner...))
	}
	expect := func(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{
			PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction("zookeeper_znode_acl.outer", action)},
			PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: check([]zk.ACL{acctest.Open()}, acctest.Open()),
		Steps: []resource.TestStep{
			{Config: as(tree, managed("outer", "/ov", hcl(all2...), recursive)), ConfigPlanChecks: expect(create), Check: check(all2, all2...)},
			{
				// What is let go of gets back what it had, so that nobody misses the ACL in between.
				Config: as(tree, managed("outer", "/ov", hcl(all2...), "recursive = true\n  exclude = [\"${local.base}/ov/team\"]")), ConfigPlanChecks: expect(update),
				Check: check(all2, acctest.Open()),
			},
			{
				Config: as(tree, managed("outer", "/ov", hcl(all2...), byReference)+inner), ConfigPlanChecks: expect(nothing),
				Check: check(all2, teams...),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("zookeeper_znode_acl.outer", tfjsonpath.New("exclude"), knownvalue.SetExact([]knownvalue.Check{text(tree.Path("/ov/team"))})),
					statecheck.ExpectKnownValue("zookeeper_znode_acl.outer", tfjsonpath.New("differing"), differs(tree)),
				},
			},
			{
				// A node that cannot even be read is none of its business.
				PreConfig: func() { tree.PutGuarded("/ov/team/hidden", "", teams...) },
				Config:    as(tree, managed("outer", "/ov", hcl(all2...), byReference)+inner), ConfigPlanChecks: expect(nothing),
			},
			{
				Config: as(tree, managed("outer", "/ov", hcl(teams...), byReference)+inner), ConfigPlanChecks: expect(update),
				Check: check(teams, teams...),
			},
			{
				PreConfig: func() { tree.Remove("/ov/team/hidden") },
				Config:    as(tree, managed("outer", "/ov", hcl(teams...), recursive)), ConfigPlanChecks: expect(update),
				Check: check(teams, teams...),
			},
		},
	})
}

// What is to be left out has to be a part of a tree.
func TestAccZnodeACL_invalidExclude(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/ov", "")
	var steps []resource.TestStep
	for _, tt := range []struct{ more, want string }{
		{`exclude = ["${local.base}/ov/team"]`, "nothing to exclude"},
		{"recursive = true\n  exclude = [\"${local.base}/ov\"]", "is not below the path of the resource"},
		{"recursive = true\n  exclude = [\"${local.base}/over\"]", "is not below the path of the resource"},
		{"recursive = true\n  exclude = [\"team\"]", "Invalid path of a znode"},
	} {
		steps = append(steps, resource.TestStep{Config: as(tree, on("/ov", hcl(all2...), tt.more)), ExpectError: acctest.Error(tt.want)})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// A tree takes in a part that another resource had, which the same apply destroys: whichever of
// the two comes first, what the nodes had before both of them is not lost. The CLI decides which,
// and it updates the tree first where that has named the other one, which is created before it is
// destroyed.
func TestAccZnodeACL_growsOverAnother(t *testing.T) {
	const byPath, byReference = `"${local.base}/t${count.index}/team"`, "zookeeper_znode_acl.inner[count.index].path"
	for name, tt := range map[string]struct{ exclude, inner string }{
		"destroyed first": {byReference, ""},
		"in any order":    {byPath, ""},
		"destroyed last":  {byReference, "lifecycle { create_before_destroy = true }"},
	} {
		t.Run(name, func(t *testing.T) { growsOver(t, tt.exclude, tt.inner) })
	}
}

func growsOver(t *testing.T, exclude, more string) {
	t.Helper()
	const pairs = 8
	tree := acctest.NewTree(t)
	var outer, inner []string
	for i := range pairs {
		outer = append(outer, fmt.Sprintf("/t%d", i))
		inner = append(inner, fmt.Sprintf("/t%d/team", i), fmt.Sprintf("/t%d/team/a", i))
	}
	for _, rel := range append(outer, inner...) {
		tree.PutGuarded(rel, "", original)
	}
	each := fmt.Sprintf("count = %d", pairs)
	big := managed("outer", "/t${count.index}", hcl(all2...), recursive, each)
	small := managed("inner", "/t${count.index}/team", hcl(teams...), recursive, each, more)
	have := func(rels []string, acl ...zk.ACL) {
		t.Helper()
		for _, rel := range rels {
			holds(t, tree.CheckACL(rel, acl...))()
		}
	}
	some := strings.Replace(big, recursive, recursive+"\n  exclude = ["+exclude+"]", 1)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": as(tree, some+small)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	have(outer, all2...)
	have(inner, teams...)

	cli.Write("main.tf", as(tree, big))
	grown := cli.MustRun("apply", "-no-color", "-auto-approve").Output
	have(append(outer, inner...), all2...)
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("exit code %d:\n%s", run.Code, run.Output)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	have(outer, original)
	if more != "" { // the tree has ended by the time that it could be told
		have(inner, teams...)
		if want := "ACL is kept for another resource"; !strings.Contains(grown, want) || !strings.Contains(grown, "world:anyone:crwa") {
			t.Errorf("the apply does not tell what the nodes had:\n%s", grown)
		}
		return
	}
	have(inner, original)
}
