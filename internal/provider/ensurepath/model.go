package ensurepath

import (
	"context"
	"slices"

	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// resourceModel is the resource as the framework decodes it.
type resourceModel struct {
	Path      types.String `tfsdk:"path"`
	ACL       types.Set    `tfsdk:"acl"`
	OnDestroy types.String `tfsdk:"on_destroy"`
	Created   types.List   `tfsdk:"created"`
	Czxids    types.Map    `tfsdk:"czxids"`
	Stat      types.Object `tfsdk:"stat"`
}

// The values of on_destroy.
const (
	prune = "prune"
	keep  = "keep"
)

// way returns the nodes of a path, from the top down.
func way(path string) []string {
	var all []string
	for ; path != "/"; path = zk.Parent(path) {
		all = append(all, path)
	}
	slices.Reverse(all)
	return all
}

// made returns the nodes in `created`, from the top down, with the transactions that made them.
// One whose transaction is not known has none that any node can have.
func (m *resourceModel) made(ctx context.Context) ([]session.Made, diag.Diagnostics) {
	var paths []string
	czxids := make(map[string]int64)
	var diags diag.Diagnostics
	if !m.Created.IsNull() && !m.Created.IsUnknown() {
		diags.Append(m.Created.ElementsAs(ctx, &paths, false)...)
	}
	if !m.Czxids.IsNull() && !m.Czxids.IsUnknown() {
		diags.Append(m.Czxids.ElementsAs(ctx, &czxids, false)...)
	}
	nodes := make([]session.Made, 0, len(paths))
	for _, path := range paths {
		nodes = append(nodes, session.Made{Path: path, Czxid: czxids[path]})
	}
	return nodes, diags
}

// remember puts nodes into `created` and `czxids`. All of them are on one path, so that the
// longer is the deeper.
func (m *resourceModel) remember(nodes []session.Made) {
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b session.Made) int { return len(a.Path) - len(b.Path) })
	created, czxids := make([]framework.Value, 0, len(nodes)), make(map[string]framework.Value, len(nodes))
	for _, node := range nodes {
		created = append(created, types.StringValue(node.Path))
		czxids[node.Path] = types.Int64Value(node.Czxid)
	}
	m.Created = types.ListValueMust(types.StringType, created)
	m.Czxids = types.MapValueMust(types.Int64Type, czxids)
}

// merged returns the nodes of both; of two of one path the one that was made later.
func merged(before, made []session.Made) []session.Made {
	all := slices.DeleteFunc(slices.Clone(before), func(old session.Made) bool { return has(made, old.Path) })
	return append(all, made...)
}

func has(nodes []session.Made, path string) bool {
	return slices.ContainsFunc(nodes, func(node session.Made) bool { return node.Path == path })
}

// A doubt is what the private state has of nodes that the resource has made, or not: what tells
// them from any others, for the next read to find.
type doubt struct {
	Paths  []string `json:"paths"`
	Seen   int64    `json:"seen"`
	Others []int64  `json:"others,omitempty"`
	ACL    []zk.ACL `json:"acl"`
}

// doubtKey is where the private state has a doubt.
const doubtKey = "doubt"

func (d *doubt) save(ctx context.Context, private attr.PrivateState) diag.Diagnostics {
	if d == nil {
		return nil
	}
	return attr.Keep(ctx, private, doubtKey, d)
}

// loadDoubt returns the doubt in a private state; nil for none.
func loadDoubt(ctx context.Context, private attr.PrivateState) (*doubt, diag.Diagnostics) {
	return attr.Kept[doubt](ctx, private, doubtKey, "nodes that may have been made",
		"Remove the resource from the state (terraform state rm) and import it: the nodes stay as they are, now and when it is destroyed.")
}

func (d *doubt) making() zk.Making {
	return zk.Making{Seen: d.Seen, Others: d.Others, Data: []byte{}, ACL: d.ACL}
}
