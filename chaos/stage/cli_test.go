package stage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program that fails whatever it is told would make every round look violated: it is refused
// before the first one.
func TestInstall_noCLI(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"fails":          "echo 'not now' >&2; exit 1",
		"something else": "echo not now",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := filepath.Join(t.TempDir(), "tofu")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := Install(t.Context(), program, "..", t.TempDir())
			if err == nil || !strings.Contains(err.Error(), "neither OpenTofu nor Terraform") || !strings.Contains(err.Error(), "not now") {
				t.Errorf("it was taken for a CLI, or refused with %v", err)
			}
		})
	}
}

// A state that a killed CLI has left half written is replaced by the one before, and no other is.
func TestRestore(t *testing.T) {
	t.Parallel()
	const before, after = `{"serial":1}`, `{"serial":2}`
	for name, tt := range map[string]struct {
		before, left, want string
		lost               bool
	}{
		"whole":             {before, after, after, false},
		"empty":             {before, "", before, true},
		"half":              {before, after[:5], before, true},
		"half of the first": {"", after[:5], "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := folder{dir: t.TempDir()}
			if err := f.write(stateFile, tt.left); err != nil {
				t.Fatal(err)
			}
			var had []byte
			if tt.before != "" {
				had = []byte(tt.before)
			}
			lost, err := f.restore(had)
			if err != nil || lost != tt.lost {
				t.Errorf("that it was lost is %t, %v", lost, err)
			}
			if text, err := f.readState(); err != nil || string(text) != tt.want {
				t.Errorf("the state is %q, %v, want %q", text, err, tt.want)
			}
		})
	}
	f := folder{dir: t.TempDir()}
	if lost, err := f.restore(nil); lost || err != nil {
		t.Errorf("that a state was lost which never was is %t, %v", lost, err)
	}
}
