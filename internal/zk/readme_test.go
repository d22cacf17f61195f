package zk_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// declared returns the exported names of the package in a folder, as a reader writes them:
// "New", "Client.Get", "Config.Servers".
func declared(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	add := func(parts ...string) {
		for _, p := range parts {
			if !ast.IsExported(p) {
				return
			}
		}
		names[strings.Join(parts, ".")] = true
	}
	entries, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range entries {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(d.Name.Name)
					continue
				}
				receiver := d.Recv.List[0].Type
				if star, ok := receiver.(*ast.StarExpr); ok {
					receiver = star.X
				}
				if of, ok := receiver.(*ast.IndexExpr); ok {
					receiver = of.X
				}
				if id, ok := receiver.(*ast.Ident); ok {
					add(id.Name, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.ValueSpec:
						for _, id := range s.Names {
							add(id.Name)
						}
					case *ast.TypeSpec:
						add(s.Name.Name)
						if st, ok := s.Type.(*ast.StructType); ok {
							for _, f := range st.Fields.List {
								for _, id := range f.Names {
									add(s.Name.Name, id.Name)
								}
							}
						}
					}
				}
			}
		}
	}
	return names
}

// kazooNames asks the installed kazoo for its public names: classes, their members and options,
// functions and constants.
func kazooNames(t *testing.T) []string {
	t.Helper()
	lib, err := filepath.Abs(filepath.FromSlash("../../.kazoo/lib"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lib); err != nil {
		t.Fatal(`kazoo is not there: run "make kazoo"`)
	}
	cmd := exec.CommandContext(testContext(t), "python3", "-B", "testdata/kazoo_names.py")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+lib)
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// kazooClient is the class whose members the README names without it.
const kazooClient = "KazooClient."

// namesIn are the names of kazoo's in a cell of the README: "get" and "get(watch)" of KazooClient,
// "Lock.acquire", "Queue.*".
func namesIn(cell string) (names []string) {
	quoted := regexp.MustCompile("`([\\w.*]+)(?:\\(([^)]*)\\))?`")
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		name := m[1]
		if strings.ToLower(name[:1]) == name[:1] {
			names = append(names, name) // of a module
			name = kazooClient + name
		}
		names = append(names, name)
		for option := range strings.SplitSeq(m[2], ",") {
			names = append(names, name+"."+strings.TrimSpace(option))
		}
	}
	return names
}

// Every name of kazoo's is in README's tables, and the Go names there exist.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := declared(t, ".")
	for _, sub := range []string{"recipe", "sasl"} {
		for name := range declared(t, sub) {
			names[sub+"."+name] = true
		}
	}
	for _, below := range []string{"engine", "proto"} { // of which there are aliases
		for name := range declared(t, below) {
			if of, _, member := strings.Cut(name, "."); member && names[of] {
				names[name] = true
			}
		}
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	mapped := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[2]) == "Go" {
			continue
		}
		for _, name := range namesIn(cells[1]) {
			mapped[name] = true
		}
		if strings.HasPrefix(cells[2], " none: ") { // and why
			continue
		}
		found := quoted.FindAllStringSubmatch(cells[2], -1)
		if len(found) == 0 {
			t.Errorf("no Go name in: %s", line)
		}
		for _, m := range found {
			if !names[m[1]] {
				t.Errorf("%s does not exist, in: %s", m[1], line)
			}
		}
	}
	theirs := kazooNames(t)
	if len(theirs) < 300 {
		t.Fatalf("kazoo has %d names", len(theirs))
	}
	for _, name := range theirs {
		class, _, _ := strings.Cut(name, ".")
		if !mapped[name] && (name == class || !mapped[class+".*"]) {
			t.Errorf("kazoo's %s has no row", name)
		}
	}
	for name := range mapped {
		if class, ok := strings.CutSuffix(name, ".*"); ok && !slices.ContainsFunc(theirs, func(s string) bool { return strings.HasPrefix(s, class+".") }) {
			t.Errorf("kazoo has nothing of %s", name)
		}
	}
}
