package zk

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// What is under way is never more than the window is wide, and is taken in its order.
func TestWindow(t *testing.T) {
	t.Parallel()
	const n = 50
	broken := errors.New("broken")
	for name, tc := range map[string]struct {
		n, width int
		fails    int // the one whose take fails; -1 for none
		err      error
		keeps    bool // what was sent is taken in all the same
		taken    int
		want     error
	}{
		"none":                           {n: 0, width: 4, fails: -1},
		"fewer than it is wide":          {n: 3, width: 4, fails: -1, taken: 3},
		"many":                           {n: n, width: 4, fails: -1, taken: n},
		"no width":                       {n: n, width: 0, fails: -1, taken: n},
		"the first fails":                {n: n, width: 4, fails: 0, err: broken, want: broken},
		"one fails":                      {n: n, width: 4, fails: 7, err: broken, taken: 7, want: broken},
		"enough":                         {n: n, width: 4, fails: 7, err: errEnough, taken: 8},
		"enough, and all have effect":    {n: n, width: 4, fails: 7, err: errEnough, keeps: true, taken: 11},
		"one fails, and all have effect": {n: n, width: 4, fails: 7, err: broken, keeps: true, taken: 11, want: broken},
		"the last fails":                 {n: n, width: 4, fails: n - 1, err: broken, keeps: true, taken: n, want: broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var under, seen, dropped []int
			w := window[int]{
				width: always(tc.width),
				send: func(i int) int {
					if under = append(under, i); len(under) > max(1, tc.width) {
						t.Errorf("%d are under way", len(under))
					}
					return i
				},
				take: func(i, sent int) error {
					if i != sent || under[0] != i {
						t.Errorf("%d was taken for %d, with %v under way", sent, i, under)
					}
					under, seen = under[1:], append(seen, i)
					if i == tc.fails {
						return tc.err
					}
					return nil
				},
			}
			if !tc.keeps {
				w.drop = func(sent int) { dropped = append(dropped, sent) }
			}
			taken, err := w.slide(t.Context(), tc.n)
			if taken != tc.taken || !errors.Is(err, tc.want) || tc.want == nil && err != nil {
				t.Errorf("%d taken, %v", taken, err)
			}
			for _, i := range under {
				if tc.keeps || !slices.Contains(dropped, i) {
					t.Errorf("%d was sent and not taken in", i)
				}
			}
		})
	}
}

// After the end of the context nothing is sent; what has been is taken back, or taken in.
func TestWindowEnds(t *testing.T) {
	t.Parallel()
	for name, keeps := range map[string]bool{"reads": false, "writes": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			sent, dropped := 0, 0
			w := window[int]{
				width: always(4),
				send:  func(i int) int { sent++; return i },
				take: func(i, _ int) error {
					if i == 9 {
						cancel()
					}
					return nil
				},
			}
			if !keeps {
				w.drop = func(int) { dropped++ }
			}
			taken, err := w.slide(ctx, 100)
			if !errors.Is(err, context.Canceled) || sent != 13 || taken+dropped != sent || keeps != (taken == sent) {
				t.Errorf("%d sent, %d taken, %d taken back: %v", sent, taken, dropped, err)
			}
		})
	}
}
