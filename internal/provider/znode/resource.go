package znode

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// typeName is the name of the resource, the data source and the ephemeral resource.
const typeName = "zookeeper_znode"

// Resource is the resource zookeeper_znode.
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
	_ resource.ResourceWithUpgradeState   = (*Resource)(nil)
)

// NewResource returns the resource.
func NewResource() resource.Resource { return new(Resource) }

// Metadata tells the resource's name.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		// Version 0 is tfzk/zookeeper's, see upgrade.go.
		Version: 1,
		MarkdownDescription: "Manages one znode: its data and its ACL.\n\n" +
			"What the configuration leaves out is not managed: without `data`, `data_base64` and `data_wo` the node is created empty and its content is left to whoever writes it, " +
			"and without `acl` the node is created with the provider's `default_acl`, which is then left alone.\n\n" +
			"Updates and deletions are compare-and-set: when somebody else changed the node after the plan was made, the apply says so, and their change stands.\n\n" +
			"An ACL that keeps the provider itself from the node is warned of in the plan.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Absolute path of the node, as in `/services/web`. `/`, `/zookeeper` and what is below that cannot be managed. Changing it makes a new node.",
				Validators:          []validator.String{attr.ManagedPath()},
			},
			"data":            attr.ResourceData(),
			"data_base64":     attr.ResourceDataBase64(),
			"data_wo":         attr.ResourceDataWO(),
			"data_wo_version": attr.ResourceDataWOVersion(),
			"acl":             attr.ResourceACL("Who may do what with the node. When it is left out, the node is created with the provider's `default_acl`, and this shows what the server holds.", true),
			"create_parents": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Make the parents that are missing, as empty persistent nodes. They stay when this node is destroyed. A parent that another resource of the same run declares becomes that resource's, in whatever order the two are created. Default `true`.",
			},
			"parent_acl": attr.ResourceACL("ACL of the parents made on the way. When it is left out, they get the node's, which must then let the provider create children: an ACL without `c` for it makes the first parent one that nothing can be put below.", false),
			"mode": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString(modePersistent),
				MarkdownDescription: "Kind of node: `persistent` (the default); `container`, which the servers delete some time after its last child; `ttl`, which they delete when it has no children and was not changed for `ttl_ms`. Changing it makes a new node. " +
					"Servers do not tell of what kind an existing node is, so that of an imported one is taken from here on trust.",
				Validators: []validator.String{stringvalidator.OneOf(modePersistent, modeContainer, modeTTL)},
			},
			"ttl_ms": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Time to live in milliseconds, with `mode = \"ttl\"` and only then. The servers must run with `zookeeper.extendedTypesEnabled=true`. Changing it makes a new node.",
				Validators:          []validator.Int64{int64validator.Between(1, maxTTLMillis)},
			},
			"force_destroy": attr.ResourceForceDestroy(),
			"adopt_existing": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "When the node exists at its creation, take it over and bring it to what is declared: data and ACL, as far as they are declared and differ, are replaced by compare-and-set on the version just read, without having been shown in the plan, and destroying the resource deletes the node. Of what kind it is, apart from ephemeral, which is refused, servers do not tell: `mode` is taken on trust. By default that is an error. Default `false`.",
			},
			"stat": attr.ResourceStat(),
		},
	}
}

// ValidateConfig checks what fits together.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkKind(config)...)
	resp.Diagnostics.Append(config.CheckData()...)
}

// ModifyPlan completes a plan, and checks what can be checked without the server.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Session == nil {
		return // a deletion
	}
	var plan, config resourceModel
	var state *resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		state = new(resourceModel)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if state != nil {
		assumed, diags := kindAssumed(ctx, req.Private)
		resp.Diagnostics.Append(diags...)
		resp.RequiresReplace = replacing(&plan, state, assumed)
		if assumed && len(resp.RequiresReplace) == 0 && !plan.sameKind(state) {
			resp.Diagnostics.Append(kindOnTrustWarning(plan.Path))
		}
	}
	// What was unknown when the configuration was validated may be known by now.
	resp.Diagnostics.Append(checkKind(config)...)
	resp.Diagnostics.Append(config.CheckData()...)
	resp.Diagnostics.Append(r.Session.CheckACL(path.Root("acl"), config.ACL)...)
	resp.Diagnostics.Append(r.Session.CheckACL(path.Root("parent_acl"), config.ParentACL)...)
	if !plan.Path.IsUnknown() {
		if err := r.Session.CheckManaged(plan.Path.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("path"), "Invalid path of a znode", attr.Sentence(err))
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	replaces := len(resp.RequiresReplace) > 0
	plan = complete(plan, config, state, replaces, r.Session.Identities())
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)

	if plan.Path.IsUnknown() {
		return
	}
	creates := state == nil || replaces
	if creates || plan.ChangesData(&state.Node) {
		// Data that the servers would not take.
		if err := r.Session.CheckNode(plan.Path.ValueString(), &plan.Node, &config.Node); err != nil {
			resp.Diagnostics.Append(diag.WithPath(plan.DataPath(&config.Node), r.subject(plan.Path).Error("store the data", err)))
		}
	}
	if creates || !plan.ACL.Equal(state.ACL) {
		if lost := r.Session.LockedOutOf(&plan.Node, &config.Node); lost != 0 {
			resp.Diagnostics.Append(diag.WithPath(path.Root("acl"), r.subject(plan.Path).LockedOut(lost)))
		}
	}
	if creates && plan.CreateParents.ValueBool() {
		resp.Diagnostics.Append(r.checkParentACL(plan)...)
	}
}

// checkParentACL warns of an ACL that keeps the provider from what it makes parents for,
// and from deleting it again.
func (r *Resource) checkParentACL(plan resourceModel) diag.Diagnostics {
	acl, err := attr.ACLFrom(plan.ParentACL)
	if err != nil {
		return nil // validation has told
	}
	lost := r.Session.LockedOut(acl, zk.PermCreate|zk.PermDelete)
	if lost == 0 {
		return nil
	}
	about := diagnose.Subject{Resource: typeName, Path: zk.Parent(plan.Path.ValueString()), Presented: r.Session.Presented()}
	return diag.Diagnostics{diag.WithPath(path.Root("parent_acl"), about.LockedOut(lost))}
}

// Create creates the node, or takes over one that this run made as a parent, or that it
// may adopt.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := r.subject(plan.Path)
	if !r.Session.Own(plan.Path.ValueString()) {
		resp.Diagnostics.Append(about.Twice())
		return
	}
	client, err := r.Session.Client(ctx)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingCreate, err))
		return
	}
	node, diags := r.create(ctx, client, &plan, &config)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	// From here on the node exists and is ours: whatever else goes wrong, the state has it.
	wrote := attr.PlannedOf(node.Stat)
	if read, err := client.Node(ctx, node.Path); err == nil {
		node = read
	} else {
		resp.Diagnostics.Append(about.NotReadBack(err))
	}
	resp.Diagnostics.Append(about.Overwritten(plan.Settle(node, wrote, !plan.DeclaresACL()))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
}

// Read brings the state to what the server holds.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	node, err := r.Session.Node(ctx, state.Path.ValueString())
	switch {
	case isNoNode(err):
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		resp.Diagnostics.Append(r.subject(state.Path).Error(doingRead, err))
		return
	}
	imported := state.Mode.IsNull() // no state but an import's leaves it open
	wasWriteOnly := state.WriteOnly()
	state.refresh(node, r.Session.Identities())
	if wasWriteOnly && !state.WriteOnly() {
		resp.Diagnostics.Append(r.subject(state.Path).Rewritten())
	}
	if imported && state.Mode.ValueString() == modeEphemeral {
		resp.Diagnostics.Append(r.subject(state.Path).Ephemeral())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update writes what changed, provided that nobody else has changed it since the plan.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Stat.IsUnknown() {
		// Only settings that the server knows nothing of have changed.
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(setKindAssumed(ctx, resp.Private, false)...)
		return
	}
	about := r.subject(plan.Path)
	updated, err := r.Session.UpdateNode(ctx, plan.Path.ValueString(), &plan.Node, &state.Node, &config.Node)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingUpdate, err))
		return
	}
	if updated.Unread != nil {
		resp.Diagnostics.Append(about.NotReadBack(updated.Unread))
	}
	resp.Diagnostics.Append(about.Overwritten(plan.Settle(updated.Node, updated.Wrote, config.ACL.IsNull()))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(setKindAssumed(ctx, resp.Private, false)...)
}

// Delete deletes the node, provided that nobody else has changed it since the plan.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	from, _ := attr.PlannedAgainst(state.Stat)
	if err := r.Session.Remove(ctx, state.Path.ValueString(), from, state.ForceDestroy.ValueBool()); err != nil {
		resp.Diagnostics.Append(r.subject(state.Path).Error(doingDelete, err))
	}
}

// ImportState begins with a path; the read that follows fills in the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	nodePath, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	if err := r.Session.CheckManaged(nodePath); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", "A znode is imported by its path: "+err.Error()+".")
		return
	}
	state := imported(nodePath)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
	resp.Diagnostics.Append(setKindAssumed(ctx, resp.Private, true)...)
}

func (r *Resource) subject(nodePath types.String) diagnose.Subject {
	return diagnose.Subject{Resource: typeName, Path: nodePath.ValueString(), Presented: r.Session.Presented()}
}
