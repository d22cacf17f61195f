//go:build unix

package guard_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"terraform-provider-zookeeper/internal/zk/guard"
)

// What would never end, or be read without a bound, is not begun.
func TestReadFileOfAnotherKind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, pipe, `"`+pipe+`" is a named pipe, and not a regular file`)
	wants(t, "/dev/zero", `"/dev/zero" is a device, and not a regular file`)
	wants(t, "/dev/null", `"/dev/null" is a device`)
	// The path of a socket is at most 108 bytes long; one to a folder that is open is short.
	folder, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	socket := fmt.Sprintf("/proc/self/fd/%d/socket", folder.Fd())
	if runtime.GOOS != "linux" {
		socket = filepath.Join(dir, "socket")
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	wants(t, socket, `"`+socket+`" is a socket, and not a regular file`)
}

// A file that becomes a pipe after it has been looked at is not waited for: opening one
// without O_NONBLOCK waits for a writer.
func TestReadFileThatBecomesAPipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, pipe, link := filepath.Join(dir, "file"), filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	turned := make(chan error, 1)
	go func() {
		for i := 0; ctx.Err() == nil; i++ {
			target := file
			if i%2 > 0 {
				target = pipe
			}
			next := filepath.Join(dir, "next")
			if err := errors.Join(os.Symlink(target, next), os.Rename(next, link)); err != nil {
				turned <- err
				return
			}
		}
		turned <- nil
	}()
	for range 2000 {
		if content, err := guard.ReadFile(t.Context(), link, 10); len(content) > 0 || errors.Is(err, context.Canceled) {
			t.Errorf("%q, %v", content, err)
		}
	}
	cancel()
	if err := <-turned; err != nil {
		t.Error(err)
	}
}
