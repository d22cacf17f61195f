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
		w, owner, err := n.look()
		if err != nil {
			return nil, err
		}
		now, _ := n.client.Session()
		switch {
		case now != session: // look again, to compare
			w.Close()
			continue
		case owner != session:
			w.Close()
			return nil, ErrDeleted
		}
		n.session = session
		return w, nil
	}
}

// look leaves a watch, and returns it with the session that owns the node, or an error when
// the node is gone.
func (n *ownNode) look() (*zk.Watch, int64, error) {
	var stat zk.Stat
	var there bool
	var w *zk.Watch
	err := persist(n.ctx, n.client, func() (err error) {
		stat, there, w, err = n.client.ExistsWatch(n.ctx, n.path)
		return err
	})
	switch {
	case err != nil:
		return nil, 0, err
	case !there, n.session != 0 && stat.EphemeralOwner != n.session:
		w.Close()
		return nil, 0, n.missing()
	}
	return w, stat.EphemeralOwner, nil
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

// remove deletes the node, and none that another session has made at the same path.
func (n *ownNode) remove(ctx context.Context) error {
	doubt := false
	return removing(ctx, n.client, func(ctx context.Context) error {
		if doubt {
			// Once it is gone, others may make one.
			if ours, _, err := owned(ctx, n.client, n.path); err != nil || !ours {
				return cmp.Or[error](err, zk.ErrNoNode)
			}
		}
		err := n.client.Delete(zk.InSession(ctx, n.session), n.path, zk.AnyVersion)
		doubt = doubt || errors.Is(err, zk.ErrOutcomeUnknown)
		return err
	}, nil)
}

// leave deletes the node of a contender that gives up for the reason given, and returns the
// reason, with what kept the node from being deleted. Nobody else gives such a node its name.
func leave(ctx context.Context, client *zk.Client, path string, reason error) error {
	return left(path, reason, remove(ctx, client, path))
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

// remove deletes a node whose name nobody else gives. The end of ctx does not keep it from that: it then has
// CleanupTimeout, and needs no grace of the client's.
func remove(ctx context.Context, client *zk.Client, path string) error {
	return removing(ctx, client, func(ctx context.Context) error { return client.Delete(ctx, path, zk.AnyVersion) }, nil)
}

// removing is remove for what deletes nodes that nobody else deletes. Where expired is given, it
// reports whether the session has ended that the nodes go with: then it is not taken for the
// deletion's effect that they are gone.
func removing(ctx context.Context, client *zk.Client, del func(context.Context) error, expired func(context.Context) bool) error {
	var unknown error // of the earlier tries
	try := func(ctx context.Context) error {
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
	}
	var err error
	if ctx.Err() == nil {
		if err = try(zk.WithoutGrace(ctx)); err == nil || ctx.Err() == nil {
			return err
		}
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return try(ctx)
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
				return nil, forsake(ctx, client, path, err)
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
	there, session, err := owned(ctx, client, path)
	switch {
	case errors.Is(err, zk.ErrSessionExpired), errors.Is(err, zk.ErrClosed):
		return err // it is gone with the session, if it was there
	case err != nil:
		return stays(cmp.Or(ctx.Err(), reason), path, err)
	case ctx.Err() != nil && there:
		return left(path, ctx.Err(), (&ownNode{client: client, path: path, session: session}).remove(ctx))
	case !there:
		return cmp.Or(over(ctx, client), errAgain)
	}
	return nil
}

// forsake is [leave] for a node that others may make too: it deletes that of this session alone.
func forsake(ctx context.Context, client *zk.Client, path string, reason error) error {
	there, session, err := owned(ctx, client, path)
	if err == nil && there {
		err = (&ownNode{client: client, path: path, session: session}).remove(ctx)
	}
	return left(path, reason, err)
}

// owned reports whether a node is there and of the session that it returns, the client's.
// Nothing that was sent before is still on its way then. The end of ctx does not keep it from
// that.
func owned(ctx context.Context, client *zk.Client, path string) (ours bool, session int64, err error) {
	look := func(ctx context.Context) error {
		return persist(ctx, client, func() error {
			if err := client.Sync(ctx, path); err != nil {
				return err
			}
			stat, there, err := client.Exists(ctx, path)
			if err != nil {
				return err
			}
			if session, _ = client.Session(); session == 0 {
				return zk.ErrConnectionLoss // look again, to compare
			}
			ours = there && stat.EphemeralOwner == session
			return nil
		})
	}
	if ctx.Err() == nil {
		if err = look(ctx); err == nil || ctx.Err() == nil {
			return ours, session, err
		}
	}
	after, cancel := afterwards(ctx)
	defer cancel()
	err = look(after)
	return ours, session, err
}
