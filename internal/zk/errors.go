package zk

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// ErrCode is the error code of a server's reply. A code that has no name below keeps its
// number and says it.
type ErrCode = proto.ErrCode

// The error codes of the protocol, for errors.Is. Where the comment says nothing, the
// text of the error does.
const (
	ErrSystem               = proto.ErrSystem
	ErrRuntimeInconsistency = proto.ErrRuntimeInconsistency
	ErrDataInconsistency    = proto.ErrDataInconsistency
	// ErrConnectionLoss: the connection ended before the reply came.
	ErrConnectionLoss = proto.ErrConnectionLoss
	ErrMarshalling    = proto.ErrMarshalling
	// ErrUnimplemented: the server does not know the operation, or it is switched off, as
	// TTL nodes are without zookeeper.extendedTypesEnabled.
	ErrUnimplemented    = proto.ErrUnimplemented
	ErrOperationTimeout = proto.ErrOperationTimeout
	// ErrBadArguments: the request makes no sense to the server, such as to delete "/"; or, and
	// then nothing was sent, a path or another argument is invalid.
	ErrBadArguments       = proto.ErrBadArguments
	ErrUnknownSession     = proto.ErrUnknownSession
	ErrNewConfigNoQuorum  = proto.ErrNewConfigNoQuorum
	ErrReconfigInProgress = proto.ErrReconfigInProgress
	ErrAPI                = proto.ErrAPI
	ErrNoNode             = proto.ErrNoNode
	// ErrNoAuth: none of the identities presented has the permission.
	ErrNoAuth = proto.ErrNoAuth
	// ErrBadVersion: somebody else changed the node.
	ErrBadVersion              = proto.ErrBadVersion
	ErrNoChildrenForEphemerals = proto.ErrNoChildrenForEphemerals
	ErrNodeExists              = proto.ErrNodeExists
	// ErrNotEmpty: a node with children cannot be deleted.
	ErrNotEmpty = proto.ErrNotEmpty
	// ErrSessionExpired: the session ended. The request was not sent, unless the error is
	// [ErrOutcomeUnknown] too.
	ErrSessionExpired  = proto.ErrSessionExpired
	ErrInvalidCallback = proto.ErrInvalidCallback
	// ErrInvalidACL: the ACL is empty, has an unknown scheme, an id that the scheme does
	// not understand, or "auth" where no identity was presented.
	ErrInvalidACL = proto.ErrInvalidACL
	// ErrAuthFailed: the server refused a credential. The client stays stopped.
	ErrAuthFailed   = proto.ErrAuthFailed
	ErrSessionMoved = proto.ErrSessionMoved
	// ErrNotReadOnly: the server has no quorum and answers reads alone, or is not to open a
	// session at all: since 3.7 a read-only one takes localSessionsEnabled=true on the server.
	ErrNotReadOnly = proto.ErrNotReadOnly
	// ErrEphemeralOnLocalSession: the session is one that its server alone knows
	// (localSessionsEnabled=true), and may have no ephemeral node unless the servers have
	// localSessionsUpgradingEnabled=true as well.
	ErrEphemeralOnLocalSession = proto.ErrEphemeralOnLocalSession
	ErrNoWatcher               = proto.ErrNoWatcher
	ErrRequestTimeout          = proto.ErrRequestTimeout
	ErrReconfigDisabled        = proto.ErrReconfigDisabled
	// ErrSessionClosedRequireSASL: the server serves nobody without SASL, or without one of the
	// schemes that its enforce.auth.schemes name: sasl, digest, x509. It does not say which.
	ErrSessionClosedRequireSASL = proto.ErrSessionClosedRequireSASL
	ErrQuotaExceeded            = proto.ErrQuotaExceeded
	ErrThrottledOp              = proto.ErrThrottledOp
)

var (
	// ErrClosed tells that the client has not been started, or has been closed.
	ErrClosed = engine.ErrClosed
	// ErrChrootChanged tells that the servers of a client were to be replaced by some with
	// another chroot.
	ErrChrootChanged = errors.New("the chroot of a client cannot be changed")
	// ErrOutcomeUnknown tells that a write was sent, that its reply was lost or not waited
	// for, and that it cannot be told whether it took effect. Look before repeating it. The
	// error is an [*OutcomeUnknownError] too, which says what to look for.
	ErrOutcomeUnknown = errors.New("it is unknown whether the write took effect (look at the node before repeating it)")
)

// OpName is an operation's name, as errors, logs and traces have it.
type OpName = proto.OpName

// The names of the operations that an [Error] or an [OperationTrace] has. That of a four-letter word is the word.
const (
	OpNameCreate                  = proto.OpNameCreate // of every kind
	OpNameDelete                  = proto.OpNameDelete
	OpNameExists                  = proto.OpNameExists
	OpNameGet                     = proto.OpNameGet
	OpNameSet                     = proto.OpNameSet
	OpNameGetACL                  = proto.OpNameGetACL
	OpNameSetACL                  = proto.OpNameSetACL
	OpNameSync                    = proto.OpNameSync
	OpNameChildren                = proto.OpNameChildren
	OpNameCheck                   = proto.OpNameCheck
	OpNameMulti                   = proto.OpNameMulti
	OpNameMultiRead               = proto.OpNameMultiRead
	OpNameReconfig                = proto.OpNameReconfig
	OpNameAddWatch                = proto.OpNameAddWatch
	OpNameGetEphemerals           = proto.OpNameGetEphemerals
	OpNameCountDescendants        = proto.OpNameCountDescendants
	OpNameWhoAmI                  = proto.OpNameWhoAmI
	OpNameAuth                    = proto.OpNameAuth
	OpNameCloseSession            = proto.OpNameCloseSession
	OpNameVersion                 = engine.OpNameVersion
	OpNameCommand                 = engine.OpNameCommand // what is no four-letter word
	OpNameBatch            OpName = "batch"              // of one write of a [Batch]
	OpNameUpdate           OpName = "update"             // of a [Client.Update] that wrote nothing
)

// An Error is the failure of one operation. Every error of an operation is one.
type Error = engine.Error

// A TooLargeError tells that a request was refused before it was sent, because servers
// close the connection on a frame larger than their jute.maxbuffer.
type TooLargeError = conn.TooLargeError

// A ReplyTooLargeError tells that a reply was larger than [Config.MaxReplyBytes].
type ReplyTooLargeError = conn.ReplyTooLargeError

// A ForeignError tells that what listens at an address is no ZooKeeper server.
type ForeignError = conn.ForeignError

// A NoAnswerError tells that a server did not answer in the time that it was given.
type NoAnswerError = conn.NoAnswerError

// A MultiError tells which operation made a transaction fail. Nothing of the transaction
// took effect.
type MultiError struct {
	// Index is the position of the failed operation, from 0.
	Index int
	// Op is its kind: [OpNameCreate], [OpNameSet], [OpNameDelete] or [OpNameCheck].
	Op OpName
	// Path is its path as the caller gave it.
	Path string
	// Err is its code.
	Err error
}

// Error names the operation, its position, its path and the reason.
func (e *MultiError) Error() string {
	return fmt.Sprintf("operation %d of the transaction, %s %s: %v", e.Index, e.Op, shown.Line(e.Path), e.Err)
}

// Unwrap returns the code.
func (e *MultiError) Unwrap() error { return e.Err }

// A PartialError tells that an operation which takes more than one write was ended by a
// failure after the first.
type PartialError struct {
	// Done says what has been done, as in "the data has been replaced, the ACL has not".
	Done string
	// Part is what has been made of the change of an [Client.Update]; zero for others.
	Part Change
	// Err is why the rest was not.
	Err error
}

// NewPartialError tells that what a caller has made of several operations was ended by err, and what has been
// done by then.
func NewPartialError(done string, err error) *PartialError {
	return &PartialError{Done: done, Err: err}
}

// Error tells why it ended and what has been done.
func (e *PartialError) Error() string { return e.Err.Error() + " (" + e.Done + ")" }

// Unwrap returns why the rest was not done.
func (e *PartialError) Unwrap() error { return e.Err }

// A CandidatesError tells why the outcome of a sequential create is unknown, with
// [ErrOutcomeUnknown]: not exactly one node can be the one that it made.
type CandidatesError struct {
	// Paths are the nodes that can be it: of its prefix, made since it was submitted, and
	// as it makes them. They are the first few where there are very many.
	Paths []string
}

// Error names the nodes.
func (e *CandidatesError) Error() string {
	if len(e.Paths) == 0 {
		return "none of the nodes that are there can be it, and others have come or gone since"
	}
	paths := make([]string, len(e.Paths))
	for i, path := range e.Paths {
		paths[i] = shown.Line(path)
	}
	return "it can be any of " + strings.Join(paths, ", ")
}

// A ConnectError tells that no server could be reached in time.
type ConnectError = engine.ConnectError

// An Attempt is the last failed attempt to connect to one server.
type Attempt = engine.Attempt

// A RetryError tells that something was tried as often, or for as long, as the policy
// allows, and failed each time.
type RetryError = engine.RetryError

// A VersionError tells that the server that the client is connected to is too old for
// what was asked. Nothing was sent.
type VersionError = engine.VersionError

// A VersionUnknownError tells that an operation depends on the server's version, which the connected server does not
// tell.
type VersionUnknownError = engine.VersionUnknownError

// A WhitelistError tells that a server refuses a four-letter word.
type WhitelistError = engine.WhitelistError

// An OutcomeUnknownError is [ErrOutcomeUnknown] with what tells the write's effect, if it has
// one, from everything else: in this process or in a later one, see [Client.Recognize].
type OutcomeUnknownError struct {
	// Seen is the latest transaction that was known before the write was first sent: its own
	// is a later one.
	Seen int64
	// Others are transactions later than Seen that are known to be other writes of this
	// client, in ascending order.
	Others []int64
	// Waited is how long the answer was waited for after the caller's context had ended, where
	// that was as long as [Config.Grace] allows; otherwise 0.
	Waited time.Duration
	// Err is why the outcome is not known.
	Err error
}

// Error tells that the outcome is unknown, and why.
func (e *OutcomeUnknownError) Error() string { return ErrOutcomeUnknown.Error() + ": " + e.Err.Error() }

// Unwrap returns ErrOutcomeUnknown, and why the outcome is not known.
func (e *OutcomeUnknownError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.Err} }

// outcomeUnknown marks cause as the reason why the outcome of a write is not known. seen is
// what was known before the write was first sent.
func (c *Client) outcomeUnknown(seen int64, cause error) *OutcomeUnknownError {
	return &OutcomeUnknownError{Seen: seen, Others: c.claims.since(seen), Err: cause}
}

// waitedFor is [Client.outcomeUnknown] for what was waited for.
func (c *Client) waitedFor(w *engine.Waiter, seen int64, cause error) *OutcomeUnknownError {
	err := c.outcomeUnknown(seen, cause)
	err.Waited = w.Waited()
	return err
}
