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
	"terraform-provider-zookeeper/bench/provider"
	"terraform-provider-zookeeper/bench/report"
)

// The names of the files that are written.
const (
	results = "results.json"
	chart   = "results.svg"
)

func main() {
	if code, ok := provider.Meter(); ok {
		os.Exit(code)
	}
	what := full
	flag.IntVar(&what.client.Rounds, "rounds", what.client.Rounds, "how often the client is measured")
	flag.StringVar(&what.cli, "cli", what.cli, "the CLI that the provider is measured with")
	out := flag.String("out", ".", "the folder for results.json and results.svg; empty for none")
	flag.TextVar(&what.servers.Single, "single", &what.servers.Single, "how the server of the operations on single nodes handles connections: NIO or Netty")
	flag.TextVar(&what.servers.Many, "many", &what.servers.Many, "the same of the server of the operations on many nodes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, what, *out, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// sizes say what is measured, and how much of it.
type sizes struct {
	client   client.Sizes
	provider provider.Sizes
	cli      string // with which the provider is measured
	servers  client.Servers
}

var full = sizes{client: client.Full, provider: provider.Full, cli: "../bin/tofu", servers: client.Usual}

// run measures everything and writes the results. It is to be run in this module's root.
func run(ctx context.Context, what sizes, out string, to io.Writer) error {
	var r report.Report
	if err := client.Run(ctx, what.client, what.servers, &r); err != nil {
		return err
	}
	if err := provider.Run(ctx, what.provider, what.cli, "..", &r); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to, "%s, %s/%s, %d cores. The client on %s: the medians of %d rounds. The provider on a server as it is by default: the medians of %d rounds, of %d for the largest.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), what.servers, what.client.Rounds, what.provider.Rounds, what.provider.BigRounds)
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
