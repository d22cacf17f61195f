package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

// platform is what a build is for, in Go's words.
type platform struct{ os, arch string }

// String is the platform as archives are named after it.
func (p platform) String() string { return p.os + "_" + p.arch }

// executable is the ending of a program's name.
func (p platform) executable() string {
	if p.os == "windows" {
		return ".exe"
	}
	return ""
}

// release is the checkout that a release is made of.
type release struct {
	root      string
	config    config.Project
	platforms []platform
}

// load reads .goreleaser.yml in the root. What goreleaser does not know is an error, as it
// is for goreleaser itself, and so is a configuration of another shape than one build
// with one archive, one list of its components, one file of checksums and one signature,
// which is all this command understands.
func load(root string) (*release, error) {
	cfg, err := config.Load(filepath.Join(root, ".goreleaser.yml"))
	if err != nil {
		return nil, fmt.Errorf(".goreleaser.yml: %w", err)
	}
	if cfg.Version != 2 {
		return nil, fmt.Errorf(".goreleaser.yml: its version is %d, and goreleaser reads 2", cfg.Version)
	}
	if b, a, s, l := len(cfg.Builds), len(cfg.Archives), len(cfg.Signs), len(cfg.SBOMs); b != 1 || a != 1 || s != 1 || l != 1 {
		return nil, fmt.Errorf(".goreleaser.yml: it has %d builds, %d archives, %d signs and %d sboms, and should have one of each", b, a, s, l)
	}
	build := cfg.Builds[0]
	if len(build.Targets) > 0 || len(build.Ignore) > 0 || len(build.BuildDetailsOverrides) > 0 {
		return nil, fmt.Errorf(".goreleaser.yml: the platforms are each goos with each goarch, without targets, ignore and overrides")
	}
	rel := &release{root: root, config: cfg}
	for _, os := range build.Goos {
		for _, arch := range build.Goarch {
			rel.platforms = append(rel.platforms, platform{os, arch})
		}
	}
	slices.SortFunc(rel.platforms, func(a, b platform) int { return strings.Compare(a.String(), b.String()) })
	return rel, nil
}

// render fills in one of goreleaser's templates. Of goreleaser's fields it has those that
// a release of this provider uses; another one is an error.
func render(text string, fields map[string]any) (string, error) {
	t, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf(".goreleaser.yml: %q: %w", text, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, fields); err != nil {
		return "", fmt.Errorf(".goreleaser.yml: %q: %w", text, err)
	}
	return b.String(), nil
}

// fields are what templates see of a version.
func (r *release) fields(version string) map[string]any {
	return map[string]any{"ProjectName": r.config.ProjectName, "Version": version}
}

// fieldsOf are what templates see of a version's build for a platform.
func (r *release) fieldsOf(version string, p platform) map[string]any {
	fields := r.fields(version)
	fields["Os"], fields["Arch"] = p.os, p.arch
	return fields
}
