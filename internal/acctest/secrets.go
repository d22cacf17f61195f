package acctest

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Secrets are the secrets of a run, each of which must be on the server and nowhere else,
// by what an error calls them.
type Secrets map[string]string

// NotInFiles looks through all files of a folder, and into those that are archives, whose
// parts it calls archive/part. It wants to have seen those that are named.
func (s Secrets) NotInFiles(tb testing.TB, dir string, names ...string) {
	tb.Helper()
	seen := make(map[string]bool)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		seen[d.Name()] = len(b) > 0
		s.NotIn(tb, d.Name(), b)
		archive, err := zip.OpenReader(name)
		if err != nil {
			return nil //nolint:nilerr // a plain file
		}
		for _, f := range archive.File {
			r, err := f.Open()
			if err != nil {
				return err
			}
			b, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			seen[d.Name()+"/"+f.Name] = true
			s.NotIn(tb, d.Name()+"/"+f.Name, b)
		}
		return archive.Close()
	})
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range names {
		if !seen[name] {
			tb.Errorf("%s is not there to be looked at; there are %v", name, seen)
		}
	}
}

// NotIn looks for the secrets in what was written to a place, as they are and in base64 at
// whatever offset.
func (s Secrets) NotIn(tb testing.TB, where string, b []byte) {
	tb.Helper()
	for name, secret := range s {
		forms := []string{secret}
		for offset := range 3 {
			encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", offset) + secret))
			forms = append(forms, encoded[4:len(encoded)-4])
		}
		for _, form := range forms {
			if i := bytes.Index(b, []byte(form)); i >= 0 {
				tb.Errorf("%s has %s: …%s…", where, name, b[max(0, i-200):min(len(b), i+len(form)+50)])
				break
			}
		}
	}
}
