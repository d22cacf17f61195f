package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

const manifestFile = "terraform-registry-manifest.json"

// server is the package that main.go serves the provider with.
var server = regexp.MustCompile(`^"github\.com/hashicorp/terraform-plugin-go/tfprotov\d/tf(\d)server"$`)

// checkSources holds the files that a release is made of to each other and to a registry,
// and what it is made with to one version each. It builds nothing.
func (r *release) checkSources(ctx context.Context) error {
	return errors.Join(r.checkConfig(), r.checkPlatforms(ctx), r.checkProvider(), r.checkChangelog(),
		r.checkToolchain(), r.checkWorkflows(), r.checkUpdates())
}

// checkConfig reports whether .goreleaser.yml makes what a registry looks for.
func (r *release) checkConfig() error {
	const version = "1.2.3-rc1"
	build, archive, sign, sbom := r.config.Builds[0], r.config.Archives[0], r.config.Signs[0], r.config.SBOMs[0]

	var errs []error
	is := func(what string, got, want any) {
		if got != want {
			errs = append(errs, fmt.Errorf(".goreleaser.yml: %s is %q and should be %q", what, got, want))
		}
	}
	name := func(what, text string, fields map[string]any, want string) {
		got, err := render(text, fields)
		if err != nil {
			errs = append(errs, err)
			return
		}
		is(what, got, want)
	}

	is("project_name", r.config.ProjectName, provider)
	name("the binary", build.Binary, r.fields(version), binaryName(version))
	for _, p := range r.platforms {
		name("the archive of "+p.String(), archive.NameTemplate+".zip", r.fieldsOf(version, p), archiveName(version, p))
	}
	is("formats", strings.Join(archive.Formats, " "), "zip")
	is("wrap_in_directory", archive.WrapInDirectory, "")
	is("the file of checksums", must(render(r.config.Checksum.NameTemplate, r.fields(version))), checksumsName(version))
	is("algorithm", r.config.Checksum.Algorithm, "sha256")
	is("what is listed in an SBOM", sbom.Artifacts, "archive")
	is("the SBOM", strings.Join(sbom.Documents, " "), "${artifact}.spdx.json")
	is("artifacts to sign", sign.Artifacts, "checksum")
	is("the signature", sign.Signature, "${artifact}.sig")
	// Each of them has the manifest under its own name: one counts it, the other uploads it.
	for what, files := range map[string][]config.ExtraFile{
		"checksum": r.config.Checksum.ExtraFiles, "release": r.config.Release.ExtraFiles,
	} {
		if len(files) != 1 || files[0].Glob != manifestFile {
			errs = append(errs, fmt.Errorf(".goreleaser.yml: extra_files of %s should be %s alone", what, manifestFile))
			continue
		}
		name("the manifest of "+what, files[0].NameTemplate, r.fields(version), manifestName(version))
	}
	is("draft", r.config.Release.Draft, true)
	// Disabled, it would drop the notes as well that are given to goreleaser.
	is("changelog.disable", r.config.Changelog.Disable, "")
	if !slices.Contains(build.Env, "CGO_ENABLED=0") {
		errs = append(errs, errors.New(".goreleaser.yml: a build without CGO_ENABLED=0 does not run everywhere"))
	}
	return errors.Join(errs...)
}

// must shows an error instead of the value, where the value is compared anyway.
func must(value string, err error) string {
	if err != nil {
		return err.Error()
	}
	return value
}

// checkPlatforms reports whether Go builds for each platform.
func (r *release) checkPlatforms(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "tool", "dist", "list").Output()
	if err != nil {
		return fmt.Errorf("go tool dist list: %w", err)
	}
	known := strings.Fields(string(out))
	for _, p := range r.platforms {
		if !slices.Contains(known, p.os+"/"+p.arch) {
			return fmt.Errorf(".goreleaser.yml: Go does not know the platform %s", p)
		}
	}
	return nil
}

// checkProvider holds the manifest and the linker's flags to main.go.
func (r *release) checkProvider() error {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(r.root, "main.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	var protocol string
	for _, imported := range file.Imports {
		// The library that serves a provider has a package for each protocol.
		if m := server.FindStringSubmatch(imported.Path.Value); m != nil {
			protocol = m[1] + ".0"
		}
	}
	var version bool
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			version = version || slices.ContainsFunc(spec.Names, func(name *ast.Ident) bool { return name.Name == "version" })
		}
		return true
	})

	var errs []error
	manifest, err := os.ReadFile(filepath.Join(r.root, manifestFile))
	if err != nil {
		errs = append(errs, err)
	} else {
		errs = append(errs, checkManifest(manifest, protocol))
	}
	// The linker sets the variables that exist and is silent about one that does not.
	if flags := strings.Join(r.config.Builds[0].Ldflags, " "); !version || !strings.Contains(flags, "-X main.version={{ .Version }}") {
		errs = append(errs, errors.New(".goreleaser.yml: the flags of the linker should set main.version, which main.go should have"))
	}
	return errors.Join(errs...)
}
