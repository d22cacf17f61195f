package provider_test

import (
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The provider's bound of a tree counts the data as well, also what is written while the tree is
// being read. Without include_data, it is the paths alone.
func TestTreeBytes(t *testing.T) {
	t.Parallel()
	const bound = "1000 bytes, which is the bound tree_limits.max_bytes"
	server := zktest.StartServer(t).Addr()
	for name, tt := range map[string]struct {
		data        int // bytes at first
		grows       bool
		includeData bool
		refused     bool
	}{
		"little":                 {data: 100, includeData: true},
		"much":                   {data: 2000, includeData: true, refused: true},
		"much that is not read":  {data: 2000},
		"much that was a little": {data: 100, grows: true, includeData: true, refused: true},
		"growing and not read":   {data: 100, grows: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := acctest.NewTreeOn(t, server)
			tree.Put("/top", strings.Repeat("x", tt.data))
			proxy := zktest.StartProxy(t, server)
			d := newDriver(t)
			d.configure(attrs{"servers": proxy.Addr() + tree.Base, "tree_limits": attrs{"max_bytes": 1000}})
			held, release := proxy.HoldReplies(zktest.Is(zktest.OpGetChildren2))
			done := make(chan struct{})
			go func() {
				defer close(done)
				d.read(wholeTree, attrs{"path": "/top", "include_data": tt.includeData})
			}()
			<-held // its size is known
			if tt.grows {
				if _, err := tree.Client.Set(t.Context(), tree.Path("/top"), []byte(strings.Repeat("y", 2000)), zk.AnyVersion); err != nil {
					t.Error(err)
				}
			}
			release()
			<-done
			refused := len(d.told) == 1 && strings.Contains(d.told[0].Detail, bound)
			if refused != tt.refused || len(d.told) > 0 && !refused {
				t.Errorf("refused: %t, told: %v", refused, d.told)
			}
		})
	}
}
