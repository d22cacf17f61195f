package proto

import "terraform-provider-zookeeper/internal/zk/jute"

// RequestHeader stands in front of every request but the connect request.
type RequestHeader struct {
	// Xid numbers the request; its reply carries it back.
	Xid int32
	// Op says what the request is.
	Op OpCode
}

// AppendTo appends the header.
func (h RequestHeader) AppendTo(dst []byte) []byte {
	return jute.AppendInt(jute.AppendInt(dst, h.Xid), int32(h.Op))
}

// ReplyHeader stands in front of every reply but the connect reply.
type ReplyHeader struct {
	// Xid is the request's, or one of the special ones.
	Xid int32
	// Zxid is the last transaction that the server had processed; of a write, its own.
	Zxid int64
	// Err is OK or why the request failed; a body follows only OK.
	Err ErrCode
}

// ReplyHeaderSize is the size of an encoded ReplyHeader in bytes.
const ReplyHeaderSize = 16

// Decode fills h from r.
func (h *ReplyHeader) Decode(r *jute.Reader) {
	h.Xid = r.Int()
	h.Zxid = r.Long()
	h.Err = ErrCode(r.Int())
}
