package acctest

import (
	"errors"
	"sync"
	"testing"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// libraries are the clients of other libraries on the server that the tests of a package share.
var libraries struct {
	once    sync.Once
	kazoo   *zktest.Kazoo
	curator *zktest.Curator
}

func startLibraries(tb testing.TB) {
	tb.Helper()
	server := Server(tb)
	libraries.once.Do(func() {
		libraries.kazoo, libraries.curator = zktest.NewKazoo(server.Addr()), zktest.NewCurator(server.Addr())
	})
}

func closeLibraries() error {
	if libraries.kazoo == nil {
		return nil
	}
	return errors.Join(libraries.kazoo.Close(), libraries.curator.Close())
}

// Kazoo returns a client of kazoo, the Python client, on the server that the tests of the package share. It ends with the
// test.
func Kazoo(tb testing.TB) *zktest.KazooClient {
	tb.Helper()
	startLibraries(tb)
	return libraries.kazoo.Client(tb)
}

// Curator returns a client of Curator, for Java, on the server that the tests of the package share. It ends with the test.
func Curator(tb testing.TB) *zktest.CuratorClient {
	tb.Helper()
	startLibraries(tb)
	return libraries.curator.Client(tb)
}
