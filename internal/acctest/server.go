package acctest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// patience bounds what a test waits for; nothing is expected to take it.
const patience = time.Minute

// shared is the server of a package's tests, started at its first use: a package's unit
// tests alone need none.
var shared struct {
	once   sync.Once
	server *zktest.Server
	err    error
}

// Server returns the server that the tests of the package share. It has TTL nodes, which
// are off by default.
func Server(tb testing.TB) *zktest.Server {
	tb.Helper()
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		shared.server, shared.err = zktest.Start(ctx, zktest.WithSystemProperty("zookeeper.extendedTypesEnabled", "true"))
	})
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	return shared.server
}

// Main runs the tests of a package, for its TestMain, and removes what they shared: the
// server and the provider's binary.
func Main(m *testing.M) int {
	code := m.Run()
	var errs []error
	if shared.server != nil {
		errs = append(errs, shared.server.Close())
	}
	if built.dir != "" {
		errs = append(errs, os.RemoveAll(built.dir))
	}
	// A provider that is served in the test's process never closes the pipes that stand for
	// its standard output and error.
	errs = append(errs, goleak.Find(goleak.IgnoreAnyFunction("github.com/hashicorp/go-plugin.copyChan")))
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// OwnServer returns a server for one test alone.
func OwnServer(tb testing.TB, opts ...zktest.Option) *zktest.Server {
	tb.Helper()
	skipWithoutCLI(tb)
	return zktest.StartServer(tb, opts...)
}
