package sequentialznode

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/node"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// typeName is the name of the resource.
const typeName = "zookeeper_sequential_znode"

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
			"and without `acl` the node is created with the provider's `default_acl`, which is then left alone. " +
			attr.EmptyDescription + "\n\n" +
			"A node that somebody else deletes is created again, under another number. " +
			"Updates and deletions are compare-and-set: when somebody else changed the node after the plan was made, the apply says so, and their change stands.\n\n" +
			"When the connection is lost in the middle of the creation, the provider looks for the node that it made. It makes no second one: where it cannot tell, the error names the nodes that it can be. " +
			"A CLI that is killed may lose the state of what it has created; the next apply then makes a second node.",
		Attributes: node.Attributes(map[string]schema.Attribute{
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
		}, " with the ACL of this one, which must then let the provider create children"),
	}
}

// ValidateConfig checks what the user wrote. Terraform asks for it again when all values are
// known, in a plan and in an apply.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.Check()...)
	}
	if r.Session != nil {
		r.Session.Words(typeName, config.PathPrefix.ValueString(), config.ACL.String())
	}
}

// ModifyPlan completes a plan, and checks what is to be written. What is not written may be
// what ignore_changes has kept, whatever that is.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Session == nil {
		return
	}
	if req.Plan.Raw.IsNull() {
		var state resourceModel
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		if !resp.Diagnostics.HasError() {
			resp.Diagnostics.Append(r.planDeletion(ctx, &state, resp.Private)...)
		}
		return
	}
	resp.Diagnostics.Append(diagnose.ForgetSuccession(ctx, resp.Private)...)
	var plan, config resourceModel
	var state *resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		r.Session.AskAhead(ctx)
		state = new(resourceModel)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
		resp.Diagnostics.Append(state.Recall(ctx, req.Private, r.Session)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	before := ""
	if state != nil {
		before = state.PathPrefix.ValueString()
	}
	if r.Session.Plans(typeName, before, plan.PathPrefix.ValueString()) {
		resp.Diagnostics.Append(r.renamed(plan.PathPrefix))
	}
	if state != nil && !plan.PathPrefix.Equal(state.PathPrefix) {
		resp.RequiresReplace.Append(path.Root("path_prefix"))
		state = nil // it is another node that is planned
	}
	first := plan.PathPrefix.ValueString() + "0000000000"
	var prior *node.Node
	if state != nil {
		prior, plan.Path = &state.Node, state.Path
	} else {
		plan.Path = types.StringUnknown()
		if !plan.PathPrefix.IsUnknown() {
			if err := r.Session.CheckManaged(first); err != nil {
				resp.Diagnostics.AddAttributeError(path.Root("path_prefix"), "Invalid path prefix of a znode", attr.Sentence(err))
			}
		}
	}
	plan.Plan(&config.Node, prior, r.Session.Identities())
	resp.Diagnostics.Append(r.subject(plan).Reclaim(&plan.Node, &config.Node, prior)...)
	resp.Diagnostics.Append(plan.CheckACL(r.Session, &config.Node, prior)...)
	if claim, ok := config.ACLClaim(r.Session, typeName, config.PathPrefix.ValueString(), plan.Path.ValueString()); ok {
		resp.Diagnostics.Append(diagnose.ClaimACL(r.Session, claim)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.subject(plan).Open(ctx, &plan.Node, &config.Node, prior)...)
	if plan.PathPrefix.IsUnknown() {
		return
	}
	if state != nil {
		resp.Diagnostics.Append(r.subject(plan).UndoneBesides(r.Session.Keeps(session.Whole, state.Path.ValueString()))...)
	}
	asked := plan.PathPrefix.ValueString() // the request for a creation has no number
	if state != nil {
		asked = state.Path.ValueString()
	}
	if at, err := plan.CheckSize(r.Session, asked, zk.PersistentSequential, &config.Node, prior); err != nil {
		resp.Diagnostics.Append(diag.WithPath(at, r.subject(plan).Error(doingStore, err)))
	}
	if state != nil {
		foreign, diags := r.Session.ForeignParents(ctx, req.Private, plan.ACL)
		resp.Diagnostics.Append(diags...)
		if foreign {
			plan.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
			resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
			if plan.ACL.Equal(state.ACL) && !plan.Foreign(&config.Node, prior) {
				resp.Diagnostics.Append(diag.WithPath(path.Root("acl"), r.subject(plan).Foreign()))
			}
		}
	}
	if plan.Foreign(&config.Node, prior) {
		resp.Diagnostics.Append(diag.WithPath(path.Root("acl"), r.subject(plan).Foreign()))
	}
	if lost := plan.LockedOut(ctx, r.Session, &config.Node, prior); lost != 0 {
		resp.Diagnostics.Append(diag.WithPath(path.Root("acl"), r.subject(plan).LockedOut(lost)))
	}
	if state == nil && !plan.PathPrefix.IsUnknown() {
		parent := zk.Parent(plan.PathPrefix.ValueString())
		if lost := plan.ParentsLockedOut(ctx, r.Session, &config.Node, parent); lost != 0 {
			about := diagnose.Subject{Resource: typeName, Path: parent, Presented: r.Session.Presented}
			resp.Diagnostics.Append(diag.WithPath(path.Root("acl"), about.LockedOut(lost)))
		}
	}
}

// planDeletion finds out whether another resource keeps the node.
func (r *Resource) planDeletion(ctx context.Context, state *resourceModel, private attr.PrivateState) (diags diag.Diagnostics) {
	if !state.Keeps() {
		_, diags = r.subject(*state).PlanDestruction(ctx, private, session.Whole, state.ForceDestroy.ValueBool(), state.Path.ValueString())
	}
	if r.Session.Plans(typeName, state.PathPrefix.ValueString(), "") {
		diags.Append(r.renamed(state.PathPrefix))
	}
	return diags
}

// renamed warns where a plan destroys one resource and creates another one with the same prefix.
func (r *Resource) renamed(prefix types.String) diag.Diagnostic {
	return r.subject(resourceModel{Path: prefix}).Renamed(withoutMoved)
}

// Create creates the node.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.Session.Begins(typeName)
	var plan, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	after, free := r.Session.AfterWrite(ctx)
	defer free()
	made, parents, err := r.create(ctx, &plan, &config)
	if err != nil {
		resp.Diagnostics.Append(r.subject(plan).Error(doingCreate, err))
		if len(parents) > 0 {
			resp.Diagnostics.Append(diagnose.ParentsLeft(parents, parentACL))
		}
		if node.OutcomeUnknown(err) {
			plan.Path = types.StringValue(plan.PathPrefix.ValueString())
			resp.Diagnostics.Append(plan.Doubt(ctx, resp.Private, r.Session, &config.Node, nil, err)...)
			resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
			resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
		}
		return
	}
	// From here on the node exists and is ours: whatever else goes wrong, the state has it.
	plan.Path = types.StringValue(made.Path)
	r.Session.Took(session.Whole, made.Path)
	resp.Diagnostics.Append(r.subject(plan).Applied(plan.ReadBack(after, r.Session, made.Path, &config.Node, made))...)
	resp.Diagnostics.Append(plan.Remember(ctx, resp.Private, r.Session)...)
	resp.Diagnostics.Append(r.Session.MadeParents(after, made.Path).Save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
}

// create makes the node that a plan asks for and returns it as it was made, and with an
// error the parents that it made before.
func (r *Resource) create(ctx context.Context, plan, config *resourceModel) (zk.Node, []string, error) {
	data, acl, err := plan.Wanted(r.Session, &config.Node)
	if err != nil {
		return zk.Node{}, nil, err
	}
	created, err := r.Session.Create(ctx, plan.PathPrefix.ValueString(), data, zk.CreateOptions{
		Mode: zk.PersistentSequential, ACL: acl, MakeParents: plan.CreateParents.ValueBool(),
	})
	return zk.Node{Path: created.Path, Data: data, ACL: acl, Stat: created.Stat}, created.Parents, err
}

// Read brings the state to what the server holds. Of a creation whose outcome is not known, it
// names what that may have made: another apply makes another node, and leaves those alone.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
	doubt, diags := node.LoadDoubt(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(state.Recall(ctx, req.Private, r.Session)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := r.subject(state)
	if state.InDoubt() {
		resp.Diagnostics.Append(r.nameCandidates(ctx, &state, doubt)...)
		if !resp.Diagnostics.HasError() {
			resp.State.RemoveResource(ctx)
		}
		return
	}
	read, err := node.Read(ctx, r.Session, state.Path.ValueString())
	switch {
	case errors.Is(err, zk.ErrNoNode):
		if d, ok := about.GoneWithChroot(ctx, doingRead); ok {
			resp.Diagnostics.Append(d)
			return
		}
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		resp.Diagnostics.Append(about.Error(doingRead, err))
		return
	}
	_, diags, err = r.Session.RefreshParents(ctx, resp.Private, state.ACL)
	resp.Diagnostics.Append(diags...)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingReadParents, err))
		return
	}
	if state.Stat.IsNull() && !state.DeclaresContent() { // as an import leaves it
		if read.Stat.EphemeralOwner != 0 {
			resp.Diagnostics.Append(about.Ephemeral())
			return
		}
		state.Import(read)
	} else {
		wasOurs := !attr.IsOverwritten(state.DataWOVersion)
		state.Refresh(read, r.Session.Identities())
		if wasOurs && attr.IsOverwritten(state.DataWOVersion) {
			resp.Diagnostics.Append(about.Rewritten())
		}
	}
	resp.Diagnostics.Append(state.Remember(ctx, resp.Private, r.Session)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update writes what changed, provided that nobody else has changed it since the plan.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(state.Recall(ctx, req.Private, r.Session)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, plan.Path)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := r.subject(plan)
	if plan.Stat.IsUnknown() { // otherwise only what the server knows nothing of has changed
		done, err := plan.Apply(ctx, r.Session, plan.Path.ValueString(), &config.Node, &state.Node)
		if err != nil {
			resp.Diagnostics.Append(about.Error(doingUpdate, err))
			state.Node = plan.Node // what was done of it
			resp.Diagnostics.Append(state.Remember(ctx, resp.Private, r.Session)...)
			resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
			return
		}
		resp.Diagnostics.Append(about.Applied(done)...)
		resp.Diagnostics.Append(plan.Remember(ctx, resp.Private, r.Session)...)
	}
	diags, err := r.Session.RenewParents(ctx, resp.Private, plan.ACL, state.ACL)
	resp.Diagnostics.Append(diags...)
	if err != nil {
		resp.Diagnostics.Append(about.Error(doingSetParents, err))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Delete deletes the node, provided that nobody else has changed it since the plan.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, diags := r.subject(state).Spare(ctx, req.Private, session.Whole, true)
	resp.Diagnostics.Append(diags...)
	if state.InDoubt() {
		doubt, diags := node.LoadDoubt(ctx, req.Private)
		resp.Diagnostics.Append(diags...)
		resp.Diagnostics.Append(r.nameCandidates(ctx, &state, doubt)...)
		return
	}
	err := state.Delete(ctx, r.Session, state.Path.ValueString(), false)
	resp.Diagnostics.Append(r.subject(state).Destroyed(doingDelete, err)...)
}

// nameCandidates names the nodes that a creation whose outcome is not known may have made. All of
// them are left alone. doubt is nil where nothing tells them from others.
func (r *Resource) nameCandidates(ctx context.Context, state *resourceModel, doubt *node.Doubt) diag.Diagnostics {
	about := r.subject(*state)
	if doubt == nil {
		return diag.Diagnostics{about.MayExistUnread()}
	}
	candidates, err := doubt.Candidates(ctx, r.Session, state.PathPrefix.ValueString(), &state.Node)
	switch {
	case err != nil:
		return diag.Diagnostics{about.Error(doingRead, err)}
	case len(candidates) == 0:
		return nil
	}
	return diag.Diagnostics{about.MayExist(candidates)}
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
	state := resourceModel{Node: node.New(), PathPrefix: types.StringValue(prefix), Path: types.StringValue(nodePath)}
	resp.Diagnostics.Append(r.subject(state).Twins(ctx, r.Session)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.Path)...)
}

// subject is the node, or the prefix of one that is not made yet.
func (r *Resource) subject(m resourceModel) diagnose.Subject {
	s := diagnose.Subject{Resource: typeName, Path: m.Path.ValueString(), Presented: r.Session.Presented, Run: r.Session}
	if s.Path == "" {
		s.Path, s.Sequential = m.PathPrefix.ValueString(), true
	}
	return s
}
