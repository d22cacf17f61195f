package leader

import (
	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// The recipes that the data source reads.
const (
	leaderLatch    = "leader_latch"
	leaderSelector = "leader_selector"
	election       = "election"
)

// model is the data source as the framework decodes it.
type model struct {
	Path       types.String `tfsdk:"path"`
	Recipe     types.String `tfsdk:"recipe"`
	Exists     types.Bool   `tfsdk:"exists"`
	Leader     types.Object `tfsdk:"leader"`
	Contenders types.List   `tfsdk:"contenders"`
}

// contenderType is the type of one who leads or waits.
var contenderType = types.ObjectType{AttrTypes: map[string]framework.Type{"node": types.StringType, "id": types.StringType}}

// election returns the election that is asked for.
func (m *model) election(client *zk.Client) (*recipe.Election, error) {
	switch path := m.Path.ValueString(); m.Recipe.ValueString() {
	case leaderLatch:
		return recipe.NewLeaderLatch(client, path, recipe.LockOptions{})
	case leaderSelector:
		return recipe.NewElection(client, path, recipe.LockOptions{Notation: recipe.Curator})
	default:
		return recipe.NewElection(client, path, recipe.LockOptions{})
	}
}

// set fills in who lines up, the leader first.
func (m *model) set(line []recipe.Contender) {
	m.Exists = types.BoolValue(true)
	m.Leader = types.ObjectNull(contenderType.AttrTypes)
	all := make([]framework.Value, len(line))
	for i, c := range line {
		all[i] = types.ObjectValueMust(contenderType.AttrTypes, map[string]framework.Value{
			"node": types.StringValue(attr.Shown(c.Path)),
			"id":   attr.Text(c.Identifier),
		})
	}
	if len(line) > 0 {
		m.Leader, _ = all[0].(types.Object)
	}
	m.Contenders = types.ListValueMust(contenderType, all)
}

// setMissing fills in that there is no election.
func (m *model) setMissing() {
	m.Exists = types.BoolValue(false)
	m.Leader = types.ObjectNull(contenderType.AttrTypes)
	m.Contenders = types.ListValueMust(contenderType, nil)
}
