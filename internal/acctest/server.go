package acctest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
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

// live matches a session of a client in the answers to cons and dump. The connection that
// asks has the session 0x0, which is no session.
var live = regexp.MustCompile(`0x[1-9a-f][0-9a-f]*`)

// Sessions returns the ids of the sessions that a server tells of, each once, in the answer
// to one of the words cons and dump: those that are connected, and all that have not ended.
func Sessions(ctx context.Context, server *zktest.Server, word string) ([]string, error) {
	text, err := server.Command(ctx, word)
	if err != nil {
		return nil, err
	}
	found := live.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found), nil
}

// ending is how long a session may take to be gone from a server behind the last test. It
// is short beside the provider's session_timeout, at the end of which it would be gone too.
const ending = 10 * time.Second

// noneLeft waits until a server has no session, and returns an error when one stays.
func noneLeft(server *zktest.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	late := time.NewTimer(ending)
	defer late.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		left, err := Sessions(ctx, server, "dump")
		if err != nil || len(left) == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return fmt.Errorf("the tests have left sessions on their server: %s", strings.Join(left, ", "))
		}
	}
}

// Main runs the tests of a package, for its TestMain, and removes what they shared: the
// server, clients of other libraries and the provider's binary. A session that is left on the server fails the package.
func Main(m *testing.M) int {
	code := m.Run()
	errs := []error{closeLibraries()}
	if shared.server != nil {
		errs = append(errs, noneLeft(shared.server), shared.server.Close())
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

// OwnEnsemble returns an ensemble of n servers for one test alone.
func OwnEnsemble(tb testing.TB, n int, opts ...zktest.Option) *zktest.Ensemble {
	tb.Helper()
	skipWithoutCLI(tb)
	return zktest.StartEnsemble(tb, n, opts...)
}
