package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// openly are configurations that create nodes without an ACL, and what is said of the first one.
var openly = map[string]struct {
	typ    string
	config attrs
	nodes  string
}{
	"znode":                 {znode, attrs{"path": "/a/b"}, `creates 1 znode, "/a/b", and those above it that are missing, with`},
	"znode without parents": {znode, attrs{"path": "/a", "create_parents": false}, `creates 1 znode, "/a", with`},
	"znode, not known":      {znode, attrs{"path": unknown}, `creates 1 znode, and those above it that are missing, with`},
	"open parents":          {znode, attrs{"path": "/a/b", "parent_acl": acl(everybody)}, `creates 1 znode, "/a/b", and`},
	"sequential":            {sequential, attrs{"path_prefix": "/jobs/"}, `creates 1 znode, "/jobs/", and`},
	"znodes":                {znodes, attrs{"base_path": "/a", "data": attrs{"b/c": "1", "d": "2", "e": "3"}}, `creates 3 znodes below "/a", and those above that are missing, with`},
	"znodes, not known":     {znodes, attrs{"base_path": "/a", "data": unknown}, `creates znodes below "/a", and`},
	"ensure path":           {ensurePath, attrs{"path": "/a/b/c"}, `creates at most 3 znodes, what is missing of "/a/b/c", with`},
	"ensure path, unknown":  {ensurePath, attrs{"path": unknown}, `creates the znodes that are missing on its path, with`},
}

// Nodes that are to be open to everybody are told of in the plan: once in a run, how many the
// first resource makes, and what closes them. What the user has asked for is not told of.
func TestOpenNodes(t *testing.T) {
	t.Parallel()
	tree := acctest.NewTreeOn(t, acctest.Server(t).Addr())
	for name, tc := range openly {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDriver(t)
			d.configure(presenting(t, tree, nil))
			d.plan(d.none(tc.typ), tc.config)
			if len(d.told) != 1 || d.told[0].Severity != tfprotov6.DiagnosticSeverityWarning || d.told[0].Summary != "Everybody may change what is created" ||
				!strings.Contains(d.told[0].Detail, tc.nodes) || !strings.Contains(d.told[0].Detail, "default_acl") {
				t.Errorf("told %v, want %s", d.told, tc.nodes)
			}
			for _, again := range openly {
				d.plan(d.none(again.typ), again.config)
			}
			if len(d.told) != 1 {
				t.Errorf("told again: %v", d.told[1:])
			}
			for what, config := range map[string]attrs{
				"default_acl for everybody": presenting(t, tree, attrs{"default_acl": acl(everybody)}),
				"default_acl":               presenting(t, tree, attrs{"default_acl": acl(onlyAlice)}),
				"default_acl, not known":    presenting(t, tree, attrs{"default_acl": unknown}),
				"nobody":                    {"servers": acctest.Server(t).Addr() + tree.Base},
			} {
				d := newDriver(t)
				d.configure(config)
				d.plan(d.none(tc.typ), tc.config)
				if len(d.told) > 0 {
					t.Errorf("%s: told %v", what, d.told)
				}
			}
			d = newDriver(t)
			d.configure(presenting(t, tree, nil))
			declared := attrs{"acl": acl(everybody)}
			maps.Copy(declared, tc.config)
			d.plan(d.none(tc.typ), declared)
			if len(d.told) > 0 {
				t.Errorf("with an ACL: told %v", d.told)
			}
		})
	}
}

// What exists is not created: a change of a node, and a node that is taken over.
func TestOpenNodes_exist(t *testing.T) {
	t.Parallel()
	tree := acctest.NewTreeOn(t, acctest.Server(t).Addr())
	tree.Put("/theirs", "")
	d := newDriver(t)
	d.configure(presenting(t, tree, nil))
	node := d.create(znode, attrs{"path": "/ours", "acl": acl(everybody)})
	d.update(node, attrs{"path": "/ours", "data": "1"})
	if len(d.told) > 0 {
		t.Errorf("of a node that there is: told %v", d.told)
	}
	d.plan(d.none(znode), attrs{"path": "/theirs", "adopt_existing": true})
	if len(d.told) != 1 || d.told[0].Summary != "Existing znode will be taken over" {
		t.Errorf("of a node that is taken over: told %v", d.told)
	}
}

// A secret that everybody may read or replace is told of for each resource, when it is written.
func TestOpenSecrets(t *testing.T) {
	t.Parallel()
	tree := acctest.NewTreeOn(t, acctest.Server(t).Addr())
	nobody := attrs{"servers": acctest.Server(t).Addr() + tree.Base}
	const summary = "Secret is open to everybody"
	secrets := func(d *driver, base string, acl []any) (one, many *instance) {
		config := func(more attrs) attrs {
			if acl != nil {
				more["acl"] = acl
			}
			more["data_wo_version"] = "1"
			return more
		}
		one = d.create(znode, config(attrs{"path": base + "/one", "data_wo": "x"}))
		many = d.create(znodes, config(attrs{"base_path": base + "/many", "data": attrs{"user": "shop"}, "data_wo": attrs{"a": "x", "b": "y"}}))
		d.create(sequential, config(attrs{"path_prefix": base + "/", "data_wo": "x"}))
		return one, many
	}
	count := func(d *driver, want int) {
		t.Helper()
		n := 0
		for _, told := range d.told {
			if told.Summary == summary && strings.Contains(told.Detail, "default_acl") && attributeName(told.Attribute) == "acl" {
				n++
			}
		}
		if n != want || want == 0 && len(d.told) > 0 {
			t.Errorf("told of %d secrets, want %d: %v", n, want, d.told)
		}
		d.told = nil
	}
	for name, provider := range map[string]attrs{"nobody": nobody, "somebody": presenting(t, tree, nil)} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t)
			d.configure(provider)
			at := "/" + name + "/one"
			one, many := secrets(d, "/"+name, nil)
			count(d, 3)
			// The same again writes nothing, a new secret does.
			d.plan(one, attrs{"path": at, "data_wo": "x", "data_wo_version": "1"})
			count(d, 0)
			d.plan(one, attrs{"path": at, "data_wo": "y", "data_wo_version": "2"})
			count(d, 1)
			// Closed by somebody else, as by zookeeper_znode_acl.
			if _, err := tree.Client.SetACL(t.Context(), tree.Path(at), []zk.ACL{ofAlice, {Scheme: "ip", ID: "127.0.0.0/8", Perms: zk.PermAll}}, zk.AnyVersion); err != nil {
				t.Fatal(err)
			}
			for i, key := range []string{"/a", "/b"} {
				d.plan(many, attrs{"base_path": "/" + name + "/many", "data": attrs{"user": "shop"}, "data_wo": attrs{"a": "x", "b": "y"}, "data_wo_version": "2"})
				if want := []string{"2 secrets", "1 secret "}[i]; len(d.told) != 1 || !strings.HasPrefix(d.told[0].Detail, want) {
					t.Errorf("told %v, want %s", d.told, want)
				}
				d.told = nil
				tree.WriteACL("/"+name+"/many"+key, ofAlice, zk.ACL{Scheme: "ip", ID: "127.0.0.0/8", Perms: zk.PermAll})
			}
			d.plan(many, attrs{"base_path": "/" + name + "/many", "data": attrs{"user": "shop"}, "data_wo": attrs{"a": "x", "b": "y"}, "data_wo_version": "2"})
			count(d, 0)
			d.refresh(one)
			d.plan(one, attrs{"path": at, "data_wo": "y", "data_wo_version": "2"})
			count(d, 0)
		})
	}
	for name, tc := range map[string]struct {
		provider attrs
		acl      []any
	}{
		"an ACL for everybody":             {presenting(t, tree, nil), acl(everybody)},
		"an ACL":                           {presenting(t, tree, nil), acl(onlyAlice)},
		"a default for everybody":          {presenting(t, tree, attrs{"default_acl": acl(everybody)}), nil},
		"a default":                        {presenting(t, tree, attrs{"default_acl": acl(onlyAlice)}), nil},
		"a default that lets nobody write": {presenting(t, tree, attrs{"default_acl": acl(onlyAlice, [3]string{"world", "anyone", "c"})}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t)
			d.configure(tc.provider)
			secrets(d, "/"+strings.ReplaceAll(name, " ", "-"), tc.acl)
			count(d, 0)
		})
	}
	t.Run("of a node that is taken over", func(t *testing.T) {
		tree.Put("/theirs", "x")
		tree.PutGuarded("/closed", "x", ofAlice)
		d := newDriver(t)
		d.configure(presenting(t, tree, nil))
		d.plan(d.none(znode), attrs{"path": "/theirs", "adopt_existing": true, "data_wo": "x", "data_wo_version": "1"})
		count(d, 1)
		d.plan(d.none(znode), attrs{"path": "/closed", "adopt_existing": true, "data_wo": "x", "data_wo_version": "1"})
		if len(d.told) != 1 || d.told[0].Summary == summary {
			t.Errorf("told %v", d.told)
		}
	})
}
