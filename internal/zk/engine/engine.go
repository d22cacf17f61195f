package engine

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

// The values of a [Config] that are taken where it has zero.
const (
	DefaultSessionTimeout = 10 * time.Second
	DefaultConnectTimeout = 15 * time.Second
	DefaultRequestTimeout = 60 * time.Second
	DefaultMaxBufferBytes = 1<<20 - 1
	DefaultMaxReplyBytes  = 64 << 20
)

// closeTimeout bounds the wait for the server's answer to the end of the session.
const closeTimeout = 2 * time.Second

// A Logger takes the log. *slog.Logger is one. What is logged never holds a credential or a
// node's data.
type Logger interface {
	Debug(msg string, args ...any)
	Warn(msg string, args ...any)
}

// Config holds the servers' addresses and the client's credentials. The fields are those of the client's
// configuration, which tells more of them, but for the first and the last.
type Config struct {
	// Hosts are the servers, each "host:port", see [ParseHosts].
	Hosts           []string
	KeepHostOrder   bool
	SessionTimeout  time.Duration
	SessionID       int64
	SessionPassword []byte
	OneSession      bool
	ReadOnly        bool
	ConnectTimeout  time.Duration
	RequestTimeout  time.Duration
	TLS             *TLS
	SASL            *sasl.Options
	Auth            []Credential
	Grace           time.Duration
	MaxBufferBytes  int
	MaxReplyBytes   int
	Retry           RetryPolicy
	ConnectRetry    RetryPolicy
	Logger          Logger
	Tracer          Tracer
	Dial            func(ctx context.Context, network, address string) (net.Conn, error)
	Lookup          func(ctx context.Context, host string) ([]string, error)
	// Rewound is called when the servers have lost what they had told, because they were restored, emptied
	// or replaced: what a transaction's number meant is to be forgotten. nil for nobody.
	Rewound func()
}

// complete checks a configuration and puts in what is taken for zero.
func (cfg *Config) complete() error {
	switch longest := math.MaxInt32 * time.Millisecond; {
	case cfg.SessionTimeout < 0 || cfg.SessionTimeout > longest:
		return fmt.Errorf("the session timeout %v is out of range", cfg.SessionTimeout)
	case cfg.ConnectTimeout < 0 || cfg.ConnectTimeout > longest:
		return fmt.Errorf("the connect timeout %v is out of range", cfg.ConnectTimeout)
	case cfg.RequestTimeout < 0 || cfg.RequestTimeout > longest:
		return fmt.Errorf("the request timeout %v is out of range", cfg.RequestTimeout)
	}
	if err := checkGrace(cfg.Grace); err != nil {
		return err
	}
	cfg.SessionTimeout = cmp.Or(cfg.SessionTimeout, DefaultSessionTimeout)
	cfg.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, DefaultConnectTimeout)
	cfg.RequestTimeout = cmp.Or(cfg.RequestTimeout, DefaultRequestTimeout)
	cfg.MaxBufferBytes = cmp.Or(cfg.MaxBufferBytes, DefaultMaxBufferBytes)
	cfg.MaxReplyBytes = cmp.Or(cfg.MaxReplyBytes, DefaultMaxReplyBytes)
	if cfg.MaxBufferBytes < 0 || cfg.MaxReplyBytes < 0 || cfg.MaxBufferBytes > math.MaxInt32 || cfg.MaxReplyBytes > math.MaxInt32 {
		return errors.New("the buffer limits must be from 1 to 2147483647 bytes")
	}
	for _, a := range cfg.Auth {
		if a.Scheme == "" {
			return errors.New("a credential has no scheme")
		}
	}
	if cfg.Retry.MaxTries == 0 {
		cfg.Retry.Deadline = cmp.Or(cfg.Retry.Deadline, cfg.ConnectTimeout)
	}
	if err := cfg.Retry.complete(); err != nil {
		return err
	}
	if err := cfg.ConnectRetry.complete(); err != nil {
		return err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.Lookup == nil {
		cfg.Lookup = net.DefaultResolver.LookupHost
	}
	if cfg.SessionID != 0 && len(cfg.SessionPassword) != proto.PasswordSize {
		return fmt.Errorf("a session's password has %d bytes, not %d", proto.PasswordSize, len(cfg.SessionPassword))
	}
	return nil
}

// Engine is one session over many connections. It is safe for concurrent use.
type Engine struct {
	cfg  Config
	tls  atomic.Pointer[tls.Config] // what the files said last; nil for plain text
	sasl sasl.Mechanism             // nil for none
	log  Logger
	zxid atomic.Int64 // the latest transaction that any connection told of

	watches   watches
	listeners listeners

	// current is the connection that requests go to; nil while there is none. It is
	// changed with mu held, and read without.
	current atomic.Pointer[link]
	// failures are those of the servers since a connection was last looked for.
	failures atomic.Pointer[failures]

	mu      sync.Mutex
	hosts   []string     // of the configuration, as SetHosts left them
	shuffle bool         // try them at random
	auth    []Credential // those of the configuration and those added
	resume  session      // to begin with
	state   phase
	reason  error         // why calls are refused: when it has ended, and while unreachable
	queue   []*conn.Call  // calls that wait for a connection
	started chan struct{} // closed when the first connection stands or has failed
	stop    context.CancelFunc
	stopped chan struct{} // closed when the engine has ended
	closing error         // what the end of the session came to; for stopped
	session int64         // the session that the ensemble keeps; 0 for none
	granted time.Duration // the session's timeout, as a server told it last; 0 before
}

// link is a connection with what is known of the server behind it.
type link struct {
	*conn.Conn
	at      target
	version versionCache
	wanted  chan struct{} // holds a token when something wants the version, and nobody waits for it
}

type phase int

const (
	idle    phase = iota // not started
	running              // the engine looks for a connection or holds one
	ended                // closed, or failed for good
)

// New checks the configuration and returns an engine that is not started. Its only I/O is to read the files
// that [Config.TLS] names, until ctx ends.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	e := &Engine{
		cfg:     cfg,
		log:     cfg.Logger,
		hosts:   cfg.Hosts,
		shuffle: !cfg.KeepHostOrder,
		auth:    slices.Clone(cfg.Auth),
		resume:  session{id: cfg.SessionID, password: cfg.SessionPassword},
		started: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	e.watches.engine = e
	var err error
	if cfg.SASL != nil {
		if e.sasl, err = sasl.New(*cfg.SASL); err != nil {
			return nil, err
		}
	}
	if cfg.TLS != nil {
		settings, err := cfg.TLS.config(ctx)
		if err != nil {
			return nil, err
		}
		e.tls.Store(settings)
	}
	return e, nil
}

// Config is the configuration with what was taken for zero. It is not to be changed.
func (e *Engine) Config() *Config { return &e.cfg }

// Start connects and opens the session. It returns when the session stands, with a
// *ConnectError when no server could be reached within the connect timeout, with
// [proto.ErrAuthFailed] when a credential was refused, with [proto.ErrSessionClosedRequireSASL] when
// the servers serve nobody without SASL, and with the context's error when that
// ends first, which is a *ConnectError too: it says what came of each server by then. Calling it
// again waits for the same outcome; after a failure, and after [Engine.Close], the client stays
// closed. The end of ctx ends the wait and not the client: call Close in any case.
func (e *Engine) Start(ctx context.Context) error {
	select {
	case <-e.Begin(ctx):
	case <-ctx.Done():
		if f := e.failures.Load(); f != nil {
			return fmt.Errorf("%w: %w", conn.ContextError(ctx), e.connectError(f, errNotAnswered))
		}
		return conn.ContextError(ctx)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == ended {
		return e.reason
	}
	return nil
}

// Begin starts the engine, unless it has been, and returns what is closed when the first
// connection stands or has failed.
func (e *Engine) Begin(ctx context.Context) (started <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == idle {
		e.state = running
		var life context.Context
		life, e.stop = context.WithCancel(context.WithoutCancel(ctx))
		go e.run(life)
	}
	return e.started
}

// Close ends the session on the server, where there is a connection, and the client.
// Requests that were made before it are completed first; those made later fail with
// [ErrClosed]. The wait for the server's answer is bounded by ctx and by two seconds; the
// error tells that it did not come, or that there was no connection, and that the session
// lives on until it expires. Close may be called more than once; later calls wait for the
// first.
func (e *Engine) Close(ctx context.Context) error { return e.CloseWithError(ctx, ErrClosed) }

// CloseWithError is [Engine.Close] for a reason, which the operations after it fail with in
// place of [ErrClosed]. The first close gives the reason.
func (e *Engine) CloseWithError(ctx context.Context, reason error) error {
	e.mu.Lock()
	was := e.state
	if was != ended {
		e.state, e.reason = ended, reason
	}
	l, session := e.current.Load(), e.session
	e.current.Store(nil)
	started, stop, stopped := e.started, e.stop, e.stopped // Restart makes others
	e.mu.Unlock()
	switch was {
	case idle:
		e.listeners.enter(StateClosed)
		close(started)
		close(stopped)
		return nil
	case ended:
		// Somebody else is at it, or has been.
		select {
		case <-stopped:
			e.mu.Lock()
			defer e.mu.Unlock()
			return e.closing
		case <-ctx.Done():
			return conn.ContextError(ctx)
		}
	case running:
	}

	var err error
	if l != nil {
		err = endSession(ctx, l)
		if l.Session().ReadOnly {
			err = nil // the server's own goes with the connection; the ensemble's is not ended
		} else if err == nil {
			session = 0
		}
	}
	if session != 0 {
		if err == nil {
			err = proto.ErrConnectionLoss
		}
		err = &Error{Op: proto.OpNameCloseSession, Err: fmt.Errorf("%w: the session lives on until it expires", err)}
	}
	e.mu.Lock()
	e.closing = err
	e.mu.Unlock()
	stop()
	<-stopped
	return err
}

// Restart ends the session, where there is one, and begins another. It works on a client
// that has been closed, or could not be started, too; one that a server refused an identity
// of does without that. What the session before had seen does not matter to the new one: it may begin at servers
// that are behind, or are others.
func (e *Engine) Restart(ctx context.Context) error {
	err := e.Close(ctx)
	if err != nil {
		e.log.Warn("the session could not be ended, it lives on until it expires", "reason", err)
	}
	e.mu.Lock()
	if e.state == ended {
		e.state, e.reason, e.resume = idle, nil, session{}
		e.session, e.closing = 0, nil
		e.zxid.Store(0) // a new session takes a server as it is
		e.started, e.stopped = make(chan struct{}), make(chan struct{})
		e.listeners.reset()
	}
	e.mu.Unlock()
	return e.Start(ctx)
}

// Hosts are the servers that are tried.
func (e *Engine) Hosts() []string {
	hosts, _ := e.hostList()
	return slices.Clone(hosts)
}

// Session returns the id and the password of the session, with which [Config] can resume
// it elsewhere; 0 and nil while there is no connection, or only one to a server without a
// quorum, whose sessions are its own.
func (e *Engine) Session() (id int64, password []byte) {
	// A call that waited for a connection may be answered while that is still being taken up.
	e.mu.Lock()
	l := e.current.Load()
	e.mu.Unlock()
	if l == nil || l.Session().ReadOnly {
		return 0, nil
	}
	s := l.Session()
	return s.SessionID, slices.Clone(s.Password)
}

// SessionTimeout returns how long the servers keep a session that they do not hear from,
// as they told it with the last connection; before the first, what was configured.
func (e *Engine) SessionTimeout() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.granted == 0 {
		return e.cfg.SessionTimeout
	}
	return e.granted
}

// SetHosts replaces the servers, from the next connection on. The current one stays.
func (e *Engine) SetHosts(hosts []string, keepOrder bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hosts, e.shuffle = hosts, !keepOrder
}

// endSession asks the server to end the session and waits until it has.
func endSession(ctx context.Context, l *link) error {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	call := conn.NewCall(proto.OpCloseSession, nil, nil)
	if !l.Submit(ctx, call) {
		return &conn.LostError{Cause: l.Err()}
	}
	select {
	case <-call.Done():
		return call.Err
	case <-ctx.Done():
		return conn.ContextError(ctx)
	}
}

// Zxid returns the latest transaction that a server has told of. What the client has read
// from it is at least that new.
func (e *Engine) Zxid() int64 {
	zxid := e.zxid.Load()
	if l := e.current.Load(); l != nil {
		zxid = max(zxid, l.Zxid())
	}
	return zxid
}
