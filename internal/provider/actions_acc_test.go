package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
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
	if data, _, err := tree.Client.Get(t.Context(), tree.Path("/queue/entry-0000000001")); err != nil || data == nil {
		t.Errorf("without data it holds %q (null: %t), %v", data, data == nil, err)
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

// What was exported, cleared and applied again from the file is the same tree: data, text or not, and ACLs. Another
// export says so too, apart from null data, which a resource makes empty.
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
	invoke(t, tree, "zookeeper_clear", "path = local.base", "Cleared", "deleted 7 nodes")
	cli.Write("main.tf", tree.Config(`
locals { app = jsondecode(file("app.json")) }

action "zookeeper_export" "again" {
  config {
    path = "${local.base}/app"
    file = "again.json"
  }
}

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
	cli.MustRun("apply", "-no-color", "-auto-approve", "-invoke=action.zookeeper_export.again")
	want, got := exported(t, file), exported(t, filepath.Join(cli.Dir, "again.json"))
	if want["null"].Data != nil || want["bytes"].DataBase64 == nil || want["deep"].Data == nil {
		t.Errorf("null, bytes and empty data are exported as %+v", want)
	}
	null, empty := want["null"], ""
	null.Data = &empty
	want["null"] = null
	if !reflect.DeepEqual(got, want) {
		t.Errorf("exported again it is %+v, and was %+v", got, want)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
}

// An exportedNode is a node in the file of an export.
type exportedNode struct {
	Data       *string          `json:"data"`
	DataBase64 *string          `json:"data_base64"`
	ACL        []map[string]any `json:"acl"`
}

// exported reads the file of an export.
func exported(t *testing.T, file string) map[string]exportedNode {
	t.Helper()
	text, err := os.ReadFile(file)
	var all struct{ Nodes map[string]exportedNode }
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all.Nodes
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

// Each action, invoked and by a trigger: what the plan says of it, for people and in JSON, and what its run tells.
func TestAccActions_each(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	for kind, tt := range map[string]struct {
		config   []string // the attributes, as the plan has them
		progress []string
		check    func(tree *acctest.Tree, cli *acctest.CLI) error
	}{
		"zookeeper_wait": {
			config:   []string{`condition = "data_equals"`, `expected_data = "ready"`, `path = "BASE/app"`},
			progress: []string{"Waited for", "BASE/app", "it holds what was expected (version 0)"},
		},
		"zookeeper_set": {
			config:   []string{`data = "done"`, `path = "BASE/app/flag"`},
			progress: []string{"Wrote", "BASE/app/flag", "with 4 bytes"},
			check:    func(tree *acctest.Tree, _ *acctest.CLI) error { return tree.HasData("/app/flag", "done") },
		},
		"zookeeper_create_sequential": {
			config:   []string{`data = "entry"`, `path_prefix = "BASE/queue/n-"`},
			progress: []string{"Created", "BASE/queue/n-0000000000", "with 5 bytes"},
			check:    func(tree *acctest.Tree, _ *acctest.CLI) error { return tree.HasData("/queue/n-0000000000", "entry") },
		},
		"zookeeper_clear": {
			config:   []string{`path = "BASE/app"`},
			progress: []string{"Cleared", "BASE/app", "deleted 1 node"},
			check:    func(tree *acctest.Tree, _ *acctest.CLI) error { return tree.CheckGone("/app/flag")(nil) },
		},
		"zookeeper_export": {
			config:   []string{`file = "app.json"`, `path = "BASE/app"`},
			progress: []string{"Exported 2 nodes of", "BASE/app", "with 5 bytes of data to app.json"},
			check: func(_ *acctest.Tree, cli *acctest.CLI) error {
				_, err := os.Stat(filepath.Join(cli.Dir, "app.json"))
				return err
			},
		},
	} {
		address := "action." + kind + ".test"
		run := func(t *testing.T, trigger string, plan ...string) {
			t.Helper()
			t.Parallel()
			tree := acctest.NewTree(t)
			tree.Put("/app", "ready")
			tree.Put("/app/flag", "")
			tree.Put("/queue", "")
			based := func(texts []string) (all []string) {
				for _, text := range texts {
					all = append(all, strings.ReplaceAll(text, "BASE", tree.Base))
				}
				return all
			}
			config := "action \"" + kind + "\" \"test\" {\n  config {\n    " + strings.Join(based(tt.config), "\n    ") + "\n  }\n}\n"
			if trigger != "" {
				config += `
resource "zookeeper_znode" "settings" {
  path = "${local.base}/settings"

  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [` + address + `]
    }
  }
}
`
			}
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(config)})
			shown := append([]string{address, "action", kind, "test", "config"}, based(tt.config)...)
			if out := cli.MustRun(append([]string{"plan", "-no-color"}, plan...)...).Output; !acctest.Error(shown...).MatchString(out) || !strings.Contains(out, "Actions: 1 to invoke.") {
				t.Errorf("the plan does not show it:\n%s", out)
			}
			planned := cli.MustRun(append([]string{"plan", "-json"}, plan...)...).Output
			if events, types := eventsOf(t, planned, address); !slices.Equal(types, []string{"planned_action_invocation"}) || events[0].trigger() != trigger {
				t.Errorf("the plan in JSON:\n%s", planned)
			}
			applied := cli.MustRun(append([]string{"apply", "-json", "-auto-approve"}, plan...)...).Output
			events, types := eventsOf(t, applied, address)
			if !slices.Equal(types, []string{"planned_action_invocation", "action_start", "action_progress", "action_complete"}) || events[2].trigger() != trigger {
				t.Fatalf("the apply in JSON:\n%s", applied)
			}
			if !acctest.Error(based(tt.progress)...).MatchString(events[2].Hook.Message) {
				t.Errorf("the progress is %q", events[2].Hook.Message)
			}
			if tt.check != nil {
				if err := tt.check(tree, cli); err != nil {
					t.Error(err)
				}
			}
		}
		t.Run(kind+", invoked", func(t *testing.T) { run(t, "", "-invoke="+address) })
		t.Run(kind+", triggered", func(t *testing.T) { run(t, "AfterCreate") })
	}
}

// An actionEvent is what a CLI says of an action in JSON.
type actionEvent struct {
	Type       string
	Invocation *struct {
		Action  actionAddress `json:"action_addr"`
		Trigger *struct {
			Event string `json:"triggering_event"`
		} `json:"lifecycle_trigger"`
	}
	Hook struct {
		Action    actionAddress
		Message   string
		Lifecycle *struct {
			Event string `json:"trigger_event"`
		}
	}
}

type actionAddress struct{ Addr string }

// trigger is the event that the action comes with; empty for one that is invoked.
func (e actionEvent) trigger() string {
	switch {
	case e.Invocation != nil && e.Invocation.Trigger != nil:
		return e.Invocation.Trigger.Event
	case e.Hook.Lifecycle != nil:
		return e.Hook.Lifecycle.Event
	default:
		return ""
	}
}

// eventsOf are what an output in JSON says of an action, in its order, and their types.
func eventsOf(t *testing.T, output, address string) (events []actionEvent, types []string) {
	t.Helper()
	for line := range strings.Lines(output) {
		var of struct{ Type string }
		if err := json.Unmarshal([]byte(line), &of); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if !strings.Contains(of.Type, "action_") {
			continue
		}
		var e actionEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if e.Hook.Action.Addr == address || e.Invocation != nil && e.Invocation.Action.Addr == address {
			events, types = append(events, e), append(types, e.Type)
		}
	}
	return events, types
}

// One Ctrl-C ends a wait at once, and the output stays JSON. Terraform does not show what the provider says then, and has an
// error of its own.
func TestAccActions_waitInterrupted(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	tree := acctest.NewTree(t)
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(
		"provider \"zookeeper\" { servers = %q }\n\naction \"zookeeper_wait\" \"test\" {\n  config {\n    path    = %q\n    timeout = 86400\n  }\n}\n", proxy.Addr(), tree.Path("/never"))})
	held, release := proxy.HoldReplies(zktest.IsExists)
	run := cli.Start("apply", "-json", "-auto-approve", "-invoke=action.zookeeper_wait.test")
	<-held // it looks
	release()
	if err := run.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil || run.Code != 1 {
		t.Errorf("exit code %d, %v\n%s", run.Code, err, run.Output)
	}
	_, types := eventsOf(t, run.Output, "action.zookeeper_wait.test")
	if !slices.Contains(types, "action_start") || slices.Contains(types, "action_complete") || !strings.Contains(run.Output, `"severity":"error"`) {
		t.Errorf("%q\n%s", types, run.Output)
	}
}

// The reply to the creation of an entry is lost: there are never two, and what is said of it is so.
func TestAccActions_createSequentialLost(t *testing.T) {
	acctest.Needs(t, acctest.Actions)
	for name, tt := range map[string]struct {
		made    bool // the request took effect
		alone   bool // no server can be reached any more
		another bool // somebody else makes the same entry at the same moment
		told    []string
		entries int
	}{
		"made":                      {made: true, told: []string{"Created", "BASE/q/n-0000000000", "with 1 byte"}, entries: 1},
		"not made":                  {told: []string{"Created", "BASE/q/n-0000000000", "with 1 byte"}, entries: 1},
		"made, among others":        {made: true, another: true, told: []string{"Outcome unknown", "not repeated", "one of these nodes, or none", "BASE/q/n-0000000000", "BASE/q/n-0000000001"}, entries: 2},
		"made, without a server":    {made: true, alone: true, told: []string{"Outcome unknown", "did not learn whether it took effect", "not repeated", "Look for it"}, entries: 1},
		"not made, nor to be found": {alone: true, told: []string{"Outcome unknown", "did not learn whether it took effect", "not repeated", "Look for it"}, entries: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			tree.Put("/q", "")
			proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
			cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(
				"provider \"zookeeper\" {\n  servers = %q\n  connect_timeout = 3\n  session_timeout = 4\n}\n\naction \"zookeeper_create_sequential\" \"test\" {\n  config {\n    path_prefix = %q\n    data = \"x\"\n  }\n}\n", proxy.Addr(), tree.Path("/q/n-"))})
			fault := proxy.CutBeforeRequest
			if tt.made {
				fault = proxy.CutAfterRequest
			}
			happened := fault(func(op int32) bool {
				if !zktest.IsCreate(op) {
					return false
				}
				proxy.Refuse(tt.alone)
				if tt.another {
					if _, err := tree.Client.Create(t.Context(), tree.Path("/q/n-"), []byte("x"), zk.CreateOptions{Mode: zk.PersistentSequential}); err != nil {
						t.Error(err)
					}
				}
				return true
			})
			run := cli.Run("apply", "-no-color", "-auto-approve", "-invoke=action.zookeeper_create_sequential.test")
			<-happened
			var told []string
			for _, text := range tt.told {
				told = append(told, strings.ReplaceAll(text, "BASE", tree.Base))
			}
			if failed := tt.told[0] != "Created"; (run.Code == 1) != failed || !acctest.Error(told...).MatchString(run.Output) {
				t.Errorf("exit code %d, want %q\n%s", run.Code, told, run.Output)
			}
			if names, _, err := tree.Client.Children(t.Context(), tree.Path("/q")); err != nil || len(names) != tt.entries {
				t.Errorf("there are %q, %v", names, err)
			}
		})
	}
}

// A CLI that has no actions, as OpenTofu, loads the provider without a warning, and so does one that has them.
func TestAccActions_noWarning(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config("resource \"zookeeper_znode\" \"a\" { path = \"${local.base}/a\" }\n")})
	var validated struct {
		Valid       bool
		Diagnostics []struct{ Summary string }
	}
	if err := json.Unmarshal([]byte(cli.MustRun("validate", "-json").Output), &validated); err != nil || !validated.Valid {
		t.Fatalf("%+v, %v", validated, err)
	}
	told := make([]string, 0)
	for _, d := range validated.Diagnostics {
		told = append(told, d.Summary)
	}
	for _, command := range [][]string{{"plan", "-json"}, {"apply", "-json", "-auto-approve"}} {
		for line := range strings.Lines(cli.MustRun(command...).Output) {
			var e struct{ Diagnostic struct{ Summary string } }
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if e.Diagnostic.Summary != "" {
				told = append(told, e.Diagnostic.Summary)
			}
		}
	}
	for _, summary := range told {
		if summary != "Provider development overrides are in effect" { // which is the test's doing
			t.Errorf("a diagnostic: %s", summary)
		}
	}
	if len(told) == 0 {
		t.Error("no diagnostic at all, not even of the test's own: they are not where they are looked for")
	}
}
