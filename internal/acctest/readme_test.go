package acctest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

const readme = "README.md"

var (
	// block matches what a README has between fences, and which language that is.
	block = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)\n```$")
	// servers matches the servers that a README names.
	servers = regexp.MustCompile(`\b(localhost|zk1\.example\.com):\d+`)
	// branch matches a line of a tree: what is in front of a node, its path below the node above,
	// what it holds or who may do what with it, and a remark.
	branch = regexp.MustCompile(`^((?:│   |    |├── |└── )*)(\S+?)(?:\s{2,}([^#\s].*?))?(?:\s{2,}#.*)?$`)
	// rights matches who may do what with a node.
	rights = regexp.MustCompile(`^\S+: [cdrwa]+(, \S+: [cdrwa]+)*$`)
)

// follow does what the README of an example says, as it is written there: it runs the
// lines of shell, with the CLI under test as tofu and ZooKeeper's own client as zkCli.sh,
// and compares each tree with the server's, node by node. One in front of the first apply
// is what that makes. Where none is behind the destroy, nothing may be left.
func follow(t *testing.T, files map[string]string, s surroundings) {
	t.Helper()
	cli := acctest.NewCLI(t, files)
	before := nodes(t, s.tree)
	bin := commands(t)
	cli.Env = []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "ZOOKEEPER_CONNECT_TIMEOUT=60", "ZOOKEEPER_SESSION_TIMEOUT=60"}
	exported := filepath.Join(t.TempDir(), "exported")
	var drawn string // the last tree
	applied, destroyed, gone := false, false, false
	for _, m := range block.FindAllStringSubmatch(files[readme], -1) {
		switch lang, text := m[1], m[2]; lang {
		case "text":
			drawn = text
			if applied {
				checkTree(t, s.tree, drawn)
			}
			gone = destroyed
		case "sh":
			// A password that the reader is to think of is the tests' one.
			text = strings.NewReplacer("…", acctest.Password, "/etc/zookeeper", s.etc).Replace(servers.ReplaceAllLiteralString(text, s.servers))
			destroys := strings.Contains(text, "tofu destroy")
			if destroys {
				checkTree(t, s.tree, drawn)
				if s.beforeDestroy != nil {
					s.beforeDestroy(t, cli)
				}
			}
			run := cli.Shell(text + "\nexport -p >" + exported)
			if run.Code != 0 {
				t.Fatalf("exit code %d of\n%s\n%s", run.Code, text, run.Output)
			}
			cli.Env = append(cli.Env, variables(t, cli, exported)...)
			destroyed = destroyed || destroys
			if strings.Contains(text, "tofu apply") {
				if !applied && drawn != "" {
					checkTree(t, s.tree, drawn)
				}
				checkStrangers(t, files, s, before)
				applied = true
				if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
					t.Errorf("the plan is not empty behind\n%s\nexit code %d\n%s", text, run.Code, run.Output)
				}
			}
		default:
			t.Errorf("nothing is known of a block of %q", lang)
		}
	}
	if drawn == "" || !applied || !destroyed {
		t.Errorf("the README has the tree %q, an apply: %t, a destroy: %t", drawn, applied, destroyed)
	}
	if !gone {
		checkTree(t, s.tree, "")
	}
}

// commands makes a folder with the programs that a README calls. The CLI asks nobody to
// approve, and finds the provider without an init.
func commands(t *testing.T) string {
	t.Helper()
	jars, err := filepath.Abs(filepath.Join("..", "..", ".zookeeper", acctest.Server(t).Version(), "lib"))
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for name, script := range map[string]string{
		"tofu": fmt.Sprintf("case $1 in\ninit) exit ;;\napply | destroy) set -- \"$@\" -no-color -auto-approve ;;\nesac\nexec %q \"$@\"\n", os.Getenv("TF_ACC_TERRAFORM_PATH")),
		"zkCli.sh": fmt.Sprintf("exec java -Dorg.slf4j.simpleLogger.defaultLogLevel=off -cp %q org.apache.zookeeper.ZooKeeperMain -waitforconnection \"$@\"\n",
			filepath.Join(jars, "*")),
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/usr/bin/env bash\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

// variables returns what lines of shell have exported for the configuration and the
// provider, as a file tells it that bash wrote.
func variables(t *testing.T, cli *acctest.CLI, exported string) []string {
	t.Helper()
	var env []string
	for line := range strings.Lines(cli.Shell("set -a; source " + exported + "; env").Output) {
		if strings.HasPrefix(line, "TF_VAR_") || strings.HasPrefix(line, "ZOOKEEPER_") {
			env = append(env, strings.TrimSuffix(line, "\n"))
		}
	}
	return env
}

// checkTree compares a tree as it is drawn with the one that is there: the nodes, all of
// them, and what some hold, and who may do what with some. "…" stands for anything.
func checkTree(t *testing.T, tree *acctest.Tree, drawn string) {
	t.Helper()
	there := make(map[string]string)
	for path, data := range nodes(t, tree) {
		there[strings.TrimPrefix(path, tree.Base)] = data
	}
	delete(there, "")
	var above []string
	known := make(map[string]bool)
	for line := range strings.Lines(drawn) {
		m := branch.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			t.Errorf("no line of a tree: %q", line)
			continue
		}
		depth := len([]rune(m[1])) / len("    ")
		if depth > len(above) {
			t.Errorf("nothing is above %q", line)
			continue
		}
		path := m[2]
		if depth > 0 {
			path = strings.TrimSuffix(above[depth-1], "/") + "/" + m[2]
		}
		above = append(above[:depth], path)
		for p := path; p != "/" && p != ""; p = zk.Parent(p) {
			known[p] = true
		}
		data, ok := there[path]
		switch want := m[3]; {
		case !ok:
			t.Errorf("%s is drawn, and is not there", path)
		case rights.MatchString(want):
			checkRights(t, tree, path, want)
		case want != "":
			if !regexp.MustCompile("(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*") + "$").MatchString(data) {
				t.Errorf("%s holds %q, and %s is drawn", path, data, want)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(there)), slices.Sorted(maps.Keys(known)); !slices.Equal(got, want) {
		t.Errorf("the tree is %q, and %q is drawn", got, want)
	}
}

// checkRights compares an ACL with who may do what: digest users by their names, subjects
// of certificates as they are.
func checkRights(t *testing.T, tree *acctest.Tree, path, want string) {
	t.Helper()
	acl, _, err := tree.Client.ACL(t.Context(), tree.Path(path))
	if err != nil {
		t.Error(err)
		return
	}
	var got []string
	for _, e := range acl {
		who := e.ID
		if user, _, ok := strings.Cut(e.ID, ":"); ok && e.Scheme == "digest" && e.ID == zk.DigestID(user, acctest.Password) {
			who = user
		}
		got = append(got, who+": "+e.Perms.String())
	}
	entries := strings.Split(want, ", ")
	slices.Sort(got)
	slices.Sort(entries)
	if !slices.Equal(got, entries) {
		t.Errorf("of %s it is said that %q, and the ACL is %q", path, entries, got)
	}
}

// checkTeams tries what the README of the teams' trees promises to each of them, and that an
// apply gives their ACLs to what they make.
func checkTeams(t *testing.T, s surroundings, cli *acctest.CLI) {
	t.Helper()
	payments, search := teamClient(t, "payments"), teamClient(t, "search")
	made := s.tree.Path("/teams/payments/made")
	if _, err := payments.Create(t.Context(), made, []byte("by payments"), zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := search.Set(t.Context(), made, []byte("by search"), zk.AnyVersion); err != nil {
		t.Errorf("what is new is open: %v", err)
	}
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 2 || !strings.Contains(run.Output, "/teams/payments/made") {
		t.Errorf("the plan does not show what is new: exit code %d\n%s", run.Code, run.Output)
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	checkRights(t, s.tree, "/teams/payments/made", "admin: cdrwa, payments: cdrw, search: r, terraform: cdrwa")
	if _, err := search.Set(t.Context(), made, []byte("again"), zk.AnyVersion); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("search writes what is that of payments: %v", err)
	}
	if data, _, err := search.Get(t.Context(), made); err != nil || string(data) != "by search" {
		t.Errorf("search reads %q, %v", data, err)
	}
	if _, _, err := payments.Get(t.Context(), s.tree.Path("/teams/search")); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("payments reads what is that of search: %v", err)
	}
	if err := payments.Delete(t.Context(), made, zk.AnyVersion); err != nil {
		t.Error(err)
	}
	changePassword(t, s, cli)
}

// changePassword gives another password to the user terraform, as the guide to ACLs has it. When that
// is done, nobody who has the former one may do anything.
func changePassword(t *testing.T, s surroundings, cli *acctest.CLI) {
	t.Helper()
	const next = "next-4711"
	former, now := zk.DigestID("terraform", acctest.Password), zk.DigestID("terraform", next)
	admin := zk.DigestID("admin", acctest.Password)
	main := read(t, filepath.Join(cli.Dir, "main.tf"))
	cli.Env = append(cli.Env, "TF_VAR_terraform_password="+next)
	for _, step := range []struct{ main, owners string }{
		{strings.Replace(main, "password = var.terraform_password", "password = var.terraform_password\n  auth     = [{ scheme = \"digest\", credential = \"terraform:"+acctest.Password+"\" }]", 1), former + " " + now},
		{main, now},
	} {
		cli.Write("main.tf", step.main)
		if run := cli.MustRun("apply", "-no-color", "-auto-approve"); !strings.Contains(run.Output, "Resources: 0 added, ") || strings.Contains(run.Output, " 0 changed") {
			t.Error(run.Output)
		}
		if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
			t.Errorf("exit code %d:\n%s", run.Code, run.Output)
		}
		for _, nodePath := range []string{"/teams", "/teams/payments", "/teams/search"} {
			acl, _, err := s.tree.Client.ACL(t.Context(), s.tree.Path(nodePath))
			if err != nil {
				t.Fatal(err)
			}
			owners := make(map[string]bool)
			for _, e := range acl {
				if e.Perms == zk.PermAll {
					owners[e.ID] = true
				}
			}
			if got := strings.Join(slices.Sorted(maps.Keys(owners)), " "); got != strings.Join(slices.Sorted(slices.Values(append(strings.Fields(step.owners), admin))), " ") {
				t.Errorf("%s is owned by %s", nodePath, got)
			}
		}
	}
}

// teamClient returns a client that is a team to the servers.
func teamClient(t *testing.T, team string) *zk.Client {
	t.Helper()
	client, err := zk.New(t.Context(), zk.Config{Servers: acctest.Server(t).Addr(), Auth: []zk.Credential{{Scheme: "digest", Secret: team + ":" + acctest.Password}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) }) // a session that is not ended here ends by itself
	return client
}

// kafka puts what two brokers say of themselves.
func kafka(tree *acctest.Tree) {
	tree.Put("/brokers/ids/1", `{"host":"kafka1.example.com","port":9092}`)
	tree.Put("/brokers/ids/2", `{"host":"kafka2.example.com","port":9092}`)
}

// checkTopology has brokers come and go, and looks at what the applications are told.
func checkTopology(t *testing.T, s surroundings, cli *acctest.CLI) {
	t.Helper()
	const told = "/services/checkout/kafka/bootstrap_servers"
	s.tree.Put("/brokers/ids/3", `{"host":"kafka3.example.com","port":9092}`)
	cli.MustRun("apply", "-no-color", "-auto-approve")
	const three = "kafka1.example.com:9092,kafka2.example.com:9092,kafka3.example.com:9092"
	if err := s.tree.HasData(told, three); err != nil {
		t.Error(err)
	}
	for _, id := range []string{"1", "2", "3"} {
		s.tree.Remove("/brokers/ids/" + id)
	}
	defer kafka(s.tree)
	if run := cli.Run("apply", "-no-color", "-auto-approve"); run.Code == 0 || !strings.Contains(run.Output, "No broker is running") {
		t.Errorf("an apply without brokers: exit code %d\n%s", run.Code, run.Output)
	}
	if err := s.tree.HasData(told, three); err != nil {
		t.Error(err)
	}
}

// checkLocked has a run meet another one.
func checkLocked(t *testing.T, s surroundings, cli *acctest.CLI) {
	t.Helper()
	lock, err := recipe.NewLock(s.tree.Client, s.tree.Path("/locks/terraform"), recipe.LockOptions{Identifier: "another run"})
	if err != nil {
		t.Fatal(err)
	}
	held, err := lock.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cli.Env = append(cli.Env, "TF_VAR_lock_timeout=0")
	if run := cli.Run("plan", "-no-color"); run.Code == 0 || !strings.Contains(run.Output, "another run") {
		t.Errorf("a plan while another run has the lock: exit code %d\n%s", run.Code, run.Output)
	}
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	cli.MustRun("plan", "-no-color")
}

// links matches what a text links to within the repository.
var links = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

// Each complete configuration says what it is for, which CLI it takes, and nothing of files
// that are not there, and is in the list of them.
func TestExamplesHaveREADME(t *testing.T) {
	list := read(t, filepath.Join(examples, readme))
	texts := map[string]string{examples: list}
	configurations, err := filepath.Glob(filepath.Join(examples, "*", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range configurations {
		dir := filepath.Dir(file)
		text := read(t, filepath.Join(dir, readme))
		texts[dir] = text
		if !strings.Contains(list, "]("+filepath.Base(dir)+")") {
			t.Errorf("the list has no %s", filepath.Base(dir))
		}
		content := read(t, file)
		for sign, feature := range signs {
			if needs := acctest.Since(feature); sign.MatchString(content) && !strings.Contains(strings.Join(strings.Fields(text), " "), needs) {
				t.Errorf("%s: %s is needed, and not said", dir, needs)
			}
		}
	}
	if len(texts) < 8 {
		t.Errorf("%d texts found", len(texts))
	}
	for dir, text := range texts {
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("a link of %s leads nowhere: %v", dir, err)
			}
		}
	}
}
