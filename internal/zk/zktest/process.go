package zktest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
)

// launchScript becomes the command that follows, under its own process id, once it reads a line; it just ends when
// there is none to read. So the command's process id is known, and its watchdog knows it, before the command runs.
const launchScript = `read -r _ && exec "$@" </dev/null`

// A process is one run of a command.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended and was reaped

	mu     sync.Mutex
	frozen bool
}

// startProcess runs a command with its output appended to a file, under the eyes of a watchdog. The process outlives
// ctx: it ends by a signal, by itself, or with this process.
func startProcess(ctx context.Context, command []string, output *os.File, dog *watchdog) (*process, error) {
	args := append([]string{"-c", launchScript, "sh"}, command...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "sh", args...) //nolint:gosec // The tests' own command.
	// A file, and not this process's own output: "go test" waits for whoever holds that.
	cmd.Stdout, cmd.Stderr = output, output
	word, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	err = dog.watch(cmd.Process.Pid)
	if err == nil {
		_, err = word.Write([]byte("\n"))
	}
	// Without the line written, this is what ends the launcher.
	_ = word.Close()
	go func() {
		defer close(p.done)
		// How it ended is of no interest: a signal is how most of them do.
		_ = cmd.Wait()
		// Its number may be given to another process from here on. A watchdog that is gone needs no telling.
		_ = dog.watch(0)
	}()
	if err != nil {
		<-p.done
		return nil, fmt.Errorf("zktest: starting %s: %w", command[0], err)
	}
	return p, nil
}

// signal sends a signal. To a process that has just ended it is not an error.
func (p *process) signal(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("zktest: sending %v to the server: %w", sig, err)
	}
	return nil
}

// freeze stops the process where it stands, and waits until all its threads have stopped.
func (p *process) freeze() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen {
		return nil
	}
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	// The signal is on its way, and a thread that runs on another core may still answer a request. Should the process
	// have ended instead of stopping, this reaps it, and the goroutine that waits for that finds it done.
	for {
		_, err := syscall.Wait4(p.cmd.Process.Pid, nil, syscall.WUNTRACED, nil)
		if !errors.Is(err, syscall.EINTR) {
			p.frozen = true
			return nil
		}
	}
}

// thaw lets a frozen process go on.
func (p *process) thaw() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = false
	return p.signal(syscall.SIGCONT)
}

// isFrozen reports whether the process was stopped where it stood.
func (p *process) isFrozen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frozen
}

// ended reports whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// watchdogScript reads the id of the process to watch from its input, an empty line for none, until the input ends:
// when the test binary is done with the server, or when it is gone, however it went. Then it kills the process and
// removes its folder, for which it tries again while the process is still dying.
const watchdogScript = `
pid=
while read -r line; do pid=$line; done
[ -z "$pid" ] || kill -KILL "$pid"
for _ in 1 2 3 4 5; do rm -rf -- "$1" && break; sleep 1; done
`

// A watchdog is a process of its own, which outlives this one for as long as it takes to clean up.
type watchdog struct {
	cmd *exec.Cmd
	in  *os.File
}

func startWatchdog(ctx context.Context, dir string) (*watchdog, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	defer func() { _ = out.Close() }()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "sh", "-c", watchdogScript, "sh", dir) //nolint:gosec // Our own script.
	cmd.Stdin = out
	// In a process group of its own, it is not reached by what ends this one: Ctrl-C, or a runner that kills the group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		_ = in.Close()
		return nil, fmt.Errorf("zktest: %w", err)
	}
	return &watchdog{cmd: cmd, in: in}, nil
}

// watch makes the watchdog responsible for a process, or for none when pid is 0.
func (w *watchdog) watch(pid int) error {
	line := "\n"
	if pid != 0 {
		line = strconv.Itoa(pid) + "\n"
	}
	_, err := w.in.WriteString(line)
	return err
}

// close lets the watchdog do its work, and waits for its end.
func (w *watchdog) close() error {
	_ = w.in.Close()
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("zktest: cleaning up after a server: %w", err)
	}
	return nil
}
