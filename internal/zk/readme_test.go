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

// kazoo are the names that the page on KazooClient documents, and those of the types and
// errors that it speaks of.
var kazoo = strings.Fields(`
	KazooClient hosts timeout client_id handler default_acl auth_data read_only randomize_hosts connection_retry
	command_retry logger keyfile keyfile_password certfile ca use_ssl verify_certs
	retry state client_state connected set_hosts add_listener remove_listener start start_async stop restart close
	command server_version add_auth add_auth_async unchroot sync sync_async create create_async ensure_path
	ensure_path_async exists exists_async get get_async get_children get_children_async include_data get_acls
	get_acls_async set_acls set_acls_async set set_async transaction delete delete_async recursive reconfig
	reconfig_async joining leaving new_members from_config version
	TransactionRequest commit commit_async set_data check committed
	IAsyncResult KazooState WatchedEvent ZnodeStat KazooRetry Lock
	AuthFailedError BadArgumentsError BadVersionError ConfigurationError ConnectionLoss InvalidACLError
	NewConfigNoQuorumError NoChildrenForEphemeralsError NoNodeError NodeExistsError NotEmptyError
	ReconfigInProcessError UnimplementedError ZookeeperError timeout_exception`)

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
	quoted := regexp.MustCompile("`([^`]+)`")
	word := regexp.MustCompile(`\w+`)
	mapped := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[2]) == "Go" {
			continue
		}
		for _, name := range word.FindAllString(cells[1], -1) {
			mapped[name] = true
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
	for _, name := range kazoo {
		if !mapped[name] {
			t.Errorf("kazoo's %s has no row", name)
		}
	}
}
