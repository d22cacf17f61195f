package session_test

import (
	"maps"
	"testing"
	"testing/synctest"

	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

func handoverSession(t *testing.T) *session.Session {
	t.Helper()
	s, err := session.New(t.Context(), zk.Config{}, nil, []string{"servers"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a resource of this run has taken is not undone by the destruction of its predecessor.
func TestGiveUp(t *testing.T) {
	t.Parallel()
	s := handoverSession(t)
	s.Took(session.Whole, "/a", "/b")
	kept := s.GiveUp(session.Whole, map[string]any{"/a": nil, "/c": nil})
	if want := map[string]bool{"/a": true}; !maps.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
	if kept := s.GiveUp(session.ItsACL, map[string]any{"/a": nil}); len(kept) > 0 {
		t.Errorf("whoever has a node has its ACL: %v", kept)
	}
}

// A creation that comes first gets what its predecessor remembers, of what it asked for alone.
func TestAwait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := handoverSession(t)
		done := make(chan map[string]any)
		go func() { done <- s.Await(t.Context(), session.ItsACL, "/a", "/b") }()
		synctest.Wait()
		if kept := s.GiveUp(session.Whole, map[string]any{"/a": "its data"}); len(kept) > 0 {
			t.Errorf("whoever waits for an ACL gets a node: %v", kept)
		}
		kept := s.GiveUp(session.ItsACL, map[string]any{"/a": "open", "/c": "closed"})
		if want := map[string]bool{"/a": true}; !maps.Equal(kept, want) {
			t.Errorf("kept %v, want %v", kept, want)
		}
		if got, want := <-done, (map[string]any{"/a": "open"}); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		// What nobody gave up is nobody's.
		if kept := s.GiveUp(session.ItsACL, map[string]any{"/b": "open"}); len(kept) > 0 {
			t.Errorf("kept %v", kept)
		}
	})
}

// A thousand creations that find something do not wait a thousand times for nothing.
func TestAwait_inVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := handoverSession(t)
		if got := s.Await(t.Context(), session.Whole, "/a"); got != nil {
			t.Errorf("got %v", got)
		}
		done := make(chan bool)
		go func() { s.Await(t.Context(), session.Whole, "/a"); close(done) }()
		synctest.Wait()
		select {
		case <-done:
		default:
			t.Error("the second one waits though nothing was destroyed since the first")
		}
		s.GiveUp(session.Whole, map[string]any{"/x": nil})
		again := make(chan map[string]any)
		go func() { again <- s.Await(t.Context(), session.Whole, "/a") }()
		synctest.Wait()
		s.GiveUp(session.Whole, map[string]any{"/a": 1})
		if got := <-again; got["/a"] != 1 {
			t.Errorf("got %v", got)
		}
	})
}
