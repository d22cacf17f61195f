package node

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// TFZKNode is what the states of tfzk/zookeeper 1.4 say of a node, in each of its two
// resources.
type TFZKNode struct {
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

// TFZKAttributes are the attributes of a [TFZKNode]. They describe the types of a state
// alone; nothing is validated against them.
func TFZKAttributes() map[string]schema.Attribute {
	stat := make(map[string]schema.Attribute, len(attr.StatType.AttrTypes))
	for name := range attr.StatType.AttrTypes {
		stat[name] = schema.Int64Attribute{Computed: true}
	}
	return map[string]schema.Attribute{
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
	}
}

// Node converts what a state says. Its text of content that is not UTF-8 has replacement
// characters where bytes were, so the content comes from the base64. Where the configuration
// has it in the other notation, or not at all, the next plan shows that, and writes nothing.
func (t *TFZKNode) Node() Node {
	content := []byte(t.Data.ValueString())
	if data, err := attr.DecodeBase64(t.DataBase64.ValueString()); err == nil && !t.DataBase64.IsNull() {
		content = data
	}
	n := New()
	switch text := attr.TextValue(content); {
	case len(content) == 0: // as most of those that declare none
	case attr.IsDescribed(text.ValueString()):
		n.DataBase64 = attr.Base64Value(content)
	default:
		n.Data = text
	}
	acl := make([]zk.ACL, 0, len(t.ACL))
	for _, e := range t.ACL {
		acl = append(acl, zk.ACL{
			Perms:  zk.Perms(e.Permissions.ValueInt64()),
			Scheme: e.Scheme.ValueString(),
			ID:     e.ID.ValueString(),
		})
	}
	n.ACL = attr.ACLValue(acl)
	if len(t.Stat) == 1 {
		n.Stat = attr.StatValue(t.Stat[0].stat())
	}
	return n
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
