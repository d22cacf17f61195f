package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"terraform-provider-zookeeper/chaos/oracle"
)

// sum tells what all rounds came to. The last line is a contract.
func (h *harness) sum() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, act := range slices.Sorted(maps.Keys(h.tally)) {
		h.tell("%6d %s\n", h.tally[act], act)
	}
	if h.imports > 0 || h.orphans > 0 {
		h.tell("after a SIGKILL in a creation: %d manual imports, %d nodes left behind\n", h.imports, h.orphans)
	}
	if h.parents > 0 {
		h.tell("after an early end between a node and its parent, which has a resource of its own: %d manual imports\n", h.parents)
	}
	if h.replacements > 0 {
		h.tell("after a creation without an answer, with create_before_destroy and without adopt_existing: %d manual imports\n", h.replacements)
	}
	if h.lostStates > 0 {
		h.tell("%d states that the CLI lost when it was killed while it wrote them\n", h.lostStates)
	}
	h.tell("%d rounds, %d faults, %d violations\n", h.played, h.faults, h.violations)
	if h.violations > 0 {
		return errors.Join(h.unsaid, errViolated)
	}
	return h.unsaid
}

// tell writes a line. The mutex is held.
func (h *harness) tell(format string, args ...any) {
	_, err := fmt.Fprintf(h.to, format, args...)
	h.unsaid = errors.Join(h.unsaid, err)
}

// store keeps what is known of a round: its working folders, and what the servers tell.
func (h *harness) store(round *oracle.Round, violations []oracle.Violation, dir string) error {
	to := filepath.Join(h.keep, filepath.Base(dir))
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		return err
	}
	var text strings.Builder
	for _, v := range violations {
		fmt.Fprintln(&text, v)
	}
	fmt.Fprintf(&text, "\nensemble: %t\n", round.Scenario.Ensemble)
	for _, run := range round.Runs {
		fmt.Fprintf(&text, "%s: from %#x to %#x, exit code %d, sessions %#x, faults %v\n", run.Name, run.From, run.To, run.Code, run.Sessions, run.Faults)
	}
	for i, e := range round.Endings {
		fmt.Fprintf(&text, "actor %d: %d applies, imports %v, settled %#x, destroyed with %d\n", i, e.Applies, e.Imports, e.Settled, e.Destroyed)
	}
	fmt.Fprintf(&text, "somebody else: %v, sessions %#x\n\nbefore: %v\n\n", round.Acts, slices.Sorted(maps.Keys(round.Foreign)), round.Before.Paths())
	for _, txn := range round.Txns {
		fmt.Fprintln(&text, txn)
	}
	return os.WriteFile(filepath.Join(to, "round.txt"), []byte(text.String()), 0o600)
}
