package provider_test

import (
	"fmt"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// Whichever of the requests of a creation has no answer, the next run needs no manual step: it
// finds the quota that was made, or makes it. It takes nobody else's.
func TestQuota_doubt(t *testing.T) {
	t.Parallel()
	// The creates are of the limits, which need what is above them, of that, of the limits again and of
	// the counts. One more is never met.
	const limits, counts, most = 4, 5, 7
	met := make([]bool, most)
	t.Run("lost", func(t *testing.T) {
		for n := range most {
			for _, theirs := range []bool{false, true} {
				if theirs && n >= counts {
					continue // it is the resource's by then
				}
				t.Run(fmt.Sprintf("create %d, somebody else's %t", n+1, theirs), func(t *testing.T) {
					t.Parallel()
					tree := lockTree(t)
					tree.Put("/app", "")
					proxy := zktest.StartProxy(t, acctest.Server(t).Addr())
					seen := 0
					loseReply(proxy, func(op int32) bool {
						if zktest.IsCreate(op) {
							seen++
						}
						return seen == n+1
					})
					d := newDriver(t)
					d.configure(attrs{"servers": proxy.Addr() + tree.Base, "connect_timeout": 2})
					config := attrs{"path": "/app", "max_count": 5, "hard": false}
					i := d.create(quota, config)
					lost := len(d.told) > 0
					met[n] = met[n] || lost
					proxy.Refuse(false)
					if !lost {
						return // there were fewer requests
					}
					if theirs {
						replaceQuota(t, tree, "/app", zk.Quota{Count: 7, Bytes: zk.NoLimit, HardCount: zk.NoLimit, HardBytes: zk.NoLimit})
					}
					d.told = nil
					d.again()
					there := !i.state.IsNull()
					if there {
						d.refresh(i)
						there = !i.state.IsNull()
					}
					if want := n >= limits && !theirs; there != want {
						t.Errorf("the quota is in the state: %t, want %t", there, want)
					}
					if there { // tainted
						d.destroy(i)
					}
					if theirs {
						if has, err := tree.Client.Quota(t.Context(), tree.Path("/app")); err != nil || has.Count != 7 {
							t.Errorf("somebody else's quota is %v, %v", has.Quota, err)
						}
						return
					}
					d.again()
					if i.state.IsNull() {
						i = d.none(quota)
					}
					d.update(i, config)
					if len(d.told) > 0 {
						t.Errorf("told %v", d.told)
					}
					if has, err := tree.Client.Quota(t.Context(), tree.Path("/app")); err != nil || has.Count != 5 || has.Use == nil {
						t.Errorf("the quota is %v, %v", has, err)
					}
				})
			}
		}
	})
	if !met[limits] || !met[counts] || met[most-1] {
		t.Errorf("the requests without an answer were %v", met)
	}
}

// replaceQuota gives a node another quota, as somebody else does who finds one, or none.
func replaceQuota(t *testing.T, tree *acctest.Tree, rel string, with zk.Quota) {
	t.Helper()
	has, err := tree.Client.Quota(t.Context(), tree.Path(rel))
	if err == nil {
		err = tree.Client.SetQuota(t.Context(), tree.Path(rel), with, has.Stat.Mzxid, nil)
	} else {
		err = tree.Client.CreateQuota(t.Context(), tree.Path(rel), with, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}
