package znode_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// kept is a node in HCL that stays when its resource goes.
func kept(name, rel, more string) string {
	return "resource \"zookeeper_znode\" \"" + name + "\" {\n  path = \"${local.base}" + rel + "\"\n  on_destroy = \"keep\"\n  " + more + "\n}\n"
}

// A node that is to be kept stays when its resource goes, and so does what is below it and what
// others write meanwhile. A new resource for the same path takes it over within the same apply.
func TestAccZnode_keep(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(rel, data, more string) string {
		return tree.Config(kept("test", rel, `data = "`+data+"\"\n  "+more))
	}
	keeps := func(writes, length, children int64, more attrs) attrs {
		all := attrs{"on_destroy": text("keep"), "stat": acctest.Stat(writes, 0, length, children)}
		maps.Copy(all, more)
		return all
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: resource.ComposeTestCheckFunc(tree.CheckData("/a", "three"), tree.CheckData("/a/theirs", "x"), tree.CheckData("/b", "two")),
		Steps: []resource.TestStep{
			{
				Config:            config("/b", "two", ""),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/b", "two", keeps(0, 3, 0, nil)),
			},
			{
				// Another path is another node, and the first one stays.
				Config:            config("/a", "one", ""),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/a", "one", keeps(0, 3, 0, nil)),
				Check:             tree.CheckData("/b", "two"),
			},
			{
				// A replacement at the same path takes it over, with what is below it.
				PreConfig:         func() { tree.Put("/a/theirs", "x") },
				Taint:             []string{"zookeeper_znode.test"},
				Config:            config("/a", "two", ""),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, "/a", "two", keeps(1, 3, 1, nil)),
				Check:             resource.ComposeTestCheckFunc(tree.CheckVersions("/a", 1, 0), tree.CheckData("/a/theirs", "x")),
			},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy),
				Check:            tree.CheckData("/a", "two"),
			},
			{
				// It is nobody's then, as any other that exists.
				Config:      config("/a", "three", ""),
				ExpectError: acctest.Error("Znode already exists", "adopt_existing = true"),
			},
			{
				Config:            config("/a", "three", "adopt_existing = true"),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a", "three", keeps(2, 5, 1, attrs{"adopt_existing": yes})),
			},
			{
				// It stays although somebody has written to it since the plan.
				Config:           tree.Config(``),
				ConfigPlanChecks: meanwhile(destroy, func() { tree.Write("/a", "theirs"); tree.Write("/a", "three") }),
			},
		},
	})
}

// The value of the last apply counts, as for force_destroy.
func TestAccZnode_keepNoLonger(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: tree.Config(kept("test", "/a", "")), ConfigPlanChecks: planned(create)},
			{
				Config:           tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks: planned(update),
				Check:            tree.CheckVersions("/a", 0, 0),
			},
			{Config: tree.Config(``), ConfigPlanChecks: planned(destroy), Check: tree.CheckGone("/a")},
		},
	})
}

// A destroy that fails because a running Solr has nodes below the chroot does not open the
// cluster: security.json stays.
func TestAccZnode_keepOfARunningCluster(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(`resource "zookeeper_znode" "solr" { path = "${local.base}/solr" }
` + kept("security", "/solr/security.json", "data = jsonencode({ authentication = { blockUnknown = true } })\n  depends_on = [zookeeper_znode.solr]"))})
	cli.Apply()
	tree.Put("/solr/live_nodes", "")
	const security = `{"authentication":{"blockUnknown":true}}`
	for range 2 { // it fails as often as it is tried
		run := cli.Run("destroy", "-no-color", "-auto-approve")
		if run.Code == 0 || !acctest.Error("Znode is not empty", `it has 2 children: "live_nodes", "security.json".`).MatchString(run.Output) {
			t.Fatalf("exit code %d\n%s", run.Code, run.Output)
		}
		if err := tree.HasData("/solr/security.json", security); err != nil {
			t.Fatal(err)
		}
	}
	if _, there := cli.Values()["zookeeper_znode.solr"]; !there {
		t.Error("the chroot has left the state, and is there")
	}
	// What was left can be taken up again, as the error says.
	if out := cli.FailApply(); !acctest.Error("Znode already exists", "adopt_existing = true").MatchString(out) {
		t.Error(out)
	}
	cli.Write("main.tf", tree.Config(`resource "zookeeper_znode" "solr" { path = "${local.base}/solr" }
`+kept("security", "/solr/security.json", "data = jsonencode({ authentication = { blockUnknown = true } })\n  adopt_existing = true\n  depends_on = [zookeeper_znode.solr]")))
	if out := cli.Apply(); !acctest.Error("Existing znode will be taken over", "nothing of it will change").MatchString(out) {
		t.Error(out)
	}
	cli.CheckPlansNothing("an apply")
	if err := tree.CheckVersions("/solr/security.json", 0, 0)(nil); err != nil {
		t.Error(err)
	}
}

// With create_before_destroy, and in whichever order a rename is done, a node that is kept is
// handed over.
func TestAccZnode_keepIsHandedOver(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(kept("old", "/a", `data = "one"`))})
	cli.Apply()
	tree.Put("/a/theirs", "x")
	before := stat(t, tree, "/a")
	cli.Write("main.tf", tree.Config(kept("new", "/a", `data = "two"`)))
	if out := cli.Apply(); !acctest.Error("Resource looks renamed", "moved {").MatchString(out) {
		t.Error(out)
	}
	after := stat(t, tree, "/a")
	if after.Czxid != before.Czxid || after.Version != 1 || after.NumChildren != 1 {
		t.Errorf("it was %+v, and is %+v", before, after)
	}
	cli.CheckPlansNothing("a rename")
	cli.CheckValues("zookeeper_znode.new", map[string]any{"data": "two"})
	cli.Write("main.tf", tree.Config(kept("new", "/a", "data = \"two\"\n  adopt_existing = true\n  lifecycle { create_before_destroy = true }")))
	cli.Apply("-replace=zookeeper_znode.new")
	if again := stat(t, tree, "/a"); again != after {
		t.Errorf("it was %+v, and is %+v", after, again)
	}
	cli.CheckPlansNothing("a replacement")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := tree.HasData("/a", "two"); err != nil {
		t.Error(err)
	}
}

// What is kept cannot become a node of another kind: that would take its deletion.
func TestAccZnode_keepOfAnotherKind(t *testing.T) {
	tree := acctest.NewTree(t)
	const summary = "Kind of a znode that is kept cannot change"
	container := func(onDestroy string) string {
		return strings.ReplaceAll(tree.Config(kept("test", "/a", `mode = "container"`)), `"keep"`, onDestroy)
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a", "/b"),
		Steps: []resource.TestStep{
			{Config: tree.Config(kept("test", "/a", "")), ConfigPlanChecks: planned(create)},
			{Config: container(`"keep"`), ExpectError: acctest.Error(summary, tree.Path("/a"), `set on_destroy = "delete", apply, and then change the kind`)},
			{Config: container(`"delete"`), ExpectError: acctest.Error(summary)},
			{
				Config:           tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/a" }`),
				ConfigPlanChecks: planned(update),
			},
			{Config: container(`"keep"`), ConfigPlanChecks: planned(replace)},
			{
				// At another path it may be of another kind.
				Config:           tree.Config(kept("test", "/b", "")),
				ConfigPlanChecks: planned(replace),
				Check:            tree.CheckData("/a", ""),
			},
			{PreConfig: func() { tree.Remove("/a") }, Config: tree.Config(`resource "zookeeper_znode" "test" { path = "${local.base}/b" }`), ConfigPlanChecks: planned(update)},
		},
	})
}

// stat is what the servers say of a node.
func stat(t *testing.T, tree *acctest.Tree, rel string) zk.Stat {
	t.Helper()
	stat, there, err := tree.Client.Exists(t.Context(), tree.Path(rel))
	if err != nil || !there {
		t.Fatalf("%s: there: %t, %v", tree.Path(rel), there, err)
	}
	return stat
}
