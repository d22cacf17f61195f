package session

import (
	"context"
	"errors"
	"time"

	"terraform-provider-zookeeper/internal/zk"
)

// chrootPatience bounds the look at the chroot, which is made for a message and for the log.
const chrootPatience = 5 * time.Second

// MissingChroot returns the chroot of the provider's servers when there is no such node, and so
// nothing below it; "" otherwise, and where that cannot be told. It is for who has been told that a
// node does not exist, and asks for no context: what makes a diagnostic has none, and the look is
// short.
//
//nolint:contextcheck,nolintlint // see above; contextcheck reads this itself, so nolintlint finds it unused
func (s *Session) MissingChroot() string {
	if s.client == nil || s.chroot == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(s.unasked, chrootPatience)
	defer cancel()
	if missing, ok := errors.AsType[*zk.ChrootError](s.client.CheckChroot(ctx)); ok {
		return missing.Chroot
	}
	return ""
}

// logChroot tells in the log when the chroot does not exist, as soon as there is a connection. Nobody
// waits for it. It ends with the session at the latest.
func (s *Session) logChroot() {
	if s.chroot == "" {
		return
	}
	go func() {
		if missing := s.MissingChroot(); missing != "" {
			s.cfg.Logger.Warn("the chroot does not exist: nothing below it does, until a resource that makes its parents makes it", "chroot", missing)
		}
	}()
}
