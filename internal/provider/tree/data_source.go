package tree

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/direct"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// TypeName is the name of the data source.
const TypeName = "zookeeper_tree"

// DataSource is the data source zookeeper_tree.
type DataSource struct{ session.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// NewServer returns what reads the data source without the framework, which takes seconds of CPU
// and hundreds of megabytes for tens of thousands of nodes.
func NewServer() (*direct.DataSource[model], error) {
	var resp datasource.SchemaResponse
	NewDataSource().Schema(context.Background(), datasource.SchemaRequest{}, &resp)
	return direct.NewDataSource(resp.Schema, read)
}

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = TypeName
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads a znode and all that is below it.\n\n" +
			"The nodes are not all read at the same moment: while others write, the result is a mixture of before and after, and a node that is deleted meanwhile is left out. " +
			"A node that the provider may not read is an error.\n\n" +
			"ZooKeeper's own nodes, `/zookeeper` and all below, are no part of the tree of `/`. To read them, name them in `path`.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node at the top, which must exist; `/` is the root, or the chroot of the provider's `servers`.",
				Validators:          []validator.String{attr.Path()},
			},
			"max_depth": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: attr.DepthDescription,
				Validators:          []validator.Int64{attr.ValidDepth()},
			},
			"max_nodes": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Nodes of the tree, the one at the top among them: more are an error. Default: `tree_limits.max_nodes` of the provider, which bounds it in any case.",
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
			"include_data": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Read the data of the nodes as well, and keep it in the state, up to 16 MiB in all. Otherwise the servers are not asked for it. Default `false`.",
			},
			"include_stat": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Keep what the servers know about each node as well. Default `false`.",
			},
			"paths": schema.ListAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "The absolute paths of the nodes, sorted, that of the one at the top among them. With a chroot in the provider's `servers`, they are those inside it. " +
					"Terraform and OpenTofu bring all text to Unicode's form NFC. A path in another form is therefore written in quotes and with its bytes, as in `\"/cafe\\xcc\\x81\"`, and a warning names it.",
			},
			"data": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "With `include_data`, the content of the nodes whose content is UTF-8, as text, by path. " + attr.FormDescription,
			},
			"data_base64": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "With `include_data`, the content of the nodes whose content is not UTF-8 in the form NFC, as base64, by path.",
			},
			"stats": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "With `include_stat`, what the servers know about the nodes, by path.",
				NestedObject:        schema.NestedAttributeObject{Attributes: attr.DataSourceStat().Attributes},
			},
		},
	}
}

// maxData bounds the data of a tree, in bytes. It takes more than twice the room in the
// state, and several times the room on a server that puts many nodes into one reply. So
// the sizes are looked at before the data is asked for.
const maxData = 16 << 20

// Read reads the tree.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(read(ctx, d.Session, &m)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	}
}

// doing is what the data source does, for errors.
const doing = "read the tree of the znode"

// read reads the tree of a configuration, and completes it.
func read(ctx context.Context, s *session.Session, m *model) (diags diag.Diagnostics) {
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: s.Presented, Run: s}
	client, err := s.Client(ctx)
	if err != nil {
		return diag.Diagnostics{about.Error(doing, err)}
	}
	found := newCollection(m)
	tooMany := false
	err = client.WalkStats(ctx, about.Path, attr.Depth(m.MaxDepth), func(r zk.Reading) error {
		if !m.MaxNodes.IsNull() && int64(len(found.paths)) == m.MaxNodes.ValueInt64() {
			tooMany = true
			return zk.ErrSkipRest
		}
		found.add(ctx, r)
		return nil
	})
	limit, ok := errors.AsType[*zk.WalkLimitError](err)
	if tooMany || ok && limit.Unit == "nodes" && int64(limit.Max) == m.MaxNodes.ValueInt64() {
		return diag.Diagnostics{diag.WithPath(path.Root("max_nodes"), tooManyNodes(about.Path, m.MaxNodes.ValueInt64()))}
	}
	if err != nil {
		diags.Append(about.Error(doing, err))
		if errors.Is(err, zk.ErrNoNode) {
			diags.Append(about.Twins(ctx, s)...)
		}
		return diags
	}
	if m.IncludeData.ValueBool() {
		tooLarge := func(data int64) diag.Diagnostic { return found.tooLarge(about, data, s.MaxTreeBytes()) }
		d := tooLarge(found.size)
		if d == nil {
			d = readData(ctx, client, about, found, tooLarge)
		}
		if d != nil {
			return diag.Diagnostics{d}
		}
	}
	found.log(ctx, "read a tree", len(found.paths))
	if found.unnamed.Count > 0 {
		diags.Append(about.Unnamed(found.unnamed, "The attribute paths has them as they are written above, with the quotation marks."))
	}
	found.complete(m)
	return diags
}

// readData reads the data of the nodes that have been found, until it is too much: others may have
// written more meanwhile.
func readData(ctx context.Context, client *zk.Client, about diagnose.Subject, found *collection, tooLarge func(data int64) diag.Diagnostic) diag.Diagnostic {
	read, size := 0, int64(0)
	for paths := range slices.Chunk(found.paths, progress) {
		readings, err := client.ReadMany(ctx, paths, false)
		if err != nil {
			return about.Error(doing, err)
		}
		for _, r := range readings {
			if err := found.addData(r); err != nil {
				return about.Error(doing, err)
			}
			size += int64(len(r.Data))
		}
		if d := tooLarge(size); d != nil {
			return d
		}
		read += len(paths)
		found.log(ctx, "reading the data of a tree", read)
	}
	return nil
}
