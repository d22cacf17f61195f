package main

import (
	"debug/buildinfo"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
)

// Two builds of one commit are one program: in other folders, and with nothing that another
// build has left.
func TestReproducible(t *testing.T) {
	t.Parallel()
	host := platform{runtime.GOOS, runtime.GOARCH}
	var sums []string
	for _, cache := range []string{"", t.TempDir()} {
		clone := filepath.Join(t.TempDir(), "a folder of its own")
		out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", "--no-hardlinks", filepath.Join("..", ".."), clone).CombinedOutput()
		if err != nil {
			t.Fatalf("git clone: %v: %s", err, out)
		}
		rel, err := load(clone)
		if err != nil {
			t.Fatal(err)
		}
		var env []string
		if cache != "" {
			env = []string{"GOCACHE=" + cache}
		}
		program := filepath.Join(t.TempDir(), binaryName("1.2.3"))
		if err := rel.compile(t.Context(), "1.2.3", host, program, env...); err != nil {
			t.Fatal(err)
		}
		sum, err := sumOf(program)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sum)
		// What it is built with is what is checked for vulnerabilities.
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := rel.toolchain(); err != nil || info.GoVersion != want {
			t.Errorf("it was built with %s, want %s, %v", info.GoVersion, want, err)
		}
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds have the checksums %s and %s", sums[0], sums[1])
	}
}

func TestVerifySBOM(t *testing.T) {
	t.Parallel()
	program := &buildinfo.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{{Path: "example.com/a", Version: "v1.0.0"}}}
	const stdlib, a = `{"name":"stdlib","versionInfo":"go1.26.8"}`, `{"name":"example.com/a","versionInfo":"v1.0.0"}`
	for want, text := range map[string]string{
		"":                                     `{"spdxVersion":"SPDX-2.3","packages":[` + stdlib + `,` + a + `]}`,
		"does not list example.com/a v1.0.0":   `{"spdxVersion":"SPDX-2.3","packages":[` + stdlib + `,{"name":"example.com/a","versionInfo":"v1.0.1"}]}`,
		"does not list stdlib go1.26.8":        `{"spdxVersion":"SPDX-2.3","packages":[` + a + `]}`,
		`its version is "CycloneDX"`:           `{"spdxVersion":"CycloneDX"}`,
		"unexpected end of JSON input":         "",
		"cannot unmarshal array into Go value": "[]",
	} {
		file := filepath.Join(t.TempDir(), "sbom")
		write(t, file, text)
		wants(t, verifySBOM(file, program), want)
	}
	program.Deps = nil
	file := filepath.Join(t.TempDir(), "sbom")
	write(t, file, `{"spdxVersion":"SPDX-2.3","packages":[`+stdlib+`]}`)
	wants(t, verifySBOM(file, program), "names no module")
}
