package provider_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// lockedRun is a run that holds a lock, and does something in the middle of it.
func lockedRun(tb testing.TB, tree *acctest.Tree, lock string, meanwhile func()) string {
	tb.Helper()
	return tree.ConfigFor("lock = { "+lock+" }", fmt.Sprintf(`
resource "zookeeper_znode" "first" {
  path = "${local.base}/first"

  %s
}

resource "zookeeper_znode" "second" {
  path = "${local.base}/second"
  data = zookeeper_znode.first.path
}
`, acctest.Afterwards(tb, meanwhile)))
}

// The lock is held for a run, and free after it.
func TestAccProviderLock_held(t *testing.T) {
	tree := acctest.NewTree(t)
	lock, err := recipe.NewLock(tree.Client, tree.Path("/lock"), recipe.LockOptions{})
	if err != nil {
		t.Fatal(err)
	}
	during := make(chan []string, 1)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": lockedRun(t, tree, fmt.Sprintf(`path = %q, timeout = 30, identifier = "the run"`, tree.Path("/lock")), func() {
		names, err := lock.Contenders(t.Context())
		if err != nil {
			t.Error(err)
		}
		during <- names
	})})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if names := <-during; !slices.Equal(names, []string{"the run"}) {
		t.Errorf("in the middle of the run the lock is held by %v", names)
	}
	// Taken by each of the CLI's steps, and given back: not left to the session's timeout.
	cli.Env = []string{"ZOOKEEPER_SESSION_TIMEOUT=60"}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if names, err := lock.Contenders(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("behind the run the lock is held by %v, %v", names, err)
	}
}

// Nothing is done without the lock: not even a read.
func TestAccProviderLock_locked(t *testing.T) {
	tree := acctest.NewTree(t)
	lock, err := recipe.NewReadLock(tree.Client, tree.Path("/lock"), recipe.LockOptions{Identifier: "somebody else"})
	if err != nil {
		t.Fatal(err)
	}
	held, err := lock.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Release(t.Context()) }()
	path := fmt.Sprintf(`path = %q, `, tree.Path("/lock"))
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      lockedRun(t, tree, path+`timeout = 0.2`, func() {}),
			ExpectError: acctest.Error("Lock is held by others", tree.Path("/lock"), "somebody else", "timeout"),
		},
		{
			Config:      tree.ConfigFor("lock = { "+path+" timeout = 0 }", `data "zookeeper_children" "root" { path = "/" }`),
			ExpectError: acctest.Error("Lock is held by others", "somebody else"),
		},
		// Others who share it are no obstacle to who shares it too.
		{Config: lockedRun(t, tree, path+`mode = "shared"`, func() {})},
	}})
}

// A run shares its lock with Curator's users where it is told to. It never goes ahead beside a
// contender of another kind.
func TestAccProviderLock_curator(t *testing.T) {
	acctest.Needs(t, acctest.Ephemeral)
	tree := acctest.NewTree(t)
	lock, err := recipe.NewLock(tree.Client, tree.Path("/lock"), recipe.LockOptions{Notation: recipe.Curator})
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf(`path = %q, `, tree.Path("/lock"))
	during := make(chan []string, 1)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": lockedRun(t, tree, path+`protocol = "curator", identifier = "the run"`, func() {
		names, err := lock.Contenders(t.Context())
		if err != nil {
			t.Error(err)
		}
		during <- names
	})})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if names := <-during; !slices.Equal(names, []string{"the run"}) {
		t.Errorf("in the middle of the run the lock is held by %v", names)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	j := acctest.Curator(t)
	j.Make(t, "mutex", "locks.InterProcessMutex", "@client", tree.Path("/lock"))
	j.Call(t, "mutex", "acquire")
	defer j.Call(t, "mutex", "release")
	const reads = `data "zookeeper_children" "root" { path = "/" }`
	other := acctest.Error("Lock is used in another way", tree.Path("/lock"), "Curator's InterProcessMutex", "protocol")
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: tree.ConfigFor("lock = { "+path+`protocol = "curator", timeout = 0.2 }`, reads), ExpectError: acctest.Error("Lock is held by others", tree.Path("/lock"))},
		{Config: tree.ConfigFor("lock = { "+path+"}", reads), ExpectError: other},
		{Config: tree.ConfigFor("lock = { "+path+`protocol = "curator", mode = "shared" }`, reads), ExpectError: other},
		{
			Config:      tree.Config(fmt.Sprintf("ephemeral \"zookeeper_lock\" \"test\" { path = %q }", tree.Path("/lock"))),
			ExpectError: other,
		},
		{
			Config:      tree.Config(fmt.Sprintf("ephemeral \"zookeeper_lock\" \"test\" {\n  path = %q\n  protocol = \"curator\"\n  timeout = 0\n}", tree.Path("/lock"))),
			ExpectError: acctest.Error("Lock is held", tree.Path("/lock")),
		},
	}})
}

// A lock that cannot be taken for another reason than that others have it is what the error
// is about, and not what was to be done under it.
func TestAccProviderLock_denied(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/closed", "", zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: tree.ConfigFor(fmt.Sprintf("lock = { path = %q }", tree.Path("/closed/lock")), `data "zookeeper_children" "root" { path = "/" }`),
		ExpectError: acctest.Error("Permission denied", fmt.Sprintf("take the lock of the provider %q", tree.Path("/closed/lock")),
			fmt.Sprintf("needs the permission CREATE (c) on %q", tree.Path("/closed"))),
	}}})
}

// A run does not wait for itself.
func TestAccProviderLock_own(t *testing.T) {
	acctest.Needs(t, acctest.Ephemeral)
	tree := acctest.NewTree(t)
	both := func(own, other string) string {
		return tree.ConfigFor(fmt.Sprintf("lock = { path = %q, mode = %q }", tree.Path("/lock"), own),
			fmt.Sprintf("ephemeral \"zookeeper_lock\" \"other\" {\n  path = %q\n  mode = %q\n}", tree.Path("/lock"), other))
	}
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: both("exclusive", "shared"), ExpectError: acctest.Error("Lock is held by this run", tree.Path("/lock"), "Leave one of the two out")},
		{Config: both("shared", "exclusive"), ExpectError: acctest.Error("Lock is held by this run")},
		{Config: both("shared", "shared")},
	}})
}

// A lock that is lost in the middle of a run is the end of it: nothing more is written.
func TestAccProviderLock_lost(t *testing.T) {
	server := acctest.OwnServer(t)
	tree := acctest.NewTreeOn(t, server.Addr())
	cli := acctest.NewCLI(t, map[string]string{"main.tf": lockedRun(t, tree, fmt.Sprintf(`path = %q`, tree.Path("/lock")), func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := takeAway(ctx, tree, "/lock"); err != nil {
			t.Error(err)
		}
		// It ends its session of itself. The one that is left is the test's own.
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			cons, err := server.Command(ctx, "cons")
			if err != nil {
				t.Errorf("waiting for the end of the session: %v", err)
			}
			if err != nil || strings.Count(cons, "sid=0x") <= 1 {
				return
			}
			<-tick.C
		}
	})})
	run := cli.Run("apply", "-no-color", "-auto-approve")
	if run.Code == 0 || !acctest.Error("Lock was lost", tree.Path("/lock"), "deleted").MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	for rel, want := range map[string]bool{"/first": true, "/second": false} {
		if _, ok, err := tree.Client.Exists(t.Context(), tree.Path(rel)); err != nil || ok != want {
			t.Errorf("%s is there: %t, %v; it was to be written with the lock alone", rel, ok, err)
		}
	}
}

// A program of Curator's that comes while a run holds its lock in kazoo's way does not look for that. The run does: it
// ends, and writes nothing more.
func TestAccProviderLock_usedInAnotherWay(t *testing.T) {
	tree := acctest.NewTree(t)
	j := acctest.Curator(t)
	j.Make(t, "mutex", "locks.InterProcessMutex", "@client", tree.Path("/lock"))
	cli := acctest.NewCLI(t, map[string]string{"main.tf": lockedRun(t, tree, fmt.Sprintf(`path = %q`, tree.Path("/lock")), func() {
		j.Call(t, "mutex", "acquire")
		tree.AwaitChildren("/lock", 1) // until the run's contender has gone with its session
	})})
	run := cli.Run("apply", "-no-color", "-auto-approve")
	if run.Code == 0 || !acctest.Error("Lock is used in another way", tree.Path("/lock"), "Curator's InterProcessMutex", "Look at what the run has done").MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	for rel, want := range map[string]bool{"/first": true, "/second": false} {
		if _, ok, err := tree.Client.Exists(t.Context(), tree.Path(rel)); err != nil || ok != want {
			t.Errorf("%s is there: %t, %v; it was to be written with the lock alone", rel, ok, err)
		}
	}
	j.Call(t, "mutex", "release")
}

// takeAway deletes the nodes of those who contend for a lock, as somebody else would.
func takeAway(ctx context.Context, tree *acctest.Tree, rel string) error {
	names, _, err := tree.Client.Children(ctx, tree.Path(rel))
	for _, name := range names {
		if err := tree.Client.Delete(ctx, tree.Path(rel+"/"+name), zk.AnyVersion); err != nil && !errors.Is(err, zk.ErrNoNode) {
			return err
		}
	}
	return err
}

// An open lock tells where it is, and is renewed for as long as it is held, and no longer.
func TestAccLock_renew(t *testing.T) {
	tree := acctest.NewTree(t)
	d := newDriver(t)
	d.configure(attrs{"servers": acctest.Server(t).Addr() + tree.Base})
	private, result := d.opened("zookeeper_lock", attrs{"path": "/lock"})
	names, _, err := tree.Client.Children(t.Context(), tree.Path("/lock"))
	if err != nil || len(names) != 1 {
		t.Fatalf("contenders %v, %v; told %v", names, err, d.told)
	}
	for name, want := range map[string]string{"path": "/lock", "lock_path": "/lock/" + names[0]} {
		if got := result[name]; !got.Equal(tftypes.NewValue(tftypes.String, want)) {
			t.Errorf("the open lock has the %s %v, want %q", name, got, want)
		}
	}
	for range 2 {
		if again := d.renew(private); len(d.told) > 0 || !again.After(time.Now()) {
			t.Fatalf("renewed until %v, with %v", again, d.told)
		}
	}
	if err := takeAway(t.Context(), tree, "/lock"); err != nil {
		t.Fatal(err)
	}
	// The server tells of it after its answer to who took it away.
	deadline := time.Now().Add(time.Minute)
	for len(d.told) == 0 && time.Now().Before(deadline) {
		d.renew(private)
	}
	if len(d.told) != 1 || d.told[0].Severity != tfprotov6.DiagnosticSeverityError || d.told[0].Summary != "Lock was lost" {
		t.Errorf("got %v, want one error that the lock was lost", d.told)
	}
}

// The node with which the run stands in line is no part of a tree whose ACLs, or nodes, a resource
// has: it is gone after the run, and the next one has another.
func TestAccProviderLock_inTheTree(t *testing.T) {
	tree := acctest.NewTree(t)
	config := func(hcl string) string {
		return tree.ConfigFor(fmt.Sprintf("lock = { path = %q, acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }] }", tree.Path("/locks/shop")), hcl)
	}
	const all = `
resource "zookeeper_znode_acl" "test" {
  path      = "${local.base}/locks"
  recursive = true
  acl = [
    { scheme = "world", id = "anyone", permissions = "crd" },
    { scheme = "ip", id = "127.0.0.1", permissions = "cdrwa" },
  ]
}
`
	exclusive := strings.NewReplacer("zookeeper_znode_acl", "zookeeper_znodes", "path     ", "base_path", "recursive", "exclusive", "  acl = [", "  data = { other = \"x\" }\n  acl = [").Replace(all)
	tree.Put("/locks", "")
	tree.Put("/locks/shop", "")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config(all)})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	cli.Write("main.tf", config(exclusive))
	if run := cli.Run("plan", "-no-color"); run.Code == 0 || !acctest.Error("Lock lies in an exclusive tree", tree.Path("/locks/shop")).MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
}

func TestAccProviderLock_invalid(t *testing.T) {
	tree := acctest.NewTree(t)
	var steps []resource.TestStep
	for lock, want := range map[string][]string{
		`mode = "shared"`:               {"Missing lock path", "lock.path"},
		`path = "relative"`:             {"Invalid lock path", "lock.path", "absolute"},
		`path = "/zookeeper/lock"`:      {"Invalid lock path", "lock.path", "belongs to ZooKeeper itself"},
		`path = "/a", mode = "open"`:    {"Invalid lock mode", "lock.mode", "exclusive"},
		`path = "/a", protocol = "go"`:  {"Invalid lock protocol", "lock.protocol", "curator"},
		`path = "/a", timeout = -1`:     {"Invalid lock timeout", "lock.timeout", "from 0"},
		`path = "/a", timeout = "long"`: {"lock", "number"},
		`path = "/a", identifier = []`:  {"lock", "identifier", "string"},
	} {
		steps = append(steps, resource.TestStep{Config: lockedRun(t, tree, strings.TrimSpace(lock), func() {}), ExpectError: acctest.Error(want...)})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}
