package attr

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// A Planned names the node, and the writes to it, that a plan was made against: what a
// compare-and-set compares with.
type Planned struct {
	// Czxid tells the node from one of the same path that was deleted and made again,
	// whose versions start at 0 again.
	Czxid int64
	// Version and Aversion count the writes to the data and to the ACL.
	Version, Aversion int32
}

// After is what a change that succeeded leaves of what it was planned against.
func (p Planned) After(change zk.Change) Planned {
	if change.SetData {
		p.Version++
	}
	if change.SetACL {
		p.Aversion++
	}
	return p
}

// PlannedOf is what a plan is made against when it reads a node.
func PlannedOf(stat zk.Stat) Planned {
	return Planned{Czxid: stat.Czxid, Version: stat.Version, Aversion: stat.Aversion}
}

// PlannedAgainst takes from a stat in a state what was planned against. It is false when
// the state holds no stat.
func PlannedAgainst(stat types.Object) (Planned, bool) {
	if stat.IsNull() || stat.IsUnknown() {
		return Planned{}, false
	}
	return PlannedOf(StatOf(stat)), true
}

// Stat is the stat of a node of which no more is known; the other attributes are null.
func (p Planned) Stat() types.Object {
	known := StatValue(zk.Stat{Czxid: p.Czxid, Version: p.Version, Aversion: p.Aversion}).Attributes()
	stat := make(map[string]attr.Value, len(statFields))
	for name := range statFields {
		stat[name] = types.Int64Null()
	}
	for _, name := range []string{"czxid", "version", "aversion"} {
		stat[name] = known[name]
	}
	return types.ObjectValueMust(StatType.AttrTypes, stat)
}
