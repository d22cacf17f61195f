// Bench measures this project beside others and prints ratios. It writes them to
// results.json and draws them in results.svg, in the folder that -out names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"

	"terraform-provider-zookeeper/bench/client"
	"terraform-provider-zookeeper/bench/report"
)

// The names of the files that are written.
const (
	results = "results.json"
	chart   = "results.svg"
)

func main() {
	sizes := client.Full
	flag.IntVar(&sizes.Rounds, "rounds", sizes.Rounds, "how often everything is measured")
	out := flag.String("out", ".", "the folder for results.json and results.svg; empty for none")
	nio := flag.Bool("nio", false, "leave the server's connection handling at its default, NIO")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, sizes, *nio, *out, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything and writes the results.
func run(ctx context.Context, sizes client.Sizes, nio bool, out string, to io.Writer) error {
	var r report.Report
	if err := client.Run(ctx, sizes, nio, &r); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to, "The client, on %s; the medians of %d rounds. %s, %s/%s, %d cores.\n\n",
		client.Setting(nio), sizes.Rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if err := errors.Join(err, r.Table(to)); err != nil || out == "" {
		return err
	}
	return errors.Join(
		write(filepath.Join(out, results), r.JSON),
		write(filepath.Join(out, chart), func(w io.Writer) error { return r.Chart(w, client.Panels()...) }),
	)
}

func write(name string, content func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(content(f), f.Close())
}
