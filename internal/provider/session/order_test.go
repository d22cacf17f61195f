package session_test

import (
	"context"
	"errors"
	"testing"

	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

func TestClaimTakesAParentOnce(t *testing.T) {
	t.Parallel()
	s := open(t, zk.Config{Servers: "127.0.0.1:1"})
	broken := errors.New("the leaf could not be made")
	err := s.MakeParents(t.Context(), "/a/b", func() ([]string, session.Span, error) { return []string{"/a", "/a/b"}, session.Span{}, broken })
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the creation", err)
	}
	for _, tt := range []struct {
		path string
		want bool
	}{{"/a", true}, {"/a", false}, {"/a/b", true}, {"/a/b/c", false}} {
		if got, _, err := s.Claim(t.Context(), tt.path); err != nil || got != tt.want {
			t.Errorf("Claim(%s) = %v, %v; want %v", tt.path, got, err, tt.want)
		}
	}
}

func TestClaimWaitsForParentsInTheMaking(t *testing.T) {
	t.Parallel()
	s := open(t, zk.Config{Servers: "127.0.0.1:1"})
	made, register := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- s.MakeParents(context.Background(), "/a", func() ([]string, session.Span, error) {
			close(made) // "/a" is on the server from here on
			<-register
			return []string{"/a"}, session.Span{}, nil
		})
	}()
	<-made
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Claim(stopped, "/a"); !errors.Is(err, context.Canceled) {
		t.Errorf("while it is being made: %v, want a wait that the context ends", err)
	}
	if err := s.MakeParents(stopped, "/a", func() ([]string, session.Span, error) { return nil, session.Span{}, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a second maker: %v, want a wait that the context ends", err)
	}
	close(register)
	if ours, _, err := s.Claim(t.Context(), "/a"); err != nil || !ours {
		t.Errorf("Claim = %v, %v; want true", ours, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestDeleteTriesAgainWhenAnotherNodeIsGone(t *testing.T) {
	t.Parallel()
	s := open(t, zk.Config{Servers: "127.0.0.1:1"})
	const children = 2
	tried, parent, lastChild := make(chan struct{}, 3), make(chan error, 1), make(chan struct{})
	go func() {
		parent <- s.Delete(context.Background(), "/a", func() error {
			tried <- struct{}{}
			select {
			case <-lastChild:
				return nil
			default:
				return zk.ErrNotEmpty
			}
		})
	}()
	for n := range children {
		<-tried
		err := s.Delete(t.Context(), "/a", func() error {
			if n == children-1 {
				close(lastChild)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if err := <-parent; err != nil {
		t.Errorf("the parent: %v", err)
	}
}

func TestHasChildren(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&zk.Error{Op: zk.OpNameDelete, Path: "/a", Err: zk.ErrNotEmpty}, true},
		{&zk.Error{Op: zk.OpNameMulti, Err: &zk.MultiError{Op: zk.OpNameDelete, Path: "/a/b", Err: zk.ErrNotEmpty}}, true},
		{&zk.Error{Op: zk.OpNameMulti, Err: &zk.MultiError{Op: zk.OpNameDelete, Path: "/a/b", Err: zk.ErrNoNode}}, true},
		{&zk.Error{Op: zk.OpNameMulti, Err: &zk.MultiError{Op: zk.OpNameDelete, Path: "/a/b", Err: zk.ErrNoAuth}}, false},
		{&zk.Error{Op: zk.OpNameChildren, Path: "/a/b", Err: zk.ErrNoNode}, true},
		{&zk.Error{Op: zk.OpNameMulti, Err: &zk.MultiError{Op: zk.OpNameDelete, Path: "/a", Err: zk.ErrNoNode}}, false},
		{&zk.Error{Op: zk.OpNameDelete, Path: "/a", Err: zk.ErrNoNode}, false},
	} {
		if got := session.HasChildren("/a", tt.err); got != tt.want {
			t.Errorf("HasChildren(%v) = %v", tt.err, got)
		}
	}
}

func TestDeleteGivesUp(t *testing.T) {
	t.Parallel()
	s := open(t, zk.Config{Servers: "127.0.0.1:1"})
	tries := 0
	if err := s.Delete(t.Context(), "/a", func() error { tries++; return zk.ErrNotEmpty }); !errors.Is(err, zk.ErrNotEmpty) || tries != 2 {
		t.Errorf("with nobody else about: %v after %d tries, want ErrNotEmpty after 2", err, tries)
	}
	if err := s.Delete(t.Context(), "/a", func() error { return zk.ErrNoAuth }); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("another error: %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Delete(stopped, "/a", func() error { return zk.ErrNotEmpty }); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("with a context that has ended: %v", err)
	}
}
