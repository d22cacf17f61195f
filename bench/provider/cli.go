package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// nodesFile holds the nodes that a configuration declares, as JSON: what a person would use
// for so many.
const nodesFile = "nodes.json"

// cli is the CLI with the provider.
type cli struct {
	path    string // of the CLI
	dir     string // of the provider's program
	servers string
}

// install puts a provider, built from a package of the module at root, into dir, with the meter in front of it.
func install(ctx context.Context, dir, root, pkg string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, metered), pkg)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the provider: %w\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return copyProgram(filepath.Join(dir, binary), self)
}

func copyProgram(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// folder is a working folder with one configuration.
type folder struct {
	cli cli
	dir string
}

// newFolder makes a working folder below parent.
func (c cli) newFolder(parent, hcl string) (folder, error) {
	dir, err := os.MkdirTemp(parent, "run-")
	if err != nil {
		return folder{}, err
	}
	f := folder{c, dir}
	config := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %[1]q = %[3]q\n    %[2]q = %[3]q\n  }\n}\ndisable_checkpoint = true\n",
		"registry.opentofu.org/zkform/zookeeper", "registry.terraform.io/zkform/zookeeper", c.dir)
	return f, errors.Join(f.write("main.tf", []byte(hcl)), f.write("cli.tfrc", []byte(config)))
}

func (f folder) write(name string, content []byte) error {
	return os.WriteFile(filepath.Join(f.dir, name), content, 0o600)
}

// declare writes down the nodes that the configuration reads.
func (f folder) declare(nodes map[string]string) error {
	content, err := json.Marshal(nodes)
	if err != nil {
		return err
	}
	return f.write(nodesFile, content)
}

// cost is what a run took.
type cost struct {
	wall     time.Duration
	cpu      time.Duration // of the CLI and the provider
	memory   int64         // of the CLI at its largest, or of the provider if that is larger, in bytes
	provider took
}

// run runs the CLI and tells what it took.
func (f folder) run(ctx context.Context, args ...string) (c cost, err error) {
	cmd := exec.CommandContext(ctx, f.cli.path, args...)
	cmd.Dir = f.dir
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(f.dir, "cli.tfrc"), "TF_IN_AUTOMATION=1", "TF_INPUT=0",
		"CHECKPOINT_DISABLE=1", "ZOOKEEPER_SERVERS="+f.cli.servers)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	c.wall = time.Since(began)
	if err != nil {
		const most = 2000 // what is wrong stands at the end
		return c, fmt.Errorf("%v: %w\n%s", args, err, out[max(0, len(out)-most):])
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if c.memory, err = largest(cmd.ProcessState); err != nil {
		return c, err
	}
	c.provider, err = readUsage(filepath.Join(f.cli.dir, usage))
	if errors.Is(err, os.ErrNotExist) {
		err = nil // the floor has no provider of ours
	}
	return c, err
}
