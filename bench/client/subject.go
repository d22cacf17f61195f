package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	peer "github.com/go-zookeeper/zk"

	"terraform-provider-zookeeper/internal/zk"
)

// sessionTimeout is asked for by all alike.
const sessionTimeout = 30 * time.Second

// A subject is a client with a session, and does one operation at a time for each caller.
type subject interface {
	create(ctx context.Context, path string, data []byte) error
	get(ctx context.Context, path string) error
	set(ctx context.Context, path string, data []byte) error
	delete(ctx context.Context, path string) error
	close(ctx context.Context) error
}

// ours is this project's client.
type ours struct{ *zk.Client }

func openOurs(ctx context.Context, addr string) (ours, error) {
	c, err := zk.New(ctx, zk.Config{Servers: addr, SessionTimeout: sessionTimeout})
	if err != nil {
		return ours{}, err
	}
	if err := c.Start(ctx); err != nil {
		return ours{}, errors.Join(err, c.Close(ctx))
	}
	return ours{c}, nil
}

func (o ours) create(ctx context.Context, path string, data []byte) error {
	_, err := o.Create(ctx, path, data, zk.CreateOptions{})
	return err
}

func (o ours) get(ctx context.Context, path string) error {
	data, _, err := o.Get(ctx, path)
	return checked(data, err)
}

func (o ours) set(ctx context.Context, path string, data []byte) error {
	_, err := o.Set(ctx, path, data, zk.AnyVersion)
	return err
}

func (o ours) delete(ctx context.Context, path string) error {
	return o.Delete(ctx, path, zk.AnyVersion)
}

func (o ours) close(ctx context.Context) error { return o.Close(ctx) }

// other is go-zookeeper. It takes no contexts.
type other struct {
	conn *peer.Conn
	acl  []peer.ACL
}

// silent keeps go-zookeeper's log off standard error.
type silent struct{}

func (silent) Printf(string, ...any) {}

func openOther(ctx context.Context, addr string) (other, error) {
	conn, events, err := peer.Connect([]string{addr}, sessionTimeout, peer.WithLogger(silent{}), peer.WithLogInfo(false))
	if err != nil {
		return other{}, err
	}
	for {
		select {
		case event := <-events:
			if event.State == peer.StateHasSession {
				return other{conn, peer.WorldACL(peer.PermAll)}, nil
			}
		case <-ctx.Done():
			conn.Close()
			return other{}, ctx.Err()
		}
	}
}

func (o other) create(_ context.Context, path string, data []byte) error {
	_, err := o.conn.Create(path, data, 0, o.acl)
	return err
}

func (o other) get(_ context.Context, path string) error {
	data, _, err := o.conn.Get(path)
	return checked(data, err)
}

func (o other) set(_ context.Context, path string, data []byte) error {
	_, err := o.conn.Set(path, data, -1)
	return err
}

func (o other) delete(_ context.Context, path string) error { return o.conn.Delete(path, -1) }

func (o other) close(context.Context) error {
	o.conn.Close()
	return nil
}

// checked makes sure that what is measured is the reading of the nodes, and nothing else.
func checked(data []byte, err error) error {
	if err == nil && len(data) != dataSize {
		return fmt.Errorf("%d bytes of a node of %d", len(data), dataSize)
	}
	return err
}
