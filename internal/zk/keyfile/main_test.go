package keyfile_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A folder is where the field's own tools make files for a test.
type folder struct {
	t   testing.TB
	dir string
}

func newFolder(tb testing.TB) folder {
	tb.Helper()
	return folder{tb, tb.TempDir()}
}

// run runs a tool in the folder.
func (f folder) run(tool string, args ...string) {
	f.t.Helper()
	cmd := exec.CommandContext(f.t.Context(), tool, args...)
	cmd.Dir = f.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		f.t.Fatalf("%s %q: %v\n%s", tool, args, err, out)
	}
}

func (f folder) openssl(args ...string) { f.t.Helper(); f.run("openssl", args...) }

func (f folder) keytool(args ...string) { f.t.Helper(); f.run("keytool", args...) }

// read returns the content of files, one after the other.
func (f folder) read(names ...string) []byte {
	f.t.Helper()
	var all [][]byte
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(f.dir, name))
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, b)
	}
	return bytes.Join(all, nil)
}

func (f folder) write(name string, content []byte) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), content, 0o600); err != nil {
		f.t.Fatal(err)
	}
}
