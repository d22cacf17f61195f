package znodes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/session"
)

// typeName is the name of the resource.
const typeName = "zookeeper_znodes"

// Resource is the resource zookeeper_znodes.
type Resource struct {
	attr.IdentifiedByPath
	session.Resource
}

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
)

// NewResource returns the resource.
func NewResource() resource.Resource {
	return &Resource{IdentifiedByPath: attr.IdentifiedByPath{Attribute: "base_path"}}
}

// Metadata tells the resource's name.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages many znodes below one path, and writes them in one transaction: whoever reads them sees all of an apply or nothing of it.\n\n" +
			"The keys of `data`, `data_base64` and `data_wo` are paths below `base_path`, as in `limits` or `limits/cpu`, and each is in one of the three. " +
			"A plan shows the keys that differ from what the servers hold, and no others.\n\n" +
			"What was planned against is what is changed: when somebody else changed, made or removed one of the nodes after the plan was made, the apply names it, and writes nothing.\n\n" +
			"Nodes in between, `base_path` among them, are made where they are missing, empty, in the same transaction. Those that the resource made are its own: " +
			"they are removed once it needs them no longer, as long as nobody else has put something into them or below them. " +
			"What is missing above `base_path` is made too, and stays. Where another resource manages `base_path`, refer to it, as in `base_path = zookeeper_znode.app.path`.\n\n" +
			"A node that is there already is not taken over, whoever made it: the creation of a second resource with the same key fails. Import takes it over, all nodes below `base_path` or some by their keys. " +
			"It reads what they hold into the state: leave secrets out of it.\n\n" +
			"So a node moves here from a `zookeeper_znode` and is neither destroyed nor written on the way: take both resources out of the state (`terraform state rm`), " +
			"move the node's content into `data`, and import this resource by all of its keys, the new one among them. The plan is then empty. The way back is the same.",
		Attributes: map[string]schema.Attribute{
			"base_path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node that all keys are below, as in `/services/web`; `/` is the root, or the chroot of the provider's `servers`. `/zookeeper` and what is below that cannot be managed. Changing it removes the nodes and makes new ones.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
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
				MarkdownDescription: "Nodes and their content as UTF-8 text that is a secret: it is written to the servers, and is in no state, plan or log. The keys are no secret, and are stored. " +
					"Takes ephemeral values, and needs Terraform 1.11 or OpenTofu 1.11.",
			},
			"data_wo_version": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Names the secrets in `data_wo`, as in `1` or a date, and is needed with it: they are not stored, so that a plan cannot see whether they have changed. " +
					"All of them are written when this changes, and when somebody else wrote or removed one of the nodes since, which the plan tells; new keys are written and old ones removed whenever they differ. Stored and shown.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1), attr.SecretVersion()},
			},
			"data_wo_keys": schema.SetAttribute{
				ElementType:         types.StringType,
				Computed:            true,
				MarkdownDescription: "The keys of the nodes that hold a secret of `data_wo`. They are in no other attribute; what they hold is in none.",
			},
			"acl": attr.ResourceACL("Who may do what with each node that the resource makes, those in between included. When it is left out, they get the provider's `default_acl`. "+
				"It is used when a node is made and at no other time: a change is for nodes made from then on, and leaves those that there are as they are, whose ACLs `zookeeper_znode_acl` can manage. ZooKeeper has no transaction that changes ACLs.", false),
			"exclusive": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Have nothing below `base_path` but the nodes of this resource. Whatever others put there shows up in `data` or `data_base64` as something to be removed, and is; when this is switched on, a warning in the plan names what goes. " +
					"A new resource wants an empty `base_path`, or none: import what is there, and the plan shows what becomes of it. Destroying the resource removes all that is below `base_path`. " +
					"By default what others have is neither looked at nor touched, and a node that has children of others is not deleted: the error counts them. Default `false`.",
			},
			"atomic": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(true),
				MarkdownDescription: "Write all changes of an apply in one transaction. When that would be larger than the provider's `max_buffer_bytes`, the plan says so, and by how much. " +
					"With `false` it is as few transactions as possible: nodes are made, from the top down, then changed, then removed, from the bottom up, and the state has what was done when an apply ends in between. Default `true`.",
			},
			"compare":    attr.ResourceCompare(),
			"on_destroy": attr.ResourceOnDestroy("the nodes"),
			"adopt_existing": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "TODO",
			},
			"zxid": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Transaction of the last change to the nodes, as of the last read.",
			},
		},
	}
}

// Create makes the nodes.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan, _, diags := decodePlan(ctx, req.Plan, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	want, err := plan.wants(nil, order{})
	if err != nil {
		resp.Diagnostics.Append(r.about(plan).Error(doingCreate, err))
		return
	}
	out, diags := r.apply(ctx, doingCreate, plan, newHolding(plan.BasePath.ValueString()), want)
	resp.Diagnostics.Append(diags...)
	switch {
	case out.complete:
	case !out.changed && out.doubt == nil:
		return
	case out.changed:
		resp.Diagnostics.Append(incomplete(out.base))
	}
	resp.State.Raw, diags = plan.finish(nil, out).encode(ctx, req.Plan.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(out.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(out.doubt.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.BasePath)...)
}

// Update writes what changed, provided that nobody else has changed it since the plan.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, _, diags := decodePlan(ctx, req.Plan, req.Config)
	resp.Diagnostics.Append(diags...)
	state, diags := decode(ctx, req.State, req.State.Raw)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.BasePath)...)
	had, diags := held(ctx, state, req.Private)
	resp.Diagnostics.Append(diags...)
	o, diags := loadOrder(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	want, err := plan.wants(state, o)
	if err != nil {
		resp.Diagnostics.Append(r.about(plan).Error(doingUpdate, err))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	out, diags := r.apply(ctx, doingUpdate, plan, had, want)
	resp.Diagnostics.Append(diags...)
	if !out.complete && !out.changed && out.doubt == nil {
		return
	}
	resp.State.Raw, diags = plan.finish(state, out).encode(ctx, req.Plan.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(out.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(out.doubt.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(order{}.save(ctx, resp.Private)...)
}

// Delete removes the nodes, provided that nobody else has changed them since the plan.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state, diags := decode(ctx, req.State, req.State.Raw)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	had, diags := held(ctx, state, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	had, diags = r.resolved(ctx, state, had, req.Private)
	if state.keepsOnDestroy() {
		r.keep(ctx, state, had) // who cannot be reached has nothing to be told
		return
	}
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	out, diags := r.remove(ctx, state, had)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() || !out.changed {
		return
	}
	resp.State.Raw, diags = state.finish(state, out).encode(ctx, req.State.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(out.save(ctx, resp.Private)...)
}

// resolved returns what a state holds with what an apply has made whose outcome was not known.
// Mostly a read has looked for that already.
func (r *Resource) resolved(ctx context.Context, state *model, had holding, p attr.PrivateState) (holding, diag.Diagnostics) {
	d, diags := loadDoubt(ctx, p)
	if diags.HasError() || d == nil && state.Zxid.ValueInt64() != inDoubt {
		return had, diags
	}
	client, err := r.Session.Client(ctx)
	if err == nil {
		had = had.clone()
		if d != nil {
			_, err = d.resolve(ctx, client, state, &had)
		} else {
			err = had.recognizeDoubtful(ctx, client)
		}
	}
	if err != nil {
		return had, diag.Diagnostics{r.about(state).Error(doingDelete, err)}
	}
	return had, nil
}
