package client

import (
	"context"
	"fmt"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// Handling is how a server handles its connections.
type Handling string

// The two that ZooKeeper has. NIO is the default. It takes one request at a time from a
// connection and wakes four threads for each, which is the limit for everybody then: nobody
// is much faster than anybody else. Netty, which TLS needs in any case, takes what it gets.
const (
	NIO   Handling = "NIO"
	Netty Handling = "Netty"
)

// MarshalText returns the name.
func (h Handling) MarshalText() ([]byte, error) { return []byte(h), nil }

// UnmarshalText takes one of the two names.
func (h *Handling) UnmarshalText(text []byte) error {
	switch got := Handling(text); got {
	case NIO, Netty:
		*h = got
		return nil
	default:
		return fmt.Errorf("%q is neither %s nor %s", text, NIO, Netty)
	}
}

// Servers are the servers to measure on.
type Servers struct{ Single, Many Handling }

// Usual are the servers that figures are published with: for operations on single nodes
// the one that is less in their way, for many nodes at once the default.
var Usual = Servers{Single: Netty, Many: NIO}

// String says what is measured on, for whoever reads the figures.
func (s Servers) String() string {
	return "one server on the same machine, in a process of its own that compiles with all that the JVM has and does not force its log to disk (zookeeper.forceSync=no), " +
		"with connections handled by " + string(s.Single) + " for single nodes and by " + string(s.Many) + " for many nodes at once"
}

// startServer starts a server that is in nobody's way: neither the disk is to be what is
// measured, nor a snapshot in the middle of somebody's turn.
func startServer(ctx context.Context, on Handling) (*zktest.Server, error) {
	return zktest.Start(ctx,
		zktest.WithTickTime(2*time.Second),
		zktest.WithJVMArgs("-Xmx2g", "-XX:TieredStopAtLevel=4"),
		zktest.WithSystemProperty("zookeeper.forceSync", "no"),
		zktest.WithSystemProperty("zookeeper.snapCount", "1000000000"),
		zktest.WithConfig("serverCnxnFactory", "org.apache.zookeeper.server."+string(on)+"ServerCnxnFactory"))
}
