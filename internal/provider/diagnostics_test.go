package provider_test

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

var updateDiagnostics = flag.Bool("update", false, "write testdata/diagnostics.md anew")

// A scene is what a case plays in: a provider, and a tree that is the chroot of its servers,
// with the super user's hands on it.
type scene struct {
	*driver
	*acctest.Tree

	t *testing.T
	// at is the address of the server.
	at string
}

// connect configures the provider, for the tree unless other servers are given.
func (c *scene) connect(config attrs) *scene {
	c.t.Helper()
	all := attrs{"servers": c.through(c.at), "connect_timeout": 60, "session_timeout": 60}
	maps.Copy(all, config)
	c.configure(all)
	return c
}

// through is a connect string for the tree.
func (c *scene) through(addr string) string { return addr + c.Base }

// proxied configures a provider that connects through a proxy, and is impatient where it
// fails.
func (c *scene) proxied(config attrs) *zktest.Proxy {
	c.t.Helper()
	proxy := zktest.StartProxy(c.t, c.at)
	all := attrs{"servers": c.through(proxy.Addr()), "connect_timeout": 3}
	maps.Copy(all, config)
	c.connect(all)
	return proxy
}

// another is a second provider of the same configuration, as that of another process. Both
// tell the same scene.
func (c *scene) another() *scene {
	c.t.Helper()
	other := *c
	other.driver = newDriver(c.t)
	other.connect(nil)
	return &other
}

// A told diagnostic is one that a case has triggered.
type told struct {
	topic, name string
	*tfprotov6.Diagnostic
}

// collect plays all cases and returns what they were told. Cases with an environment go
// first, one by one.
func collect(t *testing.T) []told {
	t.Helper()
	servers := newServers(t)
	var mu sync.Mutex
	var all []told
	play := func(t *testing.T, topic string, k diagnosticCase) {
		t.Helper()
		server := servers[k.on]
		c := &scene{driver: newDriver(t), t: t, at: server.Addr()}
		// A server that does not let everybody write has no place for a tree, and needs none.
		c.Tree = new(acctest.Tree)
		if k.on == usualServer || k.on == oldServer {
			c.Tree = acctest.NewTreeOn(t, c.at)
		}
		for name, v := range k.env {
			t.Setenv(name, v)
		}
		k.play(c)
		if len(c.told) == 0 {
			t.Error("nothing was told")
		}
		mu.Lock()
		defer mu.Unlock()
		for _, d := range c.told {
			all = append(all, told{topic, k.name, d})
		}
	}
	for _, parallel := range []bool{false, true} {
		t.Run(fmt.Sprintf("parallel=%t", parallel), func(t *testing.T) {
			for _, topic := range topics {
				for i, k := range topic.cases {
					if (k.env == nil) != parallel {
						continue
					}
					// Numbered, because the name is in the path of the tree, and in no message.
					t.Run(fmt.Sprintf("%s %d", topic.name, i), func(t *testing.T) {
						if parallel {
							t.Parallel()
						}
						play(t, topic.name, k)
					})
				}
			}
		})
	}
	return all
}

// Each diagnostic that the provider can give, triggered for real, is in one file, to be
// read side by side, and so is each error of a function. What changes there was meant to:
// -update rewrites the file. Every diagnostic has a case that triggers it.
func TestDiagnostics(t *testing.T) {
	acctest.Needs(t, acctest.EnforcedQuotas) // a quota that is exceeded is one of the cases
	all := collect(t)
	if t.Failed() {
		return
	}
	t.Run("catalogue", func(t *testing.T) {
		got := catalogue(all)
		file := filepath.Join("testdata", "diagnostics.md")
		if *updateDiagnostics {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		compareLines(t, string(want), got)
	})
	t.Run("complete", func(t *testing.T) {
		used := make(map[string]bool)
		for _, s := range sourceTexts(t) {
			if slices.ContainsFunc(all, s.matches) {
				continue
			}
			if _, excused := excuses[s.text]; excused {
				used[s.text] = true
				continue
			}
			t.Errorf("%s: no case triggers %q", s.at, s.text)
		}
		for text := range excuses {
			if !used[text] {
				t.Errorf("there is a case of %q, or no such text any more, and an excuse", text)
			}
		}
	})
	t.Run("style", func(t *testing.T) {
		for _, d := range all {
			checkStyle(t, d)
		}
	})
}

// compareLines reports the first line that differs.
func compareLines(t *testing.T, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		old, now := "(the end)", "(the end)"
		if i < len(a) {
			old = a[i]
		}
		if i < len(b) {
			now = b[i]
		}
		if old != now {
			t.Fatalf("testdata/diagnostics.md, line %d, is\n  %s\nand the provider says\n  %s\nIf that is meant, run go test ./internal/provider -run TestDiagnostics -update", i+1, old, now)
		}
	}
}

// catalogue is what was told as text: by topic, and within one by summary, severity and
// text. The same thing said to several cases is there once.
func catalogue(all []told) string {
	var b strings.Builder
	b.WriteString("# What the provider can say\n\nWritten by TestDiagnostics: each diagnostic that a case has triggered, with what differs from run to run made the same.\n")
	order := make(map[string]int)
	for i, topic := range topics {
		order[topic.name] = i
	}
	type entry struct{ topic, severity, summary, attribute, detail string }
	names := make(map[entry][]string)
	for _, d := range all {
		e := entry{topic: d.topic, severity: strings.ToLower(d.Severity.String()), summary: stable(d.Summary), detail: stable(d.Detail)}
		if d.Attribute != nil {
			e.attribute = attributeName(d.Attribute)
		}
		if e.summary == "" {
			e.severity, e.summary = "function", "(an error of a function)"
		}
		if !slices.Contains(names[e], d.name) {
			names[e] = append(names[e], d.name)
		}
	}
	entries := make([]entry, 0, len(names))
	for e := range names {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(order[a.topic]-order[b.topic], strings.Compare(a.summary, b.summary), strings.Compare(a.severity, b.severity), strings.Compare(a.attribute, b.attribute), strings.Compare(a.detail, b.detail))
	})
	topic, summary := "", ""
	for _, e := range entries {
		if e.topic != topic {
			fmt.Fprintf(&b, "\n## %s\n", e.topic)
			topic, summary = e.topic, ""
		}
		if e.summary != summary {
			fmt.Fprintf(&b, "\n### %s\n", e.summary)
			summary = e.summary
		}
		slices.Sort(names[e])
		fmt.Fprintf(&b, "\n*%s", e.severity)
		if e.attribute != "" {
			fmt.Fprintf(&b, ", at %s", e.attribute)
		}
		fmt.Fprintf(&b, ": %s*\n\n", strings.Join(names[e], "; "))
		for line := range strings.SplitSeq(e.detail, "\n") {
			b.WriteString(strings.TrimRight("    "+line, " ") + "\n")
		}
	}
	return b.String()
}

// attributeName is the path of an attribute as in a configuration.
func attributeName(at *tftypes.AttributePath) string {
	var b strings.Builder
	for i, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(step))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&b, "[%q]", string(step))
		default:
			fmt.Fprintf(&b, "[%v]", step)
		}
	}
	return b.String()
}

// unstable are the parts of a text that differ from run to run, and what stands for them.
var unstable = []struct {
	part *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`0x[0-9a-f]+`), "0xZXID"},
	{regexp.MustCompile(`"?[^" ]*/TestDiagnostics[^/]*/\d+/`), "/TMP/"},
	{regexp.MustCompile(`handshake within [0-9.]+m?s\b`), "handshake within DURATION"},
	{regexp.MustCompile(`_c_[0-9a-f-]+-`), "_c_GUID-"},
	{regexp.MustCompile(`\b[0-9a-f]{32}__`), "GUID__"},
}

func stable(s string) string {
	for _, u := range unstable {
		s = u.part.ReplaceAllString(s, u.with)
	}
	return s
}

// A sourceText is something that the sources can tell a user: the summary of a diagnostic
// with its detail, or the text of an error that goes into one.
type sourceText struct {
	at              token.Position
	text            string // the summary, or the text of the error
	summary, detail *regexp.Regexp
}

// matches reports whether a diagnostic can be from there.
func (s sourceText) matches(d told) bool {
	if s.summary == nil {
		return s.detail.MatchString(d.Detail)
	}
	return s.summary.MatchString(d.Summary) && s.detail.MatchString(d.Detail)
}

// summaryAt is where the calls that make diagnostics have the summary; the detail follows.
var summaryAt = map[string]int{
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "AddError": 0, "AddWarning": 0,
	"NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1, "AddAttributeError": 1, "AddAttributeWarning": 1,
	"new": 0, "invalid": 1, "add": 2, // the provider's own: Subject, resolver, findings
}

// sourceTexts reads the sources of the provider.
func sourceTexts(t *testing.T) (texts []sourceText) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			ast.Inspect(decl, func(n ast.Node) bool {
				for _, s := range textsOf(n, decl) {
					s.at = files.Position(n.Pos())
					texts = append(texts, s)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) < 100 {
		t.Fatalf("only %d texts in the sources", len(texts))
	}
	return texts
}

// textsOf returns what a node of the syntax tree tells, which is in a declaration.
func textsOf(n, decl ast.Node) (texts []sourceText) {
	if of, ok := n.(*ast.CompositeLit); ok {
		if name, ok := of.Type.(*ast.Ident); ok && name.Name == "about" { // a validator's
			texts = append(texts, sourceText{text: literal(of.Elts[0]), summary: pattern(of.Elts[0], false, true), detail: regexp.MustCompile(``)})
		}
		return texts
	}
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	switch at, ok := summaryAt[name]; {
	case ok && len(call.Args) > at+1:
		for _, summary := range values(call.Args[at], decl) {
			texts = append(texts, sourceText{text: literal(summary), summary: pattern(summary, false, true), detail: pattern(call.Args[at+1], false, name != "invalid")})
		}
	case (name == "Errorf" || name == "New") && len(call.Args) > 0 && literal(call.Args[0]) != "", name == "NewArgumentFuncError" && literal(call.Args[1]) != "":
		text := call.Args[len(call.Args)-1]
		if name != "NewArgumentFuncError" {
			text = call.Args[0]
		}
		texts = append(texts, sourceText{text: literal(text), detail: pattern(text, name == "Errorf", false)})
	}
	return texts
}

// values are the expressions that an argument can stand for: itself, or where it is a
// variable of the function those that are put into it. A parameter or a field, which is
// passed on, has none: who passes it in has.
func values(e ast.Expr, decl ast.Node) (of []ast.Expr) {
	if literal(e) != "" {
		return []ast.Expr{e}
	}
	variable, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for i, to := range a.Lhs {
				if id, ok := to.(*ast.Ident); ok && id.Name == variable.Name && len(a.Rhs) == len(a.Lhs) && literal(a.Rhs[i]) != "" {
					of = append(of, a.Rhs[i])
				}
			}
		}
		return true
	})
	return of
}

// literal returns the text that an expression begins with; empty where it does not begin
// with one.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.BinaryExpr:
		if left := literal(e.X); left != "" {
			return left + literal(e.Y)
		}
	}
	return ""
}

var verb = regexp.MustCompile(`%(\[\d+\])?[#0-9]*[a-zA-Z]`)

// pattern matches the texts that an expression can give, one with the verbs of a format
// where it is one; whole is all of a text, and not a part of one, which may begin a
// sentence. What is not a literal can be anything.
func pattern(e ast.Expr, format, whole bool) *regexp.Regexp {
	p := expression(e, format)
	if whole {
		return regexp.MustCompile("(?s)^" + p + "$")
	}
	return regexp.MustCompile("(?si)" + p)
}

func expression(e ast.Expr, format bool) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text := literal(e)
		if !format {
			return regexp.QuoteMeta(text)
		}
		parts := verb.Split(strings.ReplaceAll(text, "%%", "\x00"), -1)
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(strings.ReplaceAll(part, "\x00", "%"))
		}
		return strings.Join(parts, ".*")
	case *ast.BinaryExpr:
		return expression(e.X, format) + expression(e.Y, format)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return expression(e.Args[0], true)
		}
	}
	return ".*"
}

// Words and marks that no diagnostic has.
var bad = regexp.MustCompile(`\.\.|[:?]\.|\?:|: \.|,,|;;|\(\)|%!|<nil>|&\{|\bfailed to\b|\berror:|wonderland|` + secret)

// checkStyle checks what a machine can see: sentences, and none of what users have no use
// for. It begins with no capital only where it begins with a name.
func checkStyle(t *testing.T, d told) {
	t.Helper()
	text := d.Summary + "\n" + d.Detail
	if d.Attribute != nil {
		text += "\n" + attributeName(d.Attribute) // which goes into logs
	}
	if m := bad.FindString(strings.NewReplacer(`".."`, "", `"/.."`, "").Replace(text)); m != "" {
		t.Errorf("%s: %q in %s", d.name, m, text)
	}
	if strings.HasSuffix(d.Summary, ".") || d.Summary != "" && strings.ToUpper(d.Summary[:1]) != d.Summary[:1] {
		t.Errorf("%s: the summary %q", d.name, d.Summary)
	}
	// What ends with something to be copied ends with its own line.
	last := d.Detail[strings.LastIndexByte(d.Detail, '\n')+1:]
	if d.Summary != "" && !strings.HasSuffix(d.Detail, ".") && !strings.HasPrefix(last, "  ") {
		t.Errorf("%s: the detail ends with %q", d.name, last)
	}
}
