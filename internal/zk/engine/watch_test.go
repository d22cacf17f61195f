package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

type noReply struct{}

func (noReply) Decode(*jute.Reader) {}

// A watch that is closed while the watches are being registered with another server, when it is decided
// which they are and none has been sent, is removed there.
func TestWatchClosedWhileItIsRegisteredAgain(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, err := New(ctx, Config{Hosts: []string{server.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.CloseWithError(ctx, ErrClosed) }()
	err = e.Require(ctx, FeatureOf(proto.OpAddWatch))
	if _, old := errors.AsType[*VersionError](err); old {
		t.Skipf("servers of this release have no watch to register again: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	w, call := e.Watch(ctx, WatchRequest{
		Op: proto.OpAddWatch, Path: "/watched", Kind: WatchRecursive, Make: func(bool) conn.Request {
			return &proto.AddWatchRequest{Path: "/watched", Mode: proto.AddWatchRecursive}
		},
	}, noReply{})
	if _, err := e.Await(ctx, call); err != nil {
		t.Fatal(err)
	}
	l := e.current.Load()
	e.watches.again(l, 0)
	e.watches.follow(l)
	requests := e.watches.lastingAgain(l)
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	w.Close()
	e.register(l, requests[0])
	e.watches.sweep()
	for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
		out, err := e.Command(ctx, "mntr")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out, "zk_watch_count\t0\n") && e.Watched() == 0 {
			return
		}
	}
}
