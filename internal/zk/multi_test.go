package zk_test

import (
	"testing"

	"terraform-provider-zookeeper/internal/zk"
)

// A transaction takes the memory of its request, of its reply and of its results, and little else.
func TestMultiAllocations(t *testing.T) { //nolint:paralleltest // What other tests allocate would be counted.
	ctx, c := testContext(t), connect(t, server.Addr())
	path, data := folder(t, c), []byte("data")
	a, b := path+"/a", path+"/b"
	for _, node := range []string{a, b} {
		if _, err := c.Create(ctx, node, data, zk.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	took := testing.AllocsPerRun(500, func() {
		if _, err := c.Multi(ctx, zk.SetOp(a, data, zk.AnyVersion), zk.SetOp(b, data, zk.AnyVersion)); err != nil {
			t.Fatal(err)
		}
	})
	if most := 8.0; took > most {
		t.Errorf("a transaction of two operations allocates %v times, and not %v at most", took, most)
	}
}
