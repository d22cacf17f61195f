package quota_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const address = "zookeeper_quota.test"

// test is the resource, for a node of the tree.
func test(rel, arguments string) string {
	return fmt.Sprintf("resource \"zookeeper_quota\" \"test\" {\n  path = \"${local.base}%s\"\n  %s\n}\n", rel, arguments)
}

// check checks the limits that the servers have.
func check(tree *acctest.Tree, rel string, want zk.Quota) resource.TestCheckFunc {
	return func(*terraform.State) error {
		got, err := tree.Client.Quota(tree.Context(), tree.Path(rel))
		if err == nil && got.Quota != want {
			err = fmt.Errorf("the quota is %+v, want %+v", got.Quota, want)
		}
		return err
	}
}

// gone checks that the servers have no quota, and none of its nodes.
func gone(tree *acctest.Tree, rels ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, rel := range rels {
			for _, node := range []string{"", "/zookeeper_limits", "/zookeeper_stats"} {
				path := "/zookeeper/quota" + tree.Path(rel) + node
				if _, found, err := tree.Client.Exists(tree.Context(), path); err != nil || found {
					return fmt.Errorf("%s is there: %t, %w", path, found, err)
				}
			}
		}
		return nil
	}
}

func soft(count, bytes int64) zk.Quota {
	return zk.Quota{Count: count, Bytes: bytes, HardCount: zk.NoLimit, HardBytes: zk.NoLimit}
}

func hard(count, bytes int64) zk.Quota {
	return zk.Quota{Count: zk.NoLimit, Bytes: zk.NoLimit, HardCount: count, HardBytes: bytes}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// replaced is somebody else's doing: they set another quota.
func replaced(t *testing.T, tree *acctest.Tree, rel string, with zk.Quota) {
	t.Helper()
	now, err := tree.Client.Quota(t.Context(), tree.Path(rel))
	must(t, err)
	must(t, tree.Client.SetQuota(t.Context(), tree.Path(rel), with, now.Stat.Mzxid, nil))
}

// removed is somebody else's doing.
func removed(t *testing.T, tree *acctest.Tree, rel string) {
	t.Helper()
	now, err := tree.Client.Quota(t.Context(), tree.Path(rel))
	must(t, err)
	must(t, tree.Client.DeleteQuota(t.Context(), tree.Path(rel), now.Stat.Mzxid))
}

func attribute(name, value string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttr(address, name, value)
}

func none(name string) resource.TestCheckFunc {
	return resource.TestCheckNoResourceAttr(address, name)
}

func TestAccQuota_invalidConfiguration(t *testing.T) {
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"no path":         {`max_count = 1`, []string{`"path" is required`}},
		"relative path":   {"path = \"a\"\n  max_count = 1", []string{`path "a" is not absolute`}},
		"root":            {"path = \"/\"\n  max_count = 1", []string{`root "/"`}},
		"ZooKeeper's own": {"path = \"/zookeeper/quota\"\n  max_count = 1", []string{"belongs to ZooKeeper itself"}},
		"no limit":        {`path = "/a"`, []string{"max_bytes", "max_count"}},
		"no nodes":        {"path = \"/a\"\n  max_count = 0", []string{"max_count = 0", "between 1 and 2147483647"}},
		"too many nodes":  {"path = \"/a\"\n  max_count = 2147483648", []string{"between 1 and 2147483647"}},
		"no bytes":        {"path = \"/a\"\n  max_bytes = 0", []string{"max_bytes = 0", "at least 1"}},
		"hard":            {"path = \"/a\"\n  max_count = 1\n  hard = \"very\"", []string{"hard = ", "bool"}},
		"used":            {"path = \"/a\"\n  max_count = 1\n  used_count = 1", []string{"used_count = ", "read-only"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" { servers = \"127.0.0.1:1\" }\n\nresource \"zookeeper_quota\" \"test\" {\n  %s\n}", tt.hcl),
				ExpectError: acctest.Error(tt.want...),
				PlanOnly:    true,
			}}})
		})
	}
}

// A quota is set, changed, imported, put back after others have changed or removed it, and removed with all its nodes.
// Each step's second plan is empty.
func TestAccQuota(t *testing.T) {
	acctest.Needs(t, acctest.EnforcedQuotas)
	tree := acctest.NewTree(t)
	tree.Put("/a", "12345")
	tree.Put("/a/b", "67")
	tree.Put("/b", "")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: gone(tree, "/a", "/b"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(test("/a", "max_count = 10")),
				Check:  resource.ComposeAggregateTestCheckFunc(check(tree, "/a", hard(10, -1)), attribute("hard", "true"), none("max_bytes"), attribute("used_count", "2"), attribute("used_bytes", "7")),
			},
			{ResourceName: address, ImportState: true, ImportStateId: tree.Path("/a"), ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "path"},
			{
				PreConfig: func() { tree.Put("/a/c", "") },
				Config:    tree.Config(test("/a", "max_bytes = 100\n  hard = false")),
				Check:     resource.ComposeAggregateTestCheckFunc(check(tree, "/a", soft(-1, 100)), none("max_count"), attribute("used_count", "3")),
			},
			{
				Config: tree.Config(test("/a", "max_count = 5\n  max_bytes = 100\n  hard = true")),
				Check:  check(tree, "/a", hard(5, 100)),
			},
			{
				PreConfig: func() { replaced(t, tree, "/a", hard(6, 100)) },
				Config:    tree.Config(test("/a", "max_count = 5\n  max_bytes = 100")),
				Check:     check(tree, "/a", hard(5, 100)),
			},
			{ // soft limits beside hard ones are nothing that a configuration can say
				PreConfig: func() { replaced(t, tree, "/a", zk.Quota{Count: 3, Bytes: -1, HardCount: 5, HardBytes: 100}) },
				Config:    tree.Config(test("/a", "max_count = 5\n  max_bytes = 100")),
				Check:     check(tree, "/a", hard(5, 100)),
			},
			{
				PreConfig: func() { removed(t, tree, "/a") },
				Config:    tree.Config(test("/a", "max_count = 5\n  max_bytes = 100")),
				Check:     check(tree, "/a", hard(5, 100)),
			},
			{ // the servers are made to count again
				PreConfig: func() {
					must(t, tree.Client.Delete(t.Context(), "/zookeeper/quota"+tree.Path("/a")+"/zookeeper_stats", zk.AnyVersion))
				},
				Config: tree.Config(test("/a", "max_count = 5\n  max_bytes = 100")),
				Check:  attribute("used_count", "3"),
			},
			{
				Taint:  []string{address},
				Config: tree.Config(test("/a", "max_count = 5\n  max_bytes = 100")),
				Check:  check(tree, "/a", hard(5, 100)),
			},
			{
				Config: tree.Config(test("/b", "max_count = 5")),
				Check:  resource.ComposeAggregateTestCheckFunc(check(tree, "/b", hard(5, -1)), gone(tree, "/a")),
			},
		},
	})
}

// Older servers enforce nothing, and the error of the plan names the version.
func TestAccQuota_oldServers(t *testing.T) {
	server := acctest.OwnServer(t, zktest.WithVersion("3.6.4"))
	tree := acctest.NewTreeOn(t, server.Addr())
	tree.Put("/a", "")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: gone(tree, "/a"),
		Steps: []resource.TestStep{
			{
				Config:      tree.Config(test("/a", "max_count = 10\n  hard = true")),
				PlanOnly:    true,
				ExpectError: acctest.Error("ZooKeeper is too old", "3.7.0", "3.6.4", "hard = false"),
			},
			{
				Config: tree.Config(test("/a", "max_count = 10")),
				Check:  resource.ComposeAggregateTestCheckFunc(check(tree, "/a", soft(10, -1)), attribute("hard", "false"), attribute("used_count", "1")),
			},
		},
	})
}

// A quota above or below, one on the node itself, and a missing node are errors that say what to do.
func TestAccQuota_refused(t *testing.T) {
	acctest.Needs(t, acctest.EnforcedQuotas)
	tree := acctest.NewTree(t)
	for _, rel := range []string{"/a", "/a/b", "/a/b/c"} {
		tree.Put(rel, "")
	}
	must(t, tree.Client.CreateQuota(t.Context(), tree.Path("/a/b"), soft(7, -1), nil))
	for rel, want := range map[string][]string{
		"/a":       {"Quotas overlap", `"` + tree.Path("/a/b") + `" has a quota too`},
		"/a/b":     {"Quota already exists", "terraform import zookeeper_quota.NAME " + tree.Path("/a/b")},
		"/a/b/c":   {"Quotas overlap", `"` + tree.Path("/a/b") + `" has a quota too`},
		"/missing": {"Znode does not exist", "zookeeper_znode.NAME.path"},
	} {
		cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(test(rel, "max_count = 5"))})
		if run := cli.Run("apply", "-no-color", "-auto-approve"); run.Code != 1 || !acctest.Error(want...).MatchString(run.Output) {
			t.Errorf("%s: exit code %d\n%s", rel, run.Code, run.Output)
		}
	}
	must(t, check(tree, "/a/b", soft(7, -1))(nil))
	removed(t, tree, "/a/b")
}

// Two quotas above each other are an error of the plan, and one that replaces another is not.
func TestAccQuota_overlap(t *testing.T) {
	acctest.Needs(t, acctest.EnforcedQuotas)
	tree := acctest.NewTree(t)
	for _, rel := range []string{"/a", "/a/b", "/ab"} {
		tree.Put(rel, "")
	}
	of := func(name, rel string) string {
		return fmt.Sprintf("resource \"zookeeper_quota\" %q {\n  path = \"${local.base}%s\"\n  max_count = 5\n}\n", name, rel)
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(of("a", "/a") + of("b", "/a/b"))})
	want := acctest.Error("Quotas overlap", `"`+tree.Path("/a"), "gets a quota by another resource of this configuration", "Keep one of them")
	if run := cli.Run("apply", "-no-color", "-auto-approve"); run.Code != 1 || !want.MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	must(t, gone(tree, "/a", "/a/b")(nil))
	cli.Write("main.tf", tree.Config(of("a", "/a")+of("beside", "/ab")))
	cli.MustRun("apply", "-no-color", "-auto-approve")
	cli.Write("main.tf", tree.Config(of("a", "/a/b")+of("beside", "/ab")))
	cli.MustRun("apply", "-no-color", "-auto-approve")
	cli.CheckPlansNothing("the apply")
	must(t, check(tree, "/a/b", hard(5, -1))(nil))
	// One that is yet to be planned, and that the plan did not know: the apply says it.
	cli.Write("main.tf", tree.Config(`resource "terraform_data" "a" {
  input = "/a"
}

resource "zookeeper_quota" "above" {
  path      = "${local.base}${terraform_data.a.output}"
  max_count = 5
}
`+of("a", "/a/b")+of("beside", "/ab")))
	if run := cli.Run("apply", "-no-color", "-auto-approve"); run.Code != 1 || !acctest.Error("Quotas overlap", `"`+tree.Path("/a/b")+`" has a quota too`).MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	cli.Write("main.tf", tree.Config(of("a", "/a/b")))
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	must(t, gone(tree, "/a", "/a/b", "/ab")(nil))
}

// A node that is not there is told in the plan, unless this plan makes it.
func TestAccQuota_missing(t *testing.T) {
	acctest.Needs(t, acctest.EnforcedQuotas)
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(test("/a", "max_count = 5"))})
	told := acctest.Error("Warning: Znode does not exist yet", tree.Path("/a"), "path = zookeeper_znode.NAME.path")
	if out := cli.MustRun("plan", "-no-color").Output; !told.MatchString(out) {
		t.Errorf("it is not told:\n%s", out)
	}
	cli.Write("main.tf", tree.Config("resource \"zookeeper_znode\" \"a\" {\n  path = \"${local.base}/a\"\n}\n"+
		"resource \"zookeeper_quota\" \"test\" {\n  path = zookeeper_znode.a.path\n  max_count = 5\n}\n"))
	if out := cli.MustRun("apply", "-no-color", "-auto-approve").Output; told.MatchString(out) {
		t.Errorf("it is told:\n%s", out)
	}
	cli.CheckPlansNothing("the apply")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if err := errors.Join(gone(tree, "/a")(nil), tree.CheckGone("/a")(nil)); err != nil {
		t.Error(err)
	}
}

// What somebody else has changed since the plan stands.
func TestAccQuota_conflict(t *testing.T) {
	acctest.Needs(t, acctest.EnforcedQuotas)
	for name, args := range map[string][]string{"update": {"plan", "-out=plan"}, "destroy": {"plan", "-destroy", "-out=plan"}} {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			tree.Put("/a", "")
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(test("/a", "max_count = 5"))})
			cli.MustRun("apply", "-no-color", "-auto-approve")
			cli.Write("main.tf", tree.Config(test("/a", "max_count = 6")))
			cli.MustRun(append(args, "-no-color")...)
			replaced(t, tree, "/a", hard(9, -1))
			if run := cli.Run("apply", "-no-color", "plan"); run.Code != 1 || !acctest.Error("Quota was changed by somebody else", tree.Path("/a")).MatchString(run.Output) {
				t.Errorf("exit code %d\n%s", run.Code, run.Output)
			}
			must(t, check(tree, "/a", hard(9, -1))(nil))
			if name == "update" {
				cli.MustRun("plan", "-no-color", "-out=plan")
				removed(t, tree, "/a")
				if run := cli.Run("apply", "-no-color", "plan"); run.Code != 1 || !acctest.Error("Quota was removed by somebody else", tree.Path("/a")).MatchString(run.Output) {
					t.Errorf("exit code %d\n%s", run.Code, run.Output)
				}
			}
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			must(t, gone(tree, "/a")(nil))
		})
	}
}
