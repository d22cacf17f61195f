package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// nodesIn are the elements of an attribute that is a map; nil for none.
func nodesIn(t *testing.T, i *instance, name string) map[string]string {
	t.Helper()
	var all, values map[string]tftypes.Value
	if err := i.state.As(&all); err != nil {
		t.Fatal(err)
	}
	if err := all[name].As(&values); err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for key, v := range values {
		var s string
		if err := v.As(&s); err != nil {
			t.Fatal(err)
		}
		texts[key] = s
	}
	return texts
}

// An import by patterns means what they say, over the protocol.
func TestAccImport_znodesByPatterns(t *testing.T) {
	tree := acctest.NewTree(t)
	for _, rel := range []string{"/app", "/app/config", "/app/config/topics", "/app/config/changes", "/app/acl"} {
		tree.Put(rel, "")
	}
	for rel, data := range map[string]string{"/app/config/topics/t": `{ "v" : 1 }`, "/app/config/changes/c": "x", "/app/acl/*": "star", "/app/acl/t": "T", "/app/bin": "\xff"} {
		tree.Put(rel, data)
	}
	tree.PutGuarded("/app/closed", "", zk.ACL{Scheme: "ip", ID: "192.0.2.1", Perms: zk.PermAll})
	for id, want := range map[string][]string{
		"?include=config/**&exclude=config/changes/**": {"config/topics/t"},
		`?include=acl/\*&include=bin`:                  {"acl/*", "bin"},
		"?exclude={config,acl,closed}/**":              {"bin"},
		"?include=config/*":                            {"config/changes", "config/topics"},
		"?include=**&exclude=closed/**":                {"acl/*", "acl/t", "config/changes/c", "config/topics/t", "bin"},
	} {
		t.Run(id, func(t *testing.T) {
			d := newDriver(t)
			d.configure(attrs{"servers": acctest.Server(t).Addr() + tree.Base})
			i := d.imports(znodes, "/app"+id)
			if len(d.told) > 0 {
				t.Fatalf("%+v", d.told[0])
			}
			keys := slices.Sorted(maps.Keys(nodesIn(t, i, "data")))
			keys = append(keys, slices.Sorted(maps.Keys(nodesIn(t, i, "data_base64")))...)
			if !slices.Equal(keys, want) {
				t.Errorf("it has %q, want %q", keys, want)
			}
		})
	}
}

// What is meant and cannot be read ends an import.
func TestAccImport_znodesUnreadable(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	tree.PutGuarded("/app/closed", "", zk.ACL{Scheme: "ip", ID: "192.0.2.1", Perms: zk.PermAll})
	for _, id := range []string{"/app", "/app?exclude=closed"} {
		d := newDriver(t)
		d.configure(attrs{"servers": acctest.Server(t).Addr() + tree.Base})
		d.imports(znodes, id)
		if len(d.told) == 0 || d.told[0].Summary != "Permission denied" || !strings.Contains(d.told[0].Detail, `"/app/closed"`) {
			t.Errorf("%s: %+v", id, d.told)
		}
	}
}

// decomposed looks like "café", and is in another Unicode form than NFC.
const decomposed = "cafe\u0301"

// A node whose name no configuration can have is told of by its bytes, and stays.
func TestAccNames_znodes(t *testing.T) {
	const inBytes = `cafe\xcc\x81`
	said := func(t *testing.T, d *driver, summary string) string {
		t.Helper()
		text := ""
		for _, told := range d.told {
			if told.Summary == summary {
				text += told.Detail
			}
		}
		if !strings.Contains(text, inBytes) {
			t.Errorf("%q does not name the node: %+v", summary, d.told)
		}
		return text
	}
	const summary = "Nodes that no configuration can name"
	start := func(t *testing.T) (*acctest.Tree, *driver) {
		t.Helper()
		tree := acctest.NewTree(t)
		d := newDriver(t)
		d.configure(attrs{"servers": acctest.Server(t).Addr() + tree.Base})
		return tree, d
	}
	t.Run("exclusive", func(t *testing.T) {
		tree, d := start(t)
		config := attrs{"base_path": "/app", "data": attrs{"café": "ours"}, "exclusive": true}
		i := d.create(znodes, config)
		tree.Put("/app/"+decomposed, "theirs")
		tree.Put("/app/"+decomposed+"/below", "theirs")
		tree.Put("/app/x", "")
		tree.Put("/app/x/"+decomposed, "theirs")
		tree.Put("/app/stranger", "goes")
		d.refresh(i)
		said(t, d, summary)
		if got := nodesIn(t, i, "data"); !maps.Equal(got, map[string]string{"café": "ours", "stranger": "goes"}) {
			t.Errorf("the state has %q", got)
		}
		d.update(i, config)
		d.told = nil
		d.refresh(i)
		said(t, d, summary)
		for rel, want := range map[string]string{"/app/café": "ours", "/app/" + decomposed: "theirs", "/app/" + decomposed + "/below": "theirs", "/app/x/" + decomposed: "theirs"} {
			if err := tree.HasData(rel, want); err != nil {
				t.Error(err)
			}
		}
		if err := tree.CheckGone("/app/stranger")(nil); err != nil {
			t.Error(err)
		}
		c := d.plan(i, config)
		if !c.ok || !d.value(c.planned, d.schemas.ResourceSchemas[i.typ]).Equal(i.state) {
			t.Error("the next plan changes something")
		}
	})
	t.Run("switched on", func(t *testing.T) {
		tree, d := start(t)
		i := d.create(znodes, attrs{"base_path": "/app", "data": attrs{"a": "A"}})
		tree.Put("/app/"+decomposed, "theirs")
		d.refresh(i)
		d.update(i, attrs{"base_path": "/app", "data": attrs{"a": "A"}, "exclusive": true})
		said(t, d, summary)
		if err := tree.HasData("/app/"+decomposed, "theirs"); err != nil {
			t.Error(err)
		}
	})
	t.Run("imported by base", func(t *testing.T) {
		tree, d := start(t)
		tree.Put("/app", "")
		tree.Put("/app/a", "A")
		tree.Put("/app/"+decomposed, "theirs")
		i := d.imports(znodes, "/app")
		said(t, d, summary)
		if got := nodesIn(t, i, "data"); !maps.Equal(got, map[string]string{"a": "A"}) {
			t.Errorf("the state has %q", got)
		}
	})
	for _, key := range []string{"café", decomposed} {
		t.Run(fmt.Sprintf("imported by the key %+q", key), func(t *testing.T) {
			tree, d := start(t)
			tree.Put("/app", "")
			tree.Put("/app/"+decomposed, "theirs")
			d.imports(znodes, "/app//"+key)
			if len(d.told) != 1 || !strings.Contains(d.told[0].Detail, inBytes) || !strings.Contains(d.told[0].Detail, "NFC") {
				t.Errorf("%+v", d.told)
			}
		})
	}
}
