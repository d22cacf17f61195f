package ensurepath

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
)

// typeName is the name of the resource.
const typeName = "zookeeper_ensure_path"

// Resource is the resource zookeeper_ensure_path.
type Resource struct {
	attr.IdentifiedByPath
	session.Resource
}

var (
	_ resource.ResourceWithConfigure   = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan  = (*Resource)(nil)
	_ resource.ResourceWithImportState = (*Resource)(nil)
	_ resource.ResourceWithIdentity    = (*Resource)(nil)
)

// NewResource returns the resource.
func NewResource() resource.Resource { return new(Resource) }

// Metadata says what the resource is called.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes sure that a node exists. The provider creates the missing nodes of its path, empty and in one transaction, and leaves existing nodes as they are. " +
			attr.EmptyDescription + "\n\n" +
			"The resource owns the nodes that it created, listed in `created`, and nothing of their content: anybody may write their data and their ACL. " +
			"On destroy it deletes the nodes it created, deepest first. It stops at the first one that has data or children, and skips nodes that somebody has re-created. " +
			"Do not use it for a node that a `zookeeper_znode` manages: both would delete it.\n\n" +
			"When the provider is killed in the middle of an apply, the nodes that it has just created may be in no state. Nobody can tell them from nodes that another client created, so this resource never takes them over: the next apply or refresh warns and names them.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node, as in `/services/web`. Neither `/` nor within `/zookeeper`. Changing it makes another path, and destroys the old one as `on_destroy` says.",
				Validators:          []validator.String{attr.ManagedPath()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"acl": attr.ResourceACL("ACL of the nodes that this resource creates; by default the provider's `default_acl`. It must let the provider create children, or nothing can be created below the first node. "+
				"Existing nodes keep their ACL. A changed `acl` applies only to nodes created later. To manage the ACL of existing nodes, use `zookeeper_znode_acl`. "+
				"When the provider presents other identities than before, `auth` in the ACL stands for these: the plan shows that, and the apply sets the ACL of the nodes in `created` that still have it.", false),
			"on_destroy": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString(prune),
				MarkdownDescription: "What destroying the resource does: `prune` (the default) removes the nodes in `created`, as far as they are empty; `keep` leaves everything as it is. " +
					"The value of the last apply counts: when you change it, apply before you destroy.",
				Validators: []validator.String{stringvalidator.OneOf(prune, keep)},
			},
			"created": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Paths of the nodes that this resource created, from the top down. A parent that another resource of the same run created on its way, as `create_parents` does, counts too, and gets `acl`: it does not matter which of the two came first. So do the nodes of a resource that the same apply destroys, as after a rename. A node that somebody else deleted, or re-created, is not listed any more.",
			},
			"czxids": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.Int64Type,
				MarkdownDescription: "Transactions that created the nodes in `created`, by path. They tell a node from one that somebody else has put in its place.",
			},
			"stat": attr.ResourceStat(),
		},
	}
}

// Create makes the path.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.Session.Begins(typeName)
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	made, inDoubt, diags := r.ensure(ctx, &plan, true)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() && len(made) == 0 && inDoubt == nil {
		return
	}
	// What was made before a failure is remembered: Terraform then has a tainted resource,
	// and destroys it before it makes another.
	plan.remember(made)
	resp.Diagnostics.Append(inDoubt.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(attr.AuthorOf(r.Session.Identities()).Save(ctx, resp.Private, plan.ACL)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
}

// Read brings the state to what the server holds. A path that is gone leaves the state
// with the last of the nodes that the resource made for it: while there are others, they
// are its to remove, and the next apply makes the rest again.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
	inDoubt, diags := loadDoubt(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	there, diags := r.refresh(ctx, &state, inDoubt)
	resp.Diagnostics.Append(diags...)
	switch {
	case diags.HasError():
		return
	case !there:
		resp.State.RemoveResource(ctx)
		return
	}
	made, diags := state.made(ctx)
	resp.Diagnostics.Append(diags...)
	acl, diags, err := r.Session.RefreshAuthor(ctx, resp.Private, state.ACL, pathsOf(made))
	resp.Diagnostics.Append(diags...)
	if err != nil {
		resp.Diagnostics.Append(r.subject(state.Path).Error(doingRead, err))
		return
	}
	state.ACL = acl
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, doubtKey, nil)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update makes what is missing of the path. Settings alone change nothing on the server.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
	before, diags := state.made(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	author, diags := attr.LoadAuthor(ctx, resp.Private)
	resp.Diagnostics.Append(diags...)
	if r.Session.Foreign(author, plan.ACL) {
		if err := r.Session.Renew(ctx, pathsOf(before), plan.ACL, state.ACL, author); err != nil {
			resp.Diagnostics.Append(r.subject(plan.Path).Error(doingSetACL, err))
			return // the state stays, and with it who wrote the ACL
		}
	}
	switch {
	case plan.Stat.IsUnknown() && !state.Stat.IsNull(): // nothing is to be made
		resp.Diagnostics.Append(r.readBack(ctx, &plan)...)
	case plan.Stat.IsUnknown():
		made, inDoubt, diags := r.ensure(ctx, &plan, false)
		resp.Diagnostics.Append(diags...)
		if diags.HasError() {
			plan = state // apart from what was made
		}
		plan.remember(merged(before, made))
		resp.Diagnostics.Append(inDoubt.save(ctx, resp.Private)...)
	}
	resp.Diagnostics.Append(attr.AuthorOf(r.Session.Identities()).Save(ctx, resp.Private, plan.ACL)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Delete removes what the resource made, from the deepest up, as far as there is nothing
// in it.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	left, diags := r.subject(state.Path).Spare(ctx, req.Private, session.Whole, false)
	resp.Diagnostics.Append(diags...)
	if left {
		return
	}
	inDoubt, diags := loadDoubt(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if inDoubt != nil && !diags.HasError() { // nothing was read since
		_, diags := r.refresh(ctx, &state, inDoubt)
		resp.Diagnostics.Append(diags...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	made, diags := state.made(ctx)
	resp.Diagnostics.Append(diags...)
	switch {
	case diags.HasError() || len(made) == 0:
	case state.OnDestroy.ValueString() == keep:
		if _, memory, err := r.remembered(ctx, made); err == nil { // otherwise there is nobody to tell either
			r.Session.Leave(session.Whole, memory)
		}
	default:
		rest, diags := r.remove(ctx, state.Path, made)
		resp.Diagnostics.Append(diags...)
		if diags.HasError() { // as when the run is interrupted: the state stays, with what is left
			if has(made, state.Path.ValueString()) && !has(rest, state.Path.ValueString()) {
				state.Stat = types.ObjectNull(attr.StatType.AttrTypes)
			}
			state.remember(rest)
			resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
		}
	}
}

// ImportState begins with a path; the read that follows fills in the rest. Nothing of it
// was made here.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	nodePath, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	if err := r.Session.CheckManaged(nodePath); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", "A path is imported by itself: "+err.Error()+".")
		return
	}
	state := resourceModel{
		Path:      types.StringValue(nodePath),
		ACL:       types.SetNull(attr.ACLEntryType),
		OnDestroy: types.StringValue(prune),
		Created:   types.ListNull(types.StringType), // which no other state has
		Czxids:    types.MapNull(types.Int64Type),
		Stat:      types.ObjectNull(attr.StatType.AttrTypes),
	}
	resp.Diagnostics.Append(r.subject(state.Path).Twins(ctx, r.Session)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
}

func (r *Resource) subject(nodePath types.String) diagnose.Subject {
	return diagnose.Subject{Resource: typeName, Path: nodePath.ValueString(), Presented: r.Session.Presented, Run: r.Session}
}
