package znode_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"terraform-provider-zookeeper/internal/acctest"
)

// A node is imported into either notation that can hold its content, or into none: the plan
// shows no more than where the content is, and nothing is written.
func TestAccZnode_importOfAnyContent(t *testing.T) {
	tree := acctest.NewTree(t)
	var hcl, imports strings.Builder
	want := make(map[string]map[string]any)
	rels := make(map[string]string)
	add := func(rel, name, attribute string, values map[string]any) {
		fmt.Fprintf(&hcl, "resource \"zookeeper_znode\" %q {\n  path = \"${local.base}%s\"\n  %s\n}\n\n", name, rel, attribute)
		imports.WriteString(tree.ImportBlock("zookeeper_znode."+name, rel))
		want["zookeeper_znode."+name], rels[rel] = values, name
	}
	for i, content := range []string{
		"plain", "", "\xff\xfe", "cafe\u0301", "(2 bytes, not UTF-8, in base64: //4=)", `{ "b": 1.0, "a": [] }`, "line\nand ${not} %{this}\n", "\x00", " ",
	} {
		b64 := base64.StdEncoding.EncodeToString([]byte(content))
		for n, attribute := range []string{"", "data = ", "data_base64 = "} {
			rel, name := fmt.Sprintf("/n%d%d", i, n), fmt.Sprintf("n%d%d", i, n)
			values := map[string]any{"data": nil, "data_base64": nil}
			switch n {
			case 1:
				if !utf8.ValidString(content) || !norm.NFC.IsNormalString(content) || strings.HasPrefix(content, "(") {
					continue // data cannot hold it
				}
				attribute += "base64decode(\"" + b64 + "\")"
				values["data"] = content
			case 2:
				attribute += "\"" + b64 + "\""
				values["data_base64"] = b64
			}
			tree.Put(rel, content)
			add(rel, name, attribute, values)
		}
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(hcl.String()), "imports.tf": imports.String()})
	out := cli.Apply()
	if !strings.Contains(out, fmt.Sprintf("%d imported, 0 added", len(want))) {
		t.Errorf("the import:\n%s", out)
	}
	check := func(after string) {
		t.Helper()
		for address, values := range want {
			cli.CheckValues(address, values)
		}
		for rel, name := range rels {
			if now := stat(t, tree, rel); now.Version != 0 || now.Aversion != 0 {
				t.Errorf("after %s, %s was written to: %+v", after, name, now)
			}
		}
	}
	check("the import")
	cli.CheckPlansNothing("the import")

	// What is followed shows, and what is not does not.
	for rel := range rels {
		tree.Write(rel, "theirs")
	}
	run := cli.Run("plan", "-no-color", "-detailed-exitcode")
	if followed := strings.Count(run.Output, "will be updated in-place"); run.Code != 2 || followed != len(want)-9 {
		t.Errorf("%d nodes are followed, exit code %d:\n%s", followed, run.Code, run.Output)
	}
}
