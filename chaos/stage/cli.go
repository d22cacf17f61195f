package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// binary is the provider's program, as the CLI looks for it.
const binary = "terraform-provider-zookeeper"

// A CLI is a CLI with the provider.
type CLI struct {
	path string // of the CLI
	dir  string // of the provider's program
}

// Install builds the provider of the module in root into dir, for the CLI at path.
func Install(ctx context.Context, path, root, dir string) (*CLI, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// What fails whatever it is told would look like a provider that never comes to rest.
	version := exec.CommandContext(ctx, path, "version")
	version.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE=/dev/null")
	out, err := version.CombinedOutput()
	if err != nil || !bytes.HasPrefix(out, []byte("OpenTofu v")) && !bytes.HasPrefix(out, []byte("Terraform v")) {
		return nil, fmt.Errorf("stage: %s is neither OpenTofu nor Terraform: %w\n%.500s", path, errors.Join(err, errNoCLI), out)
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, binary), ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("stage: building the provider: %w\n%s", err, out)
	}
	return &CLI{path: path, dir: dir}, nil
}

// errNoCLI is what a program is that does not say which CLI it is.
var errNoCLI = errors.New("it does not say its version")

// A folder is a working folder of the CLI.
type folder struct {
	cli *CLI
	dir string
}

// newFolder makes a folder in which the CLI finds the provider.
func (c *CLI) newFolder(dir string) (folder, error) {
	f := folder{c, dir}
	config := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %[1]q = %[3]q\n    %[2]q = %[3]q\n  }\n}\ndisable_checkpoint = true\n",
		"registry.opentofu.org/zkform/zookeeper", "registry.terraform.io/zkform/zookeeper", c.dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return f, err
	}
	return f, f.write("cli.tfrc", config)
}

func (f folder) write(name, content string) error {
	return os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o600)
}

// A process is a run of the CLI, under way or ended.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended

	mu  sync.Mutex
	out bytes.Buffer
}

// Write takes what the CLI says.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// start starts a command, in a process group of its own. It outlives ctx.
func (f folder) start(ctx context.Context, env []string, args ...string) (*process, error) {
	p := &process{done: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), f.cli.path, args...)
	p.cmd.Dir = f.dir
	p.cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(f.dir, "cli.tfrc"), "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	// A provider that outlives the CLI has its output: the end of that is not waited for.
	p.cmd.WaitDelay = time.Second
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // its exit code is asked for
	}()
	return p, nil
}

// signal sends a signal to the CLI and its providers, as a terminal does.
func (p *process) signal(sig syscall.Signal) bool {
	return syscall.Kill(-p.cmd.Process.Pid, sig) == nil
}

// signalCLI sends a signal to the CLI alone.
func (p *process) signalCLI(sig syscall.Signal) bool {
	return syscall.Kill(p.cmd.Process.Pid, sig) == nil
}

// signalProviders sends a signal to the providers that the CLI runs.
func (p *process) signalProviders(sig syscall.Signal) bool {
	sent := false
	for _, pid := range p.others() {
		sent = syscall.Kill(pid, sig) == nil || sent
	}
	return sent
}

// others are the processes of the group but the CLI, those aside that have ended and are only
// not reaped.
func (p *process) others() []int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	var pids []int
	group := strconv.Itoa(p.cmd.Process.Pid)
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// pid (command) state parent group …; the command may hold anything.
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err == nil && len(fields) > 2 && fields[2] == group && fields[0] != "Z" && pid != p.cmd.Process.Pid {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// survivors waits for the end of the providers, and returns how many are still there after a
// while. Those are killed.
func (p *process) survivors(patience time.Duration) int {
	deadline := time.Now().Add(patience)
	for ticker := time.NewTicker(50 * time.Millisecond); ; <-ticker.C {
		left := len(p.others())
		if left == 0 || time.Now().After(deadline) {
			ticker.Stop()
			p.signal(syscall.SIGKILL)
			return left
		}
	}
}

// wait waits for the end of the CLI. It reports false when it had to be killed.
func (p *process) wait(ctx context.Context, bound time.Duration) (inTime bool, err error) {
	timer := time.NewTimer(bound)
	defer timer.Stop()
	inTime = true
	select {
	case <-p.done:
	case <-timer.C:
		inTime = false
		p.signal(syscall.SIGKILL)
		<-p.done
	case <-ctx.Done():
		p.signal(syscall.SIGKILL)
		<-p.done
		return true, context.Cause(ctx)
	}
	if p.cmd.ProcessState == nil {
		return inTime, errors.New("stage: nothing is known of how the CLI ended")
	}
	return inTime, nil
}

// code is the exit code, -1 for a signal.
func (p *process) code() int { return p.cmd.ProcessState.ExitCode() }
