package recipe

import (
	"cmp"
	"context"
	"errors"

	"terraform-provider-zookeeper/internal/zk"
)

// commit does writes in one transaction, with an ephemeral node of its own as their witness:
// where the reply is lost, the node tells whether they took effect, even if others have
// written the same, deleted the same or taken what was written meanwhile. The witness begins
// with the prefix, and is taken away again. The error is errAgain when they took no effect
// for the loss of the connection alone, and [zk.ErrOutcomeUnknown] when the session that the
// witness goes with ended too early.
func commit(ctx context.Context, client *zk.Client, prefix string, acl []zk.ACL, ops ...zk.Op) error {
	session, err := currentSession(ctx, client)
	if err != nil {
		return err
	}
	witness := prefix + uuid()
	_, err = client.Multi(ctx, append(ops, zk.CreateOp(witness, nil, zk.CreateOptions{Mode: zk.Ephemeral, ACL: acl}))...)
	switch {
	case errors.Is(err, zk.ErrOutcomeUnknown):
		there, now, lookErr := owned(ctx, client, witness)
		switch {
		case lookErr != nil:
			return errors.Join(err, lookErr)
		case !there && now != session:
			return errors.Join(err, zk.ErrSessionExpired)
		case !there:
			return cmp.Or(ctx.Err(), errAgain)
		}
	case connectionLost(err) && ctx.Err() == nil:
		return errAgain
	case err != nil:
		return err
	}
	// What was to be done has been done: a witness that cannot be taken away goes with the
	// session, and is no reason to say otherwise.
	_ = remove(ctx, client, witness)
	return nil
}

// currentSession returns the session, which it waits for where there is no connection.
func currentSession(ctx context.Context, client *zk.Client) (int64, error) {
	for {
		if id, _ := client.Session(); id != 0 {
			return id, nil
		}
		if err := client.Sync(ctx, "/"); err != nil && (ctx.Err() != nil || !connectionLost(err) && !errors.Is(err, zk.ErrSessionExpired)) {
			return 0, cmp.Or(ctx.Err(), err)
		}
	}
}

// overtaken reports whether a commit is to be begun anew: others were faster, or it was lost.
func overtaken(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, zk.ErrOutcomeUnknown) {
		return false
	}
	return errors.Is(err, errAgain) || errors.Is(err, zk.ErrBadVersion) || errors.Is(err, zk.ErrNoNode) ||
		errors.Is(err, zk.ErrSessionExpired)
}
