package zk

import (
	"terraform-provider-zookeeper/internal/zk/proto"
)

// SetSize returns how many bytes the frame of a set takes, to compare it with the servers'
// jute.maxbuffer. The path is the one on the servers, with the chroot in front.
func SetSize(path string, data []byte) int {
	return frameSize(&proto.SetDataRequest{Path: path}) + len(data)
}

// SetACLSize returns how many bytes the frame of a setACL takes, as [SetSize] does for a set.
func SetACLSize(path string, acl []ACL) int {
	return frameSize(&proto.SetACLRequest{Path: path, ACL: acl})
}

// CheckCreateSize tells, with a *[TooLargeError] in an *[Error], when the frame of a create takes more than limit
// bytes, 0 for no limit. The chroot is in front of the path on the servers. See also [Batch.CheckSize].
func CheckCreateSize(chroot, path string, data []byte, o CreateOptions, limit int) error {
	full := chroot + path // "/" can only be the prefix of a sequential node, and is sent as it is
	return checkSize(OpNameCreate, path, CreateSize(full, data, o), limit)
}

// CheckSetSize is [CheckCreateSize] for a set.
func CheckSetSize(chroot, path string, data []byte, limit int) error {
	return checkSize(OpNameSet, path, SetSize(chrooted(chroot, path), data), limit)
}

// CheckSetACLSize is [CheckCreateSize] for a setACL.
func CheckSetACLSize(chroot, path string, acl []ACL, limit int) error {
	return checkSize(OpNameSetACL, path, SetACLSize(chrooted(chroot, path), acl), limit)
}

func checkSize(op OpName, path string, size, limit int) error {
	if limit > 0 && size > limit {
		return &Error{Op: op, Path: path, Err: &TooLargeError{Size: size, Limit: limit}}
	}
	return nil
}

func frameSize(req interface{ AppendTo(dst []byte) []byte }) int {
	return len(req.AppendTo(proto.RequestHeader{}.AppendTo(nil)))
}
