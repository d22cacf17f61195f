package tree

import (
	"context"
	"errors"

	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// model is the data source as the framework decodes it.
type model struct {
	Path        types.String `tfsdk:"path"`
	MaxDepth    types.Int64  `tfsdk:"max_depth"`
	MaxNodes    types.Int64  `tfsdk:"max_nodes"`
	IncludeData types.Bool   `tfsdk:"include_data"`
	Znodes      types.Map    `tfsdk:"znodes"`
}

// nodeType is the type of a node in the map.
var nodeType = types.ObjectType{AttrTypes: map[string]framework.Type{
	"data": types.StringType, "data_base64": types.StringType, "stat": attr.StatType,
}}

// collection is the nodes of a tree, as far as they have been read.
type collection struct {
	path  string // of the one at the top
	paths []string
	size  int64 // of all data, in bytes
	nodes map[string]framework.Value
	// unnamed are those of them that no configuration can name.
	unnamed diagnose.Unnamed
}

// progress is after how many nodes the log tells of them.
const progress = 1000

// add takes up a node without its data.
func (c *collection) add(ctx context.Context, r zk.Reading) {
	c.paths = append(c.paths, r.Path)
	c.size += int64(r.Stat.DataLength)
	c.put(r, types.StringNull(), types.StringNull())
	if !attr.Crosses(r.Path) {
		c.unnamed.Add(r.Path)
	}
	if len(c.paths)%progress == 0 {
		c.log(ctx, "reading a tree", len(c.paths))
	}
}

// addData takes up the data of a node that has been added before. One that is gone now is
// left out, as if it had never been seen.
func (c *collection) addData(r zk.Reading) error {
	switch {
	case errors.Is(r.Err, zk.ErrNoNode) && r.Path != c.path:
		delete(c.nodes, attr.Shown(r.Path))
	case r.Err != nil:
		return r.Err
	default:
		text, b64 := attr.DataValues(r.Data)
		c.put(r, text, b64)
	}
	return nil
}

func (c *collection) put(r zk.Reading, text, b64 types.String) {
	c.nodes[attr.Shown(r.Path)] = types.ObjectValueMust(nodeType.AttrTypes, map[string]framework.Value{
		"data": text, "data_base64": b64, "stat": attr.StatValue(r.Stat),
	})
}

// log tells how many nodes have been read.
func (c *collection) log(ctx context.Context, msg string, nodes int) {
	tflog.Info(ctx, msg, map[string]any{"path": c.path, "nodes": nodes, "data_bytes": c.size})
}
