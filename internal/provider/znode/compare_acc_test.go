package znode_test

import (
	"encoding/base64"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
)

// The same JSON value is no difference, however somebody else writes it, and the servers keep
// their bytes. Another value is one, and so are other bytes where one side is no JSON.
func TestAccZnode_compareJSON(t *testing.T) {
	tree := acctest.NewTree(t)
	const ours, same = `{"a":1,"b":[2,{"c":"é"}],"d":10}`, "{ \"d\" : 1e1,\n  \"b\" : [ 2.0, {\"c\":\"\\u00e9\"} ],\t\"a\" : 1.0 }\n"
	config := func(data, more string) string {
		return tree.Config(declared("data = "+data+"\n  compare = \"json\"\n  "+more, ""))
	}
	const declares = `jsonencode({ a = 1, b = [2, { c = "é" }], d = 10 })`
	json := attrs{"compare": text("json")}
	with := func(writes, length int64) attrs {
		return attrs{"compare": text("json"), "stat": acctest.Stat(writes, 0, length, 0)}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: config(declares, ""), ConfigPlanChecks: planned(create), ConfigStateChecks: state(tree, "/a", ours, json)},
			{
				PreConfig:         func() { tree.Write("/a", same) },
				Config:            config(declares, ""),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, "/a", same, with(1, int64(len(same)))),
				Check:             tree.CheckData("/a", same),
			},
			{
				// A change of something else leaves the bytes alone.
				Config:           config(declares, `acl = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]`),
				ConfigPlanChecks: planned(update),
				Check:            resource.ComposeTestCheckFunc(tree.CheckData("/a", same), tree.CheckVersions("/a", 1, 1)),
			},
			{
				// So does a move to the other notation, as a value that is the same.
				Config:           tree.Config(declared(`data_base64 = "`+base64.StdEncoding.EncodeToString([]byte(ours))+`"`+"\n  compare = \"json\"\n  acl = [{ scheme = \"ip\", id = \"127.0.0.1\", permissions = 31 }]", "")),
				ConfigPlanChecks: planned(update),
				Check:            resource.ComposeTestCheckFunc(tree.CheckData("/a", same), tree.CheckVersions("/a", 1, 1)),
			},
			{
				Config:           config(declares, `acl = [{ scheme = "ip", id = "127.0.0.1", permissions = 31 }]`),
				ConfigPlanChecks: planned(update),
				Check:            resource.ComposeTestCheckFunc(tree.CheckData("/a", same), tree.CheckVersions("/a", 1, 1)),
			},
			{
				PreConfig:        func() { tree.Write("/a", `{"a":2}`) },
				Config:           config(declares, ""),
				ConfigPlanChecks: planned(update),
				Check:            resource.ComposeTestCheckFunc(tree.CheckData("/a", ours), tree.CheckVersions("/a", 3, 1)),
			},
			{
				// A key twice: which of the two counts nobody can say.
				PreConfig:        func() { tree.Write("/a", `{"a":2,"a":1,"b":[2,{"c":"é"}],"d":10}`) },
				Config:           config(declares, ""),
				ConfigPlanChecks: planned(update),
				Check:            tree.CheckData("/a", ours),
			},
			{
				PreConfig:        func() { tree.Write("/a", ours+" ]") },
				Config:           config(declares, ""),
				ConfigPlanChecks: planned(update),
				Check:            tree.CheckData("/a", ours),
			},
			{
				// No JSON on either side: bytes are compared.
				Config:           config(`"no JSON "`, ""),
				ConfigPlanChecks: planned(update),
				Check:            tree.CheckData("/a", "no JSON "),
			},
			{
				PreConfig:        func() { tree.Write("/a", "no JSON") },
				Config:           config(`"no JSON "`, ""),
				ConfigPlanChecks: planned(update),
				Check:            tree.CheckData("/a", "no JSON "),
			},
		},
	})
}

// To compare in another way writes nothing by itself. By bytes, what differs is written.
func TestAccZnode_compareChanges(t *testing.T) {
	tree := acctest.NewTree(t)
	const theirs = `{ "a": 1 }`
	config := func(compare string) string {
		return tree.Config(declared("data = jsonencode({ a = 1 })\n  compare = \""+compare+"\"", ""))
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{Config: config("yaml"), ExpectError: acctest.Error(`compare value must be one of`)},
			{Config: config("bytes"), ConfigPlanChecks: planned(create)},
			{
				PreConfig: func() { tree.Write("/a", theirs) },
				Config:    config("json"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("zookeeper_znode.test", update),
					plancheck.ExpectKnownValue("zookeeper_znode.test", tfjsonpath.New("data"), text(theirs)),
				}},
				ConfigStateChecks: state(tree, "/a", theirs, attrs{"compare": text("json"), "stat": acctest.Stat(1, 0, 10, 0)}),
				Check:             tree.CheckData("/a", theirs),
			},
			{
				Config:            config("bytes"),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", `{"a":1}`, attrs{"stat": acctest.Stat(2, 0, 7, 0)}),
				Check:             tree.CheckData("/a", `{"a":1}`),
			},
			{
				Config:            config("json"),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a", `{"a":1}`, attrs{"compare": text("json"), "stat": acctest.Stat(2, 0, 7, 0)}),
			},
		},
	})
}

// A node that is taken over keeps its bytes where they are the same JSON.
func TestAccZnode_compareAdopts(t *testing.T) {
	tree := acctest.NewTree(t)
	const theirs = `{ "b": 2, "a": 1 }`
	tree.Put("/a", theirs)
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config:           tree.Config(declared("data = jsonencode({ a = 1, b = 2 })\n  compare = \"json\"\n  adopt_existing = true", "")),
			ConfigPlanChecks: planned(create),
			Check:            resource.ComposeTestCheckFunc(tree.CheckData("/a", theirs), tree.CheckVersions("/a", 0, 0)),
		}},
	})
}
