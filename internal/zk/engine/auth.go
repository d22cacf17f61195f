package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/proto"
)

// A Credential is an identity that the client presents on every connection.
type Credential struct {
	// Scheme is the server's authentication provider, for example "digest".
	Scheme string
	// Secret is what the scheme takes, "user:password" for digest. Nothing that prints a
	// Credential shows it.
	Secret string `json:"-"`
}

// String names the scheme.
func (c Credential) String() string { return c.Scheme + ":(secret)" }

// GoString does the same for the verb %#v.
func (c Credential) GoString() string {
	return fmt.Sprintf("zk.Credential{Scheme:%q, Secret:(secret)}", c.Scheme)
}

// LogValue does the same for log/slog.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// AddAuth presents another identity, on this connection and on all that follow. The error
// is [proto.ErrAuthFailed] when the server refuses it: that ends the client and its session, whether
// or not the caller has waited for the answer, and the identity is forgotten.
func (e *Engine) AddAuth(ctx context.Context, cred Credential) error {
	fail := func(err error) error { return &Error{Op: proto.OpNameAuth, Err: err} }
	if err := e.keepAuth(cred); err != nil {
		return fail(err)
	}
	for t := e.Tries(); ; {
		call := e.present(ctx, cred)
		_, err := e.Await(ctx, call)
		if err == nil {
			return nil
		}
		if err = t.Again(ctx, call, err); err != nil {
			return fail(err)
		}
	}
}

// keepAuth has every connection from here on present an identity.
func (e *Engine) keepAuth(cred Credential) error {
	if cred.Scheme == "" {
		return errors.New("the credential has no scheme")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.auth, cred) {
		e.auth = append(e.auth, cred)
	}
	return nil
}

// Present presents another identity as [Engine.AddAuth] does, and does not wait for the answer.
func (e *Engine) Present(ctx context.Context, cred Credential) (*conn.Call, error) {
	if err := e.keepAuth(cred); err != nil {
		return nil, err
	}
	return e.present(ctx, cred), nil
}

// present presents an identity on the current connection, or on the next one: that does so
// by itself, and a second time does no harm. A server that refuses it ends the client,
// whether anybody waits for its answer or not.
func (e *Engine) present(ctx context.Context, cred Credential) *conn.Call {
	call := conn.NewCall(proto.OpAuth, &proto.AuthRequest{Scheme: cred.Scheme, Auth: []byte(cred.Secret)}, nil)
	call.Xid = proto.XidAuth
	// Before the server's end of the connection is seen: another one would present the
	// identity again.
	call.Ended = func(call *conn.Call) {
		if call.Header.Err != proto.ErrAuthFailed {
			return
		}
		e.forget(cred)
		e.end(proto.ErrAuthFailed)
		e.mu.Lock()
		stop := e.stop
		e.mu.Unlock()
		stop()
	}
	e.Submit(ctx, call)
	return call
}

// forget drops an identity that was refused: Restart does without it.
func (e *Engine) forget(cred Credential) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.auth = slices.DeleteFunc(e.auth, func(a Credential) bool { return a == cred })
}

// Credentials are the identities that each connection presents.
func (e *Engine) Credentials() []Credential {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.auth)
}
