package proto

import "terraform-provider-zookeeper/internal/zk/jute"

// PasswordSize is the length of a session password in bytes.
const PasswordSize = 16

// ConnectRequest opens a session or resumes one. It is the first frame of a connection
// and has no header.
type ConnectRequest struct {
	// LastZxidSeen keeps a client from going back in time: a server that is behind it
	// closes the connection without an answer.
	LastZxidSeen int64
	// TimeoutMillis is the session timeout asked for.
	TimeoutMillis int32
	// SessionID is 0 for a new session.
	SessionID int64
	// Password is the session's, or 16 zero bytes for a new session.
	Password []byte
	// ReadOnly accepts a server that has lost its quorum and serves reads only.
	ReadOnly bool
}

// AppendTo appends the record.
func (c *ConnectRequest) AppendTo(dst []byte) []byte {
	dst = jute.AppendInt(dst, 0) // protocol version
	dst = jute.AppendLong(dst, c.LastZxidSeen)
	dst = jute.AppendInt(dst, c.TimeoutMillis)
	dst = jute.AppendLong(dst, c.SessionID)
	dst = jute.AppendBuffer(dst, c.Password)
	return jute.AppendBool(dst, c.ReadOnly)
}

// ConnectReply answers a ConnectRequest. It has no header.
type ConnectReply struct {
	// TimeoutMillis is the session timeout that the server grants, 0 when it does not
	// know the session that was to be resumed.
	TimeoutMillis int32
	// SessionID is the session's, 0 like TimeoutMillis.
	SessionID int64
	// Password resumes the session.
	Password []byte
	// ReadOnly tells that the server serves reads only.
	ReadOnly bool
}

// MaxConnectReplySize bounds an encoded ConnectReply in bytes; a real one has 36 or 37.
// A frame that claims more is not ZooKeeper's.
const MaxConnectReplySize = 256

// Decode fills c from r.
func (c *ConnectReply) Decode(r *jute.Reader) {
	r.Int() // protocol version: servers send 0 and clients ignore it
	c.TimeoutMillis = r.Int()
	c.SessionID = r.Long()
	c.Password = r.Buffer()
	// Servers before 3.4 do not send the last field.
	if r.Err() == nil && r.Remaining() > 0 {
		c.ReadOnly = r.Bool()
	}
}
