package proto

import "terraform-provider-zookeeper/internal/zk/jute"

// Stat is what a server keeps about a node (org.apache.zookeeper.data.Stat).
type Stat struct {
	// Czxid is the transaction that created the node.
	Czxid int64
	// Mzxid is the transaction that last changed its data.
	Mzxid int64
	// Ctime is when it was created, in milliseconds since 1970, by the leader's clock.
	Ctime int64
	// Mtime is when its data was last changed, in milliseconds since 1970.
	Mtime int64
	// Version counts the changes of its data.
	Version int32
	// Cversion counts the changes of its children.
	Cversion int32
	// Aversion counts the changes of its ACL.
	Aversion int32
	// EphemeralOwner is the owning session of an ephemeral node, 0 for every other. (The
	// marks of container and TTL nodes stay on the server: DataNode.copyStat puts 0 in
	// their place.)
	EphemeralOwner int64
	// DataLength is the length of its data in bytes.
	DataLength int32
	// NumChildren is the number of its direct children.
	NumChildren int32
	// Pzxid is the transaction that last added or removed a child.
	Pzxid int64
}

// Decode fills s from r.
func (s *Stat) Decode(r *jute.Reader) {
	s.Czxid = r.Long()
	s.Mzxid = r.Long()
	s.Ctime = r.Long()
	s.Mtime = r.Long()
	s.Version = r.Int()
	s.Cversion = r.Int()
	s.Aversion = r.Int()
	s.EphemeralOwner = r.Long()
	s.DataLength = r.Int()
	s.NumChildren = r.Int()
	s.Pzxid = r.Long()
}
