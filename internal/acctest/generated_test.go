package acctest_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// A grown node is one that software which uses ZooKeeper has made.
type grown struct {
	rel  string
	data string
	acl  []zk.ACL // none for the open one
}

var (
	// ofKafka stands for sasl:kafka, a scheme that the servers of tests do not have.
	ofKafka = []zk.ACL{{Scheme: "ip", ID: "10.0.0.1", Perms: zk.PermAll}, {Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
	// ofAlice shows its digest masked to whoever may only read.
	ofAlice = []zk.ACL{{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}, {Scheme: "world", ID: "anyone", Perms: zk.PermRead}}
)

// Trees as the software leaves them. Where a node is empty, so it is there.
var trees = map[string][]grown{
	"kafka": {
		{"", "", nil},
		{"/cluster", "", nil},
		{"/cluster/id", `{"version":"1","id":"vPeOCWypqUOSepEvx0cbog"}`, nil},
		{"/controller_epoch", "7", nil},
		{"/feature", `{"features":{},"version":2,"status":1}`, ofKafka},
		{"/latest_producer_id_block", `{"version":1,"broker":0,"block_start":"0","block_end":"999"}`, nil},
		{"/brokers", "", nil},
		{"/brokers/seqid", "", nil},
		{"/brokers/topics", "", nil},
		{"/brokers/topics/orders", `{"removing_replicas":{},"partitions":{"10":[3,1],"2":[2,3],"0":[1,2]},"topic_id":"Xq3CPl2pQoGYnVNm1kVdYQ","adding_replicas":{},"version":3}`, nil},
		{"/brokers/topics/orders/partitions", "", nil},
		{"/brokers/topics/orders/partitions/0", "", nil},
		{"/brokers/topics/orders/partitions/0/state", `{"controller_epoch":7,"leader":1,"version":1,"leader_epoch":0,"isr":[1,2]}`, nil},
		{"/config", "", nil},
		{"/config/brokers", "", ofKafka},
		{"/config/brokers/<default>", `{"version":1,"config":{"log.cleaner.threads":"2"}}`, ofKafka},
		{"/config/topics", "", nil},
		{"/config/topics/orders", `{"version":1,"config":{"retention.ms":"604800000","cleanup.policy":"compact"}}`, nil},
		{"/config/topics/none", `{"version":1,"config":{}}`, nil},
		{"/config/users", "", ofKafka},
		{"/config/users/alice", `{"version":1,"config":{"SCRAM-SHA-256":"salt=YQ==,stored_key=Yg==,server_key=Yw==,iterations=4096"}}`, ofKafka},
		{"/kafka-acl", "", nil},
		{"/kafka-acl/Topic", "", nil},
		{"/kafka-acl/Topic/*", `{"version":1,"acls":[{"principal":"User:alice","permissionType":"Allow","operation":"Read","host":"*"}]}`, nil},
	},
	"solr": {
		{"", "", nil},
		{"/security.json", "{\n  \"authentication\":{\n    \"class\":\"solr.BasicAuthPlugin\",\n    \"blockUnknown\":true,\n    \"credentials\":{\"solr\":\"IV0EHq1OnNrj6gvRCwvFwTrZ1+z1oBbnQdiVC3otuq0= Ndd7LKvVBAaZIF0QAVi1ekCfAJXr1GGfLtRUXhgrF8c=\"},\n    \"\":{\"v\":5}}}", nil},
		{"/aliases.json", "", nil},
		{"/autoscaling.json", "{}", nil},
		{"/clusterprops.json", "{\n  \"urlScheme\":\"https\",\n  \"legacyCloud\":\"false\"}", nil},
		{"/configs", "", nil},
		{"/configs/base", `{"trusted":true}`, nil},
		{"/configs/base/solrconfig.xml", "<?xml version=\"1.0\" ?>\n<config>\r\n\t<dataDir>${solr.data.dir:}</dataDir>\n\t<a>$${x} %{if} $%{y}</a>\n</config>\n", nil},
		{"/configs/base/stopwords_fr.txt", "à\nété\n l'  # apostrophe\\n\n", nil},
		{"/collections", "", nil},
		{"/collections/a", "{\"configName\":\"base\"}\n", nil},
		{"/collections/a/state.json", "{\"a\":{\n    \"pullReplicas\":0,\n    \"replicationFactor\":1.0,\n    \"shards\":{\"shard1\":{\n        \"range\":\"80000000-7fffffff\",\n        \"state\":\"active\"}},\n    \"router\":{\"name\":\"compositeId\"}}}", nil},
	},
	"helix": {
		{"", "", nil},
		{"/IDEALSTATES", "", nil},
		{"/IDEALSTATES/DB", "{\n  \"id\" : \"DB\",\n  \"simpleFields\" : {\n    \"NUM_PARTITIONS\" : \"6\",\n    \"REBALANCE_MODE\" : \"FULL_AUTO\"\n  },\n  \"mapFields\" : { },\n  \"listFields\" : { \"DB_0\" : [ ] }\n}", nil},
		{"/CONFIGS", "", nil},
		{"/CONFIGS/PARTICIPANT", "", nil},
		{"/CONFIGS/PARTICIPANT/localhost_12913", "{\n  \"id\" : \"localhost_12913\",\n  \"simpleFields\" : {\n    \"HELIX_ENABLED\" : \"true\",\n    \"HELIX_ENABLED_TIMESTAMP\" : \"1732960000000\"\n  },\n  \"mapFields\" : {\n  },\n  \"listFields\" : {\n  }\n}", nil},
	},
	// What other applications may have written.
	"others": {
		{"", "", nil},
		{"/numbers", `{"a":1.0,"b":1e3,"c":-0.0,"d":12345678901234567890,"e":0.1,"f":2.50E-7}`, nil},
		{"/number", "1.50", nil},
		{"/huge number", `{"a":1e400000000}`, nil},
		{"/many digits", "[0." + strings.Repeat("123456789", 20) + "]", nil},
		{"/keys twice", `{"a":1,"a":2}`, nil},
		{"/keys twice, of two types", `{"a":1,"a":"x"}`, nil},
		{"/for", `{"for":1,"if":2}`, nil},
		{"/escapes", `{"html":"<b>&</b>","line":"\u2028","slash":"\/","quote":"\"","template":"${x} %{y} $${z}"}`, nil},
		{"/surrogate", `["\ud800"]`, nil},
		{"/decomposed", "cafe\u0301", nil},
		{"/decomposed in JSON", `{"cafe\u0301":"\u2126"}`, nil},
		{"/null", "null", nil},
		{"/null and a line", "null\n", nil},
		{"/text in quotes", `"text"`, nil},
		{"/JSON in lines", "{\"a\":1}\n{\"b\":2}\n", nil},
		{"/JSON and a bracket", "{\"a\":1}}", nil},
		{"/JSON between other blanks", "\u00a0{\"a\":1}", nil},
		{"/binary", "\x00\x01\xff", nil},
		{"/zero", "\x00", nil},
		{"/described", "(1 byte, not UTF-8, in base64: /w==)", nil},
		{"/base64 that is null", decoded("null"), nil},
		{"/base64 that is a number", decoded("1E9999999999"), nil},
		{"/masked", "x", ofAlice},
		{"/clear text", "x", []zk.ACL{{Scheme: "digest", ID: "alice:secret", Perms: zk.PermAll}, acctest.Open()}},
		{"/no permissions", "x", []zk.ACL{{Scheme: "ip", ID: "10.0.0.1", Perms: 0}, acctest.Open()}},
		{"/names", "", nil},
		{"/names/${x} %{y} $${z} \"q\" \\ ' # ä", "", nil},
		{"/names/\U00001e9e", "ẞ", nil},
	},
}

func decoded(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// top is the node that a test has a tree at.
const top = "/top"

// grow puts a tree there.
func grow(tree *acctest.Tree, nodes []grown) (paths []string) {
	for _, n := range nodes {
		acl := n.acl
		if acl == nil {
			acl = []zk.ACL{acctest.Open()}
		}
		tree.PutGuarded(top+n.rel, n.data, acl...)
		paths = append(paths, tree.Path(top+n.rel))
	}
	return paths
}

// written is what tells that something was written to the tree: of each node there, what the
// server counts and when it last counted.
func written(t *testing.T, tree *acctest.Tree) map[string]zk.Stat {
	t.Helper()
	stats := make(map[string]zk.Stat)
	err := tree.Client.WalkStats(t.Context(), tree.Path(top), -1, func(r zk.Reading) error {
		stats[r.Path] = r.Stat
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

// quoted is a string in HCL.
func quoted(s string) string { return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes()) }

// importsNothingElse applies a configuration that imports what there is, and checks that plan
// and apply do nothing else, that the next plan is empty, and that nothing was written.
func importsNothingElse(t *testing.T, cli *acctest.CLI, tree *acctest.Tree, n int, planned string) {
	t.Helper()
	if want := fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", n); !strings.Contains(planned, want) {
		t.Errorf("the plan does not say %q:\n%s", want, planned)
	}
	before := written(t, tree)
	run := cli.MustRun("apply", "-no-color", "-auto-approve")
	if want := fmt.Sprintf("%d imported, 0 added, 0 changed, 0 destroyed", n); !strings.Contains(run.Output, want) {
		t.Errorf("the apply does not say %q:\n%s", want, run.Output)
	}
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("the next plan is not empty: exit code %d\n%s", run.Code, run.Output)
	}
	after := written(t, tree)
	for path, stat := range before {
		if after[path] != stat {
			t.Errorf("%s was written: %+v, and before %+v", path, after[path], stat)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d nodes, and before %d", len(after), len(before))
	}
	generatedOnce(t, cli)
}

// generatedOnce checks that no node of a generated configuration has its content twice.
func generatedOnce(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(cli.Dir, "generated.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(string(b), "\nresource ") {
		if set := regexp.MustCompile(`(?m)^ {2}(data|data_base64|data_wo) += [^n{]`).FindAllString(block, -1); len(set) > 1 {
			t.Errorf("the content is there %d times:\n%s", len(set), block)
		}
	}
}

// imports writes a configuration with import blocks of resources by their ids, has the CLI
// generate the rest, and returns what the plan said.
//
// Terraform 1.16.0 takes an import block that is to generate configuration for one of a
// provider of HashiCorp, unless it names the provider. Once the configuration is there, it may
// not name it.
func imports(t *testing.T, cli *acctest.CLI, tree *acctest.Tree, typ string, ids []string) string {
	t.Helper()
	blocks := func(provider string) string {
		config := tree.Config("")
		for i, id := range ids {
			config += fmt.Sprintf("import {\n  to = %s.n%02d\n  id = %s\n%s}\n\n", typ, i, quoted(id), provider)
		}
		return config
	}
	cli.Write("main.tf", blocks("  provider = zookeeper\n"))
	run := cli.MustRun("plan", "-no-color", "-generate-config-out=generated.tf")
	cli.Write("main.tf", blocks(""))
	return run.Output
}

// What a CLI generates for nodes that are imported is valid, and neither plan nor apply changes
// anything, whatever the nodes hold.
func TestAccGenerated_imports(t *testing.T) {
	acctest.Needs(t, acctest.Generation)
	for name, nodes := range trees {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			paths := grow(tree, nodes)
			cli := acctest.NewCLI(t, nil)
			planned := imports(t, cli, tree, "zookeeper_znode", paths)
			importsNothingElse(t, cli, tree, len(nodes), planned)
		})
	}
}

// The same of what Terraform generates for a query.
func TestAccGenerated_query(t *testing.T) {
	acctest.Needs(t, acctest.List)
	for name, nodes := range trees {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			grow(tree, nodes)
			cli := acctest.NewCLI(t, map[string]string{
				"main.tf":         tree.Config(""),
				"top.tfquery.hcl": "list \"zookeeper_znode\" \"top\" {\n  provider = zookeeper\n  limit    = 1000\n  config {\n    path = \"${local.base}/top\"\n  }\n}\n",
			})
			cli.MustRun("query", "-no-color", "-generate-config-out=generated.tf")
			run := cli.MustRun("plan", "-no-color")
			importsNothingElse(t, cli, tree, len(nodes), run.Output)
		})
	}
}

// The same of many nodes in one resource, all of them and as patterns select them.
func TestAccGenerated_znodes(t *testing.T) {
	acctest.Needs(t, acctest.Generation)
	for name, nodes := range trees {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTree(t)
			grow(tree, nodes)
			cli := acctest.NewCLI(t, nil)
			planned := imports(t, cli, tree, "zookeeper_znodes", []string{tree.Path("/top")})
			importsNothingElse(t, cli, tree, 1, planned)
		})
	}
	t.Run("patterns", func(t *testing.T) {
		tree := acctest.NewTree(t)
		grow(tree, trees["kafka"])
		cli := acctest.NewCLI(t, nil)
		planned := imports(t, cli, tree, "zookeeper_znodes", []string{
			tree.Path("/top") + "?exclude=brokers/**&exclude=controller*&exclude=cluster/**&exclude=config/**&exclude=latest_producer_id_block",
			tree.Path("/top") + "?include=config/topics/*",
		})
		importsNothingElse(t, cli, tree, 2, planned)
		for _, without := range []string{"brokers", "controller_epoch", "cluster"} {
			if strings.Contains(planned, without+"\"") {
				t.Errorf("the plan has %s:\n%s", without, planned)
			}
		}
	})
}

// The content that a node had when its configuration was generated is followed from then on,
// and a JSON value with it: another writer's blanks are no change, and another value is.
func TestAccGenerated_followed(t *testing.T) {
	acctest.Needs(t, acctest.Generation)
	tree := acctest.NewTree(t)
	tree.Put("/json", `{"version":1,"config":{"a":"b"}}`)
	cli := acctest.NewCLI(t, nil)
	imports(t, cli, tree, "zookeeper_znode", []string{tree.Path("/json")})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	tree.Write("/json", "{ \"config\": {\"a\": \"b\"}, \"version\": 1.0 }\n")
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("other blanks: exit code %d\n%s", run.Code, run.Output)
	}
	tree.Write("/json", `{"version":2,"config":{"a":"b"}}`)
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 2 || !strings.Contains(run.Output, "0 to add, 1 to change, 0 to destroy") {
		t.Errorf("another value: exit code %d\n%s", run.Code, run.Output)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if err := errors.Join(tree.HasData("/json", `{"config":{"a":"b"},"version":1}`), tree.CheckVersions("/json", 3, 0)(nil)); err != nil {
		t.Error(err)
	}
}

// The other resources too, each of a node that has whatever it can have.
func TestAccGenerated_others(t *testing.T) {
	acctest.Needs(t, acctest.Generation)
	for typ, prepare := range map[string]func(t *testing.T, tree *acctest.Tree) (ids []string){
		"zookeeper_sequential_znode": func(t *testing.T, tree *acctest.Tree) (ids []string) {
			t.Helper()
			for i, data := range []string{"", "text", "\x00\xff", "cafe\u0301", `{"version": 1.0, "a": "b"}`, `{"for":1}`, "null"} {
				acl := []zk.ACL{acctest.Open()}
				if i == 1 {
					acl = ofAlice
				}
				made, err := tree.Client.Create(t.Context(), tree.Path("/top/job-"), []byte(data), zk.CreateOptions{Mode: zk.PersistentSequential, ACL: acl})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, made.Path)
			}
			return ids
		},
		"zookeeper_ensure_path": func(_ *testing.T, tree *acctest.Tree) []string {
			tree.Put("/top/a", "x")
			tree.PutGuarded("/top/masked", "x", ofAlice...)
			return []string{tree.Path("/top/a"), tree.Path("/top/masked")}
		},
		"zookeeper_znode_acl": func(_ *testing.T, tree *acctest.Tree) (ids []string) {
			for i, acl := range [][]zk.ACL{{acctest.Open()}, ofKafka, ofAlice, {{Scheme: "digest", ID: "alice:secret", Perms: zk.PermAll}, acctest.Open()}, {{Scheme: "ip", ID: "10.0.0.1", Perms: 0}, acctest.Open()}} {
				rel := fmt.Sprintf("/top/n%d", i)
				tree.PutGuarded(rel, "x", acl...)
				ids = append(ids, tree.Path(rel))
			}
			return ids
		},
		"zookeeper_quota": func(t *testing.T, tree *acctest.Tree) (ids []string) {
			t.Helper()
			const none = zk.NoLimit
			quotas := []zk.Quota{{Count: 5, Bytes: none, HardCount: none, HardBytes: none}, {Count: 5, Bytes: 100, HardCount: none, HardBytes: none}}
			if acctest.Has(t, acctest.EnforcedQuotas) {
				quotas = append(quotas, zk.Quota{Count: none, Bytes: none, HardCount: none, HardBytes: 100})
			}
			for i, q := range quotas {
				path := tree.Path(fmt.Sprintf("/top/n%d", i))
				tree.Put(fmt.Sprintf("/top/n%d", i), "x")
				if err := tree.Client.CreateQuota(t.Context(), path, q, nil); err != nil {
					t.Fatal(err)
				}
				ids = append(ids, path)
			}
			return ids
		},
	} {
		t.Run(typ, func(t *testing.T) {
			tree := acctest.NewTree(t)
			tree.Put("/top", "")
			ids := prepare(t, tree)
			cli := acctest.NewCLI(t, nil)
			planned := imports(t, cli, tree, typ, ids)
			importsNothingElse(t, cli, tree, len(ids), planned)
		})
	}
}
