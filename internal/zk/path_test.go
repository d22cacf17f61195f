package zk_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"unicode"

	"terraform-provider-zookeeper/internal/zk"
)

// restWithPath makes those calls that take a path, or the prefix of one, which withPath does not
// make, and returns what they fail with.
func restWithPath(ctx context.Context, c *zk.Client, path string) map[string]error {
	errs, a := make(map[string]error), c.Async()
	nothing := func(zk.Reading) error { return nil }
	_, errs["Client.ACLTree"] = c.ACLTree(ctx, path)
	_, errs["Client.ACLs"] = c.ACLs(ctx, []string{"/", path})
	errs["Client.SetACLs"] = c.SetACLs(ctx, []zk.ACLWrite{{Path: path, ACL: zk.OpenACL()}}, func(_ int, _ zk.Stat, err error) error { return err })
	_, errs["Client.Apply"] = c.Apply(ctx, zk.Batch{Writes: []zk.Write{{Path: path}}})
	_, errs["Client.Ephemerals"] = c.Ephemerals(ctx, path)
	_, _, errs["Client.MakePath"] = c.MakePath(ctx, path, nil)
	_, errs["Client.RecognizePath"] = c.RecognizePath(ctx, []string{path}, zk.Making{})
	_, _, errs["Client.Recognize"] = c.Recognize(ctx, path, zk.Making{})
	_, errs["Client.RecognizeQuota"] = c.RecognizeQuota(ctx, path, zk.Quota{}, zk.Making{})
	_, errs["Client.RecognizeSequential"] = c.RecognizeSequential(ctx, path, zk.Making{})
	_, errs["Client.Stats"] = c.Stats(ctx, []string{path})
	errs["Client.Prune"] = c.Prune(ctx, path, 1)
	errs["Client.Clear"] = c.Clear(ctx, path, func([]string, int) {})
	_, errs["Client.Quota"] = c.Quota(ctx, path)
	errs["Client.CreateQuota"] = c.CreateQuota(ctx, path, zk.Quota{}, nil)
	errs["Client.SetQuota"] = c.SetQuota(ctx, path, zk.Quota{}, 1, nil)
	errs["Client.DeleteQuota"] = c.DeleteQuota(ctx, path, 1)
	errs["Client.WalkStats"] = c.WalkStats(ctx, path, -1, nothing)
	errs["Client.Survey"] = c.Survey(ctx, path, -1, true, nothing)
	errs["Client.SetHosts"] = c.SetHosts("127.0.0.1:1/"+path, false)
	_, errs["Async.Sync"] = a.Sync(ctx, path).Wait(ctx)
	_, errs["Async.Create"] = a.Create(ctx, path, nil, zk.CreateOptions{}).Wait(ctx)
	_, errs["Async.EnsurePath"] = a.EnsurePath(ctx, path, nil).Wait(ctx)
	_, errs["Async.Exists"] = a.Exists(ctx, path).Wait(ctx)
	_, errs["Async.ExistsWatch"] = a.ExistsWatch(ctx, path).Wait(ctx)
	_, errs["Async.Get"] = a.Get(ctx, path).Wait(ctx)
	_, errs["Async.GetWatch"] = a.GetWatch(ctx, path).Wait(ctx)
	_, errs["Async.Children"] = a.Children(ctx, path).Wait(ctx)
	_, errs["Async.ChildrenWatch"] = a.ChildrenWatch(ctx, path).Wait(ctx)
	_, errs["Async.ACL"] = a.ACL(ctx, path).Wait(ctx)
	_, errs["Async.SetACL"] = a.SetACL(ctx, path, zk.OpenACL(), 0).Wait(ctx)
	_, errs["Async.Set"] = a.Set(ctx, path, nil, 0).Wait(ctx)
	_, errs["Async.Delete"] = a.Delete(ctx, path, 0).Wait(ctx)
	_, errs["Async.Multi"] = a.Multi(ctx, zk.CreateOp(path, nil, zk.CreateOptions{})).Wait(ctx)
	return errs
}

// An invalid path is ErrBadArguments, whoever is given it, and nothing of it can colour a
// terminal or forge a line.
func TestPathsThatAreNone(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, server.Addr())
	tested := make(map[string]bool)
	for _, path := range []string{"/a\x1b[31m\nforged: line", "/a/\x00", "/a/../b\r", "//\t", "/\u202e\x7f", "/a\xff"} {
		errs := restWithPath(ctx, c, path)
		for name, err := range withPath(ctx, c, path) {
			errs["Client."+strings.ToUpper(name[:1])+name[1:]] = err
		}
		for name, err := range errs {
			tested[name] = true
			if !errors.Is(err, zk.ErrBadArguments) {
				t.Errorf("%s of %q: %v", name, path, err)
			} else if strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%s shows what does not print: %q", name, err)
			}
		}
	}
	for name := range methodsOfPaths(t) {
		if !tested[name] {
			t.Errorf("%s takes a path, and is not tested", name)
		}
	}
}

// methodsOfPaths are the methods of the client that take a path, or several, by the names of their
// parameters.
func methodsOfPaths(t *testing.T) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	methods := make(map[string]bool)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() || f.Type.Results == nil || f.Name.Name == "Unchroot" {
				continue
			}
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			id, ok := receiver.(*ast.Ident)
			if !ok || id.Name != "Client" && id.Name != "Async" {
				continue
			}
			for _, param := range f.Type.Params.List {
				for _, name := range param.Names {
					switch name.Name {
					case "path", "paths", "prefix":
						methods[id.Name+"."+f.Name.Name] = true
					}
				}
			}
		}
	}
	return methods
}
