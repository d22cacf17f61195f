package session_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-zookeeper/internal/provider/session"
)

// planning is a session that has its requests counted.
func planning(t *testing.T) (*session.Session, *session.Requests) {
	t.Helper()
	s, group := handoverSession(t), new(session.Group)
	group.Add(s)
	return s, &group.Requests
}

// A plan of a destruction waits for what the CLI plans at the same time, however long that takes,
// and learns what others have afterwards.
func TestSuccessors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, requests := planning(t)
		requests.Read()
		end := requests.Begin()
		go func() {
			defer end()
			<-time.After(time.Minute) // the data source of another resource, for example
			s.Keeps(session.Whole, "/a", "/a/b")
			s.Keeps(session.ItsACL, "/c")
			s.Creates(session.Whole, session.Persistent, "/d")
		}()
		defer requests.Begin()() // of the destruction itself
		kept, created := s.Successors(t.Context(), session.Whole, false, "/a", "/c", "/d")
		if !slices.Equal(kept, []string{"/a"}) || !slices.Equal(created, []string{"/d"}) {
			t.Errorf("kept %v, created %v", kept, created)
		}
		if kept, _ := s.Successors(t.Context(), session.Whole, true, "/a"); !slices.Equal(kept, []string{"/a", "/a/b"}) {
			t.Errorf("kept below: %v", kept)
		}
		// What a destruction undoes is told to whoever is planned after it.
		if undone := s.Keeps(session.Whole, "/a", "/c"); !slices.Equal(undone, []string{"/c"}) {
			t.Errorf("undone: %v", undone)
		}
	})
}

// In a process that has never read, as one that applies, nothing is undone: see Session.Spare.
func TestSuccessors_ofADeposedObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := planning(t)
		s.Successors(t.Context(), session.Whole, false, "/a")
		if undone := s.Keeps(session.Whole, "/a"); len(undone) != 0 {
			t.Errorf("undone: %v", undone)
		}
	})
}

// A resource that is replaced is planned twice: what a creation gets is not kept.
func TestSuccessors_replaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := planning(t)
		s.Keeps(session.Whole, "/a")
		s.Creates(session.Whole, session.Persistent, "/a")
		if kept, created := s.Successors(t.Context(), session.Whole, false, "/a"); len(kept) != 0 || !slices.Equal(created, []string{"/a"}) {
			t.Errorf("kept %v, created %v", kept, created)
		}
	})
}

// Where all that is planned are destructions, they wait for a moment, and many of them not many
// times as long.
func TestSuccessors_inVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, requests := planning(t)
		begun := time.Now()
		places := make(chan struct{}, 10) // as a CLI has
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				defer requests.Begin()()
				if kept, created := s.Successors(t.Context(), session.Whole, false, "/a"); len(kept)+len(created) != 0 {
					t.Errorf("kept %v, created %v", kept, created)
				}
			})
		}
		all.Wait()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// The end of its context ends the wait.
func TestSuccessors_interrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, requests := planning(t)
		end := requests.Begin() // which never ends
		defer end()
		defer requests.Begin()()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if kept, created := s.Successors(ctx, session.Whole, false, "/a"); len(kept)+len(created) != 0 {
			t.Errorf("kept %v, created %v", kept, created)
		}
	})
}
