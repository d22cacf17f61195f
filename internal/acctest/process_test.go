package acctest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// sessions returns what a server says of the sessions of its clients.
func sessions(t *testing.T, server *zktest.Server) (cons, dump []string) {
	t.Helper()
	answers := make(map[string][]string)
	for _, word := range []string{"cons", "dump"} {
		found, err := acctest.Sessions(t.Context(), server, word)
		if err != nil {
			t.Error(err)
		}
		answers[word] = found
	}
	return answers["cons"], answers["dump"]
}

// A run holds one session, and leaves none.
func TestAccProcess_leavesNoSession(t *testing.T) {
	server := acctest.OwnServer(t)
	during := make(chan int, 1)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
resource "zookeeper_znode" "a" {
  count = 20
  path  = "/a${count.index}"
}

resource "zookeeper_znode" "b" {
  path       = "/b"
  depends_on = [zookeeper_znode.a]

  ` + acctest.Afterwards(t, func() {
		_, dump := sessions(t, server)
		during <- len(dump)
	}) + `
}

data "zookeeper_server_version" "this" {}
`})
	// Longer than the test: what is gone was ended, and has not expired.
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + server.Addr(), "ZOOKEEPER_SESSION_TIMEOUT=60"}
	none := func(after string) {
		if cons, dump := sessions(t, server); len(cons)+len(dump) > 0 {
			t.Errorf("after %s the server has sessions: cons %v, dump %v", after, cons, dump)
		}
	}
	cli.MustRun("apply", "-no-color", "-auto-approve")
	none("apply")
	if n := <-during; n != 1 {
		t.Errorf("%d sessions in the middle of the apply, want 1", n)
	}
	cli.MustRun("plan", "-no-color")
	none("plan")
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	none("destroy")
}

// What the provider wrote is there for ZooKeeper's own client too.
func TestAccProcess_zkCliReadsWhatWasWritten(t *testing.T) {
	tree := acctest.NewTree(t)
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
resource "zookeeper_znode" "a" {
  path = "/made/on/the/way"
  data = "Grüße, 世界"
  acl = [
    { scheme = "world", id = "anyone", permissions = 31 },
    { scheme = "ip", id = "10.0.0.0/8", permissions = "wr" },
  ]
}
`})
	server := acctest.Server(t)
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + server.Addr() + tree.Base}
	cli.MustRun("apply", "-no-color", "-auto-approve")

	path := tree.Path("/made/on/the/way")
	lib, err := filepath.Abs(filepath.Join("..", "..", ".zookeeper", server.Version(), "lib"))
	if err != nil {
		t.Fatal(err)
	}
	java := exec.CommandContext(t.Context(), "java", "-Dfile.encoding=UTF-8", "-Dsun.stdout.encoding=UTF-8", "-Djline.terminal=jline.UnsupportedTerminal",
		"-cp", filepath.Join(lib, "*"), "org.apache.zookeeper.ZooKeeperMain", "-server", server.Addr(), "-waitforconnection")
	java.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	java.Stdin = strings.NewReader("get " + path + "\ngetAcl " + path + "\nquit\n")
	out, err := java.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"\nGrüße, 世界\n", "\n'world,'anyone\n: cdrwa\n", "\n'ip,'10.0.0.0/8\n: rw\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("zkCli does not say %q:\n%s", want, out)
		}
	}
}

// Ctrl-C while the provider waits for a server that never answers ends the run at once,
// and not at the end of the connect timeout.
func TestAccProcess_interrupt(t *testing.T) {
	tests := map[string]struct{ hcl, want string }{
		"apply": {`resource "zookeeper_znode" "a" { path = "/a" }`, `stopped before the provider could create the znode "/a"`},
		"read":  {`data "zookeeper_znode" "a" { path = "/a" }`, `stopped before the provider could read the znode "/a"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			waiting := make(chan struct{})
			silent := zktest.StartPeer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 1<<10)) // the provider asks for a session
				close(waiting)
				_, _ = c.Read(make([]byte, 1)) // until it gives up
			})
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tt.hcl})
			cli.Env = []string{"ZOOKEEPER_SERVERS=" + silent, "ZOOKEEPER_CONNECT_TIMEOUT=600", "ZOOKEEPER_SESSION_TIMEOUT=600"}
			run := cli.Start("apply", "-no-color", "-auto-approve")
			<-waiting
			interrupted := time.Now()
			if err := run.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
			if err := run.Wait(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(interrupted); took > 10*time.Second {
				t.Errorf("the run went on for %v", took)
			}
			if run.Code == 0 || !acctest.Error("Interrupted", tt.want).MatchString(run.Output) {
				t.Errorf("exit code %d\n%s", run.Code, run.Output)
			}
		})
	}
}

// SIGTERM to the provider alone ends its session before the process, and the run goes on
// to save its state.
func TestAccProcess_terminate(t *testing.T) {
	server := acctest.OwnServer(t)
	var run *acctest.Run
	started := make(chan struct{})
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
resource "zookeeper_znode" "a" {
  path = "/a"

  ` + acctest.Afterwards(t, func() {
		<-started
		if _, dump := sessions(t, server); len(dump) != 1 {
			t.Errorf("sessions before the signal: %v, want one", dump)
		}
		if err := syscall.Kill(run.ProviderPID(t), syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		for {
			if _, dump := sessions(t, server); len(dump) == 0 || t.Context().Err() != nil {
				return
			}
		}
	}) + `
}
`})
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + server.Addr(), "ZOOKEEPER_SESSION_TIMEOUT=60"}
	began := time.Now()
	run = cli.Start("apply", "-no-color", "-auto-approve")
	close(started)
	if err := run.Wait(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 40*time.Second {
		t.Errorf("it took %v: the session was not ended, it expired", took)
	}
	if state, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate")); err != nil || !strings.Contains(string(state), `"path": "/a"`) {
		t.Errorf("the state does not have the node: %v\n%s\n%s", err, state, run.Output)
	}
}

// A CLI that is killed leaves no provider behind, with a session that nobody ends: the provider, which has
// nothing to do and nobody to tell, ends it and itself.
func TestAccProcess_killedCLI(t *testing.T) {
	server := acctest.OwnServer(t)
	var run *acctest.Run
	started, ended := make(chan struct{}), make(chan struct{})
	cli := acctest.NewCLI(t, map[string]string{"main.tf": `
resource "zookeeper_znode" "a" {
  path = "/a"

  ` + acctest.Afterwards(t, func() {
		defer close(ended)
		<-started
		if _, dump := sessions(t, server); len(dump) != 1 {
			t.Errorf("sessions before the signal: %v, want one", dump)
		}
		if err := syscall.Kill(run.PID(), syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		for ctx, killed := t.Context(), time.Now(); ctx.Err() == nil; {
			if _, dump := sessions(t, server); len(dump) == 0 {
				return
			} else if time.Since(killed) > 40*time.Second {
				t.Errorf("the provider was left behind, with the session %v", dump)
				return
			}
		}
	}) + `
}
`})
	// Longer than the test waits: a session that is gone was ended, and has not expired.
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + server.Addr(), "ZOOKEEPER_SESSION_TIMEOUT=60"}
	run = cli.Start("apply", "-no-color", "-auto-approve")
	t.Cleanup(func() { _ = run.Signal(syscall.SIGKILL) }) // what was left behind
	close(started)
	if err := run.Wait(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

// A run that is killed gives no lock back: the server does, when the session expires, and not
// before.
func TestAccProcess_killedWithALock(t *testing.T) {
	for name, hold := range map[string]func(lock, then string) string{
		"the provider's": func(lock, then string) string {
			return fmt.Sprintf("provider \"zookeeper\" {\n  lock = { path = %q }\n}\n\nresource \"zookeeper_znode\" \"a\" {\n  path = \"/a\"\n\n  %s\n}\n", lock, then)
		},
		"ephemeral": func(lock, then string) string {
			return fmt.Sprintf("ephemeral \"zookeeper_lock\" \"run\" {\n  path = %q\n}\n\nresource \"zookeeper_znode\" \"a\" {\n  path = \"/a\"\n  depends_on = [ephemeral.zookeeper_lock.run]\n\n  %s\n}\n", lock, then)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "ephemeral" {
				acctest.Needs(t, acctest.Ephemeral)
			}
			server := acctest.OwnServer(t)
			tree := acctest.NewTreeOn(t, server.Addr())
			lock, err := recipe.NewLock(tree.Client, tree.Path("/lock"), recipe.LockOptions{})
			if err != nil {
				t.Fatal(err)
			}
			during, dead := make(chan struct{}), make(chan struct{})
			cli := acctest.NewCLI(t, map[string]string{"main.tf": hold("/lock", acctest.Afterwards(t, func() {
				close(during)
				<-dead
			}))})
			cli.Env = []string{"ZOOKEEPER_SERVERS=" + server.Addr() + tree.Base, "ZOOKEEPER_SESSION_TIMEOUT=5"}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()

			run := cli.Start("apply", "-no-color", "-auto-approve")
			select {
			case <-during:
			case <-ctx.Done():
				t.Error("the run has not come to its node")
			}
			names, _, err := tree.Client.Children(ctx, tree.Path("/lock"))
			if err != nil || len(names) != 1 {
				t.Errorf("in the middle of the run the lock has the contenders %v, %v", names, err)
			}
			err = run.Signal(syscall.SIGKILL)
			close(dead)
			if err := errors.Join(err, run.Wait()); err != nil || len(names) != 1 {
				t.Fatalf("%v\n%s", err, run.Output)
			}

			stat, there, err := tree.Client.Exists(ctx, tree.Path("/lock/"+names[0]))
			if err != nil || !there {
				t.Fatalf("behind the run, and before its session ended, the node is there: %t, %v", there, err)
			}
			held, err := lock.Acquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = held.Release(t.Context()) }()
			if expired := fmt.Sprintf("Expiring session %#x, timeout of 5000ms", stat.EphemeralOwner); !strings.Contains(server.Log(), expired) {
				t.Errorf("the lock is free, and the server has not said %q", expired)
			}
		})
	}
}

// At the most talkative level, from every source, no log has the password; and the
// client's own log is there to begin with.
func TestAccProcess_logsNoPassword(t *testing.T) {
	tree := acctest.NewTree(t)
	const secret = "correct-horse-battery"
	cli := acctest.NewCLI(t, map[string]string{"main.tf": fmt.Sprintf(`
provider "zookeeper" {
  username = "alice"
  password = %q
}

resource "zookeeper_znode" "a" {
  path = "/a"
  acl  = [{ scheme = "auth", id = "", permissions = "cdrwa" }]
}

# Not allowed: an error is to be logged too.
resource "zookeeper_znode" "b" {
  path       = "/closed/b"
  depends_on = [zookeeper_znode.a]
}
`, secret)})
	tree.PutGuarded("/closed", "", zk.ACL{Scheme: "world", ID: "anyone", Perms: zk.PermRead})
	log := filepath.Join(cli.Dir, "log")
	cli.Env = []string{"ZOOKEEPER_SERVERS=" + acctest.Server(t).Addr() + tree.Base, "TF_LOG=TRACE", "TF_LOG_PATH=" + log}
	run := cli.Run("apply", "-no-color", "-auto-approve")
	if run.Code == 0 || !acctest.Error("Permission denied", "presents digest (alice)").MatchString(run.Output) {
		t.Errorf("exit code %d\n%s", run.Code, run.Output)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "provider.terraform-provider-zookeeper.zk") && !regexp.MustCompile(`@module=zookeeper\.zk`).Match(b) {
		t.Error("the log has nothing of the client")
	}
	for what, text := range map[string]string{"log": string(b), "output": run.Output} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("the %s has the password: …%s…", what, text[max(0, i-200):i])
		}
	}
	state, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(state), secret) {
		t.Error("the state has the password")
	}
}

// Where no log is asked for, the provider writes none of what it does, also not for a CLI that would
// drop it; where one is, it does.
func TestAccProcess_logsForReaders(t *testing.T) {
	for level, logs := range map[string]bool{"": false, "TRACE": true} {
		t.Run("level "+level, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config("resource \"zookeeper_znode\" \"a\" {\n  path = \"${local.base}/a\"\n}")})
			// A program in front of the provider keeps what that writes to its standard error.
			config := read(t, filepath.Join(cli.Dir, "cli.tfrc"))
			dir := regexp.MustCompile(`zkform/zookeeper" += "(.*)"`).FindStringSubmatch(config)[1]
			front, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
			script := fmt.Sprintf("#!/bin/sh\nexec %q \"$@\" 2>>%q\n", filepath.Join(dir, "terraform-provider-zookeeper"), log)
			if err := os.WriteFile(filepath.Join(front, "terraform-provider-zookeeper"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			cli.Write("cli.tfrc", strings.ReplaceAll(config, dir, front))
			for _, name := range []string{"TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO"} {
				cli.Env = append(cli.Env, name+"=")
			}
			cli.Env = append(cli.Env, "TF_LOG_PROVIDER="+level)
			cli.MustRun("apply", "-no-color", "-auto-approve")
			if err := tree.HasData("/a", ""); err != nil {
				t.Fatal(err)
			}
			text := read(t, log)
			for _, what := range []string{`"frame sent"`, `"duration_ms"`} {
				if strings.Contains(text, what) != logs {
					t.Errorf("%s is written: %t\n%s", what, !logs, text)
				}
			}
		})
	}
}

// The log of a run at DEBUG tells its story: where it connected, and each operation, with
// its node, its time and its transaction. TRACE adds the frames.
func TestAccProcess_logTellsTheStory(t *testing.T) {
	for level, frames := range map[string]bool{"DEBUG": false, "TRACE": true} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTree(t)
			cli := acctest.NewCLI(t, map[string]string{"main.tf": tree.Config("resource \"zookeeper_znode\" \"a\" {\n  path = \"${local.base}/a\"\n  data = \"battery-7391\"\n}")})
			log := filepath.Join(cli.Dir, "log")
			cli.Env = []string{"TF_LOG_PROVIDER=" + level, "TF_LOG_PATH=" + log}
			cli.MustRun("apply", "-no-color", "-auto-approve")
			text := read(t, log)
			_, stat, err := tree.Client.Get(t.Context(), tree.Path("/a"))
			if err != nil {
				t.Fatal(err)
			}
			// The fields of a line are in no order.
			path := "path=" + tree.Path("/a")
			for _, told := range [][]string{
				{": session: ", "server=" + acctest.Server(t).Addr(), "session=0x", "timeout_ms="},
				{": create: ", path, "duration_ms=", fmt.Sprintf("zxid=%#x", stat.Czxid)},
				{": get: ", path, "duration_ms=", "zxid="},
			} {
				if !hasLine(text, told...) {
					t.Errorf("the log has no line with %q:\n%s", told, text)
				}
			}
			if got := hasLine(text, ": frame sent: ", "op=create", "bytes=", "xid=") && hasLine(text, ": frame received: ", "op=create", "zxid="); got != frames {
				t.Errorf("the log has frames: %v", got)
			}
			// Nor does it have what is in the node, but for what the framework tells at TRACE.
			if i := strings.Index(text, "battery-7391"); i >= 0 && !frames {
				t.Errorf("the log has the data: …%s…", text[max(0, i-200):i])
			}
		})
	}
}

// hasLine reports whether one line of a text has all of the words.
func hasLine(text string, words ...string) bool {
	for line := range strings.Lines(text) {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			return true
		}
	}
	return false
}
