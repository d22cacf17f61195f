package znode

import (
	"context"
	"errors"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// ListResource lists the nodes that zookeeper_znode can manage, for a query.
type ListResource struct {
	attr.IdentifiedByPath
	session.Resource
}

var (
	_ list.ListResourceWithConfigure      = (*ListResource)(nil)
	_ list.ListResourceWithValidateConfig = (*ListResource)(nil)
)

// NewListResource returns the list resource.
func NewListResource() list.ListResource { return new(ListResource) }

// Metadata tells the name of the resource that is listed.
func (l *ListResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// ListResourceConfigSchema describes the configuration.
func (l *ListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists a znode and all that is below it, for `terraform query`, which can write the configuration that imports what it finds.\n\n" +
			"What no `zookeeper_znode` can manage is left out: the root, `/zookeeper` and all below, and ephemeral nodes, which live and die with the session of a client. " +
			"So is a node below that the provider may not read, with what is below it; a warning counts those. A node that is deleted meanwhile is not in the list.\n\n" +
			"With `include_resource`, and with `-generate-config-out`, the data and the ACL of each node are read too, and go into what the query writes: **no place for secrets.** " +
			"Of what kind a node is servers do not tell, so `mode` is `persistent` for containers and TTL nodes too. An ACL with a digest that the provider is not shown is left out of generated configuration.\n\n" +
			"Terraform ends a list after 100 nodes, unless `limit` says otherwise. Needs Terraform 1.14. OpenTofu has no queries as of 1.12.",
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
		},
	}
}

// listModel is the configuration as the framework decodes it.
type listModel struct {
	Path     types.String `tfsdk:"path"`
	MaxDepth types.Int64  `tfsdk:"max_depth"`
}

// ValidateListResourceConfig refuses the path of nodes that no resource can manage: the list
// would always be empty.
func (l *ListResource) ValidateListResourceConfig(ctx context.Context, req list.ValidateConfigRequest, resp *list.ValidateConfigResponse) {
	var config listModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || config.Path.IsNull() || config.Path.IsUnknown() {
		return
	}
	resp.Diagnostics.Append(checkListed(config.Path.ValueString(), func(nodePath string) error { return attr.CheckPath(nodePath, true) })...)
}

// checkListed checks the node at the top. The root cannot be managed, but what is below it.
func checkListed(nodePath string, check func(string) error) diag.Diagnostics {
	if nodePath == "/" || zk.ValidatePath(nodePath) != nil { // the attribute's own validation tells of the latter
		return nil
	}
	if err := check(nodePath); err != nil {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("path"), "Invalid path of a znode", attr.Sentence(err))}
	}
	return nil
}

// List lists the nodes while they are being found.
func (l *ListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	diags := req.Config.Get(ctx, &config)
	if !diags.HasError() {
		// It may lead to nodes that cannot be managed below the chroot alone.
		diags.Append(checkListed(config.Path.ValueString(), l.Session.CheckManaged)...)
	}
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = l.results(ctx, req, config)
}

// errEnough ends a list of which nobody wants more.
var errEnough = errors.New("enough has been listed")

func (l *ListResource) results(ctx context.Context, req list.ListRequest, config listModel) iter.Seq[list.ListResult] {
	return func(push func(list.ListResult) bool) {
		about := diagnose.Subject{Path: config.Path.ValueString(), Presented: l.Session.Presented()}
		client, err := l.Session.Client(ctx)
		if err != nil {
			push(told(about.Error(doingList, err)))
			return
		}
		var listed int64
		var unread diagnose.Unread
		err = client.Survey(ctx, about.Path, attr.Depth(config.MaxDepth), req.IncludeResource, func(r zk.Reading) error {
			if r.Err != nil {
				unread.Add(r.Path, r.Err)
			}
			if !l.manageable(r) {
				return nil
			}
			listed++
			if !push(l.result(ctx, req, r)) || listed == req.Limit {
				return errEnough
			}
			return nil
		})
		switch {
		case errors.Is(err, errEnough):
		case err != nil:
			push(told(about.Error(doingList, err)))
		case unread.Count > 0:
			push(told(about.LeftOut(unread)))
		}
	}
}

// manageable tells whether a node can be imported as a zookeeper_znode.
func (l *ListResource) manageable(r zk.Reading) bool {
	return r.Err == nil && !isEphemeral(r.Stat) && l.Session.CheckManaged(r.Path) == nil
}

// result is a node in the list: with the resource, as an import would read it.
func (l *ListResource) result(ctx context.Context, req list.ListRequest, r zk.Reading) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = r.Path
	state := unread(r.Path)
	result.Diagnostics.Append(l.SetIdentity(ctx, result.Identity, state.Path)...)
	if req.IncludeResource {
		state.load(zk.Node{Path: r.Path, Data: r.Data, ACL: r.ACL, Stat: r.Stat})
		result.Diagnostics.Append(result.Resource.Set(ctx, &state)...)
	}
	return result
}

// told is a diagnostic in the place of a node.
func told(d diag.Diagnostic) list.ListResult {
	return list.ListResult{Diagnostics: diag.Diagnostics{d}}
}
