package zk

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/sasl"
)

// The values of a [Config] that are taken where it has zero.
const (
	DefaultServers        = "127.0.0.1:2181"
	DefaultSessionTimeout = 10 * time.Second
	DefaultConnectTimeout = 15 * time.Second
	DefaultRequestTimeout = 60 * time.Second
	// DefaultMaxBufferBytes is the servers' own default of jute.maxbuffer, 0xfffff.
	DefaultMaxBufferBytes = 1<<20 - 1
	// DefaultMaxReplyBytes is larger than DefaultMaxBufferBytes because servers bound only
	// what they read: a node's children can take more than any request.
	DefaultMaxReplyBytes = 64 << 20
)

// closeTimeout bounds the wait for the server's answer to the end of the session.
const closeTimeout = 2 * time.Second

// A Logger takes the client's log. *slog.Logger is one. What is logged never holds a
// credential or a node's data.
type Logger interface {
	Debug(msg string, args ...any)
	Warn(msg string, args ...any)
}

// A Config says how to reach the servers and who is asking. The zero value is a client of
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
	// OneSession ends the client when its session has expired, in the place of beginning
	// another: for who holds something that goes with the session, a lock for one, and is to
	// do nothing without it. Everything fails with [ErrSessionExpired] then.
	OneSession bool
	// ReadOnly accepts servers that have lost the ensemble's quorum, and run with
	// readonlymode.enabled, and since 3.7 with localSessionsEnabled=true too: reads work there,
	// of what the server knew then, and writes fail with [ErrNotReadOnly]. The client looks for a
	// server with a quorum meanwhile, and resumes its session there.
	ReadOnly bool
	// ConnectTimeout is how long to look for a server before operations fail with a
	// *ConnectError: at the start, and whenever the connection has been lost.
	ConnectTimeout time.Duration
	// RequestTimeout is how long the oldest request may wait for its reply. Then the connection
	// ends, and what was in flight is treated as where a connection is lost.
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
	// Grace is how long a write that has been sent is still waited for when its caller's
	// context has ended: for the reply and, where the connection is lost meanwhile, for a look
	// at what became of the write. So the caller learns what was done. Of an operation that
	// takes several requests those that have been sent are waited for, and no further one is
	// sent; one that waits for a connection has not been sent, and is withdrawn at once. 0 for
	// no such wait: the error is [ErrOutcomeUnknown] then. [SessionGrace] is the session's
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
}

// Client is a ZooKeeper client with one session. It is safe for concurrent use.
type Client struct {
	cfg     Config
	servers Servers
	tls     *tls.Config    // nil for plain text
	sasl    sasl.Mechanism // nil for none
	log     Logger
	lookup  func(ctx context.Context, host string) ([]string, error) // DNS, but in tests
	zxid    atomic.Int64                                             // the latest transaction that any connection told of

	watches   watches
	listeners listeners
	claims    claims
	ledger    ledger
	numbering chan struct{}    // held by the one who looks for the sequential node of a lost reply
	written   func(*conn.Call) // claim, as a value that is made once and not with each write

	// current is the connection that requests go to; nil while there is none. It is
	// changed with mu held, and read without.
	current atomic.Pointer[link]
	// failures are those of the servers since a connection was last looked for.
	failures atomic.Pointer[failures]

	mu      sync.Mutex
	hosts   []string     // of the connect string, as SetHosts left them
	shuffle bool         // try them at random
	auth    []Credential // those of the configuration and those added
	resume  session      // to begin with
	state   state
	reason  error         // why calls are refused: in stopped, and while unreachable
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
	// unknown is why the version was not to be had when the connection came, for the watches
	// that depend on it. Only the engine touches it.
	unknown error
}

type state int

const (
	idle    state = iota // not started
	running              // the engine looks for a connection or holds one
	ended                // closed, or failed for good
)

// New checks the configuration and returns a client that is not connected: call
// [Client.Start]. Its only I/O is to read the files that [Config.TLS] names, until ctx ends.
func New(ctx context.Context, cfg Config) (*Client, error) {
	if cfg.Servers == "" {
		cfg.Servers = DefaultServers
	}
	servers, err := ParseServers(cfg.Servers)
	if err != nil {
		return nil, err
	}
	switch longest := math.MaxInt32 * time.Millisecond; {
	case cfg.SessionTimeout < 0 || cfg.SessionTimeout > longest:
		return nil, fmt.Errorf("the session timeout %v is out of range", cfg.SessionTimeout)
	case cfg.ConnectTimeout < 0 || cfg.ConnectTimeout > longest:
		return nil, fmt.Errorf("the connect timeout %v is out of range", cfg.ConnectTimeout)
	case cfg.RequestTimeout < 0 || cfg.RequestTimeout > longest:
		return nil, fmt.Errorf("the request timeout %v is out of range", cfg.RequestTimeout)
	}
	if err := checkGrace(cfg.Grace); err != nil {
		return nil, err
	}
	setDefault(&cfg.SessionTimeout, DefaultSessionTimeout)
	setDefault(&cfg.ConnectTimeout, DefaultConnectTimeout)
	setDefault(&cfg.RequestTimeout, DefaultRequestTimeout)
	setDefault(&cfg.MaxBufferBytes, DefaultMaxBufferBytes)
	setDefault(&cfg.MaxReplyBytes, DefaultMaxReplyBytes)
	if err := cfg.Walk.complete(); err != nil {
		return nil, err
	}
	if cfg.MaxBufferBytes < 0 || cfg.MaxReplyBytes < 0 || cfg.MaxBufferBytes > math.MaxInt32 || cfg.MaxReplyBytes > math.MaxInt32 {
		return nil, errors.New("the buffer limits must be from 1 to 2147483647 bytes")
	}
	if cfg.DefaultACL == nil {
		cfg.DefaultACL = OpenACL()
	}
	for _, a := range cfg.Auth {
		if a.Scheme == "" {
			return nil, errors.New("a credential has no scheme")
		}
	}
	if cfg.Retry.MaxTries == 0 {
		setDefault(&cfg.Retry.Deadline, cfg.ConnectTimeout)
	}
	if err := cfg.Retry.complete(); err != nil {
		return nil, err
	}
	if err := cfg.ConnectRetry.complete(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.SessionID != 0 && len(cfg.SessionPassword) != proto.PasswordSize {
		return nil, fmt.Errorf("a session's password has %d bytes, not %d", proto.PasswordSize, len(cfg.SessionPassword))
	}
	c := &Client{
		cfg:     cfg,
		servers: servers,
		log:     cfg.Logger,
		lookup:  net.DefaultResolver.LookupHost,
		hosts:   servers.Hosts,
		shuffle: !cfg.KeepHostOrder,
		auth:    slices.Clone(cfg.Auth),
		resume:  session{id: cfg.SessionID, password: cfg.SessionPassword},
		started: make(chan struct{}),
		stopped: make(chan struct{}),

		numbering: make(chan struct{}, 1),
	}
	c.watches.client = c
	c.written = c.claim
	if cfg.SASL != nil {
		if c.sasl, err = sasl.New(*cfg.SASL); err != nil {
			return nil, err
		}
	}
	if cfg.TLS != nil {
		if c.tls, err = cfg.TLS.config(ctx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Start connects and opens the session. It returns when the session stands, with a
// *ConnectError when no server could be reached within the connect timeout, with
// [ErrAuthFailed] when a credential was refused, with [ErrSessionClosedRequireSASL] when
// the servers serve nobody without SASL, and with the context's error when that
// ends first, which is a *ConnectError too: it says what came of each server by then. Calling it
// again waits for the same outcome; after a failure, and after [Client.Close], the client stays
// closed. The end of ctx ends the wait and not the client: call Close in any case.
func (c *Client) Start(ctx context.Context) error {
	select {
	case <-c.begin(ctx):
	case <-ctx.Done():
		if f := c.failures.Load(); f != nil {
			return fmt.Errorf("%w: %w", conn.ContextError(ctx), c.connectError(f, errNotAnswered))
		}
		return conn.ContextError(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == ended {
		return c.reason
	}
	return nil
}

// begin starts the engine, unless it has been, and returns what is closed when the first
// connection stands or has failed.
func (c *Client) begin(ctx context.Context) (started <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == idle {
		c.state = running
		var engine context.Context
		engine, c.stop = context.WithCancel(context.WithoutCancel(ctx))
		go c.run(engine)
	}
	return c.started
}

// Close ends the session on the server, where there is a connection, and the client.
// Requests that were made before it are completed first; those made later fail with
// [ErrClosed]. The wait for the server's answer is bounded by ctx and by two seconds; the
// error tells that it did not come, or that there was no connection, and that the session
// lives on until it expires. Close may be called more than once; later calls wait for the
// first.
func (c *Client) Close(ctx context.Context) error { return c.CloseWithError(ctx, ErrClosed) }

// CloseWithError is [Client.Close] for a reason, which the operations behind it fail with in
// place of [ErrClosed]. The first close gives the reason.
func (c *Client) CloseWithError(ctx context.Context, reason error) error {
	c.mu.Lock()
	was := c.state
	if was != ended {
		c.state, c.reason = ended, reason
	}
	l, session := c.current.Load(), c.session
	c.current.Store(nil)
	started, stop, stopped := c.started, c.stop, c.stopped // Restart makes others
	c.mu.Unlock()
	switch was {
	case idle:
		c.listeners.enter(StateClosed)
		close(started)
		close(stopped)
		return nil
	case ended:
		// Somebody else is at it, or has been.
		select {
		case <-stopped:
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.closing
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
			err = ErrConnectionLoss
		}
		err = &Error{Op: proto.OpCloseSession.String(), Err: fmt.Errorf("%w: the session lives on until it expires", err)}
	}
	c.mu.Lock()
	c.closing = err
	c.mu.Unlock()
	stop()
	<-stopped
	return err
}

// Restart ends the session, where there is one, and begins another. It works on a client
// that has been closed, or could not be started, too; one that a server refused an identity
// of does without that.
func (c *Client) Restart(ctx context.Context) error {
	err := c.Close(ctx)
	if err != nil {
		c.log.Warn("the session could not be ended, it lives on until it expires", "reason", err)
	}
	c.mu.Lock()
	if c.state == ended {
		c.state, c.reason, c.resume = idle, nil, session{}
		c.session, c.closing = 0, nil
		c.started, c.stopped = make(chan struct{}), make(chan struct{})
		c.listeners.reset()
	}
	c.mu.Unlock()
	return c.Start(ctx)
}

// Format writes which servers the client is of, whatever the verb: what else it holds are
// secrets, and what changes while it is printed.
func (c *Client) Format(f fmt.State, _ rune) {
	hosts, _ := c.hostList()
	_, _ = fmt.Fprintf(f, "zk.Client(%s)", strings.Join(hosts, ","))
}

// Session returns the id and the password of the session, with which [Config] can resume
// it elsewhere; 0 and nil while there is no connection, or only one to a server without a
// quorum, whose sessions are its own.
func (c *Client) Session() (id int64, password []byte) {
	l := c.current.Load()
	if l == nil || l.Session().ReadOnly {
		return 0, nil
	}
	s := l.Session()
	return s.SessionID, slices.Clone(s.Password)
}

// SessionTimeout returns how long the servers keep a session that they do not hear from,
// as they told it with the last connection; before the first, what was configured.
func (c *Client) SessionTimeout() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.granted == 0 {
		return c.cfg.SessionTimeout
	}
	return c.granted
}

// SetHosts replaces the servers, from the next connection on. The current one stays.
// Another chroot is refused with [ErrChrootChanged]. keepOrder is as in [Config.KeepHostOrder].
func (c *Client) SetHosts(servers string, keepOrder bool) error {
	s, err := ParseServers(servers)
	if err != nil {
		return err
	}
	if s.Chroot != c.servers.Chroot {
		return fmt.Errorf("%w: it is %q, and not %q", ErrChrootChanged, c.servers.Chroot, s.Chroot)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hosts, c.shuffle = s.Hosts, !keepOrder
	return nil
}

// AddAuth presents another identity, on this connection and on all that follow. The error
// is [ErrAuthFailed] when the server refuses it: that ends the client and its session, whether
// or not the caller has waited for the answer, and the identity is forgotten.
func (c *Client) AddAuth(ctx context.Context, cred Credential) error {
	op := proto.OpAuth
	fail := func(err error) error { return &Error{Op: op.String(), Err: err} }
	if err := c.keepAuth(cred); err != nil {
		return fail(err)
	}
	for r := c.cfg.Retry.begin(); ; {
		call := c.present(ctx, cred)
		_, err := c.await(ctx, call)
		if err == nil {
			return nil
		}
		if err = c.again(ctx, &r, op, "", err); err != nil {
			return fail(err)
		}
	}
}

// keepAuth has every connection from here on present an identity.
func (c *Client) keepAuth(cred Credential) error {
	if cred.Scheme == "" {
		return errors.New("the credential has no scheme")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.auth, cred) {
		c.auth = append(c.auth, cred)
	}
	return nil
}

// present presents an identity on the current connection, or on the next one: that does so
// by itself, and a second time does no harm. A server that refuses it ends the client,
// whether anybody waits for its answer or not.
func (c *Client) present(ctx context.Context, cred Credential) *conn.Call {
	call := conn.NewCall(proto.OpAuth, &proto.AuthRequest{Scheme: cred.Scheme, Auth: []byte(cred.Secret)}, nil)
	call.Xid = proto.XidAuth
	// Before the server's end of the connection is seen: another one would present the
	// identity again.
	call.Ended = func(call *conn.Call) {
		if call.Header.Err != ErrAuthFailed {
			return
		}
		c.forget(cred)
		c.end(ErrAuthFailed)
		c.mu.Lock()
		stop := c.stop
		c.mu.Unlock()
		stop()
	}
	c.submit(ctx, call)
	return call
}

// forget drops an identity that was refused: Restart does without it.
func (c *Client) forget(cred Credential) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.auth = slices.DeleteFunc(c.auth, func(a Credential) bool { return a == cred })
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
func (c *Client) Zxid() int64 {
	zxid := c.zxid.Load()
	if l := c.current.Load(); l != nil {
		zxid = max(zxid, l.Zxid())
	}
	return zxid
}
