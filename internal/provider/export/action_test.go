package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/provider/diagnose"
)

// What keeps the file from being replaced is told of the file, and not of the temporary one, which
// does not stay.
func TestFileNamed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "x.json")
	if err := os.MkdirAll(filepath.Join(file, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := new(tree).write(file)
	if _, ok := errors.AsType[*os.LinkError](err); !ok {
		t.Fatalf("written: %v", err)
	}
	if text := failed(diagnose.Subject{Path: "/app"}, file, err).Detail(); !strings.Contains(text, file) || strings.Contains(text, ".x.json") {
		t.Errorf("told: %s", text)
	}
	if names, err := os.ReadDir(folder); err != nil || len(names) != 1 {
		t.Errorf("left: %v, %v", names, err)
	}
}

// A symbolic link stays one, and the file that it leads to is replaced.
func TestTarget(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, link := filepath.Join(folder, "x.json"), filepath.Join(folder, "link")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, link} {
		if got, err := target(name); err != nil || got != file {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if got, err := target(filepath.Join(folder, "new")); err != nil || filepath.Base(got) != "new" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := target(folder); err == nil || !strings.Contains(err.Error(), "a directory") {
		t.Errorf("a directory: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got, err := target(link); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link to nothing: %s, %v", got, err)
	}
}
