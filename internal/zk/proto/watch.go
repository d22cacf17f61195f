package proto

import "terraform-provider-zookeeper/internal/zk/jute"

// EventType says what happened to a node (Watcher.Event.EventType).
type EventType int32

// The types of events. Those of removed watches are made by clients.
const (
	// EventSession is no event of a node: the session itself has changed.
	EventSession EventType = -1
	// EventCreated: the node was created.
	EventCreated EventType = 1
	// EventDeleted: the node was deleted.
	EventDeleted EventType = 2
	// EventDataChanged: the node's data was set.
	EventDataChanged EventType = 3
	// EventChildrenChanged: a child of the node was created or deleted.
	EventChildrenChanged EventType = 4
)

var eventNames = map[EventType]string{
	EventSession: "session", EventCreated: "created", EventDeleted: "deleted",
	EventDataChanged: "data changed", EventChildrenChanged: "children changed",
}

// String returns the type in words; an unknown one is "unknown".
func (t EventType) String() string {
	if s, ok := eventNames[t]; ok {
		return s
	}
	return "unknown"
}

// WatcherEvent is a notification, which a server sends on its own with the xid -1.
type WatcherEvent struct {
	Type EventType
	// State is the session's (KeeperState); of no use after the handshake.
	State int32
	Path  string
}

// Decode fills e from r.
func (e *WatcherEvent) Decode(r *jute.Reader) {
	e.Type = EventType(r.Int())
	e.State = r.Int()
	e.Path = r.String()
}

// SetWatchesRequest registers watches again after a reconnect. The server at once sends
// an event for each whose node has changed after RelativeZxid. With Persistent or
// Recursive it goes with OpSetWatches2, which servers know since 3.6.
type SetWatchesRequest struct {
	RelativeZxid int64
	// Data are the paths of watches that a get left, and an exists of a node that was
	// there; Exist of an exists of a node that was not; Child of a children.
	Data, Exist, Child []string
	// Persistent and Recursive are the paths of watches of the two modes of addWatch.
	Persistent, Recursive []string
}

// Op returns the operation code that the request needs.
func (q *SetWatchesRequest) Op() OpCode {
	if len(q.Persistent) > 0 || len(q.Recursive) > 0 {
		return OpSetWatches2
	}
	return OpSetWatches
}

// AppendTo appends the record.
func (q *SetWatchesRequest) AppendTo(dst []byte) []byte {
	dst = jute.AppendLong(dst, q.RelativeZxid)
	lists := [][]string{q.Data, q.Exist, q.Child, q.Persistent, q.Recursive}
	if q.Op() == OpSetWatches {
		lists = lists[:3]
	}
	for _, paths := range lists {
		dst = jute.AppendInt(dst, int32(len(paths)))
		for _, p := range paths {
			dst = jute.AppendString(dst, p)
		}
	}
	return dst
}

// The modes of addWatch.
const (
	AddWatchPersistent int32 = 0
	AddWatchRecursive  int32 = 1
)

// AddWatchRequest leaves a watch that stays. Its reply carries an error code that is of no
// interest.
type AddWatchRequest struct {
	Path string
	Mode int32
}

// AppendTo appends the record.
func (q *AddWatchRequest) AppendTo(dst []byte) []byte {
	return jute.AppendInt(jute.AppendString(dst, q.Path), q.Mode)
}

// WatcherAny is the kind of watches that a removal names for all that there are
// (WatcherType).
const WatcherAny int32 = 3

// RemoveWatchesRequest removes this session's watches of a node.
type RemoveWatchesRequest struct {
	Path string
	Type int32
}

// AppendTo appends the record.
func (q *RemoveWatchesRequest) AppendTo(dst []byte) []byte {
	return jute.AppendInt(jute.AppendString(dst, q.Path), q.Type)
}
