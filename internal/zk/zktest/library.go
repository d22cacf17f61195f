package zktest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// libraryTimeout bounds the wait for an answer of another library's client.
const libraryTimeout = time.Minute

// library is a process with clients of another library. The first request starts it; requests and answers are lines of
// JSON.
type library struct {
	name    string
	command func() (*exec.Cmd, error)

	once    sync.Once
	failed  error
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	log     strings.Builder
	reading sync.WaitGroup

	mu      sync.Mutex
	last    int
	spaces  int
	waiting map[int]chan<- reply
}

// reply is an answer as the process writes it.
type reply struct {
	ID    int             `json:"id"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

// fetched returns the folder of a library that a make target of that name fetches, and the module's root.
func fetched(target string) (lib, root string, err error) {
	if root, err = moduleRoot(); err != nil {
		return "", "", err
	}
	lib = filepath.Join(root, "."+target, "lib")
	if _, err := os.Stat(lib); err != nil {
		return "", "", fmt.Errorf("zktest: %s is not there: run %q", lib, "make "+target)
	}
	return lib, root, nil
}

// space returns a name for what belongs to one client alone.
func (l *library) space(tb testing.TB) string {
	tb.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spaces++
	return fmt.Sprint(tb.Name(), l.spaces)
}

func (l *library) run() error {
	cmd, err := l.command()
	if err != nil {
		return err
	}
	cmd.Stderr = &l.log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("zktest: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("zktest: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("zktest: %w", err)
	}
	l.cmd, l.stdin, l.waiting = cmd, stdin, make(map[int]chan<- reply)
	l.reading.Go(func() { l.read(stdout) })
	return nil
}

// read hands the answers to those who wait for them, until the process ends.
func (l *library) read(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r reply
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			r.Error = fmt.Sprintf("%v: %s", err, lines.Text())
		}
		l.mu.Lock()
		if answer, ok := l.waiting[r.ID]; ok {
			answer <- r
			delete(l.waiting, r.ID)
		}
		l.mu.Unlock()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, answer := range l.waiting {
		answer <- reply{ID: id, Error: l.name + " has ended"}
		delete(l.waiting, id)
	}
}

// close ends the process, where there is one.
func (l *library) close() error {
	if l.cmd == nil {
		return nil
	}
	_ = l.stdin.Close() // its sign to end
	l.reading.Wait()
	if err := l.cmd.Wait(); err != nil {
		return fmt.Errorf("zktest: %s ended: %w\n%s", l.name, err, l.log.String())
	}
	return nil
}

// ask sends a request, to which it adds the number.
func (l *library) ask(tb testing.TB, request map[string]any) Answer {
	tb.Helper()
	l.once.Do(func() { l.failed = l.run() })
	if l.failed != nil {
		tb.Fatal(l.failed)
	}
	answer := make(chan reply, 1)
	l.mu.Lock()
	l.last++
	request["id"] = l.last
	l.waiting[l.last] = answer
	line, err := json.Marshal(request)
	if err == nil {
		_, err = l.stdin.Write(append(line, '\n'))
	}
	l.mu.Unlock()
	if err != nil {
		tb.Fatal(err)
	}
	return Answer{answer}
}

// An Answer is one of another library's client, which may be yet to come.
type Answer struct{ reply <-chan reply }

// Value waits for the value of the answer, as encoding/json has it. An error ends the test.
func (a Answer) Value(tb testing.TB) any {
	tb.Helper()
	value, err := a.Outcome(tb)
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

// Outcome is Value that returns the error of the call.
func (a Answer) Outcome(tb testing.TB) (any, error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), libraryTimeout) // it may be a cleanup's
	defer cancel()
	var r reply
	select {
	case r = <-a.reply:
	case <-ctx.Done():
		tb.Fatal("no answer")
	}
	if r.Error != "" {
		return nil, errors.New(r.Error)
	}
	var value any
	if len(r.Value) > 0 {
		if err := json.Unmarshal(r.Value, &value); err != nil {
			tb.Fatal(err)
		}
	}
	return value, nil
}

// Pending fails the test when the answer has come.
func (a Answer) Pending(tb testing.TB) {
	tb.Helper()
	select {
	case r := <-a.reply:
		tb.Fatalf("it does not wait: %s %s", r.Value, r.Error)
	default:
	}
}

// Kazoo is a process with clients of kazoo, the Python client: tools/kazoo/peer.py. The first request starts it.
type Kazoo struct{ library library }

// NewKazoo returns the process for the servers of a connect string. The caller closes it.
func NewKazoo(servers string) *Kazoo {
	return &Kazoo{library{name: "kazoo", command: func() (*exec.Cmd, error) {
		lib, root, err := fetched("kazoo")
		if err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(context.Background(), "python3", "-B", filepath.Join(root, "tools", "kazoo", "peer.py"), servers) //nolint:gosec // The tests' own command.
		cmd.Env = append(os.Environ(), "PYTHONPATH="+lib)
		return cmd, nil
	}}}
}

// Close ends the process.
func (k *Kazoo) Close() error { return k.library.close() }

// A KazooClient is one of kazoo's clients, "client" in the code that it is given, with names of its own.
type KazooClient struct {
	library *library
	space   string
}

// Client returns a client, which ends with the test.
func (k *Kazoo) Client(tb testing.TB) *KazooClient {
	tb.Helper()
	c := &KazooClient{&k.library, k.library.space(tb)}
	c.Do(tb, "import threading, datetime")
	tb.Cleanup(func() { c.Begin(tb, "").Value(tb) })
	return c
}

// Begin has code executed, an expression or statements.
func (c *KazooClient) Begin(tb testing.TB, format string, args ...any) Answer {
	tb.Helper()
	return c.library.ask(tb, map[string]any{"space": c.space, "code": fmt.Sprintf(format, args...)})
}

// Do has code executed, and returns its value.
func (c *KazooClient) Do(tb testing.TB, format string, args ...any) any {
	tb.Helper()
	return c.Begin(tb, format, args...).Value(tb)
}

// Curator is a process with clients of Apache Curator, for Java: tools/curator/Peer.java. The first request starts it.
type Curator struct{ library library }

// NewCurator returns the process for the servers of a connect string. The caller closes it.
func NewCurator(servers string) *Curator {
	return &Curator{library{name: "Curator", command: func() (*exec.Cmd, error) {
		lib, root, err := fetched("curator")
		if err != nil {
			return nil, err
		}
		java, err := javaCommand()
		if err != nil {
			return nil, err
		}
		return exec.CommandContext(context.Background(), java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", //nolint:gosec // The tests' own command.
			"-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", filepath.Join(lib, "*"), filepath.Join(root, "tools", "curator", "Peer.java"), servers), nil
	}}}
}

// Close ends the process.
func (c *Curator) Close() error { return c.library.close() }

// A CuratorClient is one of Curator's clients, the object "client", with objects of its own by their names. What is called
// on one object is done in that order, on one thread. An argument "@name" is the object of that name.
type CuratorClient struct {
	library *library
	space   string
}

// Client returns a client, which ends with the test.
func (c *Curator) Client(tb testing.TB) *CuratorClient {
	tb.Helper()
	client := &CuratorClient{&c.library, c.library.space(tb)}
	tb.Cleanup(func() { client.Call(tb, "client", "end") })
	return client
}

// Make makes an object of a class of Curator's recipes, such as "locks.InterProcessMutex".
func (c *CuratorClient) Make(tb testing.TB, as, class string, args ...any) {
	tb.Helper()
	c.ask(tb, map[string]any{"as": as, "class": class}, args).Value(tb)
}

// Begin has a method of an object called.
func (c *CuratorClient) Begin(tb testing.TB, on, method string, args ...any) Answer {
	tb.Helper()
	return c.ask(tb, map[string]any{"on": on, "method": method}, args)
}

// Call calls a method of an object, and returns its value.
func (c *CuratorClient) Call(tb testing.TB, on, method string, args ...any) any {
	tb.Helper()
	return c.Begin(tb, on, method, args...).Value(tb)
}

// Yes calls a method of an object, and reports whether its value is true.
func (c *CuratorClient) Yes(tb testing.TB, on, method string, args ...any) bool {
	tb.Helper()
	is, _ := c.Call(tb, on, method, args...).(bool)
	return is
}

// BeginKeep has a method of an object called, and what it returns kept as another object.
func (c *CuratorClient) BeginKeep(tb testing.TB, as, on, method string, args ...any) Answer {
	tb.Helper()
	return c.ask(tb, map[string]any{"as": as, "on": on, "method": method}, args)
}

// Keep calls a method of an object, and keeps what it returns as another object.
func (c *CuratorClient) Keep(tb testing.TB, as, on, method string, args ...any) {
	tb.Helper()
	c.BeginKeep(tb, as, on, method, args...).Value(tb)
}

func (c *CuratorClient) ask(tb testing.TB, request map[string]any, args []any) Answer {
	tb.Helper()
	request["space"] = c.space
	request["args"] = append([]any{}, args...)
	return c.library.ask(tb, request)
}
