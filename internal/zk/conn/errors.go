package conn

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// ErrClosedByUser is the reason of a connection that its own side ended with
// [Conn.Close].
var ErrClosedByUser = errors.New("the connection was closed on this side")

// A LostError tells that a request got no reply because its connection ended.
// errors.Is(err, proto.ErrConnectionLoss) holds for it.
type LostError struct {
	// Sent reports whether any byte of the request may have reached the server. When it is
	// false the request certainly had no effect.
	Sent bool
	// Cause is why the connection ended.
	Cause error
}

// Error says why the connection ended.
func (e *LostError) Error() string { return proto.ErrConnectionLoss.Error() + ": " + e.Cause.Error() }

// Unwrap makes both the code and the cause visible to errors.Is and errors.As.
func (e *LostError) Unwrap() []error { return []error{proto.ErrConnectionLoss, e.Cause} }

// A RefusedError tells that the server refused one of the identities of [Hello].
type RefusedError struct {
	// Index is its position among them.
	Index int
	// Err is the server's code.
	Err error
}

// Error tells the code.
func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the code.
func (e *RefusedError) Unwrap() error { return e.Err }

// A TooLargeError tells that a request was not sent because its frame is larger than
// servers accept: they would close the connection without an answer.
type TooLargeError struct {
	// Size is the frame's size in bytes.
	Size int
	// Limit is the largest size that is sent, in bytes: the servers' jute.maxbuffer.
	Limit int
}

// Error names both sizes.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the request takes %d bytes, the limit (jute.maxbuffer) is %d", e.Size, e.Limit)
}

// A ReplyTooLargeError tells that a reply was larger than the connection accepts. It ends
// the connection.
type ReplyTooLargeError struct {
	// Size is the size in bytes that the reply's frame announced.
	Size int
	// Limit is the largest that is accepted, in bytes.
	Limit int
}

// Error names both sizes.
func (e *ReplyTooLargeError) Error() string {
	return fmt.Sprintf("the reply takes %d bytes, the limit is %d", e.Size, e.Limit)
}

// A ProtocolError tells that the peer sent what ZooKeeper's protocol does not allow. It
// ends the connection.
type ProtocolError struct{ Reason string }

// Error says what was wrong.
func (e *ProtocolError) Error() string { return "ZooKeeper protocol violated: " + e.Reason }

// A ForeignError tells that the peer does not speak ZooKeeper's protocol at all.
type ForeignError struct {
	// Answer says what the peer's answer looks like, for example "an HTTP response".
	Answer string
	// Hint says what to do about it.
	Hint string
}

// Error says what the answer looks like and what to do.
func (e *ForeignError) Error() string {
	return "this is no ZooKeeper server: it answered with " + e.Answer + "; " + e.Hint
}

// foreign recognises from the first bytes of an answer, of which there are at least
// four, a protocol that is not ZooKeeper's; nil when it looks like none.
func foreign(b []byte) error {
	const port = "check host and port"
	switch s := string(b); {
	case strings.HasPrefix(s, "HTTP"):
		return &ForeignError{Answer: "an HTTP response", Hint: port + " (the admin server, 8080, is not the client port)"}
	case strings.HasPrefix(s, "SSH-"):
		return &ForeignError{Answer: "an SSH banner", Hint: port}
	case b[0] == 0x15 && b[1] == 3:
		return &ForeignError{Answer: "a TLS alert", Hint: "the port wants TLS, the connection is plain"}
	case len(b) >= 9 && b[3] == 4 && bytes.Equal(b[5:9], make([]byte, 4)):
		return &ForeignError{Answer: "an HTTP/2 frame", Hint: port}
	case b[0] == 0x16 && b[1] == 3:
		return &ForeignError{Answer: "a TLS handshake", Hint: "the port speaks TLS, the connection is plain"}
	case printable(b[:4]):
		return &ForeignError{Answer: fmt.Sprintf("the text %q", s[:min(len(s), 40)]), Hint: port}
	}
	return nil
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
