package znodes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/direct"
	"terraform-provider-zookeeper/internal/provider/session"
)

// TypeName is the name of the resource.
const TypeName = "zookeeper_znodes"

// Resource is the resource zookeeper_znodes.
type Resource struct {
	attr.IdentifiedByPath
	session.Resource
	direct.Framework[model]
}

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
)

// identity is the attribute that identifies the resource.
const identity = "base_path"

// NewResource returns the resource.
func NewResource() resource.Resource { return newResource(nil) }

// request is what the resource is asked, see [direct.Logic].
type request = direct.Request[model]

// newResource returns the resource in a session.
func newResource(s *session.Session) *Resource {
	r := &Resource{IdentifiedByPath: attr.IdentifiedByPath{Attribute: identity}, Resource: session.Resource{Session: s}}
	r.Framework = direct.Framework[model]{Logic: r, Identity: identity}
	return r
}

// NewServer returns what answers requests about the resource without the framework.
func NewServer() (*direct.Server[model], error) {
	var resp resource.SchemaResponse
	NewResource().Schema(context.Background(), resource.SchemaRequest{}, &resp)
	return direct.New(resp.Schema, identity, func(s *session.Session) direct.Logic[model] { return newResource(s) })
}

// Metadata tells the resource's name.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = TypeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages many znodes below one path, and writes them in one transaction: a reader sees all of an apply or nothing of it.\n\n" +
			"The keys of `data`, `data_base64` and `data_wo` are paths below `base_path`, as in `limits` or `limits/cpu`, and each is in one of the three. " +
			"A plan shows the keys that differ from what the servers hold. Content stays in the attribute that has it, whatever others write, so `ignore_changes` can name an attribute or one key: `ignore_changes = [data[\"limits\"]]`.\n\n" +
			"The apply compares the nodes that it is to write with those of the plan. If somebody has changed, created or deleted one of them since, it writes nothing (with `atomic = false`, nothing more), and the error names the node. It does not look at the other nodes: the next plan shows what has changed there.\n\n" +
			"Missing nodes in between, `base_path` among them, are created empty in the same transaction. The resource owns those that it created: " +
			"it deletes them when it no longer needs them, unless somebody else has put data or children into them. " +
			"Missing nodes above `base_path` are created too, and stay. If another resource manages `base_path`, refer to it, as in `base_path = zookeeper_znode.app.path`. " +
			attr.EmptyDescription + "\n\n" +
			"If a node already exists, the apply fails, unless `adopt_existing = true`. Within one apply, a node that another resource of the configuration gives up is handed over: after a rename, when a key moves to another resource, and in a replacement.\n\n" +
			"## Moving a node from zookeeper_znode\n\n" +
			"Remove the `zookeeper_znode`, add its node as a key to `data`, and apply. The node is handed over or created again. To leave it untouched for certain:\n\n" +
			"1. Take both resources out of the state (`terraform state rm`).\n" +
			"2. Add the node's content to `data`, and remove the `zookeeper_znode` from the configuration.\n" +
			"3. Import this resource by all of its keys, the new one among them. The plan is then empty.\n\n" +
			"An import reads what the nodes hold into the state. Do not import secrets.\n\n" +
			"## Importing from a live application\n\n" +
			"Import all nodes below `base_path`, some by their keys, or some by patterns: `/kafka?include=config/**&exclude=config/changes/**`. Without `include`, all nodes are meant. " + attr.PatternDescription + " " +
			"Each pattern is matched with a node's whole path below `base_path`. Write `%26` for an `&` in a pattern and `%25` for a `%`. An `include` that matches nothing is an error.\n\n" +
			"Patterns select nodes once, when you import. Nodes that the application creates later are not added, with or without a pattern. Nodes that it changes later show as changes in every plan, and an apply writes your content back; nodes that it deletes are created again. " +
			"So leave out what the application writes: ephemeral nodes always are. For nodes that it writes now and then, use `ignore_changes` with their keys. Do not set `exclusive` on such a tree: it deletes what the application creates.\n\n" +
			"## Names in another Unicode form\n\n" +
			"Terraform and OpenTofu bring all text to Unicode's form NFC. A node whose name is in another form cannot be a key: the key names its twin in NFC, which looks the same and is another node. An import, and a refresh with `exclusive = true`, name such nodes by their bytes and leave them as they are.",
		Attributes: map[string]schema.Attribute{
			"base_path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node that all keys are below, as in `/services/web`; `/` is the root, or the chroot of the provider's `servers`. `/zookeeper` and what is below that cannot be managed. Changing it deletes the nodes and creates new ones.",
				Validators:          []validator.String{attr.Path()},
			},
			"data": schema.MapAttribute{
				ElementType: types.StringType,
				Optional:    true,
				MarkdownDescription: "Nodes and their content as UTF-8 text. If somebody overwrites a node with content that this attribute cannot hold, such as bytes that are not UTF-8, it shows a description with that content in base64, as in `(2 bytes, not UTF-8, in base64: //4=)`. " +
					"**No place for secrets:** it is stored in the state. Use `data_wo` for them.",
			},
			"data_base64": schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "Nodes and their content as base64, for what is not text; `filebase64(…)` reads it from a file. Moving a key between `data` and `data_base64` writes nothing as long as the content is the same. **No place for secrets**, as `data` is not.",
			},
			"data_wo": schema.MapAttribute{
				ElementType: types.StringType,
				Optional:    true,
				Sensitive:   true,
				WriteOnly:   true,
				MarkdownDescription: "Nodes and their content as UTF-8 text that is a secret: it is written to the servers, and is in no state, plan or log. The keys are not secret: `data_wo_keys` has them. " +
					"A node whose key leaves it is deleted, and the plan warns of that. Takes ephemeral values, and needs Terraform 1.11 or OpenTofu 1.11.",
			},
			"data_wo_version": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Names the secrets in `data_wo`, as in `1` or a date. It is needed with them: they are not stored, so a plan cannot see whether they have changed. " +
					"When this changes, all of them are written. If somebody else writes or deletes one of the nodes, the plan shows `1 (overwritten since)` and the apply writes all of them. New keys are written and old ones deleted whenever they differ. " +
					"With `ignore_changes` of this attribute or of `data_wo`, what somebody else wrote stays. Stored and shown.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1), attr.SecretVersion()},
			},
			"data_wo_keys": schema.SetAttribute{
				ElementType:         types.StringType,
				Computed:            true,
				MarkdownDescription: "The keys of the nodes that hold a secret of `data_wo`. They are in no other attribute; what they hold is in none.",
			},
			"acl": attr.ResourceACL("The ACL of each node that the resource creates, those in between included. Default: the provider's `default_acl`. "+
				"Existing nodes keep their ACL, those that are taken over too; a changed `acl` applies only to nodes created later, because ZooKeeper has no transaction that changes ACLs. `zookeeper_znode_acl` can manage the others. "+
				"There is one exception: if somebody else has created a node that a secret of `data_wo` goes to, and its ACL lets in others, the apply sets the ACL first, and the plan says so. "+
				"When the provider presents other identities than before, `auth` in the ACL stands for these: the plan shows that, and the apply sets the ACL of the nodes that the resource made and that still have it.", false),
			"exclusive": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "With `true`, only the nodes of this resource may be below `base_path`. Nodes of others appear in `data` in the plan as deletions, and the apply deletes them. When you switch this on, the plan warns and lists them. When you switch it off, those that the state has leave `data` in the plan as well, and stay on the servers. " +
					"A new resource needs an empty `base_path`, or none; with `adopt_existing` its own keys may exist. Destroying the resource deletes everything below `base_path`. " +
					"With `false`, the default, the nodes of others are neither read nor touched, and a node that has children of others is not deleted: the error counts them.",
			},
			"atomic": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(true),
				MarkdownDescription: "With `true`, the default, all changes of an apply are one transaction. If that would be larger than the provider's `max_buffer_bytes`, the plan says so, and by how much. " +
					"With `false`, the apply uses as few transactions as possible: it creates nodes from the top down, then changes nodes, then deletes nodes from the bottom up. If it ends in between, the state has what was done.",
			},
			"compare":    attr.ResourceCompare(),
			"on_destroy": attr.ResourceOnDestroy("the nodes, and those in between that it created"),
			"adopt_existing": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "If a node that is to be created already exists, take it over and write what is declared, in the same transaction, provided that nobody changes the node meanwhile. This holds for a new resource and for a new key. " +
					"The plan names the nodes that it will take over, and says whether their content changes. From then on they belong to this resource, which deletes them when it is destroyed, unless `on_destroy = \"keep\"`. " +
					"Their ACLs stay as they are, with the exception that `acl` names. Ephemeral nodes are refused. Default `false`: the apply fails.",
			},
			"zxid": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Transaction of the last change to the nodes, as of the last read.",
			},
		},
	}
}

// planOf is the plan of a request, with the secrets of the configuration, which a plan has not.
func planOf(req *request) *model {
	req.Plan.DataWO = req.Config.DataWO
	return req.Plan
}

// Creates makes the nodes.
func (r *Resource) Creates(ctx context.Context, req *request) {
	r.Session.Begins(TypeName)
	plan := planOf(req)
	want, err := plan.wants(nil, order{})
	if err != nil {
		req.Diags.Append(r.about(plan).Error(doingCreate, err))
		return
	}
	want.named = req.Config.named()
	out, diags := r.apply(ctx, doingCreate, plan, newHolding(plan.BasePath.ValueString()), want)
	req.Diags.Append(diags...)
	switch {
	case out.complete:
	case !out.changed && out.doubt == nil:
		return
	case out.changed:
		req.Diags.Append(incomplete(out.base))
	}
	req.Result, req.Identity = plan.finish(nil, out), plan.BasePath
	req.Diags.Append(out.save(ctx, req.Private)...)
	req.Diags.Append(out.doubt.save(ctx, req.Private)...)
	req.Diags.Append(attr.AuthorOf(r.Session.Identities()).Save(ctx, req.Private, plan.ACL)...)
	req.Diags.Append(r.Session.MadeParents(ctx, out.base).Save(ctx, req.Private)...)
}

// Updates writes what changed, provided that nobody else has changed it since the plan.
func (r *Resource) Updates(ctx context.Context, req *request) {
	plan, state := planOf(req), req.State
	req.Identity = plan.BasePath
	had, diags := held(ctx, state, req.Private)
	req.Diags.Append(diags...)
	o, diags := loadOrder(ctx, req.Private)
	req.Diags.Append(diags...)
	want, err := plan.wants(state, o)
	if err != nil {
		req.Diags.Append(r.about(plan).Error(doingUpdate, err))
	}
	if req.Failed() {
		return
	}
	want.named = req.Config.named()
	out, diags := r.apply(ctx, doingUpdate, plan, had, want)
	req.Diags.Append(diags...)
	if !out.complete && !out.changed && out.doubt == nil {
		return
	}
	done := plan.finish(state, out)
	req.Diags.Append(r.renew(ctx, plan.ACL, state, done, out, req.Private)...)
	req.Result = done
	req.Diags.Append(out.save(ctx, req.Private)...)
	req.Diags.Append(out.doubt.save(ctx, req.Private)...)
	req.Diags.Append(order{}.save(ctx, req.Private)...)
	req.Diags.Append(markImported(ctx, req.Private, false)...)
}

// Deletes removes the nodes, provided that nobody else has changed them since the plan.
func (r *Resource) Deletes(ctx context.Context, req *request) {
	state := req.State
	had, diags := held(ctx, state, req.Private)
	req.Diags.Append(diags...)
	left, diags := r.about(state).Spare(ctx, req.Private, session.Whole, false)
	req.Diags.Append(diags...)
	if left || req.Failed() {
		return
	}
	if had, diags = r.resolved(ctx, state, had, req.Private); diags == nil && state.Zxid.ValueInt64() == inDoubt && len(had.written) == 0 {
		req.Diags.Append(r.leaveAlike(ctx, state, had)...)
		return
	}
	if state.keepsOnDestroy() {
		r.keep(ctx, state, had) // who cannot be reached has nothing to be told
		return
	}
	req.Diags.Append(diags...)
	if req.Failed() {
		return
	}
	out, diags := r.remove(ctx, state, had)
	req.Diags.Append(diags...)
	if !diags.HasError() || !out.changed {
		return
	}
	req.Result = state.finish(state, out)
	req.Diags.Append(out.save(ctx, req.Private)...)
}

// resolved returns what a state holds with what an apply has made whose outcome was not known.
// Mostly a read has looked for that already.
func (r *Resource) resolved(ctx context.Context, state *model, had holding, p attr.PrivateState) (holding, diag.Diagnostics) {
	d, diags := loadDoubt(ctx, p)
	if diags.HasError() || d == nil {
		return had, diags
	}
	client, err := r.Session.Client(ctx)
	if err == nil {
		had = had.clone()
		_, err = d.resolve(ctx, client, state, &had)
	}
	if err != nil {
		return had, diag.Diagnostics{r.about(state).Error(doingDelete, err)}
	}
	return had, nil
}
