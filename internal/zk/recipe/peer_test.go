package recipe_test

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
	"sync/atomic"
	"testing"
)

// peer is a process with clients of another library, which all tests share: it is started by
// the first that asks for it, and takes requests and gives answers as lines of JSON.
type peer struct {
	name  string
	start func() (*exec.Cmd, error)

	once    sync.Once
	failed  error
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	log     strings.Builder
	reading sync.WaitGroup

	mu      sync.Mutex
	last    int
	waiting map[int]chan<- reply
}

// reply is what a peer answers.
type reply struct {
	ID    int             `json:"id"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

// peers are those that there are. TestMain ends them.
var (
	kazooPeer = &peer{name: "kazoo", start: kazooCommand}
	peers     = []*peer{kazooPeer}
)

// library returns the folder of a library that a make target fetches.
func library(folder, target string) (string, error) {
	lib, err := filepath.Abs(filepath.FromSlash("../../../" + folder))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(lib); err != nil {
		return "", fmt.Errorf("%s is not there: run %q", folder, "make "+target)
	}
	return lib, nil
}

func kazooCommand() (*exec.Cmd, error) {
	lib, err := library(".kazoo/lib", "kazoo")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("python3", "-B", "testdata/eval.py", server.Addr()) //nolint:noctx // It outlives every test.
	cmd.Env = append(os.Environ(), "PYTHONPATH="+lib)
	return cmd, nil
}

func (p *peer) run() error {
	cmd, err := p.start()
	if err != nil {
		return err
	}
	cmd.Stderr = &p.log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.stdin, p.waiting = cmd, stdin, make(map[int]chan<- reply)
	p.reading.Go(func() {
		lines := bufio.NewScanner(stdout)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var r reply
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				r.Error = fmt.Sprintf("%v: %s", err, lines.Text())
			}
			p.mu.Lock()
			if answer, ok := p.waiting[r.ID]; ok {
				answer <- r
				delete(p.waiting, r.ID)
			}
			p.mu.Unlock()
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for id, answer := range p.waiting {
			answer <- reply{ID: id, Error: p.name + " has ended"}
			delete(p.waiting, id)
		}
	})
	return nil
}

// end ends the process, where there is one.
func (p *peer) end() error {
	if p.cmd == nil {
		return nil
	}
	_ = p.stdin.Close() // its sign to end
	p.reading.Wait()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s ended: %w\n%s", p.name, err, p.log.String())
	}
	return nil
}

// ask sends a request, to which it adds the number.
func (p *peer) ask(t *testing.T, request map[string]any) <-chan reply {
	t.Helper()
	p.once.Do(func() { p.failed = p.run() })
	if p.failed != nil {
		t.Fatal(p.failed)
	}
	answer := make(chan reply, 1)
	p.mu.Lock()
	p.last++
	request["id"] = p.last
	p.waiting[p.last] = answer
	line, err := json.Marshal(request)
	if err == nil {
		_, err = p.stdin.Write(append(line, '\n'))
	}
	p.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// answered waits for the value of an answer.
func answered(t *testing.T, answer <-chan reply) any {
	t.Helper()
	r, err := outcomeOf(t, answer)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func outcomeOf(t *testing.T, answer <-chan reply) (any, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience) // it may be a cleanup's
	defer cancel()
	var r reply
	select {
	case r = <-answer:
	case <-ctx.Done():
		t.Fatal("no answer")
	}
	if r.Error != "" {
		return nil, errors.New(r.Error)
	}
	var value any
	if len(r.Value) > 0 {
		if err := json.Unmarshal(r.Value, &value); err != nil {
			t.Fatal(err)
		}
	}
	return value, nil
}

// pending fails the test when an answer has come.
func pending(t *testing.T, answer <-chan reply) {
	t.Helper()
	select {
	case r := <-answer:
		t.Fatalf("it does not wait: %s %s", r.Value, r.Error)
	default:
	}
}

// python is a client of kazoo's, and the names of its own.
type python string

var spaces atomic.Int64

// newPython returns a client of kazoo's, which ends with the test.
func newPython(t *testing.T) python {
	t.Helper()
	p := python(fmt.Sprint(t.Name(), spaces.Add(1)))
	p.do(t, "import threading, datetime")
	t.Cleanup(func() { answered(t, p.begin(t, "")) })
	return p
}

// begin has code executed.
func (p python) begin(t *testing.T, format string, args ...any) <-chan reply {
	t.Helper()
	return kazooPeer.ask(t, map[string]any{"space": string(p), "code": fmt.Sprintf(format, args...)})
}

// do has code executed, and returns its value.
func (p python) do(t *testing.T, format string, args ...any) any {
	t.Helper()
	return answered(t, p.begin(t, format, args...))
}

// want compares the value of an expression.
func (p python) want(t *testing.T, want any, format string, args ...any) {
	t.Helper()
	same(t, p.do(t, format, args...), want)
}

// same compares what came of JSON with what it is to be.
func same(t *testing.T, got, want any) {
	t.Helper()
	if g, w := mustJSON(t, got), mustJSON(t, want); g != w {
		t.Fatalf("got %s, want %s", g, w)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	return string(must(json.Marshal(v))(t))
}
