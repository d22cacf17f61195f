package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// session is what resumes a session. Only the engine touches it. That of a server without
// a quorum is not kept: it is the server's own, and no other knows it.
type session struct {
	id       int64
	password []byte
	at       target // where it was connected last
}

// run is the engine, until the client has ended. A session that nobody asks for any more is
// ended before the reason is told: whoever waits for that finds it gone.
func (e *Engine) run(ctx context.Context) {
	defer close(e.stopped)
	e.mu.Lock()
	s := e.resume
	e.mu.Unlock()
	err := e.serve(ctx, &s)
	if s.id != 0 && (isAuthFailure(err) || e.State() == StateAuthFailed) {
		e.disown(ctx, s)
	}
	e.end(err) // whatever still waits
}

// serve holds a connection, and looks for another one when it is lost, until the client is
// closed or cannot go on. It returns why; [ErrClosed] where the client knows already.
func (e *Engine) serve(ctx context.Context, s *session) error {
	// The events up to here have been told, and none after it. It is not the latest that
	// any server told of: one that was asked and not taken has events that are still to come.
	var told int64
	short := 0 // connections in a row that did not last
	for first := true; !e.hasEnded(); first = false {
		// One loss is mended at once. A server that takes the session and drops it again is
		// tried no more often than one that does not take it.
		if short > 1 && wait(ctx, min(e.cfg.ConnectRetry.delay(short-1), e.cfg.ConnectTimeout)) != nil {
			return ErrClosed
		}
		l, err := e.connect(ctx, s, first)
		if err != nil {
			return err
		}
		for l != nil {
			registered, ok := e.attach(l, told)
			if !ok {
				// Closed while the handshake was under way: the session is there all the same.
				e.abandon(ctx, l)
				return ErrClosed
			}
			began := time.Now()
			stop := e.tidy(ctx, l)
			next := e.hold(ctx, l, s)
			stop()
			// What was missed is told only when the watches are registered: the server may have
			// named a later transaction before that.
			if registered() {
				told = max(told, l.Zxid())
			}
			short++
			if time.Since(began) > e.cfg.ConnectRetry.MaxDelay {
				short = 1
			}
			l = next
		}
	}
	return ErrClosed
}

// hold waits for the end of a connection. Where that can only read, it looks for a server
// that can write meanwhile, and returns the connection to that one, nil for none.
func (e *Engine) hold(ctx context.Context, l *link, s *session) *link {
	if l.Session().ReadOnly {
		next, err := e.seekQuorum(ctx, l, s)
		if next != nil {
			e.retire(ctx, l)
			return next
		}
		if err != nil {
			e.end(err)
			l.Close()
		}
	}
	select {
	case <-l.Done():
		e.log.Debug("connection lost", "server", l.at.String(), "reason", l.Err())
	case <-ctx.Done():
		l.Close()
	}
	e.detach(l)
	return nil
}

// abandon ends a session that nobody asks for, and its connection.
func (e *Engine) abandon(ctx context.Context, l *link) {
	if err := endSession(context.WithoutCancel(ctx), l); err != nil {
		e.log.Warn("the session could not be ended, it lives on until it expires", "reason", err)
	}
	l.Close()
}

// disown ends the session of a client whose credential was refused. Servers close the
// connection then and keep the session, which is resumed once more without any credential,
// only to be ended. One that serves nobody without SASL refuses that as well.
func (e *Engine) disown(ctx context.Context, s session) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(e.cfg.ConnectTimeout, closeTimeout))
	defer cancel()
	nc, err := e.dial(ctx, s.at)
	if err == nil {
		l := &link{at: s.at}
		hello := conn.Hello{Connect: proto.ConnectRequest{
			LastZxidSeen: e.zxid.Load(), TimeoutMillis: int32(e.cfg.SessionTimeout.Milliseconds()), SessionID: s.id, Password: s.password,
		}}
		l.Conn, _, err = conn.Open(ctx, nc, hello, conn.Options{MaxRequest: e.cfg.MaxBufferBytes, MaxReply: e.cfg.MaxReplyBytes, RequestTimeout: e.cfg.RequestTimeout, Frame: e.traceFrame()})
		if err == nil {
			e.abandon(ctx, l)
			return
		}
	}
	e.log.Warn("the session could not be ended, it lives on until it expires", "reason", err)
}

// tidy asks the server behind l for its version once something wants to know, without anybody waiting
// for it, registers the watches that not all servers know, and has those removed that are to be. A server that
// does not tell keeps them. The function returned ends tidy.
func (e *Engine) tidy(ctx context.Context, l *link) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			select {
			case <-l.wanted:
			case <-ctx.Done():
				return
			}
			if _, err := e.versionOf(ctx, l); err != nil {
				e.log.Debug("the server's version is not known, watches that nobody needs stay there", "server", l.at.String(), "reason", err)
			}
			if l.version.told.Load() != nil { // or the connection has ended, and the next one is asked
				for _, req := range e.watches.lastingAgain(l) {
					e.register(l, req)
				}
			}
			e.watches.sweep()
		}
	})
	return func() {
		cancel()
		work.Wait()
	}
}

// attach registers the watches with l, sends what is waiting over it, and makes it the
// current connection. The function returned tells, when l has ended, whether the watches were
// registered; ok is false when the client has been closed meanwhile.
func (e *Engine) attach(l *link, told int64) (registered func() bool, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != running {
		return nil, false
	}
	requests, alive := e.watches.again(l, told)
	var again []*conn.Call
	for _, req := range requests {
		again = append(again, e.register(l, req))
	}
	e.watches.follow(l)
	if e.watches.lasting() {
		l.want()
	}
	// In the order of their submission, and before any other call can reach l. A connection
	// that ends meanwhile leaves the rest for the next one.
	for len(e.queue) > 0 && l.SubmitNow(e.queue[0]) {
		e.queue[0] = nil
		e.queue = e.queue[1:]
	}
	if len(e.queue) == 0 {
		e.queue = nil
	}
	e.reason = nil
	e.current.Store(l)
	if l.Session().ReadOnly {
		e.listeners.enter(StateConnectedReadOnly)
	} else {
		e.session = l.Session().SessionID
		e.granted = time.Duration(l.Session().TimeoutMillis) * time.Millisecond
		e.listeners.enter(StateConnected)
	}
	e.markStarted()
	return func() bool { return alive && !slices.ContainsFunc(again, lost) }, true
}

// register has the server behind l register watches again.
func (e *Engine) register(l *link, req *proto.SetWatchesRequest) *conn.Call {
	call := conn.NewCall(req.Op(), req, nil)
	call.Xid = proto.XidSetWatches
	call.Ended = func(call *conn.Call) {
		switch {
		case call.Err == nil:
			e.watches.registered(req)
		case !lost(call): // or the next connection registers them
			e.watches.unregistered(req, call.Err)
		}
	}
	if !l.SubmitNow(call) {
		call.Fail(&conn.LostError{Cause: l.Err()})
	}
	return call
}

// lost reports whether a call has ended with its connection.
func lost(call *conn.Call) bool {
	_, lost := errors.AsType[*conn.LostError](call.Err)
	return lost
}

func (e *Engine) detach(l *link) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.see(l.Zxid())
	e.current.CompareAndSwap(l, nil)
	if e.state == running {
		e.listeners.enter(StateSuspended)
	}
}

// hasEnded reports whether the client has been closed or has failed: after the end of a
// session that it closed, the engine must not open another.
func (e *Engine) hasEnded() bool { return e.Ended() != nil }

// Ended returns why the client has ended, nil while it has not. Everything fails with that, until
// [Engine.Restart].
func (e *Engine) Ended() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != ended {
		return nil
	}
	return cmp.Or(e.reason, ErrClosed)
}

// markStarted releases the callers of Start. c.mu is held.
func (e *Engine) markStarted() {
	select {
	case <-e.started:
	default:
		close(e.started)
	}
}

// end makes the client refuse everything for good.
func (e *Engine) end(reason error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != ended {
		e.state, e.reason = ended, reason
	}
	e.current.Store(nil)
	e.failQueue(e.reason)
	e.watches.endAll(e.reason)
	if isAuthFailure(e.reason) {
		e.listeners.enter(StateAuthFailed)
	} else {
		e.listeners.enter(StateClosed)
	}
	e.markStarted()
}

// failQueue ends the calls that wait for a connection. c.mu is held.
func (e *Engine) failQueue(err error) {
	for _, call := range e.queue {
		call.Fail(err)
	}
	e.queue = nil
}

// see keeps the latest zxid. Only the engine calls it.
func (e *Engine) see(zxid int64) {
	if zxid > e.zxid.Load() {
		e.zxid.Store(zxid)
	}
}
