package ensemble

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// DataSource is the data source zookeeper_ensemble.
type DataSource struct{ session.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return new(DataSource) }

// Metadata tells the data source's name.
func (d *DataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "zookeeper_ensemble"
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tells which servers an ensemble has, from its own configuration (`/zookeeper/config`, since ZooKeeper 3.5), and asks each of them what it is, with the four-letter word `srvr`. Servers answer this word whatever their `4lw.commands.whitelist` says. " +
			"Anybody may read the configuration, unless its ACL says otherwise.",
		Attributes: map[string]schema.Attribute{
			"servers": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The servers, by their ids. Empty for a standalone server.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":             schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the server (`myid`)."},
					"address":        schema.StringAttribute{Computed: true, MarkdownDescription: "Where the other servers reach it, `host:quorum-port:election-port`. Several addresses are separated by `|`."},
					"role":           schema.StringAttribute{Computed: true, MarkdownDescription: "`participant` or `observer`."},
					"client_address": schema.StringAttribute{Computed: true, MarkdownDescription: "Where clients reach it, `host:port`. The host can be `0.0.0.0`, which stands for the one of `address`. Null where the configuration does not say it, as when `clientPort` is in the server's own `zoo.cfg`."},
					"mode":           schema.StringAttribute{Computed: true, MarkdownDescription: "`leader`, `follower`, `observer` or `read-only`. Null for a server that does not answer or has no `client_address`, and with `tls` of the provider for one whose `client_address` takes no TLS (`client.portUnification=true` on the server has it do so)."},
					"version":        schema.StringAttribute{Computed: true, MarkdownDescription: "Version of the server's software, as in `3.9.4`. Null as `mode`."},
				}},
			},
			"leader_id": schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the server that leads. Null where it did not answer, and for a standalone server."},
			"version":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Version of the configuration: the transaction that it came with. `0` where servers do not run with `reconfigEnabled=true`, or there is a standalone one."},
		},
	}
}

// Read asks the servers.
func (d *DataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	client, err := d.Session.Client(ctx)
	var e zk.Ensemble
	if err == nil {
		e, err = client.Ensemble(ctx)
	}
	if err != nil {
		resp.Diagnostics.Append(diagnose.Subject{Presented: d.Session.Presented}.Error("read the ensemble's configuration", err))
		return
	}
	m := newModel(ctx, client, e)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
