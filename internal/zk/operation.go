package zk

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// An operation is one request to the servers as a value: what is asked, how a lost reply is judged, and
// what becomes of the reply. [do] waits for its result, [issue] does not, and [ahead] is for many at once.
type operation[Q, R, T any] struct {
	code proto.OpCode
	// path is as the caller gave it, for the errors. The request has the one on the servers.
	path string
	req  Q
	// blank is the record of the reply as it is before that fills it in.
	blank R
	// lost looks whether the operation took effect whose reply was lost, and if it did fills in the record;
	// nil for one that changes nothing, and is simply repeated.
	lost resolver[Q, R]
	// result makes of the reply what the caller gets.
	result func(c *Client, out *R) (T, error)
	// refused says more than the server's code of why it has refused the operation; nil for what has no
	// more to say.
	refused func(c *Client, out *R) error
	// inside tells that it is about a node of the caller's, inside the chroot.
	inside bool
	// orNone takes it for an answer that the node is not there: the record stays blank.
	orNone bool
	// err is why there is no such operation.
	err error
}

// checked is an operation on a path of the caller's, which need not be one.
func checked[Q, R, T any](path string, o operation[Q, R, T]) operation[Q, R, T] {
	o.path, o.err, o.inside = path, ValidatePath(path), true
	return o
}

// reply is a pointer to a record R that decodes itself.
type reply[R any] interface {
	*R
	conn.Reply
}

// request is a pointer to a record Q that appends itself.
type request[Q any] interface {
	*Q
	conn.Request
}

// noBody is the reply of operations whose reply has no body, or none of interest.
type noBody struct{}

// Decode reads nothing.
func (*noBody) Decode(*jute.Reader) {}

// nothing is the result of an operation that has none.
func nothing(*Client, *noBody) (none struct{}, err error) { return none, nil }

// An attempt is one try of an operation: its call and the records of it, in one piece of memory. Each try
// has its own, since that of a call whose caller has gone is still written to.
type attempt[Q, R any] struct {
	call conn.Call
	req  Q
	out  R
	note writing
}

// prepare makes an attempt ready to be submitted.
func prepare[Q, R, T any, W request[Q], P reply[R]](a *attempt[Q, R], o *operation[Q, R, T]) {
	a.req, a.out = o.req, o.blank
	a.call.Init(o.code, W(&a.req), P(&a.out))
	a.call.Note = &a.note
}

// failure is the error of an operation that failed with err, which may be one already.
func failure(op OpName, path string, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Op: op, Path: path, Err: err}
}

// fails makes an error of err that names the operation.
func (o *operation[Q, R, T]) fails(err error) error { return failure(o.code.Name(), o.path, err) }

// outcome is what the caller gets, by the record and the error that it ended with. Where a node is missing
// it may look, with ctx, whether the chroot is.
func (o *operation[Q, R, T]) outcome(ctx context.Context, c *Client, out *R, err error) (T, error) {
	result, failed := o.interpret(c, out, err)
	switch {
	case !o.inside:
	case failed != nil:
		failed = c.blameChroot(ctx, failed)
	case err == nil:
		c.sawInside()
	}
	return result, failed
}

// interpret makes the caller's result, or the error that names the operation.
func (o *operation[Q, R, T]) interpret(c *Client, out *R, err error) (T, error) {
	var none T
	if o.refused != nil && out != nil {
		if err := o.refused(c, out); err != nil {
			return none, o.fails(err)
		}
	}
	if err != nil && (!o.orNone || !errors.Is(err, ErrNoNode)) {
		return none, o.fails(err)
	}
	result, err := o.result(c, out)
	if err != nil {
		return none, o.fails(err)
	}
	return result, nil
}

// do does an operation and waits for its result.
func do[Q, R, T any, W request[Q], P reply[R]](ctx context.Context, c *Client, o operation[Q, R, T]) (T, error) {
	result, _, err := answered[Q, R, T, W, P](ctx, c, o)
	return result, err
}

// answered is do that returns the record of the reply as well, which it has without an error.
func answered[Q, R, T any, W request[Q], P reply[R]](ctx context.Context, c *Client, o operation[Q, R, T]) (result T, out *R, err error) {
	if o.err != nil {
		return result, nil, o.fails(o.err)
	}
	out, err = perform[Q, R, T, W, P](ctx, c, &o)
	result, err = o.outcome(ctx, c, out, err)
	return result, out, err
}

// perform does an operation and returns the record of its reply.
func perform[Q, R, T any, W request[Q], P reply[R]](ctx context.Context, c *Client, o *operation[Q, R, T]) (*R, error) {
	if o.lost != nil {
		return write[Q, R, T, W, P](ctx, c, o)
	}
	return read[Q, R, T, W, P](ctx, c, o)
}

// read does an operation that changes nothing, and repeats it when its reply was lost.
func read[Q, R, T any, W request[Q], P reply[R]](ctx context.Context, c *Client, o *operation[Q, R, T]) (*R, error) {
	for t := c.engine.Tries(); ; {
		a := new(attempt[Q, R])
		prepare[Q, R, T, W, P](a, o)
		c.engine.Submit(ctx, &a.call)
		_, err := c.engine.Await(ctx, &a.call)
		if err == nil {
			return &a.out, nil
		}
		if err := t.Again(ctx, &a.call, err); err != nil {
			return &a.out, err
		}
	}
}

// write does an operation that changes something. When its reply was lost, the operation's own look says
// whether it took effect; it is repeated only when it did not. The record is returned with an error of the
// server's too: a multi's says what failed.
func write[Q, R, T any, W request[Q], P reply[R]](ctx context.Context, c *Client, o *operation[Q, R, T]) (*R, error) {
	w := c.engine.Waiter()
	defer w.End()
	var session, seen int64 // those of the first try that was sent
	for t := c.engine.Tries(); ; {
		a := new(attempt[Q, R])
		prepare[Q, R, T, W, P](a, o)
		call := &a.call
		call.Ended = c.written
		var err error
		if a.note.ticket, err = c.open(ctx, call.Request, true); err != nil {
			if err = t.Again(ctx, &a.call, err); err != nil {
				return &a.out, suspicious(call.Request, err)
			}
			continue
		}
		call.Pinned = engine.SessionOf(ctx)
		if call.Pinned == 0 && !c.cfg.Retry.Expired {
			call.Pinned = session
		}
		c.engine.Submit(ctx, call)
		ended, err := w.Await(ctx, call)
		if err == nil {
			return &a.out, nil
		}
		seen = cmp.Or(seen, call.Seen)
		if !ended {
			c.settle(call, &a.note, false)
			return nil, suspicious(call.Request, c.waitedFor(&w, seen, err))
		}
		if unresolved(err) {
			a.out = o.blank
			took, rerr := judge(w.Sent(ctx), c, o, a, &a.out)
			c.settle(call, &a.note, took)
			switch {
			case rerr != nil:
				return nil, suspicious(call.Request, c.waitedFor(&w, seen, rerr))
			case took:
				return &a.out, nil
			}
		}
		session = cmp.Or(session, call.Session)
		if err = t.Again(ctx, &a.call, err); err != nil {
			return &a.out, suspicious(call.Request, err)
		}
	}
}

// An issued operation has been sent, and nobody waits for it yet.
type issued[Q, R, T any] struct {
	client *Client
	op     operation[Q, R, T]
	attempt[Q, R]
}

// ahead sends a read, and does not wait. The one who does is [taken].
func ahead[Q, R, T any, W request[Q], P reply[R]](ctx context.Context, c *Client, o operation[Q, R, T]) *issued[Q, R, T] {
	i := &issued[Q, R, T]{client: c, op: o}
	prepare[Q, R, T, W, P](&i.attempt, &i.op)
	if o.err != nil {
		i.call.Fail(o.err)
	} else {
		c.engine.Submit(ctx, &i.call)
	}
	return i
}

// taken waits for a read that was sent ahead, and has it done again, alone, where the connection was lost
// before its reply. Of many no one looks for the chroot: their sender does.
func taken[Q, R, T any, W request[Q], P reply[R]](ctx context.Context, i *issued[Q, R, T]) (T, error) {
	_, err := i.client.engine.Await(ctx, &i.call)
	if err != nil && ctx.Err() == nil && i.client.engine.Repeatable(err) {
		return do[Q, R, T, W, P](ctx, i.client, i.op)
	}
	if err != nil { // the record may still be written to
		return i.op.interpret(i.client, nil, err)
	}
	if i.op.inside {
		i.client.sawInside()
	}
	return i.op.interpret(i.client, &i.out, nil)
}

// drop takes back what has not been sent.
func (i *issued[Q, R, T]) drop() {
	select {
	case <-i.call.Done():
	default:
		i.client.engine.Withdraw(&i.call)
	}
}

// issue sends an operation, and does not wait for its result.
func issue[Q, R, T any, W request[Q], P reply[R]](ctx context.Context, c *Client, o operation[Q, R, T]) *Pending[T] {
	if o.err != nil {
		return failed[T](o.fails(o.err))
	}
	i := &issued[Q, R, T]{client: c, op: o}
	prepare[Q, R, T, W, P](&i.attempt, &i.op)
	if o.lost != nil {
		i.call.Pinned = engine.SessionOf(ctx)
		i.call.Ended = c.written
		i.note.ticket, _ = c.open(ctx, i.call.Request, false) // which fails for nothing that it does not wait for
	}
	c.engine.Submit(ctx, &i.call)
	p := pending(c, i.call.Done(), i.collect)
	if o.lost != nil {
		p.write = &i.call
	}
	return p
}

// collect makes of the reply what the caller gets. Nothing is repeated: that would not be in order.
func (i *issued[Q, R, T]) collect(ctx context.Context, w *engine.Waiter) (T, error) {
	c, err := i.client, i.call.Err
	if i.op.lost == nil || err == nil || !unresolved(err) {
		return i.op.outcome(ctx, c, &i.out, err)
	}
	found := i.op.blank
	took, rerr := judge(w.Sent(ctx), c, &i.op, &i.attempt, &found)
	switch {
	case rerr != nil:
		return i.op.outcome(ctx, c, nil, c.waitedFor(w, i.call.Seen, rerr))
	case took:
		return i.op.outcome(ctx, c, &found, nil)
	}
	return i.op.outcome(ctx, c, &i.out, err)
}

// settle notes what became of a try whose reply was lost; false too where nobody will look any more.
func (c *Client) settle(call *conn.Call, note *writing, took bool) {
	c.ledger.settle(call.Request, note, took, c.Zxid())
}

// suspicious adds to the error of a request whose connection was lost that the request is
// larger than servers take unless they are told to: they close the connection without a word.
func suspicious(req conn.Request, err error) error {
	if !errors.Is(err, ErrConnectionLoss) {
		return err
	}
	if size := len(req.AppendTo(nil)); size > DefaultMaxBufferBytes {
		return fmt.Errorf("%w. The request takes %d bytes, and a server closes the connection when that is more than its jute.maxbuffer, %d by default", err, size, DefaultMaxBufferBytes)
	}
	return err
}

// judge finds out with a context for what has been sent whether a write took effect whose reply was lost,
// and if it did fills in out. The error is why that cannot be told.
func judge[Q, R, T any](ctx context.Context, c *Client, o *operation[Q, R, T], a *attempt[Q, R], out *R) (took bool, err error) {
	call := &a.call
	if create, ok := call.Request.(*proto.CreateRequest); ok && isSequential(create) {
		// One after the other: what one of them is found to have made is not counted by the next.
		select {
		case c.numbering <- struct{}{}:
			defer func() { <-c.numbering }()
		case <-ctx.Done():
			return false, lookFailed(call.Err, conn.ContextError(ctx))
		}
	}
	// It is made sure that nothing of the lost connection is still on its way. To reach a server with the
	// session again makes the servers refuse what the old connection still holds (a server closes the
	// session's older connection; the leader answers SessionMoved to an older follower); the sync waits
	// for what they had accepted, whatever its path.
	v := unknown
	if _, err = do(ctx, c, syncAt("/", "/")); err == nil {
		v, err = o.lost(ctx, c, &a.req, loss{seen: call.Seen, session: call.Session, ticket: a.note.ticket}, out)
	}
	if err == nil { // or somebody may ask again
		c.settle(call, &a.note, v == applied)
	}
	c.log.Debug("the reply to a write was lost, and the servers were asked what became of it", "op", call.Op.String(), "found", v.String())
	switch {
	case err != nil:
		return false, lookFailed(call.Err, err)
	case v == applied:
		return true, nil
	case v.notApplied():
		return false, nil
	}
	return false, call.Err
}

// unresolved reports whether a write that failed with err may have taken effect.
func unresolved(err error) bool {
	if lost, ok := errors.AsType[*conn.LostError](err); ok {
		return lost.Sent
	}
	_, large := errors.AsType[*conn.ReplyTooLargeError](err)
	return large || errors.Is(err, ErrSessionMoved)
}

// lookFailed tells why the outcome of a write is not known: its reply was lost, as cause
// says, and it could not be looked at, as look says. What a server answered to the look is no
// answer to the write, and so is told in words alone.
func lookFailed(cause, look error) error {
	if candidates, ok := errors.AsType[*CandidatesError](look); ok {
		return fmt.Errorf("%w; %w", cause, candidates)
	}
	if code, ok := errors.AsType[ErrCode](look); ok && code != ErrSessionExpired {
		return fmt.Errorf("%w; looking for it failed: %v", cause, look) //nolint:errorlint // see above
	}
	return fmt.Errorf("%w; looking for it failed: %w", cause, look)
}
