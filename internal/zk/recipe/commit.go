package recipe

import (
	"cmp"
	"context"
	"errors"

	"terraform-provider-zookeeper/internal/zk"
)

// commit does writes in one transaction, with an ephemeral node of its own as their witness:
// where the reply is lost, the node reports whether they took effect, even if others have
// written the same, deleted the same or taken what was written meanwhile. The witness begins
// with the prefix, and is taken away again. The error is as that of witnessed.
func commit(ctx context.Context, client *zk.Client, prefix string, acl []zk.ACL, ops ...zk.Op) error {
	witness := prefix + uuid()
	if err := witnessed(ctx, client, witness, acl, ops...); err != nil {
		return err
	}
	// What was to be done has been done: a witness that cannot be taken away goes with the
	// session, and is no reason to say otherwise.
	_ = remove(ctx, client, witness)
	return nil
}

// witnessed is commit that leaves the witness, whose path nobody else gives. The error is
// errAgain when the writes took no effect for the loss of the connection alone, and
// [zk.ErrOutcomeUnknown] when the session that the witness goes with ended too early. A
// *[zk.MultiError] counts the witness as operation 0.
func witnessed(ctx context.Context, client *zk.Client, witness string, acl []zk.ACL, ops ...zk.Op) error {
	session, err := currentSession(ctx, client)
	if err != nil {
		return err
	}
	// It goes first, so that a repetition of what took effect fails for the witness and nothing else.
	ops = append([]zk.Op{zk.CreateOp(witness, nil, zk.CreateOptions{Mode: zk.Ephemeral, ACL: acl})}, ops...)
	_, err = client.Multi(zk.InSession(ctx, session), ops...)
	switch {
	case failedAt(err) == 0 && errors.Is(err, zk.ErrNodeExists):
		// Nobody else makes it: the client has repeated what took effect. It does so where what was
		// written has been deleted since, by another call of the same client.
		return nil
	case errors.Is(err, zk.ErrOutcomeUnknown):
		var stat zk.Stat
		var now int64
		lookErr := evenAfter(ctx, func(ctx context.Context) (err error) {
			stat, now, err = owned(ctx, client, witness)
			return err
		})
		switch {
		case lookErr != nil:
			return errors.Join(err, lookErr)
		case stat.EphemeralOwner == now:
			return nil
		case now != session:
			return errors.Join(err, zk.ErrSessionExpired)
		}
		return cmp.Or(over(ctx, client), errAgain)
	case connectionLost(err) && over(ctx, client) == nil:
		return errAgain
	}
	return err
}

// failedAt returns which operation made a transaction fail; -1 for none.
func failedAt(err error) int {
	if failed, ok := errors.AsType[*zk.MultiError](err); ok {
		return failed.Index
	}
	return -1
}

// currentSession returns the session, which it waits for where there is no connection.
func currentSession(ctx context.Context, client *zk.Client) (int64, error) {
	for {
		if id, _ := client.Session(); id != 0 {
			return id, nil
		}
		err := client.Sync(ctx, "/")
		if why := over(ctx, client); why != nil {
			return 0, why
		}
		if err != nil && !connectionLost(err) && !errors.Is(err, zk.ErrSessionExpired) {
			return 0, err
		}
	}
}

// overtaken reports whether a commit is to begin again: others were faster, or it was lost.
func overtaken(ctx context.Context, client *zk.Client, err error) bool {
	if over(ctx, client) != nil || errors.Is(err, zk.ErrOutcomeUnknown) {
		return false
	}
	return errors.Is(err, errAgain) || errors.Is(err, zk.ErrBadVersion) || errors.Is(err, zk.ErrNoNode) ||
		errors.Is(err, zk.ErrSessionExpired)
}

// given returns the error to give up with: why nothing is begun again, where that is the end of
// ctx or of the client, unless it is not known what has been done.
func given(ctx context.Context, client *zk.Client, err error) error {
	if why := over(ctx, client); err != nil && why != nil && !errors.Is(err, zk.ErrOutcomeUnknown) {
		return why
	}
	return err
}
