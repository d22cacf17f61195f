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
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/bench/client"
	"terraform-provider-zookeeper/bench/provider"
)

// The CLI starts this program as the provider.
func TestMain(m *testing.M) {
	if code, ok := provider.Meter(); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// What is measured in no time at all has the same figures as what was published.
func TestFigures(t *testing.T) {
	dir := t.TempDir()
	var table bytes.Buffer
	little := sizes{
		client:   client.Sizes{Rounds: 1, Single: 2, Many: 300, Read: 130, Create: 50},
		provider: provider.Sizes{Rounds: 1, Atomic: []int{20, 40}, Big: 60, Single: 10, Singles: []int{5, 10}, ACL: []int{5, 10}, Tree: 20, Lots: 15},
		cli:      full.cli,
		servers:  full.servers,
	}
	for _, little.part = range []string{all, ofLots} {
		if err := run(t.Context(), little, dir, &table); err != nil {
			t.Fatal(err)
		}
	}
	got, want := figures(t, filepath.Join(dir, results)), figures(t, results)
	for _, name := range names(want) {
		if !slices.Contains(names(got), name) {
			t.Errorf("%s was published, and is not measured", name)
		}
	}
	for _, name := range names(got) {
		// The largest number of nodes takes so long that it is not measured with each change.
		if !slices.Contains(names(want), name) && !strings.HasPrefix(name, "growth/") && !strings.HasPrefix(name, "single-growth/") && !strings.HasPrefix(name, "lots-") {
			t.Errorf("%s is measured, and was not published", name)
		}
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

// ofNodes matches the number of nodes in the name of a figure of the provider.
var ofNodes = regexp.MustCompile(`^(znodes|single|tree|lots)(.*)/\d+`)

// names are the figures' names, without the numbers of nodes, which are a matter of size.
func names(figures map[string]float64) []string {
	out := make(map[string]bool)
	for name := range figures {
		out[ofNodes.ReplaceAllString(name, "$1$2")] = true
	}
	return slices.Sorted(maps.Keys(out))
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
