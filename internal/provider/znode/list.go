package znode

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

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
	"terraform-provider-zookeeper/internal/zk/shown"
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
	resp.TypeName = TypeName
}

// ListResourceConfigSchema describes the configuration.
func (l *ListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists a znode and all that is below it, for `terraform query`, which can write the configuration that imports what it finds.\n\n" +
			"What no `zookeeper_znode` can manage is left out: the root, `/zookeeper` and all below, and ephemeral nodes, which live and die with the session of a client. " +
			"So is a node below that the provider may not read, with what is below it; a warning counts those. A node that is deleted meanwhile is not in the list. " +
			"A node whose name is in another Unicode form than NFC cannot be named in a configuration, and a warning names it instead.\n\n" +
			"`include` and `exclude` select nodes by patterns, which are relative to `path`. " + attr.PatternDescription + "\n\n" +
			"**Leave out what software writes itself**, such as `brokers/**` and `consumers/**` of Kafka. Each plan compares what you have imported with the nodes of that moment. " +
			"What the software has written since shows as a change, and an apply puts back the old content: Kafka can lose a partition's leader to that. See the example below.\n\n" +
			"With `include_resource`, and with `-generate-config-out`, the data and the ACL of each node are read too, and go into what the query writes: **no place for secrets.** " +
			"Of what kind a node is servers do not tell, so `mode` is `persistent` for containers and TTL nodes too. An ACL with a digest that the provider is not shown is left out of generated configuration.\n\n" +
			"Terraform ends a list after 100 nodes, unless `limit` says otherwise; a warning tells that there are more. Needs Terraform 1.14. OpenTofu has no queries as of 1.12.",
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
			"include": schema.ListAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Patterns of the nodes below `path` to list, as in `[\"config/**\", \"admin/*\"]`; the node at `path` itself is then not in the list. Default, and if empty: all. A warning names a pattern that no node matches.",
			},
			"exclude": schema.ListAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Patterns of the nodes below `path` to leave out, even if `include` has them, as in `[\"brokers/ids/**\", \"controller*\"]`. What is below a node that is left out is in the list, unless a pattern leaves it out too: `a` is the node alone, `a/**` the node and all that is below it. The latter is not read at all.",
			},
		},
	}
}

// listModel is the configuration as the framework decodes it.
type listModel struct {
	Path     types.String `tfsdk:"path"`
	MaxDepth types.Int64  `tfsdk:"max_depth"`
	Include  types.List   `tfsdk:"include"`
	Exclude  types.List   `tfsdk:"exclude"`
}

// filter is what the patterns select, as far as they are known.
func (m *listModel) filter() (*attr.Filter, diag.Diagnostics) {
	var diags diag.Diagnostics
	include, exclude := texts(m.Include), texts(m.Exclude)
	if _, err := attr.ParseFilter(include, nil); err != nil {
		diags.AddAttributeError(path.Root("include"), "Invalid pattern", attr.Sentence(err))
	}
	if _, err := attr.ParseFilter(nil, exclude); err != nil {
		diags.AddAttributeError(path.Root("exclude"), "Invalid pattern", attr.Sentence(err))
	}
	if diags.HasError() {
		return nil, diags
	}
	filter, _ := attr.ParseFilter(include, exclude)
	return filter, diags
}

func texts(patterns types.List) (out []string) {
	for _, element := range patterns.Elements() {
		if text, ok := element.(types.String); ok && !text.IsUnknown() {
			out = append(out, text.ValueString())
		}
	}
	return out
}

// ValidateListResourceConfig refuses the path of nodes that no resource can manage: the list
// would always be empty.
func (l *ListResource) ValidateListResourceConfig(ctx context.Context, req list.ValidateConfigRequest, resp *list.ValidateConfigResponse) {
	var config listModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	_, diags := config.filter()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || config.Path.IsNull() || config.Path.IsUnknown() {
		return
	}
	resp.Diagnostics.Append(checkListed(config.Path.ValueString(), attr.CheckManagedPath)...)
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
	filter, wrong := config.filter()
	diags.Append(wrong...)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = l.results(ctx, req, config, filter)
}

// errEnough ends a list of which nobody wants more.
var errEnough = errors.New("enough has been listed")

func (l *ListResource) results(ctx context.Context, req list.ListRequest, config listModel, filter *attr.Filter) iter.Seq[list.ListResult] {
	return func(push func(list.ListResult) bool) {
		about := diagnose.Subject{Path: config.Path.ValueString(), Presented: l.Session.Presented, Run: l.Session}
		client, err := l.Session.Client(ctx)
		if err != nil {
			push(list.ListResult{Diagnostics: diag.Diagnostics{about.Error(doingList, err)}})
			return
		}
		var listed int64
		var left leftOut
		// Terraform reads no further than the last result that it wants. So the last one waits until it
		// is known whether there are more, and carries the warnings.
		var last *list.ListResult
		err = client.Survey(ctx, about.Path, attr.Depth(config.MaxDepth), req.IncludeResource, func(r zk.Reading) error {
			rel, isBelow := below(about.Path, r.Path)
			meant := len(config.Include.Elements()) == 0
			if isBelow {
				meant = filter.Match(rel)
			}
			further := filter.Below(rel)
			if l.lists(r, meant, further, &left) {
				switch {
				case listed == req.Limit:
					last.Diagnostics.Append(limitWarning(about.Path, listed))
					return errEnough
				case last != nil && !push(*last):
					last = nil
					return errEnough
				}
				listed++
				result := l.result(ctx, req, r)
				last = &result
			}
			if !further {
				return zk.ErrSkipBelow
			}
			return nil
		})
		var diags diag.Diagnostics
		switch {
		case errors.Is(err, errEnough):
		case isNoNode(err):
			diags = append(about.Twins(ctx, l.Session), about.Error(doingList, err))
		case err != nil:
			diags.Append(about.Error(doingList, err))
		default:
			diags = left.warnings(about, filter)
		}
		switch {
		case last != nil:
			last.Diagnostics.Append(diags...)
			push(*last)
		case len(diags) > 0:
			push(list.ListResult{Diagnostics: diags})
		}
	}
}

// limitWarning tells that there are more nodes than Terraform wants: it has a limit of its own.
func limitWarning(top string, listed int64) diag.Diagnostic {
	return diag.NewWarningDiagnostic("List is not complete", fmt.Sprintf(
		"There are more znodes for this list at %q and below than the %d that it shows. Set limit in the list block to a larger number (Terraform's own is 100), or leave nodes out with include and exclude.", top, listed))
}

// below returns the path of a node relative to the one at the top. It is false for the one at
// the top.
func below(top, nodePath string) (rel string, ok bool) {
	if nodePath == top {
		return "", false
	}
	return strings.TrimPrefix(strings.TrimPrefix(nodePath, top), "/"), true
}

// leftOut is what a list lacks though it was asked for.
type leftOut struct {
	unread  diagnose.Unread
	unnamed diagnose.Unnamed
}

// warnings tells of it, and of patterns that no node has matched.
func (o *leftOut) warnings(about diagnose.Subject, filter *attr.Filter) (diags diag.Diagnostics) {
	if o.unread.Count > 0 {
		diags.Append(about.LeftOut(o.unread))
	}
	if o.unnamed.Count > 0 {
		diags.Append(about.Unnamed(o.unnamed, "The list leaves out what is named above."))
	}
	if include, _ := filter.Unused(); len(include) > 0 {
		diags.Append(unusedWarning(about.Path, include))
	}
	return diags
}

// lists reports whether a node belongs in the list: it is meant, and can be imported as a
// zookeeper_znode. What cannot be listed, or may hide what is meant further down, is counted.
func (l *ListResource) lists(r zk.Reading, meant, further bool, left *leftOut) bool {
	switch {
	case r.Err != nil:
		if meant || further {
			left.unread.Add(r.Path, r.Err)
		}
		return false
	case !meant, isEphemeral(r.Stat), l.Session.CheckManaged(r.Path) != nil:
		return false
	case !attr.Crosses(r.Path):
		left.unnamed.Add(r.Path)
		return false
	}
	return true
}

// result is a node in the list: with the resource, as an import would read it.
func (l *ListResource) result(ctx context.Context, req list.ListRequest, r zk.Reading) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = shown.Line(r.Path)
	state := unread(r.Path)
	result.Diagnostics.Append(l.SetIdentity(ctx, result.Identity, state.Path)...)
	if req.IncludeResource {
		state.load(zk.Node{Path: r.Path, Data: r.Data, ACL: r.ACL, Stat: r.Stat})
		result.Diagnostics.Append(result.Resource.Set(ctx, &state)...)
	}
	return result
}
