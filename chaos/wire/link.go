package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

const (
	// maxFrame is more than any frame has, and less than four letters are as a length.
	maxFrame = 256 << 20
	// dripSize is how many bytes of a reply pass at once, dripPause how long after those before,
	// and dripCount how many times. What is left of a long reply then passes as one.
	dripSize  = 3
	dripPause = 20 * time.Millisecond
	dripCount = 30
	// xidConnect stands for a connection's first request, which has no xid.
	xidConnect int32 = 0
)

// A link is a client's connection, and the one to the server that belongs to it.
type link struct {
	proxy  *proxy
	client net.Conn
	server net.Conn // nil until it is dialled
	done   chan struct{}

	mu      sync.Mutex
	session int64
	pending map[int32]pending // requests whose replies are of interest, by xid
	ended   bool
}

// pending is what is to become of a reply.
type pending struct {
	fate  Fate
	write bool
}

// errCut is why a link ends that was to be cut.
var errCut = errors.New("cut")

// close closes both connections.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	_ = l.client.Close()
	if l.server != nil {
		_ = l.server.Close()
	}
	close(l.done)
	l.proxy.set.mu.Lock()
	defer l.proxy.set.mu.Unlock()
	delete(l.proxy.set.links, l)
}

// serve forwards in both directions until the link is closed.
func (l *link) serve() {
	defer l.close()
	if !l.proxy.set.pass(l.done) || !l.dial() {
		return
	}
	fromClient := bufio.NewReader(l.client)
	prefix, err := fromClient.Peek(4)
	if err != nil {
		return
	}
	requests, replies := l.requests, l.replies
	if binary.BigEndian.Uint32(prefix) > maxFrame { // a four-letter word
		requests = func(r *bufio.Reader) error { return copyTo(l.server, r) }
		replies = func(r *bufio.Reader) error { return copyTo(l.client, r) }
	}
	var both sync.WaitGroup
	both.Go(func() {
		err := requests(fromClient)
		server, ok := l.server.(*net.TCPConn)
		if !ok || !errors.Is(err, io.EOF) || server.CloseWrite() != nil {
			l.close()
		}
	})
	both.Go(func() {
		defer l.close()
		_ = replies(bufio.NewReader(l.server))
	})
	both.Wait()
}

func copyTo(to io.Writer, from io.Reader) error {
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	return io.EOF
}

func (l *link) dial() bool {
	var dialer net.Dialer
	server, err := dialer.DialContext(l.proxy.set.ctx, "tcp", l.proxy.target)
	if err != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		_ = server.Close()
		return false
	}
	l.server = server
	return true
}

func (l *link) requests(client *bufio.Reader) error {
	for first := true; ; first = false {
		frame, err := zktest.ReadFrame(client)
		if err != nil {
			return err
		}
		if !l.proxy.set.pass(l.done) {
			return errCut
		}
		r := Request{Kind: Connect, Xid: xidConnect}
		if !first {
			r = parse(frame)
		}
		r.Server = l.proxy.number
		l.mu.Lock()
		r.Session = l.session
		l.mu.Unlock()
		if r.Session != 0 {
			l.proxy.set.used(r.Session)
		}
		var d Decision
		if r.Kind != Upkeep {
			d = l.proxy.set.decide(r)
		}
		if err := l.carryOut(r, frame, d); err != nil {
			return err
		}
		if d.Fate == HalfOpen {
			return copyTo(io.Discard, client)
		}
	}
}

// carryOut does to a request what was decided.
func (l *link) carryOut(r Request, frame []byte, d Decision) error {
	if d.Hold != nil {
		d.Hold(l.proxy.set.ctx)
		if !l.proxy.set.pass(l.done) {
			return errCut
		}
	}
	switch d.Fate {
	case CutBefore:
		return errCut
	case ResetBefore:
		l.reset()
		return errCut
	case Pass, CutAfter, CutReply, CutMiddle, ResetAfter, HalfOpen, Drip:
	}
	if p := (pending{d.Fate, AnyWrite.Matches(r.Kind)}); p != (pending{}) {
		l.mu.Lock()
		l.pending[r.Xid] = p
		l.mu.Unlock()
	}
	if err := zktest.WriteFrame(l.server, frame); err != nil {
		return err
	}
	switch d.Fate {
	case CutAfter:
		return errCut
	case ResetAfter:
		l.reset()
		return errCut
	case Pass, CutBefore, CutReply, CutMiddle, ResetBefore, HalfOpen, Drip:
	}
	return nil
}

// reset makes both connections end by a reset.
func (l *link) reset() {
	for _, c := range []net.Conn{l.client, l.server} {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
}

func (l *link) replies(server *bufio.Reader) error {
	for first := true; ; first = false {
		frame, err := zktest.ReadFrame(server)
		if err != nil {
			return err
		}
		if !l.proxy.set.pass(l.done) {
			return errCut
		}
		a := answer{xid: xidConnect}
		if first {
			l.granted(frame)
		} else {
			a = parseAnswer(frame)
		}
		if err := l.passOn(a, frame); err != nil {
			return err
		}
	}
}

// granted notes the session of a connection.
func (l *link) granted(frame []byte) {
	r := jute.NewReader(frame)
	var reply proto.ConnectReply
	reply.Decode(&r)
	if r.Err() != nil || reply.SessionID == 0 {
		return
	}
	l.mu.Lock()
	l.session = reply.SessionID
	l.mu.Unlock()
	s := l.proxy.set
	if _, known := s.Session(reply.SessionID); known {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = append(s.sessions, Session{ID: reply.SessionID, Password: reply.Password})
}

// passOn does to a reply what was decided of its request.
func (l *link) passOn(a answer, frame []byte) error {
	l.mu.Lock()
	p := l.pending[a.xid]
	delete(l.pending, a.xid)
	l.mu.Unlock()
	whole := binary.BigEndian.AppendUint32(nil, uint32(len(frame)))
	whole = append(whole, frame...)
	switch p.fate {
	case CutReply:
		return errCut
	case HalfOpen:
		_ = l.server.Close()
		<-l.done // the client's side stays open until the client closes it
		return errCut
	case CutMiddle:
		_, _ = l.client.Write(whole[:len(whole)/2])
		return errCut
	case Drip:
		for range dripCount {
			n := min(dripSize, len(whole))
			if _, err := l.client.Write(whole[:n]); err != nil {
				return err
			}
			if whole = whole[n:]; len(whole) == 0 {
				break
			}
			timer := time.NewTimer(dripPause)
			select {
			case <-timer.C:
			case <-l.done:
				timer.Stop()
				return errCut
			}
		}
	case Pass, CutBefore, CutAfter, ResetBefore, ResetAfter:
	}
	if p.write && a.code == 0 {
		// Noted before, so that whoever acts on the reply finds it noted.
		l.proxy.set.note(a.zxid, true)
	}
	if _, err := l.client.Write(whole); err != nil {
		l.proxy.set.note(a.zxid, false)
		return err
	}
	return nil
}
