package znode_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The opcodes of requests.

func newProxy(t *testing.T) *zktest.Proxy {
	t.Helper()
	return zktest.StartProxy(t, acctest.Server(t).Addr())
}

// through is a configuration whose provider connects through the proxy, and gives up soon.
func through(proxy *zktest.Proxy, tree *acctest.Tree, hcl string) string {
	return fmt.Sprintf("provider \"zookeeper\" {\n  servers = %q\n  connect_timeout = 3\n  session_timeout = 4\n}\n\nlocals { base = %q }\n\n%s", proxy.Addr(), tree.Base, hcl)
}

// awaitRequest waits for a request that the proxy has passed on, after the first so many.
func awaitRequest(t *testing.T, proxy *zktest.Proxy, after int, match func(op int32) bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !slices.ContainsFunc(proxy.Requests()[after:], func(r zktest.Request) bool { return match(r.Opcode) }) {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the request did not come")
		}
	}
}

// once matches what match does, for the first time alone.
func once(match func(op int32) bool) func(op int32) bool {
	done := false
	return func(op int32) bool {
		if done || !match(op) {
			return false
		}
		done = true
		return true
	}
}

// loseReply lets the next matching request through, and not its reply, and nobody in again.
func loseReply(proxy *zktest.Proxy, match func(op int32) bool) <-chan struct{} {
	return proxy.CutAfterRequest(func(op int32) bool {
		if !match(op) {
			return false
		}
		proxy.Refuse(true)
		return true
	})
}
