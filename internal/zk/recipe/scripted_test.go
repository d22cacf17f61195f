package recipe_test

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The requests that a scripted peer answers, and what it answers to others.
const (
	opCreate         = 1
	opDelete         = 2
	opPing           = 11
	errUnimplemented = -6
)

// script is a server that answers creates and deletes as it is told, and refuses the rest.
type script struct {
	create func(path string) (made string, code int32)

	mu      sync.Mutex
	deleted []string
}

func (s *script) serve(nc net.Conn) {
	if _, err := zktest.ReadFrame(nc); err != nil { // no frame is a four-letter word
		return
	}
	const timeout = 60_000
	session := binary.BigEndian.AppendUint32(nil, 0)
	session = binary.BigEndian.AppendUint32(session, timeout)
	session = binary.BigEndian.AppendUint64(session, 1)
	session = append(binary.BigEndian.AppendUint32(session, 16), make([]byte, 16)...)
	for frame := session; zktest.WriteFrame(nc, frame) == nil; {
		request, err := zktest.ReadFrame(nc)
		if err != nil {
			return
		}
		frame = s.answer(request)
	}
}

func (s *script) answer(request []byte) []byte {
	xid, op := request[:4], binary.BigEndian.Uint32(request[4:])
	code, body := int32(errUnimplemented), []byte(nil)
	path := func() string { return string(request[12:][:binary.BigEndian.Uint32(request[8:])]) }
	switch op {
	case opPing:
		code = 0
	case opCreate:
		var made string
		made, code = s.create(path())
		body = append(binary.BigEndian.AppendUint32(nil, uint32(len(made))), made...)
	case opDelete:
		code = 0
		s.mu.Lock()
		s.deleted = append(s.deleted, path())
		s.mu.Unlock()
	}
	reply := append(slices.Clone(xid), make([]byte, 8)...)
	reply = binary.BigEndian.AppendUint32(reply, uint32(code))
	if code == 0 {
		reply = append(reply, body...)
	}
	return reply
}

// What no test can wait for on a real server: the two thousand millionth contender.
func TestNumbersRunOut(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"2147483647", "-2147483648"} {
		var made string
		s := &script{create: func(path string) (string, int32) {
			made = path + number
			return made, 0
		}}
		c := connect(t, zktest.StartPeer(t, s.serve))
		_, err := newLock(t, c, "/lock", "").Acquire(testContext(t))
		s.mu.Lock()
		if !errors.Is(err, recipe.ErrExhausted) || !slices.Equal(s.deleted, []string{made}) {
			t.Errorf("%s: %v, and %q were deleted", number, err, s.deleted)
		}
		s.mu.Unlock()
	}
}

// A server that serves reads alone is an error at once.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	s := &script{create: func(string) (string, int32) { return "", int32(zk.ErrNotReadOnly) }}
	c := connect(t, zktest.StartPeer(t, s.serve))
	if _, err := newLock(t, c, "/lock", "").Acquire(testContext(t)); !errors.Is(err, zk.ErrNotReadOnly) {
		t.Errorf("answered: %v", err)
	}
}
