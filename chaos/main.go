// Chaos applies configurations with the real CLI while connections, sessions, servers and
// processes fail and somebody else writes to the same nodes, and looks whether anything happened
// that must not. All of a round comes from its seed.
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
	"sync"
	"syscall"
	"time"

	"terraform-provider-zookeeper/chaos/oracle"
	"terraform-provider-zookeeper/chaos/scenario"
	"terraform-provider-zookeeper/chaos/stage"
)

func main() {
	o := options{}
	flag.IntVar(&o.rounds, "rounds", 20, "how many rounds")
	flag.Uint64Var(&o.seed, "seed", 0, "the seed of the first round, the others follow; 0 for one that was never used")
	flag.IntVar(&o.lost, "lost", 0, "instead of rounds, carry out each apply with lost replies so many times")
	flag.DurationVar(&o.span, "for", 0, "begin no round after this time; 0 for no end")
	flag.StringVar(&o.cli, "cli", "../bin/tofu", "the CLI")
	flag.StringVar(&o.keep, "keep", "failed", "the folder for what is known of rounds with violations")
	flag.BoolVar(&o.all, "keep-all", false, "keep what is known of all rounds")
	flag.BoolVar(&o.verbose, "v", false, "tell of each round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, "..", os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

type options struct {
	rounds, lost int
	seed         uint64
	span         time.Duration
	cli, keep    string
	all, verbose bool
}

// errViolated is why a run fails in which something happened that must not.
var errViolated = errors.New("invariants were violated")

// run carries out rounds, or applies with lost replies, and tells what came of them. root is the
// provider's module.
func run(ctx context.Context, o options, root string, to io.Writer) (err error) {
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano()) % 1_000_000_000
	}
	dir, err := os.MkdirTemp("", "chaos-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cli, err := stage.Install(ctx, o.cli, root, dir)
	if err != nil {
		return err
	}
	h := &harness{options: o, stage: &stage.Stage{CLI: cli}, dir: dir, to: to, began: time.Now(), tally: make(map[scenario.Act]int)}
	if o.lost > 0 {
		return h.lose(ctx)
	}
	var single, ensemble []scenario.Round
	for i := range o.rounds {
		if r := scenario.New(o.seed + uint64(i)); r.Ensemble {
			ensemble = append(ensemble, r)
		} else {
			single = append(single, r)
		}
	}
	err = beside(
		func() error { return h.play(ctx, false, single) },
		func() error { return h.play(ctx, true, ensemble) },
	)
	if err != nil {
		return err
	}
	return h.sum()
}

// beside calls functions at the same time.
func beside(functions ...func() error) error {
	var all sync.WaitGroup
	errs := make([]error, len(functions))
	for i, function := range functions {
		all.Go(func() { errs[i] = function() })
	}
	all.Wait()
	return errors.Join(errs...)
}

// harness carries out rounds and counts.
type harness struct {
	options

	stage *stage.Stage
	dir   string
	began time.Time

	mu                         sync.Mutex
	to                         io.Writer
	unsaid                     error // why something could not be told
	played, faults, violations int
	imports, parents           int // of what killed runs have created, and of what others have on the way
	replacements               int // imports of what a replacement has found
	orphans, lostStates        int
	applied, failed            int // of the applies with lost replies
	tally                      map[scenario.Act]int
}

// play carries out rounds one after the other, on servers of their own.
func (h *harness) play(ctx context.Context, ensemble bool, rounds []scenario.Round) (err error) {
	if len(rounds) == 0 {
		return nil
	}
	world, err := stage.NewWorld(ctx, ensemble)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close(context.WithoutCancel(ctx))) }()
	for _, scene := range rounds {
		if h.span > 0 && time.Since(h.began) > h.span {
			return nil
		}
		dir := filepath.Join(h.dir, fmt.Sprintf("seed-%d", scene.Seed))
		began := time.Now()
		round, err := h.stage.Play(ctx, world, scene, dir)
		if err != nil {
			return fmt.Errorf("seed %d: %w", scene.Seed, err)
		}
		violations := oracle.Check(round)
		h.count(round, violations, time.Since(began))
		if len(violations) > 0 || h.all {
			if err := h.store(round, violations, dir); err != nil {
				return err
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

// count counts a round, and tells of its violations.
func (h *harness) count(round *oracle.Round, violations []oracle.Violation, took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.played++
	h.violations += len(violations)
	h.orphans += oracle.Orphans(round)
	faults := 0
	for _, run := range round.Runs {
		faults += len(run.Faults)
		if run.StateLost {
			h.lostStates++
		}
		for _, f := range run.Faults {
			h.tally[f.What]++
		}
	}
	h.faults += faults
	parents := oracle.ParentImports(round)
	h.parents += parents
	replacements := oracle.ReplacementImports(round)
	h.replacements += replacements
	h.imports -= parents + replacements
	for _, e := range round.Endings {
		h.imports += len(e.Imports)
	}
	if h.verbose {
		h.tell("seed %d: %d runs, %d faults, %d violations, %v\n", round.Scenario.Seed, len(round.Runs), faults, len(violations), took.Round(100*time.Millisecond))
	}
	for _, v := range violations {
		h.tell("seed %d: %v\n", round.Scenario.Seed, v)
	}
	if len(violations) > 0 {
		h.tell("again: make chaos SEED=%d ROUNDS=1\n", round.Scenario.Seed)
	}
}
