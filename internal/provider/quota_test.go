package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// A quota that could not be read back is changed and removed all the same, without a refresh, as long as nobody else has
// changed it.
func TestQuotaNotReadBack(t *testing.T) {
	server := zktest.StartServer(t)
	for name, theirs := range map[string]bool{"ours": false, "theirs": true} {
		t.Run(name, func(t *testing.T) {
			tree := acctest.NewTreeOn(t, server.Addr())
			tree.Put("/app", "")
			limits := "/zookeeper/quota" + tree.Path("/app") + "/zookeeper_limits"
			if _, err := tree.Client.EnsurePath(t.Context(), "/zookeeper/quota"+tree.Path("/app"), nil); err != nil {
				t.Fatal(err)
			}
			proxy := zktest.StartProxy(t, server.Addr())
			d := newDriver(t)
			d.configure(attrs{"servers": proxy.Addr() + tree.Base, "connect_timeout": 3})
			// The second creation has the servers count.
			cutOff(proxy, behind(behind(zktest.IsCreate, zktest.IsCreate), isGetOp))
			made := d.create(quota, attrs{"path": "/app", "max_count": 5, "hard": false})
			proxy.Refuse(false)
			var mzxid map[string]tftypes.Value
			if err := made.state.As(&mzxid); err != nil || !mzxid["mzxid"].IsNull() || len(d.told) != 1 {
				t.Fatalf("%v, %v, %v", mzxid, err, d.told)
			}
			d.told = nil
			if theirs {
				if _, err := tree.Client.Set(t.Context(), limits, []byte("count=7,bytes=-1"), -1); err != nil {
					t.Fatal(err)
				}
			}
			d.again()
			d.update(made, attrs{"path": "/app", "max_count": 6, "hard": false})
			if (len(d.told) > 0) != theirs {
				t.Errorf("%v", d.told)
			}
			if theirs {
				d.destroy(made)
				if len(d.told) != 2 {
					t.Errorf("%v", d.told)
				}
				return
			}
			d.edit(made, "mzxid", nil)
			d.destroy(made)
			if _, found, err := tree.Client.Exists(t.Context(), limits); err != nil || found || len(d.told) > 0 {
				t.Errorf("it is there: %t, %v, %v", found, err, d.told)
			}
		})
	}
}
