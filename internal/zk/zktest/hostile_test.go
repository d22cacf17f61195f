package zktest_test

import (
	"bytes"
	"net"
	"testing"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

func TestStartPeer(t *testing.T) {
	t.Parallel()
	accepted, returned := make(chan struct{}), make(chan struct{})
	var addr string
	t.Run("while the test runs", func(t *testing.T) {
		echo := make(chan struct{})
		addr = zktest.StartPeer(t, func(conn net.Conn) {
			select {
			case <-echo:
				// The second connection finds a peer that says nothing until it is closed.
				close(accepted)
				_, _ = zktest.ReadFrame(conn)
				close(returned)
			default:
				close(echo)
				if frame, err := zktest.ReadFrame(conn); err == nil {
					_ = zktest.WriteFrame(conn, frame)
				}
			}
		})
		client := &rawClient{tb: t, conn: dial(t, addr)}
		client.send(message("hello"))
		if got := client.receive(); !bytes.Equal(got, []byte("hello")) {
			t.Errorf("received %q", got)
		}
		client.wantClosed()
		dial(t, addr)
		// Until then it may be no more than a connection that the kernel keeps.
		waitFor(t, "the second connection", accepted)
	})
	waitFor(t, "the handler's end", returned)
	if listening(t, addr) {
		t.Errorf("%s still accepts connections after the test", addr)
	}
}
