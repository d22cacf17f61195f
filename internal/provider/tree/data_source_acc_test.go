package tree_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

const address = "data.zookeeper_tree.test"

var (
	text = knownvalue.StringExact
	null = knownvalue.Null()
)

// paths checks which nodes there are.
func paths(want ...string) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New("paths"), list(want...))
}

// list checks paths, which are sorted.
func list(want ...string) knownvalue.Check {
	slices.Sort(want)
	all := make([]knownvalue.Check, len(want))
	for i, path := range want {
		all[i] = text(path)
	}
	return knownvalue.ListExact(all)
}

type checks = map[string]knownvalue.Check

func TestAccTree_basic(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/top", "Grüße")
	tree.Put("/top/binary", "\x00\xff")
	tree.Put("/top/b", "")
	tree.Put("/top/b/ä ö", "x")
	tree.Write("/top/b/ä ö", "deep")
	tree.Put("/top/b/ä ö/last", "")
	tree.Put("/topmost", "is a neighbour")
	path := func(rel string) string { return tree.Path("/top") + rel }
	acctest.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: tree.Config(`
data "zookeeper_tree" "stats" {
  path         = "${local.base}/top"
  include_stat = true
}
data "zookeeper_tree" "explicit" {
  path         = "${local.base}/top/b"
  include_data = false
  include_stat = false
}
data "zookeeper_tree" "data" {
  path         = "${local.base}/top"
  include_data = true
  include_stat = true
}
data "zookeeper_tree" "alone" {
  path         = "${local.base}/top"
  max_depth    = 0
  include_data = true
}
data "zookeeper_tree" "children" {
  path      = "${local.base}/top"
  max_depth = 1
}
data "zookeeper_tree" "leaf" {
  path      = "${local.base}/top/binary"
  max_depth = 2147483647
}
`),
			ConfigStateChecks: []statecheck.StateCheck{
				acctest.Attributes("data.zookeeper_tree.stats", checks{
					"path": text(path("")), "max_depth": null, "max_nodes": null, "include_data": null, "include_stat": knownvalue.Bool(true),
					"paths": list(path(""), path("/b"), path("/b/ä ö"), path("/b/ä ö/last"), path("/binary")), "data": null, "data_base64": null,
					"stats": knownvalue.MapExact(checks{
						path(""):            acctest.Stat(0, 0, 7, 2),
						path("/b"):          acctest.Stat(0, 0, 0, 1),
						path("/binary"):     acctest.Stat(0, 0, 2, 0),
						path("/b/ä ö"):      acctest.Stat(1, 0, 4, 1),
						path("/b/ä ö/last"): acctest.Stat(0, 0, 0, 0),
					}),
				}),
				acctest.Attributes("data.zookeeper_tree.explicit", checks{
					"path": text(path("/b")), "max_depth": null, "max_nodes": null, "include_data": knownvalue.Bool(false), "include_stat": knownvalue.Bool(false),
					"paths": list(path("/b"), path("/b/ä ö"), path("/b/ä ö/last")), "data": null, "data_base64": null, "stats": null,
				}),
				acctest.Attributes("data.zookeeper_tree.data", checks{
					"path": text(path("")), "max_depth": null, "max_nodes": null, "include_data": knownvalue.Bool(true), "include_stat": knownvalue.Bool(true),
					"paths": list(path(""), path("/b"), path("/b/ä ö"), path("/b/ä ö/last"), path("/binary")),
					"data": knownvalue.MapExact(checks{
						path(""): text("Grüße"), path("/b"): text(""), path("/b/ä ö"): text("deep"), path("/b/ä ö/last"): text(""),
					}),
					"data_base64": knownvalue.MapExact(checks{path("/binary"): text("AP8=")}),
					"stats": knownvalue.MapExact(checks{
						path(""):            acctest.Stat(0, 0, 7, 2),
						path("/b"):          acctest.Stat(0, 0, 0, 1),
						path("/binary"):     acctest.Stat(0, 0, 2, 0),
						path("/b/ä ö"):      acctest.Stat(1, 0, 4, 1),
						path("/b/ä ö/last"): acctest.Stat(0, 0, 0, 0),
					}),
				}),
				acctest.Attributes("data.zookeeper_tree.alone", checks{
					"path": text(path("")), "max_depth": knownvalue.Int64Exact(0), "max_nodes": null, "include_data": knownvalue.Bool(true), "include_stat": null,
					"paths": list(path("")), "data": knownvalue.MapExact(checks{path(""): text("Grüße")}), "data_base64": knownvalue.MapExact(checks{}), "stats": null,
				}),
				acctest.Attributes("data.zookeeper_tree.children", checks{
					"path": text(path("")), "max_depth": knownvalue.Int64Exact(1), "max_nodes": null, "include_data": null, "include_stat": null,
					"paths": list(path(""), path("/b"), path("/binary")), "data": null, "data_base64": null, "stats": null,
				}),
				acctest.Attributes("data.zookeeper_tree.leaf", checks{
					"path": text(path("/binary")), "max_depth": knownvalue.Int64Exact(2147483647), "max_nodes": null, "include_data": null, "include_stat": null,
					"paths": list(path("/binary")), "data": null, "data_base64": null, "stats": null,
				}),
			},
		}},
	})
}

// The CLIs bring all text to NFC: a node with a name in another form, and what is below it, is
// not mistaken for its twin, which would have the same key.
func TestAccTree_otherForm(t *testing.T) {
	tree := acctest.NewTree(t)
	const nfc, nfd = "caf\u00e9", "cafe\u0301"
	tree.Put("/top", "")
	tree.Put("/top/"+nfc, "composed")
	tree.Put("/top/"+nfc+"/x", "below composed")
	tree.Put("/top/"+nfd, "decomposed")
	tree.Put("/top/"+nfd+"/x", nfd)
	tree.Put(`/top/"quoted"`, "")
	other := func(rel string) string { return `"` + tree.Path("/top") + `/cafe\xcc\x81` + rel + `"` }
	path := func(rel string) string { return tree.Path("/top") + rel }
	stat := func(length, children int64) knownvalue.Check { return acctest.Stat(0, 0, length, children) }
	config := tree.Config(`
data "zookeeper_tree" "test" {
  path         = "${local.base}/top"
  include_data = true
  include_stat = true
}
data "zookeeper_tree" "bare" { path = "${local.base}/top" }
`)
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config,
		ConfigStateChecks: []statecheck.StateCheck{
			acctest.Attributes(address, checks{
				"path": text(path("")), "max_depth": null, "max_nodes": null, "include_data": knownvalue.Bool(true), "include_stat": knownvalue.Bool(true),
				"paths": list(path(""), path("/"+nfc), path("/"+nfc+"/x"), other(""), other("/x"), path(`/"quoted"`)),
				"data": knownvalue.MapExact(checks{
					path(""):               text(""),
					path("/" + nfc):        text("composed"),
					path("/" + nfc + "/x"): text("below composed"),
					other(""):              text("decomposed"),
					other("/x"):            text(nfc), // the text is the CLI's, the base64 the node's
					path(`/"quoted"`):      text(""),
				}),
				"data_base64": knownvalue.MapExact(checks{other("/x"): text("Y2FmZcyB")}),
				"stats": knownvalue.MapExact(checks{
					path(""):               stat(0, 3),
					path("/" + nfc):        stat(8, 1),
					path("/" + nfc + "/x"): stat(14, 0),
					other(""):              stat(10, 1),
					other("/x"):            stat(6, 0),
					path(`/"quoted"`):      stat(0, 0),
				}),
			}),
			statecheck.ExpectKnownValue("data.zookeeper_tree.bare", tfjsonpath.New("paths"),
				list(path(""), path("/"+nfc), path("/"+nfc+"/x"), other(""), other("/x"), path(`/"quoted"`))),
		},
	}}})
	run := acctest.NewCLI(t, map[string]string{"main.tf": config}).MustRun("plan", "-no-color")
	if want := acctest.Error("Warning: Nodes that no configuration can name", `Below "`+path("")+`", 2 nodes have paths in another Unicode form than NFC:`,
		other(""), other("/x"), "another node. The attribute paths has them as they are written above, with the quotation marks."); !want.MatchString(run.Output) {
		t.Errorf("no match of %q in:\n%s", want, run.Output)
	}
}

// The root is a tree like any other, of which ZooKeeper's own nodes are no part.
func TestAccTree_root(t *testing.T) {
	server := acctest.OwnServer(t)
	tree := acctest.NewTreeOn(t, server.Addr())
	tree.Put("/zookeeper", "of the application")
	config := func(servers, path string) string {
		return fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\ndata \"zookeeper_tree\" \"test\" { path = %q }", servers, path)
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:            config(server.Addr(), "/"),
			ConfigStateChecks: []statecheck.StateCheck{paths("/", tree.Base, tree.Path("/zookeeper"))},
		},
		{
			Config:            config(server.Addr(), "/zookeeper"),
			ConfigStateChecks: []statecheck.StateCheck{paths("/zookeeper", "/zookeeper/config", "/zookeeper/quota")},
		},
		{ // Inside a chroot, a node of that name is nothing special.
			Config:            config(server.Addr()+tree.Base, "/"),
			ConfigStateChecks: []statecheck.StateCheck{paths("/", "/zookeeper")},
		},
	}})
}

// A path that is known only after the apply is waited for, and what others do to the tree
// shows in the next plan.
func TestAccTree_unknownPathAndChanges(t *testing.T) {
	tree := acctest.NewTree(t)
	config := tree.Config(`
resource "zookeeper_znode" "top" { path = "${local.base}/top" }

resource "terraform_data" "path" { input = zookeeper_znode.top.path }

data "zookeeper_tree" "test" {
  path         = terraform_data.path.output
  include_data = true
}

output "paths" { value = data.zookeeper_tree.test.paths }
`)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/top"),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownOutputValue("paths"),
				}},
				ConfigStateChecks: []statecheck.StateCheck{paths(tree.Path("/top"))},
			},
			{
				PreConfig: func() { tree.Put("/top/new", "x") },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownOutputValue("paths", knownvalue.ListExact([]knownvalue.Check{text(tree.Path("/top")), text(tree.Path("/top/new"))})),
				}},
				ConfigStateChecks: []statecheck.StateCheck{paths(tree.Path("/top"), tree.Path("/top/new"))},
			},
			{
				PreConfig: func() { tree.Remove("/top/new") },
				Config:    config,
				ConfigStateChecks: []statecheck.StateCheck{
					paths(tree.Path("/top")),
					statecheck.ExpectKnownOutputValue("paths", knownvalue.ListExact([]knownvalue.Check{text(tree.Path("/top"))})),
				},
			},
		},
	})
}

// A node that is deleted between the reading of its parent and its own is left out.
func TestAccTree_vanishing(t *testing.T) {
	const getData, children, manyReads = 4, 12, 22
	withData := struct {
		op int32
		nr int
	}{manyReads, 1}
	if !acctest.Has(t, acctest.BatchedReads) {
		withData.op, withData.nr = getData, 2
	}
	tests := map[string]struct {
		op int32
		nr int // which request with this code is about the node
	}{
		"false": {children, 2},
		"true":  withData,
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
			tree.Put("/top", "")
			tree.Put("/top/gone", "")
			tree.Put("/top/stays", "")
			seen := 0
			proxy.CutBeforeRequest(func(o int32) bool {
				if o != tt.op {
					return false
				}
				seen++
				if seen == tt.nr {
					if err := tree.Client.Delete(t.Context(), tree.Path("/top/gone"), zk.AnyVersion); err != nil {
						t.Error(err)
					}
				}
				return false // looks on, and cuts nothing
			})
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config: fmt.Sprintf(`
provider "zookeeper" { servers = %q }

data "zookeeper_tree" "test" {
  path         = %q
  include_data = %s
}`, proxy.Addr(), tree.Path("/top"), name),
				ConfigStateChecks: []statecheck.StateCheck{paths(tree.Path("/top"), tree.Path("/top/stays"))},
			}}})
			if seen < tt.nr {
				t.Errorf("%d requests %d", seen, tt.op)
			}
		})
	}
}

func TestAccTree_errors(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/top", "")
	tree.Put("/top/a", "")
	tree.PutGuarded("/top/a/secret", "s3cret", zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll})
	denied := []string{"Permission denied", `read the tree of the znode "` + tree.Path("/top") + `"`, `the permission READ (r) on "` + tree.Path("/top/a/secret") + `"`, "presents no identity"}
	config := func(attributes string) string {
		return tree.Config("data \"zookeeper_tree\" \"test\" {\n" + attributes + "\n}")
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      config(`path = "${local.base}/missing"`),
			ExpectError: acctest.Error("Znode does not exist", `no node at "`+tree.Path("/missing")+`"`, "chroot"),
		},
		{
			Config:      config(`path = "${local.base}/top"`),
			ExpectError: acctest.Error(denied...),
		},
		{
			Config:      config("path = \"${local.base}/top\"\ninclude_data = true"),
			ExpectError: acctest.Error(denied...),
		},
		{ // Not so far down.
			Config:            config("path = \"${local.base}/top\"\nmax_depth = 1"),
			ConfigStateChecks: []statecheck.StateCheck{paths(tree.Path("/top"), tree.Path("/top/a"))},
		},
		{
			Config: tree.ConfigAs(acctest.User, acctest.Password, `data "zookeeper_tree" "test" { path = "${local.base}/top" }`),
			ConfigStateChecks: []statecheck.StateCheck{
				paths(tree.Path("/top"), tree.Path("/top/a"), tree.Path("/top/a/secret")),
			},
		},
		{
			Config: `provider "zookeeper" {
  servers         = "127.0.0.1:1"
  connect_timeout = 0.5
}
data "zookeeper_tree" "test" { path = "/" }`,
			ExpectError: acctest.Error("Cannot reach ZooKeeper", "127.0.0.1:1: connect: connection refused"),
		},
	}})
}

// What is wrong with an attribute is said at plan time, without a server.
func TestAccTree_badValues(t *testing.T) {
	tests := map[string]struct {
		attributes string
		want       []string
	}{
		"no path":             {``, []string{`The argument "path" is required`}},
		"null path":           {`path = null`, []string{"path = null", "Must set a configuration value for the path attribute"}},
		"empty path":          {`path = ""`, []string{"Invalid path of a znode", `path = ""`, "path is empty"}},
		"relative path":       {`path = "a/b"`, []string{`path = "a/b"`, `"a/b" is not absolute`}},
		"slash at the end":    {`path = "/a/"`, []string{`path = "/a/"`, "ends with /"}},
		"empty element":       {`path = "/a//b"`, []string{`path = "/a//b"`, "empty element"}},
		"dots":                {`path = "/a/../b"`, []string{`path = "/a/../b"`, `".."`}},
		"negative depth":      {"path = \"/\"\n  max_depth = -1", []string{"max_depth = -1", "between 0 and 2147483647, got: -1"}},
		"huge depth":          {"path = \"/\"\n  max_depth = 2147483648", []string{"max_depth = 2147483648", "between 0 and 2147483647, got: 2147483648"}},
		"fraction of a depth": {"path = \"/\"\n  max_depth = 1.5", []string{"max_depth = 1.5", "1.5"}},
		"depth in words":      {"path = \"/\"\n  max_depth = \"deep\"", []string{`max_depth = "deep"`, "a number is required"}},
		"data in words":       {"path = \"/\"\n  include_data = \"maybe\"", []string{`include_data = "maybe"`, "a bool is required"}},
		"paths":               {"path = \"/\"\n  paths = []", []string{"paths = []", "read-only"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" { servers = \"127.0.0.1:1\" }\n\ndata \"zookeeper_tree\" \"test\" {\n  %s\n}", tt.attributes),
				ExpectError: acctest.Error(tt.want...),
				PlanOnly:    true,
			}}})
		})
	}
}

// Ten thousand nodes come through the protocol with the CLI as ten do, and the log tells
// of the progress.
func TestAccTree_large(t *testing.T) {
	tree := acctest.NewTree(t)
	const folders, each = 10, 1000
	for i := range folders {
		folder := tree.Path(fmt.Sprintf("/%d", i))
		ops := []zk.Op{zk.CreateOp(folder, nil, zk.CreateOptions{})}
		for j := range each - 1 {
			ops = append(ops, zk.CreateOp(fmt.Sprintf("%s/%04d", folder, j), []byte("hello"), zk.CreateOptions{}))
		}
		if _, err := tree.Client.Multi(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
data "zookeeper_tree" "all" {
  path         = "/"
  include_data = true
}

output "nodes" { value = length(data.zookeeper_tree.all.paths) }
output "hello" { value = length([for text in data.zookeeper_tree.all.data : text if text == "hello"]) }
`})
	log := filepath.Join(cli.Dir, "log")
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base, "TF_LOG_PROVIDER=INFO", "TF_LOG_PATH=" + log}
	run := cli.MustRun("plan", "-no-color")
	if !acctest.Error("+ hello = 9990", "+ nodes = 10001").MatchString(run.Output) {
		t.Errorf("not all nodes are in the output:\n%s", run.Output)
	}

	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	told := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(read.* a tree):.* nodes=(\d+)`).FindAllStringSubmatch(string(b), -1) {
		told[m[1]+" "+m[2]] = true
	}
	want := map[string]bool{"reading the data of a tree 10001": true, "read a tree 10001": true}
	for n := 1000; n <= folders*each; n += 1000 {
		want[fmt.Sprintf("reading a tree %d", n)] = true
		want[fmt.Sprintf("reading the data of a tree %d", n)] = true
	}
	if !maps.Equal(told, want) {
		t.Errorf("the log tells of %v", slices.Sorted(maps.Keys(told)))
	}
}

// The data of a tree that is too large is not even asked for.
func TestAccTree_tooMuchData(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/top", "")
	const size, nodes = 1_000_000, 17
	for i := range nodes {
		tree.Put(fmt.Sprintf("/top/%d", i), strings.Repeat("x", size))
	}
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	config := func(attributes string) string {
		return fmt.Sprintf(`
provider "zookeeper" { servers = %q }

data "zookeeper_tree" "test" {
  path = %q
  %s
}

output "nodes" { value = length(data.zookeeper_tree.test.paths) }
`, proxy.Addr(), tree.Path("/top"), attributes)
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      config("include_data = true"),
			ExpectError: acctest.Error("Tree is too large", `The tree of "`+tree.Path("/top")+`" holds 17000000 bytes of data in 18 nodes`, "include_data"),
		},
		{
			Config:            config(""),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("nodes", knownvalue.Int64Exact(nodes+1))},
		},
	}})
	for _, r := range proxy.Requests() {
		if r.Opcode == zktest.OpGetData || r.Opcode == zktest.OpMultiRead {
			t.Errorf("data was asked for: %+v", r)
		}
	}
}

// A tree of more nodes, levels or bytes than a bound allows is an error that names the bound.
func TestAccTree_limits(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/top", "")
	tree.Put("/top/a", "x")
	tree.Put("/top/a/b", "x")
	config := func(limits, attributes string) string {
		return fmt.Sprintf(`
provider "zookeeper" {
  servers = %q
  %s
}

data "zookeeper_tree" "test" {
  path = %q
  %s
}

output "nodes" { value = length(data.zookeeper_tree.test.paths) }
`, acctest.Server(t).Addr(), limits, tree.Path("/top"), attributes)
	}
	three := []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("nodes", knownvalue.Int64Exact(3))}
	tooLarge := func(bound string) *regexp.Regexp {
		return acctest.Error("Tree is too large", `the tree of "`+tree.Path("/top")+`" has more than`, bound, "Nothing was written")
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config("", "max_nodes = 2"), ExpectError: acctest.Error("Tree has too many nodes", "max_nodes = 2")},
		{Config: config("", "max_nodes = 0"), ExpectError: acctest.Error("max_nodes", "at least 1")},
		{Config: config("", "max_nodes = 3"), ConfigStateChecks: three},
		{Config: config("", "max_nodes = 2\n  max_depth = 1"), ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("nodes", knownvalue.Int64Exact(2))}},
		{Config: config("tree_limits = { max_nodes = 2 }", ""), ExpectError: tooLarge("2 nodes, which is the bound tree_limits.max_nodes")},
		{Config: config("tree_limits = { max_depth = 1 }", ""), ExpectError: tooLarge("1 level, which is the bound tree_limits.max_depth")},
		{Config: config("tree_limits = { max_bytes = 10 }", ""), ExpectError: tooLarge("10 bytes, which is the bound tree_limits.max_bytes")},
		{Config: config("tree_limits = { max_nodes = 0 }", ""), ExpectError: acctest.Error("max_nodes", "between 1 and")},
		{Config: config("tree_limits = { max_nodes = 3, max_depth = 2, max_bytes = 1000 }", ""), ConfigStateChecks: three},
	}})
}
