package wire

import (
	"fmt"

	"terraform-provider-zookeeper/internal/zk/jute"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// A Kind is a kind of request.
type Kind string

// The kinds of requests.
const (
	Connect  Kind = "connect"
	Create   Kind = "create"
	Delete   Kind = "delete"
	SetData  Kind = "set"
	SetACL   Kind = "setACL"
	Multi    Kind = "multi"
	Read     Kind = "read"
	Close    Kind = "close"
	Upkeep   Kind = "upkeep" // pings and the like, whose number depends on the time
	AnyWrite Kind = "write"  // stands for create, delete, set, setACL and multi
	Any      Kind = "any"    // stands for all but upkeep
)

// Matches reports whether a request of kind k is one of those that m stands for.
func (m Kind) Matches(k Kind) bool {
	switch m {
	case Any:
		return k != Upkeep
	case AnyWrite:
		return k == Create || k == Delete || k == SetData || k == SetACL || k == Multi
	default:
		return m == k
	}
}

func kindOf(op proto.OpCode) Kind {
	switch op {
	case proto.OpCreate, proto.OpCreate2, proto.OpCreateContainer, proto.OpCreateTTL:
		return Create
	case proto.OpDelete:
		return Delete
	case proto.OpSetData:
		return SetData
	case proto.OpSetACL:
		return SetACL
	case proto.OpMulti, proto.OpReconfig:
		return Multi
	case proto.OpCloseSession:
		return Close
	case proto.OpPing, proto.OpAuth, proto.OpSASL:
		return Upkeep
	default:
		return Read
	}
}

// A Request is what a client has sent, before it goes on to a server.
type Request struct {
	Kind Kind
	// Path is the node's, as the servers call it; of a transaction, that of its first operation.
	Path string
	// Session is the connection's; 0 with the request for it.
	Session int64
	// Xid is the client's number of it.
	Xid int32
	// Server is the place of the server among those that clients were given.
	Server int
}

// String says what is asked for.
func (r Request) String() string {
	return fmt.Sprintf("%s %s (session %#x, xid %d, server %d)", r.Kind, r.Path, r.Session, r.Xid, r.Server)
}

// parse reads a request that is not a connection's first.
func parse(frame []byte) (r Request) {
	in := jute.NewReader(frame)
	r.Xid = in.Int()
	op := proto.OpCode(in.Int())
	if in.Err() != nil {
		r.Kind = Upkeep
		return r
	}
	r.Kind = kindOf(op)
	switch {
	case op == proto.OpMulti:
		in.Int()
		in.Bool()
		in.Int()
		r.Path = in.String()
	case r.Kind != Upkeep && r.Kind != Close && in.Remaining() > 4:
		r.Path = in.String()
	}
	return r
}

// answer is the header of a reply.
type answer struct {
	xid  int32
	zxid int64
	code int32
}

// parseAnswer reads it. What is no reply has the xid of an event, which no request has.
func parseAnswer(frame []byte) answer {
	r := jute.NewReader(frame)
	a := answer{xid: r.Int(), zxid: r.Long(), code: r.Int()}
	if r.Err() != nil {
		a.xid = proto.XidNotification
	}
	return a
}
