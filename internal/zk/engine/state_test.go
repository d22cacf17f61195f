package engine

import (
	"sync"
	"testing"
)

// A listener that does not return is kept a bounded number of states for, and none that the
// client was in is lost to it.
func TestListenerFallsBehind(t *testing.T) {
	t.Parallel()
	e, err := New(t.Context(), Config{Hosts: []string{"127.0.0.1:2181"}})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan State, 1000)
	stuck, first := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(stuck) })
	defer release()
	began := sync.OnceFunc(func() { close(first) })
	e.AddListener(func(s State) {
		began()
		<-stuck
		seen <- s
	})
	e.listeners.enter(StateConnected)
	<-first
	e.listeners.enter(StateSuspended)
	e.listeners.enter(StateLost)
	for range 1000 {
		e.listeners.enter(StateConnected)
		e.listeners.enter(StateSuspended)
	}
	e.listeners.enter(StateConnected)
	e.listeners.enter(StateClosed)
	release()
	var states []State
	for s := range seen {
		if states = append(states, s); s == StateClosed {
			break
		}
	}
	// The first was told before the others came.
	if n := len(states); n != 1+64 || states[1] != StateLost {
		t.Errorf("%d states: %v", n, states)
	}
	for i, s := range states[1:] {
		if s == states[i] {
			t.Errorf("%v was told twice running", s)
		}
	}
}
