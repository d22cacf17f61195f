package provider

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// binary is the provider's program, as the CLI looks for it.
const binary = "terraform-provider-zookeeper"

// The files beside the program that the CLI starts: the provider itself, and what its
// processes took.
const (
	metered = "metered"
	usage   = "usage"
)

// Meter runs the provider, if this program was started by its name, and writes down what it
// took: the CLI starts this program instead of the provider, because it is the parent
// of a process that is told what the process took. ok reports whether it was.
func Meter() (code int, ok bool) {
	if filepath.Base(os.Args[0]) != binary {
		return 0, false
	}
	dir := filepath.Dir(os.Args[0])
	cmd := exec.Command(filepath.Join(dir, metered), os.Args[1:]...) //nolint:noctx // it ends as the provider does
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	if err := note(filepath.Join(dir, usage), cmd.ProcessState); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	return cmd.ProcessState.ExitCode(), true
}

// note appends what a process took: its CPU time in microseconds, and its memory at its
// largest in bytes.
func note(file string, state *os.ProcessState) error {
	memory, err := largest(state)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, (state.UserTime() + state.SystemTime()).Microseconds(), memory)
	return errors.Join(err, f.Close())
}

// largest is the memory of a process at its largest, or of the largest that it waited for, in bytes.
func largest(state *os.ProcessState) (int64, error) {
	rusage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("this system does not tell what a process took")
	}
	return rusage.Maxrss << 10, nil
}

// took is what the provider's processes of a run took.
type took struct {
	cpu    time.Duration // of all
	memory int64         // of the largest, in bytes
}

// readUsage reads what was noted since it was read last.
func readUsage(file string) (t took, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return t, err
	}
	for r := strings.NewReader(string(text)); ; {
		var micros, memory int64
		_, err := fmt.Fscanln(r, &micros, &memory)
		if errors.Is(err, io.EOF) {
			return t, os.Remove(file)
		}
		if err != nil {
			return t, fmt.Errorf("%s: %w", file, err)
		}
		t.cpu += time.Duration(micros) * time.Microsecond
		t.memory = max(t.memory, memory)
	}
}
