package znodes_test

import (
	"errors"
	"fmt"
	"slices"
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

// written checks that nodes were last written by one and the same transaction, which zxid
// says, and how often each was.
func written(tree *acctest.Tree, version int32, rels ...string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		zxid := s.RootModule().Resources[address].Primary.Attributes["zxid"]
		for _, rel := range rels {
			stat, _, err := tree.Client.Exists(tree.Context(), tree.Path(rel))
			if err != nil {
				return err
			}
			if fmt.Sprint(stat.Mzxid) != zxid || stat.Version != version {
				return fmt.Errorf("%s was written by %d to version %d, want %s and %d", rel, stat.Mzxid, stat.Version, zxid, version)
			}
		}
		return nil
	}
}

func TestAccZnodes_lifecycle(t *testing.T) {
	tree := acctest.NewTree(t)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{
				Config: tree.Config(znodes(map[string]string{"a": "Grüße", "a/b/c": "deep", "empty": "", "a-b": "beside"}, `data_base64 = { "bin" = "AP8=" }`)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, create), plancheck.ExpectUnknownValue(address, tfjsonpath.New("zxid")),
				}},
				ConfigStateChecks: state(tree, map[string]string{"a": "Grüße", "a/b/c": "deep", "empty": "", "a-b": "beside"}, attrs{"data_base64": nodes(map[string]string{"bin": "AP8="})}),
				Check: resource.ComposeTestCheckFunc(
					holds(tree, map[string]string{"": "", "/a": "Grüße", "/a/b": "", "/a/b/c": "deep", "/empty": "", "/a-b": "beside", "/bin": "\x00\xff"}),
					written(tree, 0, "/app", "/app/a", "/app/a/b", "/app/a/b/c", "/app/empty", "/app/a-b", "/app/bin"),
				),
			},
			{
				// One key each: changed, new, gone, with what was in between; and one that changes its
				// notation and nothing else.
				Config: tree.Config(znodes(map[string]string{"a": "changed", "empty": "", "x/y": "new"}, `data_base64 = { "bin" = "AP8=", "a-b" = "YmVzaWRl" }`)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), plancheck.ExpectUnknownValue(address, tfjsonpath.New("zxid")),
				}},
				ConfigStateChecks: state(tree, map[string]string{"a": "changed", "empty": "", "x/y": "new"}, attrs{"data_base64": nodes(map[string]string{"bin": "AP8=", "a-b": "YmVzaWRl"})}),
				Check: resource.ComposeTestCheckFunc(
					holds(tree, map[string]string{"": "", "/a": "changed", "/empty": "", "/a-b": "beside", "/bin": "\x00\xff", "/x": "", "/x/y": "new"}),
					written(tree, 1, "/app/a"), written(tree, 0, "/app/x", "/app/x/y"), tree.CheckVersions("/app/a-b", 0, 0),
				),
			},
			{
				// What is declared no longer, and still in between, is as it would have been made; what was
				// in between and is declared now is there already.
				Config:            tree.Config(znodes(map[string]string{"a/z": "below", "x": "", "x/y": "new"}, "")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"a/z": "below", "x": "", "x/y": "new"}, nil),
				Check: resource.ComposeTestCheckFunc(
					holds(tree, map[string]string{"": "", "/a": "", "/a/z": "below", "/x": "", "/x/y": "new"}),
					written(tree, 2, "/app/a"), written(tree, 0, "/app/a/z"), tree.CheckVersions("/app/x", 0, 0),
				),
			},
			{
				Config:            tree.Config(znodes(map[string]string{"x": "X"}, "")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"x": "X"}, nil),
				Check:             holds(tree, map[string]string{"": "", "/x": "X"}),
			},
			{
				// No nodes at all.
				Config:            tree.Config("resource \"zookeeper_znodes\" \"test\" { base_path = \"${local.base}/app\" }"),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, nil, attrs{"data": null}),
				Check:             holds(tree, map[string]string{"": ""}),
			},
			{
				// Another base is another tree.
				Config:            tree.Config("resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"${local.base}/other/low\"\n  data = { a = \"A\" }\n}"),
				ConfigPlanChecks:  planned(replace),
				ConfigStateChecks: state(tree, map[string]string{"a": "A"}, attrs{"base_path": text(tree.Path("/other/low"))}),
				Check:             resource.ComposeTestCheckFunc(tree.CheckGone("/app"), tree.CheckData("/other/low/a", "A"), written(tree, 0, "/other", "/other/low")),
			},
			{
				Config: tree.Config(""),
				// What was missing above base_path stays, as the parents of a znode do.
				Check: resource.ComposeTestCheckFunc(tree.CheckGone("/other/low"), tree.CheckData("/other", "")),
			},
		},
	})
}

// Settings that the servers know nothing of are changed without them.
func TestAccZnodes_settings(t *testing.T) {
	tree := acctest.NewTree(t)
	data := map[string]string{"a/b": "x"}
	const entries = `[{ scheme = "world", id = "anyone", permissions = "cdrwa" }, { scheme = "ip", id = "10.0.0.0/8", permissions = "r" }]`
	acl := knownvalue.SetExact([]knownvalue.Check{acctest.ACLEntry("world", "anyone", "cdrwa"), acctest.ACLEntry("ip", "10.0.0.0/8", "r")})
	first := tree.CheckACL("/app/a/b", acctest.Open())
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: tree.Config(znodes(data, "")), ConfigPlanChecks: planned(create), Check: first},
			{
				Config: tree.Config(znodes(data, "atomic = false\n  exclusive = true\n  acl = "+entries)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), plancheck.ExpectKnownValue(address, tfjsonpath.New("zxid"), positive),
				}},
				ConfigStateChecks: state(tree, data, attrs{"atomic": no, "exclusive": yes, "acl": acl}),
				Check:             resource.ComposeTestCheckFunc(written(tree, 0, "/app", "/app/a", "/app/a/b"), first),
			},
			{
				// Another notation of the ACL is no change.
				Config:            tree.Config(znodes(data, "atomic = false\n  exclusive = true\n  acl = [{ scheme = \"ip\", id = \"10.0.0.0/8\", permissions = 1 }, { scheme = \"world\", id = \"anyone\", permissions = 31 }]")),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, data, attrs{"atomic": no, "exclusive": yes, "acl": acl}),
			},
			{
				// The ACL is for nodes made from then on, in between too.
				Config:           tree.Config(znodes(map[string]string{"a/b": "x", "c/d": "y"}, "acl = "+entries)),
				ConfigPlanChecks: planned(update),
				Check: resource.ComposeTestCheckFunc(first,
					tree.CheckACL("/app/c", zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermRead}, acctest.Open()),
					tree.CheckACL("/app/c/d", zk.ACL{Scheme: "ip", ID: "10.0.0.0/8", Perms: zk.PermRead}, acctest.Open())),
			},
		},
	})
}

// Without an ACL, the nodes get the provider's default, and a missing chroot is made.
func TestAccZnodes_defaultACLAndChroot(t *testing.T) {
	tree := acctest.NewTree(t)
	config := fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  default_acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdrw\" }]\n}\n", acctest.Server(t).Addr()+tree.Path("/chroot")) +
		"resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"/\"\n  data = { top = \"T\", \"top/a\" = \"A\" }\n}\n" +
		"resource \"zookeeper_znodes\" \"low\" {\n  base_path = \"/low/er\"\n  data = { b = \"B\" }\n}\n"
	acl := zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermAdmin}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/chroot/low/er", "/chroot/top"),
		Steps: []resource.TestStep{{
			Config:            config,
			ConfigStateChecks: state(tree, map[string]string{"top": "T", "top/a": "A"}, attrs{"base_path": text("/")}),
			Check: resource.ComposeTestCheckFunc(
				tree.CheckData("/chroot/top/a", "A"), tree.CheckData("/chroot/low/er/b", "B"),
				tree.CheckACL("/chroot/top", acl), tree.CheckACL("/chroot/low/er", acl), tree.CheckACL("/chroot/low", acl)),
		}},
	})
}

// A plan shows the keys that differ from what the servers hold, whoever changed them.
func TestAccZnodes_drift(t *testing.T) {
	tree := acctest.NewTree(t)
	data := map[string]string{"changed": "1", "gone": "2", "binary": "3", "dir/anew": "4", "dir/same": "5", "emptied": "6"}
	config := tree.Config(znodes(data, `data_base64 = { "bin" = "AP8=" }`))
	after := attrs{"data_base64": nodes(map[string]string{"bin": "AP8="})}
	whole := map[string]string{"": "", "/changed": "1", "/gone": "2", "/binary": "3", "/dir": "", "/dir/anew": "4", "/dir/same": "5", "/emptied": "6", "/bin": "\x00\xff"}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: planned(create), ConfigStateChecks: state(tree, data, after)},
			{
				PreConfig: func() {
					tree.Write("/app/changed", "theirs")
					tree.Remove("/app/gone")
					tree.Write("/app/binary", "\xff\xfe")
					tree.Remove("/app/dir/anew")
					tree.Put("/app/dir/anew", "theirs")
					tree.Write("/app/emptied", "")
					tree.Write("/app/bin", "text now")
					tree.Put("/app/unrelated", "is not looked at")
				},
				RefreshState: true, ExpectNonEmptyPlan: true,
				RefreshPlanChecks: resource.RefreshPlanChecks{PostRefresh: []plancheck.PlanCheck{
					differs("data", "changed", "theirs", "1"), differs("data", "gone", nil, "2"), differs("data", "binary", "(2 bytes, not UTF-8, in base64: //4=)", "3"),
					differs("data_base64", "binary", nil, nil), differs("data", "dir/anew", "theirs", "4"), differs("data", "dir/same", "5", "5"),
					differs("data", "emptied", "", "6"), differs("data_base64", "bin", "dGV4dCBub3c=", "AP8="),
				}},
			},
			{
				Config:            config,
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, data, after),
				Check: func(s *terraform.State) error {
					whole["/unrelated"] = "is not looked at"
					if err := holds(tree, whole)(s); err != nil {
						return err
					}
					return errors.Join(tree.CheckVersions("/app/dir/same", 0, 0)(s), tree.CheckVersions("/app/changed", 2, 0)(s), tree.CheckVersions("/app/dir/anew", 1, 0)(s))
				},
			},
			{
				PreConfig: func() { tree.Remove("/app/unrelated"); tree.Remove("/app/dir") },
				Config:    config,
				// A node in between is made again with its children.
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, data, after),
			},
			{
				PreConfig:        func() { tree.Remove("/app") },
				Config:           config,
				ConfigPlanChecks: planned(create),
				Check: func(s *terraform.State) error {
					delete(whole, "/unrelated")
					return holds(tree, whole)(s)
				},
			},
		},
	})
}

// Values that are known only after the apply are waited for.
func TestAccZnodes_unknown(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(input, more string) string {
		return tree.Config(fmt.Sprintf(`
resource "terraform_data" "in" { input = %q }

resource "zookeeper_znodes" "test" {
  base_path = "${local.base}/app"
  data      = { known = "1", unknown = terraform_data.in.output }
  %s
}

resource "zookeeper_znodes" "all" {
  base_path = "${local.base}/${terraform_data.in.output}"
  data      = { for k in [terraform_data.in.output] : "k" => k }
  data_base64 = terraform_data.in.output == "" ? {} : { b = base64encode(terraform_data.in.output) }
}
`, input, more))
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app", "/one", "/two"),
		Steps: []resource.TestStep{
			{
				Config: config("one", ""),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, create),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("data").AtMapKey("unknown")),
				}},
				ConfigStateChecks: state(tree, map[string]string{"known": "1", "unknown": "one"}, nil),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/one/k", "one"), tree.CheckData("/one/b", "one")),
			},
			{
				Config:            config("two", ""),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"known": "1", "unknown": "two"}, nil),
				Check:             resource.ComposeTestCheckFunc(tree.CheckGone("/one"), tree.CheckData("/two/k", "two")),
			},
		},
	})
}

// The nodes of the root are those below it, and ZooKeeper's own are none of them.
func TestAccZnodes_root(t *testing.T) {
	server := acctest.OwnServer(t)
	tree := acctest.NewTreeOn(t, server.Addr())
	config := func(data, more string) string {
		return tree.Config("resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"/\"\n  data = " + data + "\n  " + more + "\n}")
	}
	names := func() []string {
		children, _, err := tree.Client.Children(tree.Context(), "/")
		if err != nil {
			t.Error(err)
		}
		return children
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			if got := names(); !slices.Equal(got, []string{tree.Base[1:], "zookeeper"}) {
				return fmt.Errorf("the root has %v", got)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{Config: config(`{ a = "A", "b/c" = "C" }`, ""), ConfigPlanChecks: planned(create), ConfigStateChecks: state(tree, map[string]string{"a": "A", "b/c": "C"}, attrs{"base_path": text("/")})},
			{Config: config(`{ a = "B" }`, ""), ConfigPlanChecks: planned(update), Check: func(*terraform.State) error {
				if got := names(); !slices.Equal(got, []string{tree.Base[1:], "a", "zookeeper"}) {
					return fmt.Errorf("the root has %v", got)
				}
				return nil
			}},
		},
	})
}

// A refresh reads many nodes at once.
func TestAccZnodes_refreshInFewRequests(t *testing.T) {
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	tree := acctest.NewTreeOn(t, proxy.Addr())
	data := make(map[string]string)
	for i := range 500 {
		data[fmt.Sprintf("d%d/n%d", i%20, i)] = "x"
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(znodes(data, ""))})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	before := len(proxy.Requests())
	cli.MustRun("plan", "-no-color", "-detailed-exitcode")
	// Those that begin and end the session are among them, and those that list children.
	few := 20
	if !acctest.Has(t, acctest.BatchedReads) {
		few = len(data) + 30
	}
	if n := len(proxy.Requests()) - before; n > few {
		t.Errorf("%d requests for %d nodes", n, len(data))
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}
