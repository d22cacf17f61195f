package engine

import (
	"testing"
	"time"
)

func TestRetryDelays(t *testing.T) {
	t.Parallel()
	p := RetryPolicy{Delay: 100 * time.Millisecond, Backoff: 3, MaxDelay: time.Second, Jitter: -1}
	if err := p.complete(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{100, 300, 900, 1000, 1000} {
		if got := p.delay(i + 1); got.Milliseconds() != want {
			t.Errorf("wait %d: %v", i+1, got)
		}
	}
	p.Jitter = 0.5
	for range 100 {
		if got := p.delay(1); got < 50*time.Millisecond || got > 100*time.Millisecond {
			t.Fatalf("a wait of %v", got)
		}
	}
	// Far beyond what a float64 of nanoseconds would hold.
	if got := p.delay(100000); got > time.Second {
		t.Errorf("a wait of %v", got)
	}
}
