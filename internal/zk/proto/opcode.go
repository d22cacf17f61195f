package proto

import "strconv"

// Op is an operation code, the second field of a request header (zookeeper's
// ZooDefs.OpCode).
type Op int32

// The operation codes that this client sends, or finds in a multi's reply.
const (
	OpCreate          Op = 1
	OpDelete          Op = 2
	OpExists          Op = 3
	OpGetData         Op = 4
	OpSetData         Op = 5
	OpGetACL          Op = 6
	OpSetACL          Op = 7
	OpSync            Op = 9
	OpPing            Op = 11
	OpGetChildren2    Op = 12 // since 3.3
	OpCheck           Op = 13 // since 3.4, and only inside a multi: alone, 3.8.0 never answers it
	OpMulti           Op = 14 // since 3.4
	OpCreate2         Op = 15 // since 3.5
	OpReconfig        Op = 16 // since 3.5
	OpRemoveWatches   Op = 18 // since 3.5
	OpCreateContainer Op = 19 // since 3.5.1
	OpCreateTTL       Op = 21 // since 3.5.3
	OpMultiRead       Op = 22 // since 3.6
	OpAuth            Op = 100
	OpSetWatches      Op = 101
	OpSASL            Op = 102 // since 3.4
	OpGetEphemerals   Op = 103 // since 3.6
	OpCountChildren   Op = 104 // since 3.6: of all descendants (getAllChildrenNumber)
	OpSetWatches2     Op = 105 // since 3.6
	OpAddWatch        Op = 106 // since 3.6
	OpWhoAmI          Op = 107 // since 3.7
	OpCloseSession    Op = -11
	OpError           Op = -1 // a failed operation inside a multi's reply, and the multi's end
)

var opNames = map[Op]string{
	OpCreate: "create", OpDelete: "delete", OpExists: "exists", OpGetData: "get", OpSetData: "set",
	OpGetACL: "getACL", OpSetACL: "setACL", OpSync: "sync", OpPing: "ping", OpGetChildren2: "children",
	OpCheck: "check", OpMulti: "multi", OpCreate2: "create", OpCreateContainer: "create", OpCreateTTL: "create",
	OpReconfig: "reconfig", OpRemoveWatches: "removeWatches", OpMultiRead: "multiRead", OpSetWatches: "setWatches",
	OpSASL: "sasl", OpGetEphemerals: "getEphemerals", OpCountChildren: "countDescendants", OpSetWatches2: "setWatches",
	OpAddWatch: "addWatch", OpWhoAmI: "whoAmI",
	OpAuth: "auth", OpCloseSession: "closeSession", OpError: "error",
}

// String returns the operation's name as error texts use it: every kind of create is
// "create". An unknown code is its number.
func (o Op) String() string {
	if s, ok := opNames[o]; ok {
		return s
	}
	return "op " + strconv.Itoa(int(o))
}

// The transaction ids (xids) that are no request's number (ClientCnxn.java). Requests
// count from 1.
const (
	XidNotification int32 = -1
	XidPing         int32 = -2
	XidAuth         int32 = -4
	XidSetWatches   int32 = -8
)
