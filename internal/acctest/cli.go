package acctest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// cliVariable names the CLI to test with, as for terraform-plugin-testing.
const cliVariable = "TF_ACC_TERRAFORM_PATH"

// skipWithoutCLI skips a test where acceptance tests are not asked for, before it starts
// a server that nobody uses. terraform-plugin-testing would do the same a moment later.
func skipWithoutCLI(tb testing.TB) {
	tb.Helper()
	if os.Getenv(resource.EnvTfAcc) == "" {
		tb.Skipf("Acceptance tests skipped unless env '%s' set", resource.EnvTfAcc)
	}
}

// built is the provider's binary, which the tests of a package build once.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// CLI is a working folder of the CLI with the provider's real binary, for what cannot be
// seen with the provider in the process of the test: its end, signals, logs, states of
// other providers.
type CLI struct {
	// Dir is the folder.
	Dir string
	// Env is added to the environment of each command.
	Env []string

	tb testing.TB
}

// NewCLI makes a working folder with files by name. A terraform block that requires the
// provider is added, unless one of the files has one.
func NewCLI(tb testing.TB, files map[string]string) *CLI {
	tb.Helper()
	skipWithoutCLI(tb)
	built.once.Do(func() { built.dir, built.err = build() })
	if built.err != nil {
		tb.Fatal(built.err)
	}
	c := &CLI{Dir: tb.TempDir(), tb: tb}
	required := false
	for name, content := range files {
		required = required || strings.Contains(content, "required_providers")
		c.Write(name, content)
	}
	if !required {
		c.Write("terraform.tf", "terraform {\n  required_providers {\n    zookeeper = {\n      source = \"zkform/zookeeper\"\n    }\n  }\n}\n")
	}
	c.Write("cli.tfrc", fmt.Sprintf(`provider_installation {
  dev_overrides {
    "registry.opentofu.org/zkform/zookeeper"  = %[1]q
    "registry.terraform.io/zkform/zookeeper" = %[1]q
  }
}
disable_checkpoint = true
`, built.dir))
	return c
}

// build builds the provider's binary into a folder of its own.
func build() (string, error) {
	dir, err := os.MkdirTemp("", "acctest-")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(dir, "terraform-provider-zookeeper"), "terraform-provider-zookeeper")
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("building the provider: %w\n%s", err, out)
	}
	return dir, nil
}

// Write writes a file of the folder, over what it held.
func (c *CLI) Write(name, content string) {
	c.tb.Helper()
	file := filepath.Join(c.Dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(content), 0o600)); err != nil {
		c.tb.Fatal(err)
	}
}

// A Run is a command of the CLI, under way or ended.
type Run struct {
	// Code is the exit code, once the command has ended.
	Code int
	// Output is what it wrote, standard output and standard error as one.
	Output string

	cmd *exec.Cmd
	out bytes.Buffer
}

// Start starts a command in a process group of its own.
func (c *CLI) Start(args ...string) *Run {
	c.tb.Helper()
	return c.start(os.Getenv(cliVariable), args...)
}

// Shell runs lines of bash in the folder. The first that fails ends them.
func (c *CLI) Shell(lines string) *Run {
	c.tb.Helper()
	return c.end(c.start("bash", "-euo", "pipefail", "-c", lines))
}

func (c *CLI) start(program string, args ...string) *Run {
	c.tb.Helper()
	r := new(Run)
	// Not bound to the test's context: a CLI that is killed leaves the provider behind.
	// Tests end it by a signal to the group.
	r.cmd = exec.CommandContext(context.Background(), program, args...)
	r.cmd.Dir = c.Dir
	r.cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(c.Dir, "cli.tfrc"), "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
	r.cmd.Env = append(r.cmd.Env, c.Env...)
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		c.tb.Fatal(err)
	}
	return r
}

// PID is the process id of the CLI.
func (r *Run) PID() int { return r.cmd.Process.Pid }

// ProviderPID is the process id of the provider that the CLI has started.
func (r *Run) ProviderPID(tb testing.TB) int {
	tb.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		tb.Error(err)
	}
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// pid (command) state parent …; the command is cut to 15 characters.
		fields := strings.Fields(string(b))
		if len(fields) > 3 && fields[1] == "(terraform-provi)" && fields[3] == strconv.Itoa(r.PID()) {
			pid, err := strconv.Atoi(fields[0])
			if err != nil {
				tb.Error(err)
			}
			return pid
		}
	}
	tb.Errorf("process %d has no provider", r.PID())
	return 0
}

// Signal sends a signal to the CLI and its providers, as a terminal does on Ctrl-C.
func (r *Run) Signal(sig syscall.Signal) error { return syscall.Kill(-r.cmd.Process.Pid, sig) }

// Wait waits for the end of the command.
func (r *Run) Wait() error {
	err := r.cmd.Wait()
	r.Code, r.Output = r.cmd.ProcessState.ExitCode(), r.out.String()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil
	}
	return err
}

// Run runs a command to its end.
func (c *CLI) Run(args ...string) *Run {
	c.tb.Helper()
	return c.end(c.Start(args...))
}

func (c *CLI) end(r *Run) *Run {
	c.tb.Helper()
	if err := r.Wait(); err != nil {
		c.tb.Fatal(err)
	}
	return r
}

// MustRun runs a command that has to succeed.
func (c *CLI) MustRun(args ...string) *Run {
	c.tb.Helper()
	r := c.Run(args...)
	if r.Code != 0 {
		c.tb.Fatalf("%s: exit code %d\n%s", strings.Join(args, " "), r.Code, r.Output)
	}
	return r
}
