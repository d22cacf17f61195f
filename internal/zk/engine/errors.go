package engine

import (
	"errors"
	"fmt"
	"strings"

	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// ErrClosed tells that the engine has not been started, or has been closed.
var ErrClosed = errors.New("the client has not been started, or has been closed")

// The names of what is asked for with a four-letter word.
const (
	OpNameVersion proto.OpName = "version"
	OpNameCommand proto.OpName = "command" // and is no word
)

// An Error is the failure of one operation. Every error of an operation is one.
type Error struct {
	// Op is the operation, or a four-letter word.
	Op proto.OpName
	// Path is the path as the caller gave it; empty for an operation without one.
	Path string
	// Err is why: an [ErrCode] where the server refused, or a wrapped one.
	Err error
}

// Error names the operation, the path and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return string(e.Op) + ": " + e.Err.Error()
	}
	return string(e.Op) + " " + shown.Line(e.Path) + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// A ConnectError tells that no server could be reached in time.
type ConnectError struct {
	// Attempts holds each server's last failure, in the order of the connect string and
	// then of the addresses that a name has.
	Attempts []Attempt
}

// An Attempt is the last failed attempt to connect to one server.
type Attempt struct {
	// Server is the host and port of the connect string, and after them in parentheses
	// the address that the name stands for, when there is one.
	Server string
	// Err is why it failed.
	Err error
}

// Error names each server and why it failed.
func (e *ConnectError) Error() string {
	var b strings.Builder
	b.WriteString("no ZooKeeper server could be reached:")
	for i, a := range e.Attempts {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, " %s: %v", a.Server, a.Err)
	}
	return b.String()
}

// Unwrap returns the reasons of all attempts.
func (e *ConnectError) Unwrap() []error {
	errs := make([]error, len(e.Attempts))
	for i, a := range e.Attempts {
		errs[i] = a.Err
	}
	return errs
}
