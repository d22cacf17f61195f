package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// build makes in dir, which has to be there, what .goreleaser.yml says of a version: an
// archive for each platform, the manifest, the checksums and their signature. Like
// goreleaser it takes the key to sign with from GPG_FINGERPRINT.
func (r *release) build(ctx context.Context, version, dir string) error {
	stamp, err := commitTime(ctx)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, p := range r.platforms {
		if err := r.pack(ctx, version, p, dir, stamp); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if err := r.list(ctx, dir, archiveName(version, p)); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if err := errors.Join(addSum(&sums, dir, archiveName(version, p)), addSum(&sums, dir, sbomName(version, p))); err != nil {
			return err
		}
	}
	manifest, err := os.ReadFile(filepath.Join(r.root, manifestFile))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, manifestName(version)), manifest, 0o600); err != nil {
		return err
	}
	if err := addSum(&sums, dir, manifestName(version)); err != nil {
		return err
	}
	checksums := filepath.Join(dir, checksumsName(version))
	if err := os.WriteFile(checksums, []byte(sums.String()), 0o600); err != nil {
		return err
	}
	return r.sign(ctx, version, checksums)
}

// commitTime is when the commit was made that a release is built from.
func commitTime(ctx context.Context) (time.Time, error) {
	out, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct").Output()
	if err != nil {
		return time.Time{}, fmt.Errorf("git log: %w", err)
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("git log: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// pack builds the provider for a platform, and packs it with what .goreleaser.yml adds.
func (r *release) pack(ctx context.Context, version string, p platform, dir string, stamp time.Time) (err error) {
	binary, err := render(r.config.Builds[0].Binary, r.fieldsOf(version, p))
	if err != nil {
		return err
	}
	binary += p.executable()
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	if err := r.compile(ctx, version, p, filepath.Join(work, binary)); err != nil {
		return err
	}

	archive, err := os.Create(filepath.Join(dir, archiveName(version, p)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	w := zip.NewWriter(archive)
	for _, f := range r.config.Archives[0].Files {
		if err := addFile(w, filepath.Join(r.root, f.Source), f.Source, 0o644, stamp); err != nil {
			return err
		}
	}
	if err := addFile(w, filepath.Join(work, binary), binary, 0o755, stamp); err != nil {
		return err
	}
	return w.Close()
}

// compile builds the provider for a platform as .goreleaser.yml says, with the toolchain of
// go.mod. env is added to the environment.
func (r *release) compile(ctx context.Context, version string, p platform, to string, env ...string) error {
	build := r.config.Builds[0]
	ldflags, err := render(strings.Join(build.Ldflags, " "), r.fieldsOf(version, p))
	if err != nil {
		return err
	}
	toolchain, err := r.toolchain()
	if err != nil {
		return err
	}
	args := append([]string{"build"}, build.Flags...)
	args = append(args, "-ldflags", ldflags, "-o", to, ".")
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the flags are those of .goreleaser.yml
	cmd.Dir, cmd.Stderr = r.root, os.Stderr
	cmd.Env = append(append(os.Environ(), build.Env...), "GOOS="+p.os, "GOARCH="+p.arch, "GOTOOLCHAIN="+toolchain)
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	return nil
}

// list runs what .goreleaser.yml lists the components of an archive with.
func (r *release) list(ctx context.Context, dir, archive string) error {
	sbom := r.config.SBOMs[0]
	variables := map[string]string{"artifact": archive}
	expand := func(text string) string { return os.Expand(text, func(name string) string { return variables[name] }) }
	variables["document"] = expand(sbom.Documents[0])
	args := make([]string, len(sbom.Args))
	for i, arg := range sbom.Args {
		args[i] = expand(arg)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, sbom.Cmd, args...) //nolint:gosec // the command is that of .goreleaser.yml
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	cmd.Env = append(os.Environ(), sbom.Env...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", sbom.Cmd, err, said.String())
	}
	return nil
}

// addFile adds to an archive the file at path, by another name.
func addFile(w *zip.Writer, path, name string, mode os.FileMode, stamp time.Time) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: stamp}
	header.SetMode(mode)
	entry, err := w.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(entry, f)
	return err
}

// addSum adds the line of a file to the checksums.
func addSum(sums *strings.Builder, dir, name string) error {
	sum, err := sumOf(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	fmt.Fprintf(sums, "%s  %s\n", sum, name)
	return nil
}

// sumOf is the SHA-256 of a file, in hex.
func sumOf(path string) (sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// sign runs what .goreleaser.yml signs with.
func (r *release) sign(ctx context.Context, version, checksums string) error {
	sign := r.config.Signs[0]
	signature := filepath.Join(filepath.Dir(checksums), signatureName(version))
	fields := r.fields(version)
	fields["Env"] = map[string]string{"GPG_FINGERPRINT": os.Getenv("GPG_FINGERPRINT")}
	args := make([]string, len(sign.Args))
	for i, arg := range sign.Args {
		text, err := render(arg, fields)
		if err != nil {
			return err
		}
		args[i] = os.Expand(text, func(name string) string {
			return map[string]string{"artifact": checksums, "signature": signature}[name]
		})
	}
	cmd := exec.CommandContext(ctx, sign.Cmd, args...) //nolint:gosec // the command is that of .goreleaser.yml
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", sign.Cmd, err)
	}
	return nil
}
