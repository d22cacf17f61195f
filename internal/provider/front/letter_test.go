package front

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

type key struct{}

// While a request runs its context has all that the parent's has; afterwards it has ended, and
// has nothing of it.
func TestRequest(t *testing.T) {
	t.Parallel()
	parent := context.WithValue(t.Context(), key{}, "value")
	ctx, end := begin(parent)
	child, cancel := context.WithCancel(ctx)
	defer cancel()
	if ctx.Value(key{}) != "value" || child.Value(key{}) != "value" || ctx.Err() != nil || child.Err() != nil {
		t.Errorf("while it runs: %v %v %v", child.Value(key{}), ctx.Err(), child.Err())
	}
	if _, ok := ctx.Deadline(); ok {
		t.Error("a deadline that the parent does not have")
	}
	end()
	<-child.Done()
	if ctx.Value(key{}) != nil || child.Value(key{}) != nil {
		t.Error("it has kept the values")
	}
	if !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(child.Err(), context.Canceled) {
		t.Errorf("it has not ended: %v, %v", ctx.Err(), child.Err())
	}
}

// The parent's end is the request's, with its cause.
func TestRequestCanceled(t *testing.T) {
	t.Parallel()
	why := errors.New("why")
	parent, cancel := context.WithCancelCause(t.Context())
	ctx, end := begin(parent)
	defer end()
	child, free := context.WithCancel(ctx)
	defer free()
	cancel(why)
	<-child.Done()
	if !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(context.Cause(ctx), why) || !errors.Is(context.Cause(child), why) {
		t.Errorf("%v, %v, %v", ctx.Err(), context.Cause(ctx), context.Cause(child))
	}
}

func TestRequestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		ctx, end := begin(parent)
		child, free := context.WithCancel(ctx)
		defer free()
		want, _ := parent.Deadline()
		if got, ok := child.Deadline(); !ok || !got.Equal(want) {
			t.Errorf("%v, %v", got, ok)
		}
		<-child.Done()
		synctest.Wait()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("%v, %v", ctx.Err(), child.Err())
		}
		end()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("the reason is another one after the end: %v", ctx.Err())
		}
	})
}
