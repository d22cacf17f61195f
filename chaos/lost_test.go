package main

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"terraform-provider-zookeeper/chaos/stage"
)

// Each apply with lost replies once: none fails, and each has lost some.
func TestLost(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := options{lost: 1, cli: cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "../bin/tofu"), keep: "failed", verbose: true}
	if err := run(t.Context(), o, "..", &out); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", &out)
	for _, loss := range stage.Losses {
		if !strings.Contains(out.String(), "\n"+loss.Name+": 1 applies, 0 failed (") {
			t.Errorf("nothing is told of %s", loss.Name)
		}
	}
	if last := regexp.MustCompile(`(?m)^4 applies, 0 failed\n\z`); !last.Match(out.Bytes()) {
		t.Error("the last line is not what it is to be")
	}
}

// An apply that fails is told of and kept, and fails the run. One that has lost nothing does not count.
func TestLost_fails(t *testing.T) {
	t.Parallel()
	lost := stage.Trial{Happened: true, Unanswered: 2}
	failed := stage.Trial{Happened: true, Unanswered: 1, Wrong: "it ended with exit code 1"}
	for name, tt := range map[string]struct {
		trials []stage.Trial
		want   string // what is said
		kept   string // the number of the trial that is kept
		broken string // why nothing is said
	}{
		"none":          {trials: []stage.Trial{lost, lost}, want: "some nodes: 2 applies, 0 failed (4 writes were done and not answered)\n"},
		"one":           {trials: []stage.Trial{lost, failed}, want: "some nodes: apply 1: it ended with exit code 1\nsome nodes: 2 applies, 1 failed (3 writes were done and not answered)\n", kept: "1"},
		"one in vain":   {trials: []stage.Trial{{}, lost, {}, lost}, want: "some nodes: 2 applies, 0 failed (4 writes were done and not answered)\n"},
		"all in vain":   {trials: make([]stage.Trial, maxVain+1), kept: "5", broken: "apply 5 has lost nothing"},
		"fails in vain": {trials: []stage.Trial{lost, {Wrong: "it ended with exit code 1"}}, kept: "1", broken: "apply 1 has lost nothing: it ended with exit code 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			h := &harness{options: options{lost: 2, keep: t.TempDir()}, to: &out}
			dir := filepath.Join(t.TempDir(), "lost-0")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			err := h.repeat("some nodes", dir, func(number int) (stage.Trial, error) { return tt.trials[number], nil })
			switch {
			case tt.broken == "" && err != nil, tt.broken != "" && (err == nil || !strings.Contains(err.Error(), tt.broken)):
				t.Errorf("it ended with %v", err)
			case out.String() != tt.want:
				t.Errorf("it said\n%s", &out)
			}
			if kept, err := filepath.Glob(filepath.Join(h.keep, "lost-0-*")); err != nil || strings.Join(kept, " ") != strings.Repeat(filepath.Join(h.keep, "lost-0-")+tt.kept, min(1, len(tt.kept))) {
				t.Errorf("kept is %v, %v", kept, err)
			}
			if tt.broken == "" && errors.Is(h.sumLost(), errFailed) != (tt.kept != "") {
				t.Error("that applies have failed is told wrongly")
			}
		})
	}
}
