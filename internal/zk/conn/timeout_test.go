package conn

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-zookeeper/internal/zk/proto"
)

// pongs answers pings, and hands each other request to answer, until the connection ends.
func pongs(p peer, answer func(p peer, xid int32)) {
	for {
		frame, err := p.next()
		if err != nil {
			return
		}
		switch xid := int32(binary.BigEndian.Uint32(frame)); xid {
		case proto.XidPing:
			p.send(pong(1))
		default:
			answer(p, xid)
		}
	}
}

func silence(peer, int32) {}

// A request that a server leaves without an answer ends the connection, whatever else the server
// says, and whatever timeout it has granted.
func TestRequestTimeout(t *testing.T) {
	const limit = 8 * time.Second
	for name, tt := range map[string]struct {
		granted int32 // milliseconds
		op      proto.OpCode
		script  func(p peer)
	}{
		"pings alone":                           {9000, proto.OpExists, func(p peer) { pongs(p, silence) }},
		"an identity":                           {9000, proto.OpAuth, func(p peer) { pongs(p, silence) }},
		"a session of 24 days, and pings alone": {math.MaxInt32, proto.OpExists, func(p peer) { pongs(p, silence) }},
		"a flood of pings": {math.MaxInt32, proto.OpExists, func(p peer) {
			go drain(p)
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for range tick.C {
				if _, err := p.Write(pong(1)); err != nil {
					return
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := options
				opts.RequestTimeout = limit
				c := pipeGranted(t, opts, tt.granted, tt.script)
				<-time.After(3 * limit / 2) // the time before a request does not count
				begun := time.Now()
				call := NewCall(tt.op, nil, nil)
				if tt.op == proto.OpAuth {
					call.Xid = proto.XidAuth
				}
				if !c.Submit(t.Context(), call) {
					t.Fatalf("the connection has ended: %v", c.Err())
				}
				<-call.Done()
				if lost, ok := errors.AsType[*LostError](call.Err); !ok || !lost.Sent || !strings.Contains(call.Err.Error(), "without an answer for 8s") {
					t.Errorf("it ended with %v", call.Err)
				}
				if took := time.Since(begun); took < limit || took > 3*limit/2 {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A server that is slow and answers is not given up, however many requests wait for each
// other.
func TestRequestTimeoutOfASlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := options
		opts.RequestTimeout = 8 * time.Second
		queue := make(chan int32, 100)
		c := pipeGranted(t, opts, 9000, func(p peer) {
			go func() {
				for xid := range queue {
					<-time.After(5 * time.Second)
					p.send(replyFrame(xid, 2, proto.OK, nil))
				}
			}()
			pongs(p, func(_ peer, xid int32) { queue <- xid })
			close(queue)
		})
		var calls []*Call
		for range 20 {
			call := NewCall(proto.OpDelete, nil, nil)
			if !c.Submit(t.Context(), call) {
				t.Fatal(c.Err())
			}
			calls = append(calls, call)
		}
		for _, call := range calls {
			<-call.Done()
			if call.Err != nil {
				t.Error(call.Err)
			}
		}
		<-time.After(time.Minute) // with nothing to answer
		if err := c.Err(); err != nil {
			t.Error(err)
		}
	})
}

// A server that grants a session of 24 days, and is silent from then on, is given up as early as
// one that grants no longer a session than a request may take.
func TestSilenceInALongSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := options
		opts.RequestTimeout = 9 * time.Second
		c := pipeGranted(t, opts, math.MaxInt32, func(p peer) { drain(p) })
		begun := time.Now()
		<-c.Done()
		if err := c.Err(); err == nil || !strings.Contains(err.Error(), "silent for 6s") {
			t.Errorf("it ended with %v", err)
		}
		if took := time.Since(begun); took != 6*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// A server that has begun a session, and whose answer is on its way when the handshake is given
// up, is told to end the session. One that never answers is waited for no longer than a moment.
func TestHandshakeGivenUpBeforeTheAnswer(t *testing.T) {
	for name, answers := range map[string]bool{"it comes": true, "it does not come": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				client, server := net.Pipe()
				told := make(chan proto.OpCode, 1)
				go func() {
					defer close(told)
					defer func() { _ = server.Close() }()
					p := peer{server, t}
					_, _ = p.next()
					cancel()
					synctest.Wait() // until the client has given up
					if answers {
						p.send(connectReply(9000))
					}
					if frame, err := p.next(); err == nil {
						told <- proto.OpCode(binary.BigEndian.Uint32(frame[4:]))
					}
				}()
				begun := time.Now()
				_, session, err := Open(ctx, client, Hello{}, options)
				if _, ok := errors.AsType[*NoAnswerError](err); !ok || session.SessionID != 0 {
					t.Errorf("%v, session %d", err, session.SessionID)
				}
				if took := time.Since(begun); took > farewell {
					t.Errorf("it took %v", took)
				}
				if op, ok := <-told; ok != answers || ok && op != proto.OpCloseSession {
					t.Errorf("the server was told %v, %t", op, ok)
				}
			})
		})
	}
}
