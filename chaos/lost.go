package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"terraform-provider-zookeeper/chaos/stage"
)

// errFailed is why a run fails in which an apply did.
var errFailed = errors.New("applies failed")

// maxVain is how often in a row an apply may lose nothing before the harness is taken to be broken.
const maxVain = 5

// lose carries out all applies with lost replies, those on a single server beside those on an ensemble.
func (h *harness) lose(ctx context.Context) error {
	err := beside(
		func() error { return h.loseOn(ctx, false) },
		func() error { return h.loseOn(ctx, true) },
	)
	if err != nil {
		return err
	}
	return h.sumLost()
}

// sumLost tells what all applies came to. The last line is a contract.
func (h *harness) sumLost() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell("%d applies, %d failed\n", h.applied, h.failed)
	if h.failed > 0 {
		return errors.Join(h.unsaid, errFailed)
	}
	return h.unsaid
}

// loseOn carries out those on a single server or on an ensemble.
func (h *harness) loseOn(ctx context.Context, ensemble bool) (err error) {
	world, err := stage.NewWorld(ctx, ensemble)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close(context.WithoutCancel(ctx))) }()
	for i, loss := range stage.Losses {
		if loss.Ensemble != ensemble {
			continue
		}
		dir := filepath.Join(h.dir, fmt.Sprintf("lost-%d", i))
		if err := h.repeat(loss.Name, dir, func(number int) (stage.Trial, error) { return h.stage.Lose(ctx, world, loss, number, dir) }); err != nil {
			return fmt.Errorf("%s: %w", loss.Name, err)
		}
	}
	return nil
}

// repeat makes as many trials as it is to, in a folder, and tells what came of them. One in which nothing
// was lost is made again, and not counted.
func (h *harness) repeat(name, dir string, trial func(number int) (stage.Trial, error)) error {
	done, failed, unanswered, vain := 0, 0, 0, 0
	for number := 0; done < h.lost; number++ {
		t, err := trial(number)
		switch {
		case err != nil:
			return err
		case !t.Happened && t.Wrong == "" && vain < maxVain:
			vain++
			continue
		case !t.Happened:
			return errors.Join(fmt.Errorf("apply %d has lost nothing: %s", number, t.Wrong), h.keepTrial(dir, number))
		}
		done, vain = done+1, 0
		unanswered += t.Unanswered
		if t.Wrong != "" {
			failed++
			if err := h.keepTrial(dir, number); err != nil {
				return err
			}
		}
		h.trial(name, number, t)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.applied += h.lost
	h.failed += failed
	h.tell("%s: %d applies, %d failed (%d writes were done and not answered)\n", name, h.lost, failed, unanswered)
	return nil
}

// trial tells of one trial, if that is to be told.
func (h *harness) trial(name string, number int, t stage.Trial) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case t.Wrong != "":
		h.tell("%s: apply %d: %.500s\n", name, number, t.Wrong)
	case h.verbose:
		h.tell("%s: apply %d: %v, %d writes were done and not answered\n", name, number, t.Took.Round(100*time.Millisecond), t.Unanswered)
	}
}

// keepTrial keeps what is known of a trial.
func (h *harness) keepTrial(dir string, number int) error {
	to := filepath.Join(h.keep, fmt.Sprintf("%s-%d", filepath.Base(dir), number))
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.CopyFS(to, os.DirFS(dir))
}
