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
