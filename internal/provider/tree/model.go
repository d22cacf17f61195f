package tree

import (
	"context"
	"errors"
	"slices"

	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
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
	IncludeStat types.Bool   `tfsdk:"include_stat"`
	Paths       types.List   `tfsdk:"paths"`
	Data        types.Map    `tfsdk:"data"`
	DataBase64  types.Map    `tfsdk:"data_base64"`
	Stats       types.Map    `tfsdk:"stats"`
}

// collection is the nodes of a tree, as far as they have been read.
type collection struct {
	path  string // of the one at the top
	paths []string
	size  int64 // of all data, in bytes
	named int   // of all paths, in bytes
	// gone are those that had been found, and were there no more.
	gone map[string]bool
	// text, b64 and stats are what is told of the nodes, by their paths as they are shown; stats is
	// nil where it is not wanted.
	text, b64, stats map[string]framework.Value
	// unnamed are those of them that no configuration can name.
	unnamed diagnose.Unnamed
}

func newCollection(m *model) *collection {
	c := &collection{
		path: m.Path.ValueString(), gone: make(map[string]bool),
		text: make(map[string]framework.Value), b64: make(map[string]framework.Value),
	}
	if m.IncludeStat.ValueBool() {
		c.stats = make(map[string]framework.Value)
	}
	return c
}

// progress is after how many nodes the log tells of them.
const progress = 1000

// add takes up a node without its data.
func (c *collection) add(ctx context.Context, r zk.Reading) {
	c.paths = append(c.paths, r.Path)
	c.size += int64(r.Stat.DataLength)
	c.named += len(r.Path)
	c.putStat(r)
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
		c.gone[r.Path] = true
		delete(c.stats, attr.Shown(r.Path))
	case r.Err != nil:
		return r.Err
	default:
		text, b64 := attr.DataValues(r.Data)
		if !text.IsNull() {
			c.text[attr.Shown(r.Path)] = text
		}
		if text.IsNull() || !attr.Crosses(text.ValueString()) {
			c.b64[attr.Shown(r.Path)] = b64
		}
		c.putStat(r)
	}
	return nil
}

// tooLarge tells of more bytes of data than may be read; nil for fewer. The provider bounds them
// together with the paths.
func (c *collection) tooLarge(about diagnose.Subject, data int64, most int) diag.Diagnostic {
	switch {
	case data > maxData:
		return about.TreeTooLarge(len(c.paths), data, maxData)
	case data+int64(c.named) > int64(most):
		return about.TreeBeyondBound(doing, c.path, "bytes", most)
	}
	return nil
}

// putStat takes up the stat of a node where it is wanted.
func (c *collection) putStat(r zk.Reading) {
	if c.stats != nil {
		c.stats[attr.Shown(r.Path)] = attr.StatValue(r.Stat)
	}
}

// complete puts all that has been found into a model.
func (c *collection) complete(m *model) {
	shown := make([]string, 0, len(c.paths))
	for _, path := range c.paths {
		if !c.gone[path] {
			shown = append(shown, attr.Shown(path))
		}
	}
	slices.Sort(shown)
	paths := make([]framework.Value, len(shown))
	for i, path := range shown {
		paths[i] = types.StringValue(path)
	}
	m.Paths = types.ListValueMust(types.StringType, paths)
	m.Data, m.DataBase64, m.Stats = types.MapNull(types.StringType), types.MapNull(types.StringType), types.MapNull(attr.StatType)
	if m.IncludeData.ValueBool() {
		m.Data, m.DataBase64 = types.MapValueMust(types.StringType, c.text), types.MapValueMust(types.StringType, c.b64)
	}
	if c.stats != nil {
		m.Stats = types.MapValueMust(attr.StatType, c.stats)
	}
}

// log tells how many nodes have been read.
func (c *collection) log(ctx context.Context, msg string, nodes int) {
	tflog.Info(ctx, msg, map[string]any{"path": c.path, "nodes": nodes, "data_bytes": c.size})
}
