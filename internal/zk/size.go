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

func frameSize(req interface{ AppendTo(dst []byte) []byte }) int {
	return len(req.AppendTo(proto.RequestHeader{}.AppendTo(nil)))
}
