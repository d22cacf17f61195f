package session

import (
	"terraform-provider-zookeeper/internal/zk"
)

// CheckCreate returns a *zk.TooLargeError, in a *zk.Error, when the servers would not accept
// the request for a creation for its size. While the limit is unknown everything fits.
func (s *Session) CheckCreate(path string, data []byte, o zk.CreateOptions) error {
	// "/" can only be the prefix of a sequential node, and is sent as it is.
	return s.fits("create", path, zk.CreateSize(s.chroot+path, data, o))
}

// CheckSet is CheckCreate for a request that replaces a node's data.
func (s *Session) CheckSet(path string, data []byte) error {
	return s.fits("set", path, zk.SetSize(s.onServers(path), data))
}

// CheckSetACL is CheckCreate for a request that replaces a node's ACL.
func (s *Session) CheckSetACL(path string, acl []zk.ACL) error {
	return s.fits("setACL", path, zk.SetACLSize(s.onServers(path), acl))
}

func (s *Session) fits(op, path string, size int) error {
	if limit := s.cfg.MaxBufferBytes; limit > 0 && size > limit {
		return &zk.Error{Op: op, Path: path, Err: &zk.TooLargeError{Size: size, Limit: limit}}
	}
	return nil
}

// onServers is the path of a node on the servers.
func (s *Session) onServers(path string) string {
	if s.chroot != "" && path == "/" {
		return s.chroot
	}
	return s.chroot + path
}
