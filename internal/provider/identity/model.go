package identity

import (
	"cmp"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// model is the data source as the framework decodes it.
type model struct {
	Identities []entry `tfsdk:"identities"`
}

// entry is one identity.
type entry struct {
	Scheme types.String `tfsdk:"scheme"`
	ID     types.String `tfsdk:"id"`
}

// newModel leaves out duplicates: servers list a user for each time it was presented.
func newModel(all []zk.Identity) model {
	all = slices.SortedFunc(slices.Values(all), func(a, b zk.Identity) int {
		return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.User, b.User))
	})
	m := model{Identities: []entry{}}
	for _, who := range slices.Compact(all) {
		m.Identities = append(m.Identities, entry{types.StringValue(who.Scheme), types.StringValue(who.User)})
	}
	return m
}
