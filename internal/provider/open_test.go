package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/provider/attr"
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
			for _, parent := range []string{"", "/many"} { // who may delete there is told of as well
				tree.WriteACL("/"+name+parent, ofAlice, zk.ACL{Scheme: "ip", ID: "127.0.0.0/8", Perms: zk.PermAll})
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
}

// mallory is somebody whom no configuration lets in.
var mallory = zk.ACL{Scheme: "digest", ID: zk.DigestID("mallory", "no-secret"), Perms: zk.PermRead}

// A secret that is written into a node which somebody else has made, or whose ACL is another than
// the configuration's, is no stranger's to read unless the plan has said so. each is one step of a
// case: what is done to the node, and what the plan of a new secret then says.
func TestSecret_strangers(t *testing.T) {
	t.Parallel()
	const replaced, everybodys, others, replaceable = "will be replaced", "Secret is open to everybody", "Secret is open to others", "Secret can be replaced by anybody"
	const unproven = "Secret may be open to others"
	namesake := zk.ACL{Scheme: "digest", ID: zk.DigestID(acctest.User, "another password"), Perms: zk.PermRead | zk.PermWrite}
	hidden := zk.ACL{Scheme: "digest", ID: acctest.User + ":" + zk.MaskedDigest, Perms: zk.PermRead}
	withoutAdmin := ofAlice
	withoutAdmin.Perms = zk.PermRead | zk.PermWrite
	closed := attrs{"default_acl": acl(onlyAlice)}
	recreate := func(entries ...zk.ACL) func(*acctest.Tree, string) {
		return func(tree *acctest.Tree, at string) {
			tree.Remove(at)
			tree.PutGuarded(at, "theirs", entries...)
		}
	}
	alter := func(entries ...zk.ACL) func(*acctest.Tree, string) {
		return func(tree *acctest.Tree, at string) { tree.WriteACL(at, entries...) }
	}
	for name, tc := range map[string]struct {
		provider attrs
		acl      []any
		happens  func(tree *acctest.Tree, at string)
		// told is what the plan says of it; empty for nothing. gets is the ACL that the node
		// has in the end.
		told string
		gets []zk.ACL
	}{
		"made again, open":                                {closed, nil, recreate(zk.OpenACL()...), replaced, []zk.ACL{ofAlice}},
		"made again, for mallory":                         {closed, nil, recreate(ofAlice, mallory), replaced, []zk.ACL{ofAlice}},
		"made again, as it was":                           {closed, nil, recreate(ofAlice), "", []zk.ACL{ofAlice}},
		"made again, open, with an ACL":                   {nil, acl(onlyAlice), recreate(zk.OpenACL()...), "", []zk.ACL{ofAlice}},
		"made again, for mallory, with an ACL":            {nil, acl(onlyAlice), recreate(ofAlice, mallory), "", []zk.ACL{ofAlice}},
		"made again, for a namesake":                      {closed, nil, recreate(ofAlice, namesake), replaced, []zk.ACL{ofAlice}},
		"made again, for a namesake, as if hidden":        {closed, nil, recreate(ofAlice, namesake, hidden), replaced, []zk.ACL{ofAlice}},
		"made again, for a namesake, hidden":              {closed, nil, recreate(withoutAdmin, namesake), unproven, []zk.ACL{withoutAdmin, namesake}},
		"made again, for mallory, without any":            {nil, nil, recreate(ofAlice, mallory), others, []zk.ACL{ofAlice, mallory}},
		"made again, open, without any":                   {nil, nil, recreate(zk.OpenACL()...), everybodys, zk.OpenACL()},
		"made again, for mallory, a default for all":      {attrs{"default_acl": acl(everybody)}, nil, recreate(ofAlice, mallory), "", []zk.ACL{ofAlice, mallory}},
		"made again, open, with an ACL for all":           {closed, acl(everybody), recreate(zk.OpenACL()...), "", zk.OpenACL()},
		"opened":                                          {closed, nil, alter(zk.OpenACL()...), everybodys, zk.OpenACL()},
		"opened by who may, as by a zookeeper_znode_acl":  {closed, nil, alter(ofAlice, mallory), "", []zk.ACL{ofAlice, mallory}},
		"the node above is for all":                       {closed, nil, func(tree *acctest.Tree, at string) { tree.WriteACL(zk.Parent(at), zk.OpenACL()...) }, replaceable, []zk.ACL{ofAlice}},
		"the node above is for all, and so is the secret": {closed, acl(everybody), func(tree *acctest.Tree, at string) { tree.WriteACL(zk.Parent(at), zk.OpenACL()...) }, "", zk.OpenACL()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := lockTree(t)
			tree.PutGuarded("/app", "", ofAlice)
			with := func(version string, config attrs) attrs {
				config["data_wo_version"] = version
				if tc.acl != nil {
					config["acl"] = tc.acl
				}
				return config
			}
			for _, secret := range []struct {
				typ, at string
				config  func(version string) attrs
			}{
				{znode, "/app/one", func(v string) attrs { return with(v, attrs{"path": "/app/one", "data_wo": "secret " + v}) }},
				{sequential, "/app/n-0000000001", func(v string) attrs {
					return with(v, attrs{"path_prefix": "/app/n-", "data_wo": "secret " + v})
				}},
				{znodes, "/app/many/a", func(v string) attrs {
					return with(v, attrs{"base_path": "/app/many", "data_wo": attrs{"a": "secret " + v}})
				}},
			} {
				d := newDriver(t)
				d.configure(presenting(t, tree, tc.provider))
				tree.WriteACL("/app", ofAlice)
				i := d.create(secret.typ, secret.config("1"))
				if secret.typ == sequential {
					secret.at = d.text(i, "path")
				}
				tc.happens(tree, secret.at)
				// A refresh is saved, and another run goes by the state that it has left.
				d.refresh(i)
				d.again()
				d.refresh(i)
				d.told = nil
				change := d.plan(i, secret.config("2"))
				told, want := tc.told, 1
				if secret.typ == znodes && strings.HasSuffix(name, ", with an ACL") {
					told = replaced // that of a single node is an attribute, and the plan shows its change
				}
				if told == "" {
					want = 0
				}
				if len(d.told) != want || want == 1 && (!strings.Contains(d.told[0].Summary, told) || d.told[0].Severity != tfprotov6.DiagnosticSeverityWarning) {
					t.Errorf("%s: told %v, want %q", secret.typ, d.told, told)
				}
				d.told = nil
				d.apply(change)
				if len(d.told) > 0 {
					t.Errorf("%s: the apply told %v", secret.typ, d.told)
				}
				got, _, err := tree.Client.ACL(t.Context(), tree.Path(secret.at))
				if err != nil || !attr.SameACL(got, tc.gets, nil) {
					t.Errorf("%s: the ACL is %v, %v; want %v", secret.typ, got, err, tc.gets)
				}
				if err := tree.HasData(secret.at, "secret 2"); err != nil {
					t.Errorf("%s: %v", secret.typ, err)
				}
				// What has been told of is not told of again.
				d.refresh(i)
				d.plan(i, secret.config("2"))
				if len(d.told) > 0 {
					t.Errorf("%s: another plan told %v", secret.typ, d.told)
				}
			}
		})
	}
}

// Where the ACL of the configuration cannot be given to a node that somebody else has made, the
// secret is not written: not where the provider may not set the ACL, nor where it may not write
// afterwards, nor where the node was made after the plan.
func TestSecret_refused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before, after []zk.ACL
		want          string
	}{
		"not to be set":       {[]zk.ACL{{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermRead | zk.PermWrite}, mallory}, nil, "permission"},
		"made after the plan": {nil, []zk.ACL{ofAlice, mallory}, "changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := lockTree(t)
			tree.PutGuarded("/app", "", ofAlice)
			for typ, config := range map[string]func(version string) attrs{
				znode: func(v string) attrs { return attrs{"path": "/app/one", "data_wo": "secret " + v, "data_wo_version": v} },
				znodes: func(v string) attrs {
					return attrs{"base_path": "/app", "data_wo": attrs{"many": "secret " + v}, "data_wo_version": v}
				},
			} {
				at := map[string]string{znode: "/app/one", znodes: "/app/many"}[typ]
				recreate := func(entries []zk.ACL) {
					if entries != nil {
						tree.Remove(at)
						tree.PutGuarded(at, "theirs", entries...)
					}
				}
				d := newDriver(t)
				d.configure(presenting(t, tree, attrs{"default_acl": acl(onlyAlice)}))
				i := d.create(typ, config("1"))
				recreate(tc.before)
				d.refresh(i)
				change := d.plan(i, config("2"))
				recreate(tc.after)
				d.told = nil
				d.apply(change)
				if len(d.told) != 1 || d.told[0].Severity != tfprotov6.DiagnosticSeverityError || !strings.Contains(d.told[0].Summary+d.told[0].Detail, tc.want) {
					t.Errorf("%s: the apply told %v", typ, d.told)
				}
				if err := tree.HasData(at, "theirs"); err != nil {
					t.Errorf("%s: %v", typ, err)
				}
			}
		})
	}
}

// A node that is taken over for a secret gets the ACL of the configuration before, where its own lets
// in others, and the plan says so; without any, the plan says who is let in.
func TestSecret_adopted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		provider attrs
		acl      []any
		has      []zk.ACL
		told     string
		gets     []zk.ACL
	}{
		"open, with a default":        {attrs{"default_acl": acl(onlyAlice)}, nil, zk.OpenACL(), "will be replaced", []zk.ACL{ofAlice}},
		"for mallory, with a default": {attrs{"default_acl": acl(onlyAlice)}, nil, []zk.ACL{ofAlice, mallory}, "will be replaced", []zk.ACL{ofAlice}},
		"open, with an ACL":           {nil, acl(onlyAlice), zk.OpenACL(), "will be replaced", []zk.ACL{ofAlice}},
		"open":                        {nil, nil, zk.OpenACL(), "Secret is open to everybody", zk.OpenACL()},
		"for mallory":                 {nil, nil, []zk.ACL{ofAlice, mallory}, "Secret is open to others", []zk.ACL{ofAlice, mallory}},
		"closed":                      {nil, nil, []zk.ACL{ofAlice}, "", []zk.ACL{ofAlice}},
		"for all, as is wanted":       {nil, acl(everybody), zk.OpenACL(), "", zk.OpenACL()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := lockTree(t)
			tree.PutGuarded("/app", "", ofAlice)
			for typ, config := range map[string]attrs{
				znode:  {"path": "/app/one", "data_wo": "secret", "data_wo_version": "1", "adopt_existing": true},
				znodes: {"base_path": "/app", "data_wo": attrs{"many": "secret"}, "data_wo_version": "1", "adopt_existing": true},
			} {
				at := map[string]string{znode: "/app/one", znodes: "/app/many"}[typ]
				if tc.acl != nil {
					config["acl"] = tc.acl
				}
				tree.PutGuarded(at, "theirs", tc.has...)
				d := newDriver(t)
				d.configure(presenting(t, tree, tc.provider))
				change := d.plan(d.none(typ), config)
				var text strings.Builder
				for _, told := range d.told {
					text.WriteString(told.Summary + ": " + told.Detail + "\n")
				}
				taken := strings.Contains(text.String(), "will be taken over")
				if !taken || !strings.Contains(text.String(), tc.told) || tc.told == "" && strings.Contains(text.String(), "Secret ") {
					t.Errorf("%s: told %s", typ, text.String())
				}
				d.told = nil
				d.apply(change)
				if len(d.told) > 0 {
					t.Errorf("%s: the apply told %v", typ, d.told)
				}
				got, _, err := tree.Client.ACL(t.Context(), tree.Path(at))
				if err != nil || !attr.SameACL(got, tc.gets, nil) {
					t.Errorf("%s: the ACL is %v, %v; want %v", typ, got, err, tc.gets)
				}
				if err := tree.HasData(at, "secret"); err != nil {
					t.Errorf("%s: %v", typ, err)
				}
			}
		})
	}
}

// Where the secrets cannot be written after all, the apply says that ACLs have been set before. A node that
// it will refuse to take over gets none, and the plan does not say that it does.
func TestSecret_closedFirst(t *testing.T) {
	t.Parallel()
	tree := lockTree(t)
	tree.PutGuarded("/app", "", ofAlice)
	config := func(version string, keys ...string) attrs {
		secrets := make(attrs)
		for _, key := range keys {
			secrets[key] = "secret " + version
		}
		return attrs{"base_path": "/app", "data_wo": secrets, "data_wo_version": version}
	}
	d := newDriver(t)
	d.configure(presenting(t, tree, attrs{"default_acl": acl(onlyAlice)}))
	i := d.create(znodes, config("1", "a", "b/c"))
	for _, node := range []string{"/app/b/c", "/app/b", "/app/a"} {
		tree.Remove(node)
	}
	for _, node := range []string{"/app/a", "/app/b", "/app/b/c"} {
		tree.PutGuarded(node, "", ofAlice, mallory)
	}
	d.refresh(i)
	d.again()
	d.refresh(i)
	d.told = nil
	change := d.plan(i, config("2", "a", "b", "b/c"))
	if len(d.told) != 1 || !strings.Contains(d.told[0].Detail, `"/app/a": `) || strings.Contains(d.told[0].Detail, `"/app/b": `) {
		t.Errorf("the plan told %v", d.told)
	}
	d.told = nil
	d.apply(change)
	if len(d.told) == 0 || !strings.Contains(d.told[0].Detail, "This came in the middle: the ACLs of 2 nodes have been set for the secrets.") {
		t.Errorf("the apply told %v", d.told)
	}
	for node, want := range map[string][]zk.ACL{"/app/a": {ofAlice}, "/app/b": {ofAlice, mallory}, "/app/b/c": {ofAlice}} {
		got, _, err := tree.Client.ACL(t.Context(), tree.Path(node))
		if err != nil || !attr.SameACL(got, want, nil) {
			t.Errorf("the ACL of %s is %v, %v", node, got, err)
		}
		if err := tree.HasData(node, ""); err != nil {
			t.Error(err)
		}
	}
}
