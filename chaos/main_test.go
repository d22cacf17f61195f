package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/oracle"
	"terraform-provider-zookeeper/chaos/scenario"
)

// A few rounds, which are the same each time: enough to see that the harness works, and that
// nothing is wrong that shows at once.
func TestRounds(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cli := cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "../bin/tofu")
	o := options{rounds: 4, seed: 1, cli: cli, keep: "failed", verbose: true}
	if err := run(t.Context(), o, "..", &out); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", &out)
	if last := regexp.MustCompile(`(?m)^4 rounds, [1-9]\d* faults, 0 violations\n\z`); !last.Match(out.Bytes()) {
		t.Error("the last line is not what it is to be")
	}
}

// A violation is told with its seed, fails the run, and all that is known of it is kept.
func TestViolation(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	dir := filepath.Join(t.TempDir(), "seed-42")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte("# configuration\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := &harness{options: options{keep: t.TempDir()}, to: &out, tally: make(map[scenario.Act]int)}
	round := &oracle.Round{
		Scenario: scenario.Round{Seed: 42},
		Before:   make(history.Tree),
		Txns:     []history.Txn{{Zxid: 1, Session: 2, Changes: []history.Change{{Kind: history.Create, Path: "/left"}}}},
		Runs:     []oracle.Run{{Name: "run 1", Sessions: []int64{2}, StateLost: true, Faults: []scenario.Fault{{What: scenario.KillBoth}, {What: scenario.Drip}}}},
		Endings:  []oracle.Ending{{Imports: []oracle.Import{{Path: "/left"}}}},
	}
	h.count(round, []oracle.Violation{{What: "nothing is wrong", Text: "something is"}}, time.Second)
	if err := h.store(round, []oracle.Violation{{What: "nothing is wrong", Text: "something is"}}, dir); err != nil {
		t.Error(err)
	}
	if err := h.sum(); !errors.Is(err, errViolated) {
		t.Errorf("it ended with %v", err)
	}
	want := "seed 42: nothing is wrong: something is\nagain: make chaos SEED=42 ROUNDS=1\n" +
		"     1 SIGKILL to the CLI and the provider\n     1 dripping reply\n" +
		"after a SIGKILL in a creation: 1 manual imports, 1 nodes left behind\n" +
		"1 states that the CLI lost when it was killed while it wrote them\n1 rounds, 2 faults, 1 violations\n"
	if out.String() != want {
		t.Errorf("it said\n%s", &out)
	}
	for name, text := range map[string]string{"main.tf": "# configuration", "round.txt": "nothing is wrong: something is"} {
		b, err := os.ReadFile(filepath.Join(h.keep, "seed-42", name))
		if err != nil || !strings.Contains(string(b), text) {
			t.Errorf("%s has %q, %v", name, b, err)
		}
	}
}

// Where nothing can be told, that is an error too.
func TestSum_unsaid(t *testing.T) {
	t.Parallel()
	_, out := io.Pipe()
	_ = out.CloseWithError(io.ErrClosedPipe)
	h := &harness{to: out}
	if err := h.sum(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("it ended with %v", err)
	}
}
