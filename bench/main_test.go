package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"terraform-provider-zookeeper/bench/client"
)

// What is measured in no time at all has the same figures as what was published.
func TestFigures(t *testing.T) {
	dir := t.TempDir()
	var table bytes.Buffer
	if err := run(t.Context(), client.Sizes{Rounds: 1, Single: 2, Many: 300, Read: 130, Create: 50}, false, dir, &table); err != nil {
		t.Fatal(err)
	}
	got, want := figures(t, filepath.Join(dir, results)), figures(t, results)
	names := slices.Sorted(maps.Keys(want))
	if !slices.Equal(slices.Sorted(maps.Keys(got)), names) {
		t.Errorf("measured %v, published %v", slices.Sorted(maps.Keys(got)), names)
	}
	for name, value := range got {
		if value <= 0 {
			t.Errorf("%s is %v", name, value)
		}
		if !bytes.Contains(table.Bytes(), []byte(name)) {
			t.Errorf("%s is not in the table", name)
		}
	}
	svg(t, filepath.Join(dir, chart))
	svg(t, chart)
}

// figures reads the figures by their names.
func figures(t *testing.T, file string) map[string]float64 {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]float64
	if err := json.Unmarshal(content, &out); err != nil || len(out) == 0 {
		t.Fatalf("%s: %d figures, %v", file, len(out), err)
	}
	return out
}

// svg checks that a file is a picture with something on it.
func svg(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	paths := 0
	for d := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "path" {
			paths++
		}
	}
	if bars := 2*3*4 + 2; paths < bars {
		t.Errorf("%s has %d shapes, fewer than the %d bars", file, paths, bars)
	}
}
