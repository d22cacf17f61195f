package wait

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	framework "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// DataSource is the data source zookeeper_wait.
type DataSource struct{ session.DataSource }

var (
	_ datasource.DataSourceWithConfigure      = (*DataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*DataSource)(nil)
)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// dataSourceModel is the data source as the framework decodes it.
type dataSourceModel struct {
	condition

	Data       types.String `tfsdk:"data"`
	DataBase64 types.String `tfsdk:"data_base64"`
	Children   types.List   `tfsdk:"children"`
	Stat       types.Object `tfsdk:"stat"`
}

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Waits for a znode, and then reads it.\n\n" +
			"It waits by a watch: the provider asks the servers again only when they tell of a change. Losing the connection does not end the wait. " +
			"The wait is part of the plan, unless something that the data source depends on changes in the apply: then it is part of that.",
		Attributes: map[string]schema.Attribute{
			"path":              schema.StringAttribute{Required: true, MarkdownDescription: describePath, Validators: []validator.String{attr.Path()}},
			"condition":         schema.StringAttribute{Optional: true, MarkdownDescription: describeCondition, Validators: []validator.String{stringvalidator.OneOf(conditions...)}},
			"expected_data":     schema.StringAttribute{Optional: true, MarkdownDescription: describeData},
			"expected_children": schema.Int64Attribute{Optional: true, MarkdownDescription: describeChildren, Validators: []validator.Int64{int64validator.AtLeast(1)}},
			"timeout":           schema.Float64Attribute{Optional: true, MarkdownDescription: describeTimeout, Validators: []validator.Float64{float64validator.Between(0, maxTimeout.Seconds())}},
			"data":              schema.StringAttribute{Computed: true, MarkdownDescription: "Content of the node as text; null when it is not UTF-8, for `absent`, and for `exists` where the provider may not read the node. " + attr.FormDescription},
			"data_base64":       schema.StringAttribute{Computed: true, MarkdownDescription: "Content of the node as base64; null for `absent`, and for `exists` where the provider may not read the node."},
			"children":          schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of the node's children, sorted; null for `absent`, and for `exists` where the provider may not read the node. A name that is not in Unicode's form NFC is written as by [`zookeeper_children`](children.md)."},
			"stat":              attr.DataSourceStat(),
		},
	}
}

// ValidateConfig checks what the condition is compared with.
func (d *DataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var m dataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(m.check()...)
	}
}

// Read waits, and reads.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m dataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, diags := m.run(ctx, d.Session, func(seen) {})
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.set(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// set fills in what was found.
func (m *dataSourceModel) set(found seen) {
	m.Data, m.DataBase64 = types.StringNull(), types.StringNull()
	m.Children, m.Stat = types.ListNull(types.StringType), types.ObjectNull(attr.StatType.AttrTypes)
	if !found.exists {
		return
	}
	if found.stat != (zk.Stat{}) {
		m.Stat = attr.StatValue(found.stat)
	}
	if found.unread {
		return
	}
	m.Data, m.DataBase64 = attr.DataValues(found.data)
	names := make([]string, len(found.children))
	for i, name := range found.children {
		names[i] = attr.Shown(name)
	}
	slices.Sort(names)
	values := make([]framework.Value, len(names))
	for i, name := range names {
		values[i] = types.StringValue(name)
	}
	m.Children = types.ListValueMust(types.StringType, values)
}
