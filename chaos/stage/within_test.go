package stage

import (
	"slices"
	"testing"

	"terraform-provider-zookeeper/chaos/history"
)

// A round sees what is below its chroot, and the quotas of that, and nothing else.
func TestWithin(t *testing.T) {
	t.Parallel()
	txn := history.Txn{Zxid: 7}
	for _, path := range []string{"/chaos-1/a", "/chaos-1", "/chaos-12/a", "/zookeeper/quota/chaos-1/a/zookeeper_limits", "/zookeeper/quota/chaos-1", "/zookeeper/quota/chaos-12/a", "/zookeeper/config"} {
		txn.Changes = append(txn.Changes, history.Change{Kind: history.Create, Path: path})
	}
	var seen []string
	for _, c := range within([]history.Txn{txn}, "/chaos-1")[0].Changes {
		seen = append(seen, c.Path)
	}
	if want := []string{"/a", "/zookeeper/quota/a/zookeeper_limits"}; !slices.Equal(seen, want) {
		t.Errorf("it sees %q, want %q", seen, want)
	}
}
