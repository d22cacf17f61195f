package acctest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

const examples = "../../examples"

// Every example is applied to a real server as it is printed in the documentation, plans
// empty afterwards, and is destroyed.
func TestAccExamples(t *testing.T) {
	found := 0
	err := filepath.WalkDir(examples, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".tf") {
			return err
		}
		name, err := filepath.Rel(examples, filepath.Dir(path))
		if err != nil {
			return err
		}
		found++
		t.Run(strings.ReplaceAll(name, string(filepath.Separator), "-"), func(t *testing.T) {
			t.Parallel()
			testExample(t, filepath.Dir(path))
		})
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if found < 13 {
		t.Errorf("only %d examples found", found)
	}
}

// The example of the README is one as well.
func TestAccREADME(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```hcl\n")
	hcl, _, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("the README has no example")
	}
	testFiles(t, map[string]string{"main.tf": hcl})
}

func testExample(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	testFiles(t, files)
}

func testFiles(t *testing.T, files map[string]string) {
	t.Helper()
	tree := acctest.NewTree(t)
	servers := acctest.Server(t).Addr() + tree.Base
	for name, content := range files {
		// The servers of an example exist nowhere.
		files[name] = strings.ReplaceAll(content, `"zk1.example.com:2181,zk2.example.com:2181,zk3.example.com:2181"`, `"`+servers+`"`)
	}
	cli := acctest.NewCLI(t, files)
	cli.Env = []string{
		"ZOOKEEPER_SERVERS=" + servers,
		"TF_VAR_servers=" + servers, "TF_VAR_username=demo", "TF_VAR_password=secret",
		"TF_VAR_zookeeper_password=" + acctest.Password,
		"TF_VAR_api_token=sesame", "TF_VAR_web_password=sesame",
	}
	// What an example reads and does not create is somebody else's.
	for _, path := range []string{"/secrets", "/secrets/database", "/secrets/database/password"} {
		tree.Put(path, "sesame")
	}
	before := nodes(t, tree)
	cli.MustRun("apply", "-no-color", "-auto-approve")
	empty := func(after string) {
		if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
			t.Errorf("after %s the plan is not empty: exit code %d\n%s", after, run.Code, run.Output)
		}
	}
	empty("apply")
	if sh, ok := files["import.sh"]; ok {
		for line := range strings.Lines(sh) {
			if args := strings.Fields(line); len(args) > 0 && args[0] == "terraform" {
				cli.MustRun("state", "rm", args[2])
				cli.MustRun(args[1:]...)
				empty(line)
			}
		}
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	for path, data := range nodes(t, tree) {
		if _, was := before[path]; !was && data != "" {
			t.Errorf("after destroy %s is still there, with %q", path, data)
		}
	}
}

// nodes returns the data of all nodes of a tree by path.
func nodes(t *testing.T, tree *acctest.Tree) map[string]string {
	t.Helper()
	all := make(map[string]string)
	var walk func(path string)
	walk = func(path string) {
		data, _, err := tree.Client.Get(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(data)
		names, _, err := tree.Client.Children(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			walk(path + "/" + name)
		}
	}
	walk(tree.Base)
	return all
}
