package engine

import (
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// A Tracer is told what a client does while it does it, for a log or for figures. It is
// told neither credentials nor what is in a node. Its methods are called from several
// goroutines at once, on the client's way to and from the server: they must be quick, and
// must not use the client.
type Tracer interface {
	// TraceOperation tells of a request that has ended.
	TraceOperation(t OperationTrace)
	// TraceFrame tells of a frame that goes to the server or has come from it, pings and
	// events among them, once a session stands.
	TraceFrame(t FrameTrace)
}

// An OperationTrace tells of one try of an operation. One that is repeated because its
// reply was lost is told of as often.
type OperationTrace struct {
	// Op is the operation's name, as in an [Error].
	Op proto.OpName
	// Path is the node's path on the servers, the chroot included; the first one's for an
	// operation on several, and empty for one on none.
	Path string
	// Nodes is how many operations a transaction has, or a read of many nodes; otherwise 0.
	Nodes int
	// Duration is from the request's submission to its end; a wait for a connection is
	// part of it.
	Duration time.Duration
	// Zxid is the transaction that a write was, or the latest that the server had seen when
	// it answered a read; 0 without an answer.
	Zxid int64
	// Err is nil, the server's refusal, or why there was no answer.
	Err error
}

// OpNameEvent is the name of what the servers send without being asked.
const OpNameEvent proto.OpName = "event"

// A FrameTrace tells of one frame.
type FrameTrace struct {
	// Sent tells a frame to the server from one that has come from it.
	Sent bool
	// Op is the name of the operation that is asked for or answered, [OpNameEvent] for the event
	// of a watch.
	Op proto.OpName
	// Xid pairs an answer with its request; the protocol's negative ones belong to pings
	// (-2), identities (-4), watches that are set again (-8) and events (-1).
	Xid int32
	// Bytes is the frame's size without the four of its length.
	Bytes int
	// Zxid is an answer's latest transaction.
	Zxid int64
	// Err is the answer's error; nil for none.
	Err error
}

// trace has the tracer told of a call's end.
func (e *Engine) trace(call *conn.Call) {
	began, ended := time.Now(), call.Ended
	call.Ended = func(call *conn.Call) {
		if ended != nil {
			ended(call)
		}
		t := OperationTrace{Op: call.Op.Name(), Duration: time.Since(began), Zxid: call.Header.Zxid, Err: call.Err}
		t.Path, t.Nodes = about(call.Request)
		e.cfg.Tracer.TraceOperation(t)
	}
}

// about returns the path that a request is about, and of how many operations it consists.
func about(req conn.Request) (path string, nodes int) {
	switch q := req.(type) {
	case *proto.PathWatchRequest:
		return q.Path, 0
	case *proto.CreateRequest:
		return q.Path, 0
	case *proto.DeleteRequest:
		return q.Path, 0
	case *proto.SetDataRequest:
		return q.Path, 0
	case *proto.GetACLRequest:
		return q.Path, 0
	case *proto.SetACLRequest:
		return q.Path, 0
	case *proto.SyncRequest:
		return q.Path, 0
	case *proto.CheckRequest:
		return q.Path, 0
	case *proto.AddWatchRequest:
		return q.Path, 0
	case *proto.RemoveWatchesRequest:
		return q.Path, 0
	case *proto.CountDescendantsRequest:
		return q.Path, 0
	case *proto.GetEphemeralsRequest:
		return q.Prefix, 0
	case *proto.ReconfigRequest:
		return proto.ConfigPath, 0
	case *asking:
		return q.Path, 0
	case *proto.MultiRequest:
		if len(q.Ops) == 0 {
			return "", 0
		}
		path, _ = about(q.Ops[0].Request)
		return path, len(q.Ops)
	default:
		return "", 0
	}
}

// traceFrame is what a connection calls for each frame; nil where nobody is told.
func (e *Engine) traceFrame() func(conn.Frame) {
	if e.cfg.Tracer == nil {
		return nil
	}
	return func(f conn.Frame) {
		t := FrameTrace{Sent: f.Sent, Op: f.Op.Name(), Xid: f.Xid, Bytes: f.Bytes, Zxid: f.Zxid}
		if f.Op == 0 {
			t.Op = OpNameEvent
		}
		if f.Err != proto.OK {
			t.Err = f.Err
		}
		e.cfg.Tracer.TraceFrame(t)
	}
}
