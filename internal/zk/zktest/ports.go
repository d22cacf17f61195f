package zktest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken from below the ranges that Linux (from 32768) and macOS (from 49152) hand out to listeners on port 0
// and to outgoing connections: nobody gets one by chance while its server is down between a stop and a restart.
const (
	lowestPort  = 20000
	highestPort = 32766
)

const loopback = "127.0.0.1"

// A port is an even number that a server listens on. Its odd neighbour is a lock, held by listening on it: it keeps
// other test binaries off the port while the server is down, and it goes away with this process however that ends.
type port struct {
	number int
	lock   net.Listener
}

func reservePort(ctx context.Context) (*port, error) {
	const tries = 1000
	for range tries {
		number := lowestPort + 2*rand.IntN((highestPort-lowestPort)/2+1)
		lock, err := listen(ctx, number+1)
		if err != nil {
			continue
		}
		// Someone who knows nothing of the lock may be on the port itself.
		probe, err := listen(ctx, number)
		if err != nil {
			_ = lock.Close()
			continue
		}
		_ = probe.Close()
		return &port{number: number, lock: lock}, nil
	}
	return nil, fmt.Errorf("zktest: found no free port in %d tries", tries)
}

func (p *port) addr() string { return net.JoinHostPort(loopback, strconv.Itoa(p.number)) }

func (p *port) release() { _ = p.lock.Close() }

func listen(ctx context.Context, number int) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(ctx, "tcp4", net.JoinHostPort(loopback, strconv.Itoa(number)))
}
