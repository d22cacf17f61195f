package zktest

import (
	"net"
	"sync"
	"testing"
)

// StartPeer listens on loopback and runs the handler for each connection, in a goroutine of its own: a server made of a
// script, for what no real server can be made to do. The connection is closed when the handler returns. When the test
// ends, connections that are still open are closed, so that handlers blocked on them return, and are waited for.
// [ReadFrame] and [WriteFrame] help to write handlers.
func StartPeer(tb testing.TB, handler func(net.Conn)) (addr string) {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(tb.Context(), "tcp4", net.JoinHostPort(loopback, "0"))
	if err != nil {
		tb.Fatalf("zktest: %v", err)
	}
	var conns connSet
	var peers sync.WaitGroup
	peers.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if !conns.add(conn) {
				return
			}
			peers.Go(func() {
				defer conns.remove(conn)
				handler(conn)
			})
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		conns.closeAll()
		peers.Wait()
	})
	return listener.Addr().String()
}

// A connSet holds connections that are open. Once all were closed, it takes no more.
type connSet struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// add takes a connection in, or closes it and returns false when the set is closed.
func (s *connSet) add(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return false
	}
	if s.conns == nil {
		s.conns = make(map[net.Conn]struct{})
	}
	s.conns[conn] = struct{}{}
	return true
}

// remove closes a connection and forgets it.
func (s *connSet) remove(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = conn.Close()
	delete(s.conns, conn)
}

func (s *connSet) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close()
	}
}
