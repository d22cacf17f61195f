package recipe

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// CleanupTimeout bounds how long a contender's node is tried to be deleted when the
// caller's context has ended.
const CleanupTimeout = 5 * time.Second

// ownNode is an ephemeral node of this client's that is watched: its context ends when the
// node is gone, and with the one who holds it.
type ownNode struct {
	client  *zk.Client
	path    string
	session int64           // the one that owns the node; 0 until that is known
	czxid   int64           // tells the node from one that is made again at the same path; 0 until that is known
	stood   bool            // nothing had been told of the node's end when the watch was closed
	ctx     context.Context //nolint:containedctx // The node's own life: its end is what is told to others.
	end     context.CancelCauseFunc
	work    sync.WaitGroup
}

// own begins to watch a node that this client has just made, until close. The end of ctx
// ends the beginning, and not what follows. When the node is not there the error is one to
// begin again after that.
func own(ctx context.Context, client *zk.Client, path string) (*ownNode, error) {
	n := &ownNode{client: client, path: path}
	n.ctx, n.end = context.WithCancelCause(context.WithoutCancel(ctx))
	// A watch lives as long as the context that it was asked for with.
	stop := context.AfterFunc(ctx, func() { n.end(ctx.Err()) })
	w, err := n.begin()
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		n.end(err)
		return nil, err
	}
	n.work.Go(func() { n.watch(w) })
	return n, nil
}

// close ends the watch, for that reason unless there is one already.
func (n *ownNode) close(why error) {
	n.stood = n.cause() == nil
	n.end(why)
	n.work.Wait()
}

// begin leaves a watch for the first time, and notes the session that owns the node. A node of
// another session, the client's own before among them, is not what this client has just made.
func (n *ownNode) begin() (*zk.Watch, error) {
	for {
		session, err := currentSession(n.ctx, n.client)
		if err != nil {
			return nil, err
		}
		w, stat, err := n.look()
		if err != nil {
			return nil, err
		}
		now, _ := n.client.Session()
		switch {
		case now != session: // look again, to compare
			w.Close()
			continue
		case stat.EphemeralOwner != session:
			w.Close()
			return nil, ErrDeleted
		}
		n.session, n.czxid = session, stat.Czxid
		return w, nil
	}
}

// look leaves a watch, and returns it with the node's stat, or an error when the node is gone:
// one that was made again at its path is another.
func (n *ownNode) look() (*zk.Watch, zk.Stat, error) {
	var stat zk.Stat
	var there bool
	var w *zk.Watch
	err := persist(n.ctx, n.client, func() (err error) {
		stat, there, w, err = n.client.ExistsWatch(n.ctx, n.path)
		return err
	})
	switch {
	case err != nil:
		return nil, stat, err
	case !there, n.czxid != 0 && stat.Czxid != n.czxid:
		w.Close()
		return nil, stat, n.missing()
	}
	return w, stat, nil
}

// watch waits for the node's end.
func (n *ownNode) watch(w *zk.Watch) {
	for {
		event, err := w.Next(n.ctx)
		if err == nil && event.Type == zk.EventDeleted {
			err = n.missing()
		}
		if err == nil {
			w, _, err = n.look() // the data has changed, and the watch was for one event
		}
		if err != nil {
			n.end(err)
			return
		}
	}
}

// missing tells why the node is not there.
func (n *ownNode) missing() error {
	if n.expired() {
		return zk.ErrSessionExpired
	}
	return ErrDeleted
}

// expired reports whether the client has another session than the node.
func (n *ownNode) expired() bool {
	id, _ := n.client.Session()
	return id != 0 && n.session != 0 && id != n.session
}

// context returns a context that ends with parent and with the node, whose cause it then
// has, as why tells it.
func (n *ownNode) context(parent context.Context, why func() error) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	stop := context.AfterFunc(n.ctx, func() { cancel(why()) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// cause returns why the node's context has ended, nil while it has not.
func (n *ownNode) cause() error { return context.Cause(n.ctx) }

// reason returns why something that was done for the caller with ctx and for the node
// failed with err: the end of either goes before what that did to an operation.
func (n *ownNode) reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return cmp.Or(n.cause(), err)
}

// guard ends what the node stands for when look finds a contender of another notation. It looks
// now, and again whenever the watch tells that something has changed.
func (n *ownNode) guard(look func(ctx context.Context) (*zk.Watch, error)) {
	n.work.Go(func() {
		for {
			var w *zk.Watch
			err := persist(n.ctx, n.client, func() (err error) {
				w, err = look(n.ctx)
				return err
			})
			if errors.Is(err, ErrForeignContender) {
				n.end(err)
			}
			if err == nil {
				_, err = w.Next(n.ctx)
			}
			if err != nil {
				return // where the session has ended, the node's own watch tells of it
			}
		}
	})
}

// remove deletes the node, and none that somebody has made at the same path since.
func (n *ownNode) remove(ctx context.Context) error {
	return n.removeBy(ctx, func(ctx context.Context) error { return n.client.Delete(ctx, n.path, zk.AnyVersion) }, nil)
}

// removeBy is remove by del, and by expired as in removing. Where the node's end would not have been told of, it
// is looked at first.
func (n *ownNode) removeBy(ctx context.Context, del func(context.Context) error, expired func(context.Context) bool) error {
	sure := n.stood && n.client.State() == zk.StateConnected
	return removing(ctx, n.client, func(ctx context.Context) error {
		if !sure {
			if err := n.find(ctx); err != nil {
				return err
			}
		}
		sure = false // when the reply is lost, others may make one
		return del(zk.InSession(ctx, n.session))
	}, expired)
}

// find looks whether the node is there, with [zk.ErrNoNode] where it is not: one of another
// session is another, and so is one that was made later than the node that is known.
func (n *ownNode) find(ctx context.Context) error {
	stat, session, err := owned(ctx, n.client, n.path)
	switch {
	case err != nil:
		return err
	case stat.EphemeralOwner != session, n.session != 0 && session != n.session, n.czxid != 0 && stat.Czxid != n.czxid:
		return zk.ErrNoNode
	case n.session == 0:
		n.session, n.czxid = session, stat.Czxid
	}
	return nil
}

// leave deletes the node of a contender or a member that gives up for the reason given, if it is
// this session's, and returns the reason, with what kept the node from being deleted.
func leave(ctx context.Context, client *zk.Client, path string, reason error) error {
	return (&ownNode{client: client, path: path}).leave(ctx, reason)
}

// leave is the function of that name for a node that is known.
func (n *ownNode) leave(ctx context.Context, reason error) error {
	return left(n.path, reason, n.remove(ctx))
}

// left returns the reason, with the error that kept a node from being deleted.
func left(path string, reason, err error) error {
	switch {
	case err == nil, errors.Is(err, zk.ErrNoNode), errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrClosed):
		return reason
	}
	return stays(reason, path, err)
}

// stays adds to reason that a node could not be taken away. After that, no caller begins again.
func stays(reason error, path string, err error) error {
	err = fmt.Errorf("%s may stay until the session ends: %w", shown.Line(path), err)
	if beginsAgain(reason) {
		return err
	}
	return errors.Join(reason, err)
}

// remove deletes a node that this client has just made, under a name that nobody else gives.
func remove(ctx context.Context, client *zk.Client, path string) error {
	return removing(ctx, client, func(ctx context.Context) error { return client.Delete(ctx, path, zk.AnyVersion) }, nil)
}

// removing has del delete nodes that nobody else deletes. The end of ctx does not keep it from that: it
// then has CleanupTimeout, and needs no grace of the client's. Where expired is given, it
// reports whether the session has ended that the nodes go with: then it is not taken for the
// deletion's effect that they are gone.
func removing(ctx context.Context, client *zk.Client, del func(context.Context) error, expired func(context.Context) bool) error {
	var unknown error // of the earlier tries
	return evenAfter(ctx, func(ctx context.Context) error {
		for {
			err := del(ctx)
			switch {
			case unknown != nil && errors.Is(err, zk.ErrNoNode) && (expired == nil || !expired(ctx)):
				return nil // an earlier try took effect
			case unknown != nil && expired != nil && (errors.Is(err, zk.ErrNoNode) || errors.Is(err, zk.ErrSessionExpired)):
				return errors.Join(unknown, zk.ErrSessionExpired)
			case errors.Is(err, zk.ErrOutcomeUnknown):
				unknown = err
			}
			// In the next session the names that are given may be another's.
			if !connectionLost(err) || errors.Is(err, zk.ErrSessionExpired) || over(ctx, client) != nil {
				return err
			}
		}
	})
}

// evenAfter does something with ctx, and once more with [CleanupTimeout] where ctx has ended.
func evenAfter(ctx context.Context, f func(context.Context) error) error {
	if ctx.Err() == nil {
		if err := f(zk.WithoutGrace(ctx)); err == nil || ctx.Err() == nil {
			return err
		}
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return f(ctx)
}

// afterwards returns a context for what has to be done behind the end of ctx.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(zk.WithoutGrace(context.WithoutCancel(ctx)), CleanupTimeout)
}

// persist calls f until it fails for another reason than the connection, or ctx or the client ends. What
// f does must be safe to do more than once.
func persist(ctx context.Context, client *zk.Client, f func() error) error {
	for {
		err := f()
		switch {
		case err == nil:
			return nil
		case unreachable(err) && client.Ended() != nil:
			return client.Ended() // it has ended since, and that is why nothing is tried again
		case over(ctx, client) != nil:
			return err
		case unreachable(err):
			// Further calls fail at once, until there is a connection.
			if connected(ctx, client) != nil {
				return cmp.Or(client.Ended(), err)
			}
		case !connectionLost(err):
			return err
		}
	}
}

// over returns why nothing is to be tried again: ctx has ended, or the client has, whatever the
// error looks like that it was ended with.
func over(ctx context.Context, client *zk.Client) error { return cmp.Or(ctx.Err(), client.Ended()) }

// connectionLost reports whether another try finds another connection, or waits for it.
func connectionLost(err error) bool { return errors.Is(err, zk.ErrConnectionLoss) && !unreachable(err) }

func unreachable(err error) bool {
	_, ok := errors.AsType[*zk.ConnectError](err)
	return ok
}

// connected waits until the client has a connection, or never will have one.
func connected(ctx context.Context, client *zk.Client) error {
	changed := make(chan struct{}, 1)
	defer client.AddListener(func(zk.State) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	for {
		switch client.State() {
		case zk.StateLost, zk.StateSuspended:
		default:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// uuid returns a random UUID of version 4 as 32 hexadecimal digits.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return hex.EncodeToString(b[:])
}

// dashed returns a UUID as Java writes it.
func dashed() string {
	u := uuid()
	return strings.Join([]string{u[:8], u[8:12], u[12:16], u[16:20], u[20:]}, "-")
}

// join makes an ephemeral node at the path, and those above it where they are missing, and
// begins to watch it. The error is [zk.ErrNodeExists] when there is one.
func join(ctx context.Context, client *zk.Client, notation Notation, path string, data []byte, acl []zk.ACL) (*ownNode, error) {
	for {
		err := notation.below(ctx, client, zk.Parent(path), acl, func(makeParents bool) error {
			_, err := client.Create(ctx, path, data, zk.CreateOptions{Mode: zk.Ephemeral, ACL: acl, MakeParents: makeParents})
			return err
		})
		if errors.Is(err, zk.ErrOutcomeUnknown) {
			err = joined(ctx, client, path, err)
		}
		if err == nil {
			var n *ownNode
			if n, err = own(ctx, client, path); err == nil {
				return n, nil
			}
			if !beginsAgain(err) {
				return nil, leave(ctx, client, path, err)
			}
		}
		if why := over(ctx, client); why != nil {
			return nil, why
		}
		if !beginsAgain(err) && !connectionLost(err) {
			return nil, err
		}
	}
}

// joined finds out what became of the create of an ephemeral node whose outcome is unknown:
// it returns nil when the node is there and this session's, and errAgain when it is not. What
// was made is taken away again when ctx has ended.
func joined(ctx context.Context, client *zk.Client, path string, reason error) error {
	err := ctx.Err()
	if err == nil {
		err = (&ownNode{client: client, path: path}).find(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return leave(ctx, client, path, ctx.Err())
	case errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrClosed):
		return err // it is gone with the session, if it was there
	case errors.Is(err, zk.ErrNoNode):
		return cmp.Or(over(ctx, client), errAgain)
	case err != nil:
		return stays(reason, path, err)
	}
	return nil
}

// owned looks at a node when nothing that was sent before is still on its way. It returns the node's
// stat, zero if the node does not exist, and the client's session, to compare with the node's owner.
func owned(ctx context.Context, client *zk.Client, path string) (stat zk.Stat, session int64, err error) {
	err = persist(ctx, client, func() error {
		if err := client.Sync(ctx, path); err != nil {
			return err
		}
		found, _, err := client.Exists(ctx, path)
		if err != nil {
			return err
		}
		if session, _ = client.Session(); session == 0 {
			return zk.ErrConnectionLoss // look again, to compare
		}
		stat = found
		return nil
	})
	return stat, session, err
}
