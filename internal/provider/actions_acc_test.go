package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
)

// invoked writes an action as "test" and invokes it.
func invoked(t *testing.T, tree *acctest.Tree, kind, attributes string) (*acctest.CLI, *acctest.Run) {
	t.Helper()
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config("action \"" + kind + "\" \"test\" {\n  config {\n    " + strings.ReplaceAll(attributes, "\n", "\n    ") + "\n  }\n}\n")})
	run := cli.Run("apply", "-no-color", "-auto-approve", "-invoke=action."+kind+".test")
	return cli, run
}

// invoke is invoked for an action that has to succeed.
func invoke(t *testing.T, tree *acctest.Tree, kind, attributes string, want ...string) *acctest.CLI {
	t.Helper()
	cli, run := invoked(t, tree, kind, attributes)
	if run.Code != 0 || !acctest.Error(want...).MatchString(run.Output) {
		t.Fatalf("exit code %d\n%s", run.Code, run.Output)
	}
	return cli
}

// refused is invoked for an action that fails.
func refused(t *testing.T, tree *acctest.Tree, kind, attributes string, want ...string) {
	t.Helper()
	if _, run := invoked(t, tree, kind, attributes); run.Code != 1 || !acctest.Error(want...).MatchString(run.Output) {
		t.Errorf("exit code %d, without %q\n%s", run.Code, want, run.Output)
	}
}

func TestAccActions_set(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	tree.Put("/n", "old")
	invoke(t, tree, "zookeeper_set", "path = \"${local.base}/n\"\ndata = \"new\"", "Wrote", tree.Path("/n"), "with 3 bytes")
	if err := tree.HasData("/n", "new"); err != nil {
		t.Error(err)
	}
	invoke(t, tree, "zookeeper_set", "path = \"${local.base}/n\"\ndata_base64 = \"/w==\"", "Wrote")
	invoke(t, tree, "zookeeper_set", "path = \"${local.base}/made/here\"\ndata = \"x\"\ncreate = true", "Created", tree.Path("/made/here"))
	if err := tree.HasData("/made/here", "x"); err != nil {
		t.Error(err)
	}
	refused(t, tree, "zookeeper_set", "path = \"${local.base}/missing\"\ndata = \"x\"", "Znode does not exist", "create = true")
	refused(t, tree, "zookeeper_set", "path = \"${local.base}/n\"", "data", "data_base64")
	refused(t, tree, "zookeeper_set", "path = \"/zookeeper/x\"\ndata = \"x\"", "belongs to ZooKeeper itself")
	refused(t, tree, "zookeeper_set", "path = \"${local.base}/n\"\ndata_base64 = \"x\"", "data_base64")
}

// What is below the node goes, also what others have there, and the node stays. With many nodes it tells how far it is.
func TestAccActions_clear(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	tree.Put("/app", "settings")
	tree.Put("/app/cache", "")
	tree.Put("/app/cache/a", "x")
	ctx := t.Context()
	if _, err := tree.Client.Create(ctx, tree.Path("/app/theirs"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	invoke(t, tree, "zookeeper_clear", "path = \"${local.base}/app\"", "Cleared", tree.Path("/app"), "deleted 3 nodes")
	if err := errors.Join(tree.HasData("/app", "settings"), tree.CheckGone("/app/cache", "/app/theirs")(nil)); err != nil {
		t.Error(err)
	}
	invoke(t, tree, "zookeeper_clear", "path = \"${local.base}/app\"", "deleted 0 nodes")

	writes := make([]zk.Write, 1500)
	for i := range writes {
		writes[i] = zk.Write{Kind: zk.WriteCreate, Path: tree.Path(fmt.Sprintf("/app/n%d", i))}
	}
	if _, err := tree.Client.Apply(ctx, zk.Batch{Writes: writes}); err != nil {
		t.Fatal(err)
	}
	invoke(t, tree, "zookeeper_clear", "path = \"${local.base}/app\"", "Deleted 1000 nodes below", "500 left", "deleted 1500 nodes")

	refused(t, tree, "zookeeper_clear", "path = \"${local.base}/missing\"", "Znode does not exist")
	refused(t, tree, "zookeeper_clear", "path = \"/\"", "root", "cannot be managed")
	refused(t, tree, "zookeeper_clear", "path = \"/zookeeper/quota\"", "belongs to ZooKeeper itself")
	refused(t, tree, "zookeeper_clear", "path = \"app\"", "not absolute")
	refused(t, tree, "zookeeper_clear", "", "path", "required")
	tree.PutGuarded("/app/closed", "", zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
	tree.Put("/app/closed/a", "")
	refused(t, tree, "zookeeper_clear", "path = \"${local.base}/app\"", "Permission denied", "DELETE (d)", tree.Path("/app/closed"))
}

// The lock of the run is not cleared away under it.
func TestAccActions_clearLocked(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.ConfigFor(`lock = { path = "`+tree.Path("/app/lock")+`" }`, `
action "zookeeper_clear" "test" {
  config { path = "${local.base}/app" }
}
`)})
	run := cli.Run("apply", "-no-color", "-auto-approve", "-invoke=action.zookeeper_clear.test")
	if run.Code != 1 || !acctest.Error("Lock is below the znode", tree.Path("/app/lock")).MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
}

// With a change, a clear comes before it or after it, as the configuration says, and JSON has its progress.
func TestAccActions_clearTrigger(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	tree.Put("/cache", "")
	tree.Put("/cache/old", "")
	config := func(version string) string {
		return tree.Config(`
resource "zookeeper_znode" "version" {
  path = "${local.base}/version"
  data = "` + version + `"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.zookeeper_clear.cache]
    }
  }
}

action "zookeeper_clear" "cache" {
  config { path = "${local.base}/cache" }
}
`)
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("1")})
	cli.MustRun("apply", "-no-color", "-auto-approve")
	if err := tree.HasData("/cache/old", ""); err != nil {
		t.Error(err)
	}
	cli.Write("main.tf", config("2"))
	if out := cli.MustRun("plan", "-no-color").Output; !acctest.Error("Actions to be invoked", "action.zookeeper_clear.cache").MatchString(out) {
		t.Errorf("the plan does not tell:\n%s", out)
	}
	if told := cli.MustRun("apply", "-json", "-auto-approve").Output; !hasProgress(told, "Cleared", tree.Path("/cache"), "deleted 1 node") {
		t.Errorf("no progress in JSON:\n%s", told)
	}
	if err := tree.CheckGone("/cache/old")(nil); err != nil {
		t.Error(err)
	}
	cli.CheckPlansNothing("the apply")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// hasProgress reports whether an apply's output in JSON has a message of progress with all of the texts.
func hasProgress(told string, texts ...string) bool {
	for line := range strings.Lines(told) {
		var event struct {
			Type string
			Hook struct{ Message string }
		}
		if json.Unmarshal([]byte(line), &event) != nil || event.Type != "action_progress" {
			continue
		}
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(event.Hook.Message, text) }) {
			return true
		}
	}
	return false
}

func TestAccActions_createSequential(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	invoke(t, tree, "zookeeper_create_sequential", "path_prefix = \"${local.base}/queue/entry-\"\ndata = \"first\"", "Created", tree.Path("/queue/entry-0000000000"), "with 5 bytes")
	invoke(t, tree, "zookeeper_create_sequential", "path_prefix = \"${local.base}/queue/entry-\"", "Created", tree.Path("/queue/entry-0000000001"), "with 0 bytes")
	if err := tree.HasData("/queue/entry-0000000000", "first"); err != nil {
		t.Error(err)
	}
	refused(t, tree, "zookeeper_create_sequential", "path_prefix = \"entry-\"", "not absolute")
	refused(t, tree, "zookeeper_create_sequential", "path_prefix = \"/a-\"\ndata = \"x\"\ndata_base64 = \"\"", "data_base64")
}

// The wait shows what it sees, and ends when it comes true.
func TestAccActions_wait(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	tree.Put("/n", "")
	invoke(t, tree, "zookeeper_wait", "path = \"${local.base}/n\"", "Waited for", tree.Path("/n"), "it exists")
	refused(t, tree, "zookeeper_wait", "path = \"${local.base}/n\"\ncondition = \"min_children\"\nexpected_children = 1\ntimeout = 0.2", "Waiting for", "0 children of 1", "Waited in vain")
	refused(t, tree, "zookeeper_wait", "path = \"${local.base}/n\"\ncondition = \"data_equals\"", "needs expected_data")
}

// An action comes with a change where the configuration says so: after the change, as the plan tells.
func TestAccActions_trigger(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	config := func(data string) string {
		return tree.Config(`
resource "zookeeper_znode" "settings" {
  path = "${local.base}/settings"
  data = "` + data + `"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.zookeeper_create_sequential.changed, action.zookeeper_wait.settings]
    }
  }
}

action "zookeeper_create_sequential" "changed" {
  config {
    path_prefix = "${local.base}/changes/change-"
    data        = "settings"
  }
}

action "zookeeper_wait" "settings" {
  config {
    path = "${local.base}/settings"
  }
}
`)
	}
	cli := acctest.NewCLI(t, map[string]string{"main.tf": config("1")})
	if out := cli.MustRun("plan", "-no-color").Output; !acctest.Error("Actions to be invoked", "action.zookeeper_create_sequential.changed").MatchString(out) {
		t.Errorf("the plan does not tell:\n%s", out)
	}
	out := cli.MustRun("apply", "-no-color", "-auto-approve").Output
	if !acctest.Error("Created", tree.Path("/changes/change-0000000000"), "Waited for", tree.Path("/settings")).MatchString(out) {
		t.Errorf("the apply does not tell:\n%s", out)
	}
	cli.Write("main.tf", config("2"))
	told := cli.MustRun("apply", "-json", "-auto-approve").Output
	if !hasProgress(told, tree.Path("/changes/change-0000000001")) {
		t.Errorf("no progress in JSON:\n%s", told)
	}
	names, _, err := tree.Client.Children(t.Context(), tree.Path("/changes"))
	if err != nil || len(names) != 2 {
		t.Errorf("%q, %v", names, err)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// What was exported is applied again from the file, and is the same tree: data, text or not, and ACLs.
func TestAccActions_exportAndBack(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	readers := []zk.ACL{{Scheme: "ip", ID: "127.0.0.1", Perms: zk.PermRead}, {Scheme: "world", ID: "anyone", Perms: zk.PermAll}}
	tree.Put("/app", "top")
	tree.Put("/app/bytes", "\xff\x00")
	tree.Put("/app/ä", "ü")
	tree.Put("/app/deep", "")
	tree.PutGuarded("/app/deep/er", "x", readers...)
	ctx := t.Context()
	if _, err := tree.Client.Create(ctx, tree.Path("/app/null"), nil, zk.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Client.Create(ctx, tree.Path("/app/theirs"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	cli := invoke(t, tree, "zookeeper_export", "path = \"${local.base}/app\"\nfile = \"app.json\"", "Exported 6 nodes of", tree.Path("/app"), "app.json", "Left out 1 ephemeral node", tree.Path("/app/theirs"))
	file := filepath.Join(cli.Dir, "app.json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	before := snapshot(t, tree)
	if err := tree.Client.DeleteTree(ctx, tree.Path("/app"), zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	cli.Write("main.tf", tree.Config(`
locals { app = jsondecode(file("app.json")) }

resource "zookeeper_znode" "app" {
  for_each    = local.app.nodes
  path        = each.key == "" ? local.app.path : "${local.app.path}/${each.key}"
  data        = each.value.data
  data_base64 = each.value.data_base64
  acl         = each.value.acl
}
`))
	cli.MustRun("apply", "-no-color", "-auto-approve")
	after := snapshot(t, tree)
	for path, want := range before {
		if got := after[path]; got != want {
			t.Errorf("%s is %s and not %s", path, got, want)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d nodes, and not %d", len(after), len(before))
	}
	cli.CheckPlansNothing("the apply")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// snapshot is what the nodes below /app are, but for ephemeral ones.
func snapshot(t *testing.T, tree *acctest.Tree) map[string]string {
	t.Helper()
	nodes := make(map[string]string)
	err := tree.Client.Walk(t.Context(), tree.Path("/app"), -1, func(r zk.Reading) error {
		acl, _, err := tree.Client.ACL(t.Context(), r.Path)
		if err == nil && r.Stat.EphemeralOwner == 0 {
			text, _ := json.Marshal([]any{string(r.Data), acl}) // a resource writes empty data, and never null
			nodes[r.Path] = string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func TestAccActions_exportRefused(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	tree.Put("/app", "")
	refused(t, tree, "zookeeper_export", "path = \"${local.base}/missing\"\nfile = \"x.json\"", "Znode does not exist")
	refused(t, tree, "zookeeper_export", "path = \"${local.base}/app\"\nfile = \"no/such/folder.json\"", "File cannot be written", "no/such")
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{folder: "a directory", filepath.Join(folder, "pipe"): "a pipe", "/dev/null": "a device"} {
		refused(t, tree, "zookeeper_export", fmt.Sprintf("path = \"${local.base}/app\"\nfile = %q", file), "File cannot be written", want, filepath.Base(file))
	}
	tree.Put("/app/cafe\u0301", "")
	refused(t, tree, "zookeeper_export", "path = \"${local.base}/app\"\nfile = \"x.json\"", "Znode cannot be named", `cafe\xcc\x81`)
	tree.Remove("/app/cafe\u0301")
	tree.PutGuarded("/app/guarded", "", zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
	refused(t, tree, "zookeeper_export", "path = \"${local.base}/app\"\nfile = \"x.json\"", "ACL is hidden", "guarded", "ADMIN")
	tree.PutGuarded("/odd", "", zk.ACL{Scheme: "digest", ID: "cafe\u0301" + acctest.UserID()[strings.IndexByte(acctest.UserID(), ':'):], Perms: zk.PermAll}, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll})
	refused(t, tree, "zookeeper_export", "path = \"${local.base}/odd\"\nfile = \"x.json\"", "ACL cannot be written", "/odd", "digest", "NFC")
}
