package znode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// UpgradeState takes over states of tfzk/zookeeper, whose zookeeper_znode has version 0.
func (r *Resource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	prior := tfzkSchema()
	return map[int64]resource.StateUpgrader{0: {PriorSchema: &prior, StateUpgrader: upgradeTFZK}}
}

// tfzkModel is tfzk/zookeeper 1.4's zookeeper_znode.
type tfzkModel struct {
	ID         types.String   `tfsdk:"id"`
	Path       types.String   `tfsdk:"path"`
	Data       types.String   `tfsdk:"data"`
	DataBase64 types.String   `tfsdk:"data_base64"`
	ACL        []tfzkACLEntry `tfsdk:"acl"`
	Stat       []tfzkStat     `tfsdk:"stat"`
}

type tfzkACLEntry struct {
	Scheme      types.String `tfsdk:"scheme"`
	ID          types.String `tfsdk:"id"`
	Permissions types.Int64  `tfsdk:"permissions"`
}

type tfzkStat struct {
	Czxid          types.Int64 `tfsdk:"czxid"`
	Mzxid          types.Int64 `tfsdk:"mzxid"`
	Pzxid          types.Int64 `tfsdk:"pzxid"`
	Ctime          types.Int64 `tfsdk:"ctime"`
	Mtime          types.Int64 `tfsdk:"mtime"`
	Version        types.Int64 `tfsdk:"version"`
	Cversion       types.Int64 `tfsdk:"cversion"`
	Aversion       types.Int64 `tfsdk:"aversion"`
	EphemeralOwner types.Int64 `tfsdk:"ephemeral_owner"`
	DataLength     types.Int64 `tfsdk:"data_length"`
	NumChildren    types.Int64 `tfsdk:"num_children"`
}

// tfzkSchema describes the types of a state alone; nothing is validated against it.
func tfzkSchema() schema.Schema {
	stat := make(map[string]schema.Attribute, len(attr.StatType.AttrTypes))
	for name := range attr.StatType.AttrTypes {
		stat[name] = schema.Int64Attribute{Computed: true}
	}
	return schema.Schema{Attributes: map[string]schema.Attribute{
		"id":          schema.StringAttribute{Computed: true},
		"path":        schema.StringAttribute{Required: true},
		"data":        schema.StringAttribute{Optional: true, Computed: true},
		"data_base64": schema.StringAttribute{Optional: true, Computed: true},
		"acl": schema.ListNestedAttribute{Optional: true, Computed: true, NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"scheme":      schema.StringAttribute{Required: true},
				"id":          schema.StringAttribute{Required: true},
				"permissions": schema.Int64Attribute{Required: true},
			},
		}},
		"stat": schema.ListNestedAttribute{Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: stat}},
	}}
}

// upgradeTFZK converts a state. Its text of data that is not UTF-8 has replacement
// characters where bytes were, so the data comes from the base64; its path is its id.
func upgradeTFZK(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
	var old tfzkModel
	resp.Diagnostics.Append(req.State.Get(ctx, &old)...)
	if resp.Diagnostics.HasError() {
		return
	}
	node := zk.Node{Path: old.Path.ValueString(), Data: []byte(old.Data.ValueString())}
	if data, err := attr.DecodeBase64(old.DataBase64.ValueString()); err == nil && !old.DataBase64.IsNull() {
		node.Data = data
	}
	for _, e := range old.ACL {
		node.ACL = append(node.ACL, zk.ACL{
			Perms:  zk.Perms(e.Permissions.ValueInt64()),
			Scheme: e.Scheme.ValueString(),
			ID:     e.ID.ValueString(),
		})
	}
	state := resourceModel{Path: old.Path, Node: attr.NullNode()}
	if len(old.Stat) == 1 {
		node.Stat = old.Stat[0].stat()
	}
	state.refresh(node, nil)
	if len(old.Stat) != 1 {
		state.Stat = types.ObjectNull(attr.StatType.AttrTypes)
	}
	state.setDefaults()
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

func (s tfzkStat) stat() zk.Stat {
	return zk.Stat{
		Czxid:          s.Czxid.ValueInt64(),
		Mzxid:          s.Mzxid.ValueInt64(),
		Pzxid:          s.Pzxid.ValueInt64(),
		Ctime:          s.Ctime.ValueInt64(),
		Mtime:          s.Mtime.ValueInt64(),
		Version:        int32(s.Version.ValueInt64()),
		Cversion:       int32(s.Cversion.ValueInt64()),
		Aversion:       int32(s.Aversion.ValueInt64()),
		EphemeralOwner: s.EphemeralOwner.ValueInt64(),
		DataLength:     int32(s.DataLength.ValueInt64()),
		NumChildren:    int32(s.NumChildren.ValueInt64()),
	}
}
