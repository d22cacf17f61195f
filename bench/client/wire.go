package client

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// record is what a request consists of after its header.
type record interface{ AppendTo(dst []byte) []byte }

// A stream is requests that were encoded beforehand, as they go over the wire.
type stream struct {
	bytes []byte
	ends  []int // where each request ends
}

// add appends a request.
func (s *stream) add(op proto.OpCode, body ...record) {
	header := proto.RequestHeader{Xid: int32(len(s.ends) + 1), Op: op}
	s.bytes = appendFrame(s.bytes, append([]record{header}, body...)...)
	s.ends = append(s.ends, len(s.bytes))
}

func appendFrame(dst []byte, records ...record) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	for _, r := range records {
		dst = r.AppendTo(dst)
	}
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// wire is a session without a client. It writes streams and counts the replies: nobody can
// be faster with so many requests on their way at once.
type wire struct {
	conn net.Conn
	buf  []byte
}

func openWire(ctx context.Context, addr string) (*wire, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &wire{conn: conn, buf: make([]byte, 1<<20)}
	hello := &proto.ConnectRequest{TimeoutMillis: int32(sessionTimeout.Milliseconds()), Password: make([]byte, proto.PasswordSize)}
	if _, err := conn.Write(appendFrame(nil, hello)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if _, err := io.ReadFull(conn, w.buf[:4]); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if _, err := io.ReadFull(conn, w.buf[4:4+binary.BigEndian.Uint32(w.buf)]); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return w, nil
}

func (w *wire) close() error {
	var end stream
	end.add(proto.OpCloseSession)
	return errors.Join(w.run(end, 1), w.conn.Close())
}

// run sends the requests, so many at once, and as many more as replies have come. A reply
// that is an error ends it.
func (w *wire) run(s stream, window int) error {
	var sent, answered int
	send := func(n int) error {
		from := 0
		if sent > 0 {
			from = s.ends[sent-1]
		}
		sent = min(sent+n, len(s.ends))
		if s.ends[sent-1] == from {
			return nil
		}
		_, err := w.conn.Write(s.bytes[from:s.ends[sent-1]])
		return err
	}
	if err := send(window); err != nil {
		return err
	}
	var have, skip int // what of buf holds the beginning of a reply, and what of a reply is still to come
	for answered < len(s.ends) {
		n, err := w.conn.Read(w.buf[have:])
		if err != nil {
			return err
		}
		before := answered
		rest := w.buf[:have+n]
		for {
			drop := min(skip, len(rest))
			skip -= drop
			rest = rest[drop:]
			if skip > 0 || len(rest) < 4+proto.ReplyHeaderSize {
				break
			}
			if code := proto.ErrCode(binary.BigEndian.Uint32(rest[16:])); code != proto.OK {
				return fmt.Errorf("a request of the wire's: %w", code)
			}
			skip = 4 + int(binary.BigEndian.Uint32(rest))
			answered++
		}
		have = copy(w.buf, rest)
		if err := send(answered - before); err != nil {
			return err
		}
	}
	for skip > 0 {
		n, err := w.conn.Read(w.buf[:min(skip, len(w.buf))])
		if err != nil {
			return err
		}
		skip -= n
	}
	return nil
}
