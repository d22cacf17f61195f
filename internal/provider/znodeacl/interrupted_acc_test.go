package znodeacl_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// cutShort applies a configuration, and ends the run when the server has set an ACL, number n
// of those that the run sets, and nobody has been told: by SIGINT, after which no reply comes
// within the grace, or by killing the provider.
func (f *folder) cutShort(hcl string, n int, kill bool) string {
	f.t.Helper()
	proxy := zktest.StartProxy(f.t, acctest.Server(f.t).Addr())
	defer proxy.Close()
	done, release := proxy.HoldReplies(func(op int32) bool {
		if zktest.IsSetACL(op) {
			n--
		}
		if n == 0 {
			proxy.Refuse(true)
		}
		return n <= 0
	})
	defer release()
	config := f.tree.ConfigFor(fmt.Sprintf("username = %q\n  password = %q\n  session_timeout = 1", acctest.User, acctest.Password), hcl)
	f.Write("main.tf", strings.ReplaceAll(config, acctest.Server(f.t).Addr(), proxy.Addr()))
	run := f.Start("apply", "-no-color", "-auto-approve")
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	select {
	case <-done:
	case err := <-ended:
		f.t.Fatalf("it has ended: %v\n%s", err, run.Output)
	}
	end := func() error { return run.Signal(syscall.SIGINT) }
	if kill {
		end = func() error { return syscall.Kill(run.ProviderPID(f.t), syscall.SIGKILL) }
	}
	if err := end(); err != nil {
		f.t.Error(err)
	}
	if err := <-ended; err != nil || run.Code == 0 {
		f.t.Fatalf("exit code %d, %v\n%s", run.Code, err, run.Output)
	}
	return run.Output
}

// A creation, an update or a destruction that is cut short, at its first write or in the middle:
// the next apply goes on by itself, and what the nodes had before everything is not forgotten
// unless the provider is killed in a creation, which no state knows of then.
func TestAccZnodeACL_cutShort(t *testing.T) {
	other := hcl(user(zk.PermAll))
	isOther := func(tree *acctest.Tree, rels ...string) resource.TestCheckFunc {
		var checks []resource.TestCheckFunc
		for _, rel := range rels {
			checks = append(checks, tree.CheckACL(rel, user(zk.PermAll)))
		}
		return all(checks...)
	}
	for at, recursives := range map[int][]bool{1: {false, true}, 2: {true}} {
		for _, kill := range []bool{false, true} {
			each(t, fmt.Sprintf("at write %d, killed %t", at, kill), recursives, func(t *testing.T, f *folder) {
				t.Helper()
				f.tree.PutGuarded("/a/y", "", original)
				unknown := func(output string) {
					t.Helper()
					f.says(output, !kill, "Error: Outcome unknown", "Run plan again")
				}
				if !kill {
					unknown(f.cutShort(f.named("test", guarded(), ""), at, kill))
				}
				f.apply(f.named("test", guarded(), ""))
				f.check(isGuarded)
				f.settled()

				unknown(f.cutShort(f.named("test", other, ""), at, kill))
				f.apply(f.named("test", other, ""))
				f.check(isOther)
				f.settled()

				f.cutShort("", at, kill)
				f.quiet(f.apply(""))
				f.check(isOriginal)
				if err := isOriginal(f.tree, "/a/y")(nil); err != nil {
					t.Error(err)
				}
				f.settled()
			})
		}
	}
}

// A creation that was cut short is tainted, and what its replacement destroys is told by the
// attributes alone. Somebody sets the ACL meanwhile: that stands.
func TestAccZnodeACL_cutShortAndChanged(t *testing.T) {
	both(t, "", func(t *testing.T, f *folder) {
		t.Helper()
		f.cutShort(f.named("test", guarded(), ""), 1, false)
		f.tree.WriteACL("/a", acctest.Open())
		output := f.apply(f.named("test", guarded(), ""))
		f.says(output, true, notRestored, f.tree.Path("/a"))
		f.check(isGuarded)
		f.settled()
		f.MustRun("destroy", "-no-color", "-auto-approve")
		if err := all(isOpen(f.tree, "/a"), isOriginal(f.tree, "/a/x"))(nil); err != nil {
			t.Error(err)
		}
	})
}

// A provider that is killed in a creation leaves ACLs that no state knows of. The next apply takes
// what it finds for what the nodes had, and says so.
func TestAccZnodeACL_killedInCreate(t *testing.T) {
	both(t, "", func(t *testing.T, f *folder) {
		t.Helper()
		f.cutShort(f.named("test", guarded(), ""), 1, true)
		output := f.apply(f.named("test", guarded(), ""))
		f.says(output, true, "Warning: ACL was there already", f.tree.Path("/a"))
		f.check(isGuarded)
		f.settled()
	})
}
