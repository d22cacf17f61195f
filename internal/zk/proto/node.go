package proto

import (
	"fmt"

	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// CreateFlags says what kind of node a create makes (CreateMode.toFlag).
type CreateFlags int32

// The kinds of nodes.
const (
	FlagPersistent              CreateFlags = 0
	FlagEphemeral               CreateFlags = 1
	FlagPersistentSequential    CreateFlags = 2
	FlagEphemeralSequential     CreateFlags = 3
	FlagContainer               CreateFlags = 4
	FlagPersistentTTL           CreateFlags = 5
	FlagPersistentSequentialTTL CreateFlags = 6
)

// CreateRequest makes a node. It goes with OpCreate, OpCreate2 and OpCreateContainer
// and, with a TTL, with OpCreateTTL.
type CreateRequest struct {
	Path  string
	Data  []byte
	ACL   []ACL
	Flags CreateFlags
	// TTLMillis is sent for the two TTL flags only, where the record has it.
	TTLMillis int64
}

// HasTTL reports whether the request is the one with a TTL, that of OpCreateTTL.
func (q *CreateRequest) HasTTL() bool {
	return q.Flags == FlagPersistentTTL || q.Flags == FlagPersistentSequentialTTL
}

// AppendTo appends the record.
func (q *CreateRequest) AppendTo(dst []byte) []byte {
	dst = jute.AppendString(dst, q.Path)
	dst = jute.AppendBuffer(dst, q.Data)
	dst = AppendACL(dst, q.ACL)
	dst = jute.AppendInt(dst, int32(q.Flags))
	if q.HasTTL() {
		dst = jute.AppendLong(dst, q.TTLMillis)
	}
	return dst
}

// CreateReply answers OpCreate, with the path alone, and with a Stat the other creates.
type CreateReply struct {
	// Path is the node's. What it is before the reply is decoded is the path of the request,
	// whose memory serves where the two are the same; a reply that names a node which the
	// request cannot have made is refused. Where it is empty, any is taken.
	Path string
	// Flags are the request's.
	Flags CreateFlags
	Stat  Stat
	// HasStat reports whether the reply carried a Stat.
	HasStat bool
}

// Decode fills p from r. A record that ends after the path is OpCreate's reply
// from the others'.
func (p *CreateReply) Decode(r *jute.Reader) {
	asked := p.Path
	p.Path = r.StringLike(asked)
	if r.Err() == nil && asked != "" && !p.Flags.Makes(asked, p.Path) {
		r.Fail(fmt.Errorf("it names the node %s, and %s was to be made", shown.Text(p.Path), shown.Text(asked)))
	}
	if r.Err() == nil && r.Remaining() > 0 {
		p.Stat.Decode(r)
		p.HasStat = true
	}
}

// DeleteRequest removes a node. Its reply has no body.
type DeleteRequest struct {
	Path string
	// Version is compared with the node's version; -1 fits any.
	Version int32
}

// AppendTo appends the record.
func (q *DeleteRequest) AppendTo(dst []byte) []byte {
	return jute.AppendInt(jute.AppendString(dst, q.Path), q.Version)
}

// PathWatchRequest is the request of OpExists, OpGetData and OpGetChildren2: a path, and
// whether to leave a watch.
type PathWatchRequest struct {
	Path  string
	Watch bool
}

// AppendTo appends the record.
func (q *PathWatchRequest) AppendTo(dst []byte) []byte {
	return jute.AppendBool(jute.AppendString(dst, q.Path), q.Watch)
}

// GetDataReply answers OpGetData.
type GetDataReply struct {
	// Data is nil when the node was created with null data.
	Data []byte
	Stat Stat
}

// Decode fills p from r.
func (p *GetDataReply) Decode(r *jute.Reader) {
	p.Data = r.Buffer()
	p.Stat.Decode(r)
}

// SetDataRequest replaces a node's data. Its reply is a [Stat].
type SetDataRequest struct {
	Path string
	Data []byte
	// Version is compared with the node's version; -1 fits any.
	Version int32
}

// AppendTo appends the record.
func (q *SetDataRequest) AppendTo(dst []byte) []byte {
	dst = jute.AppendString(dst, q.Path)
	dst = jute.AppendBuffer(dst, q.Data)
	return jute.AppendInt(dst, q.Version)
}

// GetChildrenReply answers OpGetChildren2.
type GetChildrenReply struct {
	// Children are names, not paths, in no order.
	Children []string
	Stat     Stat
}

// Decode fills p from r.
func (p *GetChildrenReply) Decode(r *jute.Reader) {
	p.Children = names(r)
	p.Stat.Decode(r)
}

// SyncRequest asks the server to catch up with the leader. Its reply is a path, which
// clients have no use for.
type SyncRequest struct{ Path string }

// AppendTo appends the record.
func (q *SyncRequest) AppendTo(dst []byte) []byte { return jute.AppendString(dst, q.Path) }
