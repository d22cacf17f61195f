package sequentialznode

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// typeName is the name of the resource.
const typeName = "zookeeper_sequential_znode"

// What the resource does with a node, in the words of a diagnostic.
const (
	doingCreate = "create the sequential znode"
	doingRead   = "read the znode"
	doingUpdate = "update the znode"
	doingDelete = "delete the znode"
)

// parentACL tells, of parents that a creation made, which ACL they have.
const parentACL = "They have the node's ACL, which is acl or the provider's default_acl. If it does not let the provider create children, delete what was made, or have somebody change its ACL who may (deleteall, setAcl in zkCli), and make the parents another way, as by zookeeper_ensure_path."

// Resource is the resource zookeeper_sequential_znode.
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
		MarkdownDescription: "Manages one sequential znode: a node to whose name its parent adds a number of ten digits, higher than any that it gave before.\n\n" +
			"What the configuration leaves out is not managed: without `data`, `data_base64` and `data_wo` the node is created empty and its content is left to whoever writes it, " +
			"and without `acl` the node is created with the provider's `default_acl`, which is then left alone.\n\n" +
			"A node that somebody else deletes is made anew, under another number. " +
			"Updates and deletions are compare-and-set: when somebody else changed the node after the plan was made, the apply says so, and their change stands.\n\n" +
			"No second node is ever made behind your back: when the connection is lost in the middle of the creation, the provider looks for the node that it made, " +
			"and where that cannot be told, the error names the nodes that it can be.",
		Attributes: map[string]schema.Attribute{
			"path_prefix": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "What the path begins with, before its number: `/jobs/job-` makes `/jobs/job-0000000000`. With a slash at its end, as in `/jobs/`, the name is the bare number. " +
					"All names of one parent share one sequence. Changing it makes a new node.",
				Validators: []validator.String{attr.PathPrefix()},
			},
			"path": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Path of the node, with its number. The highest is 2147483647: servers before 3.6 go on with negative numbers from there, as in `-2147483648`, and later ones have no more.",
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
				MarkdownDescription: "Make the parents that are missing, as empty persistent nodes with the ACL of this one, which must then let the provider create children. They stay when this node is destroyed. A parent that another resource of the same run declares becomes that resource's, in whatever order the two are created. Default `true`.",
			},
			"force_destroy": attr.ResourceForceDestroy(),
			"stat":          attr.ResourceStat(),
		},
	}
}

// ValidateConfig checks what fits together.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.CheckData()...)
	}
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
	replaces := state != nil && !plan.PathPrefix.Equal(state.PathPrefix)
	if replaces {
		resp.RequiresReplace.Append(path.Root("path_prefix"))
	}
	// What was unknown when the configuration was validated may be known by now.
	resp.Diagnostics.Append(config.CheckData()...)
	resp.Diagnostics.Append(r.Session.CheckACL(path.Root("acl"), config.ACL)...)
	first := plan.PathPrefix.ValueString() + "0000000000"
	if !plan.PathPrefix.IsUnknown() {
		if err := r.Session.CheckManaged(first); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("path_prefix"), "Invalid path prefix of a znode", attr.Sentence(err))
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	plan = complete(plan, config, state, replaces, r.Session.Identities())
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)

	if plan.PathPrefix.IsUnknown() {
		return
	}
	creates := state == nil || replaces
	if creates || plan.ChangesData(&state.Node) {
		// Data that the servers would not take.
		if err := r.Session.CheckNode(first, &plan.Node, &config.Node); err != nil {
			resp.Diagnostics.Append(diag.WithPath(plan.DataPath(&config.Node), r.subject(plan).Error("store the data", err)))
		}
	}
	if creates || !plan.ACL.Equal(state.ACL) {
		if lost := r.Session.LockedOutOf(&plan.Node, &config.Node); lost != 0 {
			resp.Diagnostics.Append(diag.WithPath(path.Root("acl"), r.subject(plan).LockedOut(lost)))
		}
	}
}

// complete computes what a plan leaves open from the configuration and from the state,
// which is nil when there is none; see [attr.PlanNode].
func complete(plan, config resourceModel, state *resourceModel, replaces bool, self []attr.Identity) resourceModel {
	if state == nil {
		plan.Node, plan.Path = attr.PlanNode(config.Node, nil, replaces, self), types.StringUnknown()
		return plan
	}
	plan.Node, plan.Path = attr.PlanNode(config.Node, &state.Node, replaces, self), state.Path
	if replaces {
		plan.Path = types.StringUnknown()
	}
	return plan
}

// Create creates the node.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	node, parents, err := r.create(ctx, &plan, &config)
	if err != nil {
		resp.Diagnostics.Append(r.subject(plan).Error(doingCreate, err))
		if len(parents) > 0 {
			resp.Diagnostics.Append(diagnose.ParentsLeft(parents, parentACL))
		}
		return
	}
	// From here on the node exists and is ours: whatever else goes wrong, the state has it.
	plan.Path = types.StringValue(node.Path)
	wrote := attr.PlannedOf(node.Stat)
	if read, err := r.Session.Node(ctx, node.Path); err == nil {
		node = read
	} else {
		resp.Diagnostics.Append(r.subject(plan).NotReadBack(err))
	}
	resp.Diagnostics.Append(r.subject(plan).Overwritten(plan.Settle(node, wrote, !plan.DeclaresACL()))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
}

// create makes the node that a plan asks for and returns it as it was made, and with an
// error the parents that it made before.
func (r *Resource) create(ctx context.Context, plan, config *resourceModel) (zk.Node, []string, error) {
	data, err := plan.Content(&config.Node)
	if err != nil {
		return zk.Node{}, nil, err
	}
	acl, err := attr.ACLFrom(plan.ACL)
	if err != nil {
		return zk.Node{}, nil, err
	}
	if acl == nil {
		acl = r.Session.DefaultACL()
	}
	created, err := r.Session.Create(ctx, plan.PathPrefix.ValueString(), data, zk.CreateOptions{
		Mode: zk.PersistentSequential, ACL: acl, MakeParents: plan.CreateParents.ValueBool(),
	})
	return zk.Node{Path: created.Path, Data: data, ACL: acl, Stat: created.Stat}, created.Parents, err
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
	case errors.Is(err, zk.ErrNoNode):
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		resp.Diagnostics.Append(r.subject(state).Error(doingRead, err))
		return
	case state.Stat.IsNull() && node.Stat.EphemeralOwner != 0: // an import
		resp.Diagnostics.Append(r.subject(state).Ephemeral())
		return
	}
	wasWriteOnly := state.WriteOnly()
	state.Refresh(node, r.Session.Identities())
	if wasWriteOnly && !state.WriteOnly() {
		resp.Diagnostics.Append(r.subject(state).Rewritten())
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
		return
	}
	about := r.subject(plan)
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
		resp.Diagnostics.Append(r.subject(state).Error(doingDelete, err))
	}
}

// ImportState begins with a path; the read that follows fills in the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	nodePath, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	err := r.Session.CheckManaged(nodePath)
	var prefix string
	if err == nil {
		prefix, err = prefixOf(nodePath)
	}
	if err != nil {
		resp.Diagnostics.AddError("Invalid import ID", "A sequential znode is imported by its path: "+err.Error()+".")
		return
	}
	state := adopted(attr.NullNode(), prefix, nodePath)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
}

// subject is the node, or the prefix of one that is not made yet.
func (r *Resource) subject(m resourceModel) diagnose.Subject {
	s := diagnose.Subject{Resource: typeName, Path: m.Path.ValueString(), Presented: r.Session.Presented()}
	if s.Path == "" {
		s.Path, s.Sequential = m.PathPrefix.ValueString(), true
	}
	return s
}
