package client

import (
	"context"
	"time"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// Setting says what the figures were measured on, for whoever reads them.
func Setting(nio bool) string {
	how := "with Netty"
	if nio {
		how = "with NIO, its default"
	}
	return "one server in a process of its own on the same machine, which handles its connections " + how +
		", compiles with all that the JVM has, and does not force its log to disk (zookeeper.forceSync=no)"
}

// startServer starts a server that is in nobody's way. By default servers read one request at
// a time from a connection, and wake four threads for each: they are the limit for everybody
// then. With Netty, which TLS needs in any case, they take what is there. Nor may the disk be
// what is measured, or a snapshot in the middle of somebody's turn.
func startServer(ctx context.Context, nio bool) (*zktest.Server, error) {
	options := []zktest.Option{
		zktest.WithTickTime(2 * time.Second),
		zktest.WithJVMArgs("-Xmx2g", "-XX:TieredStopAtLevel=4"),
		zktest.WithSystemProperty("zookeeper.forceSync", "no"),
		zktest.WithSystemProperty("zookeeper.snapCount", "1000000000"),
	}
	if !nio {
		options = append(options, zktest.WithConfig("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory"))
	}
	return zktest.Start(ctx, options...)
}
