package main

import (
	"errors"
	"fmt"
	goversion "go/version"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	workflowFolder = ".github/workflows"
	dependabotFile = ".github/dependabot.yml"
)

var (
	toolchainLine = regexp.MustCompile(`(?m)^toolchain (go\d+\.\d+\.\d+)$`)
	goLine        = regexp.MustCompile(`(?m)^go (\d\S*)$`)
	pinnedAction  = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	goreleaser    = regexp.MustCompile(`(?m)^\s*github\.com/goreleaser/goreleaser/v2 (v\S+)$`)
)

// toolchain is the version of Go that releases are built with: the one of go.mod.
func (r *release) toolchain() (string, error) {
	mod, err := os.ReadFile(filepath.Join(r.root, "go.mod"))
	if err != nil {
		return "", err
	}
	m := toolchainLine.FindSubmatch(mod)
	if m == nil {
		return "", errors.New("go.mod: a line \"toolchain go1.2.3\" should say what releases are built with")
	}
	return string(m[1]), nil
}

// checkToolchain reports whether the one version of Go does for every module.
func (r *release) checkToolchain() error {
	toolchain, err := r.toolchain()
	if err != nil {
		return err
	}
	files, err := r.manifests("go.mod")
	if err != nil {
		return err
	}
	var errs []error
	for _, file := range files {
		mod, err := os.ReadFile(filepath.Join(r.root, file))
		if err != nil {
			return err
		}
		m := goLine.FindSubmatch(mod)
		if len(m) == 0 || goversion.Compare("go"+string(m[1]), toolchain) > 0 {
			errs = append(errs, fmt.Errorf("%s: it should ask for Go %s or an older one, which go.mod names as the toolchain", file, strings.TrimPrefix(toolchain, "go")))
		}
		if file != "go.mod" && toolchainLine.Match(mod) {
			errs = append(errs, fmt.Errorf("%s: the toolchain is named in the root's go.mod alone", file))
		}
	}
	return errors.Join(errs...)
}

// workflow is what matters here of a workflow.
type workflow struct {
	Jobs map[string]struct {
		Uses  string         `yaml:"uses"`
		Steps []workflowStep `yaml:"steps"`
	} `yaml:"jobs"`
}

type workflowStep struct {
	Uses string            `yaml:"uses"`
	With map[string]string `yaml:"with"`
}

// checkWorkflows reports whether each action is pinned, whether Go is the one of go.mod, and
// whether goreleaser is the release whose types .goreleaser.yml is read with.
func (r *release) checkWorkflows() error {
	files, err := filepath.Glob(filepath.Join(r.root, workflowFolder, "*.yml"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s: there is no workflow", workflowFolder)
	}
	mod, err := os.ReadFile(filepath.Join(r.root, "tools", "release", "go.mod"))
	if err != nil {
		return err
	}
	known := goreleaser.FindSubmatch(mod)
	if known == nil {
		return errors.New("tools/release/go.mod: it should require goreleaser")
	}
	var errs []error
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var w workflow
		if err := yaml.Unmarshal(text, &w); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		is := func(what, got, want string) {
			if got != want {
				errs = append(errs, fmt.Errorf("%s: %s is %q and should be %q", filepath.Base(file), what, got, want))
			}
		}
		for _, job := range w.Jobs {
			for _, step := range append(job.Steps, workflowStep{Uses: job.Uses}) {
				if step.Uses != "" && !strings.HasPrefix(step.Uses, "./") && !pinnedAction.MatchString(step.Uses) {
					errs = append(errs, fmt.Errorf("%s: the action %s should be named by the hash of a commit", filepath.Base(file), step.Uses))
				}
				switch name, _, _ := strings.Cut(step.Uses, "@"); name {
				case "actions/setup-go":
					is("go-version-file", step.With["go-version-file"], "go.mod")
					is("go-version", step.With["go-version"], "")
				case "goreleaser/goreleaser-action":
					is("the version of goreleaser", step.With["version"], string(known[1]))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// ecosystems are where the versions of what is used are written down: a file's name, and what
// dependabot calls those who have such.
var ecosystems = map[string]string{"go.mod": "gomod", "pom.xml": "maven", "requirements.txt": "pip"}

// dependabot is what matters here of dependabot's configuration.
type dependabot struct {
	Updates []struct {
		Ecosystem   string   `yaml:"package-ecosystem"`
		Directory   string   `yaml:"directory"`
		Directories []string `yaml:"directories"`
	} `yaml:"updates"`
}

// checkUpdates reports whether updates are proposed of all that is used.
func (r *release) checkUpdates() error {
	text, err := os.ReadFile(filepath.Join(r.root, dependabotFile))
	if err != nil {
		return err
	}
	var d dependabot
	if err := yaml.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("%s: %w", dependabotFile, err)
	}
	covered := func(ecosystem, folder string) bool {
		for _, u := range d.Updates {
			if u.Ecosystem == ecosystem && slices.ContainsFunc(append(u.Directories, u.Directory), func(pattern string) bool {
				ok, err := path.Match(pattern, folder)
				return err == nil && ok
			}) {
				return true
			}
		}
		return false
	}
	var errs []error
	if !covered("github-actions", "/") {
		errs = append(errs, fmt.Errorf("%s: it should cover the workflows", dependabotFile))
	}
	for name, ecosystem := range ecosystems {
		files, err := r.manifests(name)
		if err != nil {
			return err
		}
		for _, file := range files {
			if !covered(ecosystem, path.Join("/", path.Dir(file))) {
				errs = append(errs, fmt.Errorf("%s: it should cover %s", dependabotFile, file))
			}
		}
	}
	return errors.Join(errs...)
}

// manifests are the files of a name in the checkout, by their paths in it. What was built or
// fetched is left out.
func (r *release) manifests(name string) (files []string, err error) {
	err = filepath.WalkDir(r.root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && file != r.root && (strings.HasPrefix(base, ".") || base == "bin" || base == "testdata") {
			return filepath.SkipDir
		}
		if base == name && entry.Type().IsRegular() {
			relative, err := filepath.Rel(r.root, file)
			if err != nil {
				return err
			}
			files = append(files, filepath.ToSlash(relative))
		}
		return nil
	})
	return files, err
}
