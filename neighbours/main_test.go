package neighbours_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestMain(m *testing.M) { os.Exit(acctest.Main(m)) }

// patience bounds each wait for a neighbour. On an idle machine the longest takes half a minute.
const patience = 2 * time.Minute

// placeholder matches the servers that the examples name.
var placeholder = regexp.MustCompile(`"zk1\.example\.com:[^"]*"`)

// guide lays out the example of a guide, with other servers than those that it names.
func guide(t *testing.T, name, servers string, env ...string) *acctest.CLI {
	t.Helper()
	dir := filepath.Join("..", "examples", "guides", name)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = placeholder.ReplaceAllLiteralString(string(content), `"`+servers+`"`)
	}
	cli := acctest.NewCLI(t, files)
	cli.Env = append(cli.Env, env...)
	return cli
}

// apply applies a guide's example, which has to be all done then.
func apply(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	cli.MustRun("apply", "-no-color", "-auto-approve")
	planEmpty(t, cli, "the apply")
}

// planEmpty fails when a plan has something to do.
func planEmpty(t *testing.T, cli *acctest.CLI, after string) {
	t.Helper()
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 0 {
		t.Errorf("after %s the plan is not empty: exit code %d\n%s", after, run.Code, run.Output)
	}
}

// planDiffers fails when a plan has nothing to do, or does not say what is expected.
func planDiffers(t *testing.T, cli *acctest.CLI, after, says string) {
	t.Helper()
	if run := cli.Run("plan", "-no-color", "-detailed-exitcode"); run.Code != 2 || !strings.Contains(run.Output, says) {
		t.Errorf("after %s the plan does not say %q: exit code %d\n%s", after, says, run.Code, run.Output)
	}
}

// superClient returns a client that may do everything, and is somebody else to the provider.
func superClient(t *testing.T, server *zktest.Server) *zk.Client {
	t.Helper()
	client, err := zk.New(t.Context(), zk.Config{
		Servers: server.Addr(),
		Auth:    []zk.Credential{{Scheme: zk.SchemeDigest, Secret: zktest.SuperUser + ":" + zktest.SuperPassword}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.WithoutCancel(t.Context())) }) // a session that is not ended here ends by itself
	return client
}

// data returns what a node holds.
func data(t *testing.T, client *zk.Client, path string) string {
	t.Helper()
	content, _, err := client.Get(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// A java is a Java program under way. It ends with the test, or with this process, because its standard input ends then.
type java struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{} // closed when the program has ended and all of its output is read

	mu      sync.Mutex
	said    []string      // the lines of its output, standard error among them
	seen    int           // how many of them were looked at
	changed chan struct{} // closed, and replaced, when there is more
}

// startJava starts a program: arguments for Java, with the class path of a neighbour's jars.
func startJava(t *testing.T, neighbour string, args ...string) *java {
	t.Helper()
	lib := filepath.Join("..", "."+filepath.Join("neighbours", neighbour, "lib"))
	if neighbour == "curator" {
		lib = filepath.Join("..", ".curator", "lib")
	}
	lib, err := filepath.Abs(lib)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lib); err != nil {
		t.Fatalf("%v: run \"make neighbours\"", err)
	}
	j := &java{name: neighbour, ended: make(chan struct{}), changed: make(chan struct{})}
	// Its end is that of its standard input: the test's context ends before the test's last words with it.
	j.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), "java", append([]string{
		"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Djava.net.preferIPv4Stack=true", "-Djava.io.tmpdir=" + t.TempDir(), "-cp", filepath.Join(lib, "*"),
	}, args...)...)
	stdin, err := j.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	j.stdin = stdin
	out, err := j.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	j.cmd.Stderr = j.cmd.Stdout
	if err := j.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go j.read(out)
	t.Cleanup(func() {
		j.stop(t)
		if t.Failed() {
			t.Logf("%s said\n%s", neighbour, strings.Join(j.tail(), "\n"))
		}
	})
	return j
}

func (j *java) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		j.mu.Lock()
		j.said = append(j.said, lines.Text())
		close(j.changed)
		j.changed = make(chan struct{})
		j.mu.Unlock()
	}
	_ = j.cmd.Wait() // its exit code is asked for
	close(j.ended)
}

// tail is the end of what the program said.
func (j *java) tail() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.said[max(0, len(j.said)-200):]
}

// line waits for the next line with a text, and returns what follows that in it.
func (j *java) line(t *testing.T, text string) string {
	t.Helper()
	patient := time.NewTimer(patience)
	defer patient.Stop()
	for over := false; ; {
		j.mu.Lock()
		for ; j.seen < len(j.said); j.seen++ {
			if _, rest, found := strings.Cut(j.said[j.seen], text); found {
				j.seen++
				j.mu.Unlock()
				return rest
			}
		}
		changed := j.changed
		j.mu.Unlock()
		if over {
			t.Fatalf("%s never said %q", j.name, text)
		}
		select {
		case <-changed:
		case <-j.ended:
			over = true // what it said last is looked at once more
		case <-patient.C:
			over = true
		}
	}
}

// ask sends the program a line, and returns its answer. A program of ours answers with a line "answer = …", or "answer ! …"
// for an error.
func (j *java) ask(t *testing.T, request string) string {
	t.Helper()
	if _, err := io.WriteString(j.stdin, request+"\n"); err != nil {
		t.Fatal(err)
	}
	answer := j.line(t, "answer ")
	value, ok := strings.CutPrefix(answer, "= ")
	if !ok {
		t.Fatalf("%s answers %q with %s", j.name, request, answer)
	}
	return value
}

// alive fails the test when the program has ended.
func (j *java) alive(t *testing.T) {
	t.Helper()
	select {
	case <-j.ended:
		t.Errorf("%s has ended", j.name)
	default:
	}
}

// code waits for the end of the program, and returns its exit code.
func (j *java) code(t *testing.T) int {
	t.Helper()
	patient := time.NewTimer(patience)
	defer patient.Stop()
	select {
	case <-j.ended:
	case <-patient.C:
		t.Fatalf("%s does not end", j.name)
	}
	return j.cmd.ProcessState.ExitCode()
}

// stop ends the program. One that does not look at its standard input, because it is only starting, is killed.
func (j *java) stop(t *testing.T) {
	t.Helper()
	_ = j.stdin.Close() // its sign to end
	patient := time.NewTimer(10 * time.Second)
	defer patient.Stop()
	select {
	case <-j.ended:
	case <-patient.C:
		if err := j.cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		<-j.ended
	}
}

// loopbackOnly fails the test when the program listens on an address that other machines reach.
func (j *java) loopbackOnly(t *testing.T) {
	t.Helper()
	own := make(map[string]bool) // the inodes of its sockets
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", j.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, "socket:[") {
			own[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			const local, state, inode = 1, 3, 9
			fields := strings.Fields(line)
			if len(fields) <= inode || fields[state] != "0A" || !own[fields[inode]] { // 0A is listening
				continue
			}
			// Addresses are in the order of the machine's bytes: 127.0.0.1, and the same within IPv6.
			if host, _, _ := strings.Cut(fields[local], ":"); host != "0100007F" && host != "0000000000000000FFFF00000100007F" {
				t.Errorf("%s listens on %s", j.name, fields[local])
			}
		}
	}
}
