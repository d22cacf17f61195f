package zk

import (
	"cmp"
	"context"
	"net"
	"sync/atomic"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

// The values of a [Config] that are taken where it has zero.
const (
	DefaultServers        = "127.0.0.1:2181"
	DefaultSessionTimeout = engine.DefaultSessionTimeout
	DefaultConnectTimeout = engine.DefaultConnectTimeout
	DefaultRequestTimeout = engine.DefaultRequestTimeout
	// DefaultMaxBufferBytes is the servers' own default of jute.maxbuffer, 0xfffff.
	DefaultMaxBufferBytes = engine.DefaultMaxBufferBytes
	// DefaultMaxReplyBytes is larger than DefaultMaxBufferBytes because servers bound only
	// what they read: a node's children can take more than any request.
	DefaultMaxReplyBytes = engine.DefaultMaxReplyBytes
)

// A Logger takes the client's log. *slog.Logger is one. What is logged never holds a
// credential or a node's data.
type Logger = engine.Logger

// A RetryPolicy says how often something is tried and how long to wait in between.
//
// There is one for the rounds of attempts to connect, [Config.ConnectRetry], and one for
// operations whose connection was lost, [Config.Retry]. A write is repeated only when it
// is known that it had no effect.
type RetryPolicy = engine.RetryPolicy

// TLS says how to speak TLS with the servers, and whom to trust.
type TLS = engine.TLS

// A TLSOptionError tells which field of a [TLS] is wrong, or missing.
type TLSOptionError = engine.TLSOptionError

// A TLSError tells why there is no TLS with a server.
type TLSError = engine.TLSError

// A TLSCause is why there is no TLS with a server, as far as there is something to do about it.
type TLSCause = engine.TLSCause

// The causes.
const (
	TLSOther            = engine.TLSOther
	TLSUnknownAuthority = engine.TLSUnknownAuthority
	TLSFailedAuthority  = engine.TLSFailedAuthority
	TLSWrongName        = engine.TLSWrongName
	TLSNoName           = engine.TLSNoName
	TLSExpired          = engine.TLSExpired
	TLSNotYetValid      = engine.TLSNotYetValid
	TLSNotForServers    = engine.TLSNotForServers
	TLSUnreadable       = engine.TLSUnreadable
	TLSInvalid          = engine.TLSInvalid
)

// A Tracer is told what a client does while it does it, for a log or for figures. It is
// told neither credentials nor what is in a node.
type Tracer = engine.Tracer

// An OperationTrace tells of one try of an operation.
type OperationTrace = engine.OperationTrace

// A FrameTrace tells of one frame.
type FrameTrace = engine.FrameTrace

// Config holds the servers' addresses and the client's credentials. The zero value connects to
// a server on this machine.
type Config struct {
	// Servers is the connect string, host:port,host:port/chroot; see [ParseServers].
	Servers string
	// KeepHostOrder tries the servers in the order of the connect string, but for the one
	// whose connection was lost last, which comes last. By default each round of attempts
	// has a random order, so that clients spread over the servers.
	KeepHostOrder bool
	// SessionTimeout is how long the servers keep the session of a client that they do not
	// hear from. The server may grant another one, from 2 to 20 of its ticks.
	SessionTimeout time.Duration
	// SessionID and SessionPassword resume a session, as [Client.Session] told them; 0 for a
	// new one. Where the servers do not know the session any more, a new one is begun.
	SessionID       int64
	SessionPassword []byte
	// OneSession ends the client when its session has expired, instead of beginning
	// another. It is for callers that hold something tied to the session, such as a lock, and
	// must do nothing without it. Later calls fail with [ErrSessionExpired].
	OneSession bool
	// ReadOnly accepts servers that have lost the ensemble's quorum, and run with
	// readonlymode.enabled, and since 3.7 with localSessionsEnabled=true too: reads work there,
	// of what the server knew then, and writes fail with [ErrNotReadOnly]. The client looks for a
	// server with a quorum meanwhile, and resumes its session there.
	ReadOnly bool
	// ConnectTimeout is how long to look for a server before operations fail with a
	// *ConnectError: at the start, and whenever the connection has been lost.
	ConnectTimeout time.Duration
	// RequestTimeout is how long the oldest request may wait for its reply. After that the client
	// drops the connection, and treats the requests in flight as after a lost connection.
	RequestTimeout time.Duration
	// Walk bounds each walk of a tree.
	Walk WalkLimits
	// TLS makes every connection one of TLS; nil for plain text.
	TLS *TLS
	// SASL authenticates every connection before anything else; nil for none.
	SASL *sasl.Options
	// Auth are the identities to present on every connection.
	Auth []Credential
	// DefaultACL is the ACL of created nodes where the create gives none; nil stands for
	// [OpenACL].
	DefaultACL []ACL
	// Grace is how long the client still waits for a write that was sent, after its caller's
	// context has ended: for the reply or, if the connection is lost meanwhile, until it has found
	// out what became of the write. So the caller learns the outcome. The client sends no further
	// request of the same operation, and withdraws one that still waits for a connection. With 0
	// there is no such wait, and the error is [ErrOutcomeUnknown]. [SessionGrace] is the session's
	// timeout.
	Grace time.Duration
	// MaxBufferBytes is the servers' jute.maxbuffer: a larger request is refused before it
	// is sent.
	MaxBufferBytes int
	// MaxReplyBytes is the largest reply that is accepted.
	MaxReplyBytes int
	// Retry says how often and after what delays operations are repeated.
	Retry RetryPolicy
	// ConnectRetry says how often and after what delays all servers are tried. Between
	// connections that do not last as long as its MaxDelay its delays are kept too, but for
	// the first.
	ConnectRetry RetryPolicy
	// Logger takes the log; nil for none.
	Logger Logger
	// Tracer is told of each operation and of each frame; nil for nobody.
	Tracer Tracer
	// Dial opens a connection to an address ("ip:port"); nil for TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Lookup returns the addresses of a host; nil for DNS.
	Lookup func(ctx context.Context, host string) ([]string, error)
}

// Client is a ZooKeeper client with one session. It is safe for concurrent use. It is an engine, which
// knows no operation, with the operations and with what the client has written.
type Client struct {
	cfg    Config // complete
	engine *engine.Engine
	chroot string // that all paths are below; empty for none
	log    Logger
	looked atomic.Bool // for the chroot, at the start
	rooted atomic.Bool // a node inside the chroot has been seen

	claims    claims
	ledger    ledger
	numbering chan struct{}    // held by the one who looks for the sequential node of a lost reply
	written   func(*conn.Call) // claim, as a value that is made once and not with each write
}

// New checks the configuration and returns a client that is not connected: call
// [Client.Start]. Its only I/O is to read the files that [Config.TLS] names, until ctx ends.
func New(ctx context.Context, cfg Config) (*Client, error) {
	servers, err := ParseServers(cmp.Or(cfg.Servers, DefaultServers))
	if err != nil {
		return nil, err
	}
	if err := cfg.Walk.complete(); err != nil {
		return nil, err
	}
	if cfg.DefaultACL == nil {
		cfg.DefaultACL = OpenACL()
	}
	c := &Client{chroot: servers.Chroot, numbering: make(chan struct{}, 1)}
	c.written = c.claim
	c.engine, err = engine.New(ctx, engine.Config{
		Hosts:           servers.Hosts,
		KeepHostOrder:   cfg.KeepHostOrder,
		SessionTimeout:  cfg.SessionTimeout,
		SessionID:       cfg.SessionID,
		SessionPassword: cfg.SessionPassword,
		OneSession:      cfg.OneSession,
		ReadOnly:        cfg.ReadOnly,
		ConnectTimeout:  cfg.ConnectTimeout,
		RequestTimeout:  cfg.RequestTimeout,
		TLS:             cfg.TLS,
		SASL:            cfg.SASL,
		Auth:            cfg.Auth,
		Grace:           cfg.Grace,
		MaxBufferBytes:  cfg.MaxBufferBytes,
		MaxReplyBytes:   cfg.MaxReplyBytes,
		Retry:           cfg.Retry,
		ConnectRetry:    cfg.ConnectRetry,
		Logger:          cfg.Logger,
		Tracer:          cfg.Tracer,
		Dial:            cfg.Dial,
		Lookup:          cfg.Lookup,
		Rewound:         c.forgetWrites,
	})
	if err != nil {
		return nil, err
	}
	completed := c.engine.Config()
	cfg.MaxBufferBytes, cfg.MaxReplyBytes = completed.MaxBufferBytes, completed.MaxReplyBytes
	c.cfg, c.log = cfg, completed.Logger
	return c, nil
}
