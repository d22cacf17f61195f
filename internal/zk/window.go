package zk

import (
	"cmp"
	"context"
	"errors"

	"terraform-provider-zookeeper/internal/zk/conn"
)

// A window has many requests under way at once, and a bounded number of them: it sends ahead of what it
// takes in, which it does in the order in which they were sent.
type window[T any] struct {
	// width is how many may have been sent and not been taken in, 1 at least. It is asked each time.
	width func() int
	// send sends what is needed for the i-th thing, and does not wait.
	send func(i int) T
	// take waits for what was sent, and takes it in. With [errEnough] it ends the window as if there were
	// no more to be sent.
	take func(i int, sent T) error
	// drop takes back what was sent, when take has failed or there is enough; nil where what has been sent
	// is to be taken in all the same, as that of writes is.
	drop func(sent T)
}

// errEnough ends a window without an error.
var errEnough = errors.New("there is enough")

// slide sends and takes in n things. The first error of take, or the end of ctx, keeps further ones from
// being sent, and is returned. It returns how many have been taken in by then.
func (w *window[T]) slide(ctx context.Context, n int) (taken int, err error) {
	var ahead []T // sent, and not taken in
	sent := 0
	for {
		for err == nil && sent < min(n, taken+max(1, w.width())) {
			if err = conn.ContextError(ctx); err == nil {
				ahead = append(ahead, w.send(sent))
				sent++
			}
		}
		if len(ahead) == 0 || err != nil && w.drop != nil {
			break
		}
		terr := w.take(taken, ahead[0])
		enough := errors.Is(terr, errEnough)
		if terr != nil && !enough {
			if err = cmp.Or(err, terr); w.drop != nil {
				break
			}
		}
		ahead = ahead[1:]
		taken++
		if enough {
			if n = sent; w.drop != nil {
				break
			}
		}
	}
	for _, one := range ahead {
		w.drop(one)
	}
	return taken, err
}

// always is a width that does not change.
func always(n int) func() int { return func() int { return n } }
