package main

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// verify looks at the files of a release in dir as a registry, Terraform and OpenTofu do:
// their names, the checksums, the signature, the manifest, and in each archive a program
// for its platform. It takes them from nowhere else, so they may be those of goreleaser.
func (r *release) verify(version, dir, key string) error {
	if len(r.platforms) == 0 {
		return errors.New(".goreleaser.yml: it names no platform")
	}
	if err := verifySignature(version, dir, key); err != nil {
		return err
	}
	manifest, err := os.ReadFile(filepath.Join(dir, manifestName(version)))
	if err != nil {
		return err
	}
	source, err := os.ReadFile(filepath.Join(r.root, manifestFile))
	if err != nil {
		return err
	}
	if !bytes.Equal(manifest, source) {
		return fmt.Errorf("%s is not %s", manifestName(version), manifestFile)
	}
	names := []string{manifestName(version)}
	for _, p := range r.platforms {
		names = append(names, archiveName(version, p), sbomName(version, p))
	}
	if err := verifyNames(dir, append(slices.Clone(names), checksumsName(version), signatureName(version))); err != nil {
		return err
	}
	if err := verifySums(filepath.Join(dir, checksumsName(version)), names); err != nil {
		return err
	}
	toolchain, err := r.toolchain()
	if err != nil {
		return err
	}
	for _, p := range r.platforms {
		program, err := verifyArchive(filepath.Join(dir, archiveName(version, p)), version, p)
		if err != nil {
			return fmt.Errorf("%s: %w", archiveName(version, p), err)
		}
		if program.GoVersion != toolchain {
			return fmt.Errorf("%s: it was built with %s, and what is checked for vulnerabilities is %s", archiveName(version, p), program.GoVersion, toolchain)
		}
		if err := verifySBOM(filepath.Join(dir, sbomName(version, p)), program); err != nil {
			return fmt.Errorf("%s: %w", sbomName(version, p), err)
		}
	}
	return nil
}

// verifySBOM reports whether a list of components, in SPDX, has every module that is compiled
// into a program.
func verifySBOM(path string, program *buildinfo.BuildInfo) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var sbom struct {
		Version  string `json:"spdxVersion"`
		Packages []struct {
			Name    string `json:"name"`
			Version string `json:"versionInfo"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(data, &sbom); err != nil {
		return err
	}
	if !strings.HasPrefix(sbom.Version, "SPDX-2.") {
		return fmt.Errorf("its version is %q, and not one of SPDX 2", sbom.Version)
	}
	listed := map[string]bool{}
	for _, p := range sbom.Packages {
		listed[p.Name+" "+p.Version] = true
	}
	if len(program.Deps) == 0 {
		return errors.New("the program names no module that is compiled into it")
	}
	for _, module := range append(program.Deps, &debug.Module{Path: "stdlib", Version: program.GoVersion}) {
		if !listed[module.Path+" "+module.Version] {
			return fmt.Errorf("it does not list %s %s", module.Path, module.Version)
		}
	}
	return nil
}

// verifyNames reports whether dir has the files of these names and no other.
func verifyNames(dir string, want []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	missing := slices.Clone(want)
	for _, e := range entries {
		i := slices.Index(missing, e.Name())
		if i < 0 {
			errs = append(errs, fmt.Errorf("%s is no file of a release", e.Name()))
			continue
		}
		missing = slices.Delete(missing, i, i+1)
	}
	for _, name := range missing {
		errs = append(errs, fmt.Errorf("%s is missing", name))
	}
	return errors.Join(errs...)
}

// verifySignature checks the signature of the checksums with the same library that
// Terraform and OpenTofu check it with. HashiCorp's registry takes RSA and DSA keys.
func verifySignature(version, dir, key string) (err error) {
	armored, err := os.Open(key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, armored.Close()) }()
	keys, err := openpgp.ReadArmoredKeyRing(armored)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	for _, k := range keys {
		if a := k.PrimaryKey.PubKeyAlgo; a != packet.PubKeyAlgoRSA && a != packet.PubKeyAlgoDSA {
			return fmt.Errorf("%s: a key that is neither RSA nor DSA is refused by registries", key)
		}
	}
	signed, err := os.ReadFile(filepath.Join(dir, checksumsName(version)))
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(filepath.Join(dir, signatureName(version)))
	if err != nil {
		return err
	}
	if _, err := openpgp.CheckDetachedSignature(keys, bytes.NewReader(signed), bytes.NewReader(signature), nil); err != nil {
		return fmt.Errorf("%s: %w", signatureName(version), err)
	}
	return nil
}

// verifySums reports whether the checksums are those of the files of these names.
func verifySums(path string, names []string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimRight(line, "\n"), "  ")
		if !ok || !slices.Contains(names, name) || listed[name] != "" {
			return fmt.Errorf("%s: the line %q is not expected", filepath.Base(path), line)
		}
		listed[name] = sum
	}
	for _, name := range names {
		sum, err := sumOf(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return err
		}
		if listed[name] != sum {
			return fmt.Errorf("%s: the checksum of %s is %q and should be %q", filepath.Base(path), name, listed[name], sum)
		}
	}
	return nil
}

// verifyArchive reports whether an archive has the licence and one program, and whether it
// is one for the platform. It returns what the program says of itself.
func verifyArchive(path, version string, p platform) (program *buildinfo.BuildInfo, err error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	var files []string
	for _, f := range archive.File {
		files = append(files, f.Name)
	}
	slices.Sort(files)
	binary := binaryName(version) + p.executable()
	if want := []string{"LICENSE", binary}; !slices.Equal(files, want) {
		return nil, fmt.Errorf("it holds %q and should hold %q", files, want)
	}
	for _, f := range archive.File {
		if f.Name == binary {
			return verifyProgram(f, p)
		}
	}
	return nil, fmt.Errorf("it does not hold %s", binary)
}

func verifyProgram(f *zip.File, p platform) (info *buildinfo.BuildInfo, err error) {
	if f.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("%s cannot be executed: its mode is %s", f.Name, f.Mode())
	}
	content, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	data, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	if info, err = buildinfo.Read(bytes.NewReader(data)); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	for key, want := range map[string]string{"GOOS": p.os, "GOARCH": p.arch, "CGO_ENABLED": "0", "-trimpath": "true"} {
		if settings[key] != want {
			return nil, fmt.Errorf("%s: it was built with %s=%s and should be with %s", f.Name, key, settings[key], want)
		}
	}
	if info.Main.Path != provider {
		return nil, fmt.Errorf("%s: it is the program %s", f.Name, info.Main.Path)
	}
	return info, nil
}
