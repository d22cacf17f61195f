package quota

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// model is the resource as the framework decodes it.
type model struct {
	Path      types.String `tfsdk:"path"`
	MaxCount  types.Int64  `tfsdk:"max_count"`
	MaxBytes  types.Int64  `tfsdk:"max_bytes"`
	Hard      types.Bool   `tfsdk:"hard"`
	UsedCount types.Int64  `tfsdk:"used_count"`
	UsedBytes types.Int64  `tfsdk:"used_bytes"`
	Mzxid     types.Int64  `tfsdk:"mzxid"`
}

// quota is what the servers are to have.
func (m *model) quota() zk.Quota {
	limit := func(v types.Int64) int64 {
		if v.IsNull() {
			return zk.NoLimit
		}
		return v.ValueInt64()
	}
	q := zk.Quota{Count: zk.NoLimit, Bytes: zk.NoLimit, HardCount: zk.NoLimit, HardBytes: zk.NoLimit}
	if m.Hard.ValueBool() {
		q.HardCount, q.HardBytes = limit(m.MaxCount), limit(m.MaxBytes)
	} else {
		q.Count, q.Bytes = limit(m.MaxCount), limit(m.MaxBytes)
	}
	return q
}

// refresh takes over what the servers have. Where there are soft limits beside hard ones, which no configuration
// says, `hard` is null.
func (m *model) refresh(r zk.QuotaReading) {
	limit := func(hard, soft int64) types.Int64 {
		switch {
		case hard != zk.NoLimit:
			return types.Int64Value(hard)
		case soft != zk.NoLimit:
			return types.Int64Value(soft)
		default:
			return types.Int64Null()
		}
	}
	m.MaxCount, m.MaxBytes = limit(r.HardCount, r.Count), limit(r.HardBytes, r.Bytes)
	m.Hard = types.BoolValue(r.Hard())
	if r.Hard() && (r.Count != zk.NoLimit || r.Bytes != zk.NoLimit) {
		m.Hard = types.BoolNull()
	}
	m.counted(r)
}

// counted takes over what is in use, which is null where nothing is counted, and what the next change applies to.
func (m *model) counted(r zk.QuotaReading) {
	m.UsedCount, m.UsedBytes, m.Mzxid = types.Int64Null(), types.Int64Null(), types.Int64Value(r.Stat.Mzxid)
	if r.Use != nil {
		m.UsedCount, m.UsedBytes = types.Int64Value(r.Use.Count), types.Int64Value(r.Use.Bytes)
	}
}
