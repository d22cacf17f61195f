package session_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

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

// What was read before a claim is something else where a destruction has begun and ended meanwhile.
func TestHeir_knowsWhatWasUndoneBefore(t *testing.T) {
	t.Parallel()
	s := handoverSession(t)
	s.GiveUp(session.Whole, map[string]any{"/a": nil})
	s.Undone(session.Whole, "/a")
	heir := s.Heir(session.Whole)
	defer heir.Close()
	if heir.Claim(t.Context(), "/b") || !heir.Claim(t.Context(), "/a", "/b") {
		t.Error("it does not know what was undone")
	}
	if heir.Claim(t.Context(), "/a") {
		t.Error("what is claimed is undone no more")
	}
}

// await is a creation that waits for what is given up, and ends.
func await(t *testing.T, s *session.Session, what session.Part, paths ...string) map[string]any {
	t.Helper()
	heir := s.Heir(what)
	defer heir.Close()
	heir.Claim(t.Context(), paths...)
	return heir.Await(t.Context())
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
	if !s.Taken(session.Whole, "/a") || s.Taken(session.Whole, "/c") || s.Taken(session.ItsACL, "/a") {
		t.Error("what was taken is not known")
	}
}

// A creation that comes first gets what its predecessor remembers, of what it asked for alone.
func TestAwait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := handoverSession(t)
		done := make(chan map[string]any)
		go func() { done <- await(t, s, session.ItsACL, "/a", "/b") }()
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

// A creation that does not wait yet, or not any longer, gets what is given up until its end.
func TestHeir_getsAllUntilItsEnd(t *testing.T) {
	t.Parallel()
	s := handoverSession(t)
	heir := s.Heir(session.Whole)
	if heir.Claim(t.Context(), "/a", "/b", "/c") {
		t.Error("it has waited, and nothing is being undone")
	}
	fate := s.Give(session.Whole, map[string]any{"/a": 1})
	if !fate.Handed["/a"] || !fate.Stays("/a") {
		t.Errorf("before it waits: %+v", fate)
	}
	if got := heir.Await(t.Context()); got["/a"] != 1 { // at once
		t.Errorf("got %v", got)
	}
	heir.Took(map[string]any{"/b": "as it was", "/c": "as it was"})
	if fate := s.Give(session.Whole, map[string]any{"/b": 2}); !fate.Handed["/b"] {
		t.Errorf("after its wait: %+v", fate)
	}
	if got, want := heir.Close(), (map[string]any{"/a": 1, "/b": 2}); !maps.Equal(got, want) {
		t.Errorf("in all got %v, want %v", got, want)
	}
	fate = s.Give(session.Whole, map[string]any{"/c": 3})
	if fate.Handed["/c"] || fate.Kept["/c"] != "as it was" || !fate.Stays("/c") {
		t.Errorf("after its end: %+v", fate)
	}
	s.Took(session.Whole, "/c")
	if fate := s.Give(session.Whole, map[string]any{"/c": 3}); fate.Kept["/c"] != nil || !fate.Stays("/c") {
		t.Errorf("another one owns it: %+v", fate)
	}
}

// What a destruction that came first has left is its successor's, once.
func TestLeave(t *testing.T) {
	t.Parallel()
	s := handoverSession(t)
	s.Took(session.Whole, "/b")
	s.Leave(session.Whole, map[string]any{"/a": 1, "/b": 2})
	if got, want := await(t, s, session.Whole, "/a", "/b"), (map[string]any{"/a": 1}); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if kept := s.GiveUp(session.Whole, map[string]any{"/a": nil}); !kept["/a"] {
		t.Error("what was taken over is undone")
	}
	heir := s.Heir(session.Whole)
	heir.Claim(t.Context(), "/a")
	if got := heir.Close(); len(got) > 0 {
		t.Errorf("it is left a second time: %v", got)
	}
}

// A creation that claims what a destruction is undoing waits for the end of that.
func TestHeir_waitsForWhatIsUndone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := handoverSession(t)
		s.Give(session.Whole, map[string]any{"/a": nil, "/b": nil})
		done := make(chan bool)
		claim := func(ctx context.Context, path string) {
			heir := s.Heir(session.Whole)
			defer heir.Close()
			done <- heir.Claim(ctx, path)
		}
		go claim(t.Context(), "/a")
		synctest.Wait()
		select {
		case <-done:
			t.Error("it does not wait")
		default:
		}
		s.Undone(session.Whole, "/a")
		if !<-done {
			t.Error("it does not say that it has waited")
		}
		go claim(t.Context(), "/a")
		if !<-done {
			t.Error("it does not say what was undone before")
		}
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		go claim(stopped, "/b")
		if !<-done {
			t.Error("it does not say that it has waited")
		}
		// A destruction that deletes the node says so by itself.
		go claim(t.Context(), "/b")
		synctest.Wait()
		if err := s.Delete(t.Context(), "/b", func() error { return nil }); err != nil {
			t.Error(err)
		}
		<-done
	})
}

// A thousand creations that find something do not wait a thousand times for nothing.
func TestAwait_inVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := handoverSession(t)
		if got := await(t, s, session.Whole, "/a"); got != nil {
			t.Errorf("got %v", got)
		}
		done := make(chan bool)
		go func() { await(t, s, session.Whole, "/a"); close(done) }()
		synctest.Wait()
		select {
		case <-done:
		default:
			t.Error("the second one waits though nothing was destroyed since the first")
		}
		s.GiveUp(session.Whole, map[string]any{"/x": nil})
		again := make(chan map[string]any)
		go func() { again <- await(t, s, session.Whole, "/a") }()
		synctest.Wait()
		s.GiveUp(session.Whole, map[string]any{"/a": 1})
		if got := <-again; got["/a"] != 1 {
			t.Errorf("got %v", got)
		}

		// Nor where something else is destroyed all the time.
		began := time.Now()
		for i := range 1000 {
			s.GiveUp(session.Whole, map[string]any{fmt.Sprintf("/x%d", i): nil})
			if got := await(t, s, session.Whole, "/b"); got != nil {
				t.Errorf("got %v", got)
			}
		}
		if took := time.Since(began); took > 13*time.Second {
			t.Errorf("all in all they have waited %v", took)
		}
		// One that gets something has the next ones wait as long as before.
		go func() { again <- await(t, s, session.Whole, "/c") }()
		s.GiveUp(session.Whole, map[string]any{"/x": nil})
		synctest.Wait()
		s.GiveUp(session.Whole, map[string]any{"/c": 1})
		<-again
		s.GiveUp(session.Whole, map[string]any{"/x": nil})
		began = time.Now()
		await(t, s, session.Whole, "/d")
		if took := time.Since(began); took != time.Second {
			t.Errorf("it has waited %v", took)
		}
	})
}

// Creations that take all places of the CLI make room for the destructions that they wait for
// one by one.
func TestAwait_makesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := handoverSession(t)
		const places, renamed = 4, 8
		// The CLI's order: as many creations as there are places, and more, come first.
		var turns []func()
		got := make([]any, renamed)
		for i := range renamed {
			turns = append(turns, func() {
				path := fmt.Sprintf("/%d", i)
				got[i] = await(t, s, session.ItsACL, path)[path]
				s.Took(session.ItsACL, path)
			})
			if i > 0 { // and one destruction has been before
				continue
			}
			turns = append(turns, func() { s.GiveUp(session.ItsACL, map[string]any{"/x": nil}) })
		}
		kept := make(chan bool, renamed)
		for i := range renamed {
			turns = append(turns, func() {
				path := fmt.Sprintf("/%d", i)
				kept <- s.GiveUp(session.ItsACL, map[string]any{path: i + 1})[path]
			})
		}
		free := make(chan bool, places)
		for _, turn := range turns {
			free <- true
			go func() { turn(); <-free }()
			synctest.Wait()
		}
		for range places {
			free <- true
		}
		lost := 0
		for i := range renamed {
			if !<-kept {
				t.Error("something was undone that another one has")
			}
			if got[i] == nil {
				lost++
			} else if got[i] != i+1 {
				t.Errorf("%d got %v", i, got[i])
			}
		}
		if want := renamed - places + 1; lost > want {
			t.Errorf("%d of %d got nothing, and %d did not need to", lost, renamed, lost-want)
		}
	})
}

// What this run has done is not somebody else's doing.
func TestActs(t *testing.T) {
	t.Parallel()
	s := handoverSession(t)
	if err := s.Delete(t.Context(), "/a", func() error { return nil }); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), "/b", func() error { return zk.ErrNoAuth }); err == nil {
		t.Error("no error")
	}
	s.Took(session.Whole, "/a/new", "/c")
	for path, want := range map[string][3]bool{ // deleted, replaced, made
		"/a":       {true, false, false},
		"/a/b/c":   {true, false, false},
		"/a/new":   {false, true, true},
		"/a/new/b": {true, false, false},
		"/ab":      {},
		"/b":       {},
		"/c":       {false, false, true},
	} {
		if got := [3]bool{s.HasDeleted(path), s.HasReplaced(path), s.HasMade(path)}; got != want {
			t.Errorf("%s: deleted, replaced, made: %v, want %v", path, got, want)
		}
	}
	s.Wrote(session.ItsACL, "/c", zk.Stat{Czxid: 7, Aversion: 2, Version: 5})
	s.Wrote(session.Whole, "/d", zk.Stat{Mzxid: 5})
	s.Wrote(session.Whole, "/e", zk.Stat{Czxid: 3, Version: 1})
	for _, tt := range []struct {
		what session.Part
		path string
		stat zk.Stat
		want bool
	}{
		{session.ItsACL, "/c", zk.Stat{Czxid: 7, Aversion: 2, Version: 9}, true},
		{session.ItsACL, "/c", zk.Stat{Czxid: 7, Aversion: 3}, false},
		{session.ItsACL, "/c", zk.Stat{Czxid: 8, Aversion: 2}, false},
		{session.Whole, "/c", zk.Stat{Czxid: 7, Aversion: 2, Version: 5}, false},
		{session.ItsACL, "/d", zk.Stat{}, false},
		{session.Whole, "/d", zk.Stat{Mzxid: 5, Czxid: 3, Version: 1}, true},
		{session.Whole, "/d", zk.Stat{Czxid: 3, Version: 1}, true},
		{session.Whole, "/d", zk.Stat{Mzxid: 6, Czxid: 3, Version: 1}, false},
		{session.Whole, "/e", zk.Stat{Mzxid: 5, Czxid: 3, Version: 1}, true},
		{session.Whole, "/e", zk.Stat{Mzxid: 5, Czxid: 3, Version: 2}, false},
		{session.Whole, "/e", zk.Stat{Mzxid: 5, Czxid: 4, Version: 1}, false},
	} {
		if got := s.HasWritten(tt.what, tt.path, tt.stat); got != tt.want {
			t.Errorf("HasWritten(%v, %s, %+v) = %v", tt.what, tt.path, tt.stat, got)
		}
	}
}

// A resource that is destroyed beside one that is created with the same path looks renamed,
// whichever is planned first; one that is replaced does not.
func TestPlans(t *testing.T) {
	t.Parallel()
	type plan struct{ typ, before, after string }
	for name, tt := range map[string]struct {
		plans []plan
		want  int // the one at which it is said; -1 for never
	}{
		"destroyed, created":       {[]plan{{"a", "/x", ""}, {"a", "", "/x"}}, 1},
		"created, destroyed":       {[]plan{{"a", "", "/x"}, {"a", "/y", ""}, {"a", "/x", ""}}, 2},
		"said once":                {[]plan{{"a", "", "/x"}, {"a", "/x", ""}, {"a", "", "/x"}}, 1},
		"of another type":          {[]plan{{"a", "", "/x"}, {"b", "/x", ""}}, -1},
		"with another path":        {[]plan{{"a", "", "/x"}, {"a", "/y", ""}}, -1},
		"replaced":                 {[]plan{{"a", "/x", "/x"}, {"a", "", "/x"}}, -1},
		"replaced by another path": {[]plan{{"a", "/x", "/y"}, {"a", "", "/y"}}, -1},
		"replaced, and one goes":   {[]plan{{"a", "/x", "/x"}, {"a", "", "/x"}, {"a", "/x", ""}}, -1},
		"not known yet":            {[]plan{{"a", "", ""}, {"a", "/x", ""}}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := handoverSession(t)
			for i, p := range tt.plans {
				if got := s.Plans(p.typ, p.before, p.after); got != (i == tt.want) {
					t.Errorf("plan %d: %v", i, got)
				}
			}
		})
	}
	s := handoverSession(t)
	s.Plans("a", "", "/x")
	s.Took(session.Whole, "/x")
	if s.Plans("a", "/x", "") {
		t.Error("it is said in an apply, of a replacement that creates first")
	}
}
