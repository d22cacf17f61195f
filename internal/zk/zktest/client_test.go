package zktest_test

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The opcodes, flags and errors that these tests send and see.
const (
	opCreate    = 1
	opDelete    = 2
	opGetData   = 4
	opPing      = 11
	opCreateTTL = 21
	opAuth      = 100

	xidPing = -2
	xidAuth = -4

	flagsPersistent = 0
	flagsTTL        = 5

	errOK            = 0
	errUnimplemented = -6
	errNoNode        = -101
	errNoAuth        = -102
)

// patience bounds each exchange with a server that may have to share the machine with many others.
const patience = 30 * time.Second

// rawClient speaks just enough of the protocol to see what a server, a proxy and a peer do, without the client that
// these are made to test.
type rawClient struct {
	tb      testing.TB
	conn    net.Conn
	xid     int32
	timeout time.Duration // of the session, as negotiated
}

// message builds a request.
type message []byte

func (m message) int32(v int32) message { return binary.BigEndian.AppendUint32(m, uint32(v)) }
func (m message) int64(v int64) message { return binary.BigEndian.AppendUint64(m, uint64(v)) }
func (m message) string(v string) message {
	return append(m.int32(int32(len(v))), v...)
}

func dial(tb testing.TB, addr string) net.Conn {
	tb.Helper()
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(tb.Context(), "tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		tb.Fatal(err)
	}
	return conn
}

// connect opens a session.
func connect(tb testing.TB, addr string) *rawClient {
	tb.Helper()
	c := &rawClient{tb: tb, conn: dial(tb, addr)}
	const wanted = 10_000
	c.send(message(nil).int32(0).int64(0).int32(wanted).int64(0).string(string(make([]byte, 16))))
	reply := c.receive()
	c.timeout = time.Duration(binary.BigEndian.Uint32(reply[4:])) * time.Millisecond
	return c
}

func (c *rawClient) send(m message) {
	c.tb.Helper()
	if err := zktest.WriteFrame(c.conn, m); err != nil {
		c.tb.Fatal(err)
	}
}

func (c *rawClient) receive() []byte {
	c.tb.Helper()
	frame, err := zktest.ReadFrame(c.conn)
	if err != nil {
		c.tb.Fatal(err)
	}
	return frame
}

// request starts a request with the next xid.
func (c *rawClient) request(op int32) message {
	c.xid++
	return message(nil).int32(c.xid).int32(op)
}

// call sends a request and returns the error code and the body of its reply.
func (c *rawClient) call(m message) (code int32, body []byte) {
	c.tb.Helper()
	c.send(m)
	xid, code, body := c.reply()
	if want := int32(binary.BigEndian.Uint32(m)); xid != want {
		c.tb.Fatalf("a reply with xid %d, want %d", xid, want)
	}
	return code, body
}

func (c *rawClient) reply() (xid, code int32, body []byte) {
	c.tb.Helper()
	frame := c.receive()
	return int32(binary.BigEndian.Uint32(frame)), int32(binary.BigEndian.Uint32(frame[12:])), frame[16:]
}

func (c *rawClient) createRequest(path, data string) message {
	return c.createWithACL(path, data, "world", "anyone")
}

func (c *rawClient) createWithACL(path, data, scheme, id string) message {
	const all = 31
	return c.request(opCreate).string(path).string(data).int32(1).int32(all).string(scheme).string(id).int32(flagsPersistent)
}

func (c *rawClient) create(path, data string) {
	c.tb.Helper()
	if code, _ := c.call(c.createRequest(path, data)); code != errOK {
		c.tb.Fatalf("create %s: error %d", path, code)
	}
}

func (c *rawClient) createTTL(path string, ttl time.Duration) (code int32) {
	c.tb.Helper()
	const all = 31
	code, _ = c.call(c.request(opCreateTTL).string(path).string("").
		int32(1).int32(all).string("world").string("anyone").
		int32(flagsTTL).int64(ttl.Milliseconds()))
	return code
}

func (c *rawClient) getRequest(path string) message {
	const noWatch = "\x00"
	return append(c.request(opGetData).string(path), noWatch...)
}

func (c *rawClient) get(path string) (data string, code int32) {
	c.tb.Helper()
	code, body := c.call(c.getRequest(path))
	if code != errOK {
		return "", code
	}
	return string(body[4:][:binary.BigEndian.Uint32(body)]), code
}

func (c *rawClient) ping() {
	c.tb.Helper()
	if code, _ := c.call(message(nil).int32(xidPing).int32(opPing)); code != errOK {
		c.tb.Fatalf("ping: error %d", code)
	}
}

func (c *rawClient) authenticate(user, password string) (code int32) {
	c.tb.Helper()
	code, _ = c.call(message(nil).int32(xidAuth).int32(opAuth).int32(0).string("digest").string(user + ":" + password))
	return code
}

// wantData fails the test unless a node holds this.
func (c *rawClient) wantData(path, want string) {
	c.tb.Helper()
	if data, code := c.get(path); data != want || code != errOK {
		c.tb.Fatalf("get %s: %q and error %d, want %q", path, data, code, want)
	}
}

// wantClosed fails the test unless the connection ends without another message.
func (c *rawClient) wantClosed() {
	c.tb.Helper()
	if frame, err := zktest.ReadFrame(c.conn); err == nil {
		c.tb.Fatalf("received %x, want the end of the connection", frame)
	}
}

// waitFor waits for a channel to be closed.
func waitFor(tb testing.TB, what string, happened <-chan struct{}) {
	tb.Helper()
	select {
	case <-happened:
	case <-time.After(patience):
		tb.Fatalf("waited in vain for %s", what)
	}
}
