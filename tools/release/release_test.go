package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// checkout is a folder with what a release is made of, as it is in this checkout.
func checkout(t *testing.T) string {
	t.Helper()
	root, dir := filepath.Join("..", ".."), t.TempDir()
	names := []string{".goreleaser.yml", manifestFile, "CHANGELOG.md", "main.go", dependabotFile}
	for name := range ecosystems {
		files, err := (&release{root: root}).manifests(name)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, files...)
	}
	workflows, err := filepath.Glob(filepath.Join(root, workflowFolder, "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range workflows {
		names = append(names, workflowFolder+"/"+filepath.Base(file))
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(data))
	}
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace changes a file, which has to have what is replaced.
func replace(t *testing.T, path, old, repl string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s has no %q", path, old)
	}
	write(t, path, strings.Replace(string(data), old, repl, 1))
}

// wants fails the test unless the error says want; "" wants none.
func wants(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case err == nil && want != "":
		t.Fatalf("no error, want %q", want)
	case err != nil && (want == "" || !strings.Contains(err.Error(), want)):
		t.Fatalf("error %q, want %q", err, want)
	}
}

func TestCheckSources(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, old, repl, want string }{
		{name: "as they are", file: "CHANGELOG.md"},
		{"unknown key", ".goreleaser.yml", "project_name:", "projectname:", "field projectname not found"},
		{"another major version", ".goreleaser.yml", "version: 2", "version: 1", "reads 2"},
		{"two signatures", ".goreleaser.yml", "\nsigns:", "\nsigns:\n  - artifacts: all", "2 signs"},
		{"ignored platform", ".goreleaser.yml", "    binary:", "    ignore: [{goos: linux}]\n    binary:", "without targets"},
		{"another project", ".goreleaser.yml", "project_name: terraform-", "project_name: tofu-", `project_name is "tofu-provider-zookeeper"`},
		{"binary without v", ".goreleaser.yml", "_v{{", "_{{", "the binary is"},
		{"archive without platform", ".goreleaser.yml", "_{{ .Os }}_{{ .Arch }}", "_{{ .Os }}", "the archive of linux_arm64 is"},
		{"unknown field", ".goreleaser.yml", "{{ .Os }}", "{{ .Oss }}", `no entry for key "Oss"`},
		{"tar", ".goreleaser.yml", "[zip]", "[tar.gz]", "formats is"},
		{"name of the checksums", ".goreleaser.yml", "_SHA256SUMS", "_checksums.txt", "the file of checksums is"},
		{"algorithm", ".goreleaser.yml", "sha256", "sha512", "algorithm is"},
		{"all signed", ".goreleaser.yml", "artifacts: checksum", "artifacts: all", "artifacts to sign is"},
		{"armored", ".goreleaser.yml", "}.sig", "}.asc", "the signature is"},
		{"name of the manifest", ".goreleaser.yml", "_manifest.json", ".json", "the manifest of checksum is"},
		{"another manifest", ".goreleaser.yml", "glob: terraform-registry-manifest.json", "glob: go.mod", "should be terraform-registry-manifest.json alone"},
		{"published at once", ".goreleaser.yml", "draft: true", "draft: false", "draft is"},
		{"without notes", ".goreleaser.yml", "\nrelease:", "\nchangelog: { disable: true }\nrelease:", "changelog.disable is"},
		{"with cgo", ".goreleaser.yml", "CGO_ENABLED=0", "CGO_ENABLED=1", "CGO_ENABLED=0"},
		{"unknown platform", ".goreleaser.yml", "- freebsd", "- beos", "does not know the platform beos_amd64"},
		{"no version", ".goreleaser.yml", " -X main.version={{ .Version }}", "", "should set main.version"},
		{"renamed version", "main.go", "var version =", "var release =", "should set main.version"},
		{"protocol of the manifest", manifestFile, `"6.0"`, `"5.0"`, `the protocols ["5.0"], and the provider serves 6.0`},
		{"protocol of the provider", "main.go", "tf6server\"", "tf5server\"", "the provider serves 5.0"},
		{"version of the manifest", manifestFile, `"version": 1`, `"version": 2`, "registries read 1"},
		{"heading", "CHANGELOG.md", "(Unreleased)", "Unreleased", "no heading of a version"},
		{"date", "CHANGELOG.md", "(Unreleased)", "(2027-03-01)", "March 1, 2027"},
		{"two SBOMs", ".goreleaser.yml", "\nsboms:", "\nsboms:\n  - artifacts: binary", "2 sboms"},
		{"an SBOM of the program", ".goreleaser.yml", "artifacts: archive", "artifacts: binary", "what is listed in an SBOM is"},
		{"name of the SBOM", ".goreleaser.yml", ".spdx.json", ".json", "the SBOM is"},
		{"no toolchain", "go.mod", "\ntoolchain go", "\n// toolchain go", "should say what releases are built with"},
		{"an older toolchain", "go.mod", "\ntoolchain go1.26", "\ntoolchain go1.25", "go.mod: it should ask for Go 1.25"},
		{"a second toolchain", "bench/go.mod", "\ngo ", "\ntoolchain go1.26.1\ngo ", "bench/go.mod: the toolchain is named"},
		{"another Go for releases", ".github/workflows/release.yml", "go-version-file: go.mod", "go-version-file: tools/opentofu/go.mod", `release.yml: go-version-file is "tools/opentofu/go.mod"`},
		{"another Go for govulncheck", ".github/workflows/lint.yml", "go-version-file: go.mod", "go-version: stable", "lint.yml: go-version-file is"},
		{"an action by its tag", ".github/workflows/test.yml", "actions/checkout@", "actions/checkout@v7 #", "test.yml: the action actions/checkout@v7 should be named by the hash"},
		{"any goreleaser", ".github/workflows/release.yml", "version: v2.", "version: ~> v2.", "release.yml: the version of goreleaser is"},
		{"another goreleaser", "tools/release/go.mod", "goreleaser/v2 v2.", "goreleaser/v2 v2.0", "release.yml: the version of goreleaser is"},
		{"a module without updates", dependabotFile, `["/tools/*"]`, `["/tools/release"]`, "it should cover tools/syft/go.mod"},
		{"Maven without updates", dependabotFile, "maven", "gradle", "it should cover tools/zookeeper/pom.xml"},
		{"Python without updates", dependabotFile, `["/tools/kazoo", `, "[", "it should cover tools/kazoo/requirements.txt"},
		{"actions without updates", dependabotFile, "github-actions", "npm", "it should cover the workflows"},
		{"group", "CHANGELOG.md", "FEATURES:", "ADDED:", `"ADDED:" should be`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := checkout(t)
			replace(t, filepath.Join(dir, test.file), test.old, test.repl)
			rel, err := load(dir)
			if err == nil {
				err = rel.checkSources(t.Context())
			}
			wants(t, err, test.want)
		})
	}
}

func TestChangelog(t *testing.T) {
	t.Parallel()
	const newer, older = "## 0.2.0 (Unreleased)\n\nNOTES:\n\n* soon\n\n", "## 0.1.0 (March 1, 2027)\n\nFEATURES:\n\n* a\n  and b\n\nBUG FIXES:\n\n* c\n"
	tests := []struct{ name, text, check, notes, notesErr string }{
		{"released", older, "", "FEATURES:\n\n* a\n  and b\n\nBUG FIXES:\n\n* c", ""},
		{"and a newer one", newer + older, "", "FEATURES:\n\n* a\n  and b\n\nBUG FIXES:\n\n* c", ""},
		{"not released", "## 0.1.0 (Unreleased)\n", "", "", "has no date"},
		{"another one", newer, "", "", "says nothing of 0.1.0"},
		{"the older one without a date", older + newer, "0.2.0 has no date", "FEATURES:\n\n* a\n  and b\n\nBUG FIXES:\n\n* c", ""},
		{"empty", "", "no version", "", "no version"},
		{"title", "# Changelog\n" + older, "no heading", "", "no heading"},
		{"preface", "All of it.\n" + older, "before the first version", "", "before the first version"},
		{"item without a group", "## 0.1.0 (March 1, 2027)\n\n* a\n", "in no group", "* a", ""},
		{"groups out of order", "## 0.1.0 (March 1, 2027)\n\nBUG FIXES:\n\nFEATURES:\n", "in this order", "BUG FIXES:\n\nFEATURES:", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rel := &release{root: t.TempDir()}
			write(t, filepath.Join(rel.root, "CHANGELOG.md"), test.text)
			wants(t, rel.checkChangelog(), test.check)
			notes, err := rel.notes("0.1.0")
			wants(t, err, test.notesErr)
			if notes != test.notes {
				t.Fatalf("notes are %q, want %q", notes, test.notes)
			}
		})
	}
}

// What a real release looks like is shown by "make release-check"; here a file of it is
// wrong. Its programs are this test's own, built for no platform of a release.
func TestVerify(t *testing.T) {
	t.Parallel()
	const version = "1.2.3"
	linux := platform{"linux", "amd64"}
	zipped := func(names ...string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, name := range names {
			header := &zip.FileHeader{Name: name}
			header.SetMode(0o755)
			f, err := w.CreateHeader(header)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(f, "no program"); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	program := binaryName(version)
	tests := []struct {
		name   string
		files  map[string]string // beside the signature and the checksums, which are of before
		spoil  func(t *testing.T, dir string)
		modern bool // whether the key is of a kind that registries refuse
		want   string
	}{
		// The last thing that is looked at: all before it is as it should be.
		{name: "no Go program", want: program + ": unrecognized file format"},
		{name: "archive without licence", files: map[string]string{archiveName(version, linux): zipped(program)}, want: "should hold"},
		{name: "program of another version", files: map[string]string{archiveName(version, linux): zipped("LICENSE", binaryName("1.2.4"))}, want: "should hold"},
		{name: "another manifest", files: map[string]string{manifestName(version): "{}"}, want: "is not terraform-registry-manifest.json"},
		{name: "changed after it was counted", spoil: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, archiveName(version, linux)), zipped("LICENSE", program, "more"))
		}, want: "the checksum of " + archiveName(version, linux)},
		{name: "one too many", spoil: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, archiveName(version, platform{"plan9", "amd64"})), "")
		}, want: "plan9_amd64.zip is no file of a release"},
		{name: "one too few", spoil: func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, archiveName(version, linux))); err != nil {
				t.Fatal(err)
			}
		}, want: "linux_amd64.zip is missing"},
		{name: "no SBOM", spoil: func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, sbomName(version, linux))); err != nil {
				t.Fatal(err)
			}
		}, want: "linux_amd64.zip.spdx.json is missing"},
		{name: "signed by nobody", spoil: func(t *testing.T, dir string) {
			t.Helper()
			replace(t, filepath.Join(dir, checksumsName(version)), "  ", " ")
		}, want: signatureName(version)},
		{name: "key that registries refuse", modern: true, want: "neither RSA nor DSA"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rel, dir := &release{root: checkout(t), platforms: []platform{linux}}, t.TempDir()
			manifest, err := os.ReadFile(filepath.Join(rel.root, manifestFile))
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{
				manifestName(version):       string(manifest),
				archiveName(version, linux): zipped("LICENSE", program),
				sbomName(version, linux):    "{}",
			}
			var sums strings.Builder
			for name, content := range files {
				if other, ok := test.files[name]; ok {
					content = other
				}
				write(t, filepath.Join(dir, name), content)
				if err := addSum(&sums, dir, name); err != nil {
					t.Fatal(err)
				}
			}
			write(t, filepath.Join(dir, checksumsName(version)), sums.String())
			key := signed(t, filepath.Join(dir, checksumsName(version)), test.modern)
			if test.spoil != nil {
				test.spoil(t, dir)
			}
			wants(t, rel.verify(version, dir, key), test.want)
		})
	}
}

// signed signs a file with a new key, and returns the path of the public one.
func signed(t *testing.T, path string, modern bool) string {
	t.Helper()
	cfg := &packet.Config{Algorithm: packet.PubKeyAlgoRSA, RSABits: 2048}
	if modern {
		cfg = &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA}
	}
	entity, err := openpgp.NewEntity("test", "", "nobody@example.com", cfg)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var signature, public bytes.Buffer
	if err := openpgp.DetachSign(&signature, entity, bytes.NewReader(content), nil); err != nil {
		t.Fatal(err)
	}
	write(t, path+".sig", signature.String())
	w, err := armor.Encode(&public, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := entity.Serialize(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key.asc")
	write(t, key, public.String())
	return key
}
