package zk

import (
	"context"
	"fmt"

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

// Is tells whether the target is ErrNoNode.
func (e *ChrootError) Is(target error) bool { return target == ErrNoNode }

// CheckChroot returns a *[ChrootError] when the client has a chroot that does not exist. It is for
// who has had [ErrNoNode], and wants to know whether that is about the path or about all of them:
// it asks a server each time, since the chroot may be made at any time.
func (c *Client) CheckChroot(ctx context.Context) error {
	if c.chroot == "" {
		return nil
	}
	_, there, err := c.Exists(ctx, "/")
	if err == nil && !there {
		return &ChrootError{Chroot: c.chroot}
	}
	return err
}
