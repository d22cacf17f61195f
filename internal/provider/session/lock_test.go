package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The end of a session takes the lock along: no request gives it back before, so that what is
// under way by then never writes without it.
func TestCloseKeepsTheLockToTheEnd(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	proxy := zktest.StartProxy(t, server.Addr())
	s, err := session.New(t.Context(), zk.Config{Servers: proxy.Addr(), OneSession: true}, &session.Lock{Path: "/lock", Timeout: session.DefaultLockTimeout}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client(t.Context()); err != nil {
		t.Fatal(err)
	}
	direct := open(t, zk.Config{Servers: server.Addr()})
	client, err := direct.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	contenders := func() []string {
		names, _, err := client.Children(t.Context(), "/lock")
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if got := contenders(); len(got) != 1 {
		t.Fatalf("the lock has the contenders %v, want one", got)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := contenders(); len(got) != 0 {
		t.Errorf("after the end of the session the lock has the contenders %v", got)
	}
	requests := proxy.Requests()
	asked := func(op proto.OpCode) bool {
		return slices.ContainsFunc(requests, func(r zktest.Request) bool { return r.Opcode == int32(op) })
	}
	// A watch may be taken back after that, which nobody hears any more.
	if asked(proto.OpDelete) || !asked(proto.OpCloseSession) {
		t.Errorf("the lock was given back before the session ended: %v", requests)
	}
}

// A lock that was lost is told of at the end too.
func TestCloseTellsOfALostLock(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	s, err := session.New(t.Context(), zk.Config{Servers: server.Addr(), OneSession: true}, &session.Lock{Path: "/lock", Timeout: session.DefaultLockTimeout}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := s.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names, _, err := client.Children(t.Context(), "/lock")
	if err != nil || len(names) != 1 {
		t.Fatalf("the lock has the contenders %v, %v", names, err)
	}
	other, err := open(t, zk.Config{Servers: server.Addr()}).Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Delete(t.Context(), "/lock/"+names[0], zk.AnyVersion); err != nil {
		t.Fatal(err)
	}
	for !errors.Is(clientErr(t.Context(), s), recipe.ErrLost) {
		if t.Context().Err() != nil {
			t.Fatal("the loss was not noticed")
		}
	}
	if err := s.Close(t.Context()); !errors.Is(err, recipe.ErrLost) {
		t.Errorf("it ended with %v", err)
	}
}

func clientErr(ctx context.Context, s *session.Session) error {
	_, err := s.Client(ctx)
	return err
}

// A run that waits for a lock and has lost its servers is told why it cannot reach them, and not that others hold the lock.
func TestWaitWithoutServers(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	proxy := zktest.StartProxy(t, server.Addr())
	holder, err := session.New(t.Context(), zk.Config{Servers: server.Addr()}, &session.Lock{Path: "/lock", Timeout: session.DefaultLockTimeout}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := holder.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	s, err := session.New(t.Context(), zk.Config{Servers: proxy.Addr(), ConnectTimeout: time.Second}, &session.Lock{Path: "/lock", Timeout: 10 * time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := s.Client(t.Context())
		waiting <- err
	}()
	for names := []string(nil); len(names) < 2; {
		if names, _, err = client.Children(t.Context(), "/lock"); err != nil {
			t.Fatal(err)
		}
	}
	proxy.Close()
	if err := <-waiting; !isConnectError(err) {
		t.Errorf("error %v", err)
	}
	for _, s := range []*session.Session{s, holder} {
		_ = s.Close(t.Context()) // One has no servers.
	}
}

func isConnectError(err error) bool {
	_, ok := errors.AsType[*zk.ConnectError](err)
	return ok
}
