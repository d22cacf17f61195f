package zk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"terraform-provider-zookeeper/internal/zk/engine"
)

// Start connects and opens the session. It returns when the session stands, with a
// *ConnectError when no server could be reached within the connect timeout, with
// [ErrAuthFailed] when a credential was refused, with [ErrSessionClosedRequireSASL] when
// the servers serve nobody without SASL, and with the context's error when that
// ends first, which is a *ConnectError too: it says what came of each server by then. Calling it
// again waits for the same outcome; after a failure, and after [Client.Close], the client stays
// closed. The end of ctx ends the wait and not the client: call Close in any case. The log tells when the chroot
// does not exist.
func (c *Client) Start(ctx context.Context) error {
	err := c.engine.Start(ctx)
	if err == nil {
		c.lookForChroot(ctx)
	}
	return err
}

// Close ends the session on the server, where there is a connection, and the client.
// Requests that were made before it are completed first; those made later fail with
// [ErrClosed]. The wait for the server's answer is bounded by ctx and by two seconds; the
// error tells that it did not come, or that there was no connection, and that the session
// lives on until it expires. Close may be called more than once; later calls wait for the
// first.
func (c *Client) Close(ctx context.Context) error { return c.engine.CloseWithError(ctx, ErrClosed) }

// CloseWithError is [Client.Close] for a reason, which the operations after it fail with in
// place of [ErrClosed]. The first close gives the reason.
func (c *Client) CloseWithError(ctx context.Context, reason error) error {
	return c.engine.CloseWithError(ctx, reason)
}

// Restart ends the session, where there is one, and begins another. It works on a client
// that has been closed, or could not be started, too; one that a server refused an identity
// of does without that.
func (c *Client) Restart(ctx context.Context) error { return c.engine.Restart(ctx) }

// Format writes which servers the client is of, whatever the verb: what else it holds are
// secrets, and what changes while it is printed.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "zk.Client(%s)", strings.Join(c.engine.Hosts(), ","))
}

// Session returns the id and the password of the session, with which [Config] can resume
// it elsewhere; 0 and nil while there is no connection, or only one to a server without a
// quorum, whose sessions are its own.
func (c *Client) Session() (id int64, password []byte) { return c.engine.Session() }

// SessionTimeout returns how long the servers keep a session that they do not hear from,
// as they told it with the last connection; before the first, what was configured.
func (c *Client) SessionTimeout() time.Duration { return c.engine.SessionTimeout() }

// Zxid returns the latest transaction that a server has told of. What the client has read
// from it is at least that new.
func (c *Client) Zxid() int64 { return c.engine.Zxid() }

// SetHosts replaces the servers, from the next connection on. The current one stays.
// Another chroot is refused with [ErrChrootChanged]. keepOrder is as in [Config.KeepHostOrder].
func (c *Client) SetHosts(servers string, keepOrder bool) error {
	s, err := ParseServers(servers)
	if err != nil {
		return err
	}
	if s.Chroot != c.chroot {
		return fmt.Errorf("%w: it is %q, and not %q", ErrChrootChanged, c.chroot, s.Chroot)
	}
	c.engine.SetHosts(s.Hosts, keepOrder)
	return nil
}

// AddAuth presents another identity, on this connection and on all that follow. The error
// is [ErrAuthFailed] when the server refuses it: that ends the client and its session, whether
// or not the caller has waited for the answer, and the identity is forgotten.
func (c *Client) AddAuth(ctx context.Context, cred Credential) error {
	return c.engine.AddAuth(ctx, cred)
}

// State is how a client stands with the servers.
type State = engine.State

// The states of a client.
const (
	// StateLost: there is no session. It is the first state, and that after an expiry:
	// ephemeral nodes and watches of a session before are gone.
	StateLost = engine.StateLost
	// StateConnected: the session is up.
	StateConnected = engine.StateConnected
	// StateConnectedReadOnly: the server has no quorum; it answers reads, and writes fail
	// with [ErrNotReadOnly].
	StateConnectedReadOnly = engine.StateConnectedReadOnly
	// StateSuspended: the connection is lost and another is looked for. Whether the session
	// lives is not known.
	StateSuspended = engine.StateSuspended
	// StateAuthFailed: a server refused a credential. The client has ended.
	StateAuthFailed = engine.StateAuthFailed
	// StateClosed: the client was closed, or could not be started.
	StateClosed = engine.StateClosed
)

// State returns how the client stands with the servers.
func (c *Client) State() State { return c.engine.State() }

// Ended returns why the client has ended, nil while it has not: it was closed, could not be
// started, was refused an identity, or was one of [Config.OneSession] whose session has expired.
// Nothing that is tried again succeeds then, until [Client.Restart].
func (c *Client) Ended() error { return c.engine.Ended() }

// AddListener calls tell with every state that the client enters from now on, in order,
// one call at a time. The calls are made on a goroutine of their own: tell may take its
// time, and may use the client. To one that is more than 64 states behind, the oldest of those
// are not told that the client has entered again since: what is told last is the state that it
// is in, and none of those that it was in is left out altogether. The function returned removes
// the listener; a call that is under way, or just about to begin, is made all the same.
func (c *Client) AddListener(tell func(State)) (remove func()) { return c.engine.AddListener(tell) }

// Retry calls f until it succeeds, fails for a reason that another try will not mend, or
// the client's policy says that it is enough, which is a *[RetryError]. What f does must be
// safe to do more than once. The operations of the client do as much for themselves.
func (c *Client) Retry(ctx context.Context, f func(context.Context) error) error {
	return c.engine.Retry(ctx, f)
}

// SessionGrace as [Config.Grace] is the session's timeout, as the servers have granted it: by
// then the connection has brought the reply, or been given up and replaced by another one.
const SessionGrace = engine.SessionGrace

// Outlive returns a context that ends [Config.Grace] after ctx has: for reading back what a
// write has made whose caller's context may end meanwhile. Nothing new is to be begun with it.
// It counts from the end of ctx, however often it is called meanwhile, when it is called before
// that. The function returned frees what the context takes.
func (c *Client) Outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.engine.Outlive(ctx)
}

// WithoutGrace returns a context with which a write is not awaited after its end, whatever
// [Config.Grace] is: for whoever has his own way to find out what became of it.
func WithoutGrace(ctx context.Context) context.Context { return engine.WithoutGrace(ctx) }

// InSession returns a context with which a write is sent in the session of that id alone, whatever
// [RetryPolicy.Expired] is: in another one it fails with [ErrSessionExpired]. It is for what is to be
// done to a node that goes with the session, whose name may be another's in the next.
func InSession(ctx context.Context, id int64) context.Context { return engine.InSession(ctx, id) }

// Version is a server's version.
type Version = engine.Version

// ServerInfo is what a server says of itself.
type ServerInfo = engine.ServerInfo

// ServerInfo asks the server that the client is connected to for its version and its part
// in the ensemble, with the four-letter word "srvr", which servers allow by default.
func (c *Client) ServerInfo(ctx context.Context) (ServerInfo, error) { return c.engine.ServerInfo(ctx) }

// ServerInfoAt asks any server for its version and its part in the ensemble, as
// [Client.CommandAt] does. One without a quorum that does not serve reads either does not tell
// them: the error says what it has answered.
func (c *Client) ServerInfoAt(ctx context.Context, server string) (ServerInfo, error) {
	return c.engine.ServerInfoAt(ctx, server)
}

// Command sends a four-letter word to the server that the client is connected to, and
// returns all of its answer, 16 MiB at most. It goes over a connection of its own, through
// TLS where that is configured. The error is a *[WhitelistError] when the server does not
// allow the word, and [ErrBadArguments], before anything is sent, when it is not four
// letters from a to z.
func (c *Client) Command(ctx context.Context, word string) (string, error) {
	return c.engine.Command(ctx, word)
}

// CommandAt sends a four-letter word to any server, "host:port" as in a connect string, and
// returns all of its answer, as [Client.Command] does. It takes no session: a client that has not
// been started can ask, and so can one that has been closed; and a server without a quorum
// answers, if only that it serves nobody. Each of the addresses that the name stands for is tried
// until one answers.
func (c *Client) CommandAt(ctx context.Context, server, word string) (string, error) {
	return c.engine.CommandAt(ctx, server, word)
}
