package znode

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

func TestRefreshKeepsTheKindThatServersDoNotTell(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		mode  types.String
		ttl   types.Int64
		owner int64

		wantMode string
		wantTTL  types.Int64
	}{
		"container":           {mode: types.StringValue(modeContainer), ttl: types.Int64Null(), wantMode: modeContainer, wantTTL: types.Int64Null()},
		"TTL":                 {mode: types.StringValue(modeTTL), ttl: types.Int64Value(5), wantMode: modeTTL, wantTTL: types.Int64Value(5)},
		"persistent":          {mode: types.StringValue(modePersistent), ttl: types.Int64Null(), wantMode: modePersistent, wantTTL: types.Int64Null()},
		"replaced by another": {mode: types.StringValue(modeTTL), ttl: types.Int64Value(5), owner: 0x1000, wantMode: modeEphemeral, wantTTL: types.Int64Null()},
		"and back":            {mode: types.StringValue(modeEphemeral), ttl: types.Int64Null(), wantMode: modePersistent, wantTTL: types.Int64Null()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := unread("/a")
			m.Mode, m.TTLMillis = tt.mode, tt.ttl
			m.refresh(zk.Node{Path: "/a", Stat: zk.Stat{EphemeralOwner: tt.owner}}, nil)
			if m.Mode.ValueString() != tt.wantMode || !m.TTLMillis.Equal(tt.wantTTL) {
				t.Errorf("mode %v, TTL %v; want %v, %v", m.Mode, m.TTLMillis, tt.wantMode, tt.wantTTL)
			}
		})
	}
}
