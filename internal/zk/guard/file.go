package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"terraform-provider-zookeeper/internal/zk/shown"
)

// How large a file of each kind may be, in bytes: far more than any that is in use.
const (
	// MaxCertificates is for certificates in PEM. A system's roots take 250 KiB.
	MaxCertificates = 16 << 20
	// MaxKey is for a private key in PEM, which takes a few KiB.
	MaxKey = 1 << 20
	// MaxStore is for a key store or a trust store. Java's own takes 200 KiB.
	MaxStore = 16 << 20
	// MaxKeytab is for a keytab, of which a key takes 100 bytes.
	MaxKeytab = 16 << 20
	// MaxKRB5Conf is for a krb5.conf, which takes a few KiB.
	MaxKRB5Conf = 1 << 20
	// MaxCredentialCache is for a credential cache. A ticket takes 64 KiB at most.
	MaxCredentialCache = 16 << 20
)

// ReadFile returns the content of a file that a user has named: a regular one, which takes
// at most limit bytes. It waits for nobody to write to a named pipe, reads no device, and
// returns when ctx ends, whatever the file's system does.
//
// What stands where a file's name belongs may be a password or the key itself. So the error
// has the name in it only where there is a file of that name.
func ReadFile(ctx context.Context, name string, limit int64) ([]byte, error) {
	return within(ctx, "file", func() ([]byte, error) { return readRegular(name, limit) })
}

// IsNull tells, until ctx ends, whether a file is the device that is always empty.
func IsNull(ctx context.Context, name string) bool {
	is, err := within(ctx, "file", func() (bool, error) {
		info, err := os.Stat(name)
		if err != nil {
			return false, err
		}
		null, err := os.Stat(os.DevNull)
		return err == nil && os.SameFile(info, null), err
	})
	return err == nil && is
}

// ReadFolder returns the names of what is in a folder and is no folder itself, nor a link to one, sorted, until ctx ends. The error has the
// folder's name in it only where there is something of that name.
func ReadFolder(ctx context.Context, name string) (names []string, err error) {
	return within(ctx, "folder", func() ([]string, error) {
		info, err := os.Stat(name)
		if err != nil {
			return nil, explain(name, err)
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%s is not a folder", shown.Text(name))
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, explain(name, err)
		}
		var names []string
		for _, e := range entries {
			if !e.IsDir() && !isLinkToFolder(name, e) {
				names = append(names, e.Name())
			}
		}
		return names, nil
	})
}

func isLinkToFolder(folder string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(filepath.Join(folder, e.Name()))
	return err == nil && info.IsDir()
}

// within returns what read returns, or an error when ctx ends first.
func within[T any](ctx context.Context, what string, read func() (T, error)) (none T, err error) {
	late := func() error { return fmt.Errorf("the %s could not be read in time: %w", what, context.Cause(ctx)) }
	if ctx.Err() != nil {
		return none, late()
	}
	type result struct {
		content T
		err     error
	}
	done := make(chan result, 1)
	go func() {
		content, err := read()
		done <- result{content, err}
	}()
	select {
	case r := <-done:
		return r.content, r.err
	case <-ctx.Done():
		return none, late()
	}
}

func readRegular(name string, limit int64) ([]byte, error) {
	// Looked at first, because to open a device can be to act on it.
	info, err := os.Stat(name)
	if err != nil {
		return nil, explain(name, err)
	}
	if err := checkRegular(name, info); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, openFlags, 0)
	if err != nil {
		return nil, explain(name, err)
	}
	defer func() { _ = f.Close() }()
	// Looked at again, because it may be another one by now.
	if info, err = f.Stat(); err != nil {
		return nil, explain(name, err)
	}
	if err := checkRegular(name, info); err != nil {
		return nil, err
	}
	// The size that a file says it has is not always what it gives.
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, explain(name, err)
	case int64(len(content)) > limit:
		return nil, fmt.Errorf("%s takes more than %d bytes, and no file of its kind does", shown.Text(name), limit)
	}
	return content, nil
}

// checkRegular refuses what is no regular file.
func checkRegular(name string, info fs.FileInfo) error {
	var kind string
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		kind = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	default:
		kind = "something else"
	}
	return fmt.Errorf("%s is %s, and not a regular file", shown.Text(name), kind)
}

// explain says why a file cannot be read. The operating system's own error has the name in
// it, and so it goes no further.
func explain(name string, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	if _, statErr := os.Lstat(name); statErr == nil {
		return fmt.Errorf("%s cannot be read: %w", shown.Text(name), err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if folder, absErr := filepath.Abs(filepath.Dir(name)); absErr == nil {
			if info, statErr := os.Stat(folder); statErr == nil && info.IsDir() {
				return shown.As(err, "there is no such file in the folder "+shown.Text(folder))
			}
		}
		text := "there is no such file, and its folder is not there either"
		if here, wdErr := os.Getwd(); wdErr == nil && !filepath.IsAbs(name) {
			text += ": the way to it begins at " + shown.Text(here)
		}
		return shown.As(err, text)
	}
	return fmt.Errorf("a file of this name cannot be looked for: %w", err)
}
