package provider_test

import (
	"maps"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The provider is killed in an update, and the CLI keeps nothing of the private state. What the
// resource has made in between goes with it all the same, and what others have made stays.
func TestZnodesWithoutTheirPrivateState(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]attrs{"": {}, "exclusive": {"exclusive": true}, "split": {"atomic": false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &handing{Tree: acctest.NewTree(t), t: t}
			h.proxy = zktest.StartProxy(t, acctest.Server(t).Addr())
			config := attrs{"base_path": "/app", "data": attrs{"in/between/a": "1", "b": "2", "late/c": "3"}}
			if name == "" {
				h.Put("/app", "")
				h.Put("/app/late", "") // not by the resource
			}
			maps.Copy(config, more)
			i := h.provider().create(znodes, config)
			i.private = nil
			next := h.provider()
			next.refresh(i)
			h.settled(i, config)
			next.destroy(i)
			h.run = next
			h.quiet()
			h.gone(true, "/app/in")
			h.gone(name != "", "/app", "/app/late")
		})
	}
}
