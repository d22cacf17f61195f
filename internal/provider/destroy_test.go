package provider_test

import (
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A node that somebody else writes to and then deletes, while it is being destroyed, is gone,
// which is what was wanted.
func TestDestroyOfANodeThatGoes(t *testing.T) {
	t.Parallel()
	at := zktest.StartServer(t).Addr()
	c := &scene{driver: newDriver(t), Tree: acctest.NewTreeOn(t, at), t: t, at: at}
	proxy := c.proxied(nil)
	i := c.create(znode, attrs{"path": "/app", "data": "ours"})
	isDeleteOp, isLook := zktest.Is(zktest.OpDelete), behind(zktest.Is(zktest.OpDelete), zktest.IsExists)
	wrote, gone := false, false
	proxy.CutBeforeRequest(func(op int32) bool {
		switch look := isLook(op); {
		case isDeleteOp(op) && !wrote:
			wrote = true
			c.Write("/app", "theirs")
		case look && !gone:
			gone = true
			c.Remove("/app")
		}
		return false
	})
	c.destroy(i)
	if len(c.told) > 0 || !i.state.IsNull() || !gone {
		t.Errorf("told %v, left %v; somebody else deleted it: %t", c.told, i.state, gone)
	}
}
