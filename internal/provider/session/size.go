package session

import (
	"terraform-provider-zookeeper/internal/zk"
)

// CheckCreate returns a *zk.TooLargeError, in a *zk.Error, when the servers would not accept
// the request for a creation for its size. While the limit is unknown everything fits.
func (s *Session) CheckCreate(path string, data []byte, o zk.CreateOptions) error {
	return zk.CheckCreateSize(s.chroot, path, data, o, s.cfg.MaxBufferBytes)
}

// CheckSet is CheckCreate for a request that replaces a node's data.
func (s *Session) CheckSet(path string, data []byte) error {
	return zk.CheckSetSize(s.chroot, path, data, s.cfg.MaxBufferBytes)
}

// CheckSetACL is CheckCreate for a request that replaces a node's ACL.
func (s *Session) CheckSetACL(path string, acl []zk.ACL) error {
	return zk.CheckSetACLSize(s.chroot, path, acl, s.cfg.MaxBufferBytes)
}
