package members

import (
	"fmt"

	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/recipe"
)

// The recipes that the data source reads.
const (
	party        = "party"
	shallowParty = "shallow_party"
	group        = "group"
	service      = "service"
)

// model is the data source as the framework decodes it.
type model struct {
	Path    types.String `tfsdk:"path"`
	Recipe  types.String `tfsdk:"recipe"`
	Members types.Map    `tfsdk:"members"`
}

// party returns what is asked for. The instances of a service are named as the members of a group.
func (m *model) party(client *zk.Client) (*recipe.Party, error) {
	of := map[string]func(*zk.Client, string, recipe.PartyOptions) (*recipe.Party, error){
		party: recipe.NewParty, shallowParty: recipe.NewShallowParty, group: recipe.NewGroupMember, service: recipe.NewGroupMember,
	}[m.Recipe.ValueString()]
	return of(client, m.Path.ValueString(), recipe.PartyOptions{})
}

// set fills in the members. Several with one identifier are an error: a map has one of each.
func (m *model) set(members []recipe.Member) error {
	all := make(map[string]framework.Value, len(members))
	nodes := make(map[string]string, len(members))
	for _, one := range members {
		id := attr.Shown(one.Identifier)
		if other, twice := nodes[id]; twice {
			return fmt.Errorf("the members %s and %s have the same identifier, %s", attr.Quoted(other), attr.Quoted(one.Path), attr.Quoted(one.Identifier))
		}
		nodes[id] = one.Path
		all[id] = attr.Text(string(one.Data))
	}
	m.Members = types.MapValueMust(types.StringType, all)
	return nil
}
