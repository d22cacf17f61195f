package zktest

import (
	"context"
	"net"
)

// Dir returns the folder that holds all that a server writes.
func Dir(s *Server) string { return s.dir }

// StartOnTakenPort starts a server after somebody else has begun to listen on its port.
func StartOnTakenPort(ctx context.Context, opts ...Option) error {
	set := newSettings(opts)
	server, err := newServer(ctx, set)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	if err := server.writeConfig(set, 1, nil); err != nil {
		return err
	}
	var config net.ListenConfig
	squatter, err := config.Listen(ctx, "tcp4", server.Addr())
	if err != nil {
		return err
	}
	defer func() { _ = squatter.Close() }()
	if err := server.start(ctx); err != nil {
		return err
	}
	return server.waitServing(ctx)
}

// ErrPortTaken is what makes starting try again with other ports.
var ErrPortTaken = errPortTaken
