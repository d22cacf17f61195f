package recipe_test

import (
	"encoding/json"
	"testing"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The clients of other libraries. TestMain ends them.
var (
	kazooPeer   *zktest.Kazoo
	curatorPeer *zktest.Curator
)

// newPython returns a client of kazoo's, which ends with the test.
func newPython(t *testing.T) *zktest.KazooClient {
	t.Helper()
	return kazooPeer.Client(t)
}

// newJava returns a client of Curator's, which ends with the test.
func newJava(t *testing.T) *zktest.CuratorClient {
	t.Helper()
	return curatorPeer.Client(t)
}

// evaluates compares the value of an expression.
func evaluates(t *testing.T, py *zktest.KazooClient, want any, format string, args ...any) {
	t.Helper()
	same(t, py.Do(t, format, args...), want)
}

// same compares what came of JSON with what it is to be.
func same(t *testing.T, got, want any) {
	t.Helper()
	if g, w := mustJSON(t, got), mustJSON(t, want); g != w {
		t.Fatalf("got %s, want %s", g, w)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	return string(must(json.Marshal(v))(t))
}
