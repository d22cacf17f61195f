package zktest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

func is(op int32) func(int32) bool { return func(got int32) bool { return got == op } }

func TestProxy(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	direct := connect(t, server.Addr())

	t.Run("forwards and counts", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		client.create("/forwards", "data")
		client.wantData("/forwards", "data")
		client.ping()
		connect(t, proxy.Addr()).wantData("/forwards", "data")

		want := []zktest.Request{{1, opCreate}, {2, opGetData}, {xidPing, opPing}, {1, opGetData}}
		if got := proxy.Requests(); !slices.Equal(got, want) {
			t.Errorf("the requests were %v, want %v", got, want)
		}
		if got := proxy.Connections(); got != 2 {
			t.Errorf("%d connections, want 2", got)
		}
	})

	t.Run("passes on what is not the protocol", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		conn := dial(t, proxy.Addr())
		if _, err := conn.Write([]byte("ruok")); err != nil {
			t.Fatal(err)
		}
		// As nc does at the end of its input.
		halfCloser, ok := conn.(interface{ CloseWrite() error })
		if !ok {
			t.Fatalf("%T cannot be closed on one side", conn)
		}
		if err := halfCloser.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 16)
		n, err := conn.Read(answer)
		if err != nil || string(answer[:n]) != "imok" {
			t.Errorf("ruok answered %q and error %v", answer[:n], err)
		}
	})

	t.Run("HoldWords", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		release := proxy.HoldWords()
		conn := dial(t, proxy.Addr())
		if _, err := conn.Write([]byte("ruok")); err != nil {
			t.Fatal(err)
		}
		connect(t, proxy.Addr()).create("/beside-a-word", "data") // which is not held back
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 16)
		if n, err := conn.Read(answer); n != 0 || err == nil {
			t.Errorf("answered %q and error %v", answer[:n], err)
		}
		release()
		if err := conn.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(answer); err != nil || string(answer[:n]) != "imok" {
			t.Errorf("answered %q and error %v", answer[:n], err)
		}
		if n := proxy.Words(); n != 1 {
			t.Errorf("%d words", n)
		}
	})

	t.Run("CutAfterRequest", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		happened := proxy.CutAfterRequest(is(opCreate))
		client.ping()
		client.send(client.createRequest("/cut-after", "data"))
		client.wantClosed()
		waitFor(t, "the cut", happened)
		direct := connect(t, server.Addr())
		direct.wantData("/cut-after", "data")

		// Once only.
		connect(t, proxy.Addr()).create("/cut-after-2", "data")
	})

	t.Run("CutAfterRequest among others in flight", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		happened := proxy.CutAfterRequest(is(opPing))
		client.send(client.createRequest("/pipelined", "data"))
		client.send(message(nil).int32(xidPing).int32(opPing))
		client.send(client.getRequest("/pipelined"))
		if xid, code, _ := client.reply(); xid != 1 || code != errOK {
			t.Errorf("the reply before the cut has xid %d and error %d", xid, code)
		}
		client.wantClosed()
		waitFor(t, "the cut", happened)
	})

	t.Run("CutAfterRequest with a client that does not wait", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		happened := proxy.CutAfterRequest(is(opCreate))
		client.send(client.createRequest("/gone", "data"))
		if err := client.conn.Close(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the cut", happened)
		connect(t, server.Addr()).wantData("/gone", "data")
	})

	t.Run("CutBeforeRequest", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		happened := proxy.CutBeforeRequest(is(opCreate))
		client.send(client.createRequest("/cut-before", "data"))
		client.wantClosed()
		waitFor(t, "the cut", happened)
		direct := connect(t, server.Addr())
		if data, code := direct.get("/cut-before"); code != errNoNode {
			t.Errorf("the request that was cut off has made a node with %q, or error %d", data, code)
		}
		if got := proxy.Requests(); len(got) != 0 {
			t.Errorf("the requests were %v, want none", got)
		}

		connect(t, proxy.Addr()).create("/cut-before", "data")
	})

	t.Run("faults in the order of their arming", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		first := proxy.CutBeforeRequest(is(opCreate))
		second := proxy.CutAfterRequest(is(opCreate))
		for _, happened := range []<-chan struct{}{first, second} {
			client := connect(t, proxy.Addr())
			client.send(client.createRequest("/order", "data"))
			client.wantClosed()
			waitFor(t, "the cut", happened)
		}
		if got, want := proxy.Requests(), []zktest.Request{{1, opCreate}}; !slices.Equal(got, want) {
			t.Errorf("the requests were %v, want %v", got, want)
		}
	})

	t.Run("CutAll and Refuse", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		proxy.Refuse(true)
		client.ping()
		proxy.CutAll()
		client.wantClosed()
		refused := &rawClient{tb: t, conn: dial(t, proxy.Addr())}
		refused.wantClosed()
		if got := proxy.Connections(); got != 2 {
			t.Errorf("%d connections, want 2", got)
		}
		proxy.Refuse(false)
		connect(t, proxy.Addr()).ping()
	})

	t.Run("Blackhole", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		proxy.Blackhole(true)
		proxy.Blackhole(true)
		client.send(client.createRequest("/blackhole", "data"))
		late := dial(t, proxy.Addr())
		// Nothing is what has to come: some time has to be given to it.
		if err := client.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if frame, err := zktest.ReadFrame(client.conn); err == nil {
			t.Fatalf("received %x through a black hole", frame)
		}
		if got := proxy.Requests(); len(got) != 0 {
			t.Errorf("the requests were %v, want none", got)
		}

		proxy.Blackhole(false)
		proxy.Blackhole(false)
		if err := client.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if xid, code, _ := client.reply(); xid != 1 || code != errOK {
			t.Errorf("what was held back was answered with xid %d and error %d", xid, code)
		}
		if _, err := late.Write([]byte("ruok")); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 16)
		if n, err := late.Read(answer); err != nil || string(answer[:n]) != "imok" {
			t.Errorf("a connection made meanwhile answered %q and error %v", answer[:n], err)
		}
	})

	t.Run("HoldReplies", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		held, release := proxy.HoldReplies(is(opCreate))
		client.ping()
		client.send(client.createRequest("/held", "data"))
		client.send(message(nil).int32(xidPing).int32(opPing))
		waitFor(t, "the reply to be held back", held)
		connect(t, server.Addr()).wantData("/held", "data")
		connect(t, proxy.Addr()).ping()
		// Nothing is what has to come: some time has to be given to it.
		if err := client.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if frame, err := zktest.ReadFrame(client.conn); err == nil {
			t.Fatalf("received %x, which is held back", frame)
		}
		release()
		release()
		if err := client.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int32{1, xidPing} {
			if xid, code, _ := client.reply(); xid != want || code != errOK {
				t.Errorf("what was held back was answered with xid %d and error %d, want xid %d", xid, code, want)
			}
		}
		client.create("/held-no-more", "data")
	})

	t.Run("a connection whose replies are held back is cut", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		held, release := proxy.HoldReplies(is(opCreate))
		defer release()
		client.send(client.createRequest("/held-and-cut", "data"))
		waitFor(t, "the reply to be held back", held)
		proxy.CutAll()
		client.wantClosed()
		connect(t, proxy.Addr()).wantData("/held-and-cut", "data")
	})

	t.Run("Close while traffic is held back", func(t *testing.T) {
		t.Parallel()
		proxy := zktest.StartProxy(t, server.Addr())
		client := connect(t, proxy.Addr())
		happened := proxy.CutAfterRequest(is(opPing))
		proxy.Blackhole(true)
		client.send(message(nil).int32(xidPing).int32(opPing))
		late := &rawClient{tb: t, conn: dial(t, proxy.Addr())}
		proxy.Close()
		proxy.Close()
		client.wantClosed()
		late.wantClosed()
		select {
		case <-happened:
			t.Error("a cut that never happened was reported")
		default:
		}
	})

	direct.ping()
}

func TestProxyServerGone(t *testing.T) {
	t.Parallel()
	server := zktest.StartServer(t)
	proxy := zktest.StartProxy(t, server.Addr())
	client := connect(t, proxy.Addr())
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	happened := proxy.CutAfterRequest(is(opPing))
	client.send(message(nil).int32(xidPing).int32(opPing))
	eventually(t, "the ping to go through", func() bool { return len(proxy.Requests()) == 1 })
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	client.wantClosed()
	waitFor(t, "the reply to be given up", happened)

	// Nobody listens there now.
	next := &rawClient{tb: t, conn: dial(t, proxy.Addr())}
	next.wantClosed()

	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	connect(t, proxy.Addr()).ping()
}

func TestReadFrame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in, want, err string
	}{
		"frame":                {in: "\x00\x00\x00\x02ab", want: "ab"},
		"empty frame":          {in: "\x00\x00\x00\x00"},
		"end":                  {in: "", err: "EOF"},
		"end in the length":    {in: "\x00\x00", err: "unexpected EOF"},
		"end after the length": {in: "\x00\x00\x00\x02", err: "unexpected EOF"},
		"end in the body":      {in: "\x00\x00\x00\x02a", err: "unexpected EOF"},
		"four letters":         {in: "ruok", err: `not a frame of the ZooKeeper protocol: it starts with "ruok"`},
		"negative length":      {in: "\xff\xff\xff\xff", err: `not a frame of the ZooKeeper protocol: it starts with "\xff\xff\xff\xff"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frame, err := zktest.ReadFrame(strings.NewReader(c.in))
			if err == nil && c.err != "" || err != nil && err.Error() != c.err {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if string(frame) != c.want {
				t.Errorf("read %q, want %q", frame, c.want)
			}
		})
	}
}
