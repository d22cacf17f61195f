package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// after matches what match does, but for the first few.
func after(first int, match func(int32) bool) func(int32) bool {
	return func(op int32) bool {
		if !match(op) {
			return false
		}
		first--
		return first < 0
	}
}

// An interrupt ends the contexts of all that is under way, whose writes may have been sent.
// These have their result, what belongs to them is read back, and nothing else is begun.
func TestInterruptedWrites(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	for name, tt := range map[string]struct {
		hold  func(int32) bool
		do    func(ctx context.Context, s *session.Session) error
		want  error
		nodes []string
	}{
		"a creation": {zktest.IsCreate, func(ctx context.Context, s *session.Session) error {
			made, err := s.Create(ctx, "/a", nil, zk.CreateOptions{})
			if err == nil && made.Stat.Czxid == 0 {
				err = errors.New("it has no stat")
			}
			return err
		}, nil, []string{"a"}},
		// The node is refused first, because its parent is missing, and so is that of its parent.
		"a creation with its parents": {after(2, zktest.IsCreate), func(ctx context.Context, s *session.Session) error {
			made, err := s.Create(ctx, "/a/b", nil, zk.CreateOptions{MakeParents: true})
			if len(made.Parents) != 1 || made.Parents[0] != "/a" {
				err = errors.Join(errors.New("the parent that was made is not told"), err)
			}
			return err
		}, context.Canceled, []string{"a"}},
		"a path": {zktest.IsMulti, func(ctx context.Context, s *session.Session) error {
			ensured, err := s.EnsurePath(ctx, "/a/b/c", nil)
			if len(ensured.Made) != 3 || ensured.Made[0].Path != "/a" || ensured.Made[0].Czxid == 0 {
				return errors.Join(errors.New("what was made is not told"), err)
			}
			return err
		}, nil, []string{"a"}},
		"a batch": {zktest.IsMulti, func(ctx context.Context, s *session.Session) error {
			results, err := s.Apply(ctx, "/a", zk.Batch{Writes: []zk.Write{{Path: "/a"}, {Path: "/b"}}})
			if len(results) != 2 || !results[0].Done || !results[1].Done {
				err = errors.Join(errors.New("it is not told what was done"), err)
			}
			return err
		}, nil, []string{"a", "b"}},
		// It is refused because the parents are missing, which a second one would make as well.
		"a batch without parents": {zktest.IsMulti, func(ctx context.Context, s *session.Session) error {
			results, err := s.Apply(ctx, "/a/b", zk.Batch{Writes: []zk.Write{{Path: "/a/b/c"}}})
			if len(results) != 1 || results[0] != (zk.WriteResult{}) {
				err = errors.Join(errors.New("it is not told that nothing was done"), err)
			}
			return err
		}, context.Canceled, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct, err := zk.New(t.Context(), zk.Config{Servers: server.Addr()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = direct.Close(context.Background()) }()
			if err := direct.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			base, err := direct.Create(t.Context(), "/n-", nil, zk.CreateOptions{Mode: zk.PersistentSequential})
			if err != nil {
				t.Fatal(err)
			}
			proxy := zktest.StartProxy(t, server.Addr())
			var g session.Group
			s := open(t, zk.Config{Servers: proxy.Addr() + base.Path, SessionTimeout: time.Minute})
			g.Add(s)
			if _, err := s.Client(t.Context()); err != nil {
				t.Fatal(err)
			}
			held, release := proxy.HoldReplies(tt.hold)
			defer release()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			result := make(chan error, 1)
			go func() { result <- tt.do(ctx, s) }()
			select {
			case <-held:
			case err := <-result:
				t.Fatalf("it has ended: %v", err)
			}
			g.Interrupt(ctx)
			stop()
			release()
			if err := <-result; !errors.Is(err, tt.want) || errors.Is(err, zk.ErrOutcomeUnknown) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if names, _, err := direct.Children(t.Context(), base.Path); err != nil || !slices.Equal(names, tt.nodes) {
				t.Errorf("the server has %v, %v; want %v", names, err, tt.nodes)
			}
		})
	}
}

// What was written is read back in the time that the client has for its writes, which counts
// from the end of the run.
func TestAfterWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, zk.Config{Servers: "127.0.0.1:1", SessionTimeout: 7 * time.Second})
		ctx, stop := context.WithCancel(t.Context())
		before, free := s.AfterWrite(ctx)
		defer free()
		stop()
		ended := time.Now()
		synctest.Wait()
		if before.Err() != nil {
			t.Error("it has ended with the run")
		}
		<-time.After(5 * time.Second) // in the bubble's time
		again, free := s.AfterWrite(before)
		defer free()
		<-again.Done()
		if took := time.Since(ended); took != 7*time.Second || !errors.Is(again.Err(), context.Canceled) {
			t.Errorf("it has ended after %v, with %v", took, again.Err())
		}
	})
	s := open(t, zk.Config{}, "servers")
	ctx, free := s.AfterWrite(t.Context())
	defer free()
	if ctx != t.Context() {
		t.Error("a session without a client waits for nothing")
	}
}
