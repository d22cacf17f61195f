package ensurepath_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

type tfState = terraform.State

// What a plan can know, it refuses, and names the attribute. Nothing is connected to:
// nothing listens on port 1.
func TestAccEnsurePath_invalidConfiguration(t *testing.T) {
	tests := map[string]struct {
		hcl  string
		want []string
	}{
		"no path":          {``, []string{`"path" is required`}},
		"relative path":    {`path = "a"`, []string{`path = "a"`, `path "a" is not absolute`}},
		"slash at the end": {`path = "/a/"`, []string{`path = "/a/"`, "ends with /"}},
		"root":             {`path = "/"`, []string{`path = "/"`, `root "/" always exists and cannot be managed`}},
		"ZooKeeper's own":  {`path = "/zookeeper/config"`, []string{`path = "/zookeeper/config"`, "belongs to ZooKeeper itself"}},
		"unknown letter":   {"path = \"/a\"\n  acl = [{ scheme = \"world\", id = \"anyone\", permissions = \"rwx\" }]", []string{"acl = [", `have the unknown letter "x"`}},
		"no entries":       {"path = \"/a\"\n  acl = []", []string{"acl = []", "An ACL without entries lets nobody in"}},
		"clear password":   {"path = \"/a\"\n  acl = [{ scheme = \"digest\", id = \"bob:builder\", permissions = \"r\" }]", []string{`what follows "bob:" is no digest`}},
		"on_destroy":       {"path = \"/a\"\n  on_destroy = \"restore\"", []string{"on_destroy = ", `"prune" "keep"`}},
		"created":          {"path = \"/a\"\n  created = []", []string{"created = ", "read-only"}},
		"stat":             {"path = \"/a\"\n  stat = {}", []string{"stat = ", "read-only"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config:      fmt.Sprintf("provider \"zookeeper\" { servers = \"127.0.0.1:1\" }\n\nresource \"zookeeper_ensure_path\" \"test\" {\n  %s\n}", tt.hcl),
				ExpectError: acctest.Error(tt.want...),
				PlanOnly:    true,
			}}})
		})
	}
}

// That nothing could be made below the first node is told in the plan.
func TestAccEnsurePath_lockedOut(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config(test("/a/b", aclOf(zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})))})
	run := cli.MustRun("plan", "-no-color")
	if want := acctest.Error("ACL locks the provider out", tree.Path("/a/b"), "create what is below it (c)", "delete what is below it (d)"); !want.MatchString(run.Output) {
		t.Error(run.Output)
	}
}

// What the servers take of an ACL to the last byte is created, and one byte more is refused in the
// plan.
func TestAccEnsurePath_sizeLimit(t *testing.T) {
	tree := acctest.NewTree(t)
	acl := []zk.ACL{{Scheme: "digest", ID: zk.DigestID("b", "builder"), Perms: zk.PermRead}, {Scheme: "world", ID: "anyone", Perms: zk.PermAll}}
	writes := []zk.Write{{Kind: zk.WriteEnsure, Path: tree.Path("/a")}}
	empty, ok := errors.AsType[*zk.TooLargeError](zk.Batch{Writes: writes, ACL: acl}.CheckSize("", 0))
	if !ok {
		t.Fatal("it fits into nothing")
	}
	large := func(more int) string {
		acl[0].ID = strings.Repeat("b", zk.DefaultMaxBufferBytes-empty.Size+more) + zk.DigestID("b", "builder")
		return tree.Config(test("/a", "acl = [{ scheme = \"digest\", id = \""+acl[0].ID+"\", permissions = \"r\" }, { scheme = \"world\", id = \"anyone\", permissions = \"cdrwa\" }]"))
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:      large(1),
				PlanOnly:    true,
				ExpectError: acctest.Error("ACL is too large", "would take 1048576 bytes, and the servers accept 1048575 (max_buffer_bytes)"),
			},
			{
				Config: large(0),
				Check:  tree.CheckACL("/a", acl[1], acl[0]),
			},
		},
	})
}

// A chroot may lead into what belongs to ZooKeeper itself.
func TestAccEnsurePath_chrootOfZooKeeper(t *testing.T) {
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      "provider \"zookeeper\" { servers = \"127.0.0.1:1/zookeeper\" }\n\nresource \"zookeeper_ensure_path\" \"test\" { path = \"/a\" }",
		ExpectError: acctest.Error("path = ", `the chroot "/zookeeper"`, "belongs to ZooKeeper itself"),
		PlanOnly:    true,
	}}})
}

// A path that cannot be finished is not begun.
func TestAccEnsurePath_allOrNothing(t *testing.T) {
	tree := acctest.NewTree(t)
	sealed := aclOf(zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermAll &^ zk.PermCreate})
	denied := acctest.Error("Permission denied", `did not let the provider make the path "`+tree.Path("/a/b/c")+`"`, `CREATE (c) on "`+tree.Path("/a")+`"`, "presents no identity")
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{
			{
				Config:           tree.Config(test("/a/b/c", sealed)),
				ConfigPlanChecks: planned(create),
				ExpectError:      denied,
			},
			{
				PreConfig:        holds(t, tree.CheckGone("/a")),
				Config:           tree.Config(test("/a/b/c", sealed)),
				ConfigPlanChecks: planned(create),
				ExpectError:      denied,
			},
			{
				Config:            tree.Config(test("/a/b/c", "")),
				ConfigPlanChecks:  planned(create),
				ConfigStateChecks: state(tree, "/a/b/c", paths(tree, "/a", "/a/b", "/a/b/c"), nil),
			},
			{
				// To make the rest again can fail too. The ACL of the state stays the one before, so
				// that the next plan shows all that is left to do.
				PreConfig:        func() { tree.Remove("/a/b") },
				Config:           tree.Config(test("/a/b/c", sealed)),
				ConfigPlanChecks: planned(update),
				ExpectError:      acctest.Error("Permission denied", `CREATE (c) on "`+tree.Path("/a/b")+`"`),
			},
			{
				PreConfig:         holds(t, tree.CheckGone("/a/b")),
				Config:            tree.Config(test("/a/b/c", "")),
				ConfigPlanChecks:  planned(update),
				ConfigStateChecks: state(tree, "/a/b/c", paths(tree, "/a", "/a/b", "/a/b/c"), nil),
			},
		},
	})
}

func TestAccEnsurePath_permissionDenied(t *testing.T) {
	tree := acctest.NewTree(t)
	tree.PutGuarded("/closed", "", zk.ACL{Scheme: "digest", ID: acctest.UserID(), Perms: zk.PermAll}, zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermCreate})
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/closed/a"),
		Steps: []resource.TestStep{
			{Config: tree.Config(test("/closed/a/b", "")), ConfigPlanChecks: planned(create)},
			{
				Config:           tree.Config(``),
				ConfigPlanChecks: planned(destroy),
				ExpectError:      acctest.Error("Permission denied", `did not let the provider remove the path "`+tree.Path("/closed/a/b")+`"`, `DELETE (d) on "`+tree.Path("/closed")+`"`),
			},
			{
				// What could be removed is removed, and the rest not forgotten.
				PreConfig:        holds(t, tree.CheckGone("/closed/a/b"), tree.CheckData("/closed/a", "")),
				Config:           tree.ConfigAs(acctest.User, acctest.Password, ``),
				ConfigPlanChecks: planned(destroy),
				Check:            tree.CheckGone("/closed/a"),
			},
		},
	})
}

func TestAccEnsurePath_belowEphemeral(t *testing.T) {
	tree := acctest.NewTree(t)
	if _, err := tree.Client.Create(t.Context(), tree.Path("/e"), nil, zk.CreateOptions{Mode: zk.Ephemeral}); err != nil {
		t.Fatal(err)
	}
	var steps []resource.TestStep
	for _, rel := range []string{"/e/a", "/e/a/b"} {
		steps = append(steps, resource.TestStep{
			Config:           tree.Config(test(rel, "")),
			ConfigPlanChecks: planned(create),
			ExpectError:      acctest.Error("Parent is ephemeral", `"`+tree.Path(rel)+`", because "`+tree.Path("/e")+`" is an ephemeral node`),
		})
	}
	acctest.Test(t, resource.TestCase{Steps: steps})
}

// The reply to the creation is lost: the nodes are the resource's all the same.
func TestAccEnsurePath_replyLost(t *testing.T) {
	tree := acctest.NewTree(t)
	proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
	cut := proxy.CutAfterRequest(func(op int32) bool { return op == multi })
	acctest.Test(t, resource.TestCase{
		CheckDestroy: tree.CheckGone("/a"),
		Steps: []resource.TestStep{{
			Config:            through(tree, proxy, test("/a/b/c", "")),
			ConfigPlanChecks:  planned(create),
			ConfigStateChecks: state(tree, "/a/b/c", paths(tree, "/a", "/a/b", "/a/b/c"), nil),
			Check: func(*tfState) error {
				select {
				case <-cut:
					return nil
				default:
					return fmt.Errorf("no reply was lost: the test showed nothing")
				}
			},
		}},
	})
}

// multi is the operation that makes a path.
const multi = 14

// through is [acctest.Tree.Config] with a proxy in front of the server.
func through(tree *acctest.Tree, proxy *zktest.Proxy, hcl string) string {
	return fmt.Sprintf("provider \"zookeeper\" { servers = %q }\n\nlocals { base = %q }\n\n%s", proxy.Addr(), tree.Base, hcl)
}
