// Command release holds a release to what the Terraform and OpenTofu registries take. It
// reads .goreleaser.yml with goreleaser's own types, so that the names, the platforms and
// the flags of a release are written down once; it is run in the root of the checkout.
//
//	release check                     the sources: .goreleaser.yml, the manifest, CHANGELOG.md
//	release platforms                 prints the platforms of a release, one a line, as os_arch
//	release notes VERSION             prints what CHANGELOG.md says of a version, which has to have a date
//	release build VERSION DIR         builds, packs and signs into DIR what goreleaser would publish
//	release verify VERSION DIR KEY    the files in DIR, as a registry looks at them; KEY is the public key, armored
//
// What it builds is for checking. goreleaser makes the release that is published, and
// what it uploaded is verified in the same way.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "release: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	rel, err := load(".")
	if err != nil {
		return err
	}
	command, args := first(args)
	switch {
	case command == "check" && len(args) == 0:
		return rel.checkSources(ctx)
	case command == "platforms" && len(args) == 0:
		for _, p := range rel.platforms {
			if _, err := fmt.Fprintln(out, p); err != nil {
				return err
			}
		}
		return nil
	case command == "notes" && len(args) == 1:
		notes, err := rel.notes(args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, notes)
		return err
	case command == "build" && len(args) == 2:
		return rel.build(ctx, args[0], args[1])
	case command == "verify" && len(args) == 3:
		return rel.verify(args[0], args[1], args[2])
	}
	return errors.New("usage: release check | platforms | notes VERSION | build VERSION DIR | verify VERSION DIR KEY")
}

func first(args []string) (string, []string) {
	if len(args) == 0 {
		return "", nil
	}
	return args[0], args[1:]
}
