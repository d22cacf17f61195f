package provider_test

import (
	"fmt"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// What one zookeeper_znode takes of a run: its refresh with the plan after it, and its
// creation and removal. The conversions that a CLI makes on its side are in it.
func BenchmarkZnode(b *testing.B) {
	server := zktest.StartServer(b).Addr()
	tree := acctest.NewTreeOn(b, server)
	d := newDriver(b)
	d.configure(attrs{"servers": server + tree.Base})
	config := func(path string) attrs { return attrs{"path": path, "data": "value"} }
	check := func(b *testing.B) {
		b.Helper()
		if len(d.told) > 0 {
			b.Fatalf("%s: %s", d.told[0].Summary, d.told[0].Detail)
		}
	}
	b.Run("refresh", func(b *testing.B) {
		i := d.create(znode, config("/refresh"))
		b.ReportAllocs()
		for b.Loop() {
			d.refresh(i)
			d.plan(i, config("/refresh"))
		}
		check(b)
	})
	b.Run("create", func(b *testing.B) {
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			d.destroy(d.create(znode, config(fmt.Sprintf("/create-%d", n))))
			n++
		}
		check(b)
	})
}
