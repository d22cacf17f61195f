package zk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
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

// The Go names in README's tables exist.
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
	quoted := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[2]) == "Go" {
			continue
		}
		rows++
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
	if rows < 60 {
		t.Errorf("%d rows: the tables were not found", rows)
	}
}
