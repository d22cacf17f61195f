package proto

import "fmt"

// ErrCode is an error code of a reply (KeeperException.Code). It is an error, so that
// errors.Is(err, proto.ErrNoNode) works wherever one is wrapped. A code that has no name
// here keeps its number.
type ErrCode int32

// The codes that servers send, and those that a client makes of a lost connection.
// OK is no error and, in the reply of a failed multi, the mark of an operation that was
// rolled back.
const (
	OK                          ErrCode = 0
	ErrSystem                   ErrCode = -1
	ErrRuntimeInconsistency     ErrCode = -2
	ErrDataInconsistency        ErrCode = -3
	ErrConnectionLoss           ErrCode = -4
	ErrMarshalling              ErrCode = -5
	ErrUnimplemented            ErrCode = -6
	ErrOperationTimeout         ErrCode = -7
	ErrBadArguments             ErrCode = -8
	ErrUnknownSession           ErrCode = -12
	ErrNewConfigNoQuorum        ErrCode = -13
	ErrReconfigInProgress       ErrCode = -14
	ErrAPI                      ErrCode = -100
	ErrNoNode                   ErrCode = -101
	ErrNoAuth                   ErrCode = -102
	ErrBadVersion               ErrCode = -103
	ErrNoChildrenForEphemerals  ErrCode = -108
	ErrNodeExists               ErrCode = -110
	ErrNotEmpty                 ErrCode = -111
	ErrSessionExpired           ErrCode = -112
	ErrInvalidCallback          ErrCode = -113
	ErrInvalidACL               ErrCode = -114
	ErrAuthFailed               ErrCode = -115
	ErrSessionMoved             ErrCode = -118
	ErrNotReadOnly              ErrCode = -119
	ErrEphemeralOnLocalSession  ErrCode = -120
	ErrNoWatcher                ErrCode = -121
	ErrRequestTimeout           ErrCode = -122
	ErrReconfigDisabled         ErrCode = -123
	ErrSessionClosedRequireSASL ErrCode = -124
	ErrQuotaExceeded            ErrCode = -125
	ErrThrottledOp              ErrCode = -127
)

// codeTexts gives each code the name of the protocol and what it means to a person.
var codeTexts = map[ErrCode]string{
	OK:                          "ok",
	ErrSystem:                   "system error on the server",
	ErrRuntimeInconsistency:     "runtime inconsistency",
	ErrDataInconsistency:        "data inconsistency",
	ErrConnectionLoss:           "connection lost",
	ErrMarshalling:              "the server could not decode the request",
	ErrUnimplemented:            "not implemented by the server",
	ErrOperationTimeout:         "operation timed out",
	ErrBadArguments:             "bad arguments",
	ErrUnknownSession:           "unknown session",
	ErrNewConfigNoQuorum:        "no quorum of the new configuration is connected",
	ErrReconfigInProgress:       "another reconfiguration is in progress",
	ErrAPI:                      "API error",
	ErrNoNode:                   "node does not exist",
	ErrNoAuth:                   "not authorized",
	ErrBadVersion:               "version conflict",
	ErrNoChildrenForEphemerals:  "ephemeral nodes cannot have children",
	ErrNodeExists:               "node exists",
	ErrNotEmpty:                 "node has children",
	ErrSessionExpired:           "session expired",
	ErrInvalidCallback:          "invalid callback",
	ErrInvalidACL:               "invalid ACL",
	ErrAuthFailed:               "authentication failed",
	ErrSessionMoved:             "session moved to another server",
	ErrNotReadOnly:              "the server is read-only",
	ErrEphemeralOnLocalSession:  "ephemeral node on a local session",
	ErrNoWatcher:                "no such watch",
	ErrRequestTimeout:           "the server gave the request up",
	ErrReconfigDisabled:         "reconfiguration is disabled",
	ErrSessionClosedRequireSASL: "the server requires SASL authentication, or another that its enforce.auth.schemes name",
	ErrQuotaExceeded:            "quota exceeded",
	ErrThrottledOp:              "operation throttled",
}

// Error says what the code means. An unknown code says its number.
func (c ErrCode) Error() string {
	if s, ok := codeTexts[c]; ok {
		return s
	}
	return fmt.Sprintf("unknown ZooKeeper error code %d", int32(c))
}
