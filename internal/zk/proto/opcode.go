package proto

import "strconv"

// OpCode is an operation code, the second field of a request header (zookeeper's
// ZooDefs.OpCode).
type OpCode int32

// The operation codes that this client sends, or finds in a multi's reply.
const (
	OpCreate          OpCode = 1
	OpDelete          OpCode = 2
	OpExists          OpCode = 3
	OpGetData         OpCode = 4
	OpSetData         OpCode = 5
	OpGetACL          OpCode = 6
	OpSetACL          OpCode = 7
	OpSync            OpCode = 9
	OpPing            OpCode = 11
	OpGetChildren2    OpCode = 12 // since 3.3
	OpCheck           OpCode = 13 // since 3.4, and only inside a multi: alone, 3.8.0 never answers it
	OpMulti           OpCode = 14 // since 3.4
	OpCreate2         OpCode = 15 // since 3.5
	OpReconfig        OpCode = 16 // since 3.5
	OpRemoveWatches   OpCode = 18 // since 3.5
	OpCreateContainer OpCode = 19 // since 3.5.1
	OpCreateTTL       OpCode = 21 // since 3.5.3
	OpMultiRead       OpCode = 22 // since 3.6
	OpAuth            OpCode = 100
	OpSetWatches      OpCode = 101
	OpSASL            OpCode = 102 // since 3.4
	OpGetEphemerals   OpCode = 103 // since 3.6
	OpCountChildren   OpCode = 104 // since 3.6: of all descendants (getAllChildrenNumber)
	OpSetWatches2     OpCode = 105 // since 3.6
	OpAddWatch        OpCode = 106 // since 3.6
	OpWhoAmI          OpCode = 107 // since 3.7
	OpCloseSession    OpCode = -11
	OpError           OpCode = -1 // a failed operation inside a multi's reply, and the multi's end
)

// OpName is an operation's name, as errors, logs and traces have it.
type OpName string

// The names of the operations.
const (
	OpNameCreate           OpName = "create" // of every kind
	OpNameDelete           OpName = "delete"
	OpNameExists           OpName = "exists"
	OpNameGet              OpName = "get"
	OpNameSet              OpName = "set"
	OpNameGetACL           OpName = "getACL"
	OpNameSetACL           OpName = "setACL"
	OpNameSync             OpName = "sync"
	OpNamePing             OpName = "ping"
	OpNameChildren         OpName = "children"
	OpNameCheck            OpName = "check"
	OpNameMulti            OpName = "multi"
	OpNameMultiRead        OpName = "multiRead"
	OpNameReconfig         OpName = "reconfig"
	OpNameAddWatch         OpName = "addWatch"
	OpNameRemoveWatches    OpName = "removeWatches"
	OpNameSetWatches       OpName = "setWatches"
	OpNameGetEphemerals    OpName = "getEphemerals"
	OpNameCountDescendants OpName = "countDescendants"
	OpNameWhoAmI           OpName = "whoAmI"
	OpNameAuth             OpName = "auth"
	OpNameSASL             OpName = "sasl"
	OpNameCloseSession     OpName = "closeSession"
	OpNameError            OpName = "error"
)

var opNames = map[OpCode]OpName{
	OpCreate: OpNameCreate, OpDelete: OpNameDelete, OpExists: OpNameExists, OpGetData: OpNameGet, OpSetData: OpNameSet,
	OpGetACL: OpNameGetACL, OpSetACL: OpNameSetACL, OpSync: OpNameSync, OpPing: OpNamePing, OpGetChildren2: OpNameChildren,
	OpCheck: OpNameCheck, OpMulti: OpNameMulti, OpCreate2: OpNameCreate, OpCreateContainer: OpNameCreate, OpCreateTTL: OpNameCreate,
	OpReconfig: OpNameReconfig, OpRemoveWatches: OpNameRemoveWatches, OpMultiRead: OpNameMultiRead, OpSetWatches: OpNameSetWatches,
	OpSASL: OpNameSASL, OpGetEphemerals: OpNameGetEphemerals, OpCountChildren: OpNameCountDescendants, OpSetWatches2: OpNameSetWatches,
	OpAddWatch: OpNameAddWatch, OpWhoAmI: OpNameWhoAmI,
	OpAuth: OpNameAuth, OpCloseSession: OpNameCloseSession, OpError: OpNameError,
}

// Name returns the operation's name: every kind of create is a create. That of an unknown code is its number.
func (o OpCode) Name() OpName {
	if name, ok := opNames[o]; ok {
		return name
	}
	return OpName("op " + strconv.Itoa(int(o)))
}

// String returns the operation's name.
func (o OpCode) String() string { return string(o.Name()) }

// The transaction ids (xids) that are no request's number (ClientCnxn.java). Requests
// count from 1.
const (
	XidNotification int32 = -1
	XidPing         int32 = -2
	XidAuth         int32 = -4
	XidSetWatches   int32 = -8
)
