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
	"strconv"
	"strings"

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
	flag.StringVar(&what.part, "part", what.part, "what to measure: client, provider, single, tree, big, lots or all, which is all but lots; of the rest results.json has what it had")
	flag.StringVar(&what.cli, "cli", what.cli, "the CLI that the provider is measured with")
	flag.IntVar(&what.provider.Rounds, "provider-rounds", what.provider.Rounds, "how often the provider is measured")
	flag.Func("singles", "numbers of zookeeper_znode, as in 1000,5000", numbers(&what.provider.Singles))
	flag.Func("acl", "numbers of entries of an ACL, as in 500,1000", numbers(&what.provider.ACL))
	flag.IntVar(&what.provider.Tree, "tree", what.provider.Tree, "number of nodes of a tree")
	flag.IntVar(&what.provider.Lots, "nodes", what.provider.Lots, "number of zookeeper_znode of the part lots")
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
	part     string // what is measured: one of the parts, or all
}

var full = sizes{client: client.Full, provider: provider.Full, cli: "../bin/tofu", servers: client.Usual, part: all}

// The parts of the benchmark. Big takes the better part of an hour and lots takes hours, nearly
// all of it the CLI's own. Lots is measured alone, and when it is asked for.
const (
	ofClient   = "client"
	ofProvider = "provider"
	ofSingle   = "single"
	ofTree     = "tree"
	ofBig      = "big"
	ofLots     = "lots"
	all        = "all"
)

// run measures everything and writes the results. It is to be run in this module's root.
func run(ctx context.Context, what sizes, out string, to io.Writer) error {
	var r report.Report
	if what.part != all {
		if err := load(filepath.Join(out, results), &r); err != nil {
			return err
		}
	}
	measured := false
	for _, part := range []struct {
		name    string
		measure func() error
	}{
		{ofClient, func() error { return client.Run(ctx, what.client, what.servers, &r) }},
		{ofProvider, func() error { return provider.Run(ctx, what.provider, what.cli, "..", &r) }},
		{ofSingle, func() error { return provider.RunSingle(ctx, what.provider, what.cli, "..", &r) }},
		{ofTree, func() error { return provider.RunTree(ctx, what.provider, what.cli, "..", &r) }},
		{ofBig, func() error { return provider.RunBig(ctx, what.provider, what.cli, "..", &r) }},
		{ofLots, func() error { return provider.RunLots(ctx, what.provider, what.cli, "..", &r) }},
	} {
		if what.part != part.name && (what.part != all || part.name == ofLots) {
			continue
		}
		measured = true
		if err := part.measure(); err != nil {
			return err
		}
	}
	if !measured {
		return fmt.Errorf("there is no part %q", what.part)
	}
	_, err := fmt.Fprintf(to, "%s, %s/%s, %d cores. The client on %s: the medians of %d rounds. The provider on a server as it is by default: the medians of %d rounds, and of one for the largest number of nodes.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), what.servers, what.client.Rounds, what.provider.Rounds)
	if err := errors.Join(err, r.Table(to)); err != nil || out == "" {
		return err
	}
	return errors.Join(
		write(filepath.Join(out, results), r.JSON),
		write(filepath.Join(out, chart), func(w io.Writer) error { return r.Chart(w, client.Panels()...) }),
	)
}

// numbers sets numbers from a list with commas.
func numbers(to *[]int) func(string) error {
	return func(list string) error {
		*to = nil
		for s := range strings.SplitSeq(list, ",") {
			n, err := strconv.Atoi(s)
			if err != nil {
				return err
			}
			*to = append(*to, n)
		}
		return nil
	}
}

// load takes up what was measured earlier, if anything was.
func load(name string, r *report.Report) error {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(r.Load(f), f.Close())
}

func write(name string, content func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(content(f), f.Close())
}
