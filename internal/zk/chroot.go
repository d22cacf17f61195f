package zk

import (
	"context"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// A ChrootError tells that the chroot of the connect string does not exist, and so nothing of
// what a client asks for. It is [ErrNoNode].
type ChrootError struct {
	// Chroot is the path on the servers.
	Chroot string
}

// Error names the chroot.
func (e *ChrootError) Error() string {
	return fmt.Sprintf("the chroot %s does not exist", shown.Name(e.Chroot))
}

// Is reports whether the target is ErrNoNode.
func (e *ChrootError) Is(target error) bool { return target == ErrNoNode }

// CheckChroot returns a *[ChrootError] when the client has a chroot that does not exist. It asks a server
// each time, since the chroot may be made at any time.
func (c *Client) CheckChroot(ctx context.Context) error {
	if c.chroot == "" {
		return nil
	}
	_, err := do(ctx, c, c.statAt(c.chroot))
	switch {
	case err == nil:
		c.sawInside()
	case errors.Is(err, ErrNoNode):
		return &ChrootError{Chroot: c.chroot}
	}
	return err
}

// sawInside notes that the chroot is there, or a node inside it.
func (c *Client) sawInside() {
	if c.chroot != "" && !c.rooted.Load() {
		c.rooted.Store(true)
	}
}

// blameChroot returns the error of an operation or, where a node is missing because the chroot is, one
// that says so. A server is asked only while no node inside the chroot has been seen.
func (c *Client) blameChroot(ctx context.Context, err error) error {
	if c.chroot == "" || !errors.Is(err, ErrNoNode) {
		return err
	}
	failed := err
	c.blameChrootFor(ctx, 1, func(int) *error { return &failed })
	return failed
}

// blameChrootFor is [Client.blameChroot] for the errors of many nodes, with one look.
func (c *Client) blameChrootFor(ctx context.Context, n int, of func(i int) *error) {
	if c.chroot == "" {
		return
	}
	var missing *ChrootError
	for i := range n {
		err := of(i)
		if !errors.Is(*err, ErrNoNode) {
			continue
		}
		if missing == nil {
			if c.rooted.Load() {
				return
			}
			var ok bool
			if missing, ok = errors.AsType[*ChrootError](c.CheckChroot(ctx)); !ok {
				return
			}
		}
		*err = missing.explain(*err)
	}
}

// explain returns the error of an operation, with the chroot as what is missing.
func (e *ChrootError) explain(err error) error {
	failed, ok := errors.AsType[*Error](err)
	if !ok {
		return e
	}
	why := error(e)
	if one, ok := errors.AsType[*MultiError](failed.Err); ok {
		why = &MultiError{Index: one.Index, Op: one.Op, Path: one.Path, Err: e}
	}
	return &Error{Op: failed.Op, Path: failed.Path, Err: why}
}

// lookForChroot looks once whether there is the chroot, and tells the log when there is not. Nobody waits for it.
func (c *Client) lookForChroot(ctx context.Context) {
	if c.chroot == "" || !c.looked.CompareAndSwap(false, true) {
		return
	}
	look := conn.NewCall(proto.OpExists, &proto.PathWatchRequest{Path: c.chroot}, new(Stat))
	look.Ended = func(call *conn.Call) {
		switch {
		case call.Err == nil:
			c.sawInside()
		case errors.Is(call.Err, ErrNoNode):
			go c.log.Warn("the chroot does not exist, and so nothing inside it, until it is made", "chroot", c.chroot)
		}
	}
	c.engine.Submit(ctx, look)
}
