package ensurepath_test

import (
	"strings"
	"syscall"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// die applies a configuration, and kills the provider, or all processes of the run, when the
// server has made the path and nobody has been told.
func (f *folder) die(hcl string, everything bool) {
	f.t.Helper()
	proxy := zktest.StartProxy(f.t, acctest.Server(f.t).Addr())
	defer proxy.Close()
	made, release := proxy.HoldReplies(func(op int32) bool { return op == multi })
	defer release()
	f.Write("main.tf", strings.ReplaceAll(f.tree.Config(hcl), acctest.Server(f.t).Addr(), proxy.Addr()))
	run := f.Start("apply", "-no-color", "-auto-approve")
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	select {
	case <-made:
	case err := <-ended:
		f.t.Fatalf("it has ended: %v\n%s", err, run.Output)
	}
	kill := func() error { return syscall.Kill(run.ProviderPID(f.t), syscall.SIGKILL) }
	if everything {
		kill = func() error { return run.Signal(syscall.SIGKILL) }
	}
	if err := kill(); err != nil {
		f.t.Error(err)
	}
	if err := <-ended; err != nil || run.Code == 0 {
		f.t.Fatalf("exit code %d, %v\n%s", run.Code, err, run.Output)
	}
}

// A provider is killed when it has made a path and before it could say so. No state has the
// nodes, and they are told of; the advice helps.
func TestAccEnsurePath_killedInCreate(t *testing.T) {
	for name, everything := range map[string]bool{"the provider": false, "everything": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t)
			f.die(test("/a/b", ""), everything)
			if f.czxid("/a/b") == 0 {
				t.Fatal("the path was not made")
			}
			output := f.apply(test("/a/b", ""))
			f.says(output, true, wasThere, `"`+f.tree.Path("/a")+`", "`+f.tree.Path("/a/b")+`"`, "delete in zkCli")
			f.made(address)
			f.settled()
			f.tree.Remove("/a")
			f.quiet(f.apply(test("/a/b", "")))
			f.made(address, "/a", "/a/b")
			f.settled()
			f.gone("/a")
		})
	}
}

// The same in an update that makes the rest of a path again. Where the run could still save its
// state, that says that the path is missing; otherwise it has the nodes of before.
func TestAccEnsurePath_killedInUpdate(t *testing.T) {
	for name, everything := range map[string]bool{"the provider": false, "everything": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t)
			f.apply(test("/a/b/c", ""))
			f.tree.Remove("/a/b")
			f.die(test("/a/b/c", ""), everything)
			output := f.apply(test("/a/b/c", ""))
			f.says(output, true, madeByOthers, `"`+f.tree.Path("/a/b")+`", "`+f.tree.Path("/a/b/c")+`"`)
			f.made(address, "/a")
			f.settled()
			f.quiet(f.MustRun("plan", "-no-color").Output) // it is said once
			f.tree.Remove("/a/b")
			f.quiet(f.apply(test("/a/b/c", "")))
			f.made(address, "/a", "/a/b", "/a/b/c")
			f.settled()
			f.gone("/a")
		})
	}
}

// A run is interrupted, and no reply ever comes: the next apply finds out what was made, and goes
// on by itself.
func TestAccEnsurePath_outcomeUnknown(t *testing.T) {
	for name, tt := range map[string]struct {
		first string // the path that is there before
		after func(f *folder)
		says  string
	}{
		"nothing more happens": {"", func(*folder) {}, "Run apply again"},
		// Of two nodes that one transaction made, one tells of both.
		"somebody writes to one of them": {"", func(f *folder) { f.tree.Write("/a/b/c", "theirs"); f.tree.Write("/a/b/c", "") }, "Run apply again"},
		"somebody removes one of them":   {"", func(f *folder) { f.tree.Remove("/a/b/c") }, "Run apply again"},
		"in an update":                   {"/a/b/c", func(*folder) {}, "Run plan again"},
		"in an update, and a write":      {"/a/b/c", func(f *folder) { f.tree.Write("/a/b/c", "theirs"); f.tree.Write("/a/b/c", "") }, "Run plan again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t)
			if tt.first != "" {
				f.apply(test(tt.first, ""))
				f.tree.Remove("/a/b")
			}
			f.unanswered(test("/a/b/c", ""), tt.says)
			tt.after(f)
			f.quiet(f.apply(test("/a/b/c", "")))
			f.made(address, "/a", "/a/b", "/a/b/c")
			f.settled()
			f.gone("/a")
		})
	}
}

// Without a refresh, a destroy finds out what was made. A replacement cannot, because the CLI does
// not hand over the private state of what it replaces: it leaves the nodes, and tells.
func TestAccEnsurePath_outcomeUnknownAndNotRefreshed(t *testing.T) {
	hcl := test("/a/b/c", "")
	t.Run("destroyed", func(t *testing.T) {
		t.Parallel()
		f := newFolder(t)
		f.unanswered(hcl, "Run apply again")
		f.MustRun("destroy", "-no-color", "-auto-approve", "-refresh=false")
		f.gone("/a")
	})
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		f := newFolder(t)
		f.unanswered(hcl, "Run apply again")
		output := f.MustRun("apply", "-no-color", "-auto-approve", "-refresh=false").Output
		f.says(output, true, wasThere, `"`+f.tree.Path("/a")+`", "`+f.tree.Path("/a/b")+`", "`+f.tree.Path("/a/b/c")+`"`, "delete in zkCli")
		f.made(address)
		f.settled()
		f.tree.Remove("/a")
		f.quiet(f.apply(hcl))
		f.made(address, "/a", "/a/b", "/a/b/c")
		f.gone("/a")
	})
}

// unanswered applies a configuration, and interrupts the run, when the server has made the path.
// No reply ever comes.
func (f *folder) unanswered(hcl, says string) {
	f.t.Helper()
	proxy := zktest.StartProxy(f.t, acctest.Server(f.t).Addr())
	defer proxy.Close()
	made, release := proxy.HoldReplies(func(op int32) bool {
		if op != multi {
			return false
		}
		proxy.Refuse(true)
		return true
	})
	defer release()
	f.Write("main.tf", strings.ReplaceAll(f.tree.ConfigFor("session_timeout = 1", hcl), acctest.Server(f.t).Addr(), proxy.Addr()))
	run := f.Start("apply", "-no-color", "-auto-approve")
	<-made
	if err := run.Signal(syscall.SIGINT); err != nil {
		f.t.Error(err)
	}
	if err := run.Wait(); err != nil || run.Code == 0 {
		f.t.Errorf("exit code %d, %v", run.Code, err)
	}
	f.says(run.Output, true, "Error: Outcome unknown", f.tree.Path("/a/b/c"), says)
	if f.czxid("/a/b/c") == 0 {
		f.t.Fatal("the path was not made")
	}
	f.Write("main.tf", f.tree.Config(hcl))
}
