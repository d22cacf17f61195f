package attr

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	ephemeral "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/zk"
)

// statFields are the attributes of a stat with their descriptions. All are whole numbers.
var statFields = map[string]string{
	"czxid":           "Transaction that created the node.",
	"mzxid":           "Transaction that last wrote the data.",
	"pzxid":           "Transaction that last added or removed a child.",
	"ctime":           "When the node was created, in milliseconds since 1970.",
	"mtime":           "When the data was last written, in milliseconds since 1970.",
	"version":         "How often the data was written since the node was created.",
	"cversion":        "How often a child was added or removed.",
	"aversion":        "How often the ACL was written since the node was created.",
	"ephemeral_owner": "Session that owns the node when it is ephemeral, otherwise 0.",
	"data_length":     "Size of the data in bytes.",
	"num_children":    "Number of children.",
}

const statDescription = "What the server knows about the node, as of the last read."

// StatType is the type of a stat.
var StatType = types.ObjectType{AttrTypes: func() map[string]attr.Type {
	m := make(map[string]attr.Type, len(statFields))
	for name := range statFields {
		m[name] = types.Int64Type
	}
	return m
}()}

// ResourceStat is the computed attribute `stat` of a resource.
func ResourceStat() resource.SingleNestedAttribute {
	m := make(map[string]resource.Attribute, len(statFields))
	for name, description := range statFields {
		m[name] = resource.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	return resource.SingleNestedAttribute{Computed: true, Attributes: m, MarkdownDescription: statDescription}
}

// DataSourceStat is the computed attribute `stat` of a data source.
func DataSourceStat() datasource.SingleNestedAttribute {
	m := make(map[string]datasource.Attribute, len(statFields))
	for name, description := range statFields {
		m[name] = datasource.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	return datasource.SingleNestedAttribute{Computed: true, Attributes: m, MarkdownDescription: statDescription}
}

// EphemeralStat is the computed attribute `stat` of an ephemeral resource.
func EphemeralStat() ephemeral.SingleNestedAttribute {
	m := make(map[string]ephemeral.Attribute, len(statFields))
	for name, description := range statFields {
		m[name] = ephemeral.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	return ephemeral.SingleNestedAttribute{Computed: true, Attributes: m, MarkdownDescription: statDescription}
}

// StatValue converts a stat.
func StatValue(s zk.Stat) types.Object {
	return types.ObjectValueMust(StatType.AttrTypes, map[string]attr.Value{
		"czxid":           types.Int64Value(s.Czxid),
		"mzxid":           types.Int64Value(s.Mzxid),
		"pzxid":           types.Int64Value(s.Pzxid),
		"ctime":           types.Int64Value(s.Ctime),
		"mtime":           types.Int64Value(s.Mtime),
		"version":         types.Int64Value(int64(s.Version)),
		"cversion":        types.Int64Value(int64(s.Cversion)),
		"aversion":        types.Int64Value(int64(s.Aversion)),
		"ephemeral_owner": types.Int64Value(s.EphemeralOwner),
		"data_length":     types.Int64Value(int64(s.DataLength)),
		"num_children":    types.Int64Value(int64(s.NumChildren)),
	})
}

// StatOf is the opposite of [StatValue]; of no stat it is zero.
func StatOf(v types.Object) zk.Stat {
	field := func(name string) int64 {
		n, ok := v.Attributes()[name].(types.Int64)
		if !ok {
			return 0
		}
		return n.ValueInt64()
	}
	return zk.Stat{
		Czxid:          field("czxid"),
		Mzxid:          field("mzxid"),
		Pzxid:          field("pzxid"),
		Ctime:          field("ctime"),
		Mtime:          field("mtime"),
		Version:        int32(field("version")),
		Cversion:       int32(field("cversion")),
		Aversion:       int32(field("aversion")),
		EphemeralOwner: field("ephemeral_owner"),
		DataLength:     int32(field("data_length")),
		NumChildren:    int32(field("num_children")),
	}
}
