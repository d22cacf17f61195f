package zktest

import "slices"

// The operation codes of requests (ZooKeeper's ZooDefs.OpCode), by which a fault is chosen.
const (
	OpCreate          int32 = 1
	OpDelete          int32 = 2
	OpExists          int32 = 3
	OpGetData         int32 = 4
	OpSetData         int32 = 5
	OpGetACL          int32 = 6
	OpSetACL          int32 = 7
	OpGetChildren     int32 = 8
	OpSync            int32 = 9
	OpPing            int32 = 11
	OpGetChildren2    int32 = 12
	OpMulti           int32 = 14
	OpCreate2         int32 = 15
	OpReconfig        int32 = 16
	OpRemoveWatches   int32 = 18
	OpCreateContainer int32 = 19
	OpCreateTTL       int32 = 21
	OpMultiRead       int32 = 22
	OpAuth            int32 = 100
	OpSetWatches      int32 = 101
	OpSASL            int32 = 102
	OpGetEphemerals   int32 = 103
	OpCountChildren   int32 = 104
	OpSetWatches2     int32 = 105
	OpAddWatch        int32 = 106
	OpWhoAmI          int32 = 107
	OpCloseSession    int32 = -11
)

// Is returns what reports whether a request is one of some operations, for the faults of a [Proxy].
func Is(ops ...int32) func(op int32) bool {
	return func(op int32) bool { return slices.Contains(ops, op) }
}

// IsCreate reports whether a request makes a node, of whatever kind.
func IsCreate(op int32) bool {
	return op == OpCreate || op == OpCreate2 || op == OpCreateContainer || op == OpCreateTTL
}

// IsDelete reports whether a request deletes a node.
func IsDelete(op int32) bool { return op == OpDelete }

// IsSet reports whether a request replaces a node's data.
func IsSet(op int32) bool { return op == OpSetData }

// IsSetACL reports whether a request replaces a node's ACL.
func IsSetACL(op int32) bool { return op == OpSetACL }

// IsGetACL reports whether a request reads a node's ACL.
func IsGetACL(op int32) bool { return op == OpGetACL }

// IsMulti reports whether a request is a transaction.
func IsMulti(op int32) bool { return op == OpMulti }

// IsExists reports whether a request looks whether there is a node.
func IsExists(op int32) bool { return op == OpExists }
