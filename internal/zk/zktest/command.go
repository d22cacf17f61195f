package zktest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// answerTimeout bounds one question to a server, which may be paused, or not yet up.
const answerTimeout = 2 * time.Second

// Command sends a four-letter word to the server and returns its answer, which may be that the word is not allowed.
func (s *Server) Command(ctx context.Context, word string) (string, error) {
	var answer []byte
	err := s.ask(ctx, word, func(r io.Reader) (err error) {
		answer, err = io.ReadAll(r)
		return err
	})
	if err != nil {
		return string(answer), fmt.Errorf("zktest: %s to %s: %w", word, s.Addr(), err)
	}
	return string(answer), nil
}

// ask sends a four-letter word and has the answer read, which ends with the connection.
func (s *Server) ask(ctx context.Context, word string, read func(io.Reader) error) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := io.WriteString(conn, word); err != nil {
		return endOf(ctx, err)
	}
	if err := read(conn); err != nil {
		return endOf(ctx, err)
	}
	return nil
}

// endOf prefers the reason why ctx ended to what that did to a connection.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// The modes of a server, in its own words.
const (
	modeLeader   = "leader"
	modeFollower = "follower"
)

// mode returns what the server calls itself (standalone, leader, follower, observer, read-only), and false when it does
// not serve.
func (s *Server) mode(ctx context.Context) (string, bool) {
	// One that cannot answer is not waited for.
	if run, err := s.running(); err != nil || run.isFrozen() {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	var mode string
	err := s.ask(ctx, "srvr", func(r io.Reader) error {
		// Read by line: a server that is only starting says that it does not serve, and may leave the connection open.
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			if value, found := strings.CutPrefix(lines.Text(), "Mode: "); found {
				mode = value
				return nil
			}
			if strings.Contains(lines.Text(), "not currently serving") {
				return nil
			}
		}
		return lines.Err()
	})
	return mode, err == nil && mode != ""
}
