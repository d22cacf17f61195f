package znode_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// query is a list block.
func query(name, meta, config string) string {
	return fmt.Sprintf("list \"zookeeper_znode\" %q {\n  provider = zookeeper\n  %s\n  config {\n    %s\n  }\n}\n", name, meta, config)
}

// queried checks a query against what a configuration says.
func queried(t *testing.T, config, lists string, checks ...querycheck.QueryResultCheck) {
	t.Helper()
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{Query: true, Config: lists, QueryResultChecks: checks},
	}})
}

// found checks the nodes that a list block gives, in their order, and that each is displayed
// and identified by its path.
func found(name string, paths ...string) querycheck.QueryResultCheck { return foundCheck{name, paths} }

type foundCheck struct {
	name  string
	paths []string
}

// CheckQuery compares the paths.
func (f foundCheck) CheckQuery(_ context.Context, req querycheck.CheckQueryRequest, resp *querycheck.CheckQueryResponse) {
	var got []string
	for _, r := range listedBy(req, f.name) {
		if id := fmt.Sprint(r.Identity); id != fmt.Sprintf("map[path:%s]", r.DisplayName) || r.ResourceType != "zookeeper_znode" {
			resp.Error = fmt.Errorf("%s %q has the identity %s", r.ResourceType, r.DisplayName, id)
			return
		}
		got = append(got, r.DisplayName)
	}
	if !slices.Equal(got, f.paths) {
		resp.Error = fmt.Errorf("list %q has %q, want %q", f.name, got, f.paths)
	}
}

func listedBy(req querycheck.CheckQueryRequest, name string) []tfjson.ListResourceFoundData {
	return slices.DeleteFunc(slices.Clone(req.Query), func(r tfjson.ListResourceFoundData) bool {
		return r.Address != "list.zookeeper_znode."+name
	})
}

// whole checks each attribute of a node in a list: those of a node with the data and the
// open ACL, and otherwise as an import has them, except what is given. With nil there must
// be no attributes at all.
func whole(name, path string, want attrs) querycheck.QueryResultCheck {
	if want == nil {
		return wholeCheck{name, path, nil}
	}
	all := attrs{
		"path": text(path), "data_wo": null, "data_wo_version": null, "acl": acctest.ACL(acctest.Open()), "create_parents": yes,
		"parent_acl": null, "mode": text("persistent"), "ttl_ms": null, "force_destroy": no, "adopt_existing": no,
		"compare": text("bytes"), "on_destroy": text("delete"),
	}
	maps.Copy(all, want)
	return wholeCheck{name, path, all}
}

type wholeCheck struct {
	name, path string
	want       attrs
}

// CheckQuery checks the attributes.
func (w wholeCheck) CheckQuery(_ context.Context, req querycheck.CheckQueryRequest, resp *querycheck.CheckQueryResponse) {
	results := listedBy(req, w.name)
	i := slices.IndexFunc(results, func(r tfjson.ListResourceFoundData) bool { return r.DisplayName == w.path })
	if i < 0 {
		resp.Error = fmt.Errorf("%q is not in list %q", w.path, w.name)
		return
	}
	got := results[i].ResourceObject
	if have, checked := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(w.want)); !slices.Equal(have, checked) {
		resp.Error = fmt.Errorf("%q has the attributes %v, and the test checks %v", w.path, have, checked)
		return
	}
	var errs []error
	for name, check := range w.want {
		if err := check.CheckValue(got[name]); err != nil {
			errs = append(errs, fmt.Errorf("%q, %s: %w", w.path, name, err))
		}
	}
	resp.Error = errors.Join(errs...)
}

func TestAccList_basic(t *testing.T) {
	acctest.Needs(t, acctest.List)
	tree := acctest.NewTree(t)
	tree.Put("/top", "Grüße")
	tree.Put("/top/b", "")
	tree.Put("/top/binary", "\x00\xff")
	tree.Put("/top/json", `{"b":1, "a":2}`)
	tree.Put("/top/b/ä ö", "deep")
	tree.Put("/topmost", "is a neighbour")
	closed := []zk.ACL{{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}, {Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	tree.PutGuarded("/top/guarded", "x", closed...)
	path := func(rel string) string { return tree.Path("/top") + rel }
	queried(t, tree.ConfigAs(acctest.User, acctest.Password, ""),
		query("all", "", `path = "${local.base}/top"`)+
			query("alone", "", "path = \"${local.base}/top\"\nmax_depth = 0")+
			query("children", "include_resource = true", "path = \"${local.base}/top\"\nmax_depth = 1")+
			query("leaf", "include_resource = false", "path = \"${local.base}/top/b/ä ö\"\nmax_depth = 2147483647"),
		found("all", path(""), path("/b"), path("/binary"), path("/guarded"), path("/json"), path("/b/ä ö")),
		found("alone", path("")),
		found("children", path(""), path("/b"), path("/binary"), path("/guarded"), path("/json")),
		found("leaf", path("/b/ä ö")),
		whole("all", path(""), nil),
		whole("leaf", path("/b/ä ö"), nil),
		whole("children", path(""), attrs{"data": text("Grüße"), "data_base64": null, "stat": acctest.Stat(0, 0, 7, 4)}),
		whole("children", path("/b"), attrs{"data": null, "data_base64": null, "stat": acctest.Stat(0, 0, 0, 1)}),
		whole("children", path("/binary"), attrs{"data": null, "data_base64": text("AP8="), "stat": acctest.Stat(0, 0, 2, 0)}),
		whole("children", path("/json"), attrs{"data": text(`{"b":1, "a":2}`), "data_base64": null, "compare": text("json"), "stat": acctest.Stat(0, 0, 14, 0)}),
		whole("children", path("/guarded"), attrs{"data": text("x"), "data_base64": null, "stat": acctest.Stat(0, 0, 1, 0), "acl": acctest.ACL(closed...)}),
	)
}

// What a resource cannot manage is not in a list, with or without the resources.
func TestAccList_unmanageable(t *testing.T) {
	acctest.Needs(t, acctest.List)
	server := acctest.OwnServer(t)
	tree := acctest.NewTreeOn(t, server.Addr())
	tree.Put("/zookeeper", "of the application, which no resource takes for its own")
	tree.Put("/a", "")
	if _, err := tree.Client.Create(t.Context(), tree.Path("/ephemeral"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	provider := func(chroot string) string {
		return fmt.Sprintf("provider \"zookeeper\" { servers = %q }", server.Addr()+chroot)
	}
	for _, include := range []string{"", "include_resource = true"} {
		t.Run(include, func(t *testing.T) {
			root := query("root", include, `path = "/"`)
			queried(t, provider(""), root+query("ephemeral", include, fmt.Sprintf("path = %q", tree.Path("/ephemeral"))),
				found("root", tree.Base, tree.Path("/a"), tree.Path("/zookeeper")),
				found("ephemeral"))
		})
		t.Run("chroot "+include, func(t *testing.T) {
			queried(t, provider(tree.Base), query("root", include, `path = "/"`), found("root", "/a"))
		})
	}
}

func TestAccList_limit(t *testing.T) {
	acctest.Needs(t, acctest.List)
	tree := acctest.NewTree(t)
	var all []string
	for i := range 120 {
		rel := fmt.Sprintf("/%03d", i)
		tree.Put(rel, "")
		tree.Put(rel+"/below", "")
		all = append(all, tree.Path(rel))
	}
	const below = "path = local.base"
	queried(t, tree.Config(""),
		query("three", "limit = 3\n  include_resource = true", below)+query("default", "", below)+query("more", "limit = 1000", below),
		found("three", tree.Base, all[0], all[1]),
		found("default", append([]string{tree.Base}, all[:99]...)...),
		querycheck.ExpectLength("zookeeper_znode.more", 241))

	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config("")})
	for limit, listed := range map[string]int{"": 100, "limit = 1": 1, "limit = 240": 240, "limit = 241": 0, "limit = 242": 0} {
		cli.Write("x.tfquery.hcl", query("test", limit, below))
		run := cli.MustRun("query", "-no-color")
		want := acctest.Error("Warning: List is not complete", fmt.Sprintf("%q and below than the %d that it shows", tree.Base, listed), "Set limit")
		if told := strings.Contains(run.Output, "List is not complete"); told != (listed > 0) || told && !want.MatchString(run.Output) {
			t.Errorf("with %q:\n%s", limit, run.Output)
		}
	}
}

// A list that has as many nodes as are wanted looks for one more, and not further.
func TestAccList_limitEnds(t *testing.T) {
	acctest.Needs(t, acctest.List)
	tree := acctest.NewTree(t)
	for _, rel := range []string{"/a", "/a/b", "/a/b/c", "/a/d"} {
		tree.Put(rel, "")
	}
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	looks := func() error {
		const children = 12
		if n := len(slices.DeleteFunc(proxy.Requests(), func(r zktest.Request) bool { return r.Opcode != children })); n != 2 {
			return fmt.Errorf("%d requests for one node and the next", n)
		}
		return nil
	}
	queried(t, fmt.Sprintf("provider \"zookeeper\" { servers = %q }", proxy.Addr()),
		query("test", "limit = 1", fmt.Sprintf("path = %q", tree.Base)),
		found("test", tree.Base), behind(looks))
}

// behind checks something after a query.
type behind func() error

// CheckQuery checks it.
func (b behind) CheckQuery(_ context.Context, _ querycheck.CheckQueryRequest, resp *querycheck.CheckQueryResponse) {
	resp.Error = b()
}

// A node that is deleted between the reading of its parent and its own is left out.
func TestAccList_vanishing(t *testing.T) {
	acctest.Needs(t, acctest.List)
	const getACL, children = 6, 12
	tests := map[string]struct {
		op int32
		nr int // which request with this code is about the first child
	}{
		"":                        {children, 2},
		"include_resource = true": {getACL, 2},
	}
	for meta, tt := range tests {
		t.Run(meta, func(t *testing.T) {
			tree := acctest.NewTree(t)
			proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
			tree.Put("/gone", "")
			tree.Put("/stays", "")
			seen := 0
			proxy.CutBeforeRequest(func(o int32) bool {
				if o == tt.op {
					seen++
					if seen == tt.nr {
						if err := tree.Client.Delete(t.Context(), tree.Path("/gone"), zk.AnyVersion); err != nil {
							t.Error(err)
						}
					}
				}
				return false // looks on, and cuts nothing
			})
			queried(t, fmt.Sprintf("provider \"zookeeper\" { servers = %q }", proxy.Addr()),
				query("test", meta, fmt.Sprintf("path = %q", tree.Base)),
				found("test", tree.Base, tree.Path("/stays")))
		})
	}
}

// What is below and may not be read is counted in a warning.
func TestAccList_unreadable(t *testing.T) {
	acctest.Needs(t, acctest.List)
	tree := acctest.NewTree(t)
	closed := zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	tree.Put("/a", "")
	tree.PutGuarded("/a/closed", "", closed)
	tree.Put("/a/closed/below", "")
	tree.Put("/a/open", "")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config("")})
	for _, meta := range []string{"", "include_resource = true"} {
		cli.Write("x.tfquery.hcl", query("test", meta, `path = "${local.base}/a"`))
		run := cli.MustRun("query", "-no-color")
		for _, want := range []*regexp.Regexp{
			regexp.MustCompile(fmt.Sprintf(`%[1]s\nlist\.zookeeper_znode\.test +path=%[1]s/open +%[1]s/open\n`, tree.Path("/a"))),
			acctest.Error("Warning: Znodes are not in the list", `The list of what is below "`+tree.Path("/a")+`" lacks 1 znode`,
				`"`+tree.Path("/a/closed")+`": not authorized`, "The provider presents no identity"),
		} {
			if !want.MatchString(run.Output) {
				t.Errorf("no match of %q in:\n%s", want, run.Output)
			}
		}
		if strings.Contains(run.Output, "closed/") {
			t.Errorf("it tells of what is below:\n%s", run.Output)
		}
	}
}

func TestAccList_failures(t *testing.T) {
	acctest.Needs(t, acctest.List)
	tree := acctest.NewTree(t)
	tree.PutGuarded("/closed", "", zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll})
	const none, closed = `path = "${local.base}/none"`, `path = "${local.base}/closed"`
	missing := []string{"Znode does not exist", fmt.Sprintf("There is no node at %q", tree.Path("/none")), "chroot"}
	denied := []string{"Permission denied", fmt.Sprintf("did not let the provider list the znodes at and below %q", tree.Path("/closed")), "needs the permission READ (r)", "presents no identity"}
	for name, tt := range map[string]struct {
		config, list string
		want         []string
	}{
		"no node":           {tree.Config(""), query("test", "", none), missing},
		"no node, included": {tree.Config(""), query("test", "include_resource = true", none), missing},
		"closed":            {tree.Config(""), query("test", "", closed), denied},
		"closed, included":  {tree.Config(""), query("test", "include_resource = true", closed), denied},
		"no server": {`provider "zookeeper" {
  servers         = "127.0.0.1:1"
  connect_timeout = 0.1
}`, query("test", "", `path = "/"`), []string{"Cannot reach ZooKeeper", "127.0.0.1:1"}},
		"own nodes by chroot": {
			fmt.Sprintf("provider \"zookeeper\" { servers = \"%s/zookeeper\" }", acctest.Server(t).Addr()), query("test", "", `path = "/quota"`),
			[]string{"Invalid path of a znode", `the chroot "/zookeeper" of the provider's servers`, `"/zookeeper/quota" belongs to ZooKeeper itself`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: tt.config},
				{Query: true, Config: tt.list, ExpectError: acctest.Error(tt.want...)},
			}})
		})
	}
}

// Each is found without a server.
func TestAccList_badInput(t *testing.T) {
	acctest.Needs(t, acctest.List)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `provider "zookeeper" { servers = "127.0.0.1:1" }`})
	for name, tt := range map[string]struct {
		config string
		want   []string
	}{
		"no path":           {`max_depth = 1`, []string{`"path" is required`}},
		"null":              {`path = null`, []string{"Must set a configuration value for the path attribute"}},
		"empty path":        {`path = ""`, []string{"Invalid path of a znode", "path is empty"}},
		"relative path":     {`path = "a/b"`, []string{"Invalid path of a znode", `path "a/b" is not absolute`}},
		"slash at the end":  {`path = "/a/"`, []string{"Invalid path of a znode", `path "/a/" ends with /`}},
		"own nodes":         {`path = "/zookeeper"`, []string{"Invalid path of a znode", `"/zookeeper" belongs to ZooKeeper itself`}},
		"below them":        {`path = "/zookeeper/quota"`, []string{"Invalid path of a znode", `"/zookeeper/quota" belongs to ZooKeeper itself`}},
		"no text":           {`path = ["/"]`, []string{"path", "string required"}},
		"negative depth":    {"path = \"/\"\n max_depth = -1", []string{"max_depth value must be between 0 and 2147483647"}},
		"depth too large":   {"path = \"/\"\n max_depth = 2147483648", []string{"max_depth value must be between 0 and 2147483647"}},
		"half a level":      {"path = \"/\"\n max_depth = 1.5", []string{"1.5) is not an integer"}},
		"no number":         {"path = \"/\"\n max_depth = \"all\"", []string{"max_depth", "a number is required"}},
		"no pattern":        {"path = \"/\"\n include = [\"\"]", []string{"Invalid pattern", `The pattern "" of include is wrong: it is empty`}},
		"null as a pattern": {"path = \"/\"\n exclude = [null]", []string{"Invalid pattern", `The pattern "" of exclude is wrong: it is empty`}},
		"absolute pattern":  {"path = \"/\"\n exclude = [\"a\", \"/b\"]", []string{"Invalid pattern", `The pattern "/b" of exclude is wrong: it starts with a slash`}},
		"both patterns":     {"path = \"/\"\n include = [\"a/\"]\n exclude = [\"[\"]", []string{`"a/" of include is wrong`, `"[" of exclude is wrong`}},
		"unknown attribute": {"path = \"/\"\n recursive = true", []string{"recursive", "not expected here"}},
	} {
		t.Run(name, func(t *testing.T) {
			cli.Write("x.tfquery.hcl", query("test", "", tt.config))
			run := cli.Run("validate", "-no-color", "-query")
			if run.Code == 0 || !acctest.Error(tt.want...).MatchString(run.Output) {
				t.Errorf("exit code %d, no match of %q in:\n%s", run.Code, tt.want, run.Output)
			}
		})
	}
}

// A tree like that of Kafka, whose runtime paths are left out. What is left out by its path with
// all below it is not even looked at, and nothing is said of what may not be read there.
func TestAccList_patterns(t *testing.T) {
	acctest.Needs(t, acctest.List)
	tree := acctest.NewTree(t)
	for _, rel := range []string{
		"", "/admin", "/admin/delete_topics", "/brokers", "/brokers/ids", "/brokers/ids/1", "/brokers/topics", "/brokers/topics/a", "/brokers/topics/a/partitions",
		"/config", "/config/topics", "/config/topics/a", "/config/topics/b", "/config/users", "/controller_epoch",
	} {
		tree.Put("/kafka"+rel, "")
	}
	closed := zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}
	tree.PutGuarded("/kafka/brokers/ids/2", "", closed)
	tree.PutGuarded("/kafka/config/brokers", "", closed)
	top := tree.Path("/kafka")
	paths := func(rels ...string) (all []string) {
		for _, rel := range rels {
			all = append(all, top+rel)
		}
		return all
	}
	config := tree.Config("")
	lists := func(patterns string) string { return "path = \"${local.base}/kafka\"\n" + patterns }
	queried(t, config,
		query("exclude", "", lists(`exclude = ["brokers/**", "controller*", "admin/delete_topics"]`))+
			query("include", "include_resource = true", lists(`include = ["config/topics/*", "brokers/topics/**"]`))+
			query("both", "", lists(`
include = ["config/**"]
exclude = ["**/b", "config", "config/brokers"]`))+
			query("deep", "", lists("include = [\"config/**\"]\nmax_depth = 2\nexclude = [\"config/{brokers,users}\"]"))+
			query("nothing", "", lists(`exclude = ["**"]`))+
			query("none", "", lists("include = []\nexclude = []\nmax_depth = 1"))+
			query("limited", "limit = 1", lists(`include = ["config/*/*"]`)),
		found("exclude", paths("", "/admin", "/config", "/config/topics", "/config/users", "/config/topics/a", "/config/topics/b")...),
		found("include", paths("/brokers/topics", "/brokers/topics/a", "/config/topics/a", "/config/topics/b", "/brokers/topics/a/partitions")...),
		found("both", paths("/config/topics", "/config/users", "/config/topics/a")...),
		found("deep", paths("/config", "/config/topics")...),
		found("nothing", paths("")...),
		found("none", paths("", "/admin", "/brokers", "/config", "/controller_epoch")...),
		found("limited", paths("/config/topics/a")...))

	cli := acctest.NewCLI(t, map[string]string{"main.tf": config})
	for name, tt := range map[string]struct {
		patterns string
		told     []string // none for no warning
	}{
		"closed and left out":         {`exclude = ["brokers/**", "config/brokers/**"]`, nil},
		"closed and not meant":        {`include = ["config/topics/**", "nothing/{x,y}"]`, []string{"Pattern that no znode matches", `Below "` + top + `" no znode matches "nothing/{x,y}".`, `"a" is the node "` + top + `/a" alone`}},
		"closed":                      {`exclude = ["brokers/ids/**"]`, []string{"Znodes are not in the list", "lacks 1 znode", `"` + top + `/config/brokers": not authorized`}},
		"closed, and meant below":     {`include = ["config/brokers/*", "config/*"]`, []string{"Znodes are not in the list", "lacks 1 znode", `"` + top + `/config/brokers": not authorized`}},
		"closed, and meant not below": {`exclude = ["brokers/ids/*", "config/brokers/**"]`, []string{"Znodes are not in the list", "lacks 1 znode", `"` + top + `/brokers/ids/2": not authorized`}},
	} {
		t.Run(name, func(t *testing.T) {
			cli.Write("x.tfquery.hcl", query("test", "", lists(tt.patterns)))
			run := cli.MustRun("query", "-no-color")
			if told := strings.Count(run.Output, "Warning: ") > 1; /* the first is of the overrides */ told != (tt.told != nil) || told && !acctest.Error(tt.told...).MatchString(run.Output) {
				t.Errorf("no match of %q in:\n%s", tt.told, run.Output)
			}
		})
	}
}

// A node whose name a configuration cannot have is named and left out, with what is below it,
// and its twin is not.
func TestAccList_otherForm(t *testing.T) {
	acctest.Needs(t, acctest.List)
	tree := acctest.NewTree(t)
	const nfc, nfd = "caf\u00e9", "cafe\u0301"
	for _, rel := range []string{"/" + nfc, "/" + nfc + "/x", "/" + nfd, "/" + nfd + "/x", "/z"} {
		tree.Put(rel, "")
	}
	config := tree.Config("")
	queried(t, config, query("test", "", "path = local.base"),
		found("test", tree.Base, tree.Path("/"+nfc), tree.Path("/z"), tree.Path("/"+nfc+"/x")))
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config})
	for _, meta := range []string{"", "include_resource = true"} {
		cli.Write("x.tfquery.hcl", query("test", meta, "path = local.base"))
		run := cli.MustRun("query", "-no-color")
		if want := acctest.Error("Warning: Nodes that no configuration can name", `Below "`+tree.Base+`", 2 nodes have paths in another Unicode form than NFC:`,
			`"`+tree.Base+`/cafe\xcc\x81"`, `"`+tree.Base+`/cafe\xcc\x81/x"`, "another node. The list leaves out what is named above."); !want.MatchString(run.Output) {
			t.Errorf("no match of %q in:\n%s", want, run.Output)
		}
		cli.Write("x.tfquery.hcl", query("test", meta, "path = local.base\nexclude = [\"cafe*/**\"]"))
		if run := cli.MustRun("query", "-no-color"); strings.Contains(run.Output, "Warning: Nodes") {
			t.Errorf("it warns of what is left out:\n%s", run.Output)
		}
	}
}

// What a query generates imports what there is, and changes nothing of it: the next plan is
// empty, and a text, other bytes, an empty node and an ACL that is not shown in full are as
// they were.
func TestAccList_generatedConfig(t *testing.T) {
	acctest.Needs(t, acctest.List)
	tree := acctest.NewTree(t)
	tree.Put("/top", "Grüße")
	tree.Put("/top/binary", "\x00\xff")
	tree.Put("/top/empty", "")
	masked := []zk.ACL{{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}, {Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermRead}}
	tree.PutGuarded("/top/masked", "x", masked...)
	cli := acctest.NewCLI(t, map[string]string{
		"main.tf":       tree.Config(""),
		"x.tfquery.hcl": query("test", "", `path = "${local.base}/top"`),
	})
	cli.MustRun("query", "-no-color", "-generate-config-out=generated.tf")
	b, err := os.ReadFile(filepath.Join(cli.Dir, "generated.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if !acctest.Error(`data = "Grüße"`, fmt.Sprintf("path = %q", tree.Path("/top")), "identity = {", fmt.Sprintf("path = %q", tree.Path("/top")), `data_base64 = "AP8="`).Match(b) {
		t.Errorf("generated:\n%s", b)
	}
	run := cli.MustRun("apply", "-no-color", "-auto-approve")
	if !strings.Contains(run.Output, "4 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the apply:\n%s", run.Output)
	}
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
	for _, rel := range []string{"/top", "/top/binary", "/top/empty", "/top/masked"} {
		if err := tree.CheckVersions(rel, 0, 0)(nil); err != nil {
			t.Error(err)
		}
	}
}
