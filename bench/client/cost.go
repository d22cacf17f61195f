package client

import (
	"runtime"
	"sync"
	"syscall"
	"time"
)

// cost is what a number of operations took.
type cost struct {
	n       int
	wall    time.Duration
	cpu     time.Duration // of this process, in user and kernel mode
	mallocs uint64
}

// perSecond, cpuEach and mallocsEach are the cost by operation.
func (c cost) perSecond() float64   { return float64(c.n) / c.wall.Seconds() }
func (c cost) cpuEach() float64     { return c.cpu.Seconds() / float64(c.n) }
func (c cost) mallocsEach() float64 { return float64(c.mallocs) / float64(c.n) }

// measure runs f, which does n operations, and tells what it took. Nothing else may be busy
// in this process. The garbage of what ran before is collected first.
func measure(n int, f func() error) (cost, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, err := cpuTime()
	if err != nil {
		return cost{}, err
	}
	began := time.Now()
	if err := f(); err != nil {
		return cost{}, err
	}
	c := cost{n: n, wall: time.Since(began)}
	end, err := cpuTime()
	if err != nil {
		return cost{}, err
	}
	runtime.ReadMemStats(&after)
	c.cpu = end - cpu
	c.mallocs = after.Mallocs - before.Mallocs
	return c, nil
}

// cpuTime is what this process has spent in user and kernel mode.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// spread calls do with every number below n from so many goroutines at once, each of which
// makes its next call when the one before has returned. It returns the first error.
func spread(n, callers int, do func(i int) error) error {
	var work sync.WaitGroup
	errs := make([]error, callers)
	for caller := range callers {
		work.Go(func() {
			for i := caller; i < n && errs[caller] == nil; i += callers {
				errs[caller] = do(i)
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
