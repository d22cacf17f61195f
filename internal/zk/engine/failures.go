package engine

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"terraform-provider-zookeeper/internal/zk/conn"
)

// failures are why servers did not take the session, one at each address. The engine writes, and
// whoever gives up the wait for it reads.
type failures struct {
	mu sync.Mutex
	of map[target]error
	// unanswered is set where one was that a server did not answer in time.
	unanswered bool
}

func newFailures() *failures { return &failures{of: make(map[target]error)} }

// note notes a failure. What a server answered before tells more than that the time was up.
func (f *failures) note(t target, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, late := errors.AsType[*conn.NoAnswerError](err)
	if !late || f.of[t] == nil {
		f.of[t] = err
	}
	f.unanswered = f.unanswered || late
}

// late reports whether a server did not answer in time since it was asked last.
func (f *failures) late() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	late := f.unanswered
	f.unanswered = false
	return late
}

// keep forgets what failed at addresses that a host no longer has.
func (f *failures) keep(host string, addresses []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t := range f.of {
		if t.host == host && !slices.Contains(addresses, t.address) {
			delete(f.of, t)
		}
	}
}

// onlyForeign tells that nothing that answered speaks ZooKeeper: waiting helps nobody.
func (f *failures) onlyForeign() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, err := range f.of {
		if _, ok := errors.AsType[*conn.ForeignError](err); !ok {
			return false
		}
	}
	return len(f.of) > 0
}

// refused reports whether a server has closed a connection without an answer, as it does where it is behind
// what the client has seen.
func (f *failures) refused() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, err := range f.of {
		if errors.Is(err, conn.ErrNoAnswer) {
			return true
		}
	}
	return false
}

// at are the failures of a host.
func (f *failures) at(host string) (attempts []Attempt) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t, err := range f.of {
		if t.host == host {
			attempts = append(attempts, Attempt{Server: t.String(), Err: err})
		}
	}
	return attempts
}

var (
	errNotTried    = errors.New("not tried: the time was up")
	errNotAnswered = errors.New("no answer yet")
)

// connectError collects the failures in the order of the connect string. Of a server that has none
// it says otherwise.
func (e *Engine) connectError(failures *failures, otherwise error) *ConnectError {
	var attempts []Attempt
	hosts, _ := e.hostList()
	for _, host := range hosts {
		of := failures.at(host)
		if len(of) == 0 {
			of = []Attempt{{Server: host, Err: otherwise}}
		}
		slices.SortFunc(of, func(a, b Attempt) int { return strings.Compare(a.Server, b.Server) })
		attempts = append(attempts, of...)
	}
	return &ConnectError{Attempts: attempts}
}
