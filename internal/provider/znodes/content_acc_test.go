package znodes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-zookeeper/internal/acctest"
)

// ignoring is a resource with ignore_changes.
func ignoring(what string, data map[string]string, more string) string {
	return znodes(data, more+"\n  lifecycle {\n    ignore_changes = "+what+"\n  }")
}

// Whatever somebody else writes to a node, its content stays in the attribute that has it. So
// ignore_changes of that attribute, or of the key, leaves it alone.
func TestAccZnodes_ignoredContent(t *testing.T) {
	tree := acctest.NewTree(t)
	const described = "(2 bytes, not UTF-8, in base64: //4=)"
	config := func(data map[string]string) string { return tree.Config(ignoring(`[data["a"]]`, data, "")) }
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: config(map[string]string{"a": "initial", "b": "2"}), ConfigPlanChecks: planned(create)},
			{
				PreConfig:         func() { tree.Write("/app/a", "\xff\xfe") },
				Config:            config(map[string]string{"a": "initial", "b": "2"}),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, map[string]string{"a": described, "b": "2"}, nil),
				Check:             resource.ComposeTestCheckFunc(holds(tree, map[string]string{"": "", "/a": "\xff\xfe", "/b": "2"}), tree.CheckVersions("/app/a", 1, 0)),
			},
			{
				// Nor does a change of another key write it.
				Config: config(map[string]string{"a": "changed by the user", "b": "3"}),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, update), differs("data", "a", described, described), differs("data", "b", "2", "3"),
				}},
				ConfigStateChecks: state(tree, map[string]string{"a": described, "b": "3"}, nil),
				Check:             resource.ComposeTestCheckFunc(holds(tree, map[string]string{"": "", "/a": "\xff\xfe", "/b": "3"}), tree.CheckVersions("/app/a", 1, 0)),
			},
			{
				// A key that the user takes out, and that is ignored, stays.
				Config:            config(map[string]string{"b": "4"}),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"a": described, "b": "4"}, nil),
				Check:             holds(tree, map[string]string{"": "", "/a": "\xff\xfe", "/b": "4"}),
			},
			{
				// One that has gone stays away, and does not come back as the resource's.
				PreConfig:         func() { tree.Remove("/app/a") },
				Config:            config(map[string]string{"a": "A", "b": "4"}),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, map[string]string{"b": "4"}, nil),
				Check:             holds(tree, map[string]string{"": "", "/b": "4"}),
			},
			{
				// Without ignore_changes, it is what the user says.
				Config:            tree.Config(znodes(map[string]string{"a": "A", "b": "4"}, "")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"a": "A", "b": "4"}, nil),
				Check:             holds(tree, map[string]string{"": "", "/a": "A", "/b": "4"}),
			},
			{
				PreConfig: func() { tree.Write("/app/a", "(1 byte, not UTF-8, in base64: /w==)") },
				Config:    tree.Config(znodes(map[string]string{"a": "A", "b": "4"}, "")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					differs("data", "a", "(36 bytes, text that reads like this one, in base64: KDEgYnl0ZSwgbm90IFVURi04LCBpbiBiYXNlNjQ6IC93PT0p)", "A"),
				}},
				Check: tree.CheckData("/app/a", "A"),
			},
		},
	})
}

// Each attribute, each key and all of them can be ignored: no apply, no later plan and no
// destroy fails, and nothing that is ignored is deleted or written.
func TestAccZnodes_ignored(t *testing.T) {
	acctest.Needs(t, acctest.WriteOnly)
	const before = "data = { a = \"1\", k = \"k\" }\n  data_base64 = { b = \"Mg==\" }\n  data_wo = { s = \"sesame\", t = \"sesame\" }\n  data_wo_version = \"1\"\n"
	const secretless = "data = { a = \"1\", k = \"k\" }\n  data_base64 = { b = \"Mg==\" }\n"
	first := map[string]string{"": "", "/a": "1", "/k": "k", "/b": "2", "/s": "sesame", "/t": "sesame"}
	with := func(change map[string]string) map[string]string {
		all := make(map[string]string)
		for _, m := range []map[string]string{first, change} {
			for key, content := range m {
				if all[key] = content; content == "gone" {
					delete(all, key)
				}
			}
		}
		return all
	}
	tests := map[string]struct {
		ignore string
		theirs map[string]string // what somebody else writes
		after  string            // what the user writes then
		want   map[string]string
	}{
		"data":                    {`[data]`, map[string]string{"/a": "\xff"}, strings.Replace(before, `a = "1", k = "k"`, `n = "n"`, 1), map[string]string{"/a": "\xff"}},
		"data, a key":             {`[data["a"]]`, map[string]string{"/a": "\xff"}, strings.Replace(before, `a = "1", k`, `k`, 1), map[string]string{"/a": "\xff"}},
		"data_base64":             {`[data_base64]`, map[string]string{"/b": "theirs"}, strings.Replace(before, `b = "Mg=="`, `n = "Mg=="`, 1), map[string]string{"/b": "theirs"}},
		"data_base64, a key":      {`[data_base64["b"]]`, map[string]string{"/b": "theirs"}, strings.Replace(before, `b = "Mg=="`, ``, 1), map[string]string{"/b": "theirs"}},
		"data_wo":                 {`[data_wo]`, map[string]string{"/s": "theirs"}, strings.Replace(before, `s = "sesame", t`, `n = "new", t`, 1), map[string]string{"/s": "theirs"}},
		"data_wo, a key":          {`[data_wo["s"]]`, map[string]string{"/s": "theirs"}, strings.Replace(before, `t = "sesame"`, `t = "sesame", n = "new"`, 1), map[string]string{"/s": "theirs", "/n": "new"}},
		"data_wo, a key, rotated": {`[data_wo["s"]]`, map[string]string{"/s": "theirs"}, strings.NewReplacer(`t = "sesame"`, `t = "new"`, `"1"`+"\n", `"2"`+"\n").Replace(before), map[string]string{"/s": "theirs", "/t": "new"}},
		"data_wo_version":         {`[data_wo_version]`, map[string]string{"/s": "theirs"}, strings.NewReplacer("sesame", "new", `"1"`+"\n", `"2"`+"\n").Replace(before), map[string]string{"/s": "theirs"}},
		"data_wo, taken out":      {`[data_wo, data_wo_version]`, map[string]string{"/s": "theirs"}, secretless, map[string]string{"/s": "theirs"}},
		"all, secrets taken out":  {`all`, map[string]string{"/s": "theirs"}, secretless, map[string]string{"/s": "theirs"}},
		// Here nothing that the provider gets tells that it is ignored.
		"data_wo alone, taken out": {`[data_wo]`, nil, secretless, map[string]string{"/s": "gone", "/t": "gone"}},
		"moved to data_base64":     {`[data]`, nil, strings.NewReplacer(`a = "1", `, ``, `b = "Mg=="`, `b = "Mg==", a = "MQ=="`).Replace(before), nil},
		"moved and changed":        {`[data]`, nil, strings.NewReplacer(`a = "1", `, ``, `b = "Mg=="`, `b = "Mg==", a = "Mw=="`).Replace(before), map[string]string{"/a": "3"}},
		"moved to data_wo":         {`[data["a"]]`, nil, strings.NewReplacer(`a = "1", `, ``, `t = "sesame"`, `t = "sesame", a = "secret"`).Replace(before), map[string]string{"/a": "secret"}},
		"all": {
			`all`,
			map[string]string{"/a": "\xff", "/b": "theirs", "/s": "theirs"},
			"data = { n = \"n\" }\n  data_wo = { n2 = \"n\" }\n  data_wo_version = \"3\"\n  exclusive = true\n  atomic = false\n",
			map[string]string{"/a": "\xff", "/b": "theirs", "/s": "theirs"},
		},
		"exclusive": {`[exclusive]`, nil, before + "  exclusive = true\n", nil},
		"acl":       {`[acl]`, nil, before + "  acl = [{ scheme = \"ip\", id = \"10.0.0.0/8\", permissions = \"r\" }]\n", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			config := func(attributes string) string {
				return tree.Config(fmt.Sprintf("resource \"zookeeper_znodes\" \"test\" {\n  base_path = \"${local.base}/app\"\n  %s\n  lifecycle {\n    ignore_changes = %s\n  }\n}\n", attributes, tt.ignore))
			}
			cli := acctest.NewCLI(t, map[string]string{"main.tf": config(before)})
			apply := func(want map[string]string) {
				t.Helper()
				cli.MustRun("apply", "-no-color", "-auto-approve")
				if err := holds(tree, want)(nil); err != nil {
					t.Fatal(err)
				}
				cli.MustRun("apply", "-no-color", "-auto-approve")
				if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
					t.Fatalf("the plan is not empty: exit code %d\n%s", run.Code, run.Output)
				}
				if err := holds(tree, want)(nil); err != nil {
					t.Fatal(err)
				}
			}
			apply(first)
			tree.Put("/others", "theirs")
			for rel, content := range tt.theirs {
				tree.Write("/app"+rel, content)
			}
			apply(with(tt.theirs))
			cli.Write("main.tf", config(tt.after))
			apply(with(tt.want))
			cli.MustRun("destroy", "-no-color", "-auto-approve")
			if err := tree.CheckGone("/app")(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// A move between notations writes nothing.
func TestAccZnodes_notations(t *testing.T) {
	tree := acctest.NewTree(t)
	untouched := resource.ComposeTestCheckFunc(tree.CheckVersions("/app/a", 0, 0), tree.CheckVersions("/app/b", 0, 0))
	same := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, update), plancheck.ExpectKnownValue(address, tfjsonpath.New("zxid"), positive),
	}}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: tree.Config(znodes(map[string]string{"a": "A"}, `data_base64 = { b = "Qg==" }`))},
			{
				Config:            tree.Config(znodes(map[string]string{"b": "B"}, `data_base64 = { a = "QQ==" }`)),
				ConfigPlanChecks:  same,
				ConfigStateChecks: state(tree, map[string]string{"b": "B"}, attrs{"data_base64": nodes(map[string]string{"a": "QQ=="})}),
				Check:             untouched,
			},
			{
				Config:            tree.Config(znodes(map[string]string{"a": "A", "b": "B"}, "")),
				ConfigPlanChecks:  same,
				ConfigStateChecks: state(tree, map[string]string{"a": "A", "b": "B"}, nil),
				Check:             untouched,
			},
		},
	})
}

// With compare = "json", what is the same JSON is no difference, and the servers keep their
// bytes.
func TestAccZnodes_compareJSON(t *testing.T) {
	tree := acctest.NewTree(t)
	const ours, theirs = `{"a":1,"b":[1,2]}`, "{ \"b\" : [ 1, 2 ],\n  \"a\" : 1.0 }"
	config := func(a, b, more string) string {
		return tree.Config(znodes(map[string]string{"a": a, "b": b}, more))
	}
	const compare = "compare = \"json\"\n  data_base64 = { c = base64encode(\"{}\") }"
	json := attrs{"compare": text("json"), "data_base64": nodes(map[string]string{"c": "e30="})}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/app"),
		Steps: []resource.TestStep{
			{Config: config(ours, "text", compare)},
			{
				PreConfig:         func() { tree.Write("/app/a", theirs); tree.Write("/app/c", " {\n}") },
				Config:            config(ours, "text", compare),
				ConfigPlanChecks:  planned(nothing),
				ConfigStateChecks: state(tree, map[string]string{"a": theirs, "b": "text"}, attrs{"compare": text("json"), "data_base64": nodes(map[string]string{"c": "IHsKfQ=="})}),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/app/a", theirs), tree.CheckVersions("/app/a", 1, 0), tree.CheckVersions("/app/c", 1, 0)),
			},
			{
				// Nor does a change of another node write them.
				Config:            config(ours, "changed", compare),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"a": ours, "b": "changed"}, attrs{"compare": text("json"), "data_base64": nodes(map[string]string{"c": "IHsKfQ=="})}),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/app/a", theirs), tree.CheckVersions("/app/b", 1, 0), tree.CheckVersions("/app/c", 1, 0)),
			},
			{Config: config(ours, "changed", compare), ConfigPlanChecks: planned(nothing), Check: tree.CheckData("/app/a", theirs)},
			{
				// Another value is a difference, and so is what is no JSON.
				PreConfig: func() { tree.Write("/app/a", `{"a":2}`); tree.Write("/app/b", "changed ") },
				Config:    config(ours, "changed", compare),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					differs("data", "a", `{"a":2}`, ours), differs("data", "b", "changed ", "changed"),
				}},
				ConfigStateChecks: state(tree, map[string]string{"a": ours, "b": "changed"}, attrs{"compare": text("json"), "data_base64": nodes(map[string]string{"c": "IHsKfQ=="})}),
				Check:             resource.ComposeTestCheckFunc(tree.CheckData("/app/a", ours), tree.CheckData("/app/b", "changed")),
			},
			{
				// Bytes count from here on.
				PreConfig:         func() { tree.Write("/app/a", theirs) },
				Config:            config(ours, "changed", strings.Replace(compare, "json", "bytes", 1)),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, map[string]string{"a": ours, "b": "changed"}, attrs{"data_base64": nodes(map[string]string{"c": "e30="})}),
				Check: func(s *terraform.State) error {
					return holds(tree, map[string]string{"": "", "/a": ours, "/b": "changed", "/c": "{}"})(s)
				},
			},
			{Config: config(ours, "changed", compare), ConfigPlanChecks: planned(update), ConfigStateChecks: state(tree, map[string]string{"a": ours, "b": "changed"}, json)},
		},
	})
}
