package guard_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/guard"
)

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// refused returns the error of reading a file, which has to say something.
func refused(t *testing.T, ctx context.Context, name, want string) error {
	t.Helper()
	content, err := guard.ReadFile(ctx, name, 10)
	if err == nil || !strings.Contains(err.Error(), want) || content != nil {
		t.Errorf("%d bytes, error %v; want it to say: %s", len(content), err, want)
	}
	return err
}

func wants(t *testing.T, name, want string) {
	t.Helper()
	_ = refused(t, t.Context(), name, want)
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 10} {
		want := bytes.Repeat([]byte("x"), n)
		got, err := guard.ReadFile(t.Context(), write(t, "file", want), 10)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %q, %v", n, got, err)
		}
	}
	// As Kubernetes mounts them.
	file := write(t, "target", []byte("content"))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if got, err := guard.ReadFile(t.Context(), link, 10); err != nil || string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
	large := write(t, "large", make([]byte, 11))
	wants(t, large, `"`+large+`" takes more than 10 bytes`)
	dir := t.TempDir()
	wants(t, dir, `"`+dir+`" is a folder, and not a regular file`)
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.Symlink(filepath.Join(dir, "nothing"), broken); err != nil {
		t.Fatal(err)
	}
	if err := refused(t, t.Context(), broken, `"`+broken+`" cannot be read: no such file`); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not ErrNotExist", err)
	}
}

// A name may be what it should be the name of: it is told only where there is such a file.
func TestReadFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const secret = "hunter2"
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, want string
		missing    bool
	}{
		{filepath.Join(dir, secret), `there is no such file in the folder "` + dir + `"`, true},
		{secret, `there is no such file in the folder "` + here + `"`, true},
		{secret + "/" + secret, `there is no such file, and its folder is not there either: the way to it begins at "` + here + `"`, true},
		{"/" + secret + "/" + secret, "there is no such file, and its folder is not there either", true},
		{strings.Repeat(secret, 1000), "cannot be looked for: file name too long", false},
		{secret + "\x00", "cannot be looked for: invalid argument", false},
		{write(t, "file", nil) + "/" + secret, "cannot be looked for: not a directory", false},
	} {
		err := refused(t, t.Context(), tc.name, tc.want)
		if err != nil && strings.Contains(err.Error(), secret) || errors.Is(err, fs.ErrNotExist) != tc.missing {
			t.Errorf("%.50q: %v", tc.name, err)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), secret) {
				t.Errorf("%.50q: below it, %v", tc.name, e)
			}
		}
	}
}

func TestReadFileInTime(t *testing.T) {
	t.Parallel()
	why := errors.New("the user has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := refused(t, ctx, write(t, "file", nil), "could not be read in time: the user has gone"); !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
	ctx, end := context.WithTimeout(t.Context(), time.Nanosecond)
	defer end()
	<-ctx.Done()
	if err := refused(t, ctx, "/dev/zero", "could not be read in time"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestReadFolder(t *testing.T) {
	t.Parallel()
	file := write(t, "b", nil)
	dir := filepath.Dir(file)
	for name, create := range map[string]func(string) error{
		"a": func(name string) error { return os.WriteFile(name, nil, 0o600) },
		"c": func(name string) error { return os.Mkdir(name, 0o700) },
		"d": func(name string) error { return os.Symlink("c", name) },
		"e": func(name string) error { return os.Symlink("a", name) },
		"f": func(name string) error { return os.Symlink("missing", name) },
	} {
		if err := create(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := guard.ReadFolder(t.Context(), dir); err != nil || strings.Join(names, " ") != "a b e f" {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := guard.ReadFolder(t.Context(), file); err == nil || err.Error() != `"`+file+`" is not a folder` {
		t.Errorf("error %v", err)
	}
	if _, err := guard.ReadFolder(t.Context(), file+"-"); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "b-") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := guard.ReadFolder(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestIsNull(t *testing.T) {
	t.Parallel()
	masked := filepath.Join(t.TempDir(), "masked")
	if err := os.Symlink(os.DevNull, masked); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{os.DevNull: true, masked: true, write(t, "empty", nil): false, masked + "-": false} {
		if got := guard.IsNull(t.Context(), name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if guard.IsNull(ctx, os.DevNull) {
		t.Error("after the end")
	}
}
